"""Inputs of scenes and of what divides and shows them."""

from __future__ import annotations

import strawberry
from strawberry import ID, UNSET

from api.mutations.shape import AUDIENCE, EXPECTED, PUBLIC, REASON, TEXT, TITLE, UNCHANGED, Kind, given, update_input
from api.mutations.values import EXISTENCE, UNDATED, GeoreferenceInput, ViewpointInput
from scenes import model


@strawberry.input(description="A new scene. It begins as a draft.")
class CreateSceneInput:
    """See `scenes.authoring.places`."""

    title: str = given(TITLE)
    default_moment: str = given("EDTF: the time shown first.")
    viewpoint: ViewpointInput = given("Where a visitor arrives.")
    description: str = given(TEXT, default="")
    georeference: GeoreferenceInput | None = given("Where on the Earth it lies; null: not told.", default=None)
    georeference_for: model.Visibility = given("Who is told where on the Earth it lies.", default=PUBLIC)
    reason: str = given(REASON, default="")


@strawberry.input(description="What changes of a scene.")
class UpdateSceneInput:
    """As `CreateSceneInput`, and the preferred hypothesis."""

    id: ID = given("The scene.")
    title: str | None = given(TITLE + UNCHANGED, default=None)
    description: str | None = given(TEXT + UNCHANGED, default=None)
    default_moment: str | None = given("EDTF: the time shown first." + UNCHANGED, default=None)
    viewpoint: ViewpointInput | None = given("Where a visitor arrives." + UNCHANGED, default=None)
    georeference: GeoreferenceInput | None = given(
        "Where on the Earth it lies; null: not told. Left out: unchanged.", default=UNSET
    )
    georeference_for: model.Visibility | None = given(
        "Who is told where on the Earth it lies." + UNCHANGED, default=None
    )
    default_hypothesis: ID | None = given(
        "The preferred hypothesis; null: none is preferred. Left out: unchanged.", default=UNSET
    )
    expected_revision: int | None = given(EXPECTED, default=None)
    reason: str = given(REASON, default="")


@strawberry.input(description="A new strand of a scene.")
class CreateLayerInput:
    """See `scenes.authoring.places`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    ordinal: int | None = given("Place among the layers, from 0; null: last.", default=None)
    audience: model.Visibility = given(AUDIENCE + " What stands in it is for no others.", default=PUBLIC)
    reason: str = given(REASON, default="")


@strawberry.input(description="A new named interval of a scene's history.")
class CreateEpochInput:
    """See `scenes.authoring.places`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    existence: str = given(EXISTENCE + ": when it was, `-0480/-0323`. " + UNDATED, default="")
    description: str = given(TEXT, default="")
    colour: str = given("#rrggbb, for time sliders.", default="#888888")
    reason: str = given(REASON, default="")


@strawberry.input(description="A scene to get an address of its own. It begins as a draft.")
class CreateExhibitionInput:
    """See `scenes.authoring.places`."""

    slug: str = given("Last part of its address: small letters and digits, parts joined by -.")
    title: str = given(TITLE)
    scene: ID = given("The scene.")
    description: str = given(TEXT, default="")
    reason: str = given(REASON, default="")


KINDS = (
    Kind(model.Scene, CreateSceneInput, UpdateSceneInput, owner=None, removes="Only an empty one can be."),
    Kind(model.Layer, CreateLayerInput, update_input(CreateLayerInput, model.Layer)),
    Kind(model.Epoch, CreateEpochInput, update_input(CreateEpochInput, model.Epoch)),
    Kind(
        model.Exhibition,
        CreateExhibitionInput,
        update_input(CreateExhibitionInput, model.Exhibition),
        removes="A public one is taken back first.",
    ),
)
