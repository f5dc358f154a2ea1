from dataclasses import replace

import numpy as np
import pytest

from tests.tiling.shapes import ball, edges_of, joined, moved, open_edges, part, patch_of, sheet, with_leaves
from tiling import error
from tiling.mesh import Material, Model, Primitive
from tiling.normals import with_normals
from tiling.patch import Layout, Patch
from tiling.simplify import error_at, metres_per_uv, simplify, weights


def _of(model: Model) -> tuple[Patch, Layout]:
    whole, layout, _ = patch_of(Model(tuple(with_normals(each) for each in model.primitives), model.materials))
    return whole, layout


def _distance(one: Patch, two: Patch) -> float:
    """Root mean square of the distances from a patch to another, metres."""
    points = error.scatter(one, 4000)
    return error.root_mean_square(error.distances(points.points, [two]), points.weights)


def test_a_sphere_gets_to_its_target() -> None:
    whole, layout = _of(ball(30))
    coarse = simplify(whole, layout, target_triangles=1000, leaves=(0, 0))
    assert 900 <= coarse.patch.triangles <= 1000
    assert not coarse.is_blocked
    assert np.allclose(np.linalg.norm(coarse.patch.attributes, axis=1), 1.0, atol=1e-5)


def test_the_border_with_other_leaves_stays() -> None:
    whole, layout = _of(Model((sheet(30, 30, height=0.1),)))
    left = np.arange(whole.triangles) < whole.triangles // 2
    half = part(with_leaves(whole, np.where(left, 0, 1)), left)
    coarse = simplify(half, layout, target_triangles=200, leaves=(0, 0)).patch
    border = half.outside(0, 0)
    assert border.sum() == 31
    kept = {tuple(p) for p in coarse.positions.tolist()}
    assert {tuple(p) for p in half.positions[border].tolist()} <= kept


def test_a_soup_of_loose_triangles_gets_small_all_the_same_and_never_empty() -> None:
    # Leaves of a tree: nothing to collapse without merging what does not hang together.
    places = np.random.default_rng(5).uniform(-5, 5, size=(4000, 1, 3))
    corners = places + np.random.default_rng(6).uniform(-0.1, 0.1, size=(4000, 3, 3))
    soup = Primitive(corners.reshape(-1, 3), np.arange(12_000, dtype=np.uint32).reshape(-1, 3))
    whole, layout = _of(Model((soup,)))
    coarse = simplify(whole, layout, target_triangles=600, leaves=(0, 0))
    assert 0 < coarse.patch.triangles <= 660


def _confetti(columns: int) -> Primitive:
    """A sheet whose every triangle is a chart of its own in the texture."""
    whole = sheet(columns, columns)
    flat = whole.indices.reshape(-1)
    uvs = np.random.default_rng(7).uniform(size=(len(flat), 2)).astype(np.float32)
    return Primitive(whole.positions[flat], np.arange(len(flat), dtype=np.uint32).reshape(-1, 3), uvs=uvs)


def test_seams_of_texture_are_not_torn_so_a_tile_can_be_blocked() -> None:
    whole, layout = _of(Model((_confetti(30),)))
    coarse = simplify(whole, layout, target_triangles=100, leaves=(0, 0), firm=frozenset({0}))
    assert coarse.is_blocked
    assert coarse.patch.triangles > 110


def test_seams_of_a_repeated_pattern_are_given_up_before_the_shape_is() -> None:
    primitive = _confetti(30)
    assert primitive.uvs is not None
    # Every triangle is one spot of the pattern, red or green, so seams alone are in the way.
    spots = np.repeat(np.arange(len(primitive.indices)) % 2, 3).astype(np.float32)
    whole, layout = _of(Model((replace(primitive, uvs=np.stack([spots, spots], axis=1)),)))
    tight = simplify(whole, layout, target_triangles=100, leaves=(0, 0), firm=frozenset({0}))
    loose = simplify(whole, layout, target_triangles=100, leaves=(0, 0))
    assert loose.patch.triangles < tight.patch.triangles / 2


def test_two_materials_meet_as_before() -> None:
    left, right = sheet(20, 20), sheet(20, 20)
    right = Primitive(right.positions + np.array([1.0, 0, 0]), right.indices, material=1)
    whole, layout = _of(Model((left, right), (Material(), Material())))
    coarse = simplify(whole, layout, target_triangles=100, leaves=(0, 0)).patch
    owners = coarse.material[coarse.indices]
    assert (owners == owners[:, :1]).all()
    seam = [{tuple(p) for p in coarse.positions[coarse.material == m].tolist() if abs(p[0]) < 1e-6} for m in (0, 1)]
    assert seam[0] == seam[1]
    assert seam[0]


