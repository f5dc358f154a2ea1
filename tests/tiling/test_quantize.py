from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.shapes import ball, part, patch_of, sheet
from tiling import draco, meshopt, quantize
from tiling.errors import TilingError
from tiling.mesh import Material, Model, Primitive
from tiling.patch import Layout, Patch
from tiling.quantize import DensePiece, Piece, Quantised

BARE = Layout(normals=False, uvs=False, colours=False)


def _quantised(whole: Patch, layout: Layout, step: float, origin: NDArray[np.float64], **more: Any) -> Quantised:
    more = {"uvs_of": lambda material: None, "textured": lambda material: True} | more
    return quantize.quantise(whole, layout, step=step, origin=origin, **more)


def _rows(piece: Piece | DensePiece) -> NDArray[np.float64]:
    """A piece's positions in whole numbers."""
    if isinstance(piece, DensePiece):
        decoded = draco.decode(piece.data, most_triangles=piece.triangles)
        return decoded.attributes[piece.attributes["POSITION"]].astype(float)
    rows = meshopt.decode_vertices(piece.positions.data, piece.vertices, 8).view("<u2")
    assert not rows[:, 3].any()
    return rows[:, :3].astype(float)


def _triangles(piece: Piece | DensePiece) -> NDArray[np.uint32]:
    if isinstance(piece, DensePiece):
        return draco.decode(piece.data, most_triangles=piece.triangles).triangles
    return meshopt.decode_indices(piece.indices, 3 * piece.triangles).reshape(-1, 3)


def _points(done: Quantised) -> NDArray[np.float64]:
    return np.concatenate([done.origin + _rows(piece) * done.step for piece in done.pieces])


def _stream(piece: Piece | DensePiece, name: str, kind: str) -> NDArray[Any]:
    assert isinstance(piece, Piece)
    stream: quantize.Stream = getattr(piece, name)
    rows = meshopt.decode_vertices(stream.data, piece.vertices, stream.stride)
    return (meshopt.decode_filter(rows, "OCTAHEDRAL") if stream.octahedral else rows).view(kind)


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
@pytest.mark.parametrize("step", [2.0**-6, 2.0**-9])
def test_every_point_is_the_nearest_of_the_grid(step: float, coding: str) -> None:
    whole, layout, origin = patch_of(ball(12, ripple=0.02))
    done = _quantised(whole, layout, step, origin, coding=coding)
    expected = {tuple(row) for row in (np.rint(whole.positions.astype(float) / step) * step + origin).tolist()}
    assert {tuple(row) for row in _points(done).tolist()} == expected


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_neighbours_decode_shared_points_to_the_same_numbers(coding: str) -> None:
    whole, layout, origin = patch_of(ball(20, ripple=0.013))
    left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    halves = [
        {tuple(p) for p in _points(_quantised(part(whole, side), layout, 2**-9, origin, coding=coding))}
        for side in (left, ~left)
    ]
    shared = set(whole.indices[left].reshape(-1)) & set(whole.indices[~left].reshape(-1))
    assert len(halves[0] & halves[1]) == len(shared)


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_bounds_are_those_of_the_decoded_points(coding: str) -> None:
    whole, layout, origin = patch_of(ball(7))
    done = _quantised(whole, layout, 2**-8, origin, coding=coding)
    assert np.array_equal(done.low, _points(done).min(axis=0))
    assert np.array_equal(done.high, _points(done).max(axis=0))
    assert done.pieces[0].low == (0, 0, 0)
    assert done.pieces[0].high == tuple(_rows(done.pieces[0]).max(axis=0))


def test_triangles_that_fall_on_a_point_or_line_of_the_grid_go() -> None:
    whole, layout, origin = patch_of(ball(40))
    (piece,) = _quantised(whole, layout, 2**-3, origin).pieces
    corners = _rows(piece)[_triangles(piece)]
    assert 0 < len(corners) < whole.triangles
    assert (corners != np.roll(corners, 1, axis=1)).any(axis=2).all()


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_where_all_would_go_the_first_stays(coding: str) -> None:
    whole, layout, origin = patch_of(ball(2, radius=1e-3))
    found = _quantised(whole, layout, 1.0, origin, coding=coding)
    (piece,) = found.pieces
    assert piece.triangles == 1
    assert found.triangles == (1,)


