"""Trees that stand in a scene, each with its transform: what a view selects from.

Nothing is copied out of a tree: compiled code finds the arrays of each stock by their addresses (`table`), and a box is
put where it stands when it is looked at. So a grove is made in 0.5 µs a tree, however many tiles the trees have; a
million tiles cost nothing until somebody sees them.

A node of a grove is (number of the tree, number of the tile in it). Where there are many trees, the last one may be a
tree of groups (`stock(…, members=…)`), whose tiles stand for many trees from afar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from tiling.stock import Stock

Floats = NDArray[np.float64]

(
    SIZE, BOX, ERROR, FACTS, REGION_FIRST, REGION_TRIANGLES, PART_FIRST, PART, NEED_FIRST, NEED, IMAGE,
) = range(11)  # fmt: skip
"""columns of `table`: tiles, then addresses"""


@dataclass(frozen=True, slots=True)
class Grove:
    """t trees of s stocks."""

    stocks: tuple[Stock, ...]
    """kept, so that the addresses hold"""
    stock: NDArray[np.int32]
    """(t,) of each tree"""
    matrix: Floats
    """(t, 12) three rows of each tree's transform"""
    is_bent: NDArray[np.bool_]
    """(t,) whether the transform does not keep right angles, so that boxes have to become hulls"""
    scale: Floats
    """(t,) by which its errors grow"""
    table: NDArray[np.int64]
    """(s, 11), columns as above"""
    root_first: NDArray[np.int64]
    """(t + 1,) of each tree's topmost tiles with content in `root_tile`"""
    root_tile: NDArray[np.int64]
    roots: NDArray[np.int64]
    """(r, 2) nodes that together show all of it"""

    def __len__(self) -> int:
        return len(self.stock)

    def stock_of(self, tree: int) -> Stock:
        """The stock of a tree."""
        return self.stocks[int(self.stock[tree])]


def grove(
    transforms: Floats | Sequence[Sequence[float]], stocks: Sequence[Stock], groups: Stock | None = None
) -> Grove:
    """Trees, each a stock under a transform (16 numbers, column-major), and the tree of groups above them, if any."""
    columns = np.array(transforms, np.float64).reshape(-1, 4, 4)
    if groups is not None:
        columns = np.concatenate([columns, np.eye(4)[None]])
    every = [*stocks] if groups is None else [*stocks, groups]
    number: dict[int, int] = {}
    stock = np.array([number.setdefault(id(each), len(number)) for each in every], np.int32)
    distinct = tuple({id(each): each for each in every}.values())
    root_first = np.concatenate([[0], np.cumsum([len(each.roots) for each in every], dtype=np.int64)])
    root_tile = np.array([tile for each in every for tile in each.roots], np.int64)
    roots = np.column_stack([np.repeat(np.arange(len(every)), np.diff(root_first)), root_tile])
    if groups is not None:
        # Where the topmost group has no content, trees and tiles of groups stand in for it.
        above = len(stocks)
        parts = [(above, part) if part >= 0 else (-1 - part, -1) for part in groups.roots]
        roots = np.array(
            [node for tree, tile in parts
             for node in ([(tree, tile)] if tile >= 0 else [(tree, root) for root in every[tree].roots])]
        )  # fmt: skip
    lengths = np.sqrt((columns[:, :3, :3] ** 2).sum(axis=2))
    across = np.abs(
        np.einsum("tai,tbi->tab", columns[:, :3, :3], columns[:, :3, :3]) - np.eye(3) * lengths[:, :1, None] ** 2
    )
    return Grove(
        stocks=distinct,
        stock=stock,
        matrix=np.ascontiguousarray(columns.transpose(0, 2, 1)[:, :3, :]).reshape(-1, 12),
        is_bent=(across > 1e-9 * lengths[:, :1, None] ** 2).any(axis=(1, 2)),
        scale=lengths.max(axis=1, initial=0.0),
        table=np.array([_addresses(each) for each in distinct], np.int64).reshape(-1, 11),
        root_first=root_first,
        root_tile=root_tile,
        roots=np.ascontiguousarray(roots, np.int64).reshape(-1, 2),
    )


def _addresses(stock: Stock) -> tuple[int, ...]:
    tree = stock.tree
    arrays = (
        tree.box, tree.error, stock.facts, stock.region_first, stock.region_triangles, stock.part_first, stock.part,
        stock.need_first, stock.need, stock.image,
    )  # fmt: skip
    return len(tree), *(array.ctypes.data for array in arrays)


KERNEL: Any = {"cache": True, "nogil": True, "_nrt": False}
"""how functions are compiled that make no arrays: without it each counts the references to all that it is given, which
took a third of a selection"""


def _loads(bits: int) -> Any:
    """What reads a number of so many bits at an address, in compiled code."""
    to = types.float64 if bits == 0 else types.Integer.from_bitwidth(bits)

    @intrinsic
    def load(_typing: Any, _address: Any, _at: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], context.get_value_type(to).as_pointer())
            return builder.load(builder.gep(pointer, [arguments[1]]))

        return to(types.int64, types.int64), code

    return load


load_float, _load_64, _load_32 = _loads(0), _loads(64), _loads(32)


@njit(**KERNEL)
def fact(table: Any, stock: int, tile: int, column: int) -> int:  # pragma: no cover - compiled
    """One of the facts of a tile."""
    return int(_load_64(table[stock, FACTS], 7 * tile + column))


@njit(**KERNEL)
def link(table: Any, stock: int, column: int, at: int) -> int:  # pragma: no cover - compiled
    """A number of one of the arrays of int32."""
    return int(_load_32(table[stock, column], at))


@njit(**KERNEL)
def image(table: Any, stock: int, at: int, column: int) -> int:  # pragma: no cover - compiled
    """A number, the bytes or the bytes of texture of the image that stands at a place of `need`."""
    return int(_load_64(table[stock, IMAGE], 3 * _load_32(table[stock, NEED], at) + column))


@njit(**KERNEL)
def error_of(table: Any, stock: int, tile: int) -> float:  # pragma: no cover - compiled
    """Error of a tile where its tree stands by itself, metres."""
    return float(load_float(table[stock, ERROR], tile))
