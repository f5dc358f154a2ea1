"""The sample museum shows all that the model knows: every kind, every field, every word of every list.

What there is, is read from the model itself, so that what is added there is missing here until the sample museum has
it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

from api.cli_demo import build_assets, records_of, write_records
from api.demo_files import add_files, put_up_versions
from api.demo_log import DemoLog
from api.sandboxed import sandboxed_tile
from api.services import open_services
from api.settings import Settings
from sample_museum import stele
from sample_museum.build import build
from scenes.model import Annotation, Asset, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MUSEUM = build()
STONE = MUSEUM.asset_id("boundary_stone")

ELSEWHERE = {
    "Asset.code": "of files that were refused",
    "Asset.replacement": "while a new version is being tiled",
    "Replacement": "while a new version is being tiled",
    "AssetState.PENDING": "before an asset is there",
    "AssetState.REJECTED": "of files that were refused",
    "AssetState.FAILED": "by a fault of ours",
    "Tileset.origin": "of files that lie far from their origin",
    "Tileset.survey": "of files that state a reference system",
    "Survey": "of files that state a reference system",
    "Picture.url": "the demo asks no other server for anything",
    "Audio.url": "the demo asks no other server for anything",
}
"""What no finished museum of its own has, and why."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """What `chronotope demo` leaves in the catalogue, of all assets only the one that was scanned twice."""
    data = tmp_path_factory.mktemp("sample")
    settings = Settings(data=data)
    log = DemoLog.of(settings)
    stone = [asset for asset in MUSEUM.assets if asset.id == STONE]
    with open_services(settings) as services:
        build_assets(services, stone, stamp="1", processes=1)
        add_files(services, MUSEUM.files, log, stamp="1", author="sample museum")
        write_records(services, records_of(MUSEUM))
        put_up_versions(services, stone, sandboxed_tile(settings), log, stamp="1")
        found: list[Record] = []
        for kind in kinds_in(Record):
            found += services.catalogue.page(kind, first=1000).records
        return found


def parts(hint: Any) -> Iterator[Any]:
    """The types that a type hint is made of."""
    inner = typing.get_args(hint)
    if isinstance(hint, types.UnionType) or inner:
        for each in inner:
            yield from parts(each)
    else:
        yield hint


def kinds_in(hint: Any) -> list[type[Any]]:
    return [each for each in parts(hint) if dataclasses.is_dataclass(each)]


def known(kind: type[Any], seen: dict[str, None]) -> Iterable[str]:
    """All that can be told of a kind: its name, its fields that may be left out, words of its lists; of its parts "
    "too."""
    seen[kind.__name__] = None
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        for each in parts(hints[field.name]):
            if dataclasses.is_dataclass(each) and each.__name__ not in seen:
                known(typing.cast("type[Any]", each), seen)
            elif isinstance(each, type) and issubclass(each, Enum):
                seen |= dict.fromkeys(f"{each.__name__}.{word.name}" for word in each)
        seen[f"{kind.__name__}.{field.name}"] = None
    return seen


def told(value: Any, seen: set[str]) -> set[str]:
    """What a record tells: fields that say something, words that are used."""
    if isinstance(value, Enum):
        seen.add(f"{type(value).__name__}.{value.name}")
    elif isinstance(value, tuple):
        for each in value:
            told(each, seen)
    elif dataclasses.is_dataclass(value):
        name = type(value).__name__
        seen.add(name)
        for field in dataclasses.fields(value):
            own = getattr(value, field.name)
            told(own, seen)
            unsaid = field.default if field.default is not dataclasses.MISSING else None
            # A list's first word is a word like any other; an empty text or list says nothing.
            if isinstance(own, Enum) or (own != unsaid and own not in ("", ())):
                seen.add(f"{name}.{field.name}")
    return seen


def test_all_that_the_model_knows_is_shown(records: list[Record]) -> None:
    every: dict[str, None] = {}
    for kind in kinds_in(Record):
        known(kind, every)
    assert len(every) > 250, "the model was walked"
    shown: set[str] = set()
    for record in records:
        told(record, shown)
    # Exactly: an exception that is shown after all is no exception.
    elsewhere = [name for name in every if name in ELSEWHERE or name.partition(".")[0] in ELSEWHERE]
    assert [name for name in every if name not in shown] == elsewhere
    assert ELSEWHERE.keys() <= every.keys()


def test_what_is_not_shown_would_be_noticed(records: list[Record]) -> None:
    shown: set[str] = set()
    for record in records:
        if not isinstance(record, Annotation):
            told(record, shown)
    assert {"Annotation", "SurfacePoint", "Motivation.REPLYING", "AnchorKind.SCENE", "Anchor.region"}.isdisjoint(shown)


def test_notes_went_along_to_the_second_scan(records: list[Record]) -> None:
    asset = next(each for each in records if isinstance(each, Asset) and each.id == STONE)
    assert asset.master_name == "boundary_stone-2019.glb"
    notes = {each.id: each.anchor for each in records if isinstance(each, Annotation)}
    before = {each.id: each.anchor for each in MUSEUM.annotations}
    carried = {name.removeprefix("annotation_sample_"): notes[name] for name in notes if notes[name] != before[name]}
    assert carried.keys() == {"boundary", "mason", "corner"}
    spots = {name: anchor.surface for name, anchor in carried.items()}
    assert all(spot is not None for spot in spots.values())
    assert {name for name, spot in spots.items() if spot and spot.is_flagged} == {"corner"}
    letters, corner = spots["mason"], spots["corner"]
    assert letters is not None
    assert letters.digest == asset.master
    assert letters.drift < 0.005
    assert corner is not None
    assert corner.drift > 0.02
    assert any("An edge as it was cut" in line for line in asset.report)


def test_the_note_says_what_was_measured() -> None:
    found = stele.measured()
    assert 0.0008 < found.lost_volume < 0.0012, "about a litre"
    assert found.gained_volume < 0.00001, "nothing was gained"
    broken = stele.CORNER_CUT**3 / (6 * 0.50 * 0.60 * 0.62 / (0.50**2 + 0.60**2 + 0.62**2) ** 1.5)
    assert 0.4 < broken / found.lost_volume < 0.7, "half of it in one piece"
