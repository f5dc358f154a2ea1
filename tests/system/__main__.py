"""`make test-system`: one journey through the whole system while its parts are taken away, one after another.

A curator uploads through nginx, over TLS; the upload changes servers in the middle, and its server is killed; models
are tiled on the Dask cluster while a worker of it, and the one that holds the job, are killed; the exhibition is opened
and visited by the client of the stream, whose server is killed; Redis goes; PostgreSQL is started anew. Whatever was
acknowledged is there at the end, and nothing that is kept is damaged.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from distributed import Client as Dask

from api.cli_stream import receive
from streaming.opening import Opening
from tests.system.topology import Topology, until

OFFSET = "application/offset+octet-stream"


def hills(size: int, seed: int) -> bytes:
    """A binary STL of rolling hills, 2 size² triangles."""
    x, y = np.meshgrid(np.linspace(0, 10, size + 1), np.linspace(0, 10, size + 1), indexing="ij")
    points = np.stack([x, np.sin(x * 3 + seed) * np.cos(y * 2) * 0.3, y], axis=-1).astype(np.float32)
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    corners = np.concatenate([np.stack([a, c, b], axis=2), np.stack([a, d, c], axis=2)]).reshape(-1, 3, 3)
    found = np.zeros(len(corners), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
    found["corners"] = corners
    return b"\0" * 80 + np.uint32(len(found)).tobytes() + found.tobytes()


class Curator:
    """Who uploads and publishes, through nginx or at one of the servers."""

    def __init__(self, system: Topology, token: str) -> None:
        trust = ssl.create_default_context(cafile=str(system.authority))
        self.headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=system.url, verify=trust, trust_env=False, timeout=60)
        self.system = system

    def tus(self, method: str, where: str, at: str = "", **more: Any) -> httpx.Response:
        """A request of tus; `at` names a server, else it goes through nginx."""
        base = f"http://127.0.0.1:{self.system.ports[at]}" if at else self.system.url
        headers = {**self.headers, "Tus-Resumable": "1.0.0", **more.pop("headers", {})}
        return self.client.request(method, f"{base}{where}", headers=headers, **more)

    def begun(self, data: bytes, name: str, at: str = "") -> str:
        about = "filename " + base64.b64encode(name.encode()).decode()
        answer = self.tus("POST", "/uploads", at, headers={"Upload-Length": str(len(data)), "Upload-Metadata": about})
        assert answer.status_code == 201, answer.text
        return "/uploads/" + answer.headers["Location"].rpartition("/")[2]

    def sent(self, where: str, data: bytes, start: int, end: int, at: str = "") -> httpx.Response:
        answer = self.tus(
            "PATCH", where, at, content=data[start:end],
            headers={"Upload-Offset": str(start), "Content-Type": OFFSET},
        )  # fmt: skip
        assert answer.status_code == 204, answer.text
        assert int(answer.headers["Upload-Offset"]) == end
        return answer

    def asked(self, query: str, **variables: Any) -> Any:
        answer = self.client.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self.headers
        ).json()
        assert "errors" not in answer, answer
        return answer.get("data")

    def state(self, asset: str) -> str:
        return str(self.asked("query($a: ID!) { node(id: $a) { ... on Asset { state } } }", a=asset)["node"]["state"])

    def job(self, asset: str) -> Any:
        told = "state report jobs { state message progress }"
        return self.asked(f"query($a: ID!) {{ node(id: $a) {{ ... on Asset {{ {told} }} }} }}", a=asset)

    def is_ready(self, asset: str) -> bool:
        found = self.state(asset)
        assert found in ("PENDING", "READY"), found
        return found == "READY"


def journey(system: Topology, tell: Any) -> None:
    token = json.loads(system.run("server-a", "token", "--role", "administrator", "--json"))["token"]
    ines = Curator(system, token)
    dask = Dask(f"tcp://127.0.0.1:{system.ports['dask-scheduler']}", set_as_default=False)

    def worked() -> int:
        return int(dask.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter))

    # An upload goes from one server to the other and on through nginx.
    data, before = hills(200, 1), worked()
    where, third = ines.begun(data, "hills.stl", "server-a"), len(data) // 3
    ines.sent(where, data, 0, third, "server-a")
    ines.sent(where, data, third, 2 * third, "server-b")
    assert ines.tus("HEAD", where, "server-a").headers["Upload-Offset"] == str(2 * third)
    first = ines.sent(where, data, 2 * third, len(data)).headers["Chronotope-Asset"]
    tell("an upload begun at one server went on at the other")
    until(lambda: worked() > before, "the cluster is at work", told=lambda: ines.job(first))
    system.kill("dask-worker-1")
    until(lambda: ines.is_ready(first), "the first model is tiled", told=lambda: ines.job(first))
    assert {ines.tus("HEAD", where, name).headers["Chronotope-Asset"] for name in ("server-a", "server-b")} == {first}
    system.start("dask-worker", 1)
    tell("it was tiled on the cluster, of whose workers one was killed")

    # The worker with the job is killed: the other one takes it over.
    data = hills(200, 2)
    where = ines.begun(data, "more.stl")
    second = ines.sent(where, data, 0, len(data)).headers["Chronotope-Asset"]
    holder = until(lambda: _holder(system), "a worker has the job")
    system.kill(holder)
    until(lambda: ines.is_ready(second), "the second model is tiled", told=lambda: ines.job(second))
    system.start("worker", int(holder.rpartition("-")[2]))
    tell(f"{holder} was killed with a job in hand, and the other one did it")

    # Published, and visited while a server is killed.
    view = "{position: [5, 6, 20], target: [5, 0, 5]}"
    scene = ines.asked(f'mutation {{ createScene(input: {{title: "Hills", defaultMoment: "2000", viewpoint: {view}}})'
                       " { scene { id } } }")["createScene"]["scene"]["id"]  # fmt: skip
    layer = ines.asked('mutation($s: ID!) { createLayer(input: {scene: $s, title: "Land"}) { layer { id } } }',
                       s=scene)["createLayer"]["layer"]["id"]  # fmt: skip
    for asset, existence in ((first, "1900/.."), (second, "1950/..")):
        ines.asked("mutation($l: ID!, $a: ID!, $e: String!) { createPlacement(input: {layer: $l, asset: $a,"
                   " existence: $e}) { placement { id } } }", l=layer, a=asset, e=existence)  # fmt: skip
    exhibition = ines.asked('mutation($s: ID!) { createExhibition(input: {scene: $s, slug: "hills", title: "Hills"})'
                            " { exhibition { id } } }", s=scene)["createExhibition"]["exhibition"]["id"]  # fmt: skip
    ines.asked('mutation($e: ID!) { publishExhibition(id: $e, reason: "opening") { exhibition { slug } } }',
               e=exhibition)  # fmt: skip
    half = ines.begun(data := hills(60, 3), "third.stl", "server-a")
    ines.sent(half, data, 0, len(data) // 2, "server-a")
    asyncio.run(_visited(system, scene))
    tell("two visitors through nginx; the server of one was killed, and both saw all moments")

    # What the server that is dead had acknowledged goes on at the other one.
    assert ines.tus("HEAD", half).headers["Upload-Offset"] == str(len(data) // 2)
    third_asset = ines.sent(half, data, len(data) // 2, len(data)).headers["Chronotope-Asset"]
    until(lambda: ines.is_ready(third_asset), "the third model is tiled")
    tell("an upload whose server was killed went on at the other")
    system.start("server-a")
    until(lambda: system.is_ready("server-a"), "server-a is back")

    system.redis.kill()
    ines.asked('mutation($s: ID!) { updateScene(input: {id: $s, title: "Hills without Redis"}) { scene { id } } }',
               s=scene)  # fmt: skip
    assert httpx.get(f"http://127.0.0.1:{system.ports['server-b']}/readyz").status_code == 200
    system.redis.start()
    tell("without Redis all goes on")

    system.postgres.kill()
    told = ines.client.post("/graphql", json={"query": "{ scenes { nodes { title } } }"})
    assert told.status_code == 503 or told.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE", told.text
    system.postgres.start()
    began = time.monotonic()
    until(lambda: all(system.is_ready(name) for name in ("server-a", "server-b")), "both are ready again")
    tell(f"PostgreSQL was started anew; both servers were ready {time.monotonic() - began:.1f} s later")

    # Nothing that was acknowledged is lost, and both servers say so.
    for name in ("server-a", "server-b"):
        answer = httpx.post(f"http://127.0.0.1:{system.ports[name]}/graphql", headers=ines.headers, json={
            "query": "{ scenes { nodes { title } } assets { nodes { id state } } }"}).json()["data"]  # fmt: skip
        assert [each["title"] for each in answer["scenes"]["nodes"]] == ["Hills without Redis"]
        assert {(each["id"], each["state"]) for each in answer["assets"]["nodes"]} == {
            (asset, "READY") for asset in (first, second, third_asset)
        }
    found = json.loads(system.run("server-b", "fsck", "--json"))
    assert (found["damaged"], found["missing"]) == ([], []), found
    left = [path.name for path in (system.folder / "work" / "work").glob("job_*")]
    assert left == [], "scratch folders of jobs"
    tell(f"nothing was lost: {found['objects']} objects, none damaged")


def _holder(system: Topology) -> str | None:
    """The worker process with a tiler's child."""
    for name, process in system.processes.items():
        if name.startswith("worker-"):
            for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
                for child in task.read_text().split():
                    if b"pipeline.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                        return name
    return None


