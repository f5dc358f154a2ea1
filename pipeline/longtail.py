"""The one door to trimesh: 3MF and COLLADA, what museums hold of its long tail. Loaded only for such a file.

trimesh and its helpers (lxml, networkx, pycollada) believe what they read and skip in silence what they cannot. So a
document is looked at first (`pipeline.markup`, `pipeline.outline`), trimesh gets bytes and never a path, archive or
image, and what it gives is counted against the outline. Its loaders are called themselves: `trimesh.load` would go on
to guess file types, merge points and drop the colours of a mesh that has a material, too.

From 3MF come shapes, components, places and names; trimesh gives none of its colours. From COLLADA also normals, the
first set of texture coordinates, colours, and of materials the diffuse colour or image, emission and transparency.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from pipeline import images, markup, outline
from pipeline.colour import full_scale, linear_bytes
from pipeline.corners import Points
from pipeline.joined import Joined
from scenes.counting import counted
from scenes.errors import Malformed, SceneError, Unsupported
from tiling.mesh import Image, Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store
    from tiling.mesh import Floats

_MOST_PARTS = 4096
_LOST = 0xFFFFFFFF  # an index that the repair takes away and counts


def read_3mf(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of the root part of a 3MF package, in its own units.

    Raises:
        Malformed: it is broken, has a DTD, or builds nothing.
        TooLarge: its components unfold to more than `outline.MOST_INSTANCES` or `outline.MOST_TRIANGLES`.
    """
    from trimesh.exchange import threemf

    root = markup.tree(data, "3MF")
    found = outline.of_3mf(root, neighbours)
    # trimesh wants an archive: it gets one of this one document, which is whole now, and not the deposit's.
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("3D/3dmodel.model", outline.written(root))
    del root
    box.seek(0)
    loaded = _loaded("3MF", lambda: threemf.load_3MF(box, postprocess=False))
    # An object without a name goes by its number here, which says nothing.
    names = {key: key for key in loaded["geometry"] if key not in found.unnamed}
    model = _model("3MF", loaded, names, _Looks(None), store)
    places = sum(entry["geometry"] in loaded["geometry"] for entry in loaded["graph"])
    if places != found.instances:
        raise Malformed(f"3MF: {found.instances:,} shapes stand in it, and {places:,} of them were found")
    return replace(model, report=(*found.report, *model.report))


