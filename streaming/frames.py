"""Messages to bytes or text, and back. docs/protocol.md is the specification.

Text is `str`, binary is `bytes`. Whatever is wrong raises StreamError and nothing else. A new kind of message is a
reader in one of the four tables, and a case in `encode`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from streaming import frames_binary as binary
from streaming import frames_text as text
from streaming import room_frames as room
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Budget,
    ClientMessage,
    Hello,
    Refusal,
    Seek,
    ServerMessage,
    State,
    Stats,
)
from streaming.limits import MAX_FRAME, MAX_SERVER_TEXT
from streaming.members import Members, from_text
from streaming.room_events import Changed, Entered, Join, Lead, Leave, Led, Peers, Pose

M = TypeVar("M")

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")

_CLIENT_BINARY: dict[int, Callable[[bytes], ClientMessage]] = {
    binary.LOOK: binary.read_look,
    binary.ACK: binary.read_ack,
    binary.HAVE: binary.read_have,
    binary.POSE: room.read_pose,
}
_SERVER_BINARY: dict[int, Callable[[bytes], ServerMessage]] = {
    binary.NODES: binary.read_nodes,
    binary.CHUNK: binary.read_chunk,
    binary.CUT: binary.read_cut,
    binary.EVICT: binary.read_evict,
    binary.PACK: binary.read_pack,
    binary.PEERS: room.read_peers,
    binary.PLACEMENTS: binary.read_placements,
}
_CLIENT_TEXT: dict[str, Callable[[Members], ClientMessage]] = {
    "seek": text.read_seek,
    "budget": text.read_budget,
    "join": room.read_join,
    "leave": room.read_leave,
    "lead": room.read_lead,
}
_SERVER_TEXT: dict[str, Callable[[Members], ServerMessage]] = {
    "hello": text.read_hello,
    "state": text.read_state,
    "error": text.read_refusal,
    "stats": text.read_stats,
    "room": room.read_room,
    "room_change": room.read_change,
    "lead": room.read_led,
}


def is_digest(word: object) -> bool:
    """Whether this is a sha256 as 64 lower-case hexadecimal digits."""
    return isinstance(word, str) and _DIGEST.match(word) is not None


def encode(message: ServerMessage | ClientMessage) -> str | bytes:
    """The message as it goes over the wire: text as `str`, binary as `bytes`."""
    match message:
        case Hello() | State() | Refusal() | Stats() | Seek() | Budget():
            return text.as_text(message)
        case Entered() | Changed() | Led() | Peers() | Join() | Leave() | Lead() | Pose():
            return room.to_wire(message)
        case _:
            return binary.to_bytes(message)


def decode_client(data: str | bytes) -> ClientMessage:
    """What a client sent.

    Raises:
        StreamError: it is no message of docs/protocol.md.
    """
    if isinstance(data, str):
        return from_text(data, _CLIENT_TEXT, MAX_FRAME)
    return _from_binary(data, _CLIENT_BINARY)


def decode_server(data: str | bytes) -> ServerMessage:
    """What a server sent.

    Raises:
        StreamError: it is no message of docs/protocol.md.
    """
    if isinstance(data, str):
        return from_text(data, _SERVER_TEXT, MAX_SERVER_TEXT)
    return _from_binary(data, _SERVER_BINARY)


def _from_binary(data: bytes, readers: dict[int, Callable[[bytes], M]]) -> M:
    if len(data) > MAX_FRAME:
        raise StreamError(f"binary message of {len(data)} bytes, at most {MAX_FRAME}", CloseCode.TOO_BIG)
    if not data:
        raise StreamError("empty binary message")
    reader = readers.get(data[0])
    if reader is None:
        raise StreamError(f"unknown binary message kind 0x{data[0]:02x}")
    return reader(data)
