"""Our reader of PLY as a cloud: its points, whatever else stands in the file.

Binary points without lists are mapped and taken out chunk by chunk; others are read once into columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, ply_rows
from pipeline.clouds.aside import Gathered
from pipeline.clouds.columns import guessed, points_of, told_of_passed_over
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.source import CHUNK, Head
from pipeline.ply_header import Element, header
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.clouds.aside import Waiting
    from pipeline.clouds.source import Points
    from pipeline.mapped import Store

_COLOURS = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
_INTENSITIES = ("scalar_intensity", "intensity", "scalar_scalar_intensity")
_CLASSES = ("scalar_classification", "classification", "class")
_LOOKED_AT = 1 << 16


def read(data: NDArray[np.uint8], store: Store) -> Ply | Waiting:
    """The points of a PLY.

    Raises:
        Malformed: the header lies, the data are cut short, or there are no points.
    """
    head = header(data)
    at = head.start
    for element in head.elements:
        if element.name == "vertex":
            layout = _Layout(element)
            if head.order and element.is_flat:
                return Ply(data, at, element, layout, head.order)
            return _gathered(data, at, element, layout, head.order, store)
        at = ply_rows.passed_over(data, at, element, head.order)
    raise Malformed("PLY: it has no points")


class _Layout:
    """Which properties are which column, by their numbers, and what full is on the scale of colours and intensity."""

    def __init__(self, element: Element) -> None:
        # Where a name stands twice, the first one counts.
        self.number: dict[str, int] = {}
        for number, item in enumerate(element.properties):
            if not item.count_type:
                self.number.setdefault(item.name, number)
        if not all(axis in self.number for axis in "xyz"):
            raise Malformed("PLY: its points have no x, y, z")
        self.colours = next((names for names in _COLOURS if all(name in self.number for name in names)), ())
        self.normals = ("nx", "ny", "nz") if all(name in self.number for name in ("nx", "ny", "nz")) else ()
        self.intensity = next((name for name in _INTENSITIES if name in self.number), "")
        self.classes = next((name for name in _CLASSES if name in self.number), "")
        kind = element.properties[self.number[self.colours[0]]].type if self.colours else ""
        self.colour_bits = 0 if not kind else 16 if kind in ("u2", "i2", "u4", "i4") else 8
        self.colour_full = 1.0 if kind in ("f4", "f8") else 255.0
        # Floating point intensity is a share of the most, or counts of the instrument.
        self.intensity_full = 1.0
        self.is_share = False

    def look(self, some: dict[str, NDArray[np.float64]]) -> None:
        """Let some points tell the scales: programs write bytes into words, and shares as well as counts."""
        if self.colours:
            most = max(float(np.nanmax(some[name], initial=0.0)) for name in self.colours)
            if self.colour_bits == 16 and most <= 255.0:
                self.colour_bits = 8
            if most > 1.0 and self.colour_full == 1.0:
                self.colour_full = 255.0
        if self.intensity:
            values = some[self.intensity]
            self.is_share = bool(np.nanmax(values, initial=0.0) <= 1.0 and (values % 1.0 > 0.0).any())

    def columns(self, values: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Columns (k, width) from properties by name."""
        found: dict[str, NDArray[Any]] = {
            "positions": np.stack([values[axis] for axis in "xyz"], axis=1).astype(np.float64)
        }
        if self.colours:
            colours = np.stack([values[name] for name in self.colours], axis=1)
            if colours.dtype != np.uint8:
                full, factor = (65535.0, 1.0) if self.colour_bits == 16 else (255.0, 255.0 / self.colour_full)
                colours = np.rint(np.clip(np.nan_to_num(colours * factor), 0.0, full))
            found["colours"] = colours.astype(np.uint16 if self.colour_bits == 16 else np.uint8)
        if self.normals:
            found["normals"] = np.stack([values[name] for name in self.normals], axis=1).astype(np.float32)
        if self.intensity:
            factor = 65535.0 if self.is_share else 1.0
            counts = np.nan_to_num(values[self.intensity].astype(np.float64) * factor)
            found["intensity"] = np.rint(np.clip(counts, 0.0, 65535.0)).astype(np.uint16)[:, None]
        if self.classes:
            classes = np.nan_to_num(values[self.classes].astype(np.float64))
            found["classification"] = np.clip(classes, 0.0, 255.0).astype(np.uint8)[:, None]
        return found

    @property
    def names(self) -> list[str]:
        return [
            *"xyz",
            *self.colours,
            *self.normals,
            *(name for name in (self.intensity, self.classes) if name),
        ]

    def head(self, lost: int, low: NDArray[np.float64], high: NDArray[np.float64], begin: bytes) -> Head:
        """The head of points that reach from `low` to `high`, `lost` others passed over; counts are not known here."""
        metres, up, taken = guessed("ply", begin, low, high)
        return Head(
            kind="ply",
            count=0,
            records=0,
            low=low,
            high=high,
            colour_bits=self.colour_bits,
            has_intensity=bool(self.intensity),
            has_classification=bool(self.classes),
            has_normals=bool(self.normals),
            metres=metres,
            up=up,
            report=(
                taken,
                *told_of_passed_over(lost),
            ),
        )


