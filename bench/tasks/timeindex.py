"""What stands when, by index: `timeline.index` beside ncls and intervaltree (PyPI), over spans of six kinds.

What a question costs is told apart from what an answer costs. ncls is C over arrays and holds bare numbers; its answers
are taken one by one, as a caller has to, and its days are moved up, because it marks its sublists by negative starts
and answers wrongly where days are negative. It cannot be added to. intervaltree is asked among a hundred thousand only:
a million take it most of a minute. Both say what is possible only. Processor time of one thread; memory is what a
process grows by. A full pass of the garbage collector over a million spans takes a second or more; what is there before
the questions is kept out of it (`gc.freeze`), as a server would.

`tools/install.py peers` installs the two; what is not there is left out, and said.
"""

from __future__ import annotations

import gc
import importlib.util
import math
import multiprocessing
import random
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from timeline.index import SpanIndex
from timeline.instant import ordinal
from timeline.interval import BEGINNING, FOREVER, TimeSpan

Row = tuple[str, str, str, float, str]
Ask = Callable[[int], int]
"""the number of answers on a day"""
_Build = Callable[[list[TimeSpan]], tuple[Any, Ask]]

_FIRST, _LAST = ordinal(-2999, 1, 1), ordinal(2026, 1, 1)
_ASKED_S = 50e-6
_MOST_ANSWERS = 2_000_000
_END = 1 << 49


def _crisp(start: int, end: int) -> TimeSpan:
    return TimeSpan(start, start, end, end)


def _history(count: int, chance: random.Random) -> Iterator[TimeSpan]:
    """Buildings of some centuries, most of them with doubtful bounds, one in fifty without an end."""
    for _ in range(count):
        start = chance.randrange(_FIRST, _LAST)
        end, doubt = start + 365 + int(chance.expovariate(1 / 20_000)), chance.choice((0, 364, 3650))
        is_open = chance.random() < 0.02
        yield TimeSpan(start, start + doubt, FOREVER if is_open else end, FOREVER if is_open else end + doubt)


def _points(count: int, chance: random.Random) -> Iterator[TimeSpan]:
    for _ in range(count):
        start = chance.randrange(_FIRST, _LAST)
        yield _crisp(start, start + 1)


def _nested(count: int, _chance: random.Random) -> Iterator[TimeSpan]:
    yield from (_crisp(-at - 1, at + 1) for at in range(count))


def _long_among_short(count: int, _chance: random.Random) -> Iterator[TimeSpan]:
    """One in a thousand lasts for as long as all others together."""
    yield from (_crisp(2 * at, 2 * at + (1 if at % 1000 else 4 * count)) for at in range(count))


def _all_scales(count: int, chance: random.Random) -> Iterator[TimeSpan]:
    """From a day to the age of the universe ten times over, each order of magnitude alike."""
    for _ in range(count):
        start = chance.randrange(-(10**14), 10**14)
        yield _crisp(start, start + int(math.exp(chance.uniform(0, math.log(10**14)))))


def _unbounded(count: int, chance: random.Random) -> Iterator[TimeSpan]:
    for at in range(count):
        day = chance.randrange(_FIRST, _LAST)
        yield _crisp(BEGINNING, day) if at % 2 else _crisp(day, FOREVER)


_KINDS: dict[str, tuple[Callable[[int, random.Random], Iterator[TimeSpan]], Callable[[int], tuple[int, int]]]] = {
    # kind: (spans, range of the days asked)
    "history": (_history, lambda _: (_FIRST, _LAST)),
    "points": (_points, lambda _: (_FIRST, _LAST)),
    "nested": (_nested, lambda count: (-count, count)),
    "long among short": (_long_among_short, lambda count: (0, 2 * count)),
    "all scales": (_all_scales, lambda _: (-(10**14), 10**14)),
    "unbounded": (_unbounded, lambda _: (_FIRST, _LAST)),
}


def _ours(spans: list[TimeSpan]) -> tuple[Any, Ask]:
    index = SpanIndex(enumerate(spans))
    return index, lambda day: len(index.on(day))


def _ncls(spans: list[TimeSpan]) -> tuple[Any, Ask]:
    import ncls

    starts = np.array([max(span.start_earliest, -_END) for span in spans]) + 2 * _END
    ends = np.array([min(span.end_latest, _END) for span in spans]) + 2 * _END
    index = ncls.NCLS(starts, ends, np.arange(len(spans)))
    return index, lambda day: len([key for _, _, key in index.find_overlap(day + 2 * _END, day + 2 * _END + 1)])


