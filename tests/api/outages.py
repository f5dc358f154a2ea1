"""A server whose PostgreSQL and Redis fail by seed, each behind a network of its own, while somebody works on it.

`python -m tests.api.outages 200` plays so many schedules on one server; one is in the tests. At each step of one the
way to either, or both, stalls, is reset, refuses, breaks off within a reply, or the server behind it is killed, for up
to three seconds. Meanwhile the process lives, and answers each question or says 503 with a reason; afterwards it is
ready again, and takes changes. At the end all that it acknowledged is there.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.api import command
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer
from tests.schedules import played
from tests.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 3
BACK_S = 5.0
"""after which it is ready again, once the network is well"""
_GIVEN_UP_S = 60.0
_LASTS_S = (0.05, 0.2, 0.5, 1.0, 3.0)
_BETWEEN_S = 0.02


class Museum:
    """`with Museum(folder) as museum: museum.schedule(seed)`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._held = folder, ExitStack()
        self.acknowledged: set[str] = set()
        self.asked: set[str] = set()
        self.refused = 0

    def __enter__(self) -> Museum:
        enter = self._held.enter_context
        self.postgres, self._redis = enter(PostgresServer()), enter(RedisServer(self._folder / "redis"))
        self._proxies = enter(TcpProxy(self.postgres.port)), enter(TcpProxy(self._redis.port))
        ports = [each.port for each in self._proxies]
        own: dict[str, Any] = {
            "CHRONOTOPE_DATABASE_URL": self.postgres.database().replace(str(self.postgres.port), str(ports[0])),
            "CHRONOTOPE_REDIS_URL": self._redis.url.replace(str(self._redis.port), str(ports[1])),
            "CHRONOTOPE_SECRET_KEY": "a secret of 32 characters and some more of them",
        }
        data = self._folder / "museum"
        token = json.loads(command.run("token", "--data", data, "--json", **own).stdout)["token"]
        self._server = enter(command.served(data, **own))
        headers = {"Authorization": f"Bearer {token}"}
        self.client = enter(httpx.Client(base_url=self._server.url, headers=headers, timeout=_GIVEN_UP_S))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def schedule(self, seed: int) -> float:
        """Play one; the longest way back in seconds."""
        chance, longest = random.Random(seed), 0.0
        numbers = itertools.count()
        for step in range(STEPS):
            self._fail(chance)
            well = threading.Timer(chance.choice(_LASTS_S), self._mend)
            well.start()
            while well.is_alive():
                self._ask(f"{seed} {step} {next(numbers)}")
                time.sleep(_BETWEEN_S)
            well.join()
            longest = max(longest, self._back(f"{seed} {step} {{}} back"))
        return longest

    def settled(self) -> None:
        """All that was acknowledged is there, and nothing that nobody asked for."""
        found = self._titles()
        assert self.acknowledged <= found <= self.asked, (self.acknowledged - found, found - self.asked)

    def _fail(self, chance: random.Random) -> None:
        kill = (self.postgres.kill, self._redis.kill)
        ways = list(zip(kill, self._proxies, strict=True))
        for killed, proxy in chance.choice([ways[:1], ways[:1], ways[1:], ways]):
            cut = partial(proxy.cut, chance.randrange(400))
            faults: list[Callable[[], None]] = [proxy.stall, proxy.reset, proxy.refuse, cut, killed]
            chance.choice(faults)()

    def _mend(self) -> None:
        self.postgres.start()
        self._redis.start()
        for proxy in self._proxies:
            proxy.flow()

    def _ask(self, title: str) -> None:
        assert self.client.get("/livez").status_code == 200
        ready = self.client.get("/readyz")
        assert ready.status_code == 200 or (ready.status_code == 503 and ready.json()["reasons"])
        if not self.make(title):
            self.refused += 1

    def make(self, title: str) -> bool:
        """Whether a scene was made; else it was said that it cannot be now."""
        self.asked.add(title)
        told = self.graphql(
            f'mutation {{ createScene(input: {{title: "{title}", defaultMoment: "-0400", '
            "viewpoint: {position: [0, 2, 9], target: [0, 0, 0]}}) { scene { id } } }"
        )
        if "errors" not in told and told.get("data"):
            self.acknowledged.add(title)
            return True
        assert (told.get("status"), told.get("code")) == (503, "UNAVAILABLE"), told
        assert "does not answer" in told["detail"]
        return False

    def graphql(self, query: str) -> dict[str, Any]:
        """What is answered, a result or a problem."""
        told: dict[str, Any] = self.client.post("/graphql", json={"query": query}).json()
        return told

    def _back(self, title: str) -> float:
        began = time.monotonic()
        for number in itertools.count():
            if self.client.get("/readyz").status_code == 200 and self.make(title.format(number)):
                break
            assert time.monotonic() - began < _GIVEN_UP_S, "it is not ready again"
            time.sleep(_BETWEEN_S)
        return time.monotonic() - began

    def _titles(self) -> set[str]:
        found: set[str] = set()
        after = "null"
        while True:
            page = self.graphql(
                f"{{ scenes(first: 100, after: {after}) {{ nodes {{ title }} pageInfo {{ hasNextPage endCursor }} }} }}"
            )["data"]["scenes"]
            found |= {node["title"] for node in page["nodes"]}
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = json.dumps(page["pageInfo"]["endCursor"])


def main(many: int, first: int = 0) -> int:
    """As many schedules as are asked for; what they came to."""
    with tempfile.TemporaryDirectory() as folder, Museum(Path(folder)) as museum:
        held = played(museum.schedule, range(first, first + many), (AssertionError, httpx.HTTPError))
        museum.settled()
    ways = sorted(held) or [0.0]
    print(f"{len(held)} of {many} schedules held; {len(museum.acknowledged)} changes acknowledged and kept, "
          f"{museum.refused} answered by 503; ready again within {ways[-1]:.2f} s, in half of them within "
          f"{ways[len(ways) // 2]:.2f} s")  # fmt: skip
    return 0 if len(held) == many and ways[-1] <= BACK_S else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
