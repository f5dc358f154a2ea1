"""Inputs of what stood where, by whose account, what became of it, and what is said of its time."""

from __future__ import annotations

import strawberry
from strawberry import ID

from api.mutations.shape import AUDIENCE, PUBLIC, REASON, TEXT, TITLE, Kind, given, update_input
from api.mutations.values import EXISTENCE, SOURCES, UNDATED, GeneratedInput, PeriodReferenceInput, SourceInput
from scenes import compose, model


@strawberry.input(description="A new branch of rival placements.")
class CreateHypothesisInput:
    """See `scenes.authoring.placements`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    author: str = given(f"Who holds it, at most {compose.MAX_TITLE} characters.")
    argument: str = given("Why. " + TEXT)
    contrasts_with: list[ID] = given(
        f"Hypotheses that it contradicts, at most {compose.MAX_RIVALS}.", default_factory=list
    )
    builds_on: ID | None = given("The hypothesis that it assumes to be true; CYCLE where it is itself.", default=None)
    confidence: float | None = given("0 to 1, as its author says; null: not said.", default=None)
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    audience: model.Visibility = given(AUDIENCE + " What is part of it is for no others.", default=PUBLIC)
    reason: str = given(REASON, default="")


@strawberry.input(description="An asset to stand in a layer, in space and time.")
class CreatePlacementInput:
    """See `scenes.authoring.placements`."""

    layer: ID = given("The layer, and with it the scene.")
    asset: ID = given("What stands there.")
    existence: str = given(
        EXISTENCE + ": when it stood; a single date means that it began and ended within it. " + UNDATED, default=""
    )
    title: str = given(TITLE + " Empty: the asset's.", default="")
    transform: list[float] | None = given(
        "16 numbers, column-major, from the asset's frame to the scene's, metres; null: as it is.", default=None
    )
    hypothesis: ID | None = given("The hypothesis that it is part of; null: part of every one.", default=None)
    reliability: model.Reliability = given(
        "How much of it is evidence and how much reconstruction.", default=model.Reliability.USVS
    )
    why: str = given("Why we think so, shown to visitors. " + TEXT, default="")
    sources: list[str] = given(
        f"Sources in words, at most {compose.MAX_SOURCES} of {compose.MAX_SOURCE:,} characters, `citations` counted.",
        default_factory=list,
    )
    citations: list[SourceInput] = given(
        "Sources with their addresses and pages; they follow `sources`. Both together are what is kept.",
        default_factory=list,
    )
    period: PeriodReferenceInput | None = given(
        "The named period that `existence` is taken from; null: none.", default=None
    )
    generated: GeneratedInput | None = given("That a machine made it up; null: people did.", default=None)
    audience: model.Visibility = given(AUDIENCE, default=PUBLIC)
    reason: str = given(REASON, default="")


@strawberry.input(
    description="Something that happened to placements. CONTRADICTION where it certainly happened when it cannot have."
)
class CreateChangeEventInput:
    """See `scenes.authoring.placements`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    kind: model.ChangeKind = given("What happened.")
    existence: str = given(EXISTENCE + ": when it happened.")
    predecessors: list[ID] = given(
        "Placements that were there before: none for a creation, one for a modification or a division, one or more for "
        "a demolition, two or more for a union.",
        default_factory=list,
    )
    successors: list[ID] = given(
        "Placements that came of it: none for a demolition, one for a modification or a union, one or more for a "
        "creation, two or more for a division.",
        default_factory=list,
    )
    description: str = given("How it happened. " + TEXT, default="")
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


@strawberry.input(description="What is said of when a placement or an epoch stood. CONTRADICTION where it cannot be.")
class CreateChronologyStatementInput:
    """See `scenes.authoring.chronology`."""

    scene: ID = given("The scene.")
    relation: model.Relation = given("What is said.")
    subject: ID = given("The placement or epoch of which it is said.")
    object: ID | None = given("The other placement or epoch; null for a terminus with a date.", default=None)
    date: str | None = given("EDTF: the day or days of a terminus; null where there is an object.", default=None)
    end: model.End = given("Which end of the subject a terminus with a date is about.", default=model.End.START)
    author: str = given(f"Who says so, at most {compose.MAX_TITLE} characters.", default="")
    source: SourceInput | None = given("Where it is said; null: not noted.", default=None)
    reason: str = given(REASON, default="")


KINDS = (
    Kind(
        model.Hypothesis,
        CreateHypothesisInput,
        update_input(CreateHypothesisInput, model.Hypothesis),
        makes="A scene with rivals always prefers one: where it preferred none, the first rival's.",
        removes="Those that contradicted it contradict it no more.",
    ),
    Kind(
        model.Placement,
        CreatePlacementInput,
        update_input(CreatePlacementInput, model.Placement),
        makes="An asset then stands in a layer.",
        removes="Notes at points of it stay where they are.",
    ),
    Kind(model.ChangeEvent, CreateChangeEventInput, update_input(CreateChangeEventInput, model.ChangeEvent)),
    Kind(
        model.ChronologyStatement,
        CreateChronologyStatementInput,
        update_input(CreateChronologyStatementInput, model.ChronologyStatement),
    ),
)
