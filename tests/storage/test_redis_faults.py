"""Seeded schedules of faults between two processes' lines and a real Redis, at any moment, while both speak.

The way stalls, is reset, refuses, or breaks off within a reply; the server is killed and started again. Nobody who
speaks waits or hears of it; what is said once all is well again is heard by both, in order; and nothing is heard twice,
nor after what was said later. One here; `python -m tests.storage.test_redis_faults 200` runs as many as it is told.
"""

from __future__ import annotations

import itertools
import logging
import random
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from redis import Redis

from storage.bus_redis import PREFIX, RedisRelay
from tests.redis_server import RedisServer
from tests.schedules import played
from tests.tcp_proxy import TcpProxy

STEPS = 3
SEED = 2
BACK_S = 5.0
"""after which, once the network is well again, both hear each other"""
_SAYS = 20
_LASTS_S = (0.0,) * 12 + (2.5, 2.5, 8.0)
"""how long a fault lasts: longer than an answer is waited for, longer than until a silent one is asked"""
_WAITED_S = 1.0
"""of one who waits for Redis, which is given up after two seconds"""


class Speaker:
    """One process: it says numbers and keeps what it hears, of itself and the other."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.said = name, 0
        self.relay = RedisRelay(url)
        self.heard: dict[str, list[int]] = {"ada": [], "ben": [], "probe": []}
        self.longest_s = 0.0
        self.relay.listen("room:a", self._hear)

    def say(self) -> int:
        """Say the next number, and return it."""
        began = time.monotonic()
        self.said += 1
        self.relay.publish("room:a", f"{self.name} {self.said}".encode())
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        return self.said

    def close(self) -> None:
        """Say and hear no more."""
        self.relay.close()

    def _hear(self, data: bytes) -> None:
        name, number = data.decode().split()
        self.heard[name].append(int(number))


def _fault(chance: random.Random, proxy: TcpProxy, server: RedisServer) -> None:
    what = chance.choice(
        [proxy.reset, proxy.stall, proxy.refuse, lambda: proxy.cut(chance.randrange(120)), server.kill]
    )
    what()


def schedule(seed: int, folder: Path) -> float:
    """Two speak while it fails; the longest way back in seconds."""
    chance, longest = random.Random(seed), 0.0
    with RedisServer(folder / f"redis-{seed}") as server, TcpProxy(server.port) as proxy:
        url = server.url.replace(str(server.port), str(proxy.port))
        with closing(Speaker("ada", url)) as ada, closing(Speaker("ben", url)) as ben, Redis(port=server.port) as probe:
            both = (ada, ben)
            _back(both, probe, 1)
            for step in range(STEPS):
                for _ in range(chance.randrange(1, 4)):
                    _fault(chance, proxy, server)
                    for _ in range(chance.randrange(40)):
                        chance.choice(both).say()
                        time.sleep(chance.choice((0, 0, 0.001, 0.01)))
                    time.sleep(chance.choice(_LASTS_S))
                server.start()
                proxy.flow()
                longest = max(longest, _back(both, probe, (step + 1) * 1_000_000))
                last = {each.name: [each.say() for _ in range(_SAYS)] for each in both}
                until = time.monotonic() + 6 * BACK_S
                while any(each.heard[name][-_SAYS:] != said for each in both for name, said in last.items()):
                    assert time.monotonic() < until, "what was said after its return was not heard"
                    time.sleep(0.01)
            for each in both:
                for name, numbers in each.heard.items():
                    assert numbers == sorted(set(numbers)), f"{each.name} heard {name} twice, or late"
                assert each.longest_s < _WAITED_S, "who speaks waited"
    return longest


def _back(both: tuple[Speaker, Speaker], probe: Redis, first: int) -> float:
    """Until both hear what is said past the network that failed; in seconds."""
    began = time.monotonic()
    for number in itertools.count(first):
        probe.publish(f"{PREFIX}room:a", f"probe {number}")
        time.sleep(0.01)
        if all(each.heard["probe"][-1:] >= [first] for each in both):
            return time.monotonic() - began
        assert time.monotonic() - began < 6 * BACK_S, "they do not hear, though the network is well again"
    raise AssertionError


def test_both_are_heard_again_and_nothing_is_heard_twice_whatever_the_network_does(tmp_path: Path) -> None:
    schedule(SEED, tmp_path)


def main(many: int, first: int = 0) -> int:
    """As many schedules as are asked for; what they came to."""
    logging.getLogger("storage.bus_redis").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        held = played(partial(schedule, folder=Path(folder)), range(first, first + many))
    ways = sorted(held) or [0.0]
    print(f"{len(held)} of {many} schedules held, {many * STEPS} returns; heard again within {ways[-1]:.2f} s, half of "
          f"the schedules within {ways[len(ways) // 2]:.2f} s")  # fmt: skip
    return 0 if len(held) == many and ways[-1] <= BACK_S else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
