"""Scenes in GraphQL: what belongs to them, and what of them stands at a moment."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

import strawberry
from strawberry import ID, Private

from api.past import entered_at
from api.types.chronology import Branch, dated_record, narrowed_of
from api.types.contradiction import Chronology
from api.types.dating import SpanRelations
from api.types.history import RecordTime, SceneInTime
from api.types.node import After, Connection, First, Info, Recorded, address, field, page_within, plain
from api.types.note import Annotation
from api.types.person import Family, Person
from api.types.placement import (
    ChangeEvent,
    Epoch,
    Hypothesis,
    Layer,
    Placement,
    hypothesis_of,
)
from api.types.story import Article, Tour
from api.types.value import Georeference, Viewpoint, viewpoint_view
from scenes import model
from scenes.errors import NotFound
from timeline import allen, edtf


@strawberry.type(description="A place.")
class Scene(SceneInTime, Recorded):
    """View of a `scenes.model.Scene`."""

    value: Private[model.Scene]
    title: str = plain("Name for people.")
    description: str = plain("What the place is.")
    default_moment: str = plain("EDTF: the time shown first.")
    visibility: model.Visibility = plain("Who may know of it.")

    @field
    def viewpoint(self) -> Viewpoint:
        """Where a visitor arrives."""
        return viewpoint_view(self.value.viewpoint)

    @field
    async def default_hypothesis(self, info: Info) -> Hypothesis | None:
        """The preferred hypothesis, where the scene has rivals."""
        return await hypothesis_of(info, self.value.default_hypothesis)

    @field
    def georeference(self) -> Georeference | None:
        """Where on the Earth it lies; null: not known, or not to be told."""
        return None if self.value.georeference is None else Georeference(value=self.value.georeference)

    georeference_for: model.Visibility = plain("Who is told where on the Earth it lies.")

    @field
    async def layers(self, info: Info) -> list[Layer]:
        """Its strands, by ordinal."""
        found = await info.context.loaders.within(model.Layer, self.value.id)
        return [Layer(value=each) for each in sorted(found, key=lambda layer: layer.ordinal)]

    @field
    async def placements(self, info: Info, first: First = 20, after: After = None) -> Connection[Placement]:
        """What was ever placed in it, page by page."""
        return await page_within(info, model.Placement, Placement, of=self.value.id, first=first, after=after)

    @field
    async def epochs(self, info: Info) -> list[Epoch]:
        """Its epochs by their own dates, earliest first, those undated last."""
        found = await info.context.loaders.within(model.Epoch, self.value.id)
        return [Epoch(value=each) for each in sorted(found, key=_begins)]

    @field
    async def hypotheses(self, info: Info) -> list[Hypothesis]:
        """Its hypotheses."""
        return [Hypothesis(value=each) for each in await info.context.loaders.within(model.Hypothesis, self.value.id)]

    @field
    async def annotations(self, info: Info) -> list[Annotation]:
        """Notes in it."""
        return [Annotation(value=each) for each in await info.context.loaders.within(model.Annotation, self.value.id)]

    @field
    async def tours(self, info: Info) -> list[Tour]:
        """Guided ways through it."""
        return [Tour(value=each) for each in await info.context.loaders.within(model.Tour, self.value.id)]

    @field
    async def articles(self, info: Info) -> list[Article]:
        """Longer texts about it."""
        return [Article(value=each) for each in await info.context.loaders.within(model.Article, self.value.id)]

    @field
    async def change_events(self, info: Info, first: First = 20, after: After = None) -> Connection[ChangeEvent]:
        """What happened to its placements, page by page."""
        return await page_within(info, model.ChangeEvent, ChangeEvent, of=self.value.id, first=first, after=after)

    @field
    async def chronology(
        self, info: Info, first: First = 20, after: After = None, hypothesis: Branch = None
    ) -> Chronology:
        """What is said of times relative to one another, and what of it cannot be true.

        `first` and `after` are of the deprecated page of statements; `statements` has its own.
        """
        table, times = await info.context.loaders.times(self.value.id, hypothesis=hypothesis)
        return Chronology(table=table, times=times, page=(first, after))

    @field
    async def relation(
        self,
        info: Info,
        *,
        of: Annotated[ID, strawberry.argument(description="A placement or an epoch of this scene.")],
        to: Annotated[ID, strawberry.argument(description="Another.")],
        hypothesis: Branch = None,
    ) -> SpanRelations:
        """How the time of one thing may lie to that of another, by what their narrowed bounds leave open.

        Bounds are of one thing each: a statement may say more of the two than they do. NOT_FOUND where the scene has no
        such thing.
        """
        one, other = await asyncio.gather(dated_record(info, of), dated_record(info, to))
        for name, record in ((of, one), (to, other)):
            if record is None or record.scene != self.value.id:
                raise NotFound(f"there is no placement or epoch {name[:80]!r} in scene {self.value.id}")
        assert one is not None
        assert other is not None
        spans = [await narrowed_of(info, record, hypothesis) for record in (one, other)]
        return SpanRelations(value=allen.relations(*spans))

    @field
    async def persons(self, info: Info, first: First = 20, after: After = None) -> Connection[Person]:
        """People who belong to its history, page by page."""
        return await page_within(info, model.Person, Person, of=self.value.id, first=first, after=after)

    @field
    async def families(self, info: Info, first: First = 20, after: After = None) -> Connection[Family]:
        """Families who belong to its history, page by page."""
        return await page_within(info, model.Family, Family, of=self.value.id, first=first, after=after)

    @field
    async def as_of(self, info: Info, moment: RecordTime) -> Scene | None:
        """The scene as it was recorded at a moment: all below this field is read as of then.

        NOT_FOUND where it was not there then. Visitors see of the past what was public then and still is.
        """
        return scene_view(await entered_at(info, self.value.id, moment))  # type: ignore[arg-type]  # a scalar

    @field
    def tileset_url(
        self,
        info: Info,
        at: Annotated[str | None, strawberry.argument(description="EDTF; null: the scene's default.")] = None,
        hypothesis: Annotated[ID | None, strawberry.argument(description="The branch to show.")] = None,
    ) -> str:
        """Address of the scene at a time as a 3D Tiles 1.1 document."""
        if at is not None:
            edtf.parse(at)
        given = {name: text for name, text in (("at", at), ("hypothesis", hypothesis)) if text}
        return address(info, f"/scenes/{self.value.id}/tileset.json" + (f"?{urlencode(given)}" if given else ""))

    @field
    async def exhibitions(self, info: Info) -> list[Exhibition]:
        """Exhibitions that show it."""
        found = await info.context.loaders.exhibitions(self.value.id)
        return [Exhibition(value=each) for each in found]


def _begins(epoch: model.Epoch) -> tuple[bool, tuple[int, int, str]]:
    return not epoch.existence, edtf.parse(epoch.existence).sort_key if epoch.existence else (0, 0, epoch.id)


def scene_view(value: model.Scene) -> Scene:
    """A scene as GraphQL shows it."""
    return Scene(value=value)


@strawberry.type(description="What a curator publishes: a scene under an address of its own.")
class Exhibition(Recorded):
    """View of a `scenes.model.Exhibition`."""

    value: Private[model.Exhibition]
    slug: str = plain("Last part of its address: /exhibitions/{slug}.")
    title: str = plain("Name for people.")
    description: str = plain("What it shows.")
    visibility: model.Visibility = plain("Who may know of it.")

    @field
    async def scene(self, info: Info) -> Scene | None:
        """The scene that it shows; null where that is not public."""
        value = await info.context.loaders.scene(self.value.scene)
        return None if value is None else scene_view(value)
