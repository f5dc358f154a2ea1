"""What is said of when units stood, relative to one another or to a day, and the inequalities that follow from it.

A unit (a building, a layer, an epoch) begins on a day B and is gone from a day E on, B < E. Each kind of statement is a
set of inequalities between such days, and nothing else:

    A before B              E(A) <= B(B)                    A was gone when B began; they may meet
    A after B               E(B) <= B(A)
    A contemporary with B   B(A) < E(B), B(B) < E(A)        some day belongs to both (Levy et al.)
    A same time as B        B(A) = B(B), E(A) = E(B)        the same days (Extended Matrix: has_same_time)
    A within B              B(B) <= B(A), E(A) <= E(B)      no day of A lies outside B, which may be an epoch
    A carries B             B(A) <= B(B)                    the lower is not later than the upper (Harris)
    A terminus post quem    B(A) >= the day, or B(B)        A was made no earlier than the day, or than B was
    A terminus ante quem    B(A) <= the day, or B(B)        A was made by that day, or by the time B was

Every strict inequality leads from a beginning to an end, and no other does. So which ends are meant tells how far apart
they are at least: a day from a beginning to an end, nothing otherwise.

E. C. Harris, "Principles of Archaeological Stratigraphy" (1979). E. Levy, G. Geeraerts, F. Pluquet, E. Piasetzky and
A. Fantalkin, "Chronological networks in archaeology: a formalised scheme", Journal of Archaeological Science 127
(2021): "contemporary" is overlap. E. Demetrescu's Extended Matrix: has_same_time is equality. The field uses both, so
both are here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from timeline.date import year_text
from timeline.edtf import parse
from timeline.errors import TimelineError
from timeline.instant import iso_date, year_of
from timeline.interval import BEGINNING, FOREVER, DayRange
from timeline.label import label
from timeline.reason_words import reason_words


class Kind(StrEnum):
    """What is said of the subject."""

    BEFORE = "before"
    AFTER = "after"
    CONTEMPORARY_WITH = "contemporary_with"
    SAME_TIME_AS = "same_time_as"
    WITHIN = "within"
    CARRIES = "carries"
    TERMINUS_POST_QUEM = "terminus_post_quem"
    TERMINUS_ANTE_QUEM = "terminus_ante_quem"


class End(StrEnum):
    """Which end of a unit a terminus is about."""

    START = "start"
    END = "end"


TERMINI = frozenset({Kind.TERMINUS_POST_QUEM, Kind.TERMINUS_ANTE_QUEM})


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that somebody says of when a unit stood.

    `object` is the other unit. A terminus has it, or `days` in its place: the days within which the dated thing lies,
    half-open; of a terminus post quem the first of them counts, of a terminus ante quem the last. With days it may be
    about the unit's `end` too: post quem "it was not gone before", ante quem "it was gone by". `date` is how the days
    were written; `source` and `author` are shown where the statement is given as a reason.

    Raises:
        TimelineError: the statement has no meaning: units or days are missing, or there is one too many.
    """

    id: str
    kind: Kind
    subject: str
    object: str = ""
    days: DayRange | None = None
    end: End = End.START
    date: str = ""
    source: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        if self.days is None and self.object and self.object != self.subject and self.end is End.START:
            return
        if not self.object and self.days is not None and self.kind in TERMINI and self.days[0] < self.days[1]:
            return
        # Without its id: a statement that is refused was never made, and nobody can look it up.
        raise TimelineError(f"a statement without meaning: {self._wrong()}")

    def _wrong(self) -> str:
        if self.object == self.subject:
            return f"{self.subject!r} {self.kind} itself says nothing"
        if self.days is None:
            return "its end is spoken of with a date only" if self.object else f"{self.kind} what? It has no object"
        if self.object or self.kind not in TERMINI:
            return f"{self.kind} takes an object{', or a date, not both' if self.kind in TERMINI else ', no date'}"
        return "no days between the first and the last"


