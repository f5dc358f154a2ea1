"""The steps from leaves to tiles, each alone and then in whole builds, read back as a client reads them."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.tile import TileSettings, tile_model
from scenes.errors import Malformed
from tests.tiling.shapes import (
    Tiles,
    ball,
    edges_of,
    joined,
    moved,
    open_edges,
    part,
    patch_of,
    sheet,
    tiled,
    with_leaves,
)
from tiling import build, cells, content, distance, simplify, spacing, written
from tiling import error as errors
from tiling.mesh import Floats, Material, Model, Primitive
from tiling.patch import Layout

RIPPLED = ball(30, ripple=0.02)


@pytest.fixture(scope="module")
def rippled(tmp_path_factory: pytest.TempPathFactory) -> Tiles:
    return tiled(RIPPLED, tmp_path_factory.mktemp("rippled"), leaf_triangles=1400)


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Tiles:
    return tiled(RIPPLED, tmp_path_factory.mktemp("dense"), leaf_triangles=1400, coding="draco")


@pytest.fixture(scope="module")
def hilly(tmp_path_factory: pytest.TempPathFactory) -> Tiles:
    return tiled(Model((sheet(60, 60, height=0.05),)), tmp_path_factory.mktemp("hilly"))


def _levels(tiles: Tiles) -> range:
    return range(int(tiles.level.max()) + 1)


def _surface(layout: Layout, origin: Floats) -> build.Surface:
    """Of bare tiles that no plane parts."""
    undivided = cells.Cells(np.zeros(0, np.int8), np.zeros(0, np.float32), 0)
    return build.Surface(layout, origin, undivided, {}, frozenset(), {}, {})


# Small parts


def test_a_place_covers_a_run_of_leaves() -> None:
    assert [build.Place(tile, 2).leaves for tile in (0, 1, 5)] == [(0, 3), (4, 7), (20, 23)]


@given(st.floats(1e-12, 1e12))
def test_a_rounded_length_is_near_and_stays_when_rounded_again(length: float) -> None:
    rounded = build.rounded(length)
    assert abs(np.log2(rounded / length)) <= 1 / 16 + 1e-9
    assert build.rounded(rounded) == rounded


@given(st.floats(1e-9, 1e3), st.floats(1e-6, 1e7))
def test_a_grid_is_a_power_of_two_near_the_wish_that_sixteen_bits_can_span(wanted: float, widest: float) -> None:
    step = spacing.grid_step(wanted, widest)
    assert np.log2(step) == np.rint(np.log2(step))
    assert widest / step <= 65_533
    near = abs(np.log2(step / wanted)) <= 0.5 + 1e-9
    assert near or (step > wanted and widest / (step / 2) > 65_533)


def test_the_finest_grid_follows_short_edges_down_to_what_single_precision_holds() -> None:
    assert spacing.leaf_step(0.8, 1000.0) == pytest.approx(1000 / 2**15)
    assert spacing.leaf_step(0.008, 1000.0) == pytest.approx(0.001)
    assert spacing.leaf_step(0.0, 1000.0) == pytest.approx(1000 / 2**24)
    assert spacing.leaf_step(0.0, 0.0) > 0.0


@pytest.mark.parametrize(
    ("samples", "mean"),
    [
        ([(2.0, 70)], 2.0),
        ([(1.0, 300), (3.0, 100), (3.0, 100)], 1.8),
        # Of many the largest counts as the second largest, but half of the plain mean at least.
        ([(1.0, 100)] * 7 + [(3.0, 100)], 1.0),
        ([(1.0, 100)] * 7 + [(31.0, 100)], 2.375),
    ],
)
def test_a_mean_of_errors_is_weighed_by_triangles_and_heeds_no_single_tile(
    samples: list[tuple[float, int]], mean: float
) -> None:
    assert build.mean_error(samples) == pytest.approx(mean)


def test_what_is_locked_at_the_border_counts_half_on_top() -> None:
    whole, _, _ = patch_of(Model((sheet(20, 20),)))
    left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    half = part(with_leaves(whole, np.where(left, 0, 1)), left)
    assert np.count_nonzero(half.outside(0, 0)) == 21
    assert build.target(half, build.Place(0, 0), 0.5) == 200 + 10
    assert build.target(half, build.Place(0, 1), 0.5) == 200
    assert build.target(half, build.Place(0, 1), 0.01) == 64


@pytest.mark.parametrize(
    ("found", "is_uneven"),
    [
        ((), False),
        ((1.0,), False),
        ((1.0, 1.4), False),
        ((1.0, 1.6), True),
        # One tile that was edited decides nothing.
        ((1.0, 1.1, 1.2, 9.0), False),
        ((0.1, 1.1, 1.2, 1.3), False),
        ((1.0, 1.1, 1.8, 1.9), True),
    ],
)
def test_tiles_are_uneven_where_more_than_one_of_some_samples_differs(
    found: tuple[float, ...], is_uneven: bool
) -> None:
    assert build.is_uneven([(error, 100) for error in found]) == is_uneven


def test_a_part_of_a_large_tile_tells_of_its_error() -> None:
    whole, layout, origin = patch_of(ball(60, ripple=0.03))
    assert whole.triangles == 43_200
    found, wanted = build.sampled_error(_surface(layout, origin), whole, build.Place(0, 0), 0.25)
    assert wanted == 10_800
    of_all = simplify.error_at(whole, layout, target_triangles=wanted, leaves=(0, 0))
    assert found == pytest.approx(of_all, rel=0.15)


def test_children_are_begun_before_they_are_joined_and_still_meet() -> None:
    whole, layout, origin = patch_of(ball(40, ripple=0.03))
    is_left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    whole = with_leaves(whole, np.where(is_left, 0, 1))
    children = [build.Tile(part(whole, own), {}) for own in (is_left, ~is_left)]
    surface, place = _surface(layout, origin), build.Place(0, 1)
    edge = build.edge(children, place)
    found = build.joined(surface, children, place, edge, build.Goal(1 / 4, None, 1, 1))
    assert found.triangles == whole.triangles
    assert found.patch.triangles < 0.45 * whole.triangles
    assert open_edges(found.patch.positions, found.patch.indices) == 0
    # What is drawn on is as it was.
    drawn_on = replace(surface, textured=frozenset({0}))
    same = build.joined(drawn_on, children, place, edge, build.Goal(1 / 4, None, 1, 1))
    assert same.patch.triangles == whole.triangles


def test_a_second_round_and_a_start_in_pairs_end_nearer_to_the_original() -> None:
    whole, layout, origin = patch_of(ball(40, ripple=0.03))
    bare = _surface(layout, origin)
    drawn_on = replace(bare, textured=frozenset({0}))
    points = errors.scatter(whole, 20_000)
    found = []
    for surface, rounds in ((drawn_on, 1), (drawn_on, 2), (bare, 1)):
        goal = build.Goal(1 / 4, None, 1, 1, rounds=rounds)
        tile = build.reduced(surface, whole, [], build.Place(0, 0), goal)
        mean = errors.root_mean_square(errors.distances(points.points, [tile.patch]), points.weights)
        found.append((tile.patch.triangles, mean))
    (once, far), (twice, near), (paired, nearest) = found
    assert abs(twice - once) <= 0.01 * once
    assert abs(paired - once) <= 0.01 * once
    assert near < 0.97 * far
    assert nearest < 0.97 * far


def test_settled_neighbours_still_share_their_border() -> None:
    whole, layout, origin = patch_of(ball(12, ripple=0.03))
    is_left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    whole = with_leaves(whole, np.where(is_left, 0, 1))
    surface = _surface(layout, origin)
    look = written.Look(step=2.0**-5, skirt=0.0, halvings=0, most_texels=1, fan=1, coding="meshopt", is_leaf=False)
    borders = []
    for number, own in enumerate((is_left, ~is_left)):
        tile = build.Tile(part(whole, own), {})
        settled = written.settled(surface, tile, build.Place(number, 0), look).patch
        border = settled.positions[settled.outside(number, number)]
        borders.append({row.tobytes() for row in border})
        assert not np.array_equal(settled.positions, written.snapped(tile.patch, 2.0**-5).positions)
    assert len(borders[0]) > 20
    assert borders[0] == borders[1]


def test_snapped_points_lie_on_the_grid_half_a_step_away_at_most() -> None:
    whole, _, _ = patch_of(ball(8))
    snapped = written.snapped(whole, 2.0**-5).positions
    assert np.array_equal(snapped * 32, np.rint(snapped * 32))
    assert np.abs(snapped - whole.positions).max() <= 2.0**-6


def test_some_triangles_on_the_grid_are_those_of_the_whole_patch_there() -> None:
    whole, _, _ = patch_of(ball(8))
    some = np.array([5, 0, 5])
    found, snapped = written.on_grid(whole, some, 2.0**-5), written.on_steps(whole.positions, 2.0**-5)
    assert np.array_equal(found.positions[found.indices], snapped[whole.indices[some]])


def test_snapped_triangles_that_fall_onto_a_line_are_gone_but_never_all() -> None:
    corners = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[4, 0, 0], [4.1, 0, 0], [4, 9, 0]]], np.float64)
    both, _, _ = patch_of(_soup(corners))
    assert np.array_equal(written.snapped(both, 0.5).indices, both.indices[:1])
    assert np.array_equal(written.snapped(both, 64.0).indices, both.indices)


def test_a_middle_edge_is_the_longest_of_a_usual_triangle_whatever_specks_there_are() -> None:
    sizes = np.array([0.25] * 9 + [2.0] * 3 + [2.25])
    corners = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0]]) * sizes[:, None, None]
    assert spacing.middle_edge(patch_of(_soup(corners))[0]) == 10.0


def test_groups_are_children_straddlers_and_skirts_without_what_is_missing() -> None:
    look = written.Look(step=1.0, skirt=0.0, halvings=0, most_texels=1, fan=2, coding="meshopt", is_leaf=False)
    assert look.groups == 6
    assert replace(look, missing=(1, 2)).groups == 4
    assert replace(look, is_leaf=True, fan=0).groups == 2


def test_a_triangle_goes_to_the_child_of_its_three_corners_else_to_the_straddlers() -> None:
    # Planes x = 0, then y = 0 on both sides: children are 0 (- -), 1 (- +), 2 (+ -), 3 (+ +).
    planes = cells.Cells(np.array([0, 1, 1], np.int8), np.zeros(3, np.float32), 2)
    layout = patch_of(ball(1))[1]
    surface = build.Surface(layout, np.zeros(3), planes, {}, frozenset(), {}, {})
    # fmt: off
    corners = np.array([[-2, -2], [-1, -2], [-2, -1],  # child 0
                        [ 1,  1], [ 2,  1], [ 1,  2],  # child 3
                        [-1,  1], [ 1,  1], [ 0,  2],  # both 1 and 3
                        [ 0,  0], [ 1,  0], [ 0,  1],  # on the planes: not below them, so child 3
                        [ 1, -1], [ 2, -1], [ 1, -2],  # child 2
                        [ 1, -1], [ 2, -1], [ 1, -2]], float)  # a skirt
    # fmt: on
    points = np.concatenate([corners, np.zeros((18, 1))], axis=1)
    whole = patch_of(Model((Primitive(points, np.arange(18, dtype=np.uint32).reshape(-1, 3)),)))[0]
    whole = replace(whole, positions=points.astype(np.float32), indices=np.arange(18, dtype=np.uint32).reshape(-1, 3))
    look = written.Look(step=1.0, skirt=1.0, halvings=0, most_texels=1, fan=2, coding="meshopt", is_leaf=False)
    groups = written.regions(surface, whole, 5, build.Place(0, 2), look)
    assert groups.tolist() == [0, 3, 4, 3, 2, 5]
    without = written.regions(surface, whole, 5, build.Place(0, 2), replace(look, missing=(1, 2)))
    assert without.tolist() == [0, 1, 2, 1, 2, 3]


# Whole builds


def test_leaves_hold_every_triangle_once(rippled: Tiles) -> None:
    original = RIPPLED.primitives[0].positions[RIPPLED.primitives[0].indices].mean(axis=1)
    points, triangles = rippled.surface(rippled.leaves)
    distance, which = cKDTree(original).query(points[triangles].mean(axis=1))
    assert len(rippled.leaves) == 8
    assert sorted(which.tolist()) == list(range(10_800))
    assert distance.max() < 1e-4


def test_every_level_of_a_closed_thing_is_closed(rippled: Tiles) -> None:
    for number in _levels(rippled):
        assert open_edges(*rippled.surface(rippled.of_level(number))) == 0, f"level {number}"


def _borders(tiles: Tiles, number: int) -> dict[int, set[tuple[tuple[float, ...], tuple[float, ...]]]]:
    """By tile of a level the ends of its open edges, as the client's floating-point numbers."""
    found = {}
    for tile in tiles.of_level(number):
        points, triangles = tiles.surface([tile])
        places = np.unique(points, axis=0)
        ways = edges_of(points, triangles)
        found[tile] = {(tuple(places[a]), tuple(places[b])) for a, b in ways if (b, a) not in ways}
    return found


