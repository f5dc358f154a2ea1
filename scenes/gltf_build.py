"""glTF 2.0 documents, written through pygltflib's dataclasses.

pygltflib writes and never reads here: it resolves references of a hostile file to any path (docs/security), so uploads
go through our own reader. Its JSON step costs about half a millisecond for the document of a tile, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pygltflib

from scenes import glb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Image, Material, Model, Primitive

GENERATOR = "Chronotope"
_FAR_M = 4096.0  # float32 steps by 0.5 mm beyond it


class _Document:
    """A document and its buffer while they grow."""

    def __init__(self, generator: str = GENERATOR) -> None:
        self.gltf = pygltflib.GLTF2(asset=pygltflib.Asset(version="2.0", generator=generator), scene=0)
        self.parts: list[bytes] = []
        self.length = 0
        self._textures: dict[object, int] = {}

    def view(self, data: bytes, *, target: int | None = None, stride: int | None = None) -> int:
        """Append bytes as a buffer view of their own; its index."""
        data_padded = glb.padded(data)
        self.gltf.bufferViews.append(
            pygltflib.BufferView(
                buffer=0, byteOffset=self.length, byteLength=len(data), target=target, byteStride=stride
            )
        )
        self.parts.append(data_padded)
        self.length += len(data_padded)
        return len(self.gltf.bufferViews) - 1

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

    def texture(self, image: Image) -> int:
        """A texture of an embedded image; the same bytes are embedded once."""
        key = (image.media_type, image.data)
        if key not in self._textures:
            view = self.view(image.data)
            source = len(self.gltf.images)
            self.gltf.images.append(pygltflib.Image(bufferView=view, mimeType=image.media_type))
            self._textures[key] = self._texture_of(source, webp=image.media_type == "image/webp")
        return self._textures[key]

    def _texture_of(self, source: int, *, webp: bool) -> int:
        if not self.gltf.samplers:
            self.gltf.samplers.append(
                pygltflib.Sampler(magFilter=pygltflib.LINEAR, minFilter=pygltflib.LINEAR_MIPMAP_LINEAR)
            )
        if webp:
            # The file is unusable without it, so it is required (EXT_texture_webp, "Using Without a Fallback").
            self.extension("EXT_texture_webp", required=True)
            texture = pygltflib.Texture(sampler=0, extensions={"EXT_texture_webp": {"source": source}})
        else:
            texture = pygltflib.Texture(sampler=0, source=source)
        self.gltf.textures.append(texture)
        return len(self.gltf.textures) - 1

    def extension(self, name: str, *, required: bool) -> None:
        """State that an extension is used."""
        if name not in self.gltf.extensionsUsed:
            self.gltf.extensionsUsed.append(name)
        if required and name not in self.gltf.extensionsRequired:
            self.gltf.extensionsRequired.append(name)

    def material(self, material: Material) -> int:
        """Append a material with its textures; its index."""

        def texture(image: Image | None, kind: Any = pygltflib.TextureInfo) -> Any:
            return None if image is None else kind(index=self.texture(image))

        self.gltf.materials.append(
            pygltflib.Material(
                name=material.name or None,
                pbrMetallicRoughness=pygltflib.PbrMetallicRoughness(
                    baseColorFactor=list(material.base_colour),
                    metallicFactor=material.metallic,
                    roughnessFactor=material.roughness,
                    baseColorTexture=texture(material.base_colour_image),
                    metallicRoughnessTexture=texture(material.metallic_roughness_image),
                ),
                normalTexture=texture(material.normal_image, pygltflib.NormalMaterialTexture),
                occlusionTexture=texture(material.occlusion_image, pygltflib.OcclusionTextureInfo),
                emissiveTexture=texture(material.emissive_image),
                emissiveFactor=list(material.emissive),
                alphaMode=material.alpha_mode,
                alphaCutoff=material.alpha_cutoff if material.alpha_mode == "MASK" else None,
                doubleSided=material.double_sided,
            )
        )
        return len(self.gltf.materials) - 1

    def bytes(self) -> bytes:
        """The finished GLB."""
        body = b"".join(self.parts)
        if body:
            self.gltf.buffers.append(pygltflib.Buffer(byteLength=len(body)))
        text = self.gltf.to_json(separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        return glb.write(text.encode(), body)


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
    materials = {index: document.material(model.materials[index]) for index in used}
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
