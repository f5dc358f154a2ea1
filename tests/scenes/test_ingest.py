from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from scenes.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from scenes.ingest import JOBS_TOPIC, checked_about, deposit, failed, file_name, read_again, rejected, tiled
from scenes.model import ANONYMOUS, Actor, Asset, AssetState, Extent, JobState, Role, Tileset, Visibility
from scenes.ports import BlobUse, Put
from storage.bus_local import LocalBus
from storage.memory import MemoryBlobs, MemoryCatalogue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
INES = Actor("ines", Role.CURATOR)


class _Noon:
    def now(self) -> datetime:
        return NOON


class _Counted:
    def __init__(self) -> None:
        self._count = 0

    def new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_{self._count}"


@dataclass
class Museum:
    catalogue: MemoryCatalogue = field(default_factory=MemoryCatalogue)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    bus: LocalBus = field(default_factory=LocalBus)
    clock: _Noon = field(default_factory=_Noon)
    ids: _Counted = field(default_factory=_Counted)

    @property
    def jobs(self) -> MemoryCatalogue:
        return self.catalogue


def _tileset(museum: Museum) -> Tileset:
    digest = museum.blobs.put(b"{}")
    return Tileset(digest, 1, 1, 12, 8, 100, 1.0, 0.0, Extent((0, 0, 0), (1, 1, 1)))


def _deposited(museum: Museum) -> Asset:
    return deposit(museum, INES, io.BytesIO(b"ply"), name="venus.ply")[0]


def test_a_deposit_is_a_draft_that_waits_for_its_job() -> None:
    museum = Museum()
    heard: list[str] = []
    museum.bus.listen(JOBS_TOPIC, lambda notice: heard.append(notice.topic))
    asset, job = deposit(museum, INES, io.BytesIO(b"ply"), name="/tmp/venus.ply", title="Venus")
    assert museum.catalogue.get(Asset, asset.id) == asset
    assert (asset.state, asset.visibility, asset.title) == (AssetState.PENDING, Visibility.DRAFT, "Venus")
    assert (asset.master_name, asset.media_type, asset.byte_length) == ("venus.ply", "model/ply", 3)
    assert museum.blobs.read(asset.master) == b"ply"
    assert (job.subject, job.state) == (asset.id, JobState.QUEUED)
    assert heard == [JOBS_TOPIC]


def test_repeating_a_deposit_with_its_ids_changes_nothing() -> None:
    museum = Museum()
    first = deposit(museum, INES, io.BytesIO(b"ply"), name="a.ply", asset_id="asset_a", job_id="job_a")
    second = deposit(museum, INES, io.BytesIO(b""), name="a.ply", asset_id="asset_a", job_id="job_a")
    assert first == second
    assert len(museum.catalogue.history(["asset_a"], last=9)) == 1


def test_a_crash_between_asset_and_job_is_mended_by_repeating() -> None:
    museum = Museum()
    asset = _deposited(museum)
    again, job = deposit(museum, INES, io.BytesIO(b""), name="a.ply", asset_id=asset.id, job_id="job_a")
    assert again == asset
    assert museum.jobs.job("job_a") == job


def test_two_servers_that_complete_an_upload_at_once_make_one_asset_of_it() -> None:
    museum, said = Museum(), {"name": "a.ply", "asset_id": "asset_a", "job_id": "job_a"}

    class Slow(io.BytesIO):
        """The other server is through with all of it, tiling included, while this one still reads."""

        def read(self, size: int | None = -1) -> bytes:
            if museum.catalogue.get(Asset, "asset_a") is None:
                deposit(museum, INES, io.BytesIO(b"ply"), **said)
                tiled(museum, "asset_a", _tileset(museum), [], [])
            return super().read(size)

    asset, job = deposit(museum, INES, Slow(b"ply"), **said)
    assert asset.state is AssetState.READY
    assert museum.catalogue.get(Asset, "asset_a") == asset
    assert [each.id for each in museum.jobs.jobs_of(["asset_a"])["asset_a"]] == [job.id] == ["job_a"]


@pytest.mark.parametrize(("actor", "error"), [(ANONYMOUS, Unauthorized), (Actor("v", Role.VISITOR), Forbidden)])
def test_depositing_needs_a_curator(actor: Actor, error: type[Exception]) -> None:
    museum = Museum()
    with pytest.raises(error):
        deposit(museum, actor, io.BytesIO(b"ply"), name="a.ply")
    assert museum.catalogue.page(Asset, first=9).records == ()


