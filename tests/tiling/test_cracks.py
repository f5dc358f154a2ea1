"""No light through a tileset, by `bench.cracks`, on generated shapes; `make bench TASKS=cracks` has more rays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench import cracks, rays
from tests.tiling.shapes import ball, edges_of, sheet, tiled
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

RAYS = 2000
CUTS = 30
SHAPES = {"ball": ball(40, ripple=0.03), "hills": Model((sheet(100, 100, height=0.2),))}
Made = tuple[cracks.Tileset, rays.Scene, tuple[rays.Points, rays.Triangles]]


def _original(model: Model) -> tuple[rays.Points, rays.Triangles]:
    (primitive,) = model.primitives
    return primitive.positions.astype(np.float64), primitive.indices.astype(np.int64)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Made]:
    made = {}
    for name, model in SHAPES.items():
        out = tmp_path_factory.mktemp(name)
        tiled(model, out)
        original = _original(model)
        made[name] = (cracks.read(out), rays.scene(*original), original)
    return made


@pytest.mark.parametrize("name", SHAPES)
def test_neighbours_of_a_level_have_the_same_border_edge_by_edge(shapes: Mapping[str, Made], name: str) -> None:
    tiles, _, original = shapes[name]
    found = [cracks.borders(tiles, depth, original) for depth in range(1 + max(tile.depth for tile in tiles.tiles))]
    assert sum(each.shared for each in found) > 100
    assert [each.at_tiles for each in found] == [0] * len(found)
    assert [each.away for each in found] == [0] * len(found)
    if name == "ball":
        assert [each.open for each in found] == [0] * len(found)


def _with_a_wall(side: int) -> Model:
    """A rippled cube with a wall through its middle that winds as one half of the cube does, and closes it."""
    ticks = np.linspace(-1.0, 1.0, side + 1)
    u, v = np.meshgrid(ticks, ticks, indexing="ij")
    points, triangles = [], []
    for axis, at in [(0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0), (2, -1.0), (2, 1.0), (0, 0.0)]:
        face = np.empty((side + 1, side + 1, 3))
        face[..., axis], face[..., (axis + 1) % 3], face[..., (axis + 2) % 3] = at, u, v
        number = len(points) * (side + 1) ** 2 + np.arange((side + 1) ** 2).reshape(side + 1, side + 1)
        a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
        triangles.append(np.stack([a, b, c, a, c, d] if at > 0 else [a, c, b, a, d, c], axis=-1).reshape(-1, 3))
        points.append(face.reshape(-1, 3))
    _, first, number = np.unique(np.concatenate(points), axis=0, return_index=True, return_inverse=True)
    cube = np.concatenate(points)[first]
    waves = np.sin(cube @ np.array([23.0, 3.0, 7.0])) + np.sin(cube @ np.array([5.0, 29.0, 11.0]))
    indices = number.reshape(-1)[np.concatenate(triangles)].astype(np.uint32)
    return Model((Primitive(cube * (1.0 + 0.02 * waves)[:, None], indices),))


def test_a_wall_stays_where_it_meets_two_sheets_that_close_each_other_in_another_leaf(tmp_path: Path) -> None:
    tiles = tiled(_with_a_wall(24), tmp_path)
    for number in range(int(tiles.level.max()) + 1):
        ways = edges_of(*tiles.surface(tiles.of_level(number)))
        assert [edge for edge, count in ways.items() if count + ways.get(edge[::-1], 0) == 1] == []


def test_a_border_moved_on_one_side_is_found(shapes: Mapping[str, Made]) -> None:
    tiles, _, original = shapes["ball"]
    deepest = max(tile.depth for tile in tiles.tiles)
    at = next(number for number, tile in enumerate(tiles.tiles) if tile.depth == deepest)
    moved = replace(tiles.tiles[at], positions=tiles.tiles[at].positions + 1e-6)
    broken = replace(tiles, tiles=(*tiles.tiles[:at], moved, *tiles.tiles[at + 1 :]))
    found = cracks.borders(broken, deepest, original)
    assert found.open > 20
    assert found.away > 20


def _by_hand(*tiles: list[list[list[float]]], error: float = 0.0) -> cracks.Tileset:
    """One tile of a level for each list of triangles."""
    made = [
        cracks.Tile(
            parent=-1,
            depth=0,
            error=error,
            positions=np.array(triangles, float).reshape(-1, 3),
            triangles=np.arange(3 * len(triangles)).reshape(-1, 3),
            owner=np.zeros(len(triangles), np.int64),
            groups=(cracks.Group(number, -3),),
        )
        for number, triangles in enumerate(tiles)
    ]
    corners = np.array([triangle for triangles in tiles for triangle in triangles], float).reshape(-1, 3)
    owner = np.repeat(np.arange(len(tiles)), [len(triangles) for triangles in tiles])
    scene = rays.scene(corners, np.arange(len(corners)).reshape(-1, 3), owner)
    return cracks.Tileset(tuple(made), tuple(tile.groups[0] for tile in made), scene)


def test_a_flap_of_two_faces_on_a_border_is_no_crack_and_a_hole_beside_it_is() -> None:
    a, b, left, right, flap = [0.0, 0, 0], [0.0, 0, 1], [-1.0, 0, 0], [1.0, 0, 0], [0.0, 1, 0]
    outer = {frozenset(edge) for edge in ("al", "lb", "ar", "rb")}
    folded = [[a, b, right], [b, a, flap], [a, b, flap]]
    assert cracks.borders(_by_hand([[b, a, left]], folded), 0).open == len(outer)
    assert cracks.borders(_by_hand([[b, a, left]], folded[:2]), 0).at_tiles == 1


def _slab(gaps: list[tuple[float, float]]) -> list[list[list[float]]]:
    """10 m × 10 m in the plane y = 0, without these stretches of x."""
    cuts = [-5.0, *(at for gap in gaps for at in gap), 5.0]
    quads = [([x, 0, -5], [x, 0, 5], [z, 0, 5], [z, 0, -5]) for x, z in zip(cuts[::2], cuts[1::2], strict=True)]
    return [triangle for a, b, c, d in quads for triangle in ([a, b, c], [a, c, d])]


def test_a_slit_that_widens_within_the_error_is_a_silhouette_and_one_that_was_not_there_is_a_hole() -> None:
    full = _by_hand(_slab([(-2.05, -1.95)])).scene
    chance = np.random.default_rng(4)
    wider = _by_hand(_slab([(-2.3, -1.7)]), error=0.5)
    assert cracks.tried(wider, full, np.array([True]), RAYS, chance).faults[0] == 0
    torn = _by_hand(_slab([(-2.3, -1.7), (1.9, 2.1)]), error=0.5)
    assert cracks.tried(torn, full, np.array([True]), RAYS, chance).faults[0] > 3


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_seen_through_uniform_levels(shapes: Mapping[str, Made], name: str) -> None:
    tiles, full, _ = shapes[name]
    chance = np.random.default_rng(1)
    for depth in range(1 + max(tile.depth for tile in tiles.tiles)):
        found = cracks.tried(tiles, full, cracks.level(tiles, depth), RAYS, chance)
        assert found.rays[0] > RAYS / 20
        assert found.faults.tolist() == [0, 0, 0, 0]


def _cuts(made: Made, *, skirts: bool) -> cracks.Seen:
    tiles, full, _ = made
    # (Of 280,000 rays at the hills one or two show something, whatever the tiler's version: 2 in 282,884 before tiles
    # were begun in pairs of vertices, 1 in 277,754 after it. None of these is to be one of them.)
    chance = np.random.default_rng(3)
    found = cracks.Seen()
    for _ in range(CUTS):
        there = cracks.random_cut(tiles, chance)
        found += cracks.tried(tiles, full, cracks.drawn(tiles, there, skirts=skirts), RAYS, chance)
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_seen_through_cuts_of_several_levels_with_children_missing(
    shapes: Mapping[str, Made], name: str
) -> None:
    found = _cuts(shapes[name], skirts=True)
    assert found.rays[0] > 10_000
    assert found.gaps.tolist() == [0, 0, 0, 0]


def test_normals_from_the_shape_leave_borders_and_levels_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shapes: Mapping[str, Made]
) -> None:
    before = {path.name for path in tiled(SHAPES["ball"], tmp_path / "before").out.iterdir()}
    monkeypatch.setattr("pipeline.levels._SHAPED", 0)
    made = tiled(SHAPES["ball"], tmp_path / "shaped").out
    assert {path.name for path in made.iterdir()} != before, "it has other normals"
    _, full, original = shapes["ball"]
    tiles = cracks.read(made)
    chance = np.random.default_rng(1)
    for depth in range(1 + max(tile.depth for tile in tiles.tiles)):
        found = cracks.borders(tiles, depth, original)
        assert (found.at_tiles, found.away, found.open) == (0, 0, 0)
        assert cracks.tried(tiles, full, cracks.level(tiles, depth), RAYS, chance).faults.tolist() == [0, 0, 0, 0]


def test_without_skirts_light_falls_through(shapes: Mapping[str, Made]) -> None:
    assert _cuts(shapes["ball"], skirts=False).gaps[3] > 0


def test_a_hole_is_seen_through(shapes: Mapping[str, Made]) -> None:
    tiles, full, _ = shapes["ball"]
    deepest = max(tile.depth for tile in tiles.tiles)
    shown = cracks.level(tiles, deepest)
    shown[np.flatnonzero(shown)[0]] = False
    found = cracks.tried(tiles, full, shown, RAYS, np.random.default_rng(3))
    assert found.faults[1] > 10, "the far side is seen from inside"
    assert found.faults[2] > 10, "and it faces the other way"


# The caster by itself


def _slow(positions: rays.Points, triangles: rays.Triangles, origin: rays.Points, way: rays.Points) -> float:
    """Möller and Trumbore 1997."""
    nearest = np.inf
    for a, b, c in positions[triangles]:
        ab, ac = b - a, c - a
        across = np.cross(way, ac)
        det = ab @ across
        if abs(det) < 1e-15:
            continue
        u = (origin - a) @ across / det
        turned = np.cross(origin - a, ab)
        v, far = way @ turned / det, ac @ turned / det
        if u >= 0 and v >= 0 and u + v <= 1 and far >= 0:
            nearest = min(nearest, float(far))
    return nearest


def _around(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chance = np.random.default_rng(seed)
    ways = chance.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    return chance.normal(size=(count, 3)) * 0.5 - 3.0 * ways, ways


def test_rays_meet_what_a_search_through_all_triangles_finds() -> None:
    positions, triangles = _original(ball(4, ripple=0.1))
    origins, ways = _around(60, 1)
    met = rays.cast(rays.scene(positions, triangles), origins, ways)
    expected = [_slow(positions, triangles, o, w) for o, w in zip(origins, ways, strict=True)]
    np.testing.assert_allclose(met.either, expected, atol=1e-12)
    assert 0.2 < np.isfinite(met.either).mean() < 0.9


def test_no_ray_slips_between_triangles_and_closed_surfaces_are_met_from_the_front() -> None:
    positions, triangles = _original(ball(6))
    _, ways = _around(200, 2)
    # Straight at corners and at the middles of edges, where a careless test lets rays through.
    targets = np.concatenate([positions, positions[triangles[:, :2]].mean(axis=1)])
    origins = np.repeat(targets[None], 200, axis=0) - 5.0 * ways[:, None]
    met = rays.cast(rays.scene(positions, triangles), origins.reshape(-1, 3), np.repeat(ways, len(targets), axis=0))
    inner = np.abs(np.cross(origins, ways[:, None])).max(axis=2).reshape(-1) < 0.5
    assert np.isfinite(met.either[inner]).all()
    np.testing.assert_array_equal(met.front[inner], met.either[inner])


def test_groups_that_are_not_there_are_passed_and_the_far_side_faces_away() -> None:
    positions, triangles = _original(ball(4))
    is_near = positions[triangles].mean(axis=1)[:, 2] > 0
    scene = rays.scene(positions, triangles, is_near.astype(np.int64))
    origins, ways = np.array([[0.1, 0.2, 5.0]]), np.array([[0.0, 0.0, -1.0]])
    both = rays.cast(scene, origins, ways)
    assert 3.9 < both.front[0] == both.either[0] < 4.2
    far = rays.cast(scene, origins, ways, np.array([True, False]))
    assert 5.8 < far.either[0] < 6.1
    assert far.front[0] == np.inf
