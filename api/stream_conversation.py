"""One connection of a stream, after its opening: pumps between a WebSocket, `streaming.server` and `scenes.delivery`.

A few tasks share one session, all on the event loop, so that nothing needs a lock:
- *hear* takes what the client says and keeps the latest wish;
- *plan* answers wishes: it moves in time and selects tiles in a thread, the latest wish first, what was overtaken not
  at all;
- *tell* sends what the session says is next;
- *fetch* has the bytes of the next tiles read in a thread, as long as they are not in memory;
- *foresee* has what the next moments need selected, once the view is complete and its visitor travels in time.

The last two are there only where there is something to do: thousands of streams wait at a time, and a task that waits
takes more than a kilobyte. A timer looks whether the client takes what is sent.

The first task to end ends the others; how it ended decides the close code, and whether the session is kept.

The clock is `time.monotonic`, from which the loop's differs by being whole milliseconds (uvloop): by these a link of
200 Mbit seemed to have 800.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect

from api.auth import check_still
from api.connections import BUFFERS, PATH
from api.errors import kind_of, message_of
from api.stream_visit import limits_of
from api.waiting import Signal
from scenes.delivery import Entered, Wish
from scenes.errors import Forbidden, NotFound, SceneError
from streaming.errors import CloseCode, StreamError
from streaming.events import Budget, ClientMessage, Look, Seek
from streaming.limits import STALL_S
from tiling.view import View
from timeline.errors import TimelineError
from timeline.interval import Certainty

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.websockets import WebSocket

    from api.services import Services
    from api.stream_shared import Shared
    from api.stream_visit import Visit
    from scenes.ports import Notice
    from streaming.frames_binary import Buffers
    from streaming.replay import Message

log = logging.getLogger("chronotope.stream")

READ_TOGETHER = 8
"""blobs that are read in one go in a thread"""
RECHECK_S = 4.0
"""how often a stream looks whether scene and rights still hold; notices of the bus only make it sooner"""
PLAN_INTERVAL_S = 0.033
AHEAD_S = 0.05
"""how far beyond half a round trip the eye is thought ahead: decoding, and a frame or two"""
WATCH_S = 1.0
FORESEE_S = 0.5
"""at most so often is what lies ahead selected anew, as the eye moves"""
BREATH = 2
"""turns after which the others get their turn, on links that never make this one wait"""


class Lost(Exception):
    """The connection broke; its client may be back on another one."""


class Conversation:
    """One connection."""

    def __init__(self, websocket: WebSocket, services: Services, shared: Shared, visit: Visit) -> None:
        self.visit = visit
        self.hearers: list[Callable[[ClientMessage], None]] = []
        """who else is told what the client said, once the session has read it"""
        self._websocket, self._services, self._shared = websocket, services, shared
        extensions = websocket.scope.get("extensions", {})
        self._takes_buffers = BUFFERS in extensions
        self._path: Callable[[], tuple[int, bool]] | None = extensions.get(PATH)
        self._loop = asyncio.get_running_loop()
        self._session, self._delivery = visit.session, visit.delivery
        self._seek: Seek | None = None
        self._unplanned = True
        """whether something changed that the plan does not follow yet"""
        self._recheck, self._checked_at = False, monotonic()
        self._wished, self._woken, self._calm = (Signal() for _ in range(3))
        self._sending_since: float | None = None
        self._over: asyncio.Future[None] = self._loop.create_future()
        """why it ends"""
        self._free = Signal()
        self._tasks: list[asyncio.Task[None]] = []
        self._fetching = self._foreseeing = False
        self._begun: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the client leaves; whatever else ends it is raised."""
        self._wished.set()
        silence = self._services.bus.listen(self.visit.scene, self._on_notice)
        for work in (self._hear(), self._plan(), self._tell()):
            self._start(work)
        if self.visit.foresight.has_direction:
            self._start_foreseeing()
        self._watching = self._loop.call_later(WATCH_S, self._watch)
        try:
            await self._over
        finally:
            silence()
            self._watching.cancel()
            ended = [task for task in self._tasks if task.done()]
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.gather(*self._begun, return_exceptions=True)
            self._free.set()
        # In this order: where the client's fault ends one task, another may have ended of it.
        for task in ended:
            task.result()

    def _start(self, work: Coroutine[None, None, None], *, is_passing: bool = False) -> None:
        """Begin a task whose end ends the conversation; one that is passing, only where it fails."""

        def ended(task: asyncio.Task[None]) -> None:
            if is_passing and not task.cancelled() and task.exception() is None:
                self._tasks.remove(task)
            elif not self._over.done():
                self._over.set_result(None)

        task = self._loop.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(ended)

    async def _whole(self, work: Coroutine[None, None, None]) -> None:
        """Do a piece of work to its end, even if the connection ends meanwhile.

        A thread can't be stopped: what it changes would be changed behind the back of the session, which then never
        says so, and of the connection that goes on with it.
        """
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        await asyncio.shield(task)

    async def displace(self) -> None:
        """End it with 4410, because its client came back on another connection; return when the session is free."""
        self._end_by(StreamError("another connection goes on with this session", CloseCode.REPLACED))
        await self._free.wait()

    def _end_by(self, error: StreamError) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    def say(self, message: str | bytes) -> None:
        """Say something that is no concern of the session's, encoded."""
        self._session.say(message)
        self._woken.set()

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
                # A close of the client has a reason, be it an empty one; a connection that is lost has none.
                if message.get("reason") is None:
                    raise Lost
                return
            text = message.get("text")
            for event in self._session.receive(message["bytes"] if text is None else text, monotonic()):
                self._note(event)
            self._woken.set()

    def _note(self, event: ClientMessage) -> None:
        visit = self.visit
        match event:
            case Look():
                visit.view = View(
                    event.eye, event.gaze, event.fov, event.aspect, event.height, event.velocity, event.turning,
                    event.sight,
                )  # fmt: skip
                visit.look, self._unplanned = event.look, True
            case Seek():
                self._seek = event
            case Budget():
                visit.limits = limits_of(self._session.budget, visit.limits.error)
                self._unplanned = True
            case _:
                for hearer in self.hearers:
                    hearer(event)
                return
        self._wished.set()

    # What follows from it

    async def _plan(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._checked_at + RECHECK_S):
                    await self._wished.wait()
            self._wished.clear()
            begun = monotonic()
            # However busy the client keeps us.
            self._recheck = self._recheck or begun >= self._checked_at + RECHECK_S
            if self._seek is not None:
                await self._whole(self._answer())
            if self._recheck:
                await self._whole(self._check_again())
            if self._unplanned and self._seek is None:
                await self._whole(self._choose())
            # Looks may come at 90 a second; nobody sees more than 30 plans.
            if self._seek is None:
                await asyncio.sleep(max(0.0, begun + PLAN_INTERVAL_S - monotonic()))

    async def _answer(self) -> None:
        """Move in time. Seeks that a later one overtook before their turn are not answered."""
        seek, self._seek = self._seek, None
        assert seek is not None
        wish = Wish(seek.at, seek.hypothesis, Certainty(seek.certainty.value))
        try:
            entered = await self._services.call(self._delivery.enter, wish)
        except (SceneError, TimelineError) as error:
            self._session.refuse(kind_of(error).code, message_of(error), seek.seek)
            self._woken.set()
            # If it is the scene that is gone, the stream ends.
            self._recheck = isinstance(error, NotFound)
            return
        self.visit.answered = seek.seek
        self.visit.foresight.travelled(wish, entered.at)
        self._start_foreseeing()
        self.enter(entered)

    async def _check_again(self) -> None:
        self._recheck, self._checked_at = False, monotonic()
        await check_still(self._services, self.visit.actor)
        try:
            entered = await self._services.call(self._delivery.refresh)
        except NotFound as error:
            raise Forbidden("the scene is no longer there for you") from error
        except TimelineError as error:
            log.warning("scene %s cannot be resolved any more: %s", self.visit.scene, error)
            return
        if entered is not None:
            self.enter(entered)

    def enter(self, entered: Entered) -> None:
        """Say what stands from now on."""
        self._session.enter(
            seek=self.visit.answered, at=entered.at, label=entered.label, hypothesis=entered.hypothesis,
            certainty=entered.certainty, count=entered.count, placements=entered.placements, gone=entered.gone,
            now=monotonic(),
        )  # fmt: skip
        self._unplanned = True
        self._woken.set()

    async def _choose(self) -> None:
        self._unplanned = False
        visit = self.visit
        plan = await self._services.call(
            self._delivery.plan, visit.view, visit.limits, state=self._session.state, look=visit.look,
            groups=visit.groups, gzip=visit.gzip, brotli=visit.brotli,
            ahead_s=self._session.window.round_trip_s / 2 + AHEAD_S,
        )  # fmt: skip
        self._session.set_plan(plan)
        self._woken.set()

    def _start_foreseeing(self) -> None:
        if self.visit.prefetch and not self._foreseeing:
            self._foreseeing = True
            self._start(self._foresee())

    async def _foresee(self) -> None:
        """While the client waits for nothing, select what it needs at the next moments on its way."""
        visit = self.visit
        while True:
            await self._calm.wait()
            self._calm.clear()
            foresight, state = visit.foresight, self._session.state
            if self._seek is not None or not foresight.is_due(state, visit.look):
                continue
            await self._whole(self._look_ahead(state))
            await asyncio.sleep(FORESEE_S)

    async def _look_ahead(self, state: int) -> None:
        visit = self.visit
        plan = await self._services.call(
            visit.foresight.plan, visit.view, visit.limits, state=state, look=visit.look, groups=visit.groups,
            gzip=visit.gzip, brotli=visit.brotli,
        )  # fmt: skip
        if plan is not None and state == self._session.state:
            self._session.set_spare(plan)
            self._woken.set()

    # What the server says

    async def _tell(self) -> None:
        turn = 0
        while True:
            self._woken.clear()
            now = monotonic()
            self._supply_from_memory()
            if self._path is not None:
                stranded, is_crowded = self._path()
                self._session.window.on_path(stranded, is_crowded=is_crowded)
            messages = self._session.messages_to_send(now)
            if messages:
                self._sending_since = now
                await self._send(messages)
                self._sending_since = None
            if messages:
                turn += 1
                if turn % BREATH == 0:
                    await asyncio.sleep(0)  # so that acknowledgements are heard between messages
                continue
            if self._session.is_complete:
                self._calm.set()
            # A timer that wakes is a fifth of what asyncio.timeout_at costs, and this is done for each acknowledgement.
            alarm = self._loop.call_at(self._session.next_due(now), self._woken.set)
            try:
                await self._woken.wait()
            finally:
                alarm.cancel()

    def _supply_from_memory(self) -> None:
        if self._session.is_fed:
            return
        for digest in self._session.needs():
            data = self._shared.hot(digest, self._session.encoding_of(digest))
            if data is None:
                if not self._fetching:
                    self._fetching = True
                    self._start(self._fetch(), is_passing=True)
                return
            self._session.supply(digest, data)

    async def _send(self, messages: list[Message]) -> None:
        together: list[Buffers] = []
        for message in messages:
            if isinstance(message, str):
                await self._send_together(together)
                await self._websocket.send_text(message)
            elif self._takes_buffers:
                together.append(message)
            else:
                await self._websocket.send_bytes(b"".join(message))
        await self._send_together(together)

    async def _send_together(self, together: list[Buffers]) -> None:
        """Binary messages in one call."""
        if together:
            await self._websocket.send({"type": "websocket.send", "buffers": tuple(together)})
            together.clear()

    async def _fetch(self) -> None:
        while digests := self._session.needs()[:READ_TOGETHER]:
            wanted = [(digest, self._session.encoding_of(digest)) for digest in digests]
            try:
                found = await self._services.call(self._shared.read, wanted)
            except NotFound as error:
                raise LookupError("a tile of the scene is missing from the blobs") from error
            for digest, data in found:
                self._session.supply(digest, data)
            self._woken.set()
        self._fetching = False

    def _watch(self) -> None:
        """Notice, a second after the other, a client that takes nothing."""
        now = monotonic()
        try:
            self._session.check(now)
        except StreamError as error:
            self._end_by(error)
        if self._sending_since is not None and now - self._sending_since > STALL_S:
            self._end_by(StreamError(f"nothing was taken for {STALL_S:g} s", CloseCode.SLOW))
        if not self._over.done():
            self._watching = self._loop.call_later(WATCH_S, self._watch)


async def converse(conversation: Conversation, shared: Shared) -> None:
    """Run a conversation; keep its session where its client may come back."""
    visit = conversation.visit
    shared.parking.enter(visit.token, conversation)
    may_return = False
    try:
        await conversation.run()
    except (Lost, WebSocketDisconnect) as error:
        may_return = True
        raise WebSocketDisconnect from error
    except StreamError as error:
        may_return = error.close_code is CloseCode.SLOW
        raise
    finally:
        shared.parking.leave(visit.token, conversation, may_return=may_return)
