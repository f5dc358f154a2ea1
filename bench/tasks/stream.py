"""The stream: on loopback, over emulated links beside its peers, and what the server takes for it.

Over links: Linux and root (network namespaces, TUN), see `bench.stream_net`; what is missing is left out, and said.
`CHRONOTOPE_BENCH_STREAM` names parts to run, by default all: loopback, links, turn, loss, steps, tls, load, replay.
`CHRONOTOPE_BENCH_WORK` names a folder where the scenes are kept for the next run (they take two minutes to make),
`CHRONOTOPE_BENCH_RUNS` how often each contender runs (3). Pictures of quality over time go to docs/pictures.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from api.settings import Settings
from bench import stream_contenders as contenders
from bench import stream_load, stream_loopback, stream_net, stream_plot, stream_race, stream_replay, stream_scenes
from bench.stream_certificate import certificate
from bench.stream_contenders import DEFAULT, OURS, TUNED
from bench.stream_race import LINKS, LOSS, MIDDLE, Race, Row

PARTS = ("loopback", "links", "turn", "loss", "steps", "tls", "load", "replay")
_PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    parts = os.environ.get("CHRONOTOPE_BENCH_STREAM", ",".join(PARTS)).split(",")
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise SystemExit(f"CHRONOTOPE_BENCH_STREAM: no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "loopback" in parts:
        yield from stream_loopback.run()
    lacking = stream_net.missing()
    if lacking:
        print(f"bench: {lacking}; what goes over links is left out", file=sys.stderr)
        return
    with _work() as work:
        settings = Settings(data=work / "museum", workers=0)
        scenes = stream_scenes.make(settings)
        stream_net.make_administrator(settings.data)
        if {"links", "turn", "loss", "steps", "tls", "replay"} & set(parts):
            yield from _over_links(parts, scenes, settings, work)
        if "load" in parts:
            yield from stream_load.run(settings.data, work)


@contextmanager
def _work() -> Iterator[Path]:
    kept = os.environ.get("CHRONOTOPE_BENCH_WORK")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-stream-") as folder:
        yield Path(folder)


def _over_links(parts: list[str], scenes: list[stream_scenes.Given], settings: Settings, work: Path) -> Iterator[Row]:
    static = work / "static"
    moments = {given.name: stream_scenes.export(settings, given, static) for given in scenes}
    named = {given.name: given for given in scenes}
    control = "bbr" if "bbr" in stream_net.congestion_controls() else "cubic"
    names, runs = contenders.peers(), int(os.environ.get("CHRONOTOPE_BENCH_RUNS", "3"))
    pair = certificate(work)

    def race(name: str, *, is_secure: bool = False) -> Race:
        made = Race(named[name], moments[name], work, control, runs, is_secure)
        made.warm()
        return made

    with stream_net.Net(control) as net:
        if len(names) > 1:
            stream_net.start_nginx(net, static, work, *pair)
        server = stream_net.start_server(net, settings.data, work)
        if "links" in parts:
            for name in (name for name in named if name != "epochs"):
                yield from _links(race(name), names)
        if {"turn", "loss", "replay"} & set(parts):
            yield from _ground(race("quadtree"), parts, names)
        if "steps" in parts:
            yield from _steps(race("epochs"), names)
        if "tls" in parts:
            stream_net.stop(server)
            stream_net.start_server(net, settings.data, work, tls=pair)
            yield from stream_race.view(race("quadtree", is_secure=True), MIDDLE, names)


def _links(race: Race, names: tuple[str, ...]) -> Iterator[Row]:
    for link in LINKS:
        yield from stream_race.view(race, link, names)
    stream_plot.write(_PICTURES / f"stream-{race.given.name}.svg", race, LINKS, names)


def _ground(race: Race, parts: list[str], names: tuple[str, ...]) -> Iterator[Row]:
    if "turn" in parts:
        for link in LINKS:
            yield from stream_race.turn(race, link, [name for name in names if name in (OURS, DEFAULT, TUNED)])
    if "loss" in parts:
        for link in LINKS:
            yield from stream_race.view(race, replace(link, loss=LOSS), names if link is MIDDLE else (OURS,))
    if "replay" in parts:
        yield from stream_replay.run(race, MIDDLE)


def _steps(race: Race, names: tuple[str, ...]) -> Iterator[Row]:
    walks = [(OURS, False), (DEFAULT, True), (TUNED, False), (TUNED, True)]
    yield from stream_race.steps(race, MIDDLE, [walk for walk in walks if walk[0] in names])
    yield from stream_race.steps(race, MIDDLE, [(OURS, True)])
