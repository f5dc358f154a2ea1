from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.tiling.shapes import ball, open_edges, sheet
from tiling import meshopt
from tiling.errors import TilingError

# fmt: off
FAN = np.array([[0, 1, 2],
                [0, 2, 3],
                [0, 3, 4]], np.uint32)
# fmt: on


def test_equal_rows_get_one_number_in_order_of_appearance() -> None:
    table, count = meshopt.remap(np.array([[5, 5], [1, 2], [5, 5], [1, 3]], np.float32))
    assert table.tolist() == [0, 1, 0, 2]
    assert count == 3


@pytest.mark.parametrize("dtype", ["<u2", "<f4", "u1"])
def test_vertices_come_back_as_they_were(dtype: str) -> None:
    rows = (np.arange(4 * 333) % 251).astype(dtype).reshape(333, 4)
    data = meshopt.encode_vertices(rows)
    assert data[0] == 0xA0  # EXT_meshopt_compression knows version 0 only
    assert np.array_equal(meshopt.decode_vertices(data, 333, rows.strides[0]).view(dtype), rows)


def test_triangles_come_back_turned_at_most() -> None:
    decoded = meshopt.decode_indices(meshopt.encode_indices(FAN, 5), 9).reshape(-1, 3)
    turned = [np.roll(row, -int(np.argmin(row))).tolist() for row in decoded]
    assert turned == FAN.tolist()


def test_vertices_in_order_of_first_use() -> None:
    assert meshopt.fetch_order(np.array([[7, 3, 5], [3, 7, 1]], np.uint32), 9).tolist() == [7, 3, 5, 1]


def test_octahedral_normals_come_back_within_a_degree() -> None:
    rng = np.random.default_rng(1)
    normals = rng.normal(size=(500, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    data = meshopt.decode_vertices(meshopt.encode_vertices(meshopt.encode_oct8(normals)), 500, 4)
    back = meshopt.decode_filter(data, "OCTAHEDRAL").view(np.int8)[:, :3] / 127.0
    assert (back * normals).sum(axis=1).min() > np.cos(np.radians(1.0)) - 0.006


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_a_cut_stream_is_refused(cut: int) -> None:
    data = meshopt.encode_vertices(np.arange(4000, dtype=np.float32).reshape(-1, 4))
    with pytest.raises(TilingError):
        meshopt.decode_vertices(data[:cut], 1000, 16)


def test_a_filter_on_rows_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(TilingError):
        meshopt.decode_filter(np.zeros((3, 12), np.uint8), "OCTAHEDRAL")


def test_locked_vertices_neither_move_nor_go() -> None:
    primitive = sheet(40, 40, height=0.05)
    positions = primitive.positions.astype(np.float32)
    locked = np.zeros(len(positions), bool)
    locked[:41] = True
    indices, moved, _, _ = meshopt.simplify(
        primitive.indices,
        positions,
        np.zeros((len(positions), 0), np.float32),
        np.zeros(0, np.float32),
        locked,
        target_triangles=400,
    )
    assert len(indices) <= 420
    assert set(range(41)) <= set(indices.reshape(-1).tolist())
    assert np.array_equal(moved[:41], positions[:41])


@given(arrays(np.uint8, st.tuples(st.integers(0, 40), st.sampled_from([1, 3, 8])), elements=st.integers(0, 2)))
def test_rows_get_the_number_of_the_first_equal_one(rows: NDArray[np.uint8]) -> None:
    known: dict[bytes, int] = {}
    expected = [known.setdefault(row.tobytes(), len(known)) for row in rows]
    table, count = meshopt.remap(rows)
    assert table.tolist() == expected
    assert count == len(known)


def test_zeros_of_either_sign_differ_and_rows_beyond_256_bytes_are_refused() -> None:
    assert meshopt.remap(np.array([[0.0], [-0.0]], np.float32))[1] == 2
    assert meshopt.remap(np.zeros((2, 64), np.float32))[1] == 1
    with pytest.raises(TilingError, match="260 bytes"):
        meshopt.remap(np.zeros((2, 65), np.float32))


def _turned(triangles: NDArray[np.uint32]) -> list[list[int]]:
    return [np.roll(row, -int(np.argmin(row))).tolist() for row in triangles]


triangles = st.lists(st.tuples(*[st.integers(0, 30)] * 3), max_size=40)


@given(triangles)
def test_any_triangles_come_back_in_order_and_with_their_winding(some: list[tuple[int, int, int]]) -> None:
    indices = np.array(some, np.uint32).reshape(-1, 3)
    decoded = meshopt.decode_indices(meshopt.encode_indices(indices, 31), indices.size).reshape(-1, 3)
    rolls = [{tuple(np.roll(row, k).tolist()) for k in range(3)} for row in indices]
    assert all(tuple(row.tolist()) in own for row, own in zip(decoded, rolls, strict=True))


@given(triangles)
def test_the_order_for_coding_holds_the_same_triangles(some: list[tuple[int, int, int]]) -> None:
    indices = np.array(some, np.uint32).reshape(-1, 3)
    ordered = meshopt.strip_order(indices, 31)
    assert sorted(_turned(ordered)) == sorted(_turned(indices))


def test_the_order_for_coding_makes_fewer_bytes() -> None:
    indices = ball(20).primitives[0].indices
    shuffled = indices[np.random.default_rng(1).permutation(len(indices))]
    count = int(indices.max()) + 1
    ordered = meshopt.strip_order(shuffled, count)
    assert len(meshopt.encode_indices(ordered, count)) < 0.7 * len(meshopt.encode_indices(shuffled, count))


@pytest.mark.parametrize("size", [3, 260])
def test_rows_that_the_codec_does_not_know_are_refused(size: int) -> None:
    with pytest.raises(TilingError, match=f"{size} bytes"):
        meshopt.encode_vertices(np.zeros((5, size), np.uint8))


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"\xff" + data[1:], lambda data: b""])
def test_a_broken_index_list_is_refused(change: Callable[[bytes], bytes]) -> None:
    data = meshopt.encode_indices(FAN, 5)
    with pytest.raises(TilingError):
        meshopt.decode_indices(change(data), 9)
    with pytest.raises(TilingError):
        meshopt.decode_indices(data, 9, sequence=True)


