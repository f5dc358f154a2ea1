"""glTF 2.0 documents, written through pygltflib's dataclasses.

pygltflib writes and never reads here: it resolves references of a hostile file to any path (docs/security), so uploads
go through our own reader. Its JSON step costs about half a millisecond for the document of a tile, measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pygltflib

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
        self.gltf = pygltflib.GLTF2(asset=pygltflib.Asset(version="2.0", generator=generator), scene=0)
        self.parts: list[bytes] = []
        self.length = 0
        self._textures: dict[Image | TileImage, int] = {}
        self._samplers: dict[int, int] = {}
        self._fallback = 0

    def view(self, data: bytes, *, target: int | None = None, stride: int | None = None) -> int:
        """Append bytes as a buffer view of their own, which begins at a multiple of eight; its index."""
        self.gltf.bufferViews.append(
            pygltflib.BufferView(
                buffer=0, byteOffset=self._append(data), byteLength=len(data), target=target, byteStride=stride
            )
        )
        return len(self.gltf.bufferViews) - 1

    def _append(self, data: bytes) -> int:
        """Where bytes come to lie. Eight, because the tables of EXT_structural_metadata ask for it."""
        at = self.length
        self.parts.append(data + bytes(-len(data) % 8))
        self.length += len(self.parts[-1])
        return at

    def accessor(self, **fields: Any) -> int:
        """Append an accessor; its index."""
        self.gltf.accessors.append(pygltflib.Accessor(**fields))
        return len(self.gltf.accessors) - 1

    def attribute(self, values: NDArray[Any], kind: str, *, bounds: bool = False, normalized: bool = False) -> int:
        """A vertex attribute: (n, k) values whose rows are multiples of four bytes, as they stand."""
        view = self.view(values.tobytes(), target=pygltflib.ARRAY_BUFFER)
        return self.accessor(
            bufferView=view,
            componentType=_COMPONENT[values.dtype.str],
            normalized=normalized,
            count=len(values),
            type=kind,
            min=values.min(axis=0).tolist() if bounds else None,
            max=values.max(axis=0).tolist() if bounds else None,
        )

    def texture(self, image: Image | TileImage) -> int:
        """A texture of an embedded or a neighbouring image; the same image is written once."""
        if image not in self._textures:
            source = len(self.gltf.images)
            wrap = pygltflib.REPEAT
            if isinstance(image, TileImage) and image.uri:
                self.gltf.images.append(pygltflib.Image(uri=image.uri, mimeType=image.media_type))
            else:
                view = self.view(image.data)
                self.gltf.images.append(pygltflib.Image(bufferView=view, mimeType=image.media_type))
                wrap = pygltflib.CLAMP_TO_EDGE if isinstance(image, TileImage) else wrap
            self._textures[image] = self._texture_of(source, wrap, webp=image.media_type == "image/webp")
        return self._textures[image]

    def _texture_of(self, source: int, wrap: int, *, webp: bool) -> int:
        if wrap not in self._samplers:
            self._samplers[wrap] = len(self.gltf.samplers)
            self.gltf.samplers.append(
                pygltflib.Sampler(
                    magFilter=pygltflib.LINEAR, minFilter=pygltflib.LINEAR_MIPMAP_LINEAR, wrapS=wrap, wrapT=wrap
                )
            )
        sampler = self._samplers[wrap]
        if webp:
            # The file is unusable without it, so it is required (EXT_texture_webp, "Using Without a Fallback").
            self.extension("EXT_texture_webp", required=True)
            texture = pygltflib.Texture(sampler=sampler, extensions={"EXT_texture_webp": {"source": source}})
        else:
            texture = pygltflib.Texture(sampler=sampler, source=source)
        self.gltf.textures.append(texture)
        return len(self.gltf.textures) - 1

    def extension(self, name: str, *, required: bool) -> None:
        """State that an extension is used."""
        if name not in self.gltf.extensionsUsed:
            self.gltf.extensionsUsed.append(name)
        if required and name not in self.gltf.extensionsRequired:
            self.gltf.extensionsRequired.append(name)

    def material(self, material: Material, images: Mapping[str, Image] | Mapping[str, TileImage]) -> int:
        """Append a material with its textures, by role; its index."""

        def texture(role: str, kind: Any = pygltflib.TextureInfo) -> Any:
            return kind(index=self.texture(images[role])) if role in images else None

        self.gltf.materials.append(
            pygltflib.Material(
                name=material.name or None,
                pbrMetallicRoughness=pygltflib.PbrMetallicRoughness(
                    baseColorFactor=list(material.base_colour),
                    metallicFactor=material.metallic,
                    roughnessFactor=material.roughness,
                    baseColorTexture=texture("base_colour"),
                    metallicRoughnessTexture=texture("metallic_roughness"),
                ),
                normalTexture=texture("normal", pygltflib.NormalMaterialTexture),
                occlusionTexture=texture("occlusion", pygltflib.OcclusionTextureInfo),
                emissiveTexture=texture("emissive"),
                emissiveFactor=list(material.emissive),
                alphaMode=material.alpha_mode,
                alphaCutoff=material.alpha_cutoff if material.alpha_mode == "MASK" else None,
                doubleSided=material.double_sided,
            )
        )
        return len(self.gltf.materials) - 1

    def compressed(self, data: bytes, *, count: int, stride: int, mode: str, filtered: str = "", target: int) -> int:
        """A view whose bytes are coded by EXT_meshopt_compression; what it decodes to has a place in a fallback buffer
        that is never there (its section "Fallback buffers").
        """
        fields: dict[str, Any] = {"buffer": 0, "byteOffset": self._append(data), "byteLength": len(data)}
        fields |= {"byteStride": stride, "count": count, "mode": mode}
        if filtered:
            fields["filter"] = filtered
        self.gltf.bufferViews.append(
            pygltflib.BufferView(
                buffer=1,
                byteOffset=self._fallback,
                byteLength=count * stride,
                byteStride=stride if mode == "ATTRIBUTES" else None,
                target=target,
                extensions={"EXT_meshopt_compression": fields},
            )
        )
        self._fallback += -(-count * stride // 4) * 4
        return len(self.gltf.bufferViews) - 1

    def stream(self, stream: Stream, count: int, component: int, kind: str, **fields: Any) -> int:
        """An accessor of a coded vertex attribute."""
        view = self.compressed(
            stream.data,
            count=count,
            stride=stream.stride,
            mode="ATTRIBUTES",
            filtered="OCTAHEDRAL" if stream.octahedral else "",
            target=pygltflib.ARRAY_BUFFER,
        )
        return self.accessor(bufferView=view, componentType=component, count=count, type=kind, **fields)

    def piece(self, piece: Piece, material: int) -> Any:
        """A primitive of triangles coded by meshopt."""
        count = piece.vertices
        attributes = pygltflib.Attributes(
            POSITION=self.stream(
                piece.positions, count, pygltflib.UNSIGNED_SHORT, "VEC3", min=list(piece.low), max=list(piece.high)
            )
        )
        if piece.normals is not None:
            attributes.NORMAL = self.stream(piece.normals, count, pygltflib.BYTE, "VEC3", normalized=True)
        if piece.uvs is not None:
            component = pygltflib.UNSIGNED_SHORT if piece.uvs_whole else pygltflib.FLOAT
            attributes.TEXCOORD_0 = self.stream(piece.uvs, count, component, "VEC2", normalized=piece.uvs_whole)
        if piece.colours is not None:
            attributes.COLOR_0 = self.stream(piece.colours, count, pygltflib.UNSIGNED_BYTE, "VEC4", normalized=True)
        if piece.features is not None:
            number = self.stream(piece.features, count, pygltflib.UNSIGNED_SHORT, "SCALAR")
            setattr(attributes, "_FEATURE_ID_0", number)  # noqa: B010
        view = self.compressed(
            piece.indices,
            count=3 * piece.triangles,
            stride=piece.index_size,
            mode="TRIANGLES",
            target=pygltflib.ELEMENT_ARRAY_BUFFER,
        )
        indices = self.accessor(
            bufferView=view,
            componentType=pygltflib.UNSIGNED_SHORT if piece.index_size == 2 else pygltflib.UNSIGNED_INT,
            count=3 * piece.triangles,
            type="SCALAR",
        )
        extras = {"chronotope": {"ranges": [list(run) for run in piece.ranges]}} if piece.ranges else {}
        return pygltflib.Primitive(attributes=attributes, indices=indices, material=material, extras=extras)

    def dense_piece(self, piece: DensePiece, material: int, planes: Sequence[tuple[int, float]]) -> Any:
        """A primitive of triangles coded by Draco: accessors without views, for what the stream decodes to."""
        attributes = pygltflib.Attributes()
        for name in piece.attributes:
            component, kind = _DENSE[name]
            bounds = {"min": list(piece.low), "max": list(piece.high)} if name == "POSITION" else {}
            normalized = name == "COLOR_0"
            number = self.accessor(
                componentType=component, count=piece.vertices, type=kind, normalized=normalized, **bounds
            )
            setattr(attributes, name, number)
        indices = self.accessor(componentType=pygltflib.UNSIGNED_INT, count=3 * piece.triangles, type="SCALAR")
        coded = {"bufferView": self.view(piece.data), "attributes": piece.attributes}
        return pygltflib.Primitive(
            attributes=attributes,
            indices=indices,
            material=material,
            extensions={"KHR_draco_mesh_compression": coded},
            extras={"chronotope": {"cells": [list(plane) for plane in planes]}} if planes else {},
        )

    def features(self, primitive: Any, numbers: Sequence[int], names: Mapping[int, str] | None) -> None:
        """State what the attribute _FEATURE_ID_0 of a primitive means: places in a table of the tile's features."""
        self.extension("EXT_mesh_features", required=False)
        described: dict[str, Any] = {"featureCount": len(numbers), "attribute": 0}
        if names is not None:
            self._table(numbers, names)
            described["propertyTable"] = 0
        primitive.extensions = (primitive.extensions or {}) | {"EXT_mesh_features": {"featureIds": [described]}}

    def _table(self, numbers: Sequence[int], names: Mapping[int, str]) -> None:
        """The property table of the tile's features, once: their numbers in the source, and their names."""
        if "EXT_structural_metadata" in self.gltf.extensionsUsed:
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
        self.gltf.extensions["EXT_structural_metadata"] = {
            "schema": {"id": "chronotope", "classes": {"feature": {"properties": properties}}},
            "propertyTables": [{"class": "feature", "count": len(numbers), "properties": columns}],
        }

    def bytes(self) -> bytes:
        """The finished GLB."""
        body = b"".join(self.parts)
        if body:
            self.gltf.buffers.append(pygltflib.Buffer(byteLength=len(body)))
        if self._fallback:
            fallback = {"EXT_meshopt_compression": {"fallback": True}}
            self.gltf.buffers.append(pygltflib.Buffer(byteLength=self._fallback, extensions=fallback))
        text = self.gltf.to_json(separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        return glb.write(text.encode(), body)


_DENSE = {
    "POSITION": (pygltflib.FLOAT, "VEC3"),
    "NORMAL": (pygltflib.FLOAT, "VEC3"),
    "TEXCOORD_0": (pygltflib.FLOAT, "VEC2"),
    "COLOR_0": (pygltflib.UNSIGNED_BYTE, "VEC4"),
    "_FEATURE_ID_0": (pygltflib.UNSIGNED_SHORT, "SCALAR"),
}
"""what the attributes of a Draco stream of ours decode to"""

_COMPONENT = {"<f4": 5126, "|u1": 5121, "|i1": 5120, "<u2": 5123, "<i2": 5122, "<u4": 5125}


def write_glb(model: Model, *, name: str = "") -> bytes:
    """A plain GLB of a model: float32 attributes, no extension but EXT_texture_webp where an image is WebP.

    A model that lies far from its origin keeps its place by the node's translation, and so its precision. The same
    model gives the same bytes.
    """
    document = _Document()
    gltf = document.gltf
    origin = _origin(model.primitives)
    used = sorted({primitive.material for primitive in model.primitives})
    materials = {index: document.material(model.materials[index], images_of(model.materials[index])) for index in used}
    primitives = []
    for primitive in model.primitives:
        if not len(primitive.indices):
            continue
        positions = np.ascontiguousarray(primitive.positions - origin, dtype="<f4")
        attributes = pygltflib.Attributes(POSITION=document.attribute(positions, "VEC3", bounds=True))
        if primitive.normals is not None:
            attributes.NORMAL = document.attribute(np.ascontiguousarray(primitive.normals, "<f4"), "VEC3")
        if primitive.uvs is not None:
            attributes.TEXCOORD_0 = document.attribute(np.ascontiguousarray(primitive.uvs, "<f4"), "VEC2")
        if primitive.colours is not None:
            attributes.COLOR_0 = document.attribute(
                np.ascontiguousarray(primitive.colours, "u1"), "VEC4", normalized=True
            )
        # 65535 restarts a primitive and is no vertex (glTF 2.0, 3.7.2.1).
        indices = primitive.indices.astype("<u2" if len(positions) <= 65535 else "<u4").reshape(-1)
        view = document.view(indices.tobytes(), target=pygltflib.ELEMENT_ARRAY_BUFFER)
        primitives.append(
            pygltflib.Primitive(
                attributes=attributes,
                indices=document.accessor(
                    bufferView=view,
                    componentType=_COMPONENT[indices.dtype.str],
                    count=len(indices),
                    type="SCALAR",
                ),
                material=materials[primitive.material],
            )
        )
    node = pygltflib.Node(name=name or None)
    if primitives:
        gltf.meshes.append(pygltflib.Mesh(name=name or None, primitives=primitives))
        node.mesh = 0
        if origin.any():
            node.translation = origin.tolist()
    gltf.nodes.append(node)
    gltf.scenes.append(pygltflib.Scene(nodes=[0]))
    return document.bytes()


def tile_glb(
    geometry: Quantised,
    materials: Mapping[int, Material],
    images: Mapping[int, Mapping[str, TileImage]],
    *,
    planes: Sequence[tuple[int, float]] = (),
    names: Mapping[int, str] | None = None,
) -> bytes:
    """A tile's GLB, one primitive per material: EXT_meshopt_compression and KHR_mesh_quantization, or Draco.

    `images` are by material and role; those of the materials themselves are not looked at. `names` are those of
    features, by number: with them a tile of features has a table of numbers and names.

    A primitive whose triangles are grouped states `extras.chronotope.ranges`: [first index, number of indices] of each
    group. In the dense coding it states `extras.chronotope.cells` instead: [axis, place] of the `planes` (in metres,
    asset frame) that part the tile's region, in the whole numbers of POSITION; the first one halves the region, the
    next two its halves, and so on. A triangle belongs to child c when its three vertices do; a vertex that is not below
    a plane is in the second half.
    """
    document = _Document()
    own_planes = [(axis, float((at - geometry.origin[axis]) / geometry.step)) for axis, at in planes]
    primitives = []
    for piece in geometry.pieces:
        material = document.material(materials[piece.material], images.get(piece.material, {}))
        # All change what the accessors mean, so they are required.
        if isinstance(piece, DensePiece):
            document.extension("KHR_draco_mesh_compression", required=True)
            primitive = document.dense_piece(piece, material, own_planes)
        else:
            document.extension("EXT_meshopt_compression", required=True)
            document.extension("KHR_mesh_quantization", required=True)
            primitive = document.piece(piece, material)
        if geometry.features:
            document.features(primitive, geometry.features, names)
        primitives.append(primitive)
    gltf = document.gltf
    gltf.meshes.append(pygltflib.Mesh(primitives=primitives))
    gltf.nodes.append(pygltflib.Node(mesh=0, translation=geometry.origin.tolist(), scale=[geometry.step] * 3))
    gltf.scenes.append(pygltflib.Scene(nodes=[0]))
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
