import numpy as np
import pytest

from tests.tiling.shapes import sheet
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
