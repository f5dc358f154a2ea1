"""When things happened to what stood, and to people: what certainly cannot be is refused, what is in doubt is not.

    a change event     no predecessor begins when it is over, none was gone before it began
                       no successor stood before it began
    a creation         what it made does not begin only long after it was over
    a demolition       what it took down does not stand on when it is over

Other changes may leave their predecessors standing: a part of them, or the ruin beside the new house. Two dates that
touch (gone on the last day of 1250, demolished in 1251) do not contradict each other. Dates with `~` or `?` are taken
with room (`timeline.leeway`), limits that are not known as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scenes.authoring.desk import Desk
from scenes.errors import Contradiction
from scenes.model import ChangeEvent, ChangeKind, Placement
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.leeway import widest
from timeline.statement import said_day


def check_events(desk: Desk, changed: Sequence[ChangeEvent]) -> None:
    """Change events fit the placements that they name. Raises Contradiction."""
    _check(desk, changed)


def check_placed(desk: Desk, changed: Sequence[Placement]) -> None:
    """Placements fit the change events that name them. Raises Contradiction."""
    ids = {each.id for each in changed}
    events = desk.around(ChangeEvent, changed)
    naming = (event for event in events if not ids.isdisjoint((*event.predecessors, *event.successors)))
    _check(desk, naming, changed)


def cannot_all_be(*sentences: str) -> Contradiction:
    """The refusal of what is said in these sentences."""
    return Contradiction(f"these cannot all be true: {'; '.join(sentences)}")


def _check(desk: Desk, events: Iterable[ChangeEvent], changed: Sequence[Placement] = ()) -> None:
    checked = list(events)
    named = [name for event in checked for name in (*event.predecessors, *event.successors)]
    known = {**desk.some(Placement, named), **{each.id: each for each in changed}}
    for event in checked:
        for names, wrong in ((event.predecessors, _before), (event.successors, _after)):
            for placement in (known[name] for name in names if name in known):
                # What is undated contradicts nothing.
                said = wrong(event, placement) if placement.existence and event.existence else ()
                if said:
                    raise cannot_all_be(*said)


def _before(event: ChangeEvent, placement: Placement) -> tuple[str, ...]:
    """Why a placement cannot have been there before a change; empty: it can."""
    happened, stood = widest(event.existence), widest(placement.existence)
    if stood.start_earliest >= happened.end_latest:
        return _over(event, happened), _began(placement, stood)
    if stood.end_latest < happened.start_earliest:
        return _not_yet(event, happened), f"{_of(placement)} was gone after {said_day(stood.end_latest - 1)}"
    if event.kind is ChangeKind.DEMOLITION and stood.end_earliest > happened.end_latest:
        last = stood.end_earliest - 1
        ends = "stands without an end" if stood.end_earliest >= FOREVER else f"still stood on {said_day(last)}"
        return _over(event, happened), f"{_of(placement)} {ends}"
    return ()


def _after(event: ChangeEvent, placement: Placement) -> tuple[str, ...]:
    """Why a placement cannot have come of a change; empty: it can."""
    happened, stood = widest(event.existence), widest(placement.existence)
    if stood.start_latest < happened.start_earliest:
        first = stood.start_latest
        begun = "stood without a beginning" if first <= BEGINNING else f"had begun by {said_day(first)}"
        return _not_yet(event, happened), f"{_of(placement)} {begun}"
    if event.kind is ChangeKind.CREATION and stood.start_earliest > happened.end_latest:
        return _over(event, happened), _began(placement, stood)
    return ()


def _of(record: Placement | ChangeEvent) -> str:
    return f"“{record.title}” ({record.existence})"


def _began(placement: Placement, stood: TimeSpan) -> str:
    return f"{_of(placement)} began no earlier than {said_day(stood.start_earliest)}"


def _over(event: ChangeEvent, happened: TimeSpan) -> str:
    return f"the {event.kind} {_of(event)} was over by {said_day(happened.end_latest - 1)}"


def _not_yet(event: ChangeEvent, happened: TimeSpan) -> str:
    return f"the {event.kind} {_of(event)} did not begin before {said_day(happened.start_earliest)}"
