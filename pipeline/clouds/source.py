"""What a cloud of points is to whoever reads one: a head that is known at once, and points in chunks.

Every reader (LAS, LAZ, E57, PLY, text) gives a `CloudSource`. What is in memory does not grow with the file: points
come in chunks, in the order of the file, and the same ones every time. `pipeline.clouds.open.open_cloud` is the door.

Positions stand in the frame and the units of the file; `Head.metres` and `Head.up` say how they become metres, y up.
Where the file stores whole numbers (LAS, LAZ), they stay whole numbers: `Head.scale` and `Head.offset` place them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Singles

CHUNK = 1 << 18
"""points, where the caller does not say: some megabytes"""
FARTHEST = 1e10
"""units of a file: no reference system of the earth has larger numbers, and float64 still tells micrometres there"""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a cloud before its points are read.

    `count` points, at least one, of `records` in the file: the others have no place (not finite, or marked invalid) and
    are passed over. `low` and `high` (3,) float64 enclose every point, in the frame of the file; a chunk that says
    otherwise is refused. `scale` and `offset` (3,) float64 are there where positions are whole numbers, else None.
    """

    kind: str
    """`las`, `laz`, `e57`, `ply` or `text`"""
    count: int
    records: int
    low: Floats
    high: Floats
    scale: Floats | None = None
    offset: Floats | None = None
    colour_bits: int = 0
    """8: colours are uint8, 16: uint16, 0: there are none; sRGB as cameras write it, not linear"""
    has_intensity: bool = False
    has_classification: bool = False
    has_normals: bool = False
    crs: str = ""
    """the reference system as the file states it: WKT, or EPSG:2994, or nothing"""
    metres: float = 1.0
    """metres in a unit of the file"""
    height_metres: float | None = None
    """the same of heights, along z, where they are measured otherwise; None: alike"""
    up: str = "z"
    """axis of the file that points up, as `pipeline.units.UPS` names it"""
    grain: int = 1
    """records at whose multiples reading may begin as well as at the first one; 0: it begins there"""
    report: tuple[str, ...] = ()
    """in words: what was found, repaired or guessed in reading the head"""

    @property
    def metres_along(self) -> Floats:
        """Metres in a unit along x, y and z, (3,)."""
        return np.array([self.metres, self.metres, self.height_metres or self.metres])

    def placed(self, positions: NDArray[np.int32] | Floats) -> Floats:
        """Positions of a chunk as float64 (n, 3), in the frame and the units of the file.

        >>> head = Head("las", 1, 1, np.zeros(3), np.ones(3), scale=np.full(3, 0.5), offset=np.array([10.0, 0, 0]))
        >>> head.placed(np.array([[2, 4, 6]], np.int32)).tolist()
        [[11.0, 2.0, 3.0]]
        """
        if self.scale is None or self.offset is None:
            return np.asarray(positions, np.float64)
        return positions * self.scale + self.offset


@dataclass(frozen=True, slots=True)
class Points:
    """Some points of a cloud; a column is None exactly where the head says that there is none.

    The arrays may be views of the file, which nobody writes to; they are not used again for the next chunk.
    """

    positions: NDArray[np.int32] | Floats
    """(n, 3) int32 where the head has a scale, else float64"""
    colours: NDArray[np.uint8] | NDArray[np.uint16] | None = None
    """(n, 3) red, green, blue, of as many bits as the head says"""
    intensity: NDArray[np.uint16] | None = None
    """(n,), in steps of the instrument, or 0 to 65535 over the range that the file states"""
    classification: NDArray[np.uint8] | None = None
    """(n,) classes of the ASPRS, as 2 for ground"""
    normals: Singles | None = None
    """(n, 3) float32, as the file has them, in its frame"""

    def __len__(self) -> int:
        return len(self.positions)


class CloudSource(Protocol):
    """A file of points that was opened. Several threads may read it at once."""

    @property
    def head(self) -> Head:
        """What is known of it."""
        ...

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """The points of the records `first` to `last` (behind the last one; None: all), `size` records at a time.

        Never empty chunks, and shorter ones where records without a place are passed over. Any `first` can be begun at
        without reading what lies before it; LAZ unpacks from the beginning of its chunk, usually of 50,000 points, and
        E57, whose grain is 0, is read from its beginning.

        Raises:
            Malformed: the points contradict the head, or the file ends or breaks within them.
        """
        ...
