"""`/stream`: the door of `chronotope.v1`. docs/protocol.md is what it speaks.

It reads the opening, finds the session that the client goes on with or makes a new one, lets `api.stream_conversation`
run it, and turns whatever ends it into a close code.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.auth import COOKIE, actor_of
from api.errors import INTERNAL, DoorError, kind_of, message_of
from api.rooms import rooms_of
from api.stream_conversation import Conversation, converse
from api.stream_foresight import Foresight
from api.stream_parking import new_token
from api.stream_shared import Shared, shared_of
from api.stream_visit import Visit, first_view, limits_of
from scenes.delivery import Delivery, Wish
from scenes.errors import Forbidden, NotFound, SceneError
from streaming.errors import CloseCode, StreamError
from streaming.opening import PARAMETERS, SUBPROTOCOL, Opening, read_opening
from streaming.server import ServerSession
from timeline.errors import TimelineError
from timeline.interval import Certainty

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from api.services import Services
    from scenes.model import Actor

log = logging.getLogger("chronotope.stream")

CLOSE_PATIENCE_S = 5.0


async def serve(websocket: WebSocket, services: Services) -> None:
    """Speak `chronotope.v1` with one client until either side ends it. Answers every failure by a close code."""
    if SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
        await websocket.accept()
        await _close(websocket, CloseCode.SUBPROTOCOL, f"offer the subprotocol {SUBPROTOCOL}")
        return
    await websocket.accept(subprotocol=SUBPROTOCOL)
    try:
        code, reason = await _converse(websocket, services)
    except StreamError as error:
        code, reason = error.close_code.value, error.reason
    except (SceneError, TimelineError, DoorError) as error:
        code, reason = kind_of(error).close, StreamError(message_of(error)).reason
    except WebSocketDisconnect:
        return
    except Exception:  # the outermost loop of a stream: logged and answered
        log.exception("stream failed")
        code, reason = INTERNAL.close, INTERNAL.title
    await _close(websocket, code, reason)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Say why it ends, if the client still listens and takes it in time."""
    if WebSocketState.DISCONNECTED in (websocket.client_state, websocket.application_state):
        return
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(CLOSE_PATIENCE_S):
            await websocket.close(code, reason)


async def _converse(websocket: WebSocket, services: Services) -> tuple[int, str]:
    _refuse_foreign_pages(websocket)
    opening = read_opening(pair for pair in websocket.query_params.multi_items() if pair[0] in PARAMETERS)
    shared = shared_of(websocket, services)
    with shared.counted(websocket.client.host if websocket.client else ""):
        actor = await actor_of(websocket, services)
        visit = await _resumed(opening, actor, services, shared) if opening.resume else None
        if visit is None:
            visit = await _begun(opening, actor, services, shared)
        try:
            conversation = Conversation(websocket, services, shared, visit)
            with rooms_of(websocket, services).attended(conversation):
                await converse(conversation, shared)
        finally:
            figures = visit.session.figures
            log.info(
                "stream of %s ended: %d chunks, %d bytes, %d evicted",
                opening.scene, figures.chunks, figures.chunk_bytes, figures.evicted,
            )  # fmt: skip
    return CloseCode.DONE, ""


async def _resumed(opening: Opening, actor: Actor, services: Services, shared: Shared) -> Visit | None:
    """The visit that the client goes on with; None where it starts over."""
    visit = await shared.parking.take(opening.resume, actor, opening.scene)
    if visit is None:
        return None
    try:
        changed = await services.call(visit.delivery.refresh)
    except NotFound as error:
        raise Forbidden("the scene is no longer there for you") from error
    # What changed may be a right: nothing of what was said before is said again then.
    if changed is not None or not visit.session.resume(opening.received, monotonic()):
        return None
    return visit


async def _begun(opening: Opening, actor: Actor, services: Services, shared: Shared) -> Visit:
    """A new visit, greeted, its first state said."""
    cleared = services.cleared(actor)
    delivery = Delivery(cleared, shared.stock, scene_id=opening.scene, group=shared.group)
    wish = Wish(opening.at, opening.hypothesis, Certainty(opening.certainty.value))
    entered = await services.call(delivery.enter, wish)
    foresight = Foresight(cleared, shared.stock, scene_id=opening.scene, group=shared.group)
    foresight.began(wish, entered.at)
    budget, now = opening.budget(services.settings.stream_profiles), monotonic()
    session = ServerSession(
        budget=budget, now=now, held=opening.held, groups=opening.groups, stats=opening.stats
    )  # fmt: skip
    visit = Visit(
        token=new_token(), actor=actor, scene=opening.scene, session=session, delivery=delivery,
        view=first_view(opening, delivery), limits=limits_of(budget, opening.error), gzip=opening.gzip,
        brotli=opening.brotli, groups=opening.groups, prefetch=opening.prefetch, foresight=foresight,
    )  # fmt: skip
    session.open(session=services.ids.new("session"), scene=opening.scene, title=entered.title, token=visit.token)
    session.enter(
        seek=0, at=entered.at, label=entered.label, hypothesis=entered.hypothesis, certainty=entered.certainty,
        count=entered.count, placements=entered.placements, gone=entered.gone, now=now,
    )  # fmt: skip
    return visit


def _refuse_foreign_pages(websocket: WebSocket) -> None:
    """A cookie that comes with a foreign page's Origin is somebody else's idea (cross-site WebSocket hijacking)."""
    origin = websocket.headers.get("origin")
    if origin is None or COOKIE not in websocket.cookies:
        return
    if "authorization" in websocket.headers or websocket.query_params.get("token"):
        return  # it is the token that counts
    if urlsplit(origin).netloc != websocket.headers.get("host"):
        raise StreamError("a cookie from a foreign origin", CloseCode.FORBIDDEN)
