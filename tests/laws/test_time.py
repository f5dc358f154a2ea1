"""Laws of dates: what is written is read back, bounds enclose every member, the index agrees with looking at each."""

from __future__ import annotations

import contextlib
import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from timeline.bounds import as_edtf, bounds_text
from timeline.date import year_text
from timeline.edtf import Edtf, parse
from timeline.errors import EdtfError
from timeline.index import SpanIndex
from timeline.instant import civil, days_in_month, ordinal
from timeline.interval import BEGINNING, FOREVER, Certainty, TimeSpan
from timeline.label import label
from timeline.proposal import propose
from timeline.remark import LANGUAGES
from timeline.words import VOCABULARY

years = st.one_of(st.integers(-3000, 3000), st.integers(-(10**12), 10**12))
qualifiers = st.sampled_from(["", "", "", "?", "~", "%"])


@st.composite
def year_texts(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["plain", "plain", "open", "significant", "long", "exponent"]))
    sign = draw(st.sampled_from(["", "-"]))
    if kind == "long":
        return f"Y{sign}{draw(st.integers(10_000, 10**12))}"
    if kind == "exponent":
        return f"Y{sign}{draw(st.integers(1, 999))}E{draw(st.integers(1, 9))}"
    digits = f"{draw(st.integers(1, 9999)):04d}"
    if kind == "open":
        digits = "".join("X" if draw(st.booleans()) else digit for digit in digits)
    if kind == "significant":
        return f"{sign}{digits}S{draw(st.integers(1, len(digits.lstrip('0'))))}"
    assume(not sign or digits.strip("0"))
    return sign + digits


@st.composite
def date_texts(draw: st.DrawFn) -> str:
    text = draw(year_texts())
    parts = draw(st.integers(1, 3)) if text[0] != "Y" and "S" not in text else 1
    text = draw(qualifiers) + text + draw(qualifiers)
    if parts == 2 and draw(st.booleans()):
        return f"{text}-{draw(st.integers(21, 41))}{draw(qualifiers)}"
    for digits in [f"{draw(st.integers(1, 12)):02d}", f"{draw(st.integers(1, 28)):02d}"][: parts - 1]:
        part = "".join("X" if draw(st.integers(0, 3)) == 0 else digit for digit in digits)
        text += f"-{draw(qualifiers)}{part}{draw(qualifiers)}"
    return text


@st.composite
def plain_texts(draw: st.DrawFn) -> str:
    """Dates of which the words say all: in full, and qualified as a whole."""
    year = draw(st.one_of(st.integers(-3000, 0), st.integers(100, 3000), st.integers(-(10**12), -(10**4))))
    parts = draw(st.integers(1, 3)) if year > -10_000 else 1
    rest = [f"{draw(st.integers(1, 12)):02d}", f"{draw(st.integers(1, 28)):02d}"]
    if parts == 2 and draw(st.booleans()):
        rest = [str(draw(st.integers(21, 41)))]
    return "-".join([year_text(year), *rest][:parts]) + draw(qualifiers)


@st.composite
def edtf_texts(draw: st.DrawFn, dates: st.SearchStrategy[str]) -> str:
    kind = draw(st.sampled_from(["date", "interval", "[]", "{}", "bounds"]))
    if kind == "bounds":
        ranges = st.tuples(dates, dates).map("..".join)
        ends = st.one_of(dates.map("[..{}]".format), dates.map("[{}..]".format), st.sampled_from(["..", ""]))
        limits = st.one_of(ranges.map("[{}]".format), dates, ends)
        if draw(st.integers(0, 3)) == 0:
            return f"{draw(ends)}/{draw(ends)}"
        return f"[{draw(ranges)}]/{draw(limits)}" if draw(st.booleans()) else f"{draw(limits)}/[{draw(ranges)}]"
    if kind == "date":
        return draw(dates)
    if kind == "interval":
        ends = st.one_of(dates, st.sampled_from(["..", ""]))
        return f"{draw(ends)}/{draw(ends)}"
    members = draw(st.lists(st.one_of(dates, st.tuples(dates, dates).map("..".join)), min_size=1, max_size=4))
    if draw(st.booleans()):
        members[0] = ".." + members[0].rpartition("..")[2]
    return kind[0] + ",".join(members) + kind[1]


