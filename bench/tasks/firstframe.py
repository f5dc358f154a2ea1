"""How soon a visitor sees something of an exhibition: a real Chromium, the sample museum, a link of 20 Mbit and 50 ms.

From the navigation to the first frame that has streamed geometry in it, by the page's own marks (`performance.mark`);
cold is a browser that was never there, warm is its second visit, with what it keeps. The browser draws by software, and
its frame is counted when it is handed over. Linux and root (network namespaces, TUN), see `bench.stream_net`.

`CHRONOTOPE_BENCH_WORK` names a folder where the museum is kept for the next run, `CHRONOTOPE_BENCH_RUNS` how often (3).
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.data_directory import prepare
from api.pages import front_end
from api.settings import Settings
from bench import stream_net
from bench.stream_link import Link

Row = tuple[str, str, str, float, str]

LINK = Link(50.0, 20.0)
MARKS = ("records", "stream", "tile", "geometry")
"""what the page marks on its way: the exhibition is known, the stream is open, a tile has come, it is in a frame"""
_PAGE = f"http://{stream_net.ADDRESS}:{stream_net.PORT}/exhibitions/sanctuary"
_FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    # As over https: storage and digests are for secure pages.
    f"--unsafely-treat-insecure-origin-as-secure=http://{stream_net.ADDRESS}:{stream_net.PORT}",
)
_SEEN = """() => {
  const marks = performance.getEntriesByType("mark").filter((mark) => mark.name.startsWith("chronotope:"));
  const found = Object.fromEntries(marks.map((mark) => [mark.name.slice(11), mark.startTime]));
  return found.geometry === undefined ? null : found;
}"""


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    lacking = stream_net.missing() or ("" if front_end() else "the front end is not built (make web)")
    chromium = os.environ.get("CHRONOTOPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if lacking or not chromium:
        print(f"bench: {lacking or 'no chromium'}; the first frame is left out", file=sys.stderr)
        return
    rounds = int(os.environ.get("CHRONOTOPE_BENCH_RUNS", "3"))
    control = "bbr" if "bbr" in stream_net.congestion_controls() else "cubic"
    with _work() as work, stream_net.Net(control) as net:
        settings = prepare(Settings(data=work / "museum", workers=0))
        _sample_museum(settings)
        stream_net.make_administrator(settings.data)
        stream_net.start_server(net, settings.data, work)
        with stream_net.link(LINK, seed=1):
            visits = [_visit(chromium, work) for _ in range(rounds)]
        for number, kind in enumerate(("cold", "warm")):
            for mark in MARKS:
                middle = statistics.median(visit[number][mark] for visit in visits)
                yield "viewer", f"{LINK.name}, sample museum, {kind}", mark, middle, "ms"


@contextmanager
def _work() -> Iterator[Path]:
    if kept := os.environ.get("CHRONOTOPE_BENCH_WORK"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-firstframe-") as folder:
        yield Path(folder)


def _sample_museum(settings: Settings) -> None:
    from api.cli_demo import build
    from api.services import open_services
    from scenes.model import Exhibition

    with open_services(settings) as services:
        is_there = bool(services.catalogue.page(Exhibition, first=1).records)
    if not is_there:
        build(settings)


def _visit(chromium: str, work: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Marks of a first and of a second visit, ms since each navigation began."""
    from playwright.sync_api import sync_playwright

    starter = work / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(stream_net.inside(stream_net.CLIENT, chromium))} "$@"\n')
    starter.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=work) as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=starter,
            args=list(_FLAGS),
            viewport={"width": 1280, "height": 720},
        )
        try:
            return _once(context), _once(context)
        finally:
            context.close()


def _once(context: Any) -> dict[str, float]:
    page = context.new_page()
    page.goto(_PAGE, wait_until="commit")
    page.wait_for_function(_SEEN, polling=100, timeout=120_000)
    found: dict[str, float] = page.evaluate(_SEEN)
    # All of it is here and kept before the next visit.
    page.wait_for_function("() => chronotope.stats.shown.complete", polling=500, timeout=240_000)
    page.wait_for_timeout(2000)
    page.close()
    return found
