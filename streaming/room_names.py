"""Names that visitors choose, and names of rooms: what may be shown to others, and what not.

A name is shown as text and never as markup, so `<b>` is a name like another. What would write over its neighbours,
pretend to be another, or show nothing is refused.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 40
MAX_ROOM = 64
_ROOM = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_JOINERS = "\u200c\u200d"
"""needed inside of words in Persian and in Indian scripts"""
_MOST_MARKS = 3
"""marks above and below one letter: Vietnamese has two, Hebrew three; more are a tower over other people's names"""


class BadName(ValueError):
    """A name cannot be shown to others; the message says why."""


def chosen_name(text: str) -> str:
    """The name as it is shown: composed (NFC), single spaces, none around it.

    >>> chosen_name("  Zoe\\u0308   of Delos ")
    'Zoë of Delos'

    Raises:
        BadName: it is empty, too long, or holds what is not to be shown.
    """
    if len(text) > 4 * MAX_NAME:
        raise BadName(f"name: at most {MAX_NAME} characters")
    name = re.sub(" +", " ", unicodedata.normalize("NFC", text)).strip(" ")
    if not name or len(name) > MAX_NAME:
        raise BadName(f"name: 1 to {MAX_NAME} characters")
    marks, shows = 0, False
    for at, character in enumerate(name):
        category = unicodedata.category(character)
        inside = 0 < at < len(name) - 1
        if category[0] == "C" and not (character in _JOINERS and inside and name[at - 1] not in _JOINERS):
            # Control characters, direction overrides, surrogates, private use, what is not assigned.
            raise BadName(f"name: character U+{ord(character):04X} cannot be shown")
        if category[0] == "Z" and character != " ":
            raise BadName(f"name: character U+{ord(character):04X} is no plain space")
        marks = marks + 1 if category[0] == "M" else 0
        if marks > _MOST_MARKS:
            raise BadName(f"name: more than {_MOST_MARKS} marks on one letter")
        shows = shows or category[0] in "LNS"
    if not shows:
        raise BadName("name: no letter, digit or symbol in it")
    return name


def is_room(text: str) -> bool:
    """Whether this names a room: 1 to 64 of `A`–`Z`, `a`–`z`, `0`–`9`, `_`, `-`."""
    return _ROOM.match(text) is not None
