"""From a file, or a model in memory, to a folder with a 3D Tiles document, tiles and shared images.

Texture policy: a large image whose texture coordinates stay within it (a photogrammetry atlas) is cut up, and each tile
carries what it needs at its own density. A small or a repeating image stays whole, as a file of its own that all tiles,
and all assets with the same image, share.
"""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import images, levels, read, source, stages
from pipeline.graph import Graph
from pipeline.level import LevelFigures, Tiled
from pipeline.results import Results
from scenes import gltf_build
from scenes.errors import Malformed
from scenes.model import Extent, Tileset
from tiling import atlas, build, cells, error, normals, tileset
from tiling.mesh import Image, Material, Model
from tiling.patch import layout_of
from tiling.quantize import Coding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from pipeline.source import Source
    from tiling.mesh import Bytes
    from tiling.patch import Layout
    from tiling.tree import TileTree

    Progress = Callable[[float, str], None]

DOCUMENT = "tileset.json"
_SMALL_PIXELS = 512 * 512
_SHARED_SIDE = 2048
_MEASURED_TRIANGLES = 1 << 16


@dataclass(frozen=True, slots=True)
class TileSettings:
    """What may be chosen of a tiling. Neither workers nor memory change a byte of the result."""

    workers: int = 1
    memory_bytes: int = 2 << 30
    most_seconds: int = 3600
    leaf_triangles: int = 40_000
    root_triangles: int = 6_000
    coding: Coding = "meshopt"
    is_coded: bool = False
    """whether each tile's file gets a gzip copy beside it, for servers that send such"""
    samples: int = error.SAMPLES
    """points that a tile's error is measured by, each way"""


@dataclass(frozen=True, slots=True)
class TileResult:
    """What was made: figures, the document's file name, and the other files (name, sha256, bytes, media type)."""

    tileset: Tileset
    document: str
    files: tuple[tuple[str, str, int, str], ...]
    report: tuple[str, ...]
    levels: tuple[LevelFigures, ...] = field(default=())
    """root first"""


def tile_file(
    path: Path, name: str, out: Path, settings: TileSettings, progress: Progress, *, work: Path | None = None
) -> TileResult:
    """Read `path`, which is called `name`, and tile it into the folder `out`, which exists; `work` as in `tile_model`.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: the file is refused.
    """
    with tempfile.TemporaryDirectory(prefix="read-", dir=work) as scratch:
        progress(0.0, "reading")
        model = read.read(path, name, scratch=Path(scratch))
        progress(0.1, f"read {model.triangles:,} triangles")
        return tile_model(
            model, out, settings, lambda fraction, message: progress(0.1 + 0.9 * fraction, message), work=work
        )


def tile_model(
    model: Model, out: Path, settings: TileSettings, progress: Progress, *, work: Path | None = None
) -> TileResult:
    """Tile a model into the folder `out`, which exists.

    With `work`, a folder that exists, the results of single steps are kept there: what was made before is not made
    again, by this run or a later one.

    Raises:
        Malformed: the model has no triangle, or an image of it is broken.
    """
    model = normals.of_built(model)
    found = source.of(model)
    if not found.triangles:
        raise Malformed("the model has no triangles")
    with tempfile.TemporaryDirectory(prefix="tile-", dir=work) as scratch, _executor(settings.workers) as executor:
        layout = layout_of(found.primitives, normals=True)
        origin = source.origin(found)
        depth = cells.depth_for(found.triangles, settings.leaf_triangles)
        dealt = source.dealt(found, origin, depth, Path(scratch))
        progress(0.04, "reading textures")
        files = _Files(out)
        textures, shared = _textures(model, found, layout, files)
        surface = build.Surface(
            layout=layout,
            origin=origin,
            cells=dealt.cells,
            textures=textures,
            textured=frozenset(textures) | frozenset(shared),
            texel_sizes={number: _texel_size(found, number, texture) for number, texture in textures.items()},
        )
        context = stages.Context(
            surface=surface,
            materials=model.materials,
            shared=shared,
            names=found.names,
            out=str(out),
            is_coded=settings.is_coded,
            samples=settings.samples,
        )
        results = Results(str((work or Path(scratch)) / "results"))
        graph = Graph(results, context, executor, ahead=4 * settings.workers)
        plan = levels.plan(
            depth,
            is_root_apart=found.triangles >> max(depth - 1, 0) > settings.root_triangles,
            root_triangles=settings.root_triangles,
            coding=settings.coding,
        )
        try:
            done = levels.Tiling(
                context, results, graph, plan, lambda fraction: progress(0.05 + 0.93 * fraction, "tiling")
            ).run(found, dealt)
        finally:
            graph.close()
    return _written(model, replace(done.tree, image_bytes=files.image_bytes), done, files, progress)


