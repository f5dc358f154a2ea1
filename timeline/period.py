"""Named periods, whose spans depend on the place: read from data in the shape of PeriodO, resolved when authoring.

"Bronze Age" says something else in Greece than in Britain, and something else again by another author. So a period is
not stored with a thing: `cite` gives the text of its four bounds, which is stored as the thing's existence, and the
period's URI and label, which are stored as the source of that. What is asked later is asked of the bounds; an edition
of the periods that says otherwise changes nothing that was authored before.

The shape: `{"authorities": {id: {"source": …, "periods": {id: period}}}}`, as decoded from JSON; a period is

    {"id", "label", "languageTag", "localizedLabels": {tag: [label, …]}, "spatialCoverage": [{"id", "label"}, …],
     "spatialCoverageDescription", "start": {"label", "in": {"year"} or {"earliestYear", "latestYear"}}, "stop": alike}

Years are astronomical, as text ("-0479" is 480 BC). A period starts within the year or years of its start and stops
within those of its stop: that is four bounds. What else stands in the data is left alone.

A dataset is the work of many, so one bad period does not spoil it: `read` gives those that hold, and for each other
the reason. Source: PeriodO, "The PeriodO data model" (perio.do), its JSON-LD context.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from timeline.date import MAX_YEAR, year_text
from timeline.edtf import parse_span
from timeline.errors import TimelineError
from timeline.instant import year_of
from timeline.interval import TimeSpan

BASE = "http://n2t.net/ark:/99152/"
"""what PeriodO's short ids are relative to"""
MAX_PERIODS = 50_000
MAX_TEXT = 1000
MAX_LABELS = 200
"""of one period"""
MAX_PLACES = 500
"""of one period"""

_YEAR = re.compile(r"[+-]?[0-9]{1,13}")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_URI = re.compile(r"(?:https?://|urn:)[^\s<>\"{}|\\^`\x00-\x1f]+")
_SHORT_ID = re.compile(r"[A-Za-z0-9_.-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE = "dataset"


class PeriodError(TimelineError):
    """Data that say no period. `where` is a path as `authorities.p0qhb66.periods.p0qhb66s.start.in.year`."""

    code = "BAD_PERIOD"

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"period data at {where}: {found}, expected {expected}")
        self.where, self.found, self.expected = where, found, expected


@dataclass(frozen=True, slots=True)
class Place:
    """Where a period holds: a label, and a URI where the data give one."""

    label: str
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """What is stored with a thing that is dated by a period: its existence as text, and where that comes from."""

    existence: str
    """read by `timeline.edtf.parse_span`"""
    uri: str
    label: str
    authority: str
    edition: str
    """of the data, as it was said when they were read"""


@dataclass(frozen=True, slots=True)
class Period:
    """A named period of one author. `labels` are (language tag, label), the author's own first."""

    uri: str
    labels: tuple[tuple[str, str], ...]
    span: TimeSpan
    places: tuple[Place, ...] = ()
    region: str = ""
    """its places in words"""
    start_label: str = ""
    stop_label: str = ""
    """its years as the author wrote them"""
    authority: str = ""
    """title of the work that defines it"""
    edition: str = ""

    def label(self, language: str = "") -> str:
        """In a language (`de-AT` counts as `de` where there is no closer one), else as its author calls it."""
        wanted = language.lower()
        for close in (wanted, wanted.partition("-")[0]):
            for tag, label in self.labels:
                if close and (tag.lower() == close or tag.lower().partition("-")[0] == close):
                    return label
        return self.labels[0][1]

    def cite(self, language: str = "", *, within: bool = False) -> Citation:
        """What to store with a thing that is dated by this period.

        It stood for the whole of the period, as an epoch or a wall of the town does; or `within` it, for some part of
        it that is not known, as most finds did.
        """
        text = self.span.text
        if within:
            first, last = year_of(self.span.start_earliest), year_of(self.span.end_latest - 1)
            text = f"[{year_text(first)}..{year_text(last)}]"
        return Citation(text, self.uri, self.label(language), self.authority, self.edition)


@dataclass(frozen=True, slots=True)
class Periods:
    """What was read: the periods that hold, and the reasons of those that don't."""

    periods: tuple[Period, ...]
    refused: tuple[PeriodError, ...] = ()


