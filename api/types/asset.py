"""Assets in GraphQL: what was deposited, what was made of it, and what became of the object."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import Info, Node, Recorded, address, field, plain
from api.types.time import TimeSpan, span
from api.types.value import Georeference, Source, source_views
from scenes import model, placing
from scenes.ingest import ENDINGS
from scenes.rights import Action, may
from timeline.edtf import parse

strawberry.enum(model.AssetState, name="AssetState", description="Where an asset stands between deposit and display.")
strawberry.enum(
    model.JobState,
    name="JobState",
    description="A job's life. REJECTED: the file was refused, no fault of ours; FAILED: the fault is ours.",
)
strawberry.enum(
    model.StatusKind,
    name="StatusKind",
    description="What became of an object. LOCATED: seen somewhere, not yet in safe hands; RETURNED: back with whom it "
    "belongs to.",
)


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
    vertices: int = plain("Vertices of the finest level; 0: not counted, of an asset in reduced detail.")
    byte_length: float = plain("Bytes of all tiles and images, the document not counted.")
    geometric_error: float = plain("Metres: the error of showing nothing.")
    root_error: float = plain("Metres: the error of showing the coarsest tile alone.")

    @field
    def extent(self) -> Extent:
        """The box that holds it."""
        return Extent(low=list(self.value.extent.low), high=list(self.value.extent.high))


@strawberry.type(
    description="Where an asset's own origin lies on the Earth, as the reference system says that its file states."
)
class Survey:
    """View of a `scenes.model.Survey`."""

    value: Private[model.Survey]

    @field
    def where(self) -> Georeference:
        """The place; its heading is that of the file's north, its height counts from what `above` says."""
        return Georeference(value=self.value.where)

    scale: float = plain("Metres on the ellipsoid in a metre of the file along the ground.")
    above: str = plain("What the height counts from: `ellipsoid`, a datum of its own, or empty where nobody says.")

    @field
    def accuracy(self) -> float | None:
        """Metres, of longitude and latitude; null: not known."""
        return self.value.accuracy_m


@strawberry.type(description="How an asset stands in a layer of a scene by what its file says of where it lies.")
class Placing:
    """What `scenes.placing` proposes."""

    scene: strawberry.ID = strawberry.field(description="The scene that the layer is of, by its id.")
    transform: list[float] = strawberry.field(
        description="From the asset's frame to the scene's, metres: 16 numbers, column-major, for a placement."
    )
    georeference: Georeference | None = strawberry.field(
        description="What the scene may take over, so that the transform holds; null: it has its own."
    )
    notes: list[str] = strawberry.field(description="What stands between that and the truth, in words.")


@strawberry.type(
    description="What is served of a recording or a picture, which has no tiles: of a recording the deposited bytes, "
    "of a picture a copy without what the camera wrote into it."
)
class Media:
    """View of a `scenes.model.Media`."""

    value: Private[model.Media]

    @field
    def url(self, info: Info) -> str:
        """Its address; ranges of bytes are served."""
        ending = ENDINGS.get(self.value.media_type, "bin")
        return address(info, f"/blobs/{self.value.digest}.{ending}")

    digest: str = plain("sha256 of what is served.")
    media_type: str = plain("Media type of what is served.")
    byte_length: float = plain("Bytes of what is served.")

    @field
    def duration(self) -> float | None:
        """Seconds of a recording; null: a picture."""
        return self.value.duration_s

    width: int | None = plain("Pixels of the deposited picture, upright; null: a recording.")
    height: int | None = plain("Pixels of the deposited picture, upright; null: a recording.")


@strawberry.type(description="Work in the background. Only curators see jobs.")
class Job(Node):
    """View of a `scenes.model.Job`."""

    value: Private[model.Job]
    kind: str = plain("What kind of work: `tile` (reading what was deposited), `replace` for a new version, `poster`.")
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


@strawberry.type(
    description="What describes an object so that it can be recognised: the fields of the Object ID standard. Plain "
    "text, empty where it is not known. The photographs are the asset."
)
class ObjectIdentity:
    """View of a `scenes.model.ObjectIdentity`."""

    value: Private[model.ObjectIdentity]
    type_of_object: str = plain("What kind of thing it is.")
    materials: str = plain("Materials and techniques.")
    measurements: str = plain("Measurements with their units, and what was measured.")
    inscriptions: str = plain("Inscriptions and markings.")
    distinguishing_features: str = plain("Damage, repairs, flaws of manufacture.")
    title: str = plain("What it is known as.")
    subject: str = plain("What is pictured or represented.")
    period: str = plain("Date or period.")
    maker: str = plain("Who made it.")
    description: str = plain("Anything else.")
    inventory_number: str = plain("The owner's number.")


