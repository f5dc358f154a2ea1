"""The scenes that contenders receive, in one data directory, and the same tiles as static files.

| scene | what | view |
|---|---|---|
| quadtree | synthetic: 21,845 tiles of random bytes on 8 levels | 1 km of ground, about 8 MB |
| epochs | the same ground in ten years; from each to the next a fifth of the tiles has new bytes | the same |
| museum | the sample museum, 431 BC, from its own viewpoint; 19 things | about 7 MB |
| statue | a scan of 2.3 million triangles, tiled by us, all of it | about 9 MB |

Random bytes, because nothing on the way may press them smaller; of the quadtree only tiles that a view can come to
have files. The statue needs `venus_x4.ply` in the folder that CHRONOTOPE_TEST_DATA names, and is left out without it.
Static: a document for each moment, every placement a child of its root (no groups, whose proxies are no tiles of ours),
and beside it `/blobs/` with every file.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from bench.stream_forest import Forest, planted
from bench.stream_ground import EYE, TARGET, TILES, ground
from bench.stream_quality import Wanted, wanted
from scenes import glb
from scenes.assemble import document_bytes, scene_tileset, shown_of
from scenes.file_names import named
from scenes.model import ANONYMOUS, Asset, AssetState, Extent, Placement, Scene, Tileset, Viewpoint, Visibility
from scenes.ports import BlobUse, Put
from tiling import tileset
from tiling.tree import TileTree
from tiling.view import View, gaze_towards

if TYPE_CHECKING:
    from api.services import Services
    from api.settings import Settings
    from scenes.model import Record

EPOCHS = 10
GROUND_ERROR_PX = 3.2
WIDTH, HEIGHT, FOV = 1920, 1080, 1.0472
_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Given:
    """One scene for the bench."""

    name: str
    scene: str
    moments: tuple[str, ...]
    """EDTF; the first is where a contender begins"""
    view: View
    turned: View
    """another view, for contenders that look elsewhere in the midst of it"""
    error_px: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What a contender must show at a moment."""

    want: Wanted
    turned: Wanted
    document: str
    """path of the static tileset"""
    placements: tuple[str, ...]
    """ids, in the order of the root's children and of the forest's trees"""
    forest: Forest


def _view(eye: tuple[float, float, float], target: tuple[float, float, float]) -> View:
    return View(eye, gaze_towards(eye, target), FOV, WIDTH / HEIGHT, HEIGHT)


def _behind(eye: tuple[float, float, float], target: tuple[float, float, float]) -> View:
    """The same eye, turned about."""
    x, y, z = (2 * e - t for e, t in zip(eye, target, strict=True))
    return _view(eye, (x, target[1] if y > eye[1] else y, z))


# All of it from 14 m, as fine as it is; then from its left.
STATUE_VIEWS = (_view((0.6, 12.5, 17.0), (0.6, 12.5, 0.0)), _view((17.0, 12.5, 0.0), (0.6, 12.5, 0.0)))
GROUND_VIEWS = (_view(EYE, TARGET), _behind(EYE, TARGET))
HEAP_VIEW = _view((0.0, 0.0, 30.0), (0.0, 0.0, 0.0))
_HEAP_TILES = 200
_HEAP_BYTES = 1_000_000


def make(settings: Settings) -> list[Given]:
    """Whatever of the scenes is missing in the data directory; those that are there."""
    from api.cli_demo import build
    from api.services import open_services

    settings.data.mkdir(parents=True, exist_ok=True)
    with open_services(settings) as services:
        is_there = bool(_samples(services))
    if not is_there:
        build(settings)
    with open_services(settings) as services:
        return list(_scenes(services))


def _samples(services: Services) -> list[Scene]:
    scenes = services.catalogue.page(Scene, first=100).records
    return [scene for scene in scenes if isinstance(scene, Scene) and "sample" in scene.id]


def _scenes(services: Services) -> Iterator[Given]:
    view, turned = GROUND_VIEWS
    _put_ground(services, "scene_bench_quadtree", years=1)
    yield Given("quadtree", "scene_bench_quadtree", ("2000",), view, turned, GROUND_ERROR_PX)
    years = _put_ground(services, "scene_bench_epochs", years=EPOCHS)
    yield Given("epochs", "scene_bench_epochs", years, view, turned, GROUND_ERROR_PX)
    _put_heap(services)
    (museum,) = _samples(services)
    eye, target = museum.viewpoint.position, museum.viewpoint.target
    yield Given("museum", museum.id, (museum.default_moment,), _view(eye, target), _behind(eye, target), 1.0)
    named_folder = os.environ.get("CHRONOTOPE_TEST_DATA", "")
    scan = Path(named_folder) / "venus_x4.ply"
    if not named_folder or not scan.is_file():
        print("bench: CHRONOTOPE_TEST_DATA names no folder with venus_x4.ply; the statue is left out", file=sys.stderr)
        return
    _put_statue(services, scan)
    yield Given("statue", "scene_bench_statue", ("2026",), *STATUE_VIEWS, 0.15)


