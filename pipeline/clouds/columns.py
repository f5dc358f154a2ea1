"""Points that were read into columns of their own: what text, E57 and PLY with lists become before anybody asks.

The columns lie in a scratch folder where the reader was given one, so they may be larger than memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, units
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.source import CHUNK, Head, Points
from scenes.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.mapped import Growing, Store
    from tiling.mesh import Floats

WIDTHS = {"positions": 3, "colours": 3, "intensity": 1, "classification": 1, "normals": 3}


@dataclass
class Gathered:
    """Columns that grow row by row; `done` makes a cloud of them. Types are numpy's, by the names of `WIDTHS`."""

    store: Store
    types: dict[str, Any]
    passed_over: int = 0
    low: Floats = field(default_factory=lambda: nowhere()[0])
    high: Floats = field(default_factory=lambda: nowhere()[1])
    _growing: dict[str, Growing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, kind in self.types.items():
            self._growing[name] = self.store.growing(WIDTHS[name], kind)

    def add(self, columns: dict[str, NDArray[Any]], dropped: NDArray[np.bool_] | None = None) -> None:
        """Append rows (k, width) of every column, but those that are `dropped` (k,) or have no finite place."""
        positions = columns["positions"]
        lost = extent(positions, *nowhere())
        if lost or dropped is not None:
            kept = np.isfinite(positions).all(axis=1)
            kept &= True if dropped is None else ~dropped
            columns = {name: column[kept] for name, column in columns.items()}
            self.passed_over += len(positions) - int(kept.sum())
        extent(np.ascontiguousarray(columns["positions"], np.float64), self.low, self.high)
        for name, growing in self._growing.items():
            growing.append(columns[name])

    def done(self, head: Head) -> Columns:
        """A cloud with these columns; count, bounds and what it has are put into `head` here.

        Raises:
            Malformed: there are no points, or they lie where nothing can.
        """
        arrays = {name: growing.done() for name, growing in self._growing.items()}
        count = len(arrays["positions"])
        checked(self.low, self.high, count, head.kind.upper())
        return Columns(replace(head, count=count, records=count, low=self.low, high=self.high), arrays)


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


class Columns:
    """A cloud of columns: positions (n, 3) float64, colours (n, 3) uint8 or uint16, intensity (n, 1) uint16, …"""

    def __init__(self, head: Head, arrays: dict[str, NDArray[Any]]) -> None:
        self.head, self._arrays = head, arrays

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        for start in range(first, last, size):
            part = slice(start, min(start + size, last))
            # A copy: what is mapped is let go of.
            copied = {name: np.array(array[part]) for name, array in self._arrays.items()}
            for array in self._arrays.values():
                mapped.release(array[part])
            yield points_of(copied)
