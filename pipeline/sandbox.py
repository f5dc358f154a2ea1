"""Tiling in a child process with limits, because parsers of foreign files crash, and some files are made to harm.

The child (`pipeline.child`) gets a private environment, the file, an empty folder, and limits on memory, computing
time, file size and open files, which it sets itself before it loads any parser; it leaves the network and locks itself
(`pipeline.confine`) where the system allows that, and `level` says how far it does. It tells of progress in lines of
JSON. What it says at the end is not believed: every file is looked at, measured and hashed again here.

    child ends with 0 and a manifest that holds      the result
    child says that it refuses, with a code          the matching error of `scenes.errors`
    child dies, or says nothing that makes sense     ParserCrash
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import re
import selectors
import signal
import stat
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import MANIFEST, compile_ahead, crash
from scenes.authoring import space
from scenes.errors import (
    ForbiddenReference,
    Invalid,
    Malformed,
    ParserCrash,
    SceneError,
    StorageFull,
    TooLarge,
    Unsupported,
)
from scenes.model import Extent, Georeference, Survey, Tileset

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.asked import LevelFigures, TileResult, TileSettings

_REFUSALS: dict[str, type[SceneError]] = {
    kind.code: kind for kind in (Malformed, Unsupported, TooLarge, ForbiddenReference, Invalid, StorageFull)
}
_FILE_NAME = re.compile(r"[0-9a-f]{64}\.(glb|webp|json)")
_MEDIA_TYPES = {"glb": "model/gltf-binary", "webp": "image/webp", "json": "application/json"}
LEAST_MEMORY_BYTES = 512 << 20
"""less is not set as a limit: libraries alone take 250 MiB of address space, and with less OpenBLAS spins for ever"""
_MOST_MANIFEST = 64 << 20
_MOST_LINE = 1 << 16
_MOST_LEVELS = 64
_LEAST_SCALE = 1e-3
"""metres of the Earth in a metre of a map, and the other way round: beyond, it is none"""
_COUNTS = ("done", "known")
_TAIL = 4096
_POLL_S = 0.1
_ROOT = Path(__file__).resolve().parent.parent


class Cancelled(Exception):
    """The work was given up because its caller asked for that."""


@functools.cache
def level() -> str:
    """What holds a parser here, in words: `process, limits, no network, Landlock, seccomp`, or what of it there is."""
    done = subprocess.run(_command("--probe"), env=_environment(_ROOT), capture_output=True, check=False, timeout=60)
    return ", ".join(["process", "limits", *filter(None, [done.stdout.decode(errors="replace").strip()])])


def tile_in_sandbox(
    source: Path,
    name: str,
    out: Path,
    *,
    settings: TileSettings,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    work: Path | None = None,
    origin: tuple[float, float, float] | None = None,
) -> TileResult:
    """Tile `source`, called `name`, into the empty folder `out`, as `pipeline.tile.tile_file` does.

    With `origin`, that of another version in the same frame, it is moved as that one was. With a scheduler in the
    settings the child keeps its network, to reach that.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: the file is refused.
        StorageFull: the disk is full; in `work` stays what was done.
        ParserCrash: the child died.
        Cancelled: `cancelled()` became true; the child is gone.
    """
    request: dict[str, Any] = {"source": str(source.resolve()), "name": name, "out": str(out.resolve())}
    request |= {"work": str(work.resolve()) if work else None, "origin": origin}
    run(request, out, settings=settings, progress=progress, cancelled=cancelled)
    return checked(out)


def run(
    request: dict[str, Any],
    out: Path,
    *,
    settings: TileSettings,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Have a child do what is asked, in the folder `out`; what it leaves there is not to be believed yet.

    Raises: as `tile_in_sandbox`.
    """
    compile_ahead.modules()
    settings = replace(settings, memory_bytes=max(settings.memory_bytes, LEAST_MEMORY_BYTES))
    request = {**request, "settings": asdict(settings)}
    child = subprocess.Popen(
        _command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=out,
        env=_environment(out),
        start_new_session=True,
    )
    try:
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(request).encode())
            child.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; its end tells why
        said, complaint = _follow(child, settings, progress, cancelled)
    finally:
        if child.poll() is None:
            _kill(child)
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
    _raise_refusal(said, child.returncode, complaint, settings)


