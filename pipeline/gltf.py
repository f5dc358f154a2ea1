"""Our reader of glTF 2.0: GLB, or JSON with its files. `scenes.gltf_check` looks at everything before it is decoded.

Read: plain, sparse and quantised accessors, EXT_ and KHR_meshopt_compression, KHR_draco_mesh_compression, strips and
fans, node transforms in double precision, EXT_mesh_gpu_instancing, KHR_texture_transform (baked into the coordinates),
several materials, each with up to two sets of texture coordinates, images in buffers, data URIs and files. Left out,
and said so in the report: points and lines, skins, morph targets, animations, other scenes, and maps that use a third
set of texture coordinates.

Arrays of a file that is mapped stay so: what needs no change is the file itself, and what does is changed in pieces.
Only compressed buffers are decoded as a whole, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.gltf_arrays import Arrays, as_floats, buffers_of, stated_lengths
from pipeline.gltf_materials import Coordinates, Materials, coordinates, numbers
from scenes import glb, gltf_check
from scenes.counting import counted, worded
from scenes.errors import Malformed, Unsupported
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store
    from tiling.mesh import Floats, Indices

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_DRACO = "KHR_draco_mesh_compression"
_INSTANCING = "EXT_mesh_gpu_instancing"
_MOST_PARTS = 4096  # places of meshes that are kept apart; more are joined by mesh
_FAR_M = 1000.0  # from here on single precision steps by 0.06 mm, and positions are kept in double
MOST_DECODED_TO_DISK = 16 << 30


def read_glb(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of a GLB file. Raises Malformed, Unsupported, TooLarge, ForbiddenReference."""
    chunks = glb.read(data.data)
    start = 0
    if len(chunks.binary):
        # As a part of the array that the file is, not of its memory: only that knows how to let go of its pages.
        start = np.frombuffer(chunks.binary, np.uint8).ctypes.data - data.ctypes.data
    binary = data[start : start + len(chunks.binary)]
    return _read(gltf_check.document(chunks.json), binary, neighbours, store)


