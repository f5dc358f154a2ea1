"""What others may hold of what an exhibition showed: taking it back reaches what we send, not what was sent."""

from __future__ import annotations

from functools import partial

import strawberry

from api.types.asset import Asset
from api.types.node import Info, field
from scenes import model
from scenes.authoring.publishing import assets_shown
from scenes.rights import FOR_NOW_S, STREAM_S, Keeping, keeping


@strawberry.type(description="What others may hold of what an exhibition shows or showed.")
class Copies:
    """Answer."""

    for_good: list[Asset] = strawberry.field(
        description="Assets shown there that are public whole under a licence which cannot be taken back: browsers and "
        "caches on the way may keep their files for good, whatever becomes of the exhibition."
    )
    still_public: list[Asset] = strawberry.field(
        description="Assets shown there that anybody is still sent, because they are public themselves; those of "
        "`forGood` among them. Taking back an exhibition leaves them as they are."
    )
    browser_seconds: int = strawberry.field(
        description="How long a browser may show what it was sent of anything else, without asking again."
    )
    stream_seconds: int = strawberry.field(
        description="How long a stream that is open may go on showing what its visitor may no longer see."
    )


@strawberry.type
class Copied:
    """What a mutation of an exhibition answers beside the exhibition."""

    @field
    async def copies(self, info: Info) -> Copies:
        """What others may hold of what is shown there, also once it is taken back."""
        record: model.Exhibition = self.exhibition.value  # type: ignore[attr-defined]  # payloads have it
        services = info.context.services
        ids = await services.call(assets_shown, services, record.scene)
        found = await services.call(partial(services.cleared(info.context.actor).get_many, model.Asset, ids))
        at = services.clock.now()
        kept = {name: keeping(found[name], at) for name in sorted(found)}
        return Copies(
            for_good=[Asset(value=found[name]) for name, each in kept.items() if each is Keeping.FOR_GOOD],
            still_public=[Asset(value=found[name]) for name, each in kept.items() if each is not Keeping.OWN],
            browser_seconds=FOR_NOW_S,
            stream_seconds=STREAM_S,
        )
