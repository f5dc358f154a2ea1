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
from numba import carray, njit, types
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


def _pointer(to: Any) -> Any:
    """What turns an address into a pointer, in compiled code."""

    @intrinsic
    def pointer(_typing: Any, _address: Any) -> Any:
        signature = types.CPointer(to)(types.int64)

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return signature, code

    return pointer


_float64, _int64, _int32 = _pointer(types.float64), _pointer(types.int64), _pointer(types.int32)


# By table and number of the stock: rows as arrays of their own would have their references counted, at 10 ns a time.


@njit(cache=True, nogil=True)
def boxes_at(table: Any, stock: int) -> Any:  # pragma: no cover - compiled
    """Boxes (n, 12) of a stock."""
    return carray(_float64(table[stock, BOX]), (table[stock, SIZE], 12))


@njit(cache=True, nogil=True)
def errors_at(table: Any, stock: int) -> Any:  # pragma: no cover - compiled
    """Errors (n,)."""
    return carray(_float64(table[stock, ERROR]), (table[stock, SIZE],))


@njit(cache=True, nogil=True)
def facts_at(table: Any, stock: int) -> Any:  # pragma: no cover - compiled
    """Facts (n, 7)."""
    return carray(_int64(table[stock, FACTS]), (table[stock, SIZE], 7))


@njit(cache=True, nogil=True)
def images_at(table: Any, stock: int) -> Any:  # pragma: no cover - compiled
    """Images (k, 3); how many there are is not said."""
    return carray(_int64(table[stock, IMAGE]), (1, 3))


@njit(cache=True, nogil=True)
def links_at(table: Any, stock: int, column: int) -> Any:  # pragma: no cover - compiled
    """One of the arrays of int32; how long it is is not said."""
    return carray(_int32(table[stock, column]), (1,))
