"""What each file of the corpus costs in the real child of the sandbox: `python -m tests.hostile.measure`.

Computing time and the most memory of a child from its start to its refusal, beside those of one that is refused at its
first byte; and the code that came of it, by the functions that the worker calls. Not in the tests: it takes minutes.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from pipeline import compile_ahead
from pipeline.gedcom import people_in_sandbox
from pipeline.media import examine_in_sandbox, kind_in
from pipeline.sandbox import level, tile_in_sandbox
from pipeline.tile import TileSettings
from scenes.errors import SceneError
from tests.hostile.corpus import CORPUS, content_of
from tests.hostile.door import TODAY
from tests.hostile.good import GOOD


def deposited(path: Path, name: str, out: Path) -> str:
    """The code that the worker would write down, "" where the file is taken."""
    settings = TileSettings(most_seconds=60)
    try:
        if name.endswith(".ged"):
            people_in_sandbox(path, out, today=TODAY)
        elif kind := kind_in(path):
            master = hashlib.sha256(path.read_bytes()).hexdigest()
            examine_in_sandbox(
                path, kind, out, master=master, settings=settings, progress=lambda *_: None, cancelled=lambda: False
            )
        else:
            tile_in_sandbox(path, name, out, settings=settings, progress=lambda *_: None, cancelled=lambda: False)
    except SceneError as refusal:
        return refusal.code
    return ""


def cost(data: bytes, name: str) -> tuple[str, float, int]:
    """Code, seconds of computing, and bytes at the most, of the child that reads a file; in a process of its own."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        status = 1
        try:
            with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
                path, out = Path(folder) / "master", Path(folder) / "out"
                path.write_bytes(data)
                out.mkdir()
                code = deposited(path, name, out)
                used = resource.getrusage(resource.RUSAGE_CHILDREN)
                told = [code, used.ru_utime + used.ru_stime, used.ru_maxrss << 10]
                compile_ahead.finish()  # for the next one, where this one lacked code
                os.write(writing, json.dumps(told).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = json.loads(pipe.read() or b'["DIED", 0, 0]')
    os.waitpid(process, 0)
    return told[0], told[1], told[2]


def main(wanted: list[str]) -> int:
    """Measure all, or those named; 1 if one met another code than it must."""
    print(level())
    _, begun, base = cost(b"", "x.glb")
    print(f"an empty file: {begun:.2f} s, {base >> 20} MiB")
    rows, wrong = [], 0
    for what in wanted or CORPUS:
        name, data, code = content_of(what)
        found, seconds, most = cost(data, name)
        rows.append((seconds, most, what))
        if found != code:
            wrong += 1
            print(f"{what!r}: {found or 'taken'} instead of {code or 'taken'}", flush=True)
    for kind, (name, make) in {} if wanted else GOOD.items():
        found, seconds, most = cost(make(), name)
        if found:
            wrong += 1
            print(f"good {kind}: {found}", flush=True)
    halfway = statistics.median(seconds for seconds, _, _ in rows)
    print(f"{len(rows)} files, {wrong} other than they must be; half of them within {halfway:.2f} s")
    print("slowest, and largest:")
    for seconds, most, what in [*sorted(rows)[:-9:-1], *sorted(rows, key=lambda row: row[1])[:-9:-1]]:
        print(f"  {seconds:6.2f} s {most >> 20:6} MiB  {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
