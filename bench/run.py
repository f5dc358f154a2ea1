"""`python -m bench.run [TASK ...]`: run benchmark tasks and append a row per figure to bench/results/<task>.csv.

A task is a module of bench/tasks with `run() -> Iterator[(contender, input, metric, value, unit)]`. Machines are noisy:
compare contenders of one run, never rows of different days.
"""

from __future__ import annotations

import csv
import importlib
import os
import pkgutil
import platform
import subprocess
import sys
from pathlib import Path

import bench.tasks

RESULTS = Path(__file__).parent / "results"
COLUMNS = ("commit", "machine", "contender", "input", "metric", "value", "unit")


def commit() -> str:
    """The commit that is measured, with a + where the tree differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False, cwd=RESULTS
    )
    return described.stdout.strip() or "unknown"


def machine() -> str:
    """What the figures were measured on, without naming the host."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next(
            (line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line), ""
        )
    return f"{model or platform.processor() or platform.machine()} x{os.cpu_count()} {platform.system()}"


def main() -> int:
    """Run the named tasks, or all."""
    known = sorted(module.name for module in pkgutil.iter_modules(bench.tasks.__path__))
    tasks = sys.argv[1:] or known
    unknown = sorted(set(tasks) - set(known))
    if unknown:
        print(f"bench: no task {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    measured_at, measured_on = commit(), machine()
    for task in tasks:
        path = RESULTS / f"{task}.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            if is_new:
                rows.writerow(COLUMNS)
            for contender, given, metric, value, unit in importlib.import_module(f"bench.tasks.{task}").run():
                rows.writerow((measured_at, measured_on, contender, given, metric, f"{value:.6g}", unit))
                out.flush()
                print(f"{task:8} {contender:24} {given:28} {metric:28} {value:>12.6g} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