def test_neighbours_have_the_same_borders_bit_by_bit(rippled: Tiles) -> None:
    for number in _levels(rippled):
        borders = _borders(rippled, number)
        forth = [edge for edges in borders.values() for edge in edges]
        back = [(b, a) for a, b in forth]
        assert len(forth) == len(set(forth))
        assert sorted(back) == sorted(forth)
        assert bool(forth) == (len(borders) > 1)


def test_an_open_sheet_is_open_at_its_rim_only(hilly: Tiles) -> None:
    for number in _levels(hilly):
        step = max(hilly.content(tile).document["nodes"][0]["scale"][0] for tile in hilly.of_level(number))
        points, triangles = hilly.surface(hilly.of_level(number))
        places = np.unique(points, axis=0)
        ways = edges_of(points, triangles)
        ends = np.array([place for a, b in ways if (b, a) not in ways for place in (a, b)])
        from_rim = np.minimum(places[ends][:, [0, 2]], 1.0 - places[ends][:, [0, 2]]).min(axis=1)
        assert np.abs(from_rim).max() <= step, f"level {number}"


def test_the_root_fits_the_first_flight_of_a_connection(tmp_path: Path) -> None:
    tiles = tiled(ball(60, ripple=0.02), tmp_path, leaf_triangles=12_000, root_triangles=6_000)
    data = (tmp_path / f"{tiles.tree.content[0]}.glb").read_bytes()
    assert len(gzip.compress(data)) <= 12_300
    assert 1000 < tiles.tree.triangles[0] <= 6_000
    assert tiles.findings() == []


