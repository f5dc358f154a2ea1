"""Models whose corners carry more than their point: one vertex for each different corner, sorted into parts.

A part is what becomes a primitive of its own: the triangles of one object and one material. Readers say of each corner
its point and two numbers more of 32 bits, whatever these mean to them; afterwards they are asked what a vertex made of
those looks like. Everything lies in arrays of a `Store` and is gone through in pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.corners import Vertices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.mapped import Growing, Store

    Keys = Callable[[slice], NDArray[np.int32]]
    Pick = Callable[[NDArray[np.int32]], NDArray[Any]]


class Joined:
    """The vertices and triangles of `parts` parts.

    `corners` (m, 3) int32 are points; for a slice of triangles `keys` gives the two numbers of each corner (k, 3, 2),
    and `part_of` the parts (k,). Triangles that name points that are not there are left out, counted in `invalid`.
    """

    def __init__(
        self, store: Store, corners: NDArray[np.int32], *, points: int, parts: int, keys: Keys, part_of: Keys
    ) -> None:
        self._store = store
        vertices = Vertices(store, points, parts)
        rows, owners = store.growing(3, np.int32), store.growing(1, np.int32)
        self.triangles = np.zeros(parts, np.int64)
        """of each part"""
        for part in mapped.slices(len(corners)):
            found, owner = vertices.add(np.ascontiguousarray(corners[part]), keys(part), part_of(part))
            rows.append(found)
            owners.append(owner[:, None])
            self.triangles += np.bincount(owner, minlength=parts)
            mapped.release(corners[part])
        self.invalid = vertices.invalid
        self._records, self._count = vertices.records(), vertices.count
        self._vertices = vertices.of_part
        self._indices = _by_part(rows, owners, self.triangles, store)

    def column(self, width: int, dtype: Any, pick: Pick) -> NDArray[Any]:
        """An attribute of all vertices (n, width). `pick` makes it of records (k, 4): point, the two numbers, part."""
        out = self._store.empty((self._count, width), dtype)
        starts = np.cumsum(self._vertices) - self._vertices
        for _, piece in mapped.chunks(self._records):
            out[starts[piece[:, 3]] + piece[:, 4]] = pick(piece[:, :4])
            mapped.release(out)
        return out

    def of(self, part: int, column: NDArray[Any]) -> Any:
        """What of a column belongs to a part."""
        end = int(self._vertices[: part + 1].sum())
        return column[end - int(self._vertices[part]) : end]

    def indices(self, part: int) -> NDArray[np.uint32]:
        """The triangles of a part (k, 3)."""
        end = int(self.triangles[: part + 1].sum())
        return self._indices[end - int(self.triangles[part]) : end]


def _by_part(rows: Growing, owners: Growing, triangles: NDArray[np.int64], store: Store) -> NDArray[np.uint32]:
    """Triangles sorted by part, in their order within it."""
    whole, parts = rows.done(), owners.done()
    if len(triangles) == 1:
        only: NDArray[np.uint32] = whole.view(np.uint32)
        return only
    out: NDArray[np.uint32] = store.empty(whole.shape, np.uint32)
    following = np.cumsum(triangles) - triangles
    for start, piece in mapped.chunks(whole):
        owner = parts[start : start + len(piece), 0]
        order = np.argsort(owner, kind="stable")
        counts = np.bincount(owner, minlength=len(triangles))
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        out[following[owner[order]] + rank] = piece[order]
        following = following + counts
        mapped.release(out)
    return out