def test_texture_coordinates_keep_to_their_places() -> None:
    whole, layout = _of(Model((sheet(60, 60, uvs=True, height=0.05),)))
    coarse = simplify(whole, layout, target_triangles=700, leaves=(0, 0)).patch
    uv = coarse.attributes[:, layout.uv_columns]
    assert np.abs(uv - (coarse.positions[:, [0, 2]] + 0.5)).max() < 0.02


def test_a_bend_of_the_second_set_is_kept_though_the_surface_is_flat() -> None:
    primitive = sheet(60, 60, uvs=True)
    assert primitive.uvs is not None
    bent = np.abs(primitive.uvs - np.float32([0.31, 0.5])) * np.float32([1, 0]) + 5
    whole, layout = _of(Model((replace(primitive, second_uvs=bent.astype(np.float32)),)))
    coarse = simplify(whole, layout, target_triangles=300, leaves=(0, 0)).patch
    wanted = np.abs(coarse.positions[:, 0] + 0.5 - 0.31) + 5
    assert np.abs(coarse.attributes[:, layout.second_columns][:, 0] - wanted).max() < 0.01
    # The bend runs along edges: no triangle has corners on both of its sides.
    across = coarse.positions[coarse.indices][:, :, 0] + 0.5 - 0.31
    assert not ((across.min(axis=1) < -0.03) & (across.max(axis=1) > 0.03)).any()
    assert weights(whole, layout, 1.0, 1.0)[layout.second_columns].min() > 0.1


def test_the_scale_of_a_texture() -> None:
    whole, layout = _of(Model((sheet(4, 4, uvs=True),)))
    assert abs(metres_per_uv(whole, layout) - 1.0) < 1e-6


def _blocks(count: int) -> Model:
    """A row of blocks that touch nowhere, each face with normals of its own and a grid of 3 × 3 quads."""
    corners, normals, triangles = [], [], []
    ticks = np.linspace(-0.5, 0.5, 4)
    u, v = (each.reshape(-1) for each in np.meshgrid(ticks, ticks, indexing="ij"))
    at = np.arange(16).reshape(4, 4)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    for block in range(count):
        for axis in range(3):
            for side in (-0.5, 0.5):
                face = np.empty((16, 3))
                face[:, axis], face[:, (axis + 1) % 3], face[:, (axis + 2) % 3] = side, u, v
                start = 16 * len(corners)
                quads = np.stack([a, b, c, a, c, d] if side > 0 else [a, c, b, a, d, c], axis=-1).reshape(-1, 3)
                triangles.append(start + quads)
                corners.append(face + np.array([1.5 * block, 0.0, 0.0]))
                normals.append(np.eye(3)[[axis] * 16] * (2 * side))
    return Model(
        (
            Primitive(
                np.concatenate(corners),
                np.concatenate(triangles).astype(np.uint32),
                normals=np.concatenate(normals).astype(np.float32),
            ),
        )
    )


def test_blocks_keep_their_edges_hard_where_seams_are_given_up() -> None:
    whole, layout = _of(_blocks(60))
    coarse = simplify(whole, layout, target_triangles=500, leaves=(0, 0)).patch
    a, b, c = coarse.corners()
    face = np.cross(b - a, c - a)
    face /= np.linalg.norm(face, axis=1, keepdims=True)
    own = coarse.attributes[coarse.indices.reshape(-1), layout.normal_columns]
    assert (own * np.repeat(face, 3, axis=0)).sum(axis=1).min() > np.cos(np.radians(30))


def test_a_patch_within_its_target_is_left_alone() -> None:
    whole, layout = _of(ball(4))
    done = simplify(whole, layout, target_triangles=192, leaves=(0, 0))
    assert (done.patch, done.error, done.is_blocked) == (whole, 0.0, False)


def test_the_same_patch_gives_the_same_triangles() -> None:
    whole, layout = _of(ball(20, ripple=0.01))
    one, two = (simplify(whole, layout, target_triangles=500, leaves=(0, 0)).patch for _ in range(2))
    assert np.array_equal(one.indices, two.indices)
    assert np.array_equal(one.positions, two.positions)


@pytest.mark.parametrize("target", [300, 150, 20])
def test_a_surface_without_seams_gets_to_its_target_beyond_the_usual_error_and_stays_closed(target: int) -> None:
    whole, layout, _ = patch_of(ball(30, ripple=0.02))
    fine = simplify(whole, layout, target_triangles=1254, leaves=(0, 0)).patch
    coarse = simplify(fine, layout, target_triangles=target, leaves=(0, 0)).patch
    assert coarse.triangles <= target
    assert open_edges(coarse.positions, coarse.indices) == 0
    # Merging by cells was twice as far off: 0.023, 0.068 and 0.28.
    assert _distance(whole, coarse) < {300: 0.018, 150: 0.03, 20: 0.15}[target]