def test_errors_grow_to_the_root_and_boxes_hold_what_is_below(rippled: Tiles) -> None:
    tree = rippled.tree
    for tile in range(1, len(tree)):
        assert 0.0 < tree.error[tile] <= tree.error[tree.parent[tile]] < tree.geometric_error
    assert tree.error[0] < 0.1
    assert tree.error[rippled.leaves].max() < 1e-3
    assert rippled.findings() == []


def test_no_point_of_the_original_is_farther_from_a_tile_than_it_says(rippled: Tiles) -> None:
    corners = RIPPLED.primitives[0].positions[RIPPLED.primitives[0].indices]
    middles = corners.mean(axis=1).astype(np.float32)
    for number in _levels(rippled):
        points, triangles = rippled.surface(rippled.of_level(number))
        best = np.full(len(middles), np.inf, np.float32)
        distance.lower(points.astype(np.float32), triangles.astype(np.uint32), middles, best=best)
        stated = rippled.tree.error[rippled.of_level(number)].max()
        assert np.quantile(best, 0.999) <= stated, f"level {number}"


def _planes(tiles: Tiles, tile: int) -> list[list[float]]:
    """The planes between the regions of its children, in whole numbers, as the dense coding states them."""
    primitive = tiles.content(tile).document["meshes"][0]["primitives"][0]
    found: list[list[float]] = primitive.get("extras", {}).get("chronotope", {}).get("cells", [])
    return found


