"""Persons and families in GraphQL."""

from __future__ import annotations

import strawberry
from strawberry import Private

from api.types.node import Info, Recorded, field, plain
from api.types.placement import Placement, placement_of
from api.types.time import TimeSpan, span_if_any
from api.types.value import Source, source_views
from scenes import model

strawberry.enum(model.Sex, name="Sex", description="As it is recorded (GEDCOM).")


@strawberry.type(description="One of the names that somebody was known by.")
class PersonName:
    """View of a `scenes.model.PersonName`."""

    value: Private[model.PersonName]
    text: str = plain("The whole name, as it is read out.")
    given: str = plain("Given names; empty: not told apart.")
    surname: str = plain("Surname; empty: not told apart, or none.")
    kind: str = plain("birth, married, religious, …; empty: not said.")


@strawberry.type(description="Something that happened to people: when and where.")
class LifeEvent:
    """View of a `scenes.model.LifeEvent`."""

    value: Private[model.LifeEvent]
    kind: str = plain("birth, death, marriage, residence, occupation, …")
    date: str = plain("When, as the source has it; empty: not said.")

    @field
    def existence(self) -> TimeSpan | None:
        """When; null where the source says nothing that can be read as a date."""
        return span_if_any(self.value.existence)

    place: str = plain("Where, as the source has it.")

    @field
    async def placement(self, info: Info) -> Placement | None:
        """The placement that it happened at, where that stands in the scene."""
        return await placement_of(info, self.value.placement)

    note: str = plain("What is to be said of it.")


def _event(value: model.LifeEvent | None) -> LifeEvent | None:
    return None if value is None else LifeEvent(value=value)


@strawberry.type(description="Somebody who belongs to the history of a scene.")
class Person(Recorded):
    """View of a `scenes.model.Person`."""

    value: Private[model.Person]

    @field
    def name(self) -> str:
        """The usual name."""
        return self.value.names[0].text

    @field
    def names(self) -> list[PersonName]:
        """All names, the usual one first."""
        return [PersonName(value=each) for each in self.value.names]

    sex: model.Sex = plain("As it is recorded.")

    @field
    def birth(self) -> LifeEvent | None:
        """Birth, where something is known of it."""
        return _event(self.value.birth)

    @field
    def death(self) -> LifeEvent | None:
        """Death, where something is known of it."""
        return _event(self.value.death)

    @field
    def events(self) -> list[LifeEvent]:
        """Other than birth and death."""
        return [LifeEvent(value=each) for each in self.value.events]

    xref: str = plain("Its id in the GEDCOM file that it was read from; empty: none.")
    note: str = plain("What is to be said of them.")

    @field
    def sources(self) -> list[Source]:
        """How we know."""
        return source_views(self.value.sources)

    @field
    async def families(self, info: Info) -> list[Family]:
        """Families in which they are partner or child."""
        found = await info.context.loaders.naming(model.Family, self.value.scene, self.value.id)
        return [Family(value=each) for each in found]


@strawberry.type(description="Partners and their children.")
class Family(Recorded):
    """View of a `scenes.model.Family`."""

    value: Private[model.Family]

    @field
    async def partners(self, info: Info) -> list[Person]:
        """The partners."""
        return await _persons(info, self.value.partners)

    @field
    async def children(self, info: Info) -> list[Person]:
        """Their children, eldest first."""
        return await _persons(info, self.value.children)

    @field
    def marriage(self) -> LifeEvent | None:
        """Marriage, where something is known of it."""
        return _event(self.value.marriage)

    @field
    def events(self) -> list[LifeEvent]:
        """Other than the marriage."""
        return [LifeEvent(value=each) for each in self.value.events]

    xref: str = plain("Its id in the GEDCOM file that it was read from; empty: none.")
    note: str = plain("What is to be said of them.")

    @field
    def sources(self) -> list[Source]:
        """How we know."""
        return source_views(self.value.sources)


async def _persons(info: Info, ids: tuple[str, ...]) -> list[Person]:
    return [Person(value=each) for each in await info.context.loaders.records(model.Person, ids)]