async def _visited(system: Topology, scene: str) -> None:
    """Two visitors at a time, one at each server; the first moment that is complete ends server-a."""
    os.environ["SSL_CERT_FILE"] = str(system.authority)
    done: list[str] = []

    def tell(kind: str, said: dict[str, Any]) -> None:
        done.append("complete" if kind == "cut" and said["complete"] else kind)
        if done.count("complete") == 2 and system.processes["server-a"].poll() is None:
            system.kill("server-a")

    moments = ["1890", "1920", "1970", "2010"] * 2
    reports = await asyncio.gather(
        *(receive(system.url, Opening(scene), seeks=list(moments), tell=tell) for _ in range(2))
    )
    assert system.processes["server-a"].poll() is not None
    assert [len(report.steps) for report in reports] == [1 + len(moments)] * 2
    assert all(step.complete_s is not None for report in reports for step in report.steps)
    assert "broken" in done, done


def main() -> int:
    if shutil.which("nginx") is None:
        print("nginx is missing. Mend: `python tools/install.py nginx`, as root.", file=sys.stderr)
        return 1
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    # Whoever stops it doesn't leave its services behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="chronotope-system-"))
    try:
        with Topology(folder) as system:
            tell("all of deploy/scaled.yaml runs")
            journey(system, tell)
    except BaseException:
        print(f"the logs are in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
