"""Tiles joined into one GLB: their meshes, materials and textures under nodes of our own.

Streams that were coded by EXT_meshopt_compression are written out decoded, because many programs that people open a
single file with (Blender among them) cannot decode it; quantised values stay as they are (KHR_mesh_quantization). What
several tiles share is written once: images by their bytes, materials, textures and samplers by what they say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import glb
from scenes.gltf_build import GENERATOR
from tiling import content
from tiling.content import Content
from tiling.errors import BadContent

_ARRAY, _ELEMENTS = 34962, 34963
_CODED = "EXT_meshopt_compression"


class Joined:
    """A glTF document while it grows. `image_of` gives the bytes of an image that tiles refer to by file name."""

    def __init__(self, image_of: Callable[[str], bytes]) -> None:
        self._image_of = image_of
        self._lists: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in ("nodes", "meshes", "materials", "textures", "images", "samplers", "accessors", "bufferViews")
        }
        self._parts: list[bytes] = []
        self._length = 0
        self._known: dict[tuple[str, str], int] = {}
        self._tiles: dict[str, tuple[dict[str, Any], dict[int, int]]] = {}
        self._used: set[str] = set()
        self._required: set[str] = set()

    def node(self, **fields: Any) -> int:
        """Append a node; its number. Fields that are None are left out."""
        self._lists["nodes"].append({name: value for name, value in fields.items() if value is not None})
        return len(self._lists["nodes"]) - 1

    def tile(self, digest: str, read: Callable[[str], bytes]) -> list[int]:
        """Append the nodes of a tile; the numbers of their roots. The same tile shares its meshes.

        Raises:
            tiling.errors.BadContent: the tile cannot be read back.
        """
        if digest not in self._tiles:
            found = content.read(read(digest))
            try:
                self._tiles[digest] = found.document, self._meshes(found)
            except (KeyError, IndexError, TypeError, AttributeError) as wrong:
                raise BadContent(f"tile {digest}: {type(wrong).__name__} {wrong}") from wrong
        document, meshes = self._tiles[digest]
        content.nodes_of(document)  # refuses circles
        roots = document["scenes"][document.get("scene", 0)].get("nodes", [])
        return [self._copied(document, root, meshes) for root in roots]

    def placed(self, matrix: NDArray[np.float64], children: Sequence[int], **fields: Any) -> int:
        """A node that puts `children` by an affine matrix; its number.

        A glTF matrix must fall into translation, rotation and scale (glTF 2.0, 3.5.3). One that shears does not, but is
        the product of two that do: by singular values, (translation, U, S) around (V).
        """
        linear = matrix[:3, :3]
        lengths = np.linalg.norm(linear, axis=0)
        gram = (linear / lengths).T @ (linear / lengths)
        if np.abs(gram - np.eye(3)).max() > 1e-9:
            u, s, v = np.linalg.svd(linear)
            inner, outer = np.eye(4), np.eye(4)
            inner[:3, :3], outer[:3, :3], outer[:3, 3] = v, u * s, matrix[:3, 3]
            children, matrix = [self.placed(inner, children)], outer
        if not np.array_equal(matrix, np.eye(4)):
            fields["matrix"] = [float(value) + 0.0 for value in matrix.T.ravel()]
        return self.node(children=list(children) or None, **fields)

    def finished(self, *, roots: Sequence[int], name: str, asset: dict[str, Any]) -> bytes:
        """The finished GLB with one scene of these nodes; `asset` is added to its asset object."""
        scene: dict[str, Any] = {"name": name}
        if roots:
            scene["nodes"] = list(roots)
        document: dict[str, Any] = {"asset": {"version": "2.0", "generator": GENERATOR, **asset}}
        for title, names in (("extensionsUsed", self._used), ("extensionsRequired", self._required)):
            if names:
                document[title] = sorted(names)
        document |= {"scene": 0, "scenes": [scene]} | {title: each for title, each in self._lists.items() if each}
        body = b"".join(self._parts)
        if body:
            document["buffers"] = [{"byteLength": len(body)}]
        return glb.write(
            json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(), body
        )

    def _copied(self, document: dict[str, Any], number: int, meshes: dict[int, int]) -> int:
        source = document["nodes"][number]
        kept = {name: source[name] for name in ("name", "matrix", "translation", "rotation", "scale") if name in source}
        if "mesh" in source:
            kept["mesh"] = meshes[source["mesh"]]
        children = [self._copied(document, child, meshes) for child in source.get("children", [])]
        return self.node(**kept, children=children or None)

    def _meshes(self, tile: Content) -> dict[int, int]:
        """Append a tile's meshes and all they need; new numbers by old ones."""
        document = tile.document
        self._used |= set(document.get("extensionsUsed", [])) - {_CODED}
        self._required |= set(document.get("extensionsRequired", [])) - {_CODED}
        views: dict[int, int] = {}
        numbers = {}
        for old, mesh in enumerate(document.get("meshes", [])):
            primitives = []
            for primitive in mesh["primitives"]:
                new = {name: primitive[name] for name in ("mode",) if name in primitive}
                new["attributes"] = {
                    name: self._accessor(tile, number, views, _ARRAY)
                    for name, number in primitive["attributes"].items()
                }
                if "indices" in primitive:
                    new["indices"] = self._accessor(tile, primitive["indices"], views, _ELEMENTS)
                if "material" in primitive:
                    new["material"] = self._material(tile, document["materials"][primitive["material"]])
                primitives.append(new)
            named = {"name": mesh["name"]} if mesh.get("name") else {}
            self._lists["meshes"].append({**named, "primitives": primitives})
            numbers[old] = len(self._lists["meshes"]) - 1
        return numbers

    def _accessor(self, tile: Content, number: int, views: dict[int, int], target: int) -> int:
        source = tile.document["accessors"][number]
        old = source["bufferView"]
        if old not in views:
            stride = tile.document["bufferViews"][old].get("byteStride") if target == _ARRAY else None
            views[old] = self._view(content.view_bytes(tile, old), byteStride=stride, target=target)
        self._lists["accessors"].append({**source, "bufferView": views[old]})
        return len(self._lists["accessors"]) - 1

    def _view(self, data: bytes, **fields: Any) -> int:
        view = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        view |= {name: value for name, value in fields.items() if value is not None}
        self._lists["bufferViews"].append(view)
        self._parts.append(glb.padded(data))
        self._length += len(self._parts[-1])
        return len(self._lists["bufferViews"]) - 1

    def _material(self, tile: Content, material: dict[str, Any]) -> int:
        return self._once("materials", self._with_textures(tile, material))

    def _with_textures(self, tile: Content, part: dict[str, Any]) -> dict[str, Any]:
        """A material or a part of it, with the textures that it names appended."""
        out: dict[str, Any] = {}
        for name, value in part.items():
            out[name] = self._with_textures(tile, value) if isinstance(value, dict) else value
            if name.endswith("Texture"):
                out[name]["index"] = self._texture(tile, tile.document["textures"][value["index"]])
        return out

    def _texture(self, tile: Content, texture: dict[str, Any]) -> int:
        new = dict(texture)
        if "sampler" in texture:
            new["sampler"] = self._once("samplers", tile.document["samplers"][texture["sampler"]])
        if "source" in texture:
            new["source"] = self._image(tile, tile.document["images"][texture["source"]])
        if extensions := texture.get("extensions"):
            new["extensions"] = {
                name: {**value, "source": self._image(tile, tile.document["images"][value["source"]])}
                for name, value in extensions.items()
            }
        return self._once("textures", new)

    def _image(self, tile: Content, image: dict[str, Any]) -> int:
        if "uri" in image:
            data = self._image_of(image["uri"])
            media_type = f"image/{image['uri'].rpartition('.')[2].replace('jpg', 'jpeg')}"
        else:
            data, media_type = content.view_bytes(tile, image["bufferView"]), image["mimeType"]
        key = ("image", hashlib.sha256(data).hexdigest())
        if key not in self._known:
            self._lists["images"].append({"bufferView": self._view(data), "mimeType": media_type})
            self._known[key] = len(self._lists["images"]) - 1
        return self._known[key]

    def _once(self, kind: str, value: dict[str, Any]) -> int:
        key = (kind, json.dumps(value, sort_keys=True))
        if key not in self._known:
            self._lists[kind].append(value)
            self._known[key] = len(self._lists[kind]) - 1
        return self._known[key]
