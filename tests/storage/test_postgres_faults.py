"""Seeded schedules of faults between the catalogue and a real PostgreSQL, at any moment.

The way to it stalls, is reset, refuses, or breaks off within a reply; the server is killed and started again. Two here;
`python -m tests.storage.test_postgres_faults 200` runs as many as it is told, from a seed that may follow.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from functools import partial

import pytest

from scenes.errors import SceneError, Unavailable
from scenes.model import Scene
from scenes.ports import Put
from storage import postgres
from storage.catalogue_postgres import PostgresCatalogue
from tests.contracts.samples import NOON, scene
from tests.postgres_server import PostgresServer, shared_postgres
from tests.schedules import played
from tests.tcp_proxy import TcpProxy

STEPS = 6
BACK_S = 5.0
"""after which a catalogue whose network is well again must answer"""


def _fault(chance: random.Random, proxy: TcpProxy, server: PostgresServer | None) -> threading.Timer:
    """Something goes wrong now or within the next ten milliseconds, or nothing does."""
    faults = [lambda: None, proxy.reset, proxy.stall, proxy.refuse, lambda: proxy.cut(chance.randrange(400))]
    what = chance.choice(faults * 3 + ([] if server is None else [server.kill]))
    later = threading.Timer(chance.choice([0.0, chance.random() * 0.01]), what)
    later.start()
    if chance.random() < 0.5:
        later.join()
    return later


def schedule(seed: int, server: PostgresServer, *, stops: bool = False) -> tuple[int, float]:
    """Commits under faults: how many were acknowledged, and the longest way back in seconds."""
    chance, url = random.Random(seed), server.database()
    with TcpProxy(server.port) as proxy:
        catalogue = PostgresCatalogue(url.replace(str(server.port), str(proxy.port)))
        acknowledged, refused, longest = set(), set(), 0.0
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(postgres, "_PATIENCE_S", 2.0)
            for step in range(STEPS):
                later = _fault(chance, proxy, server if stops else None)
                try:
                    catalogue.commit([Put(scene(f"scene_{step}"))], author="ada", reason="", at=NOON)
                    acknowledged.add(f"scene_{step}")
                except Unavailable:
                    refused.add(f"scene_{step}")
                later.join()
                server.start()
                proxy.flow()
                longest = max(longest, _back(catalogue))
        catalogue.close()
    direct = PostgresCatalogue(url)
    there = {record.id for record in direct.page(Scene, first=99).records}
    # What broke off at the very end may be kept: nobody was told that it is.
    assert acknowledged <= there <= acknowledged | refused
    assert direct.latest() == len(there), "no revision is half there, and none is missing"
    direct.close()
    return len(acknowledged), longest


def _back(catalogue: PostgresCatalogue) -> float:
    began = time.monotonic()
    while True:
        try:
            catalogue.latest()
            with catalogue._database.writing():
                pass  # who was cut off in a transaction does not keep the others out
        except Unavailable:
            assert time.monotonic() - began < 6 * BACK_S, "it does not answer, though the network is well again"
        else:
            return time.monotonic() - began


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_was_acknowledged_is_lost_whatever_the_network_does(seed: int) -> None:
    schedule(seed, shared_postgres())


def main(many: int, first: int = 0) -> int:
    """As many schedules as are asked for; what they came to."""
    with PostgresServer() as server:
        # Once each: that the machine stood still is no reason for a commit to be lost.
        one, seeds = partial(schedule, server=server, stops=True), range(first, first + many)
        held = played(one, seeds, (AssertionError, SceneError), tries=1, log=server.log)
    kept, ways = sum(number for number, _ in held), sorted(seconds for _, seconds in held) or [0.0]
    print(f"{len(held)} of {many} schedules held, {many * STEPS} commits, {kept} acknowledged and kept; back within "
          f"{ways[-1]:.2f} s, half of them within {ways[len(ways) // 2]:.2f} s")  # fmt: skip
    return 0 if len(held) == many and ways[-1] <= BACK_S else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
