"""`python -m bench.tables`: the last run of `make bench-tile` as tables for docs/tiling.md, beside what is asked for.

Reads bench/results/tile.csv; the last run is the last lines of one commit and machine. A figure that misses what is
asked for stands with what that is.
"""

from __future__ import annotations

import csv
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_RESULTS = Path(__file__).parent / "results" / "tile.csv"
_CODINGS = ("meshopt", "Draco")
_SHARES = ("5%", "12%", "25%", "50%")
_OF_NEXUS = "of Nexus's bytes"
# what is asked for: (series, coding) -> times Nexus's bytes at equal error
_MOST_TIMES = {("level", "meshopt"): 1.3, ("level", "Draco"): 0.9, ("view", "meshopt"): 1.0, ("view", "Draco"): 0.6}
_MOST_BYTES = {"venus": 1.6, "terrain": 2.4}  # per triangle, all levels, dense, positions
_LEAST_SPEED, _LEAST_GAIN, _MOST_MEMORY_MB = 0.45, 1.8, 2_348.0  # 2 GiB and 200 MB

Figures = dict[tuple[str, str, str], float]
"""by contender, input and metric"""


def last_run(rows: Sequence[dict[str, str]]) -> Figures:
    """The figures of the last lines with one commit and machine; of a figure that is there twice, the later."""

    def made_by(row: dict[str, str]) -> tuple[str, str]:
        return row["commit"], row["machine"]

    own = list(takewhile(lambda row: made_by(row) == made_by(rows[-1]), reversed(rows)))
    return {(row["contender"], row["input"], row["metric"]): float(row["value"]) for row in reversed(own)}


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def speed(figures: Figures) -> str:
    """Time and memory of the tiler, an input and coding a line: statements of speed and of linear growth."""
    head = (
        *("input", "coding", "processor s", "M triangles/s", "of meshopt's pace", "whole process", "second worker"),
        *("peak MB", "anonymous"),
    )

    def lines() -> Iterator[list[str]]:
        for given in _inputs(figures):
            for coding in _CODINGS:

                def of(metric: str, given: str = given, coding: str = coding) -> float | None:
                    return figures.get((f"chronotope, {coding}", given, metric))

                yield [
                    *(given, coding, _said(of("processor time, read to disk"), ".1f")),
                    _held(of("speed, read to disk"), ".2f", _LEAST_SPEED, is_least=True),
                    _said(of("speed in terms of that pace"), ".3f"),
                    _said(of("speed, whole process"), ".2f"),
                    _held(of("gain of a second worker"), ".2f", _LEAST_GAIN, is_least=True),
                    _held(of("peak resident memory"), ".0f", _MOST_MEMORY_MB),
                    _said(of("peak anonymous memory"), ".0f"),
                ]

    return table(head, lines())


def all_levels(figures: Figures) -> str:
    """Bytes per input triangle of everything that is stored."""
    metrics = ("positions", "normals", "containers", "on the wire")

    def lines() -> Iterator[list[str]]:
        for given in _inputs(figures):
            for coding in _CODINGS:
                values = [figures.get((f"chronotope, {coding}", given, f"all levels, {metric}")) for metric in metrics]
                most = _MOST_BYTES.get(given.split()[0]) if coding == "Draco" else None
                yield [given, coding, _held(values[0], ".2f", most), *(_said(value, ".2f") for value in values[1:])]

    return table(("input", "coding", *metrics), lines())


def rates(figures: Figures, series: str) -> str:
    """Error and bytes of levels or views, a share of the triangles a line, with Nexus's bytes at the same error."""
    sized = {name for name, _, metric in figures if metric.startswith(series) and metric.endswith("bytes")}
    names = {name.rpartition(", ")[0] for name in sized}
    head = ("input", "contender", "asked", "triangles", "error, ppm", *(f"{coding} KB" for coding in _CODINGS))

    def lines() -> Iterator[list[str]]:
        for given in _inputs(figures):
            for name in sorted(names):
                for share in _SHARES:
                    about = f"{series} of {share}"
                    if (name, given, f"{about}: error") not in figures:
                        continue
                    values = [figures[name, given, f"{about}: {metric}"] for metric in ("triangles", "error")]
                    sizes = [_size(figures, (f"{name}, {coding}", given, about), series, coding) for coding in _CODINGS]
                    yield [given, name, share.replace("%", " %"), f"{values[0]:.1f} %", f"{values[1]:.0f}", *sizes]

    return table(head, lines())


def _size(figures: Figures, key: tuple[str, str, str], series: str, coding: str) -> str:
    name, given, about = key
    size = figures.get((name, given, f"{about}: bytes"))
    if size is None:
        return "–"
    said = f"{size / 1000:.0f}"
    for beyond in ("", ", beyond its table"):
        times = figures.get((name, given, f"{about}: {_OF_NEXUS}{beyond}"))
        if times is not None:
            most = _MOST_TIMES[series, coding] if name.startswith("chronotope") else None
            return f"{said} ({'~' if beyond else ''}{_held(times, '.2f', most)})"
    return said


def _inputs(figures: Figures) -> list[str]:
    """In the order of the run."""
    return list(dict.fromkeys(given for _, given, _ in figures))


def _said(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _held(value: float | None, form: str, limit: float | None, *, is_least: bool = False) -> str:
    """A figure, and the limit that it misses."""
    if value is None or limit is None or (value >= limit if is_least else value <= limit):
        return _said(value, form)
    return f"{value:{form}} **{'<' if is_least else '>'} {limit:{form}}**"


_TABLES: dict[str, Callable[[Figures], str]] = {
    "Time and memory": speed,
    "All levels, bytes per input triangle": all_levels,
    "Whole levels, positions on the wire (in brackets: times Nexus's at the same error)": lambda f: rates(f, "level"),
    "Views, root and cut, positions on the wire": lambda f: rates(f, "view"),
}


def main() -> None:
    """Print them."""
    with _RESULTS.open(newline="") as lines:
        figures = last_run(list(csv.DictReader(lines)))
    for title, made in _TABLES.items():
        print(f"### {title}\n{made(figures)}\n")


if __name__ == "__main__":
    main()
