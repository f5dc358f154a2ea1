"""Fewer points of a cloud, evenly: none nearer to another than a radius, and none left out farther from all than that.

Candidates come along a Morton curve and are tried in a scattered order: in stretches of some thousands, one of each
sixteen that follow one another, which one a hash says, then a second one of each, and so on. So what is kept is as
irregular as if all had been tried at random (dart throwing: Cook 1986), which shows neither rows nor a grid, while the
cells that are looked at lie near one another in memory.

A candidate is held against what was kept in the eight cells about it that a ball of the radius can touch; cells are
those of the octree, at least two radii wide, and a cell's neighbours are looked up once, eight cells at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tiling.points_order import gathered

STRIDE = 16
_PATCH = 1 << 13
"""candidates among which turns are taken: with all that is said of them they stay in a cache"""
_NONE = np.uint32(0xFFFFFFFF)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)


_WHERE: Any = (np.arange(8)[:, None] >> np.arange(3) & 1)[:, None] + np.arange(27)[:, None] // [1, 3, 9] % 3 - 1
_OCTET = (13 + (_WHERE >> 1) @ [1, 3, 9]).astype(np.uint8)
"""(8, 27) from each cell of an octet, the direction of the octet in which its neighbour of each direction lies"""
_PART = ((_WHERE & 1) @ [1, 2, 4]).astype(np.uint8)
"""(8, 27) and which cell of that octet it is"""


@njit(cache=True, nogil=True, inline="always")
def _key(x: int, y: int, z: int) -> Any:  # pragma: no cover - compiled
    """Of a cell; one beyond the cube, at -1, has one, too, where neighbours are looked for."""
    return np.uint64(x + 1) | (np.uint64(y + 1) << np.uint64(21)) | (np.uint64(z + 1) << np.uint64(42))


@njit(cache=True, nogil=True, inline="always")
def _slot(keys: Any, mask: int, x: int, y: int, z: int) -> int:  # pragma: no cover - compiled
    """Where a cell stands in a table, or would.

    Scattered, though neighbours would lie nearer together by a sum of x and multiples of y and z: most that are looked
    for are not there, and with runs of x one beside another the search for those took two thirds of the whole time.
    """
    key = _key(x, y, z)
    at = int((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while keys[at] != _EMPTY and keys[at] != key:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def _near(octet: Any, place: Any, cells: int, keys: Any, octet_at: Any) -> Any:  # pragma: no cover - compiled
    """The 27 cells (cells, 27) about each cell, itself in the middle, `_NONE` where there is none.

    `octet` are the eight cells of each octet, one more octet than there are having none; `place` (octets, 3) numbers of
    octets; `keys` and `octet_at` the table by which they are found.
    """
    octets, mask = len(place), len(keys) - 1
    # Each pair of neighbours is found once: half of the directions, from every octet.
    about = np.full((octets, 27), octets, np.int32)
    for own in range(octets):
        about[own, 13] = own
        x, y, z = place[own, 0], place[own, 1], place[own, 2]
        for direction in range(14, 27):
            slot = _slot(keys, mask, x + direction % 3 - 1, y + direction // 3 % 3 - 1, z + direction // 9 - 1)
            if keys[slot] != _EMPTY:
                about[own, direction] = octet_at[slot]
                about[octet_at[slot], 26 - direction] = own
    near = np.empty((cells, 27), np.uint32)
    for own in range(octets):
        for part in range(8):
            cell = octet[own, part]
            if cell >= 0:
                for direction in range(27):
                    near[cell, direction] = octet[about[own, _OCTET[part, direction]], _PART[part, direction]]
    return near


@njit(cache=True, nogil=True)
def thin(  # noqa: C901, PLR0917 - one loop over candidates; numba knows no keywords  # pragma: no cover - compiled
    points: Any,
    cells: Any,
    candidates: Any,
    size: Any,
    corner: Any,
    radius: float,
    reach: Any,
    halo: Any,
    kept: Any,
    far: Any,
) -> float:
    """Mark in `kept` (m,) those of the m candidates that stay; what the others are from what stands for them.

    Points (n, 3) float32, metres; `candidates` (m,) places in them; `cells` (m,) uint64, ascending, the code of each
    candidate's cell, whose number times `size` (3,) and `corner` (3,) is where the cell begins. `halo` (h, 3) float32
    are points kept beyond the cube's sides: they are in the way, and not of this result.

    `reach` (n,) float32 is, of each point, how far from it the farthest point is that it stands for; it is brought up
    to date. `far` (m,) is set to the same bound of each candidate against what was kept: a candidate that stays, its
    reach; another, its distance plus its reach. The greatest `far` of those that only a point of the halo stands for is
    the result.
    """
    count = len(candidates)
    first = np.empty(count + 1, np.int64)  # of each cell's run
    number = 0
    for at in range(count):
        if at == 0 or cells[at] != cells[at - 1]:
            first[number] = at
            number += 1
    first[number] = count
    mask = 16
    while mask < 2 * (number + len(halo)) + 2:
        mask *= 2
    mask -= 1
    keys = np.full(mask + 1, _EMPTY, np.uint64)
    octet_at = np.empty(mask + 1, np.int32)
    # Octets of cells are looked up, and few of those: their neighbours say what the neighbours of each cell are.
    octet = np.full((number + len(halo) + 1, 8), -1, np.int32)
    place = np.empty((number + len(halo), 3), np.int32)  # of each octet, in octets
    middle = np.empty((number + len(halo), 3), np.float64)
    own = np.empty(count, np.uint32)
    octets = 0
    for cell in range(number):
        code = cells[first[cell]]
        if cell == 0 or code >> np.uint64(3) != cells[first[cell - 1]] >> np.uint64(3):
            x, y, z = gathered(code >> np.uint64(3)), gathered(code >> np.uint64(4)), gathered(code >> np.uint64(5))
            place[octets, 0], place[octets, 1], place[octets, 2] = x, y, z
            slot = _slot(keys, mask, int(x), int(y), int(z))
            keys[slot] = _key(int(x), int(y), int(z))
            octet_at[slot] = octets
            octets += 1
        part = int(code & np.uint64(7))
        octet[octets - 1, part] = cell
        for axis in range(3):
            middle[cell, axis] = (place[octets - 1, axis] * 2 + (part >> axis & 1) + 0.5) * size[axis] + corner[axis]
        for at in range(first[cell], first[cell + 1]):
            own[at] = cell
    head = np.full(number + len(halo), _NONE, np.uint32)
    # What was kept: place among the candidates (of the halo: behind them), coordinates, the next one of its cell.
    who = np.empty(count + len(halo), np.uint32)
    spot = np.empty((count + len(halo), 3), np.float32)
    after = np.empty(count + len(halo), np.uint32)
    every, found_so_far = number, 0
    for at in range(len(halo)):
        x = int(np.floor((halo[at, 0] - corner[0]) / size[0]))
        y = int(np.floor((halo[at, 1] - corner[1]) / size[1]))
        z = int(np.floor((halo[at, 2] - corner[2]) / size[2]))
        if min(x, y, z) < 0 or max(x, y, z) >= (1 << 21) - 2:
            continue
        slot = _slot(keys, mask, x >> 1, y >> 1, z >> 1)
        if keys[slot] == _EMPTY:
            keys[slot] = _key(x >> 1, y >> 1, z >> 1)
            place[octets, 0], place[octets, 1], place[octets, 2] = x >> 1, y >> 1, z >> 1
            octet_at[slot] = octets
            octets += 1
        part = (x & 1) + (y & 1) * 2 + (z & 1) * 4
        cell = octet[octet_at[slot], part]
        if cell < 0:
            cell = octet[octet_at[slot], part] = every
            every += 1
        who[found_so_far], spot[found_so_far] = count + at, halo[at]
        after[found_so_far] = head[cell]
        head[cell] = found_so_far
        found_so_far += 1
    near = _near(octet, place[:octets], np.int64(every), keys, octet_at)
    most = np.float32(radius * radius)
    beyond = 0.0
    for patch in range(0, count, _PATCH):
        for turn in range(STRIDE):
            for block in range(patch // STRIDE, (min(patch + _PATCH, count) + STRIDE - 1) // STRIDE):
                mixed = (block * 0x9E3779B1) & 0xFFFFFFFF
                at = block * STRIDE + ((turn * 5 + (mixed >> 15)) ^ (mixed >> 27)) % STRIDE
                if at >= count:
                    continue
                point, cell = candidates[at], own[at]
                px, py, pz = points[point, 0], points[point, 1], points[point, 2]
                sx = 1 if px >= middle[cell, 0] else -1
                sy = 3 if py >= middle[cell, 1] else -3
                sz = 9 if pz >= middle[cell, 2] else -9
                link = _NONE
                away = np.float32(0.0)
                # Its own cell first: most of what is refused is refused there.
                for turned in range(8):
                    other = near[cell, 13 + (turned & 1) * sx + (turned >> 1 & 1) * sy + (turned >> 2) * sz]
                    if other == _NONE:
                        continue
                    link = head[other]
                    while link != _NONE:
                        dx, dy, dz = spot[link, 0] - px, spot[link, 1] - py, spot[link, 2] - pz
                        away = dx * dx + dy * dy + dz * dz
                        if away < most:
                            break
                        link = after[link]
                    if link != _NONE:
                        break
                if link == _NONE:
                    kept[at] = True
                    who[found_so_far] = at
                    spot[found_so_far, 0], spot[found_so_far, 1], spot[found_so_far, 2] = px, py, pz
                    after[found_so_far] = head[cell]
                    head[cell] = found_so_far
                    found_so_far += 1
                    continue
                kept[at] = False
                far[at] = np.sqrt(away) + reach[point]
                if who[link] < count:
                    q = candidates[who[link]]
                    reach[q] = max(reach[q], far[at])
                else:
                    beyond = max(beyond, far[at])
    for at in range(count):
        if kept[at]:
            far[at] = reach[candidates[at]]
    return beyond
