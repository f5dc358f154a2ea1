"""The process that reads a foreign file: `python -m pipeline.child`, started by `pipeline.sandbox`.

It takes one JSON object on stdin (source, name, out, settings; or what `pipeline.change`, `pipeline.gedcom` and
`pipeline.media` ask for), limits itself, leaves the network, locks itself (`pipeline.confine`), and only then loads
parsers: it reads what was deposited, its libraries and our code, and writes into its own folders. It speaks lines of
JSON on stdout: `{"progress": 0.5, "message": "…"}`, `{"lacking": […]}` of what it had to compile
(`pipeline.kept_code`), and at a refusal `{"code": "MALFORMED", "message": "…"}`. Its result is the folder and
`manifest.json` in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline import MANIFEST, PACKAGES, confine

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_FULL = (errno.ENOSPC, errno.EDQUOT)
_MOST_FILES = 256
_MOST_FILE_BYTES = 8 << 30


def _leave_network() -> bool:
    """Move into a network namespace that holds nothing. True where the system allowed it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        # As root the first is enough; others need a user namespace of their own for it.
        return any(libc.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_USER | _NEW_NETWORK))
    except (OSError, AttributeError):
        return False


def _die_with_parent() -> None:
    # Elsewhere than on Linux the parent ends us by itself, unless it is killed.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))


_ROOT = Path(__file__).resolve().parent.parent
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/urandom", "/proc/self", "/proc/stat",
           "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu")  # fmt: skip
_DEVICES = ("/dev/null", "/dev/full")
_GIVEN, _OWN = ("source", "earlier", "later", "gedcom"), ("out", "work")


def _lock(request: dict[str, Any], *, network: bool) -> list[str]:
    """Lock this process to what a request names; which locks hold."""
    for package in PACKAGES:
        # Their folders can be read later on, and the one that holds them cannot: the museum may lie in it.
        importlib.import_module(package)
    readable = [_ROOT / package for package in PACKAGES]
    readable += [Path(place) for place in (sys.prefix, sys.base_prefix, *sys.path, *_SYSTEM, *_libraries())]
    readable += [Path(request[name]) for name in _GIVEN if request.get(name)]
    if kept := os.environ.get("NUMBA_CACHE_DIR"):
        readable.append(Path(kept))
    if network:
        readable.append(Path("/etc"))  # names of machines, certificates
    writable = [Path(request[name]) for name in _OWN if request.get(name)]
    allowed = [place for place in readable if place != _ROOT or _ROOT.name == "site-packages"]
    return confine.confine(allowed, [*writable, *map(Path, _DEVICES)], network=network)


def _libraries() -> set[str]:
    """Folders of the libraries that are loaded: those of the system are not everywhere in the usual places."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return set()
    paths = [line.split(maxsplit=5)[5] for line in lines if ".so" in line]
    return {os.path.dirname(path) for path in paths if path.startswith("/")}  # noqa: PTH120 - of a text


def _say(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def work(request: dict[str, Any]) -> None:
    """Do what is asked and leave a manifest, telling of it on stdout. Raises SceneError, or whatever goes wrong."""
    if "earlier" in request:
        from pipeline import change

        change.work(request, lambda fraction, message: _say(progress=fraction, message=message))
        return
    if "gedcom" in request:
        from pipeline import gedcom

        gedcom.work(request, lambda fraction, message: _say(progress=fraction, message=message))
        return
    if "media" in request:
        from pipeline import media

        media.work(request, _say)
        return
    from pipeline import crash, read
    from scenes.counting import counted

    source, name, out = Path(request["source"]), str(request["name"]), Path(request["out"])
    kept = Path(request["work"]) if request["work"] else None
    units, up = request["settings"]["units"], request["settings"]["up"]
    told = [-1]

    def progress(fraction: float, message: str) -> None:
        if int(fraction * 100) > told[0]:
            told[0] = int(fraction * 100)
            _say(progress=0.1 + 0.9 * fraction, message=message)

    origin = None if request["origin"] is None else tuple(request["origin"])
    with tempfile.TemporaryDirectory(prefix="read-", dir=kept) as scratch:
        _say(progress=0.0, message="reading")
        from pipeline.clouds import open as clouds

        said: list[str] = []
        if source.is_file() and (held := clouds.unpacked(source, Path(scratch))):
            source, name = held
            said.append(f"{name[:80]} of the zip was read")
        if source.is_file() and (kind := clouds.kind_of(source, name)):
            _say(at=kind)
            cloud = clouds.open_cloud(source, name, scratch=Path(scratch))
            _say(progress=0.1, message=f"{counted(cloud.head.count, '[point|points]')}")
            _say(at=crash.TILING)
            from pipeline.asked import TileSettings
            from pipeline.clouds.tile import tile_cloud

            result = tile_cloud(
                cloud, out, TileSettings(**request["settings"]), progress, work=Path(scratch), origin=origin
            )
            result = replace(result, report=(*said, *result.report))
            (out / MANIFEST).write_text(json.dumps(asdict(result)))
            return
        model = read.read(
            source,
            name,
            scratch=Path(scratch),
            units=units,
            up=up,
            origin=origin,
            begun=lambda kind: _say(at=kind),
        )
        _say(progress=0.1, message=f"read {counted(model.triangles, '[triangle|triangles]')}")
        _say(at=crash.TILING)
        # Loaded only now: most refusals need none of it.
        from pipeline.tile import TileSettings, tile_model

        settings = TileSettings(**request["settings"])
        result = tile_model(model, out, settings, progress, work=kept)
    (out / MANIFEST).write_text(json.dumps(asdict(result)))


def main() -> int:
    """Run one request; the exit status."""
    if sys.argv[1:] == ["--probe"]:
        held = ["no network"] if _leave_network() else []
        sys.stdout.write(", ".join(held + _lock({}, network=False)))
        return 0
    _die_with_parent()
    request = json.loads(sys.stdin.buffer.read())
    settings = request["settings"]
    # Of the data segment, not of addresses: files may be mapped that are larger than memory.
    _limit(resource.RLIMIT_DATA, int(settings["memory_bytes"]))
    _limit(resource.RLIMIT_CPU, int(settings["most_seconds"]) * max(1, int(settings["workers"])))
    _limit(resource.RLIMIT_FSIZE, _MOST_FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    needs_network = settings["scheduler"] is not None
    if not needs_network:
        _leave_network()
    _lock(request, network=needs_network)
    from pipeline import crash
    from scenes.errors import SceneError

    def crashed(error: BaseException) -> int:
        import traceback

        traceback.print_exception(error)
        _say(**crash.of(error))
        return 1

    try:
        work(request)
    except SceneError as refusal:
        _say(code=refusal.code, message=str(refusal) or str(type(refusal).__doc__))
        return 1
    except OSError as failed:
        if failed.errno not in _FULL:
            return crashed(failed)
        _say(code="STORAGE_FULL", message="the disk for the result or for the work is full")
        return 1
    except (MemoryError, ImportError) as lacking:
        # A library that cannot be loaded for lack of memory says so by an ImportError.
        if isinstance(lacking, ImportError) and "failed to map" not in str(lacking):
            return crashed(lacking)
        gigabytes = int(settings["memory_bytes"]) / (1 << 30)
        _say(code="LIMIT", message=f"the file needs more than the {gigabytes:.1f} GiB of memory that tiling may use")
        return 1
    except Exception as unexpected:  # noqa: BLE001 - the outermost loop: written to stderr, and answered
        return crashed(unexpected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
