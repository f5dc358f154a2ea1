"""Seeded schedules of faults between the catalogue and a real PostgreSQL: stalls, resets, refusals, at any moment.

Two here; `python -m tests.storage.test_postgres_faults 200` runs as many as it is told.
"""

from __future__ import annotations

import random
import sys
import threading
import time

import pytest

from scenes.errors import Unavailable
from scenes.model import Scene
from scenes.ports import Put
from storage import postgres
from storage.catalogue_postgres import PostgresCatalogue
from tests.contracts.samples import NOON, scene
from tests.postgres_server import PostgresServer
from tests.tcp_proxy import TcpProxy

STEPS = 6
BACK_S = 5.0
"""after which a catalogue whose network is well again must answer"""


def _fault(chance: random.Random, proxy: TcpProxy) -> threading.Timer:
    """Something goes wrong now or within the next ten milliseconds, or nothing does."""

    def refuse() -> None:
        proxy.accepts = False
        proxy.reset()

    what = chance.choice([lambda: None, proxy.reset, proxy.stall, refuse])
    later = threading.Timer(chance.choice([0.0, chance.random() * 0.01]), what)
    later.start()
    if chance.random() < 0.5:
        later.join()
    return later


def schedule(seed: int, server: PostgresServer) -> tuple[int, float]:
    """Commits under faults: how many were acknowledged, and the longest way back in seconds."""
    chance, url = random.Random(seed), server.database()
    with TcpProxy(server.port) as proxy:
        catalogue = PostgresCatalogue(url.replace(str(server.port), str(proxy.port)))
        acknowledged, refused, longest = set(), set(), 0.0
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(postgres, "_PATIENCE_S", 2.0)
            for step in range(STEPS):
                later = _fault(chance, proxy)
                try:
                    catalogue.commit([Put(scene(f"scene_{step}"))], author="ada", reason="", at=NOON)
                    acknowledged.add(f"scene_{step}")
                except Unavailable:
                    refused.add(f"scene_{step}")
                later.join()
                proxy.accepts = True
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
        except Unavailable:
            assert time.monotonic() - began < 6 * BACK_S, "it does not answer, though the network is well again"
        else:
            return time.monotonic() - began


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_was_acknowledged_is_lost_whatever_the_network_does(seed: int) -> None:
    with PostgresServer() as server:
        schedule(seed, server)


def main() -> None:
    """As many schedules as are asked for; what they came to."""
    many = int(sys.argv[1])
    with PostgresServer() as server:
        found = [schedule(seed, server) for seed in range(many)]
    longest = max(seconds for _, seconds in found)
    kept = sum(number for number, _ in found)
    print(f"{many} schedules, {many * STEPS} commits, {kept} acknowledged and kept; back within {longest:.1f} s")


if __name__ == "__main__":
    main()
