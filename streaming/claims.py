"""Which files a client says it holds from earlier: 8 bytes for each, so that 100,000 of them cost 800 KB."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from streaming.errors import StreamError
from streaming.events import prefix_of
from streaming.limits import MAX_HELD


class Claims:
    """Prefixes of digests, to which may be added, and from which single files go again.

    >>> claims = Claims()
    >>> claims.add([prefix_of("ab" * 32)])
    >>> "ab" * 32 in claims, "cd" * 32 in claims
    (True, False)
    """

    def __init__(self) -> None:
        self._sorted = array("Q")
        self._forgotten: set[int] = set()
        """named once, but taken from the client since"""

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, digest: str) -> bool:
        if not self._sorted:
            return False
        prefix = prefix_of(digest)
        at = bisect_left(self._sorted, prefix)
        return at < len(self._sorted) and self._sorted[at] == prefix and prefix not in self._forgotten

    def add(self, prefixes: Iterable[int]) -> None:
        """Take what a HAVE says.

        Raises:
            StreamError: with these it were more than a client may name.
        """
        new = array("Q", prefixes)
        if len(self._sorted) + len(new) > MAX_HELD:
            raise StreamError(f"HAVE: more than {MAX_HELD} files in a session")
        self._forgotten.difference_update(new)
        self._sorted = array("Q", sorted([*self._sorted, *new]))

    def forget(self, digest: str) -> None:
        """The client was told to forget this file, whatever it said before."""
        if digest in self:
            self._forgotten.add(prefix_of(digest))
