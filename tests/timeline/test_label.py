from __future__ import annotations

from dataclasses import replace

import pytest

from timeline.edtf import parse, parse_span
from timeline.label import label
from timeline.remark import LANGUAGES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-0429~", "c. 430 BC"),
        ("-0429?", "430 BC?"),
        ("0000", "1 BC"),
        ("0001", "1 AD"),
        ("0390", "390 AD"),
        ("1250", "1250"),
        ("[1250..1275]", "between 1250 and 1275"),
        ("[-0010..0010]", "between 11 BC and 10 AD"),
        ("-043X", "between 440 and 431 BC"),
        ("14XX", "between 1400 and 1499"),
        ("198X", "1980s"),
        ("../0390", "until 390 AD"),
        ("0390/..", "from 390 AD on"),
        ("/0390", "beginning unknown, until 390 AD"),
        ("0390/", "from 390 AD, end unknown"),
        ("../..", "at all times"),
        ("-0446/-0431", "447 – 432 BC"),
        ("-0026/0014", "27 BC – 14 AD"),
        ("1600/1985-04-12", "1600 – 12 April 1985"),
        ("[..1760]", "1760 or earlier"),
        ("[1760-12..]", "December 1760 or later"),
        ("{1960,1961-12}", "1960 and December 1961"),
        ("[1667,1668,1670..1672]", "1667, 1668 or between 1670 and 1672"),
        ("1985-1X", "October–December 1985"),
        ("1985-XX-XX", "1985"),
        ("156X-12-25", "25 December 1560–1569"),
        ("2001-21", "spring 2001"),
        ("2001-34", "2nd quarter of 2001"),
        ("Y-17E7", "170,000,001 BC"),
    ],
)
def test_english(text: str, words: str) -> None:
    assert label(parse(text)) == words
    assert label(parse_span(text)) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["c. 430 BC", "1 May 1985", "from 390 AD on", "between 1250 and 1275"]),
        ("de", ["um 430 v. Chr.", "1. Mai 1985", "ab 390 n. Chr.", "zwischen 1250 und 1275"]),
        ("fr", ["vers 430 av. J.-C.", "1er mai 1985", "depuis 390 apr. J.-C.", "entre 1250 et 1275"]),
        ("it", ["ca. 430 a.C.", "1º maggio 1985", "da: 390 d.C.", "tra 1250 e 1275"]),
        ("de-AT", ["um 430 v. Chr.", "1. Mai 1985", "ab 390 n. Chr.", "zwischen 1250 und 1275"]),
        ("xx", ["c. 430 BC", "1 May 1985", "from 390 AD on", "between 1250 and 1275"]),
    ],
)
def test_languages(language: str, words: list[str]) -> None:
    assert [label(parse(text), language) for text in ("-0429~", "1985-05-01", "0390/..", "[1250..1275]")] == words


def test_every_season_has_a_name_in_every_language() -> None:
    for language in LANGUAGES:
        names = {label(parse(f"2001-{code}"), language) for code in range(21, 42)}
        assert len(names) == 21


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-0446/-0431", "447 – 432 BC"),
        ("0390/..", "from 390 AD on"),
        ("../0390", "until 390 AD"),
        ("0390/", "from 390 AD, end unknown"),
        ("/0390", "beginning unknown, until 390 AD"),
        ("[1250..1275]", "between 1250 and 1275"),
        ("[-0010..0010]", "between 11 BC and 10 AD"),
        ("../..", "at all times"),
    ],
)
def test_spans_without_a_text_are_told_by_their_years(text: str, words: str) -> None:
    assert label(replace(parse_span(text), text="")) == words
