"""Allen's thirteen relations between two spans: which may hold, which must, which cannot.

A relation is an order of the four ends, ties included: a and b the first span's start and end, c and d the second's.
Spans are half-open, so that "meets" is b = c. Whether an order is possible within bounds is decided by taking its
places from left to right and giving each the least day that its bounds allow and that lies after the place before it.
If one then lies beyond its latest bound, no other choice would have helped: an earlier day never hinders a later one.
Four comparisons at most, whatever the spans.

What four-bounded spans say of one another is the set of possible relations. A relation is necessary if it is the only
one possible; a question about several ("did they overlap at all?") is certain if no other is possible.

Letters are those of the literature: p m o F D s e S d f O M P. J. F. Allen, "Maintaining knowledge about temporal
intervals", CACM 26 (1983); CIDOC CRM names them P114 to P120, OWL-Time intervalEquals to intervalFinishedBy.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product

from timeline.interval import BEGINNING, Certainty, TimeSpan


class Allen(StrEnum):
    """How the first span lies to the second."""

    BEFORE = "before"
    MEETS = "meets"
    OVERLAPS = "overlaps"
    FINISHED_BY = "finished_by"
    CONTAINS = "contains"
    STARTS = "starts"
    EQUALS = "equals"
    STARTED_BY = "started_by"
    DURING = "during"
    FINISHES = "finishes"
    OVERLAPPED_BY = "overlapped_by"
    MET_BY = "met_by"
    AFTER = "after"

    @property
    def converse(self) -> Allen:
        """How the second lies to the first.

        >>> Allen.BEFORE.converse.value, Allen.DURING.converse.value, Allen.EQUALS.converse.value
        ('after', 'contains', 'equals')
        """
        return _CONVERSES[self]


_ORDERS: dict[Allen, tuple[str, ...]] = {
    Allen.BEFORE: ("a", "b", "c", "d"),
    Allen.MEETS: ("a", "bc", "d"),
    Allen.OVERLAPS: ("a", "c", "b", "d"),
    Allen.FINISHED_BY: ("a", "c", "bd"),
    Allen.CONTAINS: ("a", "c", "d", "b"),
    Allen.STARTS: ("ac", "b", "d"),
    Allen.EQUALS: ("ac", "bd"),
    Allen.STARTED_BY: ("ac", "d", "b"),
    Allen.DURING: ("c", "a", "b", "d"),
    Allen.FINISHES: ("c", "a", "bd"),
    Allen.OVERLAPPED_BY: ("c", "a", "d", "b"),
    Allen.MET_BY: ("c", "ad", "b"),
    Allen.AFTER: ("c", "d", "a", "b"),
}
"""The ends from left to right; those of one place fall together."""

_PLACES = [
    (relation, tuple(("abcd".index(place[0]), "abcd".index(place[-1])) for place in order))
    for relation, order in _ORDERS.items()
]
"""the same by numbers; an end that stands alone is named twice"""

_SWAPPED = str.maketrans("abcd", "cdab")
_CONVERSES = {
    relation: other
    for relation, order in _ORDERS.items()
    for other, mirrored in _ORDERS.items()
    if ["".join(sorted(place.translate(_SWAPPED))) for place in order] == list(mirrored)
}

ALL = frozenset(Allen)
DISJOINT = frozenset({Allen.BEFORE, Allen.MEETS, Allen.MET_BY, Allen.AFTER})
INTERSECTS = ALL - DISJOINT
"""some day belongs to both"""
WITHIN = frozenset({Allen.STARTS, Allen.DURING, Allen.FINISHES, Allen.EQUALS})
"""no day of the first lies outside the second"""


@dataclass(frozen=True, slots=True)
class Relations:
    """What may be said of two spans: `possible` is never empty.

    >>> found = relations(TimeSpan(0, 1, 3, 4), TimeSpan(4, 4, 9, 9))
    >>> sorted(each.value for each in found.possible), len(found.necessary), found.holds(DISJOINT).value
    (['before', 'meets'], 0, 'certain')
    """

    possible: frozenset[Allen]

    @property
    def necessary(self) -> frozenset[Allen]:
        """The one relation that holds whatever the days were; empty where several may."""
        return self.possible if len(self.possible) == 1 else frozenset()

    @property
    def impossible(self) -> frozenset[Allen]:
        """Those that hold for no days within the bounds."""
        return ALL - self.possible

    @property
    def converse(self) -> Relations:
        """The same, said of the second span to the first."""
        return Relations(frozenset(relation.converse for relation in self.possible))

    def holds(self, asked: AbstractSet[Allen]) -> Certainty:
        """Whether one of these relations holds: certain, possible or no."""
        if self.possible <= asked:
            return Certainty.CERTAIN
        return Certainty.NO if self.possible.isdisjoint(asked) else Certainty.POSSIBLE


def relations(first: TimeSpan, second: TimeSpan) -> Relations:
    """What the bounds of two spans leave open; the spans know nothing of one another but their bounds."""
    earliest = (first.start_earliest, first.end_earliest, second.start_earliest, second.end_earliest)
    latest = (first.start_latest, first.end_latest, second.start_latest, second.end_latest)
    return Relations(frozenset(each for each, order in _PLACES if _fits(order, earliest, latest)))


def _fits(order: tuple[tuple[int, int], ...], earliest: tuple[int, ...], latest: tuple[int, ...]) -> bool:
    # BEGINNING and FOREVER count as days like others: the least and the greatest, which none lies beyond.
    before = BEGINNING - 1
    for one, other in order:
        day = max(earliest[one], earliest[other], before + 1)
        if day > latest[one] or day > latest[other]:
            return False
        before = day
    return True


def compose(first: AbstractSet[Allen], second: AbstractSet[Allen]) -> frozenset[Allen]:
    """How x may lie to z if x lies to y by one of `first`, and y to z by one of `second`.

    >>> [each.value for each in compose({Allen.BEFORE}, {Allen.MEETS})], len(compose({Allen.BEFORE}, {Allen.AFTER}))
    (['before'], 13)
    """
    table = _compositions()
    return frozenset().union(*(table[pair] for pair in product(first, second)))


@cache
def _compositions() -> dict[tuple[Allen, Allen], frozenset[Allen]]:
    """Allen's table of 13 by 13: of each entry the letters, in the order of `Allen`."""
    of_letter = dict(zip(_LETTERS, Allen, strict=True))
    return {
        (first, second): frozenset(of_letter[letter] for letter in (_LETTERS if cell == "*" else cell))
        for first, row in zip(Allen, _TABLE, strict=True)
        for second, cell in zip(Allen, row.split(), strict=True)
    }


_LETTERS = "pmoFDseSdfOMP"
_TABLE = (
    "p p p p p p p p pmosd pmosd pmosd pmosd *",
    "p p p p p m m m osd osd osd Fef DSOMP",
    "p p pmo pmo pmoFD o o oFD osd osd oFDseSdfO DSO DSOMP",
    "p m o F D o F D osd Fef DSO DSO DSOMP",
    "pmoFD oFD oFD D D oFD D D oFDseSdfO DSO DSO DSO DSOMP",
    "p p pmo pmo pmoFD s s seS d d dfO M P",
    "p m o F D s e S d f O M P",
    "pmoFD oFD oFD D D seS S S dfO O O M P",
    "p p pmosd pmosd * d d dfOMP d d dfOMP P P",
    "p m osd Fef DSOMP d f OMP d f OMP P P",
    "pmoFD oFD oFDseSdfO DSO DSOMP dfO O OMP dfO O OMP P P",
    "pmoFD seS dfO M P dfO M P dfO M P P P",
    "* dfOMP dfOMP P P dfOMP P P dfOMP P P P P",
)
