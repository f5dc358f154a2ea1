"""What curators do to scenes: make, change, remove, publish.

Every use case checks everything first and then writes one revision, or raises and writes nothing. An update also says
at which revision it read what it changes, so that of two curators who change a thing at the same time the second is
told (Conflict) and does not silently undo the first.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from scenes.annotations import sanitise
from scenes.errors import Conflict, Invalid, NotFound
from scenes.model import (
    IDENTITY,
    Actor,
    Annotation,
    Asset,
    Epoch,
    Exhibition,
    Hypothesis,
    Job,
    Layer,
    Placement,
    Record,
    Reliability,
    Revision,
    Scene,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)
from scenes.ports import Change, Jobs, Museum, Notice, Put, Remove
from scenes.rights import Action, require
from timeline.edtf import parse_days, parse_span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

R = TypeVar("R", bound=Record)

MAX_TITLE = 300
MAX_TEXT = 20_000
MAX_SOURCES = 100
MAX_SOURCE = 2_000
MAX_STEPS = 200
MAX_RIVALS = 50
MAX_MEMBERS = 20_000
"""records of one kind within one scene"""
REACH_M = 1e9
"""metres; nothing of a scene is farther from its origin"""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}")
_URI = re.compile(r"https?://[^\s<>\"]{1,1900}")


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What a use case wrote: the record as it stands now (as it stood, where it was removed), and the revision."""

    record: R
    revision: Revision


def create_scene(
    museum: Museum,
    actor: Actor,
    *,
    title: str,
    default_moment: str,
    viewpoint: Viewpoint,
    description: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    reason: str = "",
) -> Done[Scene]:
    """A new scene, a draft.

    Raises:
        Forbidden: `actor` is no curator (Unauthorized where nobody is signed in).
        Invalid: a value cannot be accepted.
        timeline.errors.EdtfError: the moment is not EDTF.
    """
    require(actor, Action.EDIT)
    scene = Scene(
        id=museum.ids.new("scene"),
        title=_title(title),
        description=_text("description", description),
        default_moment=_moment(default_moment),
        visibility=Visibility.DRAFT,
        viewpoint=_viewpoint(viewpoint),
        latitude=_degrees("latitude", latitude, 90.0),
        longitude=_degrees("longitude", longitude, 180.0),
    )
    return _write(museum, actor, scene, scene.id, reason or f"made the scene “{scene.title}”")