def _intervaltree(spans: list[TimeSpan]) -> tuple[Any, Ask]:
    from intervaltree import Interval, IntervalTree

    index = IntervalTree(Interval(span.start_earliest, span.end_latest, at) for at, span in enumerate(spans))
    return index, lambda day: len(index.at(day))


_CONTENDERS = {"timeline.index": _ours, "ncls": _ncls, "intervaltree": _intervaltree}
_MODULES = {"timeline.index": "timeline", "ncls": "ncls", "intervaltree": "intervaltree"}
_SIZES = {100_000: ("timeline.index", "ncls", "intervaltree"), 1_000_000: ("timeline.index", "ncls")}


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    missing = [name for name, module in _MODULES.items() if importlib.util.find_spec(module) is None]
    if missing:
        print(f"not installed and left out: {', '.join(missing)}", file=sys.stderr)
    for count, contenders in _SIZES.items():
        for kind, (make, asked) in _KINDS.items():
            spans = list(make(count, random.Random(4)))
            days = _days(asked(count))
            given = f"{count:,} spans, {kind}"
            for contender in contenders:
                if contender in missing:
                    continue
                build = _CONTENDERS[contender]
                if kind == "history":
                    yield contender, given, "memory", _grown(build, spans), "MB"
                for metric, value, unit in _figures(build, spans, days):
                    yield contender, given, metric, value, unit
    for count in (10_000, 1_000_000):
        for metric, value, unit in _changing(count):
            yield "timeline.index", f"{count:,} spans, history", metric, value, unit


def _days(asked: tuple[int, int]) -> list[int]:
    chance = random.Random(5)
    return [chance.randrange(*asked) for _ in range(500)]


def _figures(build: _Build, spans: list[TimeSpan], days: list[int]) -> Iterator[tuple[str, float, str]]:
    gc.collect()
    start = process_time()
    _index, ask = build(spans)
    yield "build", process_time() - start, "s"
    with _settled():
        counts, seconds = _asked(ask, days)
    yield "answers a day", sum(counts) / len(counts), ""
    yield "a day", sum(seconds) / len(seconds) * 1e6, "µs"
    few = [taken for count, taken in zip(counts, seconds, strict=True) if count <= 20]
    if few:
        yield "a day with at most 20 answers", sum(few) / len(few) * 1e6, "µs"
    beyond = max(sum(seconds) - _ASKED_S * len(seconds), 0.0)
    yield "an answer, beyond 50 µs a day", beyond / max(sum(counts), 1) * 1e9, "ns"


def _asked(ask: Ask, days: Iterable[int]) -> tuple[list[int], list[float]]:
    """Answers and processor seconds of each day, until there are many."""
    counts: list[int] = []
    seconds: list[float] = []
    for day in days:
        ask(day)
        start = process_time()
        counts.append(ask(day))
        seconds.append(process_time() - start)
        if sum(counts) > _MOST_ANSWERS:
            break
    return counts, seconds


@contextmanager
def _settled() -> Iterator[None]:
    """What is there is not looked through by the garbage collector again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _grown(build: _Build, spans: list[TimeSpan]) -> float:
    """Megabytes that a process grows by, in a copy of this one."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)

    def work() -> None:
        before = _resident()
        _index, _ask = build(spans)
        there.send(_resident() - before)

    copy = context.Process(target=work)
    copy.start()
    copy.join()
    return float(here.recv()) / 1e6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _changing(count: int) -> Iterator[tuple[str, float, str]]:
    """One span more and one less; what differs between two days ten years apart, and all that changes in between."""
    index = SpanIndex(enumerate(_history(count, random.Random(4))))
    more = list(enumerate(_history(200, random.Random(6)), count))
    days = _days((_FIRST, _LAST))[:20]
    questions: dict[str, Callable[[int], list[Any]]] = {
        "difference of ten years": lambda day: index.difference([(day, day + 1)], [(day + 3650, day + 3651)]),
        "changes in ten years": lambda day: index.changes(day, day + 3650),
        "boundaries in ten years": lambda day: index.boundaries(day, day + 3650),
    }
    with _settled():
        for metric, change in (("add", index.add), ("remove", index.remove)):
            start = process_time()
            for key, span in more:
                change(key, span)
            yield f"{metric} a span", (process_time() - start) / len(more) * 1e6, "µs"
        for metric, ask in questions.items():
            start = process_time()
            answers = sum(len(ask(day)) for day in days)
            taken = process_time() - start
            yield metric, taken / len(days) * 1e3, "ms"
            yield f"{metric}, an answer", taken / max(answers, 1) * 1e9, "ns"
