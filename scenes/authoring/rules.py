"""The shape of a kind's rules: what each value that is given must be, and what must hold of the whole record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from scenes.authoring.desk import Desk
from scenes.errors import Invalid
from scenes.model import Record
from scenes.ports import Change

R = TypeVar("R", bound=Record)

MAX_MEMBERS = 20_000
"""records of one kind within one scene"""

Check = Callable[[Desk, Any], object]
"""What is kept of a value. Raises Invalid, NotFound or EdtfError where it is refused."""


@dataclass(frozen=True, slots=True)
class Also:
    """Changes that go with a change, and the revisions at which what they change was read."""

    changes: tuple[Change, ...] = ()
    read: Mapping[str, int] = field(default_factory=dict)


def _as_it_is(_: Desk, record: R) -> R:
    return record


def _nothing(_: Desk, __: Any) -> Also:
    return Also()


def _anything(_: Desk, __: Any) -> None:
    """Nothing to say against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(Generic[R]):
    """How records of one kind are made, changed and removed."""

    kind: type[R]
    home: str = "scene"
    """the given value that says where a new record belongs: `scene`; `layer`, whose scene it is; `asset`; or none"""
    checks: Mapping[str, Check]
    """by the name of the given value"""
    fields: Mapping[str, str] = field(default_factory=dict)
    """names of given values whose field is called otherwise"""
    begins: Callable[[Desk], Mapping[str, object]] = lambda _: {}
    """what a new record has that nobody gives"""
    whole: Callable[[Desk, R], R] = _as_it_is
    """the record with what follows from its other fields; raises where they do not agree"""
    agree: Callable[[Desk, Sequence[R]], None] = _anything
    """raises where new or changed records do not agree with one another and with what is there"""
    agree_on: frozenset[str] = frozenset()
    """the fields that `agree` looks at: a change of others cannot make things disagree"""
    made: str = "made"
    """verb of a first revision"""
    also: Callable[[Desk, R], Also] = _nothing
    """what changes with making or changing a record"""
    let_go: Callable[[Desk, R], Also] = _nothing
    """what changes with removing it"""
    before_removal: Callable[[Desk, R], None] = _anything
    """raises where it cannot be removed, other than for what refers to it"""
    is_shared: bool = False
    """whether records of every scene may refer to it, so that none may be written while it is removed"""
    most: int = MAX_MEMBERS
    """how many a scene may have"""


def checked(name: str, check: Callable[[Any], object]) -> tuple[str, Check]:
    """A check that looks at nothing but the value."""
    return name, lambda _, value: check(value)


def named(name: str, check: Callable[[str, Any], object]) -> tuple[str, Check]:
    """A check that looks at nothing but the value, and says its name where it refuses."""
    return name, lambda _, value: check(name, value)


def one_of(name: str, kind: type[Record]) -> tuple[str, Check]:
    """Id of a record of this scene, or empty."""
    return name, lambda desk, value: value and desk.member(kind, value).id


def whole_number(name: str, value: int) -> int:
    """A place in an order. Raises Invalid."""
    if not 0 <= value < 1 << 31:
        raise Invalid(f"{name}: {value}, expected 0 or more")
    return value
