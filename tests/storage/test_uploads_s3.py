"""What only uploads that several processes share may do wrong; the contracts are in tests/contracts."""

from __future__ import annotations

from pathlib import Path

import obstore
import pytest

from scenes.errors import Conflict, Damaged, NotFound, Unavailable
from storage.catalogue_sqlite import SqliteCatalogue
from storage.s3 import open_store
from storage.uploads_s3 import S3Uploads
from storage.uploads_sql import Part
from tests.contracts.samples import NOON
from tests.s3_server import new_bucket, shared_s3


@pytest.fixture
def two(tmp_path: Path) -> tuple[S3Uploads, S3Uploads, str]:
    """The same uploads as two processes have them, and where their objects are."""
    url, environment = new_bucket(), shared_s3().environment
    one, other = (S3Uploads(SqliteCatalogue(tmp_path / "catalogue.db"), url, environment=environment) for _ in range(2))
    one.create(upload_id="upload_a", length=10, metadata={}, owner="ada", at=NOON)
    return one, other, url


def keys(url: str) -> list[str]:
    store = open_store(url, shared_s3().environment)
    return sorted(each["path"] for some in obstore.list(store) for each in some)


def test_an_upload_that_began_at_one_process_goes_on_at_another(two: tuple[S3Uploads, S3Uploads, str]) -> None:
    one, other, _ = two
    assert one.append("upload_a", offset=0, chunks=iter([b"0123"])) == 4
    assert other.append("upload_a", offset=4, chunks=iter([b"45", b"6789"])) == 10
    with one.open_upload("upload_a") as file:
        assert file.read() == b"0123456789"


def test_of_two_writers_at_one_place_the_first_counts_and_the_other_is_told(
    two: tuple[S3Uploads, S3Uploads, str],
) -> None:
    one, other, url = two

    def slow():
        yield b"slow"
        assert other.append("upload_a", offset=0, chunks=iter([b"fast!"])) == 5

    with pytest.raises(Conflict, match="another request"):
        one.append("upload_a", offset=0, chunks=slow())
    assert one.append("upload_a", offset=5, chunks=iter([b"56789"])) == 10
    with one.open_upload("upload_a") as file:
        assert file.read() == b"fast!56789"
    assert len(keys(url)) == 3
    one.discard("upload_a")
    assert keys(url) == [], "what the slower one sent goes, too"


def test_objects_without_an_upload_are_known_and_can_be_cleared_away(two: tuple[S3Uploads, S3Uploads, str]) -> None:
    one, other, url = two
    one.append("upload_a", offset=0, chunks=iter([b"0123"]))
    one._ledger.forget_upload("upload_a")  # and no more: a crash
    assert other.begun() == ["upload_a"]
    with pytest.raises(NotFound):
        other.offset("upload_a")
    other.discard("upload_a")
    assert (keys(url), other.begun()) == ([], [])


def test_bytes_that_changed_in_the_store_never_become_a_master(two: tuple[S3Uploads, S3Uploads, str]) -> None:
    one, _, url = two
    one.append("upload_a", offset=0, chunks=iter([b"0123456789"]))
    obstore.put(open_store(url, shared_s3().environment), keys(url)[0], b"0123456780", use_multipart=False)
    with pytest.raises(Damaged), one.open_upload("upload_a") as file:
        file.read()


def test_an_upload_larger_than_a_part_is_whole_and_in_order(
    two: tuple[S3Uploads, S3Uploads, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, url = two
    monkeypatch.setattr("storage.uploads_s3._PART", 3)
    one.append("upload_a", offset=0, chunks=iter([b"01234567", b"89"]))
    assert [int(key.split("/")[-1].split("-")[0]) for key in keys(url)] == [0, 3, 6, 9]
    with one.open_upload("upload_a") as file:
        assert (file.read(4), file.read()) == (b"0123", b"456789")


class Failing(SqliteCatalogue):
    """Its database does not answer once."""

    fails = True

    def add_part(self, upload_id: str, part: Part) -> None:
        if self.fails:
            self.fails = False
            raise Unavailable
        super().add_part(upload_id, part)


def test_what_follows_bytes_that_could_not_be_added_does_not_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.uploads_s3._PART", 3)
    catalogue = Failing(tmp_path / "catalogue.db")
    uploads = S3Uploads(catalogue, new_bucket(), environment=shared_s3().environment)
    uploads.create(upload_id="upload_a", length=10, metadata={}, owner="ada", at=NOON)
    with pytest.raises(Unavailable):
        uploads.append("upload_a", offset=0, chunks=iter([b"01234567"]))
    offset = uploads.offset("upload_a")[0]
    uploads.append("upload_a", offset=offset, chunks=iter([b"0123456789"[offset:]]))
    with uploads.open_upload("upload_a") as file:
        assert file.read() == b"0123456789"
    catalogue.close()
