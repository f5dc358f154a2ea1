"""Tiles drawn in part: a stream that is played by hand, message by message, before the real page and real tiles."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from streaming import frames
from streaming.events import (
    ChunkFrame,
    Content,
    Count,
    Cut,
    DeviceBudget,
    Hello,
    NodeName,
    Nodes,
    Placements,
    State,
    StreamPlacement,
)
from streaming.limits import NO_PLACEMENT
from tests.journeys.watching import WATCHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page, Position, WebSocketRoute

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

_PIECE = 60_000
_KINDS = {"webp": Content.WEBP, "jpg": Content.JPEG, "png": Content.PNG}


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's file, and how many triangles each of its groups has."""

    data: bytes
    groups: tuple[int, ...]
    pictures: tuple[tuple[Content, bytes], ...]

    @property
    def triangles(self) -> int:
        return sum(self.groups)


def _tile(get: Callable[[str], bytes], node: dict[str, Any]) -> Tile:
    data = get(node["content"]["uri"])
    (length,) = struct.unpack_from("<I", data, 12)
    (primitive,) = json.loads(data[20 : 20 + length])["meshes"][0]["primitives"]
    groups = tuple(count // 3 for _, count in primitive["extras"]["chronotope"]["ranges"])
    needs = node["extras"]["chronotope"].get("needs", [])
    return Tile(data, groups, tuple((_KINDS[name.rpartition(".")[2]], get(f"/blobs/{name}")) for name in needs))


def _family(get: Callable[[str], bytes], asset: str) -> tuple[Tile, list[Tile]]:
    """The first tile that has several children, and these."""
    waiting = [json.loads(get(f"/assets/{asset}/tileset.json"))["root"]]
    while waiting:
        node = waiting.pop(0)
        children = node.get("children", [])
        if len(children) > 1:
            return _tile(get, node), [_tile(get, child) for child in children]
        waiting += children
    pytest.fail("no tile of the museum has several children")


class Hand:
    """The server, played by hand."""

    def __init__(self, page: Page) -> None:
        self._wire: WebSocketRoute | None = None
        self._chunks: dict[str, int] = {}
        self._nodes = self._cut = 0
        page.route_web_socket("**/stream?*", self._take)

    def _take(self, wire: WebSocketRoute) -> None:
        assert self._wire is None, "one connection is enough"
        self._wire = wire
        wire.on_message(lambda _: None)
        budget = DeviceBudget(1 << 28, 3_000_000, 500, 1 << 30)
        self.say(
            Hello(
                "session_1",
                "scene_valley",
                "",
                163_840,
                65_536,
                "",
                resumed=False,
                budget=budget,
                stall_s=20,
                resume_s=60,
            )
        )
        identity = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        lower = (*identity[:13], -12.0, 0.0, 1.0)
        stand = tuple(
            (n, StreamPlacement(f"placement_{name}", "asset_valley_ground", "", transform, "certain", "US"))
            for n, (name, transform) in enumerate((("valley", identity), ("pillar_0", lower)))
        )
        self.say(State(1, 0, "-0430", "431 BC", None, "possible", Count(certain=2), ()), Placements(1, stand))

    def say(self, *messages: Any) -> None:
        assert self._wire is not None, "the page has not come"
        for message in messages:
            self._wire.send(frames.encode(message))

    def node(self, tile: Tile, placement: int = 0) -> int:
        """Send a tile, where it was not sent, as a node of a placement."""
        for content, data in (*tile.pictures, (Content.GLB, tile.data)):
            chunk = self._send(content, data)
        self._nodes += 1
        self.say(Nodes((NodeName(self._nodes, placement, chunk),)))
        return self._nodes

    def _send(self, content: Content, data: bytes) -> int:
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._chunks:
            number = self._chunks[digest] = len(self._chunks)
            for at in range(0, len(data), _PIECE):
                piece = data[at : at + _PIECE]
                self.say(ChunkFrame(number, content, len(data), at, piece, "" if at else digest, len(data)))
        return self._chunks[digest]

    def cut(self, shown: dict[int, int], gone: tuple[int, ...] = ()) -> int:
        """Nodes with the groups of each that are hidden; the cut's number."""
        self._cut += 1
        self.say(Cut(self._cut, 1, 0, gone, tuple(shown.items()), complete=True))
        return self._cut


@pytest.fixture
def page(deep: Served, chromium: Browser) -> Any:
    context = chromium.new_context(viewport={"width": 480, "height": 300})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.add_init_script(WATCHING)
    yield page
    context.close()
    assert problems == []


def _visit(page: Page, deep: Served) -> tuple[Hand, Callable[[str], bytes]]:
    hand = Hand(page)
    # From above, so that all of the valley is seen and nothing is culled.
    page.goto(f"{deep.url}/exhibitions/valley?capture=1#eye=0,260,30&target=0,0,0")
    page.wait_for_function("() => window.chronotope?.stats.standing === 2")
    return hand, lambda path: page.request.get(f"{deep.url}{path}").body()


def _drawn(page: Page, cut: int) -> dict[str, Any]:
    """What the frame after a cut counts."""
    page.wait_for_function("(cut) => chronotope.stats.shown.cut === cut", arg=cut)
    frames = page.evaluate("() => { chronotope.stage.invalidate(); return chronotope.stats.frames; }")
    page.wait_for_function("(frames) => chronotope.stats.frames > frames", arg=frames)
    result: dict[str, Any] = page.evaluate("() => chronotope.stats")
    return result


def test_groups_of_a_tile_go_one_by_one_and_no_frame_has_a_hole(deep: Served, page: Page) -> None:
    hand, get = _visit(page, deep)
    parent, children = _family(get, "asset_valley_ground")
    number = hand.node(parent)
    whole = _drawn(page, hand.cut({number: 0}))
    assert whole["shown"]["parts"] == 0
    page.evaluate("() => { window.truth = watching.now(); }")

    before, hidden, nodes = whole, 0, []
    for k, child in enumerate(children):
        last = k == len(children) - 1
        page.evaluate(
            "(cut) => { window.run = watching.record(() => watching.until((s) => s.shown.cut === cut)); }", k + 2
        )
        nodes.append(hand.node(child))
        hidden |= 1 << k
        cut = hand.cut({nodes[-1]: 0} if last else {nodes[-1]: 0, number: hidden}, (number,) if last else ())
        page.evaluate("() => run")
        now = _drawn(page, cut)
        # Straddlers and skirts go with the last of the children.
        left = sum(parent.groups[-2:]) if last else 0
        assert now["triangles"] - before["triangles"] == child.triangles - parent.groups[k] - left
        # A part costs as many draw calls as the whole: one for each primitive.
        assert now["draws"] - before["draws"] == (0 if last else 1)
        assert now["shown"]["parts"] == (0 if last else 1)
        holes = page.evaluate("() => watching.frames.map((frame) => watching.holes(truth, watching.mask(frame)))")
        assert len(holes) > 0
        assert set(holes) == {0}
        before = now
    assert before["tiles"]["parts"] == 0, "what was drawn in part is let go of"
    # The proof that a hole would be seen: the same without one of the children.
    blind = page.evaluate("() => watching.holes(truth, watching.now(0))")
    assert blind > 200


def test_placements_of_one_tile_are_drawn_in_parts_of_their_own(deep: Served, page: Page) -> None:
    hand, get = _visit(page, deep)
    parent, children = _family(get, "asset_valley_ground")
    one, other = hand.node(parent, 0), hand.node(parent, 1)
    both = _drawn(page, hand.cut({one: 0, other: 0}))
    child = hand.node(children[0])
    parts = _drawn(page, hand.cut({one: 0b01, other: 0b10, child: 0}))
    assert parts["shown"]["parts"] == parts["tiles"]["parts"] == 2
    first, second, *_ = parent.groups
    assert parts["triangles"] - both["triangles"] == children[0].triangles - first - second
    assert parts["draws"] - both["draws"] == 1
    # The same part twice is one part, and a whole tile again is none.
    same = _drawn(page, hand.cut({other: 0b01}))
    assert (same["shown"]["parts"], same["tiles"]["parts"]) == (2, 1)
    again = _drawn(page, hand.cut({one: 0, other: 0}, (child,)))
    assert (again["shown"]["parts"], again["tiles"]["parts"]) == (0, 0)
    assert again["triangles"] == both["triangles"]
    assert again["geometries"] == parts["geometries"] - 2, "the parts' own indices are gone, their vertices stay"


def test_a_proxy_is_drawn_and_cannot_be_clicked(deep: Served, page: Page) -> None:
    hand, get = _visit(page, deep)
    parent, _ = _family(get, "asset_valley_ground")
    proxy, thing = hand.node(parent, NO_PLACEMENT), hand.node(parent, 0)
    as_proxy = _drawn(page, hand.cut({proxy: 0}))
    assert as_proxy["shown"]["proxies"] == 1
    middle: Position = {"x": 150, "y": 150}
    page.locator("canvas.view").click(position=middle)
    assert page.locator(".side").is_hidden()
    as_thing = _drawn(page, hand.cut({thing: 0}, (proxy,)))
    assert as_thing["triangles"] == as_proxy["triangles"]
    page.locator("canvas.view").click(position=middle)
    page.locator(".side").wait_for(state="visible")
