"""The named periods that curators choose from: of the museum's own file, or else those of the sample museum.

`periods.json` in the data directory is data in the shape of PeriodO (docs/periods.md). It is read when it is first
asked for and again when it has changed. A thing dated by a period keeps the bounds that were read then, so another file
changes no answer about what was authored before.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from sample_museum import periods as sample
from scenes.errors import Invalid, TooLarge
from timeline.interval import Certainty
from timeline.period import Period, folded, read
from timeline.period_names import Found, PeriodNames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timeline.interval import DayRange

log = logging.getLogger("chronotope.periods")

NAME = "periods.json"
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Book:
    """The periods of one edition, in the order in which they begin."""

    periods: tuple[Period, ...]
    names: PeriodNames

    def find(
        self, name: str | None, places: Sequence[str], days: Sequence[DayRange] | None, *, most: int
    ) -> list[Found]:
        """Those of a name (None: of any), the likeliest first; with `days`: which may hold on one of them.

        Raises:
            timeline.errors.TimelineError: the name is empty or too long, or there are too many places.
        """
        if name is None:
            wanted = {place if "://" in place else folded(place) for place in places}
            found = [Found(each, is_whole=False, place=place) for each in self.periods for place in _of(each, wanted)]
        else:
            found = self.names.find(name, places, most=len(self.periods))
        if days is not None:
            found = [each for each in found if each.period.span.over(days) is not Certainty.NO]
        return found[:most]


def book(data: Path) -> Book:
    """The periods of a data directory.

    Raises:
        Invalid, timeline.period.PeriodError: its file holds no periods.
        TooLarge: its file is too long.
    """
    path = data / NAME
    try:
        status = path.stat()
    except FileNotFoundError:
        return _sample()
    if status.st_size > MOST_BYTES:
        raise TooLarge(f"{NAME} has {status.st_size:,} bytes, at most {MOST_BYTES:,} are read")
    return _file(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _sample() -> Book:
    return _made(sample.dataset(), sample.EDITION)


@lru_cache(maxsize=2)
def _file(path: Path, _changed: int, _size: int) -> Book:
    content = path.read_bytes()
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{NAME} is not JSON: {error}") from error
    return _made(data, f"{NAME}, sha256 {hashlib.sha256(content).hexdigest()[:16]}")


def _made(data: object, edition: str) -> Book:
    found = read(data, edition=edition)
    for refused in found.refused[:20]:
        log.warning("a period was left out: %s", refused)
    ordered = tuple(sorted(found.periods, key=lambda each: (each.span.start_earliest, each.span.end_latest, each.uri)))
    return Book(ordered, PeriodNames(ordered))


def _of(period: Period, wanted: set[str]) -> list[str]:
    """The first of the wanted places that a period names, in a list; an empty text where none is wanted."""
    if not wanted:
        return [""]
    names = [name for place in period.places for name in (place.uri, folded(place.label))] + [folded(period.region)]
    return [name for name in names if name in wanted][:1]
