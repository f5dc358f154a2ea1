"""What to send next and how much may be under way.

A plan names the nodes that the view wants, in the order of their benefit. The queue is made anew from each plan: what
is no longer in it is thereby cancelled, what was sent in part goes on where it stopped. The window keeps queues short,
so that a new plan takes effect within about two round trips.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from streaming.events import Content, Encoding


@dataclass(frozen=True, slots=True)
class Chunk:
    """A file to send: sha256 as 64 hexadecimal digits, length, what it is."""

    digest: str
    total: int
    """bytes as they are sent"""
    content: Content
    decoded: int = 0
    """bytes of the file where it is sent encoded, 0 where it is sent as it is; see `kept`"""
    coding: Encoding = Encoding.GZIP
    """how, where it is sent encoded"""
    texture: int = 0
    """of an image: bytes of its texture, with mip levels"""
    added: bool = False
    """of a tile that is shown beside its children: without it they are not"""

    @property
    def kept(self) -> int:
        """Bytes of the file that the client has in the end."""
        return self.decoded or self.total


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node that the view wants.

    `replaced_by` says what it goes for, region by region: an entry per child of the tile, in the tile's order, with the
    nodes of this plan that together replace what the tile shows in that child's region (the child, or what replaces the
    child in turn where its level is skipped). An entry without nodes: there is nothing below to wait for. None: nothing
    replaces that region, the tile itself shows it in the end; only where the tile is `grouped`. No entries at all: the
    whole tile is what the view shows in the end.

    Where the tile is `added`, it does not go: what its regions name is shown beside it, each as soon as it is there.
    """

    node: int
    placement: int
    chunk: str
    """digest of its GLB"""
    needs: tuple[str, ...] = ()
    """digests of the images that the GLB refers to"""
    replaced_by: tuple[tuple[int, ...] | None, ...] = ()
    grouped: bool = False
    """whether regions may go one by one (docs/tiles.md, "Groups of triangles"); else the tile goes as a whole"""
    triangles: int = 0
    """skirts not counted"""
    draws: int = 0
    textures: int = 0
    """bytes of its own textures, with mip levels; those of `needs` stand at their chunks"""
    groups: tuple[int, ...] = ()
    """triangles of each group where it is grouped: of each child's region, of straddlers, of skirts"""
    added: bool = False
    """whether its children add to it (docs/tiles.md, "Points"), and do not replace it"""

    @property
    def replacement(self) -> tuple[int, ...]:
        """All nodes that replace some of it."""
        return tuple(node for region in self.replaced_by for node in region or ())

    @property
    def goes(self) -> bool:
        """Whether all of it is replaced in the end."""
        return bool(self.replaced_by) and None not in self.replaced_by and not self.added


@dataclass(frozen=True, slots=True)
class Plan:
    """What a view wants. Every node comes after what it replaces or adds to; roots are never replaced by nothing."""

    state: int
    look: int
    roots: tuple[int, ...]
    nodes: tuple[PlanNode, ...]
    """in the order of sending"""
    chunks: Mapping[str, Chunk]


NO_PLAN = Plan(0, 0, (), (), {})


@dataclass(slots=True)
class Transfer:
    """A chunk's way to one client."""

    chunk: Chunk
    number: int
    sent: int = 0
    """bytes of payload sent"""
    begun: bool = False
    """counts against the budget from the first frame on, until evicted"""
    whole: bool = False
    wanted_at: int = 0
    """number of the last plan that wanted it"""

    @property
    def encoding(self) -> Encoding:
        """How it is sent."""
        return self.chunk.coding if self.chunk.decoded else Encoding.IDENTITY


def within(plan: Plan, budget_bytes: int) -> tuple[tuple[PlanNode, ...], set[str]]:
    """The first nodes of the plan whose files fit into the budget, and these files' digests."""
    wanted: set[str] = set()
    left = budget_bytes
    for taken, node in enumerate(plan.nodes):
        new = {*node.needs, node.chunk} - wanted
        left -= sum(plan.chunks[digest].kept for digest in new)
        if left < 0:
            return plan.nodes[:taken], wanted
        wanted |= new
    return plan.nodes, wanted


