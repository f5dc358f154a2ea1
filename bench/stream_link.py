"""`python -m bench.stream_link SERVER CLIENT RTT_MS MBIT LOSS SEED`: a link between two network namespaces.

In user space: two TUN devices, one in each namespace, carry whole IP packets of 1,500 bytes; TCP at both ends is the
kernel's own. Each direction by itself:

- *rate*: packets are serialised one after the other, so one leaves when the one before it has gone;
- *queue*: what waits for that, drop-tail, at most one bandwidth-delay product (and never less than 32 packets);
- *delay*: half of the round trip, after the packet has left the queue;
- *loss*: each packet with a probability of its own, by a seeded generator, after the queue.

Deliveries within 0.1 ms are made together. The process asks for real-time priority, because the machine is shared: a
late delivery would be a worse link. It says on stdout `ready` when packets flow, and at the end, in JSON, what it
carried and dropped and how late it was at worst (`late_ms`; the 99.9 % quantile of deliveries).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import random
import select
import signal
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

MTU = 1500
DEVICE = "bench0"
TOGETHER_S = 1e-4
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Link:
    """A link, the same in both directions."""

    rtt_ms: float
    mbit: float
    loss: float = 0.0

    @property
    def name(self) -> str:
        """As tables say it: `50 ms, 50 Mbit`."""
        lossy = f", {self.loss * 100:g} % loss" if self.loss else ""
        return f"{self.rtt_ms:g} ms, {self.mbit:g} Mbit{lossy}"

    @property
    def queue_bytes(self) -> int:
        """One bandwidth-delay product, at least 32 packets."""
        return max(32 * MTU, round(self.mbit * 1e6 / 8 * self.rtt_ms / 1e3))


@dataclass(slots=True)
class Direction:
    """One direction of a link: `offer` what comes in, `due` gives what goes out. No clock of its own."""

    rate_bytes_s: float
    delay_s: float
    queue_bytes: int
    loss: float
    chance: random.Random
    free_at: float = 0.0
    """when the packet that was accepted last has left"""
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    carried_bytes: int = 0
    dropped: int = 0
    lost: int = 0

    def offer(self, packet: bytes, now: float) -> None:
        """Take a packet at `now` (s), or drop it."""
        begin = max(now, self.free_at)
        # Half a byte, because seconds times bytes a second are no whole numbers.
        if (begin - now) * self.rate_bytes_s + len(packet) > self.queue_bytes + 0.5:
            self.dropped += 1
            return
        self.free_at = begin + len(packet) / self.rate_bytes_s
        if self.loss and self.chance.random() < self.loss:
            self.lost += 1  # it took its time on the wire all the same
            return
        self.carried_bytes += len(packet)
        self.waiting.append((self.free_at + self.delay_s, packet))

    def due(self, now: float) -> list[tuple[float, bytes]]:
        """Packets that have arrived by `now`, each with the time at which it was to arrive."""
        found = []
        while self.waiting and self.waiting[0][0] <= now:
            found.append(self.waiting.popleft())
        return found


def directions(link: Link, seed: int) -> tuple[Direction, Direction]:
    """Server to client, and back."""
    down, up = (
        Direction(link.mbit * 1e6 / 8, link.rtt_ms / 2e3, link.queue_bytes, link.loss, random.Random(seed * 2 + way))
        for way in (0, 1)
    )
    return down, up


def _device(namespace: str) -> int:
    """A TUN device in a namespace; the file descriptor keeps it alive."""
    with Path(f"/var/run/netns/{namespace}").open() as there:
        if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return handle


def _carry(ways: dict[int, tuple[Direction, int]], ended: list[bool]) -> list[float]:
    """Until a signal: packets from each device into its direction, and out of it into the other device.

    How late deliveries were, in seconds."""
    late: list[float] = []
    clock = time.monotonic
    while not ended:
        now = clock()
        upcoming = now + 0.1
        for direction, out in ways.values():
            for due, packet in direction.due(now + TOGETHER_S):
                late.append(now - due)
                try:
                    os.write(out, packet)
                except OSError:  # the device is going down
                    direction.dropped += 1
            if direction.waiting:
                upcoming = min(upcoming, direction.waiting[0][0])
        ready, _, _ = select.select(list(ways), [], [], max(0.0, upcoming - clock()))
        for handle in ready:
            direction, _ = ways[handle]
            for _ in range(_AT_ONCE):
                try:
                    packet = os.read(handle, MTU + 64)
                except BlockingIOError:
                    break
                direction.offer(packet, clock())
    return late


def main() -> int:
    """Carry packets until SIGTERM."""
    server, client, rtt_ms, mbit, loss, seed = sys.argv[1:]
    link = Link(float(rtt_ms), float(mbit), float(loss))
    down, up = directions(link, int(seed))
    at_server, at_client = _device(server), _device(client)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError as refused:
        print(f"bench: no real-time priority for the link ({refused})", file=sys.stderr)
    ended: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    print("ready", flush=True)
    late = sorted(_carry({at_server: (down, at_client), at_client: (up, at_server)}, ended))
    said = {
        name: {"bytes": way.carried_bytes, "dropped": way.dropped, "lost": way.lost}
        for name, way in (("down", down), ("up", up))
    }
    worst = late[int(len(late) * 0.999)] if late else 0.0
    print(json.dumps(said | {"late_ms": worst * 1e3}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
