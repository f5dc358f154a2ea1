from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tiling import huffman

_LONGEST = np.int64(15)


def _least(counts: list[int]) -> int:
    """Bits of all symbols by a Huffman code, as clearly as can be: what is put together costs a bit each time."""
    heap, bits = sorted(counts), 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        bits += both
        heapq.heappush(heap, both)
    return bits


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 70_000)), min_size=2, max_size=300))
def test_lengths_are_the_least_that_there_are(counts: list[int]) -> None:
    there = [count for count in counts if count]
    if len(there) < 2:
        return
    lengths = huffman.code_lengths(np.array(counts, np.int64), _LONGEST)
    assert [bool(length) for length in lengths] == [bool(count) for count in counts]
    assert sum(0.5 ** int(length) for length in lengths if length) == 1.0
    # (None of these is so seldom that it would take more than fifteen bits and be cut.)
    if max(there) < 1000 * min(there):
        assert int((lengths * counts).sum()) == _least(there)
    # The more often, the shorter; of those that are as often, the later ones.
    order = sorted(range(len(counts)), key=lambda symbol: (counts[symbol], symbol))
    told = [int(lengths[symbol]) for symbol in order if counts[symbol]]
    assert told == sorted(told, reverse=True)


def test_codes_count_up_by_length_and_symbol_and_are_turned_round() -> None:
    # RFC 1951, 3.2.2: its example, ABCDEFGH.
    codes = huffman.codes_of(np.array([3, 3, 3, 3, 3, 2, 4, 4, 0], np.int64)).tolist()
    clear = ["010", "011", "100", "101", "110", "00", "1110", "1111"]
    assert codes == [*(int(code[::-1], 2) for code in clear), 0]
    longest = huffman.codes_of(np.array([*range(1, 16), 15], np.int64)).tolist()
    assert longest == [(1 << (length - 1)) - 1 for length in range(1, 16)] + [(1 << 15) - 1]
