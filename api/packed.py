"""Blobs as content codings have them: made once, when they are built, or when a stream first asks for one that was not.

Tiles of points are kept as brotli has them (docs/adr/0034), all else as gzip has it (docs/adr/0014). Whoever does not
take brotli gets what gzip makes of a tile of points, made anew each time that it is not in memory.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.compress import brotlied, gzipped
from scenes.errors import SceneError
from scenes.fixity import coding_of

if TYPE_CHECKING:
    from scenes.ports import Blobs

log = logging.getLogger("chronotope.packed")

PACKED_TYPES = frozenset({"model/gltf-binary", "application/json"})
"""of what a tileset consists of; images are packed by themselves"""
MOST_BYTES = 16 << 20
"""of a blob that is packed: it is read whole"""


def pack(blobs: Blobs, digest: str, *, coding: str = "") -> bytes | None:
    """Keep the packed form of a blob, by `coding` (`gzip` or `br`) or the one that suits it.

    None where it is no smaller, or the blob is none that is packed so. A disk that is too full for it does no harm: it
    is made again when it is asked for. The gzip form of a tile of points is made, and not kept.

    Raises:
        NotFound: there is no such blob.
    """
    if (blobs.size(digest) or 0) > MOST_BYTES:
        return None
    data = blobs.read(digest)
    by_brotli = brotlied(data) if coding != "gzip" else None
    packed = by_brotli or (gzipped(data) if coding != "br" else data)
    if len(packed) >= len(data):
        return None
    kept = blobs.read_packed(digest)
    if by_brotli or kept is None:
        try:
            blobs.keep_packed(digest, packed)
        except SceneError as error:
            log.warning("the packed form of %s is not kept: %s", digest, error)
    return packed


def packed_form(blobs: Blobs, digest: str, *, coding: str = "gzip") -> bytes | None:
    """A blob by `coding`, made now where it is not kept; None where it has no such form. Raises NotFound."""
    found = blobs.read_packed(digest)
    return found if found is not None and coding_of(found) == coding else pack(blobs, digest, coding=coding)
