"""The client's side of a stream: what arrived, whether it is what it claims to be, which cut can be drawn. Sans-I/O.

| state | message | next state |
|---|---|---|
| OPENING | `hello`, `resumed` false | GREETED |
| OPENING, after `reconnect` | `hello`, `resumed` true | where it was when the connection broke |
| GREETED | `state`, numbered 1 | STREAMING |
| STREAMING | `state`, `error`, `stats`, NODES, CHUNK, CUT, EVICT, PEERS, PLACEMENTS, PACK of these | STREAMING |
| GREETED, STREAMING | `room`, `room_change`, `lead` | the same |
| any | `close`, or a StreamError out of `receive` | CLOSED |

Every rule of docs/protocol.md that a client can check is checked here, so that tests find a server that breaks one.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from streaming import frames
from streaming.errors import StreamError
from streaming.events import (
    AHEAD,
    STILL,
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    ClientMessage,
    Content,
    Cut,
    Encoding,
    Evict,
    Have,
    Hello,
    NodeName,
    Nodes,
    Pack,
    Placements,
    Refusal,
    Seek,
    ServerMessage,
    State,
    Stats,
    StreamPlacement,
    prefix_of,
)
from streaming.frames_binary import checked_look
from streaming.limits import MAX_DRAWN, MAX_HAVE, MAX_U32, NO_PLACEMENT
from streaming.room_events import Changed, Entered, Led, Peers, RoomClientMessage, RoomServerMessage
from streaming.schedule import ACK_INTERVAL_S

ACK_PATIENCE_S = 0.025
TALK_PATIENCE_S = 1.0
"""within which messages without a CHUNK are acknowledged, too, so that the server may forget them"""


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
    """bytes as they were sent"""
    data: bytes
    """decoded"""
    held: bool
    decoded: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cut that can be drawn now: every node with the groups of it that are hidden, as bits."""

    cut: int
    state: int
    look: int
    shown: dict[int, int]
    complete: bool

    @property
    def nodes(self) -> tuple[int, ...]:
        """The nodes that are drawn, in whole or in part."""
        return tuple(self.shown)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Chunks that the server took from the client."""

    digests: tuple[str, ...]


@dataclass(slots=True)
class _Incoming:
    digest: str
    content: Content
    encoding: Encoding
    total: int
    decoded: int
    pieces: list[bytes | memoryview] = field(default_factory=list)
    received: int = 0
    whole: bool = False


Event = Hello | State | Placements | Refusal | Stats | Arrived | Drawn | Forgotten | RoomServerMessage


Unpack = Callable[[bytes, int], bytes]
"""bytes as they were sent, and how many they become, to those; ValueError where they become others"""


class ClientSession:
    """One stream, as a client keeps it, over as many connections as it takes."""

    def __init__(
        self, *, budget_bytes: int | None = None, gzip: bool = True, brotli: Unpack | None = None, groups: bool = True
    ) -> None:
        """What the opening said. `brotli` decodes it, for the standard library does not."""
        self.hello: Hello | None = None
        self._said_budget, self._gzip, self._brotli, self._groups = budget_bytes, gzip, brotli, groups
        self._look = self._seek = 0
        self._start_over()

    def _start_over(self) -> None:
        """Forget everything that a session was about."""
        self.phase = Phase.OPENING
        self._phase_before: Phase | None = None
        self.state: State | None = None
        self.cut: Drawn | None = None
        self.placements: dict[int, StreamPlacement] = {}
        """what stands, by number in the session, as far as it was said"""
        self.messages = 0
        """messages of the server in this session; a `hello` that resumes is not counted"""
        self.received = 0
        """bytes of CHUNK messages"""
        self.held_bytes = 0
        self._largest_budget = self._said_budget or 0
        self._out: list[str | bytes] = []
        self._claimed: set[int] = set()
        self._digests: dict[int, tuple[str, Encoding]] = {}
        self._chunks: dict[int, _Incoming] = {}
        self._nodes: dict[int, NodeName] = {}
        self._acknowledged = (0, 0)
        self._acknowledged_at = -ACK_INTERVAL_S
        self._owed_since: float | None = None
        self._owes_at_once = False
        """whether placements came since, of which the server says more once it knows"""

    # What the user says

    def look(
        self, eye: tuple[float, float, float], gaze: tuple[float, float, float, float], *, fov: float, aspect: float,
        height: int, velocity: tuple[float, float, float] = STILL, turning: tuple[float, float, float] = STILL,
        sight: tuple[float, float] = AHEAD,
    ) -> int:  # fmt: skip
        """Be here and look there; the number of the look."""
        self._look += 1
        said = checked_look(
            self._look, eye, gaze, fov=fov, aspect=aspect, height=height, velocity=velocity, turning=turning,
            sight=sight,
        )  # fmt: skip
        self._say(said)
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
        ordered = sorted({prefix_of(digest) for digest in digests} - self._claimed)
        self._claimed.update(ordered)
        for start in range(0, len(ordered), MAX_HAVE):
            self._say(Have(tuple(ordered[start : start + MAX_HAVE])))

    def room(self, message: RoomClientMessage) -> None:
        """Join a room, leave it, be somewhere in it, lead it."""
        self._say(message)

    def data_to_send(self, now: float) -> list[str | bytes]:
        """Messages to send now, an acknowledgement among them if it is due."""
        due = self.next_due(now)
        if due is not None and now >= due - 1e-9 and self.phase is not Phase.OPENING:
            self._say(Ack(self.messages & MAX_U32, self.received))
            self._acknowledged = (self.messages, self.received)
            self._acknowledged_at, self._owed_since, self._owes_at_once = now, None, False
        messages, self._out = self._out, []
        return messages

    def next_due(self, now: float) -> float | None:
        """When to call `data_to_send` again, if an acknowledgement is owed."""
        if self._owed_since is None:
            return None
        if self._owes_at_once or self.received > self._acknowledged[1]:
            return max(now, self._acknowledged_at + ACK_INTERVAL_S)
        return max(now, self._owed_since + TALK_PATIENCE_S)

    def reconnect(self) -> tuple[str, int]:
        """The connection broke: token and count of messages for `resume` and `received` of a new opening.

        What was said and may not have been heard is said again by the user once the hello is there, under new numbers.
        """
        assert self.hello is not None, "there is nothing to go on with"
        if self._phase_before is None:
            self._phase_before = self.phase
        self.phase, self._out = Phase.OPENING, []
        return self.hello.resume, self.messages

    def close(self) -> None:
        """Nothing more will be said or heard."""
        self.phase = Phase.CLOSED

    @property
    def held(self) -> frozenset[str]:
        """Digests of the chunks that are here whole."""
        return frozenset(chunk.digest for chunk in self._chunks.values() if chunk.whole)

    def digest_of(self, node: int) -> str:
        """Digest of a node's GLB."""
        return self._digests[self._nodes[node].chunk][0]

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
            message = frames.decode_server(data)
            if not (isinstance(message, Hello) and message.resumed):
                self.messages += 1
                self._owed_since = now if self._owed_since is None else self._owed_since
            return self._act_on(message, len(data))
        except StreamError:
            self.close()
            raise

    def _act_on(self, message: ServerMessage, length: int) -> tuple[Event, ...]:
        if isinstance(message, Hello):
            return self._greet(message)
        if self.phase is Phase.OPENING:
            raise StreamError("something came before hello")
        if isinstance(message, State):
            return self._enter(message)
        if isinstance(message, Refusal | Stats | Entered | Changed | Led):
            return (message,)
        if self.phase is not Phase.STREAMING:
            raise StreamError("tiles came before the first state")
        if isinstance(message, Pack):
            return tuple(
                event
                for inner in message.messages
                for event in self._act_on_tiles(frames.decode_server(inner), len(inner))
            )
        return self._act_on_tiles(message, length)

    def _act_on_tiles(self, message: ServerMessage, length: int) -> tuple[Event, ...]:
        match message:
            case ChunkFrame():
                self.received += length
                return self._take(message)
            case Nodes():
                return self._learn(message)
            case Cut():
                return self._draw(message)
            case Evict():
                return self._forget(message)
            case Placements():
                return self._place(message)
            case Peers():
                return (message,)
        raise StreamError("a PACK holds what does not belong there")

    def _greet(self, hello: Hello) -> tuple[Event, ...]:
        if self.phase is not Phase.OPENING:
            raise StreamError("a second hello")
        if hello.resumed:
            if self._phase_before is None or self.hello is None or hello.resume != self.hello.resume:
                raise StreamError("resumed what was not asked for")
            self.phase, self._phase_before = self._phase_before, None
        else:
            if self._phase_before is not None:
                self._start_over()
                self.messages = 1
            self.phase = Phase.GREETED
        self.hello = hello
        self._largest_budget = max(self._largest_budget, hello.budget.bytes)
        return (hello,)

    def _enter(self, state: State) -> tuple[Event, ...]:
        if state.state != (self.state.state if self.state else 0) + 1:
            raise StreamError("the number of a state does not grow by one")
        if not self.placements.keys() >= set(state.gone):
            raise StreamError("state: gone is what did not stand")
        for n in state.gone:
            del self.placements[n]
        self.phase, self.state = Phase.STREAMING, state
        return (state,)

    def _place(self, said: Placements) -> tuple[Event, ...]:
        if self.state is None or said.state != self.state.state:
            raise StreamError("the placements are of another state")
        self.placements.update(said.placements)
        self._owes_at_once = True
        return (said,)

    def _take(self, frame: ChunkFrame) -> tuple[Event, ...]:
        if frame.offset == 0:
            self._begin(frame)
        incoming = self._chunks.get(frame.chunk)
        if incoming is None or incoming.whole or incoming.received != frame.offset:
            raise StreamError(f"CHUNK {frame.chunk}: a piece is missing or comes twice")
        said = incoming.total, incoming.content, incoming.encoding
        if said != (frame.total, frame.content, frame.encoding):
            raise StreamError(f"CHUNK {frame.chunk}: total, content or encoding changed on the way")
        incoming.pieces.append(frame.payload)
        incoming.received += len(frame.payload)
        if not frame.last:
            return ()
        data = b"" if frame.held else _decoded(b"".join(incoming.pieces), incoming, frame.chunk, self._brotli)
        incoming.pieces, incoming.whole = [], True
        return (Arrived(incoming.digest, incoming.content, incoming.total, data, frame.held, incoming.decoded),)

    def _begin(self, frame: ChunkFrame) -> None:
        if frame.chunk in self._chunks:
            raise StreamError(f"CHUNK {frame.chunk} begins twice")
        meant = frame.digest, frame.encoding
        if self._digests.setdefault(frame.chunk, meant) != meant:
            raise StreamError(f"CHUNK {frame.chunk}: the number means another digest or encoding now")
        asked = {Encoding.IDENTITY: True, Encoding.GZIP: self._gzip, Encoding.BROTLI: self._brotli is not None}
        if not asked[frame.encoding]:
            raise StreamError(f"CHUNK {frame.chunk}: an encoding that was not asked for")
        if frame.held and prefix_of(frame.digest) not in self._claimed:
            raise StreamError(f"CHUNK {frame.chunk}: called held, but it is not")
        self.held_bytes += frame.decoded
        if self.held_bytes > self._largest_budget:
            raise StreamError("more bytes than the budget")
        self._chunks[frame.chunk] = _Incoming(frame.digest, frame.content, frame.encoding, frame.total, frame.decoded)

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
        shown = dict(self.cut.shown) if self.cut else {}
        for node in cut.gone:
            if shown.pop(node, None) is None:
                raise StreamError(f"the cut takes away node {node}, which is not drawn")
        if len({node for node, _ in cut.shown}) != len(cut.shown):
            raise StreamError("the cut names a node twice")
        for node, hidden in cut.shown:
            if hidden and not self._groups:
                raise StreamError(f"the cut hides groups of node {node}, which was not asked for")
            if shown.get(node) == hidden or node in cut.gone:
                raise StreamError(f"the cut says of node {node} what is so already, or twice")
            shown[node] = hidden
        self._check_shown(shown)
        self.cut = Drawn(cut.cut, cut.state, cut.look, shown, cut.complete)
        return (self.cut,)

    def _check_shown(self, shown: dict[int, int]) -> None:
        if len(shown) > MAX_DRAWN:
            raise StreamError(f"the cut has more than {MAX_DRAWN} nodes")
        for node in shown:
            name = self._nodes.get(node)
            if name is None or (name.placement not in self.placements and name.placement != NO_PLACEMENT):
                raise StreamError(f"the cut names node {node}, which is unknown or does not stand")
            incoming = self._chunks.get(name.chunk)
            if incoming is None or not incoming.whole:
                raise StreamError(f"the cut names node {node}, whose chunk is not here")

    def _forget(self, evict: Evict) -> tuple[Event, ...]:
        drawn = {self._nodes[node].chunk for node in self.cut.shown} if self.cut else set()
        digests = []
        for number in evict.chunks:
            incoming = self._chunks.pop(number, None)
            if incoming is None or number in drawn:
                raise StreamError(f"EVICT {number}: it is not here, or the cut needs it")
            self.held_bytes -= incoming.decoded
            self._claimed.discard(prefix_of(incoming.digest))
            digests.append(incoming.digest)
        return (Forgotten(tuple(digests)),)

    def _say(self, message: ClientMessage) -> None:
        self._out.append(frames.encode(message))


def _decoded(data: bytes, incoming: _Incoming, chunk: int, brotli: Unpack | None) -> bytes:
    """The bytes of a whole chunk; never more than it said, however they were packed."""
    if incoming.encoding is Encoding.GZIP:
        unpack = zlib.decompressobj(wbits=31)
        try:
            data = unpack.decompress(data, incoming.decoded + 1)
        except zlib.error as error:
            raise StreamError(f"CHUNK {chunk}: the bytes are not gzip") from error
        if not unpack.eof or unpack.unused_data:
            raise StreamError(f"CHUNK {chunk}: it does not end where it should")
    elif incoming.encoding is Encoding.BROTLI and brotli is not None:
        try:
            data = brotli(data, incoming.decoded)
        except ValueError as error:
            raise StreamError(f"CHUNK {chunk}: the bytes are not brotli of {incoming.decoded} bytes") from error
    if len(data) != incoming.decoded or hashlib.sha256(data).hexdigest() != incoming.digest:
        raise StreamError(f"CHUNK {chunk}: the bytes are not those of its digest")
    return data
