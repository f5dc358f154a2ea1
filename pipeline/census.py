"""What the triangles of a model are like: which cannot be shown, and where its surface is open, forked or in pieces.

Per point three numbers are kept side by side, so that a triangle costs one access to each of its points:

    REST      the sum of h(next) - h(previous) over its triangles, h an even hash; its lowest bit says that it has any
    PARENT    union-find over points that share a triangle (Rem's algorithm: half the time of path halving)
    BITS      a filter over the triangles whose least point it is: one bit of 32 for each, by its other two points

A bit that is set already may mean a copy; only the triangles of such points, some in a hundred, are compared.

REST is 0 at a point that is surrounded by triangles which all wind alike, for each neighbour is next once and previous
once. Where it is not, the point is odd, and edges are counted between two odd points only, these by place instead of by
number: points that stand there twice, at a seam of the texture, say, are one here. What this cannot see are edges of
four triangles that are two and two of each direction: bodies that touch, or lie on each other with points of their own.

All is done in pieces; what grows with the model lies in a `Store`. On 9 million triangles in a bad order this takes
1.1 s of computing; a table of all edges took 3.5 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, twins
from pipeline.compiled import njit
from pipeline.corners import Points
from scenes.counting import counted, worded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.mapped import Store

_REST, _PARENT, _BITS = range(3)
_FOLLOWED = 64  # links of a chain: no file can make this slow
_MOST_POINTS = 1 << 21  # odd points of a model, and pieces
_SMALL = 1000  # a piece of less than a thousandth of the points is a bit

_LEFT = "[it was|they were] left as [it is|they are]"
REASONS = (
    "{count} [triangle|triangles] named points that are not there; [it was|they were] left out",
    "{count} [triangle at such a point was|triangles at such points were] left out",
    # (Three points in a line stay: to drop their triangle would open a seam.)
    "{count} [triangle without area was|triangles without area were] left out",
    "{count} [triangle|triangles] stood there twice; one of each was kept",
)


class Sieve:
    """Goes through the triangles of one primitive, and tells which can be shown.

    Ask for all parts in order with `shown`, then, if there `may_be_copies`, with `first_of_kind` for those that were
    left. Inputs are not changed.
    """

    def __init__(self, store: Store, positions: NDArray[Any], bad: NDArray[np.bool_] | None) -> None:
        self._store, self._positions = store, positions
        self._bad = np.zeros(0, np.bool_) if bad is None else bad
        self.cells: NDArray[np.int32] = store.empty((len(positions), 3), np.int32)
        for part in mapped.slices(len(positions)):
            self.cells[part] = 0
            self.cells[part, _PARENT] = np.arange(part.start, part.stop, dtype=np.int32)
            mapped.release(self.cells[part])
        self._crowded = np.zeros(len(positions) // 8 + 1, np.uint8)
        """one bit for each point: whether two of its triangles have the same bit"""
        self._chains: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
        self.counts = np.zeros(4, np.int64)
        """of triangles left out, in the order of `REASONS`"""
        self.sample = twins.Sample()

    def shown(self, rows: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of some triangles (k, 3) can be shown."""
        out = np.empty(len(rows), np.bool_)
        sample = (self.sample.corners, self.sample.keys, self.sample.state)
        scratch = (self.sample.scratch, self.sample.scratch.view(np.uint64))
        _sifted(rows, (self._positions, self._bad), self.cells, self._crowded, (*sample, *scratch), out, self.counts)
        mapped.release(self._positions)
        mapped.release(self.cells)
        return out

    def may_be_copies(self) -> bool:
        """Whether a triangle may stand there twice."""
        return bool(self._crowded.any())

    def odd(self) -> int:
        """How many points are odd."""
        return sum(int(np.count_nonzero(piece[:, _REST] & -2)) for _, piece in mapped.chunks(self.cells))

    def first_of_kind(self, indices: NDArray[np.uint32], part: slice) -> NDArray[np.bool_]:
        """Which triangles of a part are no copies of earlier ones, whichever corner they begin with.

        One that winds the other way is no copy.
        """
        if self._chains is None:
            first = self._store.empty((len(self.cells),), np.int32)
            for piece in mapped.slices(len(first)):
                first[piece] = -1
                mapped.release(first[piece])
            self._chains = first, self._store.empty((len(indices),), np.int32)
        out = np.ones(part.stop - part.start, np.bool_)
        self.counts[3] += _copied(indices, part.start, (self.cells, self._crowded), *self._chains, out)
        for array in (self.cells, *self._chains, indices):
            mapped.release(array)
        return out

    def used(self, part: slice) -> NDArray[np.bool_]:
        """Which points of a part belong to a triangle that can be shown."""
        found: NDArray[np.bool_] = self.cells[part, _REST] & 1 == 1
        mapped.release(self.cells[part])
        return found