_START, _END = 0, 1
_OF_SUBJECT, _OF_OBJECT = 0, 1

_FARTHEST = 10**12
"""years from 0 that EDTF is read up to"""

Edge = tuple[int, int, int, int]
"""(whose, which end) is not after (whose, which end)"""

EDGES: dict[Kind, tuple[Edge, ...]] = {
    Kind.BEFORE: ((_OF_SUBJECT, _END, _OF_OBJECT, _START),),
    Kind.AFTER: ((_OF_OBJECT, _END, _OF_SUBJECT, _START),),
    Kind.CONTEMPORARY_WITH: ((_OF_SUBJECT, _START, _OF_OBJECT, _END), (_OF_OBJECT, _START, _OF_SUBJECT, _END)),
    Kind.SAME_TIME_AS: (
        (_OF_SUBJECT, _START, _OF_OBJECT, _START),
        (_OF_OBJECT, _START, _OF_SUBJECT, _START),
        (_OF_SUBJECT, _END, _OF_OBJECT, _END),
        (_OF_OBJECT, _END, _OF_SUBJECT, _END),
    ),
    Kind.WITHIN: ((_OF_OBJECT, _START, _OF_SUBJECT, _START), (_OF_SUBJECT, _END, _OF_OBJECT, _END)),
    Kind.CARRIES: ((_OF_SUBJECT, _START, _OF_OBJECT, _START),),
    Kind.TERMINUS_POST_QUEM: ((_OF_OBJECT, _START, _OF_SUBJECT, _START),),
    Kind.TERMINUS_ANTE_QUEM: ((_OF_SUBJECT, _START, _OF_OBJECT, _START),),
}
"""What each kind says of two units, as `x <= y`."""


def sentence(statement: Statement, name: Callable[[str], str] = str, language: str = "en") -> str:
    """The statement in words, with who says so; `name` turns a unit's id into what people call it.

    In English, German, French or Italian (`timeline.label`): dates too.

    >>> sentence(Statement("s1", Kind.BEFORE, "mosque", "church", source="Rossi 1998"))
    'mosque was gone when church began (Rossi 1998)'
    >>> coin = Statement("s2", Kind.TERMINUS_POST_QUEM, "mosque", days=(440_000, 440_365), date="-0430~")
    >>> sentence(coin, str.title, "de")
    'Mosque entstand nicht früher als um 431 v. Chr.'
    """
    words = reason_words(language)
    template = (words.said_of_ends if statement.end is End.END else words.said)[statement.kind]
    if statement.days is None:
        other = name(statement.object)
    else:
        first, after = statement.days
        is_post_quem = statement.kind is Kind.TERMINUS_POST_QUEM
        other = _said_date(statement.date, language) or said_day(first if is_post_quem else after - 1, language)
    said = template.format(subject=name(statement.subject), object=other)
    by = ", ".join(part for part in (statement.author, statement.source) if part)
    return f"{said} ({by})" if by else said


def said_day(day: int, language: str = "en") -> str:
    """A day in words, the year alone beyond the year 9999; without limit "…".

    >>> said_day(-15692), said_day(-15692, "fr"), said_day(400_000_000), said_day(FOREVER)
    ('15 March 44 BC', '15 mars 44 av. J.-C.', '1,095,162', '…')
    """
    if not BEGINNING < day < FOREVER:
        return "…"
    date = iso_date(day)
    return said_year(day, language) if date is None else label(parse(date), language)


def said_year(day: int, language: str = "en") -> str:
    """The year of a day in words; beyond what EDTF can say, as a number."""
    year = year_of(day)
    return label(parse(year_text(year)), language) if abs(year) <= _FARTHEST else str(year)


def _said_date(text: str, language: str) -> str:
    """A date as it was written, in words; as it stands where it is none of ours, which callers may give."""
    try:
        return label(parse(text), language) if text else ""
    except TimelineError:
        return text
