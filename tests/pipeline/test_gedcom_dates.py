import pytest

from pipeline.gedcom_dates import MOST, NotADate, edtf_of, has_two_years


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("1 JAN 1800", "1800-01-01"),
        ("JAN 1800", "1800-01"),
        ("1800", "1800"),
        ("  abt   1712 ", "1712~"),
        ("CAL MAR 1712", "1712-03~"),
        ("EST 1712", "1712%"),
        ("INT 1712 (the year of the flood)", "1712?"),
        ("44 BC", "-0043"),
        ("1 B.C.", "0000"),
        ("44 BCE", "-0043"),
        ("BEF 1800", "[..1799]"),
        ("BEF JAN 1800", "[..1799-12]"),
        ("BEF 1 MAR 1800", "[..1800-02-28]"),
        ("AFT 1800", "[1801..]"),
        ("AFT 31 DEC 1800", "[1801-01-01..]"),
        ("AFT 1 BC", "[0001..]"),
        ("BET 1800 AND MAR 1810", "[1800..1810-03]"),
        ("FROM 1800 TO 1810", "1800/1810"),
        ("FROM 1800", "1800/"),
        ("TO 1810", "/1810"),
        ("11 FEB 1731/32", "1732-02-11"),
        ("1699/00", "1700"),
        ("1699/1700", "1700"),
        ("@#DGREGORIAN@ 1 JAN 1800", "1800-01-01"),
        ("GREGORIAN 1 JAN 1800", "1800-01-01"),
        ("@#DJULIAN@ 4 OCT 1582", "1582-10-14"),
        ("JULIAN 15 MAR 44 BCE", "-0043-03-13"),
        ("@#DJULIAN@ MAR 1700", "[1700-03-12..1700-04-11]"),
        ("ABT @#DJULIAN@ 1700", "[1700-01-11~..1701-01-11~]"),
        ("BET @#DJULIAN@ 1 JAN 1700 AND @#DJULIAN@ 31 DEC 1700", "[1700-01-11..1701-01-11]"),
        ("@#DFRENCH R@ 1 VEND 1", "1792-09-22"),
        ("FRENCH_R 18 BRUM 8", "1799-11-09"),
        ("@#DFRENCH R@ 6 COMP 11", "1803-09-23"),
        ("@#DFRENCH R@ 9 THER 2", "1794-07-27"),
    ],
)
def test_a_phrase_becomes_the_edtf_that_says_the_same(phrase: str, text: str) -> None:
    assert edtf_of(phrase) == text


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "(in the year of the flood)",
        "about 1800",
        "1800-1810",
        "30 FEB 1800",
        "0 JAN 1800",
        "1 JNA 1800",
        "29 FEB 1700",
        "BET 1810 AND 1800",
        "BET 1800",
        "1699/05",
        "@#DHEBREW@ 1 TSH 5500",
        "@#DFRENCH R@ 1 VEND 15",
        "@#DFRENCH R@ 6 COMP 2",
        "@#DFRENCH R@ 31 VEND 2",
        "1 JAN 99999",
        "FROM TO",
        "1" * (MOST + 1),
        "BET " * 49,
    ],
)
def test_what_is_no_exact_date_is_left_to_the_curator(phrase: str) -> None:
    with pytest.raises(NotADate):
        edtf_of(phrase)


def test_the_29th_of_february_1700_was_a_day_of_the_julian_calendar_only() -> None:
    assert edtf_of("@#DJULIAN@ 29 FEB 1700") == "1700-03-11"


def test_two_years_are_noticed() -> None:
    assert has_two_years("11 FEB 1731/32")
    assert not has_two_years("BET 1731 AND 1732")
