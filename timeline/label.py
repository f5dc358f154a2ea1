"""Dates in words for visitors, in English, German, French and Italian.

Years are shown as people write them: astronomical year 0 is 1 BC, -429 is 430 BC; "AD" stands where a year has fewer
than four digits, or beside a year BC. `~` becomes "c.", `?` a question mark. Words for what the text says, no rounding:
`14XX` is "between 1400 and 1499", not "15th century", which is one year off.
"""

from __future__ import annotations

from dataclasses import dataclass

from timeline.date import Date, Qualifier
from timeline.edtf import Edtf, Kind, Run, parse
from timeline.errors import EdtfError
from timeline.instant import year_of
from timeline.interval import BEGINNING, FOREVER, TimeSpan

LANGUAGES = ("en", "de", "fr", "it")


@dataclass(frozen=True, slots=True)
class _Words:
    bc: str
    ad: str
    circa: str
    group: str
    """separates thousands of years of five digits and more"""
    months: str
    """twelve, a space between"""
    seasons: tuple[str, ...]
    """21 to 41: `{}` is the year"""
    day: str
    first_day: str
    decade: str
    between: str
    since: str
    until: str
    from_unknown: str
    to_unknown: str
    always: str
    or_earlier: str
    or_later: str
    one_of: str
    all_of: str


def _seasons(four: str, of: str, north: str, south: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    seasons = tuple(each + of for each in four.split())
    return (
        seasons
        + tuple(f"{each} ({north})" for each in seasons)
        + tuple(f"{each} ({south})" for each in seasons)
        + parts
    )


_WORDS = {
    "en": _Words(
        bc="BC",
        ad="AD",
        circa="c.",
        group=",",
        months="January February March April May June July August September October November December",
        seasons=_seasons(
            "spring summer autumn winter",
            " {}",
            "northern hemisphere",
            "southern hemisphere",
            tuple(f"{n} quarter of {{}}" for n in ("1st", "2nd", "3rd", "4th"))
            + tuple(f"{n} third of {{}}" for n in ("1st", "2nd", "3rd"))
            + tuple(f"{n} half of {{}}" for n in ("1st", "2nd")),
        ),
        day="{day} {month}",
        first_day="{day} {month}",
        decade="{}s",
        between="between {} and {}",
        since="from {} on",
        until="until {}",
        from_unknown="beginning unknown, until {}",
        to_unknown="from {}, end unknown",
        always="at all times",
        or_earlier="{} or earlier",
        or_later="{} or later",
        one_of=" or ",
        all_of=" and ",
    ),
    "de": _Words(
        bc="v. Chr.",
        ad="n. Chr.",
        circa="um",
        group=".",
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        seasons=_seasons(
            "Frühling Sommer Herbst Winter",
            " {}",
            "Nordhalbkugel",
            "Südhalbkugel",
            tuple(f"{n}. Quartal {{}}" for n in range(1, 5))
            + tuple(f"{n}. Drittel {{}}" for n in range(1, 4))
            + tuple(f"{n}. Halbjahr {{}}" for n in range(1, 3)),
        ),
        day="{day}. {month}",
        first_day="{day}. {month}",
        decade="{}er Jahre",
        between="zwischen {} und {}",
        since="ab {}",
        until="bis {}",
        from_unknown="Beginn unbekannt, bis {}",
        to_unknown="ab {}, Ende unbekannt",
        always="zu allen Zeiten",
        or_earlier="{} oder früher",
        or_later="{} oder später",
        one_of=" oder ",
        all_of=" und ",
    ),
    "fr": _Words(
        bc="av. J.-C.",
        ad="apr. J.-C.",
        circa="vers",
        group="\u202f",
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        seasons=_seasons(
            "printemps été automne hiver",
            " {}",
            "hémisphère nord",
            "hémisphère sud",
            tuple(f"{n} trimestre {{}}" for n in ("1er", "2e", "3e", "4e"))
            + tuple(f"{n} tiers de {{}}" for n in ("1er", "2e", "3e"))
            + tuple(f"{n} semestre {{}}" for n in ("1er", "2e")),
        ),
        day="{day} {month}",
        first_day="1er {month}",
        decade="années {}",
        between="entre {} et {}",
        since="depuis {}",
        until="jusqu’à {}",
        from_unknown="début inconnu, jusqu’à {}",
        to_unknown="depuis {}, fin inconnue",
        always="de tout temps",
        or_earlier="{} ou avant",
        or_later="{} ou après",
        one_of=" ou ",
        all_of=" et ",
    ),
    "it": _Words(
        bc="a.C.",
        ad="d.C.",
        circa="ca.",
        group=".",
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        seasons=_seasons(
            "primavera estate autunno inverno",
            " {}",
            "emisfero nord",
            "emisfero sud",
            tuple(f"{n}º trimestre {{}}" for n in range(1, 5))
            + tuple(f"{n}º quadrimestre {{}}" for n in range(1, 4))
            + tuple(f"{n}º semestre {{}}" for n in range(1, 3)),
        ),
        day="{day} {month}",
        first_day="1º {month}",
        decade="anni {}",
        # Without articles, whose forms change with the number that follows (dal 900, dall'800).
        between="tra {} e {}",
        since="da: {}",
        until="fino a: {}",
        from_unknown="inizio sconosciuto, fino a: {}",
        to_unknown="da: {}, fine sconosciuta",
        always="in ogni tempo",
        or_earlier="{} o prima",
        or_later="{} o dopo",
        one_of=" o ",
        all_of=" e ",
    ),
}


def label(when: TimeSpan | Edtf, language: str = "en") -> str:
    """The time in words. Another language than `LANGUAGES` (a tag such as `de-AT` counts as `de`) gives English.

    A span is shown by the text that it was read from; without such a text by the years of its bounds.

    >>> [label(parse(text)) for text in ("-0429~", "[1250..1275]", "0390/..", "-0446/-0431-06")]
    ['c. 430 BC', 'between 1250 and 1275', 'from 390 AD on', '447 – June 432 BC']
    """
    words = _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])
    if isinstance(when, TimeSpan):
        try:
            return _text(parse(when.text), words)
        except EdtfError:
            return _bare(when, words)
    return _text(when, words)


