"""`chronotope change`: two files of one thing at two dates become a tileset that shows what changed, and figures."""

from __future__ import annotations

import json as json_text
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_tile import size_in_bytes
from scenes.counting import counted
from scenes.errors import SceneError

if TYPE_CHECKING:
    from pipeline.asked import TileResult, TileSettings
    from pipeline.change import ChangeSettings

_LENGTHS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
_MOST_SECONDS = 24 * 3600


def length_in_metres(text: str) -> float:
    """A length as people write it.

    Raises:
        typer.BadParameter: it is no length.

    >>> length_in_metres("0.5mm"), length_in_metres("2 cm"), length_in_metres("0.1")
    (0.0005, 0.02, 0.1)
    """
    number = text.strip().lower()
    unit = next((unit for unit in _LENGTHS if number.endswith(unit)), "m")
    try:
        length = float(number.removesuffix(unit)) * _LENGTHS[unit]
    except ValueError:
        length = -1.0
    if not 0.0 <= length < 1e6:
        raise typer.BadParameter(f"{text[:40]!r} is no length; write 0.5mm, 2cm or 0.1")
    return length


def change(  # noqa: PLR0917 - typer passes by name
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier scan; formats as for `chronotope tile`.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later scan, in the same frame.")],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where tileset.json and change.json go.")],
    threshold: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Less is no change, as 0.5mm; default: from the noise.")
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="What the strongest colours stand for; default: a round number."),
    ] = None,
    units: Annotated[str | None, typer.Option(metavar="UNIT", help="Of both files: m, cm, mm, in, ft, km.")] = None,
    up: Annotated[
        str | None, typer.Option(metavar="AXIS", help="Their axis that points up: x, y, z, -x, -y, -z.")
    ] = None,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="Most memory that may be taken.")] = "2GiB",
    force: Annotated[bool, typer.Option("--force", help="Compare even what lies apart.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Figures as JSON on stdout.")] = False,
) -> None:
    """Show what two scans of one thing differ by: NEW as 3D Tiles, blue where gained, orange where lost, and figures.

    Either may be a surface or a cloud of points (LAS, LAZ, E57, PLY, text).
    The scans must be registered, that is lie in one frame. It warns where one small motion would explain most of the
    distances, and refuses what lies apart.
    """
    from pipeline.asked import TileSettings
    from pipeline.change import ChangeSettings

    settings = ChangeSettings(
        threshold=None if threshold is None else length_in_metres(threshold),
        scale=None if scale is None else length_in_metres(scale),
        is_forced=force,
    )
    tiling = TileSettings(memory_bytes=size_in_bytes(memory), most_seconds=_MOST_SECONDS, units=units, up=up)
    try:
        result, figures = _compared(old, new, out, settings=settings, tiling=tiling)
    except SceneError as refusal:
        _end(f"{refusal.code}: {refusal}")
    except OSError as failed:
        _end(f"{failed.strerror or failed}: {failed.filename or old}")
    else:
        for warning in figures["warnings"]:
            sys.stderr.write(f"warning: {warning}\n")
        sys.stdout.write(json_text.dumps(figures) + "\n" if json else told(figures, result, out))


def told(figures: dict[str, Any], result: TileResult, out: Path) -> str:
    """The figures as lines for people."""
    later, earlier, unit = figures["later"], figures["earlier"], _unit_for(figures["scale"])
    factor = 1.0 / _LENGTHS[unit]
    middle, low, high = (figures["quantiles"][share] * factor for share in ("0.5", "0.05", "0.95"))
    tiles = counted(result.tileset.tiles, "[tile|tiles]")
    lines = [
        f"{out / result.document}: {tiles}; orange is lost, blue is gained, strongest at "
        f"{figures['scale'] * factor:g} {unit}, grey is less than {figures['threshold'] * factor:.3g} {unit}",
        f"  {'':10}{'area m²':>14}{'volume m³':>16}",
        f"  {'gained':10}{figures['later_side']['gained_area']:14.6g}{figures['gained_volume']:16.6g}",
        f"  {'lost':10}{figures['earlier_side']['lost_area']:14.6g}{figures['lost_volume']:16.6g}",
        f"  {'unchanged':10}{figures['later_side']['unchanged_area']:14.6g}",
        f"  {'uncovered':10}{figures['later_side']['uncovered_area']:14.6g}",
        f"  distances: median {middle:.3g} {unit}, nine tenths between {low:.3g} and {high:.3g} {unit}",
        f"  {later['file']} ({_size(later)}) against {earlier['file']} ({_size(earlier)})",
    ]
    if "cell" in figures:
        cells = ", ".join(f"{side * factor:.3g} {unit} ({which})" for which, side in figures["cell"].items())
        lines.append(f"  areas and volumes of points are estimated over cells of {cells}")
    return "\n".join(lines) + "\n"


def _size(of: dict[str, Any]) -> str:
    return (
        counted(of["points"], "[point|points]") if "points" in of else counted(of["triangles"], "[triangle|triangles]")
    )


def _unit_for(scale: float) -> str:
    return "mm" if scale < 0.01 else "cm" if scale < 1.0 else "m"


def _compared(
    old: Path, new: Path, out: Path, *, settings: ChangeSettings, tiling: TileSettings
) -> tuple[TileResult, dict[str, Any]]:
    """Compare in a folder beside the result, and hand that over when all is there."""
    from api.cli_progress import fraction_bar
    from pipeline import static
    from pipeline.change import DOCUMENT, change_in_sandbox
    from scenes.errors import Invalid

    for path in (old, new):
        if not path.exists():
            raise FileNotFoundError(2, "No such file or directory", str(path))
    if out.exists() and not out.is_dir():
        raise Invalid(f"{out} is not a folder")
    names = [path.name for path in out.iterdir()] if out.exists() else []
    strangers = [name for name in names if not static.FILES.fullmatch(name) and name != DOCUMENT]
    if strangers:
        raise Invalid(f"{out} holds other files ({min(strangers)}); name an empty or a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent.absolute()))
    try:
        with fraction_bar("change") as bar:
            result, figures = change_in_sandbox(old, new, made, settings=settings, tiling=tiling, progress=bar)
        static.put(made, out, result, digest="", is_implicit=False, is_coded=False)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return result, figures


def _end(reason: str) -> None:
    sys.stderr.write(f"chronotope change: {reason}\n")
    raise typer.Exit(1)