@strawberry.type(description="A digitised or modelled thing.")
class Asset(Recorded):
    """View of a `scenes.model.Asset`."""

    value: Private[model.Asset]
    title: str = plain("Name for people.")
    rights: str = plain("URI of a licence or rights statement; empty: none stated, so closed.")
    attribution: str = plain("Whom to name where it is shown.")
    state: model.AssetState = plain("Where it stands between deposit and display.")
    visibility: model.Visibility = plain("Who may know of it.")
    finest: float = plain("Metres: visitors get nothing whose geometric error is less; 0: all detail.")
    embargo: datetime | None = plain("Before this moment, UTC, it is for those alone who work on it; null: none.")

    @field
    def master_digest(self) -> str:
        """sha256 of the deposited bytes."""
        return self.value.master

    master_name: str = plain("Name of the deposited file.")
    media_type: str = plain("Media type of the deposited file: by its name, and once it is ready by its content.")
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
    def survey(self, info: Info) -> Survey | None:
        """Where its origin lies on the Earth; null: its file does not say, or you may not change it."""
        found = None if self.value.tileset is None else self.value.tileset.survey
        return Survey(value=found) if found and may(info.context.actor, Action.EDIT, self.value) else None

    @field
    async def placing(
        self, info: Info, layer: Annotated[strawberry.ID, strawberry.argument(description="Id of the layer.")]
    ) -> Placing | None:
        """How it stands in a layer by its survey; null: its file does not say, or you may not change both."""
        strand = await info.context.loaders.record(model.Layer, layer)
        where = None if strand is None else await info.context.loaders.scene(strand.scene)
        found = None if self.value.tileset is None else self.value.tileset.survey
        if (
            where is None
            or found is None
            or not all(may(info.context.actor, Action.EDIT, each) for each in (self.value, where))
        ):
            return None
        proposed = placing.proposed(found, where.georeference)
        taken = None if proposed.georeference is None else Georeference(value=proposed.georeference)
        return Placing(
            scene=strawberry.ID(where.id),
            transform=list(proposed.transform),
            georeference=taken,
            notes=list(proposed.notes),
        )

    @field
    def media(self) -> Media | None:
        """What is served of a recording or a picture, once it is ready; null: a model."""
        return None if self.value.media is None else Media(value=self.value.media)

    @field
    async def jobs(self, info: Info) -> list[Job]:
        """Jobs that worked on it, oldest first; empty for visitors."""
        if not may(info.context.actor, Action.EDIT, self.value):
            return []
        return [job_view(job) for job in await info.context.loaders.jobs(self.value.id)]

    @field
    def identity(self) -> ObjectIdentity | None:
        """The object that it shows, by the fields of Object ID."""
        return None if self.value.identity is None else ObjectIdentity(value=self.value.identity)

    @field
    async def status(self, info: Info) -> list[ObjectStatus]:
        """What became of the object: stolen, located, returned, …, earliest first."""
        found = await info.context.loaders.within(model.ObjectStatus, self.value.id)
        return [ObjectStatus(value=each) for each in sorted(found, key=lambda entry: parse(entry.existence).sort_key)]


@strawberry.type(description="One entry of an object's status timeline.")
class ObjectStatus(Recorded):
    """View of a `scenes.model.ObjectStatus`."""

    value: Private[model.ObjectStatus]
    kind: model.StatusKind = plain("What became of it.")

    @field
    def existence(self) -> TimeSpan:
        """When it became so."""
        return span(self.value.existence)

    place: str = plain("Where.")
    note: str = plain("What is to be said of it.")
    reference: str = plain("Number of the case, or of the entry in a register of stolen works.")

    @field
    def sources(self) -> list[Source]:
        """Who says so."""
        return source_views(self.value.sources)

    @field
    async def asset(self, info: Info) -> Asset | None:
        """The asset that shows the object; null where it is not public."""
        value = await info.context.loaders.asset(self.value.asset)
        return asset_view(value)


def asset_view(value: model.Asset | None) -> Asset | None:
    """An asset as GraphQL shows it."""
    return None if value is None else Asset(value=value)
