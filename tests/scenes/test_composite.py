from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from scenes import closed_set
from scenes.allowance import Allowance
from scenes.assemble import composite_tileset, document_bytes
from scenes.at_time import Moment, resolve
from scenes.cleared import Cleared
from scenes.errors import NotFound
from scenes.ladders import Ladders
from scenes.model import Actor, Asset, Placement, Reliability, Role, Visibility
from scenes.ports import Put
from scenes.rights import Keeping
from scenes.surface import decoded
from scenes.tables import SceneTables
from storage.derived_memory import MemoryDerived
from storage.memory import MemoryCatalogue
from tests.scenes.test_assemble import SCENE, Museum
from tiling.check import check

ANYBODY = Actor("anonymous", Role.VISITOR)
ROOMY = 1e9


class Town(Museum):
    """A hundred houses on a field, and all that was made of them."""

    def __init__(self, *, count: int = 100) -> None:
        super().__init__()
        self.derived = MemoryDerived()
        self.add("house", (6, 5, 8))
        self.add("tower", (4, 20, 4), error=0.8)
        chance = np.random.default_rng(3)
        self.placements = []
        for n in range(count):
            x, z = (float(value) for value in chance.uniform(-200, 200, 2))
            kind = "tower" if n % 7 == 0 else "house"
            # Every tenth one is gone in 300.
            existence = "0100/0299" if n % 10 == 0 else "0100/0500~"
            transform = (0, 0, 1, 0, 0, 1, 0, 0, -1, 0, 0, 0, x, 0, z, 1)
            self.placements.append(
                Placement(
                    f"p{n:03}", SCENE.id, "layer_1", f"asset_{kind}", f"House {n}", existence, transform,
                    reliability=Reliability.US if n % 2 else Reliability.USVN,
                )
            )  # fmt: skip

    def at_time(self, at: str = "0200") -> Moment:
        return resolve(SCENE, self.placements, (), at=at)

    def tileset(
        self, at: str = "0200", *, allowance: Allowance | None = None, assets: Mapping[str, Asset] | None = None
    ) -> dict[str, Any]:
        return composite_tileset(
            SCENE,
            self.at_time(at),
            self.assets if assets is None else assets,
            derived=self.derived,
            ladders=Ladders(self.derived, self.read),
            allowance=allowance or Allowance(ROOMY),
        )

    def at(self, path: str) -> bytes | None:
        found = super().at(path)
        made = None if found is not None else closed_set.content_of(self.derived, digest_of(path))
        return found if made is None else made.data

    def tiles(self, tile: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All tiles of groups and placements, documents of groups followed."""
        uri = tile.get("content", {}).get("uri", "")
        made = closed_set.content_of(self.derived, digest_of(uri)) if uri.endswith(".json") else None
        if made is not None:
            tile = json.loads(made.data)["root"]
        yield tile
        for child in tile.get("children", ()):
            yield from self.tiles(child)


def digest_of(uri: str) -> str:
    return uri.rpartition("/")[2].partition(".")[0]


def contents(town: Town, tileset: Mapping[str, Any]) -> dict[str, int]:
    """Digests of all that a client would load of groups and documents, with the bytes of each."""
    found = {}
    waiting = [tileset["root"]]
    while waiting:
        tile = waiting.pop()
        waiting += tile.get("children", ())
        digest = digest_of(tile.get("content", {}).get("uri", ""))
        made = closed_set.content_of(town.derived, digest) if digest else None
        if made is not None:
            found[digest] = len(made.data)
            if made.media_type == "application/json":
                waiting.append(json.loads(made.data)["root"])
    return found


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


@pytest.mark.parametrize("at", ["0200", "0400", "0500", "0800"])
def test_the_checker_finds_nothing_at_any_moment(town: Town, at: str) -> None:
    document = document_bytes(town.tileset(at))
    assert check(document, town.at, uri="/scenes/scene_1/tileset.json") == []


@pytest.mark.parametrize("far", [1.0, 1e5])
def test_the_checker_finds_nothing_however_placements_are_turned_scaled_sheared_or_mirrored(far: float) -> None:
    town, chance = Town(count=40), np.random.default_rng(6)
    for number, placement in enumerate(town.placements):
        matrix = np.eye(4)
        matrix[:3, :3] = np.linalg.qr(chance.normal(size=(3, 3)))[0] * chance.uniform(0.01, 5, (1, 3))
        matrix[0, 1] += chance.normal() * (number % 5 == 0)
        matrix[:3, 3] = chance.normal(size=3) * far
        town.placements[number] = replace(placement, transform=tuple(matrix.T.ravel().tolist()))
    assert check(document_bytes(town.tileset()), town.at, uri="/scenes/scene_1/tileset.json") == []


def test_every_placement_is_in_it_once_and_says_what_it_is(town: Town) -> None:
    told = [tile for tile in town.tiles(town.tileset()["root"]) if "placement" in tile["extras"]["chronotope"]]
    assert sorted(tile["extras"]["chronotope"]["placement"] for tile in told) == [p.id for p in town.placements]
    (first,) = [tile for tile in told if tile["extras"]["chronotope"]["placement"] == "p000"]
    assert first["metadata"] == {
        "class": "placement",
        "properties": {"certainty": "certain", "reliability": "USVn", "title": "House 0"},
    }


def test_groups_tell_how_many_stand_and_how_surely(town: Town) -> None:
    root = town.tileset("0500")["root"]
    assert root["extras"]["chronotope"]["certainty"] == {"possible": 90}
    assert root["metadata"] == {"class": "group", "properties": {"placements": 90, "certain": 0}}


def test_from_afar_it_is_one_draw_call_and_few_bytes(town: Town) -> None:
    document = town.tileset()
    data = town.at(document["root"]["content"]["uri"])
    assert data is not None
    assert len(gzip.compress(data, 9)) <= 14_000
    assert len(document_bytes(document)) <= 50_000
    model = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert [len(mesh["primitives"]) for mesh in model["meshes"]] == [1]


def test_a_proxy_lies_no_further_from_its_houses_than_it_says(town: Town) -> None:
    document = town.tileset()
    data = town.at(document["root"]["content"]["uri"])
    assert data is not None
    points = decoded(data).positions
    # Corners of the houses' boxes, which are what the houses are.
    for standing in town.at_time().standing:
        extent = town.assets[standing.placement.asset].tileset.extent  # type: ignore[union-attr]
        matrix = np.array(standing.placement.transform).reshape(4, 4).T
        for corner in (extent.low, extent.high):
            place = matrix[:3, :3] @ corner + matrix[:3, 3]
            nearest = float(np.linalg.norm(points - place, axis=1).min())
            assert nearest <= document["root"]["geometricError"]


def test_the_same_scene_gives_the_same_bytes_whatever_was_made_before() -> None:
    one, two = Town(), Town()
    two.tileset("0400")
    assert document_bytes(one.tileset()) == document_bytes(two.tileset())


def test_a_step_in_time_makes_only_the_branches_that_change() -> None:
    town = Town(count=400)
    # One house is gone a year later.
    gone = replace(town.placements[5], existence="0100/0250")
    town.placements[5] = gone
    before = contents(town, town.tileset("0250"))
    allowance = Allowance(ROOMY)
    after = contents(town, town.tileset("0251", allowance=allowance))
    new = after.keys() - before.keys()
    assert len(before) > 60
    # A proxy and perhaps a document for each group from the house up.
    assert 2 <= len(new) <= 10
    assert ROOMY - allowance.left < 20


def test_what_was_made_is_found_again(town: Town) -> None:
    first = town.tileset()
    nothing = Allowance(0)
    assert town.tileset(allowance=nothing) == first
    assert nothing.missing == 0


def test_what_is_not_made_yet_leaves_a_valid_tileset_that_shows_everything() -> None:
    town = Town()
    nothing = Allowance(0)
    document = town.tileset(allowance=nothing)
    assert nothing.missing > 0
    assert check(document_bytes(document), town.at, uri="/scenes/scene_1/tileset.json") == []
    placements = [t for t in town.tiles(document["root"]) if "placement" in t["extras"]["chronotope"]]
    assert len(placements) == 100
    assert not any("content" in t for t in town.tiles(document["root"]) if t not in placements)


def test_made_bit_by_bit_it_is_the_same_in_the_end() -> None:
    whole, bits = Town(), Town()
    for _ in range(100):
        allowance = Allowance(5)
        document = bits.tileset(allowance=allowance)
        assert check(document_bytes(document), bits.at, uri="/scenes/scene_1/tileset.json", contents=False) == []
        if not allowance.missing:
            break
    assert document_bytes(document) == document_bytes(whole.tileset())


def test_a_draft_is_in_nothing_that_a_visitor_can_fetch() -> None:
    town = Town()
    house, tower = town.assets["asset_house"], replace(town.assets["asset_tower"], visibility=Visibility.DRAFT)
    catalogue = MemoryCatalogue()
    write(catalogue, house, tower, SCENE)
    curators = contents(town, town.tileset())
    visitors = contents(town, town.tileset(assets={house.id: house}))
    for digest in curators:
        made = closed_set.content_of(town.derived, digest)
        assert made is not None
        kept_for = closed_set.keeping_of(Cleared(catalogue, SceneTables(), ANYBODY), made)
        assert kept_for == (None if tower.id in made.sources else Keeping.FOR_GOOD)
        if tower.id not in made.sources:
            assert b"asset_tower" not in made.data
    assert visitors
    for digest in visitors:
        made = closed_set.content_of(town.derived, digest)
        assert made is not None
        assert closed_set.keeping_of(Cleared(catalogue, SceneTables(), ANYBODY), made) is Keeping.FOR_GOOD
        assert made.sources == ("asset_house", "scene_1")


def test_what_is_taken_back_is_no_longer_given() -> None:
    town = Town()
    catalogue = MemoryCatalogue()
    write(catalogue, *town.assets.values(), SCENE)
    (digest, *_) = contents(town, town.tileset())
    made = closed_set.content_of(town.derived, digest)
    assert made is not None
    tables = SceneTables()
    assert closed_set.keeping_of(Cleared(catalogue, tables, ANYBODY), made) is Keeping.FOR_GOOD
    write(catalogue, replace(SCENE, visibility=Visibility.DRAFT))
    assert closed_set.keeping_of(Cleared(catalogue, tables, ANYBODY), made) is None
    assert closed_set.keeping_of(Cleared(catalogue, tables, Actor("ines", Role.CURATOR)), made) is Keeping.OWN


def test_an_asset_that_cannot_be_read_leaves_its_groups_to_the_placements() -> None:
    town = Town()
    house = town.assets["asset_house"]
    assert house.tileset is not None
    broken = replace(house, tileset=replace(house.tileset, digest=town.put(b"no tileset")))
    document = town.tileset(assets=town.assets | {house.id: broken})
    placements = [t for t in town.tiles(document["root"]) if "placement" in t["extras"]["chronotope"]]
    assert len(placements) == 100


def test_a_blob_that_is_gone_takes_no_more_than_its_own_placements_out_of_proxies() -> None:
    town = Town()
    gone = town.assets["asset_house"].tileset
    assert gone is not None
    blobs = town.blobs

    def read(digest: str) -> bytes:
        if digest == gone.digest:
            raise NotFound(f"there is no blob {digest}")
        return blobs[digest]

    town.read = read  # type: ignore[method-assign]
    document = town.tileset()
    assert "content" in document["root"]
    towers = [p for p in town.placements if p.asset == "asset_tower"]
    data = town.at(document["root"]["content"]["uri"])
    assert data is not None
    # Boxes of towers are there, nothing of houses; and once the blob is back, they are shown.
    assert len(decoded(data).triangles) <= 12 * len(towers)
    town.read = blobs.__getitem__  # type: ignore[method-assign]
    assert town.derived.get_many([f"ladder/1/{gone.digest}"]) == {}


def write(catalogue: MemoryCatalogue, *records: Any) -> None:
    catalogue.commit([Put(record) for record in records], author="ines", reason="", at=datetime(2026, 1, 1, tzinfo=UTC))