def _parts(rows: NDArray[np.float64], planes: list[list[float]], slack: float) -> list[set[int]]:
    """By vertex the children that it may lie in, if planes are as thick as `slack` each way."""
    found = []
    for row in rows.tolist():
        reached = {0}
        for level in range((len(planes) + 1).bit_length() - 1):
            deeper = set()
            for node in reached:
                axis, at = planes[(1 << level) - 1 + node]
                deeper |= {2 * node} if row[int(axis)] < at + slack else set()
                deeper |= {2 * node + 1} if row[int(axis)] >= at - slack else set()
            reached = deeper
        found.append(reached)
    return found


def test_each_triangle_of_a_childs_range_lies_in_that_childs_cell(rippled: Tiles, dense: Tiles) -> None:
    inner = sorted(set(range(len(rippled.tree))) - set(rippled.leaves))
    fans = []
    for tile in inner:
        planes = _planes(dense, tile)
        held = rippled.content(tile)
        children = len(planes) + 1
        fans.append(children)
        for primitive, placed in zip(held.document["meshes"][0]["primitives"], rippled.placed(tile), strict=True):
            assert len(placed.ranges) == children + 2
            rows = content.accessor(held, primitive["attributes"]["POSITION"]).astype(float)
            # Regions are told before vertices are rounded.
            certain, possible = _parts(rows, planes, -0.5), _parts(rows, planes, 0.5)
            for child, (first, count) in enumerate(placed.ranges[:-1]):
                for corners in placed.triangles[first : first + count].tolist():
                    if child < children:
                        assert all(child in possible[corner] for corner in corners)
                    else:
                        alike = set.intersection(*(certain[corner] for corner in corners))
                        assert children == 1 or not alike
    assert set(fans) == {1, 2, 4}


