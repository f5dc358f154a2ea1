"""Faces that come as rows of numbers (PLY, OFF): cut into triangles, with what stands beside their corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline import mapped, polygons
from pipeline.compiled import njit
from scenes.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from pipeline.mapped import Store

MOST_CORNERS = 10_000
"""of one face"""
SKIPPED, POINTS, UVS, TEXTURE, RED, GREEN, BLUE = range(7)
"""what a property of a face means; `POINTS` and `UVS` are lists"""
_COLOURED = (RED, GREEN, BLUE)


class Faces:
    """Triangles of rows of faces, which are added in pieces and mended at the end.

    `layout` tells of each property whether it is a list, and what it means. Numbers of points that are none become -1.
    """

    def __init__(self, store: Store, layout: Sequence[tuple[bool, int]], *, expected: int = 0) -> None:
        self._layout = np.array(layout, np.int64).reshape(-1, 2)
        meanings = {meaning for _, meaning in layout}
        self.corners = store.growing(3, np.int32, expected=expected)
        """points of each triangle"""
        self.uvs = store.growing(6, np.float32) if UVS in meanings else None
        """coordinates of its corners, u and v in turn, NaN where there are none"""
        self.textures = store.growing(1, np.int32) if TEXTURE in meanings else None
        self.colours = store.growing(3, np.float32) if meanings.issuperset(_COLOURED) else None
        self._fans = store.growing(2, np.int64)
        self.bad = 0
        """faces that could not be read"""

    @property
    def polygons(self) -> int:
        """Faces of more than three corners."""
        return self._fans.rows

    def add_plain(self, corners: NDArray[np.int32]) -> None:
        """Triangles (k, 3) beside which nothing stands."""
        self.corners.append(corners)

    def add(self, values: NDArray[np.float64], words: NDArray[np.int64]) -> None:
        """Rows: their numbers one after the other, and how many each has."""
        # A fan has fewer triangles than its row has numbers.
        corners = np.empty((len(values), 3), np.int32)
        uvs = np.empty((len(values) if self.uvs else 0, 6), np.float32)
        others = np.empty((len(values), 4), np.float32)
        fans = np.empty((len(words), 2), np.int64)
        done, fanned, bad = _fanned(values, words, self._layout, self.corners.rows, (corners, uvs, others, fans))
        self.corners.append(corners[:done])
        if self.uvs is not None:
            self.uvs.append(uvs[:done])
        if self.textures is not None:
            self.textures.append(others[:done, :1].astype(np.int32))
        if self.colours is not None:
            self.colours.append(others[:done, 1:])
        self._fans.append(fans[:fanned])
        self.bad += bad

    def done(self, positions: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.float32] | None, list[str]]:
        """Corners (m, 3), their coordinates (m, 3, 2) or None, and what is to be told of it."""
        corners = self.corners.done()
        uvs = None if self.uvs is None else self.uvs.done().reshape(-1, 3, 2)
        report = [f"{self.bad:,} faces could not be read"] if self.bad else []
        if self._fans.rows:
            # Coordinates are told apart by corner: two columns of one number each.
            columns = (corners, *(() if uvs is None else (uvs[:, :, 0], uvs[:, :, 1])))
            report += told(self._fans.rows, *polygons.cut_concave(columns, self._fans.done(), positions))
        mapped.release(corners)
        return corners, uvs, report


def told(count: int, anew: int, left: int) -> list[str]:
    """What a report says of polygons."""
    out = [counted(count, "[polygon was|polygons were] cut into triangles")]
    if anew:
        out[0] += ", " + counted(anew, "of them along [its|their] ears because [it is|they are] concave")
    if left:
        out.append(
            counted(
                left,
                "[polygon crosses or folds itself; its|polygons cross or fold themselves; their] triangles may overlap",
            )
        )
    return out


@njit(cache=True, nogil=True)
def _fanned(  # noqa: C901 - one loop over rows and what stands in them
    values: NDArray[np.float64],
    words: NDArray[np.int64],
    layout: NDArray[np.int64],
    before: int,
    out: tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]],
) -> tuple[int, int, int]:
    """Triangles, fans and bad rows."""
    corners, uvs, others, fans = out
    done, fanned, bad, at = 0, 0, 0, 0
    for row in range(len(words)):
        end = at + words[row]
        points, count, mapped_at, mapped_count = 0, 0, 0, 0
        texture, red, green, blue = 0.0, 0.0, 0.0, 0.0
        good = True
        for item in range(len(layout)):
            meaning = layout[item, 1]
            if at >= end:
                good = False
                break
            value = values[at]
            at += 1
            if layout[item, 0]:
                if not 0.0 <= value <= end - at:
                    good = False
                    break
                if meaning == 1:
                    points, count = at, int(value)
                elif meaning == 2:
                    mapped_at, mapped_count = at, int(value)
                at += int(value)
            elif meaning == 3:
                texture = value
            elif meaning == 4:
                red = value
            elif meaning == 5:
                green = value
            elif meaning == 6:
                blue = value
        at = end
        if not good or count < 3 or count > MOST_CORNERS:
            bad += 1
            continue
        if count > 3:
            fans[fanned, 0], fans[fanned, 1] = before + done, count - 2
            fanned += 1
        is_mapped = len(uvs) > 0 and mapped_count == 2 * count
        for step in range(count - 2):
            for side in range(3):
                corner = 0 if side == 0 else step + side
                value = values[points + corner]
                corners[done, side] = int(value) if 0.0 <= value < 2147483648.0 else -1
                if len(uvs) > 0:
                    uvs[done, 2 * side] = values[mapped_at + 2 * corner] if is_mapped else np.nan
                    uvs[done, 2 * side + 1] = values[mapped_at + 2 * corner + 1] if is_mapped else np.nan
            others[done, 0], others[done, 1], others[done, 2], others[done, 3] = texture, red, green, blue
            done += 1
    return done, fanned, bad
