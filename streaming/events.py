"""The messages of `chronotope.v1` as frozen values; `streaming.frames` turns them to bytes and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from streaming.room_events import RoomClientMessage, RoomServerMessage

Vector3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w"""

STILL: Vector3 = (0.0, 0.0, 0.0)
AHEAD = (0.0, 0.0)


class Content(IntEnum):
    """What a chunk's bytes are."""

    GLB = 1
    WEBP = 2
    JPEG = 3
    PNG = 4


class Encoding(IntEnum):
    """How a chunk's bytes are sent."""

    IDENTITY = 0
    GZIP = 1
    BROTLI = 2


class Certainty(StrEnum):
    """Least certainty shown. The words are timeline's; streaming does not know timeline."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class DeviceBudget:
    """What a device holds and shows at once."""

    bytes: int
    """of files that it keeps, decoded"""
    triangles: int
    draws: int
    textures: int
    """bytes, with mip levels"""

    def at_most(self, other: DeviceBudget) -> DeviceBudget:
        """The lesser of both in each respect."""
        return DeviceBudget(
            min(self.bytes, other.bytes), min(self.triangles, other.triangles), min(self.draws, other.draws),
            min(self.textures, other.textures),
        )  # fmt: skip


# Server to client


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a connection."""

    session: str
    scene: str
    title: str
    window: int
    max_frame: int
    resume: str
    resumed: bool
    budget: DeviceBudget
    stall_s: float
    resume_s: float
    version: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """How many placements stand, by certainty."""

    certain: int = 0
    possible: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Another moment from now on: what stands no more of what was said; what else stands follows in PLACEMENTS."""

    state: int
    seek: int
    at: str
    label: str
    hypothesis: str | None
    certainty: str
    count: Count
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request changed nothing; the stream goes on. On the wire: `error`."""

    code: str
    message: str
    seek: int | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How the stream does, for people who look on."""

    rtt_ms: float
    bandwidth: int
    """bytes of CHUNK messages a second"""
    window: int
    unacknowledged: int
    queued: int
    """bytes that this view still waits for"""
    held: int
    chunks: int
    evicted: int
    prefetched: int
    """bytes sent before any view wanted them"""


@dataclass(frozen=True, slots=True)
class NodeName:
    """That a node is a tile of placement `placement`, with the bytes of chunk `chunk`."""

    node: int
    placement: int
    chunk: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes that cuts will name."""

    nodes: tuple[NodeName, ...]


@dataclass(frozen=True, slots=True)
class ChunkFrame:
    """A piece of a chunk as it is sent: `total`, `offset` and `payload` count encoded bytes.

    `digest` (sha256 of the decoded bytes, 64 hexadecimal digits) and `decoded` (their length) stand on the first piece
    only.
    """

    chunk: int
    content: Content
    total: int
    offset: int
    payload: bytes | memoryview
    digest: str = ""
    decoded: int = 0
    encoding: Encoding = Encoding.IDENTITY
    held: bool = False

    @property
    def last(self) -> bool:
        """Whether the chunk is whole with this piece."""
        return self.held or self.offset + len(self.payload) == self.total


@dataclass(frozen=True, slots=True)
class Cut:
    """How the set of nodes to draw changes; against nothing for the first one."""

    cut: int
    state: int
    look: int
    gone: tuple[int, ...]
    shown: tuple[tuple[int, int], ...]
    """node, and its groups that are not drawn, as bits"""
    complete: bool


@dataclass(frozen=True, slots=True)
class Evict:
    """Chunks that the client forgets."""

    chunks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StreamPlacement:
    """A placement as the client needs it: what it is, and where it stands."""

    id: str
    asset: str
    title: str
    transform: tuple[float, ...]
    """16 numbers, column-major, affine: the last row is 0, 0, 0, 1"""
    certainty: str
    reliability: str


Numbered = tuple[int, StreamPlacement]
"""a placement under its number `n` in a session"""


@dataclass(frozen=True, slots=True)
class Placements:
    """What stands in a state and is new, or said otherwise than before; some of it."""

    state: int
    placements: tuple[Numbered, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """Several binary messages in one."""

    messages: tuple[bytes, ...]


# Client to server


@dataclass(frozen=True, slots=True)
class Look:
    """Where the eye is and how it moves: metres, unit quaternion, radians, pixels, metres and radians a second."""

    look: int
    eye: Vector3
    gaze: Quaternion
    fov: float
    aspect: float
    height: int
    velocity: Vector3 = STILL
    turning: Vector3 = STILL
    """axis × speed in the scene's frame"""
    sight: tuple[float, float] = AHEAD
    """where in the view the eye looks, -1 to 1: left to right, down to up"""


@dataclass(frozen=True, slots=True)
class Ack:
    """What the client received of the session so far."""

    messages: int
    """modulo 2^32"""
    received: int
    """bytes of CHUNK messages"""


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to another moment, hypothesis or certainty. `at` is EDTF and not yet read."""

    seek: int
    at: str
    hypothesis: str | None = None
    certainty: Certainty = Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class Budget:
    """What the device can hold; None: as before."""

    bytes: int | None = None
    triangles: int | None = None
    draws: int | None = None
    textures: int | None = None

    def over(self, before: DeviceBudget) -> DeviceBudget:
        """The budget that holds after this message."""
        return DeviceBudget(
            self.bytes or before.bytes, self.triangles or before.triangles, self.draws or before.draws,
            self.textures or before.textures,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Have:
    """Files that the client holds from earlier: the first 8 bytes of their digests (`prefix_of`)."""

    prefixes: tuple[int, ...] = field(default=())


def prefix_of(digest: str) -> int:
    """The first 8 bytes of a digest as the number that HAVE says, little-endian.

    >>> hex(prefix_of("0123456789abcdef" + 48 * "0"))
    '0xefcdab8967452301'
    """
    return int.from_bytes(bytes.fromhex(digest[:16]), "little")


ServerMessage = (
    Hello | State | Refusal | Stats | Nodes | ChunkFrame | Cut | Evict | Placements | Pack | RoomServerMessage
)
ClientMessage = Look | Ack | Seek | Budget | Have | RoomClientMessage
