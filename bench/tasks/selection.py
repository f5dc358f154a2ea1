"""What it costs to choose tiles for an eye, and how good the choice is.

*Cost*: processor time of one thread, the median of a walk of 200 poses, from the pose to the order with its regions;
views of about 300 tiles in quadtrees of a thousand to a million tiles. "clear" is the version in plain Python that
tests hold it against, with the forest planted. *Plan*: the same from the records to what the session gets
(`scenes.delivery`), over one tree of a million tiles, and over 10,000 placements with their groups.

*Order*: bytes until half and nine tenths of the quality and full detail in view (`bench.selection`), in shares of B,
the bytes of the tiles of full detail alone. Beside it whole tiles only; what a client has that pulls by error, even if
it showed each tile at once; and an order made offline with the measure for a guide, which no stream can know. The scan
is `venus_x4.ply` as `chronotope tile` tiles it, if CHRONOTOPE_TEST_DATA names its folder.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from bench import stream_ground
from bench.selection import IDENTITY, PLENTY, Case, by_error, case, level_by_level, offline, pictured, square
from bench.tasks import scenes
from pipeline.tile import TileSettings, tile_file
from scenes.allowance import unlimited
from scenes.cleared import Cleared
from scenes.delivery import Delivery, Wish
from scenes.group_tree import group_tree
from scenes.ladders import Ladders
from scenes.model import (
    ANONYMOUS,
    Asset,
    AssetState,
    Extent,
    Placement,
    Record,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import Put
from scenes.tables import SceneTables
from storage.derived_memory import MemoryDerived
from storage.memory import MemoryCatalogue
from tests.tiling.clear_selection import Clear
from tests.tiling.flat import Forest, plant
from tiling import tileset
from tiling.grove import Grove, grove
from tiling.select import Limits, Selection, select, warm
from tiling.stock import Stock, stock
from tiling.view import View, gaze_towards

Row = tuple[str, str, str, float, str]

LEVELS = (6, 8, 10, 11)
"""of quadtrees: 1,365, 21,845, 349,525 and 1,398,101 tiles"""
POSES = 200
CLEAR_UP_TO = 1_500
"""tiles; the clear version counts all budgets anew at each step"""
_LIMITS = Limits(
    bytes=PLENTY.bytes, triangles=PLENTY.triangles, draws=PLENTY.draws, textures=PLENTY.textures, error=3.0
)
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    warm()
    yield from _costs()
    yield from _plans()
    for each in _cases():
        yield from _orders(each)


def _walk(side_m: float) -> list[View]:
    """Poses of a walk, 2 cm apart, that looks about."""
    views = []
    for step in range(POSES):
        eye = (0.1 * side_m + 0.02 * step, 2.0, 0.07 * side_m)
        angle = 0.5 + 0.01 * step
        gaze = gaze_towards(eye, (eye[0] + 30 * math.cos(angle), 0.0, eye[2] + 30 * math.sin(angle)))
        views.append(View(eye, gaze, 1.0472, 16 / 9, 1080, velocity=(1.5, 0.0, 0.0), turning=(0.0, 0.5, 0.0)))
    return views


def _each(views: list[View], work: Callable[[View], object]) -> float:
    """Median seconds of processor time."""
    taken = []
    for view in views:
        begun = process_time()
        work(view)
        taken.append(process_time() - begun)
    return median(taken)


def _costs() -> Iterator[Row]:
    for levels in LEVELS:
        tree = square(levels, 4, side_m=1024.0, error_m=8.0)
        given = f"quadtree, {len(tree):,} tiles"
        begun = process_time()
        kept = stock(tree)
        yield "chronotope", given, "a tree put into arrays, once", (process_time() - begun) * 1e3, "ms"
        wood, views = grove([IDENTITY], [kept]), _walk(1024.0)
        tiles = len(select(wood, views[0], _LIMITS, is_parted=True))
        yield "chronotope", given, "tiles wanted", tiles, "tiles"
        taken = _each(views, partial(_select, wood))
        yield "chronotope", given, "a pose", taken * 1e6, "us"
        if len(tree) <= CLEAR_UP_TO:
            forest = plant([(IDENTITY, tree)])
            taken = _each(views[:3], partial(_clearly, forest))
            yield "clear", given, "a pose", taken * 1e6, "us"


def _select(wood: Grove, view: View) -> Selection:
    return select(wood, view, _LIMITS, is_parted=True)


def _clearly(forest: Forest, view: View) -> Clear:
    return Clear(forest, _LIMITS, is_parted=True).run(view)


def _plans() -> Iterator[Row]:
    tree = stock(square(LEVELS[-1], 4, side_m=1024.0, error_m=8.0))
    extent = Extent((-512, -1, -512), (512, 1, 512))
    tiles = Tileset("0" * 64, len(tree), LEVELS[-1], 0, 0, 0, 32.0, 8.0, extent)
    asset = Asset("asset_ground", "Ground", "", "0" * 64, "x.glb", "model/gltf-binary", 1, AssetState.READY,
                  Visibility.PUBLIC, _AT, "bench", tiles)  # fmt: skip
    scene = Scene("scene_ground", "Ground", "", "2026", Visibility.PUBLIC, Viewpoint((0, 2, 0), (0, 0, -9)))
    ground = Placement("placement_ground", scene.id, "layer", asset.id, "Ground", "../..", IDENTITY)
    catalogue = MemoryCatalogue()
    catalogue.commit([Put(asset), Put(scene), Put(ground)], author="bench", reason="bench", at=_AT)
    delivery = Delivery(Cleared(catalogue, SceneTables(), ANONYMOUS), lambda _: tree, scene_id=scene.id)
    yield from _plan(delivery, f"quadtree, {len(tree):,} tiles", "2026", "2026", _walk(1024.0))

    museum, placements = scenes.houses(), scenes.buildings(10_000, 1)
    derived = MemoryDerived()
    ladders = Ladders(derived, museum.blobs.__getitem__)
    catalogue = MemoryCatalogue()
    records: list[Record] = [scenes.SCENE, *museum.assets.values(), *placements]
    catalogue.commit([Put(record) for record in records], author="bench", reason="bench", at=_AT)
    stocks: dict[str, Stock] = {}

    def read(digest: str) -> Stock:
        if digest not in stocks:
            stocks[digest] = stock(
                tileset.read(museum.blobs[digest], lambda name: museum.blobs[name.partition(".")[0]])
            )  # fmt: skip
        return stocks[digest]

    delivery = Delivery(
        Cleared(catalogue, SceneTables(), ANONYMOUS), read, scene_id=scenes.SCENE.id,
        group=lambda scene_id, shown, audience: group_tree(
            scene_id, shown, audience, derived=derived, ladders=ladders, allowance=unlimited()
        ),
    )  # fmt: skip
    delivery.enter(Wish("0500"))  # proxies and ladders are made
    given = f"town, {len(placements):,} placements"
    yield from _plan(delivery, given, "0501", "0500", _walk(1800.0))
    far = View((0.0, 3_000.0, 18_000.0), gaze_towards((0.0, 3_000.0, 18_000.0), (0, 0, 0)), 1.0472, 16 / 9, 1080)
    plan = delivery.plan(far, _LIMITS, state=1, look=0, gzip=True)
    first = plan.chunks[plan.nodes[0].chunk].total
    yield "chronotope", given, "first image, ten widths away, gzip", first, "bytes"
    final = [node for node in plan.nodes if not node.replaced_by]
    yield "chronotope", given, "draw calls, ten widths away", sum(node.draws for node in final), "calls"


def _plan(delivery: Delivery, given: str, before: str, at: str, views: list[View]) -> Iterator[Row]:
    delivery.enter(Wish(before))
    begun = process_time()
    delivery.enter(Wish(at))
    yield "chronotope", given, "a step in time", (process_time() - begun) * 1e3, "ms"
    plan = delivery.plan(views[0], _LIMITS, state=1, look=0, groups=True)
    yield "chronotope", given, "nodes of a plan", len(plan.nodes), "nodes"
    taken = _each(views, lambda view: delivery.plan(view, _LIMITS, state=1, look=0, groups=True, ahead_s=0.1))
    yield "chronotope", given, "a plan", taken * 1e6, "us"


def _cases() -> Iterator[Case]:
    eye, target = stream_ground.EYE, stream_ground.TARGET
    view = View(eye, gaze_towards(eye, target), 1.0472, 16 / 9, 1080)
    tree, _ = stream_ground.ground(0, [view], 3.2)
    yield case("quadtree of the stream's bench", tree, view, 3.2)
    eye = (2.0, 12.0, 60.0)
    view = View(eye, gaze_towards(eye, (0.0, 0.0, 0.0)), 1.0472, 16 / 9, 1080)
    yield case("fan-out 2, 2,047 tiles", square(11, 2, side_m=64.0, error_m=4.0), view, 1.0)
    folder = os.environ.get("CHRONOTOPE_TEST_DATA", "")
    scan = Path(folder) / "venus_x4.ply"
    if not folder or not scan.is_file():
        print("bench: CHRONOTOPE_TEST_DATA names no folder with venus_x4.ply; the scan is left out", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as out:
        tile_file(scan, scan.name, Path(out), TileSettings(), lambda _fraction, _message: None)
        tree = tileset.read((Path(out) / "tileset.json").read_bytes(), lambda name: (Path(out) / name).read_bytes())
    for name, eye, error in (("all of it", (0.6, 12.5, 17.0), 0.15), ("its face", (0.6, 14.0, 5.0), 0.3)):
        view = View(eye, gaze_towards(eye, (0.6, eye[1], 0.0)), 1.0472, 16 / 9, 1080)
        yield case(f"scan of 2.3 million triangles, {name}", tree, view, error)


def _orders(of: Case) -> Iterator[Row]:
    parts = select(of.grove, of.view, of.limits, is_parted=True)
    whole = select(of.grove, of.view, of.limits)
    yield "chronotope", of.name, "B", of.want.least_bytes, "bytes"
    way = sum(
        int(of.tree.byte_length[tile]) for tile, is_cut in zip(parts.tile, parts.cut, strict=True) if not is_cut
    )  # fmt: skip
    yield "chronotope", of.name, "sent to be replaced", way / of.want.least_bytes, "B"
    for contender, (found, size) in (
        ("chronotope", pictured(of, parts)),
        ("chronotope, whole tiles", pictured(of, whole)),
        ("pull by error", level_by_level(of, by_error(of))),
        ("offline", level_by_level(of, offline(of))),
    ):
        for metric, value in (
            ("50 %", found.reached(0.5)), ("90 %", found.reached(0.9)), ("full detail in view", found.full_s),
            ("all", size),
        ):  # fmt: skip
            yield contender, of.name, metric, value / of.want.least_bytes, "B"
