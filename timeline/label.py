"""Dates in words for visitors, in English, German, French and Italian.

Years are shown as people write them: astronomical year 0 is 1 BC, -429 is 430 BC; "AD" stands where a year has fewer
than four digits, or beside a year BC. `~` becomes "c.", `?` a question mark. Words for what the text says, no rounding:
`14XX` is "between 1400 and 1499", not "15th century", which is one year off.
"""

from __future__ import annotations

from timeline.bounds import bounds_text
from timeline.date import Date, Qualifier
from timeline.edtf import Edtf, Kind, Run, parse
from timeline.errors import TimelineError
from timeline.interval import TimeSpan
from timeline.label_words import WORDS, Words
from timeline.remark import LANGUAGES, column


def label(when: TimeSpan | Edtf, language: str = "en") -> str:
    """The time in words. Another language than `LANGUAGES` (a tag such as `de-AT` counts as `de`) gives English.

    A span is shown by the text that it was read from; without such a text by the years of its bounds.

    >>> [label(parse(text)) for text in ("-0429~", "[1250..1275]", "0390/..", "-0446/-0431-06")]
    ['c. 430 BC', 'between 1250 and 1275', 'from 390 AD on', '447 – June 432 BC']
    """
    words = WORDS[LANGUAGES[column(language)]]
    if not isinstance(when, TimeSpan):
        return _text(when, words)
    try:
        return _text(parse(when.text), words)
    except TimelineError:
        pass  # without a text, or with another's
    try:
        return _text(parse(bounds_text(when)), words)
    except TimelineError:
        return words.unknown


def _text(when: Edtf, words: Words) -> str:
    if when.kind is Kind.DATE:
        return _run(when.runs[0], words)
    if when.kind is Kind.INTERVAL:
        return _interval(when, words)
    if when.kind is Kind.FOUR_BOUNDS:
        return _four_bounds(when, words)
    of_set = _run if when.kind is Kind.ONE_OF else _whole_run
    eras = {date.years[0] > 0 for run in when.runs for date in (run.first, run.last) if date is not None}
    members = [of_set(run, words, both=len(eras) > 1) for run in when.runs]
    joint = words.one_of if when.kind is Kind.ONE_OF else words.all_of
    return joint.join([", ".join(members[:-1]), members[-1]] if len(members) > 1 else members)


def _interval(when: Edtf, words: Words) -> str:
    start, end = when.runs[0].first, when.runs[0].last
    if start is not None and end is not None:
        return _from_to(start, end, words)
    if start is not None:
        return (words.to_unknown if when.end_unknown else words.since).format(_date(start, words))
    if end is not None:
        return (words.from_unknown if when.start_unknown else words.until).format(_date(end, words))
    if when.start_unknown or when.end_unknown:
        begun = words.begin_unknown if when.start_unknown else words.no_begin
        return f"{begun}, {words.end_unknown if when.end_unknown else words.no_end}"
    return words.always


def _four_bounds(when: Edtf, words: Words) -> str:
    start, end = when.runs
    begun = words.begin_unknown if when.start_unknown else words.no_begin
    gone = words.end_unknown if when.end_unknown else words.no_end
    if start.dated:
        begun = words.begin.format(_run(start, words))
    if end.dated:
        gone = words.end.format(_run(end, words))
    return f"{begun}, {gone}"


def _whole_run(run: Run, words: Words, *, both: bool = False) -> str:
    """A member of a set of which all is meant: not a day within the run, but the run."""
    if run.first is None:
        assert run.last is not None
        return words.until.format(_date(run.last, words, both=both))
    if run.last is None:
        return words.since.format(_date(run.first, words, both=both))
    return _from_to(run.first, run.last, words, both=both)


def _run(run: Run, words: Words, *, both: bool = False) -> str:
    if run.first is None:
        assert run.last is not None
        return words.or_earlier.format(_date(run.last, words, both=both))
    if run.last is None:
        return words.or_later.format(_date(run.first, words, both=both))
    if run.first == run.last:
        return _date(run.first, words, both=both)
    return words.between.format(*_pair(run.first, run.last, words, both=both))


def _from_to(start: Date, end: Date, words: Words, *, both: bool = False) -> str:
    if start == end:
        return _date(start, words, both=both)
    return " – ".join(_pair(start, end, words, both=both))


def _pair(start: Date, end: Date, words: Words, *, both: bool = False) -> tuple[str, str]:
    """Two dates; the era is said once where both share it and the first is a plain year."""
    eras = [_era(date.years[0] if date is start else date.years[1], words, terse=False) for date in (start, end)]
    mixed = both or eras[0] != eras[1]
    plain = not start.month and start.qualifier in (Qualifier.NONE, Qualifier.APPROXIMATE)
    plain = plain and not (end.day and -31 < start.years[0] < 32)  # "1 – 2 January 1 BC" would be two days
    shared = not mixed and plain and start.years[0] == start.years[1]
    if shared and _era(end.years[1], words) == _era(start.years[0], words):
        return _date(start, words, era=False), _date(end, words)
    return _date(start, words, both=mixed), _date(end, words, both=mixed)


def _date(date: Date, words: Words, *, era: bool = True, both: bool = False) -> str:
    """One date. `era`: say BC or AD where needed; `both`: say AD even of a year of four digits."""
    first, last = date.years
    if first != last and not date.month:
        text = _years(date, words, both=both)
    else:
        text = _parts(date, words, era=era, both=both)
    if date.qualifier & Qualifier.APPROXIMATE:
        text = f"{words.circa} {text}"
    if date.qualifier & Qualifier.UNCERTAIN:
        text += "?"
    return text


def _years(date: Date, words: Words, *, both: bool) -> str:
    first, last = date.years
    if first >= 1000 and last - first == 9 and first % 10 == 0:
        return words.decade.format(first)
    if (first > 0) == (last > 0):
        return words.between.format(_number(first, words), _year(last, words, both=both))
    return words.between.format(_year(first, words, both=True), _year(last, words, both=True))


def _parts(date: Date, words: Words, *, era: bool, both: bool) -> str:
    first, last = date.years
    if first != last:  # a month of a year that is not known exactly
        year = f"{_number(first, words)}–{_year(last, words, both=both)}"
    else:
        year = _year(first, words, both=both) if era else _number(first, words)
    if date.season:
        return words.seasons[date.season - 21].format(year)
    if not date.month or (date.month == "XX" and date.day in ("", "XX")):
        return year
    months = [words.months.split()[month - 1] for month in _limits(date.month, 12)]
    month = "–".join(dict.fromkeys(months))
    if not date.day or date.day == "XX":
        return f"{month} {year}"
    days = "–".join(dict.fromkeys(map(str, _limits(date.day, 31))))
    said = (words.first_day if days == "1" else words.day).format(day=days, month=month) + f" {year}"
    return f"{said}, {date.time[1:]}" if date.time else said


def _limits(pattern: str, most: int) -> tuple[int, int]:
    """Least and greatest number that two digits or `X` can stand for."""
    return max(1, int(pattern.replace("X", "0"))), min(most, int(pattern.replace("X", "9")))


def _year(year: int, words: Words, *, both: bool = False) -> str:
    era = _era(year, words, terse=not both)
    return f"{_number(year, words)} {era}" if era else _number(year, words)


def _number(year: int, words: Words) -> str:
    number = 1 - year if year <= 0 else year
    return f"{number:,}".replace(",", words.group) if number >= 10_000 else str(number)


def _era(year: int, words: Words, *, terse: bool = True) -> str:
    if year <= 0:
        return words.bc
    return "" if terse and year >= 1000 else words.ad
