"""A visitor finds an exhibition, with the keyboard alone; another site shows it in a frame."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.journeys.barriers import barriers
from tests.journeys.conftest import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


def drawn(address: str) -> None:
    """Wait until the museum has drawn a picture: a busy machine that must compile first takes longer than it waits."""
    for _ in range(5):
        if httpx.get(address, timeout=60).status_code != 503:
            return


def test_what_is_looked_for_is_found_and_stands_in_the_address(served: Served, visiting: Callable[..., Visit]) -> None:
    drawn(f"{served.url}/exhibitions/journey/share.jpg")
    drawn(f"{served.url}/exhibitions/shrine/card.webp")
    page = visiting(f"{served.url}/?lang=en", width=1024, height=700, reduced_motion="reduce").page
    page.get_by_role("link", name="A small sanctuary").wait_for()
    assert page.get_by_role("status").inner_text() == "2 exhibitions"
    # Made by the museum itself.
    page.wait_for_function("() => document.querySelector('.card-picture img.is-there')?.naturalWidth === 1200")
    assert barriers(page) == []

    # Of a description, without its accents; then of a thing.
    words = page.get_by_role("searchbox", name="Search")
    words.fill("SAULEN")
    page.get_by_text("1 exhibition of 2").wait_for()
    assert page.get_by_role("link", name="The shrine before").is_visible()
    words.fill("temple")
    page.get_by_text("2 exhibitions of 2").wait_for()
    assert page.locator(".card-found").first.inner_text().startswith("Found: ")
    assert "q=temple" in page.url

    # Years beyond all epochs leave nothing; the way back is a button, and the keyboard is where it was.
    page.get_by_role("slider", name="From").press("End")
    page.get_by_role("slider", name="Until").press("End")
    assert "from=" in page.url
    words.fill("dragons")
    page.get_by_text("Nothing was found").wait_for()
    page.get_by_role("button", name="Show everything").press("Enter")
    page.get_by_text("2 exhibitions").wait_for(state="attached")
    assert page.url.endswith("/?lang=en")
    assert page.evaluate("() => document.activeElement.type") == "search"

    # A link that was passed on shows the same, in the language that it names.
    page.goto(f"{served.url}/?q=saulen&lang=de")
    page.get_by_text("1 Ausstellung von 2").wait_for()
    page.get_by_role("link", name="The shrine before").press("Enter")
    page.wait_for_url("**/exhibitions/shrine?lang=de**")
    page.locator(".time").wait_for()
    assert page.request.get(f"{served.url}/exhibitions/no-such").status == 404


@pytest.fixture
def elsewhere(served: Served) -> Iterator[str]:
    """A page of another origin with the frame that `/oembed` tells of."""

    class Newspaper(http.server.BaseHTTPRequestHandler):
        body = b""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Newspaper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = httpx.get(
        f"{served.url}/oembed", params={"url": f"{served.url}/exhibitions/journey", "maxwidth": 640}
    ).json()
    Newspaper.body = (
        f'<!doctype html><title>News</title><link rel="icon" href="data:,">{told["html"]}'
        f'<iframe id="own" src="{served.url}/exhibitions/journey"></iframe>'
    ).encode()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_another_site_shows_an_exhibition_in_a_frame_and_nothing_else_of_us(
    served: Served, elsewhere: str, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(elsewhere, width=760, height=560)
    frame = visit.page.frame_locator("iframe").first
    frame.locator(".time").wait_for()
    frame.get_by_role("link", name="Open in a tab of its own").wait_for()
    assert frame.get_by_role("button", name="Together").count() == 0
    other = visit.page.frames[-1]
    assert other.url == "chrome-error://chromewebdata/", "its own page lets nobody else frame it"
    # What the browser says of the page that may not be framed, and of headsets, which a page must lend to its frames.
    visit.problems[:] = [said for said in visit.problems if "frame-ancestors" not in said and "xr-spatial" not in said]
