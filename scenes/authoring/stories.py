"""Rules of what is told: articles and tours."""

from __future__ import annotations

from collections.abc import Sequence

from scenes.authoring import space, text, time
from scenes.authoring.captions import captions
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked, named
from scenes.errors import Invalid
from scenes.model import Article, Asset, Audio, Hypothesis, Picture, Tour, TourStep

MAX_STEPS = 200
MAX_PICTURES = 100


def _pictures(desk: Desk, given: Sequence[Picture]) -> tuple[Picture, ...]:
    def picture(value: Picture) -> Picture:
        return Picture(
            *_where(desk, value.url, value.asset, "picture"),
            caption=text.line("caption", value.caption),
            credit=text.line("credit", value.credit),
        )

    return text.listed("pictures", given, picture, most=MAX_PICTURES)


def _where(desk: Desk, url: str, asset: str, what: str) -> tuple[str, str]:
    if bool(url) == bool(asset):
        raise Invalid(f"{what}: expected either an address or an asset")
    return text.url(f"url of a {what}", url), asset and _of_kind(desk.exists(Asset, asset), what).id


def _of_kind(asset: Asset, what: str) -> Asset:
    """The asset, if it can be that. A thing of the scene may stand for its picture; only a recording can be heard.

    Raises:
        Invalid: it is ready, and another kind of thing.
    """
    found = asset.media.word if asset.media else "model" if asset.tileset else what
    if found not in {what, "model" if what == "picture" else what}:
        raise Invalid(f"{what}: “{asset.title}” ({asset.id}) is a {found}")
    return asset


def _audio(desk: Desk, given: Audio) -> Audio:
    return Audio(
        *_where(desk, given.url, given.asset, "recording"),
        captions=captions(given.captions),
        language=text.language(given.language),
    )


def _steps(desk: Desk, given: Sequence[TourStep]) -> tuple[TourStep, ...]:
    def step(value: TourStep) -> TourStep:
        return TourStep(
            title=text.title(value.title),
            text=text.text("text", value.text),
            viewpoint=space.viewpoint(value.viewpoint),
            moment=time.moment(value.moment),
            hypothesis=value.hypothesis,
            audio=None if value.audio is None else _audio(desk, value.audio),
        )

    found = text.listed("steps", given, step, most=MAX_STEPS, least=1)
    desk.check_members(Hypothesis, sorted({each.hypothesis for each in found if each.hypothesis}))
    return found


ARTICLE = Rules(
    kind=Article,
    checks=dict(
        (
            checked("title", text.title),
            checked("bodies", text.bodies),
            ("pictures", _pictures),
            checked("existence", time.existence_if_any),
            checked("sources", text.sources),
        )
    ),
    begins=lambda desk: {"author": desk.actor.name},
    made="wrote",
)

TOUR = Rules(
    kind=Tour,
    checks=dict((checked("title", text.title), named("description", text.text), ("steps", _steps))),
)
