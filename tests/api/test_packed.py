"""The gzip form of blobs: made once, by the same coder that told its length in the tileset."""

from __future__ import annotations

import gzip
import hashlib
import os

import pytest

from api import packed
from api.packed import pack, packed_form
from pipeline.compress import gzipped
from scenes.errors import NotFound, StorageFull
from storage.memory import MemoryBlobs

WORDS = b"glTF a tile of many words " * 40


def test_a_tile_is_packed_as_its_tileset_says_how_long_it_is():
    blobs = MemoryBlobs()
    digest = blobs.put(WORDS)
    assert pack(blobs, digest) == gzipped(WORDS)
    assert blobs.read_packed(digest) == gzipped(WORDS)
    assert gzip.decompress(gzipped(WORDS)) == WORDS


def test_what_does_not_shrink_has_no_packed_form():
    blobs = MemoryBlobs()
    digest = blobs.put(os.urandom(500))
    assert pack(blobs, digest) is None
    assert packed_form(blobs, digest) is None


def test_an_older_museum_packs_a_tile_when_it_is_first_asked_for_so():
    blobs = MemoryBlobs()
    digest = blobs.put(WORDS)
    assert blobs.read_packed(digest) is None
    assert packed_form(blobs, digest) == gzipped(WORDS)
    assert blobs.read_packed(digest) == gzipped(WORDS)


def test_what_is_too_large_to_be_read_whole_is_not_packed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packed, "MOST_BYTES", 100)
    blobs = MemoryBlobs()
    assert pack(blobs, blobs.put(WORDS)) is None


def test_a_full_disk_does_no_harm(caplog: pytest.LogCaptureFixture):
    class Full(MemoryBlobs):
        def keep_packed(self, digest: str, data: bytes) -> None:
            raise StorageFull("the disk is full")

    blobs = Full()
    digest = blobs.put(WORDS)
    assert packed_form(blobs, digest) == gzipped(WORDS)
    assert "the disk is full" in caplog.text


def test_there_is_no_packed_form_of_nothing():
    with pytest.raises(NotFound):
        packed_form(MemoryBlobs(), hashlib.sha256(b"").hexdigest())
