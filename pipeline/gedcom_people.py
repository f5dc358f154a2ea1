"""The people and families of a GEDCOM file as drafts: each record by itself, and the links between them.

What is kept has a place in `scenes.model`; everything else is counted by its tag. Texts lose their markup and are cut
to what is kept of them. Links are those of the families (HUSB, WIFE, CHIL); a child that only says so itself (FAMC) is
believed; links that lead nowhere are dropped. All of that is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline.gedcom_dates import NotADate, edtf_of, has_two_years
from pipeline.gedcom_lines import Forest, Line
from scenes.authoring.people import MAX_CHILDREN, MAX_EVENTS, MAX_NAMES, MAX_PARTNERS
from scenes.authoring.text import MAX_SOURCE, MAX_SOURCES, MAX_TEXT, MAX_TITLE
from scenes.counting import counted
from scenes.errors import TooLarge
from scenes.model import LifeEvent, PersonName, Sex, Source
from timeline.proposal import propose

T = TypeVar("T")

MOST_CLAIMS = 80_000
"""links from children to families"""
NAMELESS = "(name not recorded)"
_MOST_TOLD = 10
"""examples of one kind in the report"""

PERSON_EVENTS = {
    "ADOP": "adoption",
    "BAPM": "baptism",
    "BARM": "bar mitzvah",
    "BASM": "bas mitzvah",
    "BLES": "blessing",
    "BURI": "burial",
    "CAST": "caste",
    "CENS": "census",
    "CHR": "christening",
    "CHRA": "christening as an adult",
    "CONF": "confirmation",
    "CREM": "cremation",
    "DSCR": "description",
    "EDUC": "education",
    "EMIG": "emigration",
    "FCOM": "first communion",
    "GRAD": "graduation",
    "IMMI": "immigration",
    "NATI": "nationality",
    "NATU": "naturalisation",
    "OCCU": "occupation",
    "ORDN": "ordination",
    "PROB": "probate",
    "PROP": "possessions",
    "RELI": "religion",
    "RESI": "residence",
    "RETI": "retirement",
    "TITL": "title",
    "WILL": "will",
}
FAMILY_EVENTS = {
    "ANUL": "annulment",
    "CENS": "census",
    "DIV": "divorce",
    "DIVF": "divorce filed",
    "ENGA": "engagement",
    "MARB": "banns",
    "MARC": "marriage contract",
    "MARL": "marriage licence",
    "MARS": "marriage settlement",
    "RESI": "residence",
}
_TYPED = ("EVEN", "FACT")
"""events whose kind TYPE says"""
_READ = {"NAME", "SEX", "BIRT", "DEAT", "MARR", "HUSB", "WIFE", "CHIL", "FAMC", "FAMS", "NOTE", "SNOTE", "SOUR", "RESN"}
_ADMINISTRATION = {"CHAN", "CREA", "UID", "_UID", "RIN", "AFN", "RFN", "REFN", "EXID", "NCHI", "NMR"}
_CONFIDENTIAL = re.compile(r"confidential|privacy", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>")
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_ENDS_OF_LIFE = (("BIRT", "birth"), ("DEAT", "death"))
_NOWHERE = "[link leads|links lead] nowhere, and [was|were] dropped"
_LEFT = "and [was|were] left out"
_UNREAD = "[date was kept as it is|dates were kept as they are] written, and not taken for a time"
_BELIEVED = "[child is named by itself|children are named by themselves] only, and [was|were] believed"
_OTHER_SEX = "[person has|people have] a sex that is none of M, F, X and U, and is taken for unknown"
_DETAILS = (("cause", "CAUS"), ("age", "AGE"), ("agency", "AGNC"))
_XREF = re.compile(r"@[^@\s]{1,60}@")


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person of the file, by its id there."""

    xref: str
    names: tuple[PersonName, ...]
    sex: Sex = Sex.UNKNOWN
    birth: LifeEvent | None = None
    death: LifeEvent | None = None
    events: tuple[LifeEvent, ...] = ()
    note: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyDraft:
    """A family of the file; partners and children by their ids there."""

    xref: str
    partners: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    marriage: LifeEvent | None = None
    events: tuple[LifeEvent, ...] = ()
    note: str = ""
    sources: tuple[Source, ...] = ()


