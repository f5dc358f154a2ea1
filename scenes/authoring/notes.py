"""Rules of annotations."""

from __future__ import annotations

from dataclasses import replace

from scenes.authoring import space, text, time
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked
from scenes.errors import Invalid
from scenes.model import Anchor, AnchorKind, Annotation, Asset, Motivation, Placement, SurfacePoint

_WANTED: dict[AnchorKind, str] = {
    AnchorKind.POINT: "position",
    AnchorKind.REGION: "region",
    AnchorKind.PLACEMENT: "placement",
}
"""what an anchor of a kind cannot be without"""


def anchor_kind(anchor: Anchor) -> AnchorKind:
    """What an anchor is by what is given of it: its region, else its point, else its placement, else the scene."""
    for kind in (AnchorKind.REGION, AnchorKind.POINT, AnchorKind.PLACEMENT):
        if getattr(anchor, _WANTED[kind]):
            return kind
    return AnchorKind.SCENE


def _anchor(desk: Desk, given: Anchor) -> Anchor:
    wanted = _WANTED.get(given.kind)
    if wanted and not getattr(given, wanted):
        raise Invalid(f"anchor: a {given.kind} needs its {wanted}")
    region = space.region(given.region) if given.region else ()
    position = space.point("position", given.position) if given.position is not None else None
    if position is None and region:
        position = space.centre(region)
    placement = desk.member(Placement, given.placement) if given.placement else None
    surface = None
    if given.surface is not None:
        if placement is None:
            raise Invalid("surface: of which placement?")
        surface = _surface(desk, placement, given.surface)
    return Anchor(given.kind, position, region, given.placement, surface)


def _surface(desk: Desk, placement: Placement, given: SurfacePoint) -> SurfacePoint:
    """A spot on the master that the asset has now: where nothing is said, it is taken for that."""
    master = desk.exists(Asset, placement.asset).master
    if given.digest and given.digest != master:
        raise Invalid(f"digest: {text.shown(given.digest)} is not the asset's master, which is {master}")
    return space.surface(replace(given, digest=master))


ANNOTATION = Rules(
    kind=Annotation,
    checks=dict(
        (
            checked("title", text.title),
            checked("bodies", text.bodies),
            ("anchor", _anchor),
            checked("existence", time.existence),
            checked("motivation", Motivation),
            checked("tags", text.tags),
            checked("sources", text.sources),
        )
    ),
    # Signed by who writes it; whoever changes it stands in the history.
    begins=lambda desk: {"author": desk.actor.name, "created_at": desk.museum.clock.now()},
    made="noted",
)
