"""The command and the server with their catalogue in PostgreSQL, which dies and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.outages import Museum

if TYPE_CHECKING:
    from pathlib import Path

SEED = 4


def test_a_museum_whose_database_dies_says_so_loses_nothing_and_is_ready_again(tmp_path: Path) -> None:
    with Museum(tmp_path) as museum:
        assert museum.make("Agora")
        museum.postgres.kill()
        ready = museum.client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["catalogue: cannot be read (Unavailable)"])
        assert not museum.make("Stoa")
        told = museum.graphql("{ scenes { nodes { title } } }")
        assert (told["status"], told["code"]) == (503, "UNAVAILABLE")
        assert museum.client.get("/livez").status_code == 200
        museum.postgres.start()
        # Five seconds is what is promised; what else runs on the machine of the test is not ours to promise.
        museum.schedule(SEED)
        museum.settled()
    assert not (tmp_path / "museum" / "catalogue.db").exists()
