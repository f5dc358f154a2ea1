from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tiling import meshopt, points_planes
from tiling.errors import TilingError


def _walk(count: int, stride: int, step: int, seed: int = 1) -> NDArray[np.uint8]:
    """Rows that go on by small steps, the last byte of them always 0."""
    rows = np.zeros((count, stride), np.uint8)
    rows[:, :-1] = np.cumsum(np.random.default_rng(seed).integers(-step, step + 1, (count, stride - 1)), axis=0)
    return rows


@pytest.mark.parametrize("stride", [4, 8, 12, 32])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 255, 256, 257, 5_000])
def test_any_decoder_of_the_codec_gives_the_vertices_back(count: int, stride: int) -> None:
    for step in (0, 1, 3, 20, 127):
        rows = _walk(count, stride, step)
        coded = points_planes.encode_vertices(rows)
        assert meshopt.decode_vertices(coded, count, stride).tolist() == rows.tolist()
        assert points_planes.encode_vertices(rows) == coded


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 700), st.sampled_from([1, 2, 4, 16, 80, 256]), st.floats(0, 1))
def test_groups_of_any_content_come_back(seed: int, count: int, kinds: int, share: float) -> None:
    # Whole groups that are large among small ones: meshoptimizer's decoders miscount 16 that follow 2 bits.
    chance = np.random.default_rng(seed)
    large = np.repeat(chance.random(-(-count // 16)) < share, 16)[:count, None]
    rows = np.where(large, chance.integers(0, 256, (count, 8)), chance.integers(0, kinds, (count, 8))).astype(np.uint8)
    assert (meshopt.decode_vertices(points_planes.encode_vertices(rows), count, 8) == rows).all()


def test_noise_is_left_as_bytes_and_seldom_steps_are_not() -> None:
    noise, seldom = _walk(25_600, 4, 127), np.zeros((25_600, 4), np.uint8)
    seldom[:, 0] = np.arange(25_600) // 100
    # A head of four bytes for each byte of a block; the fourth byte of either, and the others of the second, are 0.
    assert len(points_planes.encode_vertices(noise)) == 1 + 100 * (3 * 260 + 4) + 32
    assert len(points_planes.encode_vertices(seldom)) < 25_600 / 4


@pytest.mark.parametrize("size", [2, 6, 36])
def test_rows_that_the_codec_cannot_have_are_refused(size: int) -> None:
    with pytest.raises(TilingError, match=f"rows of {size} bytes"):
        points_planes.encode_vertices(np.zeros((3, size), np.uint8))


@pytest.mark.parametrize("number", [1, 16, 17, 64, 100, 193, 240, 241, 256])
def test_blocks_of_zeros_are_counted_as_if_they_had_been_tried(number: int) -> None:
    tried, seen = np.zeros((4, 256), np.int64), np.zeros((4, 256), np.int64)
    points_planes._tried(np.zeros(256, np.uint8), number, np.empty(512, np.uint8), tried)
    points_planes._seen_empty(number, seen)
    assert np.array_equal(seen, tried)


def test_bits_of_a_code_are_the_entropy_but_one_for_each_symbol() -> None:
    for counts in ([0, 7, 0], [1, 1], [3, 1, 0, 900], [5000, 4000, 1], [250] * 300):
        of = np.array(counts)
        total, most = int(of.sum()), int(of.max())
        rest = total if 2 * most <= total else total - most
        parts = of[of > 0] if rest == total else np.delete(of, of.argmax())
        parts = parts[parts > 0]
        clear = 0.0 if total == most else total * (rest < total) + float((parts * np.log2(rest / parts)).sum())
        assert points_planes.huffman_bits(of) == pytest.approx(clear)
