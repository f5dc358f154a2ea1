"""Blobs as gzip has them: made once, when they are built, or when a stream first asks for one that was not.

docs/adr/0014 says why, and what it costs.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.compress import gzipped
from scenes.errors import SceneError

if TYPE_CHECKING:
    from scenes.ports import Blobs

log = logging.getLogger("chronotope.packed")

PACKED_TYPES = frozenset({"model/gltf-binary", "application/json"})
"""of what a tileset consists of; images are packed by themselves"""
MOST_BYTES = 16 << 20
"""of a blob that is packed: it is read whole"""


def pack(blobs: Blobs, digest: str) -> bytes | None:
    """Keep the gzip form of a blob; None where it is no smaller, or the blob is none that is packed.

    A disk that is too full for it does no harm: it is made again when it is asked for.

    Raises:
        NotFound: there is no such blob.
    """
    if (blobs.size(digest) or 0) > MOST_BYTES:
        return None
    data = blobs.read(digest)
    packed = gzipped(data)
    if len(packed) >= len(data):
        return None
    try:
        blobs.keep_packed(digest, packed)
    except SceneError as error:
        log.warning("the packed form of %s is not kept: %s", digest, error)
    return packed


def packed_form(blobs: Blobs, digest: str) -> bytes | None:
    """The gzip form of a blob, made now where it was not; None where it has none. Raises NotFound."""
    found = blobs.read_packed(digest)
    return pack(blobs, digest) if found is None else found
