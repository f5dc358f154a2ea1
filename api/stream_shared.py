"""What all streams of one application share: tiles and tile trees in memory, sessions that wait, connections counted.

Tiles come from a cache in memory: served from files one by one they cost 25 times the processor time (measured with
FileResponse).
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections import Counter, OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from api.making import Making
from api.packed import packed_form
from api.stream_parking import Parking
from scenes import closed_set
from scenes.allowance import Allowance
from scenes.errors import NotFound
from scenes.file_names import named
from scenes.group_tree import group_tree, key_of
from scenes.ladders import Ladders
from streaming.errors import CloseCode, StreamError
from streaming.events import Encoding
from tiling import stock_bytes, tileset
from tiling.stock import Stock, stock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.websockets import WebSocket

    from api.services import Services
    from scenes.group_tree import GroupTree, Shown
    from scenes.model import Visibility

log = logging.getLogger("chronotope.stream")

HOT_TILES_BYTES = 256 << 20
HOT_TREES_BYTES = 256 << 20
"""of tile trees as they are in memory, 550 bytes a tile: 22 trees of 21,845 tiles"""
HOT_GROUPS_BYTES = 32 << 20
_WORTH_KEEPING = 1_000
"""tiles of a tree whose arrays are kept: of fewer the documents are read as soon"""
_GROUP_BYTES = 1500
"""of a group in memory, about"""

_CODINGS = {Encoding.GZIP: "gzip", Encoding.BROTLI: "br"}

V = TypeVar("V")


class Hot(Generic[V]):
    """Values by digest, the least recently used forgotten first, within a number of bytes. Thread-safe.

    One that is larger than `largest` of these bytes is not kept, so that it does not drive out all others.
    """

    def __init__(self, limit_bytes: int, *, largest: float = 0.25) -> None:
        self._limit, self._largest = limit_bytes, int(limit_bytes * largest)
        self._used = 0
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> V | None:
        """The value, if it is still here."""
        with self._lock:
            found = self._values.get(digest)
            if found is None:
                return None
            self._values.move_to_end(digest)
            return found[0]

    def put(self, digest: str, value: V, size: int) -> None:
        """Keep a value of `size` bytes, if it is not too large."""
        with self._lock:
            if digest in self._values or size > self._largest:
                return
            self._values[digest] = value, size
            self._used += size
            while self._used > self._limit:
                _, (_, freed) = self._values.popitem(last=False)
                self._used -= freed


class Shared:
    """What all streams of one application share."""

    def __init__(self, services: Services) -> None:
        self._blobs, self._derived = services.blobs, services.derived
        self._tiles: Hot[bytes] = Hot(HOT_TILES_BYTES)
        self._stocks: Hot[Stock] = Hot(HOT_TREES_BYTES, largest=1.0)
        self._groups: Hot[GroupTree] = Hot(HOT_GROUPS_BYTES)
        self._ladders, self._making = Ladders(services.derived, services.blobs.read), Making()
        self.parking = Parking()
        self._addresses: Counter[str] = Counter()
        self._most = services.settings.streams_per_address

    def stock(self, digest: str) -> Stock:
        """The tile tree of a tileset document and those that it refers to, as selection reads it. Blocking.

        It is read from the documents once, and from what is derived of them then.
        """
        found = self._stocks.get(digest)
        if found is None:
            found = self._stock(digest)
            self._stocks.put(digest, found, stock_bytes.size_of(found))
        return found

    def _stock(self, digest: str) -> Stock:
        name = f"stock/{stock_bytes.VERSION}/{digest}"
        if (kept := self._derived.get_many([name]).get(name)) is not None:
            try:
                return stock_bytes.read(kept)
            except stock_bytes.Damaged as error:
                log.warning("the tree of %s is read anew: %s", digest, error)
        read = self._blobs.read
        made = stock(tileset.read(read(digest), named(read)))
        if len(made) >= _WORTH_KEEPING:
            self._derived.put_many({name: stock_bytes.write(made)})
        return made

    def group(self, scene_id: str, shown: Shown, audience: Visibility) -> GroupTree:
        """The tree of groups above what stands in a scene, with the proxies that there are; others are made meanwhile.

        They are for an audience, the smallest that anything of it is for.

        Blocking, but not for what is made.
        """
        key = key_of(scene_id, shown, audience)
        found = self._groups.get(key)
        if found is None:

            def made(allowance: Allowance) -> GroupTree:
                return group_tree(
                    scene_id, shown, audience, derived=self._derived, ladders=self._ladders, allowance=allowance
                )  # fmt: skip

            found = made(Allowance(0.0))
            if found.missing:
                self._making.later(key, made)
            else:
                self._groups.put(key, found, _GROUP_BYTES * len(found.stock))
        return found

    def hot(self, digest: str, encoding: Encoding) -> bytes | None:
        """The bytes of a tile, so encoded, if they are in memory."""
        return self._tiles.get(_name(digest, encoding))

    def read(self, wanted: Sequence[tuple[str, Encoding]]) -> list[tuple[str, bytes]]:
        """The bytes of some tiles, each as it is to be encoded. Blocking. Raises NotFound."""
        found = []
        for digest, encoding in wanted:
            data = self._tiles.get(_name(digest, encoding))
            if data is None:
                data = self._read(digest, encoding)
                self._tiles.put(_name(digest, encoding), data, len(data))
            found.append((digest, data))
        return found

    def _read(self, digest: str, encoding: Encoding) -> bytes:
        coding = _CODINGS.get(encoding)
        try:
            data = packed_form(self._blobs, digest, coding=coding) if coding else self._blobs.read(digest)
        except NotFound:
            # Proxies of groups are no blobs: they were made of the scene, and are kept by gzip.
            made = closed_set.content_of(self._derived, digest)
            if made is None:
                raise
            return made.packed if coding else made.data
        if data is None:
            raise NotFound(f"blob {digest} has no packed form")
        return data

    @contextmanager
    def counted(self, address: str) -> Iterator[None]:
        """Count a connection from an address while it lasts.

        Raises:
            StreamError: there are too many from there.
        """
        if is_loopback(address):
            # This machine's own: a proxy that does not say for whom it asks, or a measurement.
            yield
            return
        if self._addresses[address] >= self._most:
            raise StreamError(f"more than {self._most} streams from one address", CloseCode.FLOOD)
        self._addresses[address] += 1
        try:
            yield
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine itself; an unknown one is not."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _name(digest: str, encoding: Encoding) -> str:
    return f"{digest}.{_CODINGS[encoding]}" if encoding in _CODINGS else digest


def shared_of(websocket: WebSocket, services: Services) -> Shared:
    """What this application's streams share, made on first use."""
    state = websocket.app.state
    if not hasattr(state, "stream_shared"):
        state.stream_shared = Shared(services)
    shared: Shared = state.stream_shared
    return shared
