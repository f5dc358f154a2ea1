"""Queries that were found valid before: the same few are sent again and again, and validation takes a millisecond."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 500
LONGEST = 8 << 10
"""characters of a text that is remembered; longer ones are written by hand, once"""


class Passed:
    """The texts that passed last. Validity depends on the schema and the text alone, not on who asks or variables."""

    def __init__(self, *, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._texts: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        with self._lock:
            if text not in self._texts:
                return False
            self._texts.move_to_end(text)
            return True

    def add(self, text: str) -> None:
        """Remember a valid text."""
        if len(text) <= LONGEST:
            with self._lock:
                self._texts[text] = None
                while len(self._texts) > self._most:
                    self._texts.popitem(last=False)
