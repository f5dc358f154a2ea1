"""The command and the server with their catalogue in PostgreSQL, which dies and comes back."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from tests.api import command
from tests.postgres_server import PostgresServer

MADE = """mutation { createScene(input: {title: "Agora", defaultMoment: "-0400",
    viewpoint: {position: [0, 2, 9], target: [0, 0, 0]}}) { scene { id } } }"""
ASKED = "{ scenes { nodes { title } } }"


def _until_ready(url: str, *, seconds: float) -> float:
    began = time.monotonic()
    while True:
        if httpx.get(f"{url}/readyz").status_code == 200:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, "it is not ready again"
        time.sleep(0.05)


def test_a_museum_whose_database_dies_says_so_loses_nothing_and_is_ready_again(tmp_path: Path) -> None:
    data = tmp_path / "museum"
    with PostgresServer() as postgres:
        own = {"CHRONOTOPE_DATABASE_URL": postgres.database()}
        token = json.loads(command.run("token", "--data", data, "--json", **own).stdout)["token"]
        with command.served(data, **own) as server:
            client = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

            def graphql(query: str) -> dict[str, Any]:
                answer: dict[str, Any] = client.post("/graphql", json={"query": query}).json()
                return answer

            assert "errors" not in graphql(MADE)
            postgres.kill()
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["reasons"]) == (503, ["catalogue: cannot be read (Unavailable)"])
            for query in (MADE, ASKED):
                told = graphql(query)
                assert (told["status"], told["code"]) == (503, "UNAVAILABLE")
                assert "does not answer" in told["detail"]
            assert client.get("/livez").status_code == 200
            postgres.start()
            # Five seconds is what is promised; what else runs on the machine of the test is not ours to promise.
            _until_ready(server.url, seconds=30)
            assert graphql(ASKED)["data"]["scenes"]["nodes"] == [{"title": "Agora"}]
            assert "errors" not in graphql(MADE)
    assert not (data / "catalogue.db").exists()