def _put_ground(services: Services, scene_id: str, *, years: int) -> tuple[str, ...]:
    """The quadtree as a scene, an asset for each year."""
    moments = tuple(str(2000 + year) for year in range(years))
    if services.catalogue.get(Scene, scene_id) is not None:
        return moments
    records: list[Record] = [
        Scene(scene_id, "Ground", "", moments[0], Visibility.PUBLIC, Viewpoint(EYE, TARGET)),
    ]
    for year, moment in enumerate(moments):
        tree, files = ground(year, GROUND_VIEWS, GROUND_ERROR_PX)
        existence = f"{moment}/{moment}" if years > 1 else "../.."
        records += _records(services, scene_id, moment, tree, files, existence=existence)
    services.catalogue.commit([Put(record) for record in records], author="bench", reason="bench", at=_AT)
    return moments


def _records(
    services: Services, scene_id: str, name: str, tree: TileTree, files: Mapping[str, bytes], *, existence: str
) -> list[Record]:
    """Blobs of a tree, its asset and its placement."""
    documents = tileset.write(tree)
    uses = [
        BlobUse(services.blobs.put(data), len(data), "application/json")
        for data in (documents.root, *documents.others.values())
    ]
    uses += [BlobUse(services.blobs.put(data), len(data), "model/gltf-binary") for data in files.values()]
    box = np.abs(tree.box[0, 3:].reshape(3, 3)).sum(axis=0)
    low, high = (tuple(map(float, tree.box[0, :3] + sign * box)) for sign in (-1, 1))
    made = Tileset(
        uses[0].digest, len(tree), 1, int(tree.triangles.sum()), 0, int(tree.byte_length.sum()),
        tree.geometric_error, float(tree.error[0]), Extent(low, high),  # type: ignore[arg-type]  # three numbers each
    )  # fmt: skip
    asset = Asset(
        f"asset_{scene_id}_{name}", f"Ground {name}", "", "0" * 64, "x.glb", "model/gltf-binary", 1,
        AssetState.READY, Visibility.PUBLIC, _AT, "bench", made,
    )  # fmt: skip
    services.catalogue.allow_blobs(asset.id, uses)
    placement = Placement(f"placement_{scene_id}_{name}", scene_id, "layer", asset.id, "Ground", existence)
    return [asset, placement]


def _put_heap(services: Services) -> None:
    """Two hundred tiles of a megabyte beside one another, for whoever counts what bytes cost and nothing else."""
    if services.catalogue.get(Scene, "scene_bench_heap") is not None:
        return
    chance = np.random.default_rng(0)
    files = [glb.write(b'{"asset":{"version":"2.0"}}', chance.bytes(_HEAP_BYTES)) for _ in range(_HEAP_TILES)]
    files.insert(0, glb.write(b'{"asset":{"version":"2.0"}}', chance.bytes(1000)))
    count = len(files)
    box = np.tile(np.array([0.0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 1]), (count, 1))
    box[1:, 0], box[1:, 3] = np.linspace(-9.95, 9.95, _HEAP_TILES), 0.05
    tree = TileTree(
        parent=np.array([-1, *[0] * _HEAP_TILES], np.int32), box=box, error=np.array([5.0, *[0.0] * _HEAP_TILES]),
        content=tuple(hashlib.sha256(data).hexdigest() for data in files), needs=((),) * count,
        byte_length=np.array([len(data) for data in files]), triangles=np.full(count, 1000),
        draws=np.ones(count, np.int64), texture_bytes=np.zeros(count, np.int64), geometric_error=20.0, image_bytes={},
    )  # fmt: skip
    scene = Scene("scene_bench_heap", "Heap", "", "2000", Visibility.PUBLIC, Viewpoint(HEAP_VIEW.eye, (0.0, 0.0, 0.0)))
    by_digest = dict(zip(tree.content, files, strict=True))
    records = [scene, *_records(services, scene.id, "heap", tree, by_digest, existence="../..")]
    services.catalogue.commit([Put(record) for record in records], author="bench", reason="bench", at=_AT)


