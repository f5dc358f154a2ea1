from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiling.shapes import ball, edges_of, sheet
from tiling import borders, leaf, normals, patch
from tiling.mesh import Primitive
from tiling.patch import Layout, Patch

BARE = Layout(normals=False, uvs=False, colours=False)
SHADED = Layout(normals=True, uvs=False, colours=False)
NOWHERE = np.zeros(3)
# fmt: off
SQUARE = np.array([[0, 0, 0], [1, 0, 0],
                   [1, 1, 0], [0, 1, 0]], float)
# fmt: on
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)


def _cut(primitive: Primitive, owner: NDArray[np.int64]) -> list[Primitive]:
    """The triangles of each leaf with their own vertices, as the reader hands them out."""
    parts = []
    for number in range(int(owner.max()) + 1):
        vertices, indices = np.unique(primitive.indices[owner == number], return_inverse=True)
        shares = {
            name: None if values is None else values[vertices]
            for name, values in (("normals", primitive.normals), ("uvs", primitive.uvs), ("colours", primitive.colours))
        }
        parts.append(
            replace(
                primitive,
                positions=primitive.positions[vertices],
                indices=indices.reshape(-1, 3).astype(np.uint32),
                **shares,
            )
        )
    return parts


def _finished(parts: list[Primitive], layout: Layout) -> list[Patch]:
    """Leaves that have met their neighbours, as the pipeline puts them together."""
    found = [leaf.gathered([each], layout, NOWHERE) for each in parts]
    sizes = [len(each.rim) for each in found]
    owner = np.repeat(np.arange(len(found), dtype=np.int32), sizes)
    number, shared = borders.joined(np.concatenate([each.rim_positions for each in found]), owner)
    rows = np.split(np.arange(len(owner)), np.cumsum(sizes)[:-1])
    sums = np.concatenate([each.sums[each.rim] if len(each.sums) else each.sums for each in found])
    if len(sums):
        total = np.stack([np.bincount(number, sums[:, axis]) for axis in range(3)], axis=1)
        sums = total[number].astype(np.float32)
    return [
        leaf.finished(each, layout, at, shared[own], sums[own] if len(sums) else sums)
        for at, (each, own) in enumerate(zip(found, rows, strict=True))
    ]


def test_repeated_and_degenerate_triangles_go_and_are_counted() -> None:
    indices = np.array([[0, 1, 2], [1, 2, 0], [0, 2, 3], [0, 0, 3], [2, 1, 0], [0, 1, 2]], np.uint32)
    found = leaf.gathered([Primitive(SQUARE, indices)], BARE, NOWHERE)
    assert found.patch.triangles == 3
    assert (found.degenerate, found.repeated) == (1, 2)


def test_repetitions_are_told_by_place_across_primitives() -> None:
    again = Primitive(SQUARE.astype(np.float32), TWO[:1], material=1)
    found = leaf.gathered([Primitive(SQUARE, TWO), again], BARE, NOWHERE)
    assert found.patch.triangles == 2
    assert patch.materials_in(found.patch)[1] == [0]
    assert found.repeated == 1


def test_places_are_relative_to_the_origin_and_copies_are_one_vertex() -> None:
    soup = Primitive(SQUARE[TWO].reshape(-1, 3) + 5e6, np.arange(6, dtype=np.uint32).reshape(2, 3))
    found = leaf.gathered([soup], BARE, np.full(3, 5e6))
    assert sorted(map(tuple, found.patch.positions.tolist())) == sorted(map(tuple, SQUARE.tolist()))


def test_the_rim_are_the_places_on_open_edges() -> None:
    primitive = ball(9).primitives[0]
    owner = (primitive.positions[primitive.indices].mean(axis=1)[:, 0] > 0.2).astype(int)
    for own in _cut(primitive, owner):
        found = leaf.gathered([own], BARE, NOWHERE)
        points = found.patch.positions
        places = np.unique(points, axis=0)
        ways = edges_of(points, found.patch.indices)
        expected = {tuple(places[end]) for a, b in ways if (b, a) not in ways for end in (a, b)}
        assert {tuple(place) for place in found.rim_positions} == expected
        assert len(found.rim) == len(expected)
        on_rim = np.isin(found.place, found.rim)
        assert {tuple(place) for place in points[on_rim]} == expected


def test_a_closed_leaf_has_no_rim() -> None:
    found = leaf.gathered([ball(4).primitives[0]], BARE, NOWHERE)
    assert (len(found.rim), len(found.rim_positions)) == (0, 0)
    done = leaf.finished(found, BARE, 7, np.zeros((0, 4), np.int32), np.zeros((0, 3), np.float32))
    assert (done.leaves == 7).all()


def test_vertices_know_all_leaves_around_them() -> None:
    primitive = ball(9).primitives[0]
    middles = primitive.positions[primitive.indices].mean(axis=1)
    owner = ((middles > 0.05) * [1, 2, 4]).sum(axis=1)
    around: dict[tuple[float, ...], set[int]] = {}
    for corners, number in zip(primitive.indices, owner, strict=True):
        for vertex in corners:
            around.setdefault(tuple(primitive.positions[vertex].astype(np.float32)), set()).add(int(number))
    for number, done in enumerate(_finished(_cut(primitive, owner), BARE)):
        for position, row in zip(done.positions, done.leaves, strict=True):
            expected = sorted(around[tuple(position)])
            assert number in expected
            assert row.tolist() == (expected + expected[-1:] * 3)[:4]


