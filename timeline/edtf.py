"""EDTF text, levels 0, 1 and 2, and four bounds: read, written back, and what it says in days.

Grammar, read left to right by one pass without going back:

    text     = date ["T" time] | interval | set | bounds
    interval = end "/" end            end = date | ".." (no limit) | "" (a limit that is not known)
    set      = "[" members "]" (one of them) | "{" members "}" (all of them)
    members  = member ("," member)*   member = date | date ".." date; the first may be ".." date, the last date ".."
    bounds   = limit "/" limit        limit = end | "[" member "]", at least one of them in brackets
    date     : see `timeline.date_reader`

`bounds` is ours, not EDTF: EDTF has no sets as the ends of an interval, so that it cannot say "begun between 1205 and
1215, gone between 1248 and 1252", which is `[1205..1215]/[1248..1252]` here. `timeline.bounds` says what of it EDTF can
say.

Beside the specification, decades (`000` to `209`) and centuries (`00` to `20`) of ISO 8601-1 are read, because museums
write them, and `Edtf.notes` says so. Larger numbers are refused: `85` and `430` are far more often a year cut short
than years far ahead; and so is any of them in company, because `117/138` is far more often two years than two decades.

Source: ISO 8601-2:2019; Library of Congress EDTF specification, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from timeline.date import MAX_RUNS, Date, Qualifier
from timeline.date_reader import DateReader
from timeline.interval import BEGINNING, FOREVER, DayRange, TimeSpan
from timeline.remark import Remark

MAX_LENGTH = 200

_IN_ORDER = "an end that is not before the beginning"
_OLD_WORDS = {"unknown": "nothing, on that side of '/'", "open": "'..', on that side of '/'"}


class Kind(StrEnum):
    """What a text is."""

    DATE = "date"
    INTERVAL = "interval"
    ONE_OF = "one of"
    ALL_OF = "all of"
    FOUR_BOUNDS = "four bounds"


@dataclass(frozen=True, slots=True)
class Run:
    """From one date to another; both the same for a single date; None: no limit on this side.

    Without limit on both sides only as an end of four bounds that has no date.
    """

    first: Date | None
    last: Date | None

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{'' if self.first is None else self.first}..{'' if self.last is None else self.last}"

    @property
    def dated(self) -> bool:
        """Whether it has a date on any side."""
        return self.first is not None or self.last is not None

    @property
    def days(self) -> DayRange:
        """Outer bounds."""
        return (
            BEGINNING if self.first is None else _bounds(self.first)[0],
            FOREVER if self.last is None else _bounds(self.last)[1],
        )


@dataclass(frozen=True, slots=True)
class Edtf:
    """A parsed text: one run for a date or an interval, one a member for a set; for four bounds where it began, and
    where it ended.

    Two are equal when they say the same in the same parts, however their qualifiers were written. `source` is the text
    as it came.
    """

    kind: Kind
    runs: tuple[Run, ...]
    start_unknown: bool = False
    end_unknown: bool = False
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Canonical text; parsing it gives an equal value."""
        if self.kind is Kind.DATE:
            return str(self.runs[0])
        if self.kind is Kind.INTERVAL:
            run = self.runs[0]
            start = str(run.first) if run.first is not None else "" if self.start_unknown else ".."
            end = str(run.last) if run.last is not None else "" if self.end_unknown else ".."
            return f"{start}/{end}"
        if self.kind is Kind.FOUR_BOUNDS:
            return (
                f"{_limit(self.runs[0], unknown=self.start_unknown)}/{_limit(self.runs[1], unknown=self.end_unknown)}"
            )
        opening, closing = "[]" if self.kind is Kind.ONE_OF else "{}"
        return opening + ",".join(map(str, self.runs)) + closing

    @property
    def bounds(self) -> DayRange:
        """Outer bounds of all its days."""
        if self.kind is Kind.FOUR_BOUNDS:
            return self.runs[0].days[0], self.runs[1].days[1]
        days = [run.days for run in self.runs]
        return min(first for first, _ in days), max(after for _, after in days)

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order by the first day, then by the last, then by the text."""
        return (*self.bounds, str(self))

    @property
    def season_ambiguous(self) -> bool:
        """Whether a season without its hemisphere was read as the northern one."""
        return any(date is not None and date.season_ambiguous for run in self.runs for date in (run.first, run.last))

    @property
    def is_edtf(self) -> bool:
        """Whether other readers of EDTF know the text; four bounds are ours alone."""
        return self.kind is not Kind.FOUR_BOUNDS

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What a reader of the text should know before relying on it: what was taken for what."""
        dates = [date for run in self.runs for date in (run.first, run.last) if date is not None]
        found = [Remark("NORTHERN") for date in dates if date.season_ambiguous]
        for date in dates:
            if date.is_short:
                first, last = map(str, date.years)
                year = f"{int(date.year):04d}"
                found.append(Remark.of("SHORT_FORM", text=date.year, first=first, last=last, year=year))
        if any(date.qualifier & Qualifier.APPROXIMATE for date in dates):
            found.append(Remark("CIRCA_SHARP"))
        return tuple(dict.fromkeys(found))

    def days(self) -> tuple[DayRange, ...]:
        """The set of its days: half-open runs, in order, merged; an interval is all days from its first to its last.

        A set of more than some thousands of runs (`XXXX-XX-X1`) is given by its outer bounds.
        """
        if self.kind is Kind.FOUR_BOUNDS:
            return (self.bounds,)
        found: list[DayRange] = []
        for run in self.runs:
            if self.kind in (Kind.ONE_OF, Kind.ALL_OF, Kind.DATE) and run.first is not None and run.first == run.last:
                found.extend(run.first.runs())
            else:
                found.append(run.days)
            if len(found) > MAX_RUNS:
                return (self.bounds,)
        return _merged(found)

    def span(self) -> TimeSpan:
        """The text as the interval for which something existed.

        A/B: it began within A and ended within B. A date D is D/D. One of a set: it began and ended within the set's
        outer bounds. All of a set: it began within the first member and ended within the last. `..` is certainly
        without limit; an unknown end is some day after the first possible beginning, an unknown beginning some day
        before the last possible end.
        """
        if self.kind is Kind.ONE_OF:
            starts = ends = self.bounds
        elif self.kind is Kind.FOUR_BOUNDS:
            start, end = self.runs
            starts = start.days if start.dated else (BEGINNING, BEGINNING)
            ends = end.days if end.dated else (FOREVER, FOREVER)
        else:
            starts = min((BEGINNING, BEGINNING) if run.first is None else _bounds(run.first) for run in self.runs)
            reversed_ends = [(FOREVER, FOREVER) if run.last is None else _bounds(run.last)[::-1] for run in self.runs]
            ends = max(reversed_ends)[::-1]
        # A last day d means gone from d + 1 on; a bound that is no bound stays where it is.
        start_earliest, start_latest = starts[0], starts[1] - (BEGINNING < starts[1] < FOREVER)
        end_earliest, end_latest = ends[0] + (BEGINNING < ends[0] < FOREVER), ends[1]
        if self.start_unknown:
            start_earliest, start_latest = BEGINNING, FOREVER
        if self.end_unknown:
            end_earliest, end_latest = BEGINNING, FOREVER
        # What has no limit of its own has one all the same: things begin before they end.
        if start_latest == FOREVER:
            start_latest = end_latest - (end_latest < FOREVER)
        if end_earliest == BEGINNING:
            end_earliest = start_earliest + (start_earliest > BEGINNING)
        return TimeSpan(
            start_earliest,
            start_latest,
            end_earliest,
            end_latest,
            text=self.source or str(self),
            start_unknown=self.start_unknown,
            end_unknown=self.end_unknown,
        )