class Queue:
    """Chunks in the order of sending."""

    __slots__ = ("_waiting", "left")

    def __init__(self) -> None:
        self._waiting: list[Transfer] = []
        """the next one last: an empty deque takes 760 bytes, and most streams wait for nothing"""
        self.left = 0
        """bytes of payload yet to send"""

    def fill(self, transfers: Iterable[Transfer]) -> None:
        """Forget the order so far; this is the new one. Each transfer at most once, none that is whole."""
        self._waiting = list(transfers)
        self._waiting.reverse()
        self.count()

    def count(self) -> None:
        """Count anew what is left, where a file turned out to be of another length."""
        self.left = sum(transfer.chunk.total - transfer.sent for transfer in self._waiting)

    def clear(self) -> None:
        """Send nothing more until the next plan."""
        self.fill(())

    def __iter__(self) -> Iterator[Transfer]:
        return reversed(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def head(self) -> Transfer | None:
        """What is to be sent next."""
        return self._waiting[-1] if self._waiting else None

    def advance(self, count: int) -> None:
        """`count` bytes of the head were sent; it leaves when it is whole."""
        head = self._waiting[-1]
        head.begun = True
        head.sent += count
        self.left -= count
        if head.sent == head.chunk.total:
            head.whole = True
            self._waiting.pop()


ACK_INTERVAL_S = 0.005
IN_FLIGHT = 1.25
"""of what the link carries in a round trip: what is more waits in queues, or is dropped by short ones"""
START_IN_FLIGHT = 1.5
"""as long as the bandwidth still grows from round trip to round trip: TCP's own start doubles, and should not wait"""
GROWTH, FLAT_ROUNDS = 1.25, 3
"""it has stopped growing after so many round trips in which it grew less (as BBR has it)"""
MIN_WINDOW = 160 << 10
MAX_WINDOW = 4 << 20
_RTT_HORIZON_S = 60.0
_RATE_HORIZON_S = 10.0


@dataclass(slots=True)
class _Extreme:
    """Smallest sample of the last `horizon_s` seconds, in amortised constant time."""

    horizon_s: float
    samples: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, now: float, value: float) -> None:
        while self.samples and self.samples[-1][1] >= value:
            self.samples.pop()
        self.samples.append((now, value))
        while self.samples[0][0] < now - self.horizon_s:
            self.samples.popleft()

    @property
    def least(self) -> float | None:
        return self.samples[0][1] if self.samples else None