def test_skirts_alone_are_no_surface() -> None:
    whole, layout, origin = patch_of(ball(1))
    tiny = replace(whole, positions=np.concatenate([whole.positions[:4] * 1e-3, whole.positions[4:]]))
    groups = (tiny.indices >= 4).any(axis=1).astype(np.int8)
    order = np.argsort(groups, kind="stable")
    tiny = replace(tiny, indices=tiny.indices[order])
    assert _quantised(tiny, layout, 0.5, origin, groups=groups[order], group_count=2).triangles[0] == 1


@given(st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_groups_are_runs_of_indices_that_hold_just_their_triangles(chosen: list[int]) -> None:
    whole, layout, origin = patch_of(ball(1))
    groups = np.array(chosen, np.int8)
    (piece,) = _quantised(whole, layout, 2**-8, origin, groups=groups, group_count=4).pieces
    assert isinstance(piece, Piece)
    assert [count for _, count in piece.ranges] == [3 * chosen.count(group) for group in range(4)]
    assert [first for first, _ in piece.ranges] == [3 * sum(c < group for c in chosen) for group in range(4)]
    grid = np.rint(whole.positions.astype(float) * 256)
    grid -= grid.min(axis=0)
    rows = _rows(piece)
    for group, (first, count) in enumerate(piece.ranges):
        found = rows[_triangles(piece)[first // 3 : (first + count) // 3]].sum(axis=1)
        expected = grid[whole.indices[groups == group]].sum(axis=1)
        assert sorted(found.tolist()) == sorted(expected.tolist())


def test_each_material_is_a_piece_with_the_groups_of_its_own() -> None:
    square = sheet(2, 2)
    model = Model((replace(square, material=3), replace(square, positions=square.positions + 2.0, material=1)))
    whole, layout, origin = patch_of(model)
    groups = np.array([0, 1] * 8, np.int8)
    one, three = _quantised(whole, layout, 2**-8, origin, groups=groups, group_count=2).pieces
    assert (one.material, three.material) == (1, 3)
    assert (one.triangles, three.triangles) == (8, 8)
    for piece in (one, three):
        assert isinstance(piece, Piece)
        assert piece.ranges == ((0, 12), (12, 12))


def test_coordinates_of_a_shared_image_keep_their_repetitions() -> None:
    whole, layout, origin = patch_of(Model((sheet(3, 3, uvs=True),)))
    whole.attributes[:, layout.uv_columns] *= 7.5
    piece = _quantised(whole, layout, 2**-8, origin).pieces[0]
    assert isinstance(piece, Piece)
    assert not piece.uvs_whole
    assert _stream(piece, "uvs", "<f4").max() == 7.5


def test_coordinates_of_a_tiles_own_image_are_whole_numbers() -> None:
    whole, layout, origin = patch_of(Model((sheet(3, 3, uvs=True),)))
    own = np.clip(whole.attributes[:, layout.uv_columns] * 1.01, 0.0, 1.01)
    piece = _quantised(whole, layout, 2**-8, origin, uvs_of=lambda material: own).pieces[0]
    assert isinstance(piece, Piece)
    assert piece.uvs_whole
    found = np.unique(_stream(piece, "uvs", "<u2"))
    assert np.abs(found - np.minimum(np.arange(4) / 3 * 1.01, 1.0) * 65_535.0).max() <= 0.6


def test_a_second_set_is_written_for_the_materials_that_use_it_on_a_grid() -> None:
    twice = replace(sheet(3, 3, uvs=True), second_uvs=np.linspace(-2, 9, 32, dtype=np.float32).reshape(16, 2))
    whole, layout, origin = patch_of(Model((twice, replace(twice, material=1)), (Material(), Material())))
    one, other = _quantised(whole, layout, 2**-8, origin, second={1}).pieces
    assert isinstance(one, Piece)
    assert one.second_uvs is None
    assert isinstance(other, Piece)
    found = _stream(other, "second_uvs", "<f4")
    assert np.array_equal(found * 4096, np.rint(found * 4096))
    assert np.abs(np.sort(found.ravel()) - np.linspace(-2, 9, 32)).max() <= 0.5 / 4096 + 1e-6


def test_without_a_texture_there_are_no_coordinates() -> None:
    whole, layout, origin = patch_of(Model((sheet(3, 3, uvs=True),)))
    piece = _quantised(whole, layout, 2**-8, origin, textured=lambda material: False).pieces[0]
    assert isinstance(piece, Piece)
    assert piece.uvs is None


def test_colours_are_bytes_and_left_out_where_all_is_white() -> None:
    white = np.full((9, 4), 255, np.uint8)
    shades = white.copy()
    shades[:, 0] = np.arange(9) * 30
    for colours in (white, shades):
        whole, layout, origin = patch_of(Model((replace(sheet(2, 2), colours=colours),)))
        piece = _quantised(whole, layout, 2**-8, origin).pieces[0]
        assert isinstance(piece, Piece)
        if colours is white:
            assert piece.colours is None
        else:
            found = _stream(piece, "colours", "u1")
            assert sorted(found.tolist()) == sorted(colours.tolist())


def test_normals_are_octahedral_bytes() -> None:
    primitive = ball(10).primitives[0]
    whole, layout, origin = patch_of(Model((replace(primitive, normals=primitive.positions.astype(np.float32)),)))
    done = _quantised(whole, layout, 2**-10, origin)
    found = _stream(done.pieces[0], "normals", "i1")[:, :3] / 127.0
    points = _points(done)
    cosine = (found * points).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(points, axis=1)
    assert cosine.min() > np.cos(np.radians(1.5))


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_vertices_name_places_in_the_list_of_features_that_occur(coding: str) -> None:
    whole, layout, origin = patch_of(Model((sheet(3, 3),)))
    features = np.where(whole.positions[:, 0] < 0, 70_000, 5).astype(np.int32)
    done = _quantised(whole, layout, 2**-8, origin, features=features, coding=coding)
    assert done.features == (5, 70_000)
    (piece,) = done.pieces
    if isinstance(piece, DensePiece):
        decoded = draco.decode(piece.data, most_triangles=piece.triangles)
        places = decoded.attributes[piece.attributes["_FEATURE_ID_0"]].reshape(-1)
    else:
        places = _stream(piece, "features", "<u2")[:, 0]
    assert np.array_equal(places == 1, _points(done)[:, 0] < origin[0])


def test_more_features_than_two_bytes_name_are_refused() -> None:
    count = 65_537
    whole = Patch(
        np.zeros((count, 3), np.float32),
        np.zeros((count, 0), np.float32),
        np.zeros(count, np.int32),
        np.zeros((count, 4), np.int32),
        np.array([[0, 1, 2]], np.uint32),
    )
    with pytest.raises(TilingError, match="65,537 features"):
        _quantised(whole, BARE, 1.0, np.zeros(3), features=np.arange(count, dtype=np.int32))


def test_a_tile_of_65535_steps_fits_and_one_more_is_refused() -> None:
    for steps in (65_535, 65_536):
        positions = np.array([[0, 0, 0], [steps, 0, 0], [0, 1, 0]], float)
        whole = patch_of(Model((Primitive(positions, np.array([[0, 1, 2]], np.uint32)),)))[0]
        if steps == 65_535:
            assert _rows(_quantised(whole, BARE, 1.0, np.zeros(3)).pieces[0]).max() == 65_535
        else:
            with pytest.raises(TilingError, match="65,536 steps"):
                _quantised(whole, BARE, 1.0, np.zeros(3))


def test_indices_take_four_bytes_where_65535_would_name_a_vertex() -> None:
    # (k + 1)² vertices: 255² = 65,025 and 256² = 65,536.
    for side, size in ((254, 2), (255, 4)):
        whole, layout, origin = patch_of(Model((sheet(side, side),), (Material(),)))
        piece = _quantised(whole, layout, 2**-12, origin).pieces[0]
        assert isinstance(piece, Piece)
        assert piece.vertices == (side + 1) ** 2
        assert piece.index_size == size


def test_vertices_stand_in_order_of_use() -> None:
    whole, layout, origin = patch_of(ball(9))
    for piece in _quantised(whole, layout, 2**-9, origin).pieces:
        used = list(dict.fromkeys(_triangles(piece).reshape(-1).tolist()))
        # The index codec may turn a triangle, so neighbours in the order may change places.
        assert sorted(used) == list(range(piece.vertices))
        assert np.abs(np.array(used) - np.arange(piece.vertices)).max() <= 2
