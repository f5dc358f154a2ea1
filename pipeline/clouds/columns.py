"""Columns of points: how readers gather them, and how they become the chunks of a cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import units
from pipeline.clouds.source import CHUNK, Head, Points
from scenes.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tiling.mesh import Floats

WIDTHS = {"positions": 3, "colours": 3, "intensity": 1, "classification": 1, "normals": 3}


def guessed(kind: str, head: bytes, low: Floats, high: Floats) -> tuple[float, str, str]:
    """Metres in a unit, the upward axis, and a line for the report, of a format that says neither.

    Metres, unless its comments (of `pipeline.units`) speak for another unit. Text comes from surveys, whose third
    number is the height; the rest has y up, as surfaces have, unless its coordinates speak for z.
    """
    unit = units.commented(kind, head) if kind == "ply" else ""
    why = "its comments say so" if unit else "nothing speaks against it"
    up, why_up = "y", "nothing speaks against it"
    if kind == "text":
        up, why_up = "z", "surveys write heights last"
    if units.is_map(low, high):
        up, why_up = "z", "its coordinates are those of a map, east and north"
    metres = units.UNITS[unit or "m"]
    return metres, up, f"taken as units of {metres:g} m ({why}), {up} up ({why_up})"


def told_of_passed_over(count: int) -> tuple[str, ...]:
    """A line of the report, where there is something to tell."""
    return (f"{counted(count, '[point|points]')} without a place passed over",) if count else ()


def points_of(columns: dict[str, NDArray[Any]]) -> Points:
    """Points whose columns (k, width) are named as in `WIDTHS`."""
    return Points(
        positions=columns["positions"],
        colours=columns.get("colours"),
        intensity=columns["intensity"][:, 0] if "intensity" in columns else None,
        classification=columns["classification"][:, 0] if "classification" in columns else None,
        normals=columns.get("normals"),
    )


def batched(blocks: Iterable[dict[str, NDArray[Any]]], size: int, first: int, last: int) -> Iterator[Points]:
    """The rows `first` to `last` of columns that come in blocks, `size` at a time."""
    waiting: list[dict[str, NDArray[Any]]] = []
    at = there = 0
    for block in blocks:
        begin, end = max(first - at, 0), min(last - at, len(block["positions"]))
        at += len(block["positions"])
        if begin < end:
            waiting.append({name: column[begin:end] for name, column in block.items()})
            there += end - begin
        if there >= size or (there and at >= last):
            columns = {name: np.concatenate([each[name] for each in waiting]) for name in block}
            full = there if at >= last else there // size * size
            for start in range(0, full, size):
                part = slice(start, min(start + size, full))
                yield points_of({name: column[part] for name, column in columns.items()})
            waiting, there = [{name: column[full:] for name, column in columns.items()}], there - full
        if at >= last:
            return


class Columns:
    """A cloud of columns in memory: positions (n, 3), colours (n, 3) uint8 or uint16, intensity (n, 1) uint16, …"""

    def __init__(self, head: Head, arrays: dict[str, NDArray[Any]]) -> None:
        self.head, self._arrays = head, arrays

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        for start in range(first, last, size):
            part = slice(start, min(start + size, last))
            yield points_of({name: array[part].copy() for name, array in self._arrays.items()})
