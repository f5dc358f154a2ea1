from __future__ import annotations

import pytest

from timeline.edtf import parse
from timeline.julian import Calendar
from timeline.proposal import MOST, propose
from timeline.reading import Widths
from timeline.remark import LANGUAGES


def texts(text: str) -> list[str]:
    return [proposal.text for proposal in propose(text).proposals]


CENTURY_3_BC = ["[-0299..-0200]", "-0299/-0200"]
CENTURY_12 = ["[1101..1200]", "11XX", "1101/1200"]
CENTURY_15_FIRST_HALF = ["[1401..1450]", "1401/1450"]
CENTURY_13_END = ["[1276..1300]", "[1291..1300]", "1276/1300"]
MAY_3 = ["1842-05-03"]


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        # English, German, French, Italian; the same thing in each
        ("c. 1210", ["1210~", "[1205..1215]"]),
        ("um 1210", ["1210~", "[1205..1215]"]),
        ("vers 1210", ["1210~", "[1205..1215]"]),
        ("1210 ca.", ["1210~", "[1205..1215]"]),
        ("3rd century BC", CENTURY_3_BC),
        ("3. Jahrhundert v. Chr.", CENTURY_3_BC),
        ("IIIe siècle av. J.-C.", CENTURY_3_BC),
        ("III sec. a.C.", CENTURY_3_BC),
        ("twelfth century", CENTURY_12),
        ("12. Jh.", CENTURY_12),
        ("XIIe siècle", CENTURY_12),
        ("secolo XII", CENTURY_12),
        ("first half of the 15th century", CENTURY_15_FIRST_HALF),
        ("1. Hälfte 15. Jh.", CENTURY_15_FIRST_HALF),
        ("première moitié du XVe siècle", CENTURY_15_FIRST_HALF),
        ("prima metà del XV secolo", CENTURY_15_FIRST_HALF),
        ("end of the 13th c.", CENTURY_13_END),
        ("Ende 13. Jh.", CENTURY_13_END),
        ("fin du XIIIe siècle", CENTURY_13_END),
        ("fine XIII secolo", CENTURY_13_END),
        ("before 1200", ["[..1199]", "/1199"]),
        ("vor 1200", ["[..1199]", "/1199"]),
        ("avant 1200", ["[..1199]", "/1199"]),
        ("prima del 1200", ["[..1199]", "/1199"]),
        ("after 1350?", ["[1351?..]", "1351?/"]),
        ("nach 1350 (?)", ["[1351?..]", "1351?/"]),
        ("après 1350 ?", ["[1351?..]", "1351?/"]),
        ("dopo il 1350?", ["[1351?..]", "1351?/"]),
        ("between 1250 and 1275", ["[1250..1275]", "1250/1275"]),
        ("zwischen 1250 und 1275", ["[1250..1275]", "1250/1275"]),
        ("entre 1250 et 1275", ["[1250..1275]", "1250/1275"]),
        ("tra il 1250 e il 1275", ["[1250..1275]", "1250/1275"]),
        ("1920s", ["192X", "1920/1929"]),
        ("1920er Jahre", ["192X", "1920/1929"]),
        ("années 1920", ["192X", "1920/1929"]),
        ("anni Venti", ["192X", "182X", "1920/1929"]),
        ("3 May 1842", MAY_3),
        ("3. Mai 1842", MAY_3),
        ("3 mai 1842", MAY_3),
        ("3 maggio 1842", MAY_3),
        ("spring 1842", ["1842-21"]),
        ("Frühjahr 1842", ["1842-21"]),
        ("printemps 1842", ["1842-21"]),
        ("primavera 1842", ["1842-21"]),
        ("from 1210 to 1215", ["1210/1215"]),
        ("von 1210 bis 1215", ["1210/1215"]),
        ("dal 1210 al 1215", ["1210/1215"]),
        ("since 1210", ["1210/..", "1210/"]),
        ("ab 1210", ["1210/..", "1210/"]),
        ("dès 1210", ["1210/..", "1210/"]),
        ("a partire dal 1210", ["1210/..", "1210/"]),
        ("until 1210", ["../1210", "/1210", "[..1210]"]),
        ("bis 1210", ["../1210", "/1210", "[..1210]"]),
        ("jusqu’en 1210", ["../1210", "/1210", "[..1210]"]),
        ("fino al 1210", ["../1210", "/1210", "[..1210]"]),
        # centuries, millennia and their parts
        ("1st century BC", ["[-0099..0000]", "-0099/0000"]),
        ("1st century AD", ["[0001..0100]", "0001/0100"]),
        ("late 3rd century BC", ["[-0233..-0200]", "[-0249..-0200]", "-0233/-0200"]),
        ("early 20th c.", ["[1901..1933]", "[1901..1950]", "1901/1933"]),
        ("mi-XIIe s.", ["[1134..1166]", "[1126..1175]", "1134/1166"]),
        ("terzo quarto del sec. XV", ["[1451..1475]", "1451/1475"]),
        ("dernier tiers du XVe siècle", ["[1467..1500]", "1467/1500"]),
        ("Quattrocento", ["14XX", "[1401..1500]", "1400/1499"]),
        ("il '400", ["14XX", "[1401..1500]", "1400/1499"]),
        ("3rd millennium BC", ["[-2999..-2000]", "-2999/-2000"]),
        ("12th–13th century", ["[1101..1200]/[1201..1300]", "11XX/12XX", "[1101..1300]"]),
        ("5th/4th c. BC", ["-04XX/-03XX", "[-0499..-0300]"]),
        # pairs complete each other
        ("1210–1215", ["1210/1215", "[1210..1215]"]),
        ("1210/15", ["1210/1215", "[1210..1215]"]),
        ("447 – 432 BC", ["-0446/-0431", "[-0446..-0431]"]),
        ("27 BC – AD 14", ["-0026/0014", "[-0026..0014]"]),
        ("27 BC – 14", ["-0026/0014", "-0026/-0013", "[-0026..0014]"]),
        ("3–5 May 1842", ["1842-05-03/1842-05-05", "[1842-05-03..1842-05-05]"]),
        ("May–June 1842", ["1842-05/1842-06", "[1842-05..1842-06]"]),
        ("1667, 1668 or between 1670 and 1672", ["[1667,1668,1670..1672]"]),
        ("12th and 13th centuries", ["{1101..1200,1201..1300}", "{11XX,12XX}"]),
        ("1210, 1215", ["[1210,1215]", "{1210,1215}"]),
        # what is ambiguous gives several
        ("1200s", ["12XX", "120X", "1200/1299"]),
        ("85", ["0085", "1985"]),
        ("198", ["0198", "198"]),
        ("3/5/1842", ["1842-05-03", "1842-03-05"]),
        ("1910-12", ["1910-12", "1910/1912", "[1910..1912]"]),
        ("-430", ["-0429", "-0430"]),
        ("c. 1210–1215", ["1210~/1215", "[1205..1215]/1215", "1210~/1215~", "[1210~..1215]"]),
        ("before c. 1210", ["[..1209~]", "[..1214]", "/1209~"]),
        # parts of a year and of a month
        ("early 1842", ["1842-37", "1842-40"]),
        ("Ende Mai 1842", ["[1842-05-24..1842-05-31]", "[1842-05-28..1842-05-31]"]),
        ("winter 1842/43", ["1842-24"]),
        ("May 3, 1842", MAY_3),
        ("3.5.1842", ["1842-05-03", "1842-03-05"]),
        ("5/1842", ["1842-05"]),
        # widths and bounds that are said
        ("1210 ± 5", ["[1205..1215]"]),
        (
            "beginning between 1205 and 1215, end between 1248 and 1252",
            ["[1205..1215]/[1248..1252]", "[1205..1252]"],
        ),
        ("terminus post quem 1210", ["[1210..]"]),
        ("spätestens 1200", ["[..1200]"]),
        ("12 000 av. J.-C.", ["Y-11999"]),
        # what is EDTF already
        ("156X-12-25", ["156X-12-25"]),
        ("[1205..1215]/..", ["[1205..1215]/.."]),
    ],
)
def test_what_people_write_is_proposed(text: str, proposed: list[str]) -> None:
    assert texts(text) == proposed
    assert texts(f" {text.upper()} ") == proposed


