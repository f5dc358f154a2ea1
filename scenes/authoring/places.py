"""Rules of scenes and of what divides them: layers, epochs, exhibitions."""

from __future__ import annotations

from scenes.authoring import space, text, time
from scenes.authoring.chronology import check_times
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked, named, one_of, whole_number
from scenes.errors import Conflict, InUse
from scenes.model import Epoch, Exhibition, Hypothesis, Layer, Scene, Visibility

_FEW = 1_000


def _ordinal(desk: Desk) -> dict[str, object]:
    """A new layer comes last."""
    layers = desk.members(Layer).values()
    return {"ordinal": max((layer.ordinal for layer in layers), default=-1) + 1}


def _free_slug(desk: Desk, exhibition: Exhibition) -> Exhibition:
    taken = desk.museum.catalogue.exhibition_by_slug(exhibition.slug)
    if taken is not None and taken.id != exhibition.id:
        raise Conflict(f"slug: the address {exhibition.slug!r} is taken")
    return exhibition


def _not_shown(_: Desk, exhibition: Exhibition) -> None:
    if exhibition.visibility is not Visibility.DRAFT:
        raise InUse(f"the exhibition “{exhibition.title}” is public; take it back first")


SCENE = Rules(
    kind=Scene,
    home="",
    checks=dict(
        (
            checked("title", text.title),
            named("description", text.text),
            checked("default_moment", time.moment),
            checked("viewpoint", space.viewpoint),
            checked("georeference", space.georeference),
            checked("georeference_for", Visibility),
            one_of("default_hypothesis", Hypothesis),
        )
    ),
    begins=lambda _: {"description": "", "visibility": Visibility.DRAFT},
)

LAYER = Rules(
    kind=Layer,
    checks=dict((checked("title", text.title), named("ordinal", whole_number), checked("audience", Visibility))),
    begins=_ordinal,
    most=_FEW,
)

EPOCH = Rules(
    kind=Epoch,
    checks=dict(
        (
            checked("title", text.title),
            checked("existence", time.existence_if_any),
            named("description", text.text),
            checked("colour", text.colour),
        )
    ),
    agree=check_times,
    agree_on=frozenset({"existence"}),
    most=_FEW,
)

EXHIBITION = Rules(
    kind=Exhibition,
    checks=dict((checked("slug", text.slug), checked("title", text.title), named("description", text.text))),
    begins=lambda _: {"description": "", "visibility": Visibility.DRAFT},
    whole=_free_slug,
    before_removal=_not_shown,
)
