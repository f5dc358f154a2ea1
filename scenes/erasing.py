"""What remembers a record that is erased: its names in the reasons of revisions, and the bytes that it named."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from scenes.authoring.desk import called
from scenes.model import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scenes.model import Record

ERASED = "(erased)"
"""what stands in the place of what a revision said"""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def reworded(reason: str, erased: Iterable[Record], *, is_empty: bool) -> str:
    """A revision's reason without the names of what is erased; `is_empty`: nothing of what it changed is left.

    >>> from scenes.model import Layer
    >>> reworded("made the layer “Trees”", [Layer("l", "s", "Trees", 0)], is_empty=False)
    'made the layer “(erased)”'
    """
    if is_empty:
        return ERASED
    for name in sorted({name for record in erased for name in _names(record)}, key=len, reverse=True):
        reason = reason.replace(name, ERASED)
    return reason


def blobs_in(record: Record) -> Iterator[str]:
    """Digests that a record names: of its deposited file, its tiles, what is served of it, its next version."""
    waiting: list[Any] = [record]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _DIGEST.fullmatch(value):
                yield value
        elif isinstance(value, tuple):
            waiting.extend(value)
        elif is_dataclass(value):
            waiting.extend(getattr(value, field.name) for field in fields(value))


def _names(record: Record) -> Iterator[str]:
    names = [called(record), *(each.text for each in record.names)] if isinstance(record, Person) else [called(record)]
    # The name of a file says of an asset what its title says.
    names.append(getattr(record, "master_name", ""))
    return (name for name in names if name.strip())
