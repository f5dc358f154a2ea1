"""Refuses hostile or broken glTF before anything is allocated or decoded by what it states.

Only the JSON document and the lengths of its buffers are looked at. What passes: accessors lie within their views and
views within their buffers; the node graph is a forest of bounded depth; what the whole scene decodes to is within
`DECODED_BYTES`; no reference leaves the file's own folder; every required extension is one that is read here.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

from scenes.errors import ForbiddenReference, Malformed, TooLarge, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

DECODED_BYTES = 2 << 30
MOST_ZEROS = 256 << 20
"""bytes that accessors without a view stand for: a file of a few bytes may state as many as it likes"""
MOST_JSON = 256 << 20
MOST_DEPTH = 64
MOST_NODE_DEPTH = 512
MOST_NODES = 250_000
MOST_INSTANCES = 1_000_000

READ = frozenset({
    "EXT_mesh_gpu_instancing",
    "EXT_meshopt_compression",
    "EXT_texture_webp",
    "KHR_draco_mesh_compression",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_meshopt_compression",
    "KHR_texture_transform",
})  # fmt: skip
_LOOKS = "KHR_materials_"  # extensions of how a surface looks: without them it still has its shape
_SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")

Document = dict[str, Any]


def document(data: bytes) -> Document:
    """The JSON of a glTF file.

    Raises:
        Malformed: no JSON object, a repeated key, NaN, nesting beyond `MOST_DEPTH`.
        TooLarge: longer than `MOST_JSON`.
    """
    if len(data) > MOST_JSON:
        raise TooLarge(f"glTF: the JSON has {len(data):,} bytes; at most {MOST_JSON:,} are read")
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Malformed(f"glTF: the JSON cannot be read: {str(wrong)[:200]}") from wrong
    if not isinstance(value, dict):
        raise Malformed("glTF: the JSON is no object")
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return value
    raise Malformed(f"glTF: the JSON is nested deeper than {MOST_DEPTH}")


def _children(item: Any) -> list[Any]:
    inside = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [child for child in inside if isinstance(child, dict | list)]


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return out


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def local_path(uri: str) -> str:
    """The relative path that a reference names, percent signs decoded, or "" for a data URI.

    Raises:
        ForbiddenReference: it names a scheme, a host, an absolute path or a way up.
    """
    if uri[:5].lower() == "data:":
        return ""
    path = unquote(uri).replace("\\", "/")
    if "\0" in path or path.startswith("/") or ":" in path.split("/", 1)[0] or ".." in path.split("/"):
        raise ForbiddenReference(f"the file refers to {uri[:200]!r}, which is outside its own folder")
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def check(gltf: Document, buffer_lengths: Sequence[int], most_bytes: int = DECODED_BYTES) -> None:
    """Refuse what must not be read. `buffer_lengths` are those of the bytes that are there, 0 for a fallback buffer.

    `most_bytes` is what all views, and what the whole scene, may decode to.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: see the table in docs/errors.md.
    """
    try:
        _check_header(gltf)
        _check_references(gltf)
        _check_views(gltf, buffer_lengths, most_bytes)
        _check_accessors(gltf, most_bytes)
        instances = _check_nodes(gltf)
        _check_meshes(gltf, instances, most_bytes)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as wrong:
        raise Malformed(
            f"glTF: a property is missing or of the wrong kind ({type(wrong).__name__}: {wrong})"
        ) from wrong


def _check_header(gltf: Document) -> None:
    version = gltf["asset"]["version"]
    if not isinstance(version, str) or version.split(".")[0] != "2":
        raise Unsupported(f"glTF: version {str(version)[:20]!r}; only 2 is read")
    for name in gltf.get("extensionsRequired", ()):
        if name not in READ and not str(name).startswith(_LOOKS):
            raise Unsupported(f"glTF: requires the extension {str(name)[:80]!r}, which is not read here")


def _check_references(gltf: Document) -> None:
    for item in [*gltf.get("buffers", ()), *gltf.get("images", ())]:
        if "uri" in item:
            local_path(item["uri"])


def _whole(value: Any, what: str, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1 << 53:
        raise Malformed(f"glTF: {what} is {str(value)[:40]!r}")
    return value


def _indexed(items: Sequence[Any], value: Any, what: str) -> Any:
    if _whole(value, what) >= len(items):
        raise Malformed(f"glTF: {what} {value} is not there; there are {len(items)}")
    return items[value]


def _check_views(gltf: Document, lengths: Sequence[int], most_bytes: int) -> None:
    decoded = 0
    for view in gltf.get("bufferViews", ()):
        packed = next((view["extensions"][name] for name in MESHOPT if name in view.get("extensions", {})), None)
        if packed is not None:
            count, stride = _whole(packed["count"], "count"), _whole(packed["byteStride"], "byteStride", 1)
            if count * stride != _whole(view["byteLength"], "byteLength", 1) or stride > 256:
                raise Malformed("glTF: a compressed view does not decode to its stated length")
            decoded += count * stride
            if decoded > most_bytes:
                raise TooLarge(f"glTF: the compressed views decode to more than {most_bytes:,} bytes")
        part = view if packed is None else packed
        room = _indexed(lengths, part["buffer"], "buffer")
        if _whole(part.get("byteOffset", 0), "byteOffset") + _whole(part["byteLength"], "byteLength", 1) > room:
            raise Malformed(f"glTF: a buffer view ends after its buffer, which has {room} bytes")
        if "byteStride" in view:
            _whole(view["byteStride"], "byteStride", 1)


def _check_accessors(gltf: Document, most_bytes: int) -> None:
    zeros = 0
    for accessor in gltf.get("accessors", ()):
        count = _whole(accessor["count"], "count", 1)
        if accessor["componentType"] not in _SIZES or accessor["type"] not in _WIDTHS:
            raise Malformed("glTF: an accessor of unknown type")
        element = _SIZES[accessor["componentType"]] * _WIDTHS[accessor["type"]]
        if count * element > most_bytes:
            raise TooLarge(f"glTF: an accessor of {count:,} elements")
        if "bufferView" in accessor:
            _check_fits(gltf, accessor, count, element)
        else:
            zeros += count * element
            if zeros > MOST_ZEROS:
                raise TooLarge(f"glTF: accessors without a view stand for more than {MOST_ZEROS:,} bytes of zeros")
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            some = _whole(sparse["count"], "count", 1)
            if some > count:
                raise Malformed("glTF: a sparse accessor replaces more elements than it has")
            _check_fits(gltf, sparse["indices"], some, _SIZES[sparse["indices"]["componentType"]])
            _check_fits(gltf, sparse["values"], some, element)


def _check_fits(gltf: Document, part: Document, count: int, element: int) -> None:
    view = _indexed(gltf.get("bufferViews", ()), part["bufferView"], "buffer view")
    stride = view.get("byteStride", element)
    if stride < element:
        raise Malformed("glTF: a stride is shorter than an element")
    if _whole(part.get("byteOffset", 0), "byteOffset") + stride * (count - 1) + element > view["byteLength"]:
        raise Malformed(f"glTF: an accessor of {count:,} elements ends after its view of {view['byteLength']:,} bytes")


def _check_nodes(gltf: Document) -> Counter[int]:
    """How many times each mesh stands in the node graph, which must be a forest."""
    nodes = gltf.get("nodes", [])
    if len(nodes) > MOST_NODES:
        raise TooLarge(f"glTF: {len(nodes):,} nodes; at most {MOST_NODES:,} are read")
    parents: Counter[int] = Counter()
    for node in nodes:
        for child in node.get("children", ()):
            _indexed(nodes, child, "node")
            parents[child] += 1
    if any(count > 1 for count in parents.values()):
        # glTF 2.0, 3.5.2: a node has at most one parent. This also rules out instancing by 2^n.
        raise Malformed("glTF: a node has two parents")
    _check_forest(nodes, parents)
    for scene in gltf.get("scenes", ()):
        for root in scene.get("nodes", ()):
            _indexed(nodes, root, "node")
    if "scene" in gltf:
        _indexed(gltf.get("scenes", ()), gltf["scene"], "scene")
    instances: Counter[int] = Counter()
    for node in nodes:
        if "mesh" in node:
            _indexed(gltf.get("meshes", ()), node["mesh"], "mesh")
            instances[node["mesh"]] += _times(gltf, node)
    return instances


def _times(gltf: Document, node: Document) -> int:
    """How many times a node's mesh stands where the node is."""
    described = node.get("extensions", {}).get("EXT_mesh_gpu_instancing")
    if described is None:
        return 1
    used = [_indexed(gltf.get("accessors", ()), number, "accessor") for number in described["attributes"].values()]
    if len({accessor["count"] for accessor in used}) > 1:
        raise Malformed("glTF: the attributes of instances are of unlike lengths")
    return int(used[0]["count"]) if used else 0


