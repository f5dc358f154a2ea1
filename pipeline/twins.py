"""Sheets that are there twice: every triangle once from each side, on points of its own or not.

To a simplifier such a sheet has no border (each edge is walked once each way), so it is eaten from its rim, and twice
the triangles are spent on it. One side of it, drawn from both, looks the same.

A key of a triangle's three places, in whatever order, is the same for both sides. Those whose key falls into a share of
all keys are kept as a sample, the share halved whenever there are too many: of a pair both are in it, or neither. So a
model that has none costs no more than its keys; only where the sample is full of pairs a table of all is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.mapped import Store

_MOST = 4096  # triangles of the sample
_LEAST_SHARE = 40  # halvings; triangles that are still too many then are all one
_FOLLOWED = 64  # slots: no file can make this slow


class Sample:
    """Some triangles of a primitive, pairs kept together."""

    def __init__(self) -> None:
        self.corners = np.empty((_MOST, 3), np.uint32)
        self.keys = np.empty(_MOST, np.uint64)
        self.state = np.zeros(2, np.int64)
        """how many there are, and how often the share was halved"""
        self.scratch = np.zeros(1, np.float64)

    def share(self, columns: Sequence[NDArray[Any]]) -> float:
        """How many of them have a twin: the same corners in these columns (n, k), positions first, the other way."""
        count = int(self.state[0])
        keys, corners = self.keys[:count], self.corners[:count]
        _, which, times = np.unique(keys, return_inverse=True, return_counts=True)
        rows = corners[times[which] > 1]
        if not len(rows):
            return 0.0
        values = [np.asarray(column[rows.reshape(-1)], np.float64) + 0.0 for column in columns]  # no -0.0
        whole = np.concatenate(values, axis=1).reshape(len(rows), 3, -1)
        forms = [_turned(tuple(corner.tobytes() for corner in triangle)) for triangle in whole]
        known = set(forms)
        return sum(_turned(form[::-1]) in known for form in forms) / count


def _turned(form: tuple[bytes, ...]) -> tuple[bytes, ...]:
    turn = form.index(min(form))
    return form[turn:] + form[:turn]


class Pairs:
    """Tells which triangles of a primitive have no twin before them; ask for all parts in order."""

    def __init__(self, store: Store, indices: NDArray[np.uint32], columns: Sequence[NDArray[Any]]) -> None:
        self._indices, self._columns = indices, tuple(columns)
        self._table: NDArray[np.int32] = store.empty((1 << (3 * len(indices) // 2).bit_length(),), np.int32)
        for part in mapped.slices(len(self._table)):
            self._table[part] = -1
            mapped.release(self._table[part])
        self._scratch = np.zeros(1, np.float64)

    def first(self, part: slice) -> NDArray[np.bool_]:
        """Of the triangles of a part."""
        out = np.ones(part.stop - part.start, np.bool_)
        bits = self._scratch.view(np.uint64)
        _paired(self._indices, part.start, self._columns, self._table, (self._scratch, bits), out)
        for array in (self._indices, self._table, *self._columns):
            mapped.release(array)
        return out


@njit(cache=True, nogil=True, inline="always")
def _level(positions: NDArray[Any], at: int) -> float:
    # (0.0 is added so that -0.0 is none.)
    return float(positions[at, 0] * 0.7548776662466927 + positions[at, 1] * 0.5698402909980532 + positions[at, 2] + 0.0)


@njit(cache=True, nogil=True, inline="always")
def key(  # noqa: PLR0917 - compiled functions take no keywords
    positions: NDArray[Any], a: int, b: int, c: int, scratch: NDArray[np.float64], bits: NDArray[np.uint64]
) -> np.uint64:
    """Of a triangle's places, whatever their order; `bits` are those of `scratch`."""
    one, two, three = _level(positions, a), _level(positions, b), _level(positions, c)
    low, high = min(one, two), max(one, two)
    # In order of size, and weighed: one number to mix instead of three.
    scratch[0] = (
        min(low, three) * 0.8191725133961645 + max(low, min(high, three)) * 0.6710436067037893 + max(high, three)
    )
    mixed = np.uint64(bits[0] * np.uint64(0x9E3779B97F4A7C15))
    mixed = np.uint64(np.uint64(mixed ^ np.uint64(mixed >> np.uint64(31))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(mixed ^ np.uint64(mixed >> np.uint64(32)))


@njit(cache=True, nogil=True)
def noted(
    corners: NDArray[np.uint32],
    keys: NDArray[np.uint64],
    state: NDArray[np.int64],
    given: np.uint64,
    row: NDArray[np.uint32],
) -> None:
    """Take a triangle whose key is in the share into a `Sample`'s arrays."""
    while state[0] == len(keys):
        if state[1] == _LEAST_SHARE:
            return
        state[1] += 1
        kept = 0
        for at in range(len(keys)):
            if (keys[at] >> np.uint64(1)) >> np.uint64(63 - state[1]) == 0:
                keys[kept] = keys[at]
                corners[kept] = corners[at]
                kept += 1
        state[0] = kept
    if (given >> np.uint64(1)) >> np.uint64(63 - state[1]) == 0:
        keys[state[0]] = given
        corners[state[0]] = row
        state[0] += 1


@njit(cache=True, nogil=True)
def _alike(columns: Any, one: int, other: int) -> bool:
    positions, uvs, second, colours = columns
    for axis in range(3):
        if positions[one, axis] != positions[other, axis]:
            return False
    for axis in range(uvs.shape[1]):
        if uvs[one, axis] != uvs[other, axis]:
            return False
    for axis in range(second.shape[1]):
        if second[one, axis] != second[other, axis]:
            return False
    for axis in range(colours.shape[1]):  # noqa: SIM110 - compiled
        if colours[one, axis] != colours[other, axis]:
            return False
    return True


@njit(cache=True, nogil=True)
def _paired(  # noqa: PLR0917 - compiled functions take no keywords
    indices: NDArray[np.uint32],
    start: int,
    columns: Any,
    table: NDArray[np.int32],
    scratch: Any,
    out: NDArray[np.bool_],
) -> None:
    mask = np.uint64(len(table) - 1)
    real, bits = scratch
    for place in range(len(out)):
        row = start + place
        a, b, c = np.int64(indices[row, 0]), np.int64(indices[row, 1]), np.int64(indices[row, 2])
        slot = np.int64(key(columns[0], a, b, c, real, bits) & mask)
        for _ in range(_FOLLOWED):
            at = np.int64(table[slot])
            if at < 0:
                table[slot] = row
                break
            d, e, f = np.int64(indices[at, 0]), np.int64(indices[at, 1]), np.int64(indices[at, 2])
            for _turn in range(3):
                if _alike(columns, a, d) and _alike(columns, b, f) and _alike(columns, c, e):
                    out[place] = False
                d, e, f = e, f, d
            if not out[place]:
                break
            slot = (slot + 1) & np.int64(mask)
