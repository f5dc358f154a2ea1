"""meshoptimizer's simplifier and codec, called by ctypes in the shared library that the imagecodecs wheel carries.

Why there: docs/adr/0003. ctypes lets go of the interpreter lock during a call, so threads run side by side. Every
function takes and gives numpy arrays, checks shapes and types, and keeps no state; the same input gives the same bytes.

The vertex codec is written in its version 0, because EXT_meshopt_compression knows no other (its appendix A; version 1
belongs to KHR_meshopt_compression), and the index codec in version 1, which the same appendix B describes.
"""

from __future__ import annotations

import ctypes
import functools
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling.errors import MeshoptMissing, TilingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VERTEX_VERSION = 0
_VERTEX_LEVEL = 2  # meshoptimizer's own default: levels above cost time and save nothing in version 0
_size, _int, _float = ctypes.c_size_t, ctypes.c_int, ctypes.c_float
_pointer = ctypes.c_void_p

# name: (result, arguments), from meshoptimizer.h 1.x
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "meshopt_generateVertexRemap": (_size, (_pointer, _pointer, _size, _pointer, _size, _size)),
    "meshopt_optimizeVertexCacheStrip": (None, (_pointer, _pointer, _size, _size)),
    "meshopt_optimizeVertexFetchRemap": (_size, (_pointer, _pointer, _size, _size)),
    "meshopt_spatialSortTriangles": (None, (_pointer, _pointer, _size, _pointer, _size, _size)),
    "meshopt_encodeVertexBufferBound": (_size, (_size, _size)),
    "meshopt_encodeVertexBufferLevel": (_size, (_pointer, _size, _pointer, _size, _size, _int, _int)),
    "meshopt_decodeVertexBuffer": (_int, (_pointer, _size, _size, _pointer, _size)),
    "meshopt_encodeIndexBufferBound": (_size, (_size, _size)),
    "meshopt_encodeIndexBuffer": (_size, (_pointer, _size, _pointer, _size)),
    "meshopt_decodeIndexBuffer": (_int, (_pointer, _size, _size, _pointer, _size)),
    "meshopt_decodeIndexSequence": (_int, (_pointer, _size, _size, _pointer, _size)),
    "meshopt_encodeFilterOct": (None, (_pointer, _size, _size, _int, _pointer)),
    "meshopt_decodeFilterOct": (None, (_pointer, _size, _size)),
    "meshopt_decodeFilterQuat": (None, (_pointer, _size, _size)),
    "meshopt_decodeFilterExp": (None, (_pointer, _size, _size)),
    "meshopt_decodeFilterColor": (None, (_pointer, _size, _size)),
    "meshopt_simplifyWithUpdate": (
        _size,
        # indices, count, positions, vertices, stride, attributes, stride, weights, attribute count, lock,
        # target count, target error, options, result error
        (
            *(_pointer, _size, _pointer, _size, _size, _pointer, _size, _pointer, _size, _pointer, _size, _float),
            *(ctypes.c_uint, ctypes.POINTER(_float)),
        ),
    ),
    "meshopt_simplifySloppy": (
        _size,
        # destination, indices, count, positions, vertices, stride, lock, target count, target error, result error
        (_pointer, _pointer, _size, _pointer, _size, _size, _pointer, _size, _float, ctypes.POINTER(_float)),
    ),
}


class Simplify(IntFlag):
    """Options of the simplifier."""

    NONE = 0
    LOCK_BORDER = 1
    SPARSE = 2
    ERROR_ABSOLUTE = 4
    PRUNE = 8
    REGULARIZE = 16
    PERMISSIVE = 32


@functools.cache
def _library() -> ctypes.CDLL:
    """The shared library, found through the wheel's own list of files."""
    from importlib import metadata  # slow to load, and a file that is refused by its header needs no coder

    try:
        files = metadata.files("imagecodecs") or []
    except metadata.PackageNotFoundError as missing:
        raise MeshoptMissing("imagecodecs is not installed; meshoptimizer comes with it") from missing
    paths = [str(file.locate()) for file in files if "libmeshoptimizer" in file.name or "meshoptimizer-" in file.name]
    if not paths:
        raise MeshoptMissing("imagecodecs carries no libmeshoptimizer here; install it from a binary wheel")
    library = ctypes.CDLL(paths[0])
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def remap(vertices: NDArray[Any]) -> tuple[NDArray[np.uint32], int]:
    """For each row of a contiguous array the number of its value, in order of first appearance; how many values.

    Rows are compared as bytes, so -0.0 and 0.0 differ.
    """
    vertices = np.ascontiguousarray(vertices)
    count = len(vertices)
    table = np.zeros(count, np.uint32)
    if not count:
        return table, 0
    size = vertices.strides[0]
    if size > 256:
        raise TilingError(f"rows of {size} bytes are too long for meshoptimizer; at most 256")
    unique = _library().meshopt_generateVertexRemap(table.ctypes.data, None, count, vertices.ctypes.data, count, size)
    return table, int(unique)