@pytest.mark.parametrize(
    ("text", "proposed", "calendar"),
    [
        ("12 October 1492", "1492-10-21", Calendar.JULIAN),  # before the reform: Julian first
        ("15 March 44 BC", "-0043-03-13", Calendar.JULIAN),
        (
            "2 September 1752",
            "1752-09-02",
            Calendar.GREGORIAN,
        ),  # after it, where some had not changed: as written first
        ("2 September 1752 (Old Style)", "1752-09-13", Calendar.JULIAN),
        ("25 Oct 1917 O.S.", "1917-11-07", Calendar.JULIAN),
        ("11 Feb 1731/2", "1732-02-22", Calendar.JULIAN),  # Washington's birthday
        ("3 May 1842", "1842-05-03", Calendar.GREGORIAN),
        ("29 February 1500", "1500-03-10", Calendar.JULIAN),
    ],
)
def test_julian_dates_are_converted_and_the_source_is_kept(text: str, proposed: str, calendar: Calendar) -> None:
    first = propose(text).proposals[0]
    assert (first.text, first.given.calendar, first.given.text) == (proposed, calendar, text)
    assert ("JULIAN" in [remark.code for remark in first.assumed]) is (calendar is Calendar.JULIAN)


def test_before_the_reform_both_calendars_are_offered() -> None:
    julian, gregorian = propose("12 Oct 1492").proposals
    assert (julian.text, gregorian.text) == ("1492-10-21", "1492-10-12")
    assert gregorian.given.calendar is Calendar.GREGORIAN
    assert gregorian.assumptions("de") == ("ein Datum des gregorianischen Kalenders, wie geschrieben",)


