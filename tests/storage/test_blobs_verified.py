"""Damage is done to files as a disk would do it: behind the back of the store."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from scenes.errors import Damaged, NotFound
from storage.blobs_local import LocalBlobs
from storage.blobs_verified import VerifiedBlobs
from storage.derived_memory import MemoryDerived

DATA = bytes(range(256)) * 20


def _rot(store: Path, digest: str, *, at: int = 100) -> None:
    """One bit flips."""
    path = store / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.fixture
def blobs(tmp_path: Path) -> VerifiedBlobs:
    return VerifiedBlobs(LocalBlobs(tmp_path / "objects"), derived=MemoryDerived())


@pytest.fixture
def replicated(tmp_path: Path) -> VerifiedBlobs:
    replica = LocalBlobs(tmp_path / "replica")
    replica.put(DATA)
    return VerifiedBlobs(LocalBlobs(tmp_path / "objects"), replica, derived=MemoryDerived())


def test_what_is_whole_is_read_as_it_is(blobs: VerifiedBlobs) -> None:
    digest = blobs.put(DATA)
    assert blobs.read(digest) == DATA
    assert blobs.read(digest, offset=3, length=4) == DATA[3:7]
    assert blobs.read(digest, length=len(DATA) + 5) == DATA
    with blobs.open(digest) as file:
        assert file.read(10) == DATA[:10]
        assert file.read() == DATA[10:]
    with pytest.raises(NotFound):
        blobs.read("0" * 64)
    with pytest.raises(NotFound):
        blobs.read("0" * 64, offset=1)


@pytest.mark.parametrize("ranged", [{}, {"length": 99_999}, {"offset": 4000, "length": 10}, {"length": 5}])
def test_what_is_damaged_is_not_handed_out_whatever_part_is_asked_for(
    blobs: VerifiedBlobs, tmp_path: Path, ranged: dict[str, int]
) -> None:
    digest = blobs.put(DATA)
    _rot(tmp_path / "objects", digest)
    with pytest.raises(Damaged, match=digest):
        blobs.read(digest, **ranged)


def test_who_reads_to_the_end_is_not_given_the_last_piece(blobs: VerifiedBlobs, tmp_path: Path) -> None:
    data = DATA * 1000
    digest, _ = blobs.put_stream(io.BytesIO(data))
    _rot(tmp_path / "objects", digest)
    got = []
    with blobs.open(digest) as file, pytest.raises(Damaged):
        got.extend(iter(lambda: file.read(1 << 16), b""))
    assert sum(map(len, got)) < len(data)


def test_a_truncated_blob_is_damaged(blobs: VerifiedBlobs, tmp_path: Path) -> None:
    digest = blobs.put(DATA)
    path = tmp_path / "objects" / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    path.write_bytes(DATA[:-1])
    for ask in (lambda: blobs.read(digest), lambda: blobs.open(digest).read()):
        with pytest.raises(Damaged):
            ask()


@pytest.mark.parametrize("ranged", [{}, {"offset": 4000, "length": 10}])
def test_with_a_replica_it_is_mended_before_it_is_handed_out(
    replicated: VerifiedBlobs, tmp_path: Path, ranged: dict[str, int]
) -> None:
    digest = replicated.put(DATA)
    _rot(tmp_path / "objects", digest)
    start = ranged.get("offset", 0)
    assert replicated.read(digest, **ranged) == DATA[start : start + ranged.get("length", len(DATA))]
    assert LocalBlobs(tmp_path / "objects").read(digest) == DATA
    assert len(list((tmp_path / "objects" / "damaged").iterdir())) == 1, "what was damaged is kept apart"


def test_a_replica_that_is_damaged_too_mends_nothing_and_loses_nothing(
    replicated: VerifiedBlobs, tmp_path: Path
) -> None:
    digest = replicated.put(DATA)
    _rot(tmp_path / "objects", digest)
    _rot(tmp_path / "replica", digest, at=7)
    with pytest.raises(Damaged):
        replicated.read(digest)
    assert (tmp_path / "objects" / digest[:2] / digest[2:4] / digest).is_file()


def test_a_packed_form_that_is_wrong_is_dropped_and_made_again(blobs: VerifiedBlobs, tmp_path: Path) -> None:
    digest, packed = blobs.put(DATA), gzip.compress(DATA)
    blobs.keep_packed(digest, packed)
    path = (tmp_path / "objects" / digest[:2] / digest[2:4] / digest).with_suffix(".gz")
    path.chmod(0o600)
    path.write_bytes(gzip.compress(b"something else"))
    assert blobs.read_packed(digest) is None
    assert not path.exists()
    blobs.keep_packed(digest, packed)
    assert blobs.read_packed(digest) == packed


def test_what_is_missing_comes_back_from_the_replica(tmp_path: Path) -> None:
    """As after a mending that a full disk broke off, between setting aside and putting back."""
    store, replica = LocalBlobs(tmp_path / "store"), LocalBlobs(tmp_path / "replica")
    digest = replica.put(b"whole")
    blobs = VerifiedBlobs(store, replica, derived=MemoryDerived())
    assert blobs.read(digest) == b"whole"
    store.set_aside(digest)
    with blobs.open(digest) as file:
        assert file.read() == b"whole"
    with pytest.raises(NotFound):
        blobs.read("0" * 64)
