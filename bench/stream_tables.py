"""`python -m bench.stream_tables`: the last run of `make bench-stream` as the tables of docs/streaming.md.

Reads bench/results/stream.csv; the last run is the last lines of one commit and machine. A goal that is missed stands
in bold with what is asked for.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

_RESULTS = Path(__file__).parent / "results" / "stream.csv"
_ASKED = re.compile(r"(.*), at (most|least) ([\d.]+)$")

Row = dict[str, str]


def last_run(rows: Sequence[Row]) -> list[Row]:
    """The last rows of one commit and machine, where a figure was measured twice the later one."""
    if not rows:
        return []

    def made(row: Row) -> tuple[str, str]:
        return row["commit"], row["machine"]

    found = list(takewhile(lambda row: made(row) == made(rows[-1]), reversed(rows)))[::-1]
    return list({(row["contender"], row["input"], row["metric"]): row for row in found}.values())


def holds(metric: str, value: float) -> bool | None:
    """Whether a goal's value is what its metric asks for; None where it asks for nothing.

    >>> holds("full over the limit, at most 1.15", 1.2)
    False
    """
    asked = _ASKED.match(metric)
    if asked is None:
        return None
    bound = float(asked[3])
    return value <= bound if asked[2] == "most" else value >= bound


def views(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each input and contender that went from nothing to full detail."""
    yield "| scene, link | contender | first | 50 % | 90 % | full | × limit | MB |"
    yield "|---|---|---|---|---|---|---|---|"
    inputs: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        inputs.setdefault(row["input"], {}).setdefault(row["contender"], {})[row["metric"]] = float(row["value"])
    for given, contenders in inputs.items():
        limit = contenders.get("limit", {})
        if "bytes" not in limit:
            continue
        named = f"{given}: limit {limit['full']:.0f} ms, {limit['bytes']:.2f} MB"
        for contender, figures in contenders.items():
            if "full over the limit" not in figures:
                continue
            times = " | ".join(f"{figures[key]:.0f}" for key in ("first", "50 %", "90 %", "full"))
            ratio, size = figures["full over the limit"], figures["bytes on the link"]
            yield f"| {named} | {contender} | {times} | {ratio:.2f} | {size:.2f} |"
            named = ""


def goals(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each goal: what is asked for, and what was found on each input."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        if row["contender"] == "goal":
            found.setdefault(row["metric"], []).append((row["input"], float(row["value"])))
    yield "| goal | found |"
    yield "|---|---|"
    for metric, values in found.items():
        told = [
            f"{given}: {value:.2f}" if holds(metric, value) is not False else f"{given}: **{value:.2f}**"
            for given, value in values
        ]
        yield f"| {metric} | {'; '.join(told)} |"


def others(rows: Iterable[Row]) -> Iterator[str]:
    """All that is in neither of the other tables."""
    yield "| contender | input | metric | value |"
    yield "|---|---|---|---|"
    shown = {"first", "50 %", "90 %", "full", "full over the limit", "bytes on the link", "bytes"}
    for row in rows:
        if row["contender"] != "goal" and row["metric"] not in shown:
            value = f"{float(row['value']):.4g} {row['unit']}".strip()
            yield f"| {row['contender']} | {row['input']} | {row['metric']} | {value} |"


def main() -> None:
    """Print the tables."""
    with _RESULTS.open(newline="") as lines:
        rows = last_run(list(csv.DictReader(lines)))
    for table in (views, goals, others):
        print("\n".join(table(rows)), end="\n\n")


if __name__ == "__main__":
    main()
