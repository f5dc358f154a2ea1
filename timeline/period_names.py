"""Periods by name and place, for the curator who types one: several answers, the likeliest first.

A name is compared without case, accents and punctuation, in every language at once. The whole name counts more than
words of it, and the words may be unfinished ("late hell"). Places are given by the asker from the narrowest to the
widest ("Attica", "Greece", "Europe"), because this knows no geography. Periods that name one of them come before those
that hold elsewhere; then whole names before words; then the narrowest place; then the period that holds in the fewest.
Nothing is chosen: where a name is ambiguous, a person decides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timeline.errors import TimelineError
from timeline.period import MAX_TEXT, Period, folded

MAX_ASKED_PLACES = 20


class NoPeriod(TimelineError):
    """The name is known for no period."""

    code = "NO_PERIOD"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: the period, and why it stands where it stands."""

    period: Period
    is_whole: bool
    """whether the name is one of its labels, not only words of one"""
    place: str
    """the first of the places asked for that it names; empty: none"""


class PeriodNames:
    """An index of periods by name. Immutable."""

    def __init__(self, periods: Iterable[Period]) -> None:
        self._periods = tuple(periods)
        self._by_uri = {period.uri: period for period in reversed(self._periods)}
        self._wholes: defaultdict[str, set[int]] = defaultdict(set)
        by_word: defaultdict[str, set[int]] = defaultdict(set)
        for at, period in enumerate(self._periods):
            for _, label in period.labels:
                self._wholes[folded(label)].add(at)
                for word in folded(label).split():
                    by_word[word].add(at)
        self._words = sorted(by_word)
        self._by_word = dict(by_word)
        self._places = [frozenset(_names_of(period)) for period in self._periods]

    def __len__(self) -> int:
        return len(self._periods)

    def by_uri(self, uri: str) -> Period:
        """The period of a URI. Raises NoPeriod."""
        try:
            return self._by_uri[uri]
        except KeyError:
            raise NoPeriod(f"no period has the URI {uri[:200]!r}") from None

    def find(self, name: str, places: Sequence[str] = (), *, most: int = 20) -> list[Found]:
        """The periods of a name, the likeliest first; none where nobody calls one so.

        `places` are labels or URIs, from the narrowest to the widest.

        Raises:
            TimelineError: the name is empty or too long, or there are too many places.
        """
        asked = folded(name)
        if not asked or len(name) > MAX_TEXT:
            raise TimelineError(f"the name of a period has 1 to {MAX_TEXT} characters, some of them letters")
        if len(places) > MAX_ASKED_PLACES:
            raise TimelineError(f"{len(places)} places were asked for; {MAX_ASKED_PLACES} are the most")
        wholes = self._wholes.get(asked, set())
        wanted = [place if "://" in place else folded(place) for place in places]
        ranked = []
        for at in wholes | self._with_words(asked.split()):
            period, own = self._periods[at], self._places[at]
            rank = next((rank for rank, place in enumerate(wanted) if place in own), len(wanted))
            is_elsewhere = bool(wanted) and rank == len(wanted)
            order = (is_elsewhere, at not in wholes, rank, len(period.places), period.label(), period.uri)
            ranked.append((order, Found(period, at in wholes, (*places, "")[rank])))
        ranked.sort(key=_order)
        return [found for _, found in ranked[:most]]

    def _with_words(self, words: Sequence[str]) -> set[int]:
        """Periods in whose labels each of the words begins some word."""
        found: set[int] | None = None
        for word in words:
            own: set[int] = set()
            at = bisect_left(self._words, word)
            while at < len(self._words) and self._words[at].startswith(word):
                own |= self._by_word[self._words[at]]
                at += 1
            found = own if found is None else found & own
        return found or set()


def _order(ranked: tuple[tuple[bool, bool, int, int, str, str], Found]) -> tuple[bool, bool, int, int, str, str]:
    return ranked[0]


def _names_of(period: Period) -> Iterable[str]:
    for place in period.places:
        if place.uri:
            yield place.uri
        yield folded(place.label)
    if period.region:
        yield folded(period.region)
