"""Rooms that a curator opens for a guide. Nothing is written: a guide's key is a signature with an expiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry
from strawberry import ID

from api.room_keys import GUIDE_HOURS, guide_key
from api.types import Info, field
from scenes import model
from scenes.errors import Invalid
from scenes.rights import Action, require, require_work, seen
from streaming.room_names import MAX_ROOM, is_room


@strawberry.type(description="A room of a scene, where a guide leads and visitors follow.")
class OpenedRoom:
    """Answer of `openRoom`."""

    room: str = strawberry.field(description="Its name, which visitors join.")
    guide_key: str = strawberry.field(
        description="Whoever has it may guide in this room without being a curator, until it expires. A secret."
    )
    expires_at: datetime = strawberry.field(description="When the key ends, UTC. Visitors may join any time.")
    visitor_link: str = strawberry.field(
        description="What visitors open, behind the address of a page that shows the scene: `?room=…`."
    )
    guide_link: str = strawberry.field(
        description="What the guide opens: the same with the key behind `#`, where no server sees it."
    )


async def _open_room(
    info: Info,
    scene: Annotated[ID, strawberry.argument(description="Id of the scene.")],
    room: Annotated[
        str | None,
        strawberry.argument(
            description=f"Name of the room, 1 to {MAX_ROOM} letters, digits, `_` and `-`; null: one nobody guesses."
        ),
    ] = None,
) -> OpenedRoom:
    """Invite to a room of a scene: its name, links for guide and visitors, and the guide's key. Curators only."""
    services, actor = info.context.services, info.context.actor
    require_work(actor, Action.EDIT)
    found = await services.call(services.cleared(actor).get, model.Scene, scene)
    known = seen(found, f"scene {scene[:80]!r}")
    require(actor, Action.EDIT, known)
    name = services.ids.new("room") if room is None else room
    if not is_room(name):
        raise Invalid(f"room {name[:80]!r}: 1 to {MAX_ROOM} letters, digits, _ and - expected")
    expires = int((services.clock.now() + timedelta(hours=GUIDE_HOURS)).timestamp())
    key = guide_key(services.settings.secret_key, known.id, name, expires=expires)
    return OpenedRoom(
        room=name, guide_key=key, expires_at=datetime.fromtimestamp(expires, UTC), visitor_link=f"?room={name}",
        guide_link=f"?room={name}#guide={key}",
    )  # fmt: skip


FIELDS = {"open_room": field(_open_room)}
"""for the root of mutations"""