def _written(model: Model, tree: TileTree, done: Tiled, files: _Files, progress: Progress) -> TileResult:
    documents = tileset.write(tree)
    (files.out / DOCUMENT).write_bytes(documents.root)
    for name, data in documents.others.items():
        (files.out / name).write_bytes(data)
        files.note(name, "application/json")
    for digest in tree.content:
        files.note(f"{digest}.glb", "model/gltf-binary")
    progress(1.0, "done")
    low, high = (tuple(float(x) for x in corner) for corner in (done.low, done.high))
    report = [*model.report]
    if done.degenerate:
        report.append(f"{done.degenerate:,} triangles were so thin that nothing of them is left; they were left out")
    if done.repeated:
        report.append(f"{done.repeated:,} triangles lay upon others; one of each was kept")
    figures = Tileset(
        digest=hashlib.sha256(documents.root).hexdigest(),
        tiles=len(tree),
        levels=len(done.levels),
        triangles=done.levels[-1].triangles,
        vertices=done.vertices,
        byte_length=sum(size for _, _, size, kind in files.known.values() if kind != "application/json"),
        geometric_error=tree.geometric_error,
        root_error=float(tree.error[0]),
        extent=Extent((low[0], low[1], low[2]), (high[0], high[1], high[2])),
    )
    return TileResult(
        figures, DOCUMENT, tuple(files.known[name] for name in sorted(files.known)), tuple(report), done.levels
    )


@contextmanager
def _executor(workers: int) -> Iterator[Executor | None]:
    """Threads, because the library calls and the compiled loops let go of the interpreter."""
    if workers <= 1:
        yield None
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="tile") as pool:
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Files:
    """The files in the folder for finished ones, named by their digests."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.known: dict[str, tuple[str, str, int, str]] = {}
        self.image_bytes: dict[str, tuple[int, int]] = {}

    def note(self, name: str, media_type: str) -> None:
        """Take account of a file that is there."""
        self.known[name] = (name, name[:64], (self.out / name).stat().st_size, media_type)

    def share(self, data: bytes, width: int, height: int) -> gltf_build.TileImage:
        """Write an image that tiles refer to."""
        name = f"{hashlib.sha256(data).hexdigest()}.webp"
        if name not in self.known:
            (self.out / name).write_bytes(data)
            self.note(name, "image/webp")
        self.image_bytes[name] = (len(data), stages.decoded_bytes(width, height))
        return gltf_build.TileImage(uri=name)


def _textures(
    model: Model, found: Source, layout: Layout, files: _Files
) -> tuple[dict[int, atlas.Texture], dict[int, dict[str, gltf_build.TileImage]]]:
    """The materials to be cut up, and by material and role the images that stay whole, which are written."""
    cut_up: dict[int, atlas.Texture] = {}
    shared: dict[int, dict[str, gltf_build.TileImage]] = {}
    encoded: dict[tuple[Image, bool, bool], tuple[bytes, int, int]] = {}
    for number in sorted({primitive.material for primitive in found.primitives}):
        material = model.materials[number]
        pictures = gltf_build.images_of(material)
        if not pictures or not layout.uvs:
            continue
        uvs, own = _mapping(found, number)
        sizes = {role: images.size(image, _called(material, role)) for role, image in pictures.items()}
        reference = sizes.get("base_colour") or max(sizes.values())
        if reference[0] * reference[1] > _SMALL_PIXELS and not atlas.repeats(uvs):
            maps = {
                role: images.pixels(image, _called(material, role), alpha=_has_alpha(material, role), size=reference)
                for role, image in pictures.items()
            }
            cut_up[number] = atlas.texture(maps, uvs, own)
            continue
        for role, image in pictures.items():
            key = (image, _has_alpha(material, role), role in stages.COLOUR_ROLES)
            if key not in encoded:
                encoded[key] = _shared(image, _called(material, role), sizes[role], alpha=key[1], colour=key[2])
            shared.setdefault(number, {})[role] = files.share(*encoded[key])
    return cut_up, shared


def _mapping(found: Source, material: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Texture coordinates and triangles of all that has this material."""
    uvs, triangles, start = [], [], 0
    for primitive in found.primitives:
        if primitive.material == material and primitive.uvs is not None:
            uvs.append(primitive.uvs)
            triangles.append(primitive.indices + np.uint32(start))
            start += len(primitive.uvs)
    if not uvs:
        return np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint32)
    return np.concatenate(uvs), np.concatenate(triangles)


def _texel_size(found: Source, material: int, texture: atlas.Texture) -> float:
    """The side of a texel on the surface, metres, by the areas of some of the triangles."""
    solid = flat = 0.0
    for primitive in found.primitives:
        if primitive.material != material or primitive.uvs is None:
            continue
        step = max(1, len(primitive.indices) // _MEASURED_TRIANGLES)
        rows = primitive.indices[::step]
        corners = primitive.positions[rows].astype(np.float64)
        places = primitive.uvs[rows].astype(np.float64)
        sides, edges = corners[:, 1:] - corners[:, :1], places[:, 1:] - places[:, :1]
        mapped = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        solid += float(area[mapped > 0.0].sum()) * step
        flat += float(mapped.sum()) * step
    texels = flat * texture.width * texture.height
    return float(np.sqrt(solid / texels)) if texels > 0.0 else 0.0


def _called(material: Material, role: str) -> str:
    return f"the {role.replace('_', ' ')} image of material {material.name[:80]!r}"


def _has_alpha(material: Material, role: str) -> bool:
    return role == "base_colour" and material.alpha_mode != "OPAQUE"


def _shared(image: Image, what: str, size: tuple[int, int], *, alpha: bool, colour: bool) -> tuple[bytes, int, int]:
    """A shared image as WebP, at most `_SHARED_SIDE` wide and high. One that is so already is kept, byte for byte."""
    scale = min(1.0, _SHARED_SIDE / max(size))
    target = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    decoded: Bytes = images.pixels(image, what, alpha=alpha, size=target)
    if image.media_type == "image/webp" and target == size:
        return image.data, *target
    return images.webp(decoded, colour=colour), *target
