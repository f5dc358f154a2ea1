"""The gzip form of a blob, held against the blob's digest before it is kept."""

from __future__ import annotations

import hashlib
import zlib

from scenes.errors import NotFound


def check_packed(digest: str, packed: bytes, size: int | None) -> None:
    """Refuse what is no gzip form of the blob of `size` bytes under `digest`.

    Raises:
        NotFound: there is no such blob (`size` is None).
        ValueError: it is not gzip, or of other bytes.
    """
    if size is None:
        raise NotFound(f"there is no blob {digest[:80]!r}")
    unpack = zlib.decompressobj(wbits=31)
    try:
        # Never more than the blob has, whatever the packed bytes say.
        data = unpack.decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError(f"the packed form of {digest} is not gzip") from error
    if not unpack.eof or unpack.unused_data or hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"the packed form of {digest} is not of that blob")
