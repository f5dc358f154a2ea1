"""Texts in several languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text in one language."""

    text: str
    """sanitised HTML, a small fixed tag list (`scenes.markup`)"""
    language: str = "en"
    """BCP 47 tag"""


def in_language(texts: Sequence[LocalText], language: str = "") -> LocalText | None:
    """The text in a language (`de-AT` counts as `de` where there is no closer one), else the first.

    >>> in_language([LocalText("Note"), LocalText("Notiz", "de")], "de-AT").text
    'Notiz'
    """
    wanted = language.lower()
    for close in (wanted, wanted.partition("-")[0]):
        for each in texts:
            tag = each.language.lower()
            if close and (tag == close or tag.partition("-")[0] == close):
                return each
    return texts[0] if texts else None
