"""Rules of what stood where, by whose account, and what became of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scenes.at_time import rivals_of
from scenes.authoring import space, text, time
from scenes.authoring.chronology import check_times
from scenes.authoring.desk import Desk
from scenes.authoring.graph import circle
from scenes.authoring.occasions import check_events, check_placed
from scenes.authoring.rules import Also, Rules, checked, named, one_of
from scenes.errors import Cycle, Invalid, NotFound
from scenes.model import (
    AnchorKind,
    Annotation,
    Asset,
    ChangeEvent,
    ChangeKind,
    Hypothesis,
    Layer,
    Placement,
    Reliability,
    Scene,
    Visibility,
)
from scenes.ports import Put

MAX_RIVALS = 50
MAX_PARTS = 200
"""predecessors or successors of a change"""
_MANY = 1 << 31
PARTS: dict[ChangeKind, tuple[int, int, int, int]] = {
    ChangeKind.CREATION: (0, 0, 1, _MANY),
    ChangeKind.MODIFICATION: (1, 1, 1, 1),
    ChangeKind.DEMOLITION: (1, _MANY, 0, 0),
    ChangeKind.UNION: (2, _MANY, 1, 1),
    ChangeKind.DIVISION: (1, 1, 2, _MANY),
}
"""least and most predecessors, least and most successors"""


def _confidence(value: float) -> float:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise Invalid(f"confidence: {value}, expected 0 to 1")
    return float(value)


def _rivals(desk: Desk, values: Sequence[str]) -> tuple[str, ...]:
    rivals = text.each_once("contrastsWith", values, MAX_RIVALS)
    for each in rivals:
        if not desk.has(Hypothesis, each):
            raise NotFound(f"there is no hypothesis {text.shown(each)} in scene {desk.scene}")
    return rivals


def _branches(desk: Desk, changed: Sequence[Hypothesis]) -> None:
    """Branches build on one another without a circle, and none on what it contradicts."""
    known = {**desk.members(Hypothesis), **{each.id: each for each in changed}}
    way = circle({each.id: [each.builds_on] for each in known.values() if each.builds_on})
    if way:
        said = " builds on ".join(f"“{known[each].title}”" for each in way)
        raise Cycle(f"buildsOn: {said}")
    if any(each.id in each.contrasts_with for each in changed):
        raise Invalid("contrastsWith: a hypothesis does not contradict itself")
    rivals = rivals_of(known)
    for each in known.values():
        base = each.builds_on
        while base in known:
            if base in rivals[each.id]:
                raise Invalid(
                    f"contrastsWith: “{each.title}” builds on “{known[base].title}”, and the two contradict each other"
                )
            base = known[base].builds_on


def _preferred(desk: Desk, hypothesis: Hypothesis) -> Also:
    """A scene with rivals always prefers one of them: where it preferred none, the first that this one contradicts."""
    if not hypothesis.contrasts_with:
        return Also()
    scenes, read = desk.fresh(Scene, (desk.scene,))
    changes = (
        Put(replace(scene, default_hypothesis=hypothesis.contrasts_with[0]))
        for scene in scenes
        if not scene.default_hypothesis
    )
    also = tuple(changes)
    return Also(also, read if also else {})


def _without(desk: Desk, gone: Hypothesis) -> Also:
    """Those that contradicted a hypothesis that is removed contradict it no more."""
    wanted = [each.id for each in desk.members(Hypothesis).values() if gone.id in each.contrasts_with]
    rivals, read = desk.fresh(Hypothesis, wanted)
    kept = [tuple(other for other in each.contrasts_with if other != gone.id) for each in rivals]
    return Also(
        tuple(Put(replace(each, contrasts_with=others)) for each, others in zip(rivals, kept, strict=True)), read
    )


def _asset(desk: Desk, value: str) -> str:
    asset = desk.exists(Asset, value)
    if asset.media is not None:
        raise Invalid(f"asset: “{asset.title}” ({asset.id}) is a {asset.media.word}; only models stand in a scene")
    return asset.id


def _of_asset(desk: Desk, placement: Placement) -> Placement:
    """The title defaults to the asset's."""
    if placement.title:
        return placement
    return replace(placement, title=desk.exists(Asset, placement.asset).title)


