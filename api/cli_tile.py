"""`chronotope tile`: a file becomes a folder of 3D Tiles that any web server can serve. No museum is needed."""

from __future__ import annotations

import json as json_text
import re
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.tile import TileResult, TileSettings

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_OURS = re.compile(r"tileset\.json|[0-9a-f]{64}\.(?:glb|webp|json)")
_REFERS = (".gltf", ".obj", ".ply")
"""formats that name files beside them"""


def size_in_bytes(text: str) -> int:
    """A size as people write it, in powers of 1024.

    Raises:
        typer.BadParameter: it is no size.

    >>> size_in_bytes("4GiB"), size_in_bytes("1.5g"), size_in_bytes("4096")
    (4294967296, 1610612736, 4096)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no size; write 800M or 4GiB")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " "))


def tile(  # noqa: PLR0917 - typer passes by name
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="GLB, glTF, OBJ, PLY, STL, OFF, or a zip or folder of one with its files."
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where tileset.json and tiles go.")],
    workers: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Threads; the result is the same.")] = 1,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="Most memory that may be taken.")] = "4GiB",
    leaf_triangles: Annotated[
        int, typer.Option(min=256, max=60_000, metavar="N", help="Most triangles of a finest tile.")
    ] = 24_000,
    json: Annotated[bool, typer.Option("--json", help="Figures as JSON on stdout.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check the result as a client would read it.")] = False,
) -> None:
    """Turn a mesh into a static 3D Tiles 1.1 folder: tileset.json and GLB tiles, for any web server."""
    from pipeline.sandbox import LEAST_MEMORY_BYTES
    from pipeline.tile import TileSettings
    from scenes.errors import SceneError

    memory_bytes = size_in_bytes(memory)
    if memory_bytes < LEAST_MEMORY_BYTES:
        raise typer.BadParameter(f"--memory {memory}: at least {LEAST_MEMORY_BYTES >> 20} MiB are needed")
    settings = TileSettings(workers=workers, memory_bytes=memory_bytes, leaf_triangles=leaf_triangles)
    try:
        _refuse_strangers(out)
        result = _tiled(source, out, settings)
    except SceneError as refusal:
        _end(f"{refusal.code}: {refusal}")
    except OSError as failed:
        _end(f"{failed.strerror or failed}: {failed.filename or source}")
    if json:
        sys.stdout.write(json_text.dumps({**asdict(result.tileset), "report": result.report}) + "\n")
    else:
        _tell(result, out)
    if check:
        _check(out)


def _end(reason: str) -> None:
    sys.stderr.write(f"chronotope tile: {reason}\n")
    raise typer.Exit(1)


def _refuse_strangers(out: Path) -> None:
    """A folder with other files in it is not ours to tidy up."""
    from scenes.errors import Invalid

    if out.exists() and not out.is_dir():
        raise Invalid(f"{out} is not a folder")
    strangers = [path.name for path in out.iterdir() if not _OURS.fullmatch(path.name)] if out.exists() else []
    if strangers:
        raise Invalid(f"{out} holds other files ({min(strangers)}); name an empty or a new folder")


def _tiled(source: Path, out: Path, settings: TileSettings) -> TileResult:
    """Tile beside `out` and put the files in place when all are there."""
    from api.cli_progress import fraction_bar
    from pipeline.sandbox import tile_in_sandbox

    if not source.exists():
        raise FileNotFoundError(2, "No such file or directory", str(source))
    # A file that names others is read with its folder; what it names outside of that is refused.
    inside = source.is_file() and source.suffix.lower() in _REFERS
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch, fraction_bar("tiling") as bar:
        folder = Path(scratch)
        result = tile_in_sandbox(
            source.resolve().parent if inside else source,
            source.name,
            folder,
            settings=settings,
            progress=bar,
            cancelled=lambda: False,
        )
        out.mkdir(exist_ok=True)
        new = {name for name, *_ in result.files}
        for name in sorted(new):
            (folder / name).replace(out / name)
        # The document last: whoever reads it finds all that it names.
        (folder / result.document).replace(out / result.document)
        for path in out.iterdir():
            if path.name != result.document and path.name not in new:
                path.unlink()
    return result


def _tell(result: TileResult, out: Path) -> None:
    figures = result.tileset
    sys.stdout.write(
        f"{out / result.document}: {figures.tiles} tiles in {figures.levels} levels, {figures.triangles:,} triangles, "
        f"{figures.byte_length / 1e6:.1f} MB; the root alone is true to {figures.root_error:.3g} m\n"
    )
    for line in result.report:
        sys.stdout.write(f"  {line}\n")


def _check(out: Path) -> None:
    from tiling import check

    def get(uri: str) -> bytes | None:
        path = out / uri
        return path.read_bytes() if path.is_file() else None

    findings = check.check((out / "tileset.json").read_bytes(), get)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings:
        _end(f"{len(findings)} findings")
    sys.stderr.write("checked: all is well\n")
