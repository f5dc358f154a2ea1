"""Articles and tours in GraphQL."""

from __future__ import annotations

import strawberry
from strawberry import Private

from api.types.asset import Asset, asset_view
from api.types.node import Info, Recorded, field, plain
from api.types.note import Wanted
from api.types.placement import Hypothesis, hypothesis_of
from api.types.time import TimeSpan, span_if_any
from api.types.value import LocalText, Source, Viewpoint, body_in, source_views, text_views, viewpoint_view
from scenes import model


async def _asset_of(info: Info, asset_id: str) -> Asset | None:
    return asset_view(await info.context.loaders.asset(asset_id) if asset_id else None)


@strawberry.type(description="A picture in an article: at an address, or a deposited asset.")
class Picture:
    """View of a `scenes.model.Picture`."""

    value: Private[model.Picture]
    url: str = plain("Where it is; empty where it is an asset.")

    @field
    async def asset(self, info: Info) -> Asset | None:
        """The deposited asset; null where it has an address or is not public."""
        return await _asset_of(info, self.value.asset)

    caption: str = plain("What it shows.")
    credit: str = plain("Whom to name.")


@strawberry.type(description="A longer text about a scene, in several languages, with pictures.")
class Article(Recorded):
    """View of a `scenes.model.Article`."""

    value: Private[model.Article]
    title: str = plain("Name for people.")

    @field
    def body(self, language: Wanted = None) -> str:
        """HTML, cut down to a short list of harmless tags."""
        return body_in(self.value.bodies, language or "")

    @field
    def bodies(self) -> list[LocalText]:
        """Its text in every language that it has."""
        return text_views(self.value.bodies)

    @field
    def pictures(self) -> list[Picture]:
        """Its pictures, in order."""
        return [Picture(value=each) for each in self.value.pictures]

    @field
    def existence(self) -> TimeSpan | None:
        """The time that it tells of; null: no particular one."""
        return span_if_any(self.value.existence)

    author: str = plain("Who wrote it.")

    @field
    def sources(self) -> list[Source]:
        """How we know."""
        return source_views(self.value.sources)


@strawberry.type(description="A recording: at an address, or a deposited asset.")
class Audio:
    """View of a `scenes.model.Audio`."""

    value: Private[model.Audio]
    url: str = plain("Where it is; empty where it is an asset.")

    @field
    async def asset(self, info: Info) -> Asset | None:
        """The deposited asset; null where it has an address or is not public."""
        return await _asset_of(info, self.value.asset)

    captions: str = plain("WebVTT, times in hours, minutes, seconds; empty: none.")
    language: str = plain("BCP 47 tag of what is spoken.")


@strawberry.type(description="One stop of a tour.")
class TourStep:
    """View of a `scenes.model.TourStep`."""

    value: Private[model.TourStep]
    title: str = plain("Name for people.")
    text: str = plain("What to look at.")

    @field
    def viewpoint(self) -> Viewpoint:
        """Where the visitor stands."""
        return viewpoint_view(self.value.viewpoint)

    moment: str = plain("EDTF: the time shown.")

    @field
    async def hypothesis(self, info: Info) -> Hypothesis | None:
        """The hypothesis shown; null: the scene's preferred one."""
        return await hypothesis_of(info, self.value.hypothesis)

    @field
    def audio(self) -> Audio | None:
        """What is heard; null: nothing."""
        return None if self.value.audio is None else Audio(value=self.value.audio)


@strawberry.type(description="A guided way through a scene and its time.")
class Tour(Recorded):
    """View of a `scenes.model.Tour`."""

    value: Private[model.Tour]
    title: str = plain("Name for people.")
    description: str = plain("What it shows.")

    @field
    def steps(self) -> list[TourStep]:
        """Its stops, in order."""
        return [TourStep(value=step) for step in self.value.steps]
