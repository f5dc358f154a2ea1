"""Trees + eye + budget → which tiles are wanted, and in which order.

1. **The cut**, what is shown in the end. It begins with the roots. The tile with the largest error on screen is
   replaced by its children, again and again, until no error that is seen exceeds the tolerance or a budget is used up.
   A replacement that does not fit is left, smaller ones are still tried. A grouped tile (docs/tiles.md) is replaced
   region by region, and only where the region is in view: for the others it stays, in part. So the cut covers
   everything, and a turn of the head shows coarse tiles, never a hole. A tile of points is not replaced: it stays, its
   children come beside it one by one, and what they cost adds to what it costs.
2. **Cover out of view.** What is left of the budget may also refine what lies beside and behind, to `COVER` times the
   tolerance, for at most `COVER_SHARE` of the bytes in view.
3. **The way.** Of the tiles between root and cut those may be sent that gain `WORTH_SENDING` times as much per byte as
   what would be sent in their place, and of these the best, for at most `WAY_SHARE` of the bytes of the cut. A tile
   that is replaced by detail in some regions and by cover in others is sent in any case, so that detail need not wait
   for cover.
4. **The order.** Roots first, those in view before others. Then that region is refined next whose replacement gains
   most per byte that is sent for it, cover after all that is in view. What is gained, and where the eye looks and
   moves, is in `tiling.sight`; what is replaced counts the sum of what replaces it in the end. Tiles that replace one
   region go out together: until the last of them is there the picture does not change.

Tiles without content have nothing to show; their children stand in for them at once. All choices are deterministic.

The constants were measured by `python -m bench.run selection`, which holds orders against the picture over time (shares
of the bytes B that full detail in view takes), and on the scenes of the stream's bench: docs/adr/0021 has the figures.
With less of a way than `WAY_SHARE` nine tenths of the quality came up to six times later, with more full detail did.

Compiled (numba, cached beside the source or in NUMBA_CACHE_DIR) without the interpreter's lock; `warm` compiles ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling import sight
from tiling.cut import cut
from tiling.grove import Grove, grove
from tiling.stock import stock
from tiling.tree import TileTree
from tiling.view import View
from tiling.way import REPLACED, STAYS, way

MOST_NODES = 12_000
"""tiles of a cut; a CUT message ends at 16,000"""
COVER = 16.0
COVER_SHARE = 0.05
COVER_LEAST = 28_000
"""bytes that cover may take in any case: two round trips of a fresh connection"""
WORTH_SENDING = 2.0
"""gain per byte of a tile over that of what replaces it, from which on it is sent on the way"""
WAY_SHARE = 0.06
WAY_LEAST = 128_000
"""bytes that the way may take in any case, up to a quarter of all: so little is on its way at once on most links"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the device can hold. `bytes`: all files that are wanted, decoded; the others: what the cut shows."""

    bytes: int
    triangles: int
    draws: int
    textures: int
    """decoded, with mip levels"""
    error: float = 1.0
    """pixels of error that may be seen"""


@dataclass(frozen=True, slots=True)
class Selection:
    """m tiles that a view wants, in the order in which to send them: a tile comes after what it replaces or adds to."""

    tree: NDArray[np.int64]
    """(m,) which of the grove's trees"""
    tile: NDArray[np.int64]
    """(m,) number of the tile in it"""
    cut: NDArray[np.bool_]
    """(m,) whether it is shown in the end, at least in part; of points, always"""
    roots: int
    """how many of the first are roots"""
    region_first: NDArray[np.int64]
    """(m + 1,) each tile's regions, none of a tile that is shown as a whole in the end"""
    kind: NDArray[np.int8]
    """(r,) of each region, as `tiling.way` says"""
    part_first: NDArray[np.int64]
    """(r + 1,)"""
    part: NDArray[np.int64]
    """(p,) of each region the places of the tiles that together replace it, or are added to it"""

    def __len__(self) -> int:
        return len(self.tree)

    def replacements(self) -> list[tuple[tuple[int, ...] | None, ...]]:
        """Of each tile, region by region, the places of what replaces it; None: nothing does, the tile stays there."""
        part, first = self.part.tolist(), self.part_first.tolist()
        regions = [
            None if kind == STAYS else tuple(part[first[at] : first[at + 1]]) if kind == REPLACED else ()
            for at, kind in enumerate(self.kind.tolist())
        ]
        bounds = self.region_first.tolist()
        return [tuple(regions[bounds[at] : bounds[at + 1]]) for at in range(len(self))]


def select(
    grove: Grove,
    view: View,
    limits: Limits,
    *,
    later: View | None = None,
    is_parted: bool = False,
    is_coded: bool = False,
) -> Selection:
    """The tiles that `view` wants within `limits`.

    `later` is the eye as it will be when what is sent arrives: what it sees is wanted, too, and gains are counted by
    it. `is_parted`: regions of grouped tiles may go one by one. `is_coded`: files are sent packed where that is
    shorter.
    """
    eyes = sight.poses(view) if later is None or later == view else sight.poses(view, later)
    most = np.array([limits.bytes, limits.triangles, limits.draws, limits.textures, MOST_NODES], np.int64)
    options = np.array(
        [is_parted, is_coded, limits.error, COVER, COVER_SHARE, COVER_LEAST, WORTH_SENDING, WAY_SHARE, WAY_LEAST]
    )
    forest = (
        grove.table, grove.stock, grove.matrix, grove.scale, grove.root_first, grove.root_tile, grove.roots,
        grove.is_bent,
    )  # fmt: skip
    roots, chosen = _selected(forest, eyes, most, options)
    tree, tile, is_cut, region_first, kind, part_first, part = chosen
    return Selection(tree, tile, is_cut, roots, region_first, kind, part_first, part)


@njit(cache=True, nogil=True)
def _selected(forest: Any, eyes: Any, most: Any, options: Any) -> Any:  # pragma: no cover - compiled
    """How many roots there are, and what `way` says: in one call, so that arrays in between stay where they are."""
    made = cut(forest, eyes, most, options)
    return len(made[3]), way(forest[0], made, most, options)


def warm() -> None:
    """Compile, or read what was compiled before: 1 s, half a minute the first time. Else the first view waits."""
    numbers = np.zeros(1, np.int64)
    tree = TileTree(
        np.array([-1], np.int32), np.zeros((1, 12)), np.zeros(1), ("00" * 32,), ((),), numbers, numbers, numbers,
        numbers, 0.0, {},
    )  # fmt: skip
    select(
        grove(np.eye(4).reshape(1, 16), [stock(tree)]), View((0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 100), Limits(1, 1, 1, 1)
    )