def test_leaves_are_one_range_and_skirts(rippled: Tiles) -> None:
    for tile in rippled.leaves:
        assert [len(placed.ranges) for placed in rippled.placed(tile)] == [2]


def test_skirts_hang_from_the_open_borders_between_tiles(rippled: Tiles) -> None:
    alone = [number for number in _levels(rippled) if len(rippled.of_level(number)) == 1]
    assert alone == [0, 1]
    for tile in range(len(rippled.tree)):
        (placed,) = rippled.placed(tile)
        first, count = placed.ranges[-1]
        assert first + count == len(placed.triangles)
        points, own = rippled.surface([tile])
        ways = edges_of(points, own)
        rim = {edge for edge in ways if edge[::-1] not in ways}
        if rippled.level[tile] in alone:
            assert count == 0
            continue
        _, place = np.unique(points, axis=0, return_inverse=True)
        hung = set()
        for corners in place.reshape(-1)[placed.triangles[first:]].tolist():
            hung |= {edge[::-1] for edge in zip(corners, corners[1:] + corners[:1], strict=True)}
        # Every open edge has its skirt, which walks it the other way.
        assert rim <= hung
        assert count <= 2 * len(rim)


def test_the_outer_rim_of_a_sheet_has_no_skirt(hilly: Tiles) -> None:
    seen = 0
    for tile in range(len(hilly.tree)):
        (placed,) = hilly.placed(tile)
        count = placed.ranges[-1][1]
        if not count:
            continue
        points, own = hilly.surface([tile])
        ways = edges_of(points, own)
        places = np.unique(points, axis=0)
        step = hilly.content(tile).document["nodes"][0]["scale"][0]
        at_rim = (np.minimum(places, 1.0 - places)[:, [0, 2]] <= step).any(axis=1)
        inner = [edge for edge in ways if edge[::-1] not in ways and not at_rim[list(edge)].all()]
        outer = [edge for edge in ways if edge[::-1] not in ways and at_rim[list(edge)].all()]
        seen += len(outer) > 2
        assert 2 * len(inner) <= count <= 2 * len(inner) + 8
    assert seen > 4


def _named(first: str, second: str, third: str) -> Model:
    parts = [moved(ball(9), (2.5 * at, 0.0, 0.0), name=name) for at, name in enumerate((first, second, third))]
    return joined(parts)


def _features(tiles: Tiles, tile: int) -> dict[str, float]:
    """By name of a feature the mean x of its vertices."""
    held = tiles.content(tile)
    table = content.features_of(held)
    found = {}
    for placed in tiles.placed(tile):
        assert placed.features is not None
        for at in np.unique(placed.features).tolist():
            found[table[at][1]] = float(placed.positions[placed.features == at][:, 0].mean())
    return found


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_parts_of_the_source_keep_their_names_on_every_level(coding: str, tmp_path: Path) -> None:
    tiles = tiled(_named("nave", "", "tower"), tmp_path, coding=coding, root_triangles=200)
    for number in _levels(tiles):
        names: set[str] = set()
        for tile in tiles.of_level(number):
            found = _features(tiles, tile)
            names |= set(found)
            for name, x in found.items():
                assert abs(x - {"nave": 0.0, "": 2.5, "tower": 5.0}[name]) < 1.3
        assert names == {"nave", "", "tower"}
    uses = tiles.content(0).document["extensionsUsed"]
    assert {"EXT_mesh_features", "EXT_structural_metadata"} <= set(uses)


