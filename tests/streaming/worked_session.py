"""The worked session at the end of docs/protocol.md, made by the code.

`python -m tests.streaming.worked_session` renews it.
"""

from __future__ import annotations

from pathlib import Path

from streaming.client import ClientSession
from streaming.events import Content, Cut, StreamPlacement
from streaming.schedule import Chunk, Plan, PlanNode
from streaming.server import ServerSession
from tests.streaming.forest import digest_of

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
HEADING = "## A worked session\n"
TILES = (b"glTF root", b"glTF left", b"glTF right")
IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def plan(state: int, look: int, *, fine: bool) -> Plan:
    root, left, right = (digest_of(data) for data in TILES)
    nodes = [PlanNode(0, 0, root, (), ((1,), (2,)) if fine else ())]
    nodes += [PlanNode(1, 0, left), PlanNode(2, 0, right)] if fine else []
    chunks = {digest_of(data): Chunk(digest_of(data), len(data), Content.GLB) for data in TILES}
    return Plan(state, look, (0,), tuple(nodes), chunks)


def session() -> list[str]:
    """The messages of both sides, one or two lines each."""
    lines: list[str] = []
    server, client = ServerSession(budget_bytes=1 << 20, now=0.0), ClientSession(budget_bytes=1 << 20)

    def show(direction: str, message: str | bytes) -> None:
        lines.append(f"{direction} {message}" if isinstance(message, str) else f"{direction} {_dump(message)}")

    def talk(now: float) -> None:
        for digest in server.needs():
            server.supply(digest, next(data for data in TILES if digest_of(data) == digest))
        for message in server.data_to_send(now):
            show("S", message)
            client.receive(message, now)
        for message in client.data_to_send(now):
            show("C", message)
            server.receive(message, now)

    def enter(seek: int, at: str, label: str, gone: tuple[int, ...]) -> None:
        placement = StreamPlacement(0, "placement_1", "asset_1", "Temple", IDENTITY, "certain", "USVs")
        server.enter(
            seek=seek, at=at, label=label, hypothesis=None, certainty="possible",
            placements=() if gone else (placement,), gone=gone, now=0.0,
        )  # fmt: skip

    lines.append("# the client opened /stream?scene=scene_1; the temple is far away, so its root will do")
    server.open(session="session_1", scene="scene_1", title="Agora")
    enter(0, "-0430", "431 BC", ())
    server.set_plan(plan(1, 0, fine=False))
    talk(0.0)
    lines.append("# the eye comes near")
    look = client.look((0.0, 1.6, 9.0), (0.0, 0.0, 0.0, 1.0), fov=1.0, aspect=1.5, height=720)
    talk(1.0)
    server.set_plan(plan(1, look, fine=True))
    talk(1.1)
    lines.append("# back to a time when no temple stood")
    seek = client.seek("-0600")
    talk(2.0)
    enter(seek, "-0600", "601 BC", (0,))
    server.set_plan(Plan(2, look, (), (), {}))
    talk(2.1)
    lines.append("# a date that is none")
    seek = client.seek("soon")
    talk(3.0)
    server.refuse("BAD_EDTF", "EDTF 'soon': no date", seek)
    talk(3.1)
    assert client.cut == Cut(4, 2, look, (), complete=True)
    return lines


def _dump(message: bytes) -> str:
    names = {0x01: "LOOK", 0x02: "ACK", 0x10: "NODES", 0x11: "CHUNK", 0x12: "CUT", 0x13: "EVICT"}
    rows = [message[at : at + 32] for at in range(0, len(message), 32)]
    return f"{names[message[0]]}\n" + "\n".join(f"    {row.hex(' ', -4)}" for row in rows)


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
