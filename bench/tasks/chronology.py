"""Relative chronology: bounds of many units at once, after one statement more or less, and a contradiction told.

Processor seconds. Units stood on days that are drawn first, so that statements made of them agree; three in ten are
dated, roughly. The peer is s3dgraphy (PyPI, GPL-3.0-or-later; never a dependency): install 1.5.4 in an environment of
its own and name that one's python by CHRONOTOPE_BENCH_S3DGRAPHY; it is run as another program. It knows earlier and
later only, so both get "later than" between random pairs, and must find the same earliest starts.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from bench import process
from timeline.chronology import Chronology
from timeline.consistency import propagate
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.network import Network
from timeline.statement import Kind, Statement

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_PEER_SIZES = (200, 400, 800, 1_600)
_PER_UNIT = 1.6
_PEER_PER_UNIT = 3
_CHANGES = 300
_PEER = Path(__file__).parent.parent / "peers" / "s3dgraphy_starts.py"

Row = tuple[str, str, str, float, str]
_OURS = "timeline.chronology"


def _site(count: int) -> tuple[dict[str, TimeSpan | None], list[Statement]]:
    """Units in the order of their starts, and statements of all kinds between units that are near in it."""
    chance = Random(count)
    stood, units, said = [], {}, []
    for at in range(count):
        start = at * 18 + chance.randrange(400)
        end = start + 365 + chance.randrange(20_000)
        stood.append((start, end))
        is_dated = chance.random() < 0.3
        doubt = [chance.randrange(5_000) for _ in range(4)]
        units[f"u{at}"] = (
            TimeSpan(start - doubt[0], start + doubt[1], end - min(doubt[2], 300), end + doubt[3]) if is_dated else None
        )
    while len(said) < _PER_UNIT * count:
        one = chance.randrange(count - 1)
        other = min(count - 1, one + 1 + int(chance.expovariate(1 / 200)))
        kind, subject, unit = _true_of(stood, one, other, chance)
        said.append(Statement(f"s{len(said)}", kind, f"u{subject}", f"u{unit}"))
    return units, said


def _true_of(stood: list[tuple[int, int]], one: int, other: int, chance: Random) -> tuple[Kind, int, int]:
    if stood[other] < stood[one]:
        one, other = other, one
    (_, end), (later, last) = stood[one], stood[other]
    if end <= later:
        return (Kind.BEFORE, one, other) if chance.random() < 0.5 else (Kind.AFTER, other, one)
    if last <= end:
        return Kind.WITHIN, other, one
    return (Kind.CARRIES if chance.random() < 0.5 else Kind.CONTEMPORARY_WITH), one, other


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = process_time()
    work()
    return process_time() - start


def _ours(count: int) -> Iterator[Row]:
    units, said = _site(count)
    given = f"{count:,} units, {len(said):,} statements"
    best = []
    for _ in range(3 if count <= 100_000 else 1):
        made: list[Network] = []
        reading = _seconds(lambda made=made: made.append(Network(units, said)))
        best.append((_seconds(lambda made=made: propagate(made[0])), reading))
    propagating, reading = min(best)
    yield _OURS, given, "propagate", propagating, "s"
    yield _OURS, given, "read statements and propagate", propagating + reading, "s"
    chronology = Chronology(units, said)
    chance = Random(1)
    added, touched = [], []
    for at in range(2 * _CHANGES):
        one = chance.randrange(count - 1)
        statement = Statement(f"t{at}", Kind.CARRIES, f"u{one}", f"u{min(count - 1, one + 1 + chance.randrange(200))}")
        start = process_time()
        change = chronology.add(statement)
        added.append(process_time() - start)
        touched.append(len(change.touched))
        if at == 0:
            start = process_time()
            chronology.withdraw(statement.id)
            added[0] += process_time() - start
    # Among the first are those that make what later ones find made.
    yield _OURS, given, "add a statement, worst of the first", max(added[:_CHANGES]) * 1e6, "µs"
    added, touched = added[_CHANGES:], touched[_CHANGES:]
    yield _OURS, given, "add a statement, median", median(added) * 1e6, "µs"
    yield _OURS, given, "add a statement, worst", max(added) * 1e6, "µs"
    yield _OURS, given, "units touched by it, mean", sum(touched) / len(touched), ""
    withdrawn = []
    for each in chance.sample(said, _CHANGES):
        if each.id in chronology.statements:
            start = process_time()
            chronology.withdraw(each.id)
            withdrawn.append(process_time() - start)
    yield _OURS, given, "withdraw a statement, median", median(withdrawn) * 1e6, "µs"
    del chronology
    wrong = Statement("wrong", Kind.BEFORE, f"u{count - 1}", "u0")
    yield (
        _OURS,
        given,
        "propagate, one statement wrong",
        _seconds(lambda: propagate(Network(units, [*said, wrong]))),
        "s",
    )


def _beside_the_peer(count: int, python: str) -> Iterator[Row]:
    chance = Random(count)
    units = {f"u{at}": (at, at + 50) if chance.random() < 0.5 else None for at in range(count)}
    pairs = [sorted(chance.sample(range(count), 2)) for _ in range(_PEER_PER_UNIT * count)]
    given = f"{count:,} units, {len(pairs):,} times 'later than'"
    said = [Statement(f"s{at}", Kind.CARRIES, f"u{a}", f"u{b}") for at, (a, b) in enumerate(pairs)]
    spans = {
        name: None if years is None else TimeSpan(years[0], FOREVER, BEGINNING, FOREVER)
        for name, years in units.items()
    }
    made: list[Chronology] = []
    yield _OURS, given, "propagate", _seconds(lambda: made.append(Chronology(spans, said))), "s"
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.json"
        site.write_text(json.dumps({"units": units, "later": [[f"u{b}", f"u{a}"] for a, b in pairs]}))
        answer = json.loads(process.run([python, _PEER, site]).said.splitlines()[-1])
    yield answer["name"], given, "propagate", answer["processor_s"], "s"
    starts = {name: None if (day := span.start_earliest) == BEGINNING else day for name, span in made[0].spans()}
    differing = sum(starts[name] != start for name, start in answer["starts"].items())
    yield answer["name"], given, "earliest starts that differ", differing, ""


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    python = os.environ.get("CHRONOTOPE_BENCH_S3DGRAPHY", "")
    if not python:
        print("bench: s3dgraphy is left out; CHRONOTOPE_BENCH_S3DGRAPHY names a python that has it", file=sys.stderr)
    for count in _PEER_SIZES if python else ():
        yield from _beside_the_peer(count, python)
    for count in _SIZES:
        yield from _ours(count)
