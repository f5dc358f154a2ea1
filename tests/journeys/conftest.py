"""Journeys: the real service in a process of its own, a real Chromium before it.

One museum and one browser for all of them; `tests.sharing` keeps them together on one test worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from api.data_directory import held, prepare
from api.services import open_services
from api.settings import from_environment
from tests.journeys.small_museum import write_small_museum
from tests.journeys.valley import write_valley

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
ARTIFACTS = ROOT / "tests" / "artifacts"
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The decoders' pages are heavy for a machine with little shared memory, as containers have.
    "--disable-dev-shm-usage",
]
_START_S = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A running service."""

    url: str
    port: int
    data: Path
    studio: str | None
    authority: Path | None


@dataclass(frozen=True, slots=True)
class Visit:
    """An open page and what it complained of."""

    page: Page
    problems: list[str]

    def stats(self) -> dict[str, Any]:
        """What the viewer counts (`window.chronotope`)."""
        result: dict[str, Any] = self.page.evaluate("() => chronotope.stats")
        return result

    def settle(self, condition: str = "true", *, seconds: float = 60) -> dict[str, Any]:
        """Wait until the server says that the view is complete and all of it is drawn, and `condition` holds of `s`."""
        self.page.wait_for_function(
            f"() => {{ const s = window.chronotope?.stats; return s && s.shown.complete && ({condition}); }}",
            timeout=seconds * 1000,
        )
        return self.stats()

    def picture(self, name: str, selector: str = "canvas.view") -> Path:
        """A screenshot, kept in tests/artifacts, once nothing moves any more: the viewer draws only what changed."""
        self.page.wait_for_function(
            """() => {
              const s = window.chronotope?.stats;
              const still = !s || (s.frames === window.framesBefore && !document.querySelector('.is-melting'));
              window.framesBefore = s?.frames;
              return still;
            }""",
            polling=300,
        )
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        if selector == "page":
            self.page.screenshot(path=path)
        else:
            self.page.locator(selector).first.screenshot(path=path)
        return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(data: Path, *options: str) -> Iterator[Served]:
    """`chronotope serve` on a free port, until the block ends."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHRONOTOPE_")}
    with (data.parent / f"{data.name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--data", str(data), "--port", str(port), "--json", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        assert process.stdout is not None
        timer = threading.Timer(_START_S, process.kill)
        timer.start()
        try:
            line = process.stdout.readline()
            timer.cancel()
            if not line:
                pytest.fail(f"the service did not start: {Path(log.name).read_text()[-3000:]}")
            links = json.loads(line)
            authority = Path(links["authority"]) if links["authority"] else None
            yield Served(links["url"], port, data, links["studio"], authority)
        finally:
            timer.cancel()
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


@pytest.fixture(scope="session")
def built_pages() -> None:
    """The front end must have been built; `make test` does."""
    missing = [name for name in ("index", "exhibition", "studio") if not (WEB / "dist" / f"{name}.html").is_file()]
    if missing or not (WEB / "node_modules").is_dir():
        pytest.fail("the front end is not built: run `make web` (Node 20 or newer), or `make test`, which does it")


@pytest.fixture(scope="session")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the small museum in it."""
    data = tmp_path_factory.mktemp("journeys") / "museum"
    settings = prepare(from_environment({}, data=data, host=None, port=None))
    with held(settings.data), open_services(settings) as services:
        write_small_museum(services)
    return data


@pytest.fixture(scope="session")
def served(museum: Path, built_pages: None) -> Iterator[Served]:
    """The museum, served on loopback."""
    with serving(museum) as one:
        yield one


@pytest.fixture(scope="session")
def deep(tmp_path_factory: pytest.TempPathFactory, built_pages: None) -> Iterator[Served]:
    """A museum whose tiles go down several levels, served on loopback."""
    data = tmp_path_factory.mktemp("deep") / "museum"
    settings = prepare(from_environment({}, data=data, host=None, port=None))
    with held(settings.data), open_services(settings) as services:
        write_valley(services)
    with serving(data) as one:
        yield one


def find_chromium() -> str | None:
    """A Chromium that is there; None leaves it to Playwright's own."""
    if named := os.environ.get("CHRONOTOPE_CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A real Chromium, headless. Fails where there is none: a journey that nobody walked has not passed.

    It ends with the journeys, because Playwright keeps an event loop running in this process, and asynchronous tests of
    other packages could not start one of their own beside it.
    """
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        except Error as e:
            pytest.fail(
                f"no Chromium could be started: {e.message.splitlines()[0]}. Mend: `make test` installs one, or set "
                "CHRONOTOPE_CHROMIUM to a Chromium or Chrome"
            )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sign_ins() -> dict[str, Any]:
    """What browsers keep, by the link that they opened: it works once, and several modules want to be signed in."""
    return {}


@pytest.fixture(scope="module")
def signed_in(served: Served, chromium: Browser, sign_ins: dict[str, Any]) -> Any:
    """What a browser keeps that opened the curator's link."""
    assert served.studio, "on loopback the service prints a one-time curator link"
    if served.studio in sign_ins:
        return sign_ins[served.studio]
    context = chromium.new_context()
    page = context.new_page()
    page.goto(served.studio)
    page.get_by_text("You are curator").wait_for()
    assert "key=" not in page.url, "the one-time key does not stay in the address"
    sign_ins[served.studio] = context.storage_state()
    context.close()
    return sign_ins[served.studio]


@pytest.fixture
def visiting(chromium: Browser) -> Iterator[object]:
    """Opens pages: `visiting(url, width=…, height=…)`; what a page complains of fails the test at its end."""
    contexts = []
    visits: list[Visit] = []

    def visit(url: str, *, width: int = 1280, height: int = 800, script: str = "", **context: object) -> Visit:
        opened = chromium.new_context(viewport={"width": width, "height": height}, **context)
        contexts.append(opened)
        # Three pages at once are drawn by software on a machine with two cores.
        opened.set_default_timeout(60_000)
        page = opened.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        if script:
            page.add_init_script(script)
        page.goto(url)
        visits.append(Visit(page, problems))
        return visits[-1]

    yield visit
    for context in contexts:
        context.close()
    for one in visits:
        assert one.problems == []


def own_address() -> str:
    """A non-loopback IPv4 address of this machine. No packet is sent: connecting a UDP socket only picks a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        if not address.startswith("127."):
            return address
    # No default route: any address of an interface will do.
    for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
        if not str(found[4][0]).startswith("127."):
            return str(found[4][0])
    pytest.fail("this machine has no address but loopback; the journey from another device cannot be walked")
