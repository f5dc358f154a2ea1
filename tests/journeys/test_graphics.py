"""The graphics card takes everything back: it is said, and the same picture comes again without another load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served, Visit

pytestmark = pytest.mark.browser


def test_a_lost_picture_comes_back_as_it_was(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1", width=640, height=420)
    loaded = visit.settle("s.shown.tiles > 0")
    page = visit.page
    before = visit.picture("graphics-before")
    page.evaluate(
        """() => {
          window.card = chronotope.stage.renderer.getContext().getExtension('WEBGL_lose_context');
          card.loseContext();
        }"""
    )
    said = page.get_by_text("The graphics card has let go of the picture")
    said.wait_for()
    lost = visit.picture("graphics-lost")
    page.evaluate("() => card.restoreContext()")
    said.wait_for(state="detached")
    page.wait_for_function("(frames) => chronotope.stats.frames > frames", arg=visit.stats()["frames"] - 1)
    after = visit.picture("graphics-after")
    first, gone, again = (np.asarray(Image.open(path).convert("RGB"), np.int16) for path in (before, lost, after))
    assert (np.abs(first - gone).max(axis=2) > 8).mean() > 0.3
    assert (np.abs(first - again).max(axis=2) > 8).mean() < 0.002
    assert visit.stats()["connections"] == 1
    assert visit.stats()["chunkBytes"] == loaded["chunkBytes"], "nothing is sent again"
