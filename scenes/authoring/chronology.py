"""Rules of relative chronology: what is said of times must be possible, all of it together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scenes.authoring import text
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked, named
from scenes.errors import Contradiction, Invalid, NotFound
from scenes.model import ChronologyStatement, End, Epoch, Placement, Relation
from timeline.chronology import Chronology
from timeline.edtf import parse_span
from timeline.interval import DayRange
from timeline.statement import Statement

_MAX_SAID = 12
"""sentences of a contradiction that are told"""


def chronology_of(dated: Iterable[Placement | Epoch], statements: Iterable[ChronologyStatement]) -> Chronology:
    """What is said of the times of a scene. Statements about what is not among `dated` are left out."""
    units = {each.id: parse_span(each.existence) for each in dated}
    known = (each for each in statements if each.subject in units and (not each.object or each.object in units))
    return Chronology(units, [said(each) for each in known])


def said(statement: ChronologyStatement) -> Statement:
    """A statement as `timeline` reads it. Raises timeline.errors.TimelineError where it has no meaning."""
    return Statement(
        id=statement.id,
        kind=statement.relation,
        subject=statement.subject,
        object=statement.object,
        days=_days(statement.date) if statement.date else None,
        end=statement.end,
        date=statement.date,
        source=statement.source.text if statement.source else "",
        author=statement.author,
    )


def check_times(desk: Desk, changed: Sequence[Placement] | Sequence[Epoch]) -> None:
    """Times of placements or epochs agree with all that is said of them. Raises Contradiction."""
    about = {each for said in desk.members(ChronologyStatement).values() for each in (said.subject, said.object)}
    if any(each.id in about for each in changed):
        _check(desk, changed)


def _check(desk: Desk, changed: Sequence[Placement | Epoch | ChronologyStatement]) -> None:
    dated: dict[str, Placement | Epoch] = {**desk.members(Placement), **desk.members(Epoch)}
    statements = desk.members(ChronologyStatement)
    for each in changed:
        if isinstance(each, ChronologyStatement):
            statements[each.id] = each
        else:
            dated[each.id] = each
    found = chronology_of(dated.values(), statements.values()).contradictions
    if found:
        sentences = found[0].sentences(lambda unit: f"“{dated[unit].title}”" if unit in dated else unit)
        more = "; …" if len(sentences) > _MAX_SAID else ""
        raise Contradiction("these cannot all be true: " + "; ".join(sentences[:_MAX_SAID]) + more)


def _has_meaning(desk: Desk, statement: ChronologyStatement) -> ChronologyStatement:
    said(statement)
    for each in (statement.subject, statement.object):
        if each and not _is_dated(desk, each):
            raise NotFound(f"there is no placement or epoch {text.shown(each)} in scene {desk.scene}")
    return statement


def _is_dated(desk: Desk, record_id: str) -> bool:
    """Whether it is a placement or an epoch of this scene."""
    found = desk.pending.get(record_id) or desk.museum.catalogue.find(record_id)
    return isinstance(found, Placement | Epoch) and found.scene == desk.scene


def _date(value: str) -> str:
    if value:
        _days(value)
    return value


def _days(value: str) -> DayRange:
    span = parse_span(value)
    if span.start_unknown or span.end_unknown:
        raise Invalid(f"date: {value!r} has no limit on one side, expected a day or days")
    return span.start_earliest, span.end_latest


CHRONOLOGY_STATEMENT = Rules(
    kind=ChronologyStatement,
    checks=dict(
        (
            checked("relation", Relation),
            checked("subject", str),
            checked("object", str),
            checked("date", _date),
            checked("end", End),
            named("author", lambda name, value: text.line(name, value, text.MAX_TITLE)),
            checked("source", text.source),
        )
    ),
    whole=_has_meaning,
    agree=_check,
    agree_on=frozenset({"relation", "subject", "object", "date", "end"}),
    made="said",
)
