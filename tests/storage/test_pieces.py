"""Ranges of blobs that are too long to be read whole before the first byte is handed out."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from scenes.errors import Damaged
from storage.blobs_local import LocalBlobs
from storage.blobs_verified import VerifiedBlobs
from storage.derived_memory import MemoryDerived
from storage.pieces import PIECE

DATA = b"".join(bytes([number]) * PIECE for number in range(3)) + b"end"


def opened(folder: Path, derived: MemoryDerived, replica: LocalBlobs | None = None) -> VerifiedBlobs:
    return VerifiedBlobs(LocalBlobs(folder / "objects"), replica, derived=derived, most_ahead=PIECE)


def rot(folder: Path, digest: str, at: int) -> None:
    """One bit flips."""
    path = folder / "objects" / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def wait() -> None:
    """For the look through the whole, where one was begun."""
    for thread in threading.enumerate():
        if thread.name == "pieces":
            thread.join(30)


def test_a_range_is_held_against_the_pieces_that_it_touches(tmp_path: Path) -> None:
    blobs = opened(tmp_path, MemoryDerived())
    digest, _ = blobs.put_stream(io.BytesIO(DATA))
    rot(tmp_path, digest, PIECE + 5)
    assert blobs.read(digest, offset=0, length=PIECE) == DATA[:PIECE]
    assert blobs.read(digest, offset=2 * PIECE + 1, length=PIECE + 99) == DATA[2 * PIECE + 1 :]
    for offset, length in ((PIECE - 1, 2), (PIECE + 9, 1), (2 * PIECE - 1, 9), (1, None)):
        with pytest.raises(Damaged):
            blobs.read(digest, offset=offset, length=length)


def test_with_a_replica_it_is_mended_before_it_is_handed_out(tmp_path: Path) -> None:
    replica = LocalBlobs(tmp_path / "replica")
    replica.put_stream(io.BytesIO(DATA))
    blobs = opened(tmp_path, MemoryDerived(), replica)
    digest, _ = blobs.put_stream(io.BytesIO(DATA))
    rot(tmp_path, digest, PIECE + 5)
    assert blobs.read(digest, offset=PIECE, length=9) == DATA[PIECE : PIECE + 9]
    assert blobs.read(digest) == DATA


def test_what_another_process_put_is_looked_through_at_the_first_range(tmp_path: Path) -> None:
    digest, _ = opened(tmp_path, MemoryDerived()).put_stream(io.BytesIO(DATA))
    derived = MemoryDerived()
    blobs = opened(tmp_path, derived)
    assert blobs.read(digest, offset=1, length=2) == DATA[1:3]
    wait()
    rot(tmp_path, digest, 1)
    for each in (blobs, opened(tmp_path, derived)):
        with pytest.raises(Damaged):
            each.read(digest, offset=1, length=2)


def test_of_what_is_damaged_already_no_piece_counts_as_right(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    digest, _ = opened(tmp_path, MemoryDerived()).put_stream(io.BytesIO(DATA))
    rot(tmp_path, digest, PIECE)
    blobs = opened(tmp_path, derived := MemoryDerived())
    blobs.read(digest, offset=1, length=2)
    wait()
    assert "is damaged" in caplog.text
    assert derived.get_many([f"pieces {PIECE} {digest}"]) == {}