def test_normals_are_those_of_the_whole_surface_also_where_leaves_meet() -> None:
    primitive = ball(12, ripple=0.01).primitives[0]
    primitive = replace(primitive, positions=primitive.positions.astype(np.float32))
    whole = normals.with_normals(primitive)
    assert whole.normals is not None
    expected = {tuple(p): n for p, n in zip(primitive.positions.tolist(), whole.normals, strict=True)}
    owner = ((primitive.positions[primitive.indices].mean(axis=1) > 0.1) * [1, 2, 4]).sum(axis=1)
    for done in _finished(_cut(primitive, owner), SHADED):
        for position, normal in zip(done.positions.tolist(), done.attributes, strict=True):
            assert np.abs(normal - expected[tuple(position)]).max() < 1e-5


def test_normals_that_are_there_stay() -> None:
    given = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, -1]], np.float32)
    found = leaf.gathered([Primitive(SQUARE, TWO, normals=given)], SHADED, NOWHERE)
    assert len(found.sums) == 0
    done = leaf.finished(found, SHADED, 0, np.zeros((len(found.rim), 4), np.int32), found.sums)
    assert {tuple(row) for row in done.attributes} == {tuple(row) for row in given}


def test_where_one_primitive_lacks_normals_only_that_one_gets_them() -> None:
    given = np.tile(np.array([0, 1, 0], np.float32), (4, 1))
    other = Primitive(SQUARE + np.array([0, 0, 5]), TWO, material=1)
    found = leaf.gathered([Primitive(SQUARE, TWO, normals=given), other], SHADED, NOWHERE)
    sums = found.sums[found.rim]
    done = leaf.finished(found, SHADED, 0, np.zeros((len(found.rim), 4), np.int32), sums)
    assert done.attributes[done.material == 0].tolist() == given.tolist()
    assert done.attributes[done.material == 1].tolist() == [[0, 0, 1]] * 4


def test_a_place_that_is_passed_back_and_forth_gets_a_normal_all_the_same() -> None:
    both = Primitive(SQUARE[:3], np.array([[0, 1, 2], [2, 1, 0]], np.uint32))
    found = leaf.gathered([both], SHADED, NOWHERE)
    done = leaf.finished(found, SHADED, 0, np.zeros((len(found.rim), 4), np.int32), found.sums[found.rim])
    assert done.attributes.tolist() == [[0, 1, 0]] * 3


def test_a_leaf_of_nothing_is_empty() -> None:
    for parts in ([], [Primitive(SQUARE, np.array([[0, 0, 1]], np.uint32))]):
        found = leaf.gathered(parts, SHADED, NOWHERE)
        assert (found.patch.triangles, len(found.rim), leaf.short_edge(found.patch)) == (0, 0, 0.0)
        done = leaf.finished(found, SHADED, 3, np.zeros((0, 4), np.int32), found.sums)
        assert (done.triangles, done.attributes.shape[1]) == (0, 3)


@pytest.mark.parametrize("count", [7, 200])
def test_a_short_edge_is_the_twentieth_part_from_below(count: int) -> None:
    rng = np.random.default_rng(count)
    corners = rng.uniform(size=(count, 3, 3))
    soup = Primitive(corners.reshape(-1, 3), np.arange(3 * count, dtype=np.uint32).reshape(-1, 3))
    whole = leaf.gathered([soup], BARE, NOWHERE).patch
    lengths = sorted(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).reshape(-1))
    assert leaf.short_edge(whole) == pytest.approx(lengths[int(0.05 * 3 * count)], rel=1e-5)


def test_some_edges_tell_as_much_as_all() -> None:
    whole = leaf.gathered([sheet(100, 100)], BARE, NOWHERE).patch
    assert leaf.short_edge(whole) == pytest.approx(0.01, rel=1e-3)


def test_places_of_another_rim_are_found_within_and_join_it() -> None:
    # A closed tetrahedron, whose vertices 1 and 2 carry a flap of another leaf.
    body = Primitive(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.uint32),
    )
    flap = Primitive(np.array([[1, 0, 0], [0, 1, 0], [3, 3, 0]], float), np.array([[0, 1, 2]], np.uint32))
    closed, open_one = (leaf.gathered([each], SHADED, NOWHERE) for each in (body, flap))
    assert len(closed.rim) == 0
    assert len(leaf.within(open_one, closed.rim_positions)) == 0
    inner = leaf.within(closed, open_one.rim_positions)
    positions = closed.patch.positions
    assert sorted(map(tuple, positions[np.isin(closed.place, inner)].tolist())) == [(0, 1, 0), (1, 0, 0)]
    shared = np.tile(np.array([0, 1, 1, 1], np.int32), (2, 1))
    up = np.tile(np.array([0, 0, 1], np.float32), (2, 1))
    done = leaf.finished(closed, SHADED, 0, shared, up, inner=inner)
    assert done.outside(0, 0).sum() == 2
    assert (done.attributes[done.outside(0, 0)] == [0, 0, 1]).all()
