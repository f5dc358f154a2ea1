"""The messages of `chronotope.v1` as frozen values; `streaming.frames` turns them to bytes and back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

Vector3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w"""


class Content(IntEnum):
    """What a chunk's bytes are."""

    GLB = 1
    WEBP = 2
    JPEG = 3
    PNG = 4


class Certainty(StrEnum):
    """Least certainty shown. The words are timeline's; streaming does not know timeline."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


# Server to client


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of the server."""

    session: str
    scene: str
    title: str
    window: int
    max_frame: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class StreamPlacement:
    """A placement as the client needs it: number in the session, what it is, where it stands (column-major)."""

    n: int
    id: str
    asset: str
    title: str
    transform: tuple[float, ...]
    certainty: str
    reliability: str


@dataclass(frozen=True, slots=True)
class State:
    """What stands from now on: changes since the state before."""

    state: int
    seek: int
    at: str
    label: str
    hypothesis: str | None
    certainty: str
    placements: tuple[StreamPlacement, ...]
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request changed nothing; the stream goes on. On the wire: `error`."""

    code: str
    message: str
    seek: int | None = None


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
    """A piece of a chunk. `digest` (sha256, 64 hexadecimal digits) stands on the first piece only."""

    chunk: int
    content: Content
    total: int
    offset: int
    payload: bytes
    digest: str = ""
    held: bool = False

    @property
    def last(self) -> bool:
        """Whether the chunk is whole with this piece."""
        return self.held or self.offset + len(self.payload) == self.total


@dataclass(frozen=True, slots=True)
class Cut:
    """The whole set of nodes to draw."""

    cut: int
    state: int
    look: int
    nodes: tuple[int, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Evict:
    """Chunks that the client forgets."""

    chunks: tuple[int, ...]


# Client to server


@dataclass(frozen=True, slots=True)
class Look:
    """Where the eye is: metres, unit quaternion, radians, pixels."""

    look: int
    eye: Vector3
    gaze: Quaternion
    fov: float
    aspect: float
    height: int


@dataclass(frozen=True, slots=True)
class Ack:
    """Bytes of CHUNK frames received since the opening."""

    received: int


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


@dataclass(frozen=True, slots=True)
class Have:
    """Digests of files that the client holds from earlier."""

    digests: tuple[str, ...]


ServerMessage = Hello | State | Refusal | Nodes | ChunkFrame | Cut | Evict
ClientMessage = Look | Ack | Seek | Budget | Have
