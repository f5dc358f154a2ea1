"""Numbers of things in sentences: one family was read, two families were read."""

from __future__ import annotations

import re

PEOPLE, FAMILIES = "[person|people]", "[family|families]"
_CHOICE = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


def counted(number: int, said: str) -> str:
    """The number, and what is said of so many: of each `[one|several]` the words that go with it.

    >>> counted(1, "[family was|families were] read"), counted(2_000, "[family was|families were] read")
    ('1 family was read', '2,000 families were read')
    """
    return f"{number:,} {worded(number, said)}"


def worded(number: int, said: str) -> str:
    """The same without the number.

    >>> worded(0, "[family|families]")
    'families'
    """
    return _CHOICE.sub(lambda found: found[1 if number == 1 else 2], said)
