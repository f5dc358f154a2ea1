"""Every row of the tables of docs/time.md holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from timeline.bounds import as_edtf
from timeline.edtf import parse, parse_days, parse_span
from timeline.errors import EdtfError
from timeline.instant import iso_date
from timeline.interval import BEGINNING, FOREVER
from timeline.julian import from_julian
from timeline.label import label
from timeline.proposal import propose
from timeline.remark import LANGUAGES

PAGE = Path(__file__).parents[2] / "docs" / "time.md"


def rows() -> Iterator[tuple[str, list[str]]]:
    """First word of a table's head, and the cells of each row, without backticks."""
    head = ""
    for line in [*PAGE.read_text().splitlines(), ""]:
        if not line.startswith("|"):
            head = ""
        elif not line.startswith("|---"):
            cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            if head:
                yield head, cells
            else:
                head = cells[0]


def days(text: str, said: str) -> None:
    (run,) = parse_days(text)
    assert f"{iso_date(run[0])} to {iso_date(run[1] - 1)}" == said


def existence(text: str, *said: str) -> None:
    span = parse_span(text)
    bounds = (span.start_earliest, span.start_latest, span.end_earliest - 1, span.end_latest - 1)
    unlimited = {"no beginning": BEGINNING, "no end": FOREVER - 1}
    for at, (day, words) in enumerate(zip(bounds, said, strict=True)):
        if words == "not known":
            assert (span.start_unknown, span.end_unknown)[at // 2]
        if words in ("not known", "no limit"):
            assert day in (BEGINNING, FOREVER - 1)
        elif words in unlimited:
            assert day == unlimited[words]
        else:
            assert iso_date(day) == words


def bounds(text: str, edtf: str, lost: str) -> None:
    conversion = as_edtf(parse(text))
    assert (conversion.text or "none") == edtf
    assert ("nothing" if conversion.lost is None else conversion.lost.words()) == lost


def proposed(text: str, first: str, others: str) -> None:
    assert [proposal.text for proposal in propose(text).proposals] == [first, *others.split()]


def reason(text: str, words: str) -> None:
    found = propose(text).reason
    assert found is not None
    assert found.words() == words


def julian(text: str, kept: str) -> None:
    assert from_julian(text).text == kept


def labels(text: str, *said: str) -> None:
    assert [label(parse(text), language) for language in LANGUAGES] == list(said)


def refused(text: str, words: str) -> None:
    with pytest.raises(EdtfError) as refusal:
        parse(text)
    assert str(refusal.value) == f"EDTF {text!r}: {words}"


CHECKS: dict[str, Callable[..., None]] = {
    "EDTF": days,
    "existence": existence,
    "four bounds": bounds,
    "you write": proposed,
    "not understood": reason,
    "Julian": julian,
    "text": labels,
    "refused": refused,
}


def test_every_table_is_checked() -> None:
    assert {head for head, _ in rows()} == set(CHECKS)


@pytest.mark.parametrize(
    ("head", "cells"), list(rows()), ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_the_page_says_what_is(head: str, cells: list[str]) -> None:
    CHECKS[head](*cells)
