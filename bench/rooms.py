"""`python -m bench.rooms URL COUNT METRES SECONDS`: so many people in one room, in one process; JSON to stdout.

They walk at 1 m/s in a hall of METRES by METRES, each with head and both hands, ten poses a second, and acknowledge
once a second what they are told. Counted over SECONDS once all are there: poses sent, messages and poses received.
A line `ready` comes before and a line `done` after, so that whoever measures the server knows when.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import struct
import sys
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.cli_stream import stream_url
from streaming import frames
from streaming.events import Ack
from streaming.opening import SUBPROTOCOL, Opening
from streaming.room_events import Join
from streaming.room_frames import pose_of

SCENE = "scene_bench_empty"
_PEERS = 0x15
_TICK_S = 0.1
_TOGETHER = 20
_AHEAD = (0.0, 0.0, 0.0, 1.0)


class Visitor:
    """One person, walking to and fro."""

    def __init__(self, socket: ClientConnection, number: int, metres: float) -> None:
        self._socket, self._chance, self._metres = socket, random.Random(number), metres
        self._x, self._z = (self._chance.uniform(-metres / 2, metres / 2) for _ in range(2))
        self._way = self._chance.uniform(0, 2 * math.pi)
        self.messages = self.told = self.sent = 0

    async def hear(self) -> None:
        """Count what comes."""
        with suppress(ConnectionClosed):
            async for data in self._socket:
                self.messages += 1
                if isinstance(data, bytes) and data[0] == _PEERS:
                    self.told += struct.unpack_from("<H", data, 2)[0]

    async def walk(self, until: float, first: float) -> None:
        """Ten poses a second, and an acknowledgement each second."""
        loop, half = asyncio.get_running_loop(), self._metres / 2
        due, turn = first, 0
        while due < until:
            await asyncio.sleep(due - loop.time())
            due, turn = due + _TICK_S, turn + 1
            self._way += self._chance.uniform(-0.3, 0.3)
            self._x = max(-half, min(half, self._x + 0.1 * math.cos(self._way)))
            self._z = max(-half, min(half, self._z + 0.1 * math.sin(self._way)))
            hands = [((self._x + side, 1.1, self._z), _AHEAD) for side in (-0.25, 0.25)]
            await self._socket.send(frames.encode(pose_of(((self._x, 1.65, self._z), _AHEAD), *hands)))
            self.sent += 1
            if turn % 10 == 0:
                await self._socket.send(frames.encode(Ack(self.messages, 0)))


def _counts(visitors: list[Visitor]) -> tuple[int, int, int]:
    return sum(v.sent for v in visitors), sum(v.messages for v in visitors), sum(v.told for v in visitors)


async def crowd(url: str, count: int, metres: float, seconds: float) -> dict[str, float]:
    """Be there, and count."""
    visitors: list[Visitor] = []

    async def enter(number: int) -> None:
        socket = await connect(
            stream_url(url, Opening(SCENE)), subprotocols=[SUBPROTOCOL], compression=None, proxy=None, open_timeout=60  # type: ignore[list-item]  # a NewType
        )  # fmt: skip
        visitors.append(Visitor(socket, number, metres))
        await socket.send(frames.encode(Join("bench", f"visitor {number}")))

    for start in range(0, count, _TOGETHER):
        await asyncio.gather(*(enter(number) for number in range(start, min(count, start + _TOGETHER))))
    loop, chance = asyncio.get_running_loop(), random.Random(7)
    hearing = [asyncio.create_task(visitor.hear()) for visitor in visitors]
    ends = loop.time() + 3 + seconds + 3
    walking = [asyncio.create_task(v.walk(ends, loop.time() + chance.uniform(0, _TICK_S))) for v in visitors]
    await asyncio.sleep(3)
    print("ready", flush=True)
    before = _counts(visitors)
    begun = loop.time()
    await asyncio.sleep(seconds)
    took = loop.time() - begun
    sent, messages, told = (now - then for now, then in zip(_counts(visitors), before, strict=True))
    print("done", flush=True)
    await asyncio.gather(*walking)
    for task in hearing:
        task.cancel()
    return {"sent_per_s": sent / took, "messages_per_s": messages / took, "told_per_s": told / took}


def main() -> int:
    """Be a crowd."""
    url, count, metres, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(crowd(url, int(count), float(metres), float(seconds)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
