import json
from dataclasses import replace

import pytest

from scenes.model import Exhibition, Placement, Reliability, Scene, Visibility
from storage.records import cursor, decode, encode, has_unknown, is_public, place, scene_of, slug_of, stamp
from tests.contracts.samples import after, asset, exhibition, layer, one_of_each, placement, scene


@pytest.mark.parametrize("record", one_of_each(), ids=lambda record: type(record).__name__)
def test_a_record_survives_being_written_and_read(record):
    assert decode(type(record), encode(record)) == record


def test_a_body_of_an_older_program_gets_defaults_for_what_it_lacks():
    body = json.loads(encode(placement("p_1")))
    for name in ("hypothesis", "reliability", "reason", "sources", "transform"):
        del body[name]
    found = decode(Placement, json.dumps(body))
    assert (found.hypothesis, found.reliability, found.sources, found.transform[15]) == ("", Reliability.USVS, (), 1)


def test_a_body_of_a_newer_program_is_read_without_what_is_not_known():
    body = json.loads(encode(scene())) | {"altitude": 12.5}
    assert decode(Scene, json.dumps(body)) == scene()


@pytest.mark.parametrize("record", one_of_each(), ids=lambda record: type(record).__name__)
def test_what_this_program_would_lose_of_a_body_is_noticed_at_any_depth(record):
    body = json.loads(encode(record))
    assert not has_unknown(type(record), json.dumps(body))
    assert has_unknown(type(record), json.dumps(body | {"altitude": 12.5}))
    nested = {name: value | {"altitude": 12.5} for name, value in body.items() if isinstance(value, dict)}
    assert has_unknown(type(record), json.dumps(body | nested)) is bool(nested)


def test_a_body_of_an_older_program_holds_nothing_unknown():
    body = json.loads(encode(scene())) | {"latitude": 37.97, "longitude": 23.72}
    del body["georeference"]
    assert not has_unknown(Scene, json.dumps(body))


def test_what_the_catalogue_asks_of_a_record():
    assert [scene_of(each) for each in (asset(), scene(), layer(), exhibition())] == ["", "", "scene_a", "scene_a"]
    assert [is_public(each) for each in (asset(), exhibition(), layer())] == [True, False, False]
    assert is_public(replace(exhibition(), visibility=Visibility.PUBLIC))
    assert [slug_of(each) for each in (exhibition(), scene())] == ["agora", None]


def test_a_cursor_belongs_to_a_kind():
    assert place(Exhibition, cursor(Exhibition, 12)) == 12


def test_stamps_sort_as_the_moments_do():
    moments = [after(seconds) for seconds in (-86_400.0, 0.0, 0.000001, 0.75, 3.0, 40_000_000.0)]
    assert sorted(stamp(each) for each in moments) == [stamp(each) for each in moments]
