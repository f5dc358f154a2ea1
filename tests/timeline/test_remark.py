from __future__ import annotations

import re
from pathlib import Path

import timeline
from timeline.remark import WORDS, Remark, year_remark

SOURCES = "".join(path.read_text() for path in Path(timeline.__path__[0]).glob("*.py"))


def test_what_is_said_has_words_and_every_word_is_said_somewhere() -> None:
    used = set(re.findall(r'Remark(?:\.of)?\(\s*"([A-Z_]+)"', SOURCES))
    assert used <= set(WORDS)
    for code in WORDS:
        assert len(re.findall(f'"{code}"', SOURCES)) > 1, code


def test_remarks_have_the_same_names_in_every_language() -> None:
    for code, words in WORDS.items():
        assert len({frozenset(re.findall(r"{(\w+)}", phrase)) for phrase in words}) == 1, code


def test_a_remark_in_a_remark_is_said_in_its_language() -> None:
    remark = Remark.of("YEARS_OF", first=year_remark(-299), last=year_remark(14))
    assert remark.words("de-CH") == "die Jahre 300 v. Chr. bis 14 n. Chr."
    assert remark.words("fr") == "les années 300 av. J.-C. à 14 apr. J.-C."
    assert remark.words("xx") == "the years 300 BC to AD 14"
