"""A cloud over `/stream`: real tiles, a real socket, the reference client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.clouds.open import open_cloud
from pipeline.clouds.tile import tile_cloud
from pipeline.tile import TileSettings
from scenes.model import Asset, AssetState, Placement, Visibility
from scenes.ports import Put
from streaming.client import Arrived, Drawn, Event, Forgotten
from tests.api.stream_museum import NOON, OPEN, Client, Museum
from tests.pipeline.clouds import written
from tiling import content, tileset
from tiling.tree import TileTree

POINTS = 6_000
AT = 3_000.0
"""metres: where the other things are too small to be wanted"""
DOWN = (-(0.5**0.5), 0.0, 0.0, 0.5**0.5)
ABOVE = replace(OPEN, eye=(AT, 40.0, 0.0), gaze=DOWN, fov=0.4, height=16_000, width=16_000)
"""all of the cloud in view, a millimetre of it a pixel: at full detail"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A museum with a cloud of 10 m × 10 m, its tiles, and its points as the file has them, y up."""
    folder = tmp_path_factory.mktemp("cloud")
    of = written.sample(POINTS)
    source, out = folder / "scan.las", folder / "tiles"
    source.write_bytes(written.las(of))
    out.mkdir()
    made = tile_cloud(
        open_cloud(source, source.name), out, TileSettings(), lambda *_: None, work=folder, most_of_node=300,
        most_of_bucket=None,
    ).tileset  # fmt: skip
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    x, y, z = (of["places"] - made.origin).T
    with Museum(folder) as museum:
        for path in out.iterdir():
            museum.services.blobs.put(path.read_bytes())
        asset = Asset(
            "asset_scan", "Scan", "", "0" * 64, "scan.las", "application/vnd.las", 1, AssetState.READY,
            Visibility.PUBLIC, NOON, "ines", made,
        )  # fmt: skip
        there = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, AT, 0.0, 0.0, 1.0)
        placement = Placement("placement_scan", "scene_1", "layer_1", asset.id, "scan", "../..", there)
        museum.commit(Put(asset), Put(placement))
        yield museum, tree, np.stack([x, z, -y], 1)


def cuts_of(client: Client, events: Sequence[Event], tree: TileTree) -> list[list[int]]:
    """Tiles of the cloud that each cut shows. Those above them are always among them, and no cut hides any of one."""
    number = {digest: tile for tile, digest in enumerate(tree.content)}
    found = []
    for cut in (event for event in events if isinstance(event, Drawn)):
        tiles = [number[digest] for node in cut.nodes if (digest := client.session.digest_of(node)) in number]
        assert {int(tree.parent[tile]) for tile in tiles} <= {-1, *tiles}
        assert not any(cut.shown.values())
        found.append(sorted(tiles))
    return found


@pytest.mark.parametrize("groups", [False, True])
async def test_at_full_detail_each_point_of_a_cloud_is_there_once(scan, groups):
    museum, tree, points = scan
    async with museum.client(replace(ABOVE, groups=groups)) as client:
        events = await client.until(complete=True)
    cuts = cuts_of(client, events, tree)
    assert cuts[0] == [0]
    assert [len(tiles) for tiles in cuts] == sorted(len(tiles) for tiles in cuts)
    assert cuts[-1] == [*range(len(tree))]
    assert 0 < tree.points[0] < POINTS / 4
    assert len(tree) > 20
    files = {event.digest: event.data for event in events if isinstance(event, Arrived)}
    shown = np.concatenate(
        [each.positions for name in tree.content for each in content.placed(content.read(files[name]))]
    )
    rows, expected = (np.rint(each * 1000).astype(np.int64) for each in (shown, points))
    assert np.array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])


async def test_a_device_that_draws_fewer_points_gets_the_upper_levels(scan):
    museum, tree, _ = scan
    most = 5 * POINTS // 6
    async with museum.client(replace(ABOVE, triangles=most)) as client:
        cuts = cuts_of(client, await client.until(complete=True), tree)
    assert POINTS / 2 < tree.points[cuts[-1]].sum() <= most
    assert all(tree.points[tiles].sum() <= most for tiles in cuts)


async def test_who_looks_about_with_little_memory_never_sees_points_without_those_above_them(scan):
    museum, tree, _ = scan
    opening = replace(ABOVE, bytes=int(tree.byte_length.sum()) // 3)
    async with museum.client(opening) as client:
        events = await client.until(complete=True)
        for x, z in ((3.0, 3.0), (-3.0, 3.0), (-3.0, -3.0), (3.0, -3.0), (0.0, 0.0)):
            look = client.session.look((AT + x, 8.0, z), DOWN, fov=0.4, aspect=1.0, height=16_000)
            while not (isinstance(events[-1], Drawn) and events[-1].look == look):
                events += await client.until(complete=True)
    cuts = cuts_of(client, events, tree)
    assert any(isinstance(event, Forgotten) for event in events)
    assert len({*map(tuple, cuts)}) >= 5
    assert all(tiles[0] == 0 for tiles in cuts)
