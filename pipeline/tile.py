"""From a file, or a model in memory, to a folder with 3D Tiles documents, tiles and shared images."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import cluster, images, levels, memory, read, source, stages, textures
from pipeline import plan as plans
from pipeline.asked import DOCUMENT, TileResult, TileSettings
from pipeline.graph import Graph
from pipeline.level import Tiled
from pipeline.results import Results
from scenes import gltf_build
from scenes.counting import counted
from scenes.errors import Malformed
from scenes.model import Extent, Tileset
from tiling import build, cells, content, measure, normals, tileset, tint
from tiling.mesh import Image
from tiling.patch import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.asked import Progress
    from pipeline.source import Source
    from pipeline.textures import Shared, Textures
    from tiling.mesh import Model
    from tiling.tree import TileTree

__all__ = ["DOCUMENT", "TileResult", "TileSettings", "tile_file", "tile_model"]

_MOST_MEASURED = 8_000_000  # triangles of a source that is held in memory whole
_LOOKED_AT = 1 << 16  # pixels
_LEAF_TEXELS = 1 << 21  # about 1448²
_FEWEST_OF_A_LEAF = 256  # triangles
_ALONE = 4_500  # triangles that fit the bytes of a root
_AHEAD = 256  # tasks that a cluster is given at once
_TILE = re.compile(r"([0-9a-f]{64}\.glb)(?:\.gz)?|[0-9a-f]{64}\.\d+-\d+\.part")


def tile_file(
    path: Path, name: str, out: Path, settings: TileSettings, progress: Progress, *, work: Path | None = None
) -> TileResult:
    """Read `path`, which is called `name`, and tile it into the folder `out`, which exists; `work` as in `tile_model`.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: the file is refused.
        Invalid: there are no such units, or no such axis.
    """
    with memory.at_hand(), tempfile.TemporaryDirectory(prefix="read-", dir=work) as scratch:
        progress(0.0, "reading")
        model = read.read(path, name, scratch=Path(scratch), units=settings.units, up=settings.up)
        progress(0.1, f"read {counted(model.triangles, '[triangle|triangles]')}")
        return tile_model(
            model, out, settings, lambda fraction, message: progress(0.1 + 0.9 * fraction, message), work=work
        )


def tile_model(
    model: Model, out: Path, settings: TileSettings, progress: Progress, *, work: Path | None = None
) -> TileResult:
    """Tile a model into the folder `out`, which exists.

    With `work`, a folder that exists, the results of single steps are kept there: what was made before is not made
    again, by this run or a later one, and what has changed is found out step by step.

    Raises:
        Malformed: the model has no triangle, or an image of it is broken.
        Invalid: the scheduler cannot be reached.
    """
    model = normals.of_built(model)
    found = source.of(model)
    if not found.triangles:
        raise Malformed("the model has no triangles")
    with (
        tempfile.TemporaryDirectory(prefix="tile-", dir=work) as scratch,
        _executor(settings, _results(work or Path(scratch))) as executor,
    ):
        base = work or Path(scratch)
        tiles = out if work is None else work / "tiles"
        tiles.mkdir(exist_ok=True)
        progress(0.01, "reading textures")
        pictures = textures.of(model, found, base)
        depth = _depth(found, pictures, settings)
        about = source.origin(found)
        dealt = source.dealt(found, about, depth, Path(scratch), workers=settings.workers)
        files = _Files(tiles)
        shared = {
            number: {role: files.share(image) for role, image in roles.items()}
            for number, roles in pictures.shared.items()
        }
        context = stages.Context(
            surface=build.Surface(
                layout=layout_of(found.primitives, normals=True),
                origin=about,
                cells=dealt.cells,
                textures=pictures.cut_up,
                textured=frozenset(pictures.cut_up) | frozenset(shared),
                texel_sizes=pictures.texel_sizes,
                mean_colours={
                    number: _mean_colour(roles["base_colour"])
                    for number, roles in pictures.shared.items()
                    if "base_colour" in roles
                },
                normal_maps=settings.normal_maps,
                second=frozenset(number for number in shared if model.materials[number].second),
                is_shaped=all(primitive.normals is None for primitive in found.primitives),
            ),
            materials=model.materials,
            shared=shared,
            names=found.names,
            out=str(tiles.resolve()),
            samples=settings.samples,
            digest=_digest(model, found, pictures, settings),
            is_coded=settings.is_coded,
        )
        results = Results(_results(base))
        if work is None and settings.scheduler is None:
            results.passing()
        graph = Graph(results, context, executor, ahead=4 * settings.workers if settings.scheduler is None else _AHEAD)
        plan = plans.plan(
            depth,
            is_root_apart=found.triangles >> max(depth - 1, 0) > min(settings.root_triangles, _ALONE),
            root_triangles=settings.root_triangles,
            coding=settings.coding,
        )
        try:
            tiling = levels.Tiling(context, results, graph, plan, lambda done: progress(0.05 + 0.93 * done, "tiling"))
            done = tiling.run(found, dealt)
        finally:
            graph.close()
    tree = replace(done.tree, image_bytes=files.image_bytes)
    result = _written(model, tree, done, files)
    result = replace(result, done=dict(graph.done), known=dict(graph.known))
    if settings.is_measured:
        progress(0.98, "measuring")
        result = replace(result, measured=_measured(tree, found, tiles))
    if work is not None:
        _hand_over(tiles, out, result, is_coded=settings.is_coded)
    progress(1.0, "done")
    return result


def _depth(found: Source, pictures: Textures, settings: TileSettings) -> int:
    """How often the model is halved: until leaves are small enough, and their textures, if that leaves them enough."""
    by_triangles = cells.depth_for(found.triangles, settings.leaf_triangles)
    by_texels = cells.depth_for(sum(pictures.texels.values()), _LEAF_TEXELS)
    return max(by_triangles, min(by_texels, cells.depth_for(found.triangles, _FEWEST_OF_A_LEAF)))


def _mean_colour(image: Shared) -> tuple[float, float, float]:
    """Linear; of some of the pixels of a large image."""
    pixels = images.pixels(Image(image.data, "image/webp"), "an image that was written", alpha=False)
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / _LOOKED_AT)))
    red, green, blue = tint.linear(pixels[::step, ::step]).mean(axis=(0, 1)).tolist()
    return red, green, blue


def _digest(model: Model, found: Source, pictures: Textures, settings: TileSettings) -> str:
    """Of all that tiles show but for their geometry."""
    told = hashlib.sha256()
    for material in model.materials:
        maps = gltf_build.images_of(material)
        factors = [getattr(material, each.name) for each in fields(material) if not each.name.endswith("_image")]
        told.update(repr((factors, [(role, image.media_type) for role, image in maps.items()])).encode())
        for image in maps.values():
            told.update(hashlib.sha256(image.data).digest())
    told.update(
        repr(
            (found.names, sorted(pictures.texel_sizes.items()), sorted(pictures.digests.items()), settings.normal_maps)
        ).encode()
    )
    return told.hexdigest()


def _written(model: Model, tree: TileTree, done: Tiled, files: _Files) -> TileResult:
    documents = tileset.write(tree)
    (files.out / DOCUMENT).write_bytes(documents.root)
    for name, data in documents.others.items():
        (files.out / name).write_bytes(data)
        files.note(name, "application/json")
    for digest in tree.content:
        files.note(f"{digest}.glb", "model/gltf-binary")
    files.tidy()
    low, high = (tuple(float(x) for x in corner) for corner in (done.low, done.high))
    report = [*model.report]
    if done.degenerate:
        said = "[triangle was|triangles were] so thin that nothing of [it|them] is left; [it was|they were] left out"
        report.append(counted(done.degenerate, said))
    if done.lost:
        said = "[triangle was|triangles were] too small for the grid of the finest level; [it was|they were] left out"
        report.append(counted(done.lost, said))
    if done.repeated:
        report.append(
            counted(done.repeated, "[triangle lay upon another|triangles lay upon others]; one of each was kept")
        )
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
        origin=model.origin,
    )
    return TileResult(
        figures, DOCUMENT, tuple(files.known[name] for name in sorted(files.known)), tuple(report), done.levels
    )


def _measured(tree: TileTree, found: Source, tiles: Path) -> dict[str, Any]:
    """What tiles state of their errors, held against the source, or against the leaves of one that is too large."""

    def surface(tile: int) -> measure.Surface:
        return measure.shown(content.placed(content.read((tiles / f"{tree.content[tile]}.glb").read_bytes())))

    originals = [(primitive.positions, primitive.indices) for primitive in found.primitives]
    truth = measure.measure(tree, surface, originals=originals if found.triangles <= _MOST_MEASURED else ())
    return {"table": measure.table(truth), **measure.figures(truth)}


def _hand_over(tiles: Path, out: Path, result: TileResult, *, is_coded: bool) -> None:
    """Put what was made into `out`: the same files where the disk allows it, copies elsewhere; the document last."""
    names = [name for name, *_ in result.files]
    copies = [f"{name}.gz" for name in names if is_coded and name.endswith(".glb")]
    for name in [*names, *copies, result.document]:
        (out / name).unlink(missing_ok=True)
        try:
            os.link(tiles / name, out / name)
        except OSError:
            shutil.copyfile(tiles / name, out / name)


def _results(base: Path) -> str:
    return str((base / "results").resolve())


@contextmanager
def _executor(settings: TileSettings, results: str) -> Iterator[Executor | None]:
    """Threads, because the library calls and the compiled loops let go of the interpreter; or a cluster."""
    if settings.scheduler is not None:
        with cluster.executor(settings.scheduler, results) as found:
            yield found
        return
    if settings.workers <= 1:
        yield None
        return
    with ThreadPoolExecutor(settings.workers, thread_name_prefix="tile") as pool:
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

    def share(self, image: textures.Shared) -> gltf_build.TileImage:
        """Write an image that tiles refer to."""
        name = f"{hashlib.sha256(image.data).hexdigest()}.webp"
        if name not in self.known:
            (self.out / name).write_bytes(image.data)
            self.note(name, "image/webp")
        self.image_bytes[name] = (len(image.data), stages.decoded_bytes(image.width, image.height))
        return gltf_build.TileImage(uri=name)

    def tidy(self) -> None:
        """Remove tiles that did not stay, such as roots that were too large."""
        for path in self.out.iterdir():
            found = _TILE.fullmatch(path.name)
            if found and found[1] not in self.known:
                path.unlink()