def test_one_name_for_all_is_no_feature(tmp_path: Path) -> None:
    tiles = tiled(_named("nave", "nave", "nave"), tmp_path)
    assert "EXT_mesh_features" not in tiles.content(0).document["extensionsUsed"]


def test_names_that_come_later_reach_the_tiles_of_a_run_that_goes_on(tmp_path: Path) -> None:
    work, settings = tmp_path / "work", TileSettings(leaf_triangles=700, root_triangles=200, samples=500)
    work.mkdir()
    for run, names in enumerate((("a", "a", "a"), ("a", "b", "c"))):
        out = tmp_path / str(run)
        out.mkdir()
        tile_model(_named(*names), out, settings, lambda fraction, message: None, work=work)
    fresh = tiled(_named("a", "b", "c"), tmp_path / "fresh", root_triangles=200, samples=500)
    assert {path.name for path in (tmp_path / "1").iterdir()} == {path.name for path in fresh.out.iterdir()}


def _triangles(tiles: Tiles, tile: int) -> list[list[tuple[float, ...]]]:
    """Corners of a tile's triangles, in an order that tells nothing of the coding."""
    found = []
    for placed in tiles.placed(tile):
        for corners in placed.positions[placed.triangles].tolist():
            least = corners.index(min(corners))
            found.append([tuple(corner) for corner in corners[least:] + corners[:least]])
    return sorted(found)


def test_both_codings_decode_to_the_same_triangles(rippled: Tiles, dense: Tiles) -> None:
    assert len(rippled.tree) == len(dense.tree)
    assert dense.findings() == []
    assert np.array_equal(rippled.tree.error, dense.tree.error)
    for tile in range(len(rippled.tree)):
        assert _triangles(rippled, tile) == _triangles(dense, tile)
    assert dense.tree.byte_length.sum() < 0.7 * rippled.tree.byte_length.sum()


def test_a_small_model_is_one_tile_as_it_is(tmp_path: Path) -> None:
    tiles = tiled(ball(4), tmp_path)
    assert tiles.tree.parent.tolist() == [-1]
    assert tiles.tree.triangles.tolist() == [192]
    assert tiles.tree.error[0] < 1e-3
    assert tiles.placed(0)[0].ranges == ((0, 192), (192, 0))


def test_a_model_of_one_leaf_that_is_too_large_for_a_root_gets_one_before_it(tmp_path: Path) -> None:
    tiles = tiled(ball(12), tmp_path, leaf_triangles=2000)
    assert tiles.tree.parent.tolist() == [-1, 0]
    assert 0 < tiles.tree.triangles[0] <= 1728 / 4
    assert tiles.tree.triangles[1] == 1728


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_triangles_are_counted_as_files_hold_them_and_needles_thinner_than_the_grid_are_told(
    coding: str, tmp_path: Path
) -> None:
    # Ninety needles of a metre that are a thousandth of a millimetre wide stand on a ball.
    at = np.arange(90) / 128.0
    foot = np.stack([at, np.full(90, 2.0), at * 0.0], axis=1)
    needles = _soup(np.stack([foot, foot + np.array([1e-6, 0.0, 0.0]), foot + np.array([0.0, 1.0, 0.0])], axis=1))
    tiles = tiled(joined([ball(16), needles]), tmp_path, coding=coding)
    held = [len(tiles.surface([tile])[1]) for tile in range(len(tiles.tree))] if coding == "meshopt" else None
    assert held is None or tiles.tree.triangles.tolist() == held
    assert tiles.tree.triangles[tiles.leaves].sum() == tiles.result.tileset.triangles == 12 * 16**2
    assert "90 triangles were too small for the grid of the finest level; they were left out" in tiles.result.report


