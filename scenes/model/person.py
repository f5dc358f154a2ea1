"""People and families, tied to place and time. The fields are those that GEDCOM 5.5.1 and 7 can fill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scenes.model.evidence import Source


class Sex(StrEnum):
    """As it is recorded (GEDCOM's SEX)."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "X"
    UNKNOWN = "U"


@dataclass(frozen=True, slots=True)
class PersonName:
    """One of the names that somebody was known by."""

    text: str
    """the whole name, as it is read out"""
    given: str = ""
    surname: str = ""
    kind: str = ""
    """birth, married, religious, …; empty: not said"""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Something that happened to people: when, as it was written and as EDTF, and where."""

    kind: str
    """birth, baptism, death, burial, marriage, divorce, residence, occupation, …"""
    date: str = ""
    """as the source has it, `ABT 1712`; empty: none"""
    existence: str = ""
    """EDTF; empty: not known, or the source's text could not be read as a date"""
    place: str = ""
    """as the source has it"""
    placement: str = ""
    """id of the placement that it happened at, where that stands in the scene"""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who belongs to the history of a scene."""

    id: str
    scene: str
    names: tuple[PersonName, ...]
    """the usual one first"""
    sex: Sex = Sex.UNKNOWN
    birth: LifeEvent | None = None
    death: LifeEvent | None = None
    events: tuple[LifeEvent, ...] = ()
    """other than birth and death"""
    xref: str = ""
    """its id in the GEDCOM file that it was read from, `@I1@`; empty: none"""
    note: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Partners and their children."""

    id: str
    scene: str
    partners: tuple[str, ...] = ()
    """ids of persons"""
    children: tuple[str, ...] = ()
    """ids of persons, eldest first"""
    marriage: LifeEvent | None = None
    events: tuple[LifeEvent, ...] = ()
    """other than the marriage"""
    xref: str = ""
    """its id in the GEDCOM file that it was read from, `@F1@`; empty: none"""
    note: str = ""
    sources: tuple[Source, ...] = ()
