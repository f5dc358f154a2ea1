from __future__ import annotations

import gzip
import zlib

import numpy as np
import pytest

from tiling import meshopt, points_deflate


def _differences(count: int, size: float, seed: int = 1) -> bytes:
    """Small numbers mostly, as the vertex codec leaves them."""
    return np.minimum(np.abs(np.random.default_rng(seed).normal(0, size, count)), 255).astype(np.uint8).tobytes()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 255, 5_000, 300_001])
@pytest.mark.parametrize("size", [0.0, 0.3, 4.0, 1e6])
def test_what_is_packed_comes_back(count: int, size: float) -> None:
    data = _differences(count, size)
    packed = points_deflate.gzipped(data, [count // 3, count // 2])
    assert gzip.decompress(packed) == data
    assert packed == points_deflate.gzipped(data, [count // 3, count // 2])


def test_codes_of_bytes_as_seldom_as_can_be_are_not_too_long() -> None:
    # Fibonacci's numbers make the deepest tree there is: 24 of them ask for 23 bits.
    times = [1, 1]
    while len(times) < 24:
        times.append(times[-1] + times[-2])
    every = np.random.default_rng(2).permutation(np.repeat(np.arange(24, dtype=np.uint8), times))
    data = every.tobytes()
    assert gzip.decompress(points_deflate.gzipped(data)) == data


@pytest.mark.parametrize("length", [5, 6, 7, 8, 257, 258, 259, 260, 517, 1_000])
def test_runs_of_any_length_are_told_and_come_back(length: int) -> None:
    data = b"".join(_differences(100, 9.0, seed) + bytes([seed]) * length for seed in range(50))
    packed = points_deflate.gzipped(data)
    assert gzip.decompress(packed) == data
    assert len(packed) < 50 * 100


def test_streams_of_vertices_take_no_more_than_a_general_search_leaves() -> None:
    chance = np.random.default_rng(3)
    rows = np.zeros((20_000, 4), np.uint16)
    rows[:, :3] = np.cumsum(chance.integers(-60, 60, (20_000, 3)), axis=0)
    shades = np.zeros((20_000, 4), np.uint8)
    shades[:, :3] = np.cumsum(chance.normal(0, 4, (20_000, 3)), axis=0).astype(np.int64)
    first, second = meshopt.encode_vertices(rows), meshopt.encode_vertices(shades)
    packed = points_deflate.gzipped(first + second, [len(first)])
    assert gzip.decompress(packed) == first + second
    assert len(packed) < 1.02 * len(zlib.compress(first + second, 6))
    # One table for both would be worse than one for each.
    assert len(packed) < len(points_deflate.gzipped(first + second))
