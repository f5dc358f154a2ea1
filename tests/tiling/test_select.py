"""The compiled selection against the clear one, and against what is promised of every selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiling.clear_selection import Clear
from tests.tiling.flat import Forest, Members, plant
from tests.tiling.trees import IDENTITY, added, grid_tree, grouped
from tiling import sight
from tiling.cut import ROOM
from tiling.grove import Grove, grove
from tiling.select import COVER, COVER_LEAST, COVER_SHARE, WAY_LEAST, WAY_SHARE, Limits, Selection, select, warm
from tiling.stock import stock
from tiling.tree import TileTree
from tiling.view import View, distances, gaze_towards, predicted, screen_errors, sees

PLENTY = Limits(bytes=10**12, triangles=10**12, draws=10**6, textures=10**12)
Trees = Sequence[tuple[Sequence[float], TileTree]]


def moved(x: float, z: float = 0.0, scale: float = 1.0) -> tuple[float, ...]:
    return (scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, x, 0, z, 1)


def view_of(eye=(0.0, 20.0, 30.0), target=(0.0, 0.0, 0.0), height=720, fov=1.0) -> View:
    return View(eye, gaze_towards(eye, target), fov, 1.5, height)


def planted(trees: Trees, members: Members = ()) -> tuple[Forest, Grove]:
    """Trees; with `members` the last is one of groups."""
    standing = trees[:-1] if members else trees
    stocks = {id(tree): stock(tree) for _, tree in standing}
    groups = stock(trees[-1][1], members=members) if members else None
    return plant(trees, members), grove(
        [transform for transform, _ in standing], [stocks[id(tree)] for _, tree in standing], groups
    )


class Chosen:
    """A selection by the numbers of the flat forest."""

    def __init__(self, forest: Forest, selection: Selection) -> None:
        number = {key: at for at, key in enumerate(zip(forest.tree.tolist(), forest.tile.tolist(), strict=True))}
        self.order = [number[key] for key in zip(selection.tree.tolist(), selection.tile.tolist(), strict=True)]
        self.cut = {tile for tile, is_cut in zip(self.order, selection.cut, strict=True) if is_cut}
        self.roots = self.order[: selection.roots]
        self.replaced_by = {
            tile: tuple(None if parts is None else tuple(self.order[part] for part in parts) for parts in regions)
            for tile, regions in zip(self.order, selection.replacements(), strict=True)
            if regions
        }


def chosen(trees: Trees, view: View, limits: Limits, **options: bool) -> tuple[Forest, Chosen]:
    forest, wood = planted(trees)
    return forest, Chosen(forest, select(wood, view, limits, **options))


def used(forest: Forest, found: Chosen) -> tuple[int, int, int, int]:
    """Bytes of all that is wanted; triangles, draws and textures of the cut. Counted the slow way."""
    files = {forest.content[tile]: forest.byte_length[tile] for tile in found.order}
    files |= {name: forest.images[name][0] for tile in found.order for name in forest.needs[tile]}
    textures = {forest.content[tile]: forest.texture_bytes[tile] for tile in found.cut}
    textures |= {name: forest.images[name][1] for tile in found.cut for name in forest.needs[tile]}
    hidden = sum(
        forest.groups[tile][region]
        for tile in found.cut
        for region, parts in enumerate(found.replaced_by.get(tile, ()))
        if parts and not forest.added[tile]
    )
    return (
        sum(files.values()),
        sum(forest.triangles[tile] for tile in found.cut) - hidden,
        sum(forest.draws[tile] for tile in found.cut),
        sum(textures.values()),
    )


def check(forest: Forest, found: Chosen) -> None:
    """What holds of every selection."""
    position = {tile: place for place, tile in enumerate(found.order)}
    assert len(position) == len(found.order)
    assert all(forest.content[tile] for tile in found.order)
    ways = {part: tile for tile, regions in found.replaced_by.items() for parts in regions for part in parts or ()}
    assert set(ways) | set(found.roots) == set(found.order)
    for tile, regions in found.replaced_by.items():
        assert len(regions) == len(forest.regions[tile])
        assert (tile in found.cut) == (None in regions or forest.added[tile])
        for parts, below in zip(regions, forest.regions[tile], strict=True):
            assert parts is None or covers(forest, found, parts, below)
            assert all(position[part] > position[tile] for part in parts or ())
    assert found.cut == {
        tile
        for tile in found.order
        if forest.added[tile] or tile not in found.replaced_by or None in found.replaced_by[tile]
    }
    # Of a tile that adds all tiles above it are shown, up to where the tree begins.
    assert all(ways[tile] in found.cut for tile in found.cut if tile in ways and forest.added[ways[tile]])
    assert all(
        tile in found.roots or forest.tree[ways[tile]] != forest.tree[tile] or ways[tile] in found.cut
        for tile in found.order if forest.added[tile]
    )  # fmt: skip


def covers(forest: Forest, found: Chosen, parts: tuple[int, ...], tiles: tuple[int, ...]) -> bool:
    """Whether parts, each once, show all of these tiles."""
    if not tiles:
        return not parts
    whole = [tile for tile in tiles if tile in parts]
    inner = [part for tile in tiles if tile not in parts for below in forest.regions[tile] for part in below]
    open_tiles = [tile for tile in tiles if tile not in parts and not any(forest.regions[tile])]
    rest = tuple(part for part in parts if part not in whole)
    return not open_tiles and covers(forest, found, rest, tuple(inner))


EYES = st.tuples(st.floats(-30, 30), st.floats(0.1, 60), st.floats(-30, 30))
TREES = st.lists(
    st.tuples(
        st.sampled_from([IDENTITY, moved(20.0), moved(0.0, 500.0), moved(-16.0, 16.0, 2.0), moved(5.0, 0.0, 0.5)]),
        st.integers(1, 4), st.sampled_from([2, 4]), st.integers(0, 2), st.sampled_from([(), (0, 2, 7), (3, 4)]),
        st.sampled_from([None, grouped, added]),
    ),
    min_size=1, max_size=3,
)  # fmt: skip
LIMITS = st.builds(
    Limits,
    st.sampled_from([10**12, 200_000, 60_000, 9_000, 500]), st.sampled_from([10**12, 9_000, 700]),
    st.sampled_from([10**6, 60, 5]), st.sampled_from([10**12, 22_000, 300]), st.floats(0.2, 30),
)  # fmt: skip


def made(drawn: list[tuple]) -> Trees:
    found = []
    for at, (transform, levels, fan, seed, empty, kind) in enumerate(drawn):
        tree = grid_tree(levels, fan, seed=seed, empty=empty, name=f"t{at % 2}")
        tree = kind(tree) if kind else tree
        found.append((transform, replace(tree, coded_length=tree.byte_length // (1 + np.arange(len(tree)) % 3))))
    return found


def test_a_view_wants_more_tiles_than_there_is_room_for_at_first():
    tree = grid_tree(7)
    _, wood = planted([(IDENTITY, tree)])
    found = select(wood, view_of(height=10**6, fov=3.0), PLENTY)
    leaves = np.flatnonzero(tree.error == 0.0)
    assert len(leaves) == 4096 > 2 * ROOM
    assert np.sort(found.tile[found.cut]).tolist() == leaves.tolist()
    assert len(np.unique(found.tile)) == len(found)


GROUPS = st.one_of(st.none(), st.tuples(st.sampled_from([(), (0,), (2,), (0, 1, 2)]), st.sampled_from([50.0, 1.0])))


@settings(max_examples=300, deadline=None)
@given(TREES, GROUPS, EYES, st.integers(50, 2000), LIMITS, st.booleans(), st.booleans(), st.booleans())
def test_the_compiled_selection_is_the_clear_one(drawn, groups, eye, height, limits, is_parted, is_coded, is_moving):
    trees, members = made(drawn), []
    if groups:
        # Groups stand for trees from afar; they go for them, whether these add or replace within themselves.
        trees.append((IDENTITY, grid_tree(2, 2, empty=groups[0], error=groups[1], name="group")))
        members = [[*range(at, len(drawn), 3)] for at in range(3)]
    view = view_of(eye, (1.0, 0.0, 2.0), height)
    if is_moving:
        view = replace(view, velocity=(3.0, 0.0, -1.0), turning=(0.1, 1.5, 0.0), sight=(0.3, -0.2))
    later = predicted(view, 0.1)
    forest, wood = planted(trees, members)
    found = Chosen(forest, select(wood, view, limits, later=later, is_parted=is_parted, is_coded=is_coded))
    clear = Clear(forest, limits, is_parted, is_coded).run(*(dict.fromkeys((view, later))))
    assert found.roots == clear.planted
    assert found.cut == clear.cut
    assert found.replaced_by == clear.replaced_by
    assert found.order == clear.order
    check(forest, found)
    for have, most in zip(
        used(forest, found), (limits.bytes, limits.triangles, limits.draws, limits.textures), strict=True
    ):
        assert have <= most


def oracle(forest: Forest, view: View, tolerance: float) -> set[int]:
    """Without budgets, whole tiles: one is refined if it is seen and its error shows. Recursion, a tile at a time."""

    def below(tile: int) -> list[int]:
        box = forest.box[tile : tile + 1]
        pixels = screen_errors(view, forest.error[tile : tile + 1], distances(view, box))[0]
        if forest.children[tile] and sees(view, box)[0] and pixels > tolerance:
            return [part for child in forest.children[tile] for part in below(child)]
        return [tile]

    return {part for root in forest.roots for part in below(root)}


@settings(max_examples=60, deadline=None)
@given(EYES, st.sampled_from([2, 4]), st.floats(0.2, 30), st.integers(50, 2000), st.booleans())
def test_without_budgets_the_cut_in_view_is_what_3d_tiles_says(eye, fan, tolerance, height, hollow):
    tree = grid_tree(5, fan, empty=(0, 2, 7) if hollow else ())
    view = view_of(eye, (1.0, 0.0, 2.0), height)
    limits = replace(PLENTY, error=tolerance)
    forest, found = chosen([(IDENTITY, tree), (moved(20.0), tree)], view, limits)
    seen = sees(view, forest.box)
    expected = oracle(forest, view, tolerance)
    assert {tile for tile in found.cut if seen[tile]} == {tile for tile in expected if seen[tile]}


def test_what_is_out_of_view_is_refined_to_its_own_tolerance_for_few_bytes():
    tree = grid_tree(6, error=16.0)
    view = view_of(eye=(0.0, 2.0, 9.0), target=(0.0, 2.0, 100.0))  # away from all of it
    forest, found = chosen([(IDENTITY, tree)], view, PLENTY)
    assert not any(sees(view, forest.box)[tile] for tile in found.cut)
    assert len(found.cut) > 4
    # The root, and an image that all share, come on top.
    assert sum(forest.byte_length[tile] for tile in found.cut) <= COVER_LEAST + 1100 + 5000
    pixels = screen_errors(view, forest.error, distances(view, forest.box))
    assert all(pixels[tile] > COVER for tile in found.replaced_by)


def test_cover_out_of_view_costs_no_more_than_its_share():
    trees = [(IDENTITY, grouped(grid_tree(6))), (moved(0.0, 60.0), grouped(grid_tree(7, error=400.0, seed=1)))]
    forest, found = chosen(trees, view_of(), PLENTY, is_parted=True)
    behind = {tile for tile in found.cut if forest.tree[tile] == 1}
    size = sum(forest.byte_length[tile] for tile in behind)
    rest = sum(forest.byte_length[tile] for tile in found.cut - behind)
    assert len(behind) > 5
    assert size <= max(COVER_LEAST, COVER_SHARE * 1.1 * rest) + 5000


def test_a_grouped_tile_is_replaced_only_where_it_is_in_view():
    tree = grouped(grid_tree(4))
    view = view_of(eye=(6.0, 3.0, 6.0), target=(20.0, 0.0, 20.0), height=2000)
    finest = replace(PLENTY, error=60.0)  # the root's is 915: nothing is worth covering out of view
    forest, found = chosen([(IDENTITY, tree)], view, finest, is_parted=True)
    whole_forest, whole = chosen([(IDENTITY, tree)], view, finest)
    assert found.replaced_by[0][:3].count(None) >= 2
    assert found.replaced_by[0][3] is not None
    assert 0 in found.cut
    assert used(forest, found)[0] < 0.75 * used(whole_forest, whole)[0]
    seen = sees(view, forest.box)
    for tile, regions in found.replaced_by.items():
        for parts, below in zip(regions, forest.regions[tile], strict=True):
            # No pixel is poorer by it: what stays is out of view.
            assert parts is not None or not any(seen[part] for part in below)


def test_a_tile_that_adds_stays_and_its_children_come_where_they_are_in_view():
    tree = added(grid_tree(4))
    view = view_of(eye=(6.0, 3.0, 6.0), target=(20.0, 0.0, 20.0), height=2000)
    forest, found = chosen([(IDENTITY, tree)], view, replace(PLENTY, error=60.0))
    assert found.cut == set(found.order)
    assert found.replaced_by[0] == (None, None, None, (4,))
    assert used(forest, found)[1] == 100 * len(found.order)


@pytest.mark.parametrize("is_parted", [False, True])
def test_the_points_of_parents_count_beside_those_of_their_children(is_parted):
    tree = added(grid_tree(4))
    limits = replace(PLENTY, triangles=1000)
    forest, found = chosen([(IDENTITY, tree)], view_of(height=100_000), limits, is_parted=is_parted)
    assert used(forest, found)[1] == 1000
    _, replaced = chosen([(IDENTITY, grid_tree(4))], view_of(height=100_000), limits, is_parted=is_parted)
    assert len(found.cut) == len(replaced.cut) == 10
    assert 0 in found.cut - replaced.cut


def test_a_tile_whose_groups_do_not_fit_its_children_goes_as_a_whole():
    tree = grouped(grid_tree(3))
    odd = replace(tree, groups=((*tree.groups[0], 3), *tree.groups[1:]))
    view = view_of(eye=(6.0, 3.0, 6.0), target=(20.0, 0.0, 20.0), height=2000)
    _, found = chosen([(IDENTITY, odd)], view, PLENTY, is_parted=True)
    assert None not in found.replaced_by[0]


@pytest.mark.parametrize(("fan", "levels"), [(2, 11), (4, 7)])
def test_little_is_sent_that_will_be_replaced(fan, levels):
    tree = grouped(grid_tree(levels, fan))
    forest, found = chosen([(IDENTITY, tree)], view_of(height=200_000), PLENTY, is_parted=True)
    size = {tile: forest.byte_length[tile] for tile in found.order}
    way = sum(size[tile] for tile in found.order if tile not in found.cut and tile not in found.roots)
    final = sum(size[tile] for tile in found.cut)
    assert len(found.cut) >= 1000
    assert 0 < way <= max(WAY_SHARE * final, min(WAY_LEAST, final / 4))


def test_a_file_that_several_placements_share_counts_once():
    tree = grid_tree(4)
    view = view_of(height=100_000)
    alone = used(*chosen([(IDENTITY, tree)], view, PLENTY))[0]
    both = used(*chosen([(IDENTITY, tree), (moved(5.0), tree)], view, PLENTY))[0]
    assert both == alone


def test_when_not_even_the_roots_fit_those_in_view_come_first():
    trees = [(moved(0.0, 500.0), grid_tree(3, seed=1)), (IDENTITY, grid_tree(3, seed=2))]
    forest, found = chosen(trees, view_of(), Limits(7000, 10**9, 10**6, 10**9))
    assert found.order == found.roots == [forest.roots[1]]


def test_nothing_stands_nothing_is_wanted():
    selection = select(grove([], []), view_of(), PLENTY)
    assert (len(selection), selection.roots, selection.replacements()) == (0, 0, [])


def test_the_most_visible_gain_per_byte_is_sent_first():
    trees = [(moved(0.0, -100.0), grid_tree(2, seed=2)), (IDENTITY, grid_tree(2, seed=1))]
    forest, found = chosen(trees, view_of(), replace(PLENTY, error=0.5))
    assert [int(forest.tree[tile]) for tile in found.order] == [1, 0, 1, 1, 1, 1, 0, 0, 0, 0]


def test_what_is_looked_at_is_sent_before_what_is_aside():
    trees = [(moved(x, -20.0), grid_tree(2, seed=at, name=str(at))) for at, x in enumerate((-40.0, 0.0, 40.0))]
    eye = View((0.0, 4.0, 30.0), (0.0, 0.0, 0.0, 1.0), 1.0, 2.5, 720)
    first = {}
    for sight_x in (-0.8, 0.0, 0.8):
        forest, found = chosen(trees, replace(eye, sight=(sight_x, 0.0)), PLENTY)
        refined = [tile for tile in found.order if tile not in found.roots]
        first[sight_x] = int(forest.tree[refined[0]])
    assert first == {-0.8: 0, 0.0: 1, 0.8: 2}


def test_what_a_turn_will_show_is_wanted_and_what_it_leaves_comes_later():
    trees = [(moved(x, -30.0), grid_tree(2, error=0.4, seed=at, name=str(at))) for at, x in enumerate((-12.0, 30.0))]
    eye = View((0.0, 4.0, 0.0), (0.0, 0.0, 0.0, 1.0), 0.8, 1.0, 720)
    forest, still = chosen(trees, eye, PLENTY)
    turning = replace(eye, turning=(0.0, -4.0, 0.0))  # to the right
    _, wood = planted(trees)
    found = Chosen(forest, select(wood, turning, PLENTY, later=predicted(turning, 0.2)))
    assert {int(forest.tree[tile]) for tile in still.replaced_by} == {0}
    assert {int(forest.tree[tile]) for tile in found.replaced_by} == {0, 1}
    refined = [int(forest.tree[tile]) for tile in found.order if tile not in found.roots]
    assert refined == [1, 1, 1, 1, 0, 0, 0, 0]


def test_while_the_picture_moves_coarse_gains_count_and_fine_ones_do_not():
    box = np.array([[0.0, 0.0, -20.0, 1, 0, 0, 0, 1, 0, 0, 0, 1]] * 2)
    still = view_of((0.0, 0.0, 0.0), (0.0, 0.0, -1.0))
    turning = replace(still, turning=(0.0, 2.0, 0.0))
    for eye, blurred in ((still, False), (turning, True)):
        looks = sight.looks_of(box, np.array([1.0, 0.02]), sight.poses(eye))
        fine = sight.shown_error(0.02, looks, 0) - sight.shown_error(0.01, looks, 0)
        coarse = sight.shown_error(1.0, looks, 0) - sight.shown_error(0.5, looks, 0)
        assert (fine == 0.0) == blurred
        assert coarse > 0.0


def test_what_is_out_of_view_waits_for_all_that_is_in_it():
    tree = grouped(grid_tree(7, error=400.0))
    eye = view_of(eye=(3.0, 2.0, 3.0), target=(3.0, 0.0, -8.0))
    forest, found = chosen([(IDENTITY, tree)], eye, PLENTY, is_parted=True)
    seen = sees(eye, forest.box).tolist()
    # Cover is what no way to something in view leads over.
    ways = {part: tile for tile, regions in found.replaced_by.items() for parts in regions for part in parts or ()}
    needed = set(found.roots)
    for shown in (tile for tile in found.order if seen[tile]):
        tile = shown
        while tile not in needed:
            needed.add(tile)
            tile = ways[tile]
    is_cover = [tile not in needed for tile in found.order]
    assert 5 < sum(is_cover) < len(is_cover) / 2
    assert is_cover == sorted(is_cover)


def test_the_same_view_gives_the_same_bytes():
    _, wood = planted([(IDENTITY, grouped(grid_tree(6)))])
    one, other = (select(wood, view_of(), PLENTY, is_parted=True) for _ in range(2))
    for name in Selection.__slots__:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_compiling_ahead_needs_nothing():
    warm()
