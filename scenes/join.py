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
_INSTANCED = "EXT_mesh_gpu_instancing"


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
        document, meshes = self._known_tile(digest, read)
        content.nodes_of(document)  # refuses circles
        roots = document["scenes"][document.get("scene", 0)].get("nodes", [])
        return [self._copied(document, root, meshes) for root in roots]

    def _known_tile(self, digest: str, read: Callable[[str], bytes]) -> tuple[dict[str, Any], dict[int, int]]:
        """A tile's document, and new numbers of its meshes by old ones."""
        if digest not in self._tiles:
            found = content.read(read(digest))
            try:
                self._tiles[digest] = found.document, self._meshes(found)
            except (KeyError, IndexError, TypeError, AttributeError) as wrong:
                raise BadContent(f"tile {digest}: {type(wrong).__name__} {wrong}") from wrong
        return self._tiles[digest]

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

    def instanced(
        self, digests: Sequence[str], matrices: Sequence[NDArray[np.float64]], read: Callable[[str], bytes]
    ) -> list[int] | None:
        """Nodes that put these tiles by each of the matrices (EXT_mesh_gpu_instancing); their numbers.

        None where a matrix does not fall into translation, rotation and scale, or mirrors: instances have nothing else.

        Raises:
            tiling.errors.BadContent: a tile cannot be read back.
        """
        found = []
        for digest in digests:
            document, meshes = self._known_tile(digest, read)
            for number, own in content.nodes_of(document):
                if (mesh := document["nodes"][number].get("mesh")) is not None:
                    parts = _parted(np.stack([matrix @ own for matrix in matrices]))
                    if parts is None:
                        return None
                    found.append((meshes[mesh], parts))
        self._used.add(_INSTANCED)
        self._required.add(_INSTANCED)
        numbers = []
        for mesh, parts in found:
            attributes = {name: self._floats(values) for name, values in parts.items()}
            numbers.append(self.node(mesh=mesh, extensions={_INSTANCED: {"attributes": attributes}}))
        return numbers

    def _floats(self, values: NDArray[np.float64]) -> int:
        """An accessor of float32 rows."""
        rows = np.ascontiguousarray(values, "<f4")
        view = self._view(rows.tobytes())
        self._lists["accessors"].append(
            {"bufferView": view, "componentType": 5126, "count": len(rows), "type": f"VEC{rows.shape[1]}"}
        )
        return len(self._lists["accessors"]) - 1

    def finished(
        self, *, roots: Sequence[int], name: str, asset: dict[str, Any], extensions: dict[str, Any] | None = None
    ) -> bytes:
        """The finished GLB with one scene of these nodes; `asset` is added to its asset object.

        `extensions` are those of the whole file, none of which needs to be understood.
        """
        scene: dict[str, Any] = {"name": name}
        if roots:
            scene["nodes"] = list(roots)
        document: dict[str, Any] = {"asset": {"version": "2.0", "generator": GENERATOR, **asset}}
        if extensions:
            self._used |= extensions.keys()
            document["extensions"] = extensions
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


def _parted(matrices: NDArray[np.float64]) -> dict[str, NDArray[np.float64]] | None:
    """Affine matrices (n, 4, 4) as translations (n, 3), unit quaternions (n, 4) and scales (n, 3).

    What all leave as it is is left out. None where one shears or mirrors.
    """
    scales, turns = _scaled_turns(matrices)
    if not _are_turns(turns).all():
        return None
    parts = {"TRANSLATION": matrices[:, :3, 3], "ROTATION": _quaternions(turns), "SCALE": scales}
    unchanged = {"ROTATION": (0.0, 0.0, 0.0, 1.0), "SCALE": (1.0, 1.0, 1.0)}
    return {name: values for name, values in parts.items() if not np.array_equal(values, np.broadcast_to(
        unchanged.get(name, (np.nan, np.nan, np.nan)), values.shape))}  # fmt: skip


def fall_apart(matrices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of affine matrices (n, 4, 4) are only translation, rotation and scale, as those of instances must be."""
    return _are_turns(_scaled_turns(matrices)[1])


def _scaled_turns(matrices: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scales (n, 3) of affine matrices, and what is left of them (n, 3, 3) without these."""
    linear = matrices[:, :3, :3]
    scales = np.linalg.norm(linear, axis=1)
    return scales, linear / scales[:, None, :]


def _are_turns(turns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of them (n, 3, 3) are rotations, and neither shear nor mirror."""
    gram = turns.transpose(0, 2, 1) @ turns
    found: NDArray[np.bool_] = (np.abs(gram - np.eye(3)).max(axis=(1, 2)) <= 1e-6) & (np.linalg.det(turns) > 0)
    return found


def _quaternions(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations (n, 3, 3) as x, y, z, w, w not negative: the eigenvector of the largest eigenvalue (Bar-Itzhack 2000).

    >>> _quaternions(np.diag([-1.0, 1.0, -1.0])[None]).round(6).tolist()
    [[0.0, 1.0, 0.0, 0.0]]
    """
    m = turns
    k = np.empty((len(m), 4, 4))
    for i in range(3):
        for j in range(3):
            k[:, i, j] = m[:, i, j] + m[:, j, i]
        k[:, i, i] = 2 * m[:, i, i] - np.trace(m, axis1=1, axis2=2)
    k[:, 3, 3] = np.trace(m, axis1=1, axis2=2)
    k[:, 3, 0] = k[:, 0, 3] = m[:, 2, 1] - m[:, 1, 2]
    k[:, 3, 1] = k[:, 1, 3] = m[:, 0, 2] - m[:, 2, 0]
    k[:, 3, 2] = k[:, 2, 3] = m[:, 1, 0] - m[:, 0, 1]
    found: NDArray[np.float64] = np.linalg.eigh(k)[1][:, :, -1]
    # Either sign is the same rotation; one is chosen, by the last number that is not nothing.
    sign = np.sign(np.where(np.abs(found) > 1e-9, found, 0.0) @ np.array([1.0, 8.0, 64.0, 512.0]))
    return found * np.where(sign < 0, -1.0, 1.0)[:, None] + 0.0