def strip_order(indices: NDArray[np.uint32], vertex_count: int) -> NDArray[np.uint32]:
    """The same triangles in the order that codes best; (m, 3)."""
    indices = np.ascontiguousarray(indices, np.uint32)
    out = np.empty_like(indices)
    _library().meshopt_optimizeVertexCacheStrip(out.ctypes.data, indices.ctypes.data, indices.size, vertex_count)
    return out


def spatial_order(indices: NDArray[np.uint32], positions: NDArray[np.float32]) -> NDArray[np.uint32]:
    """The same triangles along a curve through space, so that what is near is near in memory, too; (m, 3)."""
    indices = np.ascontiguousarray(indices, np.uint32)
    positions = np.ascontiguousarray(positions, np.float32)
    out = np.empty_like(indices)
    if len(indices):
        _library().meshopt_spatialSortTriangles(
            out.ctypes.data, indices.ctypes.data, indices.size, positions.ctypes.data, len(positions), 12
        )
    return out


def fetch_order(indices: NDArray[np.uint32], vertex_count: int) -> NDArray[np.int64]:
    """Old vertex numbers in order of first use by the triangles; unused vertices are left out."""
    indices = np.ascontiguousarray(indices, np.uint32)
    table = np.empty(vertex_count, np.uint32)
    used = _library().meshopt_optimizeVertexFetchRemap(
        table.ctypes.data, indices.ctypes.data, indices.size, vertex_count
    )
    order = np.empty(int(used), np.int64)
    kept = np.flatnonzero(table != 0xFFFFFFFF)
    order[table[kept]] = kept
    return order


def encode_vertices(vertices: NDArray[Any]) -> bytes:
    """A vertex stream, coded: mode ATTRIBUTES. Rows are multiples of 4 bytes, at most 256."""
    vertices = np.ascontiguousarray(vertices)
    count, size = len(vertices), vertices.strides[0] if len(vertices) else 4
    if size % 4 or size > 256:
        raise TilingError(f"rows of {size} bytes cannot be coded")
    library = _library()
    room = int(library.meshopt_encodeVertexBufferBound(count, size))
    out = np.empty(room, np.uint8)
    length = library.meshopt_encodeVertexBufferLevel(
        out.ctypes.data, room, vertices.ctypes.data, count, size, _VERTEX_LEVEL, _VERTEX_VERSION
    )
    assert length, "the bound is large enough by the library's own account"
    return out[:length].tobytes()


def decode_vertices(data: bytes, count: int, size: int) -> NDArray[np.uint8]:
    """A coded vertex stream as (count, size) bytes.

    Raises:
        TilingError: the bytes are no such stream.
    """
    out = np.empty((count, size), np.uint8)
    failed = _library().meshopt_decodeVertexBuffer(out.ctypes.data, count, size, data, len(data))
    if failed:
        raise TilingError("a vertex stream of EXT_meshopt_compression cannot be decoded")
    return out


def encode_indices(indices: NDArray[np.uint32], vertex_count: int) -> bytes:
    """A triangle list, coded: mode TRIANGLES. Each triangle may be turned; its winding stays."""
    indices = np.ascontiguousarray(indices, np.uint32)
    library = _library()
    room = int(library.meshopt_encodeIndexBufferBound(indices.size, vertex_count))
    out = np.empty(room, np.uint8)
    length = library.meshopt_encodeIndexBuffer(out.ctypes.data, room, indices.ctypes.data, indices.size)
    assert length, "the bound is large enough by the library's own account"
    return out[:length].tobytes()


def decode_indices(data: bytes, count: int, *, sequence: bool = False) -> NDArray[np.uint32]:
    """A coded triangle list (or, with `sequence`, any list of indices) of `count` numbers; they may be out of range.

    Raises:
        TilingError: the bytes are no such list.
    """
    out = np.empty(count, np.uint32)
    library = _library()
    decode = library.meshopt_decodeIndexSequence if sequence else library.meshopt_decodeIndexBuffer
    if decode(out.ctypes.data, count, 4, data, len(data)):
        raise TilingError("an index list of EXT_meshopt_compression cannot be decoded")
    return out


