"""The server's side of a stream: what the client holds, what it is sent next, which cut it draws. Sans-I/O.

| state | call | next state |
|---|---|---|
| OPENING | `open`: queues `hello` | GREETED |
| GREETED | `enter`: queues `state` 1 | STREAMING |
| STREAMING | `enter`, `refuse`, `say`, `set_plan`, `set_spare`, `supply`, `messages_to_send`, `resume` | STREAMING |
| any | `receive` | the same |
| any | `close`, or a StreamError out of `receive` or `check` | CLOSED |

The driver feeds `receive`, answers Look, Seek and Budget events with `enter` and `set_plan`, reads the blobs of `needs`
and hands them to `supply`, and sends what `messages_to_send` returns. Where a connection broke, `park` and `resume` go
on with the same session on another one. Invariants, which the property tests walk:
- the files begun and not evicted stay within the budget, decoded; so do triangles, draws and textures of each cut;
- a cut names only nodes whose chunks, images included, are whole with the client, and that were announced;
- a chunk's bytes go out once, unless it was evicted in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from streaming import frames
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    ClientMessage,
    Count,
    DeviceBudget,
    Encoding,
    Have,
    Hello,
    Look,
    Numbered,
    Refusal,
    Seek,
    State,
    Stats,
)
from streaming.limits import MAX_FRAME, RESUME_S, STALL_S
from streaming.opening import MOST
from streaming.outbox import Outbox
from streaming.replay import Message
from streaming.schedule import MIN_WINDOW, NO_PLAN, Plan, Window
from streaming.sender import Sender

MESSAGES_PER_S = 500.0
MESSAGES_BURST = 1000.0
HAVE_WAIT_S = 2.0
"""how long the first chunk waits for what the client said it would name"""
STATS_INTERVAL_S = 1.0
LEAST_WAIT_S = 0.005
"""as often as acknowledgements come"""


class Phase(Enum):
    """States of the table above."""

    OPENING = auto()
    GREETED = auto()
    STREAMING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a session has sent so far."""

    chunk_bytes: int
    chunks: int
    evicted: int
    held_bytes: int
    window: int
    prefetched: int


_NO_STATS = Stats(0.0, 0, 0, 0, 0, 0, 0, 0, 0)


