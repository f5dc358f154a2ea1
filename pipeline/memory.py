"""How this process keeps memory while a model is tiled: at hand for the next array, and out of the collector's sight.

Tiling makes and drops arrays of a few megabytes all the time. glibc gives such memory back to the system at once, which
then clears every page of the next one: of a tiling of 2.3 million triangles that was half of all page faults and a
twelfth of the time. And what Python's collector looks through again and again are the libraries' own objects, which
stay.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT_BYTES = 128 << 20
"""free at the end of the heap, that are not given back"""
_GROWN_BYTES = 8 << 20
"""that the heap grows by"""
_MAPPED_BYTES = 32 << 20
"""of an array that gets a mapping of its own: the most that glibc allows"""


@contextmanager
def at_hand() -> Iterator[None]:
    """Within, freed memory stays with the process, up to a limit. Where the C library is another, nothing is changed.

    The limits of the allocator stay as they are then; what there was before is the collector's again afterwards.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, size in (
            (_MMAP_THRESHOLD, _MAPPED_BYTES),
            (_TRIM_THRESHOLD, _KEPT_BYTES),
            (_TOP_PAD, _GROWN_BYTES),
        ):
            mallopt(option, size)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
