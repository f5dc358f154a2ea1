"""What may be asked of a tiling, and what comes of it. It loads none of what tiles, which takes half a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenes.model import Tileset
    from tiling.quantize import Coding

Progress = Callable[[float, str], None]

DOCUMENT = "tileset.json"


@dataclass(frozen=True, slots=True)
class TileSettings:
    """What may be chosen of a tiling. Neither workers nor memory nor the scheduler change a byte of the result."""

    workers: int = 1
    memory_bytes: int = 2 << 30
    most_seconds: int = 3600
    leaf_triangles: int = 40_000
    root_triangles: int = 8_000
    coding: Coding = "meshopt"
    samples: int = 8_000
    """points that a tile's error is measured by, each way"""
    units: str | None = None
    up: str | None = None
    """what the source is measured in and which axis of it points up; None: guessed"""
    scheduler: str | None = None
    """address of a Dask scheduler whose workers see the same folders; None: threads of this process"""
    normal_maps: bool = False
    """whether coarse tiles with images get a map of the normals that were simplified away"""
    precision_m: float | None = None
    """of a cloud of points: places are kept to steps of so many metres, colours and intensities reduced; None: exact"""
    is_measured: bool = False
    """whether the errors that tiles state are held against dense sampling of the source"""
    is_coded: bool = False
    """whether every tile's file gets a coded copy beside it (gzip; brotli of points), which is made in any case: its
    bytes are told"""
    tells_place: bool = True
    """whether the document and the report of a cloud say where on the Earth it lies, as the figures do in any case"""


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """What is reported of a level; errors in metres."""

    tiles: int
    triangles: int
    byte_length: int
    coded_length: int
    mean_error: float
    """root mean square of both ways"""
    most_error: float
    """the largest distance found"""
    bound: float
    """the largest error that a tile of the level states"""
    texel: float
    """side of the coarsest texel on the surface; 0 without texture"""


@dataclass(frozen=True, slots=True)
class TileResult:
    """What was made: figures, the document's file name, and the other files (name, sha256, bytes, media type)."""

    tileset: Tileset
    document: str
    files: tuple[tuple[str, str, int, str], ...]
    report: tuple[str, ...]
    levels: tuple[LevelFigures, ...] = ()
    """root first"""
    measured: dict[str, Any] | None = None
    """what `tiling.measure` found, and the same as a table"""
    done: Mapping[str, int] = field(default_factory=dict, compare=False)
    known: Mapping[str, int] = field(default_factory=dict, compare=False)
    """by stage the steps that were made, and those whose results were there from before"""
