"""What of the stream is measured over links, and the goals it is held to.

Four links of 5 to 100 ms and 20 to 200 Mbit; contenders by turns, medians of three runs. The limit is
2 × RTT + 1.037 × B / rate (with TLS 3 × RTT), B as `stream_quality` has it: the same for all. A run whose link
delivered late (more than 6 ms at the 99.9 % quantile: others were at work on this machine) is repeated, at most once,
whoever ran.

Rows are (contender, input, metric, value, unit). Those of the contender `goal` say by how much a goal is met or missed:
their metric ends with what is demanded.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import stream_contenders as contenders
from bench.stream_contenders import DEFAULT, ORDERED, OURS, TUNED
from bench.stream_link import Link
from bench.stream_net import Carried
from bench.stream_quality import FRAME_S, Curve, Key, Shown, Wanted, curve, limit_s, read_log
from bench.stream_scenes import Given, Moment

Row = tuple[str, str, str, float, str]

LINKS = (Link(5, 200), Link(20, 100), Link(50, 50), Link(100, 20))
MIDDLE = LINKS[2]
LOSS = 0.01
LATE_MS = 6.0
_TRIES = 2
_WARM = Link(1, 1000)


@dataclass(slots=True)
class Race:
    """Contenders on one scene; the servers stand already."""

    given: Given
    moments: list[Moment]
    work: Path
    control: str
    runs: int
    is_secure: bool = False
    curves: dict[tuple[str, str], Curve] = field(default_factory=dict)
    """of the last run by (link, contender), for pictures"""
    _order: dict[str, Any] | None = None

    def receive(self, name: str, link: Link, *, seed: int, turn_after: float | None = None, steps: bool = False,
                cache: bool = False, record: bool = False) -> tuple[dict[str, Any], Carried]:  # fmt: skip
        """One run; repeated while the link was late."""
        given = self.given if steps else contenders.only_first(self.given)
        moments = self.moments if steps else self.moments[:1]
        sheet = contenders.sheet_of(given, moments, is_secure=self.is_secure, turn_after=turn_after)
        sheet |= {"cache": cache, "record": record}
        if name == ORDERED and self._order is None:
            self._order = self._warmed()
        for attempt in range(_TRIES):
            said, carried = contenders.receive(
                name, sheet, self.moments[0], link, self.work, order=self._order, seed=seed
            )
            if carried.late_ms <= LATE_MS or attempt == _TRIES - 1:
                break
            print(f"bench: the link was {carried.late_ms:.1f} ms late; again", file=sys.stderr)
        return said, carried

    def _warmed(self, link: Link = _WARM) -> dict[str, Any]:
        sheet = contenders.sheet_of(
            contenders.only_first(self.given), self.moments[:1], is_secure=self.is_secure, turn_after=None
        )
        said, _ = contenders.receive(OURS, sheet, self.moments[0], link, self.work, order=None, seed=0)
        return said

    def warm(self) -> None:
        """Our server compiles and reads what it needs; the order in which it sends is what the ablation is given.

        Over the slowest link, because there it says most cuts.
        """
        self._warmed()
        self._order = self._warmed(LINKS[-1])

    def input(self, link: Link) -> str:
        """As rows say it."""
        return f"{self.given.name}, {link.name}, {self.control}{', TLS' if self.is_secure else ''}"

    def limit(self, link: Link) -> float:
        """Seconds that none can beat."""
        least = self.moments[0].want.least_bytes
        return limit_s(least, rtt_ms=link.rtt_ms, mbit=link.mbit, round_trips=3 if self.is_secure else 2)


def view(race: Race, link: Link, names: Sequence[str]) -> Iterator[Row]:
    """A view from nothing: first image, half, nine tenths and all of the quality, and what went over the link."""
    want, given, limit = race.moments[0].want, race.input(link), race.limit(link)
    yield "limit", given, "full", limit * 1e3, "ms"
    yield "limit", given, "bytes", want.least_bytes / 1e6, "MB"
    figures: dict[str, dict[str, float]] = {}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(race.runs):
        for name in names:
            said, carried = race.receive(name, link, seed=seed)
            drawn = curve(want, read_log(said))
            race.curves[link.name, name] = drawn
            runs[name].append(
                {
                    "first": drawn.first_s, "50 %": drawn.reached(0.5), "90 %": drawn.reached(0.9),
                    "full": drawn.full_s, "MB": carried.down_bytes / 1e6, "dropped": carried.dropped,
                }
            )  # fmt: skip
    for name in names:
        figures[name] = {key: statistics.median(run[key] for run in runs[name]) for key in runs[name][0]}
        for key in ("first", "50 %", "90 %", "full"):
            yield name, given, key, figures[name][key] * 1e3, "ms"
        yield name, given, "bytes on the link", figures[name]["MB"], "MB"
        yield name, given, "packets dropped by the queue", figures[name]["dropped"], ""
        yield name, given, "full over the limit", figures[name]["full"] / limit, "x"
    most = 1.4 if link.loss else 1.15
    yield "goal", given, f"full over the limit, at most {most}", figures[OURS]["full"] / limit, "x"
    if link.loss or DEFAULT not in figures:
        return
    for key, peer, least in (("50 %", DEFAULT, 3.5), ("50 %", TUNED, 1.5), ("first", DEFAULT, 2), ("first", TUNED, 2)):
        value = figures[peer][key] / figures[OURS][key]
        yield "goal", given, f"{key} sooner than {peer}, at least {least}", value, "x"


def turn(race: Race, link: Link, names: Sequence[str]) -> Iterator[Row]:
    """Another view when half of the first one's bytes are here: until the first tile of it shows."""
    first, turned, given = race.moments[0].want, race.moments[0].turned, race.input(link)
    limit = limit_s(turned.tile_bytes, rtt_ms=link.rtt_ms, mbit=link.mbit, round_trips=1)
    yield "limit", given, "new view", limit * 1e3, "ms"
    new = new_in(turned, first)
    answers: dict[str, list[float]] = {name: [] for name in names}
    full: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(race.runs):
        for name in names:
            said, _ = race.receive(name, link, seed=seed, turn_after=first.least_bytes / 2)
            (mark,) = (float(each["t"]) for each in said["marks"] if each["what"] == "turn")
            log = read_log(said)
            # No answer is sooner than a round trip, and a peer's next frames show what it had already.
            earliest = mark + max(link.rtt_ms / 1e3, 2 * FRAME_S if said["frames"] else 0.0)
            answers[name].append(answered(log, new, earliest) - mark)
            full[name].append(curve(turned, log).full_s - mark)
    for name in names:
        yield name, given, "new view", statistics.median(answers[name]) * 1e3, "ms"
        yield name, given, "new view, full", statistics.median(full[name]) * 1e3, "ms"
    yield "goal", given, "new view over the limit, at most 1.9", statistics.median(answers[OURS]) / limit, "x"