def _text(when: Edtf, words: _Words) -> str:
    if when.kind is Kind.DATE:
        return _run(when.runs[0], words)
    if when.kind is Kind.INTERVAL:
        return _interval(when, words)
    members = [_run(run, words) for run in when.runs]
    joint = words.one_of if when.kind is Kind.ONE_OF else words.all_of
    return joint.join([", ".join(members[:-1]), members[-1]] if len(members) > 1 else members)


def _interval(when: Edtf, words: _Words) -> str:
    start, end = when.runs[0].first, when.runs[0].last
    if start is not None and end is not None:
        return _from_to(start, end, words)
    if start is not None:
        return (words.to_unknown if when.end_unknown else words.since).format(_date(start, words))
    if end is not None:
        return (words.from_unknown if when.start_unknown else words.until).format(_date(end, words))
    return words.always


def _run(run: Run, words: _Words) -> str:
    if run.first is None:
        assert run.last is not None
        return words.or_earlier.format(_date(run.last, words))
    if run.last is None:
        return words.or_later.format(_date(run.first, words))
    if run.first == run.last:
        return _date(run.first, words)
    return _between(run.first, run.last, words)


def _from_to(start: Date, end: Date, words: _Words) -> str:
    if start == end:
        return _date(start, words)
    first, last = _pair(start, end, words)
    return f"{first} – {last}"


def _between(start: Date, end: Date, words: _Words) -> str:
    return words.between.format(*_pair(start, end, words))


def _pair(start: Date, end: Date, words: _Words) -> tuple[str, str]:
    """Two dates; the era is said once where both share it and the first is a plain year."""
    eras = [_era(date.years[0] if date is start else date.years[1], words, terse=False) for date in (start, end)]
    mixed = eras[0] != eras[1]
    plain = not start.month and start.qualifier in (Qualifier.NONE, Qualifier.APPROXIMATE)
    shared = not mixed and plain and start.years[0] == start.years[1]
    if shared and _era(end.years[1], words) == _era(start.years[0], words):
        return _date(start, words, era=False), _date(end, words)
    return _date(start, words, both=mixed), _date(end, words, both=mixed)


def _date(date: Date, words: _Words, *, era: bool = True, both: bool = False) -> str:
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


def _years(date: Date, words: _Words, *, both: bool) -> str:
    first, last = date.years
    if first >= 1000 and last - first == 9 and first % 10 == 0:
        return words.decade.format(first)
    if (first > 0) == (last > 0):
        return words.between.format(_number(first, words), _year(last, words, both=both))
    return words.between.format(_year(first, words, both=True), _year(last, words, both=True))


def _parts(date: Date, words: _Words, *, era: bool, both: bool) -> str:
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


def _year(year: int, words: _Words, *, both: bool = False) -> str:
    era = _era(year, words, terse=not both)
    return f"{_number(year, words)} {era}" if era else _number(year, words)


def _number(year: int, words: _Words) -> str:
    number = 1 - year if year <= 0 else year
    return f"{number:,}".replace(",", words.group) if number >= 10_000 else str(number)


def _era(year: int, words: _Words, *, terse: bool = True) -> str:
    if year <= 0:
        return words.bc
    return "" if terse and year >= 1000 else words.ad


def _bare(span: TimeSpan, words: _Words) -> str:
    """By the years of the bounds, for spans that were not read from a text."""
    start = _range(span.start_earliest, span.start_latest, words)
    end = _range(
        span.end_earliest - (span.end_earliest < FOREVER), span.end_latest - (span.end_latest < FOREVER), words
    )
    if start and end and not span.start_unknown and not span.end_unknown:
        return start if start == end else f"{start} – {end}"
    if start and not span.start_unknown:
        return (words.to_unknown if span.end_unknown else words.since).format(start)
    if end and not span.end_unknown:
        return (words.from_unknown if span.start_unknown else words.until).format(end)
    return words.always


def _range(earliest: int, latest: int, words: _Words) -> str:
    """The years of a bound's first and last day; empty where neither is limited."""
    first = year_of(earliest) if BEGINNING < earliest < FOREVER else None
    last = year_of(latest) if BEGINNING < latest < FOREVER else None
    if first is None:
        return "" if last is None else words.or_earlier.format(_year(last, words))
    if last is None:
        return words.or_later.format(_year(first, words))
    if first == last:
        return _year(first, words)
    if (first > 0) == (last > 0):
        return words.between.format(_number(first, words), _year(last, words))
    return words.between.format(_year(first, words, both=True), _year(last, words, both=True))
