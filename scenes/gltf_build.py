"""glTF 2.0 documents: whole models written by pygltflib, tiles as plain objects of JSON (docs/adr/0009).

One `_Document` assembles either; what differs is only what an object is held in. Defaults are left out.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes import glb
from tiling.quantize import DensePiece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Image, Material, Model, Primitive
    from tiling.quantize import Piece, Quantised, Stream

GENERATOR = "Chronotope"
_FAR_M = 4096.0  # float32 steps by 0.5 mm beyond it


@dataclass(frozen=True, slots=True)
class TileImage:
    """An image of a tile: its bytes, to be embedded, or the name of a file beside the tile."""

    data: bytes = b""
    uri: str = ""
    media_type: str = "image/webp"


ROLES = ("base_colour", "normal", "metallic_roughness", "occlusion", "emissive")
"""The maps of a material."""


def images_of(material: Material) -> dict[str, Image]:
    """The images that a material has, by role."""
    found: dict[str, Image] = {}
    for role in ROLES:
        image = getattr(material, f"{role}_image")
        if image is not None:
            found[role] = image
    return found


class _Document:
    """A document and its buffer while they grow."""

    def __init__(self, generator: str = GENERATOR) -> None:
        self.gltf: dict[str, Any] = {"asset": {"version": "2.0", "generator": generator}, "scene": 0}
        self.parts: list[bytes] = []
        self.length = 0
        self._textures: dict[Image | TileImage, int] = {}
        self._samplers: dict[int, int] = {}
        self._fallback = 0

    def add(self, kind: str, /, **fields: Any) -> int:
        """Append an object, of the fields that are not None; its index among those of its kind."""
        there: list[dict[str, Any]] = self.gltf.setdefault(kind, [])
        there.append({name: value for name, value in fields.items() if value is not None})
        return len(there) - 1

    def view(self, data: bytes, *, target: int | None = None) -> int:
        """Append bytes as a buffer view of their own, which begins at a multiple of eight; its index."""
        return self.add("bufferViews", buffer=0, byteOffset=self._append(data), byteLength=len(data), target=target)

    def _append(self, data: bytes) -> int:
        """Where bytes come to lie. Eight, because the tables of EXT_structural_metadata ask for it."""
        at = self.length
        self.parts.append(data + bytes(-len(data) % 8))
        self.length += len(self.parts[-1])
        return at

    def attribute(self, values: NDArray[Any], kind: str, *, bounds: bool = False, normalized: bool = False) -> int:
        """A vertex attribute: (n, k) values whose rows are multiples of four bytes, as they stand."""
        return self.add(
            "accessors",
            bufferView=self.view(values.tobytes(), target=_VERTICES),
            componentType=_COMPONENT[values.dtype.str],
            normalized=normalized or None,
            count=len(values),
            type=kind,
            min=values.min(axis=0).tolist() if bounds else None,
            max=values.max(axis=0).tolist() if bounds else None,
        )

    def texture(self, image: Image | TileImage) -> int:
        """A texture of an embedded or a neighbouring image; the same image is written once."""
        if image not in self._textures:
            wrap = _REPEAT
            if isinstance(image, TileImage) and image.uri:
                source = self.add("images", uri=image.uri, mimeType=image.media_type)
            else:
                source = self.add("images", bufferView=self.view(image.data), mimeType=image.media_type)
                wrap = _CLAMP if isinstance(image, TileImage) else wrap
            self._textures[image] = self._texture_of(source, wrap, webp=image.media_type == "image/webp")
        return self._textures[image]

    def _texture_of(self, source: int, wrap: int, *, webp: bool) -> int:
        if wrap not in self._samplers:
            self._samplers[wrap] = self.add(
                "samplers", magFilter=_LINEAR, minFilter=_LINEAR_MIPMAP_LINEAR, wrapS=wrap, wrapT=wrap
            )
        if not webp:
            return self.add("textures", sampler=self._samplers[wrap], source=source)
        # The file is unusable without it, so it is required (EXT_texture_webp, "Using Without a Fallback").
        self.extension("EXT_texture_webp", required=True)
        extension = {"EXT_texture_webp": {"source": source}}
        return self.add("textures", sampler=self._samplers[wrap], extensions=extension)

    def extension(self, name: str, *, required: bool) -> None:
        """State that an extension is used."""
        for kind in ("extensionsUsed", "extensionsRequired")[: 1 + required]:
            names = self.gltf.setdefault(kind, [])
            if name not in names:
                names.append(name)

    def text(self) -> str:
        """The document as JSON."""
        return json.dumps(self.gltf, separators=(",", ":"), allow_nan=False, ensure_ascii=False)

    def material(self, material: Material, images: Mapping[str, Image] | Mapping[str, TileImage]) -> int:
        """Append a material with its textures, by role; its index."""

        def texture(role: str) -> dict[str, int] | None:
            if role not in images:
                return None
            return {"index": self.texture(images[role])} | ({"texCoord": 1} if role in material.second else {})

        factors: dict[str, Any] = {
            "baseColorFactor": list(material.base_colour) if material.base_colour != (1.0, 1.0, 1.0, 1.0) else None,
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
            "baseColorTexture": texture("base_colour"),
            "metallicRoughnessTexture": texture("metallic_roughness"),
        }
        # A factor is at most one; what shines brighter says so by an extension, which a reader may leave out.
        strength = max(1.0, *material.emissive)
        if strength > 1.0:
            self.extension("KHR_materials_emissive_strength", required=False)
        return self.add(
            "materials",
            name=material.name or None,
            pbrMetallicRoughness={name: value for name, value in factors.items() if value is not None},
            normalTexture=texture("normal"),
            occlusionTexture=texture("occlusion"),
            emissiveTexture=texture("emissive"),
            emissiveFactor=[part / strength for part in material.emissive] if any(material.emissive) else None,
            extensions={"KHR_materials_emissive_strength": {"emissiveStrength": strength}} if strength > 1.0 else None,
            alphaMode=material.alpha_mode if material.alpha_mode != "OPAQUE" else None,
            alphaCutoff=material.alpha_cutoff if material.alpha_mode == "MASK" else None,
            doubleSided=material.double_sided or None,
        )

    def compressed(self, data: bytes, *, count: int, stride: int, mode: str, filtered: str = "", target: int) -> int:
        """A view whose bytes are coded by EXT_meshopt_compression; what it decodes to has a place in a fallback buffer
        that is never there (its section "Fallback buffers").
        """
        fields: dict[str, Any] = {"buffer": 0, "byteOffset": self._append(data), "byteLength": len(data)}
        fields |= {"byteStride": stride, "count": count, "mode": mode}
        if filtered:
            fields["filter"] = filtered
        at = self._fallback
        self._fallback += -(-count * stride // 4) * 4
        return self.add(
            "bufferViews",
            buffer=1,
            byteOffset=at,
            byteLength=count * stride,
            byteStride=stride if mode == "ATTRIBUTES" else None,
            target=target,
            extensions={"EXT_meshopt_compression": fields},
        )

    def stream(self, stream: Stream, count: int, component: int, kind: str, **fields: Any) -> int:
        """An accessor of a coded vertex attribute."""
        view = self.compressed(
            stream.data,
            count=count,
            stride=stream.stride,
            mode="ATTRIBUTES",
            filtered="OCTAHEDRAL" if stream.octahedral else "",
            target=_VERTICES,
        )
        return self.add("accessors", bufferView=view, componentType=component, count=count, type=kind, **fields)

    def piece(self, piece: Piece, material: int) -> dict[str, Any]:
        """A primitive of triangles coded by meshopt."""
        count = piece.vertices
        bounds = {"min": list(piece.low), "max": list(piece.high)}
        attributes = {"POSITION": self.stream(piece.positions, count, _USHORT, "VEC3", **bounds)}
        if piece.normals is not None:
            attributes["NORMAL"] = self.stream(piece.normals, count, _BYTE, "VEC3", normalized=True)
        if piece.uvs is not None:
            component = _USHORT if piece.uvs_whole else _FLOAT
            normalized = piece.uvs_whole or None
            attributes["TEXCOORD_0"] = self.stream(piece.uvs, count, component, "VEC2", normalized=normalized)
        if piece.second_uvs is not None:
            attributes["TEXCOORD_1"] = self.stream(piece.second_uvs, count, _FLOAT, "VEC2")
        if piece.colours is not None:
            attributes["COLOR_0"] = self.stream(piece.colours, count, _UBYTE, "VEC4", normalized=True)
        if piece.features is not None:
            attributes["_FEATURE_ID_0"] = self.stream(piece.features, count, _USHORT, "SCALAR")
        number = 3 * piece.triangles
        view = self.compressed(piece.indices, count=number, stride=piece.index_size, mode="TRIANGLES", target=_INDICES)
        component = _USHORT if piece.index_size == 2 else _UINT
        indices = self.add("accessors", bufferView=view, componentType=component, count=number, type="SCALAR")
        primitive: dict[str, Any] = {"attributes": attributes, "indices": indices, "material": material}
        if piece.ranges:
            primitive["extras"] = {"chronotope": {"ranges": [list(run) for run in piece.ranges]}}
        return primitive

    def dense_piece(
        self, piece: DensePiece, material: int, planes: Sequence[tuple[int, float]], slots: Sequence[int] | None
    ) -> dict[str, Any]:
        """A primitive of triangles coded by Draco: accessors without views, for what the stream decodes to."""
        attributes = {}
        for name in piece.attributes:
            component, kind, more = _DENSE[name]
            if name == "POSITION":
                more = {"min": list(piece.low), "max": list(piece.high)}
            attributes[name] = self.add("accessors", componentType=component, count=piece.vertices, type=kind, **more)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self.add("accessors", componentType=_UINT, count=3 * piece.triangles, type="SCALAR"),
            "material": material,
        }
        coded = {"bufferView": self.view(piece.data), "attributes": piece.attributes}
        primitive["extensions"] = {"KHR_draco_mesh_compression": coded}
        if planes:
            primitive["extras"] = {"chronotope": {"cells": [list(plane) for plane in planes]}}
            if slots is not None:
                primitive["extras"]["chronotope"]["children"] = list(slots)
        return primitive

    def features(self, primitive: dict[str, Any], numbers: Sequence[int], names: Mapping[int, str] | None) -> None:
        """State what the attribute _FEATURE_ID_0 of a primitive means: places in a table of the tile's features."""
        self.extension("EXT_mesh_features", required=False)
        described: dict[str, Any] = {"featureCount": len(numbers), "attribute": 0}
        if names is not None:
            self._table(numbers, names)
            described["propertyTable"] = 0
        primitive.setdefault("extensions", {})["EXT_mesh_features"] = {"featureIds": [described]}

    def _table(self, numbers: Sequence[int], names: Mapping[int, str]) -> None:
        """The property table of the tile's features, once: their numbers in the source, and their names."""
        if "extensions" in self.gltf:
            return
        self.extension("EXT_structural_metadata", required=False)
        texts = [names.get(number, "").encode() for number in numbers]
        offsets = np.cumsum([0, *map(len, texts)]).astype("<u4")
        columns: dict[str, Any] = {"number": {"values": self.view(np.array(numbers, "<u4").tobytes())}}
        properties: dict[str, Any] = {"number": {"type": "SCALAR", "componentType": "UINT32"}}
        if offsets[-1]:
            offsets_view = self.view(offsets.tobytes())
            columns["name"] = {"values": self.view(b"".join(texts)), "stringOffsets": offsets_view}
            properties["name"] = {"type": "STRING", "semantic": "NAME"}
        table = {
            "schema": {"id": "chronotope", "classes": {"feature": {"properties": properties}}},
            "propertyTables": [{"class": "feature", "count": len(numbers), "properties": columns}],
        }
        self.gltf["extensions"] = {"EXT_structural_metadata": table}

    def placed(self, primitives: Sequence[dict[str, Any]], **fields: Any) -> None:
        """The only node of the only scene, with these primitives; `fields` are the node's."""
        name = fields.get("name")
        if primitives:
            fields["mesh"] = self.add("meshes", name=name, primitives=primitives)
        self.add("scenes", nodes=[self.add("nodes", **fields)])

    def bytes(self) -> bytes:
        """The finished GLB."""
        body = b"".join(self.parts)
        if body:
            self.add("buffers", byteLength=len(body))
        if self._fallback:
            fallback = {"EXT_meshopt_compression": {"fallback": True}}
            self.add("buffers", byteLength=self._fallback, extensions=fallback)
        return glb.write(self.text().encode(), body)


