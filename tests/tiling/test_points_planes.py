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
