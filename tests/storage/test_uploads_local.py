import fcntl
import os

import pytest

from scenes.errors import Conflict, Damaged, StorageFull
from storage.uploads_local import LocalUploads
from tests.contracts.samples import NOON


def begin(root):
    uploads = LocalUploads(root)
    uploads.create(upload_id="upload_a", length=10, metadata={}, owner="ada", at=NOON)
    return uploads


def test_an_upload_goes_on_after_a_restart(tmp_path):
    begin(tmp_path).append("upload_a", offset=0, chunks=iter([b"0123"]))
    again = LocalUploads(tmp_path)
    assert again.offset("upload_a")[0] == 4
    again.append("upload_a", offset=4, chunks=iter([b"456789"]))
    with again.open_upload("upload_a") as file:
        assert file.read() == b"0123456789"


def test_bytes_that_were_never_acknowledged_do_not_count(tmp_path):
    uploads = begin(tmp_path)
    uploads.append("upload_a", offset=0, chunks=iter([b"0123"]))
    # As a power cut may leave it: longer than what was synced.
    with (tmp_path / "upload_a" / "bytes").open("ab") as file:
        file.write(b"\x00\x00\x00")
    assert uploads.offset("upload_a")[0] == 4
    uploads.append("upload_a", offset=4, chunks=iter([b"456789"]))
    with uploads.open_upload("upload_a") as file:
        assert file.read() == b"0123456789"


def test_nothing_is_put_in_the_place_of_bytes_that_a_disk_lost(tmp_path):
    uploads = begin(tmp_path)
    uploads.append("upload_a", offset=0, chunks=iter([b"0123456"]))
    os.truncate(tmp_path / "upload_a" / "bytes", 5)
    with pytest.raises(Damaged, match="7 bytes of upload upload_a came, and 5 are left"):
        uploads.append("upload_a", offset=7, chunks=iter([b"789"]))
    os.truncate(tmp_path / "upload_a" / "bytes", 7)
    uploads.append("upload_a", offset=7, chunks=iter([b"789"]))
    os.truncate(tmp_path / "upload_a" / "bytes", 9)
    with pytest.raises(Damaged):
        uploads.open_upload("upload_a")


def test_a_second_writer_is_kept_out(tmp_path):
    uploads = begin(tmp_path)
    with (tmp_path / "upload_a" / "bytes").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another request"):
            uploads.append("upload_a", offset=0, chunks=iter([b"x"]))
    assert uploads.append("upload_a", offset=0, chunks=iter([b"x"])) == 1


def test_a_half_made_upload_is_none_and_can_be_cleared_away(tmp_path):
    uploads = LocalUploads(tmp_path)
    (tmp_path / "upload_b").mkdir()
    (tmp_path / "upload_b" / "bytes").write_bytes(b"")
    uploads.discard("upload_b")
    uploads.create(upload_id="upload_b", length=1, metadata={}, owner="ada", at=NOON)


def test_a_write_that_was_cut_short_is_not_acknowledged(tmp_path, room):
    """A disk that fills up takes a part of a write and says so; the next write is refused."""
    uploads = LocalUploads(tmp_path)
    uploads.create(upload_id="upload_a", length=20_000, metadata={}, owner="ada", at=NOON)
    with room(5_000), pytest.raises(StorageFull):
        uploads.append("upload_a", offset=0, chunks=iter([b"x" * 3_000, b"y" * 17_000]))
    assert uploads.offset("upload_a")[0] == 3_000
    assert uploads.append("upload_a", offset=3_000, chunks=iter([b"y" * 17_000])) == 20_000
    with uploads.open_upload("upload_a") as file:
        assert file.read() == b"x" * 3_000 + b"y" * 17_000


def test_an_upload_that_could_not_be_begun_can_be_begun_again(tmp_path, room):
    uploads = LocalUploads(tmp_path)
    told = {"upload_id": "upload_a", "length": 1, "metadata": {}, "owner": "ada", "at": NOON}
    with room(5), pytest.raises(StorageFull):
        uploads.create(**told)
    assert uploads.begun() == []
    uploads.create(**told)
    with pytest.raises(Conflict, match="there already"):
        uploads.create(**told)
