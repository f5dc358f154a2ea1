"""graphql-transport-ws: queries, mutations and subscriptions over one WebSocket.

    opened ──connection_init──► acknowledged ──subscribe──► operation ──next*──► complete | error
       └── 10 s without it: 4408        └── 50 operations at a time

Written here and not taken from Strawberry, because every message is checked by `api.guard` before anything looks into
it, and because errors get their codes. Each operation is a task that waits while the peer does not read, so a slow
peer holds back only itself. Source: PROTOCOL.md of graphql-ws.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.types.execution import ExecutionResult, PreExecutionError

from api import guard
from api.answers import answered, as_json, shown
from api.auth import actor_of, by_token
from api.errors import DoorError, kind_of
from api.loaders import Context
from api.rates import OTHER, query_points, toll_of
from scenes.audit import WHO
from scenes.errors import SceneError, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.websockets import WebSocket
    from strawberry import Schema

    from api.services import Services
    from scenes.model import Actor

    Admit = Callable[[object], guard.Request]

log = logging.getLogger("chronotope.graphql")

SUBPROTOCOL = "graphql-transport-ws"
INIT_S = 10.0
OPERATIONS = 50


class _Close(Exception):
    """The peer broke the protocol; the socket is closed with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


async def serve(
    websocket: WebSocket, services: Services, schema: Schema, admit: Admit, *, init_s: float = INIT_S
) -> None:
    """Speak the protocol until either side ends it; `admit` is `guard.admit` for this schema."""
    if SUBPROTOCOL not in websocket.scope["subprotocols"]:
        await websocket.accept()
        await websocket.close(4406, "Subprotocol not acceptable")
        return
    await websocket.accept(subprotocol=SUBPROTOCOL)
    session = _Session(websocket, services, schema, admit)
    try:
        try:
            actor = await actor_of(websocket, services)
        except Unauthorized as error:
            raise _Close(kind_of(error).close, "Unauthorized") from None
        await session.run(actor, init_s)
    except DoorError as error:
        await websocket.close(kind_of(error).close, error.code)
    except _Close as close:
        if websocket.application_state is WebSocketState.CONNECTED:
            await websocket.close(close.code, close.reason)
    except WebSocketDisconnect:
        pass
    finally:
        await session.end()


class _Session:
    def __init__(self, websocket: WebSocket, services: Services, schema: Schema, admit: Admit) -> None:
        self._websocket, self._services, self._schema, self._admit = websocket, services, schema, admit
        self._toll = toll_of(websocket)
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._actor: Actor | None = None

    async def run(self, actor: Actor, init_s: float) -> None:
        try:
            async with asyncio.timeout(init_s) as waiting:
                while True:
                    message = await self._receive()
                    kind = message.get("type")
                    if kind == "connection_init":
                        if self._actor is not None:
                            raise _Close(4429, "Too many initialisation requests")
                        self._actor = await self._sign_in(actor, message.get("payload"))
                        waiting.reschedule(None)
                        await self._send({"type": "connection_ack"})
                    elif kind == "ping":
                        await self._send({"type": "pong"})
                    elif kind == "subscribe":
                        await self._subscribe(message)
                    elif kind == "complete":
                        task = self._operations.pop(_id(message), None)
                        if task is not None:
                            task.cancel()
                    elif kind != "pong":
                        raise _Close(4400, "Unknown message type")
        except TimeoutError:
            raise _Close(4408, "Connection initialisation timeout") from None

    async def end(self) -> None:
        tasks = list(self._operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self) -> dict[str, Any]:
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        text = event.get("text")
        if text is None:
            raise _Close(4400, "Messages must be text")
        body = text.encode("utf-8", "replace")
        # A little more than a body: the message wraps it.
        if len(body) > guard.BODY_BYTES + 1024:
            raise _Close(1009, "Message too big")
        try:
            message = guard.read_json(body)
        except DoorError:
            raise _Close(4400, "Messages must be JSON") from None
        if not isinstance(message, dict):
            raise _Close(4400, "Messages must be JSON objects")
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        await self._websocket.send_text(as_json(message).decode())

    async def _sign_in(self, actor: Actor, payload: object) -> Actor:
        """A browser's WebSocket sends no headers, so the token may come in the payload: `{"token": "…"}`."""
        if payload is not None and not isinstance(payload, dict):
            raise _Close(4400, "Invalid connection init payload")
        token = (payload or {}).get("token")
        if token is None:
            return actor
        known = None
        if isinstance(token, str) and len(token) <= 200:
            known = await self._services.call(by_token, self._services, token)
        if known is None:
            raise _Close(4403, "Forbidden")
        WHO.set(known.name)
        self._toll.signed_in(known)
        return known

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._actor is None:
            raise _Close(4401, "Unauthorized")
        name = _id(message)
        if name in self._operations:
            raise _Close(4409, f"Subscriber for {name} already exists")
        if not isinstance(message.get("payload"), dict):
            raise _Close(4400, "A subscribe message needs a payload")
        if len(self._operations) >= OPERATIONS:
            refused = DoorError("LIMIT", f"at most {OPERATIONS} operations at a time")
            await self._send({"id": name, "type": "error", "payload": shown([refused])})
            return
        self._operations[name] = asyncio.create_task(self._operate(name, message["payload"], self._actor))

    async def _operate(self, name: str, payload: object, actor: Actor) -> None:
        try:
            last = await self._answer(name, payload, actor)
        except asyncio.CancelledError:
            # The peer said `complete`: it hears no more of this operation.
            raise
        except (WebSocketDisconnect, RuntimeError) as error:
            # Starlette raises RuntimeError for sending after the end; the receiving side sees the end itself.
            log.debug("an operation lost its socket: %s", error)
            return
        except Exception:
            log.exception("a GraphQL operation failed")
            last = {
                "id": name,
                "type": "error",
                "payload": [{"message": "INTERNAL", "extensions": {"code": "INTERNAL"}}],
            }
        # Free before the peer hears of it: it may use the id again at once.
        if self._operations.pop(name, None) is not None:
            await self._send(last)

    async def _answer(self, name: str, payload: object, actor: Actor) -> dict[str, Any]:
        """Send what an operation yields; the message that ends it."""
        try:
            # As a request by POST does.
            self._toll.pay(OTHER)
            request = self._admit(payload)
            guard.require_known(request, actor)
            self._toll.pay(query_points(request.cost))
        except (DoorError, GraphQLError, SceneError) as error:
            return {"id": name, "type": "error", "payload": shown([error])}
        results = await self._schema.stream(
            request.query,
            variable_values=request.variables,
            context_value=Context(self._services, actor, request.document),
            operation_name=request.operation,
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, PreExecutionError):
                    return {"id": name, "type": "error", "payload": shown(result.errors or [])}
                assert isinstance(result, ExecutionResult), "@defer and @stream are off"
                await self._send({"id": name, "type": "next", "payload": answered(result)})
        return {"id": name, "type": "complete"}


def _id(message: dict[str, Any]) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise _Close(4400, "Expected an id")
    return name
