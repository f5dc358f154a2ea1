"""What streams share: a tree is read from its documents once, also by the next server."""

from __future__ import annotations

import hashlib
import logging
from types import SimpleNamespace

import numpy as np

from api import stream_shared
from api.stream_shared import Hot, Shared
from storage.derived_memory import MemoryDerived
from tests.tiling.trees import grid_tree
from tiling import tileset

TREE = grid_tree(6)


class Documents:
    """Blobs that count how often they are read."""

    def __init__(self) -> None:
        written = tileset.write(TREE)
        self._data = {hashlib.sha256(data).hexdigest(): data for data in (written.root, *written.others.values())}
        self.root = hashlib.sha256(written.root).hexdigest()
        self.reads = 0

    def read(self, digest: str) -> bytes:
        self.reads += 1
        return self._data[digest]


def shared(blobs: Documents, derived: MemoryDerived) -> Shared:
    return Shared(SimpleNamespace(blobs=blobs, derived=derived, settings=SimpleNamespace(streams_per_address=1)))


def test_a_large_tree_is_read_from_its_documents_once():
    blobs, derived = Documents(), MemoryDerived()
    first = shared(blobs, derived)
    made = first.stock(blobs.root)
    read = blobs.reads
    assert read > 1
    assert first.stock(blobs.root) is made
    again = shared(blobs, derived).stock(blobs.root)
    assert blobs.reads == read
    assert again.tree.content == TREE.content
    np.testing.assert_array_equal(again.facts, made.facts)


def test_a_tree_whose_arrays_are_damaged_is_read_anew(caplog):
    blobs, derived = Documents(), MemoryDerived()
    name = f"stock/{stream_shared.stock_bytes.VERSION}/{blobs.root}"
    derived.put_many({name: b"lost"})
    with caplog.at_level(logging.WARNING):
        assert len(shared(blobs, derived).stock(blobs.root)) == len(TREE)
    assert "read anew" in caplog.text


def test_values_may_be_as_large_as_is_said():
    small, large = Hot[str](100), Hot[str](100, largest=1.0)
    for hot in (small, large):
        hot.put("a", "a", 90)
    assert (small.get("a"), large.get("a")) == (None, "a")
