"""A visitor with a headset: the real page, with the Quest 3 of Meta's emulator for a device."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.journeys.conftest import ARTIFACTS, ROOT, WEB, Visit, own_address, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

# Chromium has a navigator.xr of its own, so the emulator must be forced over it.
_QUEST = """
{
  const device = new IWER.XRDevice(IWER.metaQuest3);
  device.installRuntime({ forceInstall: true });
  device.stereoEnabled = true;
  window.quest = device;
}
"""


def quest() -> str:
    """The emulator and a Quest 3, as a script that runs before the page's own."""
    return (WEB / "node_modules" / "iwer" / "build" / "iwer.min.js").read_text() + _QUEST


def test_two_views_are_drawn_from_streamed_tiles_and_follow_the_head(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(
        f"{served.url}/exhibitions/journey?capture=1&triangles=60000", width=960, height=540, script=quest()
    )
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    enter = page.get_by_role("button", name="Enter VR")
    enter.click()
    inside = visit.settle("s.inHeadset && s.headsetFrames > 3 && s.headsetViews === 2")
    assert inside["shown"]["tiles"] > 0

    canvas = page.evaluate(
        """() => {
          const canvas = document.querySelector('canvas.view');
          return new Promise((resolve) => requestAnimationFrame(() => resolve(canvas.toDataURL('image/png'))));
        }"""
    )
    both = _decoded(canvas, "headset")
    middle = both.shape[1] // 2
    left, right = both[:, :middle], both[:, middle : 2 * middle]
    for half in (left, right):
        # More than a sky: stone and earth have many colours.
        assert np.unique(half.reshape(-1, 3), axis=0).shape[0] > 500
    assert (np.abs(left.astype(int) - right).max(axis=2) > 16).mean() > 0.01, "each eye sees from its own place"

    before = visit.settle("s.inHeadset")
    page.evaluate(
        "() => { quest.position.set(quest.position.x + 6, quest.position.y, quest.position.z - 4);"
        " quest.quaternion.set(0, Math.sin(0.6), 0, Math.cos(0.6)); }"
    )
    after = visit.settle(
        f"s.lastLook > {before['lastLook']} && s.shown.look > {before['lastLook']} "
        f"&& s.cutsApplied > {before['cutsApplied']}"
    )
    assert after["tiles"]["failed"] == 0

    page.evaluate("() => quest.activeSession?.end()")
    page.wait_for_function("() => !chronotope.stats.inHeadset")
    visit.settle("s.shown.tiles > 0")


def test_streaming_rests_while_the_headset_is_off(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?triangles=60000", width=960, height=540, script=quest())
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Enter VR").click()
    inside = visit.settle("s.inHeadset && s.headsetFrames > 3")
    page.evaluate("() => quest.updateVisibilityState('hidden')")
    page.wait_for_function("() => document.querySelector('.link').textContent === 'Paused'")
    page.evaluate("() => quest.updateVisibilityState('visible')")
    visit.settle(f"s.connections === {inside['connections'] + 1}")


@pytest.fixture(scope="module")
def administered(museum: Path) -> Path:
    """The museum with somebody in charge, as open addresses ask for."""
    subprocess.run(
        [sys.executable, "-m", "api.cli", "token", "--role", "administrator", "--data", str(museum)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return museum


@pytest.mark.network
def test_from_another_address_over_http_it_works_flat_and_says_why_not(
    administered: Path, built_pages: None, visiting: Callable[..., Visit], tmp_path: Path
) -> None:
    with serving(_copied(administered, tmp_path), "--host", "0.0.0.0") as open_door:
        visit = visiting(f"http://{own_address()}:{open_door.port}/exhibitions/journey?capture=1", script=quest())
        page = visit.page
        stats = visit.settle("s.shown.tiles > 0")
        assert not page.evaluate("() => isSecureContext")
        assert not stats["verifies"]
        assert "Virtual reality needs https" in page.locator(".why-flat").inner_text()
        visit.picture("flat-over-http", "page")
        page.get_by_role("button", name="About").click()
        assert "Files are not checked" in page.locator(".side").inner_text()
        # Chromium says itself that COOP and VR are for secure pages only; that is no problem of ours.
        visit.problems[:] = [one for one in visit.problems if "Cross-Origin-Opener-Policy" not in one]
        page.context.close()  # before the service goes, or the page would rightly complain


@pytest.mark.network
def test_from_another_address_over_https_of_our_own_it_has_virtual_reality(
    administered: Path, built_pages: None, visiting: Callable[..., Visit], tmp_path: Path
) -> None:
    with serving(_copied(administered, tmp_path), "--tls-auto") as open_door:
        assert open_door.authority is not None
        assert open_door.authority.is_file()
        visit = visiting(
            f"https://{own_address()}:{open_door.port}/exhibitions/journey?capture=1&triangles=60000",
            width=960,
            height=540,
            script=quest(),
            ignore_https_errors=True,
        )
        stats = visit.settle("s.shown.tiles > 0")
        assert visit.page.evaluate("() => isSecureContext && crypto.subtle !== undefined")
        assert stats["verifies"]
        assert stats["tiles"]["damaged"] == 0
        visit.page.get_by_role("button", name="Enter VR").click()
        visit.settle("s.inHeadset && s.headsetViews === 2 && s.headsetFrames > 3")
        visit.page.context.close()


def _copied(museum: Path, folder: Path) -> Path:
    """A data directory belongs to one server at a time."""
    copy = folder / "museum"
    shutil.copytree(museum, copy)
    return copy


def _decoded(data_url: str, name: str) -> np.ndarray:
    data = base64.b64decode(data_url.partition(",")[2])
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / f"{name}.png").write_bytes(data)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
