"""What stood where, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scenes.model.evidence import Generated, PeriodReference, Reliability, Source
from scenes.model.visibility import Visibility
from timeline.statement import End
from timeline.statement import Kind as Relation

IDENTITY: tuple[float, ...] = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A branch of rival placements: who holds it, why, how surely, and what it contradicts."""

    id: str
    scene: str
    title: str
    author: str
    argument: str
    contrasts_with: tuple[str, ...] = ()
    builds_on: str = ""
    """id of the hypothesis that it takes for granted; these never form a circle"""
    confidence: float | None = None
    """0 to 1, as its author says; None: not said"""
    sources: tuple[Source, ...] = ()
    audience: Visibility = Visibility.PUBLIC
    """who may know of it and of all that is part of it, of those who may see the scene"""


@dataclass(frozen=True, slots=True)
class Placement:
    """An asset standing in a layer: where, when, by which hypothesis, on what evidence."""

    id: str
    scene: str
    layer: str
    asset: str
    title: str
    existence: str = ""
    """EDTF interval of existence, or four bounds as `timeline.bounds` writes them; a single date means that it began
    and ended within it; empty: undated, which says nothing of when it stood"""
    transform: tuple[float, ...] = IDENTITY
    hypothesis: str = ""
    """empty: part of every hypothesis"""
    reliability: Reliability = Reliability.USVS
    reason: str = ""
    """why we think so"""
    sources: tuple[Source, ...] = ()
    period: PeriodReference | None = None
    """the named period that `existence` was taken from"""
    generated: Generated | None = None
    """that a machine made it up; None: people did"""
    audience: Visibility = Visibility.PUBLIC
    """who may know that it stood there, of those who may see the scene"""


class ChangeKind(StrEnum):
    """What became of placements (3DTILES_temporal's transactions)."""

    CREATION = "creation"
    MODIFICATION = "modification"
    DEMOLITION = "demolition"
    UNION = "union"
    DIVISION = "division"


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """Something that happened to placements: which became which, when, on what evidence."""

    id: str
    scene: str
    title: str
    kind: ChangeKind
    existence: str
    """EDTF: when it happened"""
    predecessors: tuple[str, ...] = ()
    """ids of the placements that were there before"""
    successors: tuple[str, ...] = ()
    """ids of the placements that came of them"""
    description: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ChronologyStatement:
    """What somebody says of when a placement or an epoch stood, relative to another or to a day.

    See `timeline.statement` for what each relation means.
    """

    id: str
    scene: str
    relation: Relation
    subject: str
    """id of a placement or an epoch"""
    object: str = ""
    """id of the other; empty where `date` stands in its place"""
    date: str = ""
    """EDTF, for a terminus post or ante quem"""
    end: End = End.START
    """which end of the subject a terminus with a date is about"""
    author: str = ""
    source: Source | None = None
