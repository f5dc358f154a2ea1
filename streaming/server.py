"""The server's side of a stream: what the client holds, what it is sent next, which cut it draws. Sans-I/O.

| state | call | next state |
|---|---|---|
| OPENING | `open`: queues `hello` | GREETED |
| GREETED | `enter`: queues `state` 1 | STREAMING |
| STREAMING | `enter`, `refuse`, `set_plan`, `supply`, `data_to_send` | STREAMING |
| any | `receive` | the same |
| any | `close`, or a StreamError out of `receive` or `check` | CLOSED |

The driver feeds `receive`, answers Look, Seek and Budget events with `enter` and `set_plan`, reads the blobs of `needs`
and hands them to `supply`, and sends what `data_to_send` returns. Invariants, which the property tests walk:
- the totals of the chunks begun and not evicted stay within the budget;
- a cut names only nodes whose chunks, images included, are whole with the client, and that were announced;
- a chunk's bytes go out once, unless it was evicted in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from streaming import frames
from streaming.cut import Cuts
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    ChunkFrame,
    Content,
    Cut,
    Evict,
    Have,
    Hello,
    Look,
    NodeName,
    Nodes,
    Refusal,
    Seek,
    State,
    StreamPlacement,
)
from streaming.schedule import MIN_WINDOW, NO_PLAN, Plan, PlanNode, Queue, Transfer, Window, within

STALL_S = 20.0
MESSAGES_PER_S = 500.0
MESSAGES_BURST = 1000.0
FRAME = 32 << 10
"""bytes of the longest CHUNK message that we send: a new plan waits for 13 ms at most on 20 Mbit/s"""
PAYLOAD = FRAME - 48
CUT_INTERVAL_S = 0.04
"""cuts that improve the picture come at most this often: a cut of 500 nodes is 2 KB"""
STATE_PATIENCE_S = 0.5
"""how long the picture of the state before stays while the first tiles of a new state are on their way"""
READ_AHEAD = 512 << 10
BURST = 256 << 10
"""bytes that one `data_to_send` returns at most, so that the driver sees what arrives in between"""
HAVE_WAIT_S = 2.0
"""how long the first chunk waits for what the client said it would name"""
_STAND_INS = 3
"""replacements remembered of one node"""


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


class ServerSession:
    """One client's stream."""

    def __init__(self, *, budget_bytes: int, now: float, held: int = 0) -> None:
        self.phase = Phase.OPENING
        self.budget_bytes = budget_bytes
        self.window = Window(now)
        self.state = 0
        self._out: list[str | bytes] = []
        self._seek = 0
        self._look = 0
        self._tokens, self._tokens_at = MESSAGES_BURST, now
        self._claimed: set[str] = set()
        """digests that the client says it holds from earlier"""
        self._announced_held = held
        """how many it said in its opening that it would name"""
        self._held_until = now + HAVE_WAIT_S
        self._plan = NO_PLAN
        self._plan_number = 0
        self._wanted: set[str] = set()
        self._planned: dict[int, tuple[int, ...]] = {}
        self._remembered: dict[int, list[tuple[int, ...]]] = {}
        self._nodes: dict[int, PlanNode] = {}
        """every node of any plan, the latest word on it"""
        self._announced: set[int] = set()
        self._transfers: dict[str, Transfer] = {}
        """every chunk that was ever begun or queued; its number is its place"""
        self._queue = Queue()
        self._data: dict[str, bytes] = {}
        self._held_bytes = 0
        self._cut = Cut(0, 0, 0, (), complete=False)
        self._cut_at = -CUT_INTERVAL_S
        self._stale_cut = False
        """whether something happened that the last cut does not show"""
        self._state_at = now
        self._chunks_sent = 0
        self._evicted = 0

    # What the driver says

    def open(self, *, session: str, scene: str, title: str) -> None:
        """Greet the client."""
        self._expect(Phase.OPENING)
        self._say(Hello(session, scene, title, MIN_WINDOW, frames.MAX_FRAME))
        self.phase = Phase.GREETED

    def enter(
        self,
        *,
        seek: int,
        at: str,
        label: str,
        hypothesis: str | None,
        certainty: str,
        placements: Sequence[StreamPlacement],
        gone: Sequence[int],
        now: float,
    ) -> int:
        """Say what stands from now on; the number of the new state, which the next plan must carry."""
        if self.phase is Phase.CLOSED:
            return self.state
        self._expect(Phase.GREETED, Phase.STREAMING)
        self.phase = Phase.STREAMING
        self.state += 1
        self._state_at = now
        self._say(State(self.state, seek, at, label, hypothesis, certainty, tuple(placements), tuple(gone)))
        return self.state

    def refuse(self, code: str, message: str, seek: int | None = None) -> None:
        """Say that a request changed nothing."""
        if self.phase is Phase.CLOSED:
            return
        self._expect(Phase.GREETED, Phase.STREAMING)
        self._say(Refusal(code, message, seek))

    def set_plan(self, plan: Plan) -> None:
        """Follow a new plan from now on. One that was made for an earlier state is ignored."""
        if self.phase is Phase.CLOSED:
            return
        self._expect(Phase.STREAMING)
        if plan.state != self.state:
            return
        self._remember()
        self._plan = plan
        self._plan_number += 1
        self._follow()

    def close(self) -> None:
        """Nothing more will be said or heard: what the driver was still working on for this client is let fall."""
        self.phase = Phase.CLOSED
        self._queue.clear()
        self._data.clear()

    # What the client says

    def receive(self, data: str | bytes, now: float) -> tuple[Look | Seek | Budget, ...]:
        """Take one message; what the driver must answer.

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

    def _act_on(self, message: Look | Seek | Budget | Ack | Have, now: float) -> tuple[Look | Seek | Budget, ...]:
        match message:
            case Look() | Seek():
                self._grow(message)
                return (message,)
            case Budget():
                if message.bytes is not None:
                    self.budget_bytes = message.bytes
                    self._follow()
                return (message,)
            case Ack():
                if not self.window.on_acknowledged(message.received, now):
                    raise StreamError("ACK: more than was sent, or less than before")
            case Have():
                if len(self._claimed) + len(message.digests) > frames.MAX_HELD_DIGESTS:
                    raise StreamError(f"have: more than {frames.MAX_HELD_DIGESTS} digests")
                self._claimed.update(message.digests)
        return ()

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
            StreamError: it has not acknowledged anything for 20 s; the session is closed.
        """
        if self.phase is not Phase.CLOSED and self.window.stalled_for(now) > STALL_S:
            self.close()
            raise StreamError("bytes unacknowledged for 20 s", CloseCode.SLOW)

    # What goes out

    def needs(self) -> tuple[str, ...]:
        """Digests whose bytes will be sent next and are not yet supplied, in order."""
        wanted: list[str] = []
        ahead = 0
        for transfer in self._queue:
            if ahead >= max(READ_AHEAD, self.window.size):
                break
            if not self._is_held(transfer):
                if transfer.chunk.digest not in self._data:
                    wanted.append(transfer.chunk.digest)
                ahead += transfer.chunk.total - transfer.sent
        return tuple(wanted)

    def supply(self, digest: str, data: bytes) -> None:
        """Here are the bytes of a chunk. Bytes that are no longer needed are dropped.

        Raises:
            ValueError: they are not as many as planned.
        """
        transfer = self._transfers.get(digest)
        if transfer is None or transfer.whole or digest not in self._wanted:
            return
        if len(data) != transfer.chunk.total:
            raise ValueError(f"blob {digest} has {len(data)} bytes, {transfer.chunk.total} planned")
        self._data[digest] = data

    def data_to_send(self, now: float) -> list[str | bytes]:
        """Messages to send now, in order. Empty: wait for an ACK, for `needs`, for a plan, or until `next_due`."""
        # Between a new state and its plan nothing is sent: what is under way may no longer stand.
        if self.phase is Phase.STREAMING and self._plan.state == self.state and not self._awaits_have(now):
            self._fill(now)
        messages, self._out = self._out, []
        return messages

    def next_due(self, now: float) -> float:
        """When to call `data_to_send` and `check` again, at the latest."""
        due = now + 1.0
        if self._awaits_have(now):
            due = min(due, self._held_until)
        elif self._stale_cut:
            due = min(due, max(self._cut_at + CUT_INTERVAL_S, now + 0.01))
        return due

    @property
    def figures(self) -> Figures:
        """What was sent so far."""
        return Figures(self.window.sent, self._chunks_sent, self._evicted, self._held_bytes, self.window.size)

    @property
    def held(self) -> frozenset[str]:
        """Digests that the client holds whole."""
        return frozenset(digest for digest, transfer in self._transfers.items() if transfer.whole)

    # Inside

    def _awaits_have(self, now: float) -> bool:
        return len(self._claimed) < self._announced_held and now < self._held_until

    def _expect(self, *phases: Phase) -> None:
        assert self.phase in phases, f"{self.phase} is not the time for this"

    def _say(self, message: Hello | State | Refusal | Nodes | ChunkFrame | Cut | Evict) -> None:
        self._out.append(frames.encode(message))

    def _here(self, node: int) -> bool:
        known = self._nodes.get(node)
        return known is not None and all(self._is_whole(digest) for digest in (known.chunk, *known.needs))

    def _is_whole(self, digest: str) -> bool:
        transfer = self._transfers.get(digest)
        return transfer is not None and transfer.whole

    def _is_held(self, transfer: Transfer) -> bool:
        return transfer.sent == 0 and transfer.chunk.digest in self._claimed

    def _remember(self) -> None:
        """Keep the replacements known so far whose nodes can still be drawn."""
        cuts = Cuts(self._here, self._planned, self._remembered)
        kept: dict[int, list[tuple[int, ...]]] = {}
        for node in {*self._planned, *self._remembered}:
            ways = [self._planned[node]] if self._planned.get(node) else []
            ways += [way for way in self._remembered.get(node, ()) if way not in ways]
            if drawn := [way for way in ways if cuts.below_all(way) is not None][:_STAND_INS]:
                kept[node] = drawn
        self._remembered = kept

    def _follow(self) -> None:
        """Queue what the plan wants within the budget and the client does not hold."""
        nodes, self._wanted = within(self._plan, self.budget_bytes)
        taken = {node.node for node in nodes}
        self._nodes.update((node.node, node) for node in nodes)
        # Where the budget cuts the plan off, what lies below is not waited for.
        self._planned = {
            node.node: node.replacement for node in nodes if node.goes and taken.issuperset(node.replacement)
        }
        roots = set(self._plan.roots)
        cuts = Cuts(self._here, self._planned)
        order: dict[str, Transfer] = {}
        for node in nodes:
            finer = self._planned.get(node.node)
            if finer and node.node not in roots and cuts.below_all(finer) is not None:
                continue  # all that replaces it is there already
            for digest in (*node.needs, node.chunk):
                transfer = self._transfer(digest)
                if not transfer.whole:
                    order[digest] = transfer
            self._transfers[node.chunk].needs = node.needs
        for digest in self._wanted:
            if digest in self._transfers:
                self._transfers[digest].wanted_at = self._plan_number
        self._queue.fill(order.values())
        self._data = {digest: data for digest, data in self._data.items() if digest in order}
        self._stale_cut = True

    def _transfer(self, digest: str) -> Transfer:
        transfer = self._transfers.get(digest)
        if transfer is None:
            transfer = self._transfers[digest] = Transfer(self._plan.chunks[digest], len(self._transfers))
        return transfer

    def _fill(self, now: float) -> None:
        """Queue frames until the window, the burst or the bytes at hand are used up; cuts in between."""
        if self._held_bytes > self.budget_bytes:
            self._make_room(0, now)
        room = BURST
        while (head := self._queue.head) is not None and room > 0 and self.window.has_room(FRAME):
            held = self._is_held(head)
            if not held and head.chunk.digest not in self._data:
                break
            if not head.begun and not self._make_room(head.chunk.total, now):
                self._queue.clear()
                break
            room -= self._send_piece(head, held=held, now=now)
            if head.whole:
                self._data.pop(head.chunk.digest, None)
                self._chunks_sent += 1
                self._stale_cut = True
                self._say_cut(now)
        if self._stale_cut:
            self._say_cut(now)

    def _send_piece(self, head: Transfer, *, held: bool, now: float) -> int:
        chunk = head.chunk
        payload = b"" if held else self._data[chunk.digest][head.sent : head.sent + PAYLOAD]
        digest = chunk.digest if head.sent == 0 else ""
        message = frames.encode(
            ChunkFrame(head.number, chunk.content, chunk.total, head.sent, payload, digest, held)
        )  # fmt: skip
        self._out.append(message)
        if not head.begun:
            self._held_bytes += chunk.total
        self._queue.advance(chunk.total if held else len(payload))
        self.window.on_sent(len(message), now)
        return len(message)

    def _say_cut(self, now: float, *, at_once: bool = False) -> None:
        """Say the cut if it changed, and if it is time."""
        complete = not self._queue.left
        if not (at_once or complete or now - self._cut_at >= CUT_INTERVAL_S or not self._cut.nodes):
            return
        nodes = Cuts(self._here, self._planned, self._remembered).of(self._plan.roots)
        if not at_once and self._waits_for_roots(nodes, complete=complete, now=now):
            return
        self._stale_cut = False
        if not (nodes or self._cut.nodes or complete):
            return  # nothing was shown, nothing is there to show
        cut = Cut(self._cut.cut + 1, self._plan.state, self._plan.look, nodes, complete)
        last = self._cut
        if (
            set(nodes) == set(last.nodes)
            and (cut.state, cut.complete) == (last.state, last.complete)
            and (not complete or cut.look == last.look)
        ):
            return
        fresh = [node for node in nodes if node not in self._announced]
        for start in range(0, len(fresh), frames.NODES_PER_MESSAGE):
            part = [self._nodes[node] for node in fresh[start : start + frames.NODES_PER_MESSAGE]]
            self._say(
                Nodes(tuple(NodeName(node.node, node.placement, self._transfers[node.chunk].number) for node in part))
            )
        self._announced.update(fresh)
        self._say(cut)
        self._cut, self._cut_at = cut, now

    def _waits_for_roots(self, nodes: tuple[int, ...], *, complete: bool, now: float) -> bool:
        """Whether the picture of the state before should stay a moment longer, lest a time step flicker."""
        if complete or self._plan.state == self._cut.state or not self._cut.nodes:
            return False
        drawn = {self._nodes[node].placement for node in nodes}
        missing = any(self._nodes[root].placement not in drawn for root in self._plan.roots if root in self._nodes)
        return missing and now - self._state_at < STATE_PATIENCE_S

    # Eviction

    def _make_room(self, total: int, now: float) -> bool:
        """Evict until `total` bytes more fit into the budget; False where they cannot, as all the rest is wanted."""
        short = self._held_bytes + total - self.budget_bytes
        if short <= 0:
            return True
        # A little more than needed, so that a stream at its budget does not evict before each chunk.
        goal = max(short, min(self._queue.left, self.budget_bytes // 16) - (self.budget_bytes - self._held_bytes))
        shown = {digest for node in self._cut.nodes for digest in (self._nodes[node].chunk, *self._nodes[node].needs)}
        unwanted = [
            transfer for digest, transfer in self._transfers.items() if transfer.begun and digest not in self._wanted
        ]
        unwanted.sort(
            key=lambda transfer: (
                transfer.chunk.digest in shown,
                transfer.chunk.content is not Content.GLB,  # an image goes after the tiles that refer to it
                transfer.wanted_at,
                transfer.number,
            )
        )
        going: list[Transfer] = []
        for transfer in unwanted:
            if goal <= 0:
                break
            if short <= 0 and transfer.chunk.digest in shown:
                break
            going.append(transfer)
            goal -= transfer.chunk.total
            short -= transfer.chunk.total
        self._evict(going, any(transfer.chunk.digest in shown for transfer in going), now)
        return short <= 0

    def _evict(self, going: list[Transfer], shown: bool, now: float) -> None:
        for transfer in going:
            transfer.begun = transfer.whole = False
            transfer.sent = 0
            self._held_bytes -= transfer.chunk.total
            self._evicted += 1
            # The client forgets them, whatever it said before.
            self._claimed.discard(transfer.chunk.digest)
        if shown:
            self._say_cut(now, at_once=True)
        for start in range(0, len(going), frames.CHUNKS_PER_EVICT):
            self._say(Evict(tuple(transfer.number for transfer in going[start : start + frames.CHUNKS_PER_EVICT])))
