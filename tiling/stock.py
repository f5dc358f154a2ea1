"""A tile tree in the form that selection reads: numbers in a few arrays, and links from each tile to what replaces it.

A tile is replaced *region by region*. It has a region per child; the *parts* of a region are the tiles that together
show it: the child, or where that has no content, what shows the child in turn (perhaps nothing). A tile of points is
not replaced but added to, region by region as well. Links are two levels
of offsets: tile `t` has the regions `region_first[t]` to `region_first[t + 1]`, region `r` the parts `part_first[r]` to
`part_first[r + 1]` of `part`.

A part is a tile of the same tree, or, in the tree of groups above the placements of a scene, `-1 - n` for the roots of
the n-th tree of the grove (`tiling.grove`).

Made once for a tree and shared by all who look at it: 0.4 s and 100 bytes a tile for a million tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tiling.tree import TileTree

MOST_GROUPS = 32
"""bits of a cut's `hidden`: a tile with more children is shown whole or not at all"""

FILE, BYTES, TEXTURES, CODED, TRIANGLES, DRAWS, REFINE = range(7)
"""columns of `facts`; the first three, a number that tells files apart and two sizes, are those of `image`, too"""
AT_ONCE, GROUPED, ADDED = range(3)
"""how a tile is refined: replaced as a whole; replaced region by region where a client draws its groups one by one; not
replaced, what comes in its regions is shown beside it, whichever has come"""


@dataclass(frozen=True, slots=True)
class Stock:
    """A tree of n tiles with r regions, p parts and k images."""

    tree: TileTree
    facts: NDArray[np.int64]
    """(n, 7), columns as above"""
    region_first: NDArray[np.int32]
    """(n + 1,)"""
    region_triangles: NDArray[np.int32]
    """(r,) of the tile's group for each region, 0 where it is not grouped"""
    part_first: NDArray[np.int32]
    """(r + 1,)"""
    part: NDArray[np.int32]
    """(p,)"""
    need_first: NDArray[np.int32]
    """(n + 1,) of each tile's images in `need`"""
    need: NDArray[np.int32]
    image: NDArray[np.int64]
    """(k, 3): number of the file, its bytes, bytes of its texture"""
    names: tuple[str, ...]
    """of images, as the tree's `needs` have them"""
    roots: tuple[int, ...]
    """the topmost tiles with content; parts of a region that shows all of the tree"""

    def __len__(self) -> int:
        return len(self.tree)

    def parts_of(self, tile: int) -> tuple[tuple[int, ...], ...]:
        """The parts of each region of a tile."""
        first, last = self.region_first[tile : tile + 2].tolist()
        bounds = self.part_first[first : last + 1].tolist()
        return tuple(tuple(self.part[a:b].tolist()) for a, b in pairwise(bounds))


def stock(tree: TileTree, *, members: Sequence[Sequence[int]] = ()) -> Stock:
    """The stock of a tree. `members`, of a tree of groups: for each tile, numbers of trees that are parts beside its
    children, each a region of its own after theirs."""
    regions = _regions(tree, members) if members or not all(tree.content) else None
    if regions is None:
        # Each child is the one part of its region, and breadth first all children stand in the order of their parents.
        counts = np.bincount(tree.parent[1:], minlength=len(tree)) if len(tree) > 1 else np.zeros(len(tree), np.int64)
        parts, sizes = np.arange(1, len(tree)), np.ones(len(tree) - 1, np.int64)
    else:
        counts = np.array([len(each) for each in regions], np.int64)
        sizes = np.array([len(parts) for each in regions for parts in each], np.int64)
        parts = np.array([part for each in regions for parts in each for part in parts], np.int64)
    region_first, part_first = _offsets(counts), _offsets(sizes)
    refine = np.full(len(tree), ADDED if tree.is_added else AT_ONCE, np.int64)
    triangles = np.zeros(len(sizes), np.int32)
    for tile, groups in enumerate(() if tree.is_added else tree.groups):
        if groups and len(groups) == counts[tile] + 2 and counts[tile] <= MOST_GROUPS:
            refine[tile] = GROUPED
            triangles[region_first[tile] : region_first[tile + 1]] = groups[:-2]
    names = tuple(tree.image_bytes)
    number = {name: at for at, name in enumerate(names)}
    facts = np.column_stack(
        [
            _identities(tree.content), tree.byte_length, tree.texture_bytes,
            tree.coded_length if len(tree.coded_length) else np.zeros(len(tree), np.int64),
            tree.triangles, tree.draws, refine,
        ]
    ).astype(np.int64)  # fmt: skip
    images = [tree.image_bytes[name] for name in names]
    image = np.column_stack(
        [_identities([name.partition(".")[0] for name in names]), np.array(images, np.int64).reshape(-1, 2)]
    )
    return Stock(
        tree=tree, facts=np.ascontiguousarray(facts),
        region_first=region_first, region_triangles=triangles, part_first=part_first, part=parts.astype(np.int32),
        need_first=_offsets(np.array([len(needs) for needs in tree.needs], np.int64)),
        need=np.array([number[name] for needs in tree.needs for name in needs], np.int32),
        image=np.ascontiguousarray(image, np.int64), names=names,
        roots=(0,) if tree.content[0] else tuple(part for region in regions[0] for part in region) if regions else (),
    )  # fmt: skip


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _identities(names: Sequence[str]) -> NDArray[np.int64]:
    """Numbers that tell files apart, never 0: the first 8 bytes of digests."""
    data = bytes.fromhex("".join(name[:16] or "0" * 16 for name in names))
    found = np.frombuffer(data, ">i8").astype(np.int64)
    found[found == 0] = 1
    return found


def _regions(tree: TileTree, members: Sequence[Sequence[int]]) -> list[list[tuple[int, ...]]]:
    """Of each tile its regions, of each region its parts; children without content replaced by theirs."""
    below: list[list[tuple[int, ...]]] = [[] for _ in range(len(tree))]
    # From the back, so that a child without content has gathered its own regions before it is asked for them.
    for tile in range(len(tree) - 1, -1, -1):
        below[tile].reverse()
        if members:
            below[tile] += [(-1 - number,) for number in members[tile]]
        if tile:
            own = (tile,) if tree.content[tile] else tuple(part for region in below[tile] for part in region)
            below[int(tree.parent[tile])].append(own)
    return below
