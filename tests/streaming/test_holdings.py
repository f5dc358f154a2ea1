"""What is given up to make room, and in which order."""

from __future__ import annotations

import pytest

from streaming.events import Content
from streaming.holdings import Holdings
from streaming.schedule import Chunk


@pytest.mark.parametrize(("added", "going"), [(False, ["0", "1", "2"]), (True, ["2", "1", "0"])])
def test_of_tiles_that_add_the_children_are_given_up_before_their_parents(added, going):
    holdings = Holdings()
    for digest in ("0", "1", "2"):
        transfer = holdings.transfer(Chunk(digest, 10, Content.GLB, added=added))
        holdings.begin(transfer)
    every = holdings.to_evict(30, 30, wanted=lambda _: False, shown=("0", "1", "2"))
    assert [transfer.chunk.digest for transfer in every] == going
    one = holdings.to_evict(5, 5, wanted=lambda _: False, shown=("0", "1", "2"))
    assert [transfer.chunk.digest for transfer in one] == going[:1]