def test_a_span_across_the_reform_is_in_both_calendars_or_in_one() -> None:
    found = [proposal.text for proposal in propose("from 1 January 1500 to 1 January 1600").proposals]
    assert found == ["1500-01-10/1600-01-01", "1500-01-01/1600-01-01", "1500-01-10/1600-01-11"]


def test_about_is_sharp_unless_a_width_is_chosen() -> None:
    sharp, wide = propose("c. 1210").proposals
    assert (sharp.label("fr"), sharp.assumptions()) == (
        "vers 1210",
        ("'~' (about) is kept and shown, and moves no bound",),
    )
    assert (wide.label("it"), wide.assumptions()) == ("tra 1205 e 1215", ("'about' taken as 5 years either way",))


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("c. 3 May 1842", "[1842-04-30..1842-05-06]"),
        ("c. May 1842", "[1842-04..1842-06]"),
        ("c. 1210", "[1205..1215]"),
        ("c. 1920s", "[1910..1939]"),
        ("c. 3rd century BC", "[-0324..-0175]"),
        ("from c. 1210 to c. 1250", "[1205..1215]/[1245..1255]"),
    ],
)
def test_about_is_offered_wider_the_coarser_the_date(text: str, wide: str) -> None:
    assert wide in texts(text)


def test_widths_are_the_callers() -> None:
    assert [each.text for each in propose("c. 1210", widths=Widths(years=20)).proposals] == ["1210~", "[1190..1230]"]


def test_four_bounds_are_told_from_edtf_and_what_edtf_can_say_is_offered_too() -> None:
    first, *_, last = propose("12th–13th century").proposals
    assert (first.is_edtf, first.parsed.kind.value) == (False, "four bounds")
    assert last.is_edtf


def test_ranks_count_from_one() -> None:
    assert [proposal.rank for proposal in propose("1200s").proposals] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "EMPTY", "nothing is written"),
        (" . ", "EMPTY", "nothing"),
        ("under Hadrian", "UNKNOWN_WORD", "'under' (column 1)"),
        ("built in 1210", "UNKNOWN_WORD", "'built' (column 1)"),
        ("1210 ☃", "UNKNOWN_WORD", "'☃' (column 6)"),
        ("3 May", "NO_YEAR", "a year is missing"),
        ("between 1210", "ENDS_EARLY", "ends"),
        ("1210 1215", "UNEXPECTED", "'1215' (column 6)"),
        ("year 0", "NO_SUCH_YEAR", "no year or century 0"),
        ("0 BC", "NO_SUCH_YEAR", "no year"),
        ("fifth quarter of the 12th century", "NO_SUCH_YEAR", "fifth quarter"),
        ("30 February 1842", "IMPOSSIBLE", "day 30 of 1842-02"),
        ("29 February 1501 (Julian)", "IMPOSSIBLE", "no such day"),
        ("1300–1200 AD", "IMPOSSIBLE", "before the beginning"),
        ("9" * 100, "IMPOSSIBLE", "10^12"),
        ("1 " * 101, "TOO_LONG", "200 characters"),
    ],
)
def test_what_is_not_understood_gives_none_and_a_reason(text: str, code: str, words: str) -> None:
    found = propose(text)
    assert found.proposals == ()
    assert found.reason is not None
    assert found.reason.code == code
    assert words in found.reason.words()
    assert len({found.reason.words(language) for language in LANGUAGES}) == 4


def test_hostile_texts_give_few_proposals() -> None:
    for text in ("c. " * 66, "1-" * 100, "or 1 " * 40, "(" * 200, "early " * 33, "c. 1 or " * 25, "I" * 200, "1," * 99):
        assert len(propose(text).proposals) <= MOST


def test_every_proposal_is_read_by_the_parser() -> None:
    for text in ("c. 1210", "12th–13th century", "12 Oct 1492", "1200s", "late 3rd century BC"):
        for proposal in propose(text).proposals:
            assert str(parse(proposal.text)) == proposal.text
