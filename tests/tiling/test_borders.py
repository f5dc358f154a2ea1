from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tests.tiling.shapes import ball, edges_of, moved, open_edges, part, patch_of, sheet, with_leaves
from tiling import borders, patch
from tiling.mesh import Material, Model
from tiling.patch import MANY, Layout, Patch

PLACES = np.array([[x, y, 0.5] for x in range(3) for y in range(3)], np.float32)


@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 9)), min_size=1))
def test_joined_are_rows_of_the_same_place_and_the_leaves_around_it(rows: set[tuple[int, int]]) -> None:
    some = sorted(rows, key=lambda row: (row[1], -row[0]))
    which, leaf = (np.array(column) for column in zip(*some, strict=True))
    number, leaves = borders.joined(PLACES[which], leaf.astype(np.int32))
    for (a, _), (b, _) in combinations(zip(which, leaf, strict=True), 2):
        same = number[which == a][0] == number[which == b][0]
        assert same == (a == b)
    for place, row in zip(which, leaves.tolist(), strict=True):
        around = sorted(set(leaf[which == place].tolist()))
        assert row == ([around[0], MANY, MANY, around[-1]] if len(around) > 4 else (around + around[-1:] * 3)[:4])


def _tiles(whole: Patch, owner: NDArray[np.int64]) -> list[Patch]:
    """A patch cut up into tiles of one leaf each."""
    known = with_leaves(whole, owner)
    return [part(known, owner == tile) for tile in range(int(owner.max()) + 1)]


def _thinned(
    tiles: list[Patch], layout: Layout, *, keep: float = 0.5, most_error: float = np.inf, shift: int = 0
) -> list[Patch]:
    """All tiles with their interfaces thinned, as the pipeline goes about it."""
    bands = [borders.bands(tile, number, shift) for number, tile in enumerate(tiles)]
    strips: list[list[borders.Strip]] = [[] for _ in tiles]
    weights = np.full(layout.width, 0.1, np.float32)
    for one, two in combinations(range(len(tiles)), 2):
        if two in bands[one] and one in bands[two]:
            pair = borders.thinned(bands[one][two], bands[two][one], layout, weights, keep=keep, most_error=most_error)
            for tile, strip in zip((one, two), pair, strict=True):
                strips[tile].append(strip)
    return [borders.with_strips(tile, own) for tile, own in zip(tiles, strips, strict=True)]