def _put_statue(services: Services, scan: Path) -> None:
    from pipeline.tile import TileSettings, tile_file

    if services.catalogue.get(Scene, "scene_bench_statue") is not None:
        return
    with TemporaryDirectory(prefix="bench-statue-") as folder:
        result = tile_file(scan, scan.name, Path(folder), TileSettings(), lambda _fraction, _words: None)
        uses = []
        for name, digest, size, kind in (*result.files, (result.document, "", 0, "application/json")):
            data = (Path(folder) / name).read_bytes()
            uses.append(BlobUse(services.blobs.put(data), size or len(data), kind))
            assert digest in ("", uses[-1].digest), f"{name} is not what the tiler said that it wrote"
    asset = Asset(
        "asset_bench_statue", "Statue", "", "0" * 64, "x.ply", "model/gltf-binary", 1, AssetState.READY,
        Visibility.PUBLIC, _AT, "bench", result.tileset,
    )  # fmt: skip
    services.catalogue.allow_blobs(asset.id, uses)
    viewpoint = Viewpoint((0.6, 12.5, 17.0), (0.6, 12.5, 0.0))
    scene = Scene("scene_bench_statue", "Statue", "", "2026", Visibility.PUBLIC, viewpoint)
    placement = Placement("placement_bench_statue", scene.id, "layer", asset.id, "Statue", "../..")
    services.catalogue.commit(
        [Put(record) for record in (asset, scene, placement)], author="bench", reason="bench", at=_AT
    )


def export(settings: Settings, given: Given, folder: Path) -> list[Moment]:
    """The tiles of a scene as static files, and what is to be shown at each of its moments."""
    from api.services import open_services

    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    moments = []
    with open_services(settings) as services:
        scene = services.catalogue.get(Scene, given.scene)
        assert isinstance(scene, Scene), "it was made before"
        table = services.cleared(ANONYMOUS).table(scene.id)
        for number, at in enumerate(given.moments):
            moment = table.at(at, hypothesis=None)
            assets = services.catalogue.get_many(Asset, sorted(table.assets.names))
            document = f"{given.name}-{number}.json"
            (folder / document).write_bytes(document_bytes(scene_tileset(scene, moment, assets)))
            shown = shown_of(moment, assets)
            trees = []
            for standing, asset in shown:
                assert asset.tileset is not None, "shown_of leaves out what has none"
                read = _exporting(services.blobs.read, folder / "blobs")
                root = asset.tileset.digest
                trees.append((standing.placement.transform, tileset.read(read(f"{root}.json"), read)))
            forest = planted(trees)
            _export_files(services.blobs.read, forest, folder / "blobs")
            names = tuple(standing.placement.id for standing, _ in shown)

            def weigh(name: str) -> int:
                paths = (folder / "blobs" / name, folder / "blobs" / f"{name}.gz")
                return min(path.stat().st_size for path in paths if path.exists())

            moments.append(
                Moment(
                    wanted(forest, names, given.view, given.error_px, weigh=weigh),
                    wanted(forest, names, given.turned, given.error_px, weigh=weigh),
                    f"/{document}", names, forest,
                )
            )  # fmt: skip
    return moments


def _exporting(read: Callable[[str], bytes], folder: Path) -> Callable[[str], bytes]:
    """Documents by file name, each left in the folder, too."""
    by_name = named(read)

    def get(name: str) -> bytes:
        data = by_name(name)
        (folder / name).write_bytes(data)
        return data

    return get


def _export_files(read: Callable[[str], bytes], forest: Forest, folder: Path) -> None:
    """Tiles and images that have a file (of the quadtree few do)."""
    from scenes.errors import NotFound

    names = {f"{digest}.glb" for digest in forest.content if digest}
    names |= {name for needs in forest.needs for name in needs}
    for name in names:
        if (folder / name).exists():
            continue
        try:
            data = read(name.partition(".")[0])
        except NotFound:
            assert len(forest.content) % TILES == 0, f"{name} is missing"
            continue
        assert hashlib.sha256(data).hexdigest() == name.partition(".")[0], f"{name} is not what its name says"
        (folder / name).write_bytes(data)
        # What a server of files has beside them, so that nobody's bytes are more than another's.
        coded = gzip.compress(data, 9, mtime=0)
        if len(coded) < 0.98 * len(data):
            (folder / f"{name}.gz").write_bytes(coded)
