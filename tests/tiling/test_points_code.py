from __future__ import annotations

import numpy as np
import pytest

from pipeline.clouds import document
from tiling import content, meshopt, payload, points_code, points_colour


def _cloud(count: int, extent: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).integers(0, extent, (count, 3)) + 1_000_000).astype(np.uint32)


def _strips(positions: np.ndarray) -> np.ndarray:
    every = np.arange(len(positions))
    return points_code.strips(positions, every, points_code.reach_of(positions, every))


@pytest.mark.parametrize("extent", [40, 3000, 65_536, 65_537, (1 << 24) - 2])
def test_places_come_back_to_the_step_however_wide_the_tile(extent: int) -> None:
    positions = _cloud(700, extent)
    positions[0], positions[1] = 1_000_000, 1_000_000 + extent - 1
    order = _strips(positions)
    step, base = np.array([0.001, 0.001, 0.002]), np.array([-7.0, 3.0, 0.5])
    data = document.tile_glb(
        points_code.packed(positions, order, points_code.reach_of(positions, order)), step=step, base=base
    )
    found = payload.read(data, lambda _: None)
    assert found.faults == ()
    assert found.cloud == 700
    (placed,) = content.placed(content.read(data))
    assert np.array_equal(np.rint((placed.positions - base) / step).astype(np.int64), positions[order])


def test_places_of_a_tile_too_wide_for_floats_are_rounded_to_few_steps() -> None:
    positions = _cloud(500, 1 << 27)
    order = _strips(positions)
    data = document.tile_glb(
        points_code.packed(positions, order, points_code.reach_of(positions, order)),
        step=np.full(3, 0.5),
        base=np.zeros(3),
    )
    (placed,) = content.placed(content.read(data))
    assert 0 < np.abs(placed.positions / 0.5 - positions[order].astype(float)).max() <= 8


def test_colours_intensities_classes_and_normals_come_back() -> None:
    chance = np.random.default_rng(4)
    positions, order = _cloud(300, 2000), np.arange(300, dtype=np.uint32)
    shades = chance.integers(0, 256, (300, 3)).astype(np.uint8)
    echoes, classes = chance.integers(0, 65536, 300).astype(np.uint16), chance.integers(0, 256, 300).astype(np.uint8)
    up = np.tile(np.float32([0, 1, 0]), (300, 1))
    packed = points_code.packed(
        positions,
        order,
        points_code.reach_of(positions, order),
        colours=np.pad(points_colour.LINEAR_OF_BYTE[shades], ((0, 0), (0, 1))),
        intensity=np.pad(echoes[:, None], ((0, 0), (0, 1))),
        classification=np.pad(classes[:, None], ((0, 0), (0, 3))),
        normals=meshopt.encode_oct8(up),
    )
    data = document.tile_glb(packed, step=np.full(3, 0.01), base=np.zeros(3))
    assert payload.read(data, lambda _: None).faults == ()
    model = content.read(data)
    attributes = model.document["meshes"][0]["primitives"][0]["attributes"]
    colours = content.accessor(model, attributes["COLOR_0"])
    assert np.array_equal(points_colour.bytes_of_linear(colours), shades)
    assert np.array_equal(content.accessor(model, attributes["_INTENSITY"])[:, 0], echoes)
    assert np.array_equal(content.accessor(model, attributes["_CLASSIFICATION"])[:, 0], classes)
    assert np.array_equal(content.accessor(model, attributes["NORMAL"]), np.tile(np.int8([0, 127, 0]), (300, 1)))


def test_properties_that_are_not_there_are_found() -> None:
    positions, order = _cloud(10, 100), np.arange(10, dtype=np.uint32)
    box = points_code.reach_of(positions, order)
    packed = points_code.packed(positions, order, box, classification=np.zeros((10, 4), np.uint8))
    data = document.tile_glb(packed, step=np.ones(3), base=np.zeros(3))
    wrong = data.replace(b'{"attribute":"_CLASSIFICATION"}', b'{"attribute":"_CLASSIFICATIOM"}')
    assert [code for code, *_ in payload.read(wrong, lambda _: None).faults] == ["PROPERTY"]
    broad = data.replace(b'"componentType":"UINT8"', b'"componentType":"INT8" ')
    assert [code for code, *_ in payload.read(broad, lambda _: None).faults] == ["PROPERTY"]


def test_each_byte_of_a_colour_has_its_own_light_and_most_end_in_zeros() -> None:
    table = points_colour.LINEAR_OF_BYTE
    assert (np.diff(table.astype(int)) > 0).all()
    assert ((table & 0xFF) == 0).mean() > 0.4
    true = np.where(np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4)
    assert np.abs(points_colour.table(16, is_reduced=False)[np.arange(256) * 257] - true * 65535).max() <= 0.5
    assert np.array_equal(points_colour.bytes_of_linear(table), np.arange(256))
