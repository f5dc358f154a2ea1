from __future__ import annotations

import pytest

from timeline.phrase import read
from timeline.said import Form, NotUnderstood, Unit


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1210", Form.DATE),
        ("1210–1215", Form.PAIR),
        ("1210 to 1215", Form.PAIR),
        ("from 1210 to 1215", Form.LASTING),
        ("zwischen 1210 und 1215", Form.BETWEEN),
        ("depuis 1210", Form.SINCE),
        ("fino al 1210", Form.UNTIL),
        ("ante 1210", Form.BEFORE),
        ("post 1210", Form.AFTER),
        ("1210 or later", Form.NOT_BEFORE),
        ("au plus tard 1210", Form.NOT_AFTER),
        ("1210 o 1215", Form.ONE_OF),
        ("1210 e 1215", Form.ALL_OF),
        ("1210, 1215", Form.LIST),
        ("Beginn 1210, Ende 1215", Form.BOUNDS),
        ("always", Form.ALWAYS),
    ],
)
def test_what_is_said_of_dates_has_a_form(text: str, form: Form) -> None:
    assert read(text).form is form


def test_a_pair_completes_each_other() -> None:
    first, second = read("3–5 May 1842").dates
    assert (first.day, first.month, first.number) == (3, 5, 1842)
    first, second = read("12th–13th century BC").dates
    assert (first.unit, first.era, second.number) == (Unit.CENTURY, -1, 13)
    first, second = read("1210–15").dates
    assert (first.number, second.number) == (1210, 1215)
    first, second = read("215–10 BC").dates
    assert (second.number, first.era) == (10, -1)  # years BC count down: 10 BC may be meant


def test_a_date_keeps_what_is_said_of_it() -> None:
    (when,) = read("perhaps c. 11 Feb 1731/2 (O.S.)").dates
    assert (when.circa, when.doubted, when.old_style, when.julian, when.number) == (True, True, True, True, 1732)
    (when,) = read("late 3rd century BC ?").dates
    assert (when.part is not None, when.unit, when.era, when.doubted) == (True, Unit.CENTURY, -1, True)


def test_what_is_not_understood_says_where() -> None:
    with pytest.raises(NotUnderstood) as problem:
        read("1210 century of 1215")
    assert problem.value.reason.code == "UNEXPECTED"
