"""A museum as an OCFL tree and back: the same history, the same bytes, on any engine; and trees that are damaged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scenes.audit import Verifier
from scenes.errors import Conflict, Malformed, NotFound
from scenes.model import Asset, AssetState, Job, JobState, Visibility
from scenes.ports import BlobUse, Put, Remove, Step, Taking
from scenes.purging import Purge
from storage import premis
from storage.archive import MUSEUM, Moved, export, restore
from storage.memory import MemoryBlobs, MemoryBus, MemoryCatalogue
from storage.ocfl import Ocfl
from storage.system import RandomIds
from tests.contracts.conftest import CATALOGUES, AnyCatalogue
from tests.contracts.samples import NOON, asset, layer, one_of_each, placement, scene
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset


class Clock:
    """A second later at each look."""

    def __init__(self) -> None:
        self._at = datetime(2026, 12, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


@dataclass
class Depot:
    """A museum by its shape."""

    catalogue: AnyCatalogue
    blobs: MemoryBlobs
    bus: MemoryBus = field(default_factory=MemoryBus)
    clock: Clock = field(default_factory=Clock)
    ids: RandomIds = field(default_factory=RandomIds)


JUDGE = Path(__file__).resolve().parents[2] / ".venv/ocfl/bin/ocfl-root.py"


def is_valid(folder: Path) -> bool:
    """What somebody else's validator says of a tree: its root, its objects, and every digest."""
    assert JUDGE.is_file(), "ocfl-py is missing; tools/install.py ocfl"
    judged = subprocess.run(
        [JUDGE, "validate", "--root", folder, "--validate-objects", "--check-digests"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = judged.stdout + judged.stderr
    assert f"Storage root {folder} is" in told
    return judged.returncode == 0 and f"Storage root {folder} is VALID" in told


def quiet(_: float, __: str) -> None:
    """Nobody watches."""


def tiled(blobs: MemoryBlobs, name: str, *, seed: int = 0) -> tuple[Asset, set[str]]:
    """A deposited thing with its tiles among the blobs, and the digests of what is delivered of it."""
    tree, files = with_files(grid_tree(3, name=name, seed=seed))
    documents = tileset.write(tree, most_bytes=3_000)
    assert documents.others
    for data in (*files.values(), *documents.others.values()):
        blobs.put(data)
    root = blobs.put(documents.root)
    like = asset().tileset
    assert like is not None
    master = blobs.put(f"deposited {name} {seed}".encode())
    made = replace(like, digest=root, tiles=len(tree))
    delivered = {*files, root, *(each.partition(".")[0] for each in documents.others)}
    return replace(asset(f"asset_{name}"), master=master, master_name=f"{name} | scan.ply", tileset=made), delivered


def write(catalogue: AnyCatalogue, *changes: Put | Remove, taking: Taking | None = None) -> int:
    at = NOON + timedelta(minutes=catalogue.latest())
    return catalogue.commit(changes, author="ines", reason="…", at=at, taking=taking).number


class House:
    """A museum with a history: a second version, a removal, a change that was taken back."""

    def __init__(self) -> None:
        self.catalogue, self.blobs = MemoryCatalogue(), MemoryBlobs()
        first, self.delivered = tiled(self.blobs, "temple")
        second, more = tiled(self.blobs, "temple", seed=1)
        other, others = tiled(self.blobs, "shrine")
        self.delivered |= more | others
        pending = replace(asset("asset_new", tiled=False), state=AssetState.PENDING, master=self.blobs.put(b"new"))
        write(self.catalogue, Put(replace(first, tileset=None, state=AssetState.PENDING)))
        write(self.catalogue, Put(first))
        rest = [each for each in one_of_each() if not isinstance(each, Asset) and each.id != placement("p").id]
        write(self.catalogue, Put(other), *map(Put, rest))
        write(self.catalogue, Put(second))
        number = write(self.catalogue, Put(replace(second, title="A slip")))
        write(self.catalogue, Put(second), taking=Taking(Step.UNDO, number))
        write(self.catalogue, Remove(other), Put(pending))
        for digest in self.delivered:
            use = BlobUse(digest, self.blobs.size(digest) or 0, "model/gltf-binary")
            self.catalogue.allow_blobs("asset_temple", [use])

    def export(self, tree: Ocfl) -> Moved:
        return export(Depot(self.catalogue, self.blobs), tree, author="ines", progress=quiet)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture
def tree(tmp_path: Path, house: House) -> Ocfl:
    made = Ocfl(tmp_path / "tree")
    assert house.export(made).revisions >= 7
    return made


def into(catalogue: AnyCatalogue, tree: Ocfl, blobs: MemoryBlobs | None = None) -> tuple[Moved, MemoryBlobs]:
    kept = MemoryBlobs() if blobs is None else blobs
    return restore(Depot(catalogue, kept), catalogue, tree, progress=quiet), kept


@pytest.fixture(params=CATALOGUES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyCatalogue]:
    opened = CATALOGUES[request.param](tmp_path)
    yield opened
    opened.close()


def test_others_find_the_tree_valid(tree: Ocfl, house: House, tmp_path: Path):
    write(house.catalogue, Put(scene(title="Renamed")))
    house.export(tree)
    assert is_valid(tmp_path / "tree")
    some = next((tmp_path / "tree").glob("???/???/???/*/v1/content/*.glb"))
    some.write_bytes(b"other bytes")
    assert not is_valid(tmp_path / "tree")


def test_the_same_museum_comes_of_it(tree: Ocfl, house: House, empty: AnyCatalogue):
    moved, blobs = into(empty, tree)
    assert list(empty.log(after=0, first=99)) == list(house.catalogue.log(after=0, first=moved.revisions))
    for digest in house.delivered:
        assert blobs.read(digest) == house.blobs.read(digest)
        assert empty.blob_use(digest) is not None
    for number in range(1, moved.revisions + 1):
        for kind, name in ((Asset, "asset_temple"), (Asset, "asset_shrine")):
            then = empty.get(kind, name, as_of=number)
            assert then == house.catalogue.get(kind, name, as_of=number)
            assert then is None or blobs.size(then.master)
    taken = house.catalogue.takeable("ines", Step.UNDO, before=moved.revisions)
    assert empty.takeable("ines", Step.UNDO, before=moved.revisions) == taken
    # What was not tiled yet is begun anew.
    (job,) = empty.jobs_of(["asset_new"])["asset_new"]
    assert (job.kind, job.subject) == ("tile", "asset_new")


def test_the_audit_log_goes_with_it_and_goes_on(tree: Ocfl, house: House, empty: AnyCatalogue):
    into(empty, tree)
    into(empty, tree)
    told = house.catalogue.entries(after=0, first=999)
    assert empty.entries(after=0, first=999) == told[: empty.last_entry().number]
    assert empty.last_entry().number > 5
    write(empty, Put(layer("layer_new")))
    verifier = Verifier()
    assert verifier.faults(empty.entries(after=0, first=999)) == []


def test_what_is_there_is_not_written_again(tree: Ocfl, house: House):
    assert house.export(tree).written == 0
    write(house.catalogue, Put(layer("layer_new")))
    assert house.export(tree).written == 1
    temple = house.catalogue.get(Asset, "asset_temple")
    assert temple is not None
    write(house.catalogue, Put(replace(temple, title=f"{temple.title}, renamed")))
    assert house.export(tree).written == 2


def test_an_import_that_was_broken_off_goes_on(tree: Ocfl, house: House):
    class Breaking(MemoryCatalogue):
        def commit(self, *args: Any, **more: Any) -> Any:
            if self.latest() == 4 and not self.is_mended:
                raise ConnectionError
            return super().commit(*args, **more)

        is_mended = False

    half = Breaking()
    blobs = MemoryBlobs()
    with pytest.raises(ConnectionError):
        into(half, tree, blobs)
    assert half.latest() == 4
    half.is_mended = True
    moved, _ = into(half, tree, blobs)
    assert moved.written == 0
    assert list(half.log(after=0, first=99)) == list(house.catalogue.log(after=0, first=moved.revisions))
    again, _ = into(half, tree, blobs)
    assert again.revisions == moved.revisions
    assert len(half.jobs_of(["asset_new"])["asset_new"]) == 1


def test_histories_are_not_mixed(tree: Ocfl, house: House, tmp_path: Path):
    other = MemoryCatalogue()
    write(other, Put(scene(title="Another place")))
    with pytest.raises(Conflict, match="of its own"):
        into(other, tree)
    with pytest.raises(Conflict, match="another museum"):
        export(Depot(other, house.blobs), tree, author="ines", progress=quiet)
    with pytest.raises(NotFound, match="empty"):
        export(Depot(MemoryCatalogue(), house.blobs), tree, author="ines", progress=quiet)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(Malformed, match="not empty"):
        Ocfl(tmp_path / "other")
    with pytest.raises(Malformed, match="no museum"):
        into(MemoryCatalogue(), Ocfl(tmp_path / "new"))


def test_one_process_writes_at_a_time(tree: Ocfl, house: House):
    with tree.locked(), pytest.raises(Conflict, match="another process"):
        house.export(tree)


def test_a_flipped_bit_is_found_and_not_imported(tree: Ocfl, tmp_path: Path):
    assert list(tree.damaged()) == []
    glb = max((tmp_path / "tree").glob("???/???/???/*/v1/content/*.glb"))
    data = bytearray(glb.read_bytes())
    data[100] ^= 1
    glb.write_bytes(data)
    (found,) = tree.damaged()
    assert "asset_" in found
    assert found.endswith(f"{glb.name} is damaged")
    with pytest.raises(Malformed, match=glb.name):
        into(MemoryCatalogue(), tree)
    glb.unlink()
    (found,) = tree.damaged()
    assert found.endswith("is missing")


def test_what_a_crash_left_is_put_right(tree: Ocfl, house: House, tmp_path: Path):
    marker = next(
        each for each in (tmp_path / "tree").glob("???/???/???/*/inventory.json")
        if json.loads(each.read_bytes())["id"] == MUSEUM
    )  # fmt: skip
    # A version that no inventory knows, and one whose sidecar was not written any more.
    (marker.parent / f"v{int(json.loads(marker.read_bytes())['head'][1:]) + 1}" / "content").mkdir(parents=True)
    (marker.parent / "inventory.json.sha512").write_text("0 inventory.json\n")
    house.export(tree)
    assert is_valid(tmp_path / "tree")
    marker.write_bytes(marker.read_bytes().replace(b"revisions 1", b"revisions 2"))
    with pytest.raises(Malformed, match="sidecar"):
        house.export(tree)


def test_events_hang_together(tree: Ocfl):
    kept = tree.kept("urn:chronotope:asset:asset_temple")
    assert kept is not None
    with tree.open("urn:chronotope:asset:asset_temple", kept["premis.jsonl"]) as file:
        data = file.read()
    events = [json.loads(line) for line in data.splitlines()]
    assert [each["eventType"] for each in events[:10]] == [
        "ingestion", "message digest calculation", "validation", "normalization", "replication",
        "message digest calculation", "validation", "normalization", "metadata modification", "metadata modification",
    ]  # fmt: skip
    assert premis.broken(data) is None
    assert premis.broken(data.replace(b"ingestion", b"Ingestion")) == 2
    assert premis.broken(b"{}\n") == 1
    masters = {name.split("/")[1] for name in kept if name.startswith("masters/")}
    assert len(masters) == 2


def test_a_thing_that_was_refused_says_so():
    refused = replace(asset(tiled=False), state=AssetState.REJECTED, code="MALFORMED", visibility=Visibility.DRAFT)
    catalogue = MemoryCatalogue()
    write(catalogue, Put(refused))
    write(catalogue, Remove(refused))
    history = [
        (entry.revision, change.record if isinstance(change, Put) else None)
        for entry in catalogue.log(after=0, first=9)
        for change in entry.changes
    ]
    told = [json.loads(line) for line in premis.lines("asset_a", history).splitlines()]  # type: ignore[arg-type]
    assert [(each["eventType"], each["eventOutcome"]) for each in told][-2:] == [
        ("validation", "fail"), ("deletion", "success"),
    ]  # fmt: skip


def test_what_was_erased_is_erased_in_the_tree_but_for_the_deletion_itself(tmp_path: Path) -> None:
    catalogue, tree = CATALOGUES["sqlite"](tmp_path), tmp_path / "tree"
    here = Depot(catalogue, MemoryBlobs())
    kept, gone = (tiled(here.blobs, name, seed=seed)[0] for seed, name in enumerate(("kept", "gone")))
    write(catalogue, Put(gone))
    write(catalogue, Put(kept))
    write(catalogue, Remove(gone))
    export(here, Ocfl(tree), author="ines", progress=quiet)
    assert list(tree.rglob("*gone*scan.ply"))
    at = datetime(2027, 2, 1, tzinfo=UTC)
    catalogue.add_purge(Purge("purge_a", (gone.id,), "the lender asked", "ines", at))
    job = Job("job_p", "purge", "purge_a", JobState.QUEUED, 0.0, "", "", 0, at, at)
    catalogue.approve_purge("purge_a", by="bob", at=at, job=job)
    assert catalogue.erase_records("purge_a", removed_before=at, at=at)
    catalogue.end_purge("purge_a", at=at)

    export(here, Ocfl(tree), author="ines", progress=quiet)
    assert is_valid(tree)
    left = b"".join(path.read_bytes() for path in tree.rglob("*") if path.is_file())
    assert b"gone | scan.ply" not in left
    assert gone.master.encode() not in left
    (said,) = [path for path in tree.rglob("premis.jsonl") if "gone" in str(path)]
    event = json.loads(said.read_bytes())
    assert (event["eventType"], event["linkingAgent"]) == ("deletion", ["ines", "bob"])
    assert not export(here, Ocfl(tree), author="ines", progress=quiet).written, "once"

    there = Depot(CATALOGUES["memory"](tmp_path), MemoryBlobs())
    restore(there, there.catalogue, Ocfl(tree), progress=quiet)
    assert there.catalogue.log(after=0, first=99) == catalogue.log(after=0, first=99)
    assert there.catalogue.purged() == catalogue.purged()
    assert there.catalogue.ended_among([gone.id]) == {gone.id}
    catalogue.close()