def parse(text: str) -> Edtf:
    """Read EDTF text, or four bounds.

    Raises:
        EdtfError: what was found, where, and what was expected there.

    >>> str(parse("?2004-?06-11")), parse("-0430").span().on(-156_900).value
    ('2004-06?-11', 'possible')
    >>> parse("[1205..1215]/[1248..1252]").kind.value
    'four bounds'
    """
    return _Reader(text).text_whole()


@lru_cache(maxsize=32_768)
def parse_span(text: str) -> TimeSpan:
    """The interval of existence that the text says. Raises EdtfError."""
    return parse(text).span()


def parse_days(text: str) -> tuple[DayRange, ...]:
    """The set of days that the text says. Raises EdtfError."""
    return parse(text).days()


def _bounds(date: Date) -> DayRange:
    bounds = date.bounds
    assert bounds is not None, "the parser refuses dates without a day"
    return bounds


def _merged(runs: list[DayRange]) -> tuple[DayRange, ...]:
    merged: list[DayRange] = []
    for first, after in sorted(runs):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], after))
        else:
            merged.append((first, after))
    return tuple(merged)


def _limit(run: Run, *, unknown: bool) -> str:
    """An end of four bounds as text."""
    if not run.dated:
        return "" if unknown else ".."
    return str(run) if run.first == run.last else f"[{run}]"