def test_an_empty_file_is_refused() -> None:
    museum = Museum()
    with pytest.raises(Invalid, match="empty"):
        deposit(museum, INES, io.BytesIO(b""), name="a.ply")
    assert museum.catalogue.page(Asset, first=9).records == ()


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"title": "x" * 301}, "title"),
        ({"attribution": "x" * 2001}, "attribution"),
        ({"rights": "CC0"}, "rights"),
        ({"rights": "javascript:alert(1)"}, "rights"),
        ({"rights": "https://a b"}, "rights"),
    ],
)
def test_what_is_said_of_a_deposit_is_checked(about: dict[str, str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        checked_about("a.ply", **about)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("venus.glb", "venus.glb"),
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\venus.glb", "venus.glb"),
        ("a\x00b\n.glb", "ab.glb"),
        ("\u202egpj.exe", "gpj.exe"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_a_name_is_never_a_path(name: str, shown: str) -> None:
    assert file_name(name) == shown


def test_the_title_is_the_name_where_none_is_given() -> None:
    assert checked_about("venus.glb")[1] == "venus"
    assert checked_about(".glb")[1] == "glb"


def test_what_was_tiled_is_ready_and_its_blobs_are_served() -> None:
    museum = Museum()
    asset = _deposited(museum)
    tileset = _tileset(museum)
    ready = tiled(museum, asset.id, tileset, [BlobUse(tileset.digest, 2, "application/json")], ["2 holes closed"])
    assert (ready.state, ready.tileset, ready.report) == (AssetState.READY, tileset, ("2 holes closed",))
    assert museum.catalogue.get(Asset, asset.id) == ready
    use = museum.catalogue.blob_use(tileset.digest)
    assert use
    assert use[1] == (asset.id,)


def test_recording_the_same_outcome_twice_is_one_revision() -> None:
    museum = Museum()
    asset = _deposited(museum)
    for _ in range(2):
        tiled(museum, asset.id, _tileset(museum), [], [])
    assert len(museum.catalogue.history([asset.id], last=9)) == 2


def test_a_refused_file_keeps_its_code_its_reason_and_its_bytes() -> None:
    museum = Museum()
    asset = rejected(museum, _deposited(museum).id, code="MALFORMED", message="no triangle")
    assert (asset.state, asset.code, asset.report) == (AssetState.REJECTED, "MALFORMED", ("no triangle",))
    assert museum.blobs.size(asset.master) == 3


def test_a_fault_of_ours_is_no_refusal() -> None:
    museum = Museum()
    assert failed(museum, _deposited(museum).id, code="INTERNAL", message="…").state is AssetState.FAILED


class _SomebodyIsQuicker(MemoryCatalogue):
    """Between the worker's reading and its writing, a curator retitles the asset once."""

    was_quicker = False

    def revision_of(self, record_id: str) -> int:
        revision = super().revision_of(record_id)
        asset = self.get(Asset, record_id)
        if asset is not None and not self.was_quicker:
            self.was_quicker = True
            self.commit([Put(replace(asset, title="Venus of Milo"))], author="otto", reason="retitled", at=NOON)
        return revision


def test_a_change_by_a_curator_meanwhile_is_kept() -> None:
    museum = Museum(catalogue=_SomebodyIsQuicker())
    ready = tiled(museum, _deposited(museum).id, _tileset(museum), [], [])
    assert (ready.title, ready.state) == ("Venus of Milo", AssetState.READY)
    assert museum.catalogue.get(Asset, ready.id) == ready


def test_an_asset_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(NotFound):
        rejected(Museum(), "asset_gone", code="MALFORMED", message="…")


def test_what_was_refused_is_read_again_when_somebody_asks_but_not_twice_at_once() -> None:
    museum = Museum()
    asset = _deposited(museum)
    with pytest.raises(Conflict, match="being read"):
        read_again(museum, INES, asset.id)
    first = museum.jobs.lease(worker="w", at=NOON, seconds=60)
    assert first is not None
    rejected(museum, asset.id, code="MALFORMED", message="no")
    museum.jobs.finish(first.id, worker="w", state=JobState.REJECTED, message="no", code="MALFORMED", at=NOON)
    with pytest.raises(Unauthorized):
        read_again(museum, ANONYMOUS, asset.id)
    job = read_again(museum, INES, asset.id)
    again = museum.catalogue.get(Asset, asset.id)
    assert again is not None
    assert (again.state, again.code, again.report, again.master) == (AssetState.PENDING, "", (), asset.master)
    assert museum.jobs.job(job.id) == job
    assert (job.kind, job.subject) == ("tile", asset.id)


def test_what_was_cancelled_is_read_again_and_what_is_ready_is_not() -> None:
    museum = Museum()
    asset = _deposited(museum)
    museum.jobs.cancel(museum.jobs.jobs_of([asset.id])[asset.id][0].id, at=NOON)
    before = museum.catalogue.latest()
    read_again(museum, INES, asset.id)
    assert museum.catalogue.latest() == before, "an asset that waits is not changed by being read"
    tiled(museum, asset.id, _tileset(museum), [], [])
    with pytest.raises(Conflict, match="new version"):
        read_again(museum, INES, asset.id)
    with pytest.raises(NotFound):
        read_again(museum, INES, "asset_none")
