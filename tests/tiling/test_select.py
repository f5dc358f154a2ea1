"""Selection against a slow oracle that asks the definition tile by tile."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiling.trees import IDENTITY, grid_tree
from tiling.select import WORTH_SENDING, Forest, Limits, Selection, plant, select
from tiling.view import View, distances, gaze_towards, screen_errors, sees

PLENTY = Limits(bytes=10**12, triangles=10**12, draws=10**6, textures=10**12)


def view_of(eye=(0.0, 20.0, 30.0), target=(0.0, 0.0, 0.0), height=720, fov=1.0) -> View:
    return View(eye, gaze_towards(eye, target), fov, 1.5, height)


def oracle(forest: Forest, view: View, tolerance: float) -> frozenset[int]:
    """Without budgets: a tile is refined if it is seen and its error shows. Recursion, one tile at a time."""

    def below(tile: int) -> list[int]:
        box = forest.box[tile : tile + 1]
        pixels = screen_errors(view, forest.error[tile : tile + 1], distances(view, box))[0]
        if forest.children[tile] and sees(view, box)[0] and pixels > tolerance:
            return [part for child in forest.children[tile] for part in below(child)]
        return [tile]

    return frozenset(part for root in forest.roots for part in below(root))


def covers(forest: Forest, tile: int, cut: frozenset[int]) -> bool:
    children = forest.children[tile]
    return tile in cut or (bool(children) and all(covers(forest, child, cut) for child in children))


def above(forest: Forest) -> dict[int, int]:
    return {child: tile for tile, children in enumerate(forest.children) for child in children}


def used(forest: Forest, selection: Selection) -> tuple[int, int, int, int]:
    """Bytes of all that is wanted; triangles, draws and textures of the cut. Counted the slow way."""
    files = {forest.content[tile]: forest.byte_length[tile] for tile in selection.order}
    files |= {name: forest.images[name][0] for tile in selection.order for name in forest.needs[tile]}
    textures = {forest.content[tile]: forest.texture_bytes[tile] for tile in selection.cut}
    textures |= {name: forest.images[name][1] for tile in selection.cut for name in forest.needs[tile]}
    return (
        sum(files.values()),
        sum(forest.triangles[tile] for tile in selection.cut),
        sum(forest.draws[tile] for tile in selection.cut),
        sum(textures.values()),
    )


def check(forest: Forest, selection: Selection) -> None:
    """What holds of every selection."""
    parents = above(forest)
    position = {tile: place for place, tile in enumerate(selection.order)}
    assert len(position) == len(selection.order)
    assert selection.cut == {tile for tile in selection.order if tile not in selection.replaced_by}
    assert all(forest.content[tile] for tile in selection.order)
    for root in selection.roots:
        assert covers(forest, root, selection.cut)
    for tile in selection.cut:
        over = parents.get(tile)
        while over is not None:
            assert over not in selection.cut
            over = parents.get(over)
    for tile, parts in selection.replaced_by.items():
        assert all(position[part] > position[tile] for part in parts)
        assert covers(forest, tile, frozenset(parts))


EYES = st.tuples(st.floats(-30, 30), st.floats(0.1, 60), st.floats(-30, 30))


@settings(max_examples=60, deadline=None)
@given(EYES, st.sampled_from([2, 4]), st.floats(0.2, 30), st.integers(50, 2000), st.booleans())
def test_without_budgets_the_cut_is_what_the_definition_says(eye, fan, tolerance, height, hollow):
    tree = grid_tree(5, fan, empty=(0, 2, 7) if hollow else ())
    forest = plant([(IDENTITY, tree), ((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 20, 0, 0, 1), tree)])
    view = view_of(eye, (1.0, 0.0, 2.0), height)
    selection = select(forest, view, Limits(10**12, 10**12, 10**6, 10**12, tolerance))
    check(forest, selection)
    assert selection.cut == oracle(forest, view, tolerance)


@settings(max_examples=80, deadline=None)
@given(
    EYES, st.sampled_from([2, 4]), st.integers(1, 200_000), st.integers(1, 30_000), st.integers(1, 300),
    st.integers(1, 60_000),
)  # fmt: skip
def test_no_budget_is_ever_exceeded_and_none_is_left_that_would_fit(eye, fan, size, triangles, draws, textures):
    forest = plant([(IDENTITY, grid_tree(5, fan)), (IDENTITY, grid_tree(4, fan, seed=1))])
    limits, view = Limits(size, triangles, draws, textures), view_of(eye)
    selection = select(forest, view, limits)
    check(forest, selection)
    found = used(forest, selection)
    assert all(have <= most for have, most in zip(found, (size, triangles, draws, textures), strict=True))
    if selection.cut and size > 10**5:
        # Bytes aside, one more refinement of any tile whose error shows would be too much.
        for tile in selection.cut & set(range(len(forest))) - oracle(forest, view, 1.0):
            finer = (selection.cut - {tile}) | set(forest.children[tile])
            if not forest.children[tile] or tile not in refinable(forest, view):
                continue
            _, t, d, x = used(forest, Selection(tuple(finer), (), {}, frozenset(finer)))
            assert t > triangles or d > draws or x > textures


def refinable(forest: Forest, view: View) -> set[int]:
    pixels = screen_errors(view, forest.error, distances(view, forest.box))
    return {int(tile) for tile in np.flatnonzero(sees(view, forest.box) & (pixels > 1.0))}


def test_tiles_outside_the_view_stay_coarse_but_are_there():
    forest = plant(
        [(IDENTITY, grid_tree(5)), ((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 500, 1), grid_tree(5, seed=1))]
    )
    selection = select(forest, view_of(), PLENTY)
    behind = forest.roots[1]
    assert behind in selection.cut
    assert selection.order[:2] == (0, behind)
    assert len(selection.cut) > 50


def test_with_fan_out_two_every_second_level_is_skipped_and_with_four_none():
    for fan, expected in ((2, 2), (4, 1)):
        forest = plant([(IDENTITY, grid_tree(7 if fan == 2 else 5, fan))])
        selection = select(forest, view_of(height=200_000), PLENTY)
        parents = above(forest)
        steps = {depth(parents, part) - depth(parents, tile) for tile, parts in selection.replaced_by.items()
                 for part in parts if tile}  # fmt: skip
        assert steps <= {expected, expected + 1}
        between = sum(forest.byte_length[tile] for tile in selection.replaced_by)
        assert between < sum(forest.byte_length[tile] for tile in selection.cut) / (WORTH_SENDING - 1) + 2000


def depth(parents: dict[int, int], tile: int) -> int:
    return 0 if tile not in parents else 1 + depth(parents, parents[tile])


def test_a_file_that_several_placements_share_counts_once():
    tree = grid_tree(4)
    moved = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 0, 0, 1)
    alone = used_bytes(plant([(IDENTITY, tree)]))
    both = used_bytes(plant([(IDENTITY, tree), (moved, tree)]))
    assert both == alone


def used_bytes(forest: Forest) -> int:
    return used(forest, select(forest, view_of(height=100_000), PLENTY))[0]


def test_when_not_even_the_roots_fit_those_in_view_come_first():
    aside = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 500, 1)
    forest = plant([(aside, grid_tree(3, seed=1)), (IDENTITY, grid_tree(3, seed=2))])
    selection = select(forest, view_of(), Limits(7000, 10**9, 10**6, 10**9))
    assert selection.order == selection.roots == (forest.roots[1],)


def test_a_forest_without_tiles_wants_nothing():
    assert select(plant([]), view_of(), PLENTY) == Selection((), (), {}, frozenset())


def test_the_error_grows_with_the_scale_of_the_placement():
    doubled = (2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1)
    forest = plant([(IDENTITY, grid_tree(2)), (doubled, grid_tree(2))])
    assert forest.error[5] == 2 * forest.error[0]
    assert forest.box[5].tolist() == (2 * forest.box[0]).tolist()


def test_a_sheared_box_becomes_its_hull():
    sheared = (1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    forest = plant([(sheared, grid_tree(1))])
    assert forest.box[0].tolist() == pytest.approx([0, 0, 0, 8.5, 0, 0, 0, 1, 0, 0, 0, 8])


def test_the_most_visible_gain_per_byte_is_sent_first():
    near, far = grid_tree(2, seed=1), grid_tree(2, seed=2)
    away = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, -100, 1)
    forest = plant([(away, far), (IDENTITY, near)])
    selection = select(forest, view_of(), Limits(10**12, 10**12, 10**6, 10**12, 0.5))
    order = [int(forest.tree[tile]) for tile in selection.order]
    assert order == [1, 0, 1, 1, 1, 1, 0, 0, 0, 0]


def test_the_same_view_gives_the_same_order():
    forest = plant([(IDENTITY, grid_tree(6))])
    assert select(forest, view_of(), PLENTY) == select(forest, view_of(), PLENTY)


def test_inside_a_box_the_error_is_endless_and_does_no_harm():
    forest = plant([(IDENTITY, grid_tree(5))])
    selection = select(forest, view_of((0.1, 0.5, 0.1), (5.0, 0.5, 0.1)), PLENTY)
    check(forest, selection)
    assert math.isinf(screen_errors(view_of((0.1, 0.5, 0.1)), forest.error[:1], np.zeros(1))[0])
