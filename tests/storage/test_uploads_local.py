import fcntl

import pytest

from scenes.errors import Conflict
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