def update_scene(
    museum: Museum,
    actor: Actor,
    scene_id: str,
    *,
    title: str | None = None,
    description: str | None = None,
    default_moment: str | None = None,
    viewpoint: Viewpoint | None = None,
    default_hypothesis: str | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Done[Scene]:
    """Change what is given of a scene; None leaves as it is, `default_hypothesis` "" prefers none.

    Raises:
        NotFound: there is no such scene, or no such hypothesis in it.
        Conflict: it changed since `expected_revision`.
        Forbidden, Unauthorized, Invalid, EdtfError: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    read = museum.catalogue.revision_of(scene_id)
    scene = _scene(museum, scene_id)
    if title is not None:
        scene = replace(scene, title=_title(title))
    if description is not None:
        scene = replace(scene, description=_text("description", description))
    if default_moment is not None:
        scene = replace(scene, default_moment=_moment(default_moment))
    if viewpoint is not None:
        scene = replace(scene, viewpoint=_viewpoint(viewpoint))
    if default_hypothesis is not None:
        if default_hypothesis:
            _member(museum, Hypothesis, default_hypothesis, scene_id)
        scene = replace(scene, default_hypothesis=default_hypothesis)
    expected = {scene_id: read if expected_revision is None else expected_revision}
    return _write(museum, actor, scene, scene_id, reason or f"changed the scene “{scene.title}”", expected=expected)


def create_layer(
    museum: Museum, actor: Actor, *, scene: str, title: str, ordinal: int | None = None, reason: str = ""
) -> Done[Layer]:
    """A new strand of a scene; without `ordinal` it comes last. Raises as `create_scene`, and NotFound."""
    require(actor, Action.EDIT)
    _scene(museum, scene)
    layers = _members(museum, Layer, scene)
    if ordinal is None:
        ordinal = max((layer.ordinal for layer in layers), default=-1) + 1
    if not 0 <= ordinal < 1 << 31:
        raise Invalid(f"ordinal: {ordinal}, expected 0 or more")
    layer = Layer(museum.ids.new("layer"), scene, _title(title), ordinal)
    return _write(museum, actor, layer, scene, reason or f"made the layer “{layer.title}”")


def create_epoch(
    museum: Museum,
    actor: Actor,
    *,
    scene: str,
    title: str,
    existence: str,
    description: str = "",
    colour: str = "#888888",
    reason: str = "",
) -> Done[Epoch]:
    """A new named interval of a scene's history. Raises as `create_scene`, and NotFound."""
    require(actor, Action.EDIT)
    _scene(museum, scene)
    _members(museum, Epoch, scene)
    if not _COLOUR.fullmatch(colour):
        raise Invalid(f"colour: {_shown(colour)}, expected #rrggbb")
    epoch = Epoch(
        id=museum.ids.new("epoch"),
        scene=scene,
        title=_title(title),
        existence=_existence(existence),
        description=_text("description", description),
        colour=colour.lower(),
    )
    return _write(museum, actor, epoch, scene, reason or f"made the epoch “{epoch.title}”")


def create_hypothesis(
    museum: Museum,
    actor: Actor,
    *,
    scene: str,
    title: str,
    author: str,
    argument: str,
    contrasts_with: Sequence[str] = (),
    builds_on: str = "",
    reason: str = "",
) -> Done[Hypothesis]:
    """A new branch of rival placements.

    A scene with rivals always prefers one of them: where it preferred none, it now prefers the first that this one
    contradicts.

    Raises:
        NotFound: the scene, a rival or the base is not there.
        Invalid: it contradicts what it builds on, or as `create_scene`.
    """
    require(actor, Action.EDIT)
    read = museum.catalogue.revision_of(scene)
    home = _scene(museum, scene)
    known = {each.id: each for each in _members(museum, Hypothesis, scene)}
    rivals = tuple(dict.fromkeys(contrasts_with))
    if len(rivals) > MAX_RIVALS:
        raise Invalid(f"contrastsWith: {len(rivals)} rivals, at most {MAX_RIVALS} are kept")
    for other in (*rivals, *([builds_on] if builds_on else [])):
        if other not in known:
            raise NotFound(f"there is no hypothesis {_shown(other)} in scene {scene}")
    base = builds_on
    seen: set[str] = set()
    while base in known and base not in seen:
        seen.add(base)
        if base in rivals:
            raise Invalid(f"contrastsWith: {base} is what this hypothesis builds on")
        base = known[base].builds_on
    hypothesis = Hypothesis(
        id=museum.ids.new("hypothesis"),
        scene=scene,
        title=_title(title),
        author=_line("author", author, MAX_TITLE),
        argument=_text("argument", argument),
        contrasts_with=rivals,
        builds_on=builds_on,
    )
    also: tuple[Change, ...] = ()
    if rivals and not home.default_hypothesis:
        also = (Put(replace(home, default_hypothesis=rivals[0])),)
    return _write(
        museum,
        actor,
        hypothesis,
        scene,
        reason or f"proposed “{hypothesis.title}”",
        also=also,
        expected={scene: read} if also else None,
    )


def create_placement(
    museum: Museum,
    actor: Actor,
    *,
    layer: str,
    asset: str,
    existence: str,
    title: str = "",
    transform: Sequence[float] = IDENTITY,
    hypothesis: str = "",
    reliability: Reliability = Reliability.USVS,
    why: str = "",
    sources: Sequence[str] = (),
    reason: str = "",
) -> Done[Placement]:
    """An asset stood in a layer, in space and time. The title defaults to the asset's.

    `why` is what the visitor reads ("why we think so"); `reason` is the note of this change in the history.

    Raises:
        NotFound: the layer, the asset or the hypothesis is not there (or not of that layer's scene).
        Forbidden, Unauthorized, Invalid, EdtfError: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    home = _exists(museum, Layer, layer)
    thing = _exists(museum, Asset, asset)
    _members(museum, Placement, home.scene)
    if hypothesis:
        _member(museum, Hypothesis, hypothesis, home.scene)
    placement = Placement(
        id=museum.ids.new("placement"),
        scene=home.scene,
        layer=layer,
        asset=asset,
        title=_title(title) if title.strip() else thing.title,
        existence=_existence(existence),
        transform=_transform(transform),
        hypothesis=hypothesis,
        reliability=reliability,
        reason=_text("reason", why),
        sources=_sources(sources),
    )
    return _write(museum, actor, placement, home.scene, reason or f"placed “{placement.title}”")


def update_placement(
    museum: Museum,
    actor: Actor,
    placement_id: str,
    *,
    layer: str | None = None,
    asset: str | None = None,
    existence: str | None = None,
    title: str | None = None,
    transform: Sequence[float] | None = None,
    hypothesis: str | None = None,
    reliability: Reliability | None = None,
    why: str | None = None,
    sources: Sequence[str] | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Done[Placement]:
    """Change what is given of a placement; None leaves as it is, `hypothesis` "" makes it part of every hypothesis.

    Raises:
        NotFound: the placement, the layer, the asset or the hypothesis is not there.
        Conflict: it changed since `expected_revision`.
        Forbidden, Unauthorized, Invalid, EdtfError: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    read = museum.catalogue.revision_of(placement_id)
    placement = _exists(museum, Placement, placement_id)
    scene = placement.scene
    given: dict[str, tuple[Any, Callable[[Any], object]]] = {
        "layer": (layer, lambda value: _member(museum, Layer, value, scene).id),
        "asset": (asset, lambda value: _exists(museum, Asset, value).id),
        "existence": (existence, _existence),
        "title": (title, _title),
        "transform": (transform, _transform),
        "hypothesis": (hypothesis, lambda value: value and _member(museum, Hypothesis, value, scene).id),
        "reliability": (reliability, Reliability),
        "reason": (why, partial(_text, "reason")),
        "sources": (sources, _sources),
    }
    changed: dict[str, Any] = {name: check(value) for name, (value, check) in given.items() if value is not None}
    placement = replace(placement, **changed)
    expected = {placement_id: read if expected_revision is None else expected_revision}
    return _write(
        museum, actor, placement, placement.scene, reason or f"changed “{placement.title}”", expected=expected
    )


def remove_placement(
    museum: Museum, actor: Actor, placement_id: str, *, expected_revision: int | None = None, reason: str = ""
) -> Done[Placement]:
    """End a placement; its history stays, annotations at it stay in their place. Raises as `update_placement`."""
    require(actor, Action.EDIT)
    read = museum.catalogue.revision_of(placement_id)
    placement = _exists(museum, Placement, placement_id)
    changes: list[Change] = [Remove(placement)]
    changes += [
        Put(replace(annotation, placement=""))
        for annotation in museum.catalogue.within(Annotation, (placement.scene,))[placement.scene]
        if annotation.placement == placement_id
    ]
    revision = _commit(
        museum,
        actor,
        changes,
        placement.scene,
        reason or f"removed “{placement.title}”",
        expected={placement_id: read if expected_revision is None else expected_revision},
    )
    return Done(placement, revision)


def create_annotation(
    museum: Museum,
    actor: Actor,
    *,
    scene: str,
    title: str,
    body: str,
    position: Sequence[float],
    existence: str,
    placement: str = "",
    language: str = "en",
    reason: str = "",
) -> Done[Annotation]:
    """A note at a point of the scene, signed by the actor; its body is cut down to harmless markup.

    Raises:
        NotFound: the scene or the placement is not there.
        Forbidden, Unauthorized, Invalid, EdtfError: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    _scene(museum, scene)
    _members(museum, Annotation, scene)
    if placement:
        _member(museum, Placement, placement, scene)
    if not _LANGUAGE.fullmatch(language):
        raise Invalid(f"language: {_shown(language)}, expected a tag such as `en` or `de-AT` (BCP 47)")
    annotation = Annotation(
        id=museum.ids.new("annotation"),
        scene=scene,
        title=_title(title),
        body=sanitise(_text("body", body)),
        position=_point("position", position),
        existence=_existence(existence),
        placement=placement,
        language=language,
        author=actor.name,
    )
    return _write(museum, actor, annotation, scene, reason or f"noted “{annotation.title}”")


def create_tour(
    museum: Museum, actor: Actor, *, scene: str, title: str, steps: Sequence[TourStep], reason: str = ""
) -> Done[Tour]:
    """A guided way through a scene and its time. Raises as `create_annotation`."""
    require(actor, Action.EDIT)
    _scene(museum, scene)
    _members(museum, Tour, scene)
    if not 1 <= len(steps) <= MAX_STEPS:
        raise Invalid(f"steps: {len(steps)}, expected 1 to {MAX_STEPS}")
    known = {each.id for each in museum.catalogue.within(Hypothesis, (scene,))[scene]}
    checked = []
    for step in steps:
        if step.hypothesis and step.hypothesis not in known:
            raise NotFound(f"there is no hypothesis {_shown(step.hypothesis)} in scene {scene}")
        checked.append(
            TourStep(
                title=_title(step.title),
                text=_text("text", step.text),
                viewpoint=_viewpoint(step.viewpoint),
                moment=_moment(step.moment),
                hypothesis=step.hypothesis,
            )
        )
    tour = Tour(museum.ids.new("tour"), scene, _title(title), tuple(checked))
    return _write(museum, actor, tour, scene, reason or f"made the tour “{tour.title}”")


def create_exhibition(
    museum: Museum, actor: Actor, *, slug: str, title: str, scene: str, description: str = "", reason: str = ""
) -> Done[Exhibition]:
    """A scene under an address of its own, a draft.

    Raises:
        NotFound: the scene is not there.
        Conflict: the slug is taken.
        Forbidden, Unauthorized, Invalid: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    _scene(museum, scene)
    if len(slug) > 100 or not _SLUG.fullmatch(slug):
        raise Invalid(f"slug: {_shown(slug)}, expected up to 100 small letters and digits, parts joined by -")
    if museum.catalogue.exhibition_by_slug(slug) is not None:
        raise Conflict(f"slug: the address {slug!r} is taken")
    exhibition = Exhibition(
        id=museum.ids.new("exhibition"),
        slug=slug,
        title=_title(title),
        description=_text("description", description),
        scene=scene,
        visibility=Visibility.DRAFT,
    )
    return _write(museum, actor, exhibition, scene, reason or f"made the exhibition “{exhibition.title}”")


def publish_exhibition(museum: Museum, actor: Actor, exhibition_id: str, *, reason: str = "") -> Done[Exhibition]:
    """Make an exhibition public, and with it its scene and every asset placed there, in one revision.

    What is published of an asset are its tiles; whether the deposited file may be had, its rights say.

    Raises:
        NotFound: there is no such exhibition.
        Conflict: one of these changed at the same moment.
        Forbidden, Unauthorized: the actor is no curator.
    """
    require(actor, Action.PUBLISH)
    exhibition, scene, read = _exhibited(museum, exhibition_id)
    placed = {placement.asset for placement in museum.catalogue.within(Placement, (scene.id,))[scene.id]}
    read |= museum.catalogue.revisions_of(sorted(placed))
    assets = museum.catalogue.get_many(Asset, sorted(placed))
    candidates: list[Exhibition | Scene | Asset] = [exhibition, scene, *(assets[name] for name in sorted(assets))]
    public = [
        replace(record, visibility=Visibility.PUBLIC)
        for record in candidates
        if record.visibility is not Visibility.PUBLIC
    ]
    return _set_visible(
        museum, actor, exhibition, public, read=read, reason=reason or f"published “{exhibition.title}”"
    )


def unpublish_exhibition(museum: Museum, actor: Actor, exhibition_id: str, *, reason: str = "") -> Done[Exhibition]:
    """Make an exhibition a draft again, and its scene where no other public exhibition shows it.

    Assets stay as they are: another scene may show them. Raises as `publish_exhibition`.
    """
    require(actor, Action.PUBLISH)
    exhibition, scene, read = _exhibited(museum, exhibition_id)
    others = museum.catalogue.within(Exhibition, (scene.id,))[scene.id]
    shown = any(each.visibility is Visibility.PUBLIC and each.id != exhibition_id for each in others)
    candidates: list[Exhibition | Scene] = [exhibition] if shown else [exhibition, scene]
    hidden = [
        replace(record, visibility=Visibility.DRAFT)
        for record in candidates
        if record.visibility is not Visibility.DRAFT
    ]
    return _set_visible(
        museum, actor, exhibition, hidden, read=read, reason=reason or f"took back “{exhibition.title}”"
    )


def update_asset(
    museum: Museum,
    actor: Actor,
    asset_id: str,
    *,
    title: str | None = None,
    rights: str | None = None,
    attribution: str | None = None,
    visibility: Visibility | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Done[Asset]:
    """Change what is said of an asset; None leaves as it is.

    Raises:
        NotFound: there is no such asset.
        Conflict: it changed since `expected_revision`.
        Forbidden, Unauthorized, Invalid: as for `create_scene`.
    """
    require(actor, Action.EDIT)
    read = museum.catalogue.revision_of(asset_id)
    asset = _exists(museum, Asset, asset_id)
    if title is not None:
        asset = replace(asset, title=_title(title))
    if rights is not None:
        if rights and not _URI.fullmatch(rights):
            raise Invalid(f"rights: {_shown(rights)}, expected the address of a licence or rights statement")
        asset = replace(asset, rights=rights)
    if attribution is not None:
        asset = replace(asset, attribution=_line("attribution", attribution, MAX_SOURCE))
    if visibility is not None:
        require(actor, Action.PUBLISH)
        asset = replace(asset, visibility=visibility)
    expected = {asset_id: read if expected_revision is None else expected_revision}
    return _write(museum, actor, asset, asset_id, reason or f"changed the asset “{asset.title}”", expected=expected)


def cancel_job(museum: Museum, jobs: Jobs, actor: Actor, job_id: str) -> Job:
    """Stop a job that has not ended.

    Raises:
        NotFound: there is no such job.
        Conflict: it has ended.
        Forbidden, Unauthorized: the actor is no curator.
    """
    require(actor, Action.EDIT)
    job = jobs.cancel(job_id, at=museum.clock.now())
    if job is None:
        ended = jobs.job(job_id)
        if ended is None:
            raise NotFound(f"there is no job {_shown(job_id)}")
        raise Conflict(f"job {job_id} has ended: {ended.state.value}")
    museum.bus.publish(Notice(job_id))
    museum.bus.publish(Notice(job.subject))
    return job


def _write(
    museum: Museum,
    actor: Actor,
    record: R,
    topic: str,
    reason: str,
    *,
    also: Sequence[Change] = (),
    expected: Mapping[str, int] | None = None,
) -> Done[R]:
    return Done(record, _commit(museum, actor, (Put(record), *also), topic, reason, expected=expected))


def _commit(
    museum: Museum,
    actor: Actor,
    changes: Sequence[Change],
    topic: str,
    reason: str,
    *,
    expected: Mapping[str, int] | None,
) -> Revision:
    revision = museum.catalogue.commit(
        changes,
        author=actor.name,
        reason=_line("reason", reason, MAX_SOURCE),
        at=museum.clock.now(),
        expected=expected,
    )
    museum.bus.publish(Notice(topic))
    return revision


def _exhibited(museum: Museum, exhibition_id: str) -> tuple[Exhibition, Scene, dict[str, int]]:
    exhibition = _exists(museum, Exhibition, exhibition_id)
    read = dict(museum.catalogue.revisions_of((exhibition_id, exhibition.scene)))
    return _exists(museum, Exhibition, exhibition_id), _scene(museum, exhibition.scene), read


def _set_visible(
    museum: Museum,
    actor: Actor,
    exhibition: Exhibition,
    records: Sequence[Record],
    *,
    read: Mapping[str, int],
    reason: str,
) -> Done[Exhibition]:
    if not records:
        # Doing it twice is no change and no error: the revision that made it so is answered.
        return Done(exhibition, museum.catalogue.history((exhibition.id,), last=1)[0])
    expected = {record.id: read[record.id] for record in records}
    changes = tuple(Put(record) for record in records)
    revision = _commit(museum, actor, changes, exhibition.scene, reason, expected=expected)
    return Done(_exists(museum, Exhibition, exhibition.id), revision)


def _scene(museum: Museum, scene_id: str) -> Scene:
    return _exists(museum, Scene, scene_id)


def _exists(museum: Museum, kind: type[R], record_id: str) -> R:
    record = museum.catalogue.get(kind, record_id)
    if record is None:
        raise NotFound(f"there is no {kind.__name__.lower()} {_shown(record_id)}")
    return record


def _member(
    museum: Museum, kind: type[Layer] | type[Hypothesis] | type[Placement], record_id: str, scene_id: str
) -> Layer | Hypothesis | Placement:
    record: Layer | Hypothesis | Placement | None = museum.catalogue.get(kind, record_id)
    if record is None or record.scene != scene_id:
        raise NotFound(f"there is no {kind.__name__.lower()} {_shown(record_id)} in scene {scene_id}")
    return record


def _members(museum: Museum, kind: type[R], scene_id: str) -> tuple[R, ...]:
    members = museum.catalogue.within(kind, (scene_id,))[scene_id]
    if len(members) >= MAX_MEMBERS:
        raise Invalid(f"scene {scene_id} has {len(members)} records of this kind, at most {MAX_MEMBERS} are kept")
    return members


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _line(name: str, text: str, most: int) -> str:
    """One line of plain text; it is no markup, and whoever shows it escapes it."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) > most:
        raise Invalid(f"{name}: {len(line)} characters, at most {most} are kept")
    return line


def _title(text: str) -> str:
    line = _line("title", text, MAX_TITLE)
    if not line:
        raise Invalid("title: it is empty")
    return line


def _text(name: str, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Invalid(f"{name}: {len(text)} characters, at most {MAX_TEXT} are kept")
    return _CONTROL.sub(" ", text).strip()


def _sources(sources: Sequence[str]) -> tuple[str, ...]:
    if len(sources) > MAX_SOURCES:
        raise Invalid(f"sources: {len(sources)}, at most {MAX_SOURCES} are kept")
    lines = (_line("sources", source, MAX_SOURCE) for source in sources)
    return tuple(line for line in lines if line)


def _moment(text: str) -> str:
    parse_days(text)
    return text


def _existence(text: str) -> str:
    parse_span(text)
    return text


def _degrees(name: str, value: float | None, most: float) -> float | None:
    if value is not None and not (math.isfinite(value) and -most <= value <= most):
        raise Invalid(f"{name}: {value}, expected degrees from {-most:g} to {most:g}")
    return value


def _point(name: str, point: Sequence[float]) -> tuple[float, float, float]:
    if len(point) != 3:
        raise Invalid(f"{name}: {len(point)} numbers, expected 3 (x, y, z in metres)")
    if not all(math.isfinite(value) and abs(value) <= REACH_M for value in point):
        raise Invalid(f"{name}: expected finite metres, at most {REACH_M:g} from the origin")
    x, y, z = (float(value) for value in point)
    return x, y, z


def _viewpoint(view: Viewpoint) -> Viewpoint:
    position, target = _point("position", view.position), _point("target", view.target)
    if position == target:
        raise Invalid("viewpoint: position and target are the same, so it looks nowhere")
    return Viewpoint(position, target)


def _transform(values: Sequence[float]) -> tuple[float, ...]:
    """Affine, finite, invertible. Volume is compared with the lengths of the axes, so that the unit does not matter."""
    if len(values) != 16:
        raise Invalid(f"transform: {len(values)} numbers, expected 16 (column-major 4×4)")
    if not all(math.isfinite(value) and abs(value) <= REACH_M for value in values):
        raise Invalid("transform: expected finite numbers")
    if tuple(values[3::4]) != (0, 0, 0, 1):
        raise Invalid("transform: the last row must be 0 0 0 1")
    a, b, c = values[0:3], values[4:7], values[8:11]
    volume = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
    )
    lengths = [math.hypot(*axis) for axis in (a, b, c)]
    if min(lengths) < 1e-9 or abs(volume) < 1e-9 * math.prod(lengths):
        raise Invalid("transform: it flattens the asset, so it cannot be undone")
    return tuple(float(value) for value in values)
