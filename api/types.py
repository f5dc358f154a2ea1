"""The GraphQL types: thin views of `scenes.model`, with units in their descriptions.

Frame of reference everywhere: right-handed, +y up, metres, local to the scene. What an actor may not know of is null or
left out. The visibility of what belongs to a scene is decided where the scene is entered (`api.queries.entered`).
"""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar
from urllib.parse import urlencode

import strawberry
from strawberry import ID, Private

from api.guard import PAGE
from api.loaders import Context
from scenes import at_time, model
from scenes.errors import Invalid
from scenes.rights import Action, may
from timeline import edtf, instant
from timeline import label as wording
from timeline.interval import BEGINNING, FOREVER, Certainty
from timeline.interval import TimeSpan as SpanValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenes.ports import Page

Info: TypeAlias = strawberry.Info[Context, None]
N = TypeVar("N")

# GraphQL names enums by their members (CERTAIN) and describes them here; the Python classes stay the model's.
strawberry.enum(
    Certainty,
    name="Certainty",
    description="Whether something stood at a time: on every one of its days, perhaps on one of them, on none.",
)
strawberry.enum(
    model.Reliability,
    name="Reliability",
    description="Extended Matrix class. US: real, in place; USVS: reconstructed on evidence found in place; USVN: "
    "reconstructed by analogy or sources; SF: real, not in its place; VSF: restored and put back by reasoning.",
)
strawberry.enum(model.Visibility, name="Visibility", description="Known to those who work on it, or to everybody.")
strawberry.enum(model.AssetState, name="AssetState", description="Where an asset stands between deposit and display.")
strawberry.enum(
    model.JobState,
    name="JobState",
    description="A job's life. REJECTED: the file was refused, no fault of ours; FAILED: the fault is ours.",
)
strawberry.enum(model.Role, name="Role", description="What somebody may do, weakest first.")

First = Annotated[int, strawberry.argument(description=f"How many at most, 0 to {PAGE}.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before.")]
Last = Annotated[int, strawberry.argument(description=f"How many of the latest at most, 0 to {PAGE}.")]


def field(resolver: Callable[..., Any]) -> Any:
    """A resolver as a field; its docstring is what the schema says of it."""
    return strawberry.field(resolver, description=inspect.getdoc(resolver))


def subscribed(resolver: Callable[..., Any]) -> Any:
    """A generator as a subscription; its docstring is what the schema says of it."""
    return strawberry.subscription(resolver, description=inspect.getdoc(resolver))


def plain(description: str) -> Any:
    """A field that is the attribute of the same name of the view's `value` (see `attribute`)."""
    return strawberry.field(description=description, default=None)


def attribute(view: Any, name: str) -> object:
    """What a field without a resolver of its own answers."""
    value = getattr(view, "value", None)
    return getattr(view if value is None else value, name)


def page_size(number: int) -> int:
    """`first` or `last`, checked. Raises Invalid."""
    if not 0 <= number <= PAGE:
        raise Invalid(f"a page has 0 to {PAGE} items, not {number}")
    return number


