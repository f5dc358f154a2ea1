from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from tests.tiling.shapes import Kept, ball, built, open_edges, sheet
from tiling import bounds, build, error, meshopt, patch, quantize
from tiling.atlas import texture
from tiling.mesh import Material, Model
from tiling.normals import with_normals
from tiling.tree import TileTree

SMALL = build.Settings(leaf_triangles=700, root_triangles=300, samples=2000)


def _surface(kept: Kept, names: list[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points and triangles of several tiles together, as a client decodes them."""
    points, triangles, count = [], [], 0
    for name in names:
        geometry = kept.contents[name].geometry
        for piece in geometry.pieces:
            rows = meshopt.decode_vertices(piece.positions.data, piece.vertices, 8).view("<u2")[:, :3]
            points.append(geometry.origin + rows * geometry.step)
            triangles.append(meshopt.decode_indices(piece.indices, 3 * piece.triangles).reshape(-1, 3) + count)
            count += piece.vertices
    return np.concatenate(points), np.concatenate(triangles).astype(np.int64)


def _level(tree: TileTree) -> NDArray[np.int64]:
    level = np.zeros(len(tree), np.int64)
    for tile in range(1, len(tree)):
        level[tile] = level[tree.parent[tile]] + 1
    return level


@pytest.fixture(scope="module")
def rippled() -> tuple[build.Built, Kept]:
    return built(ball(30, ripple=0.02), settings=SMALL)


def test_leaves_hold_every_triangle_once(rippled: tuple[build.Built, Kept]) -> None:
    done, kept = rippled
    assert done.triangles == ball(30).triangles == 10_800
    leaves = np.flatnonzero(done.tree.error == 0.0)
    assert len(leaves) == 16
    _, triangles = _surface(kept, [done.tree.content[i] for i in leaves])
    assert len(triangles) == 10_800


def test_every_level_of_a_closed_thing_is_closed(rippled: tuple[build.Built, Kept]) -> None:
    done, kept = rippled
    level = _level(done.tree)
    for number in range(done.levels):
        names = [done.tree.content[i] for i in np.flatnonzero(level == number)]
        assert open_edges(*_surface(kept, names)) == 0, f"level {number}"


def test_a_mixed_cut_gapes_by_no_more_than_rounding(rippled: tuple[build.Built, Kept]) -> None:
    done, kept = rippled
    tree = done.tree
    first = int(np.flatnonzero(tree.parent == 0)[0])
    cut = [i for i in np.flatnonzero(tree.parent == 0) if i != first] + np.flatnonzero(tree.parent == first).tolist()
    reach = sum(sorted({quantize.half_diagonal(kept.contents[tree.content[i]].geometry.step) for i in cut}))
    points, triangles = _surface(kept, [tree.content[i] for i in cut])
    assert open_edges(points, triangles) > 0
    # Borders were never simplified: the same points, rounded to two grids, meet within both roundings.
    near = cKDTree(points).query_pairs(reach, output_type="ndarray")
    graph = coo_array((np.ones(len(near), bool), (near[:, 0], near[:, 1])), shape=(len(points), len(points)))
    _, place = connected_components(graph, directed=False)
    assert open_edges(place[:, None].astype(float), triangles) == 0


def test_the_root_is_small_and_as_true_as_it_says(rippled: tuple[build.Built, Kept]) -> None:
    done, kept = rippled
    points, triangles = _surface(kept, [done.tree.content[0]])
    assert len(triangles) <= 300
    original = patch.of_model(ball(30, ripple=0.02))
    root = patch.Patch(
        points.astype(np.float32),
        np.zeros((len(points), 0), np.float32),
        np.zeros(len(points), np.int32),
        np.zeros((len(points), 2), np.int32),
        triangles.astype(np.uint32),
    )
    points = original[0].positions + original[2]
    everywhere = error.Samples(points, np.full(len(points), np.inf))
    # Other points than the builder's own, and all vertices: the figure is a quantile, so a little may lie beyond.
    _, bound = error.deviation(everywhere, root)
    assert bound <= done.root_error * 1.25
    assert done.root_error < 0.2


def test_errors_shrink_downwards_and_boxes_hold_their_children(rippled: tuple[build.Built, Kept]) -> None:
    tree = rippled[0].tree
    for tile in range(1, len(tree)):
        above = int(tree.parent[tile])
        assert above < tile
        assert tree.error[tile] <= tree.error[above] < tree.geometric_error
        low, high = bounds.corners(tree.box[tile])
        outer_low, outer_high = bounds.corners(tree.box[above])
        assert (low >= outer_low - 1e-12).all()
        assert (high <= outer_high + 1e-12).all()


def test_boxes_are_tight(rippled: tuple[build.Built, Kept]) -> None:
    done, kept = rippled
    leaf = int(np.flatnonzero(done.tree.error == 0.0)[3])
    points, _ = _surface(kept, [done.tree.content[leaf]])
    low, high = bounds.corners(done.tree.box[leaf])
    assert np.allclose(low, points.min(axis=0))
    assert np.allclose(high, points.max(axis=0))


def test_any_number_of_workers_makes_the_same_tiles() -> None:
    model = ball(24, ripple=0.01)
    alone, _ = built(model, settings=SMALL)
    with ThreadPoolExecutor(3) as pool:
        together, _ = built(model, settings=SMALL, run=pool.map)
    assert alone.tree.content == together.tree.content
    assert np.array_equal(alone.tree.error, together.tree.error)


def test_a_small_model_is_one_tile() -> None:
    done, _ = built(ball(5), settings=build.Settings())
    assert len(done.tree) == 1
    assert done.levels == 1
    assert done.tree.error[0] == 0.0
    assert done.root_error == pytest.approx(quantize.half_diagonal(2.0**-15), rel=1.0)


def test_a_model_of_one_leaf_gets_a_coarse_root_before_it() -> None:
    done, _ = built(ball(40), settings=build.Settings())
    assert done.tree.parent.tolist() == [-1, 0]
    assert done.tree.triangles[0] < done.tree.triangles[1] / 3


def _speckled(bands: int) -> Model:
    """A ball with a texture of thousands of charts."""
    primitive = ball(bands).primitives[0]
    flat = primitive.indices.reshape(-1)
    count = len(primitive.indices)
    side = int(np.ceil(np.sqrt(count)))
    cell = np.stack([np.arange(count) % side, np.arange(count) // side], axis=1)
    corner = np.array([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]])
    uvs = ((cell[:, None] + corner) / side).reshape(-1, 2).astype(np.float32)
    normals = with_normals(primitive).normals
    assert normals is not None
    soup = type(primitive)(
        primitive.positions[flat], np.arange(len(flat), dtype=np.uint32).reshape(-1, 3), normals[flat], uvs
    )
    return Model((soup,), (Material(),))


def test_an_atlas_in_the_way_is_made_anew_and_the_tiles_stay_whole() -> None:
    model = _speckled(20)
    whole, layout, _ = patch.of_model(model)
    picture = np.zeros((1024, 1024, 3), np.uint8)
    picture[...] = (10, 200, 30)
    maps = texture({"base_colour": picture}, whole.attributes[:, layout.uv_columns], whole.indices)
    done, kept = built(model, settings=SMALL, textures={0: maps})
    assert done.tree.triangles[0] <= 600
    image = kept.contents[done.tree.content[0]].images[0]["base_colour"]
    assert (image == (10, 200, 30)).all()
    assert image.shape[0] * image.shape[1] <= 1 << 17
    assert open_edges(*_surface(kept, [done.tree.content[0]])) == 0


def test_a_plane_stays_a_plane_at_no_error() -> None:
    done, _ = built(Model((sheet(60, 60),)), settings=SMALL)
    assert done.root_error < 1e-3


def test_progress_grows_to_the_end() -> None:
    told: list[float] = []
    whole, layout, origin = patch.of_model(Model((with_normals(ball(12).primitives[0]),)))
    kept = Kept()
    finish = partial(build.build, whole, layout, origin, textures={}, textured=frozenset(), settings=SMALL, run=map)
    finish(emit=kept.emit, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
