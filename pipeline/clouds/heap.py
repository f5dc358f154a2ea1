"""Memory that is let go of stays with the process for what it asks for next.

Buckets of a cloud are one like another, and each takes some dozens of arrays of megabytes. The C library gives such
arrays back to the system when they end, and the system fills the next ones with zeros, page by page: a seventh of the
time that a cloud takes.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""as glibc's malloc.h has them"""
_LARGEST = 32 << 20
"""bytes of an array that is kept: half of what a thread's heap can have, which older versions ask for"""
_MOST = 192 << 20
"""bytes at the end of a heap that are kept, though nobody uses them"""


def keep_freed() -> None:
    """Have the process keep what it lets go of; where the C library is another than glibc, do nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _MOST)