class _Reader(DateReader):
    """One pass over the whole text."""

    def text_whole(self) -> Edtf:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"{len(self.text)} characters", f"at most {MAX_LENGTH}", at=MAX_LENGTH)
        for word, instead in _OLD_WORDS.items():
            if (at := self.text.lower().find(word)) >= 0:
                self.fail(f"'{word}' of an old draft", instead, at=at)
        if self.peek() in ("[", "{"):
            found = self.set_of_dates()
            if self.peek() == "/" and found.kind is Kind.ONE_OF:
                found = self.interval(self.range_of(found, at=0), unknown=False)
        else:
            found = self.date_or_interval()
        if self.at < len(self.text):
            self.unexpected(
                "the end" if self.text[self.at] != "." else "the end ('..' between dates stands in [ ] or { })"
            )
        return found

    def date_or_interval(self) -> Edtf:
        if self.text.startswith(".."):
            self.at = 2
            if self.peek() != "/":
                self.unexpected("'/'")
            return self.interval(Run(None, None), unknown=False)
        if self.peek() == "/":
            return self.interval(Run(None, None), unknown=True)
        if not self.text:
            self.unexpected("a date, an interval or a set")
        start = self.date(with_time=True)
        if self.peek() != "/":
            return Edtf(Kind.DATE, (Run(start, start),), source=self.text)
        if start.time:
            self.fail("an interval of times of day", "dates without times in an interval")
        self.not_short(start, at=0)
        return self.interval(Run(start, start), unknown=False)

    def interval(self, start: Run, *, unknown: bool) -> Edtf:
        """From the '/' on."""
        self.at += 1
        end_at = self.at
        end, end_unknown = Run(None, None), False
        if self.text.startswith("..", self.at):
            self.at += 2
        elif self.peek() == "":
            end_unknown = True
        elif self.peek() == "[":
            end = self.range_of(self.set_of_dates(), at=end_at)
        else:
            date = self.dated()
            end = Run(date, date)
        if unknown and end_unknown:
            self.fail("an interval without any limit known", "a date or '..' on one side", at=0)
        if start.dated and end.dated and start.days[0] >= end.days[1]:
            shown = (_limit(each, unknown=False) for each in (end, start))
            self.fail("the end {}, before the beginning {}".format(*shown), _IN_ORDER, at=end_at)
        if start.first == start.last and end.first == end.last:
            return Edtf(Kind.INTERVAL, (Run(start.first, end.last),), unknown, end_unknown, source=self.text)
        return Edtf(Kind.FOUR_BOUNDS, (start, end), unknown, end_unknown, source=self.text)

    def range_of(self, found: Edtf, *, at: int) -> Run:
        """The one member of a set that is the end of an interval."""
        if len(found.runs) > 1:
            self.fail("several members in an end of an interval", "one range, [date..date]", at=at)
        (run,) = found.runs
        if run.first == run.last:
            self.fail(f"a set of one member, {run}, as an end of an interval", f"{run} without brackets", at=at)
        return run

    def set_of_dates(self) -> Edtf:
        closing = "]" if self.take() == "[" else "}"
        runs = [self.member(closing, first=True)]
        while self.peek() == ",":
            self.at += 1
            if runs[-1].last is None:
                self.fail("a member after '..'", f"{closing!r}")
            runs.append(self.member(closing, first=False))
        if self.peek() != closing:
            self.unexpected(f"',' or {closing!r}")
        self.at += 1
        return Edtf(Kind.ONE_OF if closing == "]" else Kind.ALL_OF, tuple(runs), source=self.text)

    def member(self, closing: str, *, first: bool) -> Run:
        self.spaces()
        if self.text.startswith("..", self.at):
            if not first:
                self.fail("'..' before a later member", "'..' before the first member only")
            self.at += 2
            run = Run(None, self.dated())
            self.spaces()
            return run
        start = self.dated()
        if not self.text.startswith("..", self.at):
            self.spaces()
            return Run(start, start)
        self.at += 2
        self.spaces()
        if self.peek() in (closing, ","):
            return Run(start, None)
        end_at = self.at
        end = self.dated()
        if _bounds(start)[0] >= _bounds(end)[1]:
            self.fail(f"the end {end}, before the beginning {start}", _IN_ORDER, at=end_at)
        self.spaces()
        return Run(start, end)

    def dated(self) -> Date:
        """A date in an interval or a set."""
        begin = self.at
        date = self.date(with_time=False)
        self.not_short(date, at=begin)
        return date

    def spaces(self) -> None:
        while self.peek() == " ":
            self.at += 1
