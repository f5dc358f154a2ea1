"""A server's session and a client's with nothing between them, and the rules that must hold after each message."""

from __future__ import annotations

import random

from streaming import frames
from streaming.client import Arrived, ClientSession, Drawn, Forgotten
from streaming.events import (
    Budget,
    ChunkFrame,
    ClientMessage,
    Count,
    DeviceBudget,
    Pack,
    ServerMessage,
    StreamPlacement,
)
from streaming.schedule import Plan
from streaming.server import ServerSession
from tests.streaming.forest import ENDLESS, Forest, digest_of, packed_of

IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def flat(message: str | bytes) -> list[ServerMessage]:
    """A message, or those of a PACK."""
    said = frames.decode_server(message)
    return [frames.decode_server(inner) for inner in said.messages] if isinstance(said, Pack) else [said]


class Walk:
    def __init__(
        self, forest: Forest, budget: DeviceBudget = ENDLESS, *, groups: bool = False, coded: bool = False
    ) -> None:
        self.forest, self.blobs, self.now, self.looks, self.seeks = forest, dict(forest.blobs), 0.0, 0, 0
        self.groups, self.coded = groups, coded
        self.server = ServerSession(budget=budget, now=0.0, groups=groups)
        self.client = ClientSession(budget_bytes=budget.bytes, gzip=coded, groups=groups)
        self.server.open(session="s", scene="scene_1", title="A forest", token="token")
        self.placed: set[int] = set()
        self.cuts: list[Drawn] = []
        self.arrived: dict[str, int] = {}
        self.enter(0)

    # What the driver does

    def enter(self, seek: int) -> None:
        new = [
            (root, StreamPlacement(f"p{root}", "a", "", IDENTITY, "certain", "US"))
            for root in self.forest.roots
            if root not in self.placed
        ]
        self.placed.update(self.forest.roots)
        self.server.enter(
            seek=seek, at="1200", label="1200", hypothesis=None, certainty="possible",
            count=Count(len(self.forest.roots)), placements=new, gone=(), now=self.now,
        )  # fmt: skip

    def plan(self, chance: random.Random) -> Plan:
        plan = self.forest.plan(
            chance, state=self.server.state, look=self.looks, groups=self.groups, coded=self.coded
        )  # fmt: skip
        self.server.set_plan(plan)
        return plan

    def supply(self) -> None:
        for digest in self.server.needs():
            data = self.blobs[digest]
            self.server.supply(digest, packed_of(data) if self.server.encoding_of(digest) else data)

    def pump(self, most: int = 1_000_000) -> int:
        """Send what may be sent without acknowledging; the number of messages."""
        count = 0
        while count < most:
            self.supply()
            messages = self.server.data_to_send(self.now)
            if not messages:
                break
            for message in messages:
                self.deliver(message)
            count += len(messages)
        window = self.server.window
        assert window.unacknowledged <= window.size
        return count

    def said(self) -> list[ServerMessage]:
        """What the server says now; the client does not hear it."""
        found: list[ServerMessage] = []
        while True:
            self.supply()
            messages = self.server.data_to_send(self.now)
            if not messages:
                return found
            found += [inner for message in messages for inner in flat(message)]

    # What the client sees

    def deliver(self, message: str | bytes) -> None:
        for event in self.client.receive(message, self.now):
            match event:
                case Arrived():
                    self.arrived[event.digest] = self.arrived.get(event.digest, 0) + 1
                    assert self.arrived[event.digest] == 1
                    assert event.held or self.blobs[event.digest] == event.data
                case Forgotten():
                    for digest in event.digests:
                        self.arrived.pop(digest, None)
                    self.check_images()
                case Drawn():
                    self.check_cut(event)
        # What is held may be too much for a while after the budget was lowered; then nothing new begins.
        if any(isinstance(said, ChunkFrame) and said.offset == 0 for said in flat(message)):
            assert self.client.held_bytes <= self.server.budget.bytes

    def check_images(self) -> None:
        """An image is not taken from the client before the files that refer to it."""
        held = self.client.held
        for data, images in zip(self.forest.files, self.forest.images, strict=True):
            assert digest_of(data) not in held or {digest_of(image) for image in images} <= held

    def check_cut(self, cut: Drawn) -> None:
        held = self.client.held
        for node in cut.nodes:
            assert {digest_of(image) for image in self.forest.images[node]} <= held
        self.forest.check(cut.shown)
        cost = self.forest.cost(cut.shown)
        assert cost == cost.at_most(self.server.budget)
        self.cuts.append(cut)

    # What the client says

    def say(self, message: str | bytes) -> tuple[ClientMessage, ...]:
        return self.server.receive(message, self.now)

    def acknowledge(self) -> None:
        self.now += 0.006
        for message in self.client.data_to_send(self.now):
            self.say(message)

    def settle(self) -> None:
        for _ in range(10_000):
            self.now += 0.05
            sent = self.pump()
            self.acknowledge()
            if not sent:
                return
        raise AssertionError("it never comes to rest")


def random_budget(chance: random.Random) -> DeviceBudget:
    return DeviceBudget(
        chance.randrange(1, 1_500_000), chance.randrange(1, 600), chance.randrange(1, 60), chance.randrange(1, 12_000)
    )  # fmt: skip


def step(walk: Walk, chance: random.Random) -> None:
    """One random thing that may happen."""
    match chance.randrange(8):
        case 0:
            walk.looks = walk.client.look((chance.random(), 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.5, height=720)
            walk.acknowledge()
            walk.plan(chance)
        case 1:
            walk.seeks = walk.client.seek("1200")
            walk.acknowledge()
            walk.enter(walk.seeks)
            if chance.random() < 0.8:
                walk.plan(chance)
        case 2:
            less = random_budget(chance)
            walk.client.budget(Budget(less.bytes, less.triangles, less.draws, less.textures))
            walk.acknowledge()
            if chance.random() < 0.8:
                walk.plan(chance)
        case 3:
            # A client claims only what it does not forget, so not what was just taken from it.
            unseen = sorted(digest for digest in walk.blobs if not _begun(walk, digest))
            walk.client.have(chance.sample(unseen, min(len(unseen), 2)))
            walk.acknowledge()
        case 4:
            walk.now += chance.random() * 0.2
            walk.pump(chance.randrange(1, 20))
        case 5:
            # Of what may be wanted soon.
            walk.server.set_spare(
                walk.forest.plan(chance, state=walk.server.state, look=0, groups=walk.groups, coded=walk.coded)
            )
        case _:
            walk.pump(chance.randrange(1, 20))
            walk.acknowledge()


def _begun(walk: Walk, digest: str) -> bool:
    transfer = walk.server._sender.holdings.get(digest)
    return transfer is not None and transfer.begun
