"""What only a store over the network may do wrong; the contracts are in tests/contracts."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenes.errors import StorageFull, Unavailable
from storage.blobs_s3 import S3Blobs
from tests.s3_server import KEYS, S3Server

DATA = b"a statue"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server of this module's own, because it is killed."""
    with S3Server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def blobs(server: S3Server, tmp_path: Path) -> S3Blobs:
    return S3Blobs(server.bucket(tmp_path.name.replace("_", "-")[:60]), tmp_path, environment=server.environment)


def test_a_blob_lies_where_its_digest_says_and_nothing_is_left_here(
    server: S3Server, blobs: S3Blobs, tmp_path: Path
) -> None:
    digest, _ = blobs.put_stream(io.BytesIO(b"sent once"))
    (path,) = server.folder.glob(f"*/objects/*/*/{digest}")
    assert path.read_bytes() == b"sent once"
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_sent_again(server: S3Server, blobs: S3Blobs) -> None:
    data = b"sent twice"
    digest = blobs.put(data)
    (path,) = server.folder.glob(f"*/objects/*/*/{digest}")
    before = path.stat().st_mtime_ns
    blobs.put(data)
    blobs.put_stream(io.BytesIO(data))
    assert path.stat().st_mtime_ns == before


def test_a_store_that_dies_is_told_and_is_used_again(server: S3Server, blobs: S3Blobs) -> None:
    digest = blobs.put(DATA)
    server.kill()
    for ask in (lambda: blobs.read(digest), lambda: blobs.put(b"other"), lambda: blobs.size("0" * 64)):
        with pytest.raises(Unavailable, match="store of objects"):
            ask()
    server.start()
    assert blobs.read(digest) == DATA
    blobs.put(b"other")


def test_a_wrong_key_is_told_without_it(server: S3Server, blobs: S3Blobs, tmp_path: Path) -> None:
    digest = blobs.put(DATA)
    wrong = {**server.environment, "AWS_SECRET_ACCESS_KEY": "hunter2"}
    other = S3Blobs(f"s3://{tmp_path.name.replace('_', '-')[:60]}/objects", tmp_path, environment=wrong)
    with pytest.raises(Unavailable) as caught:
        other.read(digest)
    assert "hunter2" not in str(caught.value)
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


def test_a_full_local_disk_is_told_as_such(blobs: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: Full())
    with pytest.raises(StorageFull):
        blobs.put_stream(io.BytesIO(DATA))


class _Zeros(io.RawIOBase):
    """So many bytes that are nowhere."""

    def __init__(self, length: int) -> None:
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = min(len(buffer), self._left)
        buffer[:count] = bytes(count)
        self._left -= count
        return count


def test_nothing_is_whole_in_memory(blobs: S3Blobs) -> None:
    length = 48 << 20
    tracemalloc.start()
    digest, kept = blobs.put_stream(io.BufferedReader(_Zeros(length)))  # type: ignore[arg-type]
    with blobs.open(digest) as file:
        while file.read(1 << 20):
            pass
    assert kept == length
    assert tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()