def _together(tiles: list[Patch]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    starts = np.cumsum([0] + [len(tile.positions) for tile in tiles])
    points = np.concatenate([tile.positions for tile in tiles])
    return points, np.concatenate([t.indices.astype(np.int64) + s for t, s in zip(tiles, starts[:-1], strict=True)])


def _border(tile: Patch) -> set[tuple[tuple[float, ...], tuple[float, ...]]]:
    """The open edges of a tile, by place."""
    places = np.unique(tile.positions, axis=0)
    ways = edges_of(tile.positions, tile.indices)
    return {(tuple(places[a]), tuple(places[b])) for a, b in ways if (b, a) not in ways}


def _cut(whole: Patch, kind: str) -> NDArray[np.int64]:
    middles = whole.positions[whole.indices].mean(axis=1)
    if kind == "halves":
        return (middles[:, 0] > 0.013).astype(int)
    if kind == "eighths":
        return ((middles > 0.013) * [1, 2, 4]).sum(axis=1)
    if kind == "wedges":  # many leaves meet at the poles
        return np.floor((np.arctan2(middles[:, 2], middles[:, 0]) / np.pi + 1.0) * 5.999).astype(int)
    return np.floor(np.arange(len(middles)) / len(middles) * 40).astype(int)  # shreds: strips a triangle wide


@pytest.mark.parametrize("kind", ["halves", "eighths", "wedges", "shreds"])
def test_both_sides_of_every_interface_are_thinned_alike(kind: str) -> None:
    whole, layout, _ = patch_of(ball(24, ripple=0.01))
    tiles = _tiles(whole, _cut(whole, kind))
    done = _thinned(tiles, layout)
    assert open_edges(*_together(tiles)) == 0
    assert open_edges(*_together(done)) == 0
    before, after = (sum(len(_border(tile)) for tile in each) for each in (tiles, done))
    assert after < (0.6 if kind in ("halves", "eighths") else 1.0) * before
    forth = [edge for tile in done for edge in _border(tile)]
    assert sorted(forth) == sorted((b, a) for a, b in forth)


def test_shared_vertices_keep_the_same_attributes() -> None:
    whole, layout, _ = patch_of(Model((sheet(30, 30, height=0.1, uvs=True),)))
    tiles = _tiles(whole, _cut(whole, "halves"))
    done = _thinned(tiles, layout)
    one, two = ({tuple(p): tuple(a) for p, a in zip(t.positions, t.attributes, strict=True)} for t in done)
    shared = one.keys() & two.keys()
    assert 5 < len(shared) < 0.6 * np.count_nonzero(tiles[0].outside(0, 0))
    assert all(one[place] == two[place] for place in shared)


def test_about_the_wanted_share_of_an_interface_stays() -> None:
    whole, layout, _ = patch_of(ball(30))
    tiles = _tiles(whole, _cut(whole, "halves"))
    for keep in (0.7, 0.5, 0.35):
        done = _thinned(tiles, layout, keep=keep)
        assert abs(len(_border(done[0])) / len(_border(tiles[0])) - keep) < 0.05


def test_nothing_goes_where_no_error_is_allowed_and_all_of_it_may_stay() -> None:
    whole, layout, _ = patch_of(ball(20, ripple=0.01))
    tiles = _tiles(whole, _cut(whole, "eighths"))
    assert [_border(tile) for tile in _thinned(tiles, layout, keep=1.0)] == [_border(tile) for tile in tiles]
    done = _thinned(tiles, layout, most_error=1e-7)
    assert [tile.triangles for tile in done] == [tile.triangles for tile in tiles]
    # The library scales positions and back, so a last bit may change, on both sides alike.
    assert open_edges(*_together(done)) == 0
    for before, after in zip(tiles, done, strict=True):
        assert cKDTree(after.positions).query(before.positions)[0].max() < 1e-6


def test_all_but_the_interface_stays_where_it_is() -> None:
    whole, layout, _ = patch_of(ball(20, ripple=0.01))
    tiles = _tiles(whole, _cut(whole, "eighths"))
    for number, (before, after) in enumerate(zip(tiles, _thinned(tiles, layout), strict=True)):
        inner = ~before.outside(number, number)
        corners = before.outside(number, number) & (before.leaves[:, 1] != before.leaves[:, 3])
        assert corners.any()
        here = {tuple(p) for p in after.positions.tolist()}
        # A triangle's third corner is locked, and where three tiles meet, too.
        assert {tuple(p) for p in before.positions[corners].tolist()} <= here
        assert {tuple(p) for p in before.positions[inner].tolist()} <= here


def test_triangles_between_two_interfaces_are_held() -> None:
    # The middle tile is one triangle wide, so its triangles touch both neighbours.
    whole, layout, _ = patch_of(Model((sheet(21, 40, height=0.05),)))
    x = whole.positions[whole.indices].mean(axis=1)[:, 0] + 0.5
    owner = np.where(x < 10 / 21, 0, np.where(x < 11 / 21, 1, 2))
    tiles = _tiles(whole, owner)
    bands = borders.bands(tiles[1], 1, 0)
    for band in bands.values():
        assert not band.free.any()
    done = _thinned(tiles, layout)
    assert [_border(tile) for tile in done] == [_border(tile) for tile in tiles]


def test_only_what_touches_both_neighbours_is_held() -> None:
    # A wedge: the middle tile is one triangle wide at one end and wide at the other.
    whole, layout, _ = patch_of(Model((sheet(40, 40, height=0.05),)))
    x, _, z = (whole.positions[whole.indices].mean(axis=1) + 0.5).T
    owner = np.where(x < 0.5 - 0.3 * z, 0, np.where(x < 0.5 + 0.3 * z, 1, 2))
    tiles = _tiles(whole, owner)
    band = borders.bands(tiles[1], 1, 0)[0]
    assert 0 < np.count_nonzero(band.free) < np.count_nonzero(tiles[1].outside(1, 1))
    done = _thinned(tiles, layout)
    rim = _border(whole)
    inner = [edge for tile in done for edge in _border(tile) if edge not in rim]
    assert sorted(inner) == sorted((b, a) for a, b in inner)
    assert len(inner) < 0.75 * sum(len(_border(tile) - rim) for tile in tiles)


def test_no_two_bands_share_a_triangle_and_each_touches_its_interface() -> None:
    whole, _, _ = patch_of(ball(16))
    owner = _cut(whole, "wedges")
    for number, tile in enumerate(_tiles(whole, owner)):
        seen: set[int] = set()
        for other, band in borders.bands(tile, number, 0).items():
            triangles = set(band.triangles.tolist())
            assert not seen & triangles
            seen |= triangles
            assert other != number
            assert np.array_equal(band.vertices[band.indices], tile.indices[band.triangles])
            assert np.array_equal(band.positions, tile.positions[band.vertices])
            free = band.vertices[band.free]
            assert {tuple(sorted(set(row))) for row in tile.leaves[free].tolist()} <= {tuple(sorted((number, other)))}


def test_at_a_place_of_many_leaves_nothing_moves() -> None:
    whole, layout, _ = patch_of(ball(24))
    tiles = _tiles(whole, _cut(whole, "wedges"))
    poles = {tuple(p) for tile in tiles for p in tile.positions[(tile.leaves == MANY).any(axis=1)].tolist()}
    assert poles
    done = _thinned(tiles, layout)
    assert poles <= {tuple(p) for tile in done for p in tile.positions.tolist()}


def test_many_leaves_within_one_tile_are_no_interface() -> None:
    whole, _, _ = patch_of(ball(16))
    known = with_leaves(whole, _cut(whole, "wedges"))
    assert (known.leaves == MANY).any()
    assert borders.bands(known, 0, 4) == {}
    assert borders.touching(known.leaves, 0, 4) == ()


def test_touching_are_the_other_tiles_at_the_border() -> None:
    whole, _, _ = patch_of(ball(16))
    owner = _cut(whole, "eighths")
    known = with_leaves(whole, owner)
    for shift in (0, 1, 2, 3):
        for tile in range(8 >> shift):
            own = part(known, owner >> shift == tile)
            around = {each >> shift for row in own.leaves.tolist() for each in row} - {tile}
            assert borders.touching(own.leaves, tile, shift) == tuple(sorted(around))


def test_tiles_of_several_leaves_meet_alike() -> None:
    whole, layout, _ = patch_of(ball(24, ripple=0.01))
    owner = _cut(whole, "eighths")
    known = with_leaves(whole, owner)
    tiles = [part(known, owner >> 1 == tile) for tile in range(4)]
    done = _thinned(tiles, layout, shift=1)
    assert open_edges(*_together(done)) == 0
    assert sum(tile.triangles for tile in done) < whole.triangles


def test_a_seam_of_materials_over_an_interface_stays_closed() -> None:
    left, right = sheet(16, 16, height=0.1), sheet(16, 16)
    right = moved(Model((replace(right, positions=left.positions * [-1, 1, 1]),)), (0, 0, 0), material=1).primitives[0]
    right = replace(right, indices=right.indices[:, ::-1])
    whole, layout, _ = patch_of(Model((left, right), (Material(), Material())))
    owner = (whole.positions[whole.indices].mean(axis=1)[:, 2] > 0.01).astype(int)
    done = _thinned(_tiles(whole, owner), layout)
    rim = _border(whole)
    inner = [edge for tile in done for edge in _border(tile) if edge not in rim]
    assert sorted(inner) == sorted((b, a) for a, b in inner)


def test_a_tile_without_strips_is_the_same() -> None:
    whole, _, _ = patch_of(ball(3))
    assert borders.with_strips(whole, []) is whole


def test_bands_of_an_empty_tile() -> None:
    nothing = patch.of_primitives([], Layout(normals=True, uvs=False, colours=False), np.zeros(3))
    assert borders.bands(nothing, 0, 0) == {}
    assert borders.touching(nothing.leaves, 0, 0) == ()


def test_leaves_look_for_what_ends_within_their_corners_and_only_then() -> None:
    def rim(*xs: float) -> NDArray[np.float32]:
        return np.array([[x, 0, 0] for x in xs], np.float32).reshape(-1, 3)

    def asked(*rims: NDArray[np.float32]) -> dict[int, list[float]]:
        owner = np.repeat(np.arange(len(rims), dtype=np.int32), [len(each) for each in rims])
        number, _ = borders.joined(np.concatenate(rims), owner)
        found = borders.unmatched(list(rims), number, low, high)
        return {number: places[:, 0].tolist() for number, places in found.items()}

    low, high = rim(0, 4, 9), rim(5, 10, 20)
    # What two leaves share lies within the corners of both, and there is nothing to look for.
    assert asked(rim(4, 5), rim(4, 5), rim()) == {}
    # At 4.5 the second leaf ends alone: the first may have that, and with it whatever else reaches it.
    assert asked(rim(4), rim(4, 4.5, 7), rim()) == {0: [4, 4.5]}
    assert asked(rim(1), rim(), rim(9.5)) == {1: [9.5]}