class Window:
    """Bytes that may be unacknowledged: 1.25 × bandwidth × round trip, both read off the acknowledgements.

    Acknowledgements come in groups, as the protocol allows one in 5 ms only: that belongs to the round trip, or the
    window would never open on a quick link (9.2 MB on loopback: 0.34 s without, 0.14 s with).

    The bandwidth is the fastest delivery rate of the last seconds, measured as BBR does it (draft-cheng-iccrg-delivery-
    rate-estimation: bytes acknowledged between the sending and the acknowledgement of one frame, over the longer of the
    times that their sending and their acknowledging took; by the latter alone a client that was held up looked three
    times as quick as its link). The round trip is the shortest of the last minute: longer ones have our own queue in
    them.

    What the client's system has behind a packet that was lost lies in no queue, but is not acknowledged before the
    packet came again, a round trip later. So the window is wider by it meanwhile, and by as much again, which the link
    carries until then; not so where the packets' round trip says that our own queue was the loss. With 1 % loss, and
    50 ms at 50 Mbit, a stream took 1.5 times as long as its bytes need without, 1.3 times with what is stranded once,
    1.2 times with it twice.
    """

    def __init__(self, now: float) -> None:
        self.sent = 0
        self.acknowledged = 0
        self.size = MIN_WINDOW
        """bytes that may be unacknowledged"""
        self._round_ends = self._flat_rounds = 0
        self._fastest = 0.0
        """bandwidth when it last grew by more than a little"""
        self._beside = 0
        """bytes that may be unacknowledged beside `size`"""
        self._progress_at = self._acknowledged_sent_at = now
        self._under_way: deque[tuple[int, float, int, float, float]] = deque()
        """of each frame: bytes sent with it, when; bytes acknowledged then, when they were, and when they were sent"""
        self._round_trip = _Extreme(_RTT_HORIZON_S)
        self._slowness = _Extreme(_RATE_HORIZON_S)
        """seconds a byte, so that the least is the fastest"""

    def _measured(self) -> int:
        round_trip, slowness = self._round_trip.least, self._slowness.least
        if round_trip is None or slowness is None:
            return MIN_WINDOW
        gain = IN_FLIGHT if self._flat_rounds >= FLAT_ROUNDS else START_IN_FLIGHT
        return max(MIN_WINDOW, min(MAX_WINDOW, int(gain * (round_trip + ACK_INTERVAL_S) / slowness)))

    def _count_round(self) -> None:
        """Whether the bandwidth still grew in the round trip that ended: what was sent in the last one has come."""
        if self.acknowledged < self._round_ends or self._flat_rounds >= FLAT_ROUNDS:
            return
        self._round_ends = self.sent
        if self.bandwidth > GROWTH * self._fastest:
            self._fastest, self._flat_rounds = self.bandwidth, 0
        else:
            self._flat_rounds += 1

    @property
    def round_trip_s(self) -> float:
        """Shortest round trip of the last minute, 0 where none is known yet."""
        return self._round_trip.least or 0.0

    @property
    def bandwidth(self) -> float:
        """Bytes a second of the fastest delivery of the last seconds, 0 where none is known yet."""
        return 1.0 / self._slowness.least if self._slowness.least else 0.0

    @property
    def unacknowledged(self) -> int:
        """Bytes sent and not known to have arrived."""
        return self.sent - self.acknowledged

    def go_on(self, now: float, *, at_most: int) -> None:
        """The client is back after a pause that was no stall of its own; `at_most` bytes are still on the way to it.

        What it has beyond that needs no ACK: those that were lost with the connection would hold the window shut.
        """
        self._progress_at = now
        self.acknowledged = max(self.acknowledged, self.sent - at_most)
        while self._under_way and self._under_way[0][0] <= self.acknowledged:
            self._under_way.popleft()

    def has_room(self, count: int) -> bool:
        """Whether a frame of `count` bytes may be sent."""
        return self.sent - self.acknowledged + count <= max(self.size, min(MAX_WINDOW, self.size + self._beside))

    def on_path(self, stranded: int, *, is_crowded: bool) -> None:
        """What the system knows: bytes with the client's that it can't hand on yet, and whether queues are long."""
        self._beside = stranded if is_crowded else 2 * stranded

    def on_sent(self, count: int, now: float) -> None:
        """A CHUNK frame of `count` bytes goes out."""
        if self.sent == self.acknowledged:
            # After a pause the clock of the rate begins anew, else the pause would count as slowness.
            self._progress_at = self._acknowledged_sent_at = now
        self.sent += count
        self._under_way.append((self.sent, now, self.acknowledged, self._progress_at, self._acknowledged_sent_at))

    def on_acknowledged(self, received: int, now: float) -> bool:
        """The client has this many bytes in all; False if that cannot be."""
        if not self.acknowledged <= received <= self.sent:
            return False
        if received == self.acknowledged:
            return True
        newest = None
        while self._under_way and self._under_way[0][0] <= received:
            newest = self._under_way.popleft()
        self.acknowledged = received
        self._progress_at = now
        if newest is not None:
            sent_with_it, sent_at, acknowledged_then, progress_then, begun_at = newest
            self._acknowledged_sent_at = sent_at
            self._round_trip.add(now, max(1e-6, now - sent_at))
            took = max(1e-6, now - progress_then, sent_at - begun_at)
            self._slowness.add(now, took / (sent_with_it - acknowledged_then))
            self._count_round()
            self.size = self._measured()
        return True

    def stalled_for(self, now: float) -> float:
        """Seconds since the client last took anything while there was something to take."""
        return now - self._progress_at if self.sent > self.acknowledged else 0.0
