from dataclasses import replace

import numpy as np

from tests.tiling.shapes import ball, sheet
from tiling import patch
from tiling.mesh import Material, Model, Primitive
from tiling.normals import with_normals
from tiling.simplify import metres_per_uv, simplify


def _of(model: Model) -> tuple[patch.Patch, patch.Layout]:
    whole, layout, _ = patch.of_model(
        Model(tuple(with_normals(primitive) for primitive in model.primitives), model.materials)
    )
    return whole, layout


def test_a_sphere_gets_to_its_target() -> None:
    whole, layout = _of(ball(30))
    coarse = simplify(whole, layout, target_triangles=1000, leaves=(0, 0))
    assert 900 <= coarse.patch.triangles <= 1000
    assert not coarse.is_blocked
    assert np.allclose(np.linalg.norm(coarse.patch.attributes, axis=1), 1.0, atol=1e-5)


def test_the_border_with_other_leaves_stays() -> None:
    whole, layout = _of(Model((sheet(30, 30, height=0.1),)))
    left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    whole = patch.with_spans(whole, np.where(left, 0, 1).astype(np.int32))
    half = patch.part(whole, np.flatnonzero(left), np.zeros(len(whole.positions), np.int64))
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