def _check_forest(nodes: Sequence[Any], parents: Counter[int]) -> None:
    """Walk level by level from the roots; what is not reached lies on a cycle."""
    level = [index for index in range(len(nodes)) if index not in parents]
    seen, depth = 0, 0
    while level:
        if depth > MOST_NODE_DEPTH:
            raise TooLarge(f"glTF: nodes are nested deeper than {MOST_NODE_DEPTH}")
        seen += len(level)
        level = [child for index in level for child in nodes[index].get("children", ())]
        depth += 1
    if seen < len(nodes):
        raise Malformed("glTF: the nodes form a cycle")


def _check_meshes(gltf: Document, instances: Counter[int], most_bytes: int) -> None:
    accessors = gltf.get("accessors", ())
    total = sum(len(mesh["primitives"]) * instances[index] for index, mesh in enumerate(gltf.get("meshes", ())))
    if total > MOST_INSTANCES:
        raise TooLarge(f"glTF: {total:,} primitives stand in the scene; at most {MOST_INSTANCES:,} are read")
    decoded = 0
    for index, mesh in enumerate(gltf.get("meshes", ())):
        for primitive in mesh["primitives"]:
            used = [_indexed(accessors, number, "accessor") for number in primitive["attributes"].values()]
            if "indices" in primitive:
                used.append(_indexed(accessors, primitive["indices"], "accessor"))
            if "material" in primitive:
                _indexed(gltf.get("materials", ()), primitive["material"], "material")
            if used and len({accessor["count"] for accessor in used[: len(primitive["attributes"])]}) > 1:
                raise Malformed("glTF: the attributes of a primitive are of unlike lengths")
            size = sum(a["count"] * _SIZES[a["componentType"]] * _WIDTHS[a["type"]] for a in used)
            decoded += size * max(instances[index], 1)
            if decoded > most_bytes:
                raise TooLarge(f"glTF: the scene decodes to more than {most_bytes:,} bytes")
