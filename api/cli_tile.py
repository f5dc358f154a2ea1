"""`chronotope tile`: a file becomes a folder of 3D Tiles that any web server can serve. No museum is needed.

Work goes on in a folder beside the result and is handed over when all is there. Where it was interrupted, by Ctrl-C or
a crash, the folder stays, and the next run goes on from it; one that is named by `--work` stays always, so that after
an edit of the source only what it touches is made anew.
"""

from __future__ import annotations

import fcntl
import json as json_text
import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scenes.counting import counted
from scenes.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.asked import TileResult, TileSettings
    from scenes.model import Tileset

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_REFERS = (".gltf", ".obj", ".ply")
"""formats that name files beside them"""
_MOST_SECONDS = 7 * 24 * 3600
_SCRATCH = ("read-*", "tile-*", "pyramid-*")
"""folders of a run, in that for the work, which one that was killed leaves behind"""
_LOCK = ".chronotope.lock"
_INTERRUPTED = 130  # as shells have it: 128 and SIGINT


class Coding(StrEnum):
    """How geometry is coded."""

    MESHOPT = "meshopt"
    """decodes fastest"""
    DRACO = "draco"
    """smallest"""


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


def _unit(value: str | None) -> str | None:
    from pipeline.units import UNITS

    if value is not None and value not in UNITS:
        raise typer.BadParameter(f"there are {', '.join(UNITS)}, not {value[:40]!r}")
    return value


def _axis(value: str | None) -> str | None:
    from pipeline.units import UPS

    if value is not None and value.removeprefix("+") not in UPS:
        raise typer.BadParameter(f"there are {', '.join(UPS)}, not {value[:40]!r}")
    return value


def tile(  # noqa: PLR0917 - typer passes by name
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="GLB, glTF, OBJ, PLY, STL, OFF, COLLADA, 3MF, or a zip or folder of one with its files; "
            "or a cloud of points: LAS, LAZ, COPC, E57, PLY, text.",
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where tileset.json and tiles go.")],
    workers: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Threads; the result is the same.")] = 1,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="Most memory that may be taken.")] = "2GiB",
    leaf_triangles: Annotated[
        int, typer.Option(min=256, max=60_000, metavar="N", help="Most triangles of a finest tile, on average.")
    ] = 40_000,
    coding: Annotated[Coding, typer.Option(help="meshopt decodes fastest, draco is smallest.")] = Coding.MESHOPT,
    units: Annotated[
        str | None,
        typer.Option(metavar="UNIT", callback=_unit, help="Of the source: m, cm, mm, in, ft, km."),
    ] = None,
    up: Annotated[
        str | None, typer.Option(metavar="AXIS", callback=_axis, help="Its axis that points up: x, y, z, -x, -y, -z.")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=1e-6, max=1e3, metavar="METRES", help="Of a cloud of points: keep no more, and fewer colours."
        ),
    ] = None,
    normal_maps: Annotated[
        bool, typer.Option("--normal-maps", help="Bake lost detail of textured models into maps of normals.")
    ] = False,
    ktx2: Annotated[
        bool, typer.Option("--ktx2", help="Add KTX2 images and tileset-ktx2.json afterwards; slow, needs Node.")
    ] = False,
    gzip: Annotated[bool, typer.Option("--gzip", help="A .gz beside every file (a .br, too, of points).")] = False,
    implicit: Annotated[
        bool, typer.Option("--implicit", help="Implicit tiling: names by place instead of by content.")
    ] = False,
    work: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep results of single steps here, for the next run.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers see the same folders.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Figures as JSON on stdout.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check the result as a client would read it.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Hold the stated errors against dense sampling of the source.")
    ] = False,
) -> None:
    """Turn a mesh or a cloud of points into a static 3D Tiles 1.1 folder, for any web server.

    Ctrl-C keeps what is done (in .DIR.work beside DIR, or where --work says), and the next run goes on from there.
    """
    from pipeline.asked import TileSettings
    from pipeline.sandbox import LEAST_MEMORY_BYTES

    memory_bytes = size_in_bytes(memory)
    if memory_bytes < LEAST_MEMORY_BYTES:
        raise typer.BadParameter(f"--memory {memory}: at least {LEAST_MEMORY_BYTES >> 20} MiB are needed")
    _refuse_pairs(ktx2 and implicit, measure and coding is Coding.DRACO)
    settings = TileSettings(
        workers=workers,
        memory_bytes=memory_bytes,
        most_seconds=_MOST_SECONDS,
        leaf_triangles=leaf_triangles,
        coding=coding.value,
        units=units,
        up=up,
        scheduler=scheduler,
        normal_maps=normal_maps,
        precision_m=precision,
        is_measured=measure,
        is_coded=gzip,
    )
    try:
        _refuse_strangers(out)
        result = _tiled(source, out, settings, work=work, is_implicit=implicit, is_coded=gzip)
    except SceneError as refusal:
        _end(f"{refusal.code}: {refusal}")
    except OSError as failed:
        _end(f"{failed.strerror or failed}: {failed.filename or source}")
    except KeyboardInterrupt:
        kept = _work_folder(out, work)
        _end(f"interrupted; the next run goes on from what is kept in {kept}", status=_INTERRUPTED)
    if result is None:
        sys.stderr.write("nothing to do: the source and the settings are those of last time\n")
    else:
        _report(result, out, json=json)
    if ktx2:
        _upgrade(out)
    if check:
        _check(out)