@strawberry.interface(description="A thing with an id, the same in GraphQL and in the paths of HTTP.")
class Node:
    """Everything with an id."""

    id: ID = plain("Opaque and URL-safe.")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """See Relay's cursor connections."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item: `after` for the next page.")


@strawberry.type(description="An item of a page, with its place.")
class Edge(Generic[N]):
    """An item of a connection."""

    cursor: str = strawberry.field(description="Place in the list; stays valid when the list changes.")
    node: N = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list, in the order in which its items were first written.")
class Connection(Generic[N]):
    """A page of a list."""

    edges: list[Edge[N]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="How to go on.")

    @field
    def nodes(self) -> list[N]:
        """The items alone."""
        return [edge.node for edge in self.edges]


def connection(page: Page, after: str | None, shown: type[N]) -> Connection[N]:
    """A page of the catalogue as a connection of the view `shown`."""
    pairs = zip(page.cursors, page.records, strict=True)
    edges = [Edge(cursor=cursor, node=shown(value=record)) for cursor, record in pairs]  # type: ignore[call-arg]  # every view has one
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info)


def _year(day: int) -> int | None:
    if not BEGINNING < day < FOREVER:
        return None
    # GraphQL's Int has 32 bits, a geologist's year may have more.
    return min(max(instant.year_of(day), -(2**31)), 2**31 - 1)


def _last(after: int) -> int:
    """The last day of what is gone from day `after` on."""
    return after - 1 if BEGINNING < after < FOREVER else after


def _date(day: int) -> str | None:
    return instant.iso_date(day) if BEGINNING < day < FOREVER else None


@strawberry.type(
    description="An interval of existence with four bounds: something began between startEarliest and startLatest and "
    "stood for the last time between endEarliest and endLatest. Years are astronomical (year 0 is 1 BC, -430 is 431 "
    "BC); null: no bound on this side. Dates are of the proleptic Gregorian calendar, YYYY-MM-DD; null also where the "
    "year has more than four digits."
)
class TimeSpan:
    """View of a `timeline.interval.TimeSpan`. Its ends are the first days without; shown are the last days with."""

    span: Private[SpanValue]

    @field
    def text(self) -> str:
        """EDTF (ISO 8601-2), as the curator wrote it."""
        return self.span.text

    @field
    def label(
        self,
        language: Annotated[str, strawberry.argument(description="BCP 47 tag; English where it is not known.")] = "en",
    ) -> str:
        """In words, for people."""
        return wording.label(self.span, language)

    @field
    def start_earliest_year(self) -> int | None:
        """Astronomical year of the first day on which it may have begun."""
        return _year(self.span.start_earliest)

    @field
    def start_latest_year(self) -> int | None:
        """Astronomical year of the first day by which it certainly had begun."""
        return _year(self.span.start_latest)

    @field
    def end_earliest_year(self) -> int | None:
        """Astronomical year of the last day on which it certainly stood."""
        return _year(_last(self.span.end_earliest))

    @field
    def end_latest_year(self) -> int | None:
        """Astronomical year of the last day on which it may have stood."""
        return _year(_last(self.span.end_latest))

    @field
    def start_earliest_date(self) -> str | None:
        """First day on which it may have begun."""
        return _date(self.span.start_earliest)

    @field
    def start_latest_date(self) -> str | None:
        """First day by which it certainly had begun."""
        return _date(self.span.start_latest)

    @field
    def end_earliest_date(self) -> str | None:
        """Last day on which it certainly stood, if it had begun."""
        return _date(_last(self.span.end_earliest))

    @field
    def end_latest_date(self) -> str | None:
        """Last day on which it may have stood."""
        return _date(_last(self.span.end_latest))

    @field
    def start_unknown(self) -> bool:
        """Whether its beginning is not known."""
        return self.span.start_unknown

    @field
    def end_unknown(self) -> bool:
        """Whether its end is not known."""
        return self.span.end_unknown


def _span(text: str) -> TimeSpan:
    return TimeSpan(span=edtf.parse_span(text))


@strawberry.type(description="Where an eye stands and what it looks at; metres, scene frame.")
class Viewpoint:
    """View of a `scenes.model.Viewpoint`."""

    position: list[float] = strawberry.field(description="x, y, z of the eye.")
    target: list[float] = strawberry.field(description="x, y, z of what it looks at.")


def _viewpoint(value: model.Viewpoint) -> Viewpoint:
    return Viewpoint(position=list(value.position), target=list(value.target))


@strawberry.type(description="A recorded change.")
class Revision:
    """View of a `scenes.model.Revision`."""

    number: int = strawberry.field(description="Grows by one with each change in the whole museum.")
    at: datetime = strawberry.field(description="When, UTC.")
    author: str = strawberry.field(description="Who.")
    reason: str = strawberry.field(description="Why.")


def revision(value: model.Revision) -> Revision:
    """A revision as GraphQL shows it."""
    return Revision(number=value.number, at=value.at, author=value.author, reason=value.reason)


@strawberry.type(description="Axis-aligned box, metres, in the asset's own frame (y up).")
class Extent:
    """View of a `scenes.model.Extent`."""

    low: list[float] = strawberry.field(description="Least x, y, z.")
    high: list[float] = strawberry.field(description="Greatest x, y, z.")


@strawberry.type(description="What the tiler made of an asset.")
class Tileset:
    """View of a `scenes.model.Tileset`."""

    value: Private[model.Tileset]
    digest: str = plain("sha256 of the 3D Tiles document.")

    @field
    def url(self, info: Info) -> str:
        """Address of the 3D Tiles 1.1 document."""
        return address(info, f"/blobs/{self.value.digest}.json")

    tiles: int = plain("Number of tiles.")
    levels: int = plain("Number of levels of detail.")
    triangles: int = plain("Triangles of the finest level.")
    vertices: int = plain("Vertices of the finest level.")
    byte_length: float = plain("Bytes of all tiles and images, the document not counted.")
    geometric_error: float = plain("Metres: the error of showing nothing.")
    root_error: float = plain("Metres: the error of showing the coarsest tile alone.")

    @field
    def extent(self) -> Extent:
        """The box that holds it."""
        return Extent(low=list(self.value.extent.low), high=list(self.value.extent.high))


@strawberry.type(description="Work in the background. Only curators see jobs.")
class Job(Node):
    """View of a `scenes.model.Job`."""

    value: Private[model.Job]
    kind: str = plain("What kind of work: `tile`.")
    state: model.JobState = plain("How far it is.")
    progress: float = plain("0 to 1.")
    message: str = plain("What is being done, or why it ended, in words.")
    code: str = plain("Why it ended badly, a code of the table of errors; else empty.")
    attempts: int = plain("How often it was begun.")
    created_at: datetime = plain("When it was asked for, UTC.")
    updated_at: datetime = plain("When it last changed, UTC.")

    @field
    async def asset(self, info: Info) -> Asset | None:
        """The asset that it works on."""
        return asset_view(await info.context.loaders.asset(self.value.subject))


def job_view(value: model.Job) -> Job:
    """A job as GraphQL shows it."""
    return Job(value=value)


@strawberry.type(description="A digitised or modelled thing.")
class Asset(Node):
    """View of a `scenes.model.Asset`."""

    value: Private[model.Asset]
    title: str = plain("Name for people.")
    rights: str = plain("URI of a licence or rights statement; empty: none stated, so closed.")
    attribution: str = plain("Whom to name where it is shown.")
    state: model.AssetState = plain("Where it stands between deposit and display.")
    visibility: model.Visibility = plain("Who may know of it.")

    @field
    def master_digest(self) -> str:
        """sha256 of the deposited bytes."""
        return self.value.master

    master_name: str = plain("Name of the deposited file.")
    media_type: str = plain("Media type of the deposited file.")
    byte_length: float = plain("Bytes of the deposited file.")
    report: list[str] = plain("What was found and repaired in the file, in words.")
    code: str = plain("Why it was refused, a code of the table of errors; else empty.")
    created_at: datetime = plain("When it was deposited, UTC.")
    created_by: str = plain("Who deposited it.")

    @field
    def tileset(self) -> Tileset | None:
        """Its tiles, once they are made."""
        return None if self.value.tileset is None else Tileset(value=self.value.tileset)

    @field
    async def jobs(self, info: Info) -> list[Job]:
        """Jobs that worked on it, oldest first; empty for visitors."""
        if not may(info.context.actor, Action.EDIT):
            return []
        return [job_view(job) for job in await info.context.loaders.jobs(self.value.id)]

    @field
    async def revision(self, info: Info) -> int:
        """Number of the revision that last wrote it, for `expectedRevision`."""
        return await info.context.loaders.revision(self.value.id)


def asset_view(value: model.Asset | None) -> Asset | None:
    """An asset as GraphQL shows it."""
    return None if value is None else Asset(value=value)


@strawberry.type(description="A named strand of a scene.")
class Layer(Node):
    """View of a `scenes.model.Layer`."""

    value: Private[model.Layer]
    title: str = plain("Name for people.")
    ordinal: int = plain("Place among the scene's layers.")


def layer_view(value: model.Layer | None) -> Layer | None:
    """A layer as GraphQL shows it."""
    return None if value is None else Layer(value=value)


@strawberry.type(description="A named interval of a scene's history.")
class Epoch(Node):
    """View of a `scenes.model.Epoch`."""

    value: Private[model.Epoch]
    title: str = plain("Name for people.")
    description: str = plain("What happened in it.")
    colour: str = plain("#rrggbb, for time sliders.")

    @field
    def existence(self) -> TimeSpan:
        """When."""
        return _span(self.value.existence)


def epoch_view(value: model.Epoch) -> Epoch:
    """An epoch as GraphQL shows it."""
    return Epoch(value=value)


@strawberry.type(description="A branch of rival placements: who holds it, why, what it contradicts.")
class Hypothesis(Node):
    """View of a `scenes.model.Hypothesis`."""

    value: Private[model.Hypothesis]
    title: str = plain("Name for people.")
    author: str = plain("Who holds it.")
    argument: str = plain("Why.")

    @field
    async def contrasts_with(self, info: Info) -> list[Hypothesis]:
        """What it contradicts, whichever of the two says so: never shown together."""
        siblings = {each.id: each for each in await info.context.loaders.within(model.Hypothesis, self.value.scene)}
        rivals = at_time.rivals_of(siblings).get(self.value.id, frozenset())
        return [_hypothesis(each) for each in siblings.values() if each.id in rivals]

    @field
    async def builds_on(self, info: Info) -> Hypothesis | None:
        """What it assumes to be true."""
        return await _hypothesis_of(info, self.value.builds_on)


def _hypothesis(value: model.Hypothesis) -> Hypothesis:
    return Hypothesis(value=value)


def hypothesis_view(value: model.Hypothesis | None) -> Hypothesis | None:
    """A hypothesis as GraphQL shows it."""
    return None if value is None else _hypothesis(value)


async def _hypothesis_of(info: Info, record_id: str) -> Hypothesis | None:
    return hypothesis_view(await info.context.loaders.hypothesis(record_id)) if record_id else None


@strawberry.type(description="An asset standing in a scene: where, when, by which hypothesis, on what evidence.")
class Placement(Node):
    """View of a `scenes.model.Placement`."""

    value: Private[model.Placement]
    title: str = plain("Name for people.")

    @field
    async def asset(self, info: Info) -> Asset | None:
        """What stands there; null where it is not public."""
        value = await info.context.loaders.asset(self.value.asset)
        return asset_view(value) if value is not None and may(info.context.actor, Action.SEE, value) else None

    @field
    async def layer(self, info: Info) -> Layer | None:
        """The strand that it belongs to."""
        return layer_view(await info.context.loaders.record(model.Layer, self.value.layer))

    @field
    def existence(self) -> TimeSpan:
        """When it stood."""
        return _span(self.value.existence)

    transform: list[float] = plain("16 numbers, column-major, from the asset's frame to the scene's, metres.")

    @field
    async def hypothesis(self, info: Info) -> Hypothesis | None:
        """The hypothesis that it is part of; null: part of every one."""
        return await _hypothesis_of(info, self.value.hypothesis)

    reliability: model.Reliability = plain("How much of it is evidence and how much reconstruction.")
    reason: str = plain("Why we think so.")
    sources: list[str] = plain("Sources, one a line of a bibliography.")

    @field
    async def certainty(
        self,
        info: Info,
        time: Annotated[
            str | None, strawberry.argument(description="EDTF, read as its set of days; null: the scene's default.")
        ] = None,
    ) -> Certainty:
        """Whether it stood at a time, hypotheses not asked."""
        if time is None:
            scene = await info.context.loaders.scene(self.value.scene)
            time = scene.default_moment if scene else ""
        return edtf.parse_span(self.value.existence).over(edtf.parse_days(time))

    @field
    async def revision(self, info: Info) -> int:
        """Number of the revision that last wrote it, for `expectedRevision`."""
        return await info.context.loaders.revision(self.value.id)


def placement_view(value: model.Placement) -> Placement:
    """A placement as GraphQL shows it."""
    return Placement(value=value)


@strawberry.type(description="A note at a point of a scene, with a time of its own.")
class Annotation(Node):
    """View of a `scenes.model.Annotation`."""

    value: Private[model.Annotation]
    title: str = plain("Name for people.")
    body: str = plain("HTML, cut down to a short list of harmless tags.")
    position: list[float] = plain("x, y, z in metres, scene frame.")
    language: str = plain("BCP 47 tag of its text.")

    @field
    def existence(self) -> TimeSpan:
        """When it holds."""
        return _span(self.value.existence)

    @field
    async def placement(self, info: Info) -> Placement | None:
        """What it is about, where it is about one placement."""
        if not self.value.placement:
            return None
        value = await info.context.loaders.record(model.Placement, self.value.placement)
        return None if value is None else placement_view(value)

    author: str = plain("Who wrote it.")


def annotation_view(value: model.Annotation) -> Annotation:
    """An annotation as GraphQL shows it."""
    return Annotation(value=value)


@strawberry.type(description="One stop of a tour.")
class TourStep:
    """View of a `scenes.model.TourStep`."""

    value: Private[model.TourStep]
    title: str = plain("Name for people.")
    text: str = plain("What to look at.")

    @field
    def viewpoint(self) -> Viewpoint:
        """Where the visitor stands."""
        return _viewpoint(self.value.viewpoint)

    moment: str = plain("EDTF: the time shown.")

    @field
    async def hypothesis(self, info: Info) -> Hypothesis | None:
        """The hypothesis shown; null: the scene's preferred one."""
        return await _hypothesis_of(info, self.value.hypothesis)