@njit(cache=True, nogil=True, inline="always")
def _hash(value: int) -> np.uint32:
    # numba widens every product and every shift: each is cut to 32 bits again.
    mixed = np.uint32(np.uint32(value) * np.uint32(0x9E3779B1))
    return np.uint32(np.uint32(mixed ^ np.uint32(mixed >> np.uint32(15))) * np.uint32(2))


@njit(cache=True, nogil=True, inline="always")
def _joined(cells: NDArray[np.int32], x: int, y: int) -> None:
    """Make one set of those of two points. A parent is never greater than its child."""
    while True:
        px, py = cells[x, 1], cells[y, 1]
        if px == py:
            return
        if px < py:
            cells[y, 1] = px
            if y == py:
                return
            y = int(py)
        else:
            cells[x, 1] = py
            if x == px:
                return
            x = int(px)


@njit(cache=True, nogil=True)
def _sifted(  # noqa: PLR0917 - compiled functions take no keywords
    indices: NDArray[np.uint32],
    points: tuple[NDArray[Any], NDArray[np.bool_]],
    cells: NDArray[np.int32],
    crowded: NDArray[np.uint8],
    sample: Any,
    out: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    positions, bad = points
    corners, keys, state, scratch, bits = sample
    for row in range(len(indices)):
        out[row] = False
        a, b, c = np.int64(indices[row, 0]), np.int64(indices[row, 1]), np.int64(indices[row, 2])
        if max(a, b, c) >= len(cells):
            counts[0] += 1
            continue
        if len(bad) > 0 and (bad[a] or bad[b] or bad[c]):
            counts[1] += 1
            continue
        x, y, z = positions[a, 0], positions[b, 0], positions[c, 0]
        if x == y or y == z or z == x:  # noqa: PLR1714
            ab = x == y and positions[a, 1] == positions[b, 1] and positions[a, 2] == positions[b, 2]
            bc = y == z and positions[b, 1] == positions[c, 1] and positions[b, 2] == positions[c, 2]
            ca = z == x and positions[c, 1] == positions[a, 1] and positions[c, 2] == positions[a, 2]
            if ab or bc or ca:
                counts[2] += 1
                continue
        least = min(a, b, c)
        following = b if least == a else (c if least == b else a)
        last = c if least == a else (a if least == b else b)
        bit = np.int32(np.uint32(1) << np.uint32(_hash(following * 3 + last) >> np.uint32(27)))
        if cells[least, 2] & bit:
            crowded[least >> 3] |= np.uint8(1 << (least & 7))
        cells[least, 2] |= bit
        ha, hb, hc = _hash(a), _hash(b), _hash(c)
        cells[a, 0] = np.int32(np.uint32(cells[a, 0]) + hb - hc) | 1
        cells[b, 0] = np.int32(np.uint32(cells[b, 0]) + hc - ha) | 1
        cells[c, 0] = np.int32(np.uint32(cells[c, 0]) + ha - hb) | 1
        _joined(cells, a, b)
        _joined(cells, b, c)
        key = twins.key(positions, a, b, c, scratch, bits)
        if (key >> np.uint64(1)) >> np.uint64(63 - state[1]) == 0:
            twins.noted(corners, keys, state, key, indices[row])
        out[row] = True


@njit(cache=True, nogil=True)
def _copied(  # noqa: PLR0917
    indices: NDArray[np.uint32],
    start: int,
    points: tuple[NDArray[np.int32], NDArray[np.uint8]],
    first: NDArray[np.int32],
    chain: NDArray[np.int32],
    out: NDArray[np.bool_],
) -> int:
    """Which triangles are copies; `first` of its least point begins a chain of the triangles before."""
    cells, crowded = points
    copies = 0
    for place in range(len(out)):
        row = start + place
        a, b, c = np.int64(indices[row, 0]), np.int64(indices[row, 1]), np.int64(indices[row, 2])
        least = min(a, b, c)
        if crowded[least >> 3] & (1 << (least & 7)) == 0:
            continue
        while a > b or a > c:
            a, b, c = b, c, a
        at, steps = np.int64(first[a]), 0
        while at >= 0 and steps < _FOLLOWED:
            d, e, f = np.int64(indices[at, 0]), np.int64(indices[at, 1]), np.int64(indices[at, 2])
            while d != a:
                d, e, f = e, f, d
            if e == b and f == c:
                out[place] = False
                copies += 1
                ha, hb, hc = _hash(a), _hash(b), _hash(c)
                cells[a, 0] = np.int32(np.uint32(cells[a, 0]) - hb + hc)
                cells[b, 0] = np.int32(np.uint32(cells[b, 0]) - hc + ha)
                cells[c, 0] = np.int32(np.uint32(cells[c, 0]) - ha + hb)
                break
            at, steps = np.int64(chain[at]), steps + 1
        if out[place]:
            chain[row], first[a] = first[a], row
    return copies


class Census:
    """Counts edges and pieces over all primitives of a model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: Points | None = None
        self._edges: NDArray[np.int64] = np.zeros(0, np.int64)
        self._sides: NDArray[np.uint8] = np.zeros((0, 2), np.uint8)
        self._filled = np.zeros(1, np.int64)
        self._joints: list[NDArray[np.int32]] = []
        """a place, and a piece that has it"""
        self._sizes: list[NDArray[np.int64]] = []
        """points of each piece"""
        self._pieces, self._odd = 0, 0
        self._gave_up = False

    def add(self, positions: NDArray[Any], indices: NDArray[np.uint32], cells: NDArray[np.int32], odd: int) -> None:
        """Take in a primitive: its triangles that can be shown, and what a `Sieve` made of its points.

        Instead of a parent, `cells` say afterwards to which piece a point belongs.
        """
        self._odd += odd
        if self._gave_up or self._odd > _MOST_POINTS:
            self._gave_up = True
            return
        sizes = np.zeros(min(len(cells), _MOST_POINTS - self._pieces) + 1, np.int64)
        count = 0
        for part in mapped.slices(len(cells)):
            count = _pieces(cells, part.start, part.stop, count, sizes)
            mapped.release(cells)
        if count == len(sizes):
            self._gave_up = True
            return
        if odd:
            number = self._numbered(positions, cells)
            for _, rows in mapped.chunks(indices):
                _counted(np.ascontiguousarray(rows), cells, number, self._edges, self._sides, self._filled)
                mapped.release(cells)
                mapped.release(number)
            self._gave_up = 4 * self._filled[0] > 3 * len(self._edges)
        self._sizes.append(sizes[:count].copy())
        self._pieces += count

    def _numbered(self, positions: NDArray[Any], cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Numbers of the places of odd points (n,); of the others nothing is said."""
        if self._places is None:
            self._places = Points(self._store, self._odd, np.float64)
        room = 1 << max(10, (6 * self._odd).bit_length())
        if room > len(self._edges):
            edges, sides = self._edges, self._sides
            self._edges, self._sides = self._store.empty((room,), np.int64), self._store.empty((room, 2), np.uint8)
            self._edges[:], self._sides[:] = -1, 0
            _moved(edges, sides, self._edges, self._sides)
        number: NDArray[np.int32] = self._store.empty((len(cells),), np.int32)
        for start, piece in mapped.chunks(cells):
            which = np.flatnonzero(piece[:, _REST] & -2)
            places = self._places.add(np.ascontiguousarray(positions[start + which], np.float64)).astype(np.int32)
            number[start + which] = places
            owners = self._pieces - 1 - piece[which, _PARENT]
            self._joints.append(np.stack([places, owners], axis=1))
            mapped.release(positions)
            mapped.release(number)
        return number

    def report(self) -> list[str]:
        """What a report says of it."""
        if self._gave_up:
            return ["its triangles share too few points for open, forked and turned edges and pieces to be counted"]
        used = self._edges >= 0
        sides = self._sides[used].astype(np.int64)
        total = sides.sum(axis=1)
        rim = total == 1
        forked = int((total > 2).sum())
        turned = int(((total == 2) & (sides[:, 0] != sides[:, 1])).sum())
        out = []
        if forked:
            out.append(counted(forked, f"[edge belongs|edges belong] to more than two triangles; {_LEFT}"))
        if turned:
            out.append(counted(turned, f"[edge joins|edges join] triangles that face opposite ways; {_LEFT}"))
        if rim.any():
            keys = self._edges[used][rim]
            rims = _components(np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1))
            kinds = "[rim (a hole, or its border); it was|rims (holes, or its border); they were] left open"
            out.append(
                f"its surface is open along {counted(int(rim.sum()), '[edge|edges]')}, in {counted(rims, kinds)}"
            )
        sizes = self._whole_sizes()
        if len(sizes) > 1:
            bits = sizes * _SMALL < sizes.sum()
            line = f"it is in {len(sizes):,} pieces that do not touch"
            if bits.any():
                count, points = int(bits.sum()), int(sizes[bits].sum())
                line += f", {counted(count, 'of them [a bit|bits]')} of {counted(points, '[point|points]')}"
                line += worded(count, "[| in all]")
            out.append(f"{line}; all were kept")
        return out

    def _whole_sizes(self) -> NDArray[np.int64]:
        """Points of each piece, where pieces that have a place in common are one."""
        sizes = np.concatenate([np.zeros(0, np.int64), *self._sizes])
        if not self._joints:
            return sizes
        joints = np.concatenate(self._joints)
        parents = np.arange(len(sizes), dtype=np.int64)
        _united(joints[np.argsort(joints[:, 0], kind="stable")], parents)
        whole: NDArray[np.int64] = np.bincount(parents, sizes, minlength=len(sizes)).astype(np.int64)
        roots: NDArray[np.int64] = whole[parents == np.arange(len(parents))]
        return roots