def read(data: object, *, edition: str = "") -> Periods:
    """The periods of a decoded dataset; `edition` names it, and is kept with what is authored from it.

    Raises:
        PeriodError: it is no such dataset, or holds too many periods.

    >>> archaic = {"id": "p01", "label": "Archaic", "languageTag": "en", "spatialCoverage": [{"label": "Greece"}],
    ...            "start": {"in": {"year": "-0699"}}, "stop": {"in": {"earliestYear": "-0489", "latestYear": "-0479"}}}
    >>> [period] = read({"authorities": {"p0": {"periods": {"p01": archaic}}}}).periods
    >>> period.cite().existence, period.uri
    ('-0699/[-0489..-0479]', 'http://n2t.net/ark:/99152/p01')
    """
    found: list[Period] = []
    refused: list[PeriodError] = []
    base = _base(data)
    for where, authority, periods in _authorities(data):
        title = _title(authority)
        for key, period in periods.items():
            if len(found) + len(refused) >= MAX_PERIODS:
                raise PeriodError(_WHOLE, f"more than {MAX_PERIODS:,} periods", f"at most {MAX_PERIODS:,}")
            try:
                found.append(_Reader(f"{where}.periods.{_shown(key)}", base).period(period, title, edition))
            except PeriodError as error:
                refused.append(error)
    return Periods(tuple(found), tuple(refused))


