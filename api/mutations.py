"""What curators can change. Each mutation is one use case of `scenes.compose` and one revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry
from strawberry import ID, UNSET

from api import types
from api.types import (
    Annotation,
    Asset,
    Epoch,
    Exhibition,
    Hypothesis,
    Info,
    Job,
    Layer,
    Placement,
    Revision,
    Scene,
    Tour,
    field,
)
from scenes import compose, model

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenes.compose import Done

R = TypeVar("R", bound=model.Record)

_TITLE = f"Name for people, at most {compose.MAX_TITLE} characters."
_TEXT = f"Plain text, at most {compose.MAX_TEXT:,} characters."
_REASON = "Note for the history; made up where empty."
_EXPECTED = "Revision at which the record was read; CONFLICT where it has changed since. Null: not asked."
_POINT = "x, y, z in metres, scene frame (right-handed, +y up)."
_UNCHANGED = " Left out or null: unchanged."


def given(description: str, **default: Any) -> Any:
    """A field of an input."""
    return strawberry.field(description=description, **default)


Id = Annotated[ID, strawberry.argument(description="Id of what is meant.")]
Reason = Annotated[str, strawberry.argument(description=_REASON)]
Expected = Annotated[int | None, strawberry.argument(description=_EXPECTED)]


@strawberry.input(description="Where an eye stands and what it looks at.")
class ViewpointInput:
    """See `scenes.model.Viewpoint`."""

    position: list[float] = given("Of the eye: " + _POINT)
    target: list[float] = given("Of what it looks at: " + _POINT)


@strawberry.input(description="A new scene. It begins as a draft.")
class CreateSceneInput:
    """See `compose.create_scene`."""

    title: str = given(_TITLE)
    default_moment: str = given("EDTF: the time shown first.")
    viewpoint: ViewpointInput = given("Where a visitor arrives.")
    description: str = given(_TEXT, default="")
    latitude: float | None = given("Degrees north, WGS 84, -90 to 90.", default=None)
    longitude: float | None = given("Degrees east, WGS 84, -180 to 180.", default=None)
    reason: str = given(_REASON, default="")


@strawberry.input(description="What changes of a scene.")
class UpdateSceneInput:
    """See `compose.update_scene`."""

    id: ID = given("The scene.")
    title: str | None = given(_TITLE + _UNCHANGED, default=None)
    description: str | None = given(_TEXT + _UNCHANGED, default=None)
    default_moment: str | None = given("EDTF: the time shown first." + _UNCHANGED, default=None)
    viewpoint: ViewpointInput | None = given("Where a visitor arrives." + _UNCHANGED, default=None)
    default_hypothesis: ID | None = given(
        "The preferred hypothesis; null: none is preferred. Left out: unchanged.", default=UNSET
    )
    expected_revision: int | None = given(_EXPECTED, default=None)
    reason: str = given(_REASON, default="")


@strawberry.input(description="A new strand of a scene.")
class CreateLayerInput:
    """See `compose.create_layer`."""

    scene: ID = given("The scene.")
    title: str = given(_TITLE)
    ordinal: int | None = given("Place among the layers, from 0; null: last.", default=None)
    reason: str = given(_REASON, default="")


@strawberry.input(description="A new named interval of a scene's history.")
class CreateEpochInput:
    """See `compose.create_epoch`."""

    scene: ID = given("The scene.")
    title: str = given(_TITLE)
    existence: str = given("EDTF interval, `-0480/-0323`.")
    description: str = given(_TEXT, default="")
    colour: str = given("#rrggbb, for time sliders.", default="#888888")
    reason: str = given(_REASON, default="")


@strawberry.input(description="A new branch of rival placements.")
class CreateHypothesisInput:
    """See `compose.create_hypothesis`."""

    scene: ID = given("The scene.")
    title: str = given(_TITLE)
    author: str = given(f"Who holds it, at most {compose.MAX_TITLE} characters.")
    argument: str = given("Why. " + _TEXT)
    contrasts_with: list[ID] = given(
        f"Hypotheses that it contradicts, at most {compose.MAX_RIVALS}.", default_factory=list
    )
    builds_on: ID | None = given("The hypothesis that it assumes to be true.", default=None)
    reason: str = given(_REASON, default="")


@strawberry.input(description="An asset to stand in a layer, in space and time.")
class CreatePlacementInput:
    """See `compose.create_placement`."""

    layer: ID = given("The layer, and with it the scene.")
    asset: ID = given("What stands there.")
    existence: str = given("EDTF: when it stood; a single date means that it began and ended within it.")
    title: str = given(_TITLE + " Empty: the asset's.", default="")
    transform: list[float] | None = given(
        "16 numbers, column-major, from the asset's frame to the scene's, metres; null: as it is.", default=None
    )
    hypothesis: ID | None = given("The hypothesis that it is part of; null: part of every one.", default=None)
    reliability: model.Reliability = given(
        "How much of it is evidence and how much reconstruction.", default=model.Reliability.USVS
    )
    why: str = given("Why we think so, shown to visitors. " + _TEXT, default="")
    sources: list[str] = given(
        f"Sources, at most {compose.MAX_SOURCES} of {compose.MAX_SOURCE:,} characters.", default_factory=list
    )
    reason: str = given(_REASON, default="")


@strawberry.input(description="What changes of a placement.")
class UpdatePlacementInput:
    """See `compose.update_placement`."""

    id: ID = given("The placement.")
    layer: ID | None = given("A layer of the same scene." + _UNCHANGED, default=None)
    asset: ID | None = given("What stands there." + _UNCHANGED, default=None)
    existence: str | None = given("EDTF: when it stood." + _UNCHANGED, default=None)
    title: str | None = given(_TITLE + _UNCHANGED, default=None)
    transform: list[float] | None = given("16 numbers, column-major, metres." + _UNCHANGED, default=None)
    hypothesis: ID | None = given(
        "The hypothesis that it is part of; null: part of every one. Left out: unchanged.", default=UNSET
    )
    reliability: model.Reliability | None = given("How much of it is evidence." + _UNCHANGED, default=None)
    why: str | None = given("Why we think so, shown to visitors. " + _TEXT + _UNCHANGED, default=None)
    sources: list[str] | None = given("Sources." + _UNCHANGED, default=None)
    expected_revision: int | None = given(_EXPECTED, default=None)
    reason: str = given(_REASON, default="")


@strawberry.input(description="A new note at a point of a scene, signed by who sends it.")
class CreateAnnotationInput:
    """See `compose.create_annotation`."""

    scene: ID = given("The scene.")
    title: str = given(_TITLE)
    body: str = given(f"HTML, at most {compose.MAX_TEXT:,} characters; cut down to a short list of harmless tags.")
    position: list[float] = given(_POINT)
    existence: str = given("EDTF: when it holds.")
    placement: ID | None = given("The placement that it is about.", default=None)
    language: str = given("BCP 47 tag of its text.", default="en")
    reason: str = given(_REASON, default="")


@strawberry.input(description="One stop of a tour.")
class TourStepInput:
    """See `scenes.model.TourStep`."""

    title: str = given(_TITLE)
    text: str = given("What to look at. " + _TEXT)
    viewpoint: ViewpointInput = given("Where the visitor stands.")
    moment: str = given("EDTF: the time shown.")
    hypothesis: ID | None = given("The hypothesis shown; null: the preferred one.", default=None)


@strawberry.input(description="A new guided way through a scene and its time.")
class CreateTourInput:
    """See `compose.create_tour`."""

    scene: ID = given("The scene.")
    title: str = given(_TITLE)
    steps: list[TourStepInput] = given(f"Its stops, 1 to {compose.MAX_STEPS}.")
    reason: str = given(_REASON, default="")


@strawberry.input(description="A scene to get an address of its own. It begins as a draft.")
class CreateExhibitionInput:
    """See `compose.create_exhibition`."""

    slug: str = given("Last part of its address: small letters and digits, parts joined by -.")
    title: str = given(_TITLE)
    scene: ID = given("The scene.")
    description: str = given(_TEXT, default="")
    reason: str = given(_REASON, default="")


@strawberry.input(description="What changes of what is said of an asset.")
class UpdateAssetInput:
    """See `compose.update_asset`."""

    id: ID = given("The asset.")
    title: str | None = given(_TITLE + _UNCHANGED, default=None)
    rights: str | None = given("URI of a licence or rights statement; empty: closed." + _UNCHANGED, default=None)
    attribution: str | None = given("Whom to name where it is shown." + _UNCHANGED, default=None)
    visibility: model.Visibility | None = given("Who may know of it." + _UNCHANGED, default=None)
    expected_revision: int | None = given(_EXPECTED, default=None)
    reason: str = given(_REASON, default="")


def _payload(what: str) -> Any:
    return strawberry.field(description=what)


_SCENE = "The scene that changed, as it stands now."
_REVISION = "The change."


@strawberry.type(description="A scene was made or changed.")
class ScenePayload:
    """Answer."""

    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="A layer was made.")
class LayerPayload:
    """Answer."""

    layer: Layer = _payload("The layer.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="An epoch was made.")
class EpochPayload:
    """Answer."""

    epoch: Epoch = _payload("The epoch.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="A hypothesis was made.")
class HypothesisPayload:
    """Answer."""

    hypothesis: Hypothesis = _payload("The hypothesis.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="A placement was made, changed or removed.")
class PlacementPayload:
    """Answer."""

    placement: Placement = _payload("The placement; where it was removed, as it stood.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="An annotation was made.")
class AnnotationPayload:
    """Answer."""

    annotation: Annotation = _payload("The annotation.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="A tour was made.")
class TourPayload:
    """Answer."""

    tour: Tour = _payload("The tour.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="An exhibition was made, published or taken back.")
class ExhibitionPayload:
    """Answer."""

    exhibition: Exhibition = _payload("The exhibition.")
    scene: Scene = _payload(_SCENE)
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="What is said of an asset was changed.")
class AssetPayload:
    """Answer."""

    asset: Asset = _payload("The asset.")
    revision: Revision = _payload(_REVISION)


@strawberry.type(description="A job was stopped.")
class JobPayload:
    """Answer."""

    job: Job = _payload("The job.")


def _viewpoint(value: ViewpointInput) -> model.Viewpoint:
    # Lengths are checked by the use case: a list of another length is a value that it refuses.
    return model.Viewpoint(tuple(value.position), tuple(value.target))  # type: ignore[arg-type]


def _link(value: str | None) -> str | None:
    """An optional reference that null clears: unset leaves it, null is the empty id."""
    return None if value is UNSET else value or ""


async def _done(info: Info, use_case: Callable[..., Done[R]], *args: Any, **values: Any) -> Done[R]:
    """Run a use case; what was read before it is out of date."""
    context = info.context
    done = await context.services.call(use_case, context.services, context.actor, *args, **values)
    context.forget()
    return done


async def _parts(info: Info, done: Done[Any], scene_id: str) -> dict[str, Any]:
    scene = await info.context.loaders.scene(scene_id)
    assert scene is not None, "scenes are never removed"
    return {"scene": types.scene_view(scene), "revision": types.revision(done.revision)}


@strawberry.type(description="What curators can change. Each mutation is one revision, or changes nothing.")
class Mutation:
    """The root of mutations."""

    @field
    async def create_scene(
        self, info: Info, input: Annotated[CreateSceneInput, strawberry.argument(description="The scene.")]
    ) -> ScenePayload:
        """Make a scene."""
        done = await _done(
            info,
            compose.create_scene,
            title=input.title,
            default_moment=input.default_moment,
            viewpoint=_viewpoint(input.viewpoint),
            description=input.description,
            latitude=input.latitude,
            longitude=input.longitude,
            reason=input.reason,
        )
        return ScenePayload(**await _parts(info, done, done.record.id))

    @field
    async def update_scene(
        self, info: Info, input: Annotated[UpdateSceneInput, strawberry.argument(description="What changes.")]
    ) -> ScenePayload:
        """Change what is said of a scene."""
        done = await _done(
            info,
            compose.update_scene,
            input.id,
            title=input.title,
            description=input.description,
            default_moment=input.default_moment,
            viewpoint=None if input.viewpoint is None else _viewpoint(input.viewpoint),
            default_hypothesis=_link(input.default_hypothesis),
            expected_revision=input.expected_revision,
            reason=input.reason,
        )
        return ScenePayload(**await _parts(info, done, done.record.id))

    @field
    async def create_layer(
        self, info: Info, input: Annotated[CreateLayerInput, strawberry.argument(description="The layer.")]
    ) -> LayerPayload:
        """Make a layer."""
        done = await _done(
            info,
            compose.create_layer,
            scene=input.scene,
            title=input.title,
            ordinal=input.ordinal,
            reason=input.reason,
        )
        return LayerPayload(layer=Layer(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def create_epoch(
        self, info: Info, input: Annotated[CreateEpochInput, strawberry.argument(description="The epoch.")]
    ) -> EpochPayload:
        """Make an epoch."""
        done = await _done(
            info,
            compose.create_epoch,
            scene=input.scene,
            title=input.title,
            existence=input.existence,
            description=input.description,
            colour=input.colour,
            reason=input.reason,
        )
        return EpochPayload(epoch=Epoch(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def create_hypothesis(
        self, info: Info, input: Annotated[CreateHypothesisInput, strawberry.argument(description="The hypothesis.")]
    ) -> HypothesisPayload:
        """Make a hypothesis. A scene with rivals always prefers one: where it preferred none, the first rival's."""
        done = await _done(
            info,
            compose.create_hypothesis,
            scene=input.scene,
            title=input.title,
            author=input.author,
            argument=input.argument,
            contrasts_with=input.contrasts_with,
            builds_on=input.builds_on or "",
            reason=input.reason,
        )
        return HypothesisPayload(
            hypothesis=Hypothesis(value=done.record), **await _parts(info, done, done.record.scene)
        )

    @field
    async def create_placement(
        self, info: Info, input: Annotated[CreatePlacementInput, strawberry.argument(description="The placement.")]
    ) -> PlacementPayload:
        """Let an asset stand in a layer."""
        done = await _done(
            info,
            compose.create_placement,
            layer=input.layer,
            asset=input.asset,
            existence=input.existence,
            title=input.title,
            transform=model.IDENTITY if input.transform is None else input.transform,
            hypothesis=input.hypothesis or "",
            reliability=input.reliability,
            why=input.why,
            sources=input.sources,
            reason=input.reason,
        )
        return PlacementPayload(placement=Placement(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def update_placement(
        self, info: Info, input: Annotated[UpdatePlacementInput, strawberry.argument(description="What changes.")]
    ) -> PlacementPayload:
        """Change a placement."""
        done = await _done(
            info,
            compose.update_placement,
            input.id,
            layer=input.layer,
            asset=input.asset,
            existence=input.existence,
            title=input.title,
            transform=input.transform,
            hypothesis=_link(input.hypothesis),
            reliability=input.reliability,
            why=input.why,
            sources=input.sources,
            expected_revision=input.expected_revision,
            reason=input.reason,
        )
        return PlacementPayload(placement=Placement(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def remove_placement(
        self, info: Info, id: Id, expected_revision: Expected = None, reason: Reason = ""
    ) -> PlacementPayload:
        """End a placement. Its history stays."""
        done = await _done(info, compose.remove_placement, id, expected_revision=expected_revision, reason=reason)
        return PlacementPayload(placement=Placement(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def create_annotation(
        self, info: Info, input: Annotated[CreateAnnotationInput, strawberry.argument(description="The annotation.")]
    ) -> AnnotationPayload:
        """Write a note at a point of a scene."""
        done = await _done(
            info,
            compose.create_annotation,
            scene=input.scene,
            title=input.title,
            body=input.body,
            position=input.position,
            existence=input.existence,
            placement=input.placement or "",
            language=input.language,
            reason=input.reason,
        )
        return AnnotationPayload(
            annotation=Annotation(value=done.record), **await _parts(info, done, done.record.scene)
        )

    @field
    async def create_tour(
        self, info: Info, input: Annotated[CreateTourInput, strawberry.argument(description="The tour.")]
    ) -> TourPayload:
        """Make a tour."""
        steps = [
            model.TourStep(step.title, step.text, _viewpoint(step.viewpoint), step.moment, step.hypothesis or "")
            for step in input.steps
        ]
        done = await _done(
            info, compose.create_tour, scene=input.scene, title=input.title, steps=steps, reason=input.reason
        )
        return TourPayload(tour=Tour(value=done.record), **await _parts(info, done, done.record.scene))

    @field
    async def create_exhibition(
        self, info: Info, input: Annotated[CreateExhibitionInput, strawberry.argument(description="The exhibition.")]
    ) -> ExhibitionPayload:
        """Give a scene an address of its own."""
        done = await _done(
            info,
            compose.create_exhibition,
            slug=input.slug,
            title=input.title,
            scene=input.scene,
            description=input.description,
            reason=input.reason,
        )
        return ExhibitionPayload(
            exhibition=Exhibition(value=done.record), **await _parts(info, done, done.record.scene)
        )

    @field
    async def publish_exhibition(self, info: Info, id: Id, reason: Reason = "") -> ExhibitionPayload:
        """Make an exhibition public, and with it its scene and the assets placed there. Their rights do not change."""
        done = await _done(info, compose.publish_exhibition, id, reason=reason)
        return ExhibitionPayload(
            exhibition=Exhibition(value=done.record), **await _parts(info, done, done.record.scene)
        )

    @field
    async def unpublish_exhibition(self, info: Info, id: Id, reason: Reason = "") -> ExhibitionPayload:
        """Make an exhibition a draft again, and its scene where no other shows it. Assets stay as they are."""
        done = await _done(info, compose.unpublish_exhibition, id, reason=reason)
        return ExhibitionPayload(
            exhibition=Exhibition(value=done.record), **await _parts(info, done, done.record.scene)
        )

    @field
    async def update_asset(
        self, info: Info, input: Annotated[UpdateAssetInput, strawberry.argument(description="What changes.")]
    ) -> AssetPayload:
        """Change what is said of an asset, or who may know of it."""
        done = await _done(
            info,
            compose.update_asset,
            input.id,
            title=input.title,
            rights=input.rights,
            attribution=input.attribution,
            visibility=input.visibility,
            expected_revision=input.expected_revision,
            reason=input.reason,
        )
        return AssetPayload(asset=Asset(value=done.record), revision=types.revision(done.revision))

    @field
    async def cancel_job(self, info: Info, id: Id) -> JobPayload:
        """Stop a job that has not ended."""
        context = info.context
        job = await context.services.call(
            compose.cancel_job, context.services, context.services.jobs, context.actor, id
        )
        return JobPayload(job=types.job_view(job))