def test_a_flat_sheet_costs_next_to_nothing(tmp_path: Path) -> None:
    tiles = tiled(Model((sheet(60, 60),)), tmp_path)
    assert tiles.tree.triangles[0] < 7200 / 32
    assert tiles.tree.error[0] < 1e-4
    points, _ = tiles.surface([0])
    assert np.allclose(points[:, 1], 0.0, atol=1e-6)
    assert tiles.findings() == []


def test_two_materials_meet_without_a_gap_on_every_level(tmp_path: Path) -> None:
    primitive = RIPPLED.primitives[0]
    above = primitive.positions[primitive.indices].mean(axis=1)[:, 1] > 0.0
    halves = (
        replace(primitive, indices=primitive.indices[above]),
        replace(primitive, indices=primitive.indices[~above], material=1),
    )
    tiles = tiled(Model(halves, (Material("marble"), Material("bronze"))), tmp_path)
    assert tiles.findings() == []
    for number in _levels(tiles):
        assert open_edges(*tiles.surface(tiles.of_level(number))) == 0, f"level {number}"
    document = tiles.content(0).document
    assert [material["name"] for material in document["materials"]] == ["marble", "bronze"]
    assert tiles.tree.draws[0] == 2


def test_colours_of_vertices_reach_the_root(tmp_path: Path) -> None:
    primitive = RIPPLED.primitives[0]
    shade = np.rint(np.clip(primitive.positions * 100 + 128, 0, 255)).astype(np.uint8)
    colours = np.concatenate([shade, np.full((len(shade), 1), 255, np.uint8)], axis=1)
    tiles = tiled(Model((replace(primitive, colours=colours),)), tmp_path)
    for tile, most in ((0, 25), (tiles.leaves[0], 1)):
        held = tiles.content(tile)
        number = held.document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
        found = content.accessor(held, number).astype(int)
        (placed,) = tiles.placed(tile)
        expected = np.clip(placed.positions * 100 + 128, 0, 255)
        own = np.unique(placed.triangles[: placed.ranges[-1][0]])
        assert np.abs(found[own, :3] - expected[own]).max() <= most
        assert (found[:, 3] == 255).all()


def test_any_number_of_workers_writes_the_same_files(rippled: Tiles, tmp_path: Path) -> None:
    again = tiled(RIPPLED, tmp_path, leaf_triangles=1400, workers=3)
    assert again.result == rippled.result
    for path in rippled.out.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_fine_thing_in_a_wide_place_has_a_grid_of_its_own_and_no_gap(tmp_path: Path) -> None:
    tiles = tiled(joined([ball(40, radius=0.1), ball(4, radius=1000.0)]), tmp_path)
    assert tiles.findings() == []
    errors = tiles.tree.error[tiles.leaves]
    assert np.count_nonzero(errors < 0.0005) >= len(errors) / 2  # what single precision has in 2 km
    assert errors.max() > 0.01  # what sixteen bits have
    for number in _levels(tiles):
        assert open_edges(*tiles.surface(tiles.of_level(number))) == 0


def test_a_crowd_of_loose_triangles_is_seen_from_afar(tmp_path: Path) -> None:
    tiles = tiled(_soup(_places(4000) + np.random.default_rng(6).uniform(-0.1, 0.1, (4000, 3, 3))), tmp_path)
    assert tiles.findings() == []
    assert tiles.tree.triangles[tiles.leaves].sum() == 4000
    points, triangles = tiles.surface([0])
    eighths = np.bincount(((points[triangles].mean(axis=1) > 0) * [1, 2, 4]).sum(axis=1), minlength=8)
    assert eighths.min() >= 3


def test_small_things_far_apart_keep_their_shape_on_every_level(tmp_path: Path) -> None:
    block = ball(3).primitives[0]
    places = np.random.default_rng(4).uniform(0.0, 100.0, (400, 1, 3))
    indices = np.arange(len(places))[:, None, None] * len(block.positions) + block.indices
    crowd = Primitive((places + 0.05 * block.positions).reshape(-1, 3), indices.reshape(-1, 3).astype(np.uint32))
    tiles = tiled(Model((crowd,)), tmp_path)
    for tile in np.flatnonzero(tiles.tree.triangles).tolist():
        points, triangles = tiles.surface([tile])
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        seen = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0.0
        assert np.count_nonzero(seen) > 0.9 * tiles.tree.triangles[tile]


