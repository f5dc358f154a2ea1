"""The content codings of tiles: gzip, which everybody decodes (docs/adr/0007), brotli for points (docs/adr/0034)."""

from __future__ import annotations

import json

import imagecodecs

from scenes import glb
from scenes.errors import SceneError

_LEVEL = 6  # 12 saves 2 % of the bytes and takes six times as long
_POINTS = 0
_MESHOPT = "EXT_meshopt_compression"


def gzipped(data: bytes) -> bytes:
    """The bytes as a gzip member without name or time, so that equal input gives equal output (libdeflate)."""
    return bytes(imagecodecs.gzip_encode(data, level=_LEVEL))


def brotlied(data: bytes) -> bytes | None:
    """A tile of points as a brotli stream; None where it is none, or is longer than 16 MiB."""
    if data[:4] != glb.MAGIC:
        return None
    try:
        tile = glb.read(data)
        document = json.loads(tile.json)
        modes = {primitive.get("mode", 4) for mesh in document["meshes"] for primitive in mesh["primitives"]}
        if modes != {_POINTS}:
            return None
        # Loaded for points only: numba takes half a second.
        from tiling.points_brotli import MOST_BYTES, Stream, brotli

        if len(data) > MOST_BYTES:
            return None
        begin = len(data) - len(tile.binary)
        coded = [view["extensions"][_MESHOPT] for view in document["bufferViews"] if _MESHOPT in view["extensions"]]
        streams = [
            Stream(
                begin + int(view["byteOffset"]),
                begin + int(view["byteOffset"]) + int(view["byteLength"]),
                int(view["count"]),
                int(view["byteStride"]),
            )
            for view in coded
        ]
    except (SceneError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return brotli(data, streams)