@njit(cache=True, nogil=True)
def _pieces(cells: NDArray[np.int32], start: int, stop: int, count: int, sizes: NDArray[np.int64]) -> int:
    """Number the pieces of points in order (a piece p as -1 - p, in place of the parent); how many there are."""
    for point in range(start, stop):
        if cells[point, 0] & 1 == 0:
            continue
        parent = np.int64(cells[point, 1])
        if parent == point:
            if count == len(sizes):
                return count
            cells[point, 1] = -1 - count
            count += 1
        else:
            cells[point, 1] = cells[parent, 1]
        sizes[-1 - cells[point, 1]] += 1
    return count


@njit(cache=True, nogil=True)
def _slot(edges: NDArray[np.int64], key: int) -> int:
    mask = np.uint64(len(edges) - 1)
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64((mixed ^ (mixed >> np.uint64(29))) & mask)
    while edges[slot] not in (-1, key):
        slot = (slot + 1) & np.int64(mask)
    return slot  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _moved(
    edges: NDArray[np.int64], sides: NDArray[np.uint8], new: NDArray[np.int64], new_sides: NDArray[np.uint8]
) -> None:
    for old in range(len(edges)):
        if edges[old] >= 0:
            slot = _slot(new, edges[old])
            new[slot], new_sides[slot, 0], new_sides[slot, 1] = edges[old], sides[old, 0], sides[old, 1]


