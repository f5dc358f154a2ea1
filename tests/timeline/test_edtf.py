from __future__ import annotations

import pytest

from timeline.edtf import Kind, parse, parse_days, parse_span
from timeline.errors import EdtfError
from timeline.instant import iso_date, ordinal, year_of
from timeline.interval import BEGINNING, FOREVER, Certainty

LEVEL_0 = """
1985-04-12  1985-04  1985  0000  1985-04-12T23:20:30  1985-04-12T23:20:30Z  1985-04-12T23:20:30-04
1985-04-12T23:20:30+04:30  1985-04-12T24:00:00  1964/2008  2004-06/2006-08  2004-02-01/2005-02-08
2004-02-01/2005-02  2004-02-01/2005  2005/2006-02
"""
LEVEL_1 = """
Y170000002  Y-170000002  2001-21  2001-22  2001-23  2001-24  1984?  2004-06~  2004-06-11%  201X  20XX  XXXX  2004-XX
1985-04-XX  1985-XX-XX  XXXX-XX-XX  1985-04-12/..  1985-04/..  1985/..  ../1985-04-12  ../1985-04  ../1985
1985-04-12/  1985-04/  1985/  /1985-04-12  /1985-04  /1985  -1985  -0043-03-15  1984?/2004~  2004-06-11%/2004-06~  ../..
"""
LEVEL_2 = """
Y-17E7  Y17101E4  Y3388E2S3  1950S2  Y171010000S3  -1950S2  2001-25  2001-32  2001-33  2001-36  2001-37  2001-39
2001-40  2001-41  [1667,1668,1670..1672]  [..1760-12-03]  [1760-12..]  [1760-01,1760-02,1760-12..]  [1667,1760-12]
[..1984]  {1667,1668,1670..1672}  {1960,1961-12}  {..1984}  {..1983-12-31,1984-10-10..1984-11-01}  2004-06~-11
2004?-06-11  ?2004-06-~11  2004-%06-11  2004-06-11%  156X-12-25  15XX-12-25  XXXX-12-XX  1XXX-XX  1XXX-12  1984-1X
XXXX-12  -100X  198  18  2004-06-~01/2004-06-~20  2004-06-XX/2004-07-03  -XXXX  [1900?,1901~]  ?-0043-03-15
"""
GOOD = (LEVEL_0 + LEVEL_1 + LEVEL_2).split()


def dates(text: str) -> list[tuple[str | None, str | None]]:
    """First and last day of each run."""
    return [(iso_date(first), iso_date(after - 1)) for first, after in parse_days(text)]


