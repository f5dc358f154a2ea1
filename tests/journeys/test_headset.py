"""A visitor with a headset: the real page, with the Quest 3 of Meta's emulator for a device."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.journeys.conftest import ARTIFACTS, ROOT, WEB, Visit, own_address, serving
from tests.journeys.test_rooms import enter, opened, room

if TYPE_CHECKING:
    from collections.abc import Callable

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
_HANDS = Path(__file__).with_name("headset_hands.js")


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


class Wearer:
    """Somebody in the emulated headset, with a controller in each hand."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    def enter(self, button: str = "Enter VR") -> None:
        """By the button, once something is drawn."""
        self.until("s.shown.tiles > 0")
        self.page.evaluate(_HANDS.read_text())
        self.page.get_by_role("button", name=button).click()
        self.until("s.inHeadset && s.headsetFrames > 4 && s.headsetViews === 2")

    def until(self, holds: str) -> None:
        """Wait until that holds of `s`, whether or not the view is complete."""
        self.page.wait_for_function(f"() => {{ const s = window.chronotope?.stats; return s && {holds}; }}")

    def frames(self, count: int = 3) -> dict[str, Any]:
        """What the page knows of the headset some frames later: hands are read once a frame."""
        before = self.visit.stats()["headsetFrames"]
        self.page.wait_for_function(f"() => chronotope.stats.headsetFrames >= {before + count}")
        known: dict[str, Any] = self.visit.stats()["headset"]
        return known

    def do(self, script: str, count: int = 3) -> dict[str, Any]:
        """Something with the hands, and some frames for it."""
        self.page.evaluate(f"() => {{ {script} }}")
        return self.frames(count)

    def point(self, what: str) -> None:
        """The right hand at something on the board over the left one."""
        self.do("hands.hold('left', -0.1, 1.35, -0.4); hands.hold('right', 0.25, 1.3, -0.35);")
        assert self.do(f"hands.point('right', chronotope.onBoard({what}));")["board"]

    def push(self, button: str) -> None:
        """A button of the board."""
        self.point(f"{{ kind: 'button', button: '{button}' }}")
        self.page.evaluate("() => hands.press('right', 1)")
        if button == "leave":  # no frame follows
            self.page.wait_for_function("() => !chronotope.stats.inHeadset")
            return
        self.frames()
        self.do("hands.press('right', 0);")

    def eye(self) -> list[float]:
        """Where the head is, scene frame."""
        where: list[float] = self.page.evaluate("() => chronotope.eye()")
        return where

    def picture(self, name: str) -> np.ndarray:
        """What both eyes see."""
        canvas = self.page.evaluate(
            """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(
              () => resolve(document.querySelector('canvas.view').toDataURL('image/png')))))"""
        )
        return _decoded(canvas, name)


