"""The content of a tile, read back: a GLB with quantised streams, coded by meshopt or Draco, as arrays.

For checking tiles and for joining them, not for uploads: `scenes.gltf_check` is the door for files of strangers. Still
nothing is allocated by a number that a file states before it is held against a limit.

Sources: glTF 2.0; EXT_meshopt_compression; KHR_mesh_quantization; KHR_draco_mesh_compression; EXT_mesh_features;
EXT_structural_metadata. `scenes.gltf_build` says what stands in `extras.chronotope`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling import draco, meshopt
from tiling.errors import BadContent, TilingError

Matrix = NDArray[np.float64]

EXTENSIONS = frozenset(
    {
        "EXT_meshopt_compression",
        "KHR_draco_mesh_compression",
        "KHR_mesh_quantization",
        "EXT_texture_webp",
        "KHR_texture_transform",
        "KHR_materials_unlit",
    }
)
"""extensions that content may require"""

_CODED = "EXT_meshopt_compression"
_DRACO = "KHR_draco_mesh_compression"
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942
_MOST_BYTES = 1 << 30
_MOST_TRIANGLES = 1 << 25
_MOST_DEPTH = 64
_POINTS, _TRIANGLES = 0, 4
"""modes of primitives"""
_MOST_METRES = 1e15

_TYPES: dict[int, np.dtype[Any]] = {
    5120: np.dtype("i1"),
    5121: np.dtype("u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_WRONG = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
"""what reading a document of a wrong shape raises"""


@dataclass(frozen=True, slots=True)
class Content:
    """A glTF document and its binary chunk. What Draco coded is decoded: its accessors have views like all others."""

    document: dict[str, Any]
    binary: memoryview


@dataclass(frozen=True, slots=True)
class Placed:
    """A primitive where its node puts it: positions (n, 3) float64, y up, metres; triangles (m, 3)."""

    where: str
    positions: NDArray[np.float64]
    triangles: NDArray[np.int64]
    accessor: int
    """number of the POSITION accessor"""
    ranges: tuple[tuple[int, int], ...] = ()
    """first triangle and number of triangles of each group; together all of them"""
    features: NDArray[np.int64] | None = None
    """(n,) places in the table of features"""
    is_points: bool = False
    """whether it is a cloud, without triangles"""


def read(data: bytes) -> Content:
    """The document and the binary chunk of a GLB.

    Raises:
        BadContent: the container or its JSON is broken.
    """
    if len(data) < 20 or data[:4] != b"glTF":
        raise BadContent("not a GLB: it is too short or does not begin with 'glTF'")
    _, version, length, size, kind = struct.unpack_from("<4sIIII", data)
    if version != 2 or length != len(data):
        raise BadContent(f"GLB of version {version}, {length} bytes stated, {len(data)} bytes there")
    if kind != _JSON_CHUNK or size > length - 20 or size % 4:
        raise BadContent("GLB: the first chunk is no whole JSON chunk")
    try:
        document = json.loads(data[20 : 20 + size])
    except (ValueError, RecursionError) as wrong:
        raise BadContent(f"GLB: the JSON chunk is no JSON: {wrong}") from wrong
    if not isinstance(document, dict):
        raise BadContent("GLB: the JSON chunk is no object")
    content = Content(document, _binary_chunk(data, 20 + size))
    try:
        return _without_draco(content) if _DRACO in document.get("extensionsUsed", ()) else content
    except _WRONG as wrong:
        raise BadContent(f"{_DRACO}: {type(wrong).__name__} {wrong}") from wrong


def _binary_chunk(data: bytes, at: int) -> memoryview:
    if at == len(data):
        return memoryview(b"")
    if at + 8 > len(data):
        raise BadContent("GLB: stray bytes after the JSON chunk")
    size, kind = struct.unpack_from("<II", data, at)
    if at + 8 + size > len(data) or size % 4:
        raise BadContent("GLB: the second chunk is cut short or not a multiple of four bytes")
    return memoryview(data)[at + 8 : at + 8 + size] if kind == _BIN_CHUNK else memoryview(b"")


def _without_draco(content: Content) -> Content:  # noqa: C901 - one walk over primitives
    """The same content with what Draco streams hold as plain views after the binary chunk."""
    document = content.document
    parts = [bytes(content.binary)]
    length = len(content.binary)
    triangles = 0

    def appended(values: NDArray[Any], number: int, name: str = "") -> int:
        nonlocal length
        fields = document["accessors"][number]
        kind, width = _TYPES[fields["componentType"]], _WIDTHS[fields["type"]]
        stored = np.ascontiguousarray(values.astype(kind))
        if values.shape != (fields["count"], width) or (kind.kind != "f" and not np.array_equal(stored, values)):
            raise BadContent(f"accessor {number} is not what its Draco stream holds: {values.shape} {values.dtype}")
        rows = stored.view(np.uint8).reshape(len(values), -1)
        if name:  # rows of an attribute begin at multiples of four bytes (glTF 2.0, 3.6.2.4)
            rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
        stride = {"byteStride": rows.shape[1]} if name else {}
        data = rows.tobytes()
        document["bufferViews"].append({"buffer": 0, "byteOffset": length, "byteLength": len(data), **stride})
        parts.append(data + bytes(-len(data) % 4))
        length += len(parts[-1])
        document["accessors"].append({**fields, "bufferView": len(document["bufferViews"]) - 1})
        return len(document["accessors"]) - 1

    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            packed = primitive.get("extensions", {}).pop(_DRACO, None)
            if packed is None:
                continue
            expected = int(document["accessors"][primitive["indices"]]["count"]) // 3
            triangles += expected
            if triangles > _MOST_TRIANGLES:
                raise BadContent(f"Draco streams of {triangles:,} triangles; at most {_MOST_TRIANGLES:,} are read")
            try:
                found = draco.decode(view_bytes(content, packed["bufferView"]), most_triangles=expected)
            except TilingError as wrong:
                raise BadContent(str(wrong)) from wrong
            for name, number in packed["attributes"].items():
                values = found.attributes[number]
                primitive["attributes"][name] = appended(values, primitive["attributes"][name], name)
            primitive["indices"] = appended(found.triangles.reshape(-1, 1), primitive["indices"])
    for names in ("extensionsUsed", "extensionsRequired"):
        document[names] = [name for name in document.get(names, []) if name != _DRACO]
    return Content(document, memoryview(b"".join(parts)))


def view_bytes(content: Content, view: int) -> bytes:
    """The bytes of a buffer view, decoded where it is coded.

    Raises:
        BadContent: it does not lie in the binary chunk, or cannot be decoded.
    """
    try:
        fields = content.document["bufferViews"][view]
        coded = fields.get("extensions", {}).get(_CODED)
        return _slice(content, fields) if coded is None else _decoded(content, fields, coded)
    except _WRONG as wrong:
        raise BadContent(f"buffer view {view}: {type(wrong).__name__} {wrong}") from wrong
    except TilingError as wrong:
        raise BadContent(f"buffer view {view}: {wrong}") from wrong


def _slice(content: Content, fields: dict[str, Any]) -> bytes:
    offset, length = int(fields.get("byteOffset", 0)), int(fields["byteLength"])
    if fields["buffer"] != 0 or "uri" in content.document["buffers"][0]:
        raise BadContent("its bytes are not in the GLB's binary chunk")
    if offset < 0 or length < 1 or offset + length > len(content.binary):
        raise BadContent(f"bytes {offset} to {offset + length} of a binary chunk of {len(content.binary)}")
    return bytes(content.binary[offset : offset + length])


def _decoded(content: Content, fields: dict[str, Any], coded: dict[str, Any]) -> bytes:
    count, stride, mode = int(coded["count"]), int(coded["byteStride"]), coded["mode"]
    name = coded.get("filter", "NONE")
    if not 0 < count * stride <= _MOST_BYTES or int(fields["byteLength"]) != count * stride:
        raise BadContent(f"{count} rows of {stride} bytes are not the {fields['byteLength']} bytes of the view")
    payload = _slice(content, coded)
    if mode == "ATTRIBUTES":
        if stride % 4 or not 4 <= stride <= 256:
            raise BadContent(f"rows of {stride} bytes")
        rows = meshopt.decode_vertices(payload, count, stride)
        return (rows if name == "NONE" else meshopt.decode_filter(rows, name)).tobytes()
    if mode not in ("TRIANGLES", "INDICES") or stride not in (2, 4) or name != "NONE":
        raise BadContent(f"mode {mode!r} with rows of {stride} bytes and filter {name!r}")
    if mode == "TRIANGLES" and count % 3:
        raise BadContent(f"{count} indices are no whole triangles")
    indices = meshopt.decode_indices(payload, count, sequence=mode == "INDICES")
    if stride == 2 and indices.max() > 0xFFFF:
        raise BadContent("an index does not fit two bytes")
    return indices.astype("<u2" if stride == 2 else "<u4").tobytes()


def accessor(content: Content, number: int) -> NDArray[Any]:
    """An accessor's values as they are stored: (count, width).

    Raises:
        BadContent: it is sparse, of an unknown type, or reaches beyond its view.
    """
    try:
        fields = content.document["accessors"][number]
        kind, width, count = _TYPES[fields["componentType"]], _WIDTHS[fields["type"]], int(fields["count"])
        view = content.document["bufferViews"][fields["bufferView"]]
        offset, row = int(fields.get("byteOffset", 0)), kind.itemsize * width
        stride = int(view.get("byteStride", row))
        sparse = "sparse" in fields
        data = view_bytes(content, fields["bufferView"])
    except _WRONG as wrong:
        raise BadContent(f"accessor {number}: {type(wrong).__name__} {wrong}") from wrong
    if sparse or count < 1 or offset < 0 or stride < row or offset + (count - 1) * stride + row > len(data):
        raise BadContent(f"accessor {number}: {count} values of {row} bytes do not fit {len(data)} bytes of its view")
    if (offset | stride) % kind.itemsize:
        raise BadContent(f"accessor {number}: values are not aligned")
    strided = np.ndarray((count, width), kind, data, offset, (stride, kind.itemsize))
    return np.ascontiguousarray(strided)


def positions_of(content: Content, number: int) -> NDArray[np.float64]:
    """A POSITION accessor's values (n, 3) in the mesh's frame; normalised ones made 0..1 or -1..1."""
    values = accessor(content, number)
    if values.shape[1] != 3:
        raise BadContent(f"accessor {number}: positions are not VEC3")
    found = values.astype(np.float64)
    if content.document["accessors"][number].get("normalized"):
        found = np.maximum(found / np.iinfo(values.dtype).max, -1.0)
    return found


def placed(content: Content) -> Iterator[Placed]:
    """Every primitive of triangles or points at every node of the scene.

    Raises:
        BadContent: nodes form a circle, a primitive is of another mode, an index is out of range.
    """
    for node, matrix in nodes_of(content.document):
        mesh = content.document["nodes"][node].get("mesh")
        if mesh is None:
            continue
        try:
            primitives = content.document["meshes"][mesh]["primitives"]
            described = [
                (p["attributes"]["POSITION"], p.get("indices"), p.get("mode", 4), p["attributes"].get("_FEATURE_ID_0"))
                for p in primitives
            ]
            ranges = [p.get("extras", {}).get("chronotope", {}).get("ranges", []) for p in primitives]
        except _WRONG as wrong:
            raise BadContent(f"mesh {mesh}: {type(wrong).__name__} {wrong}") from wrong
        for at, (position, indices, mode, features) in enumerate(described):
            where = f"nodes[{node}].meshes[{mesh}].primitives[{at}]"
            if mode not in (_POINTS, _TRIANGLES):
                raise BadContent(f"{where}: mode {mode} is neither points nor a list of triangles")
            points = positions_of(content, position) @ matrix[:3, :3].T + matrix[:3, 3]
            if mode == _POINTS:
                if indices is not None:
                    raise BadContent(f"{where}: points with indices are not read")
                yield Placed(where, points, np.empty((0, 3), np.int64), position, is_points=True)
                continue
            triangles = _triangles(content, indices, len(points), where)
            yield Placed(
                where,
                points,
                triangles,
                position,
                _ranges(ranges[at], len(triangles), where),
                None if features is None else _places(content, features, len(points), where),
            )


def _ranges(runs: Any, triangles: int, where: str) -> tuple[tuple[int, int], ...]:
    """Groups that follow each other without a gap, from the first triangle to the last."""
    found: list[tuple[int, int]] = []
    try:
        for first, count in runs:
            if first % 3 or count % 3 or count < 0 or first // 3 != sum(found[-1] if found else (0,)):
                raise BadContent(f"{where}: the range [{first}, {count}] does not begin where the one before it ends")
            found.append((first // 3, count // 3))
    except _WRONG as wrong:
        raise BadContent(f"{where}: ranges: {type(wrong).__name__} {wrong}") from wrong
    if found and sum(found[-1]) != triangles:
        raise BadContent(f"{where}: the ranges end at triangle {sum(found[-1])} of {triangles}")
    return tuple(found)


def _places(content: Content, number: int, vertices: int, where: str) -> NDArray[np.int64]:
    values = accessor(content, number)
    if values.shape != (vertices, 1) or (values != np.rint(values)).any():
        raise BadContent(f"{where}: _FEATURE_ID_0 is no whole number for each of {vertices} vertices")
    return values.reshape(-1).astype(np.int64)


def features_of(content: Content) -> tuple[tuple[int, str], ...]:
    """Numbers and names of the features in the tile's table, in its order; a name is empty where there is none.

    Raises:
        BadContent: the table cannot be read.
    """
    table = content.document.get("extensions", {}).get("EXT_structural_metadata")
    if table is None:
        return ()
    try:
        (described,) = table["propertyTables"]
        count, columns = int(described["count"]), described["properties"]
        numbers = np.frombuffer(view_bytes(content, columns["number"]["values"]), "<u4", count).tolist()
        if "name" not in columns:
            return tuple((number, "") for number in numbers)
        ends = np.frombuffer(view_bytes(content, columns["name"]["stringOffsets"]), "<u4", count + 1).tolist()
        texts = view_bytes(content, columns["name"]["values"])
        if sorted(ends) != ends or ends[-1] > len(texts):
            raise BadContent("the offsets of names do not ascend within their bytes")
        return tuple((number, texts[a:b].decode()) for number, (a, b) in zip(numbers, pairwise(ends), strict=True))
    except _WRONG as wrong:
        raise BadContent(f"EXT_structural_metadata: {type(wrong).__name__} {wrong}") from wrong


def _triangles(content: Content, indices: int | None, vertices: int, where: str) -> NDArray[np.int64]:
    numbers = np.arange(vertices) if indices is None else accessor(content, indices).reshape(-1).astype(np.int64)
    if len(numbers) % 3:
        raise BadContent(f"{where}: {len(numbers)} indices are no whole triangles")
    if numbers.max(initial=0) >= vertices:
        raise BadContent(f"{where}: index {int(numbers.max())}, but there are {vertices} vertices")
    return numbers.reshape(-1, 3)


def nodes_of(document: dict[str, Any]) -> list[tuple[int, Matrix]]:
    """The nodes of the default scene and the matrix that each puts its mesh by, parents first.

    Raises:
        BadContent: nodes form a circle or are nested too deep.
    """
    try:
        nodes = document.get("nodes", [])
        roots = document["scenes"][document.get("scene", 0)].get("nodes", [])
        found: list[tuple[int, Matrix]] = []
        waiting = [(root, np.eye(4), 0) for root in reversed(roots)]
        while waiting:
            at, above, depth = waiting.pop()
            if depth > _MOST_DEPTH or len(found) > len(nodes):
                raise BadContent("nodes form a circle, or are nested too deep")
            matrix = above @ node_matrix(nodes[at])
            if not (np.abs(matrix) < _MOST_METRES).all():  # not a number, too
                raise BadContent(f"nodes[{at}]: its matrix is not finite, or beyond all bounds")
            found.append((at, matrix))
            waiting += [(child, matrix, depth + 1) for child in reversed(nodes[at].get("children", []))]
    except _WRONG as wrong:
        raise BadContent(f"nodes: {type(wrong).__name__} {wrong}") from wrong
    return found


def node_matrix(node: dict[str, Any]) -> Matrix:
    """A node's own matrix, from `matrix` or from translation, rotation and scale."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64)
    return matrix