def test_an_unknown_filter_is_refused() -> None:
    with pytest.raises(TilingError, match="ROT13"):
        meshopt.decode_filter(np.zeros((3, 4), np.uint8), "ROT13")


def _bare(bands: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    primitive = ball(bands, ripple=0.01).primitives[0]
    return primitive.indices, primitive.positions.astype(np.float32)


def test_collapsing_stops_at_the_number_or_the_error_that_comes_first() -> None:
    indices, positions = _bare(20)
    nothing, free = np.zeros((len(positions), 0), np.float32), np.zeros(len(positions), bool)
    kept = indices.copy(), positions.copy()

    def reached(target: int, most: float = np.inf) -> tuple[int, float]:
        out, moved, _, error = meshopt.simplify(
            indices, positions, nothing, np.zeros(0, np.float32), free, target_triangles=target, most_error=most
        )
        assert open_edges(moved, out) == 0
        return len(out), error

    by_number, error = reached(1000)
    assert 990 <= by_number <= 1000
    by_error, smaller = reached(10, error / 2)
    assert by_error > by_number
    assert smaller <= error / 2
    assert reached(4800) == (4800, 0.0)
    assert np.array_equal(indices, kept[0])
    assert np.array_equal(positions, kept[1])


def test_merging_by_cells_gets_below_its_target_and_keeps_locked_places() -> None:
    indices, positions = _bare(20)
    locked = np.zeros(len(positions), bool)
    out = meshopt.simplify_sloppy(indices, positions, locked, target_triangles=300)
    assert 100 < len(out) <= 300
    locked[indices[:100]] = True
    held = meshopt.simplify_sloppy(indices, positions, locked, target_triangles=300)
    assert len(np.intersect1d(held, np.flatnonzero(locked))) > 0.9 * np.count_nonzero(locked)
