"""A stock as bytes and back, so that a tree is read from its documents once: 21,845 tiles in 0.02 s instead of 0.5 s.

A head in JSON, then arrays one after the other, each at a multiple of 64 bytes; read, they are views of the bytes, not
copies. Texts and lists of different lengths (digests, file names, groups) are numbers and offsets, too. Compiled code
follows the offsets that stand in these arrays unchecked, so a checksum over all comes first: whoever keeps stocks keeps
his own, but a disk may have lost some of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling.stock import Stock
from tiling.tree import TileTree

_ALIGN = 64
_SUM = 4
"""bytes of the checksum, and of the length of the head after it"""
_TREE_ARRAYS = tuple(field.name for field in fields(TileTree) if "NDArray" in str(field.type))
_STOCK_ARRAYS = tuple(field.name for field in fields(Stock) if "NDArray" in str(field.type))
_FIELDS = [(field.name, str(field.type)) for kind in (TileTree, Stock) for field in fields(kind)]
VERSION = f"2-{zlib.crc32(repr(_FIELDS).encode()):08x}"
"""of the layout, which is that of the two classes: what was written by another is not read"""


class Damaged(ValueError):
    """These bytes are no stock of this version."""


def size_of(stock: Stock) -> int:
    """Bytes that a stock takes in memory, about."""
    tree = stock.tree
    arrays: int = sum(getattr(tree, name).nbytes for name in _TREE_ARRAYS)
    arrays += sum(getattr(stock, name).nbytes for name in _STOCK_ARRAYS)
    return arrays + sum(120 + 80 * bool(groups) for groups in tree.groups) + 130 * len(tree)


def write(stock: Stock) -> bytes:
    """The same stock, the same bytes."""
    tree = stock.tree
    first, groups = _joined(tree.groups)
    contents = b"".join(bytes.fromhex(name) or bytes(32) for name in tree.content)
    arrays: dict[str, NDArray[Any]] = {
        **{f"tree.{name}": getattr(tree, name) for name in _TREE_ARRAYS},
        **{name: getattr(stock, name) for name in _STOCK_ARRAYS},
        "content": np.frombuffer(contents, np.uint8), "groups_first": first, "groups": groups,
    }  # fmt: skip
    head = {
        "geometric_error": tree.geometric_error, "image_bytes": list(tree.image_bytes.items()), "roots": stock.roots,
        "has_groups": bool(tree.groups),
        "arrays": [(name, array.dtype.str, array.shape) for name, array in arrays.items()],
    }  # fmt: skip
    text = json.dumps(head, separators=(",", ":")).encode()
    parts = [len(text).to_bytes(4, "little"), text]
    at = 2 * _SUM + len(text)
    for array in arrays.values():
        data = np.ascontiguousarray(array).tobytes()
        parts += [bytes(-at % _ALIGN), data]
        at += -at % _ALIGN + len(data)
    body = b"".join(parts)
    return zlib.crc32(body).to_bytes(_SUM, "little") + body


def read(data: bytes) -> Stock:
    """The stock of bytes that `write` made, which are kept as long as it is.

    Raises:
        Damaged: they are not as they were written.
    """
    if len(data) < 2 * _SUM or zlib.crc32(memoryview(data)[_SUM:]) != int.from_bytes(data[:_SUM], "little"):
        raise Damaged("the checksum is another")
    at = 2 * _SUM + int.from_bytes(data[_SUM : 2 * _SUM], "little")
    head = json.loads(data[2 * _SUM : at])
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape in head["arrays"]:
        at += -at % _ALIGN
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(data, np.dtype(kind), count, at).reshape(shape)
        at += arrays[name].nbytes
    names = tuple(name for name, _ in head["image_bytes"])
    own = {name: arrays[name] for name in _STOCK_ARRAYS}
    tree = TileTree(
        content=_digests(arrays["content"].tobytes()),
        needs=_parted(own["need_first"], [names[number] for number in own["need"].tolist()]),
        geometric_error=head["geometric_error"],
        image_bytes={name: (length, texture) for name, (length, texture) in head["image_bytes"]},
        groups=_parted(arrays["groups_first"], arrays["groups"].tolist()) if head["has_groups"] else (),
        **{name: arrays[f"tree.{name}"] for name in _TREE_ARRAYS},
    )
    return Stock(tree=tree, names=names, roots=tuple(head["roots"]), **own)


def _joined(lists: Sequence[Sequence[int]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    first = np.cumsum([0, *map(len, lists)]).astype(np.int32)
    return first, np.array([number for each in lists for number in each], np.int64)


def _parted(first: NDArray[np.int32], values: Sequence[Any]) -> tuple[tuple[Any, ...], ...]:
    if not len(values):
        return ((),) * (len(first) - 1)
    return tuple(tuple(values[a:b]) for a, b in pairwise(first.tolist()))


def _digests(data: bytes) -> tuple[str, ...]:
    """Of 32 bytes each; zeros are none."""
    text, none = data.hex(), "0" * 64
    found = (text[at : at + 64] for at in range(0, len(text), 64))
    return tuple("" if each == none else each for each in found)
