"""Who names whom: what must be let go before a record can be removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scenes.authoring.desk import Desk, plural, told, word
from scenes.errors import InUse
from scenes.model import (
    AnchorKind,
    Annotation,
    Article,
    Asset,
    ChangeEvent,
    ChronologyStatement,
    Epoch,
    Exhibition,
    Family,
    Hypothesis,
    Layer,
    LifeEvent,
    Person,
    Placement,
    Record,
    Scene,
    Tour,
)
from scenes.showing import SHOWING, assets_of


def _of_annotation(note: Annotation) -> Iterable[str]:
    # A note at a point of a placement outlives it; one about the placement does not.
    return (note.anchor.placement,) if note.anchor.kind is AnchorKind.PLACEMENT else ()


def _of_person(person: Person) -> Iterable[str]:
    return _happened_at((person.birth, person.death, *person.events))


def _of_family(family: Family) -> Iterable[str]:
    return (*family.partners, *family.children, *_happened_at((family.marriage, *family.events)))


def _happened_at(events: Iterable[LifeEvent | None]) -> tuple[str, ...]:
    return tuple(event.placement for event in events if event is not None)


_NAMES: Mapping[type[Any], Callable[[Any], Iterable[str]]] = {
    Scene: lambda scene: (scene.default_hypothesis,),
    Hypothesis: lambda hypothesis: (hypothesis.builds_on,),
    Placement: lambda placement: (placement.layer, placement.hypothesis),
    ChangeEvent: lambda event: (*event.predecessors, *event.successors),
    ChronologyStatement: lambda statement: (statement.subject, statement.object),
    Annotation: _of_annotation,
    Tour: lambda tour: (step.hypothesis for step in tour.steps),
    Person: _of_person,
    Family: _of_family,
}
"""the records of its scene that a record needs"""

_BY: Mapping[type[Any], tuple[type[Any], ...]] = {
    Layer: (Placement,),
    Epoch: (ChronologyStatement,),
    Hypothesis: (Scene, Placement, Hypothesis, Tour),
    Placement: (ChangeEvent, ChronologyStatement, Annotation, Person, Family),
    Person: (Family,),
}
"""kinds whose records may need one of a kind"""

_TOLD = 3
"""records that a refusal names"""

_MEMBERS: tuple[type[Any], ...] = (
    *(Layer, Epoch, Hypothesis, Placement, ChangeEvent, ChronologyStatement),
    *(Annotation, Article, Tour, Person, Family, Exhibition),
)


def needed_by(record: Record) -> Iterable[str]:
    """Ids of the records of its scene that a record needs; empty ones where it names none.

    >>> list(needed_by(Hypothesis("h", "s", "Six columns", "A", "B", builds_on="g")))
    ['g']
    """
    return _NAMES.get(type(record), lambda _: ())(record)


def check_unused(desk: Desk, record: Record) -> None:
    """Let what nobody needs be removed.

    Raises:
        InUse: something of its scene (of an asset: of any) needs the record, or the scene is not empty.
    """
    if isinstance(record, Scene):
        _check_empty(desk, record)
        return
    users = _showing(desk, record) if isinstance(record, Asset) else _needing(desk, record)
    if users:
        said = ", and by ".join(_listed(kind, those) for kind, those in users.items())
        raise InUse(f"the {word(type(record))} {told(record)} is needed by {said}")


def _needing(desk: Desk, record: Record) -> dict[type[Any], list[Record]]:
    """Those of its scene that need a record, by kind."""
    found: dict[type[Any], list[Record]] = {}
    for kind in _BY.get(type(record), ()):
        others: Iterable[Any] = (desk.exists(Scene, desk.scene),) if kind is Scene else desk.members(kind).values()
        users = [each for each in others if record.id in _NAMES[kind](each) and each.id != record.id]
        if users:
            found[kind] = users
    return found


def _showing(desk: Desk, asset: Asset) -> dict[type[Any], list[Record]]:
    """Those of all scenes that show an asset or let it be heard, by kind."""
    catalogue = desk.museum.catalogue
    named = catalogue.mentioning([asset.id], scene=None).get(asset.id, ())
    found = {
        kind: [each for _, each in sorted(catalogue.get_many(kind, named).items()) if asset.id in assets_of(each)]
        for kind in SHOWING
    }
    return {kind: users for kind, users in found.items() if users}


def _check_empty(desk: Desk, scene: Scene) -> None:
    for kind in _MEMBERS:
        found = desk.museum.catalogue.within(kind, (scene.id,))[scene.id]
        if found:
            raise InUse(f"the scene {told(scene)} has {_listed(kind, found)}")


def _listed(kind: type[Any], records: Sequence[Record]) -> str:
    """How many of a kind, and what a few of them are called."""
    number = len(records)
    counted = f"the {word(kind)}" if number == 1 else f"{number:,} {plural(word(kind))}:"
    more = f" and {number - _TOLD:,} more" if number > _TOLD else ""
    return f"{counted} {', '.join(map(told, records[:_TOLD]))}{more}"
