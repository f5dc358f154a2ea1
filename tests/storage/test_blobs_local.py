import errno
import fcntl
import gzip
import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scenes.errors import NotFound, StorageFull
from storage.blobs_local import LocalBlobs

DATA = b"a statue"
DIGEST = hashlib.sha256(DATA).hexdigest()


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_blob_lies_where_its_digest_says_and_nothing_else_is_left(tmp_path):
    LocalBlobs(tmp_path).put(DATA)
    assert files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]


def test_a_blob_put_again_is_not_written_again(tmp_path):
    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)
    (path,) = (tmp_path / name for name in files(tmp_path))
    before = path.stat()
    blobs.put(DATA)
    blobs.put_stream(io.BytesIO(DATA))
    # The same file; it counts as put now, so that `erase` leaves it to who puts it.
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns > before.st_mtime_ns
    assert len(files(tmp_path)) == 1


def test_a_blob_that_a_crash_left_short_is_mended_by_putting_it_again(tmp_path):
    blobs = LocalBlobs(tmp_path)
    path = tmp_path / DIGEST[:2] / DIGEST[2:4] / DIGEST
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA[:3])
    blobs.put(DATA)
    assert blobs.read(DIGEST) == DATA


def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(tmp_path, monkeypatch):
    blobs, done = LocalBlobs(tmp_path), []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda fd: (done.append("sync " + str(Path(f"/proc/self/fd/{fd}").readlink())), fsync(fd))
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b)))
    blobs.put(DATA)
    folder = f"sync {tmp_path / DIGEST[:2] / DIGEST[2:4]}"
    assert done[0].startswith(f"sync {tmp_path / 'incoming'}/")
    assert done[-2:] == ["rename", folder]


def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path, monkeypatch):
    def full(fd):
        raise OSError(errno.ENOSPC, "no space left on device")

    blobs = LocalBlobs(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        blobs.put(DATA)
    assert files(tmp_path) == []


def test_a_packed_form_is_durable_before_it_is_told_and_a_short_one_is_mended(tmp_path, monkeypatch):
    blobs, done, packed = LocalBlobs(tmp_path), [], gzip.compress(DATA, mtime=0)
    blobs.put(DATA)
    path = tmp_path / DIGEST[:2] / DIGEST[2:4] / f"{DIGEST}.gz"
    path.write_bytes(packed[:3])
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda fd: (done.append("sync " + str(Path(f"/proc/self/fd/{fd}").readlink())), fsync(fd))
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b)))
    blobs.keep_packed(DIGEST, packed)
    assert done[0].startswith(f"sync {tmp_path / 'incoming'}/")
    assert done[-2:] == ["rename", f"sync {path.parent}"]
    assert path.read_bytes() == packed
    assert files(tmp_path) == [f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}", f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.gz"]


def test_a_full_disk_leaves_the_blob_without_its_packed_form(tmp_path, monkeypatch):
    def full(fd):
        raise OSError(errno.ENOSPC, "no space left on device")

    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        blobs.keep_packed(DIGEST, gzip.compress(DATA))
    assert blobs.read_packed(DIGEST) is None
    assert len(files(tmp_path)) == 1


def test_only_what_was_not_put_lately_is_erased_with_all_that_was_kept_of_it(tmp_path):
    blobs, now = LocalBlobs(tmp_path), datetime.now(UTC)
    digest = blobs.put(b"lent")
    blobs.keep_packed(digest, gzip.compress(b"lent"))
    assert not blobs.erase(digest, before=now - timedelta(days=1)), "it is fresh"
    blobs.set_aside(digest)
    blobs.put(b"lent")
    path = next(tmp_path.glob(f"??/??/{digest}"))
    os.utime(path, (0, 0))
    blobs.put(b"lent")
    assert not blobs.erase(digest, before=now - timedelta(days=1)), "somebody put it again and may be about to name it"
    os.utime(path, (0, 0))
    assert blobs.erase(digest, before=now - timedelta(days=1))
    assert blobs.size(digest) is None
    assert not [each for each in tmp_path.rglob(f"{digest}*") if each.is_file()]
    assert not blobs.erase(digest, before=now)


def test_nobody_puts_a_blob_in_its_place_while_one_is_erased(tmp_path):
    blobs = LocalBlobs(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        # Who erases what was set aside decides by that, and would take the blob that was put meanwhile with it.
        with blobs._guarded(fcntl.LOCK_EX):
            putting = pool.submit(blobs.put, DATA)
            with pytest.raises(TimeoutError):
                putting.result(timeout=0.2)
            assert blobs.size(DIGEST) is None
        assert putting.result() == DIGEST
    assert blobs.size(DIGEST) == len(DATA)


def test_nobody_sets_a_blob_aside_while_it_is_erased(tmp_path):
    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)
    with ThreadPoolExecutor(1) as pool:
        # Who erases has looked among what was set aside already, and would leave what comes there now.
        with blobs._guarded(fcntl.LOCK_EX):
            moving = pool.submit(blobs.set_aside, DIGEST)
            with pytest.raises(TimeoutError):
                moving.result(timeout=0.2)
            assert blobs.size(DIGEST) == len(DATA)
        moving.result()
    assert files(tmp_path) == [f"damaged/{DIGEST}"]


def test_no_packed_form_is_kept_of_a_blob_that_was_erased_while_it_was_written(tmp_path, monkeypatch):
    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)

    def erased(fd):
        monkeypatch.undo()
        assert blobs.erase(DIGEST, before=datetime.now(UTC) + timedelta(days=1))

    monkeypatch.setattr(os, "fsync", erased)
    with pytest.raises(NotFound):
        blobs.keep_packed(DIGEST, gzip.compress(DATA))
    assert files(tmp_path) == []