@strawberry.type(description="A guided way through a scene and its time.")
class Tour(Node):
    """View of a `scenes.model.Tour`."""

    value: Private[model.Tour]
    title: str = plain("Name for people.")

    @field
    def steps(self) -> list[TourStep]:
        """Its stops, in order."""
        return [TourStep(value=step) for step in self.value.steps]


def tour_view(value: model.Tour) -> Tour:
    """A tour as GraphQL shows it."""
    return Tour(value=value)


@strawberry.type(description="A placement that stands at a moment.")
class Standing:
    """View of a `scenes.at_time.Standing`."""

    placement: Placement = strawberry.field(description="What stands.")
    certainty: Certainty = strawberry.field(description="How surely.")
    reason: str = strawberry.field(description="Why that is said, in words.")


@strawberry.type(description="A scene resolved at a moment: what stands then.")
class Moment:
    """View of a `scenes.at_time.Moment`."""

    value: Private[at_time.Moment]

    @field
    def time(self) -> str:
        """The time asked about, canonical EDTF."""
        return str(self.value.at)

    @field
    def label(
        self,
        language: Annotated[str, strawberry.argument(description="BCP 47 tag; English where it is not known.")] = "en",
    ) -> str:
        """The time in words."""
        return wording.label(self.value.at, language)

    @field
    def hypothesis(self) -> Hypothesis | None:
        """The hypothesis chosen; null where the scene prefers none."""
        return hypothesis_view(self.value.hypothesis)

    @field
    def active_hypotheses(self) -> list[ID]:
        """Ids of all hypotheses that count; never two rivals."""
        return [ID(each) for each in sorted(self.value.active)]

    @field
    def placements(self) -> list[Standing]:
        """What stands, ordered by id."""
        return [
            Standing(placement=placement_view(each.placement), certainty=each.certainty, reason=each.reason)
            for each in self.value.standing
        ]


