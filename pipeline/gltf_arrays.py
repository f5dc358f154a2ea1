"""The buffers, views and accessors of a glTF document as arrays. `scenes.gltf_check` has looked at them before.

Nothing is copied that need not be: buffers are the mapped file itself, and a plain accessor is a view of it with
strides. What has to be decoded (meshopt, sparse accessors) lies in the `Store`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import numpy as np

from pipeline import mapped
from scenes import gltf_check
from scenes.errors import Malformed
from tiling.errors import TilingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store

DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def stated_lengths(document: gltf_check.Document) -> list[int]:
    """What each buffer says it has. Raises Malformed."""
    buffers = document.get("buffers", ())
    if not isinstance(buffers, list | tuple):
        raise Malformed("glTF: buffers is no array")
    stated = [buffer.get("byteLength") if isinstance(buffer, dict) else None for buffer in buffers]
    if not all(isinstance(length, int) and length > 0 for length in stated):
        raise Malformed("glTF: a buffer without a length")
    return [int(length or 0) for length in stated]


def buffers_of(
    document: gltf_check.Document, binary: NDArray[np.uint8], neighbours: Neighbours
) -> list[NDArray[np.uint8]]:
    """The bytes of each buffer, cut to what it states; a fallback buffer has none."""
    out: list[NDArray[np.uint8]] = []
    for index, buffer in enumerate(document.get("buffers", ())):
        stated = int(buffer["byteLength"])
        if any(buffer.get("extensions", {}).get(name, {}).get("fallback") for name in gltf_check.MESHOPT):
            out.append(np.zeros(0, np.uint8))
            continue
        if "uri" in buffer:
            found = bytes_of(buffer["uri"], neighbours, f"buffer {index}")
            if found is None or not len(found):
                raise Malformed(
                    f"glTF: buffer {index} is the file {buffer['uri'][:200]!r}, which is not there; "
                    "deposit the files together, as a zip"
                )
            data = found
        elif index == 0:
            data = binary
        else:
            raise Malformed(f"glTF: buffer {index} is nowhere")
        if len(data) < stated:
            raise Malformed(f"glTF: buffer {index} states {stated:,} bytes and has {len(data):,}")
        out.append(data[:stated])
    return out


def bytes_of(uri: str, neighbours: Neighbours, what: str) -> NDArray[np.uint8] | None:
    """What a data URI holds or a relative one names; None if it is not there.

    Raises:
        Malformed: the data URI is broken.
        ForbiddenReference: it leads out of the deposit.
    """
    if gltf_check.local_path(uri):
        return neighbours.data(uri)
    head, comma, body = uri.partition(",")
    if not comma:
        raise Malformed(f"glTF: {what} is a broken data URI: it has no comma")
    try:
        data = base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError) as wrong:
        raise Malformed(f"glTF: {what} is a broken data URI: {wrong}") from wrong
    return np.frombuffer(data, np.uint8)


class Arrays:
    """Reads views and accessors by their numbers."""

    def __init__(self, document: gltf_check.Document, buffers: list[NDArray[np.uint8]], store: Store) -> None:
        self._gltf, self._buffers, self._store = document, buffers, store
        self._views: dict[int, NDArray[np.uint8]] = {}

    def view(self, index: int) -> NDArray[np.uint8]:
        """The bytes of a view, decoded."""
        if index not in self._views:
            view = self._gltf["bufferViews"][index]
            packed = next(
                (view["extensions"][name] for name in gltf_check.MESHOPT if name in view.get("extensions", {})), None
            )
            self._views[index] = self._plain(view) if packed is None else self._unpacked(packed)
        return self._views[index]

    def _plain(self, view: Any) -> NDArray[np.uint8]:
        start = view.get("byteOffset", 0)
        part: NDArray[np.uint8] = self._buffers[view["buffer"]][start : start + view["byteLength"]]
        return part

    def _unpacked(self, packed: Any) -> NDArray[np.uint8]:
        decoded: NDArray[np.uint8] = self.stored(_decoded(packed, self._plain(packed).tobytes()))
        return decoded

    def stored(self, array: NDArray[Any]) -> NDArray[Any]:
        """A copy in the store, where that is not memory anyway."""
        if self._store.folder is None:
            return array
        out = self._store.empty(array.shape, array.dtype)
        out[:] = array
        mapped.release(out)
        return out

    def accessor(self, index: int) -> NDArray[Any]:
        """Values (n, width) as they are stored, integers not yet normalised; read only."""
        accessor = self._gltf["accessors"][index]
        dtype, width = np.dtype(DTYPES[accessor["componentType"]]), _WIDTHS[accessor["type"]]
        count = accessor["count"]
        values = self._strided(accessor, count, dtype, width) if "bufferView" in accessor else None
        if values is not None and "sparse" not in accessor:
            return values
        out: NDArray[Any] = self._store.empty((count, width), dtype)
        for part in mapped.slices(count):
            out[part] = 0 if values is None else values[part]
            mapped.release(out[part])
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            kind = np.dtype(DTYPES[sparse["indices"]["componentType"]])
            places = self._strided(sparse["indices"], sparse["count"], kind, 1)
            if places.max() >= count:
                raise Malformed("glTF: a sparse accessor names an element that it does not have")
            out[places[:, 0]] = self._strided(sparse["values"], sparse["count"], dtype, width)
        return out

    def _strided(self, part: Any, count: int, dtype: np.dtype[Any], width: int) -> NDArray[Any]:
        view = self.view(part["bufferView"])
        element = dtype.itemsize * width
        stride = self._gltf["bufferViews"][part["bufferView"]].get("byteStride", element)
        start = part.get("byteOffset", 0)
        if start + stride * (count - 1) + element > len(view):
            raise Malformed("glTF: an accessor ends after its view")
        # Not as_strided: the array has to know the mapping below it, for `mapped.release`.
        return np.ndarray((count, width), dtype, view, start, (stride, dtype.itemsize))

    def is_normalized(self, index: int) -> bool:
        """Whether an accessor's integers stand for fractions."""
        return bool(self._gltf["accessors"][index].get("normalized"))


def _decoded(packed: Any, data: bytes) -> NDArray[np.uint8]:
    """The bytes (n,) of a view that is compressed by meshopt."""
    from tiling import meshopt

    count, stride, mode = packed["count"], packed["byteStride"], packed["mode"]
    try:
        if mode == "ATTRIBUTES":
            rows = meshopt.decode_vertices(data, count, stride)
            name = packed.get("filter", "NONE")
            return (rows if name == "NONE" else meshopt.decode_filter(rows, name)).reshape(-1)
        if mode in ("TRIANGLES", "INDICES") and stride in (2, 4):
            numbers = meshopt.decode_indices(data, count, sequence=mode == "INDICES")
            return numbers.astype(f"<u{stride}").view(np.uint8)
    except TilingError as wrong:
        raise Malformed(f"glTF: {wrong}") from wrong
    raise Malformed(f"glTF: compression mode {str(mode)[:40]!r} with elements of {stride} bytes")


def as_floats(values: NDArray[Any], *, normalized: bool) -> NDArray[Any]:
    """Numbers as they are meant: normalised integers as their fractions (glTF 2.0, 3.11), in double precision."""
    if values.dtype.kind == "f":
        return values
    if not normalized:
        return values.astype(np.float64)
    most = float(np.iinfo(values.dtype).max)
    return np.maximum(values / most, -1.0)