@st.composite
def edtfs(draw: st.DrawFn, dates: st.SearchStrategy[str] | None = None) -> Edtf:
    """Texts of every form; those that say nothing possible (an end before its beginning) are passed over."""
    text = draw(edtf_texts(date_texts() if dates is None else dates))
    try:
        return parse(text)
    except EdtfError as refused:
        assume(False)
        raise AssertionError from refused


@given(years, st.integers(1, 12), st.integers(1, 31))
def test_days_and_dates_are_the_same_thing(year: int, month: int, day: int) -> None:
    assume(day <= days_in_month(year, month))
    assert civil(ordinal(year, month, day)) == (year, month, day)
    assert ordinal(*civil(ordinal(year, month, day) + 1)) == ordinal(year, month, day) + 1


@given(st.integers(-(10**14), 10**14), st.integers(-(10**14), 10**14))
def test_days_are_in_the_order_of_their_dates(a: int, b: int) -> None:
    assert (a < b) == (civil(a) < civil(b))


@given(edtfs())
def test_what_is_written_is_read_back(edtf: Edtf) -> None:
    again = parse(str(edtf))
    assert again == edtf
    assert str(again) == str(edtf)
    assert again.days() == edtf.days()


@given(edtfs())
def test_bounds_enclose_every_member_and_touch_the_outer_ones(edtf: Edtf) -> None:
    days = edtf.days()
    assert all(first < after for first, after in days)
    assert all(before[1] < later[0] for before, later in itertools.pairwise(days))
    assert edtf.bounds == (days[0][0], days[-1][1])


@given(edtfs())
def test_existence_lies_within_the_days_of_the_text(edtf: Edtf) -> None:
    span = edtf.span()
    first, after = edtf.bounds
    assert (span.start_earliest, span.end_latest) == (first, after)
    if first > BEGINNING:
        assert span.on(first - 1) is Certainty.NO
        assert span.on(first) is not Certainty.NO
    if after < FOREVER:
        assert span.on(after - 1) is not Certainty.NO
        assert span.on(after) is Certainty.NO


@given(edtfs(), edtfs())
def test_dates_have_one_order_in_which_only_equals_are_level(a: Edtf, b: Edtf) -> None:
    assert (a.sort_key == b.sort_key) == (a == b)
    assert (a.sort_key < b.sort_key) + (a == b) + (a.sort_key > b.sort_key) == 1
    first, second = sorted([a, b], key=lambda each: each.sort_key)
    assert first.bounds <= second.bounds


@given(edtfs())
def test_what_edtf_says_of_four_bounds_never_claims_more(edtf: Edtf) -> None:
    conversion = as_edtf(edtf)
    assume(conversion.text is not None)
    assert conversion.text is not None
    said, given_ = parse(conversion.text).span(), edtf.span()
    assert parse(conversion.text).is_edtf
    assert said.start_earliest <= given_.start_earliest
    assert given_.end_latest <= said.end_latest
    if said.start_latest < said.end_earliest:
        assert given_.start_latest <= said.start_latest
        assert said.end_earliest <= given_.end_earliest
    if conversion.lost is None:
        assert _four(said) == _four(given_)


@given(edtfs())
def test_bounds_written_as_text_are_read_back(edtf: Edtf) -> None:
    span = edtf.span()
    again = parse(bounds_text(span)).span()
    if all(abs(civil(day)[0]) < 9999 for day in _four(span) if BEGINNING < day < FOREVER):
        assert _four(again) == _four(span)
    assert again.start_earliest <= span.start_earliest
    assert span.end_latest <= again.end_latest


