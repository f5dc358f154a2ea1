from __future__ import annotations

import re

import pytest

from timeline.edtf import parse_days
from timeline.errors import TimelineError
from timeline.reason_words import reason_words
from timeline.reasons import Bound
from timeline.remark import LANGUAGES
from timeline.statement import EDGES, TERMINI, End, Kind, Statement, sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": Kind.BEFORE, "subject": "a"}, "before what"),
        ({"kind": Kind.BEFORE, "subject": "a", "object": "a"}, "itself"),
        ({"kind": Kind.BEFORE, "subject": "a", "days": (1, 2)}, "no date"),
        ({"kind": Kind.BEFORE, "subject": "a", "object": "b", "days": (1, 2)}, "no date"),
        ({"kind": Kind.TERMINUS_POST_QUEM, "subject": "a"}, "what"),
        ({"kind": Kind.TERMINUS_POST_QUEM, "subject": "a", "object": "b", "days": (1, 2)}, "not both"),
        ({"kind": Kind.TERMINUS_POST_QUEM, "subject": "a", "days": (2, 2)}, "no days between"),
        ({"kind": Kind.TERMINUS_ANTE_QUEM, "subject": "a", "object": "b", "end": End.END}, "with a date only"),
    ],
)
def test_a_statement_without_a_meaning_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(TimelineError, match=words):
        Statement("s", **arguments)  # type: ignore[arg-type]


def test_every_kind_has_inequalities_and_the_strict_ones_lead_from_a_start_to_an_end() -> None:
    assert set(EDGES) == set(Kind)
    strict = {kind for kind, edges in EDGES.items() if any((which, other) == (0, 1) for _, which, _, other in edges)}
    assert strict == {Kind.CONTEMPORARY_WITH}


def test_every_kind_has_a_sentence_with_who_says_so() -> None:
    for kind in Kind:
        said = sentence(
            Statement("s", kind, "p1", "d1", author="Rossi", source="1998, 12"), {"p1": "Porch", "d1": "Dome"}.get
        )
        assert "Porch" in said
        assert "Dome" in said
        assert said.endswith(" (Rossi, 1998, 12)")


def test_a_terminus_tells_the_day_that_counts() -> None:
    days = (719468, 719468 + 365)
    post, ante = Kind.TERMINUS_POST_QUEM, Kind.TERMINUS_ANTE_QUEM
    assert sentence(Statement("s", post, "wall", days=days)) == "wall was made no earlier than 1 January 1970"
    assert sentence(Statement("s", ante, "wall", days=days)) == "wall was made no later than 31 December 1970"
    assert sentence(Statement("s", post, "wall", days=days, end=End.END)) == "wall was not gone before 1 January 1970"
    assert sentence(Statement("s", ante, "wall", days=days, end=End.END, date="1970")) == "wall was gone by 1970"


def test_a_statement_is_said_in_four_languages_with_the_words_of_its_date() -> None:
    (year,) = parse_days("-0430~")
    coin = Statement("s", Kind.TERMINUS_POST_QUEM, "wall", days=year, date="-0430~", author="Rossi")
    assert [sentence(coin, lambda unit: f"“{unit}”", language) for language in ("en", "de-AT", "fr", "it", "el")] == [
        "“wall” was made no earlier than c. 431 BC (Rossi)",
        "“wall” entstand nicht früher als um 431 v. Chr. (Rossi)",
        "“wall” n’a pas commencé plus tôt que vers 431 av. J.-C. (Rossi)",
        "“wall” non cominciò prima di: ca. 431 a.C. (Rossi)",
        "“wall” was made no earlier than c. 431 BC (Rossi)",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_every_bound_has_words_in_every_language(language: str) -> None:
    words = reason_words(language)
    assert set(words.said) == {kind.value for kind in Kind}
    assert set(words.said_of_ends) == {kind.value for kind in TERMINI}
    assert set(words.bounds) == {bound.value for bound in Bound}
    for said in (*words.said.values(), *words.said_of_ends.values()):
        assert sorted(re.findall(r"{(\w+)}", said)) == ["object", "subject"]
    for said in words.bounds.values():
        assert sorted(re.findall(r"{(\w+)}", said)) == ["date", "subject"]
    assert len({words.own, words.a_day, *words.bounds.values()}) == 6