@pytest.mark.parametrize("text", GOOD)
def test_every_form_is_read_and_written_back(text: str) -> None:
    parsed = parse(text)
    assert parse(str(parsed)) == parsed
    assert parse(str(parsed)).days() == parsed.days()
    assert str(parse(str(parsed))) == str(parsed)
    assert parsed.span().text == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("?2004-06-~11", "2004?-06-~11"),
        ("?2004-?06-?11", "2004-06-11?"),
        ("2004-06~-11", "2004-06~-11"),
        ("2004-06~-~11", "2004-06-11~"),
        ("?2004-06~", "2004%-~06"),
        ("?-0043-03-15", "-0043?-03-15"),
        ("2004-~06-~11", "2004-~06-~11"),
        ("[ 1667, 1668 ,1670..1672 ]", "[1667,1668,1670..1672]"),
    ],
)
def test_qualifiers_belong_to_components_and_have_one_spelling(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1985-04", "1985-04-01", "1985-04-30"),
        ("2004-02", "2004-02-01", "2004-02-29"),
        ("0000", "0000-01-01", "0000-12-31"),
        ("1985-04-12T24:00:00", "1985-04-13", "1985-04-13"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("-100X", "-1009-01-01", "-1000-12-31"),
        ("-04XX", "-0499-01-01", "-0400-12-31"),
        ("-000X", "-0009-01-01", "-0001-12-31"),
        ("1984-1X", "1984-10-01", "1984-12-31"),
        ("1984-0X", "1984-01-01", "1984-09-30"),
        ("1985-XX-XX", "1985-01-01", "1985-12-31"),
        ("1985-02-XX", "1985-02-01", "1985-02-28"),
        ("1985-02-2X", "1985-02-20", "1985-02-28"),
        ("2001-21", "2001-03-01", "2001-05-31"),
        ("2001-24", "2001-12-01", "2002-02-28"),
        ("2001-28", "2001-12-01", "2002-02-28"),
        ("2001-29", "2001-09-01", "2001-11-30"),
        ("2001-30", "2001-12-01", "2002-02-28"),
        ("2001-32", "2001-06-01", "2001-08-31"),
        ("2001-22", "2001-06-01", "2001-08-31"),
        ("2001-23", "2001-09-01", "2001-11-30"),
        ("2001-25", "2001-03-01", "2001-05-31"),
        ("2001-26", "2001-06-01", "2001-08-31"),
        ("2001-27", "2001-09-01", "2001-11-30"),
        ("2001-31", "2001-03-01", "2001-05-31"),
        ("2001-33", "2001-01-01", "2001-03-31"),
        ("2001-34", "2001-04-01", "2001-06-30"),
        ("2001-35", "2001-07-01", "2001-09-30"),
        ("2001-36", "2001-10-01", "2001-12-31"),
        ("2001-37", "2001-01-01", "2001-04-30"),
        ("2001-38", "2001-05-01", "2001-08-31"),
        ("2001-39", "2001-09-01", "2001-12-31"),
        ("2001-40", "2001-01-01", "2001-06-30"),
        ("2001-41", "2001-07-01", "2001-12-31"),
        ("1985-04-12T23:20:30-04", "1985-04-12", "1985-04-12"),
        ("1964/2008", "1964-01-01", "2008-12-31"),
        ("2004-02-01/2005", "2004-02-01", "2005-12-31"),
        ("2004-06-XX/2004-07-03", "2004-06-01", "2004-07-03"),
        ("2004-06-~01/2004-06-~20", "2004-06-01", "2004-06-20"),
        ("1950S2", "1900-01-01", "1999-12-31"),
        ("-1950S2", "-1999-01-01", "-1900-12-31"),
        ("198", "1980-01-01", "1989-12-31"),
        ("18", "1800-01-01", "1899-12-31"),
        ("2001-21/2003", "2001-03-01", "2003-12-31"),
        ("1984~", "1984-01-01", "1984-12-31"),
    ],
)
def test_one_run_of_days(text: str, first: str, last: str) -> None:
    assert dates(text) == [(first, last)]


def test_digits_left_open_on_the_left_make_many_runs() -> None:
    assert dates("156X-12-25") == [(f"156{digit}-12-25",) * 2 for digit in range(10)]
    assert len(parse_days("1XXX-12")) == 1000
    assert dates("XX00")[18:20] == [("1800-01-01", "1800-12-31"), ("1900-01-01", "1900-12-31")]
    assert [year_of(first) for first, _ in parse_days("-1X05")][:3] == [-1905, -1805, -1705]


def test_only_days_that_the_calendar_has_are_members() -> None:
    assert dates("1985-XX-31") == [(f"1985-{month:02d}-31",) * 2 for month in (1, 3, 5, 7, 8, 10, 12)]
    assert [iso_date(first) for first, _ in parse_days("190X-02-29")] == ["1904-02-29", "1908-02-29"]
    assert len(parse_days("XXXX-02-29")) == 2425


def test_too_many_runs_are_answered_by_their_outer_bounds() -> None:
    assert parse_days("XXXX-XX-X1") == parse_days("XXXX")


def test_sets_are_merged_runs() -> None:
    assert dates("[1667,1668,1670..1672]") == [("1667-01-01", "1668-12-31"), ("1670-01-01", "1672-12-31")]
    assert dates("{1961-12,1960}") == [("1960-01-01", "1960-12-31"), ("1961-12-01", "1961-12-31")]
    assert parse_days("[..1984]") == ((BEGINNING, ordinal(1985, 1, 1)),)
    assert parse_days("[1760-12..]") == ((ordinal(1760, 12, 1), FOREVER),)


