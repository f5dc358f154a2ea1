"""Messages to bytes or text, and back. docs/protocol.md is the specification; sizes below are after the kind byte.

Text is `str`, binary is `bytes`; nothing is allocated by a number that the peer wrote before that number was compared
with the bytes at hand. Whatever is wrong raises StreamError and nothing else.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from typing import NoReturn, TypeVar

from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    ClientMessage,
    Content,
    Cut,
    Evict,
    Have,
    Hello,
    Look,
    NodeName,
    Nodes,
    Refusal,
    Seek,
    ServerMessage,
    State,
    StreamPlacement,
)

MAX_FRAME = 65536
"""bytes of the longest binary message in either direction, and of the client's text"""
MAX_SERVER_TEXT = 16 << 20
MAX_TEXT_FIELD = 20_000
MAX_AT = 200
MAX_HELD_DIGESTS = 20_000
MAX_ID = 200
MAX_HAVE = 900
MAX_COUNT = 1 << 53
"""whole numbers in JSON end where a double stops counting"""
MAX_U32 = 0xFFFF_FFFF
MAX_METRES = 1e7
_MAX_TRANSFORM = 1e30
FOV_RANGE = (0.02, 3.0)
ASPECT_RANGE = (0.05, 20.0)
MAX_PIXELS = 16384

M = TypeVar("M")

_LOOK, _ACK, _NODES, _CHUNK, _CUT, _EVICT = 0x01, 0x02, 0x10, 0x11, 0x12, 0x13
_FIRST, _LAST, _HELD, _COMPLETE = 1, 2, 4, 1

_LOOK_LAYOUT = struct.Struct("<BBHI3d4fffI")
_ACK_LAYOUT = struct.Struct("<BBHIQ")
_NODES_LAYOUT = struct.Struct("<BBH")
_NODE_LAYOUT = struct.Struct("<III")
_CHUNK_LAYOUT = struct.Struct("<BBBBIII")
_CUT_LAYOUT = struct.Struct("<BBHIIII")
_EVICT_LAYOUT = struct.Struct("<BBHI")

NODES_PER_MESSAGE = (MAX_FRAME - _NODES_LAYOUT.size) // _NODE_LAYOUT.size
CHUNKS_PER_EVICT = (MAX_FRAME - _EVICT_LAYOUT.size) // 4
NODES_PER_CUT = (MAX_FRAME - _CUT_LAYOUT.size) // 4

_SURROGATE = re.compile("[\ud800-\udfff]")
"""JSON can spell half a surrogate pair, which no UTF-8 can hold"""
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def is_digest(text: object) -> bool:
    """Whether this is a sha256 as 64 lower-case hexadecimal digits."""
    return isinstance(text, str) and _DIGEST.match(text) is not None


