"""The server's own look through its objects: what it finds, where it goes on, and that one process does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.scrub import Scrubber, in_words
from api.services import Services, open_services, stores
from api.settings import Settings
from scenes.fixity import Round
from scenes.ports import Put
from tests.api.command import run
from tests.contracts.samples import NOON, asset


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    data = tmp_path / "museum"
    data.mkdir()
    replica = f"file://{tmp_path / 'replica'}"
    with open_services(Settings(data=data, replica_url=replica, scrub_pace=1 << 30)) as opened:
        yield opened


def scrubber(services: Services) -> Scrubber:
    assert services.rounds is not None
    return Scrubber(services, services.rounds, *stores(services.settings))


def spoil(services: Services, digest: str) -> None:
    path = services.settings.objects_path / digest[:2] / digest[2:4] / digest
    path.chmod(0o644)
    path.write_bytes(b"X" + path.read_bytes()[1:])


def told(services: Services) -> list[dict[str, object]]:
    return [json.loads(line) for line in (services.settings.data / "fixity.jsonl").read_text().splitlines()]


def test_what_is_damaged_or_missing_is_put_right_and_recorded(services: Services) -> None:
    store, replica = stores(services.settings)
    assert replica is not None
    digests = sorted(store.put(f"object {n}".encode()) for n in range(20))
    for digest in digests[:-1]:
        replica.put(store.read(digest))
    services.catalogue.commit(
        [Put(replace(asset(), tileset=None, master=digests[3], byte_length=len(store.read(digests[3]))))],
        author="ada", reason="", at=NOON,
    )  # fmt: skip
    spoil(services, digests[0])
    spoil(services, digests[-1])  # which the replica lacks
    store.set_aside(digests[3])
    found = scrubber(services).look_once()
    assert found is not None
    assert (found.objects, found.damaged, found.repaired) == (19, 3, 2)
    assert found.ended_at is not None
    assert [(each["was"], each["repaired"]) for each in told(services)] == [
        ("damaged", True), ("damaged", False), ("missing", True),
    ]  # fmt: skip
    noted = [each for each in services.audit.entries(after=0, first=99) if each.action == "scrub.found"]
    assert [(each.actor, each.subject.split()[-1], json.loads(each.detail)["repaired"]) for each in noted] == [
        ("server", digests[0], True), ("server", digests[-1], False), ("server", digests[3], True),
    ]  # fmt: skip
    assert store.read(digests[0]) == replica.read(digests[0])
    assert store.read(digests[3]) == replica.read(digests[3])
    assert scrubber(services).look_once() is None, "the next one is due in thirty days"


def test_a_round_goes_on_where_it_was_when_its_process_ended(services: Services) -> None:
    store, _ = stores(services.settings)
    digests = sorted(store.put(f"object {n}".encode()) for n in range(20))
    rounds, at = services.rounds, datetime.now(UTC)
    assert rounds is not None
    begun = rounds.take_round(worker="dead", at=at, seconds=0.0, every=timedelta(days=30))
    assert begun is not None
    assert rounds.report_round(replace(begun, after=digests[11], objects=12), worker="dead", at=at, seconds=0.0)
    found = scrubber(services).look_once()
    assert found is not None
    assert (found.number, found.objects, found.after) == (begun.number, 20, digests[-1])
    assert not rounds.report_round(begun, worker="dead", at=at, seconds=60.0), "it is another's by now, and ended"


def test_one_process_at_a_time_has_a_round_in_hand(services: Services) -> None:
    assert services.rounds is not None
    at = datetime.now(UTC)
    taken = services.rounds.take_round(worker="other", at=at, seconds=60.0, every=timedelta(days=30))
    assert scrubber(services).look_once() is None
    assert services.rounds.last_round() == taken


def test_it_reads_no_faster_than_it_is_told_and_stops_at_once(services: Services) -> None:
    store, _ = stores(services.settings)
    for number in range(8):
        store.put(bytes([number]) * 40_000)
    slow = replace(services, settings=replace(services.settings, scrub_pace=1 << 14))
    looking = scrubber(slow)
    looking.start(first_s=0.0)
    assert services.rounds is not None
    while (last := services.rounds.last_round()) is None:
        pass
    looking.stop()
    assert looking._thread is not None
    assert not looking._thread.is_alive()
    assert last.ended_at is None


def test_how_far_it_is_can_be_asked(services: Services) -> None:
    words = run("fsck", "--status", "--data", services.settings.data)
    assert words.stdout == "no round yet\n"
    scrubber(services).look_once()
    told_in_json = run("fsck", "--status", "--json", "--data", services.settings.data)
    assert json.loads(told_in_json.stdout)["number"] == 1
    assert in_words(Round(3, NOON, None, "7fab" + "0" * 60, 12, 99, 2, 1)) == (
        "round 3 under way, at 7fab of ffff: 12 objects read, 1 repaired, 1 left damaged or missing"
    )