def _command(*arguments: str) -> list[str]:
    # -P: the folder with the foreign file must not become a place to import from.
    return [sys.executable, "-P", "-m", "pipeline.child", *arguments]


def _environment(home: Path) -> dict[str, str]:
    """Nothing of ours but what Python needs: no keys, no addresses of services."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    code = {"NUMBA_CACHE_LOCATOR_CLASSES": compile_ahead.LOCATOR}
    if (folder := compile_ahead.folder()) is not None:
        code["NUMBA_CACHE_DIR"] = str(folder)
    own = {"PYTHONPATH": str(_ROOT), "HOME": str(home), "TMPDIR": str(home), "MALLOC_ARENA_MAX": "2"}
    return {**kept, **single, **code, **own, "PYTHONDONTWRITEBYTECODE": "1"}


def _kill(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()
    child.wait()


def _follow(
    child: subprocess.Popen[bytes],
    settings: TileSettings,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> tuple[dict[str, Any], str]:
    """Pass progress on until the child ends; its last words, and the end of what it wrote to stderr."""
    last: dict[str, Any] = {}
    line, tail = b"", b""
    deadline = time.monotonic() + settings.most_seconds
    with selectors.DefaultSelector() as selector:
        assert child.stdout is not None
        assert child.stderr is not None
        selector.register(child.stdout, selectors.EVENT_READ)
        selector.register(child.stderr, selectors.EVENT_READ)
        while selector.get_map():
            if cancelled():
                _kill(child)
                raise Cancelled
            if time.monotonic() > deadline:
                _kill(child)
                raise TooLarge(f"the file took longer than {settings.most_seconds} s")
            for key, _ in selector.select(_POLL_S):
                data = os.read(key.fd, _MOST_LINE)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is child.stderr:
                    tail = (tail + data)[-_TAIL:]
                else:
                    *lines, line = (line + data).split(b"\n")
                    if len(line) > _MOST_LINE:
                        raise ParserCrash("the parser's account of itself makes no sense")
                    for complete in lines:
                        last |= _heard(complete, progress)
    child.wait()
    return last, tail.decode(errors="replace").strip()


def _heard(line: bytes, progress: Callable[[float, str], None]) -> dict[str, Any]:
    try:
        said = json.loads(line)
        if "progress" in said:
            progress(min(max(float(said["progress"]), 0.0), 1.0), str(said.get("message", ""))[:200])
            return {}
        if "lacking" in said:
            compile_ahead.lacking(said["lacking"])
            return {}
        if "code" in said:
            return {"code": str(said["code"]), "message": str(said["message"])[:2000]}
        return crash.heard(said)
    except (ValueError, TypeError, KeyError, RecursionError) as wrong:
        raise ParserCrash("the parser's account of itself makes no sense") from wrong


def _raise_refusal(said: dict[str, Any], status: int, complaint: str, settings: TileSettings) -> None:
    if said.get("code") in _REFUSALS:
        raise _REFUSALS[said["code"]](said["message"])
    if status == 0 and "code" not in said and "error" not in said:
        return
    if status == -signal.SIGXCPU:
        raise TooLarge(f"the file took more than {settings.most_seconds} s of computing")
    how = crash.words(said, status, complaint, settings.memory_bytes)
    error = ParserCrash(f"the parser died on this file ({how}); it is kept apart")
    if complaint:
        error.add_note(complaint)
    raise error


def checked(out: Path) -> TileResult:
    """The tiles that a child left in `out` and its account of them, as far as it is true.

    Raises:
        ParserCrash: it is not.
    """
    from pipeline.asked import DOCUMENT, TileResult

    manifest = out / MANIFEST
    try:
        said = json.loads(plain(manifest, _MOST_MANIFEST).read_bytes())
        manifest.unlink()
        files = tuple(checked_file(out, str(entry[0]), int(entry[2])) for entry in said["files"])
        figures = _checked_figures(said["tileset"], _hashed(plain(out / DOCUMENT, _MOST_MANIFEST))[0])
        report = tuple(str(line)[:500] for line in said["report"])[:200]
        measured = None if said["measured"] is None else _checked_measures(said["measured"])
        levels = tuple(_checked_level(level) for level in said["levels"][:_MOST_LEVELS])
        done, known = ({str(stage)[:50]: int(count) for stage, count in said[name].items()} for name in _COUNTS)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError) as wrong:
        raise ParserCrash(f"what the parser left behind makes no sense: {wrong}") from wrong
    return TileResult(figures, DOCUMENT, files, report, levels, measured, done, known)


def _checked_measures(said: dict[str, Any]) -> dict[str, Any]:
    for name in ("levels", "below", "over"):
        if not isinstance(said[name], list):
            raise TypeError(f"{name} is no list")
    return {**said, "table": str(said["table"])}


def _checked_level(said: dict[str, Any]) -> LevelFigures:
    from pipeline.asked import LevelFigures

    tiles, triangles, byte_length, coded_length = (
        int(said[name]) for name in ("tiles", "triangles", "byte_length", "coded_length")
    )
    mean, most, bound, texel = (float(said[name]) for name in ("mean_error", "most_error", "bound", "texel"))
    return LevelFigures(tiles, triangles, byte_length, coded_length, mean, most, bound, texel)


def checked_file(out: Path, name: str, size: int) -> tuple[str, str, int, str]:
    """Name, digest, bytes and media type of a file that is named by its digest. Raises ValueError, OSError."""
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no file of a tileset")
    digest, length = _hashed(plain(out / name, size))
    if name[:64] != digest or length != size:
        raise ValueError(f"{name} is not what its name says")
    return name, digest, length, _MEDIA_TYPES[name[65:]]


def plain(path: Path, most: int) -> Path:
    """The path of a plain file, no link, of at most so many bytes. Raises ValueError, OSError."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > most:
        raise ValueError(f"{path.name} is no plain file, or too large")
    return path