def encode(message: ServerMessage | ClientMessage) -> str | bytes:
    """The message as it goes over the wire: text as `str`, binary as `bytes`."""
    match message:
        case ChunkFrame():
            first = message.offset == 0
            flags = (_FIRST if first else 0) | (_LAST if message.last else 0) | (_HELD if message.held else 0)
            head = _CHUNK_LAYOUT.pack(
                _CHUNK, message.content, 0, flags, message.chunk, message.total, message.offset
            )  # fmt: skip
            return b"".join((head, bytes.fromhex(message.digest) if first else b"", message.payload))
        case Cut():
            head = _CUT_LAYOUT.pack(
                _CUT, _COMPLETE if message.complete else 0, 0, message.cut, message.state, message.look,
                len(message.nodes),
            )  # fmt: skip
            return head + struct.pack(f"<{len(message.nodes)}I", *message.nodes)
        case Nodes():
            names = (_NODE_LAYOUT.pack(name.node, name.placement, name.chunk) for name in message.nodes)
            return _NODES_LAYOUT.pack(_NODES, 0, len(message.nodes)) + b"".join(names)
        case Evict():
            head = _EVICT_LAYOUT.pack(_EVICT, 0, 0, len(message.chunks))
            return head + struct.pack(f"<{len(message.chunks)}I", *message.chunks)
        case Look():
            return _LOOK_LAYOUT.pack(
                _LOOK, 0, 0, message.look, *message.eye, *message.gaze, message.fov, message.aspect, message.height
            )
        case Ack():
            return _ACK_LAYOUT.pack(_ACK, 0, 0, 0, message.received)
        case _:
            return json.dumps(_as_json(message), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _as_json(message: Hello | State | Refusal | Seek | Budget | Have) -> dict[str, object]:
    match message:
        case Hello():
            return {
                "type": "hello", "version": message.version, "session": message.session, "scene": message.scene,
                "title": message.title, "window": message.window, "max_frame": message.max_frame,
            }  # fmt: skip
        case State():
            return {
                "type": "state", "state": message.state, "seek": message.seek, "at": message.at,
                "label": message.label, "hypothesis": message.hypothesis, "certainty": message.certainty,
                "placements": [
                    {
                        "n": placement.n, "id": placement.id, "asset": placement.asset, "title": placement.title,
                        "transform": list(placement.transform), "certainty": placement.certainty,
                        "reliability": placement.reliability,
                    }
                    for placement in message.placements
                ],
                "gone": list(message.gone),
            }  # fmt: skip
        case Refusal():
            said: dict[str, object] = {"type": "error", "code": message.code, "message": message.message}
            return said if message.seek is None else {**said, "seek": message.seek}
        case Seek():
            return {
                "type": "seek", "seek": message.seek, "at": message.at, "hypothesis": message.hypothesis,
                "certainty": message.certainty.value,
            }  # fmt: skip
        case Budget():
            names = ("bytes", "triangles", "draws", "textures")
            return {"type": "budget"} | {
                name: getattr(message, name) for name in names if getattr(message, name) is not None
            }
        case Have():
            return {"type": "have", "digests": list(message.digests)}


def decode_client(data: str | bytes) -> ClientMessage:
    """What a client sent.

    Raises:
        StreamError: it is no message of docs/protocol.md.
    """
    if isinstance(data, str):
        return _from_text(data, _CLIENT_TEXT, MAX_FRAME)
    return _from_binary(data, _CLIENT_BINARY)


def decode_server(data: str | bytes) -> ServerMessage:
    """What a server sent.

    Raises:
        StreamError: it is no message of docs/protocol.md.
    """
    if isinstance(data, str):
        return _from_text(data, _SERVER_TEXT, MAX_SERVER_TEXT)
    return _from_binary(data, _SERVER_BINARY)


# Binary


def _from_binary(data: bytes, readers: dict[int, Callable[[bytes], M]]) -> M:
    if len(data) > MAX_FRAME:
        raise StreamError(f"binary message of {len(data)} bytes, at most {MAX_FRAME}", CloseCode.TOO_BIG)
    if not data:
        raise StreamError("empty binary message")
    reader = readers.get(data[0])
    if reader is None:
        raise StreamError(f"unknown binary message kind 0x{data[0]:02x}")
    return reader(data)


def _head(data: bytes, layout: struct.Struct, name: str) -> tuple[int, ...]:
    if len(data) < layout.size:
        raise StreamError(f"{name} of {len(data)} bytes, at least {layout.size}")
    return layout.unpack_from(data)


def _exactly(data: bytes, size: int, name: str) -> None:
    if len(data) != size:
        raise StreamError(f"{name} of {len(data)} bytes, {size} expected")


def _reserved(name: str, *fields: int) -> None:
    if any(fields):
        raise StreamError(f"{name}: a reserved field is not 0")


def _read_look(data: bytes) -> Look:
    _exactly(data, _LOOK_LAYOUT.size, "LOOK")
    _, zero, zero2, look, ex, ey, ez, gx, gy, gz, gw, fov, aspect, height = _LOOK_LAYOUT.unpack(data)
    _reserved("LOOK", zero, zero2)
    return checked_look(look, (ex, ey, ez), (gx, gy, gz, gw), fov=fov, aspect=aspect, height=height)


def checked_look(
    look: int,
    eye: tuple[float, float, float],
    gaze: tuple[float, float, float, float],
    *,
    fov: float,
    aspect: float,
    height: int,
) -> Look:
    """A Look whose values lie in the ranges of the protocol, its quaternion made unit length.

    Raises:
        StreamError: a value is out of range.
    """
    if not all(abs(value) <= MAX_METRES for value in eye):  # NaN compares false, so it is refused, too
        raise StreamError("eye is not within ±10,000,000 m")
    length = math.hypot(*gaze)
    if not 1e-6 < length < math.inf:
        raise StreamError("gaze is no quaternion with a direction")
    if not FOV_RANGE[0] <= fov <= FOV_RANGE[1]:
        raise StreamError("field of view is not within 0.02 to 3 radians")
    if not ASPECT_RANGE[0] <= aspect <= ASPECT_RANGE[1]:
        raise StreamError("aspect is not within 0.05 to 20")
    if not 1 <= height <= MAX_PIXELS:
        raise StreamError("viewport height is not within 1 to 16384 pixels")
    x, y, z, w = gaze
    return Look(look, eye, (x / length, y / length, z / length, w / length), fov, aspect, height)


def _read_ack(data: bytes) -> Ack:
    _exactly(data, _ACK_LAYOUT.size, "ACK")
    _, zero, zero2, zero3, received = _ACK_LAYOUT.unpack(data)
    _reserved("ACK", zero, zero2, zero3)
    return Ack(received)


def _read_nodes(data: bytes) -> Nodes:
    _, zero, count = _head(data, _NODES_LAYOUT, "NODES")
    _reserved("NODES", zero)
    _exactly(data, _NODES_LAYOUT.size + count * _NODE_LAYOUT.size, f"NODES of {count}")
    return Nodes(tuple(NodeName(*fields) for fields in _NODE_LAYOUT.iter_unpack(data[_NODES_LAYOUT.size :])))


def _read_chunk(data: bytes) -> ChunkFrame:
    _, content, encoding, flags, chunk, total, offset = _head(data, _CHUNK_LAYOUT, "CHUNK")
    _reserved("CHUNK", encoding, flags & ~(_FIRST | _LAST | _HELD))
    if content not in Content.__members__.values():
        raise StreamError(f"CHUNK: unknown content {content}")
    if total == 0:
        raise StreamError("CHUNK: total is 0")
    at = _CHUNK_LAYOUT.size
    digest = ""
    if flags & _FIRST:
        if len(data) < at + 32:
            raise StreamError("CHUNK: the digest is cut off")
        digest, at = data[at : at + 32].hex(), at + 32
    payload = data[at:]
    held = bool(flags & _HELD)
    if bool(flags & _FIRST) != (offset == 0):
        raise StreamError("CHUNK: flag 1 belongs to offset 0 and to nothing else")
    if held and (payload or not flags & _FIRST or not flags & _LAST):
        raise StreamError("CHUNK: held, so flags 7 and no payload")
    if not held and (not payload or offset + len(payload) > total):
        raise StreamError("CHUNK: no payload, or more than its total")
    frame = ChunkFrame(chunk, Content(content), total, offset, payload, digest, held)
    if frame.last != bool(flags & _LAST):
        raise StreamError("CHUNK: flag 2 belongs to the last piece and to nothing else")
    return frame


def _read_cut(data: bytes) -> Cut:
    _, flags, zero, cut, state, look, count = _head(data, _CUT_LAYOUT, "CUT")
    _reserved("CUT", zero, flags & ~_COMPLETE)
    if count > NODES_PER_CUT:
        raise StreamError(f"CUT of {count}, at most {NODES_PER_CUT}")
    _exactly(data, _CUT_LAYOUT.size + 4 * count, f"CUT of {count}")
    nodes = struct.unpack_from(f"<{count}I", data, _CUT_LAYOUT.size)
    return Cut(cut, state, look, nodes, bool(flags & _COMPLETE))


def _read_evict(data: bytes) -> Evict:
    _, zero, zero2, count = _head(data, _EVICT_LAYOUT, "EVICT")
    _reserved("EVICT", zero, zero2)
    if count > CHUNKS_PER_EVICT:
        raise StreamError(f"EVICT of {count}, at most {CHUNKS_PER_EVICT}")
    _exactly(data, _EVICT_LAYOUT.size + 4 * count, f"EVICT of {count}")
    return Evict(struct.unpack_from(f"<{count}I", data, _EVICT_LAYOUT.size))


_CLIENT_BINARY: dict[int, Callable[[bytes], ClientMessage]] = {_LOOK: _read_look, _ACK: _read_ack}
_SERVER_BINARY: dict[int, Callable[[bytes], ServerMessage]] = {
    _NODES: _read_nodes,
    _CHUNK: _read_chunk,
    _CUT: _read_cut,
    _EVICT: _read_evict,
}


# Text


class _Members:
    """A JSON object read member by member, each with its type and limits."""

    def __init__(self, members: dict[str, object]) -> None:
        self.members = members
        self.type = self.text("type", 40)

    def wrong(self, name: str, expected: str) -> NoReturn:
        raise StreamError(f"{name}: {expected} expected")

    def text(self, name: str, limit: int = MAX_TEXT_FIELD) -> str:
        value = self.members.get(name)
        if not isinstance(value, str) or len(value) > limit or (not value.isascii() and _SURROGATE.search(value)):
            self.wrong(name, f"text of at most {limit} characters")
        return value

    def number(self, name: str, *, least: int = 0, most: int = MAX_U32) -> int:
        value = self.members.get(name)
        # bool is an int to Python, not to JSON.
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(name, f"whole number from {least} to {most}")
        return value

    def items(self, name: str, limit: int) -> list[object]:
        value = self.members.get(name)
        if not isinstance(value, list) or len(value) > limit:
            self.wrong(name, f"list of at most {limit}")
        return value

    def optional_number(self, name: str, *, least: int, most: int) -> int | None:
        return None if name not in self.members else self.number(name, least=least, most=most)

    def optional_text(self, name: str, limit: int) -> str | None:
        return None if self.members.get(name) is None else self.text(name, limit)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def _from_text(data: str, readers: dict[str, Callable[[_Members], M]], limit: int) -> M:
    # A character is at least one byte, so the cheap comparison comes before the encoding.
    if len(data) > limit or len(data.encode("utf-8", "replace")) > limit:
        raise StreamError(f"text message of more than {limit} bytes", CloseCode.TOO_BIG)
    try:
        members = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise StreamError("text message is not JSON") from error
    if not isinstance(members, dict):
        raise StreamError("text message is not a JSON object")
    read = _Members(members)
    reader = readers.get(read.type)
    if reader is None:
        raise StreamError(f"unknown message type {read.type!r}")
    return reader(read)


def _read_hello(read: _Members) -> Hello:
    return Hello(
        session=read.text("session", MAX_ID), scene=read.text("scene", MAX_ID), title=read.text("title"),
        window=read.number("window", least=1), max_frame=read.number("max_frame", least=1024),
        version=read.number("version", least=1, most=1),
    )  # fmt: skip


def _read_state(read: _Members) -> State:
    gone = read.items("gone", 1_000_000)
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= MAX_U32 for n in gone):
        read.wrong("gone", "list of numbers")
    return State(
        state=read.number("state", least=1), seek=read.number("seek"), at=read.text("at", MAX_AT),
        label=read.text("label"), hypothesis=read.optional_text("hypothesis", MAX_ID),
        certainty=_certainty(read).value,
        placements=tuple(_read_placement(item) for item in read.items("placements", 1_000_000)),
        gone=tuple(n for n in gone if isinstance(n, int)),
    )  # fmt: skip


