"""Trees of a few flat tiles, whose true errors can be seen by eye."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiling.shapes import ball, sheet
from tiling import bounds, content, distance, measure
from tiling.measure import Density
from tiling.tree import TileTree

Surface = tuple[NDArray[np.float64], NDArray[np.uint32]]
_FEW = Density(a_level=3000, a_tile=500)


def _plane(x: float, width: float, *, height: float = 0.0) -> Surface:
    """A rectangle from x on, 1 m deep."""
    flat = sheet(6, 6)
    return flat.positions * [width, 1, 1] + [x, height, 0], flat.indices


def _tree(
    parent: list[int], surfaces: Sequence[Surface | None], errors: list[float], *, texture_bytes: int = 0
) -> TileTree:
    boxes = []
    for tile in range(len(parent)):
        inside = [s[0] for at, s in enumerate(surfaces) if s is not None and tile in _path(parent, at)]
        points = np.concatenate(inside)
        boxes.append(bounds.box(points.min(axis=0), points.max(axis=0)))
    return TileTree(
        parent=np.array(parent, np.int32),
        box=np.array(boxes),
        error=np.array(errors),
        content=tuple("" if surface is None else f"{at:064x}" for at, surface in enumerate(surfaces)),
        needs=((),) * len(parent),
        byte_length=np.full(len(parent), 100),
        triangles=np.array([0 if surface is None else len(surface[1]) for surface in surfaces]),
        draws=np.ones(len(parent), np.int64),
        texture_bytes=np.full(len(parent), texture_bytes),
        geometric_error=10.0,
        image_bytes={},
    )


def _path(parent: list[int], tile: int) -> list[int]:
    return [tile, *(_path(parent, parent[tile]) if parent[tile] >= 0 else [])]


def _truth(
    parent: list[int], surfaces: Sequence[Surface | None], errors: list[float], originals: Sequence[Surface] = ()
) -> measure.Truth:
    def surface_of(tile: int) -> Surface:
        found = surfaces[tile]
        assert found is not None
        return found

    return measure.measure(_tree(parent, surfaces, errors), surface_of, originals=originals, density=_FEW)


@pytest.mark.parametrize(
    ("stated", "is_below", "is_over"),
    [(0.24, True, False), (0.26, False, False), (0.49, False, False), (0.6, False, True)],
)
def test_a_lifted_tile_is_as_wrong_as_it_was_lifted(stated: float, is_below: bool, is_over: bool) -> None:
    truth = _truth([-1, 0, 0], [_plane(0, 2, height=0.25), _plane(0, 1), _plane(1, 1)], [stated, 0, 0])
    (root,) = truth.levels[0].measured
    assert (root.forward, root.backward, root.mean, root.most) == pytest.approx((0.25,) * 4, rel=1e-5)
    assert root.area == pytest.approx(2.0, rel=1e-5)
    assert [tile.tile for tile in truth.below] == [0] * is_below
    assert [tile.tile for tile in truth.over] == [0] * is_over


def test_what_single_precision_cannot_tell_is_no_lie() -> None:
    far = _plane(0, 4000), _plane(0, 4000, height=1e-4)
    for stated, is_below, is_over in ((0.5e-4, False, False), (1e-6, False, False), (1e-2, False, True)):
        (leaf,) = _truth([-1], [far[1]], [stated], originals=[far[0]]).levels[0].measured
        assert (leaf.is_below, leaf.is_over) == (is_below, is_over)
    (leaf,) = _truth([-1], [_plane(0, 4, height=1e-4)], [0.5e-4], originals=[_plane(0, 4)]).levels[0].measured
    assert leaf.is_below


def test_what_a_tile_lacks_counts_forward_and_what_it_adds_counts_backward() -> None:
    leaves = [_plane(0, 1), _plane(1, 1)]
    (lacking,) = _truth([-1, 0, 0], [_plane(0, 1), *leaves], [1, 0, 0]).levels[0].measured
    assert lacking.forward == pytest.approx(1.0, abs=0.01)
    assert lacking.backward == pytest.approx(0.0, abs=1e-6)
    (adding,) = _truth([-1, 0, 0], [_plane(0, 3), *leaves], [1, 0, 0]).levels[0].measured
    assert adding.forward == pytest.approx(0.0, abs=1e-6)
    assert adding.backward == pytest.approx(1.0, abs=0.01)


def test_what_a_neighbour_shows_is_not_missed() -> None:
    # The border between the tiles at depth 1 has moved from x = 1 to x = 0.6.
    surfaces = [_plane(0, 2), _plane(0, 0.6), _plane(0.6, 1.4), _plane(0, 1), _plane(1, 1)]
    truth = _truth([-1, 0, 0, 1, 2], surfaces, [1, 1, 1, 0, 0])
    assert [tile.quantile for tile in truth.levels[1].measured] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_shallower_leaf_is_a_neighbour_too() -> None:
    surfaces = [_plane(0, 2), _plane(0, 0.6), _plane(0.6, 1.4), _plane(0, 1)]
    truth = _truth([-1, 0, 0, 1], surfaces, [1, 1, 0, 0])
    (tile,) = truth.levels[1].measured
    assert tile.tile == 1
    assert tile.forward == pytest.approx(0.0, abs=1e-6)


def test_a_tile_without_content_is_passed_over() -> None:
    truth = _truth([-1, 0, 0], [None, _plane(0, 1), _plane(1, 1)], [1, 0, 0])
    assert truth.levels[0].measured == ()
    assert truth.levels[0].tiles == 0


def test_with_the_source_leaves_are_measured_too() -> None:
    surfaces = [_plane(0, 2, height=0.2), _plane(0, 1, height=0.01), _plane(1, 1, height=0.01)]
    halves = [_plane(0, 0.5), _plane(0.5, 1.5)]
    truth = _truth([-1, 0, 0], surfaces, [0.2, 0.012, 0.008], halves)
    assert truth.levels[0].measured[0].quantile == pytest.approx(0.2, rel=1e-4)
    assert [tile.quantile for tile in truth.levels[1].measured] == pytest.approx([0.01, 0.01], rel=1e-4)
    assert [tile.tile for tile in truth.below] == [2]


def test_without_the_source_leaves_are_the_original() -> None:
    truth = _truth([-1, 0, 0], [_plane(0, 2), _plane(0, 1), _plane(1, 1)], [1, 0, 0])
    assert truth.levels[1].measured == ()
    assert truth.levels[1].tiles == 2


def test_a_tile_held_up_by_its_child_is_not_blamed() -> None:
    surfaces = [_plane(0, 1, height=0.1), _plane(0, 1, height=0.1), _plane(0, 1)]
    truth = _truth([-1, 0, 1], surfaces, [0.9, 0.9, 0])
    assert truth.levels[0].measured[0].is_held_up
    assert [tile.tile for tile in truth.over] == [1]


def test_of_many_tiles_some_are_measured_from_first_to_last() -> None:
    count = 9
    parent = [-1, *[0] * count, *range(1, count + 1)]
    strips = [_plane(at, 1) for at in range(count)]
    surfaces = [_plane(0, count), *strips, *strips]
    truth = measure.measure(
        _tree(parent, surfaces, [1.0] * len(parent)),
        lambda tile: surfaces[tile],
        density=replace(_FEW, most_tiles=3),
    )
    assert [tile.tile for tile in truth.levels[1].measured] == [1, 5, 9]
    assert truth.levels[1].tiles == count


def test_texels_are_counted_by_the_square_metre() -> None:
    surfaces = [_plane(0, 2), _plane(0, 2)]
    tree = _tree([-1, 0], surfaces, [1, 0], texture_bytes=100 * 100 * 4 * 4 // 3)
    truth = measure.measure(tree, lambda _: _plane(0, 2), density=_FEW)
    assert truth.levels[0].texels == pytest.approx(5000.0, rel=1e-3)
    assert truth.levels[1].texels is None


def test_skirts_are_no_part_of_what_is_shown() -> None:
    positions, indices = _plane(0, 1)
    triangles = indices.astype(np.int64)
    skirted = content.Placed("a", positions, triangles, 0, ((0, 50), (50, len(triangles) - 50)))
    bare = content.Placed("b", positions + np.array([5, 0, 0]), triangles, 1)
    found, both = measure.shown([skirted, bare])
    assert len(both) == 50 + len(triangles)
    assert found[both[:50]].max() <= 1.0
    assert found[both[50:]][..., 0].min() == 5.0
    assert len(measure.shown([])[1]) == 0


def test_boxes_spare_work_and_change_no_distance() -> None:
    whole = ball(16, ripple=0.05).primitives[0]
    parts = [
        whole.indices[whole.positions[whole.indices].mean(axis=1)[:, 0].round(1) == x / 10] for x in range(-10, 11)
    ]
    corners = [whole.positions[part].reshape(-1, 3) for part in parts if len(part)]
    made: list[int] = []

    def get(name: int) -> measure._Searchable:
        made.append(name)
        positions = corners[name].astype(np.float32)
        indices = np.arange(len(positions), dtype=np.uint32).reshape(-1, 3)
        return measure._Searchable(positions, indices, distance.build(positions, indices))

    low, high = (np.array([edge(each, axis=0) for each in corners], np.float32) for edge in (np.min, np.max))
    points = np.random.default_rng(1).uniform(-1.2, 1.2, (400, 3)).astype(np.float32)
    points = points[np.argsort(points[:, 0])]
    expected = np.full(400, np.inf, np.float32)
    distance.nearest(distance.build(whole.positions.astype(np.float32), whole.indices), points, best=expected)
    boxed = measure._Boxed(np.arange(len(corners)), low, high, get)
    found, owner = boxed.nearest(points)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)
    own = np.full(400, np.inf, np.float32)
    for name in range(len(corners)):
        mine, values = owner == name, own.copy()
        distance.nearest(get(name).tree, points, best=values)
        own[mine] = values[mine]
    assert own == pytest.approx(expected, rel=1e-5, abs=1e-7)
    made.clear()
    boxed.nearest(points[:20])
    assert len(made) < len(corners)


def test_the_report_has_a_line_a_level_and_names_who_breaks_the_bounds() -> None:
    truth = _truth([-1, 0, 0], [_plane(0, 2, height=0.25), _plane(0, 1), _plane(1, 1)], [0.2, 0, 0])
    lines = measure.table(truth).splitlines()
    assert len(lines) == 4
    assert lines[1].split()[:4] == ["0", "1", "72", "100"]
    assert lines[3] == "tile 0 states 0.2 m, less than is true: 0.25 m"
    held = json.loads(json.dumps(measure.figures(truth)))
    assert held["below"] == [0]
    assert held["levels"][0]["quantile"] == pytest.approx(0.25, rel=1e-5)
    assert held["levels"][0]["ratios"] == pytest.approx([0.8, 0.8], rel=1e-5)
    assert held["levels"][1]["measured"] == 0
