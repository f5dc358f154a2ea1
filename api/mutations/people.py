"""Inputs of persons and families."""

from __future__ import annotations

import strawberry
from strawberry import ID

from api.mutations.shape import REASON, TEXT, Kind, given, update_input
from api.mutations.values import EXISTENCE, SOURCES, SourceInput
from scenes import compose, model

_XREF = "Its id in a GEDCOM file, `@I1@`; empty: none."
_EVENTS = f"Other events, at most {compose.MAX_EVENTS}."


@strawberry.input(description="One of the names that somebody was known by.")
class PersonNameInput:
    """See `scenes.model.PersonName`."""

    text: str = given("The whole name, as it is read out; empty: given name and surname.", default="")
    surname: str = given("Surname.", default="")
    kind: str = given("birth, married, religious, …; empty: not said.", default="")
    # Last: from here on the name is the field's.
    given: str = given("Given names.", default="")

    def made(self) -> model.PersonName:
        """As the use case takes it."""
        return model.PersonName(self.text, self.given, self.surname, self.kind)


@strawberry.input(description="Something that happened to people: when and where.")
class LifeEventInput:
    """See `scenes.model.LifeEvent`."""

    kind: str = given("residence, occupation, …; what the field says where it is a birth, a death, …", default="")
    date: str = given("When, as the source has it.", default="")
    existence: str = given(EXISTENCE + ": when; empty: not known.", default="")
    place: str = given("Where, as the source has it.", default="")
    placement: ID | None = given("The placement that it happened at, where that stands in the scene.", default=None)
    note: str = given(TEXT, default="")

    def made(self) -> model.LifeEvent:
        """As the use case takes it."""
        return model.LifeEvent(self.kind, self.date, self.existence, self.place, self.placement or "", self.note)


@strawberry.input(
    description="Somebody who belongs to the history of a scene. CONTRADICTION where the death certainly lies before "
    "the birth."
)
class CreatePersonInput:
    """See `scenes.authoring.people`."""

    scene: ID = given("The scene.")
    names: list[PersonNameInput] = given(f"The usual name first; 1 to {compose.MAX_NAMES}.")
    sex: model.Sex = given("As it is recorded.", default=model.Sex.UNKNOWN)
    birth: LifeEventInput | None = given("Birth; null: nothing known.", default=None)
    death: LifeEventInput | None = given("Death; null: nothing known.", default=None)
    events: list[LifeEventInput] = given(_EVENTS, default_factory=list)
    xref: str = given(_XREF, default="")
    note: str = given(TEXT, default="")
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


@strawberry.input(
    description="Partners and their children. CYCLE where somebody would be their own ancestor, CONTRADICTION where "
    "the marriage certainly lies outside a partner's life."
)
class CreateFamilyInput:
    """See `scenes.authoring.people`."""

    scene: ID = given("The scene.")
    partners: list[ID] = given(f"Persons, at most {compose.MAX_PARTNERS}.", default_factory=list)
    children: list[ID] = given(f"Persons, eldest first, at most {compose.MAX_CHILDREN}.", default_factory=list)
    marriage: LifeEventInput | None = given("Marriage; null: nothing known.", default=None)
    events: list[LifeEventInput] = given(_EVENTS, default_factory=list)
    xref: str = given(_XREF, default="")
    note: str = given(TEXT, default="")
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


KINDS = (
    Kind(model.Person, CreatePersonInput, update_input(CreatePersonInput, model.Person)),
    Kind(model.Family, CreateFamilyInput, update_input(CreateFamilyInput, model.Family)),
)
