from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.edtf import parse_days, parse_span
from timeline.index import Change, Kind, SpanIndex
from timeline.instant import ordinal
from timeline.interval import BEGINNING, FOREVER, Certainty, DayRange, TimeSpan

SITE = {
    "shrine": "-0599~/-0479",
    "temple": "-0446/-0431-06",
    "grove": "../0390",
    "church": "0500/",
    "roof": "1985-04-12/..",
}
INDEX = SpanIndex((name, parse_span(text)) for name, text in SITE.items())


def test_what_stands_on_a_day() -> None:
    assert dict(INDEX.on(ordinal(-437, 1, 1))) == {"grove": Certainty.CERTAIN, "temple": Certainty.CERTAIN}
    assert dict(INDEX.on(ordinal(-479, 6, 1))) == {"grove": Certainty.CERTAIN, "shrine": Certainty.POSSIBLE}
    assert dict(INDEX.on(ordinal(2000, 1, 1))) == {"church": Certainty.POSSIBLE, "roof": Certainty.CERTAIN}


def test_what_stands_over_a_time() -> None:
    assert dict(INDEX.over(parse_days("[-0500,-0440]"))) == {
        "grove": Certainty.CERTAIN,
        "shrine": Certainty.POSSIBLE,
        "temple": Certainty.POSSIBLE,
    }
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
    empty: SpanIndex[str] = SpanIndex()
    assert (len(empty), empty.on(0), empty.boundaries(-10, 10)) == (0, [], [])
    assert (empty.changes(-10, 10), empty.difference([(0, 1)], [(5, 6)]), empty.matching(0, 9)) == ([], [], [])


def test_a_day_belongs_to_the_later_of_two_states() -> None:
    index = SpanIndex([("before", TimeSpan(0, 0, 10, 10)), ("after", TimeSpan(10, 10, 20, 20))])
    assert index.on(9) == [("before", Certainty.CERTAIN)]
    assert index.on(10) == [("after", Certainty.CERTAIN)]


def test_the_difference_of_two_moments_says_what_came_what_went_and_what_became_surer() -> None:
    found = INDEX.difference(parse_days("-0489"), parse_days("-0440"))
    assert {change.key: change.kind for change in found} == {"shrine": Kind.DISAPPEARS, "temple": Kind.APPEARS}
    index = SpanIndex([("wall", TimeSpan(10, 20, 30, 40))])
    assert [change.kind for change in index.difference([(12, 13)], [(25, 26)])] == [Kind.SURER]
    assert [change.kind for change in index.difference([(25, 26)], [(35, 36)])] == [Kind.LESS_SURE]
    assert index.difference([(12, 13)], [(35, 36)]) == []


def test_what_came_and_went_between_two_moments_is_among_the_changes_and_not_in_the_difference() -> None:
    span = TimeSpan(10, 10, 20, 20)
    index = SpanIndex([("scaffold", span), ("tower", TimeSpan(0, 0, 99, 99))])
    assert index.difference([(5, 6)], [(25, 26)]) == []
    assert index.changes(5, 26) == [
        (10, Change("scaffold", span, Certainty.NO, Certainty.CERTAIN)),
        (20, Change("scaffold", span, Certainty.CERTAIN, Certainty.NO)),
    ]


def test_the_epoch_that_fits_a_range_best_comes_first() -> None:
    years = {"antiquity": (-800, 500), "classical": (-480, -323), "the year 430": (-430, -429), "modern": (1800, None)}
    epochs = SpanIndex(
        (name, TimeSpan(first, first, last or FOREVER, last or FOREVER)) for name, (first, last) in years.items()
    )
    found = epochs.matching(-450, -400)
    assert [match.key for match in found] == ["classical", "antiquity", "the year 430"]
    assert found[0].share == pytest.approx(50 / 157)
    assert [match.certainty for match in found] == [Certainty.CERTAIN, Certainty.CERTAIN, Certainty.POSSIBLE]
    # Without an end it reaches as far as the range.
    assert [(match.key, round(match.share, 3)) for match in epochs.matching(1900, 2000)] == [("modern", 0.5)]


def test_what_was_added_and_removed_is_as_if_built_so() -> None:
    chance = random.Random(1)
    kept = [(key, _span(chance)) for key in range(300)]
    gone = [(key, _span(chance)) for key in range(300, 500)]
    index = SpanIndex(gone[:100])
    for key, span in kept + gone[100:]:
        index.add(key, span)
    for key, span in chance.sample(gone, len(gone)):
        index.remove(key, span)
    built = SpanIndex(kept)
    assert len(index) == len(built) == 300
    for day in range(-60, 61):
        assert sorted(index.on(day)) == sorted(built.on(day))
    assert index.boundaries(-100, 100) == built.boundaries(-100, 100)


def test_what_is_not_there_cannot_be_removed() -> None:
    index = SpanIndex([("wall", TimeSpan(10, 20, 30, 40))])
    for key, span in (("wall", TimeSpan(10, 20, 30, 41)), ("door", TimeSpan(10, 20, 30, 40))):
        with pytest.raises(KeyError):
            index.remove(key, span)
    assert (len(index), index.on(25)) == (1, [("wall", Certainty.CERTAIN)])


def test_a_key_may_have_several_spans() -> None:
    index = SpanIndex([("fair", TimeSpan(0, 0, 9, 9)), ("fair", TimeSpan(20, 20, 29, 29))])
    assert [len(index.on(day)) for day in (5, 15, 25)] == [1, 0, 1]
    index.remove("fair", TimeSpan(0, 0, 9, 9))
    assert [len(index.on(day)) for day in (5, 15, 25)] == [0, 0, 1]


