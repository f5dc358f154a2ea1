from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.tiling.shapes import ball, moved, part, patch_of, sheet, with_leaves
from tiling import patch
from tiling.mesh import Material, Model, Primitive
from tiling.patch import MANY, Layout, Patch

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
SOUP = Primitive(SQUARE[TWO].reshape(-1, 3), np.arange(6, dtype=np.uint32).reshape(2, 3))
BARE = Layout(normals=False, uvs=False, colours=False)


def _corners(whole: Patch) -> list[tuple[tuple[float, ...], ...]]:
    """The triangles by place, attribute and material, sorted."""
    rows = np.concatenate([whole.positions, whole.attributes, whole.material[:, None]], axis=1)
    return sorted(tuple(tuple(row) for row in corners) for corners in rows[whole.indices].tolist())


def test_copies_of_a_vertex_are_made_one() -> None:
    whole, _, _ = patch_of(Model((SOUP,)))
    assert len(whole.positions) == 4
    assert whole.triangles == 2


def test_minus_zero_is_zero() -> None:
    positions = SOUP.positions.copy()
    positions[3] = -0.0
    whole = patch.of_primitives([replace(SOUP, positions=positions)], BARE, np.zeros(3))
    assert len(patch.welded(whole).positions) == 4


def test_vertices_of_unlike_materials_or_features_stay_apart() -> None:
    for other in (Primitive(SQUARE, TWO[1:], material=1), Primitive(SQUARE, TWO[1:], feature=1)):
        first = Primitive(SQUARE, TWO[:1], feature=0 if other.feature == 1 else -1)
        whole = patch.welded(patch.of_primitives([first, other], BARE, np.zeros(3)))
        assert len(whole.positions) == 6


def test_materials_in_a_patch_are_told_in_order() -> None:
    model = Model((Primitive(SQUARE, TWO[:1], material=4), Primitive(SQUARE, TWO[1:], material=2)))
    owners, present = patch.materials_in(patch_of(model)[0])
    assert (owners.tolist(), present) == ([4, 2], [2, 4])


def test_a_far_model_keeps_its_millimetres() -> None:
    far = SQUARE * 0.001 + np.array([5e6, 1e5, -3e6])
    whole, _, origin = patch_of(Model((Primitive(far, TWO),)))
    assert np.abs(whole.positions + origin - far).max() < 2e-6


@given(arrays(np.int8, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(0, 2)), st.data())
def test_welding_keeps_every_triangle_that_has_three_places(places: NDArray[np.int8], data: st.DataObject) -> None:
    count = len(places)
    indices = data.draw(
        arrays(np.uint32, st.tuples(st.integers(0, 20), st.just(3)), elements=st.integers(0, count - 1))
    )
    shades = data.draw(arrays(np.float32, (count, 1), elements=st.sampled_from([0.0, 1.0])))
    material = np.zeros(count, np.int32)
    before = Patch(places.astype(np.float32), shades, material, np.zeros((count, 4), np.int32), indices)
    after = patch.welded(before)
    solid = [each for each in _corners(before) if len({corner[:3] for corner in each}) == 3]
    assert _corners(after) == solid
    rows = np.concatenate([after.positions, after.attributes], axis=1)
    assert len(np.unique(rows, axis=0)) == len(rows)
    # Vertices stand in order of first use, and all are used.
    assert list(dict.fromkeys(after.indices.reshape(-1).tolist())) == list(range(len(rows)))


def test_a_part_and_its_complement_merge_to_the_whole() -> None:
    whole, _, _ = patch_of(ball(8))
    halves = [part(whole, np.arange(i, whole.triangles, 2)) for i in (0, 1)]
    merged = patch.merged(halves)
    assert len(merged.positions) == len(whole.positions)
    assert _corners(merged) == _corners(whole)