@strawberry.type(description="A place.")
class Scene(Node):
    """View of a `scenes.model.Scene`."""

    value: Private[model.Scene]
    title: str = plain("Name for people.")
    description: str = plain("What the place is.")
    default_moment: str = plain("EDTF: the time shown first.")
    visibility: model.Visibility = plain("Who may know of it.")

    @field
    def viewpoint(self) -> Viewpoint:
        """Where a visitor arrives."""
        return _viewpoint(self.value.viewpoint)

    @field
    async def default_hypothesis(self, info: Info) -> Hypothesis | None:
        """The preferred hypothesis, where the scene has rivals."""
        return await _hypothesis_of(info, self.value.default_hypothesis)

    latitude: float | None = plain("Degrees north, WGS 84, where it may be told.")
    longitude: float | None = plain("Degrees east, WGS 84, where it may be told.")

    @field
    async def layers(self, info: Info) -> list[Layer]:
        """Its strands, by ordinal."""
        found = await info.context.loaders.within(model.Layer, self.value.id)
        return [Layer(value=each) for each in sorted(found, key=lambda layer: layer.ordinal)]

    @field
    async def placements(self, info: Info, first: First = 20, after: After = None) -> Connection[Placement]:
        """What was ever placed in it, page by page."""
        page = await info.context.loaders.page_within(
            model.Placement, self.value.id, first=page_size(first), after=after
        )
        return connection(page, after, Placement)

    @field
    async def epochs(self, info: Info) -> list[Epoch]:
        """Its epochs, earliest first."""
        found = await info.context.loaders.within(model.Epoch, self.value.id)
        return [epoch_view(each) for each in sorted(found, key=lambda epoch: edtf.parse(epoch.existence).sort_key)]

    @field
    async def hypotheses(self, info: Info) -> list[Hypothesis]:
        """Its hypotheses."""
        return [_hypothesis(each) for each in await info.context.loaders.within(model.Hypothesis, self.value.id)]

    @field
    async def annotations(self, info: Info) -> list[Annotation]:
        """Notes at points of it."""
        return [annotation_view(each) for each in await info.context.loaders.within(model.Annotation, self.value.id)]

    @field
    async def tours(self, info: Info) -> list[Tour]:
        """Guided ways through it."""
        return [tour_view(each) for each in await info.context.loaders.within(model.Tour, self.value.id)]

    @field
    async def at(
        self,
        info: Info,
        time: Annotated[str, strawberry.argument(description="EDTF, read as its set of days.")],
        hypothesis: Annotated[
            ID | None, strawberry.argument(description="The branch to show; null: the scene's preferred one.")
        ] = None,
        min_certainty: Annotated[
            Certainty, strawberry.argument(description="Least certainty: CERTAIN or POSSIBLE.")
        ] = Certainty.POSSIBLE,
    ) -> Moment:
        """What stands at a time."""
        placements = await info.context.loaders.within(model.Placement, self.value.id)
        hypotheses = await info.context.loaders.within(model.Hypothesis, self.value.id)
        moment = await info.context.services.call(
            at_time.resolve,
            self.value,
            placements,
            hypotheses,
            at=_stated(time),
            hypothesis=hypothesis,
            minimum=min_certainty,
        )
        return Moment(value=moment)

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
    async def history(self, info: Info, last: Last = 10) -> list[Revision]:
        """The latest changes of it and of what belongs to it, newest first."""
        return [revision(each) for each in await info.context.loaders.history(self.value.id, last=page_size(last))]

    @field
    async def revision(self, info: Info) -> int:
        """Number of the revision that last wrote it, for `expectedRevision`."""
        return await info.context.loaders.revision(self.value.id)

    @field
    async def exhibitions(self, info: Info) -> list[Exhibition]:
        """Exhibitions that show it."""
        found = await info.context.loaders.exhibitions(self.value.id)
        return [_exhibition(each) for each in found if may(info.context.actor, Action.SEE, each)]


def scene_view(value: model.Scene) -> Scene:
    """A scene as GraphQL shows it."""
    return Scene(value=value)


@strawberry.type(description="What a curator publishes: a scene under an address of its own.")
class Exhibition(Node):
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
        return scene_view(value) if value is not None and may(info.context.actor, Action.SEE, value) else None


def _exhibition(value: model.Exhibition) -> Exhibition:
    return Exhibition(value=value)


def view(record: model.Record) -> Node:
    """Any record as GraphQL shows it."""
    kinds: dict[type, type[Node]] = {
        model.Asset: Asset,
        model.Scene: Scene,
        model.Layer: Layer,
        model.Epoch: Epoch,
        model.Hypothesis: Hypothesis,
        model.Placement: Placement,
        model.Annotation: Annotation,
        model.Tour: Tour,
        model.Exhibition: Exhibition,
    }
    return kinds[type(record)](value=record)  # type: ignore[call-arg]  # each has its own value


def _stated(time: str) -> str:
    """An empty time is malformed here; only the HTTP doors know a default."""
    if not time:
        edtf.parse(time)
    return time


def address(info: Info, path: str) -> str:
    """A path as visitors reach it."""
    return info.context.services.settings.public_url.rstrip("/") + path
