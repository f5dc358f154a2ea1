"""What was removed is brought back, or erased by two people, over GraphQL and at the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.services import Services, every_store, open_services, stores
from api.settings import Settings
from api.worker import Worker
from scenes import compose
from scenes.errors import Conflict, Forbidden, Invalid, NotFound
from scenes.model import Actor, Asset, JobState, Placement, Role, Scene
from scenes.ports import Remove
from scenes.purging import approve_purge, carry_out, collect, job_of, propose_purge, unnamed
from scenes.restoring import restore
from tests.api.command import token
from tests.api.museum import DRAFT_TILE, MASTER, Doors, digest, write_asset, write_museum
from tests.faults.operations import Later

INES, BOB, EVE = (
    Actor("ines", Role.CURATOR, account="account_ines"),
    Actor("bob", Role.ADMINISTRATOR, account="account_bob"),
    Actor("ines", Role.ADMINISTRATOR, account="account_ines"),
)
OWN = b"bytes of nobody else"


@pytest.fixture
def services(tmp_path: Any) -> Any:
    """A museum with an asset of its own master, removed now; files are asked as they will be in two days."""
    settings = Settings(data=tmp_path / "museum", replica_url=f"file://{tmp_path}/replica")
    token(settings.data)
    with open_services(settings) as opened:
        write_museum(opened)
        from scenes.model import Visibility

        write_asset(opened, "own", tile=b"its own tile", visibility=Visibility.DRAFT, master=OWN)
        compose.remove_asset(opened, opened.jobs, INES, "asset_own", reason="it was lent")
        yield opened


def later(services: Services, days: float) -> Services:
    return replace(services, clock=Later(timedelta(days=days), services.clock))


def test_what_was_removed_is_brought_back_as_it_was_with_what_went_with_it(services: Services) -> None:
    placed = services.catalogue.get(Placement, "placement_shrine")
    compose.remove(Placement, services, INES, "placement_shrine")
    done = restore(services, Actor("bob", Role.CURATOR), "placement_shrine")
    assert services.catalogue.get(Placement, "placement_shrine") == placed
    assert done.revision.author == "bob"
    assert [each.after for each in done.changes] == [placed]
    with pytest.raises(Conflict, match="stands"):
        restore(services, INES, "placement_shrine")
    with pytest.raises(NotFound):
        restore(services, INES, "placement_never")


def test_what_needs_something_that_is_gone_is_not_brought_back_alone(services: Services) -> None:
    compose.remove(Placement, services, INES, "placement_shrine")
    for name in ("temple", "roof_high", "roof_low"):
        compose.remove(Placement, services, INES, f"placement_{name}")
    compose.remove_asset(services, services.jobs, INES, "asset_temple")
    with pytest.raises(Conflict, match="asset_temple, which is not there"):
        restore(services, INES, "placement_shrine")
    restore(services, INES, "asset_temple")
    restore(services, INES, "placement_shrine")


def test_a_purge_waits_30_days_and_for_a_second_person(services: Services) -> None:
    with pytest.raises(Conflict, match="kept until"):
        propose_purge(later(services, 29), services.purges, INES, ["asset_own"], reason="the lender asked")
    then = later(services, 31)
    with pytest.raises(Conflict, match="stands"):
        propose_purge(then, services.purges, INES, ["asset_temple"], reason="why not")
    for ids, reason in (([], "why"), (["asset_own"], " ")):
        with pytest.raises(Invalid):
            propose_purge(then, services.purges, INES, ids, reason=reason)
    purge = propose_purge(then, services.purges, INES, ["asset_own"], reason="the lender asked")
    for actor in (INES, EVE):
        with pytest.raises(Forbidden):
            approve_purge(then, services.purges, actor, purge.id)
    # A token of the machine's is nobody's: one person may have two.
    with pytest.raises(Forbidden, match="accounts"):
        approve_purge(then, services.purges, replace(BOB, account=""), purge.id)
    with pytest.raises(Forbidden, match="accounts"):
        propose_purge(then, services.purges, replace(INES, account=""), ["asset_own"], reason="the lender asked")
    with pytest.raises(Conflict, match="7 days"):
        approve_purge(later(services, 39), services.purges, BOB, purge.id)
    assert approve_purge(then, services.purges, BOB, purge.id).approved_by == "bob"
    assert services.jobs.job(job_of(purge.id)) is not None
    assert approve_purge(then, services.purges, BOB, purge.id).approved_by == "bob", "again changes nothing"


def test_the_job_erases_its_bytes_and_nothing_that_another_thing_needs(services: Services) -> None:
    then = later(services, 31)
    every_store(services.settings)[1].put(OWN)
    purge = propose_purge(then, services.purges, INES, ["asset_own"], reason="the lender asked")
    approve_purge(then, services.purges, BOB, purge.id)
    assert Worker(then, lambda *_, **__: pytest.fail("nothing is tiled")).work_once("w")
    job = services.jobs.job(job_of(purge.id))
    assert job is not None
    assert (job.state, job.message) == (JobState.DONE, "4 objects erased")
    for store in every_store(services.settings):
        assert store.size(digest(OWN)) is None
    assert services.blobs.size(digest(MASTER)) == len(MASTER)
    assert services.blobs.size(digest(DRAFT_TILE)) == len(DRAFT_TILE)
    assert services.purges.purge(purge.id).ended_at is not None  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        restore(then, INES, "asset_own")
    assert services.catalogue.get(Asset, "asset_own", as_of=services.catalogue.latest() - 1) is None


def test_bytes_that_are_deposited_again_meanwhile_stay(services: Services) -> None:
    """They are put, and not named yet: the purge must not take them from under who is about to name them."""
    then = later(services, 31)
    purge = propose_purge(then, services.purges, INES, ["asset_own"], reason="the lender asked")
    approve_purge(then, services.purges, BOB, purge.id)
    # The clock of the file is the real one, so the moment of the purge is, too.
    services.purges.erase_records(purge.id, removed_before=then.clock.now(), at=then.clock.now())
    store = stores(services.settings)[0]
    old = store.erase(digest(OWN), before=services.clock.now() - timedelta(days=1))
    assert not old, "it was put a moment ago"
    assert services.blobs.put(OWN) == digest(OWN)
    assert carry_out(services, services.purges, (store,), purge.id) == 0
    assert services.blobs.read(digest(OWN)) == OWN
    assert unnamed(services.purges, store) == sorted(unnamed(services.purges, store))
    assert digest(OWN) in unnamed(services.purges, store)
    assert collect(services, services.purges, (store,)) == 0
    assert collect(then, services.purges, (store,)) == 3
    assert services.blobs.size(digest(OWN)) is None


def test_a_scene_is_read_as_it_stood_though_what_was_in_it_is_erased(services: Services) -> None:
    before = services.catalogue.latest()
    for name in ("temple", "roof_high", "roof_low", "shrine"):
        compose.remove(Placement, services, INES, f"placement_{name}")
    compose.remove_asset(services, services.jobs, INES, "asset_temple")
    then = later(services, 31)
    purge = propose_purge(then, services.purges, INES, ["asset_temple"], reason="why")
    approve_purge(then, services.purges, BOB, purge.id)
    carry_out(then, services.purges, every_store(services.settings), purge.id)
    cleared = services.cleared(INES)
    assert cleared.get(Scene, "scene_open", as_of=before) is not None
    with pytest.raises(Conflict, match="not there any more"):
        restore(then, INES, "placement_shrine")


async def test_over_graphql(doors: Doors) -> None:
    async def ask(text: str, role: Role, name: str) -> dict[str, Any]:
        headers = doors.account(role, name)
        answer = await doors.client.post("/graphql", json={"query": text}, headers=headers)
        return dict(answer.json())

    removed = await ask('mutation { removePlacement(id: "placement_shrine") { __typename } }', Role.CURATOR, "ines")
    assert "errors" not in removed
    told = await ask("{ removed { id kind title removed { author } keptUntil } }", Role.CURATOR, "bob")
    (tombstone,) = told["data"]["removed"]
    assert (tombstone["id"], tombstone["kind"], tombstone["removed"]["author"]) == (
        "placement_shrine",
        "placement",
        "ines",
    )
    early = 'mutation { proposePurge(ids: ["placement_shrine"], reason: "x") { id } }'
    refused = await ask(early, Role.CURATOR, "ines")
    assert refused["errors"][0]["extensions"]["code"] == "CONFLICT"
    back = await ask('mutation { restore(id: "placement_shrine") { changes { edit } } }', Role.CURATOR, "bob")
    assert back["data"]["restore"]["changes"] == [{"edit": "ADDED"}]
    assert (await ask("{ removed { id } purges { id } }", Role.CURATOR, "bob"))["data"] == {"removed": [], "purges": []}


def test_at_the_machine_it_has_to_be_said(services: Services) -> None:
    data = str(services.settings.data)

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["purge", "--data", data, *words])

    (told,) = json.loads(run("--json").stdout)
    assert (told["id"], told["kind"]) == ("asset_own", "asset")
    assert run("asset_own").exit_code == 2
    assert run("asset_own", "--yes-really").exit_code == 2, "no reason"
    early = run("asset_own", "--yes-really", "--reason", "the lender asked")
    assert isinstance(early.exception, Conflict)
    assert json.loads(run("--unreferenced", "--json").stdout) == {"unreferenced": []}
    long_ago = services.clock.now() - timedelta(days=31)
    secret = services.catalogue.get(Asset, "asset_secret")
    assert secret is not None
    services.catalogue.commit([Remove(secret)], author="ines", reason="", at=long_ago)
    done = run("asset_secret", "--yes-really", "--reason", "the lender asked")
    assert done.stdout.endswith("1 record and what belonged to them, 0 objects erased\n"), "its files are of today"
    assert services.catalogue.revision_of("asset_secret") == 0
    left = json.loads(run("--unreferenced", "--json").stdout)["unreferenced"]
    assert digest(DRAFT_TILE) in left