def new_in(turned: Wanted, first: Wanted) -> frozenset[Key]:
    """Tiles that are on the way to the new view's full cut and not on that to the first one's."""
    old = {key for path in first.paths for key in path}
    return frozenset(key for path in turned.paths for key in path) - old


def answered(log: Sequence[Shown], new: frozenset[Key], earliest: float) -> float:
    """When the first of some tiles was drawn that came because it was asked for: not before `earliest`."""
    before: set[Key] = set()
    for each in log:
        if each.at_s >= earliest and not new.isdisjoint(set(each.shown) - before):
            return each.at_s
        before |= set(each.shown)
    return math.inf


def steps(race: Race, link: Link, names: Sequence[tuple[str, bool]]) -> Iterator[Row]:
    """From year to year, four fifths of the tiles the same; a name with True keeps files as a browser's cache does.

    Ours knows anyway what it holds: with True it is a second visitor's walk, whose server has been everywhere before.
    """
    given = race.input(link)
    took: dict[str, float] = {}
    for name, cache in names:
        said, _ = race.receive(name, link, seed=0, steps=True, cache=cache)
        marks = [each for each in said["marks"] if each["what"] == "seek"]
        log = read_log(said)
        ends = [float(each["t"]) for each in marks[1:]] + [math.inf]
        times = []
        for moment, mark, end in zip(race.moments[1:], marks, ends, strict=True):
            drawn = curve(moment.want, [each for each in log if each.at_s < end])
            times.append(drawn.full_s - float(mark["t"]))
        received = [*(int(each["received"]) for each in marks), int(said["received"])]
        called = name if not cache else f"{name}, again" if name == OURS else f"{name}, cache"
        took[called] = statistics.median(times)
        yield called, given, "step", took[called] * 1e3, "ms"
        yield called, given, "step, slowest", max(times) * 1e3, "ms"
        mean = (received[-1] - received[0]) / len(marks) / 1e6
        yield called, given, "bytes of a step", mean, "MB"
    for peer in [TUNED, f"{TUNED}, cache"]:
        if peer in took and OURS in took:
            yield "goal", given, f"step sooner than {peer}, at least 4", took[peer] / took[OURS], "x"