def encode_oct8(normals: NDArray[np.float32], *, bits: int = 8) -> NDArray[np.int8]:
    """Unit vectors (n, 3) as the octahedral filter's input for the codec, (n, 4) int8, of which `bits` are used."""
    rows = np.zeros((len(normals), 4), np.float32)
    rows[:, :3] = normals
    out = np.empty((len(normals), 4), np.int8)
    _library().meshopt_encodeFilterOct(out.ctypes.data, len(rows), 4, bits, rows.ctypes.data)
    return out


def decode_filter(data: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Undo a filter of EXT_meshopt_compression on decoded rows (count, size), as bytes again.

    Raises:
        TilingError: there is no such filter, or it does not go with rows of this size.
    """
    sizes = {"OCTAHEDRAL": (4, 8), "QUATERNION": (8,), "EXPONENTIAL": tuple(range(4, 257, 4)), "COLOR": (4, 8)}
    functions = {"OCTAHEDRAL": "Oct", "QUATERNION": "Quat", "EXPONENTIAL": "Exp", "COLOR": "Color"}
    if name not in sizes or data.shape[1] not in sizes[name]:
        raise TilingError(f"filter {name} of EXT_meshopt_compression on rows of {data.shape[1]} bytes")
    out = np.ascontiguousarray(data).copy()
    decode = getattr(_library(), f"meshopt_decodeFilter{functions[name]}")
    decode(out.ctypes.data, len(out), out.shape[1])
    return out


def simplify(
    indices: NDArray[np.uint32],
    positions: NDArray[np.float32],
    attributes: NDArray[np.float32],
    weights: NDArray[np.float32],
    locked: NDArray[np.bool_] | NDArray[np.uint8],
    *,
    target_triangles: int,
    most_error: float = np.inf,
    options: Simplify = Simplify.NONE,
) -> tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.float32], float]:
    """Collapse edges down to about `target_triangles`: triangles (k, 3), positions and attributes, moved, and error.

    Vertices move to the optimum of their quadrics, with their attributes; locked ones (1) neither move nor go,
    protected ones (2) keep their seam even where the options allow to give seams up. Vertices at the same position with
    unlike attributes are a seam and stay together. The number reached is larger than the target where topology forbids
    more, or where the next collapse would cost more than `most_error`. Inputs are not changed. The error, given and
    taken as a share of the mesh's size, is no bound on the distance (measured 1.3 to 4.5 times too small): compare it
    with another of the same mesh only, and see `tiling.error`.

    Garland and Heckbert 1998, Hoppe 1999 (quadrics with attributes); `meshopt_simplifyWithUpdate`.
    """
    out = np.ascontiguousarray(indices, np.uint32).copy()
    moved = np.array(positions, np.float32, order="C", copy=True)
    carried = np.array(attributes, np.float32, order="C", copy=True)
    lock = np.ascontiguousarray(locked, np.uint8)
    weights = np.ascontiguousarray(weights, np.float32)
    width = carried.shape[1]
    error = _float()
    count = _library().meshopt_simplifyWithUpdate(
        out.ctypes.data,
        out.size,
        moved.ctypes.data,
        len(moved),
        12,
        carried.ctypes.data if width else None,
        4 * width,
        weights.ctypes.data if width else None,
        width,
        lock.ctypes.data,
        3 * target_triangles,
        min(most_error, float(np.finfo(np.float32).max)),
        int(options),
        ctypes.byref(error),
    )
    return out.reshape(-1, 3)[: int(count) // 3].copy(), moved, carried, float(error.value)


def simplify_sloppy(
    indices: NDArray[np.uint32],
    positions: NDArray[np.float32],
    locked: NDArray[np.bool_],
    *,
    target_triangles: int,
) -> NDArray[np.uint32]:
    """Merge vertices by grid cells, without regard for topology, down to at most about `target_triangles`; (k, 3)."""
    indices = np.ascontiguousarray(indices, np.uint32)
    positions = np.ascontiguousarray(positions, np.float32)
    lock = np.ascontiguousarray(locked, np.uint8)
    out = np.empty_like(indices)
    error = _float()
    count = _library().meshopt_simplifySloppy(
        out.ctypes.data,
        indices.ctypes.data,
        indices.size,
        positions.ctypes.data,
        len(positions),
        12,
        lock.ctypes.data,
        3 * target_triangles,
        np.finfo(np.float32).max,
        ctypes.byref(error),
    )
    return out[: int(count) // 3].copy()
