"""The viewer's end of the stream, over a long wire: turning round, coming back, losing the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.valley import EYE
from tests.journeys.watching import WATCHING
from tests.journeys.wire import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


def test_half_a_turn_in_a_third_of_a_second_shows_no_hole_in_any_frame(
    deep: Served, visiting: Callable[..., Visit]
) -> None:
    with wire(deep.port, delay_s=0.05, rate=2.5e6) as long_wire:
        visit = visiting(
            f"http://127.0.0.1:{long_wire.port}/exhibitions/valley?capture=1#eye=0,2,0&target=0,2,-8",
            width=480, height=300, script=WATCHING,
        )  # fmt: skip
        page = visit.page
        before = visit.settle("s.shown.tiles > 0")
        frames = page.evaluate("(eye) => watching.record(() => watching.turn(eye, 300))", EYE)
        assert frames >= 3, "too few frames to tell"
        after = visit.settle("s.shown.look === s.lastLook")
        assert after["chunkBytes"] > before["chunkBytes"], "there was detail to come"
        judged: list[dict[str, Any]] = [page.evaluate("(i) => watching.judge(i)", i) for i in range(frames)]
        for one in judged:
            assert one["covered"] > 30_000, "there is something to see everywhere"
            assert one["blind"] > 200, "a part that is missing is seen to be missing"
            assert one["holes"] == 0
        assert after["tiles"]["failed"] == 0
        page.context.close()


def test_a_page_that_is_opened_again_is_sent_almost_nothing(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=600)
    first = visit.settle("s.shown.tiles > 0 && s.kept > 0 && s.kept >= s.files.stream")
    assert first["files"]["kept"] == first["files"]["http"] == 0
    visit.page.reload()
    again = visit.settle("s.shown.tiles > 0")
    assert again["shown"]["tiles"] == first["shown"]["tiles"]
    assert again["files"]["stream"] == again["files"]["http"] == 0
    assert again["files"]["kept"] == first["files"]["stream"]
    assert again["chunkBytes"] < first["chunkBytes"] / 20
    assert again["tiles"]["failed"] == again["tiles"]["damaged"] == 0


def test_a_file_that_the_browser_took_away_is_fetched_by_itself(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=600)
    first = visit.settle("s.shown.tiles > 0 && s.kept > 0 && s.kept >= s.files.stream")
    # The list stays, and so the server is told of files that are not there.
    visit.page.evaluate(
        """async () => {
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) await cache.delete(request);
          }
        }"""
    )
    visit.page.reload()
    again = visit.settle("s.shown.tiles > 0")
    assert again["files"]["http"] == first["files"]["stream"]
    assert again["files"]["stream"] == 0
    assert again["tiles"]["failed"] == 0
    # And they are kept again.
    visit.settle("s.kept >= s.files.http")
    visit.page.reload()
    assert visit.settle("s.shown.tiles > 0")["files"]["kept"] == first["files"]["stream"]


def test_who_is_signed_in_leaves_nothing_on_the_device(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=600, storage_state=signed_in)
    assert visit.settle("s.shown.tiles > 0")["kept"] == 0
    assert visit.page.evaluate("() => caches.keys()") == []


def test_a_connection_that_breaks_goes_on_where_it_was(deep: Served, visiting: Callable[..., Visit]) -> None:
    address = "/exhibitions/valley?triangles=500000"
    with wire(deep.port, delay_s=0.02, rate=400_000) as thin_wire:
        visit = visiting(f"http://127.0.0.1:{thin_wire.port}{address}", width=960, height=600)
        page = visit.page
        for number, size in enumerate((50_000, 300_000, 700_000), start=1):
            page.wait_for_function("(size) => window.chronotope?.stats.chunkBytes > size", arg=size, timeout=60_000)
            thin_wire.cut()
            page.wait_for_function("(n) => chronotope.stats.resumptions === n", arg=number)
        # While there is no connection, time goes on: what was asked meanwhile is asked again.
        thin_wire.cut(down=True)
        page.wait_for_function("() => document.querySelector('.link').textContent.startsWith('No connection')")
        page.evaluate("() => chronotope.seek('0450')")
        thin_wire.mend()
        last = visit.settle("s.at === '0450' && s.standing === 1", seconds=120)
        assert last["resumptions"] == 4
        assert last["tiles"]["failed"] == last["tiles"]["damaged"] == 0
        _forgive_what_broke(visit)
        page.context.close()

    # No file came twice: as many bytes as over a wire that never broke, but for the pieces under way.
    smooth = visiting(f"{deep.url}{address}", width=960, height=600)
    smooth.settle("s.shown.tiles > 0")
    smooth.page.evaluate("() => chronotope.seek('0450')")
    whole = smooth.settle("s.at === '0450' && s.standing === 1")
    assert last["files"]["kept"] == last["files"]["http"] == 0
    assert last["files"]["stream"] <= whole["files"]["stream"]
    assert last["chunkBytes"] < whole["chunkBytes"] * 1.05


def _forgive_what_broke(visit: Visit) -> None:
    """Chromium says it of each socket, and of a file that was on its way; that is what we did."""
    ours = ("WebSocket connection to", "Failed to load resource: net::ERR_")
    visit.problems[:] = [one for one in visit.problems if not any(each in one for each in ours)]