def test_long_years_are_exact() -> None:
    for text, low, high in [
        ("Y170000002", 170_000_002, 170_000_002),
        ("Y-17E7", -170_000_000, -170_000_000),
        ("Y171010000S3", 171_000_000, 171_999_999),
        ("Y3388E2S3", 338_000, 338_999),
        ("Y-1E12", -(10**12), -(10**12)),
    ]:
        assert parse_days(text) == ((ordinal(low, 1, 1), ordinal(high + 1, 1, 1)),)


def test_seasons_without_a_hemisphere_say_so() -> None:
    assert parse("2001-21").season_ambiguous
    assert not parse("2001-25").season_ambiguous
    assert parse("2001-25/2003-24").season_ambiguous


def test_an_interval_began_within_its_first_and_ended_within_its_last_date() -> None:
    span = parse_span("1964-05/2008")
    assert (iso_date(span.start_earliest), iso_date(span.start_latest)) == ("1964-05-01", "1964-05-31")
    assert (iso_date(span.end_earliest), iso_date(span.end_latest)) == ("2008-01-02", "2009-01-01")


def test_a_date_alone_began_and_ended_within_it() -> None:
    one, two = parse_span("1985"), parse_span("1985/1985")
    assert (one.start_earliest, one.start_latest, one.end_earliest, one.end_latest) == (
        two.start_earliest,
        two.start_latest,
        two.end_earliest,
        two.end_latest,
    )
    day = parse_span("1985-04-12")
    assert day.on(ordinal(1985, 4, 12)) is Certainty.CERTAIN
    assert day.on(ordinal(1985, 4, 13)) is Certainty.NO


def test_no_limit_and_an_unknown_limit_are_told_apart() -> None:
    later = ordinal(2300, 1, 1)
    open_end, unknown_end = parse_span("1985/.."), parse_span("1985/")
    assert (open_end.on(later), open_end.end_unknown) == (Certainty.CERTAIN, False)
    assert (unknown_end.on(later), unknown_end.end_unknown) == (Certainty.POSSIBLE, True)
    before = ordinal(-8000, 1, 1)
    open_start, unknown_start = parse_span("../1985"), parse_span("/1985")
    assert (open_start.on(before), open_start.start_unknown) == (Certainty.CERTAIN, False)
    assert (unknown_start.on(before), unknown_start.start_unknown) == (Certainty.POSSIBLE, True)
    assert unknown_end.on(ordinal(1985, 1, 1) - 1) is Certainty.NO
    assert parse_span("../..").on(later) is Certainty.CERTAIN


def test_one_of_a_set_is_a_date_not_known_and_all_of_a_set_reaches_from_first_to_last() -> None:
    one, every = parse_span("[1667,1670]"), parse_span("{1667,1670}")
    assert (year_of(one.start_earliest), year_of(one.start_latest)) == (1667, 1670)
    assert one.on(ordinal(1668, 6, 1)) is Certainty.POSSIBLE
    assert every.on(ordinal(1668, 6, 1)) is Certainty.CERTAIN
    by = parse_span("[..1760]")
    assert by.on(ordinal(1700, 1, 1)) is Certainty.POSSIBLE
    assert by.on(ordinal(1761, 1, 1)) is Certainty.NO
    assert parse_span("[1760..]").on(ordinal(1999, 1, 1)) is Certainty.POSSIBLE


FOUR_BOUNDS = """
[1205..1215]/[1248..1252]  [1205..1215]/1250  1210/[1248..1252]  [1205..1215]/..  ../[1248..1252]  [1205..1215]/
/[1248..1252]  [..1215]/[1248..]  [1205..]/[..1252]  [..1215]/..  [1205~..1215?]/[1248-05..1252-%06]
[-0446..-0440]/[-0432-05-12..-0431]  [Y-17E7..Y-16E7]/..
"""


@pytest.mark.parametrize("text", FOUR_BOUNDS.split())
def test_four_bounds_are_read_and_written_back(text: str) -> None:
    parsed = parse(text)
    assert (parsed.kind, parsed.is_edtf) == (Kind.FOUR_BOUNDS, False)
    assert str(parsed) == text
    assert parse_span(text).text == text