@pytest.mark.parametrize(("most_error", "reached"), [(0.001, 800), (0.004, 840), (0.006, 497), (0.016, 200)])
def test_to_an_error_between_a_quarter_and_twice_the_target_else_by_number(most_error: float, reached: int) -> None:
    hilly, layout, _ = patch_of(Model((sheet(40, 40, height=0.2),)))
    coarse = simplify(hilly, layout, target_triangles=800, leaves=(0, 0), most_error=most_error).patch
    assert abs(coarse.triangles - reached) <= 20
    assert _distance(hilly, coarse) < max(0.0015, most_error / 2)


def test_what_is_plain_goes_down_to_a_quarter_of_the_target_where_hills_need_more() -> None:
    plain, hilly = (patch_of(Model((sheet(40, 40, height=height),)))[0] for height in (0.002, 0.2))
    layout = Layout(normals=False, uvs=False, colours=False)
    one, two = (
        simplify(each, layout, target_triangles=800, leaves=(0, 0), most_error=0.004).patch for each in (plain, hilly)
    )
    assert one.triangles == 200
    assert two.triangles > 3.0 * one.triangles


def test_the_error_at_a_number_is_about_the_one_that_leads_to_it() -> None:
    whole, layout = _of(ball(20, ripple=0.01))
    errors = [error_at(whole, layout, target_triangles=target, leaves=(0, 0)) for target in (2000, 1000, 400)]
    assert 0.0 < errors[0] < errors[1] < errors[2] < 0.1
    done = simplify(whole, layout, target_triangles=1000, leaves=(0, 0), most_error=errors[1])
    assert abs(done.patch.triangles - 1000) < 200


def test_errors_are_in_metres_whatever_the_size() -> None:
    small, layout = _of(ball(16, ripple=0.01))
    large, _ = _of(ball(16, ripple=0.01, radius=1000.0))
    one, two = (error_at(each, layout, target_triangles=600, leaves=(0, 0)) for each in (small, large))
    assert abs(two / one / 1000.0 - 1.0) < 0.05


def test_colours_stay_in_bounds_and_near_what_they_were() -> None:
    primitive = ball(24).primitives[0]
    shade = np.where(primitive.positions[:, :1] > 0, 255, 0).astype(np.uint8)
    colours = np.concatenate([shade, 255 - shade, shade * 0, shade * 0 + 255], axis=1)
    whole, layout = _of(Model((replace(primitive, colours=colours),)))
    coarse = simplify(whole, layout, target_triangles=600, leaves=(0, 0)).patch
    found = coarse.attributes[:, layout.colour_columns]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    sure = np.abs(coarse.positions[:, 0]) > 0.15
    assert np.abs(found[sure, 0] - (coarse.positions[sure, 0] > 0)).max() < 0.1


def test_nothing_flies_out_of_the_box() -> None:
    whole, layout = _of(joined([moved(ball(6, ripple=0.05), (x, 0.0, 0.0)) for x in (0.0, 1.5, 3.0)]))
    low, high = whole.positions.min(axis=0), whole.positions.max(axis=0)
    margin = 0.011 * float((high - low).max())
    for target in (600, 200, 60, 12):
        coarse = simplify(whole, layout, target_triangles=target, leaves=(0, 0)).patch
        assert 0 < coarse.triangles < whole.triangles
        assert (coarse.positions >= low - margin).all()
        assert (coarse.positions <= high + margin).all()


def test_a_closed_border_tile_stays_closed_with_its_neighbour() -> None:
    whole, layout, _ = patch_of(ball(24, ripple=0.01))
    upper = whole.positions[whole.indices].mean(axis=1)[:, 1] > 0.013
    known = with_leaves(whole, np.where(upper, 0, 1))
    ends = []
    for leaf, own in ((0, upper), (1, ~upper)):
        coarse = simplify(part(known, own), layout, target_triangles=500, leaves=(leaf, leaf)).patch
        places = np.unique(coarse.positions, axis=0)
        ways = edges_of(coarse.positions, coarse.indices)
        ends.append({(tuple(places[a]), tuple(places[b])) for a, b in ways if (b, a) not in ways})
    assert ends[0] == {(b, a) for a, b in ends[1]}
    assert ends[0]


def test_the_weight_of_texture_coordinates_is_that_of_metres() -> None:
    whole, layout = _of(Model((sheet(4, 4, uvs=True),)))
    found = weights(whole, layout, 3.0, 0.1)
    assert np.allclose(found[layout.normal_columns], 0.1)
    assert np.allclose(found[layout.uv_columns], 0.2 * 3.0 / 1.0)


def test_coordinates_without_area_have_a_scale_all_the_same() -> None:
    primitive = sheet(4, 4, uvs=True)
    assert primitive.uvs is not None
    whole, layout = _of(Model((replace(primitive, uvs=primitive.uvs * 0),)))
    assert metres_per_uv(whole, layout) == 1.0
    whole, layout = _of(Model((replace(primitive, uvs=primitive.uvs * 4),)))
    assert abs(metres_per_uv(whole, layout) - 0.25) < 1e-6