class ServerSession:
    """One client's stream, over as many connections as it takes."""

    def __init__(
        self, *, budget: DeviceBudget, now: float, held: int = 0, groups: bool = False, stats: bool = False
    ) -> None:
        self.phase = Phase.OPENING
        self.state = 0
        self._sender = Sender(budget=budget, now=now, groups=groups)
        self._hello: Hello | None = None
        self._again: list[Message] = []
        """what goes out before anything new, because it may have been lost"""
        self._seek = self._look = 0
        self._tokens, self._tokens_at = MESSAGES_BURST, now
        self._announced_held = held
        """how many files the client said in its opening that it would name"""
        self._held_until = now + HAVE_WAIT_S
        self._stats: Stats | None = _NO_STATS if stats else None
        self._stats_at = now

    # What the driver says

    def open(self, *, session: str, scene: str, title: str, token: str = "") -> None:
        """Greet the client; `token` is what it goes on by, should the connection break."""
        self._expect(Phase.OPENING)
        self._hello = Hello(
            session, scene, title, MIN_WINDOW, MAX_FRAME, token, resumed=False, budget=self.budget, stall_s=STALL_S,
            resume_s=RESUME_S,
        )  # fmt: skip
        self._outbox.add(frames.encode(self._hello))
        self.phase = Phase.GREETED

    def enter(
        self,
        *,
        seek: int,
        at: str,
        label: str,
        hypothesis: str | None,
        certainty: str,
        count: Count,
        placements: Sequence[Numbered],
        gone: Sequence[int],
        now: float,
    ) -> int:
        """Say what stands from now on; the number of the new state, which the next plan must carry.

        `placements` are those that are new or changed. They are said as cuts need them, the others in idle moments.
        """
        if self.phase is Phase.CLOSED:
            return self.state
        self._expect(Phase.GREETED, Phase.STREAMING)
        self.phase = Phase.STREAMING
        self.state += 1
        self._sender.state_at = now
        self._sender.set_spare(NO_PLAN)
        left = self._sender.placing.enter(self.state, placements, gone)
        state = State(self.state, seek, at, label, hypothesis, certainty, count, left)
        self._outbox.add(frames.encode(state))
        return self.state

    def refuse(self, code: str, message: str, seek: int | None = None) -> None:
        """Say that a request changed nothing."""
        if self.phase is Phase.CLOSED:
            return
        self._expect(Phase.GREETED, Phase.STREAMING)
        self._outbox.add(frames.encode(Refusal(code, message, seek)))

    def say(self, message: str | bytes) -> None:
        """Say something that is no concern of the session's: a message of rooms, encoded."""
        if self.phase is not Phase.CLOSED:
            self._expect(Phase.GREETED, Phase.STREAMING)
            self._outbox.add(message)

    def set_plan(self, plan: Plan) -> None:
        """Follow a new plan from now on. One that was made for an earlier state is ignored."""
        if self.phase is Phase.CLOSED:
            return
        self._expect(Phase.STREAMING)
        if plan.state == self.state:
            self._sender.set_plan(plan)

    def set_spare(self, plan: Plan) -> None:
        """What to send while nothing else is to be sent and there is room, because it may be wanted soon.

        Only the plan's files count, in its order. Nothing is evicted for it; it ends with the next state.
        """
        if self.phase is Phase.STREAMING:
            self._sender.set_spare(plan)

    def close(self) -> None:
        """Nothing more will be said or heard: what the driver was still working on for this client is let fall."""
        self.phase = Phase.CLOSED
        self._sender.park()

    def park(self) -> None:
        """The connection is gone. What can be read again is let fall, so that a session that waits costs little."""
        self._sender.park()

    def resume(self, received: int, now: float) -> bool:
        """Go on on another connection, with a client that has `received` messages.

        False where what it lacks is no longer here, or where it claims more than was said: then it starts over with
        another session.
        """
        if self.phase is not Phase.STREAMING or self._hello is None:
            return False
        lacking = self._outbox.again(received)
        if lacking is None:
            return False
        hello = replace(self._hello, resumed=True, budget=self.budget, window=self.window.size)
        # The hello is the connection's, not the session's: it is neither counted nor kept.
        self._again = [str(frames.encode(hello)), *lacking]
        self._sender.go_on(now, at_most=sum(sum(map(len, each)) for each in lacking if not isinstance(each, str)))
        return True

    # What the client says

    def receive(self, data: str | bytes, now: float) -> tuple[ClientMessage, ...]:
        """Take one message; what the driver must answer: Look, Seek, Budget, and what belongs to rooms.

        Raises:
            StreamError: the client broke the protocol; the session is closed.
        """
        if self.phase is Phase.CLOSED:
            return ()
        try:
            self._count_message(now)
            return self._act_on(frames.decode_client(data), now)
        except StreamError:
            self.close()
            raise

    def _count_message(self, now: float) -> None:
        self._tokens = min(MESSAGES_BURST, self._tokens + (now - self._tokens_at) * MESSAGES_PER_S) - 1
        self._tokens_at = now
        if self._tokens < 0:
            raise StreamError("more than 500 messages a second", CloseCode.FLOOD)

    def _act_on(self, message: ClientMessage, now: float) -> tuple[ClientMessage, ...]:
        match message:
            case Ack():
                if not (
                    self._outbox.log.acknowledge(message.messages)
                    and self.window.on_acknowledged(message.received, now)
                ):
                    raise StreamError("ACK: more than was sent, or less than before")
                return ()
            case Have():
                self._sender.holdings.claims.add(message.prefixes)
                return ()
            case Look() | Seek():
                self._grow(message)
            case Budget():
                self._sender.budget = message.over(self.budget).at_most(MOST)
                self._sender.follow()
        return (message,)

    def _grow(self, message: Look | Seek) -> None:
        """Numbers grow, so that an answer belongs to one request."""
        if isinstance(message, Look):
            grows, self._look = message.look > self._look, message.look
        else:
            grows, self._seek = message.seek > self._seek, message.seek
        if not grows:
            raise StreamError("the number of a look or a seek does not grow")

    def check(self, now: float) -> None:
        """Notice a client that takes nothing any more.

        Raises:
            StreamError: it has not acknowledged anything for 20 s. It may come back on another connection.
        """
        if self.phase is not Phase.CLOSED and self.window.stalled_for(now) > STALL_S:
            raise StreamError("bytes unacknowledged for 20 s", CloseCode.SLOW)

    # What goes out

    def needs(self) -> tuple[str, ...]:
        """Digests whose bytes will be sent next and are not yet supplied, in order."""
        return self._sender.needs()

    @property
    def is_fed(self) -> bool:
        """Whether enough is at hand, so that `needs`, which looks through the queue, need not be asked."""
        return self._sender.is_fed

    def supply(self, digest: str, data: bytes) -> None:
        """Here are the bytes of a chunk, encoded as planned. Bytes that are no longer needed are dropped.

        Raises:
            ValueError: they are not as many as planned.
        """
        if self.phase is not Phase.CLOSED:
            self._sender.supply(digest, data)

    def encoding_of(self, digest: str) -> Encoding:
        """How the bytes of a chunk are to be supplied."""
        transfer = self._sender.holdings.get(digest)
        return Encoding.IDENTITY if transfer is None else transfer.encoding

    def messages_to_send(self, now: float) -> list[Message]:
        """Messages to send now, in order: text, or the pieces of a binary message.

        There is about one message of tiles among them, so that a new plan takes effect with the next call. Empty: wait
        for an ACK, for `needs`, for a plan, or until `next_due`.
        """
        # Between a new state and its plan nothing is sent: what is under way may no longer stand.
        if self.phase is Phase.STREAMING and self._sender.plan.state == self.state and not self._awaits_have(now):
            self._sender.fill(now)
        if self._stats is not None and now >= self._stats_at + STATS_INTERVAL_S:
            self._say_stats(now)
        again, self._again = self._again, []
        return again + self._outbox.take()

    def data_to_send(self, now: float) -> list[str | bytes]:
        """The same, with binary messages in one piece."""
        return [message if isinstance(message, str) else b"".join(message) for message in self.messages_to_send(now)]

    def next_due(self, now: float) -> float:
        """When to call `messages_to_send` and `check` again, at the latest."""
        due = now + 1.0
        if self._awaits_have(now):
            return min(due, self._held_until)
        if self._sender.due is not None:
            due = min(due, max(self._sender.due, now + 0.01))
        if self._sender.queued and not self.window.has_room(MAX_FRAME):
            # Nobody tells when more is stranded: the system is to be asked (`Window.on_path`).
            due = min(due, now + max(LEAST_WAIT_S, self.window.round_trip_s / 8))
        return due

    @property
    def budget(self) -> DeviceBudget:
        """The budget in force."""
        return self._sender.budget

    @property
    def window(self) -> Window:
        """What is on its way."""
        return self._sender.window

    @property
    def is_complete(self) -> bool:
        """Whether all that the newest state's view wants was sent."""
        return self._sender.plan.state == self.state and not self._sender.queued

    @property
    def is_behind(self) -> bool:
        """Whether something that was said before has not been taken by the connection yet."""
        return bool(self._outbox)

    @property
    def figures(self) -> Figures:
        """What was sent so far."""
        sender = self._sender
        return Figures(
            sender.window.sent, sender.chunks_sent, sender.holdings.evicted, sender.holdings.bytes, sender.window.size,
            sender.prefetched,
        )  # fmt: skip

    @property
    def kept_bytes(self) -> int:
        """Bytes that are kept for saying them again, most of them shared with others."""
        return self._outbox.log.bytes

    @property
    def known(self) -> int:
        """How many nodes and chunks it knows of, for what it takes in memory."""
        return self._sender.known

    @property
    def held(self) -> frozenset[str]:
        """Digests that the client holds whole."""
        return self._sender.holdings.whole()

    # Inside

    @property
    def _outbox(self) -> Outbox:
        return self._sender.outbox

    def _awaits_have(self, now: float) -> bool:
        return len(self._sender.holdings.claims) < self._announced_held and now < self._held_until

    def _expect(self, *phases: Phase) -> None:
        assert self.phase in phases, f"{self.phase} is not the time for this"

    def _say_stats(self, now: float) -> None:
        window, figures = self.window, self.figures
        stats = Stats(
            rtt_ms=window.round_trip_s * 1000, bandwidth=int(window.bandwidth), window=window.size,
            unacknowledged=window.unacknowledged, queued=self._sender.queued, held=figures.held_bytes,
            chunks=figures.chunks, evicted=figures.evicted, prefetched=figures.prefetched,
        )  # fmt: skip
        self._stats_at = now
        if stats != self._stats and self.phase is Phase.STREAMING:
            self._stats = stats
            self._outbox.add(frames.encode(stats))
