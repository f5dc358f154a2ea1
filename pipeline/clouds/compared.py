"""Two scans of which one is a cloud at least, compared: read into one frame, and the later one coloured by change.

`pipeline.change` is the door; a cloud is kept in memory for that (24 bytes a point) beside its places in the file,
which go back into the tiles as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import units
from pipeline.clouds.columns import Columns
from pipeline.clouds.open import open_cloud
from pipeline.repair import FAR_M
from pipeline.units import UNITS, UPS
from tiling.change_points import Cloud

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.clouds.source import Head
    from tiling.mesh import Bytes, Floats, Singles

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Scan:
    """A cloud in memory: positions (n, 3) as its file has them (with the steps of `head`), and normals or None."""

    head: Head
    positions: Any
    normals: Singles | None

    @property
    def origin(self) -> tuple[float, float, float]:
        """That a surface of the same frame is to be moved to, in the frame and the units of the file."""
        if max(np.abs(self.head.low).max(), np.abs(self.head.high).max()) <= FAR_M:
            return (0.0, 0.0, 0.0)
        x, y, z = np.round((self.head.low + self.head.high) / 2.0).tolist()
        return (x, y, z)

    def placed(self, place: tuple[float, float, float]) -> Floats:
        """A place (3,) of the file in metres, y up."""
        found: Floats = _turned(np.array([place], np.float64) * self.head.metres_along, self.head.up)[0]
        return found

    @property
    def frame(self) -> tuple[str, str]:
        """Unit and axis, to read a file by that says neither."""
        unit = next((name for name, metres in UNITS.items() if abs(metres - self.head.metres) < 1e-9), "m")
        return unit, self.head.up


def read(path: Path, scratch: Path, *, wanted_units: str | None, wanted_up: str | None) -> Scan:
    """A cloud; units and axis as was asked, else as the file has them.

    Raises:
        Malformed, Unsupported, TooLarge: it is refused.
        Invalid: there are no such units, or no such axis.
    """
    wanted = units.Wanted(wanted_units, wanted_up)
    source = open_cloud(path, path.name, scratch=scratch)
    head = source.head
    head = replace(
        head,
        metres=UNITS[wanted.units] if wanted.units else head.metres,
        height_metres=None if wanted.units else head.height_metres,
        up=wanted.up.removeprefix("+") if wanted.up else head.up,
    )
    positions = np.empty((head.count, 3), np.float64 if head.scale is None else np.int32)
    normals = np.empty((head.count, 3), np.float32) if head.has_normals else None
    at = 0
    for chunk in source.chunks(_PIECE):
        positions[at : at + len(chunk)] = chunk.positions
        if normals is not None and chunk.normals is not None:
            normals[at : at + len(chunk)] = _turned(chunk.normals, head.up)
        at += len(chunk)
    return Scan(head, positions, normals)


def middle(scan: Scan) -> Floats:
    """The middle of its bounds, metres, y up."""
    x, y, z = ((scan.head.low + scan.head.high) / 2.0).tolist()
    return np.round(scan.placed((x, y, z)), 3)


def near(scan: Scan, about: Floats) -> Cloud:
    """Its points relative to a place (3,) in metres, y up, as float32."""
    points = np.empty((len(scan.positions), 3), np.float32)
    for start in range(0, len(points), _PIECE):
        placed = scan.head.placed(scan.positions[start : start + _PIECE]) * scan.head.metres_along
        points[start : start + _PIECE] = _turned(placed, scan.head.up) - about
    return Cloud(points, scan.normals)


def coloured(scan: Scan, colours: Bytes) -> Columns:
    """The cloud in other colours (n, 4), of which red, green and blue are sRGB."""
    head = replace(
        scan.head,
        records=scan.head.count,
        colour_bits=8,
        has_intensity=False,
        has_classification=False,
        has_normals=False,
    )
    return Columns(head, {"positions": scan.positions, "colours": colours[:, :3]})


def _turned(vectors: Any, up: str) -> Any:
    """Vectors (n, 3) of a file, y up."""
    return np.stack([vectors[:, abs(axis) - 1] * np.sign(axis) for axis in UPS[up]], axis=1).astype(vectors.dtype)
