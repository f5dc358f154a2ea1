"""Time: EDTF texts read per second, an index over a million spans built and asked, a large scene resolved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from time import perf_counter

from scenes.at_time import resolve
from scenes.model import Placement, Scene, Viewpoint, Visibility
from timeline.edtf import parse, parse_span
from timeline.index import SpanIndex
from timeline.instant import ordinal
from timeline.interval import FOREVER, TimeSpan

_TEXTS = {
    "year": "-0430",
    "date": "1985-04-12",
    "interval": "-0447~/-0432-06",
    "set": "[1667,1668,1670..1672]",
    "unspecified": "156X-12-25",
    "longest refused": "[" + "1985-04-12," * 18 + "x",
}
_SPANS = 1_000_000
_QUESTIONS = 1000


def _seconds(work: Callable[[], object], *, least: float = 0.2) -> float:
    """Best of three runs, each repeated until it takes at least so long; seconds for one."""
    times, best = 1, float("inf")
    for _ in range(3):
        while True:
            start = perf_counter()
            for _ in range(times):
                work()
            taken = perf_counter() - start
            if taken >= least:
                break
            times *= 2
        best = min(best, taken / times)
    return best


def _refused(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return True
    return False


def _spans(count: int) -> list[tuple[int, TimeSpan]]:
    """Buildings of some centuries between 3000 BC and today, one in fifty without an end."""
    chance = random.Random(4)
    first, last = ordinal(-2999, 1, 1), ordinal(2026, 1, 1)
    spans = []
    for at in range(count):
        start = chance.randrange(first, last)
        end = start + 365 + int(chance.expovariate(1 / 20_000))
        doubt = chance.choice((0, 364, 3650))
        open_end = chance.random() < 0.02
        spans.append(
            (at, TimeSpan(start, start + doubt, FOREVER if open_end else end, FOREVER if open_end else end + doubt))
        )
    return spans


def run() -> Iterator[tuple[str, str, str, float, str]]:
    """Rows (contender, input, metric, value, unit)."""
    for name, text in _TEXTS.items():
        yield "timeline.edtf", name, "parse", 1 / _seconds(lambda text=text: _refused(text)), "1/s"
    yield "timeline.edtf", "a year of every century", "days", 1 / _seconds(parse("XX30").days), "1/s"
    yield "timeline.edtf", "XXXX-12-25", "days", _seconds(parse("XXXX-12-25").days) * 1e3, "ms"

    spans = _spans(_SPANS)
    start = perf_counter()
    index = SpanIndex(spans)
    yield "timeline.index", "1,000,000 spans", "build", perf_counter() - start, "s"
    chance = random.Random(5)
    days = [chance.randrange(ordinal(-2999, 1, 1), ordinal(2026, 1, 1)) for _ in range(_QUESTIONS)]
    start = perf_counter()
    answers = sum(len(index.on(day)) for day in days[:20])
    taken = perf_counter() - start
    yield "timeline.index", "1,000,000 spans", "what stands on a day", taken / 20 * 1e3, "ms"
    yield "timeline.index", "1,000,000 spans", "answers per day", answers / 20, ""
    yield "timeline.index", "1,000,000 spans", "answers", answers / taken, "1/s"
    start = perf_counter()
    for day in days:
        index.boundaries(day, day + 3650)
    yield (
        "timeline.index",
        "1,000,000 spans",
        "boundaries of ten years",
        (perf_counter() - start) / len(days) * 1e3,
        "ms",
    )
    rare = SpanIndex((at, TimeSpan(40 * at, 40 * at, 40 * at + 39, 40 * at + 39)) for at in range(_SPANS))
    start = perf_counter()
    for at in range(_QUESTIONS):
        rare.on(40 * at * 900)
    yield (
        "timeline.index",
        "1,000,000 short spans",
        "what stands on a day",
        (perf_counter() - start) * 1e6 / _QUESTIONS,
        "µs",
    )
    yield from _scene()


def _scene() -> Iterator[tuple[str, str, str, float, str]]:
    scene = Scene("scene", "", "", "-0430", Visibility.PUBLIC, Viewpoint((0, 0, 1), (0, 0, 0)))
    placements = [
        Placement(f"placement_{at:05d}", "scene", "layer", "asset", "", f"-{at % 999 + 1:04d}~/{at % 900 + 100:04d}-06")
        for at in range(1, 5001)
    ]
    for placement in placements:
        parse_span(placement.existence)
    taken = _seconds(lambda: resolve(scene, placements, (), at="-0430"))
    yield "scenes.at_time", "5,000 placements, read before", "resolve", taken * 1e3, "ms"
