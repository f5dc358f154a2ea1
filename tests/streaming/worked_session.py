"""The worked session at the end of docs/protocol.md, made by the code.

`python -m tests.streaming.worked_session` renews it.
"""

from __future__ import annotations

from pathlib import Path

from streaming import frames
from streaming.client import ClientSession, Drawn
from streaming.events import Content, Count, DeviceBudget, StreamPlacement
from streaming.schedule import Chunk, Plan, PlanNode
from streaming.server import ServerSession
from tests.streaming.forest import digest_of
from tests.streaming.vectors import KINDS
from tests.streaming.walk import IDENTITY

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
HEADING = "## A worked session\n"
TILES = (b"glTF root", b"glTF left", b"glTF right")
BUDGET = DeviceBudget(201_326_592, 700_000, 250, 536_870_912)


def plan(state: int, look: int, *, fine: bool) -> Plan:
    root, left, right = (digest_of(data) for data in TILES)
    way = ((1,), (2,)) if fine else ()
    nodes = [PlanNode(0, 0, root, (), way, grouped=True, triangles=900, draws=1, groups=(400, 450, 50, 80))]
    nodes += [PlanNode(node, 0, name, (), (), triangles=4000, draws=1) for node, name in ((1, left), (2, right))]
    chunks = {digest_of(data): Chunk(digest_of(data), len(data), Content.GLB) for data in TILES}
    return Plan(state, look, (0,), tuple(nodes if fine else nodes[:1]), chunks)


class _Talk:
    """Both sides, and what they said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.server = ServerSession(budget=BUDGET, now=0.0, groups=True)
        self.client = ClientSession()

    def tell(self, line: str) -> None:
        self.lines.append(f"# {line}")

    def show(self, direction: str, message: str | bytes) -> None:
        self.lines.append(f"{direction} {message}" if isinstance(message, str) else f"{direction} {_dump(message)}")

    def talk(self, now: float, *tiles: bytes, lost: int = 0) -> None:
        """Whoever has something to say says it; of the server's messages the last `lost` don't arrive."""
        for data in tiles or TILES:
            if digest_of(data) in self.server.needs():
                self.server.supply(digest_of(data), data)
        messages = self.server.data_to_send(now)
        for place, message in enumerate(messages):
            if place < len(messages) - lost:
                self.show("S", message)
                self.client.receive(message, now)
        for message in self.client.data_to_send(now):
            self.show("C", message)
            self.server.receive(message, now)

    def enter(self, seek: int, at: str, label: str, gone: tuple[int, ...]) -> None:
        placement = StreamPlacement("placement_1", "asset_1", "Temple", IDENTITY, "certain", "USVs")
        self.server.enter(
            seek=seek, at=at, label=label, hypothesis=None, certainty="possible",
            count=Count(certain=0 if gone else 1), placements=() if gone else ((0, placement),), gone=gone, now=0.0,
        )  # fmt: skip


def session() -> list[str]:
    """The messages of both sides, one or two lines each."""
    at = _Talk()
    server, client = at.server, at.client
    at.tell(
        "the client opened /stream?scene=scene_1&profile=headset&groups=1&encodings=gzip; the temple is far away, so"
    )
    at.tell("its root will do")
    server.open(session="session_1", scene="scene_1", title="Agora", token="t0k3n")
    at.enter(0, "-0430", "431 BC", ())
    server.set_plan(plan(1, 0, fine=False))
    at.talk(0.0)
    at.tell("the eye comes near, at 1.5 m/s")
    look = client.look(
        (0.0, 1.6, 9.0), (0.0, 0.0, 0.0, 1.0), fov=1.0, aspect=1.5, height=720, velocity=(0.0, 0.0, -1.5)
    )  # fmt: skip
    at.talk(1.0)
    at.tell("one child is there: its region of the root is drawn no more")
    server.set_plan(plan(1, look, fine=True))
    at.talk(1.1, TILES[1])
    at.tell("the other child was sent, but the connection breaks before it arrives; the client opens another with")
    at.talk(1.2, lost=1)
    token, received = client.reconnect()
    server.park()
    at.tell(f"resume={token}&received={received}")
    assert server.resume(received, 3.0)
    at.talk(3.0)
    at.tell("back to a time when no temple stood")
    seek = client.seek("-0600")
    at.talk(4.0)
    at.enter(seek, "-0600", "601 BC", (0,))
    server.set_plan(Plan(2, look, (), (), {}))
    at.talk(4.1)
    at.tell("a date that is none")
    seek = client.seek("soon")
    at.talk(5.0)
    server.refuse("BAD_EDTF", "EDTF 'soon': no date", seek)
    at.talk(5.1)
    assert client.cut == Drawn(4, 2, look, {}, complete=True)
    return at.lines


def _dump(message: bytes) -> str:
    rows = [message[at : at + 32] for at in range(0, len(message), 32)]
    name = KINDS[message[0]]
    if name == "PACK":
        inner = frames.decode_server(message).messages  # type: ignore[union-attr]  # it is a PACK
        name += " of " + ", ".join(KINDS[part[0]] for part in inner)
    return f"{name}\n" + "\n".join(f"    {row.hex(' ', -4)}" for row in rows)


def chapter() -> str:
    """The chapter as it stands on the page."""
    return "\n".join(
        [
            HEADING,
            "S is what the server sends, C the client; binary messages in hexadecimal, 32 bytes a line. The code makes",
            "this chapter, and a test compares. To keep it short the files are no GLB but the words `glTF root`,",
            "`glTF left` and `glTF right`.",
            "",
            "```text",
            *session(),
            "```",
            "",
        ]
    )


if __name__ == "__main__":
    before, _, _ = PAGE.read_text().partition(HEADING)
    PAGE.write_text(before.rstrip("\n") + "\n\n" + chapter())
