"""Ladders of assets, made once and kept: by digest of the tileset, in memory and in `Derived`."""

from __future__ import annotations

from collections.abc import Callable

from scenes.allowance import Allowance
from scenes.coarse import Ladder, ladder, read_back, written
from scenes.errors import NotFound
from scenes.file_names import named
from scenes.ports import Derived
from tiling import tileset
from tiling.errors import TilingError

VERSION = "1"
_WORK = 20.0
_MOST = 500
"""kept in memory, at about 100 KB each"""


class Ladders:
    """`read` gives a blob by its digest. May be shared by threads: what two make at once is the same."""

    def __init__(self, derived: Derived, read: Callable[[str], bytes]) -> None:
        self._derived, self._read = derived, read
        self._known: dict[str, Ladder] = {}

    def of(self, digest: str, allowance: Allowance) -> Ladder | None:
        """The ladder of a tileset; empty where it cannot be read; None where making it is not allowed now."""
        if (known := self._known.get(digest)) is not None:
            return known
        name = f"ladder/{VERSION}/{digest}"
        data = self._derived.get_many([name]).get(name)
        if data is None:
            if not allowance.take(_WORK):
                return None
            try:
                data = written(self._made(digest))
            except (TilingError, NotFound):
                # A blob is gone, or is no tileset: not for good, perhaps, so nothing is kept.
                return ()
            self._derived.put_many({name: data})
        # What is written is on a grid: so it is the same whether it was made just now or read.
        found = read_back(data)
        if len(self._known) >= _MOST:
            self._known = {}
        self._known[digest] = found
        return found

    def _made(self, digest: str) -> Ladder:
        by_name = named(self._read)
        return ladder(tileset.read(self._read(digest), by_name), self._read, by_name)