def test_merged_children_agree_on_the_leaves_around_a_vertex() -> None:
    whole, _, _ = patch_of(ball(6))
    owner = (whole.positions[whole.indices].mean(axis=1) > 0.01) @ [1, 2, 4]
    known = with_leaves(whole, owner)
    merged = patch.merged([part(known, owner == leaf) for leaf in range(4)])
    kept = {tuple(p): row for p, row in zip(known.positions.tolist(), known.leaves.tolist(), strict=True)}
    assert [kept[tuple(p)] for p in merged.positions.tolist()] == merged.leaves.tolist()


def test_nothing_merges_with_anything_and_takes_no_features() -> None:
    named = patch.of_primitives([replace(SOUP, feature=3)], BARE, np.zeros(3))
    nothing = patch.of_primitives([], BARE, np.zeros(3))
    merged = patch.merged([nothing, named, nothing])
    assert merged.features is not None
    assert merged.features.tolist() == [3] * 4
    assert patch.merged([nothing, nothing]).triangles == 0
    assert patch.merged([nothing, patch.of_primitives([SOUP], BARE, np.zeros(3))]).features is None


@pytest.mark.parametrize(
    ("leaves", "tile", "expected"),
    [
        ((3, 3, 3, 3), (3, 3), False),
        ((3, 4, 4, 4), (3, 3), True),
        ((3, 4, 4, 4), (0, 3), True),
        ((3, 4, 4, 4), (0, 7), False),
        ((3, 4, 6, 7), (4, 7), True),
        ((0, MANY, MANY, 9), (0, 7), True),
        ((0, MANY, MANY, 7), (0, 7), False),
    ],
)
def test_a_vertex_is_at_the_border_when_a_leaf_beyond_touches_it(
    leaves: tuple[int, ...], tile: tuple[int, int], expected: bool
) -> None:
    whole = patch_of(Model((Primitive(SQUARE[:3], TWO[:1]),)))[0]
    whole = replace(whole, leaves=np.array([leaves] * 3, np.int32))
    assert whole.outside(*tile).tolist() == [expected] * 3


def test_nearly_equal_normals_at_one_place_become_one_and_edges_stay() -> None:
    up, leaning, aside = (0.0, 1.0, 0.0), (0.05, 1.0, 0.0), (1.0, 0.0, 0.0)
    given = np.array([*[up] * 8, leaning, aside, aside], np.float32)
    places = np.zeros((11, 3), np.float32)
    places[10] = 1.0
    whole = Patch(places, given, np.zeros(11, np.int32), np.zeros((11, 4), np.int32), np.zeros((0, 3), np.uint32))
    normals = patch.with_joined_normals(whole, Layout(normals=True, uvs=False, colours=False)).attributes
    assert (normals[:9] == normals[0]).all()
    assert np.isclose(np.linalg.norm(normals[0]), 1.0)
    assert normals[9:].tolist() == [[1, 0, 0]] * 2


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_the_layout_gives_every_column_to_one_attribute_in_order(
    normals: bool, uvs: bool, colours: bool, second: bool
) -> None:
    layout = Layout(normals=normals, uvs=uvs, colours=colours, second=second)
    columns = [
        *range(layout.width)[layout.normal_columns],
        *range(layout.width)[layout.uv_columns],
        *range(layout.width)[layout.colour_columns],
        *range(layout.width)[layout.second_columns],
    ]
    assert columns == list(range(layout.width))
    assert layout.width == 3 * normals + 2 * uvs + 4 * colours + 2 * second


def test_a_layout_has_normals_where_all_have_them_and_uvs_where_one_has() -> None:
    shaded = replace(SOUP, normals=np.zeros((6, 3), np.float32), uvs=np.zeros((6, 2), np.float32))
    assert patch.layout_of([shaded, SOUP]) == Layout(normals=False, uvs=True, colours=False)
    assert patch.layout_of([shaded, SOUP], normals=True).normals
    assert patch.layout_of([shaded]).normals


