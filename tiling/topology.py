"""What hangs together at the edges of one tile's triangles, compiled: millions of them pass through here.

The clear version of each is in tests/tiling/test_topology.py, as its oracle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tidy(triangles: NDArray[np.uint32], count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int, int]:
    """Which triangles (m,) over `count` places stay, which places (count,) lie on an open edge; two counts.

    Triangles with a corner twice, and repetitions of an earlier triangle with the same winding, go; the counts are of
    those. An edge is open unless exactly one triangle walks it each way: so edges where three sheets meet are open. And
    it is where those two are one triangle from both sides: that closes nothing.
    """
    keep, open_places, degenerate, repeated = _tidy(np.ascontiguousarray(triangles, np.uint32), count)
    return keep, open_places, int(degenerate), int(repeated)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _tidy(  # noqa: C901 - one pass over corners after the other
    triangles: NDArray[np.uint32], count: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int, int]:  # pragma: no cover - compiled
    total = len(triangles)
    keep = np.ones(total, np.bool_)
    degenerate = repeated = 0
    start = np.zeros(count + 1, np.int64)
    for t in range(total):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if a in (b, c) or b == c:
            keep[t] = False
            degenerate += 1
            continue
        for v in (a, b, c):
            start[v + 1] += 1
    for v in range(count):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    # By corner the two others of its triangle, in winding order: (following, preceding).
    following = np.empty(start[count], np.uint32)
    preceding = np.empty(start[count], np.uint32)
    for t in range(total):
        if not keep[t]:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        at = fill[a]
        known = False
        for other in range(start[a], at):
            if following[other] == b and preceding[other] == c:
                known = True
                break
        if known:
            keep[t] = False
            repeated += 1
            continue
        for v, n, p in ((a, b, c), (b, c, a), (c, a, b)):
            following[fill[v]] = n
            preceding[fill[v]] = p
            fill[v] += 1
    open_places = np.zeros(count, np.bool_)
    for v in range(count):
        if _is_closed(following, preceding, start[v], fill[v]):
            continue
        for at in range(start[v], fill[v]):
            n = following[at]
            forth = back = 0
            for other in range(start[v], fill[v]):
                forth += following[other] == n
                back += preceding[other] == n and following[other] != preceding[at]
            if forth != 1 or back != 1:
                open_places[v] = True
                open_places[n] = True
            p = preceding[at]
            forth = back = 0
            for other in range(start[v], fill[v]):
                forth += following[other] == p and preceding[other] != following[at]
                back += preceding[other] == p
            if forth != 1 or back != 1:
                open_places[v] = True
                open_places[p] = True
    return keep, open_places, degenerate, repeated


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _is_closed(
    following: NDArray[np.uint32], preceding: NDArray[np.uint32], start: int, end: int
) -> bool:  # pragma: no cover - compiled
    """Whether all edges at a place surely are: what most places are, told with a fifth of the comparisons.

    So it is where no place follows twice, no triangle lies on another, and those that follow are those that precede.
    """
    balance = np.uint64(0)
    for at in range(start, end):
        n, p = following[at], preceding[at]
        balance += _scattered(n) - _scattered(p)
        for other in range(start, at):
            if following[other] == n or (following[other] == p and preceding[other] == n):
                return False
    return bool(balance == np.uint64(0))  # of scattered numbers it is 0 by chance once in 2^64 times


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _scattered(number: np.uint32) -> np.uint64:  # pragma: no cover - compiled
    mixed = (np.uint64(number) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return mixed * np.uint64(0xD6E8FEB86659FD93)
