"""Which files go out next, which cut is said, what is given up: the middle of a server's session. Sans-I/O.

A plan (`streaming.schedule`) says what the view wants; the sender sends of it what the client lacks, in the plan's
order, as long as window, budget and the bytes at hand allow, and a cut as often as it pays. The order is made anew with
each plan, and one message is made at a time, so that a new plan takes effect with the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from streaming import frames
from streaming.cut import Cuts, Way
from streaming.events import ChunkFrame, Cut, DeviceBudget, Evict, NodeName, Nodes
from streaming.frames_binary import (
    CHUNK_HEAD,
    CHUNK_HEAD_FIRST,
    CHUNKS_PER_EVICT,
    NODES_PER_MESSAGE,
    PACK_ENTRY,
    PACK_HEAD,
    chunk_buffers,
    piece_head,
)
from streaming.holdings import Holdings
from streaming.limits import MAX_FRAME
from streaming.outbox import Outbox
from streaming.placing import Placing
from streaming.schedule import NO_PLAN, Plan, PlanNode, Queue, Transfer, Window, within

FIRST_MESSAGE = 16 << 10
"""bytes of a message as long as nothing is known of the link: the first round trip brings 14 KB"""
MESSAGE_S = 0.008
"""how long the link is at one message: a new plan waits for as long"""
LEAST_MESSAGE = 8 << 10
MOST_AT_ONCE = 256 << 10
LEAST_PIECE = 1 << 10
"""bytes of payload that are worth a piece of a chunk"""
CUT_INTERVAL_S = 0.04
"""cuts that improve the picture come at most this often"""
FIRST_CUT_INTERVAL_S = 0.004
"""and so often the first ones of a new view, each time twice as long: its first tile waits for no others"""
RENEWAL_S = 0.25
"""at most so often a view is new: of an eye that moves all the time each picture is but a little of it"""
STATE_PATIENCE_S = 0.5
"""how long the picture of the state before stays while the first tiles of a new state are on their way"""
READ_AHEAD = 512 << 10
_STAND_INS = 3
"""ways remembered of one node"""


class Sender:
    """The files and cuts of one session."""

    def __init__(self, *, budget: DeviceBudget, now: float, groups: bool) -> None:
        self.budget = budget
        self.window = Window(now)
        self.outbox = Outbox()
        self.holdings = Holdings()
        self.placing = Placing()
        self.plan = NO_PLAN
        self.chunks_sent = self.prefetched = 0
        self.state_at = now
        """when the newest state was entered"""
        self._groups = groups
        self._plan_number = 0
        self._spare = NO_PLAN
        self._wanted: set[str] = set()
        self._ranks: dict[int, int] = {}
        self._planned: dict[int, Way] = {}
        self._remembered: dict[int, list[Way]] = {}
        self._nodes: dict[int, PlanNode] = {}
        """nodes that a cut may name, the latest word on each"""
        self._announced: set[int] = set()
        self._queue, self._spare_queue = Queue(), Queue()
        self._data: dict[str, memoryview] = {}
        self._cut = Cut(0, 0, 0, (), (), complete=False)
        self._shown: dict[int, int] = {}
        self._cut_at = -CUT_INTERVAL_S
        self._stale_cut = False
        """whether something happened that the last cut does not show"""
        self._cut_interval_s = CUT_INTERVAL_S
        self._is_renewed, self._renewed_at = False, now - RENEWAL_S
        """whether the view is new and nothing was sent of it yet; when one last was"""
        self._begun = 0
        """bytes in the outbox before the message that is being made"""
        self._ahead = 0
        """bytes at hand of what is sent next, as far as `needs` looked"""

    # What is wanted

    def set_plan(self, plan: Plan) -> None:
        """Follow a new plan from now on."""
        self._remember()
        if (plan.state, plan.look) != (self.plan.state, self.plan.look):
            self._is_renewed = True
        self.plan = plan
        self._plan_number += 1
        self.follow()

    def set_spare(self, plan: Plan) -> None:
        """What to send while nothing else is to be sent; only the plan's files count, in its order."""
        self._spare = plan
        self._fill_spare()

    def follow(self) -> None:
        """Queue what the plan wants within the budget and the client does not hold."""
        nodes, self._wanted = within(self.plan, self.budget.bytes)
        self._ranks = {node.node: place for place, node in enumerate(nodes)}
        self._nodes.update((node.node, node) for node in nodes)
        self._planned = {node.node: way for node in nodes if (way := self._way(node))}
        roots = set(self.plan.roots)
        cuts = self._cuts(with_remembered=False)
        order: dict[str, Transfer] = {}
        for node in nodes:
            if node.node not in roots and cuts.is_replaced(node.node):
                continue  # all that replaces it is there already
            for digest in (*node.needs, node.chunk):
                transfer = self.holdings.transfer(self.plan.chunks[digest])
                if not transfer.whole:
                    order[digest] = transfer
        for digest in self._wanted:
            if (wanted := self.holdings.get(digest)) is not None:
                wanted.wanted_at = self._plan_number
        self.holdings.prune(self._wanted.__contains__)
        self._queue.fill(order.values())
        self._fill_spare()
        self._stale_cut = True
        self._ahead = 0

    def _way(self, node: PlanNode) -> Way:
        """By what a node goes; regions that the budget cuts off are not awaited."""
        way: Way = tuple(
            region if region is not None and all(part in self._ranks for part in region) else None
            for region in node.replaced_by
        )
        parted = node.added or (self._groups and node.grouped)
        return way if (any(way) if parted else way and None not in way and any(way)) else ()

    def _fill_spare(self) -> None:
        nodes, _ = within(self._spare, self.budget.bytes)
        waiting: dict[str, Transfer] = {}
        for digest in (digest for node in nodes for digest in (*node.needs, node.chunk)):
            transfer = self.holdings.transfer(self._spare.chunks[digest])
            if not transfer.whole and digest not in self._wanted:
                waiting[digest] = transfer
        self._spare_queue.fill(waiting.values())
        queued = {transfer.chunk.digest for transfer in self._queue}
        self._data = {digest: data for digest, data in self._data.items() if digest in queued or digest in waiting}

    def _remember(self) -> None:
        """Keep the ways known so far of which something can be drawn, and the nodes that they name."""
        cuts = self._cuts()
        kept: dict[int, list[Way]] = {}
        for node in {*self._planned, *self._remembered}:
            ways = [self._planned[node]] if node in self._planned else []
            ways += [way for way in self._remembered.get(node, ()) if way not in ways]
            if useful := [way for way in ways if cuts.is_useful(node, way)][:_STAND_INS]:
                kept[node] = useful
        self._remembered = kept
        known = {*kept, *self._shown}
        known.update(part for ways in kept.values() for way in ways for region in way for part in region or ())
        self._nodes = {node: word for node, word in self._nodes.items() if node in known}

    def _cuts(self, *, with_remembered: bool = True) -> Cuts:
        return Cuts(
            self._here, self._nodes, self._planned, self._remembered if with_remembered else {}, self._ranks,
            self._groups,
        )  # fmt: skip

    def _here(self, node: int) -> bool:
        known = self._nodes.get(node)
        whole = self.holdings.is_whole
        return known is not None and whole(known.chunk) and all(map(whole, known.needs))

    # What goes out

    def park(self) -> None:
        """Let fall what can be queued and read again."""
        self._queue.clear()
        self._spare_queue.clear()
        self._data.clear()

    def go_on(self, now: float, *, at_most: int) -> None:
        """The client is back, and `at_most` bytes are said again to it."""
        self.window.go_on(now, at_most=at_most)
        self.follow()

    @property
    def known(self) -> int:
        """How many nodes and chunks it knows of."""
        return len(self._announced) + len(self._nodes) + len(self.holdings)

    @property
    def queued(self) -> int:
        """Bytes that the plan still waits for."""
        return self._queue.left

    @property
    def due(self) -> float | None:
        """When a cut that was put off comes."""
        return self._cut_at + self._cut_interval_s if self._stale_cut else None

    @property
    def is_fed(self) -> bool:
        """Whether so much of what is sent next is at hand that `needs` need not be asked."""
        head = self._queue.head or self._spare_queue.head
        if head is None:
            return True
        return self._ahead > max(READ_AHEAD, self.window.size) // 2 and head.chunk.digest in self._data

    def needs(self) -> tuple[str, ...]:
        """Digests whose bytes will be sent next and are not yet supplied, in order."""
        lacking: list[str] = []
        ahead = self._ahead = 0
        most = max(READ_AHEAD, self.window.size)
        for transfer in self._next():
            if ahead >= most:
                break
            if not self.holdings.is_claimed(transfer):
                left = transfer.chunk.total - transfer.sent
                ahead += left
                if transfer.chunk.digest in self._data:
                    self._ahead += left
                else:
                    lacking.append(transfer.chunk.digest)
        return tuple(lacking)

    def _next(self) -> Iterator[Transfer]:
        """What may be sent, in order: spare files only once nothing is left of the plan's."""
        yield from self._queue
        if not self._queue.left:
            yield from self._spare_queue

    def supply(self, digest: str, data: bytes) -> None:
        """Here are the bytes of a chunk as they are sent; dropped if they are no longer needed. Raises ValueError."""
        transfer = self.holdings.get(digest)
        if transfer is None or transfer.whole:
            return
        if len(data) != transfer.chunk.total and not self._is_repacked(transfer, len(data)):
            raise ValueError(f"blob {digest} has {len(data)} bytes, {transfer.chunk.total} planned")
        if digest not in self._data:
            self._ahead += len(data) - transfer.sent
        self._data[digest] = memoryview(data)

    def _is_repacked(self, transfer: Transfer, length: int) -> bool:
        """Whether its coding made another length of it than was planned, as other versions do, before it went out."""
        if not transfer.chunk.decoded or transfer.sent:
            return False
        transfer.chunk = replace(transfer.chunk, total=length)
        self._queue.count()
        self._spare_queue.count()
        return True

    def fill(self, now: float) -> None:
        """Queue what the link carries in `MESSAGE_S`, if window, budget and bytes at hand allow, and cuts in between.

        That is a message, or a few of the longest where the link is quick: what is done for each costs as much as the
        system's copying of its bytes.
        """
        if self.holdings.bytes > self.budget.bytes:
            self._make_room(0, now)
        if self._is_renewed:
            self._renew(now)
        rate = self.window.bandwidth
        at_once = int(rate * MESSAGE_S) if rate else FIRST_MESSAGE
        most = max(LEAST_MESSAGE, min(MAX_FRAME, at_once))
        for _ in range(max(1, min(MOST_AT_ONCE, at_once) // most)):
            self._begun = self.outbox.bytes
            is_blank, cut = not self._shown, self._cut
            while self.outbox.bytes - self._begun < most - LEAST_PIECE and self._send_next(self._queue, most, now):
                if self._stale_cut:
                    self._say_cut(now)
                if (is_blank or self._cut_interval_s < CUT_INTERVAL_S) and self._shown and self._cut is not cut:
                    # A message is read when its last byte has come: the first picture waits for nothing after it.
                    return
            if self.outbox.bytes == self._begun:
                break
        if self._stale_cut:
            self._say_cut(now)
        if not self._queue.left:
            self._fill_idle(most, now)

    def _renew(self, now: float) -> None:
        self._is_renewed = False
        if now >= self._renewed_at + RENEWAL_S:
            self._cut_interval_s, self._renewed_at = FIRST_CUT_INTERVAL_S, now

    def _fill_idle(self, most: int, now: float) -> None:
        """Queue what no view wants yet. Half of the window stays free, so that a new view does not wait for it."""
        if self.placing and self.outbox.in_flight < self.window.size // 2:
            self.outbox.add(self.placing.some(most))
        while self._spare_queue.left and self.window.unacknowledged < self.window.size // 2:
            if not self._send_next(self._spare_queue, most, now):
                break

    def _send_next(self, queue: Queue, most: int, now: float) -> bool:
        """Queue the next piece of a queue; False where nothing can be sent now."""
        head = queue.head
        if head is None:
            return False
        held = self.holdings.is_claimed(head)
        left = 0 if held else head.chunk.total - head.sent
        top = (CHUNK_HEAD if head.sent else CHUNK_HEAD_FIRST) + PACK_ENTRY
        # A piece fills the message, but a message that is begun is not filled up by a sliver.
        begun = self.outbox.bytes - self._begun
        room = most - PACK_HEAD - begun - top
        if not held and room < min(left, LEAST_PIECE) and begun:
            return False
        payload = min(left, max(room, LEAST_PIECE))
        if not self.window.has_room(payload + top):
            return False
        if not held and head.chunk.digest not in self._data:
            return False
        if not head.begun and not self._can_begin(queue, head, now):
            queue.clear()
            return False
        self._send_piece(queue, head, payload, held=held, now=now)
        return True

    def _can_begin(self, queue: Queue, head: Transfer, now: float) -> bool:
        if queue is self._spare_queue:
            return self.holdings.bytes + head.chunk.kept <= self.budget.bytes
        return self._make_room(head.chunk.kept, now)

    def _send_piece(self, queue: Queue, head: Transfer, count: int, *, held: bool, now: float) -> None:
        chunk = head.chunk
        if not head.begun:
            self.holdings.begin(head)
        sent = head.sent
        view = b"" if held else self._data[chunk.digest][sent : sent + count]
        if sent:  # most pieces of a stream in a hurry: without a frame in between, which takes as long as the rest
            length = CHUNK_HEAD + count
            start = piece_head(
                head.number, chunk.content, head.encoding, total=chunk.total, offset=sent, length=count
            )  # fmt: skip
            self.outbox.add_piece((start, view), length)
        else:
            length = CHUNK_HEAD_FIRST + len(view)
            first = ChunkFrame(
                head.number, chunk.content, chunk.total, 0, view, chunk.digest, chunk.kept, head.encoding, held
            )
            self.outbox.add_piece(chunk_buffers(first), length)
        self.window.on_sent(length, now)
        self._ahead -= count
        queue.advance(chunk.total if held else count)
        if queue is self._spare_queue:
            self.prefetched += count
            head.wanted_at = self._plan_number
        if head.whole:
            self._data.pop(chunk.digest, None)
            self.chunks_sent += 1
            self._stale_cut = self._stale_cut or queue is self._queue

    # Cuts

    def _say_cut(self, now: float, *, at_once: bool = False) -> None:
        """Say the cut if it changed, and if it is time."""
        complete = not self._queue.left
        is_time = complete or not self._shown or now >= self._cut_at + self._cut_interval_s
        if not (at_once or (self._stale_cut and is_time)):
            return
        shown = self._cuts().picture(self.plan.roots, budget=self.budget, textures_of=self._texture_of).shown
        if not at_once and self._waits_for_roots(shown, complete=complete, now=now):
            return
        self._stale_cut = False
        if not (shown or self._shown or complete):
            return  # nothing was shown, nothing is there to show
        last, state, look = self._cut, self.plan.state, self.plan.look
        if (
            shown == self._shown
            and (state, complete) == (last.state, last.complete)
            and (not complete or look == last.look)
        ):
            # To look again costs as much as to say a cut; on a quick link a chunk comes each millisecond.
            self._cut_at = max(self._cut_at, now - self._cut_interval_s + FIRST_CUT_INTERVAL_S)
            return
        self._cut_interval_s = min(CUT_INTERVAL_S, 2 * self._cut_interval_s)
        before = self._shown
        if self.placing:
            for said in self.placing.of(self._nodes[node].placement for node in shown):
                self.outbox.add(said)
        self._announce([node for node in shown if node not in self._announced])
        gone = tuple(node for node in before if node not in shown)
        come = tuple((node, hidden) for node, hidden in shown.items() if before.get(node) != hidden)
        self.outbox.add(frames.encode(Cut(last.cut + 1, state, look, gone, come, complete)))
        # Without its changes, which nobody asks for again: an idle stream should cost little.
        self._cut = Cut(last.cut + 1, state, look, (), (), complete)
        self._shown, self._cut_at = shown, now

    def _announce(self, fresh: list[int]) -> None:
        for start in range(0, len(fresh), NODES_PER_MESSAGE):
            part = [self._nodes[node] for node in fresh[start : start + NODES_PER_MESSAGE]]
            names = (NodeName(node.node, node.placement, self.holdings.number(node.chunk)) for node in part)
            self.outbox.add(frames.encode(Nodes(tuple(names))))
        self._announced.update(fresh)

    def _texture_of(self, digest: str) -> int:
        transfer = self.holdings.get(digest)
        return transfer.chunk.texture if transfer else 0

    def _waits_for_roots(self, shown: dict[int, int], *, complete: bool, now: float) -> bool:
        """Whether the picture of the state before should stay a moment longer, lest a time step flicker."""
        if complete or self.plan.state == self._cut.state or not self._shown:
            return False
        drawn = {self._nodes[node].placement for node in shown}
        missing = any(self._nodes[root].placement not in drawn for root in self.plan.roots if root in self._ranks)
        return missing and now - self.state_at < STATE_PATIENCE_S

    # Eviction

    def _make_room(self, total: int, now: float) -> bool:
        """Evict until `total` bytes more fit into the budget; False where they cannot, as all the rest is wanted."""
        held, most = self.holdings.bytes, self.budget.bytes
        short = held + total - most
        if short <= 0:
            return True
        # A little more than needed, so that a stream at its budget does not evict before each chunk.
        goal = max(short, min(self._queue.left, most // 16) - (most - held))
        shown = {digest for node in self._shown for digest in (self._nodes[node].chunk, *self._nodes[node].needs)}
        going = self.holdings.to_evict(short, goal, wanted=self._wanted.__contains__, shown=shown)
        self.holdings.evict(going)
        if any(transfer.chunk.digest in shown for transfer in going):
            self._say_cut(now, at_once=True)
        for start in range(0, len(going), CHUNKS_PER_EVICT):
            numbers = tuple(transfer.number for transfer in going[start : start + CHUNKS_PER_EVICT])
            self.outbox.add(frames.encode(Evict(numbers)))
        return self.holdings.bytes + total <= most