def test_attributes_are_carried_into_their_columns_and_what_lacks_is_filled() -> None:
    coloured = replace(
        SOUP,
        uvs=np.arange(12, dtype=np.float32).reshape(6, 2),
        colours=np.array([[255, 0, 51, 255]] * 6, np.uint8),
        second_uvs=np.arange(12, 24, dtype=np.float32).reshape(6, 2),
    )
    layout = Layout(normals=True, uvs=True, colours=True, second=True)
    whole = patch.of_primitives([coloured, SOUP], layout, np.zeros(3))
    assert np.allclose(whole.attributes[:6, layout.colour_columns], [1.0, 0.0, 0.2, 1.0])
    assert (whole.attributes[6:, layout.colour_columns] == 1.0).all()
    assert np.array_equal(whole.attributes[:6, layout.uv_columns], coloured.uvs)
    assert np.array_equal(whole.attributes[:6, layout.second_columns], coloured.second_uvs)
    assert not whole.attributes[6:, layout.second_columns].any()
    assert not whole.attributes[:, layout.normal_columns].any()


@given(st.floats(-1e7, 1e7), st.floats(1e-3, 1e5))
def test_the_origin_is_coarse_near_the_middle_and_does_not_move_with_small_edits(middle: float, size: float) -> None:
    low, high = np.full(3, middle - size), np.full(3, middle + size)
    origin = patch.coarse_origin(low, high)
    unit = 2.0 ** np.floor(np.log2(np.linalg.norm(high - low) / 32.0))
    assert np.abs(origin - middle).max() <= unit * 0.5000001
    assert np.array_equal(origin / unit, np.rint(origin / unit))


def test_a_model_of_one_point_has_its_origin_at_zero() -> None:
    assert patch.coarse_origin(np.ones(3), np.ones(3)).tolist() == [0, 0, 0]


@given(arrays(np.int8, (8, 3), elements=st.integers(0, 1)), st.lists(st.tuples(*[st.integers(0, 7)] * 3), max_size=12))
def test_degenerate_are_triangles_of_fewer_than_three_places(
    places: NDArray[np.int8], triangles: list[tuple[int, int, int]]
) -> None:
    indices = np.array(triangles, np.uint32).reshape(-1, 3)
    expected = [row for row in triangles if len({tuple(places[corner]) for corner in row}) == 3]
    assert patch.without_degenerates(places.astype(np.float32), indices).tolist() == [list(row) for row in expected]


def test_vertices_that_triangles_name() -> None:
    assert patch.named_by(np.array([[1, 4, 1]], np.uint32), 6).tolist() == [False, True, False, False, True, False]


def test_models_side_by_side_keep_their_numbers_apart() -> None:
    one, layout, _ = patch_of(Model((sheet(2, 2, uvs=True),)))
    both = patch.side_by_side([one, one])
    assert both.triangles == 2 * one.triangles
    assert both.indices[one.triangles :].min() == len(one.positions)
    assert len(patch.welded(both).positions) == len(one.positions)
    other = moved(Model((sheet(2, 2, uvs=True),), (Material(),)), (0, 0, 0), material=1)
    assert (
        len(patch.merged([one, patch.of_primitives(other.primitives, layout, np.full(3, 0.5) * [1, 0, 1])]).positions)
        == 18
    )


@pytest.mark.parametrize("is_turned", [False, True])
def test_welding_among_those_that_may_have_an_equal_is_welding(is_turned: bool) -> None:
    whole = patch_of(ball(6))[0]
    halves = [replace(whole, indices=whole.indices[:100]), replace(whole, indices=whole.indices[100:])]
    torn = patch.side_by_side([patch.only_used(half) for half in halves[:: -1 if is_turned else 1]])
    rows = [row.tobytes() for row in torn.positions]
    among = np.array([rows.count(row) > 1 for row in rows])
    assert 5 < among.sum() < len(among)
    one, other = patch.welded(torn), patch.welded(torn, among)
    assert len(one.positions) < len(torn.positions)
    for name in ("positions", "attributes", "material", "leaves", "indices"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