class Reading:
    """One walk over a file, and what it met."""

    def __init__(self, forest: Forest) -> None:
        self._records = forest.records
        self._by_xref: dict[str, Line] = {}
        self.odd: dict[str, Counter[str]] = {}
        """examples by what is wrong with them"""
        self._left: Counter[str] = Counter()
        self.confidential: set[str] = set()
        for record in forest.records:
            if record.xref and self._by_xref.setdefault(record.xref, record) is not record:
                self._wrong(f"[record has|records have] the id of another one, {_LEFT}", record.xref)
        self._child_of: list[tuple[str, str]] = []
        """child and family, as children say it"""

    def persons(self) -> Iterator[PersonDraft]:
        """Everybody, in the order of the file."""
        for record in self._own("INDI"):
            if len(self._child_of) > MOST_CLAIMS:
                raise TooLarge("there are too many links from children to families")
            yield self._person(record)

    def families(self, persons: Mapping[str, PersonDraft]) -> Iterator[FamilyDraft]:
        """All families, in the order of the file; their people are there."""
        claims: dict[str, list[str]] = {}
        for child, family in self._child_of:
            if self._is_a(family, "FAM"):
                claims.setdefault(family, []).append(child)
        for record in self._own("FAM"):
            found = self._family(record, persons, claims.get(record.xref, ()))
            if found.partners or found.children:
                yield found
            else:
                self._wrong(f"[family has|families have] neither partners nor children, {_LEFT}", record.xref)

    def report(self) -> Iterator[str]:
        """What was odd, with examples, and what has no place here."""
        for words, examples in self.odd.items():
            told = ", ".join(each for each, _ in examples.most_common(_MOST_TOLD))
            yield f"{counted(examples.total(), words)}: {told}{', …' if len(examples) > _MOST_TOLD else ''}"
        for tag, count in sorted(self._left.items()):
            said = "[line|lines] {} [was|were] left out: there is no place for [it|them] here"
            yield counted(count, said).format(tag)

    def wrong(self, words: str, example: str) -> None:
        """Count something odd. `words` are as `scenes.counting` takes them."""
        self._wrong(words, example)

    def _wrong(self, words: str, example: str) -> None:
        found = self.odd.setdefault(words, Counter())
        key = example[:80]
        # No more examples than are told are kept apart; all are counted.
        found[key if key in found or len(found) <= _MOST_TOLD else next(iter(found))] += 1

    def _own(self, tag: str) -> Iterator[Line]:
        """The records of a kind that can be named."""
        for record in self._records:
            if record.tag == tag and (not record.xref or self._by_xref[record.xref] is record):
                if _XREF.fullmatch(record.xref):
                    yield record
                else:
                    self._wrong(
                        f"[record has|records have] no id that can be kept, {_LEFT}",
                        f"{tag} {record.xref}",
                    )

    def _is_a(self, xref: str, tag: str) -> bool:
        found = self._by_xref.get(xref)
        if xref == "@VOID@":
            return False
        if found is None or found.tag != tag:
            self._wrong(_NOWHERE, xref)
            return False
        return True

    def _person(self, record: Line) -> PersonDraft:
        if any(_CONFIDENTIAL.search(line.value) for line in record.all("RESN")):
            self.confidential.add(record.xref)
        self._child_of += [(record.xref, line.pointer) for line in record.all("FAMC") if line.pointer]
        births, deaths = ([self._event(line, name) for line in record.all(tag)] for tag, name in _ENDS_OF_LIFE)
        others = [*births[1:], *deaths[1:], *self._events(record, PERSON_EVENTS)]
        self._leave(record, PERSON_EVENTS)
        return PersonDraft(
            xref=record.xref,
            names=self._names(record),
            sex=self._sex(record),
            birth=births[0] if births else None,
            death=deaths[0] if deaths else None,
            events=self._most("events", others, MAX_EVENTS, record),
            note=self._note(record),
            sources=self._sources(record),
        )

    def _family(self, record: Line, persons: Mapping[str, PersonDraft], claims: Iterable[str]) -> FamilyDraft:
        partners = [line.pointer for line in record.all("HUSB", "WIFE") if line.pointer]
        children = [line.pointer for line in record.all("CHIL") if line.pointer]
        partners = list(dict.fromkeys(each for each in partners if self._is_a(each, "INDI") and each in persons))
        children = list(dict.fromkeys(each for each in children if self._is_a(each, "INDI") and each in persons))
        for each in dict.fromkeys(claims):
            if each not in children:
                self._wrong(_BELIEVED, each)
                children.append(each)
        marriages = [self._event(line, "marriage") for line in record.all("MARR")]
        self._leave(record, FAMILY_EVENTS)
        return FamilyDraft(
            xref=record.xref,
            partners=self._most("partners", partners, MAX_PARTNERS, record),
            children=self._most("children", children, MAX_CHILDREN, record),
            marriage=marriages[0] if marriages else None,
            events=self._most("events", [*marriages[1:], *self._events(record, FAMILY_EVENTS)], MAX_EVENTS, record),
            note=self._note(record),
            sources=self._sources(record),
        )

    def _events(self, record: Line, kinds: Mapping[str, str]) -> Iterator[LifeEvent]:
        for line in record.children:
            if line.tag in kinds:
                yield self._event(line, kinds[line.tag])
            elif line.tag in _TYPED:
                yield self._event(line, self._line(line.text("TYPE")) or "event")

    def _event(self, line: Line, kind: str) -> LifeEvent:
        said, written = self._dated(line)
        notes = [self._line(line.value) if line.value.strip().upper() != "Y" else ""]
        notes += [f"{name}: {self._line(text)}" for name, tag in _DETAILS if (text := line.text(tag))]
        notes.append(self._note(line))
        return LifeEvent(
            kind=kind,
            date=self._line(said),
            existence=written,
            place=self._line(line.text("PLAC")),
            note=self._text("\n".join(each for each in notes if each)),
        )

    def _dated(self, line: Line) -> tuple[str, str]:
        """A date as it is written, and as EDTF; the latter empty where it cannot be taken as it stands."""
        date = line.first("DATE")
        if date is None:
            return "", ""
        phrase, value = date.text("PHRASE"), date.value.strip()
        said = f"{value} ({phrase})" if phrase and value else phrase or value
        if not value:
            if phrase:
                self._unread(phrase)
            return said, ""
        try:
            written = edtf_of(value)
        except NotADate:
            self._unread(value)
            return said, ""
        if has_two_years(value):
            self._wrong("[date has|dates have] two years, of which the later was taken", value)
        return said, written

    def _unread(self, said: str) -> None:
        proposals = propose(said.strip("() ")).proposals
        perhaps = f", perhaps {proposals[0].text}" if proposals else ""
        self._wrong(
            _UNREAD,
            f"“{said[:40]}”{perhaps}",
        )

    def _names(self, record: Line) -> tuple[PersonName, ...]:
        found = []
        for line in record.all("NAME"):
            before, slash, rest = line.value.partition("/")
            given, surname = line.text("GIVN") or before, line.text("SURN") or (rest.partition("/")[0] if slash else "")
            text = self._line(line.value.replace("/", " ")) or self._line(f"{given} {surname}")
            if text:
                found.append(
                    PersonName(text, self._line(given), self._line(surname), self._line(line.text("TYPE")).lower())
                )
        if not found:
            self._wrong("[person has|people have] no name", record.xref)
            found = [PersonName(NAMELESS)]
        return self._most("names", list(dict.fromkeys(found)), MAX_NAMES, record)

    def _sex(self, record: Line) -> Sex:
        said = record.text("SEX").upper()[:1]
        if said in set(Sex):
            return Sex(said)
        if said:
            self._wrong(
                _OTHER_SEX,
                record.text("SEX"),
            )
        return Sex.UNKNOWN

    def _note(self, record: Line) -> str:
        """Its notes, those of its own and those that it points to."""
        texts = []
        for line in record.all("NOTE", "SNOTE"):
            found = self._by_xref.get(line.pointer) if line.pointer else line
            if found is None or (line.pointer and found.tag not in ("NOTE", "SNOTE")):
                self._wrong(_NOWHERE, line.pointer)
            else:
                texts.append(found.value.strip())
        return self._text("\n\n".join(dict.fromkeys(text for text in texts if text)))

    def _sources(self, record: Line) -> tuple[Source, ...]:
        """What it cites, and what its names and events do."""
        cited = [*record.all("SOUR"), *(line for child in record.children for line in child.all("SOUR"))]
        found = [source for line in cited if (source := self._source(line)) is not None]
        return self._most("sources", list(dict.fromkeys(found)), MAX_SOURCES, record)

    def _source(self, line: Line) -> Source | None:
        pages, text = self._line(line.text("PAGE")), line.value
        if line.pointer:
            found = self._by_xref.get(line.pointer)
            if found is None or found.tag != "SOUR":
                if line.pointer != "@VOID@":
                    self._wrong(_NOWHERE, line.pointer)
                return None
            text = ", ".join(part for tag in ("AUTH", "TITL", "PUBL") if (part := self._line(found.text(tag))))
            text = text or self._line(found.text("ABBR")) or f"source {line.pointer} of the file"
        text = self._line(text, MAX_SOURCE)
        return Source(text, pages=pages) if text else None

    def _leave(self, record: Line, kinds: Mapping[str, str]) -> None:
        """Count what has no place."""
        for line in record.children:
            if line.tag not in _READ | _ADMINISTRATION | kinds.keys() and line.tag not in _TYPED:
                self._left[line.tag if len(self._left) < 100 or line.tag in self._left else "of other tags"] += 1

    def _most(self, what: str, found: Sequence[T], most: int, record: Line) -> tuple[T, ...]:
        if len(found) > most:
            self._wrong(
                f"[record has|records have] more than {most} {what}, the rest of which was left out", record.xref
            )
        return tuple(found[:most])

    def _line(self, text: str, most: int = MAX_TITLE) -> str:
        """One line without markup, cut where it is too long."""
        return self._cut(" ".join(_plain(text).split()), most)

    def _text(self, text: str) -> str:
        return self._cut(_plain(text).strip(), MAX_TEXT)

    def _cut(self, text: str, most: int) -> str:
        if len(text) <= most:
            return text
        self._wrong("[text was|texts were] cut, being too long", f"{text[:40]}…")
        return text[: most - 1] + "…"


def _plain(text: str) -> str:
    """Without tags, and without what would be taken for one."""
    return _OPENING.sub("< ", _TAG.sub(" ", text)) if "<" in text else text