class Ply:
    """A binary PLY whose points are mapped. All are looked at once when it is opened, for how far they reach."""

    def __init__(self, data: NDArray[np.uint8], at: int, element: Element, layout: _Layout, order: str) -> None:
        kind = element.dtype(order)
        end = at + element.count * kind.itemsize
        if end > len(data):
            raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
        self._table, self._layout = data[at:end].view(kind), layout
        low, high = nowhere()
        lost = 0
        for part in mapped.slices(element.count, CHUNK):
            places = np.stack([self._table[part][f"{layout.number[axis]}"] for axis in "xyz"], axis=1)
            lost += extent(places.astype(np.float64), low, high)
            mapped.release(self._table[part])
        self._lost = lost
        checked(low, high, element.count - lost, "PLY")
        layout.look({name: values.astype(np.float64) for name, values in self._values(slice(0, _LOOKED_AT)).items()})
        head = layout.head(lost, low, high, data[:_LOOKED_AT].tobytes())
        self.head = replace(head, count=element.count - lost, records=element.count)

    def _values(self, part: slice) -> dict[str, NDArray[Any]]:
        rows = self._table[part]
        found = {}
        for name in self._layout.names:
            column = rows[f"{self._layout.number[name]}"]
            found[name] = column.astype(column.dtype.newbyteorder("="))
        mapped.release(rows)
        return found

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        for start in range(first, last, size):
            columns = self._layout.columns(self._values(slice(start, min(start + size, last))))
            if self._lost:
                kept = np.isfinite(columns["positions"]).all(axis=1)
                columns = {name: column[kept] for name, column in columns.items()}
            if not len(columns["positions"]):
                continue
            yield points_of(columns)


def _gathered(  # noqa: PLR0917
    data: NDArray[np.uint8], at: int, element: Element, layout: _Layout, order: str, store: Store
) -> Waiting:
    if not element.is_flat:
        raise Malformed("PLY: its points have lists")
    width, wanted = len(element.properties), layout.names
    gathered: Gathered | None = None
    for values, words, _ in ply_rows.rows(data, at, element, order):
        if (words < width).any():
            raise Malformed(f"PLY: a line of {element.name[:40]!r} is too short")
        starts = np.cumsum(words) - words
        some = {name: values[starts + layout.number[name]] for name in wanted}
        if gathered is None:
            layout.look(some)
            types: dict[str, Any] = {"positions": np.float64}
            if layout.colours:
                types["colours"] = np.uint16 if layout.colour_bits == 16 else np.uint8
            types |= {"intensity": np.uint16} if layout.intensity else {}
            types |= {"classification": np.uint8} if layout.classes else {}
            types |= {"normals": np.float32} if layout.normals else {}
            gathered = Gathered(store, types)
        gathered.add(layout.columns(some))
    if gathered is None:
        raise Malformed("PLY: it has no points")
    head = layout.head(gathered.passed_over, gathered.low, gathered.high, data[:_LOOKED_AT].tobytes())
    return gathered.done(head)