def test_four_bounds_say_when_it_began_and_when_it_ended() -> None:
    span = parse_span("[1205..1215]/[1248..1252]")
    assert (iso_date(span.start_earliest), iso_date(span.start_latest)) == ("1205-01-01", "1215-12-31")
    assert (iso_date(span.end_earliest), iso_date(span.end_latest)) == ("1248-01-02", "1253-01-01")
    assert [span.on(ordinal(year, 6, 1)).value for year in (1204, 1210, 1230, 1250, 1253)] == [
        "no",
        "possible",
        "certain",
        "possible",
        "no",
    ]
    assert parse_days("[1205..1215]/[1248..1252]") == parse_days("1205/1252")


def test_a_bound_without_a_limit_of_its_own_is_limited_by_the_other_end() -> None:
    span = parse_span("[1205..]/[..1252]")
    assert (iso_date(span.start_latest), iso_date(span.end_earliest)) == ("1252-12-31", "1205-01-02")
    assert parse_span("[..1215]/..").on(ordinal(1216, 1, 1)) is Certainty.CERTAIN
    assert (parse_span("[1205..1215]/").end_unknown, parse_span("[1205..1215]/..").end_unknown) == (True, False)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1985", []),
        ("198", ["SHORT_FORM"]),
        ("18~", ["SHORT_FORM", "CIRCA_SHARP"]),
        ("2001-21/2001-25", ["NORTHERN"]),
        ("1210~/1250~", ["CIRCA_SHARP"]),
        ("2001-29?", []),
    ],
)
def test_what_was_taken_for_what_is_noted(text: str, codes: list[str]) -> None:
    assert [note.code for note in parse(text).notes] == codes


def test_a_decade_of_three_digits_says_how_the_year_is_written() -> None:
    (note,) = parse("117").notes
    assert note.words() == "'117' says the years 1170 to 1179; the year alone is written 0117"


def test_kinds() -> None:
    assert [parse(text).kind for text in ("1985", "1985/..", "[1985]", "{1985}")] == [
        Kind.DATE,
        Kind.INTERVAL,
        Kind.ONE_OF,
        Kind.ALL_OF,
    ]


def test_equal_whatever_the_spelling() -> None:
    assert parse("?2004-?06") == parse("2004-06?")
    assert parse("2004") != parse("2004?")
    assert parse("1985/") != parse("1985/..")


