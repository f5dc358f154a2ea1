"""Binary messages to bytes and back. Layouts of docs/protocol.md; all of a message is little-endian.

Nothing is allocated by a number that the peer wrote before that number was compared with the bytes at hand.
"""

from __future__ import annotations

import math
import struct

from streaming.errors import StreamError
from streaming.events import (
    AHEAD,
    STILL,
    Ack,
    ChunkFrame,
    Content,
    Cut,
    Encoding,
    Evict,
    Have,
    Look,
    NodeName,
    Nodes,
    Pack,
    Placements,
    StreamPlacement,
)
from streaming.limits import (
    ASPECT_RANGE,
    FOV_RANGE,
    MAX_DRAWN,
    MAX_FRAME,
    MAX_HAVE,
    MAX_METRES,
    MAX_PIXELS,
    MAX_TRANSFORM,
)

LOOK, ACK, HAVE, POSE = 0x01, 0x02, 0x03, 0x04
NODES, CHUNK, CUT, EVICT, PACK, PEERS, PLACEMENTS = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16
_FIRST, _LAST, _HELD, _COMPLETE = 1, 2, 4, 1

_LOOK_LAYOUT = struct.Struct("<BBHI3d4fffI3f3f2f")
_ACK_LAYOUT = struct.Struct("<BBHIQ")
_HAVE_LAYOUT = struct.Struct("<BBHI")
_NODES_LAYOUT = struct.Struct("<BBH")
_NODE_LAYOUT = struct.Struct("<III")
_CHUNK_LAYOUT = struct.Struct("<BBBBIII")
_WHOLE_LAYOUT = struct.Struct("<32sI")
_CUT_LAYOUT = struct.Struct("<BBHIIIII")
_SHOWN_LAYOUT = struct.Struct("<II")
_EVICT_LAYOUT = struct.Struct("<BBHI")
_PACK_LAYOUT = struct.Struct("<BBH")
_PLACEMENTS_LAYOUT = struct.Struct("<BBHI")
_PLACEMENT_LAYOUT = struct.Struct("<IBBBBH12d")
_LENGTH = struct.Struct("<I")

CHUNK_HEAD = _CHUNK_LAYOUT.size
CHUNK_HEAD_FIRST = _CHUNK_LAYOUT.size + _WHOLE_LAYOUT.size
PACK_HEAD, PACK_ENTRY = _PACK_LAYOUT.size, _LENGTH.size
PLACEMENTS_HEAD, PLACEMENT_LEAST = _PLACEMENTS_LAYOUT.size, _PLACEMENT_LAYOUT.size
NODES_PER_MESSAGE = (MAX_FRAME - _NODES_LAYOUT.size) // _NODE_LAYOUT.size
CHUNKS_PER_EVICT = (MAX_FRAME - _EVICT_LAYOUT.size) // 4
assert _CUT_LAYOUT.size + 12 * MAX_DRAWN <= MAX_FRAME
assert _HAVE_LAYOUT.size + 8 * MAX_HAVE <= MAX_FRAME

Buffers = tuple[bytes | memoryview, ...]
"""pieces of one message, to be joined once"""


def chunk_buffers(frame: ChunkFrame) -> Buffers:
    """A CHUNK as pieces, so that its payload is copied once, into the message that goes out."""
    first = frame.offset == 0
    flags = (_FIRST if first else 0) | (_LAST if frame.last else 0) | (_HELD if frame.held else 0)
    head = _CHUNK_LAYOUT.pack(
        CHUNK, frame.content, frame.encoding, flags, frame.chunk, frame.total, frame.offset
    )  # fmt: skip
    if first:
        head += _WHOLE_LAYOUT.pack(bytes.fromhex(frame.digest), frame.decoded)
    return head, frame.payload


def piece_head(number: int, content: int, encoding: int, *, total: int, offset: int, length: int) -> bytes:
    """What stands before a payload of `length` bytes that is not the first of its chunk, as `chunk_buffers` has it."""
    flags = _LAST if offset + length == total else 0
    return _CHUNK_LAYOUT.pack(CHUNK, content, encoding, flags, number, total, offset)


