from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiling.shapes import ball, joined, moved, sheet
from tiling import normals
from tiling.mesh import Model, Primitive
from tiling.normals import with_normals

BOX = ball(1).primitives[0]


def _faces(primitive: Primitive) -> NDArray[np.float64]:
    """The unit normal of each triangle."""
    corners = primitive.positions[primitive.indices]
    found = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_a_ball_is_smooth() -> None:
    primitive = with_normals(ball(20).primitives[0])
    assert primitive.normals is not None
    assert len(primitive.positions) == len(ball(20).primitives[0].positions)
    assert (primitive.normals * primitive.positions).sum(axis=1).min() > 0.99


def test_smooth_normals_are_means_by_area_over_the_triangles_at_a_place() -> None:
    primitive = ball(5, ripple=0.03).primitives[0]
    found = with_normals(primitive).normals
    assert found is not None
    corners = primitive.positions[primitive.indices]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    for vertex in range(len(primitive.positions)):
        total = areas[(primitive.indices == vertex).any(axis=1)].sum(axis=0)
        assert np.allclose(found[vertex], total / np.linalg.norm(total), atol=1e-6)


def test_a_seam_of_coordinates_is_not_seen_in_the_shading() -> None:
    whole = ball(8, ripple=0.01).primitives[0]
    flat = whole.indices.reshape(-1)
    soup = Primitive(whole.positions[flat], np.arange(len(flat), dtype=np.uint32).reshape(-1, 3))
    one, other = with_normals(whole).normals, with_normals(soup).normals
    assert one is not None
    assert other is not None
    assert np.allclose(one[flat], other, atol=1e-6)


def test_a_box_has_edges() -> None:
    primitive = with_normals(BOX)
    assert primitive.normals is not None
    assert len(primitive.positions) == 24
    assert np.allclose(primitive.normals[primitive.indices], _faces(primitive)[:, None], atol=1e-6)


def test_where_vertices_are_split_they_keep_what_they_carry() -> None:
    uvs = np.arange(2 * len(BOX.positions), dtype=np.float32).reshape(-1, 2)
    colours = np.arange(4 * len(BOX.positions), dtype=np.uint8).reshape(-1, 4)
    split = with_normals(replace(BOX, uvs=uvs, colours=colours, second_uvs=-uvs))
    assert split.uvs is not None
    assert split.second_uvs is not None
    assert split.colours is not None
    assert np.array_equal(split.positions[split.indices], BOX.positions[BOX.indices])
    assert np.array_equal(split.uvs[split.indices], uvs[BOX.indices])
    assert np.array_equal(split.second_uvs[split.indices], -uvs[BOX.indices])
    assert np.array_equal(split.colours[split.indices], colours[BOX.indices])


def test_a_round_wall_of_a_built_thing_stays_round() -> None:
    # A prism of 24 sides: its sides fold by 15°, its rims by 90°.
    turn = np.arange(24) * np.pi / 12
    ring = np.stack([np.cos(turn), np.zeros(24), np.sin(turn)], axis=1)
    positions = np.concatenate([ring, ring + np.array([0, 1, 0]), [[0, 0, 0], [0, 1, 0]]])
    after = (np.arange(24) + 1) % 24
    at = np.arange(24)
    sides = [np.stack(row, axis=1) for row in ((at, at + 24, after), (after, at + 24, after + 24))]
    caps = [np.stack(row, axis=1) for row in ((at, after, at * 0 + 48), (after + 24, at + 24, at * 0 + 49))]
    tower = with_normals(Primitive(positions, np.concatenate(sides + caps).astype(np.uint32)))
    assert tower.normals is not None
    wall = tower.normals[tower.indices[:48]]
    radial = tower.positions[tower.indices[:48]] * [1, 0, 1]
    assert np.abs((wall * radial).sum(axis=2)).min() > 0.99
    assert np.abs(wall[..., 1]).max() < 1e-6
    assert np.allclose(np.abs(tower.normals[tower.indices[48:]][..., 1]), 1.0)


def test_normals_that_are_there_are_left_alone() -> None:
    primitive = with_normals(ball(3).primitives[0])
    assert with_normals(primitive) is primitive
    assert normals.of_built(Model((primitive,))).primitives[0] is primitive


def test_only_what_was_built_gets_its_normals_before_it_is_cut_up() -> None:
    scan, box, empty = ball(12, ripple=0.01).primitives[0], BOX, replace(BOX, indices=BOX.indices[:0])
    found = normals.of_built(Model((scan, box, empty))).primitives
    assert found[0] is scan
    assert found[1].normals is not None
    assert found[2] is empty


def test_a_run_from_the_middle_tells_whether_a_large_part_was_built() -> None:
    # 60,000 triangles: more than are looked at.
    boxes = joined([moved(Model((BOX,)), (3.0 * (at % 80), 0.0, 3.0 * (at // 80))) for at in range(5000)]).primitives
    starts = np.cumsum([0] + [len(each.positions) for each in boxes[:-1]])
    street = Primitive(
        np.concatenate([each.positions for each in boxes]),
        np.concatenate([each.indices + np.uint32(start) for each, start in zip(boxes, starts, strict=True)]),
    )
    (found,) = normals.of_built(Model((street,))).primitives
    assert found.normals is not None
    assert np.allclose(found.normals[found.indices], _faces(found)[:, None], atol=1e-6)


@pytest.mark.parametrize("height", [0.0, 0.1])
def test_a_sheet_without_creases_is_no_built_thing(height: float) -> None:
    primitive = sheet(30, 30, height=height)
    assert normals.of_built(Model((primitive,))).primitives[0] is primitive
