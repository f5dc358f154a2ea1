"""What a text says of a date, in people's terms: before centuries are counted and calendars converted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from timeline.remark import Remark
from timeline.words import Tag


class NotUnderstood(Exception):
    """The text is no date that this grammar knows; `reason` says why."""

    def __init__(self, reason: Remark) -> None:
        super().__init__(reason.words())
        self.reason = reason


class Unit(Enum):
    """What the number of a date counts."""

    NONE = auto()
    """not said; the other date of a pair may say it"""
    YEAR = auto()
    PLURAL = auto()
    """`1920s`, `1200s`"""
    CENTURY = auto()
    CENTURY_NAME = auto()
    MILLENNIUM = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """A word that takes a part of a time: "late", or "first half", which is 1 of 2; -1 is the last."""

    word: str
    tag: Tag
    index: int = 0
    of: int = 0


@dataclass(slots=True)
class When:
    """A date in people's terms; 0 where something is not said. `era`: -1 BC, 1 AD."""

    number: int = 0
    unit: Unit = Unit.NONE
    digits: int = 0
    month: int = 0
    day: int = 0
    season: int = 0
    era: int = 0
    era_open: bool = False
    """the other date of the pair is BC, and this one might be"""
    circa: bool = False
    doubted: bool = False
    part: Part | None = None
    julian: bool | None = None
    old_style: bool = False
    """a double year, `1731/2`; `number` is the later one"""
    swappable: bool = False
    """day and month are numbers and might be meant in the other order"""
    minus: bool = False
    apostrophe: bool = False
    plus_minus: int = 0
    """years either way, if said"""


class Form(Enum):
    """What is said of one or two dates."""

    DATE = auto()
    PAIR = auto()
    LASTING = auto()
    BETWEEN = auto()
    SINCE = auto()
    UNTIL = auto()
    BEFORE = auto()
    AFTER = auto()
    NOT_BEFORE = auto()
    NOT_AFTER = auto()
    ONE_OF = auto()
    ALL_OF = auto()
    LIST = auto()
    """of which it is not said whether one is meant or all"""
    BOUNDS = auto()
    ALWAYS = auto()


@dataclass(slots=True)
class Statement:
    """A form and its dates; a list has statements as members, four bounds have two, or None."""

    form: Form
    dates: list[When] = field(default_factory=list)
    members: list[Statement | None] = field(default_factory=list)
    unknown: bool = False
    """SINCE: the end is said not to be known; UNTIL, BOUNDS: the beginning"""
    end_unknown: bool = False
    """BOUNDS: the end is said not to be known"""
