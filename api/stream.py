"""`/stream`: pumps between a WebSocket, `streaming.server` and `scenes.delivery`. docs/protocol.md is what it speaks.

Four tasks share one session, all on the event loop, so that nothing needs a lock:
- *hear* takes what the client says and keeps the latest wish;
- *plan* answers wishes: it moves in time and selects tiles in a thread, the latest wish first, what was overtaken not
  at all;
- *tell* sends what the session says is next;
- *fetch* has the bytes of the next tiles read in a thread, if they are not in memory.

The first task to end ends the others; how it ended decides the close code. Tiles come from a cache in memory shared by
all streams: served from files one by one they cost 25 times the processor time (measured with FileResponse).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.auth import COOKIE, actor_of
from api.errors import INTERNAL, kind_of, message_of
from scenes.assemble import named
from scenes.delivery import Delivery, Entered, Wish
from scenes.errors import Forbidden, NotFound, SceneError
from streaming.errors import CloseCode, StreamError
from streaming.events import Budget, ClientMessage, Look, Seek
from streaming.limits import STALL_S
from streaming.opening import PARAMETERS, SUBPROTOCOL, Opening, read_opening
from streaming.server import ServerSession
from tiling import tileset
from tiling.select import Limits
from tiling.view import View, gaze_towards
from timeline.errors import TimelineError
from timeline.interval import Certainty

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from api.services import Services
    from scenes.ports import Notice
    from tiling.tree import TileTree

log = logging.getLogger("chronotope.stream")

HOT_TILES_BYTES = 256 << 20
HOT_TREES_BYTES = 64 << 20
READ_TOGETHER = 8
"""blobs that are read in one go in a thread"""
RECHECK_S = 5.0
"""how often a stream looks whether scene and rights still hold; notices of the bus only make it sooner"""
CLOSE_PATIENCE_S = 5.0
PLAN_INTERVAL_S = 0.033

V = TypeVar("V")


class Hot(Generic[V]):
    """Values by digest, the least recently used forgotten first, within a number of bytes. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> V | None:
        """The value, if it is still here."""
        with self._lock:
            found = self._values.get(digest)
            if found is None:
                return None
            self._values.move_to_end(digest)
            return found[0]

    def put(self, digest: str, value: V, size: int) -> None:
        """Keep a value of `size` bytes; one that is larger than a quarter of the limit is not kept."""
        with self._lock:
            if digest in self._values or size > self._limit // 4:
                return
            self._values[digest] = value, size
            self._used += size
            while self._used > self._limit:
                _, (_, freed) = self._values.popitem(last=False)
                self._used -= freed


class Shared:
    """What all streams of one application share: tiles and tile trees in memory."""

    def __init__(self, services: Services) -> None:
        self._blobs = services.blobs
        self.tiles: Hot[bytes] = Hot(HOT_TILES_BYTES)
        self._trees: Hot[TileTree] = Hot(HOT_TREES_BYTES)

    def tree(self, digest: str) -> TileTree:
        """The tile tree of a tileset document and those that it refers to. Blocking."""
        tree = self._trees.get(digest)
        if tree is None:
            sizes = []

            def read(digest: str) -> bytes:
                data = self._blobs.read(digest)
                sizes.append(len(data))
                return data

            tree = tileset.read(read(digest), named(read))
            self._trees.put(digest, tree, sum(sizes))
        return tree

    def read(self, digests: tuple[str, ...]) -> list[tuple[str, bytes]]:
        """The bytes of some tiles. Blocking."""
        found = []
        for digest in digests:
            data = self.tiles.get(digest)
            if data is None:
                data = self._blobs.read(digest)
                self.tiles.put(digest, data, len(data))
            found.append((digest, data))
        return found


