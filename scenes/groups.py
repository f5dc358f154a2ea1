"""Things of a scene in a spatial tree whose shape depends on where they stand, not on what else does.

Space is halved along all three axes at once, again and again, always at the same places: multiples of powers of two
metres from the scene's origin. A cell with few things is a group; one with many is split into its eight parts. So a
thing that comes or goes changes its own cell, and perhaps its being split, and nothing elsewhere: planes through the
middle of what there is would move with every edit, and each proxy of each group with them. Cells without things have no
group, and a cell with all its things in one part is that part.

A thing larger than half of a cell stays in it (a loose octree: Ulrich 2000), because in a part it would swell the boxes
of what stands near; unless those alone are too many for a group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 16
"""things of a group that is not split; measured in docs/adr/0011-proxies-of-groups.md"""
FEW = 3
"""up to so many things of a part make no group of their own: to show them costs little more than to show a proxy"""
_DEPTH = 21
"""halvings at most: three numbers of 21 bits fit 64"""


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in a cell: things by number, ascending, that are in none of the groups below."""

    members: tuple[int, ...]
    below: tuple[Group, ...] = ()

    def __iter__(self) -> Iterator[Group]:
        """This group and all below, each after those below it."""
        for group in self.below:
            yield from group
        yield self

    def things(self) -> list[int]:
        """All that stand in it and below, ascending."""
        return sorted(number for group in self for number in group.members)


def in_order(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int64]:
    """The order of n things with these boxes (n, 3) in which those of a cell follow each other."""
    return np.argsort(_codes(*_centres(low, high)), kind="stable")


def grouped(low: NDArray[np.float64], high: NDArray[np.float64], *, most: int = MOST) -> Group:
    """The tree of n things with these boxes (n, 3), which are finite. No things make a group without members."""
    if not len(low):
        return Group(())
    centre, reach = _centres(low, high)
    size = (high - low).max(axis=1)
    code = _codes(centre, reach)
    # A cell after d halvings is 2 · reach / 2^d wide; a thing goes as far down as it is no wider than its cell.
    with np.errstate(divide="ignore"):
        deepest = np.clip(np.floor(np.log2(2 * reach / size)), 0, _DEPTH).astype(np.int64)
    return _Splitter(code, deepest, most).split(np.argsort(code, kind="stable"), 0, waived=False)


def _centres(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Middles of boxes, and the power of two within which all of them lie."""
    centre = (low + high) / 2
    farthest = max(float(np.abs(centre).max(initial=0.0)), 1e-6)
    return centre, float(2.0 ** np.ceil(np.log2(farthest * (1 + 1e-9))))


def _codes(centre: NDArray[np.float64], reach: float) -> NDArray[np.uint64]:
    """Which half along x, y and z at each halving, the first in the highest bits (Morton order)."""
    cells = np.clip((centre + reach) / (2 * reach) * 2**_DEPTH, 0, 2**_DEPTH - 1).astype(np.uint64)
    code = np.zeros(len(centre), np.uint64)
    for bit in range(_DEPTH):
        for axis in range(3):
            code |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(3 * bit + axis)
    return code


@dataclass(frozen=True, slots=True)
class _Splitter:
    code: NDArray[np.uint64]
    deepest: NDArray[np.int64]
    most: int

    def split(self, things: NDArray[np.int64], depth: int, *, waived: bool) -> Group:
        """The group of a cell whose things (in the order of their codes) are given.

        `waived`: size holds nothing back any more.
        """
        if len(things) <= self.most or depth == _DEPTH:
            return Group(tuple(sorted(things.tolist())))
        stays = np.zeros(len(things), bool) if waived else self.deepest[things] <= depth
        if np.count_nonzero(stays) > self.most:
            stays, waived = np.zeros(len(things), bool), True
        rest, members = things[~stays], things[stays].tolist()
        octant = (self.code[rest] >> np.uint64(3 * (_DEPTH - 1 - depth))) & np.uint64(7)
        bounds = np.searchsorted(octant, np.arange(9, dtype=np.uint64))
        below = []
        for part in range(8):
            own = rest[bounds[part] : bounds[part + 1]]
            if len(own) == len(things):
                return self.split(own, depth + 1, waived=waived)
            if len(own) <= FEW:
                members += own.tolist()
            else:
                below.append(self.split(own, depth + 1, waived=waived))
        return Group(tuple(sorted(members)), tuple(below))
