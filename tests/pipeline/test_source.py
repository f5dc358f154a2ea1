from pathlib import Path

import numpy as np
import pytest

from pipeline import source
from tests.tiling.shapes import ball, sheet
from tiling.mesh import Model, Primitive


def _two() -> Model:
    left, right = sheet(30, 20, uvs=True, height=0.3), ball(12).primitives[0]
    moved = Primitive(right.positions + 3.0, right.indices, name="ball")
    empty = Primitive(np.zeros((0, 3)), np.zeros((0, 3), np.uint32), name="nothing")
    return Model((left, empty, moved))


def _corners(model: source.Source, triangles: np.ndarray) -> np.ndarray:
    """The places (m, 3, 3) of triangles by number."""
    every = np.concatenate([each.positions[each.indices] for each in model.primitives])
    return every[triangles]


def test_triangles_of_all_primitives_have_one_numbering() -> None:
    found = source.of(_two())
    assert found.starts.tolist() == [0, 1200, 1200 + 1728]
    assert found.triangles == 2928
    assert found.names == ("", "ball")
    assert [primitive.feature for primitive in found.primitives] == [0, 1]
    assert source.of(ball(3)).names == ()


def test_the_origin_is_near_the_middle_and_an_edit_of_a_hundredth_does_not_move_it() -> None:
    found = source.of(_two())
    middle = np.array([2.0, 2.0, 2.0])
    assert np.abs(source.origin(found) - middle).max() < 0.2
    further = source.of(
        Model((*_two().primitives[:2], Primitive(found.primitives[1].positions * 1.01, found.primitives[1].indices)))
    )
    assert source.origin(further).tolist() == source.origin(found).tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_centroid_far_off_is_as_exact_as_its_corners(kind: type, tmp_path: Path) -> None:
    primitive = ball(12, ripple=0.05).primitives[0]
    far = np.array([4096.0, 0.0, -8192.0])  # so that float32 holds the sums, too
    positions = (np.round(primitive.positions * 1024) / 1024 + far).astype(kind)
    found = source.of(Model((Primitive(positions, primitive.indices),)))
    dealt = source.dealt(found, far, 3, tmp_path)
    middles = (positions.astype(float)[primitive.indices] - far).mean(axis=1).astype(np.float32)
    leaf = dealt.cells.leaf_of(middles)
    assert np.array_equal(leaf[dealt.order], np.repeat(np.arange(8), np.diff(dealt.offsets)))


@pytest.mark.parametrize("workers", [1, 3])
def test_each_triangle_is_dealt_to_the_leaf_of_its_centroid(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_ROWS", 100)
    found = source.of(_two())
    about = source.origin(found)
    dealt = source.dealt(found, about, 3, tmp_path, workers=workers)
    assert sorted(dealt.order.tolist()) == list(range(found.triangles))
    centroids = (_corners(found, np.arange(found.triangles)).mean(axis=1) - about).astype(np.float32)
    leaf = dealt.cells.leaf_of(centroids)
    for number in range(8):
        own = dealt.order[dealt.offsets[number] : dealt.offsets[number + 1]]
        assert (np.diff(own.astype(np.int64)) > 0).all()
        # A centroid that lies upon a plane may be rounded to the other side here.
        assert np.count_nonzero(leaf[own] != number) <= 0.02 * len(own)
    sizes = np.diff(dealt.offsets)
    assert sizes.max() < 1.6 * sizes.mean()


def test_planes_stay_where_the_sample_of_a_large_model_loses_a_hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source.cells, "samples_for", lambda depth: 1000)
    whole = ball(40, ripple=0.02)
    part = whole.primitives[0]
    centres = part.positions[part.indices].mean(axis=1)
    away = np.linalg.norm(centres - centres[0], axis=1)
    holed = Primitive(part.positions, part.indices[away > np.quantile(away, 0.01)])
    planes = []
    for model in (whole, Model((holed,))):
        found = source.of(model)
        planes.append(source.dealt(found, source.origin(found), 4, None).cells.plane)
    assert np.count_nonzero(planes[0] != planes[1]) <= 4


def test_gathered_triangles_are_those_asked_for_with_only_their_vertices() -> None:
    found = source.of(_two())
    asked = np.array([3, 4, 700, 1199, 1200, 1500], np.uint32)
    parts = source.gathered(found, asked)
    assert [len(part.indices) for part in parts] == [4, 2]
    got = np.concatenate([part.positions[part.indices] for part in parts])
    assert (got == _corners(found, asked)).all()
    for part in parts:
        assert sorted(set(part.indices.reshape(-1).tolist())) == list(range(len(part.positions)))
    assert parts[0].uvs is not None
    assert len(parts[0].uvs) == len(parts[0].positions)
    assert [part.feature for part in parts] == [0, 1]
    assert [len(part.indices) for part in source.gathered(found, asked[-1:])] == [1]
    assert source.gathered(found, asked[:0]) == []


def test_what_is_gathered_does_not_depend_on_what_else_there_is() -> None:
    """So the key of a leaf stays when triangles elsewhere are taken out."""
    whole = sheet(30, 20)
    fewer = (
        Primitive(whole.positions[5:], whole.indices[20:] - np.uint32(5)) if whole.indices[20:].min() >= 5 else whole
    )
    assert fewer is not whole
    first = source.gathered(source.of(Model((whole,))), np.arange(500, 600, dtype=np.uint32))
    second = source.gathered(source.of(Model((fewer,))), np.arange(480, 580, dtype=np.uint32))
    assert (first[0].indices == second[0].indices).all()
    assert (first[0].positions == second[0].positions).all()


@pytest.mark.parametrize("stride", [1, 8, 1 << 16])
def test_vertices_that_are_gathered_come_in_order_of_use_however_far_apart_they_are(stride: int) -> None:
    indices = (np.array([[5, 0, 3], [3, 0, 9], [9, 5, 2], [2, 2, 5]]) * stride).astype(np.uint32)
    rows = np.array([11, 12, 10, 13], np.uint32)
    numbers, vertices = source._renumbered(indices, rows, 10)
    assert vertices.tolist() == [stride * each for each in (3, 0, 9, 5, 2)]
    assert (vertices[numbers] == indices[[1, 2, 0, 3]]).all()
