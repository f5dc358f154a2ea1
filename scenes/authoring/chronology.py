"""Rules of relative chronology: what is said of times must be possible, all together that may count together.

A contradiction can still come about without being written: by undo, or where hypotheses that were rivals are no more.
It narrows nothing then, and is told with the scene (`scenes.relative`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scenes.at_time import active_hypotheses
from scenes.authoring import text
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked, named
from scenes.errors import Contradiction, NotFound
from scenes.model import ChronologyStatement, End, Epoch, Hypothesis, Placement, Relation, Scene
from scenes.relative import Dated, chronology_of, days_of, said, spoken_of

_MAX_SAID = 12
"""sentences of a contradiction that are told"""


def check_times(desk: Desk, changed: Sequence[Placement] | Sequence[Epoch]) -> None:
    """Times of placements or epochs agree with all that is said of them. Raises Contradiction."""
    about = {each for said in desk.members(ChronologyStatement).values() for each in (said.subject, said.object)}
    if any(each.id in about for each in changed):
        _check(desk, changed)


def _check(desk: Desk, changed: Sequence[Dated | ChronologyStatement]) -> None:
    dated: dict[str, Dated] = {**desk.members(Placement), **desk.members(Epoch)}
    statements = desk.members(ChronologyStatement)
    for each in changed:
        if isinstance(each, ChronologyStatement):
            statements[each.id] = each
        else:
            dated[each.id] = each
    for active in _readings(desk, dated, statements.values()):
        found = chronology_of(dated.values(), statements.values(), active).contradictions
        if found:
            sentences = found[0].sentences(lambda unit: f"“{dated[unit].title}”" if unit in dated else unit)
            more = "; …" if len(sentences) > _MAX_SAID else ""
            raise Contradiction("these cannot all be true: " + "; ".join(sentences[:_MAX_SAID]) + more)


def _readings(
    desk: Desk, dated: Mapping[str, Dated], statements: Iterable[ChronologyStatement]
) -> list[frozenset[str]]:
    """The sets of hypotheses that may count together, of those that are spoken of; none within another.

    Rivals never count together: what one of them says does not contradict what the other says.
    """
    named = (dated.get(name) for name in spoken_of(statements))
    spoken = frozenset(each.hypothesis for each in named if isinstance(each, Placement)) - {""}
    if not spoken:
        return [frozenset()]
    hypotheses = desk.members(Hypothesis)
    scene = desk.museum.catalogue.get(Scene, desk.scene)
    preferred = "" if scene is None else scene.default_hypothesis
    found = {active_hypotheses(hypotheses, chosen=chosen, preferred=preferred) & spoken for chosen in ("", *hypotheses)}
    # What contradicts itself in one contradicts itself in all that hold it.
    return sorted((each for each in found if not any(each < other for other in found)), key=sorted)


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
        days_of(value)
    return value


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
