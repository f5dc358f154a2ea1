from __future__ import annotations

import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiling import points_brotli, points_planes
from tiling.points_brotli import Stream


def _back(coded: bytes, length: int) -> bytes:
    return bytes(imagecodecs.brotli_decode(coded, out=length))


def _vertices(count: int, stride: int, seed: int = 1) -> bytes:
    """A stream of vertices whose bytes are unlike one another: noise, what seldom changes, slopes, nothing."""
    chance = np.random.default_rng(seed)
    rows = np.zeros((count, stride), np.uint8)
    rows[:, 0] = chance.integers(0, 256, count)
    rows[:, 1] = np.cumsum(chance.random(count) < 0.01)
    rows[:, 2] = np.cumsum(chance.normal(0, 3, count)).astype(np.int64)
    return points_planes.encode_vertices(rows)


@pytest.mark.parametrize("kinds", [1, 2, 3, 5, 17, 256])
@pytest.mark.parametrize("length", [1, 2, 3, 10, 100, 5_000, 70_000])
def test_bytes_of_any_kind_come_back(length: int, kinds: int) -> None:
    chance = np.random.default_rng(length)
    data = (chance.integers(0, kinds, length) * chance.integers(0, 2, length)).astype(np.uint8).tobytes()
    coded = points_brotli.brotli(data, ())
    assert _back(coded, length) == data
    assert points_brotli.brotli(data, ()) == coded


def test_codes_of_bytes_as_seldom_as_can_be_are_not_too_long() -> None:
    # Fibonacci's numbers make the deepest tree there is: 24 of them ask for 23 bits, and 15 are the most.
    times = [1, 1]
    while len(times) < 24:
        times.append(times[-1] + times[-2])
    data = np.random.default_rng(2).permutation(np.repeat(np.arange(24, dtype=np.uint8), times)).tobytes()
    assert _back(points_brotli.brotli(data, ()), len(data)) == data


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(1, 3_000), st.sampled_from([4, 8, 12])), max_size=4))
def test_streams_of_vertices_come_back(seed: int, shapes: list[tuple[int, int]]) -> None:
    data, streams = b"a head of words", []
    for count, stride in shapes:
        chance = np.random.default_rng(seed + count)
        kinds = chance.choice([1, 2, 3, 60, 256], stride)
        rows = (chance.integers(0, 256, (count, stride)) % kinds * (chance.random((count, stride)) < 0.6)).astype(
            np.uint8
        )
        coded = points_planes.encode_vertices(rows)
        streams.append(Stream(len(data), len(data) + len(coded), count, stride))
        data += coded + bytes(-len(coded) % 4)
    assert _back(points_brotli.brotli(data, streams), len(data)) == data


def test_a_code_for_each_byte_is_shorter_than_one_for_an_attribute() -> None:
    data = _vertices(50_000, 8)
    coded = points_brotli.brotli(data, [Stream(0, len(data), 50_000, 8)])
    assert _back(coded, len(data)) == data
    # 50,000 bytes of noise cannot be less, and 50,000 steps of deviation 3 hold 22,700.
    assert 72_700 < len(coded) < 76_000
    for other in (zlib.compress(data, 6), imagecodecs.brotli_encode(data, level=5), points_brotli.brotli(data, ())):
        assert len(coded) < 0.97 * len(other)


@pytest.mark.parametrize(
    "stream",
    [
        Stream(0, 3_000, 5_000, 8),  # ends before it ends
        Stream(0, 100_000_000, 5_000, 8),
        Stream(5, 3_000, 5_000, 8),  # begins where nothing does
        Stream(-5, 3_000, 5_000, 8),
        Stream(0, 3_000, 2**40, 8),
        Stream(0, 3_000, 5_000, 60),
        Stream(9, 9, 0, 4),
    ],
)
def test_what_is_called_a_stream_and_is_none_is_coded_all_the_same(stream: Stream) -> None:
    data = _vertices(5_000, 8)
    assert _back(points_brotli.brotli(data, [stream]), len(data)) == data


def test_nothing_and_too_much_are_refused() -> None:
    for data in (b"", bytes((1 << 24) + 1)):
        with pytest.raises(ValueError, match="bytes are not 1 to"):
            points_brotli.brotli(data, ())