def read_collada(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of a COLLADA document, in its own units.

    Raises:
        Malformed: it is broken, has a DTD, or none of its shapes can be read.
        Unsupported: it has no shapes, or only such as hang on skeletons.
        TooLarge: its nodes unfold to more than `outline.MOST_INSTANCES` or `outline.MOST_UNFOLDED`.
        ForbiddenReference: it names an image outside of its folder.
    """
    from trimesh.exchange import dae

    found = outline.of_collada(markup.tree(data, "COLLADA"))
    pictures = _Pictures(neighbours)
    loaded = _loaded("COLLADA", lambda: dae.load_collada(io.BytesIO(bytes(data)), resolver=pictures))
    if pictures.refused is not None:
        raise pictures.refused
    report = [*found.report, *pictures.report]
    names: dict[str, str] = {}
    for key in loaded["geometry"]:
        # trimesh numbers those that stand in several places, and those of several materials.
        name = key if key in found.names else key.rsplit("_", 1)[0]
        names[key] = found.names.get(name, "")
        found.shapes.discard(name)
    if found.shapes:
        report.append(
            counted(len(found.shapes), "[shape could not be read and was|shapes could not be read and were] left out")
        )
    report += [
        f"the file {name!r} is not there; the model is shown without it" for name in sorted(set(neighbours.missing))
    ]
    try:
        model = _model("COLLADA", loaded, names, _Looks(pictures), store)
    except Malformed as nothing:
        raise Malformed("; ".join([str(nothing), *report])) from nothing
    return replace(model, report=(*report, *model.report))


def _loaded(what: str, load: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What trimesh gives; whatever it trips over is the file's fault, for nothing else went in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's, of texts that are no numbers: counted afterwards
            return load()
    except (MemoryError, SceneError):
        raise
    except Exception as wrong:
        if markup.is_lack_of_memory(wrong):
            raise MemoryError from wrong
        raise Malformed(f"{what}: it cannot be read ({type(wrong).__name__}: {str(wrong)[:200]})") from wrong


def _model(what: str, loaded: dict[str, Any], names: dict[str, str], looks: _Looks, store: Store) -> Model:
    """All that stands in the scene, each at its place, as primitives."""
    primitives = []
    for entry in loaded["graph"]:
        mesh = loaded["geometry"].get(entry.get("geometry"))
        if mesh is None or not len(mesh["faces"]):
            continue
        matrix = np.asarray(entry["matrix"], np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise Malformed(f"{what}: the place of {names.get(entry['geometry'], '')[:80]!r} is not finite")
        material = looks.number(mesh.get("visual"), coloured=mesh.get("vertex_colors") is not None)
        primitives.append(_placed(_plain(mesh, names.get(entry["geometry"], ""), material, store), matrix))
    if not primitives:
        raise Malformed(f"{what}: no shape can be read")
    report = looks.report
    if len(primitives) > _MOST_PARTS:
        report = [*report, f"it has more than {_MOST_PARTS:,} parts; they were joined by material, without their names"]
        primitives = list(_together(primitives))
    return Model(tuple(primitives), tuple(looks.materials), tuple(report))


def _plain(mesh: dict[str, Any], name: str, material: int, store: Store) -> Primitive:
    """trimesh's arrays as ours, without its unit and place. Equal corners of a COLLADA mesh become one vertex."""
    positions = np.asarray(mesh["vertices"], np.float64).reshape(-1, 3)
    faces = np.asarray(mesh["faces"], np.int64).reshape(-1, 3)
    indices = np.where((faces < 0) | (faces >= len(positions)), _LOST, faces).astype(np.uint32)
    primitive = Primitive(positions, indices, material=material, name=name[:200])
    if "visual" not in mesh:
        return primitive  # of 3MF: its points are shared as they stand
    return _welded(primitive, mesh, store)


def _welded(primitive: Primitive, mesh: dict[str, Any], store: Store) -> Primitive:
    """COLLADA's corners have indices of their own for each attribute, and trimesh writes every corner out."""
    count = len(primitive.positions)
    normals, colours = (
        _column(mesh.get("vertex_normals"), count, (3,)),
        _column(mesh.get("vertex_colors"), count, (3, 4)),
    )
    uvs = _column(getattr(mesh.get("visual"), "uv", None), count, (2,))
    # Texture coordinates and colour of a corner go by one number, its normal by another.
    looks = np.zeros((count, 3), np.float32)
    if uvs is not None:
        looks[:, :2] = uvs
    shades = None
    if colours is not None:
        shades = linear_bytes(colours / full_scale(colours))
        looks[:, 2] = _numbered(shades)
    points = Points(store, count // 4, np.float64)
    corners = points.add(primitive.positions).astype(np.int32).reshape(-1, 3)
    seen, directions = Points(store, count // 4, np.float32), Points(store, count // 4, np.float32)
    keys = np.stack(
        [
            seen.add(looks),
            np.zeros(count, np.uint32) if normals is None else directions.add(normals.astype(np.float32)),
        ],
        1,
    ).astype(np.int32)
    keys = keys.reshape(-1, 3, 2)
    joined = Joined(
        store,
        corners,
        points=len(points.done()),
        parts=1,
        keys=lambda part: keys[part],
        part_of=lambda part: np.zeros(part.stop - part.start, np.int32),
    )
    palette = None if shades is None else np.unique(shades.view("<u4"))
    out = replace(
        primitive,
        positions=joined.column(3, np.float64, lambda rows: points.done()[rows[:, 0]]),
        indices=joined.indices(0),
    )
    if normals is not None:
        out = replace(out, normals=joined.column(3, np.float32, lambda rows: directions.done()[rows[:, 2]]))
    if uvs is not None:
        # COLLADA counts from the bottom, as OpenGL does.
        flip, shift = np.array([1.0, -1.0], np.float32), np.array([0.0, 1.0], np.float32)
        out = replace(out, uvs=joined.column(2, np.float32, lambda rows: seen.done()[rows[:, 1], :2] * flip + shift))
    if palette is not None:

        def shade(rows: NDArray[np.int32]) -> NDArray[np.uint8]:
            chosen: NDArray[np.uint8] = (
                palette[seen.done()[rows[:, 1], 2].astype(np.int64)].view(np.uint8).reshape(-1, 4)
            )
            return chosen

        out = replace(out, colours=joined.column(4, np.uint8, shade))
    return out


def _column(values: Any, count: int, widths: tuple[int, ...]) -> NDArray[Any] | None:
    """An attribute of every corner, or None where it is none."""
    if values is None:
        return None
    out: NDArray[Any] = np.asarray(values)
    fits = out.ndim == 2 and len(out) == count and out.shape[1] in widths and count > 0
    return out if fits else None


def _numbered(shades: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The number of each colour (n, 4) among those that there are: a float32 holds sixteen million exactly."""
    return np.unique(shades.view("<u4"), return_inverse=True)[1].reshape(-1).astype(np.float32)


def _placed(primitive: Primitive, matrix: Floats) -> Primitive:
    """The primitive by a node's matrix; a mirror turns the triangles, so that their fronts stay in front."""
    if np.array_equal(matrix, np.eye(4)):
        return primitive
    turn = matrix[:3, :3]
    determinant = np.linalg.det(turn)
    out = replace(primitive, positions=primitive.positions @ turn.T + matrix[:3, 3])
    if primitive.normals is not None:
        # By the cofactors, which are the inverse transposed but for a length, and are there when that is not.
        cofactors = np.stack([np.cross(turn[1], turn[2]), np.cross(turn[2], turn[0]), np.cross(turn[0], turn[1])])
        turned = primitive.normals @ (cofactors.T * (1.0 if determinant >= 0.0 else -1.0))
        length = np.linalg.norm(turned, axis=1, keepdims=True)
        out = replace(out, normals=(turned / np.where(length > 0.0, length, 1.0)).astype(np.float32))
    if determinant < 0.0:
        out = replace(out, indices=np.ascontiguousarray(primitive.indices[:, ::-1]))
    return out


def _together(primitives: Iterable[Primitive]) -> Iterator[Primitive]:
    """One primitive for each material and set of attributes."""
    columns = ("normals", "uvs", "colours")
    groups: dict[tuple[Any, ...], list[Primitive]] = {}
    for one in primitives:
        has = tuple(getattr(one, column) is not None for column in columns)
        groups.setdefault((one.material, *has), []).append(one)
    for (material, *_), group in groups.items():
        starts = np.cumsum([0, *(len(one.positions) for one in group)])
        # Lost ones stay lost: what they are moved by could make them name another's points.
        rows = [
            np.where(one.indices == _LOST, np.int64(_LOST), one.indices.astype(np.int64) + start).astype(np.uint32)
            for one, start in zip(group, starts[:-1].tolist(), strict=True)
        ]
        joined: dict[str, Any] = {
            column: np.concatenate([getattr(one, column) for one in group])
            for column in columns
            if getattr(group[0], column) is not None
        }
        positions = np.concatenate([one.positions for one in group])
        yield Primitive(positions, np.concatenate(rows), material=material, **joined)


class _Pictures:
    """trimesh's resolver of names: gives a stand-in of one pixel for every image, and keeps the image itself."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self.report: list[str] = []
        self.refused: SceneError | None = None
        self._kept: list[Image] = []
        self._places: dict[str, int] = {}

    def get(self, name: str) -> bytes:
        """A stand-in for the image of this name. trimesh goes on without it at any error."""
        if name not in self._places:
            try:
                self._places[name] = self._keep(name)
            except (SceneError, MemoryError) as refused:
                if isinstance(refused, SceneError):
                    self.refused = self.refused or refused
                raise
        out, note = io.BytesIO(), PngInfo()
        note.add_text("place", str(self._places[name]))
        Pillow.new("L", (1, 1)).save(out, "PNG", pnginfo=note)
        return out.getvalue()

    def _keep(self, name: str) -> int:
        data = self._neighbours.find(_local(name), self.report)
        if data is None:
            raise FileNotFoundError(name)
        try:
            self._kept.append(images.checked(data, f"the image {name[:80]!r}"))
        except Unsupported as unknown:
            self.report.append(f"{unknown}; it was left out")
            raise FileNotFoundError(name) from unknown
        return len(self._kept) - 1

    def image(self, stand_in: Any) -> Image:
        """The image that a stand-in stands for."""
        return self._kept[int(stand_in.info["place"])]


def _local(name: str) -> str:
    """The path in a file URI, without its scheme and percent signs; anything else as it is."""
    for scheme in ("file:///", "file://"):
        if name[: len(scheme)].lower() == scheme:
            path = unquote(name[len(scheme) :])
            return path if path[1:2] == ":" or scheme == "file://" else f"/{path}"
    return name


class _Looks:
    """The materials of a model, each once."""

    def __init__(self, pictures: _Pictures | None) -> None:
        self._pictures = pictures
        self.materials: list[Material] = []
        self.report: list[str] = []

    def number(self, visual: Any, *, coloured: bool) -> int:
        """The number of what trimesh says that a mesh, with or without colours of its own, looks like."""
        material = self._material(getattr(visual, "material", None))
        if coloured:
            # Exporters leave any colour beside those of the points; glTF would multiply them.
            material = replace(material, base_colour=(1.0, 1.0, 1.0, material.base_colour[3]))
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def _material(self, source: Any) -> Material:
        if source is None or self._pictures is None:
            return Material()
        r, g, b, alpha = (float(part) / 255.0 for part in source.baseColorFactor)
        if alpha <= 0.0:
            # COLLADA has four ways to write transparency, and exporters take each other's.
            self._say("a material is wholly transparent; it is shown opaque")
            alpha = 1.0
        emissive = np.clip(np.nan_to_num(np.asarray(source.emissiveFactor, np.float64).reshape(-1)[:3]), 0.0, 1.0)
        # Roughness is left: trimesh makes it of the shininess alone, which exporters fill by habit (50 in Blender)
        # beside a specular colour of black, and a matt scan would gleam.
        out = Material(
            base_colour=(r, g, b, alpha),
            emissive=(float(emissive[0]), float(emissive[1]), float(emissive[2])),
            alpha_mode="BLEND" if alpha < 1.0 else "OPAQUE",
        )
        if source.baseColorTexture is not None:
            image = self._pictures.image(source.baseColorTexture)
            out = replace(out, base_colour_image=image, base_colour=(1.0, 1.0, 1.0, alpha))
        if source.normalTexture is not None:
            # Of heights or of normals: COLLADA's <bump> may be either.
            self._say("a bump map was left out")
        if source.emissiveTexture is not None:
            self._say("an emissive map was left out")
        return out

    def _say(self, line: str) -> None:
        if line not in self.report:
            self.report.append(line)
