"""Has compiled, for the next child of the sandbox, what the last one lacked: in another process, one after the other.

See `pipeline.kept_code`, which is that process; here nothing of numba is loaded. Modules of ours are compiled to
Python's own code before the first child, because a child cannot keep that either.
"""

from __future__ import annotations

import compileall
import functools
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from pipeline import PACKAGES

LOCATOR = "pipeline.kept_code.Kept"
"""NUMBA_CACHE_LOCATOR_CLASSES of a child"""
_ROOT = Path(__file__).resolve().parent.parent
_MOST_LINE, _MOST = 2000, 2000
_PATIENCE_S = 600

_lacking: queue.Queue[bytes] = queue.Queue(_MOST)
_heard: set[bytes] = set()
_starting = threading.Lock()


def folder() -> Path | None:
    """Where numba keeps code in our processes; None: beside the sources.

    As numba does it: what the environment says, else beside the sources where that can be written, else at home.
    """
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given)
    if os.access(_ROOT / PACKAGES[0], os.W_OK):
        return None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"


@functools.cache
def modules() -> None:
    """Compile our modules, where that was not done and can be kept."""
    for package in PACKAGES:
        compileall.compile_dir(_ROOT / package, quiet=2)


def lacking(said: Any) -> None:
    """Take note of what a child had to compile, as it said it."""
    line = json.dumps(said).encode()
    if len(line) > _MOST_LINE:
        return
    with _starting:
        if line in _heard or len(_heard) >= _MOST:
            return
        if not _heard:
            threading.Thread(target=_compile, name="compile-ahead", daemon=True).start()
        _heard.add(line)
    _lacking.put_nowait(line)


def finish() -> None:
    """Wait until all is compiled that was noted."""
    _lacking.join()


def _compile() -> None:
    while True:
        lines = [_lacking.get()]
        while not _lacking.empty():
            lines.append(_lacking.get_nowait())
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        try:
            subprocess.run(
                [sys.executable, "-P", "-m", "pipeline.kept_code"],
                input=b"\n".join(lines),
                env=environment,
                capture_output=True,
                check=False,
                timeout=_PATIENCE_S,
            )
        except (OSError, subprocess.SubprocessError):
            pass  # the next child compiles again
        finally:
            for _ in lines:
                _lacking.task_done()
