"""Blobs by the file names that documents give them."""

from __future__ import annotations

from collections.abc import Callable


def named(read: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """`read` by file name (`<sha256>.json`, `<sha256>.webp`), where it is by digest.

    >>> named(lambda digest: digest.encode())("c0ffee.json")
    b'c0ffee'
    """
    return lambda name: read(name.partition(".")[0])
