"""Vectors of the protocol for whoever writes a client: bytes beside the fields that they hold, and bytes to refuse.

`python -m tests.streaming.vectors` writes `tests/vectors/stream/*.json`; a test compares. Messages are in the order of
docs/protocol.md; a file has a list `vectors`, each with `name`, `kind` (of a binary message, else the `type` of a
text), the bytes as `hex` or the `text`, and `fields` with the names of the page. Digests, payloads and messages inside
of a PACK are hexadecimal, a prefix of HAVE is 16 digits. In `malformed.json` a vector says who `sends` it, and by which
`close` code the receiver ends the stream.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from streaming import frames
from streaming import frames_binary as binary
from streaming.events import (
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    ClientMessage,
    Content,
    Count,
    Cut,
    DeviceBudget,
    Encoding,
    Evict,
    Have,
    Hello,
    Look,
    NodeName,
    Nodes,
    Pack,
    Placements,
    Refusal,
    Seek,
    ServerMessage,
    State,
    Stats,
    StreamPlacement,
    prefix_of,
)
from streaming.limits import NO_PLACEMENT
from streaming.room_events import Changed, Entered, Join, Lead, Leave, Led, Member, Part, Peers, Pose
from streaming.room_frames import pose_of, stances
from tests.streaming.forest import digest_of
from tests.streaming.walk import IDENTITY

FOLDER = Path(__file__).parents[1] / "vectors" / "stream"
KINDS = {
    0x01: "LOOK", 0x02: "ACK", 0x03: "HAVE", 0x10: "NODES", 0x11: "CHUNK", 0x12: "CUT", 0x13: "EVICT", 0x14: "PACK",
    0x04: "POSE", 0x15: "PEERS", 0x16: "PLACEMENTS",
}  # fmt: skip

TILE = b"glTF root of the temple"
TILE_GZIP = bytes.fromhex("1f8b08000000000002034bcf09715328cacf2f51c84f5328c948552849cd2dc8490500dc92019e17000000")
"""made once and kept, because compressors differ from version to version"""
TILE_BROTLI = bytes.fromhex("0b0b80676c544620726f6f74206f66207468652074656d706c6503")
IMAGE = b"RIFF: an image in WebP"
_DIGEST, _IMAGE_DIGEST = digest_of(TILE), digest_of(IMAGE)
_MATRIX = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 12.5, 0.0, -3.25, 1.0)
_WHOLE = ChunkFrame(7, Content.GLB, len(TILE), 0, TILE, _DIGEST, len(TILE))
_NODES = Nodes((NodeName(3, 0, 7), NodeName(4, NO_PLACEMENT, 8)))
_CUT = Cut(2, 1, 5, (3,), ((4, 0), (6, 0b101)), complete=True)
_AHEAD, _TURNED = (0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 0.0)
_HEAD = pose_of(((1.5, 1.625, -3.25), _AHEAD))
_RIGHT = pose_of(((0.0, 1.75, 0.0), _TURNED), None, ((0.25, 1.25, 0.5), _AHEAD))
_BOTH = pose_of(((-8.0, 1.5, 2.0), _AHEAD), ((-8.25, 1.0, 1.75), _TURNED), ((-7.75, 1.0, 1.75), _AHEAD))
_LEAD = Lead("-0430", "hypothesis_1", "certain", "tour_1", 2, (0.0, 1.75, 9.0), _AHEAD, "Look at the pediment")

SERVER: tuple[tuple[str, ServerMessage], ...] = (
    ("a session begins", Hello(
        "session_1", "scene_1", "Agora", 163_840, 65_536, "t0k3n", resumed=False,
        budget=DeviceBudget(201_326_592, 700_000, 250, 536_870_912), stall_s=20.0, resume_s=60.0,
    )),
    ("a session goes on", Hello(
        "session_1", "scene_1", "Agora", 400_000, 65_536, "t0k3n", resumed=True,
        budget=DeviceBudget(201_326_592, 700_000, 250, 536_870_912), stall_s=20.0, resume_s=60.0,
    )),
    ("a temple stands, a hut no more", State(
        2, 1, "-0430", "431 BC", "hypothesis_1", "possible", Count(certain=1, possible=2), (4,),
    )),
    ("a seek is refused", Refusal("BAD_EDTF", "EDTF 'soon': no date", 2)),
    ("an error that answers no seek", Refusal("NOT_FOUND", "gone")),
    ("how it goes", Stats(52.125, 6_250_000, 687_500, 163_840, 1_200_000, 8_000_000, 42, 3, 0)),
    ("a tile and a proxy of a group", _NODES),
    ("a chunk in one piece", _WHOLE),
    ("the first piece of two", ChunkFrame(8, Content.WEBP, len(IMAGE), 0, IMAGE[:10], _IMAGE_DIGEST, len(IMAGE))),
    ("the second piece of two", ChunkFrame(8, Content.WEBP, len(IMAGE), 10, IMAGE[10:])),
    ("coded by gzip", ChunkFrame(
        9, Content.GLB, len(TILE_GZIP), 0, TILE_GZIP, _DIGEST, len(TILE), Encoding.GZIP,
    )),
    ("coded by brotli", ChunkFrame(
        9, Content.GLB, len(TILE_BROTLI), 0, TILE_BROTLI, _DIGEST, len(TILE), Encoding.BROTLI,
    )),
    ("held by the client", ChunkFrame(
        9, Content.GLB, len(TILE_GZIP), 0, b"", _DIGEST, len(TILE), Encoding.GZIP, held=True,
    )),
    ("the first cut, not all that the view wants", Cut(1, 1, 0, (), ((3, 0),), complete=False)),
    ("a node goes, one comes, one is drawn without its groups 0 and 2", _CUT),
    ("nothing changes but that it is complete", Cut(3, 1, 6, (), (), complete=True)),
    ("two chunks are forgotten", Evict((7, 8))),
    ("a room is entered", Entered(
        "tour-1", 3_000_000_007, (Member(17, "Zoë", Part.GUIDE), Member(3_000_000_007, "<b>Ada</b>")), 17, 10,
    )),
    ("a room without a guide", Entered("tour-1", 5, (Member(5, "Ada"),), None, 10)),
    ("one comes, one goes, who guided", Changed((Member(9, "Ben"),), (17,), None)),
    ("the guide leads", Led(17, _LEAD)),
    ("the guide leads in time only", Led(17, Lead("0100/0200?"))),
    ("where three others are", Peers(((17, _HEAD), (9, _RIGHT), (4_294_967_295, _BOTH)))),
    ("a temple that certainly stands and a statue that may have", Placements(2, (
        (0, StreamPlacement("placement_1", "asset_1", "Temple of Athena", _MATRIX, "certain", "USVs")),
        (4_294_967_294, StreamPlacement("placement_2", "asset_1", "Zoë’s statue", IDENTITY, "possible", "VSF")),
    ))),
    ("nothing more is told of what stands", Placements(2, ())),
    ("what shows a tile, in one message", Pack(tuple(map(binary.to_bytes, (_WHOLE, _NODES, _CUT))))),
)  # fmt: skip

CLIENT: tuple[tuple[str, ClientMessage], ...] = (
    ("standing still", Look(1, (0.0, 1.5, 9.0), (0.0, 0.0, 0.0, 1.0), 1.0, 1.5, 720)),
    ("walking, turning, looking to the upper right", Look(
        4_294_967_295, (-12.25, 1.75, 1e6), (0.0, 1.0, 0.0, 0.0), 1.5, 0.5, 2064, (0.0, 0.0, -1.5), (0.0, 2.0, 0.0),
        (0.5, 0.25),
    )),
    ("nothing was received yet", Ack(0, 0)),
    ("many messages and bytes", Ack(4_000_000_000, 6_000_000_000_000)),
    ("nothing is held", Have(())),
    ("two files are held", Have((prefix_of(_DIGEST), prefix_of(_IMAGE_DIGEST)))),
    ("another moment", Seek(1, "-0600", None, Certainty.POSSIBLE)),
    ("another moment by a hypothesis", Seek(2, "0100/0200?", "hypothesis_1", Certainty.CERTAIN)),
    ("a smaller budget", Budget(bytes=100_000_000, draws=80)),
    ("coming into a room", Join("tour-1", "Ada")),
    ("coming as its guide", Join("tour-1", "Zoë", Part.GUIDE, "k3y")),
    ("going out of it", Leave()),
    ("leading", _LEAD),
    ("a head", _HEAD),
    ("a head and a right hand", _RIGHT),
    ("a head and both hands", _BOTH),
)  # fmt: skip


def _chunk(flags: int, offset: int, first: bytes, payload: bytes, *, total: int = 10, encoding: int = 0) -> bytes:
    numbers = b"".join(number.to_bytes(4, "little") for number in (7, total, offset))
    return bytes([0x11, 1, encoding, flags]) + numbers + first + payload


def _u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)


_FIRST = bytes(32) + _u32(10)
_PLACED = binary.to_bytes(
    Placements(1, ((0, StreamPlacement("placement_1", "asset_1", "Temple", IDENTITY, "certain", "US")),))
)
_LOOK = binary.to_bytes(Look(1, (0.0, 1.5, 9.0), (0.0, 0.0, 0.0, 1.0), 1.0, 1.5, 720))
_ACK = binary.to_bytes(Ack(0, 0))
_POSE = bytes(frames.encode(pose_of(((5.0, 1.5, 0.0), (0.0, 0.0, 0.0, 1.0)))))  # type: ignore[arg-type]  # it is binary

MALFORMED: tuple[tuple[str, str, str | bytes, int], ...] = (
    ("no bytes", "either", b"", 4400),
    ("a kind that is none", "either", b"\x7f\0\0\0", 4400),
    ("a server's kind", "client", b"\x13\0\0\0" + _u32(0), 4400),
    ("a client's kind", "server", _ACK, 4400),
    ("longer than 64 KiB", "client", b"\x03\0\0\0" + _u32(8192) + bytes(65536), 1009),
    ("not JSON", "either", "hello", 4400),
    ("no object", "either", "[]", 4400),
    ("a type that is none", "either", '{"type":"dance"}', 4400),
    ("a member twice", "client", '{"type":"seek","seek":1,"seek":1,"at":"1200"}', 4400),
    ("NaN is not JSON", "client", '{"type":"budget","bytes":NaN}', 4400),
    ("a seek without a moment", "client", '{"type":"seek","seek":1}', 4400),
    ("a seek numbered 0", "client", '{"type":"seek","seek":0,"at":"1200"}', 4400),
    ("a budget of nothing", "client", '{"type":"budget","bytes":0}', 4400),
    ("LOOK a byte short", "client", _LOOK[:-1], 4400),
    ("LOOK a byte long", "client", _LOOK + b"\0", 4400),
    ("LOOK with a reserved field set", "client", b"\x01\x01" + _LOOK[2:], 4400),
    ("LOOK from an eye that is NaN", "client", _LOOK[:8] + bytes.fromhex("000000000000f87f") + _LOOK[16:], 4400),
    ("LOOK without a direction", "client", _LOOK[:32] + bytes(16) + _LOOK[48:], 4400),
    ("LOOK in a view of no height", "client", _LOOK[:56] + _u32(0) + _LOOK[60:], 4400),
    ("LOOK with sight outside of the view", "client", _LOOK[:84] + bytes.fromhex("0000004000000000"), 4400),
    ("LOOK infinitely fast", "client", _LOOK[:60] + bytes.fromhex("0000807f") + _LOOK[64:], 4400),
    ("ACK a byte short", "client", _ACK[:-1], 4400),
    ("ACK with a reserved field set", "client", b"\x02\0\x01\0" + _ACK[4:], 4400),
    ("HAVE of more than there are", "client", b"\x03\0\0\0" + _u32(2) + bytes(8), 4400),
    ("HAVE of fewer than there are", "client", b"\x03\0\0\0" + _u32(0) + bytes(8), 4400),
    ("HAVE of 8001", "client", b"\x03\0\0\0" + _u32(8001) + bytes(8 * 8001), 4400),
    ("NODES of more than there are", "server", b"\x10\0\x02\0" + bytes(12), 4400),
    ("NODES with a reserved field set", "server", b"\x10\x01\0\0", 4400),
    ("CHUNK of content 9", "server", b"\x11\x09" + _chunk(3, 0, _FIRST, bytes(10))[2:], 4400),
    ("CHUNK of encoding 3", "server", _chunk(3, 0, _FIRST, bytes(10), encoding=3), 4400),
    ("CHUNK with an unknown flag", "server", _chunk(11, 0, _FIRST, bytes(10)), 4400),
    ("CHUNK of total 0", "server", _chunk(3, 0, bytes(36), b"", total=0), 4400),
    ("CHUNK that begins without flag 1", "server", _chunk(0, 0, b"", b"x"), 4400),
    ("CHUNK with flag 1 in the middle", "server", _chunk(1, 5, _FIRST, b"x"), 4400),
    ("CHUNK that begins without its digest", "server", _chunk(1, 0, bytes(20), b""), 4400),
    ("CHUNK that begins without its decoded length", "server", _chunk(1, 0, bytes(32), b""), 4400),
    ("CHUNK without payload", "server", _chunk(1, 0, _FIRST, b""), 4400),
    ("CHUNK with more than its total", "server", _chunk(3, 0, _FIRST, bytes(11)), 4400),
    ("CHUNK that ends without flag 2", "server", _chunk(1, 0, _FIRST, bytes(10)), 4400),
    ("CHUNK with flag 2 before its end", "server", _chunk(3, 0, _FIRST, bytes(9)), 4400),
    ("CHUNK held, but with payload", "server", _chunk(7, 0, _FIRST, b"x"), 4400),
    ("CHUNK held, but not the last", "server", _chunk(5, 0, _FIRST, b""), 4400),
    ("CHUNK not coded, but decoded of another length", "server", _chunk(1, 0, bytes(32) + _u32(11), b"x"), 4400),
    ("CUT of more than there are", "server", b"\x12\0\0\0" + _u32(1, 1, 0, 2, 0, 3), 4400),
    ("CUT of fewer than there are", "server", b"\x12\0\0\0" + _u32(1, 1, 0, 0, 0, 3), 4400),
    ("CUT of 4294967295", "server", b"\x12\0\0\0" + _u32(1, 1, 0, 2**32 - 1, 2**32 - 1), 4400),
    ("CUT with an unknown flag", "server", b"\x12\x02\0\0" + _u32(1, 1, 0, 0, 0), 4400),
    ("EVICT of more than there are", "server", b"\x13\0\0\0" + _u32(2, 7), 4400),
    ("PACK of fewer messages than it says", "server", b"\x14\0\x02\0" + _u32(8) + b"\x13\0\0\0" + _u32(0), 4400),
    ("PACK with bytes behind its messages", "server", b"\x14\0\x01\0" + _u32(8) + b"\x13\0\0\0" + _u32(0) + b"x", 4400),
    ("PACK of a message of no bytes", "server", b"\x14\0\x01\0" + _u32(0), 4400),
    ("PACK of a message longer than itself", "server", b"\x14\0\x01\0" + _u32(9) + b"\x13\0\0\0" + _u32(0), 4400),
    ("PACK in a PACK", "server", b"\x14\0\x01\0" + _u32(4) + b"\x14\0\0\0", 4400),
    ("PLACEMENTS with a reserved field set", "server", b"\x16\1\1\0" + _PLACED[4:], 4400),
    ("PLACEMENTS of more than there are", "server", b"\x16\0\2\0" + _PLACED[4:], 4400),
    ("PLACEMENTS of fewer than there are", "server", b"\x16\0\0\0" + _PLACED[4:], 4400),
    ("PLACEMENTS with a text cut off", "server", _PLACED[:-1], 4400),
    ("PLACEMENTS with bytes behind them", "server", _PLACED + b"\0", 4400),
    ("PLACEMENTS of certainty 3", "server", _PLACED[:12] + b"\3" + _PLACED[13:], 4400),
    ("PLACEMENTS at no place", "server", _PLACED[:18] + bytes.fromhex("000000000000f87f") + _PLACED[26:], 4400),
    ("PLACEMENTS with a text that is not UTF-8", "server", _PLACED[:-1] + b"\xff", 4400),
    ("POSE a byte short", "client", _POSE[:-1], 4400),
    ("POSE a byte long", "client", _POSE + b"\0", 4400),
    ("POSE with a reserved field set", "client", _POSE[:2] + b"\1" + _POSE[3:], 4400),
    ("POSE with an unknown flag", "client", b"\x04\x04" + _POSE[2:], 4400),
    ("POSE without the hand of its flag", "client", b"\x04\x01" + _POSE[2:], 4400),
    ("POSE at no place", "client", _POSE[:4] + bytes.fromhex("0000c07f") + _POSE[8:], 4400),
    ("POSE without a direction", "client", _POSE[:16] + bytes(8), 4400),
    ("POSE of a hand far from its head", "client", b"\x04\x02" + _POSE[2:] + bytes(12) + _POSE[16:], 4400),
    ("a join without a name", "client", '{"type":"join","room":"tour-1"}', 4400),
    ("a join of no room", "client", '{"type":"join","room":"../1","name":"Ada"}', 4400),
    ("a join as something else", "client", '{"type":"join","room":"tour-1","name":"Ada","role":"curator"}', 4400),
    ("a lead without a moment", "client", '{"type":"lead"}', 4400),
    ("a lead from nowhere", "client", '{"type":"lead","at":"1200","eye":[1e300,0,0]}', 4400),
    ("a lead without a direction", "client", '{"type":"lead","at":"1200","gaze":[0,0,0,0]}', 4400),
    ("PEERS of nobody", "server", b"\x15\0\0\0", 4400),
    ("PEERS of 33", "server", b"\x15\0\x21\0" + 33 * (_u32(1) + _POSE[1:2] + _POSE[4:]), 4400),
    ("PEERS of more than there are", "server", b"\x15\0\2\0" + _u32(1) + _POSE[1:2] + _POSE[4:], 4400),
    ("PEERS of fewer than there are", "server", b"\x15\0\1\0" + 2 * (_u32(1) + _POSE[1:2] + _POSE[4:]), 4400),
    ("PEERS with a member cut off", "server", b"\x15\0\1\0" + _u32(1) + _POSE[1:2] + _POSE[4:-1], 4400),
    ("room without a rate", "server", '{"type":"room","room":"r","you":1,"members":[],"guide":null}', 4400),
    ("room_change of half a number", "server", '{"type":"room_change","joined":[],"left":[0.5],"guide":null}', 4400),
    ("hello without a budget", "server",
     '{"type":"hello","version":1,"session":"s","scene":"s","title":"","window":1,"max_frame":65536,"resume":"",'
     '"resumed":false,"stall_s":20,"resume_s":60}', 4400),
    ("hello of another version", "server",
     '{"type":"hello","version":2,"session":"s","scene":"s","title":"","window":1,"max_frame":65536,"resume":"",'
     '"resumed":false,"budget":{"bytes":1,"triangles":1,"draws":1,"textures":1},"stall_s":20,"resume_s":60}', 4400),
)  # fmt: skip


def fields(message: ServerMessage | ClientMessage) -> dict[str, object]:
    """The fields of a message under the names of docs/protocol.md."""
    match message:
        case ChunkFrame():
            first = {"digest": message.digest, "decoded": message.decoded} if message.offset == 0 else {}
            return {
                "content": int(message.content), "encoding": int(message.encoding), "first": message.offset == 0,
                "last": message.last, "held": message.held, "chunk": message.chunk, "total": message.total,
                "offset": message.offset, **first, "payload": bytes(message.payload).hex(),
            }  # fmt: skip
        case Cut():
            shown = [{"node": node, "hidden": hidden} for node, hidden in message.shown]
            return asdict(message) | {"shown": shown}
        case Have():
            return {"prefixes": [prefix.to_bytes(8, "little").hex() for prefix in message.prefixes]}
        case Placements():
            return {"state": message.state, "placements": [{"n": n, **asdict(each)} for n, each in message.placements]}
        case Pack():
            return {"messages": [inner.hex() for inner in message.messages]}
        case Ack():
            return {"messages": message.messages, "bytes": message.received}
        case Pose():
            return _pose_fields(message)
        case Peers():
            return {"members": [{"member": number, **_pose_fields(pose)} for number, pose in message.poses]}
    said = frames.encode(message)
    if isinstance(said, str):
        return {name: value for name, value in json.loads(said).items() if name != "type"}
    return asdict(message)


def _pose_fields(pose: Pose) -> dict[str, object]:
    names = ("head", "left", "right")
    return {
        name: {"position": list(stance[0]), "orientation": list(stance[1])}
        for name, stance in zip(names, stances(pose), strict=True)
        if stance is not None
    }


def _vector(name: str, message: ServerMessage | ClientMessage) -> dict[str, object]:
    said = frames.encode(message)
    if isinstance(said, str):
        return {"name": name, "kind": json.loads(said)["type"], "text": said, "fields": fields(message)}
    return {"name": name, "kind": KINDS[said[0]], "hex": said.hex(), "fields": fields(message)}


def _malformed(name: str, sends: str, data: str | bytes, close: int) -> dict[str, object]:
    said = {"text": data} if isinstance(data, str) else _hex(data)
    return {"name": name, "sends": sends, **said, "close": close}


def _hex(data: bytes) -> dict[str, object]:
    """Long runs of zeros at the end are counted, not written."""
    bare = data.rstrip(b"\0")
    return {"hex": bare.hex(), "zeros": len(data) - len(bare)} if len(data) - len(bare) > 64 else {"hex": data.hex()}


def documents() -> dict[str, str]:
    """The files by name."""
    lists: dict[str, list[dict[str, object]]] = {
        "server.json": [_vector(name, message) for name, message in SERVER],
        "client.json": [_vector(name, message) for name, message in CLIENT],
        "malformed.json": [_malformed(*row) for row in MALFORMED],
    }
    return {
        name: json.dumps({"protocol": "chronotope.v1", "vectors": vectors}, indent=1, ensure_ascii=False) + "\n"
        for name, vectors in lists.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
