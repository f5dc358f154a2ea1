import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.shapes import ball, patch_of
from tiling import topology

Triangle = tuple[int, int, int]


def _tidied(triangles: list[Triangle], count: int) -> tuple[list[bool], list[bool], int, int]:
    """What `tidy` shall find, by dictionaries."""
    keep, known, walks = [], set(), {}
    degenerate = repeated = 0
    for corners in triangles:
        turned = min(corners[i:] + corners[:i] for i in range(3))
        flat = len(set(corners)) < 3
        degenerate += flat
        repeated += not flat and turned in known
        keep.append(not flat and turned not in known)
        if keep[-1]:
            known.add(turned)
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
                walks[a, b] = walks.get((a, b), 0) + 1
    is_open = [False] * count
    for a, b in walks:
        if (walks[a, b], walks.get((b, a), 0)) != (1, 1):
            is_open[a] = is_open[b] = True
    for a, b, c in known:
        if {(a, c, b), (c, b, a), (b, a, c)} & known:
            is_open[a] = is_open[b] = is_open[c] = True
    return keep, is_open, degenerate, repeated


def _rows(triangles: list[Triangle]) -> NDArray[np.uint32]:
    return np.array(triangles, np.uint32).reshape(-1, 3)


corner = st.integers(0, 6)


@given(st.lists(st.tuples(corner, corner, corner), max_size=40))
def test_any_triangles_are_tidied_as_the_clear_version_does(triangles: list[Triangle]) -> None:
    keep, is_open, degenerate, repeated = topology.tidy(_rows(triangles), 7)
    assert (keep.tolist(), is_open.tolist(), degenerate, repeated) == _tidied(triangles, 7)


def test_a_repetition_goes_however_it_is_turned_and_the_other_side_stays() -> None:
    keep, _, _, repeated = topology.tidy(_rows([(0, 1, 2), (1, 2, 0), (2, 1, 0), (2, 0, 1)]), 3)
    assert keep.tolist() == [True, False, True, False]
    assert repeated == 2


def test_a_closed_thing_has_no_open_place_and_a_hole_has_three() -> None:
    whole, _, _ = patch_of(ball(5))
    assert not topology.tidy(whole.indices, len(whole.positions))[1].any()
    holed = topology.tidy(whole.indices[1:], len(whole.positions))[1]
    assert np.flatnonzero(holed).tolist() == sorted(whole.indices[0].tolist())


def test_an_edge_where_three_sheets_meet_is_open() -> None:
    # fmt: off
    sheets = [(0, 1, 2),
              (1, 0, 3),
              (1, 0, 4)]
    # fmt: on
    # The tetrahedra over the first two sheets' rims would close them; here all are open anyway but for (0, 1).
    closed = [*sheets[:2], (1, 3, 2), (2, 3, 0)]
    assert not topology.tidy(_rows(closed), 5)[1].any()
    assert np.flatnonzero(topology.tidy(_rows([*closed, sheets[2]]), 5)[1]).tolist() == [0, 1, 4]


def test_two_sheets_that_face_unlike_ways_are_open_where_they_meet() -> None:
    assert np.flatnonzero(topology.tidy(_rows([(0, 1, 2), (0, 1, 3), (1, 0, 4)]), 5)[1]).tolist() == [0, 1, 2, 3, 4]


def test_nothing_is_tidy() -> None:
    keep, is_open, degenerate, repeated = topology.tidy(np.zeros((0, 3), np.uint32), 0)
    assert (len(keep), len(is_open), degenerate, repeated) == (0, 0, 0, 0)


def test_one_triangle_from_both_sides_closes_nothing() -> None:
    assert topology.tidy(_rows([(0, 1, 2), (2, 1, 0)]), 3)[1].tolist() == [True] * 3
    # A body that touches such a flap is open there only.
    body = [(0, 1, 2), (0, 2, 3), (0, 3, 1), (1, 3, 2)]
    assert topology.tidy(_rows([*body, (3, 4, 5), (5, 4, 3)]), 6)[1].tolist() == [False] * 3 + [True] * 3
