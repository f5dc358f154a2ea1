"""Ladders of assets and proxies of groups: what they look like, and that they say how wrong they are."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scenes.coarse import Ladder, ladder, read_back, topmost, written
from scenes.gltf_build import TileImage
from scenes.proxy import MOST_BYTES, Thing, proxy_of
from scenes.surface import NOTHING, Surface, decoded, encoded
from tests.tiling.handmade import cube_glb
from tiling.bounds import box
from tiling.mesh import Material
from tiling.tree import TileTree


def tree_of(*parents: int, content: str = "") -> TileTree:
    """A tree of tiles named a, b, …; those in `content` have content."""
    count = len(parents)
    names = [chr(ord("a") + n) for n in range(count)]
    zeros = np.zeros(count, np.int64)
    return TileTree(
        parent=np.array(parents, np.int32),
        box=np.tile(box(np.zeros(3), np.ones(3)), (count, 1)),
        error=np.full(count, 0.25),
        content=tuple(name if name in content else "" for name in names),
        needs=((),) * count,
        byte_length=zeros,
        triangles=zeros,
        draws=zeros,
        texture_bytes=zeros,
        geometric_error=9.0,
        image_bytes={},
    )


def picture(left: tuple[int, int, int], right: tuple[int, int, int]) -> TileImage:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :32], pixels[:, 32:] = left, right
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True)
    return TileImage(file.getvalue())


def ball(triangles: int = 4000) -> Surface:
    """A ball of about so many triangles, with a radius of 2 m, red below and blue above."""
    rows = int(np.sqrt(triangles / 4))
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * rows + 1), np.linspace(-np.pi / 2, np.pi / 2, rows + 1))
    points = 2 * np.stack([np.cos(v) * np.cos(u), np.sin(v), np.cos(v) * np.sin(u)], axis=-1).reshape(-1, 3)
    number = np.arange(u.size, dtype=np.uint32).reshape(u.shape)
    a, b, c, d = (x.reshape(-1) for x in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    colours = np.where(points[:, 1:2] < 0, (1.0, 0, 0, 1), (0, 0, 1.0, 1)).astype(np.float32)
    return Surface(points, colours, np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)]))


@pytest.fixture(scope="module")
def steps() -> Ladder:
    data = encoded(ball(), 1e-4).data
    return ladder(tree_of(-1, content="a"), lambda _: data, lambda _: b"")


def test_a_ladder_gets_coarser_step_by_step_and_says_so(steps: Ladder) -> None:
    counts = [len(step.surface.triangles) for step in steps]
    errors = [step.error for step in steps]
    assert counts == sorted(counts, reverse=True)
    assert errors == sorted(errors)
    assert counts[0] <= 2048
    assert counts[-1] == 4
    # What the tile itself may be wrong by is in all of them.
    assert errors[0] >= 0.25


def test_no_step_is_further_from_the_ball_than_it_says(steps: Ladder) -> None:
    for step in steps[:-2]:
        a, b, c = (step.surface.positions[step.surface.triangles[:, corner]] for corner in range(3))
        for points in (a, b, c, (a + b + c) / 3):
            assert np.abs(np.linalg.norm(points, axis=1) - 2).max() <= step.error


def test_a_ladder_is_read_back_as_it_was_written_within_its_errors(steps: Ladder) -> None:
    data = written(steps)
    again = read_back(data)
    assert [step.error for step in again] == [step.error for step in steps]
    for one, two in zip(steps, again, strict=True):
        assert one.surface.deviation_of(two.surface) <= 0.2 * one.error
        assert len(two.surface.triangles) <= len(one.surface.triangles)
    assert read_back(b"") == ()
    assert written(()) == b""


def test_colours_come_from_the_texture_of_a_tile() -> None:
    data = cube_glb((0, 0, 0), (4, 3, 2), image=picture((255, 0, 0), (0, 0, 255)))
    (first, *_) = ladder(tree_of(-1, content="a"), lambda _: data, lambda _: b"")
    left = first.surface.positions[:, 0] < 2
    reds, blues = first.surface.colours[left, 0], first.surface.colours[~left, 2]
    assert min(reds) > 0.4
    assert min(blues) > 0.4
    assert max(first.surface.colours[:, 1]) == 0


def test_colours_come_from_the_material_where_there_is_no_texture() -> None:
    data = cube_glb((0, 0, 0), (4, 3, 2), material=Material(base_colour=(0.25, 0.5, 0.75, 1.0)))
    (first, *_) = ladder(tree_of(-1, content="a"), lambda _: data, lambda _: b"")
    assert first.surface.mean_colour().tolist() == [0.25, 0.5, 0.75, 1.0]


def test_what_cannot_be_read_has_no_ladder() -> None:
    assert ladder(tree_of(-1, content="a"), lambda _: b"no tile", lambda _: b"") == ()
    assert ladder(tree_of(-1), lambda _: b"", lambda _: b"") == ()
    broken = cube_glb((0, 0, 0), (4, 3, 2), image=replace(picture((0, 0, 0), (0, 0, 0)), data=b"RIFF\0\0\0\0WEBPxx"))
    assert ladder(tree_of(-1, content="a"), lambda _: broken, lambda _: b"") == ()


def test_the_topmost_tiles_are_those_with_content_and_none_above() -> None:
    assert topmost(tree_of(-1, 0, 0, 1, 1, content="cde")) == [2, 3, 4]
    assert topmost(tree_of(-1, 0, 1, content="ac")) == [0]


def thing(steps: Ladder, place: NDArray[np.float64], *, scale: float = 1.0) -> Thing:
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = place
    return Thing(steps, matrix, scale, 9.0 * scale)


def field(steps: Ladder, count: int, *, side: float = 1000.0) -> list[Thing]:
    chance = np.random.default_rng(4)
    return [thing(steps, chance.uniform(-side, side, 3) * (1, 0, 1)) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 10, 300, 1400, 4000])
def test_a_proxy_keeps_within_its_bytes_and_triangles_however_many_there_are(steps: Ladder, count: int) -> None:
    proxy = proxy_of(field(steps, count), extras={"sources": "x"})
    assert len(gzip.compress(proxy.data, 9)) <= MOST_BYTES
    assert 0 < proxy.triangles <= 6_000
    assert proxy.packed
    assert gzip.decompress(proxy.packed) == proxy.data


def test_fewer_things_are_shown_more_truly(steps: Ladder) -> None:
    errors = [proxy_of(field(steps, count), extras={}).error for count in (1, 10, 100, 1000, 4000)]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]


def test_the_same_things_give_the_same_bytes(steps: Ladder) -> None:
    assert proxy_of(field(steps, 100), extras={}).data == proxy_of(field(steps, 100), extras={}).data


def test_every_thing_of_a_crowd_is_near_what_is_shown(steps: Ladder) -> None:
    things = field(steps, 4000)
    proxy = proxy_of(things, extras={})
    points = decoded(proxy.data).positions
    for each in things[::97]:
        assert np.linalg.norm(points - each.matrix[:3, 3], axis=1).min() <= proxy.error + 4


def test_a_larger_thing_gets_more_of_the_triangles(steps: Ladder) -> None:
    things = [*(thing(steps, np.array([10.0 * n, 0, 0])) for n in range(60)), thing(steps, np.zeros(3), scale=50)]
    surface = decoded(proxy_of(things, extras={}).data)
    large = surface.positions[surface.triangles].max(axis=(1, 2)) > 5
    outside = np.abs(surface.positions[surface.triangles][:, :, 1]).max(axis=1) > 2.5
    assert np.count_nonzero(outside) > 400
    assert np.count_nonzero(large) > np.count_nonzero(outside)


def test_things_without_a_ladder_make_no_proxy_and_an_honest_error(steps: Ladder) -> None:
    nothing = proxy_of([thing((), np.zeros(3))], extras={})
    assert (nothing.data, nothing.error, nothing.triangles) == (b"", 9.0, 0)
    some = proxy_of([thing((), np.zeros(3)), thing(steps, np.ones(3))], extras={})
    assert some.data
    assert some.error >= 9.0


def test_what_is_mirrored_keeps_its_outside_out() -> None:
    surface = ball(400)
    mirrored = surface.placed(np.diag([-1.0, 1, 1, 1]))

    def volume(each: Surface) -> float:
        a, b, c = (each.positions[each.triangles[:, corner]] for corner in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    assert volume(surface) > 0
    assert volume(mirrored) == pytest.approx(volume(surface))


def test_a_surface_far_from_the_origin_keeps_its_shape() -> None:
    far = ball(400).placed(np.array([[1, 0, 0, 3e5], [0, 1, 0, 0], [0, 0, 1, -4e5], [0, 0, 0, 1.0]]))
    again = decoded(encoded(far, 0.01).data)
    assert np.abs(again.positions.min(axis=0) - far.positions.min(axis=0)).max() < 0.01
    assert NOTHING.mean_colour().tolist() == [0.5, 0.5, 0.5, 1.0]