class _LibraryDocument(_Document):
    """A document whose objects are pygltflib's, which knows their fields: one that glTF has not is a TypeError."""

    def add(self, kind: str, /, **fields: Any) -> int:
        """Append an object; its index among those of its kind."""
        there: list[Any] = self.gltf.setdefault(kind, [])
        there.append(_typed(_CLASSES[kind], fields))
        return len(there) - 1

    def text(self) -> str:
        """The document as JSON."""
        import pygltflib

        library = pygltflib.GLTF2(**self.gltf | {"asset": _typed("Asset", self.gltf["asset"])})
        text: str = library.to_json(separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        return text


_CLASSES = {
    "accessors": "Accessor",
    "buffers": "Buffer",
    "bufferViews": "BufferView",
    "images": "Image",
    "materials": "Material",
    "meshes": "Mesh",
    "nodes": "Node",
    "samplers": "Sampler",
    "scenes": "Scene",
    "textures": "Texture",
}


_INNER = {
    "baseColorTexture": "TextureInfo",
    "emissiveTexture": "TextureInfo",
    "metallicRoughnessTexture": "TextureInfo",
    "normalTexture": "NormalMaterialTexture",
    "occlusionTexture": "OcclusionTextureInfo",
    "pbrMetallicRoughness": "PbrMetallicRoughness",
    "primitives": "Primitive",
}


def _typed(kind: str, fields: Mapping[str, Any]) -> Any:
    """An object of the library, and those within it.

    What is not among the fields is None, and left out of the JSON: the library's own defaults would be written, which
    are a tenth of a small document, and some of which extensions forbid.
    """
    import pygltflib

    def inner(name: str, value: Any) -> Any:
        if name not in _INNER or value is None:
            return value
        return [_typed(_INNER[name], one) for one in value] if isinstance(value, list) else _typed(_INNER[name], value)

    library = getattr(pygltflib, kind)
    unset = dict.fromkeys(field.name for field in dataclasses.fields(library))
    return library(**unset | {name: inner(name, value) for name, value in fields.items()})


_BYTE, _UBYTE, _USHORT, _UINT, _FLOAT = 5120, 5121, 5123, 5125, 5126
_VERTICES, _INDICES = 34962, 34963
_REPEAT, _CLAMP, _LINEAR, _LINEAR_MIPMAP_LINEAR = 10497, 33071, 9729, 9987

_DENSE: dict[str, tuple[int, str, dict[str, Any]]] = {
    "POSITION": (_FLOAT, "VEC3", {}),
    "NORMAL": (_FLOAT, "VEC3", {}),
    "TEXCOORD_0": (_FLOAT, "VEC2", {}),
    "TEXCOORD_1": (_FLOAT, "VEC2", {}),
    "COLOR_0": (_UBYTE, "VEC4", {"normalized": True}),
    "_FEATURE_ID_0": (_USHORT, "SCALAR", {}),
}
"""what the attributes of a Draco stream of ours decode to"""

_COMPONENT = {"<f4": _FLOAT, "|u1": _UBYTE, "|i1": _BYTE, "<u2": _USHORT, "<i2": 5122, "<u4": _UINT}


def write_glb(model: Model, *, name: str = "") -> bytes:
    """A plain GLB of a model: float32 attributes, no extension but EXT_texture_webp where an image is WebP.

    A model that lies far from its origin keeps its place by the node's translation, and so its precision. The same
    model gives the same bytes.
    """
    return _written(_LibraryDocument(), model, name=name)


def _written(document: _Document, model: Model, *, name: str) -> bytes:
    origin = _origin(model.primitives)
    used = sorted({primitive.material for primitive in model.primitives})
    materials = {index: document.material(model.materials[index], images_of(model.materials[index])) for index in used}
    primitives = []
    for primitive in model.primitives:
        if not len(primitive.indices):
            continue
        positions = np.ascontiguousarray(primitive.positions - origin, dtype="<f4")
        attributes = {"POSITION": document.attribute(positions, "VEC3", bounds=True)}
        if primitive.normals is not None:
            attributes["NORMAL"] = document.attribute(np.ascontiguousarray(primitive.normals, "<f4"), "VEC3")
        if primitive.uvs is not None:
            attributes["TEXCOORD_0"] = document.attribute(np.ascontiguousarray(primitive.uvs, "<f4"), "VEC2")
        if primitive.second_uvs is not None:
            attributes["TEXCOORD_1"] = document.attribute(np.ascontiguousarray(primitive.second_uvs, "<f4"), "VEC2")
        if primitive.colours is not None:
            shades = np.ascontiguousarray(primitive.colours, "u1")
            attributes["COLOR_0"] = document.attribute(shades, "VEC4", normalized=True)
        # 65535 restarts a primitive and is no vertex (glTF 2.0, 3.7.2.1).
        indices = primitive.indices.astype("<u2" if len(positions) <= 65535 else "<u4").reshape(-1)
        number = document.add(
            "accessors",
            bufferView=document.view(indices.tobytes(), target=_INDICES),
            componentType=_COMPONENT[indices.dtype.str],
            count=len(indices),
            type="SCALAR",
        )
        primitives.append({"attributes": attributes, "indices": number, "material": materials[primitive.material]})
    moved = origin.tolist() if primitives and origin.any() else None
    document.placed(primitives, name=name or None, translation=moved)
    return document.bytes()


def tile_glb(
    geometry: Quantised,
    materials: Mapping[int, Material],
    images: Mapping[int, Mapping[str, TileImage]],
    *,
    planes: Sequence[tuple[int, float]] = (),
    slots: Sequence[int] | None = None,
    names: Mapping[int, str] | None = None,
) -> bytes:
    """A tile's GLB, one primitive per material: EXT_meshopt_compression and KHR_mesh_quantization, or Draco.

    `images` are by material and role; those of the materials themselves are not looked at. `names` are those of
    features, by number: with them a tile of features has a table of numbers and names.

    A primitive whose triangles are grouped states `extras.chronotope.ranges`: [first index, number of indices] of each
    group. In the dense coding it states `extras.chronotope.cells` instead: [axis, place] of the `planes` (in metres,
    asset frame) that part the tile's region, in the whole numbers of POSITION; the first one halves the region, the
    next two its halves, and so on. A triangle belongs to child c when its three vertices do; a vertex that is not below
    a plane is in the second half. Where some part has no child, `extras.chronotope.children` are the `slots` that have.
    """
    document = _Document()
    own_planes = [(axis, float((at - geometry.origin[axis]) / geometry.step)) for axis, at in planes]
    primitives = []
    for piece in geometry.pieces:
        material = document.material(materials[piece.material], images.get(piece.material, {}))
        # All change what the accessors mean, so they are required.
        if isinstance(piece, DensePiece):
            document.extension("KHR_draco_mesh_compression", required=True)
            primitive = document.dense_piece(piece, material, own_planes, slots)
        else:
            document.extension("EXT_meshopt_compression", required=True)
            document.extension("KHR_mesh_quantization", required=True)
            primitive = document.piece(piece, material)
        if geometry.features:
            document.features(primitive, geometry.features, names)
        primitives.append(primitive)
    document.placed(primitives, translation=geometry.origin.tolist(), scale=[geometry.step] * 3)
    return document.bytes()


def _origin(primitives: tuple[Primitive, ...]) -> NDArray[np.float64]:
    """Whole metres near the middle of a model that lies far off, else zero."""
    filled = [primitive.positions for primitive in primitives if len(primitive.positions)]
    if not filled:
        return np.zeros(3)
    low = np.min([positions.min(axis=0) for positions in filled], axis=0)
    high = np.max([positions.max(axis=0) for positions in filled], axis=0)
    if max(np.abs(low).max(), np.abs(high).max()) <= _FAR_M:
        return np.zeros(3)
    middle: NDArray[np.float64] = np.round((low + high) / 2)
    return middle