@pytest.mark.parametrize("year", [-(10**12), 10**12])
def test_the_farthest_years_are_found(year: int) -> None:
    span = parse_span(f"Y{year}")
    index = SpanIndex([("then", span), ("always", TimeSpan(BEGINNING, BEGINNING, FOREVER, FOREVER))])
    assert dict(index.on(span.start_earliest + 3)) == {"then": Certainty.POSSIBLE, "always": Certainty.CERTAIN}
    assert dict(index.on(span.end_latest)) == {"always": Certainty.CERTAIN}
    assert index.boundaries(BEGINNING, FOREVER) == [span.start_earliest, span.end_latest]
    assert len(index.over([(BEGINNING, FOREVER)])) == 2


@pytest.mark.parametrize("shape", ["points", "nested", "few long among short", "all scales", "unbounded", "equal"])
def test_nothing_is_looked_at_that_does_not_stand(shape: str) -> None:
    """The cost of a question: at most as many slices as bits of a day, and their rows are the answers and no more."""
    chance = random.Random(2)
    index = SpanIndex(enumerate(_shape(shape, chance)))
    assert len(index._levels) <= 50
    for day in [chance.randrange(-3000, 3000) for _ in range(50)]:
        slices = list(index._containing(day))
        assert len(slices) <= len(index._levels)
        assert all(begin < stop for _, begin, stop in slices)
        standing = sum(span.on(day) is not Certainty.NO for span in _shape(shape, random.Random(2)))
        assert sum(stop - begin for _, begin, stop in slices) == standing


def _shape(shape: str, chance: random.Random) -> list[TimeSpan]:
    def crisp(start: int, end: int) -> TimeSpan:
        return TimeSpan(start, start, end, end)

    many = range(400)
    if shape == "points":
        return [crisp(day, day + 1) for day in (chance.randrange(-3000, 3000) for _ in many)]
    if shape == "nested":
        return [crisp(-at, at + 1) for at in many]
    if shape == "few long among short":
        return [crisp(10 * at, 10 * at + (1 if at % 40 else 2000)) for at in many]
    if shape == "all scales":
        return [
            crisp(start, start + int(2 ** chance.uniform(0, 48)))
            for start in (int(chance.choice((-1, 1)) * 2 ** chance.uniform(0, 48)) for _ in many)
        ]
    if shape == "unbounded":
        days = [chance.randrange(-3000, 3000) for _ in many]
        return [
            crisp(BEGINNING, day)
            if at % 3
            else crisp(day, FOREVER)
            if at % 2
            else TimeSpan(BEGINNING, day, day, FOREVER)
            for at, day in enumerate(days)
        ]
    return [TimeSpan(-100, 0, 50, 100)] * 400


def _span(chance: random.Random) -> TimeSpan:
    starts, ends = sorted(chance.choices(range(-50, 20), k=2)), sorted(chance.choices(range(21, 51), k=2))
    return TimeSpan(starts[0], starts[1], ends[0], ends[1])


@st.composite
def _spans(draw: st.DrawFn) -> TimeSpan:
    scale = draw(st.sampled_from([1, 1, 2**20, 2**40]))
    a, b, c, d = (scale * draw(st.integers(-20, 20)) for _ in range(4))
    start_earliest, start_latest, end_earliest, end_latest = min(a, b), max(a, b), min(c, d), max(c, d)
    if start_earliest >= end_latest:
        end_latest = start_earliest + 1 + abs(end_latest)
        end_earliest = min(end_earliest, end_latest)
    return TimeSpan(
        BEGINNING if draw(st.integers(0, 5)) == 0 else start_earliest,
        start_latest,
        end_earliest,
        FOREVER if draw(st.integers(0, 5)) == 0 else end_latest,
    )


_runs = st.lists(st.integers(-25, 25), min_size=0, max_size=6, unique=True).map(
    lambda days: list(zip(sorted(days)[0::2], sorted(days)[1::2], strict=False))
)


@given(st.lists(_spans(), max_size=25), _runs, _runs)
def test_it_answers_as_looking_at_every_span(
    every: list[TimeSpan], before: list[DayRange], after: list[DayRange]
) -> None:
    index = SpanIndex(enumerate(every[::2]))
    for key, span in enumerate(every[1::2], len(every[::2])):
        index.add(key, span)
    spans = dict(enumerate([*every[::2], *every[1::2]]))
    for days in (before, after):
        said = {key: span.over(days) for key, span in spans.items()}
        assert sorted(index.over(days)) == sorted(each for each in said.items() if each[1] is not Certainty.NO)
    for day in (-25, -1, 0, 7, 2**20, -(2**40)):
        said = {key: span.on(day) for key, span in spans.items()}
        assert sorted(index.on(day)) == sorted(each for each in said.items() if each[1] is not Certainty.NO)
    assert {change.key: (change.before, change.after) for change in index.difference(before, after)} == {
        key: (span.over(before), span.over(after))
        for key, span in spans.items()
        if span.over(before) is not span.over(after)
    }


@given(st.lists(_spans(), max_size=12), st.integers(-25, 25), st.integers(0, 30))
def test_changes_are_those_of_looking_at_every_day(every: list[TimeSpan], first: int, length: int) -> None:
    index = SpanIndex(enumerate(every))
    expected = [
        (day, key, span.on(day - 1), span.on(day))
        for day in range(first, first + length)
        for key, span in enumerate(every)
        if span.on(day - 1) is not span.on(day)
    ]
    found = index.changes(first, first + length)
    assert [day for day, _ in found] == sorted(day for day, _ in found)
    assert sorted((day, change.key, change.before, change.after) for day, change in found) == sorted(expected)
    assert index.boundaries(first, first + length) == sorted({day for day, *_ in expected})
