"""From two files of one thing at two dates to tiles of the later one, coloured by what changed, and to figures.

Both are read in the sandbox in one frame: where the earlier one lies far from its origin, the later one is moved as it
was. Everything else is `tiling.change` (`tiling.change_points`, where one is a cloud of points), and the ordinary
tilers, which carry colours at vertices and points.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import MANIFEST
from scenes.errors import Invalid, Malformed, ParserCrash

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.asked import TileResult, TileSettings
    from pipeline.clouds.columns import Columns
    from pipeline.clouds.compared import Scan
    from tiling.change import Change
    from tiling.mesh import Bytes, Floats, Indices, Model, Singles

DOCUMENT = "change.json"
_MOST_DOCUMENT = 1 << 20
_PIECE = 1 << 20
_FEWEST = 200_000
"""samples"""
_UNEVEN = 0.2


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """What may be chosen. Metres; None: taken from the distances."""

    threshold: float | None = None
    scale: float | None = None
    is_forced: bool = False
    """whether surfaces that lie apart are compared nevertheless"""
    samples: int | None = None
    """points of each surface that are looked at for the figures; None: two a triangle, 200,000 to 1,000,000"""


def change_in_sandbox(
    earlier: Path,
    later: Path,
    out: Path,
    *,
    settings: ChangeSettings,
    tiling: TileSettings,
    progress: Callable[[float, str], None],
) -> tuple[TileResult, dict[str, Any]]:
    """Compare two files and tile the later one into the empty folder `out`; the figures, which are written there too.

    A file that names others is read with its folder.

    Raises:
        Invalid: they lie apart, or a setting cannot be used.
        Malformed, Unsupported, TooLarge, ForbiddenReference: a file is refused.
        StorageFull, ParserCrash: as `pipeline.sandbox.tile_in_sandbox`.
    """
    from pipeline import sandbox

    request = {"earlier": str(earlier.resolve()), "later": str(later.resolve()), "out": str(out.resolve())}
    asked = {**request, "change": asdict(settings)}
    sandbox.run(asked, out, settings=tiling, progress=progress, cancelled=lambda: False)
    result = sandbox.checked(out)
    path = out / DOCUMENT
    try:
        # No link is followed, and no more is read than there can be.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW)) as file:
            figures = json.loads(file.read(_MOST_DOCUMENT))
        float(figures["threshold"]), str(figures["alignment"]["verdict"]), list(figures["warnings"])
    except (ValueError, TypeError, KeyError, OSError, RecursionError) as wrong:
        raise ParserCrash(f"the figures that were left behind make no sense: {wrong}") from wrong
    return result, figures


def work(request: dict[str, Any], progress: Callable[[float, str], None]) -> None:
    """The child's part: read, compare, colour, tile, and leave manifest and figures. Raises as `change_in_sandbox`."""
    from pipeline.tile import TileSettings, tile_model
    from tiling.mesh import Model

    settings, tiling = ChangeSettings(**request["change"]), TileSettings(**request["settings"])
    out, sources = Path(request["out"]), [Path(request["earlier"]), Path(request["later"])]
    with tempfile.TemporaryDirectory(prefix="read-", dir=out) as scratch:
        scans = _scans(sources, Path(scratch), tiling, progress)
        told = lambda done: progress(0.2 + 0.3 * done, "comparing")  # noqa: E731
        one, other = scans
        coloured: Model | Columns
        if isinstance(one, Model) and isinstance(other, Model):
            coloured, figures = compared(one, other, settings, told)
        else:
            coloured, figures = compared_points(one, other, settings, told)
        abouts = {"earlier": _about(sources[0], scans[0]), "later": _about(sources[1], scans[1])}
        figures = {**abouts, **figures}
        # Not in `out` itself: the folder of a tileset holds nothing else while it is made.
        tell = lambda done, message: progress(0.5 + 0.5 * done, message)  # noqa: E731
        if isinstance(coloured, Model):
            result = tile_model(coloured, out, tiling, tell)
        else:
            from pipeline.clouds.tile import tile_cloud

            result = tile_cloud(coloured, out, tiling, tell, work=Path(scratch))
    (out / DOCUMENT).write_text(json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    (out / MANIFEST).write_text(json.dumps(asdict(result)))


def _scans(
    sources: list[Path], scratch: Path, tiling: TileSettings, progress: Callable[[float, str], None]
) -> list[Model | Scan]:
    """Both files in one frame: the later one stands where the earlier one does.

    A surface of a format that says neither unit nor axis is read as the cloud beside it, whose format says both.
    """
    from pipeline import read
    from pipeline.clouds import compared as clouds
    from pipeline.clouds.open import kind_of

    found: dict[int, Model | Scan] = {}
    kinds = [kind_of(source, source.name) if source.is_file() else "" for source in sources]
    asked = (tiling.units, tiling.up)
    # Clouds first: what they say of their frame holds for the surface.
    for number in sorted((0, 1), key=lambda number: not kinds[number]):
        source, own = sources[number], scratch / str(number)
        progress(0.1 * len(found), f"reading {source.name[:80]}")
        own.mkdir()
        if kinds[number]:
            scan = clouds.read(source, own, wanted_units=tiling.units, wanted_up=tiling.up)
            found[number] = scan
            if scan.head.kind in ("las", "laz", "e57") and _says_nothing(sources[1 - number]):
                asked = (asked[0] or scan.frame[0], asked[1] or scan.frame[1])
            continue
        folder = source.parent if source.is_file() and source.suffix.lower() in (".gltf", ".obj") else source
        other = found.get(1 - number)
        origin = None if other is None else other.origin
        model = read.read(folder, source.name, scratch=own, units=asked[0], up=asked[1], origin=origin)
        if not model.triangles:
            raise Malformed(f"{source.name[:80]} has no triangles")
        found[number] = model
    return [found[0], found[1]]


def _says_nothing(source: Path) -> bool:
    """Whether a surface is of a format that states neither unit nor axis."""
    return source.suffix.lower() in (".obj", ".ply", ".stl", ".off")


def compared(
    earlier: Model, later: Model, settings: ChangeSettings, progress: Callable[[float], None] = lambda _: None
) -> tuple[Model, dict[str, Any]]:
    """The later model coloured by change, and figures for JSON.

    Raises:
        Invalid: they lie apart and nobody insists, or a setting cannot be used.
    """
    from tiling import change

    _check(settings)
    middle = _middle(earlier)
    samples = settings.samples or min(max(2 * max(earlier.triangles, later.triangles), _FEWEST), change.SAMPLES)
    try:
        found, distances, is_uncovered = change.measured(
            _surface(earlier, middle),
            _surface(later, middle),
            threshold=settings.threshold,
            samples=samples,
            progress=progress,
        )
    except ValueError as refused:
        raise Invalid(str(refused)) from refused
    scale = _settled(found, settings)
    colours = change.colours(distances, is_uncovered, threshold=found.threshold, scale=scale)
    return _coloured(later, colours), _figures(found, scale)


def compared_points(
    earlier: Model | Scan, later: Model | Scan, settings: ChangeSettings, progress: Callable[[float], None]
) -> tuple[Model | Columns, dict[str, Any]]:
    """The later one coloured by change, and figures for JSON, where one of both is a cloud at least.

    Raises:
        Invalid: they lie apart and nobody insists, a setting cannot be used, or a cloud has no surface.
    """
    from pipeline.clouds import compared as clouds
    from tiling import change, change_points
    from tiling.mesh import Model

    _check(settings)
    cloud = next(each for each in (earlier, later) if not isinstance(each, Model))
    middle = clouds.middle(cloud)
    sides = [
        _surface(each, middle - cloud.placed(each.origin)) if isinstance(each, Model) else clouds.near(each, middle)
        for each in (earlier, later)
    ]
    try:
        found, distances, is_uncovered, how = change_points.measured(
            sides[0],
            sides[1],
            threshold=settings.threshold,
            samples=settings.samples or change.SAMPLES,
            progress=progress,
        )
    except ValueError as refused:
        raise Invalid(str(refused)) from refused
    scale = _settled(found, settings)
    is_model = isinstance(later, Model)
    colours = change.colours(distances, is_uncovered, threshold=found.threshold, scale=scale, is_linear=is_model)
    figures = {**_figures(found, scale), **how}
    if how["sides"] == "outwards":
        figures["warnings"].append(
            "neither file says which side of its points is outside; it was taken to be where they bulge, and on plain "
            "walls gained and lost may be the other way round"
        )
    return _coloured(later, colours) if isinstance(later, Model) else clouds.coloured(later, colours), figures


def _check(settings: ChangeSettings) -> None:
    for name, value in (("threshold", settings.threshold), ("scale", settings.scale)):
        if value is not None and not (0.0 <= value < math.inf and (name == "threshold" or value > 0.0)):
            raise Invalid(f"a {name} of {value} m cannot be used")


def _settled(found: Change, settings: ChangeSettings) -> float:
    """The scale; and a refusal of what lies apart."""
    from tiling import change

    if found.alignment.verdict == "apart" and not settings.is_forced:
        raise Invalid(f"{_warnings(found)[0]}; register one to the other first, or insist with --force")
    return settings.scale or change.scale_for(found)


def _figures(found: Change, scale: float) -> dict[str, Any]:
    from tiling import change

    measured = found.figures()
    return {
        "unit": "m",
        "later_side": measured.pop("later"),
        "earlier_side": measured.pop("earlier"),
        **measured,
        "scale": scale,
        "legend": change.legend(threshold=found.threshold, scale=scale),
        "warnings": _warnings(found),
    }


def _warnings(found: Change) -> list[str]:
    """What somebody should know before believing the figures, gravest first."""
    said = []
    alignment = found.alignment
    if alignment.verdict == "apart":
        said.append(
            f"the two lie apart: {alignment.distance:.3g} m is the usual distance, which is no change of one thing"
        )
    elif alignment.verdict == "suspect":
        x, y, z = alignment.shift
        said.append(
            f"moving the later one by ({x:.3g}, {y:.3g}, {z:.3g}) m and turning it by {alignment.turn_degrees:.2g}° "
            f"would bring the usual distance from {alignment.distance:.3g} to {alignment.distance_after:.3g} m: either "
            "the two are not registered, or the whole has moved"
        )
    for which in ("gained", "lost"):
        one, other = (getattr(side, f"{which}_volume") for side in (found.later, found.earlier))
        if abs(one - other) > _UNEVEN * max(one, other):
            said.append(
                f"the volume {which} lies between {min(one, other):.3g} and {max(one, other):.3g} m³: some of it is as "
                "deep as it is wide, and their mean is an estimate"
            )
    if found.later.uncovered_area > 0.01 * found.later.area:
        share = 100.0 * found.later.uncovered_area / found.later.area
        said.append(
            f"{share:.0f} % of the later surface was not recorded before, and counts as neither gained nor lost"
        )
    return said


def _about(source: Path, of: Model | Scan) -> dict[str, Any]:
    from tiling.mesh import Model

    if isinstance(of, Model):
        return {"file": source.name, "triangles": of.triangles, "report": list(of.report)}
    return {"file": source.name, "points": of.head.count, "report": list(of.head.report)}


def _middle(model: Model) -> Floats:
    from pipeline.units import bounds

    low, high = bounds(model)
    return np.round((low + high) / 2.0, 3)


def _surface(model: Model, middle: Floats) -> tuple[Singles, Indices]:
    """All primitives as one surface, relative to the middle, so that float32 holds it."""
    counts = [len(primitive.positions) for primitive in model.primitives]
    positions = np.empty((sum(counts), 3), np.float32)
    start = 0
    for primitive in model.primitives:
        for at in range(0, len(primitive.positions), _PIECE):
            piece = primitive.positions[at : at + _PIECE]
            positions[start : start + len(piece)] = piece - middle
            start += len(piece)
    firsts = np.cumsum([0, *counts[:-1]]).tolist()
    parts = zip(model.primitives, firsts, strict=True)
    return positions, np.concatenate([primitive.indices + np.uint32(first) for primitive, first in parts])


def _coloured(model: Model, colours: Bytes) -> Model:
    """The model without its images and materials, in these colours (n, 4), a row for each vertex of its primitives."""
    from tiling.mesh import Material

    primitives, start = [], 0
    for primitive in model.primitives:
        own = colours[start : start + len(primitive.positions)]
        primitives.append(replace(primitive, colours=own, material=0, uvs=None, second_uvs=None))
        start += len(own)
    return replace(model, primitives=tuple(primitives), materials=(Material("change"),))
