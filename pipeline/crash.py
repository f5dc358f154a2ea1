"""What is said of a parser that died: how, at what, and in whose code; never a traceback, which names places and data.

The child tells what it begins with, `{"at": "dae"}`, and, of an error of Python that nobody expected, its class and the
library that raised it, `{"error": "KeyError", "library": "trimesh"}`. A signal ends it without a word; then the last
`at`, and what its libraries may have written to stderr, are all there is. None of it is believed further than its form.
"""

from __future__ import annotations

import re
import signal
from typing import Any

TILING = "tiling"
"""what a child is at after it has read"""
_OURS = "our own reader"
_LIBRARIES = {
    "glb": f"{_OURS}, DracoPy and meshoptimizer",
    "gltf": f"{_OURS}, DracoPy and meshoptimizer",
    "obj": _OURS,
    "ply": _OURS,
    "stl": _OURS,
    "off": _OURS,
    "las": f"{_OURS} and lazrs",
    "e57": _OURS,
    "text": _OURS,
    "dae": "trimesh and pycollada",
    "3mf": "trimesh",
    **dict.fromkeys(("wav", "mp3", "ogg", "flac"), "libsndfile and tinytag"),
    "m4a": f"{_OURS} and tinytag",
    **dict.fromkeys(("jpeg", "png", "webp"), "Pillow and libvips"),
}
_NAME = re.compile(r"[A-Za-z_]\w{0,60}")
_NO_MEMORY = re.compile(r"bad_alloc|MemoryError|annot allocate memory|out of memory|failed to map", re.IGNORECASE)
_PACKAGES = ("pipeline", "tiling", "scenes")
_SIGNALS = {signal.SIGKILL: "the system was out of memory, or someone ended it"}
"""what a signal may mean that tells nothing by its name"""


def of(error: BaseException) -> dict[str, str]:
    """The class of an unexpected error and the top package of the code that raised it.

    >>> of(ValueError("of the file"))
    {'error': 'ValueError', 'library': ''}
    """
    trace, library = error.__traceback__, ""
    while trace is not None:
        library = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        trace = trace.tb_next
    return {"error": type(error).__name__, "library": library}


def heard(said: dict[str, Any]) -> dict[str, str]:
    """What a line of the child tells of a crash, if it has the form."""
    found = {name: said[name] for name in ("at", "error", "library") if isinstance(said.get(name), str)}
    return {
        name: value
        for name, value in found.items()
        if (value in _LIBRARIES or value == TILING if name == "at" else _NAME.fullmatch(value))
    }


def words(said: dict[str, str], status: int, complaint: str, memory_bytes: int) -> str:
    """How a child with this exit status died, `complaint` being the end of what it wrote to stderr.

    >>> words({"at": "dae", "error": "KeyError", "library": "trimesh"}, 1, "", 1 << 30)
    'status 1, KeyError in trimesh, while reading DAE by trimesh and pycollada'
    >>> words({"at": "glb"}, -6, "terminate called: std::bad_alloc", 1 << 30)
    'signal SIGABRT, out of the 1.0 GiB of memory that it may use, while reading GLB by our own reader, DracoPy and \
meshoptimizer'
    """
    told = [f"status {status}" if status >= 0 else f"signal {_name(-status)}"]
    if "error" in said:
        library = said.get("library", "")
        told.append(said["error"] + (f" in {'our own code' if library in _PACKAGES else library}" if library else ""))
    if _NO_MEMORY.search(complaint):
        told.append(f"out of the {memory_bytes / (1 << 30):.1f} GiB of memory that it may use")
    elif -status in _SIGNALS:
        told.append(_SIGNALS[signal.Signals(-status)])
    at = said.get("at")
    if at in _LIBRARIES:
        told.append(f"while reading {at.upper()} by {_LIBRARIES[at]}")
    elif at == TILING:
        told.append("while tiling what was read")
    return ", ".join(told)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