def _refuse_pairs(places_of_ktx2: bool, errors_of_draco: bool) -> None:
    """Options that do not go together."""
    if places_of_ktx2:
        raise typer.BadParameter("--ktx2 goes with names by content, not with --implicit")
    if errors_of_draco:
        # Draco streams do not tell skirts from the surface.
        raise typer.BadParameter("--measure goes with --coding meshopt; both codings hold the same whole numbers")


def _report(result: TileResult, out: Path, *, json: bool) -> None:
    if json:
        sys.stdout.write(json_text.dumps(_figures(result)) + "\n")
    else:
        _tell(result, out)
    if result.measured is not None and result.measured["below"]:
        _end(f"the stated error of {counted(len(result.measured['below']), '[tile|tiles]')} is below the truth")


def _upgrade(out: Path) -> None:
    """Add the KTX2 version."""
    from api.cli_progress import fraction_bar
    from pipeline import ktx

    if not ktx.is_there():
        _end("KTX2 needs Node and the packages of web/: run `make web` first")
    try:
        with fraction_bar("KTX2") as bar, ktx.Encoder() as encode:
            path = ktx.upgrade(out, encode, lambda done: bar(done, "coding"))
    except ktx.EncoderFailed as failed:
        _end(f"{failed}; tileset.json is as it was")
    sys.stderr.write(f"{path}: the same tiles with KTX2 images\n")


def _figures(result: TileResult) -> dict[str, Any]:
    found = {**asdict(result.tileset), "report": result.report, "byLevel": [asdict(level) for level in result.levels]}
    found["steps"] = {"done": sum(result.done.values()), "known": sum(result.known.values())}
    return found if result.measured is None else {**found, "measured": result.measured}


def _end(reason: str, *, status: int = 1) -> None:
    sys.stderr.write(f"chronotope tile: {reason}\n")
    raise typer.Exit(status)


def _refuse_strangers(out: Path) -> None:
    """A folder with other files in it is not ours to tidy up."""
    from pipeline import static
    from scenes.errors import Invalid

    if out.exists() and not out.is_dir():
        raise Invalid(f"{out} is not a folder")
    strangers = [path.name for path in out.iterdir() if not static.FILES.fullmatch(path.name)] if out.exists() else []
    if strangers:
        raise Invalid(f"{out} holds other files ({min(strangers)}); name an empty or a new folder")