def test_the_wearer_jumps_glides_turns_and_walks_through_time_within_the_device_s_budget(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1", width=400, height=240, script=quest())
    wearer = Wearer(visit)
    wearer.enter()

    # Time: the dial on the wrist.
    wearer.point("{ kind: 'dial', year: 450 }")
    wearer.picture("headset-dial")
    wearer.do("hands.press('right', 1);")
    wearer.do("hands.press('right', 0);")
    stats = visit.settle("Number(s.at) > 400 && Number(s.at) < 500")
    within_budget(stats)

    # A jump to where the right hand throws.
    before = wearer.eye()
    aimed = wearer.do(
        "hands.hold('left', -0.1, 0.6, 0.2); hands.point('right', [0, 6, 0]); hands.stick('right', 0, -1);", 8
    )
    assert aimed["landing"], "the ground before the temple is stood on"
    wearer.do("hands.stick('right', 0, 0);", 4)
    after = wearer.eye()
    assert abs(after[0] - aimed["landing"][0]) + abs(after[2] - aimed["landing"][2]) < 0.05
    assert abs(after[1] - aimed["landing"][1] - 1.6) < 0.1, "as tall as before"
    assert np.hypot(after[0] - before[0], after[2] - before[2]) > 2

    # Turning goes by steps, round the head.
    heading = visit.page.evaluate("() => chronotope.stage.rig.rotation.y")
    wearer.do("hands.stick('right', 1, 0);", 5)
    wearer.do("hands.stick('right', 0, 0);")
    turned = visit.page.evaluate("() => chronotope.stage.rig.rotation.y")
    assert turned - heading == pytest.approx(-np.pi / 6)
    assert wearer.eye() == pytest.approx(after, abs=0.02)

    # Gliding goes where one looks, and the edges close meanwhile.
    gliding = wearer.do("hands.stick('left', 0, -1);", 4)
    assert gliding["closed"] > 0
    wearer.do("hands.stick('left', 0, 0);", 1)
    way = np.subtract(wearer.eye(), after)[[0, 2]]
    ahead = visit.page.evaluate("() => chronotope.stage.camera.matrixWorld.elements.slice(8, 11)")
    assert way / np.hypot(*way) == pytest.approx(-np.array(ahead)[[0, 2]] / np.hypot(ahead[0], ahead[2]), abs=0.05)
    within_budget(visit.settle())

    # As a giant, and before the site on a table; then as large as life again.
    wearer.push("giant")
    assert wearer.frames()["scale"] == 20
    assert wearer.eye()[1] > 25
    wearer.push("table")
    assert wearer.frames()["scale"] > 20
    visit.settle()
    both = wearer.picture("headset-table")
    assert np.unique(both.reshape(-1, 3), axis=0).shape[0] > 500
    wearer.push("life")
    assert wearer.frames()["scale"] == 1
    assert wearer.eye()[1] < 5
    within_budget(visit.settle())

    # What is pointed at is named.
    assert not wearer.frames()["named"]
    wearer.do("hands.hold('left', -0.1, 0.6, 0.2); hands.point('right', [0, 5, 0]); hands.press('right', 1);", 4)
    assert wearer.do("hands.press('right', 0);")["named"]
    wearer.push("leave")
    visit.settle("s.shown.tiles > 0")


def within_budget(stats: dict[str, Any]) -> None:
    """What is drawn for both eyes, against the class of standalone headsets (docs/protocol.md)."""
    assert stats["draws"] / 2 <= 250
    assert stats["triangles"] / 2 <= 700_000
    assert stats["tiles"]["textureBytes"] <= 512 * 2**20


def test_tracked_hands_are_seen_and_a_pinch_jumps(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=400, height=240, script=quest())
    wearer = Wearer(visit)
    visit.page.evaluate("() => { quest.primaryInputMode = 'hand'; }")
    wearer.enter()
    assert wearer.frames()["fingers"] == 50
    before = wearer.eye()
    aimed = wearer.do(
        "hands.hold('right', 0.2, 1.3, -0.3); hands.point('right', [-30, 6, 60]); hands.pinch('right', 1);", 8
    )
    assert aimed["landing"]
    wearer.do("hands.pinch('right', 0);", 4)
    after = wearer.eye()
    assert np.hypot(after[0] - before[0], after[2] - before[2]) > 1


def test_the_site_lies_on_a_table_of_the_wearer_s_room(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1", width=400, height=240, script=quest())
    wearer = Wearer(visit)
    wearer.enter("On my table")
    inside = visit.settle("s.headset.scale > 20")
    assert inside["headset"]["size"] == "table"
    both = wearer.picture("headset-room")
    # Where nothing of the site is, the room is seen: there is no sky.
    assert tuple(both[0, 0]) == (0, 0, 0)
    assert np.unique(both.reshape(-1, 3), axis=0).shape[0] > 300
    # A hand that holds the table takes it along.
    wearer.do("hands.hold('left', -0.1, 0.6, 0.2); hands.hold('right', 0.2, 1.0, -0.4); hands.squeeze('right', 1);", 4)
    before = wearer.eye()
    wearer.do("hands.hold('right', 0.5, 1.0, -0.4);", 4)
    moved = np.subtract(wearer.eye(), before) / inside["headset"]["scale"]
    assert np.hypot(moved[0], moved[2]) == pytest.approx(0.3, abs=0.02)
    visit.page.evaluate("() => quest.activeSession?.end()")
    visit.page.wait_for_function("() => !chronotope.stats.inHeadset")
    visit.settle("s.shown.tiles > 0 && s.headset.scale === 1")


@pytest.mark.long
def test_a_wearer_follows_a_guide_and_each_sees_what_the_other_points_at(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    links = opened(served)
    page = f"{served.url}/exhibitions/journey"
    guide = visiting(page + links["guideLink"], width=640, height=400)
    enter(guide, "Zoë")
    visit = visiting(page + links["visitorLink"], width=400, height=240, script=quest())
    enter(visit, "Ada")
    wearer = Wearer(visit)
    wearer.enter()
    # In time, inside the headset.
    guide.page.evaluate("() => chronotope.seek('0450')")
    visit.page.wait_for_function("() => chronotope.stats.at === '0450'", timeout=60_000)
    # To where the guide stands.
    guide.page.evaluate("() => chronotope.camera([6, 3, 30], [0, 3, 0])")
    room(visit, "Object.values(r.heads).some(([x, y, z]) => Math.abs(z - 30) < 0.1)")
    wearer.push("guide")
    wearer.frames()
    assert np.hypot(wearer.eye()[0] - 6, wearer.eye()[2] - 30) < 2
    # Both hands of the wearer are seen by the guide, and the guide's beam by the wearer.
    room(guide, "r.hands === 2")
    guide.page.get_by_role("button", name="Point").click()
    guide.page.mouse.move(590, 215)  # the ground, beside the card
    room(visit, "r.beams === 1")
    guide.page.get_by_role("button", name="Point").click()
    room(visit, "r.beams === 0")
    visit.page.evaluate("() => quest.activeSession?.end()")
    visit.page.wait_for_function("() => !chronotope.stats.inHeadset")
    guide.page.context.close()


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
