"""The client's side of a stream: what arrived, whether it is what it claims to be, which cut can be drawn. Sans-I/O.

| state | message | next state |
|---|---|---|
| OPENING | `hello` | GREETED |
| GREETED | `state`, numbered 1 | STREAMING |
| STREAMING | `state`, `error`, NODES, CHUNK, CUT, EVICT | STREAMING |
| any | `close`, or a StreamError out of `receive` | CLOSED |

Every rule of docs/protocol.md that a client can check is checked here, so that tests find a server that breaks one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from streaming import frames
from streaming.errors import StreamError
from streaming.events import (
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    ClientMessage,
    Content,
    Cut,
    Evict,
    Have,
    Hello,
    NodeName,
    Nodes,
    Refusal,
    Seek,
    ServerMessage,
    State,
    StreamPlacement,
)
from streaming.schedule import ACK_INTERVAL_S

ACK_PATIENCE_S = 0.025


class Phase(Enum):
    """States of the table above."""

    OPENING = auto()
    GREETED = auto()
    STREAMING = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A chunk is whole and its digest is right. `held`: the client has had it from earlier, so there is no `data`."""

    digest: str
    content: Content
    total: int
    data: bytes
    held: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Chunks that the server took from the client."""

    digests: tuple[str, ...]


@dataclass(slots=True)
class _Incoming:
    digest: str
    content: Content
    total: int
    pieces: list[bytes]
    received: int = 0
    whole: bool = False


Event = Hello | State | Refusal | Arrived | Cut | Forgotten


class ClientSession:
    """One stream, as a client keeps it."""

    def __init__(self, *, budget_bytes: int) -> None:
        self.phase = Phase.OPENING
        self.hello: Hello | None = None
        self.state: State | None = None
        self.cut: Cut | None = None
        self.placements: dict[int, StreamPlacement] = {}
        """what stands, by number in the session"""
        self.received = 0
        """bytes of CHUNK frames"""
        self.held_bytes = 0
        self._largest_budget = budget_bytes
        self._out: list[str | bytes] = []
        self._look = self._seek = 0
        self._claimed: set[str] = set()
        self._digests: dict[int, str] = {}
        self._chunks: dict[int, _Incoming] = {}
        self._nodes: dict[int, NodeName] = {}
        self._acknowledged = 0
        self._acknowledged_at = -ACK_INTERVAL_S
        self._owed_since: float | None = None

    # What the user says

    def look(
        self, eye: tuple[float, float, float], gaze: tuple[float, float, float, float], *, fov: float, aspect: float,
        height: int,
    ) -> int:  # fmt: skip
        """Be here and look there; the number of the look."""
        self._look += 1
        self._say(frames.checked_look(self._look, eye, gaze, fov=fov, aspect=aspect, height=height))
        return self._look

    def seek(self, at: str, hypothesis: str | None = None, certainty: str = "possible") -> int:
        """Go to another moment; the number of the seek."""
        self._seek += 1
        self._say(Seek(self._seek, at, hypothesis, Certainty(certainty)))
        return self._seek

    def budget(self, budget: Budget) -> None:
        """Say what the device can hold from now on."""
        self._largest_budget = max(self._largest_budget, budget.bytes or 0)
        self._say(budget)

    def have(self, digests: Iterable[str]) -> None:
        """Say which files are here from earlier."""
        ordered = sorted(set(digests) - self._claimed)
        self._claimed.update(ordered)
        for start in range(0, len(ordered), frames.MAX_HAVE):
            self._say(Have(tuple(ordered[start : start + frames.MAX_HAVE])))

    def data_to_send(self, now: float) -> list[str | bytes]:
        """Messages to send now, an acknowledgement among them if it is due."""
        if self.received > self._acknowledged and now - self._acknowledged_at >= ACK_INTERVAL_S:
            self._say(Ack(self.received))
            self._acknowledged, self._acknowledged_at, self._owed_since = self.received, now, None
        messages, self._out = self._out, []
        return messages

    def next_due(self, now: float) -> float | None:
        """When to call `data_to_send` again, if an acknowledgement is owed."""
        if self._owed_since is None:
            return None
        return max(now, min(self._acknowledged_at + ACK_INTERVAL_S, self._owed_since + ACK_PATIENCE_S))

    def close(self) -> None:
        """Nothing more will be said or heard."""
        self.phase = Phase.CLOSED

    @property
    def held(self) -> frozenset[str]:
        """Digests of the chunks that are here whole."""
        return frozenset(chunk.digest for chunk in self._chunks.values() if chunk.whole)

    def digest_of(self, node: int) -> str:
        """Digest of a node's GLB."""
        return self._digests[self._nodes[node].chunk]

    def placement_of(self, node: int) -> int:
        """Number of the placement that a node is a tile of."""
        return self._nodes[node].placement

    # What the server says

    def receive(self, data: str | bytes, now: float) -> tuple[Event, ...]:
        """Take one message; what came of it.

        Raises:
            StreamError: the server broke the protocol; the session is closed.
        """
        if self.phase is Phase.CLOSED:
            return ()
        try:
            return self._act_on(frames.decode_server(data), len(data), now)
        except StreamError:
            self.close()
            raise

    def _act_on(self, message: ServerMessage, length: int, now: float) -> tuple[Event, ...]:
        if isinstance(message, Hello):
            if self.phase is not Phase.OPENING:
                raise StreamError("a second hello")
            self.phase, self.hello = Phase.GREETED, message
            return (message,)
        if self.phase is Phase.OPENING:
            raise StreamError("something came before hello")
        if isinstance(message, State):
            return self._enter(message)
        if isinstance(message, Refusal):
            return (message,)
        if self.phase is not Phase.STREAMING:
            raise StreamError("tiles came before the first state")
        if isinstance(message, ChunkFrame):
            self.received += length
            self._owed_since = now if self._owed_since is None else self._owed_since
        return self._act_on_tiles(message)

    def _act_on_tiles(self, message: Nodes | ChunkFrame | Cut | Evict) -> tuple[Event, ...]:
        match message:
            case ChunkFrame():
                return self._take(message)
            case Nodes():
                return self._learn(message)
            case Cut():
                return self._draw(message)
            case Evict():
                return self._forget(message)

    def _enter(self, state: State) -> tuple[Event, ...]:
        if state.state != (self.state.state if self.state else 0) + 1:
            raise StreamError("the number of a state does not grow by one")
        if not self.placements.keys() >= set(state.gone):
            raise StreamError("state: gone is what did not stand")
        for n in state.gone:
            del self.placements[n]
        self.placements.update((placement.n, placement) for placement in state.placements)
        self.phase, self.state = Phase.STREAMING, state
        return (state,)

    def _take(self, frame: ChunkFrame) -> tuple[Event, ...]:
        if frame.offset == 0:
            self._begin(frame)
        incoming = self._chunks.get(frame.chunk)
        if incoming is None or incoming.whole or incoming.received != frame.offset:
            raise StreamError(f"CHUNK {frame.chunk}: a piece is missing or comes twice")
        if (incoming.total, incoming.content) != (frame.total, frame.content):
            raise StreamError(f"CHUNK {frame.chunk}: total or content changed on the way")
        incoming.pieces.append(frame.payload)
        incoming.received += len(frame.payload)
        if not frame.last:
            return ()
        data = b"".join(incoming.pieces)
        if not frame.held and hashlib.sha256(data).hexdigest() != incoming.digest:
            raise StreamError(f"CHUNK {frame.chunk}: the bytes are not those of its digest")
        incoming.pieces, incoming.whole = [], True
        return (Arrived(incoming.digest, incoming.content, incoming.total, data, frame.held),)

    def _begin(self, frame: ChunkFrame) -> None:
        if frame.chunk in self._chunks:
            raise StreamError(f"CHUNK {frame.chunk} begins twice")
        if self._digests.setdefault(frame.chunk, frame.digest) != frame.digest:
            raise StreamError(f"CHUNK {frame.chunk}: the number means another digest now")
        if frame.held and frame.digest not in self._claimed:
            raise StreamError(f"CHUNK {frame.chunk}: called held, but it is not")
        self.held_bytes += frame.total
        if self.held_bytes > self._largest_budget:
            raise StreamError("more bytes than the budget")
        self._chunks[frame.chunk] = _Incoming(frame.digest, frame.content, frame.total, [])

    def _learn(self, nodes: Nodes) -> tuple[Event, ...]:
        for name in nodes.nodes:
            if name.node in self._nodes:
                raise StreamError(f"node {name.node} is said twice")
            self._nodes[name.node] = name
        return ()

    def _draw(self, cut: Cut) -> tuple[Event, ...]:
        if cut.cut != (self.cut.cut if self.cut else 0) + 1:
            raise StreamError("the number of a cut does not grow by one")
        if self.state is None or cut.state != self.state.state:
            raise StreamError("the cut is of another state")
        if cut.look > self._look:
            raise StreamError("the cut answers a look that was not sent")
        if len(set(cut.nodes)) != len(cut.nodes):
            raise StreamError("the cut names a node twice")
        for node in cut.nodes:
            name = self._nodes.get(node)
            if name is None or name.placement not in self.placements:
                raise StreamError(f"the cut names node {node}, which is unknown or does not stand")
            incoming = self._chunks.get(name.chunk)
            if incoming is None or not incoming.whole:
                raise StreamError(f"the cut names node {node}, whose chunk is not here")
        self.cut = cut
        return (cut,)

    def _forget(self, evict: Evict) -> tuple[Event, ...]:
        drawn = {self._nodes[node].chunk for node in self.cut.nodes} if self.cut else set()
        digests = []
        for number in evict.chunks:
            incoming = self._chunks.pop(number, None)
            if incoming is None or number in drawn:
                raise StreamError(f"EVICT {number}: it is not here, or the cut needs it")
            self.held_bytes -= incoming.total
            self._claimed.discard(incoming.digest)
            digests.append(incoming.digest)
        return (Forgotten(tuple(digests)),)

    def _say(self, message: ClientMessage) -> None:
        self._out.append(frames.encode(message))