def _tiled(
    source: Path, out: Path, settings: TileSettings, *, work: Path | None, is_implicit: bool, is_coded: bool
) -> TileResult | None:
    """Tile in a folder for the work and put the files in place when all are there; None where nothing has changed."""
    from api.cli_progress import fraction_bar
    from pipeline import stamp, static
    from pipeline.sandbox import tile_in_sandbox
    from scenes.errors import Invalid, StorageFull

    if not source.exists():
        raise FileNotFoundError(2, "No such file or directory", str(source))
    if not (source.is_file() or source.is_dir()):
        raise Invalid(f"{source} is neither a file nor a folder")
    # A file that names others is read with its folder; what it names outside of that is refused.
    inside = source.is_file() and source.suffix.lower() in _REFERS
    # A link is read as what it leads to, which may have another name.
    name = source.resolve().name if inside else source.name
    where = source.resolve().parent if inside else source
    digest = f"{stamp.of(where, name, settings)} {is_implicit} {is_coded}"
    if not settings.is_measured and stamp.matches(out, digest):
        return None
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = _work_folder(out, work)
    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder), fraction_bar("tiling") as bar:
        made = folder / "made"
        for old in [made, *(path for pattern in _SCRATCH for path in folder.glob(pattern))]:
            shutil.rmtree(old, ignore_errors=True)
        made.mkdir()
        try:
            result = tile_in_sandbox(
                where, name, made, settings=settings, progress=bar, cancelled=lambda: False, work=folder
            )
        except StorageFull:
            raise  # what is done serves once there is room
        except SceneError:
            # What is refused today is refused tomorrow.
            if work is None:
                shutil.rmtree(folder)
            raise
        static.put(made, out, result, digest=digest, is_implicit=is_implicit, is_coded=is_coded)
    if work is None:
        shutil.rmtree(folder)
    return result


def _work_folder(out: Path, work: Path | None) -> Path:
    whole = out.absolute()
    return work or whole.with_name(f".{whole.name}.work")


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep the folder to this run."""
    from scenes.errors import Conflict

    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise Conflict(f"another run is at work in {folder}") from held
        yield


def _tell(result: TileResult, out: Path) -> None:
    figures = result.tileset
    known = sum(result.known.values())
    if known:
        steps = counted(known + sum(result.done.values()), "[step|steps]")
        sys.stderr.write(f"of {steps} {counted(known, '[was|were]')} known from before\n")
    tiles, levels = counted(figures.tiles, "[tile|tiles]"), counted(figures.levels, "[level|levels]")
    sys.stdout.write(
        f"{out / result.document}: {tiles} in {levels}, {_size(figures)}, "
        f"{figures.byte_length / 1e6:.1f} MB; the root alone is true to {figures.root_error:.3g} m\n"
    )
    for line in result.report:
        sys.stdout.write(f"  {line}\n")
    if result.measured is not None:
        sys.stdout.write(result.measured["table"] + "\n")
        return
    if not figures.triangles:
        sys.stdout.write("  level  tiles      points       bytes   bytes, brotli  error m, at most\n")
        for number, level in enumerate(result.levels):
            sys.stdout.write(
                f"  {number:5} {level.tiles:6,} {level.triangles:11,} {level.byte_length:11,} {level.coded_length:15,}"
                f" {level.bound:17.4g}\n"
            )
        return
    sys.stdout.write("  level  tiles   triangles       bytes  error m (99.9 %)     rms m    most m\n")
    for number, level in enumerate(result.levels):
        sys.stdout.write(
            f"  {number:5} {level.tiles:6,} {level.triangles:11,} {level.byte_length:11,} {level.bound:17.4g}"
            f" {level.mean_error:9.3g} {level.most_error:9.3g}\n"
        )


def _size(figures: Tileset) -> str:
    if figures.triangles:
        return counted(figures.triangles, "[triangle|triangles]")
    return counted(figures.vertices, "[point|points]")


def _check(out: Path) -> None:
    from tiling import check, implicit

    def get(uri: str) -> bytes | None:
        path = out / uri
        return path.read_bytes() if path.is_file() else None

    document = (out / "tileset.json").read_bytes()
    if "implicitTiling" in json_text.loads(document)["root"]:
        document = implicit.expanded(document, lambda name: (out / name).read_bytes())
    findings = check.check(document, get)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings:
        _end(counted(len(findings), "[finding|findings]"))
    sys.stderr.write("checked: all is well\n")
