"""The packed form of blobs: made once, by the same coder that told its length in the tileset."""

from __future__ import annotations

import gzip
import hashlib
import os

import pytest

from api import packed
from api.packed import pack, packed_form
from pipeline.compress import brotlied, gzipped
from scenes import glb
from scenes.errors import NotFound, StorageFull
from scenes.fixity import unbrotlied
from storage.memory import MemoryBlobs
from tests.api.points_tile import points_tile

WORDS = b"glTF a tile of many words " * 40


def test_a_tile_is_packed_as_its_tileset_says_how_long_it_is():
    blobs = MemoryBlobs()
    digest = blobs.put(WORDS)
    assert pack(blobs, digest) == gzipped(WORDS)
    assert blobs.read_packed(digest) == gzipped(WORDS)
    assert gzip.decompress(gzipped(WORDS)) == WORDS


def test_a_tile_of_points_is_kept_by_brotli_and_gzip_is_made_of_it_when_it_is_asked_for():
    blobs, tile = MemoryBlobs(), points_tile()
    digest = blobs.put(tile)
    kept = pack(blobs, digest)
    assert kept == brotlied(tile) == blobs.read_packed(digest) == packed_form(blobs, digest, coding="br")
    assert unbrotlied(kept, len(tile)) == tile
    by_gzip = packed_form(blobs, digest, coding="gzip")
    assert by_gzip == gzipped(tile)
    assert len(kept) < len(by_gzip)
    assert blobs.read_packed(digest) == kept


def test_a_tile_of_points_that_an_older_museum_keeps_by_gzip_is_kept_by_brotli_from_then_on():
    blobs, tile = MemoryBlobs(), points_tile()
    digest = blobs.put(tile)
    blobs.keep_packed(digest, gzipped(tile))
    assert packed_form(blobs, digest, coding="br") == brotlied(tile) == blobs.read_packed(digest)


@pytest.mark.parametrize("tile", [WORDS, b"glTF", b"", glb.write(b'{"meshes":3}'), glb.write(b"[" * 9_000)])
def test_what_is_no_tile_of_points_is_not_packed_by_brotli(tile: bytes):
    blobs = MemoryBlobs()
    assert packed_form(blobs, blobs.put(tile), coding="br") is None


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