def pack_buffers(messages: list[tuple[Buffers, int]]) -> Buffers:
    """A PACK of messages given as pieces, with their lengths."""
    buffers: list[bytes | memoryview] = [_PACK_LAYOUT.pack(PACK, 0, len(messages))]
    for message, length in messages:
        buffers.append(_LENGTH.pack(length))
        buffers.extend(message)
    return tuple(buffers)


_CERTAINTIES = {1: "possible", 2: "certain"}
_CERTAINTY_CODES = {word: code for code, word in _CERTAINTIES.items()}


def placement_bytes(n: int, placement: StreamPlacement) -> bytes:
    """A placement as PLACEMENTS holds it; at most 2 KB, as titles are no longer than 300 characters."""
    texts = [
        text.encode() for text in (placement.reliability, placement.id, placement.asset, placement.title)
    ]  # fmt: skip
    numbers = placement.transform
    head = _PLACEMENT_LAYOUT.pack(
        n, _CERTAINTY_CODES[placement.certainty], *map(len, texts), *numbers[0:3], *numbers[4:7], *numbers[8:11],
        *numbers[12:15],
    )  # fmt: skip
    return b"".join((head, *texts))


def placements_buffers(state: int, placements: list[bytes]) -> Buffers:
    """A PLACEMENTS of placements as `placement_bytes` makes them."""
    return (_PLACEMENTS_LAYOUT.pack(PLACEMENTS, 0, len(placements), state), *placements)


def to_bytes(message: Nodes | ChunkFrame | Cut | Evict | Placements | Pack | Look | Ack | Have) -> bytes:
    """The message as it goes over the wire."""
    match message:
        case ChunkFrame():
            return b"".join(chunk_buffers(message))
        case Cut():
            gone, shown = message.gone, message.shown
            head = _CUT_LAYOUT.pack(
                CUT, _COMPLETE if message.complete else 0, 0, message.cut, message.state, message.look, len(gone),
                len(shown),
            )  # fmt: skip
            return b"".join((head, _numbers(gone), _numbers(tuple(number for pair in shown for number in pair))))
        case Nodes():
            names = (_NODE_LAYOUT.pack(name.node, name.placement, name.chunk) for name in message.nodes)
            return _NODES_LAYOUT.pack(NODES, 0, len(message.nodes)) + b"".join(names)
        case Evict():
            return _EVICT_LAYOUT.pack(EVICT, 0, 0, len(message.chunks)) + _numbers(message.chunks)
        case Placements():
            said = [placement_bytes(n, placement) for n, placement in message.placements]
            return b"".join(placements_buffers(message.state, said))
        case Pack():
            return b"".join(pack_buffers([((inner,), len(inner)) for inner in message.messages]))
        case Look():
            return _LOOK_LAYOUT.pack(
                LOOK, 0, 0, message.look, *message.eye, *message.gaze, message.fov, message.aspect, message.height,
                *message.velocity, *message.turning, *message.sight,
            )  # fmt: skip
        case Ack():
            return _ACK_LAYOUT.pack(ACK, 0, 0, message.messages, message.received)
        case Have():
            count = len(message.prefixes)
            return _HAVE_LAYOUT.pack(HAVE, 0, 0, count) + struct.pack(f"<{count}Q", *message.prefixes)


