"""Inputs of what is told of a scene: annotations, articles, tours."""

from __future__ import annotations

import strawberry
from strawberry import ID

from api.mutations.shape import REASON, TEXT, TITLE, Kind, given, update_input
from api.mutations.values import (
    BODIES,
    EXISTENCE,
    POINT,
    SOURCES,
    LocalTextInput,
    SourceInput,
    TermInput,
    ViewpointInput,
    vector,
)
from scenes import compose, model
from scenes.authoring.notes import anchor_kind


@strawberry.input(description="A spot on the surface of a placement's asset; of the asset's own frame, metres, +y up.")
class SurfacePointInput:
    """See `scenes.model.SurfacePoint`."""

    position: list[float] = given("x, y, z in metres.")
    normal: list[float] = given("Outward; it is made of length 1.")
    triangle: int | None = given("Number of the triangle in the asset's master; null: not known.", default=None)
    barycentric: list[float] | None = given("Weights of its three corners, together 1; null: not known.", default=None)
    digest: str = given("sha256 of the master that it was set on; empty: the asset's present one.", default="")

    def made(self) -> model.SurfacePoint:
        """As the use case takes it."""
        barycentric = None if self.barycentric is None else vector(self.barycentric)
        return model.SurfacePoint(self.digest, vector(self.position), vector(self.normal), self.triangle, barycentric)


@strawberry.input(
    description="What an annotation is about: a region, else a point, else a placement, if given; else the scene."
)
class AnchorInput:
    """See `scenes.model.Anchor`."""

    position: list[float] | None = given("A point, or where the pin of a region stands: " + POINT, default=None)
    region: list[list[float]] = given(
        f"Corners of a polygon, 3 to {compose.MAX_CORNERS}, the first not repeated: each " + POINT,
        default_factory=list,
    )
    placement: ID | None = given("The placement that it is at or, without a point or region, about.", default=None)
    surface: SurfacePointInput | None = given(
        "The spot on the placement's asset, so that it can be found again in a new version.", default=None
    )

    def made(self) -> model.Anchor:
        """As the use case takes it."""
        anchor = model.Anchor(
            model.AnchorKind.SCENE,
            None if self.position is None else vector(self.position),
            tuple(vector(corner) for corner in self.region),
            self.placement or "",
            None if self.surface is None else self.surface.made(),
        )
        return model.Anchor(anchor_kind(anchor), anchor.position, anchor.region, anchor.placement, anchor.surface)


@strawberry.input(description="A new note in a scene, signed by who sends it.")
class CreateAnnotationInput:
    """See `scenes.authoring.notes`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    bodies: list[LocalTextInput] = given(BODIES)
    anchor: AnchorInput = given("What it is about, and where.")
    existence: str = given(EXISTENCE + ": when it holds.")
    motivation: model.Motivation = given("Why it is made.", default=model.Motivation.COMMENTING)
    tags: list[TermInput] = given(f"Words of vocabularies, at most {compose.MAX_TAGS}.", default_factory=list)
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


@strawberry.input(description="A picture: at an address or a deposited asset, never both.")
class PictureInput:
    """See `scenes.model.Picture`."""

    url: str = given("Where it is, http(s).", default="")
    asset: ID | None = given("The deposited asset.", default=None)
    caption: str = given("What it shows.", default="")
    credit: str = given("Whom to name.", default="")

    def made(self) -> model.Picture:
        """As the use case takes it."""
        return model.Picture(self.url, self.asset or "", self.caption, self.credit)


@strawberry.input(description="A longer text about a scene, signed by who sends it.")
class CreateArticleInput:
    """See `scenes.authoring.stories`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    bodies: list[LocalTextInput] = given(BODIES)
    pictures: list[PictureInput] = given(f"Its pictures, at most {compose.MAX_PICTURES}.", default_factory=list)
    existence: str | None = given(EXISTENCE + ": the time that it tells of; null: no particular one.", default=None)
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


@strawberry.input(description="A recording: at an address or a deposited asset, never both.")
class AudioInput:
    """See `scenes.model.Audio`."""

    url: str = given("Where it is, http(s).", default="")
    asset: ID | None = given("The deposited asset.", default=None)
    captions: str = given(f"WebVTT, at most {compose.MAX_CAPTIONS:,} characters; empty: none.", default="")
    language: str = given("BCP 47 tag of what is spoken.", default="en")

    def made(self) -> model.Audio:
        """As the use case takes it."""
        return model.Audio(self.url, self.asset or "", self.captions, self.language)


@strawberry.input(description="One stop of a tour.")
class TourStepInput:
    """See `scenes.model.TourStep`."""

    title: str = given(TITLE)
    text: str = given("What to look at. " + TEXT)
    viewpoint: ViewpointInput = given("Where the visitor stands.")
    moment: str = given("EDTF: the time shown.")
    hypothesis: ID | None = given("The hypothesis shown; null: the preferred one.", default=None)
    audio: AudioInput | None = given("What is heard; null: nothing.", default=None)

    def made(self) -> model.TourStep:
        """As the use case takes it."""
        audio = None if self.audio is None else self.audio.made()
        return model.TourStep(self.title, self.text, self.viewpoint.made(), self.moment, self.hypothesis or "", audio)


@strawberry.input(description="A new guided way through a scene and its time.")
class CreateTourInput:
    """See `scenes.authoring.stories`."""

    scene: ID = given("The scene.")
    title: str = given(TITLE)
    steps: list[TourStepInput] = given(f"Its stops, 1 to {compose.MAX_STEPS}.")
    description: str = given(TEXT, default="")
    reason: str = given(REASON, default="")


KINDS = (
    Kind(model.Annotation, CreateAnnotationInput, update_input(CreateAnnotationInput, model.Annotation)),
    Kind(model.Article, CreateArticleInput, update_input(CreateArticleInput, model.Article)),
    Kind(model.Tour, CreateTourInput, update_input(CreateTourInput, model.Tour)),
)