def test_in_order_of_days_then_text() -> None:
    texts = ["Y170000002", "1985-04", "-0429", "1985", "../1985", "0000", "1985~", "Y-17E7", "1985-04-12"]
    ordered = sorted(texts, key=lambda text: parse(text).sort_key)
    assert ordered == ["../1985", "Y-17E7", "-0429", "0000", "1985", "1985~", "1985-04", "1985-04-12", "Y170000002"]


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "the text is empty"),
        ("1985-4", 6, "two digits"),
        ("85", 1, "85XX for the century"),
        ("430", 1, "430X for the decade"),
        ("117/138", 1, "0117 for the year, or 117X for the decade"),
        ("0117/138", 6, "0138 for the year, or 138X for the decade"),
        ("[117..138]", 2, "0117 for the year"),
        ("{1850,18}", 7, "0018 for the year, or 18XX for the century"),
        ("12/..", 1, "0012 for the year"),
        ("[1205..1215]/1204", 14, "before the beginning [1205..1215]"),
        ("[1205,1215]/1250", 1, "one range"),
        ("1205/[1248,1252]", 6, "one range"),
        ("1205/{1248..1252}", 6, "a year"),
        ("{1205..1215}/1250", 13, "the end"),
        ("[1205..1215]/[1248..1252]/1300", 26, "the end"),
        ("[1205..1215", 12, "',' or ']'"),
        ("[1205..1215]/x", 14, "a year"),
        ("1e5", 2, "upper case E"),
        ("1985-04-12/1990T10", 16, "the end"),
        ("0117/430", 6, "430X for the decade"),
        ("1985-04-31", 9, "day 31 of 1985-04"),
        ("1984-02-30", 9, "a day that this month has"),
        ("1985-02-29", 9, "a day that this month has"),
        ("1985-02-3X", 9, "a day that this month has"),
        ("XXX1-02-29", 9, "a day that this month has"),
        ("1985-04-32", 9, "day 32"),
        ("1985-04-00", 9, "day 00"),
        ("20X", 1, "four digits"),
        ("Y1985", 2, "five digits or more"),
        ("Y01985", 2, "does not begin with 0"),
        ("Y-0", 3, "does not begin with 0"),
        ("Y", 2, "digits after Y"),
        ("Y17000-04", 7, "no month"),
        ("Y17E", 5, "no exponent"),
        ("Y1E13", 1, "Y-1E12 to Y1E12"),
        ("Y1000000000001", 1, "beyond 10^12"),
        ("1985-04-12/1984", 12, "before the beginning"),
        ("2004-06-11?~", 12, "one qualifier"),
        ("[1985", 6, "',' or ']'"),
        ("{1985]", 6, "',' or '}'"),
        ("[]", 2, "a year"),
        ("[..]", 4, "a year"),
        ("[[1985]]", 2, "a year"),
        ("[1985]x", 7, "the end"),
        ("[1985,..1990]", 7, "the first member only"),
        ("[1985..,1990]", 9, "a member after '..'"),
        ("[1990..1985]", 8, "before the beginning"),
        ("[1985]/1990", 1, "1985 without brackets"),
        ("1985..1990", 5, "'..' between dates stands in [ ]"),
        ("+1985", 1, "without '+'"),
        ("1985-00", 6, "01–12"),
        ("2019-13", 6, "month 13"),
        ("2001-20", 6, "month 20"),
        ("2001-42", 6, "month 42"),
        ("1985-2X", 6, "month 2X"),
        ("2001-21-03", 8, "no day after a season"),
        ("19xx", 3, "upper case X"),
        ("19uu", 3, "upper case X"),
        ("1985-uu", 6, "a month"),
        ("1985 ", 5, "the end"),
        (" 1985", 1, "a year"),
        ("1985/ 1986", 6, "a year"),
        ("１９８５", 1, "a year"),
        ("12345", 1, "Y before a longer year"),
        ("19850412", 1, "Y before a longer year"),
        ("-0000", 1, "1 BC"),
        ("-", 2, "a year"),
        ("-198", 1, "four digits"),
        ("1985-", 6, "the text ends"),
        ("1985--04", 6, "a month"),
        ("198-04", 4, "no month"),
        ("1950S5", 6, "1 to 4 after S"),
        ("1950S0", 6, "1 to 4 after S"),
        ("195XS2", 5, "no 'S'"),
        ("1950S2-04", 7, "no month"),
        ("/", 1, "without any limit known"),
        ("..", 3, "'/'"),
        ("1985/1986/1987", 10, "the end"),
        ("unknown/1985", 1, "of an old draft"),
        ("1985/open", 6, "'..'"),
        ("1985-04T10:00:00", 8, "the end"),
        ("1985-04-12T10:00", 17, "':'"),
        ("1985-04-12T25:00:00", 12, "hour '25'"),
        ("1985-04-12T10:60:00", 15, "minute '60'"),
        ("1985-04-12T24:00:01", 12, "24:00:00"),
        ("1985-04-12T10:00:00+15", 21, "offset"),
        ("1985-04-1XT10:00:00", 11, "no time of day after X"),
        ("1985-04-12?T10:00:00", 12, "no time of day after X or a qualifier"),
        ("1985-04-12T10:00:00/1986", 20, "without times"),
        ("1985/1986-04-12T10:00:00", 16, "without a time"),
        ("[1985-04-12T10:00:00]", 12, "without a time"),
        ("1" * 201, 201, "at most 200"),
    ],
)
def test_refusals_say_what_where_and_what_was_expected(text: str, column: int, words: str) -> None:
    with pytest.raises(EdtfError) as refusal:
        parse(text)
    assert words in str(refusal.value)
    assert refusal.value.column == column
    assert refusal.value.text == text


def test_hostile_texts_are_refused_as_fast_as_any() -> None:
    """They end: no number that the text states is computed before it is known to be small."""
    for text in ["Y1E" + "9" * 190, "Y" + "9" * 190, "[" * 200, "1985S" + "9" * 190, "?" * 200, "-" * 200, "X" * 200]:
        with pytest.raises(EdtfError):
            parse(text)
