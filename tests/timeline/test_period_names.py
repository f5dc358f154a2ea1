from __future__ import annotations

import pytest

from sample_museum.periods import dataset
from timeline.errors import TimelineError
from timeline.period import read
from timeline.period_names import NoPeriod, PeriodNames

NAMES = PeriodNames(read(dataset()).periods)


def _slugs(name: str, *places: str) -> list[str]:
    return [found.period.uri.rpartition("/")[2] for found in NAMES.find(name, places)]


def test_an_ambiguous_name_gives_every_period_of_that_name() -> None:
    assert sorted(_slugs("Bronze Age")) == ["bronze-age-aegean", "bronze-age-britain"]


@pytest.mark.parametrize(
    ("place", "first"),
    [
        ("Greece", "bronze-age-aegean"),
        ("CRETE", "bronze-age-aegean"),
        ("Great Britain", "bronze-age-britain"),
        ("http://www.wikidata.org/entity/Q23666", "bronze-age-britain"),
    ],
)
def test_the_period_of_the_place_comes_first_and_the_others_after_it(place: str, first: str) -> None:
    found = NAMES.find("bronze age", [place])
    assert found[0].period.uri.endswith(f"/{first}")
    assert [each.place for each in found] == [place, ""]


def test_a_narrower_place_counts_more_than_a_wider_one() -> None:
    assert _slugs("classical period", "Attica", "Greece") == ["classical", "high-classical-attica", "classic-maya"]
    assert _slugs("classical", "Attica", "Greece") == ["high-classical-attica", "classical", "classic-maya"]
    assert _slugs("classical", "Greece", "Attica") == ["classical", "high-classical-attica", "classic-maya"]


@pytest.mark.parametrize(
    "name", ["Klassik", "KLASSIK", "époque classique", "epoque classique", "Κλασική εποχή", "κλασικη"]
)
def test_a_period_is_found_by_its_name_in_any_language_and_spelling(name: str) -> None:
    assert _slugs(name, "Greece")[0] == "classical"


def test_whole_names_come_before_words_and_words_may_be_unfinished() -> None:
    found = NAMES.find("römerz")
    assert {each.period.label("de") for each in found} == {"Römische Kaiserzeit", "Römerzeit"}
    assert not any(each.is_whole for each in found)
    assert _slugs("byz earl") == ["early-byzantine"]
    assert _slugs("period", "Attica")[0] == "high-classical-attica"


def test_an_unknown_name_gives_nothing() -> None:
    assert NAMES.find("Jōmon") == []
    assert PeriodNames([]).find("Bronze Age", ["Greece"]) == []


def test_answers_are_limited() -> None:
    assert len(NAMES.find("period", most=3)) == 3


@pytest.mark.parametrize("name", ["", "  ", "?!", "x" * 1001])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(TimelineError, match="the name of a period") as refused:
        NAMES.find(name)
    assert refused.value.code == "BAD_TIME"


def test_too_many_places_are_refused() -> None:
    with pytest.raises(TimelineError, match="21 places"):
        NAMES.find("Bronze Age", ["Greece"] * 21)


def test_a_period_is_found_by_its_uri() -> None:
    assert NAMES.by_uri("https://periods.sample-museum.example/archaic").label("de") == "Archaik"
    with pytest.raises(NoPeriod, match="nothing") as refused:
        NAMES.by_uri("https://periods.sample-museum.example/nothing")
    assert refused.value.code == "NO_PERIOD"
