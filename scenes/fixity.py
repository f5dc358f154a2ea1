"""Whether kept bytes are still what they were, and how they are put right from a replica.

A blob's name is its sha256, so that anybody can tell at any time. What is damaged is set aside, not deleted: it may be
all that is left of something. It is put back only from a replica whose own copy was read and is whole, and then read
once more.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import imagecodecs

from scenes.errors import NotFound
from scenes.ports import Blobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

_PIECE = 1 << 20
PACKED_ENDINGS = {"gzip": ".gz", "br": ".br"}
"""by content coding (RFC 9110, 8.4.1), how names of packed forms end"""


class Store(Blobs, Protocol):
    """Blobs that can be looked through and mended."""

    def digests(self, *, after: str = "") -> Iterator[str]:
        """Digests of the blobs that are here, in order, those after `after`."""
        ...

    def set_aside(self, digest: str) -> None:
        """Take a blob out of the way, its packed form as well: neither is there any more; nothing where there is none.

        Raises:
            NotFound: it is no digest.
        """
        ...

    def forget_packed(self, digest: str) -> None:
        """Drop the packed form of a blob; nothing where there is none."""
        ...

    def erase(self, digest: str, *, before: datetime) -> bool:
        """Delete a blob for good, its packed form and what was set aside of it, if it was last put before that moment.

        Whether it is gone, and was there. Putting a blob that is there counts as putting it, so that who puts one and
        then names it within that time never finds it gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """One look of a server through its store, under way or ended."""

    number: int
    began_at: datetime
    ended_at: datetime | None = None
    after: str = ""
    """the last digest that was read"""
    objects: int = 0
    bytes: int = 0
    damaged: int = 0
    """objects that were found damaged or missing"""
    repaired: int = 0


class Rounds(Protocol):
    """The looks through the store, of which one process at a time has one in hand."""

    def take_round(self, *, worker: str, at: datetime, seconds: float, every: timedelta) -> Round | None:
        """The round that is under way and in nobody's hand, or a new one, where the last began that long ago."""
        ...

    def report_round(self, found: Round, *, worker: str, at: datetime, seconds: float) -> bool:
        """Keep how far it came; False where it is no longer this worker's."""
        ...

    def last_round(self) -> Round | None:
        """The one that began last."""
        ...


@dataclass(slots=True)
class Scrubbed:
    """What a look through a store found."""

    objects: int = 0
    bytes: int = 0
    damaged: dict[str, bool] = field(default_factory=dict)
    """digests, with `.gz` where only the packed form of a blob is wrong; true of those that are right again, read after
    it"""

    @property
    def repaired(self) -> list[str]:
        """What was damaged and is right again."""
        return [name for name, is_right_again in self.damaged.items() if is_right_again]

    @property
    def left(self) -> list[str]:
        """What is still damaged."""
        return [name for name, is_right_again in self.damaged.items() if not is_right_again]


def is_whole(blobs: Blobs, digest: str, advance: Callable[[int], None] = lambda _: None) -> bool:
    """Whether a blob's bytes have its digest; `advance` hears how many were read. False where there is none."""
    hasher = hashlib.sha256()
    try:
        with blobs.open(digest) as file:
            while piece := file.read(_PIECE):
                hasher.update(piece)
                advance(len(piece))
    except (NotFound, OSError):
        # A sector that cannot be read is damage like any other.
        return False
    return hasher.hexdigest() == digest


def mended(store: Store, replica: Blobs | None, digest: str) -> bool:
    """Put a blob back from a replica; whether it is whole now."""
    if replica is None or not is_whole(replica, digest):
        return False
    store.set_aside(digest)
    with replica.open(digest) as source:
        store.put_stream(source)
    return is_whole(store, digest)


def examine(
    store: Store, digest: str, *, replica: Blobs | None, repairs: bool, advance: Callable[[int], None]
) -> tuple[str, bool] | None:
    """Read a blob, and what is kept packed of it: what is damaged (the digest, or `<digest>.gz`), and whether no more.

    None where all is well, or where it is gone since it was listed. With `repairs`, a blob is put back from the
    replica, where there is one, and a packed form that is wrong is dropped: it is made again when it is asked for.
    """
    if not is_whole(store, digest, advance):
        if store.size(digest) is None:
            return None
        return digest, repairs and mended(store, replica, digest)
    if not is_packed_whole(store, digest):
        if repairs:
            store.forget_packed(digest)
        return f"{digest}.gz", repairs
    return None


def scrub(
    store: Store,
    *,
    replica: Blobs | None,
    repairs: bool,
    advance: Callable[[int], None],
) -> Scrubbed:
    """`examine` every blob. `advance` hears how much was read, and may rest."""
    found = Scrubbed()
    for digest in store.digests():
        found.objects += 1
        found.bytes += store.size(digest) or 0
        wrong = examine(store, digest, replica=replica, repairs=repairs, advance=advance)
        if wrong is not None:
            name, is_right_again = wrong
            found.damaged[name] = is_right_again
    return found


def replicate(store: Store, replica: Blobs, advance: Callable[[int], None]) -> int:
    """Copy to a replica what it lacks and is whole here; how many blobs."""
    copied = 0
    for digest in store.digests():
        if replica.size(digest) is None and is_whole(store, digest, advance):
            with store.open(digest) as source:
                replica.put_stream(source)
            copied += 1
    return copied


def check_packed(digest: str, packed: bytes, size: int | None) -> None:
    """Refuse what is no packed form of the blob of `size` bytes under `digest`.

    Raises:
        NotFound: there is no such blob (`size` is None).
        ValueError: it is neither gzip nor brotli, or of other bytes.
    """
    if size is None:
        raise NotFound(f"there is no blob {digest[:80]!r}")
    try:
        data = unpacked(packed, size)
    except ValueError as error:
        raise ValueError(f"the packed form of {digest} is not {coding_of(packed)} of that blob") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"the packed form of {digest} is not of that blob")


def coding_of(packed: bytes) -> str:
    """How a packed form is coded: `gzip`, which begins as nothing else does, or `br`."""
    return "gzip" if packed[:2] == b"\x1f\x8b" else "br"


def unpacked(packed: bytes, size: int) -> bytes:
    """The `size` bytes that were packed. Never more are made, whatever the packed bytes say.

    Raises:
        ValueError: it is neither gzip nor brotli, of fewer bytes or of more, or something follows it.
    """
    if coding_of(packed) == "br":
        return unbrotlied(packed, size)
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError("not gzip") from error
    if not unpack.eof or unpack.unused_data or len(data) != size:
        raise ValueError(f"not gzip of {size} bytes")
    return data


def unbrotlied(packed: bytes, size: int) -> bytes:
    """The same of brotli alone. Raises ValueError."""
    try:
        data = bytes(imagecodecs.brotli_decode(packed, out=size))
    except imagecodecs.BrotliError as error:
        raise ValueError(f"not brotli of at most {size} bytes") from error
    if len(data) != size or _ends_before(packed, size):
        raise ValueError(f"not brotli of {size} bytes")
    return data


def _ends_before(packed: bytes, size: int) -> bool:
    """Whether brotli ends before its last byte: the decoder passes over what follows."""
    try:
        imagecodecs.brotli_decode(packed[:-1], out=size)
    except imagecodecs.BrotliError:
        return False
    return True


def is_packed_whole(blobs: Blobs, digest: str) -> bool:
    """Whether what is kept packed of a blob, if anything, is of that blob."""
    packed = blobs.read_packed(digest)
    try:
        if packed is not None:
            check_packed(digest, packed, blobs.size(digest))
    except ValueError:
        return False
    return True