def _numbers(values: tuple[int, ...]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


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


# Of a client


def read_look(data: bytes) -> Look:
    """A LOOK. Raises StreamError."""
    _exactly(data, _LOOK_LAYOUT.size, "LOOK")
    _, zero, zero2, look, *numbers = _LOOK_LAYOUT.unpack(data)
    _reserved("LOOK", zero, zero2)
    ex, ey, ez, gx, gy, gz, gw, fov, aspect, height, vx, vy, vz, tx, ty, tz, right, up = numbers
    return checked_look(
        look, (ex, ey, ez), (gx, gy, gz, gw), fov=fov, aspect=aspect, height=height, velocity=(vx, vy, vz),
        turning=(tx, ty, tz), sight=(right, up),
    )  # fmt: skip


def checked_look(
    look: int,
    eye: tuple[float, float, float],
    gaze: tuple[float, float, float, float],
    *,
    fov: float,
    aspect: float,
    height: int,
    velocity: tuple[float, float, float] = STILL,
    turning: tuple[float, float, float] = STILL,
    sight: tuple[float, float] = AHEAD,
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
    if not all(map(math.isfinite, (*velocity, *turning))):
        raise StreamError("velocity or turning is not finite")
    if not all(abs(value) <= 1.0 for value in sight):
        raise StreamError("sight is not within -1 to 1")
    x, y, z, w = gaze
    return Look(
        look, eye, (x / length, y / length, z / length, w / length), fov, aspect, height, velocity, turning, sight
    )  # fmt: skip


def read_ack(data: bytes) -> Ack:
    """An ACK. Raises StreamError."""
    _exactly(data, _ACK_LAYOUT.size, "ACK")
    _, zero, zero2, messages, received = _ACK_LAYOUT.unpack(data)
    _reserved("ACK", zero, zero2)
    return Ack(messages, received)


def read_have(data: bytes) -> Have:
    """A HAVE. Raises StreamError."""
    _, zero, zero2, count = _head(data, _HAVE_LAYOUT, "HAVE")
    _reserved("HAVE", zero, zero2)
    if count > MAX_HAVE:
        raise StreamError(f"HAVE of {count}, at most {MAX_HAVE}")
    _exactly(data, _HAVE_LAYOUT.size + 8 * count, f"HAVE of {count}")
    return Have(struct.unpack_from(f"<{count}Q", data, _HAVE_LAYOUT.size))


# Of a server


def read_nodes(data: bytes) -> Nodes:
    """A NODES. Raises StreamError."""
    _, zero, count = _head(data, _NODES_LAYOUT, "NODES")
    _reserved("NODES", zero)
    _exactly(data, _NODES_LAYOUT.size + count * _NODE_LAYOUT.size, f"NODES of {count}")
    return Nodes(tuple(NodeName(*fields) for fields in _NODE_LAYOUT.iter_unpack(data[_NODES_LAYOUT.size :])))


def read_chunk(data: bytes) -> ChunkFrame:
    """A CHUNK. Raises StreamError."""
    _, content, encoding, flags, chunk, total, offset = _head(data, _CHUNK_LAYOUT, "CHUNK")
    _reserved("CHUNK", flags & ~(_FIRST | _LAST | _HELD))
    if content not in Content.__members__.values():
        raise StreamError(f"CHUNK: unknown content {content}")
    if encoding not in Encoding.__members__.values():
        raise StreamError(f"CHUNK: unknown encoding {encoding}")
    if total == 0:
        raise StreamError("CHUNK: total is 0")
    at, digest, decoded, held = CHUNK_HEAD, "", 0, bool(flags & _HELD)
    if flags & _FIRST:
        if len(data) < CHUNK_HEAD_FIRST:
            raise StreamError("CHUNK: the digest or the decoded length is cut off")
        raw, decoded = _WHOLE_LAYOUT.unpack_from(data, at)
        digest, at = raw.hex(), CHUNK_HEAD_FIRST
        if decoded == 0 or (encoding == Encoding.IDENTITY and decoded != total):
            raise StreamError("CHUNK: a decoded length that cannot be")
    payload = data[at:]
    frame = ChunkFrame(chunk, Content(content), total, offset, payload, digest, decoded, Encoding(encoding), held)
    _agrees(frame, flags)
    return frame


def _agrees(frame: ChunkFrame, flags: int) -> None:
    """Refuse a CHUNK whose flags say something else than its fields."""
    if bool(flags & _FIRST) != (frame.offset == 0):
        raise StreamError("CHUNK: flag 1 belongs to offset 0 and to nothing else")
    if frame.held and (frame.payload or not flags & _FIRST or not flags & _LAST):
        raise StreamError("CHUNK: held, so flags 7 and no payload")
    if not frame.held and (not frame.payload or frame.offset + len(frame.payload) > frame.total):
        raise StreamError("CHUNK: no payload, or more than its total")
    if frame.last != bool(flags & _LAST):
        raise StreamError("CHUNK: flag 2 belongs to the last piece and to nothing else")


def read_cut(data: bytes) -> Cut:
    """A CUT. Raises StreamError."""
    _, flags, zero, cut, state, look, gone, shown = _head(data, _CUT_LAYOUT, "CUT")
    _reserved("CUT", zero, flags & ~_COMPLETE)
    _exactly(data, _CUT_LAYOUT.size + 4 * gone + 8 * shown, f"CUT of {gone} and {shown}")
    numbers = struct.unpack_from(f"<{gone}I", data, _CUT_LAYOUT.size)
    pairs = tuple((node, hidden) for node, hidden in _SHOWN_LAYOUT.iter_unpack(data[_CUT_LAYOUT.size + 4 * gone :]))
    return Cut(cut, state, look, numbers, pairs, bool(flags & _COMPLETE))


def read_evict(data: bytes) -> Evict:
    """An EVICT. Raises StreamError."""
    _, zero, zero2, count = _head(data, _EVICT_LAYOUT, "EVICT")
    _reserved("EVICT", zero, zero2)
    if count > CHUNKS_PER_EVICT:
        raise StreamError(f"EVICT of {count}, at most {CHUNKS_PER_EVICT}")
    _exactly(data, _EVICT_LAYOUT.size + 4 * count, f"EVICT of {count}")
    return Evict(struct.unpack_from(f"<{count}I", data, _EVICT_LAYOUT.size))


def read_placements(data: bytes) -> Placements:
    """A PLACEMENTS. Raises StreamError."""
    _, zero, count, state = _head(data, _PLACEMENTS_LAYOUT, "PLACEMENTS")
    _reserved("PLACEMENTS", zero)
    at, found = PLACEMENTS_HEAD, []
    for _ in range(count):
        if len(data) < at + _PLACEMENT_LAYOUT.size:
            raise StreamError("PLACEMENTS: fewer than it says")
        n, code, *lengths = _PLACEMENT_LAYOUT.unpack_from(data, at)
        numbers = lengths[4:]
        at += _PLACEMENT_LAYOUT.size
        texts = []
        for length in lengths[:4]:
            if len(data) < at + length:
                raise StreamError("PLACEMENTS: a text is cut off")
            try:
                texts.append(data[at : at + length].decode())
            except UnicodeDecodeError as error:
                raise StreamError("PLACEMENTS: a text is not UTF-8") from error
            at += length
        found.append((n, _placement(code, numbers, texts)))
    _exactly(data, at, f"PLACEMENTS of {count}")
    return Placements(state, tuple(found))


def _placement(code: int, numbers: list[float], texts: list[str]) -> StreamPlacement:
    certainty = _CERTAINTIES.get(code)
    if certainty is None:
        raise StreamError(f"PLACEMENTS: unknown certainty {code}")
    if not all(abs(value) <= MAX_TRANSFORM for value in numbers):  # NaN compares false
        raise StreamError("PLACEMENTS: transform is not finite")
    reliability, name, asset, title = texts
    x, y, z, origin = numbers[0:3], numbers[3:6], numbers[6:9], numbers[9:12]
    transform = (*x, 0.0, *y, 0.0, *z, 0.0, *origin, 1.0)
    return StreamPlacement(name, asset, title, transform, certainty, reliability)


def read_pack(data: bytes) -> Pack:
    """A PACK; the messages inside are bounded, but not read. Raises StreamError."""
    _, zero, count = _head(data, _PACK_LAYOUT, "PACK")
    _reserved("PACK", zero)
    at = _PACK_LAYOUT.size
    messages = []
    for _ in range(count):
        if len(data) < at + _LENGTH.size:
            raise StreamError("PACK: fewer messages than it says")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if not 1 <= length <= len(data) - at:
            raise StreamError("PACK: a message of no bytes, or of more than there are")
        if data[at] == PACK:
            raise StreamError("PACK inside of a PACK")
        messages.append(data[at : at + length])
        at += length
    _exactly(data, at, f"PACK of {count}")
    return Pack(tuple(messages))
