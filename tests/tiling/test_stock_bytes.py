"""A stock comes back as it was, or not at all."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.tiling.trees import grid_tree, grouped, with_files
from tiling import stock_bytes
from tiling.stock import Stock, stock
from tiling.stock_bytes import Damaged
from tiling.tree import TileTree

IMAGES, _ = with_files(grid_tree(3))
TREES = {
    "one tile": grid_tree(1),
    "images that tiles share": IMAGES,
    "tiles drawn in part": with_files(grouped(grid_tree(4)))[0],
    "coded": replace(IMAGES, coded_length=IMAGES.byte_length * 3 // 4),
    "tiles without content": replace(IMAGES, content=("", *IMAGES.content[1:5], "", *IMAGES.content[6:])),
}


def same(one: object, other: object) -> None:
    for field in fields(one):  # type: ignore[arg-type]
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape) == (b.dtype, b.shape), field.name
            np.testing.assert_array_equal(a, b)
            assert b.flags.c_contiguous
            assert b.ctypes.data % 8 == 0
        elif isinstance(a, TileTree):
            same(a, b)
        else:
            assert a == b, field.name


@pytest.mark.parametrize("name", TREES)
def test_a_stock_comes_back_as_it_was(name):
    made = stock(TREES[name])
    data = stock_bytes.write(made)
    again = stock_bytes.read(data)
    same(made, again)
    assert stock_bytes.write(again) == data


def test_a_stock_of_groups_comes_back_too():
    tree = replace(IMAGES, needs=((),) * len(IMAGES), image_bytes={})
    made = stock(tree, members=[[number] for number in range(len(tree))])
    same(made, stock_bytes.read(stock_bytes.write(made)))


@pytest.mark.parametrize("at", [0, 3, 4, 9, 300, -1])
def test_a_byte_that_changed_is_noticed(at):
    data = bytearray(stock_bytes.write(stock(IMAGES)))
    data[at] ^= 1
    with pytest.raises(Damaged):
        stock_bytes.read(bytes(data))


@pytest.mark.parametrize("length", [0, 3, 8, 500])
def test_what_is_cut_off_is_noticed(length):
    with pytest.raises(Damaged):
        stock_bytes.read(stock_bytes.write(stock(IMAGES))[:length])


def test_its_size_is_about_that_of_its_bytes():
    made: Stock = stock(TREES["tiles drawn in part"])
    assert 0.5 < stock_bytes.size_of(made) / len(stock_bytes.write(made)) < 2