def shared_of(websocket: WebSocket, services: Services) -> Shared:
    """What this application's streams share, made on first use."""
    state = websocket.app.state
    if not hasattr(state, "stream_shared"):
        state.stream_shared = Shared(services)
    shared: Shared = state.stream_shared
    return shared


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
    except (SceneError, TimelineError) as error:
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
    actor = await actor_of(websocket, services)
    shared = shared_of(websocket, services)
    delivery = Delivery(services.catalogue, shared.tree, scene_id=opening.scene, actor=actor, tables=services.tables)
    entered = await services.call(delivery.enter, Wish(opening.at, opening.hypothesis, _minimum(opening.certainty)))
    stream = _Stream(websocket, services, shared, delivery, opening)
    try:
        await stream.run(entered, services.ids.new("session"))
    finally:
        figures = stream.session.figures
        log.info(
            "stream of %s ended: %d chunks, %d bytes, %d evicted",
            opening.scene, figures.chunks, figures.chunk_bytes, figures.evicted,
        )  # fmt: skip
    return CloseCode.DONE, ""


def _refuse_foreign_pages(websocket: WebSocket) -> None:
    """A cookie that comes with a foreign page's Origin is somebody else's idea (cross-site WebSocket hijacking)."""
    origin = websocket.headers.get("origin")
    if origin is None or COOKIE not in websocket.cookies:
        return
    if "authorization" in websocket.headers or websocket.query_params.get("token"):
        return  # it is the token that counts
    if urlsplit(origin).netloc != websocket.headers.get("host"):
        raise StreamError("a cookie from a foreign origin", CloseCode.FORBIDDEN)


def _minimum(certainty: str) -> Certainty:
    return Certainty(certainty)


