"""What the server takes: processor time for a gigabyte, memory of idle streams, what stalled clients do to others.

On loopback, processes of their own, ahead of all else on this machine; the server started as a user would. Bare
servers (websockets, and picows where it is installed: `tools/install.py peers`) send the same messages to the same
client, from memory. Processor time is of the server's threads, user and system. Idle streams have shown what their view
wants; anonymous memory counts.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import stream_net as net
from bench.process import Failed

Row = tuple[str, str, str, float, str]

PORT, BARE_PORT = 18_400, 18_401
IDLE = 2_000
BUSY, STALLED = 180, 20
SECONDS = 12
_ROUNDS = 3
_ROOT = Path(__file__).parent.parent


def run(data: Path, work: Path) -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 16_384)), hard))
    yield from _gigabyte(data, work)
    yield from _idle(data, work)
    yield from _stalled(data, work)


def processor_s(pid: int) -> float:
    """Seconds that all threads of a process have run, to the nanosecond."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _anonymous_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


@contextmanager
def running(command: Sequence[str | Path], port: int, log: Path) -> Iterator[subprocess.Popen[Any]]:
    """A server in a process of its own, once it listens."""
    with log.open("wb") as out:
        process = subprocess.Popen([*net.AHEAD, *map(str, command)], stdout=out, stderr=out, cwd=_ROOT)
    try:
        _listens(port)
        yield process
    finally:
        net.stop(process)


def _listens(port: int) -> None:
    import socket

    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Failed(f"nothing listens on port {port}")


def _serve(data: Path) -> list[str | Path]:
    return [sys.executable, "-m", "api.cli", "serve", "--data", data, "--host", "127.0.0.1", "--port", str(PORT)]


def _crowd(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [*net.AHEAD, sys.executable, "-m", "bench.stream_crowd", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
    )
    if done.returncode:
        raise Failed(f"bench.stream_crowd {' '.join(arguments)}: {done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _gigabyte(data: Path, work: Path) -> Iterator[Row]:
    """Rounds by turns, because the machine is shared; the median of the ratios is what counts."""
    bare = ["websockets", *(["picows"] if importlib.util.find_spec("picows") else [])]
    if "picows" not in bare:
        print("bench: picows is not there; `python tools/install.py peers` installs it", file=sys.stderr)
    costs: dict[str, list[float]] = {name: [] for name in ("chronotope serve", *bare)}
    sizes = work / "messages.json"
    with running(_serve(data), PORT, work / "load.log") as ours:
        said = _crowd("gigabyte", f"http://127.0.0.1:{PORT}", "ours")
        sizes.write_text(json.dumps(said["sizes"]))
        total = sum(said["sizes"])
        for _ in range(_ROUNDS):
            before = processor_s(ours.pid)
            _crowd("gigabyte", f"http://127.0.0.1:{PORT}", "ours")
            costs["chronotope serve"].append((processor_s(ours.pid) - before) / total * 1e9)
            for name in bare:
                command: list[str | Path] = [sys.executable, "-m", "bench.stream_bare", name, str(BARE_PORT), sizes]
                with running(command, BARE_PORT, work / "bare.log") as other:
                    before = processor_s(other.pid)
                    _crowd("gigabyte", f"ws://127.0.0.1:{BARE_PORT}", "bare")
                    costs[name].append((processor_s(other.pid) - before) / total * 1e9)
    given = f"loopback, {total / 1e6:.0f} MB in messages of 64 KB"
    for name, each in costs.items():
        yield name, given, "processor for a GB", statistics.median(each), "s"
    for name in bare:
        ratio = statistics.median(a / b for a, b in zip(costs["chronotope serve"], costs[name], strict=True))
        yield "goal", given, f"processor over {name}" + (", at most 1.3" if name == "websockets" else ""), ratio, "x"


def _idle(data: Path, work: Path) -> Iterator[Row]:
    for scene, count in (("scene_bench_statue", IDLE), ("scene_sample_sanctuary", IDLE // 10)):
        with running(_serve(data), PORT, work / "load.log") as ours:
            # What is made once, for the first visitors, is not theirs.
            _crowd("idle", f"http://127.0.0.1:{PORT}", scene, "50", str(ours.pid))
            said = _crowd("idle", f"http://127.0.0.1:{PORT}", scene, str(count), str(ours.pid))
        each = (said["after_kb"] - said["before_kb"]) / count
        yield "chronotope serve", f"{scene}, {count:,} idle streams", "memory of a stream", each, "KB"
        if count == IDLE:
            yield "goal", f"{count:,} idle streams", "memory of a stream, at most 40", each, "KB"


def _stalled(data: Path, work: Path) -> Iterator[Row]:
    given = f"{BUSY + STALLED} streams, {STALLED} of them stalled"
    with running(_serve(data), PORT, work / "load.log"):
        url = f"http://127.0.0.1:{PORT}"
        _crowd("busy", url, "10", "0", "3")
        ratios, with_them, without = [], [], []
        for _ in range(_ROUNDS):
            alone = _crowd("busy", url, str(BUSY), "0", str(SECONDS))
            beside = _crowd("busy", url, str(BUSY), str(STALLED), str(SECONDS))
            without.append(alone["p99_ms"])
            with_them.append(beside["p99_ms"])
            ratios.append(beside["p99_ms"] / alone["p99_ms"])
    yield "chronotope serve", f"{BUSY} streams", "look to whole picture, p99", statistics.median(without), "ms"
    yield "chronotope serve", given, "look to whole picture, p99", statistics.median(with_them), "ms"
    yield "goal", given, "p99 over that without the stalled, at most 1.2", statistics.median(ratios), "x"