def _four(span: TimeSpan) -> tuple[int, int, int, int]:
    return span.start_earliest, span.start_latest, span.end_earliest, span.end_latest


@given(edtfs(), st.sampled_from(LANGUAGES))
def test_every_date_has_words_in_every_language(edtf: Edtf, language: str) -> None:
    words = label(edtf, language)
    assert words
    assert "{" not in words


@given(edtfs(plain_texts()), st.sampled_from(LANGUAGES))
def test_a_label_is_understood_again(edtf: Edtf, language: str) -> None:
    words = label(edtf, language)
    assume(len(words) <= 200)
    proposed = [proposal.parsed for proposal in propose(words).proposals]
    assert any(_four(each.span()) == _four(edtf.span()) and each.days() == edtf.days() for each in proposed), words


WORDS = [" ".join(phrase) for phrase in VOCABULARY] + ["0", "3", "85", "198", "1210", "1842", "XII", "3.", "1920s", "I"]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_words_are_understood_or_not_with_a_reason(words: list[str]) -> None:
    text = " ".join(words)[:200]
    found = propose(text)
    assert bool(found.proposals) != (found.reason is not None)
    assert [proposal.rank for proposal in found.proposals] == list(range(1, len(found.proposals) + 1))
    for proposal in found.proposals:
        assert str(proposal.parsed) == proposal.text
        assert all(proposal.label(language) for language in LANGUAGES)
    assert found.proposals or all(found.reason.words(language) for language in LANGUAGES if found.reason)


@given(st.text(max_size=250))
def test_any_text_at_all_is_proposed_for_or_not(text: str) -> None:
    found = propose(text)
    assert bool(found.proposals) != (found.reason is not None)


@given(st.text(st.sampled_from("0123456789XY-/.[]{},?~%ESTZ:+ x"), max_size=40))
def test_any_text_is_read_or_refused_with_a_column_in_it(text: str) -> None:
    column = 1
    try:
        parsed = parse(text)
        assert parse(str(parsed)) == parsed
    except EdtfError as refused:
        column = refused.column
    assert 1 <= column <= len(text) + 1


@given(st.text(max_size=250))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(EdtfError):
        parse(text)


@st.composite
def spans(draw: st.DrawFn) -> TimeSpan:
    days = st.integers(-30, 30)
    start = sorted([draw(days), draw(days)])
    end = sorted([draw(days), draw(days)])
    assume(start[0] < end[1])
    return TimeSpan(
        BEGINNING if draw(st.integers(0, 5)) == 0 else start[0],
        start[1],
        end[0],
        FOREVER if draw(st.integers(0, 5)) == 0 else end[1],
    )


@given(st.lists(spans(), max_size=20), st.integers(-35, 35), st.integers(1, 20))
def test_the_index_answers_as_looking_at_each_span(every: list[TimeSpan], first: int, length: int) -> None:
    index = SpanIndex(enumerate(every))
    days = [(first, first + length), (first + length + 2, first + length + 3)]
    assert dict(index.on(first)) == {k: s.on(first) for k, s in enumerate(every) if s.on(first) is not Certainty.NO}
    assert dict(index.over(days)) == {k: s.over(days) for k, s in enumerate(every) if s.over(days) is not Certainty.NO}
    expected = [
        day for day in range(first, first + length) if any(span.on(day - 1) is not span.on(day) for span in every)
    ]
    assert index.boundaries(first, first + length) == expected


@given(spans(), st.integers(-35, 35))
def test_weight_is_positive_where_possible_and_one_where_certain(span: TimeSpan, day: int) -> None:
    weight = span.weight(day)
    if weight is None:
        assert span.on(day) is Certainty.POSSIBLE
        return
    assert 0 <= weight <= 1
    assert (weight > 0) == (span.on(day) is not Certainty.NO)
    if span.on(day) is Certainty.CERTAIN:
        assert weight == 1