class _Stream:
    """One conversation after its opening."""

    def __init__(
        self, websocket: WebSocket, services: Services, shared: Shared, delivery: Delivery, opening: Opening
    ) -> None:
        self._websocket, self._services, self._shared, self._delivery = websocket, services, shared, delivery
        self._loop = asyncio.get_running_loop()
        budget = opening.budget()
        self.session = ServerSession(
            budget=budget, now=self._loop.time(), held=opening.held, groups=opening.groups, stats=opening.stats
        )  # fmt: skip
        self._scene = opening.scene
        self._limits = Limits(budget.bytes, budget.triangles, budget.draws, budget.textures, opening.error)
        self._view, self._look = _first_view(opening, delivery), 0
        self._seek: Seek | None = None
        self._answered = 0
        self._unplanned = True
        """whether something changed that the plan does not follow yet"""
        self._wished, self._woken, self._hungry = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._recheck = False

    async def run(self, entered: Entered, session_id: str) -> None:
        """Until the client leaves; whatever else ends it is raised."""
        self.session.open(session=session_id, scene=self._scene, title=entered.title)
        self._enter(entered)
        self._wished.set()
        silence = self._services.bus.listen(self._scene, self._on_notice)
        tasks = [asyncio.create_task(work) for work in (self._hear(), self._plan(), self._tell(), self._fetch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            silence()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        # In this order: where the client's fault ends one task, another may have ended of it.
        for task in tasks:
            if task in done:
                task.result()

    def _on_notice(self, _: Notice) -> None:
        """The scene changed; called from any thread."""
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        self._recheck = True
        self._wished.set()

    # What the client says

    async def _hear(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            for event in self.session.receive(message["bytes"] if text is None else text, self._loop.time()):
                self._note(event)
            self._woken.set()

    def _note(self, event: ClientMessage) -> None:
        match event:
            case Look():
                self._view = View(event.eye, event.gaze, event.fov, event.aspect, event.height)
                self._look, self._unplanned = event.look, True
            case Seek():
                self._seek = event
            case Budget():
                budget = self.session.budget
                self._limits = Limits(
                    budget.bytes, budget.triangles, budget.draws, budget.textures, self._limits.error
                )  # fmt: skip
                self._unplanned = True
        self._wished.set()

    # What follows from it

    async def _plan(self) -> None:
        while True:
            try:
                async with asyncio.timeout(RECHECK_S):
                    await self._wished.wait()
            except TimeoutError:
                self._recheck = True
            self._wished.clear()
            begun = self._loop.time()
            if self._seek is not None:
                await self._answer()
            if self._recheck:
                await self._check_again()
            if self._unplanned and self._seek is None:
                await self._choose()
            # Looks may come at 90 a second; nobody sees more than 30 plans.
            if self._seek is None:
                await asyncio.sleep(max(0.0, begun + PLAN_INTERVAL_S - self._loop.time()))

    async def _answer(self) -> None:
        """Move in time. Seeks that a later one overtook before their turn are not answered."""
        seek, self._seek = self._seek, None
        assert seek is not None
        wish = Wish(seek.at, seek.hypothesis, _minimum(seek.certainty))
        try:
            entered = await self._services.call(self._delivery.enter, wish)
        except (SceneError, TimelineError) as error:
            self.session.refuse(kind_of(error).code, message_of(error), seek.seek)
            self._woken.set()
            # If it is the scene that is gone, the stream ends.
            self._recheck = isinstance(error, NotFound)
            return
        self._answered = seek.seek
        self._enter(entered)

    async def _check_again(self) -> None:
        self._recheck = False
        try:
            entered = await self._services.call(self._delivery.refresh)
        except NotFound as error:
            raise Forbidden("the scene is no longer there for you") from error
        except TimelineError as error:
            log.warning("scene %s cannot be resolved any more: %s", self._scene, error)
            return
        if entered is not None:
            self._enter(entered)

    def _enter(self, entered: Entered) -> None:
        self.session.enter(
            seek=self._answered, at=entered.at, label=entered.label, hypothesis=entered.hypothesis,
            certainty=entered.certainty, placements=entered.placements, gone=entered.gone, now=self._loop.time(),
        )  # fmt: skip
        self._unplanned = True
        self._woken.set()

    async def _choose(self) -> None:
        self._unplanned = False
        plan = await self._services.call(
            self._delivery.plan, self._view, self._limits, state=self.session.state, look=self._look
        )
        self.session.set_plan(plan)
        self._woken.set()

    # What the server says

    async def _tell(self) -> None:
        while True:
            self._woken.clear()
            now = self._loop.time()
            self.session.check(now)
            self._supply_from_memory()
            messages = self.session.data_to_send(now)
            for message in messages:
                await self._send(message)
            if messages:
                await asyncio.sleep(0)  # so that acknowledgements are heard between bursts
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self.session.next_due(now)):
                    await self._woken.wait()

    def _supply_from_memory(self) -> None:
        for digest in self.session.needs():
            data = self._shared.tiles.get(digest)
            if data is None:
                self._hungry.set()
                return
            self.session.supply(digest, data)

    async def _send(self, message: str | bytes) -> None:
        try:
            async with asyncio.timeout(STALL_S):
                if isinstance(message, str):
                    await self._websocket.send_text(message)
                else:
                    await self._websocket.send_bytes(message)
        except TimeoutError as error:
            raise StreamError("nothing was taken for 20 s", CloseCode.SLOW) from error

    async def _fetch(self) -> None:
        while True:
            await self._hungry.wait()
            self._hungry.clear()
            while digests := self.session.needs()[:READ_TOGETHER]:
                try:
                    found = await self._services.call(self._shared.read, digests)
                except NotFound as error:
                    raise LookupError("a tile of the scene is missing from the blobs") from error
                for digest, data in found:
                    self.session.supply(digest, data)
                self._woken.set()


def _first_view(opening: Opening, delivery: Delivery) -> View:
    viewpoint = delivery.viewpoint
    eye = opening.eye or viewpoint.position
    gaze = opening.gaze or gaze_towards(eye, viewpoint.target)
    return View(eye, gaze, opening.fov, opening.width / opening.height, opening.height)
