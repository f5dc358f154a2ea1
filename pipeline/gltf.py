"""Our reader of glTF 2.0: GLB, or JSON with its files. `scenes.gltf_check` looks at everything before it is decoded.

Read: plain, sparse and quantised accessors, EXT_ and KHR_meshopt_compression, KHR_draco_mesh_compression, strips and
fans, node transforms in double precision, KHR_texture_transform (baked into the coordinates), several materials,
images in buffers, data URIs and files. Left out, and said so in the report: points and lines, skins, morph targets,
animations, and maps that use other texture coordinates than the base colour's.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import images
from scenes import glb, gltf_check
from scenes.errors import Malformed, Unsupported
from tiling import meshopt
from tiling.errors import TilingError
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store
    from tiling.mesh import Floats, Image, Indices

_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_SCALES = {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0, 5125: 4294967295.0, 5126: 1.0}
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_DRACO = "KHR_draco_mesh_compression"
_SPECULAR = "KHR_materials_pbrSpecularGlossiness"


def read_glb(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of a GLB file. Raises Malformed, Unsupported, TooLarge, ForbiddenReference."""
    chunks = glb.read(data.data)
    return _read(gltf_check.document(chunks.json), chunks.binary, neighbours)


def read_json(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of a glTF document and its files. Raises Malformed, Unsupported, TooLarge, ForbiddenReference."""
    return _read(gltf_check.document(data.tobytes()), memoryview(b""), neighbours)


def _read(document: gltf_check.Document, binary: memoryview, neighbours: Neighbours) -> Model:
    # References are judged before a single one is followed.
    gltf_check.check(document, _stated_lengths(document))
    reader = _Reader(document, _buffers(document, binary, neighbours), neighbours)
    gltf_check.check(document, [len(buffer) for buffer in reader.buffers])
    try:
        return reader.model()
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as wrong:
        raise Malformed(
            f"glTF: a property is missing or of the wrong kind ({type(wrong).__name__}: {wrong})"
        ) from wrong


def _stated_lengths(document: gltf_check.Document) -> list[int]:
    buffers = document.get("buffers", ())
    if not isinstance(buffers, list | tuple):
        raise Malformed("glTF: buffers is no array")
    stated = [buffer.get("byteLength") if isinstance(buffer, dict) else None for buffer in buffers]
    if not all(isinstance(length, int) and length > 0 for length in stated):
        raise Malformed("glTF: a buffer without a length")
    return [int(length or 0) for length in stated]


def _buffers(document: gltf_check.Document, binary: memoryview, neighbours: Neighbours) -> list[memoryview]:
    """The bytes of each buffer, cut to what it states; a fallback buffer has none."""
    out: list[memoryview] = []
    for index, buffer in enumerate(document.get("buffers", ())):
        stated = int(buffer["byteLength"])
        if any(buffer.get("extensions", {}).get(name, {}).get("fallback") for name in gltf_check.MESHOPT):
            out.append(memoryview(b""))
            continue
        if "uri" in buffer:
            data = memoryview(_bytes_of(buffer["uri"], neighbours, f"buffer {index}") or b"")
            if not data:
                raise Malformed(
                    f"glTF: buffer {index} is the file {buffer['uri'][:200]!r}, which is not there; "
                    "deposit the files together, as a zip"
                )
        elif index == 0:
            data = binary
        else:
            raise Malformed(f"glTF: buffer {index} is nowhere")
        if len(data) < stated:
            raise Malformed(f"glTF: buffer {index} states {stated:,} bytes and has {len(data):,}")
        out.append(data[:stated])
    return out


def _bytes_of(uri: str, neighbours: Neighbours, what: str) -> bytes | None:
    if not gltf_check.local_path(uri):
        head, _, body = uri.partition(",")
        if not head.endswith(";base64"):
            raise Unsupported(f"glTF: {what} is a data URI that is not base64")
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise Malformed(f"glTF: {what} is a broken data URI: {wrong}") from wrong
    return neighbours.find(uri)


@dataclass
class _Reader:
    gltf: gltf_check.Document
    buffers: list[memoryview]
    neighbours: Neighbours
    report: dict[str, None] = field(default_factory=dict)
    _views: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """Add a line to the report, once."""
        self.report.setdefault(line)

    def model(self) -> Model:
        """The scene as primitives in one frame."""
        materials = [self._material(number) for number in range(len(self.gltf.get("materials", ())))]
        default = len(materials)
        sets = [self._coordinates(number) for number in range(default)]
        placed: dict[int, list[Floats]] = {}
        for node, matrix in self._world():
            if "mesh" in node:
                placed.setdefault(node["mesh"], []).append(matrix)
            if "skin" in node:
                self.say("a skinned mesh is shown in its rest pose")
        primitives: list[Primitive] = []
        for mesh, matrices in sorted(placed.items()):
            for description in self.gltf["meshes"][mesh]["primitives"]:
                number = description.get("material", default)
                which = sets[number] if number < default else (0, None)
                primitive = self._primitive(description, number, which)
                if primitive is not None:
                    primitives += [_moved(primitive, matrix) for matrix in matrices]
        if self.gltf.get("animations"):
            self.say("animations were left out")
        if not primitives:
            raise Unsupported("glTF: there are no triangles in the scene; " + "; ".join(self.report))
        for name in sorted(set(self.neighbours.missing)):
            self.say(f"the file {name!r} is not there; the model is shown without it")
        return Model(tuple(primitives), (*materials, Material(metallic=1.0)), tuple(self.report))

    def _world(self) -> list[tuple[Any, Floats]]:
        """Nodes of the scene with their matrices; the graph is known to be a forest."""
        nodes = self.gltf.get("nodes", [])
        if self.gltf.get("scenes"):
            roots = self.gltf["scenes"][self.gltf.get("scene", 0)].get("nodes", [])
        else:
            children = {child for node in nodes for child in node.get("children", ())}
            roots = [index for index in range(len(nodes)) if index not in children]
        waiting = [(index, np.eye(4)) for index in reversed(roots)]
        out = []
        while waiting:
            index, above = waiting.pop()
            node = nodes[index]
            matrix = above @ _local(node)
            if not np.isfinite(matrix).all():
                raise Malformed(f"glTF: the transform of node {index} is not finite")
            out.append((node, matrix))
            waiting += [(child, matrix) for child in reversed(node.get("children", ()))]
        return out

    # Accessors.

    def _view(self, index: int) -> NDArray[np.uint8]:
        if index not in self._views:
            view = self.gltf["bufferViews"][index]
            packed = next(
                (view["extensions"][name] for name in gltf_check.MESHOPT if name in view.get("extensions", {})), None
            )
            self._views[index] = self._plain(view) if packed is None else self._unpacked(packed)
        return self._views[index]

    def _plain(self, view: Any) -> NDArray[np.uint8]:
        start = view.get("byteOffset", 0)
        return np.frombuffer(self.buffers[view["buffer"]], np.uint8)[start : start + view["byteLength"]]

    def _unpacked(self, packed: Any) -> NDArray[np.uint8]:
        data = self._plain(packed).tobytes()
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

    def _accessor(self, index: int) -> NDArray[Any]:
        """Values (n, width) as they are stored, integers not yet normalised."""
        accessor = self.gltf["accessors"][index]
        dtype, width = np.dtype(_DTYPES[accessor["componentType"]]), _WIDTHS[accessor["type"]]
        count = accessor["count"]
        if "bufferView" in accessor:
            values = self._strided(accessor, count, dtype, width)
        else:
            values = np.zeros((count, width), dtype)
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            places = self._strided(
                sparse["indices"], sparse["count"], np.dtype(_DTYPES[sparse["indices"]["componentType"]]), 1
            )
            if places.max() >= count:
                raise Malformed("glTF: a sparse accessor names an element that it does not have")
            values = values.copy()
            values[places[:, 0]] = self._strided(sparse["values"], sparse["count"], dtype, width)
        return values

    def _strided(self, part: Any, count: int, dtype: np.dtype[Any], width: int) -> NDArray[Any]:
        view = self._view(part["bufferView"])
        element = dtype.itemsize * width
        stride = self.gltf["bufferViews"][part["bufferView"]].get("byteStride", element)
        start = part.get("byteOffset", 0)
        if start + stride * (count - 1) + element > len(view):
            raise Malformed("glTF: an accessor ends after its view")
        if stride == element:
            return np.frombuffer(view[start : start + count * element].tobytes(), dtype).reshape(count, width)
        rows = np.lib.stride_tricks.as_strided(view[start:], (count, element), (stride, 1))
        return np.ascontiguousarray(rows).view(dtype).reshape(count, width)

    def _floats(self, index: int) -> NDArray[np.float32]:
        """An attribute as numbers; normalised integers to their fractions (glTF 2.0, 3.11)."""
        accessor = self.gltf["accessors"][index]
        return _as_floats(self._accessor(index), accessor["componentType"], normalized=bool(accessor.get("normalized")))

    # Meshes.

    def _primitive(self, description: Any, material: int, which: tuple[int, Floats | None]) -> Primitive | None:
        mode = description.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN):
            self.say("points and lines were left out")
            return None
        if description.get("targets"):
            self.say("morph targets were left out")
        names = description["attributes"]
        if "POSITION" not in names:
            return None
        packed = description.get("extensions", {}).get(_DRACO)
        values, indices = self._draco(description, packed) if packed else self._arrays(description)
        count = len(values["POSITION"])
        if indices is None:
            indices = np.arange(count, dtype=np.uint32)
        triangles = _triangles(indices, mode)
        uvs = values.get(f"TEXCOORD_{which[0]}")
        if uvs is not None:
            uvs = uvs[:, :2]
            if which[1] is not None:
                uvs = (np.column_stack([uvs, np.ones(count)]) @ which[1].T)[:, :2]
        colours = values.get("COLOR_0")
        normals = values.get("NORMAL")
        return Primitive(
            positions=values["POSITION"][:, :3].astype(np.float64),
            indices=triangles,
            normals=None if normals is None else np.ascontiguousarray(normals[:, :3], np.float32),
            uvs=None if uvs is None else np.ascontiguousarray(uvs, np.float32),
            colours=None if colours is None else _rgba(colours),
            material=material,
        )

    def _arrays(self, description: Any) -> tuple[dict[str, NDArray[Any]], NDArray[np.uint32] | None]:
        values = {name: self._floats(index) for name, index in description["attributes"].items() if _is_wanted(name)}
        if "indices" not in description:
            return values, None
        return values, self._accessor(description["indices"])[:, 0].astype(np.uint32)

    def _draco(self, description: Any, packed: Any) -> tuple[dict[str, NDArray[Any]], NDArray[np.uint32] | None]:
        import DracoPy

        data = self._view(packed["bufferView"]).tobytes()
        accessors = self.gltf["accessors"]
        stated = accessors[description["attributes"]["POSITION"]]["count"]
        faces = accessors[description["indices"]]["count"] // 3 if "indices" in description else stated
        try:
            mesh = DracoPy.decode(data)
        except (ValueError, DracoPy.FileTypeException, MemoryError) as broken:
            raise Malformed(f"glTF: a Draco mesh cannot be decoded: {broken}") from broken
        if len(mesh.points) != stated or len(mesh.faces) > max(faces, 1):
            raise Malformed(f"glTF: a Draco mesh has {len(mesh.points):,} points where {stated:,} are stated")
        values: dict[str, NDArray[Any]] = {}
        for name, identifier in packed["attributes"].items():
            if _is_wanted(name):
                found = mesh.get_attribute_by_unique_id(identifier)
                if found is None:
                    raise Malformed(f"glTF: a Draco mesh has no attribute {identifier} for {name[:40]}")
                accessor = accessors[description["attributes"][name]]
                raw = np.asarray(found["data"]).reshape(stated, -1)
                values[name] = _as_floats(raw, accessor["componentType"], normalized=bool(accessor.get("normalized")))
        # Draco always decodes to a list of triangles, whatever the mode says.
        description.pop("mode", None)
        return values, np.asarray(mesh.faces, np.uint32).reshape(-1)

    # Materials.

    def _coordinates(self, number: int) -> tuple[int, Floats | None]:
        """Which texture coordinates a material uses, and their transform."""
        for info in _infos(self.gltf["materials"][number]).values():
            return _set_of(info)
        return 0, None

    def _material(self, number: int) -> Material:
        source = self.gltf["materials"][number]
        infos = _infos(source)
        pbr = source.get("pbrMetallicRoughness", {})
        specular = source.get("extensions", {}).get(_SPECULAR)
        material = Material(
            name=str(source.get("name", ""))[:200],
            base_colour=_numbers(pbr.get("baseColorFactor", (1, 1, 1, 1)), 4),
            metallic=float(pbr.get("metallicFactor", 1.0)),
            roughness=float(pbr.get("roughnessFactor", 1.0)),
            emissive=_numbers(source.get("emissiveFactor", (0, 0, 0)), 3),
            alpha_mode=str(source.get("alphaMode", "OPAQUE")),
            alpha_cutoff=float(source.get("alphaCutoff", 0.5)),
            double_sided=bool(source.get("doubleSided", False)),
        )
        if material.alpha_mode not in ("OPAQUE", "MASK", "BLEND"):
            raise Malformed(f"glTF: alpha mode {material.alpha_mode[:40]!r}")
        if specular is not None:
            self.say("a material of specular and glossiness was turned into metal and roughness")
            material = replace(
                material,
                base_colour=_numbers(specular.get("diffuseFactor", (1, 1, 1, 1)), 4),
                metallic=0.0,
                roughness=1.0 - float(specular.get("glossinessFactor", 1.0)),
            )
        chosen = self._coordinates(number)
        found: dict[str, Any] = {}
        for role, info in infos.items():
            if not _same_set(_set_of(info), chosen):
                self.say(f"a {role.replace('_', ' ')} map with texture coordinates of its own was left out")
                continue
            image = self._image(info["index"])
            if image is not None:
                found[f"{role}_image"] = image
        return replace(material, **found)

    def _image(self, texture: int) -> Image | None:
        textures, pictures = self.gltf.get("textures", ()), self.gltf.get("images", ())
        if not 0 <= texture < len(textures):
            raise Malformed(f"glTF: texture {texture} is not there")
        description = textures[texture]
        source = description.get("extensions", {}).get("EXT_texture_webp", {}).get("source", description.get("source"))
        if source is None:
            self.say("a texture in a format that is not read was left out")
            return None
        if not 0 <= source < len(pictures):
            raise Malformed(f"glTF: image {source} is not there")
        picture = pictures[source]
        if "bufferView" in picture:
            views = self.gltf.get("bufferViews", ())
            if not 0 <= picture["bufferView"] < len(views):
                raise Malformed(f"glTF: buffer view {picture['bufferView']} is not there")
            data: bytes | None = self._view(picture["bufferView"]).tobytes()
        else:
            data = _bytes_of(picture["uri"], self.neighbours, f"image {source}")
        return None if data is None else images.checked(data, f"image {source}")


def _is_wanted(name: str) -> bool:
    return name in ("POSITION", "NORMAL", "COLOR_0") or name.startswith("TEXCOORD_")


def _as_floats(values: NDArray[Any], component: int, *, normalized: bool) -> NDArray[np.float32]:
    if values.dtype == np.float32:
        return values
    out = values.astype(np.float32)
    if normalized:
        out = np.maximum(out / np.float32(_SCALES[component]), np.float32(-1.0))
    return out


def _rgba(colours: NDArray[Any]) -> NDArray[np.uint8]:
    out = np.full((len(colours), 4), 255, np.uint8)
    out[:, : colours.shape[1]] = np.rint(np.clip(np.nan_to_num(colours[:, :4]), 0.0, 1.0) * 255.0)
    return out


def _triangles(indices: NDArray[np.uint32], mode: int) -> Indices:
    if mode == _TRIANGLES:
        return np.ascontiguousarray(indices[: len(indices) // 3 * 3].reshape(-1, 3), np.uint32)
    count = max(len(indices) - 2, 0)
    turn = np.arange(count)
    if mode == _FAN:
        return np.stack([np.broadcast_to(indices[:1], count), indices[1:-1], indices[2:]], axis=1).astype(np.uint32)
    odd = turn % 2
    # glTF 2.0, 3.7.2.1: every second triangle of a strip is turned, so that all wind alike.
    return np.stack([indices[turn], indices[turn + 1 + odd], indices[turn + 2 - odd]], axis=1).astype(np.uint32)


def _local(node: Any) -> Floats:
    if "matrix" in node:
        matrix: Floats = np.array(_numbers(node["matrix"], 16)).reshape(4, 4).T
        return matrix
    x, y, z, w = _numbers(node.get("rotation", (0, 0, 0, 1)), 4)
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= _numbers(node.get("scale", (1, 1, 1)), 3)
    out[:3, 3] = _numbers(node.get("translation", (0, 0, 0)), 3)
    return out


def _moved(primitive: Primitive, matrix: Floats) -> Primitive:
    """The primitive by a node's matrix; a mirror turns the triangles, so that their fronts stay in front."""
    if np.array_equal(matrix, np.eye(4)):
        return primitive
    linear = matrix[:3, :3]
    determinant = float(np.linalg.det(linear))
    normals = primitive.normals
    if normals is not None:
        # Inverse transpose by cofactors, so that a flat scale does not divide by zero.
        cofactors = np.array([np.cross(linear[(i + 1) % 3], linear[(i + 2) % 3]) for i in range(3)])
        normals = (normals.astype(np.float64) @ cofactors.T * np.sign(determinant or 1.0)).astype(np.float32)
    return replace(
        primitive,
        positions=primitive.positions @ linear.T + matrix[:3, 3],
        normals=normals,
        indices=primitive.indices[:, [0, 2, 1]] if determinant < 0.0 else primitive.indices,
    )


def _numbers(values: Sequence[Any], count: int) -> Any:
    out = tuple(float(value) for value in values)
    if len(out) != count or not np.isfinite(out).all():
        raise Malformed(f"glTF: {count} finite numbers were expected")
    return out


def _infos(material: Any) -> dict[str, Any]:
    """Texture infos by role, base colour first."""
    pbr = material.get("pbrMetallicRoughness", {})
    specular = material.get("extensions", {}).get(_SPECULAR, {})
    candidates = {
        "base_colour": specular.get("diffuseTexture", pbr.get("baseColorTexture")),
        "normal": material.get("normalTexture"),
        "metallic_roughness": None if specular else pbr.get("metallicRoughnessTexture"),
        "occlusion": material.get("occlusionTexture"),
        "emissive": material.get("emissiveTexture"),
    }
    return {role: info for role, info in candidates.items() if info is not None}


def _set_of(info: Any) -> tuple[int, Floats | None]:
    transform = info.get("extensions", {}).get("KHR_texture_transform")
    number = int(info.get("texCoord", 0))
    if transform is None:
        return number, None
    number = int(transform.get("texCoord", number))
    x, y = _numbers(transform.get("offset", (0, 0)), 2)
    width, height = _numbers(transform.get("scale", (1, 1)), 2)
    turn = float(transform.get("rotation", 0.0))
    c, s = np.cos(turn), np.sin(turn)
    # KHR_texture_transform: translation × rotation × scale.
    return number, np.array([[c * width, s * height, x], [-s * width, c * height, y], [0.0, 0.0, 1.0]])


def _same_set(a: tuple[int, Floats | None], b: tuple[int, Floats | None]) -> bool:
    one, other = (np.eye(3) if s[1] is None else s[1] for s in (a, b))
    return a[0] == b[0] and bool(np.allclose(one, other))
