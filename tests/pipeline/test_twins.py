from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import twins
from pipeline.census import Sieve
from pipeline.mapped import Store, slices
from pipeline.repair import cleaned
from tests.tiling.shapes import ball, sheet, tiled
from tiling.mesh import Material, Model, Primitive

SHEET = sheet(30, 30, height=0.05)
KEPT = "1,800 were left out, and the others are drawn from both sides"


def _from_both_sides(primitive: Primitive, *, points_apart: bool) -> Primitive:
    """With a turned copy of every triangle, on the same points or on points of its own."""
    back = primitive.indices[:, ::-1]
    if not points_apart:
        return replace(primitive, indices=np.concatenate([primitive.indices, back]))
    count = np.uint32(len(primitive.positions))
    double = {
        name: np.concatenate([getattr(primitive, name)] * 2)
        for name in ("positions", "uvs", "colours")
        if getattr(primitive, name) is not None
    }
    normals = np.zeros((len(primitive.positions), 3), np.float32) + np.array([0, 1, 0], np.float32)
    return replace(
        primitive,
        indices=np.concatenate([primitive.indices, back + count]),
        normals=np.concatenate([normals, -normals]),
        **double,
    )


@pytest.mark.parametrize("points_apart", [False, True])
def test_of_a_sheet_that_is_there_from_both_sides_the_first_stays_and_is_drawn_from_both(points_apart: bool) -> None:
    model = cleaned(Model((_from_both_sides(SHEET, points_apart=points_apart),)))
    (primitive,) = model.primitives
    assert np.array_equal(primitive.positions[primitive.indices], SHEET.positions[SHEET.indices])
    assert model.materials[primitive.material].double_sided
    assert any(KEPT in line for line in model.report)
    assert any("open along 120 edges, in 1 rim (" in line for line in model.report)
    if points_apart:
        assert primitive.normals is not None
        assert len(primitive.normals) == len(primitive.positions) == len(SHEET.positions)
        assert (primitive.normals[:, 1] == 1.0).all()


def test_a_back_with_another_picture_is_no_copy() -> None:
    both = _from_both_sides(sheet(30, 30, uvs=True), points_apart=True)
    assert any(KEPT in line for line in cleaned(Model((both,))).report)
    assert both.uvs is not None
    uvs = both.uvs.copy()
    uvs[len(uvs) // 2 :] *= 0.5
    assert cleaned(Model((replace(both, uvs=uvs),))).triangles == 3600


def test_other_parts_of_a_material_stay_as_they_are() -> None:
    both = _from_both_sides(SHEET, points_apart=False)
    plain = replace(SHEET, positions=SHEET.positions + 5.0)
    model = cleaned(Model((both, plain), (Material(metallic=0.25),)))
    sheet_of, other = (model.materials[primitive.material] for primitive in model.primitives)
    assert sheet_of == replace(other, double_sided=True)
    assert not other.double_sided
    alone = cleaned(Model((both, both), (Material(metallic=0.25),)))
    assert alone.materials == (Material(metallic=0.25, double_sided=True),)


def test_a_part_that_holds_some_of_them_is_told_and_left() -> None:
    closed = ball(20).primitives[0]
    start = np.uint32(len(closed.positions))
    both = _from_both_sides(SHEET, points_apart=False)
    mixed = Primitive(
        np.concatenate([closed.positions, both.positions + 3.0]), np.concatenate([closed.indices, both.indices + start])
    )
    model = cleaned(Model((mixed,)))
    assert model.triangles == 4800 + 3600
    assert not model.materials[0].double_sided
    (told,) = (line for line in model.report if "from both sides" in line)
    assert 3300 < int(told.split()[1].replace(",", "")) < 3900


def test_a_sheet_from_both_sides_keeps_its_rim_when_it_is_simplified(tmp_path: Path) -> None:
    model = cleaned(Model((_from_both_sides(sheet(60, 60, height=0.05), points_apart=False),)))
    tiles = tiled(model, tmp_path)
    for number in range(int(tiles.level.max()) + 1):
        points, triangles = tiles.surface(tiles.of_level(number))
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        assert abs(np.cross(b - a, c - a)[:, 1].sum() / 2.0) == pytest.approx(1.0, abs=0.01)


def _plain(indices: NDArray[np.uint32]) -> list[bool]:
    known: set[tuple[int, ...]] = set()
    out = []
    for corners in indices.tolist():
        turns = [tuple(corners[i:] + corners[:i]) for i in range(3)]
        out.append(not any(turn[::-1] in known for turn in turns))
        if out[-1]:
            known.update(turns)
    return out


@pytest.mark.parametrize("rows", [7, 1000])
@settings(max_examples=60, deadline=None)
@given(faces=st.lists(st.permutations(range(6)), min_size=1, max_size=60))
def test_twins_are_those_of_the_plain_count(rows: int, faces: list[list[int]]) -> None:
    positions = np.random.default_rng(1).permutation(np.eye(6, 3) * 2.0 - np.eye(6, 3, -3))
    indices = np.array(faces, np.uint32)[:, :3]
    nothing = np.zeros((6, 0), np.float32)
    columns = (positions, nothing, nothing, nothing)
    pairs = twins.Pairs(Store(None), indices, columns)
    first = np.concatenate([pairs.first(part) for part in slices(len(indices), rows)])
    assert first.tolist() == _plain(indices)
    sieve = Sieve(Store(None), positions, None)
    sieve.shown(indices)
    turned = {tuple(face[i:] + face[:i]) for face in indices.tolist() for i in range(3)}
    share = np.mean([tuple(face[::-1]) in turned for face in indices.tolist()])
    assert sieve.sample.share(columns) == pytest.approx(share)


def test_a_sample_of_many_tells_their_share_nearly() -> None:
    points = np.random.default_rng(2).normal(size=(120_000, 3))
    front = np.arange(120_000, dtype=np.uint32).reshape(-1, 3)
    sieve = Sieve(Store(None), points, None)
    sieve.shown(np.concatenate([front, front[:20_000, [0, 2, 1]]]))
    assert 1000 < sieve.sample.state[0] <= 4096
    assert sieve.sample.share((points,)) == pytest.approx(2 / 3, abs=0.05)


def test_one_triangle_ten_thousand_times_ends() -> None:
    points = np.eye(3)
    rows = np.tile(np.array([[0, 1, 2]], np.uint32), (10_000, 1))
    rows[5000:] = [2, 1, 0]
    assert cleaned(Model((Primitive(points, rows),))).triangles <= 2
