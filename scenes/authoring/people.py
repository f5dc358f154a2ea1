"""Rules of persons and families."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scenes.authoring import text, time
from scenes.authoring.desk import Desk
from scenes.authoring.graph import circle
from scenes.authoring.lives import never_lived, not_alive
from scenes.authoring.occasions import cannot_all_be
from scenes.authoring.rules import Check, Rules, checked, named
from scenes.errors import Cycle, Invalid
from scenes.model import Family, LifeEvent, Person, PersonName, Placement, Sex

MAX_NAMES = 50
MAX_EVENTS = 200
MAX_PARTNERS = 10
MAX_CHILDREN = 100

_XREF = re.compile(r"@[^@\s]{1,60}@")


def _name(value: PersonName) -> PersonName:
    parts = [text.line("names", each, text.MAX_TITLE) for each in (value.given, value.surname, value.kind)]
    return PersonName(text.title(value.text or f"{value.given} {value.surname}", "names"), *parts)


def _names(values: Sequence[PersonName]) -> tuple[PersonName, ...]:
    return text.listed("names", values, _name, most=MAX_NAMES, least=1)


def _events(desk: Desk, values: Sequence[LifeEvent]) -> tuple[LifeEvent, ...]:
    return text.listed("events", values, lambda value: _event(desk, value), most=MAX_EVENTS)


def _event(desk: Desk, value: LifeEvent, kind: str = "") -> LifeEvent:
    return LifeEvent(
        kind=text.title(value.kind or kind, "kind of an event"),
        date=text.line("date", value.date, text.MAX_TITLE),
        existence=time.existence_if_any(value.existence),
        place=text.line("place", value.place, text.MAX_TITLE),
        placement=value.placement and desk.member(Placement, value.placement).id,
        note=text.text("note", value.note),
    )


def _only(name: str) -> tuple[str, Check]:
    """An event that says by its place what it is."""
    return name, lambda desk, value: _event(desk, value, name)


def _xref(value: str) -> str:
    if value and not _XREF.fullmatch(value):
        raise Invalid(f"xref: {text.shown(value)}, expected an id of a GEDCOM file, `@I1@`")
    return value


def _persons(name: str, most: int) -> tuple[str, Check]:
    def check(desk: Desk, values: Sequence[str]) -> tuple[str, ...]:
        found = text.each_once(name, values, most)
        desk.check_members(Person, found)
        return found

    return name, check


def _somebody(_: Desk, family: Family) -> Family:
    if not family.partners and not family.children:
        raise Invalid("partners: a family has partners or children")
    return family


def _descent(desk: Desk, changed: Sequence[Family]) -> None:
    """Nobody is their own ancestor."""
    children: dict[str, list[str]] = {}
    for family in {**desk.members(Family), **{each.id: each for each in changed}}.values():
        for parent in family.partners:
            children.setdefault(parent, []).extend(family.children)
    if way := circle(children):
        known = desk.members(Person)
        said = ", parent of ".join(f"“{known[each].names[0].text}”" if each in known else each for each in way)
        raise Cycle(f"children: {said}")


def _lives(desk: Desk, changed: Sequence[Person]) -> None:
    """Nobody dies before they are born; families were formed while these lived. Raises Contradiction."""
    for person in changed:
        if parts := never_lived(person.birth, person.death):
            raise cannot_all_be(*(f"“{person.names[0].text}” {part}" for part in parts))
    people = {each.id: each for each in changed if each.birth is not None or each.death is not None}
    if people:
        for family in desk.around(Family, list(people.values())):
            _formed(family, [people[each] for each in family.partners if each in people])


def _families(desk: Desk, changed: Sequence[Family]) -> None:
    """Nobody is their own ancestor, and families were formed while their partners lived."""
    _descent(desk, changed)
    dated = [each for each in changed if each.marriage is not None and each.marriage.existence]
    people = desk.some(Person, [partner for family in dated for partner in family.partners])
    for family in dated:
        _formed(family, [people[each] for each in family.partners if each in people])


def _formed(family: Family, partners: Sequence[Person]) -> None:
    for partner in partners:
        if parts := not_alive(family.marriage, partner.birth, partner.death):
            name = partner.names[0].text
            raise cannot_all_be(f"the family of “{name}” {parts[0]}", f"“{name}” {parts[1]}")


_BOTH: tuple[tuple[str, Check], ...] = (
    ("events", _events),
    checked("xref", _xref),
    named("note", text.text),
    checked("sources", text.sources),
)

PERSON = Rules(
    kind=Person,
    checks=dict(
        (checked("names", _names), checked("sex", Sex), _only("birth"), _only("death"), *_BOTH),
    ),
    agree=_lives,
    agree_on=frozenset({"birth", "death"}),
    made="recorded",
)

FAMILY = Rules(
    kind=Family,
    checks=dict(
        (_persons("partners", MAX_PARTNERS), _persons("children", MAX_CHILDREN), _only("marriage"), *_BOTH),
    ),
    whole=_somebody,
    agree=_families,
    agree_on=frozenset({"partners", "children", "marriage"}),
    made="recorded",
)
