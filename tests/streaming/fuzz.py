"""Mutated messages for the parsers and the sessions behind them: nothing but StreamError may come of them.

`make fuzz` reads 100,000 (`python -m tests.streaming.fuzz 100000 [seed]`); the tests read a thousand. What fails says
its seed, and is the same each time.
"""

from __future__ import annotations

import json
import random
import sys

from streaming import frames
from streaming.client import ClientSession
from streaming.errors import CloseCode, StreamError
from streaming.events import Ack, Look
from streaming.server import ServerSession
from tests.streaming.forest import ENDLESS
from tests.streaming.vectors import FOLDER

NUMBERS = (b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f", b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\x01\0\0\0")
WORDS = (
    b"[[{{",
    b"1e999",
    b"-0",
    b"null",
    b"\\ud800",
    b'"',
    b'","',
    b":",
    b"true",
    b"9" * 30,
    b"}",
    b"\xc3\x28",
    b"NaN",
)


def corpus() -> list[bytes]:
    """All vectors, the good and the bad, as bytes."""
    found: list[bytes] = []
    for path in sorted(FOLDER.glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            data = bytes.fromhex(vector.get("hex", "")) + bytes(min(vector.get("zeros", 0), 500))
            found.append(vector["text"].encode() if "text" in vector else data)
    return found


def mutated(base: list[bytes], chance: random.Random) -> bytes:
    """One input: a message cut, stretched, spliced with another, or with numbers and words put where they hurt."""
    raw = bytearray(chance.choice(base))
    if chance.random() < 0.6:
        return _changed_in_place(raw, chance)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(7):
            case 0:
                del raw[at : at + chance.randrange(1, 9)]
            case 1:
                raw[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 2:
                raw[at : at + 4] = chance.choice(NUMBERS)
            case 3:
                raw[at:at] = chance.choice(WORDS)
            case 4:
                raw[at : at + 1] = chance.randbytes(1)
            case 5:
                other = chance.choice(base)
                raw[at:] = other[chance.randrange(len(other) + 1) :]
            case 6:
                raw += raw[at:] * chance.randrange(1, 3)
    return bytes(raw)


def _changed_in_place(raw: bytearray, chance: random.Random) -> bytes:
    """The length stays, so that more than the first checks are reached."""
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(raw)) if raw else 0
        new = chance.choice((chance.randbytes(1), bytes([chance.randrange(4)]), chance.choice(NUMBERS)))
        raw[at : at + len(new)] = new[: len(raw) - at]
    return bytes(raw)


def refused(call, *arguments) -> bool:
    """Whether it is refused as the peer's fault; anything else that is raised is ours."""
    error: StreamError | None = None
    try:
        call(*arguments)
    except StreamError as found:
        error = found
    assert error is None or error.close_code in {CloseCode.BAD_MESSAGE, CloseCode.TOO_BIG}, error
    assert error is None or len(error.reason.encode()) <= 123
    return error is not None


def read(data: bytes) -> int:
    """Both parsers and both sessions read one input as bytes and as text; how often it was accepted."""
    accepted = 0
    for form in (data, data.decode("utf-8", "replace"), data.decode("latin-1")):
        for decode in (frames.decode_client, frames.decode_server):
            if refused(decode, form):
                continue
            accepted += 1
            message = decode(form)
            again = frames.encode(message)
            if not isinstance(message, Look):  # its quaternion is made a unit one
                assert decode(again) == message
            if isinstance(form, bytes) and not isinstance(message, Look):
                assert again == form
        server = ServerSession(budget=ENDLESS, now=0.0, groups=True)
        server.open(session="s", scene="scene_1", title="", token="t")
        refused(server.receive, form, 0.0)
        client = ClientSession()
        for said in server.data_to_send(0.0):
            client.receive(said, 0.0)
        refused(client.receive, form, 0.0)
    return accepted


def run(count: int, seed: int = 0) -> tuple[int, int]:
    """Read `count` inputs; of how many readings something was accepted, and how many readings there were."""
    base, accepted = corpus(), 0
    for number in range(seed, seed + count):
        data = mutated(base, random.Random(number))
        try:
            accepted += read(data)
        except BaseException:
            print(f"seed {number}: {data[:200].hex()}", file=sys.stderr)
            raise
    return accepted, 6 * count


if __name__ == "__main__":
    assert frames.decode_client(frames.encode(Ack(1, 2))) == Ack(1, 2)
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found, readings = run(asked, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(f"{asked} mutated messages, {readings} readings, {found} of them accepted; nothing else came of them")