# Models that leave cells empty


def _soup(corners: NDArray[np.float64]) -> Model:
    indices = np.arange(3 * len(corners), dtype=np.uint32).reshape(-1, 3)
    return Model((Primitive(corners.reshape(-1, 3), indices),))


def _places(count: int, reach: float = 5.0) -> NDArray[np.float64]:
    return np.random.default_rng(5).uniform(-reach, reach, (count, 1, 3))


def _turned(model: Model) -> Model:
    """The same triangles, seen from the other side."""
    return replace(model, primitives=tuple(replace(p, indices=p.indices[:, ::-1]) for p in model.primitives))


TRIANGLE = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]]], float)
TURNED = np.random.default_rng(7).normal(size=(3000, 3, 3))
STRANGE = {
    "one triangle three thousand times": (_soup(np.repeat(TRIANGLE, 3000, axis=0)), 1),
    "all centroids at one spot": (_soup(TURNED - TURNED.mean(axis=1, keepdims=True)), 3000),
    "small balls far apart": (
        joined([moved(ball(2, radius=0.3), (x, y, z)) for (x, y, z) in _places(60, 1e3)[:, 0].tolist()]),
        None,
    ),
    "two small balls": (joined([moved(ball(20), (x, 0.0, 0.0)) for x in (-1e3, 1e3)]), None),
    "a ball and a triangle far off": (joined([ball(20), _soup(TRIANGLE + 1e3)]), None),
    "a ball six times": (joined([ball(10)] * 6), 1200),
    "a ball inside out upon itself": (joined([ball(14), _turned(ball(14))]), 4704),
    "triangles without area": (_soup(np.array([[[0, 0, 0], [1, 0, 0], [2, 0, 0]]]) + _places(3000)), 3000),
    "all on a line": (_soup(np.arange(9000.0).reshape(3000, 3, 1) * np.array([1.0, 1.0, 0.0])), 3000),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_empty_cells_and_flat_tiles_still_give_a_valid_tree(kind: str, coding: str, tmp_path: Path) -> None:
    model, expected = STRANGE[kind]
    tiles = tiled(model, tmp_path, coding=coding)
    assert tiles.findings() == []
    assert np.isfinite(tiles.tree.error).all()
    assert (tiles.tree.triangles > 0).all()
    if expected is not None:
        assert tiles.tree.triangles[tiles.leaves].sum() == expected


DUST = {
    "tiny balls far apart": joined(
        [moved(ball(2, radius=1e-3), (x, y, z)) for (x, y, z) in _places(60, 1e3)[:, 0].tolist()]
    ),
    "a ball and a triangle far off": joined([ball(20), _soup(TRIANGLE + 1e6)]),
    "a ball and a triangle beyond the Moon": joined([ball(20), _soup(TRIANGLE + 9e11)]),
}


@pytest.mark.parametrize("kind", DUST)
def test_what_is_nothing_beside_its_own_width_is_refused_and_not_shown_as_dust(kind: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"triangles are smaller than|every triangle"):
        tiled(DUST[kind], tmp_path)


def test_an_empty_cell_takes_no_names_from_its_neighbours(tmp_path: Path) -> None:
    # Half of the cells are empty once repetitions are gone.
    both = (
        replace(_soup(np.repeat(TRIANGLE, 2000, axis=0)).primitives[0], name="slab"),
        *moved(ball(8), (9, 0, 0), name="globe").primitives,
    )
    tiles = tiled(Model(both), tmp_path, root_triangles=100)
    for number in _levels(tiles):
        names = set().union(*(_features(tiles, tile) for tile in tiles.of_level(number)))
        assert names == {"slab", "globe"}, f"level {number}"


def test_a_model_of_which_nothing_is_left_is_malformed(tmp_path: Path) -> None:
    flat = Primitive(TRIANGLE[0], np.array([[0, 0, 1]] * 900, np.uint32))
    with pytest.raises(Malformed, match="degenerate"):
        tiled(Model((flat,)), tmp_path)
