"""Annotations in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import Info, Recorded, address, field, plain
from api.types.placement import Placement, placement_of
from api.types.time import TimeSpan, span
from api.types.value import LocalText, Source, Term, body_in, source_views, text_views
from scenes import model

strawberry.enum(model.AnchorKind, name="AnchorKind", description="What an annotation is about.")
strawberry.enum(
    model.Motivation,
    name="Motivation",
    description="Why an annotation was made, as the W3C Web Annotation Data Model has it.",
)

Wanted = Annotated[
    str | None, strawberry.argument(description="BCP 47 tag; the first text where there is none in this language.")
]


@strawberry.type(
    description="A spot on an asset's surface, so that it can be found again in a new version. Of the asset's own "
    "frame, metres, +y up."
)
class SurfacePoint:
    """View of a `scenes.model.SurfacePoint`."""

    value: Private[model.SurfacePoint]
    digest: str = plain("sha256 of the master that the spot was set on.")
    position: list[float] = plain("x, y, z in metres.")
    normal: list[float] = plain("Outward, of length 1.")
    triangle: int | None = plain("Number of the triangle in `tile`, else in that master; null: not known.")
    tile: str = plain("sha256 of the finest tile whose triangle it is; empty: the triangle is the master's.")
    barycentric: list[float] | None = plain("Weights of its three corners, together 1; null: not known.")
    drift: float = plain("Metres, in the asset's own frame, by which it moved when last carried over to a new version.")
    is_flagged: bool = plain("Whether it moved too far or lies on another surface, so that somebody must look.")


@strawberry.type(description="What an annotation is about, and where; metres, scene frame.")
class Anchor:
    """View of a `scenes.model.Anchor`."""

    value: Private[model.Anchor]
    kind: model.AnchorKind = plain("A point, a region, a placement or the whole scene.")
    position: list[float] | None = plain("x, y, z of the point, or of the pin; null: nowhere in particular.")
    region: list[list[float]] = plain("Corners x, y, z of the polygon of a region; empty for others.")

    @field
    async def placement(self, info: Info) -> Placement | None:
        """The placement that it is at or about."""
        return await placement_of(info, self.value.placement)

    @field
    def surface(self) -> SurfacePoint | None:
        """The spot on the placement's asset."""
        return None if self.value.surface is None else SurfacePoint(value=self.value.surface)


@strawberry.type(description="A note in a scene, with a time of its own.")
class Annotation(Recorded):
    """View of a `scenes.model.Annotation`."""

    value: Private[model.Annotation]
    title: str = plain("Name for people.")

    @field
    def body(self, language: Wanted = None) -> str:
        """HTML, cut down to a short list of harmless tags."""
        return body_in(self.value.bodies, language or "")

    @field
    def language(self, wanted: Wanted = None) -> str:
        """BCP 47 tag of the text that `body` answers."""
        found = model.in_language(self.value.bodies, wanted or "")
        return "" if found is None else found.language

    @field
    def bodies(self) -> list[LocalText]:
        """Its text in every language that it has."""
        return text_views(self.value.bodies)

    @field
    def anchor(self) -> Anchor:
        """What it is about, and where."""
        return Anchor(value=self.value.anchor)

    @field
    def position(self) -> list[float] | None:
        """x, y, z of its pin in metres, scene frame; null where it is about a placement or the scene as a whole."""
        return None if self.value.anchor.position is None else list(self.value.anchor.position)

    @field
    async def placement(self, info: Info) -> Placement | None:
        """What it is about, where it is about one placement."""
        return await placement_of(info, self.value.anchor.placement)

    @field
    def existence(self) -> TimeSpan:
        """When it holds."""
        return span(self.value.existence)

    motivation: model.Motivation = plain("Why it was made.")

    @field
    def tags(self) -> list[Term]:
        """Words of vocabularies."""
        return [Term(value=each) for each in self.value.tags]

    @field
    def sources(self) -> list[Source]:
        """How we know."""
        return source_views(self.value.sources)

    author: str = plain("Who wrote it.")
    created_at: datetime | None = plain("When it was written, UTC; null: not recorded.")

    @field
    def url(self, info: Info) -> str:
        """Address of it as JSON-LD, a W3C Web Annotation."""
        return address(info, f"/annotations/{self.value.id}")