def read_json(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of a glTF document and its files. Raises Malformed, Unsupported, TooLarge, ForbiddenReference."""
    return _read(gltf_check.document(data.tobytes()), data[:0], neighbours, store)


def _read(document: gltf_check.Document, binary: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    most = gltf_check.DECODED_BYTES if store.folder is None else MOST_DECODED_TO_DISK
    # References are judged before a single one is followed.
    gltf_check.check(document, stated_lengths(document), most)
    try:
        buffers = buffers_of(document, binary, neighbours)
        gltf_check.check(document, [len(buffer) for buffer in buffers], most)
        return _Reader(document, Arrays(document, buffers, store), neighbours, store).model()
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as wrong:
        raise Malformed(
            f"glTF: a property is missing or of the wrong kind ({type(wrong).__name__}: {wrong})"
        ) from wrong


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mesh stands: a name, and a matrix for each time that it does."""

    name: str
    matrices: tuple[Floats, ...]


@dataclass
class _Reader:
    gltf: gltf_check.Document
    arrays: Arrays
    neighbours: Neighbours
    store: Store
    report: dict[str, None] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """Add a line to the report, once."""
        self.report.setdefault(line)

    def model(self) -> Model:
        """The scene as primitives in one frame."""
        materials = Materials(self.gltf, self.arrays, self.neighbours, self.say).all()
        default = len(materials)
        sets = [
            coordinates(source)[: 2 if material.second else 1]
            for source, material in zip(self.gltf.get("materials", ()), materials, strict=True)
        ]
        mapped_ = [any(image is not None for image in _images(material)) for material in materials]
        primitives: list[Primitive] = []
        bare: dict[int, int] = {}
        for mesh, places in sorted(self._places().items()):
            for description in self.gltf["meshes"][mesh]["primitives"]:
                number = description.get("material", default)
                primitive = self._primitive(description, number, sets[number] if number < default else [(0, None)])
                if primitive is None:
                    continue
                if number < default and mapped_[number] and primitive.uvs is None:
                    self.say("a textured material is shown plain where its mesh has no such texture coordinates")
                elif number < default and materials[number].second and primitive.second_uvs is None:
                    self.say("a map in a second set of texture coordinates was left out where its mesh has no such set")
                    primitive = replace(primitive, material=bare.setdefault(number, default + 1 + len(bare)))
                primitives += [_placed(primitive, place, self.store) for place in places]
        for kind, line in (("animations", "animations were left out"), ("cameras", "cameras were left out")):
            if self.gltf.get(kind):
                self.say(line)
        if not primitives:
            raise Unsupported("; ".join(["glTF: there are no triangles in the scene", *self.report]))
        for name in sorted(set(self.neighbours.missing)):
            self.say(f"the file {name!r} is not there; the model is shown without it")
        made = (Material(metallic=1.0), *(_without_second(materials[number]) for number in bare))
        return Model(tuple(primitives), (*materials, *made), tuple(self.report))

    def _places(self) -> dict[int, list[_Place]]:
        """Where each mesh stands in the scene."""
        places: dict[int, list[_Place]] = {}
        meshes = self.gltf.get("meshes", ())
        shown, total = 0, 0
        for node, matrix, above in self._world():
            if "skin" in node:
                self.say("a skinned mesh is shown in its rest pose")
            if "mesh" in node:
                name = str(node.get("name") or meshes[node["mesh"]].get("name") or above)[:200]
                places.setdefault(node["mesh"], []).append(_Place(name, self._instances(node, matrix)))
                shown += 1
                total += len(meshes[node["mesh"]]["primitives"])
        left = sum("mesh" in node for node in self.gltf.get("nodes", ())) - shown
        if left:
            said = "[node with a mesh stands|nodes with meshes stand] in another scene, or in none"
            self.say(f"{counted(left, said)}; {worded(left, '[it was|they were]')} left out")
        if total > _MOST_PARTS:
            self.say(f"it has more than {_MOST_PARTS:,} parts; those of the same mesh were joined, without their names")
            for mesh, several in places.items():
                places[mesh] = [_Place("", tuple(matrix for place in several for matrix in place.matrices))]
        return places

    def _world(self) -> Iterator[tuple[Any, Floats, str]]:
        """Nodes of the scene, their matrices and the name above them; the graph is known to be a forest."""
        nodes = self.gltf.get("nodes", [])
        if self.gltf.get("scenes"):
            roots = self.gltf["scenes"][self.gltf.get("scene", 0)].get("nodes", [])
        else:
            children = {child for node in nodes for child in node.get("children", ())}
            roots = [index for index in range(len(nodes)) if index not in children]
        waiting = [(index, np.eye(4), "") for index in reversed(roots)]
        while waiting:
            index, above, name = waiting.pop()
            node = nodes[index]
            matrix = above @ _local(node)
            if not np.isfinite(matrix).all():
                raise Malformed(f"glTF: the transform of node {index} is not finite")
            yield node, matrix, name
            name = str(node.get("name") or name)
            waiting += [(child, matrix, name) for child in reversed(node.get("children", ()))]

    def _instances(self, node: Any, matrix: Floats) -> tuple[Floats, ...]:
        """The node's matrix, or one for each of its instances."""
        described = node.get("extensions", {}).get(_INSTANCING)
        if described is None:
            return (matrix,)
        found = {
            name: as_floats(self.arrays.accessor(index), normalized=self.arrays.is_normalized(index))
            for name, index in described["attributes"].items()
            if name in ("TRANSLATION", "ROTATION", "SCALE")
        }
        count = max((len(values) for values in found.values()), default=0)
        out = []
        for i in range(count):
            parts = {name.lower(): values[i].tolist() for name, values in found.items()}
            out.append(matrix @ _local(parts))
        return tuple(out)

    # Meshes.

    def _primitive(self, description: Any, material: int, sets: list[Coordinates]) -> Primitive | None:
        mode = description.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN):
            self.say("points and lines were left out")
            return None
        if description.get("targets"):
            self.say("morph targets were left out")
        if "POSITION" not in description["attributes"]:
            self.say("a mesh without positions was left out")
            return None
        packed = description.get("extensions", {}).get(_DRACO)
        values, indices = self._draco(description, packed) if packed else self._arrays_of(description)
        if packed:
            # Draco always decodes to a list of triangles, whatever the mode says.
            mode = _TRIANGLES
        positions, is_fraction = values["POSITION"]
        normals, colours = values.get("NORMAL"), values.get("COLOR_0")
        uvs = [
            self._uvs(values[name][0][:, :2], matrix, normalized=values[name][1]) if name in values else None
            for name, matrix in ((f"TEXCOORD_{number}", matrix) for number, matrix in sets)
        ]
        return Primitive(
            positions=self._floats(positions[:, :3], np.float32, normalized=is_fraction),
            indices=self._triangles(indices, len(positions), mode),
            normals=None if normals is None else self._floats(normals[0][:, :3], np.float32, normalized=normals[1]),
            uvs=uvs[0],
            colours=None if colours is None else self._rgba(colours[0]),
            material=material,
            second_uvs=uvs[1] if len(uvs) > 1 and uvs[0] is not None else None,
        )

    def _arrays_of(self, description: Any) -> tuple[dict[str, tuple[NDArray[Any], bool]], NDArray[Any] | None]:
        values = {
            name: (self.arrays.accessor(index), self.arrays.is_normalized(index))
            for name, index in description["attributes"].items()
            if _is_wanted(name)
        }
        return values, self.arrays.accessor(description["indices"])[:, 0] if "indices" in description else None

    def _draco(self, description: Any, packed: Any) -> tuple[dict[str, tuple[NDArray[Any], bool]], NDArray[Any] | None]:
        import DracoPy

        data = self.arrays.view(packed["bufferView"]).tobytes()
        accessors = self.gltf["accessors"]
        stated = accessors[description["attributes"]["POSITION"]]["count"]
        faces = accessors[description["indices"]]["count"] // 3 if "indices" in description else stated
        try:
            mesh = DracoPy.decode(data)
        except (ValueError, DracoPy.FileTypeException, MemoryError) as broken:
            raise Malformed(f"glTF: a Draco mesh cannot be decoded: {broken}") from broken
        if len(mesh.points) != stated or len(mesh.faces) > max(faces, 1):
            raise Malformed(f"glTF: a Draco mesh has {len(mesh.points):,} points where {stated:,} are stated")
        values: dict[str, tuple[NDArray[Any], bool]] = {}
        for name, identifier in packed["attributes"].items():
            if _is_wanted(name):
                found = mesh.get_attribute_by_unique_id(identifier)
                if found is None:
                    raise Malformed(f"glTF: a Draco mesh has no attribute {identifier} for {name[:40]}")
                raw = np.asarray(found["data"]).reshape(stated, -1)
                values[name] = self.arrays.stored(raw), self.arrays.is_normalized(description["attributes"][name])
        return values, self.arrays.stored(np.asarray(mesh.faces, np.uint32).reshape(-1))

    def _floats(self, values: NDArray[Any], dtype: Any, *, normalized: bool) -> NDArray[Any]:
        if values.dtype == dtype:
            return self.store.kept(values)
        out: NDArray[Any] = self.store.empty(values.shape, dtype)
        for start, piece in mapped.chunks(values):
            out[start : start + len(piece)] = as_floats(piece, normalized=normalized)
            mapped.release(out[start : start + len(piece)])
        return out

    def _uvs(self, values: NDArray[Any], matrix: Floats | None, *, normalized: bool) -> NDArray[np.float32]:
        if matrix is None:
            return self._floats(values, np.float32, normalized=normalized)
        out: NDArray[np.float32] = self.store.empty(values.shape, np.float32)
        for start, piece in mapped.chunks(values):
            flat = as_floats(piece, normalized=normalized).astype(np.float64)
            out[start : start + len(piece)] = flat @ matrix[:2, :2].T + matrix[:2, 2]
            mapped.release(out[start : start + len(piece)])
        return out

    def _rgba(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Colours as bytes. Integers are fractions here even where the file forgets to say so."""
        out: NDArray[np.uint8] = self.store.empty((len(values), 4), np.uint8)
        width = min(values.shape[1], 4)
        for start, piece in mapped.chunks(values):
            part = out[start : start + len(piece)]
            part[:, 3] = 255
            fractions = np.clip(np.nan_to_num(as_floats(piece, normalized=True)), 0.0, 1.0)
            part[:, :width] = np.rint(fractions[:, :width] * 255.0)
            mapped.release(part)
        return out

    def _triangles(self, indices: NDArray[Any] | None, points: int, mode: int) -> Indices:
        """Triangles (m, 3) of a list, a strip or a fan of indices, or of all points in order."""
        count = points if indices is None else len(indices)

        def taken(start: int, stop: int) -> NDArray[Any]:
            return np.arange(start, stop, dtype=np.uint32) if indices is None else indices[start:stop]

        if mode == _TRIANGLES:
            if indices is not None and indices.dtype == np.uint32 and indices.flags.c_contiguous:
                return self.store.kept(indices[: count // 3 * 3].reshape(-1, 3))
            out: Indices = self.store.empty((count // 3, 3), np.uint32)
            for part in mapped.slices(len(out)):
                out[part] = taken(3 * part.start, 3 * part.stop).reshape(-1, 3)
                mapped.release(out[part])
            return out
        out = self.store.empty((max(count - 2, 0), 3), np.uint32)
        for part in mapped.slices(len(out)):
            one = taken(part.start, part.stop + 2)
            odd = np.arange(part.start, part.stop) % 2 == 1
            if mode == _FAN:
                out[part] = np.stack([np.broadcast_to(taken(0, 1), len(odd)), one[1:-1], one[2:]], axis=1)
            else:
                # glTF 2.0, 3.7.2.1: every second triangle of a strip is turned, so that all wind alike.
                second, third = np.where(odd, one[2:], one[1:-1]), np.where(odd, one[1:-1], one[2:])
                out[part] = np.stack([one[:-2], second, third], axis=1)
            mapped.release(out[part])
        return out


def _is_wanted(name: str) -> bool:
    return name in ("POSITION", "NORMAL", "COLOR_0") or name.startswith("TEXCOORD_")


def _images(material: Material) -> Iterable[Any]:
    return (
        material.base_colour_image,
        material.normal_image,
        material.metallic_roughness_image,
        material.occlusion_image,
        material.emissive_image,
    )


def _without_second(material: Material) -> Material:
    gone: dict[str, Any] = {f"{role}_image": None for role in material.second}
    return replace(material, second=(), **gone)


def _local(node: Any) -> Floats:
    if "matrix" in node:
        matrix: Floats = np.array(numbers(node["matrix"], 16)).reshape(4, 4).T
        return matrix
    x, y, z, w = numbers(node.get("rotation", (0, 0, 0, 1)), 4)
    length = np.sqrt(x * x + y * y + z * z + w * w)
    if length > 0.0:
        # Quantised rotations are not quite of length one.
        x, y, z, w = x / length, y / length, z / length, w / length
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= numbers(node.get("scale", (1, 1, 1)), 3)
    out[:3, 3] = numbers(node.get("translation", (0, 0, 0)), 3)
    return out


def _placed(primitive: Primitive, place: _Place, store: Store) -> Primitive:
    """The primitive at a place, as one, however many times it stands there."""
    primitive = replace(primitive, name=place.name)
    if len(place.matrices) == 1:
        return _moved(primitive, place.matrices[0], store)
    count, triangles, times = len(primitive.positions), len(primitive.indices), len(place.matrices)
    far = max((float(np.abs(matrix[:3, 3]).max()) for matrix in place.matrices), default=0.0) > _FAR_M

    def many(array: NDArray[Any] | None) -> Any:
        return None if array is None else store.empty((times * len(array), array.shape[1]), array.dtype)

    positions = store.empty((times * count, 3), np.float64 if far else np.float32)
    indices = store.empty((times * triangles, 3), np.uint32)
    normals, uvs, colours = many(primitive.normals), many(primitive.uvs), many(primitive.colours)
    second = many(primitive.second_uvs)
    for i, matrix in enumerate(place.matrices):
        rows, faces = slice(i * count, (i + 1) * count), slice(i * triangles, (i + 1) * triangles)
        _move(primitive.positions, matrix, positions[rows])
        for start, piece in mapped.chunks(primitive.indices):
            part = indices[faces][start : start + len(piece)]
            part[:] = piece[:, _order(matrix)] + np.uint32(i * count)
            mapped.release(part)
        if primitive.normals is not None:
            _turn(primitive.normals, matrix, normals[rows])
        for column, out in ((primitive.uvs, uvs), (primitive.second_uvs, second), (primitive.colours, colours)):
            if column is not None:
                for start, piece in mapped.chunks(column):
                    out[rows][start : start + len(piece)] = piece
                mapped.release(out[rows])
    return replace(
        primitive,
        positions=positions,
        indices=indices,
        normals=normals,
        uvs=uvs,
        colours=colours,
        second_uvs=second,
    )


def _moved(primitive: Primitive, matrix: Floats, store: Store) -> Primitive:
    """The primitive by a node's matrix; a mirror turns the triangles, so that their fronts stay in front."""
    if np.array_equal(matrix, np.eye(4)):
        return primitive
    far = float(np.abs(matrix[:3, 3]).max()) > _FAR_M
    positions = store.empty(primitive.positions.shape, np.float64 if far else np.float32)
    _move(primitive.positions, matrix, positions)
    normals, indices = primitive.normals, primitive.indices
    if normals is not None:
        normals = store.empty(normals.shape, np.float32)
        _turn(primitive.normals, matrix, normals)
    if np.linalg.det(matrix[:3, :3]) < 0.0:
        indices = store.empty(indices.shape, np.uint32)
        for start, piece in mapped.chunks(primitive.indices):
            indices[start : start + len(piece)] = piece[:, _order(matrix)]
            mapped.release(indices[start : start + len(piece)])
    return replace(primitive, positions=positions, normals=normals, indices=indices)


def _order(matrix: Floats) -> list[int]:
    return [0, 2, 1] if np.linalg.det(matrix[:3, :3]) < 0.0 else [0, 1, 2]


def _move(positions: NDArray[Any], matrix: Floats, out: NDArray[Any]) -> None:
    for start, piece in mapped.chunks(positions):
        # What overflows is not finite then, and repair takes it away.
        with np.errstate(over="ignore", invalid="ignore"):
            out[start : start + len(piece)] = piece.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        mapped.release(out[start : start + len(piece)])


def _turn(normals: Any, matrix: Floats, out: NDArray[Any]) -> None:
    linear = matrix[:3, :3]
    # Inverse transpose by cofactors, so that a flat scale does not divide by zero.
    cofactors = np.array([np.cross(linear[(i + 1) % 3], linear[(i + 2) % 3]) for i in range(3)])
    cofactors *= np.sign(np.linalg.det(linear)) or 1.0
    for start, piece in mapped.chunks(normals):
        turned = piece.astype(np.float64) @ cofactors.T
        length = np.linalg.norm(turned, axis=1, keepdims=True)
        out[start : start + len(piece)] = turned / np.where(length > 0.0, length, 1.0)
        mapped.release(out[start : start + len(piece)])
