from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.census import Census, Sieve
from pipeline.mapped import Store, slices
from pipeline.repair import cleaned
from tiling.mesh import Model, Primitive

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.uint32)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)


def _report(*parts: tuple[np.ndarray, np.ndarray]) -> str:
    model = Model(tuple(Primitive(np.asarray(points, float), np.asarray(faces, np.uint32)) for points, faces in parts))
    return "; ".join(cleaned(model).report)


def test_a_closed_body_has_nothing_to_tell() -> None:
    assert _report((CORNERS, TETRAHEDRON)) == ""


def test_a_body_without_a_face_is_open_along_its_rim() -> None:
    assert "open along 3 edges, in 1 rim (a hole, or its border); it was left open" in _report(
        (CORNERS, TETRAHEDRON[:3])
    )


def test_a_turned_face_joins_three_edges_the_wrong_way() -> None:
    turned = TETRAHEDRON.copy()
    turned[0] = turned[0][::-1]
    assert "3 edges join triangles that face opposite ways" in _report((CORNERS, turned))


def test_a_fin_makes_an_edge_of_three() -> None:
    points = np.concatenate([CORNERS, [[5, 5, 5]]])
    assert "1 edge belongs to more than two triangles; it was left as it is" in _report(
        (points, [*TETRAHEDRON.tolist(), [0, 1, 4]])
    )


def test_two_bodies_are_two_pieces_and_a_small_one_is_a_bit() -> None:
    side = 60
    grid = np.arange(side * side).reshape(side, side)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    y, x = np.mgrid[0:side, 0:side]
    sheet = np.stack([x, y, 0 * x], -1).reshape(-1, 3).astype(float)
    said = _report(
        (np.concatenate([sheet, [[9, 9, 9], [10, 9, 9], [9, 10, 9]]]), [*faces.tolist(), [3600, 3601, 3602]])
    )
    assert "2 pieces that do not touch, 1 of them a bit of 3 points; all were kept" in said


def test_a_seam_of_points_that_stand_twice_is_no_rim() -> None:
    # Every face has corners of its own, in two primitives.
    points = CORNERS[TETRAHEDRON.reshape(-1)]
    assert _report((points[:6], [[0, 1, 2], [3, 4, 5]]), (points[6:], [[0, 1, 2], [3, 4, 5]])) == ""


def test_a_body_that_stands_there_twice_is_found_though_every_point_is_even() -> None:
    assert _report((CORNERS, np.concatenate([TETRAHEDRON, np.roll(TETRAHEDRON, 1, axis=1)]))) == (
        "4 triangles stood there twice; one of each was kept"
    )


def test_a_soup_of_a_few_points_all_joined_to_all_ends() -> None:
    count = 40
    rows = [[a, b, c] for a in range(count) for b in range(a + 1, count) for c in range(b + 1, count)]
    positions = np.random.default_rng(1).normal(size=(count, 3))
    assert "triangles" in _report((positions, rows))


def _turned(face: list[int]) -> tuple[int, ...]:
    """A triangle from its least point on."""
    turn = face.index(min(face))
    return tuple(face[turn:] + face[:turn])


@pytest.mark.parametrize("rows", [7, 1000])
@settings(max_examples=60, deadline=None)
@given(faces=st.lists(st.tuples(*[st.integers(0, 7)] * 3), min_size=1, max_size=60), seed=st.integers(0, 3))
def test_copies_edges_and_pieces_are_those_of_the_plain_count(rows: int, faces: list, seed: int) -> None:
    # Places of their own: an odd edge at the place of an even one of other points is not told from a rim.
    grid = np.stack(np.unravel_index(np.arange(27), (3, 3, 3)), -1).astype(float)
    positions = np.random.default_rng(seed).permutation(grid)[:8]
    indices = np.array(faces, np.uint32)
    sieve = Sieve(Store(None), positions, None)
    shown = np.concatenate([sieve.shown(indices[part]) for part in slices(len(indices), rows)])
    # The plain count: by place, cyclic triples once each.
    proper = [len({tuple(positions[v]) for v in face}) == 3 for face in faces]
    assert shown.tolist() == proper
    left = indices[shown]
    keep = [sieve.first_of_kind(left, part) for part in slices(len(left), rows)] if sieve.may_be_copies() else []
    kept = left[np.concatenate(keep)] if keep else left
    once: dict[tuple[int, ...], None] = {}
    for face in left.tolist():
        once.setdefault(_turned(face))
    assert [_turned(face) for face in kept.tolist()] == list(once)
    if not len(kept):
        return
    census = Census(Store(None))
    census.add(positions, kept, sieve.cells, sieve.odd())
    said = "; ".join(census.report())
    place = [tuple(positions[v]) for v in range(8)]
    sides = [(face[i], face[(i + 1) % 3]) for face in kept.tolist() for i in range(3)]
    ways = Counter((place[a], place[b]) for a, b in sides)
    edges = {frozenset(pair) for pair in ways}
    total = {edge: sum(ways[pair] for pair in ((min(edge), max(edge)), (max(edge), min(edge)))) for edge in edges}
    rims = sum(count == 1 for count in total.values())
    assert ("open along" in said) == (rims > 0)
    if rims:
        assert f"open along {rims:,} edge{'s' * (rims > 1)}, in" in said
