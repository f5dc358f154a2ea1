"""Where an asset lies on the Earth by its own account: who is told, and how it is placed by that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.cli_ingest import _Local
from scenes.errors import NotFound, Unsupported
from scenes.model import Asset, Georeference, Placement, Role, Scene, Survey
from scenes.ports import Put
from tests.api.museum import NOON, Doors

WHERE = Georeference(15.0, 40.65, 20.0, 0.5)
QUERY = """query ($asset: ID!, $layer: ID!) { node(id: $asset) { ... on Asset {
    survey { where { longitude heading } scale above accuracy }
    placing(layer: $layer) { scene transform notes georeference { longitude } } } } }"""


def _surveyed(doors: Doors, name: str = "asset_temple") -> Asset:
    asset = doors.services.catalogue.get(Asset, name)
    assert asset is not None
    assert asset.tileset is not None
    found = replace(asset, tileset=replace(asset.tileset, survey=Survey(WHERE, 1.0004, "NAVD88", 2.0)))
    doors.services.catalogue.commit([Put(found)], author="ines", reason="tiled", at=NOON)
    return found


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.CURATOR])
async def test_where_it_lies_is_told_to_those_who_work_on_it(doors: Doors, role: Role | None) -> None:
    _surveyed(doors)
    headers = doors.bearer(role) if role else {}
    asked: dict[str, Any] = {"query": QUERY, "variables": {"asset": "asset_temple", "layer": "layer_open"}}
    answer = (await doors.client.post("/graphql", json=asked, headers=headers)).json()
    found = answer["data"]["node"]
    if role is not Role.CURATOR:
        assert found == {"survey": None, "placing": None}
        return
    assert found["survey"]["where"] == {"longitude": 15.0, "heading": 0.5}
    assert (found["survey"]["scale"], found["survey"]["above"], found["survey"]["accuracy"]) == (1.0004, "NAVD88", 2.0)
    assert found["placing"]["scene"] == "scene_open"
    assert found["placing"]["georeference"] == {"longitude": 15.0}
    # In the frame that it brings along it stands as it is, but in metres of the ground.
    assert found["placing"]["transform"][5] == pytest.approx(1.0)
    assert found["placing"]["transform"][12:] == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-6)
    assert "NAVD88" in found["placing"]["notes"][0]


async def test_the_first_one_says_where_the_scene_lies_and_the_next_stands_by_that(doors: Doors) -> None:
    asset, catalogue = _surveyed(doors), doors.services.catalogue
    door = _Local(doors.services)
    first = door.place(asset.id, "layer_open")
    scene = catalogue.get(Scene, "scene_open")
    assert scene is not None
    assert scene.georeference == WHERE
    turned = replace(scene, georeference=replace(WHERE, height=10.0))
    catalogue.commit([Put(turned)], author="ines", reason="", at=NOON)
    second = door.place(asset.id, "layer_open")
    ways = [catalogue.get(Placement, each.placement) for each in (first, second)]
    assert [way.transform[13] for way in ways if way] == pytest.approx([0.0, 10.0], abs=1e-6)
    assert catalogue.get(Scene, "scene_open") == turned, "it lies where it was said to"
    with pytest.raises(Unsupported, match="where on the Earth"):
        door.place("asset_secret", "layer_open")
    with pytest.raises(NotFound, match="no layer"):
        door.place(asset.id, "layer_of_nobody")