@njit(cache=True, nogil=True)
def _counted(  # noqa: PLR0917
    indices: NDArray[np.uint32],
    cells: NDArray[np.int32],
    number: NDArray[np.int32],
    edges: NDArray[np.int64],
    sides: NDArray[np.uint8],
    filled: NDArray[np.int64],
) -> None:
    for row in range(len(indices)):
        for side in range(3):
            a, b = indices[row, side], indices[row, (side + 1) % 3]
            if cells[a, 0] & -2 == 0 or cells[b, 0] & -2 == 0:
                continue
            u, v = np.int64(number[a]), np.int64(number[b])
            # Points that are all joined to all have more edges than there is room for.
            if u == v or 4 * filled[0] > 3 * len(edges):
                continue
            key = (min(u, v) << 32) | max(u, v)
            slot = _slot(edges, key)
            filled[0] += edges[slot] < 0
            edges[slot] = key
            way = 0 if u < v else 1
            sides[slot, way] = min(sides[slot, way] + 1, 200)


@njit(cache=True, nogil=True)
def _united(joints: NDArray[Any], parents: NDArray[np.int64]) -> None:
    """Make one set of the pieces that stand with the same place, in rows (place, piece) sorted by place."""
    for row in range(1, len(joints)):
        if joints[row, 0] == joints[row - 1, 0]:
            one, other = np.int64(joints[row, 1]), np.int64(joints[row - 1, 1])
            while parents[one] != one:
                parents[one] = parents[parents[one]]
                one = parents[one]
            while parents[other] != other:
                parents[other] = parents[parents[other]]
                other = parents[other]
            parents[max(one, other)] = min(one, other)
    for piece in range(len(parents)):
        parents[piece] = parents[parents[piece]]


def _components(edges: NDArray[np.int64]) -> int:
    """How many unconnected sets of edges (k, 2) there are."""
    points, numbers = np.unique(edges, return_inverse=True)
    parents = np.arange(len(points), dtype=np.int64)
    # An edge is the place here, and both its ends the pieces that have it.
    _united(np.stack([np.repeat(np.arange(len(edges)), 2), numbers.reshape(-1)], axis=1), parents)
    return int((parents == np.arange(len(parents))).sum())