def _read_placement(item: object) -> StreamPlacement:
    if not isinstance(item, dict):
        raise StreamError("placements: list of objects expected")
    read = _Members({**item, "type": "placement"})
    transform = read.items("transform", 16)
    # Compared before the conversion, because a whole number may be too long for a float.
    numbers = tuple(float(x) for x in transform if isinstance(x, (int, float)) and abs(x) <= _MAX_TRANSFORM)
    if len(numbers) != 16:
        read.wrong("transform", "16 numbers")
    return StreamPlacement(
        n=read.number("n"), id=read.text("id", MAX_ID), asset=read.text("asset", MAX_ID), title=read.text("title"),
        transform=numbers, certainty=read.text("certainty", 20), reliability=read.text("reliability", 20),
    )  # fmt: skip


def _read_refusal(read: _Members) -> Refusal:
    return Refusal(read.text("code", 60), read.text("message"), read.optional_number("seek", least=0, most=MAX_U32))


def _certainty(read: _Members) -> Certainty:
    word = read.members.get("certainty", Certainty.POSSIBLE.value)
    if word not in ("certain", "possible"):
        read.wrong("certainty", "certain or possible")
    return Certainty(word)


def _read_seek(read: _Members) -> Seek:
    return Seek(
        read.number("seek", least=1), read.text("at", MAX_AT), read.optional_text("hypothesis", MAX_ID),
        _certainty(read),
    )  # fmt: skip


def _read_budget(read: _Members) -> Budget:
    def amount(name: str) -> int | None:
        return read.optional_number(name, least=1, most=MAX_COUNT)

    return Budget(amount("bytes"), amount("triangles"), amount("draws"), amount("textures"))


def _read_have(read: _Members) -> Have:
    digests = read.items("digests", MAX_HAVE)
    if not all(is_digest(digest) for digest in digests):
        read.wrong("digests", "64 lower-case hexadecimal digits each")
    return Have(tuple(digest for digest in digests if isinstance(digest, str)))


_CLIENT_TEXT: dict[str, Callable[[_Members], ClientMessage]] = {
    "seek": _read_seek,
    "budget": _read_budget,
    "have": _read_have,
}
_SERVER_TEXT: dict[str, Callable[[_Members], ServerMessage]] = {
    "hello": _read_hello,
    "state": _read_state,
    "error": _read_refusal,
}
