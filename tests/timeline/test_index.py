from __future__ import annotations

from timeline.edtf import parse_days, parse_span
from timeline.index import SpanIndex
from timeline.instant import ordinal
from timeline.interval import Certainty, TimeSpan

SITE = {
    "shrine": "-0599~/-0479",
    "temple": "-0446/-0431-06",
    "grove": "../0390",
    "church": "0500/",
    "roof": "1985-04-12/..",
}
INDEX = SpanIndex((name, parse_span(text)) for name, text in SITE.items())


def test_what_stands_on_a_day() -> None:
    assert INDEX.on(ordinal(-437, 1, 1)) == [("grove", Certainty.CERTAIN), ("temple", Certainty.CERTAIN)]
    assert INDEX.on(ordinal(-479, 6, 1)) == [("grove", Certainty.CERTAIN), ("shrine", Certainty.POSSIBLE)]
    assert INDEX.on(ordinal(2000, 1, 1)) == [("church", Certainty.POSSIBLE), ("roof", Certainty.CERTAIN)]


def test_what_stands_over_a_time() -> None:
    assert INDEX.over(parse_days("[-0500,-0440]")) == [
        ("grove", Certainty.CERTAIN),
        ("shrine", Certainty.POSSIBLE),
        ("temple", Certainty.POSSIBLE),
    ]
    assert INDEX.over([]) == []


def test_boundaries_are_where_something_changes() -> None:
    boundaries = INDEX.boundaries(ordinal(-431, 1, 1), ordinal(501, 1, 1))
    assert boundaries == [
        ordinal(-431, 6, 2),
        ordinal(-431, 7, 1),
        ordinal(390, 1, 2),
        ordinal(391, 1, 1),
        ordinal(500, 1, 1),
    ]


def test_an_empty_index_answers() -> None:
    empty: SpanIndex[str] = SpanIndex([])
    assert (len(empty), empty.on(0), empty.boundaries(-10, 10)) == (0, [], [])


def test_a_day_belongs_to_the_later_of_two_states() -> None:
    index = SpanIndex([("before", TimeSpan(0, 0, 10, 10)), ("after", TimeSpan(10, 10, 20, 20))])
    assert index.on(9) == [("before", Certainty.CERTAIN)]
    assert index.on(10) == [("after", Certainty.CERTAIN)]