def folded(text: str) -> str:
    """A name as it is compared: without case, accents and punctuation, one space between words.

    >>> folded("Époque  romaine"), folded("Späthelladisch III/B"), folded("Straße"), folded("Árpád-kor")
    ('epoque romaine', 'spathelladisch iii b', 'strasse', 'arpad kor')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        "" if unicodedata.combining(char) else char if char.isalnum() else " " for char in plain.translate(_LETTERS)
    )
    return " ".join("".join(kept).split())


# Letters that Unicode doesn't take apart, as they are mostly written without.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": ""})


def _base(data: object) -> str:
    context = data.get("@context") if isinstance(data, Mapping) else None
    for each in context if isinstance(context, list) else [context]:
        base = each.get("@base") if isinstance(each, Mapping) else None
        if isinstance(base, str) and len(base) <= MAX_TEXT and _URI.fullmatch(base):
            return base
    return BASE


def _authorities(data: object) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    """Where, the authority, and its periods by id; a single authority is a dataset of one."""
    if isinstance(data, Mapping) and "periods" in data and "authorities" not in data:
        yield "authority", data, _mapping(data["periods"], "authority.periods")
        return
    whole = _mapping(data, _WHOLE)
    if "authorities" not in whole:
        raise PeriodError(_WHOLE, "no authorities", "an object with authorities, as PeriodO has it")
    for key, authority in _mapping(whole["authorities"], "authorities").items():
        where = f"authorities.{_shown(key)}"
        own = _mapping(authority, where)
        yield where, own, _mapping(own.get("periods", {}), f"{where}.periods")


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise PeriodError(where, _kind(value), "an object")
    return value


def _kind(value: object) -> str:
    names = {type(None): "nothing", str: "text", list: "a list", dict: "an object", bool: "true or false"}
    return names.get(type(value), "a number")


def _shown(key: object) -> str:
    return str(key)[:60]


def _title(authority: Mapping[str, object]) -> str:
    """Of the work that defines the periods: its title, or its citation."""
    source = authority.get("source")
    while isinstance(source, Mapping):
        for name in ("title", "citation", "label"):
            said = source.get(name)
            if isinstance(said, str):
                return _plain(said)[:MAX_TEXT]
        source = source.get("partOf")
    return ""


def _plain(text: str) -> str:
    return " ".join(text.split())


class _Reader:
    """One period. `where` is its path."""

    def __init__(self, where: str, base: str) -> None:
        self.where, self.base = where, base

    def period(self, data: object, authority: str, edition: str) -> Period:
        found = _mapping(data, self.where)
        start, start_label = self.limit(found, "start")
        stop, stop_label = self.limit(found, "stop")
        try:
            span = parse_span(f"{start}/{stop}")
        except TimelineError:
            self.fail(".stop", f"a stop ({stop}) before the start ({start})", "one that is not before it")
        return Period(
            uri=self.uri(found),
            labels=self.labels(found),
            span=span,
            places=self.places(found),
            region=self.text(found, "spatialCoverageDescription"),
            start_label=start_label,
            stop_label=stop_label,
            authority=authority,
            edition=edition,
        )

    def uri(self, found: Mapping[str, object]) -> str:
        own = self.text(found, "id") or self.text(found, "@id") or self.where.rpartition(".")[2]
        uri = self.base + own if _SHORT_ID.fullmatch(own) else own
        if not _URI.fullmatch(uri):
            self.fail(".id", f"{own[:60]!r}", "a URI, or PeriodO's short id")
        return uri

    def labels(self, found: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
        """The author's own first, then the others, each once."""
        own = self.text(found, "label")
        tag = self.text(found, "languageTag") or self.text(found, "language")
        labels = {(self.tag(tag, ".languageTag") if tag else "", own): None} if own else {}
        localised = _mapping(found.get("localizedLabels", {}), f"{self.where}.localizedLabels")
        for key, values in localised.items():
            where = f".localizedLabels.{_shown(key)}"
            for value in [values] if isinstance(values, str) else values if isinstance(values, list) else [None]:
                if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
                    self.fail(where, _kind(value), f"labels of 1 to {MAX_TEXT} characters")
                labels[self.tag(key, where), self.line(value, where)] = None
                if len(labels) > MAX_LABELS:
                    self.fail(".localizedLabels", f"more than {MAX_LABELS} labels", f"at most {MAX_LABELS}")
        if not labels:
            self.fail(".label", "no label", "a label")
        return tuple(labels)

    def tag(self, tag: object, where: str) -> str:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            self.fail(where, repr(tag)[:60], "a language tag such as 'en' or 'de-AT'")
        return tag

    def places(self, found: Mapping[str, object]) -> tuple[Place, ...]:
        given = found.get("spatialCoverage", [])
        if not isinstance(given, list) or len(given) > MAX_PLACES:
            self.fail(".spatialCoverage", _kind(given), f"a list of at most {MAX_PLACES} places")
        places = []
        for number, each in enumerate(given):
            where = f".spatialCoverage.{number}"
            place = _mapping(each, self.where + where)
            uri, label = self.text(place, "id", where), self.text(place, "label", where)
            if uri and not _URI.fullmatch(uri):
                self.fail(f"{where}.id", f"{uri[:60]!r}", "a URI")
            if not label and not uri:
                self.fail(where, "a place without a name", "a label or an id")
            places.append(Place(label, uri))
        return tuple(places)

    def text(self, found: Mapping[str, object], name: str, where: str = "") -> str:
        """One line of text; empty where there is none."""
        value = found.get(name, "")
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            said = f"text of {len(value):,} characters" if isinstance(value, str) else _kind(value)
            self.fail(f"{where}.{name}", said, f"text of at most {MAX_TEXT} characters")
        return self.line(value, f"{where}.{name}")

    def line(self, value: str, where: str) -> str:
        line = _plain(value)
        if _CONTROL.search(line):
            self.fail(where, f"a control character in {line[:60]!r}", "plain text")
        return line

    def limit(self, found: Mapping[str, object], name: str) -> tuple[str, str]:
        """Start or stop as EDTF, and as the author wrote it."""
        if name not in found:
            self.fail(f".{name}", "nothing", "a start and a stop, each with years")
        limit = _mapping(found[name], f"{self.where}.{name}")
        years = _mapping(limit.get("in", {}), f"{self.where}.{name}.in")
        where = f".{name}.in"
        if "year" in years:
            text = year_text(self.year(years["year"], f"{where}.year"))
        elif "earliestYear" in years and "latestYear" in years:
            first, last = (self.year(years[each], f"{where}.{each}") for each in ("earliestYear", "latestYear"))
            if first > last:
                self.fail(where, f"the earliest year {first} after the latest, {last}", "them in order")
            text = year_text(first) if first == last else f"[{year_text(first)}..{year_text(last)}]"
        else:
            self.fail(where, "no years", "year, or earliestYear and latestYear")
        return text, self.text(limit, "label", f".{name}")

    def year(self, value: object, where: str) -> int:
        if not isinstance(value, str) or not _YEAR.fullmatch(value) or abs(int(value)) > MAX_YEAR:
            shown = repr(value)[:60] if isinstance(value, str) else _kind(value)
            self.fail(where, shown, "an astronomical year as text, such as '-0479' for 480 BC")
        return int(value)

    def fail(self, where: str, found: str, expected: str) -> NoReturn:
        raise PeriodError(self.where + where, found, expected)