def _release(desk: Desk, gone: Placement) -> Also:
    """Notes at points of what is removed stay where they are."""
    wanted = [
        each.id
        for each in desk.members(Annotation).values()
        if each.anchor.placement == gone.id and each.anchor.kind is not AnchorKind.PLACEMENT
    ]
    notes, read = desk.fresh(Annotation, wanted)
    return Also(
        tuple(Put(replace(each, anchor=replace(each.anchor, placement="", surface=None))) for each in notes), read
    )


def _parts(name: str, desk: Desk, values: Sequence[str]) -> tuple[str, ...]:
    parts = text.each_once(name, values, MAX_PARTS)
    desk.check_members(Placement, parts)
    return parts


def _as_many(_: Desk, event: ChangeEvent) -> ChangeEvent:
    """As many on either side as the kind of change has."""
    least, most, least_after, most_after = PARTS[event.kind]
    for name, found, low, high in (
        ("predecessors", len(event.predecessors), least, most),
        ("successors", len(event.successors), least_after, most_after),
    ):
        if not low <= found <= high:
            expected = f"{low}" if low == high else f"{low} or more"
            raise Invalid(f"{name}: {found}, expected {expected} for a {event.kind}")
    return event


def _succession(desk: Desk, changed: Sequence[ChangeEvent]) -> None:
    """Nothing becomes its own predecessor."""
    became: dict[str, list[str]] = {}
    for event in {**desk.members(ChangeEvent), **{each.id: each for each in changed}}.values():
        for before in event.predecessors:
            became.setdefault(before, []).extend(event.successors)
    if way := circle(became):
        known = desk.members(Placement)
        said = " became ".join(f"“{known[each].title}”" if each in known else each for each in way)
        raise Cycle(f"successors: {said}")


def _happened(desk: Desk, changed: Sequence[ChangeEvent]) -> None:
    """Events form no circle, and happened when they can have. Raises Cycle, Contradiction."""
    _succession(desk, changed)
    check_events(desk, changed)


def _agrees(desk: Desk, changed: Sequence[Placement]) -> None:
    """Times of placements agree with what is said of them, and with what happened to them. Raises Contradiction."""
    check_times(desk, changed)
    check_placed(desk, changed)


HYPOTHESIS = Rules(
    kind=Hypothesis,
    checks=dict(
        (
            checked("title", text.title),
            named("author", lambda name, value: text.line(name, value, text.MAX_TITLE)),
            named("argument", text.text),
            ("contrasts_with", _rivals),
            one_of("builds_on", Hypothesis),
            checked("confidence", _confidence),
            checked("sources", text.sources),
            checked("audience", Visibility),
        )
    ),
    agree=_branches,
    agree_on=frozenset({"builds_on", "contrasts_with"}),
    also=_preferred,
    let_go=_without,
    made="proposed",
    most=1_000,
)

PLACEMENT = Rules(
    kind=Placement,
    home="layer",
    checks=dict(
        (
            one_of("layer", Layer),
            ("asset", _asset),
            named("title", lambda name, value: text.line(name, value, text.MAX_TITLE)),
            checked("existence", time.existence_if_any),
            checked("transform", space.transform),
            one_of("hypothesis", Hypothesis),
            checked("reliability", Reliability),
            named("why", text.text),
            checked("sources", text.sources),
            checked("period", text.period),
            checked("generated", text.generated),
            checked("audience", Visibility),
        )
    ),
    fields={"why": "reason"},
    begins=lambda _: {"title": ""},
    whole=_of_asset,
    agree=_agrees,
    agree_on=frozenset({"existence", "hypothesis"}),
    let_go=_release,
    made="placed",
)

CHANGE_EVENT = Rules(
    kind=ChangeEvent,
    checks=dict(
        (
            checked("title", text.title),
            checked("kind", ChangeKind),
            checked("existence", time.existence),
            ("predecessors", lambda desk, value: _parts("predecessors", desk, value)),
            ("successors", lambda desk, value: _parts("successors", desk, value)),
            named("description", text.text),
            checked("sources", text.sources),
        )
    ),
    whole=_as_many,
    agree=_happened,
    agree_on=frozenset({"kind", "existence", "predecessors", "successors"}),
    made="recorded",
)