def _hashed(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def _checked_figures(said: dict[str, Any], digest: str) -> Tileset:
    if said["digest"] != digest:
        raise ValueError("the document is not what was said of it")

    def three(values: Any) -> tuple[float, float, float]:
        x, y, z = (float(value) for value in values)
        return x, y, z

    return Tileset(
        digest=digest,
        tiles=int(said["tiles"]),
        levels=int(said["levels"]),
        triangles=int(said["triangles"]),
        vertices=int(said["vertices"]),
        byte_length=int(said["byte_length"]),
        geometric_error=float(said["geometric_error"]),
        root_error=float(said["root_error"]),
        extent=Extent(three(said["extent"]["low"]), three(said["extent"]["high"])),
        origin=three(said["origin"]),
        survey=None if said["survey"] is None else _checked_survey(said["survey"]),
    )


def _checked_survey(said: dict[str, Any]) -> Survey:
    where, accuracy = said["where"], said["accuracy_m"]
    scale = float(said["scale"])
    if not (_LEAST_SCALE <= scale <= 1.0 / _LEAST_SCALE and math.isfinite(accuracy or 0.0)):
        raise ValueError(f"a metre that is {scale} m, true within {accuracy} m")
    names = ("longitude", "latitude", "height", "heading")
    try:
        found = space.georeference(Georeference(**{name: float(where[name]) for name in names}))
    except Invalid as wrong:
        raise ValueError(str(wrong)) from wrong
    return Survey(found, scale, str(said["above"])[:80], None if accuracy is None else float(accuracy))
