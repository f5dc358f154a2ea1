"""How we know: reliability, sources, and what a machine made up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reliability(StrEnum):
    """Extended Matrix class of a unit: how much of it is evidence and how much reconstruction."""

    US = "US"
    """real, seen in place"""
    USVS = "USVs"
    """structural virtual unit: reconstructed on evidence found in place"""
    USVN = "USVn"
    """non-structural virtual unit: reconstructed by analogy or sources"""
    SF = "SF"
    """special find, real but not in its place"""
    VSF = "VSF"
    """virtual special find: a find restored and put back by reasoning"""


@dataclass(frozen=True, slots=True)
class Source:
    """A citation: one line of a bibliography, and where it can be looked up."""

    text: str
    uri: str = ""
    """http(s) address, DOI links included; empty: none"""
    pages: str = ""
    """pages, folios, plates: as they are cited"""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a vocabulary (AAT, Wikidata, Iconclass, …): what it is called, and the URI that it stands for."""

    label: str
    uri: str


@dataclass(frozen=True, slots=True)
class PeriodReference:
    """The named period that an existence was taken from. The bounds were copied when it was authored: what the period
    says later changes nothing (`timeline.period`)."""

    label: str
    uri: str
    authority: str = ""
    """title of the work that defines it"""
    edition: str = ""
    """of the data that it was read from"""


@dataclass(frozen=True, slots=True)
class Generated:
    """That something was made up by a machine, and how."""

    by: str
    """program or model, with its version"""
    method: str = ""
    """what it was asked, and what it was given to start from"""
