from __future__ import annotations

from timeline.lexer import tokens
from timeline.words import LONGEST, VOCABULARY, Tag


def test_every_phrase_is_found_in_a_text_of_its_own() -> None:
    for phrase, tags in VOCABULARY.items():
        if tags.keys() == {Tag.NOISE}:
            continue
        (found,) = tokens(" ".join(phrase))
        assert tags.items() <= found.tags.items(), phrase
        assert len(phrase) <= LONGEST
