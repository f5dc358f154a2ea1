from __future__ import annotations

import pytest

from timeline.lexer import tokens
from timeline.words import Tag


def test_columns_count_in_the_original_text() -> None:
    assert [(token.text, token.column) for token in tokens("  Früh­jahr\u00a0 1842")][-1] == ("1842", 14)
    assert [(token.text, token.column) for token in tokens("ß Ⅻ x")][-1] == ("x", 5)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("170,000,001", 170_000_001),
        ("12.000", 12_000),
        ("12\u202f000", 12_000),
        ("1'200", 1200),
        ("1210", 1210),
    ],
)
def test_thousands_may_stand_apart(text: str, number: int) -> None:
    (token,) = tokens(text)
    assert token.tags[Tag.NUMBER] == number


def test_a_comma_between_years_is_no_thousands_separator() -> None:
    assert [token.text for token in tokens("1667,1668, 1670")] == ["1667", ",", "1668", ",", "1670"]


@pytest.mark.parametrize("text", ["3rd", "1er", "12e", "15º", "3.", "2nd", "XIIe", "XII", "xiie", "3te"])
def test_ordinals_of_all_kinds(text: str) -> None:
    (token,) = tokens(text)
    assert token.ordinal or Tag.ROMAN in token.tags


def test_era_with_and_without_full_stops_and_spaces() -> None:
    for text in (
        "v. Chr.",
        "v.Chr.",
        "B.C.",
        "BC",
        "b.c.e.",
        "av. J.-C.",
        "av. J.C.",
        "avant Jésus-Christ",
        "a. C.",
        "a.C.",
    ):
        (token,) = tokens(text)
        assert token.tags[Tag.ERA] == -1, text


def test_words_that_only_fill_are_left_out() -> None:
    assert [token.text for token in tokens("in the year of 1210")] == ["1210"]
    assert [token.text for token in tokens("dell'anno 1210")] == ["1210"]
    assert [token.text for token in tokens("dès 1210")] == ["dès", "1210"]
