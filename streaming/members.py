"""JSON text of a peer, read member by member: whatever is wrong raises StreamError and nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from streaming.errors import CloseCode, StreamError
from streaming.limits import MAX_TEXT_FIELD, MAX_U32

M = TypeVar("M")

_SURROGATE = re.compile("[\ud800-\udfff]")
"""JSON can spell half a surrogate pair, which no UTF-8 can hold"""


class Members:
    """One JSON object's members; those that nobody asks for are ignored."""

    def __init__(self, members: dict[str, object]) -> None:
        self._members = members
        kind = members.get("type")
        if not isinstance(kind, str) or len(kind) > 40:
            raise StreamError("text message without a type")
        self.type = kind

    def wrong(self, name: str, expected: str) -> NoReturn:
        """Refuse a member."""
        raise StreamError(f"{name}: {expected} expected")

    def has(self, name: str) -> bool:
        """Whether the member is there."""
        return name in self._members

    def raw(self, name: str, default: object = None) -> object:
        """The member as JSON has it."""
        return self._members.get(name, default)

    def text(self, name: str, limit: int = MAX_TEXT_FIELD) -> str:
        """A text of at most `limit` characters."""
        value = self._members.get(name)
        if not isinstance(value, str) or len(value) > limit or (not value.isascii() and _SURROGATE.search(value)):
            self.wrong(name, f"text of at most {limit} characters")
        return value

    def number(self, name: str, *, least: int = 0, most: int = MAX_U32) -> int:
        """A whole number."""
        value = self._members.get(name)
        # bool is an int to Python, not to JSON.
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(name, f"whole number from {least} to {most}")
        return value

    def real(self, name: str, *, least: float, most: float) -> float:
        """A finite number."""
        value = self._members.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(name, f"number from {least:g} to {most:g}")
        return float(value)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._members.get(name)
        if not isinstance(value, bool):
            self.wrong(name, "true or false")
        return value

    def items(self, name: str, limit: int) -> list[object]:
        """A list of at most `limit`."""
        value = self._members.get(name)
        if not isinstance(value, list) or len(value) > limit:
            self.wrong(name, f"list of at most {limit}")
        return value

    def reals(self, name: str, count: int, *, most: float) -> tuple[float, ...]:
        """A list of `count` numbers within ±`most`."""
        # Compared before the conversion, because a whole number may be too long for a float.
        numbers = tuple(
            float(x)
            for x in self.items(name, count)
            if isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) <= most
        )
        if len(numbers) != count:
            self.wrong(name, f"{count} numbers")
        return numbers

    def inner(self, name: str) -> Members:
        """An object."""
        return members_of(self._members.get(name), name)

    def optional_number(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number, None where it is missing."""
        return None if name not in self._members else self.number(name, least=least, most=most)

    def optional_text(self, name: str, limit: int) -> str | None:
        """A text, None where it is missing or null."""
        return None if self._members.get(name) is None else self.text(name, limit)


def members_of(item: object, name: str) -> Members:
    """An object that stands inside of a message under `name`.

    Raises:
        StreamError: it is none.
    """
    if not isinstance(item, dict):
        raise StreamError(f"{name}: object expected")
    return Members({**item, "type": name})


def from_text(data: str, readers: dict[str, Callable[[Members], M]], limit: int) -> M:
    """What one text message says, by the reader of its type.

    Raises:
        StreamError: it is no message that `readers` know.
    """
    # A character is at least one byte, so the cheap comparison comes before the encoding.
    if len(data) > limit or len(data.encode("utf-8", "replace")) > limit:
        raise StreamError(f"text message of more than {limit} bytes", CloseCode.TOO_BIG)
    try:
        members = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise StreamError("text message is not JSON") from error
    if not isinstance(members, dict):
        raise StreamError("text message is not a JSON object")
    read = Members(members)
    reader = readers.get(read.type)
    if reader is None:
        raise StreamError(f"unknown message type {read.type!r}")
    return reader(read)


def to_text(members: dict[str, object]) -> str:
    """One JSON object as it goes over the wire."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def is_finite(*numbers: float) -> bool:
    """Whether none of them is infinite or no number."""
    return all(map(math.isfinite, numbers))
