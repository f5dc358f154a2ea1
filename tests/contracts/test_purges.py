"""What is erased for good, on every catalogue: nothing of it is left, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scenes.erasing import ERASED
from scenes.errors import Conflict
from scenes.model import Asset, Job, JobState, Revision
from scenes.ports import BlobUse, Put, Remove, Step, Taking
from scenes.purging import Purge
from tests.contracts.conftest import AnyCatalogue
from tests.contracts.samples import NOON, after, asset, placement, scene

LATER = NOON + timedelta(days=31)
OWN, SHARED, TILE = "1" * 64, "2" * 64, "3" * 64


def job(name: str = "job_p", subject: str = "purge_p") -> Job:
    return Job(name, "purge", subject, JobState.QUEUED, 0.0, "", "", 0, LATER, LATER)


def write_museum(catalogue: AnyCatalogue) -> None:
    """Two assets, one of them changed and then removed; a scene in which it was placed."""
    gone = replace(asset("asset_gone"), title="Bust of Ada", master=OWN)
    kept = replace(asset("asset_kept"), title="Herm", master=SHARED)
    catalogue.commit([Put(gone), Put(kept)], author="ines", reason="deposited Bust of Ada and Herm", at=NOON)
    catalogue.allow_blobs("asset_gone", [BlobUse(TILE, 9, "model/gltf-binary"), BlobUse(SHARED, 9, "image/webp")])
    placed = replace(placement("placement_gone"), asset="asset_gone")
    catalogue.commit([Put(scene()), Put(placed)], author="ines", reason="placed it", at=after(1))
    changed = replace(gone, title="Bust of Ada, restored")
    catalogue.commit([Put(changed)], author="ines", reason="renamed to Bust of Ada, restored", at=after(2))
    catalogue.commit([Remove(placed)], author="ines", reason="taken down", at=after(3))
    catalogue.commit([Remove(changed)], author="ines", reason="removed Bust of Ada, restored", at=after(4))
    catalogue.enqueue(job("job_tile", "asset_gone"))


def approved(catalogue: AnyCatalogue, *ids: str) -> str:
    catalogue.add_purge(Purge("purge_p", ids, "the family asked", "ines", LATER))
    assert catalogue.approve_purge("purge_p", by="bob", at=LATER, job=job())
    return "purge_p"


def test_tombstones_are_what_was_removed_and_not_brought_back(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    found = catalogue.tombstones(first=9)
    assert [(each.id, each.kind, each.title, each.revision.number) for each in found] == [
        ("asset_gone", "asset", "Bust of Ada, restored", 5),
        ("placement_gone", "placement", found[1].title, 4),
    ]
    assert [each.id for each in catalogue.tombstones(first=9, before=5)] == ["placement_gone"]
    assert [each.id for each in catalogue.tombstones(first=1)] == ["asset_gone"]
    catalogue.commit([Put(replace(asset("asset_gone"), master=OWN))], author="ines", reason="", at=after(5))
    assert [each.id for each in catalogue.tombstones(first=9)] == ["placement_gone"]


def test_what_belongs_to_what_is_named_is_removed_with_it(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    assert catalogue.removals(["asset_gone", "asset_never"]) == {"asset_gone": after(4)}
    assert catalogue.removals(["scene_a"]) == {"scene_a": None, "placement_gone": after(3)}


def test_nothing_of_what_is_erased_is_left_and_all_else_is(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    purge = approved(catalogue, "asset_gone")
    theirs = catalogue.erase_records(purge, removed_before=after(4), at=LATER)
    assert {OWN, TILE, SHARED} <= theirs
    assert theirs - catalogue.named_blobs() >= {OWN, TILE}
    assert SHARED in catalogue.named_blobs()
    assert catalogue.blob_use(TILE) is None
    assert catalogue.job("job_tile") is None
    assert catalogue.get(Asset, "asset_gone", as_of=1) is None
    kept = catalogue.get(Asset, "asset_kept", as_of=1)
    assert kept is not None
    assert kept.title == "Herm"
    log = catalogue.log(after=0, first=99)
    assert "Ada" not in repr(log)
    assert [len(entry.changes) for entry in log] == [1, 2, 0, 1, 0]
    reasons = [entry.revision.reason for entry in log]
    assert reasons == [f"deposited {ERASED} and Herm", "placed it", ERASED, "taken down", ERASED]
    assert catalogue.ended_among(["asset_gone", "asset_kept"]) == {"asset_gone"}
    assert {name: kind for name, (kind, _) in catalogue.purged().items()} == {"asset_gone": "asset"}


def test_erasing_again_says_the_same_and_ending_it_forgets_the_digests(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    purge = approved(catalogue, "asset_gone")
    theirs = catalogue.erase_records(purge, removed_before=after(4), at=LATER)
    assert catalogue.erase_records(purge, removed_before=after(4), at=LATER) == theirs
    catalogue.end_purge(purge, at=LATER)
    (told,) = catalogue.purges(first=9)
    assert (told.approved_by, told.approved_at, told.erased_at, told.ended_at) == ("bob", LATER, LATER, LATER)
    assert catalogue.purge(purge) == told
    assert catalogue.erase_records(purge, removed_before=after(4), at=LATER) == frozenset()


def test_what_was_removed_too_late_or_stands_again_stays(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    purge = approved(catalogue, "asset_gone", "placement_gone", "asset_kept")
    theirs = catalogue.erase_records(purge, removed_before=after(3), at=LATER)
    assert theirs == frozenset()
    assert catalogue.purged().keys() == {"placement_gone"}
    assert catalogue.get(Asset, "asset_gone", as_of=1) is not None


def test_a_purge_is_approved_once_and_not_carried_out_before(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    catalogue.add_purge(Purge("purge_p", ("asset_gone",), "", "ines", LATER))
    with pytest.raises(Conflict):
        catalogue.erase_records("purge_p", removed_before=LATER, at=LATER)
    assert catalogue.approve_purge("purge_p", by="bob", at=LATER, job=job())
    assert not catalogue.approve_purge("purge_p", by="eve", at=LATER, job=job("job_other"))
    assert not catalogue.approve_purge("purge_none", by="eve", at=LATER, job=job("job_other"))
    assert (catalogue.job("job_p"), catalogue.job("job_other")) == (job(), None)


def test_empty_revisions_and_purges_are_written_again_elsewhere(catalogue: AnyCatalogue) -> None:
    catalogue.commit([Put(scene())], author="ines", reason="", at=NOON)
    catalogue.empty_revision(Revision(2, "ines", after(1), ERASED), Taking(Step.UNDO, 1))
    (entry,) = catalogue.log(after=1, first=9)
    assert (entry.revision.reason, entry.changes, entry.taking) == (ERASED, (), Taking(Step.UNDO, 1))
    with pytest.raises(Conflict):
        catalogue.empty_revision(Revision(7, "ines", after(1), ERASED), None)
    told = Purge("purge_p", ("asset_gone",), "why", "ines", NOON, "bob", NOON, NOON, NOON)
    for _ in range(2):
        catalogue.carry_purges([told], {"asset_gone": ("asset", "purge_p")})
    assert catalogue.purged() == {"asset_gone": ("asset", told)}


def test_the_log_of_the_museum_tells_of_it_by_numbers(catalogue: AnyCatalogue) -> None:
    write_museum(catalogue)
    catalogue.erase_records(approved(catalogue, "asset_gone"), removed_before=after(4), at=LATER)
    last = [entry.action for entry in catalogue.entries(after=0, first=99)][-3:]
    assert last == ["purge.proposed", "purge.approved", "purge.erased"]
    now = catalogue.digests(after=0, first=99)
    told = catalogue.entries(after=0, first=99)[-1].detail
    assert all(f'"{number}":"{now[number]}"' in told for number in (1, 3, 5))
