"""Codings of tiles: bytes per triangle, and processor time to code and to decode. docs/adr/0007 rests on it.

Over all tiles of one tiling: the vertex codec of meshopt in both versions, each as it is and with every content coding;
Draco at two levels. Node stands for the browser: `decode.mjs` decodes the same files by the same WebAssembly decoders,
and zips by `DecompressionStream` where it knows the form.
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from bench import contenders, process, tiles
from bench.inputs import hills, inputs, write_ply
from tiling import content, draco, meshopt

Row = tuple[str, str, str, float, str]

_MOST = 3.0  # millions of triangles
_DECODE = Path(__file__).parent.parent / "decode.mjs"
_CODED = "EXT_meshopt_compression"
# kind: levels, coder, decoder, ending by which decode.mjs knows it (none: Node's DecompressionStream has no such form)
_ZIPS: dict[str, tuple[tuple[int, ...], Callable[..., Any], Callable[..., Any], str]] = {
    "gzip": ((6, 9, 12), imagecodecs.gzip_encode, imagecodecs.gzip_decode, ".glb.gz"),
    "zstd": ((3, 9, 19), imagecodecs.zstd_encode, imagecodecs.zstd_decode, ""),
    "brotli": ((5, 9, 11), imagecodecs.brotli_encode, imagecodecs.brotli_decode, ""),
}


def _zips() -> Iterator[tuple[str, Callable[[bytes], Any], Callable[[bytes], Any], str]]:
    """Content codings: what to call each, coder, decoder, ending."""
    yield "", bytes, bytes, ".glb"
    for kind, (levels, encode, decode, ending) in _ZIPS.items():
        for level in levels:
            yield f", {kind} {level}", partial(encode, level=level), decode, ending


def run() -> Iterator[Row]:
    """Rows of contender, input, metric, value, unit."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_ply(folder / "given.ply", hills(60))
        contenders.tiled(folder / "given.ply", folder / "tiles")  # compiles, and fills numba's cache
        for given in inputs():
            if given.millions <= _MOST and "x4" not in given.name:
                write_ply(folder / "given.ply", given.load())
                contenders.tiled(folder / "given.ply", folder / "tiles")
                files = [path.read_bytes() for path in sorted((folder / "tiles").rglob("*.glb"))]
                yield from _rows(given.name, files, folder)


def _rows(name: str, files: Sequence[bytes], folder: Path) -> Iterator[Row]:
    pieces = [piece for data in files for piece in content.placed(content.read(data))]
    triangles = sum(len(piece.triangles) for piece in pieces)
    millions = triangles / 1e6
    lists = [(piece.triangles.astype(np.uint32), len(piece.positions)) for piece in pieces]
    start = time.process_time()
    for indices, count in lists:
        meshopt.strip_order(indices, count)
    yield "meshopt", name, "strip order, before coding", (time.process_time() - start) / millions, "s/Mtriangle"
    for version in (0, 1):
        start = time.process_time()
        coded = [_glb(data, version) for data in files]
        coding = time.process_time() - start
        for label, encode, decode, ending in _zips():
            contender = f"meshopt {version}{label}"
            start = time.process_time()
            zipped = [encode(data) for data in coded]
            taken = time.process_time() - start + coding
            yield contender, name, "bytes", sum(map(len, zipped)) / triangles, "bytes/triangle"
            yield contender, name, "coding", taken / millions, "s/Mtriangle"
            start = time.process_time()
            for data in zipped:
                _decoded(decode(data))
            yield contender, name, "decoding, native", millions / (time.process_time() - start), "Mtriangles/s"
            if ending:
                yield from _in_node(contender, name, zipped, ending=ending, millions=millions, folder=folder)
    containers = sum(len(tiles.deflated(data[20 : 20 + int.from_bytes(data[12:16], "little")])) for data in files)
    for level in (7, 10):
        contender = f"Draco {level}"
        whole = [_dense(data) for data in files]
        start = time.process_time()
        dense = [draco.encode(*positions, normals=normals, level=level).data for *positions, normals in whole]
        taken = time.process_time() - start
        yield contender, name, "bytes", (sum(map(len, dense)) + containers) / triangles, "bytes/triangle"
        yield contender, name, "coding", taken / millions, "s/Mtriangle"
        start = time.process_time()
        for data in dense:
            draco.decode(data, most_triangles=1 << 24)
        yield contender, name, "decoding, native", millions / (time.process_time() - start), "Mtriangles/s"
        yield from _in_node(contender, name, dense, ending=".drc", millions=millions, folder=folder)


def _in_node(
    contender: str, name: str, files: Sequence[bytes], *, ending: str, millions: float, folder: Path
) -> Iterator[Row]:
    node = shutil.which("node")
    if not node:
        print("bench: node is not there; nothing is decoded as in a browser", file=sys.stderr)
        return
    there = folder / "coded"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    for number, data in enumerate(files):
        (there / f"{number}{ending}").write_bytes(data)
    said = json.loads(process.run([node, _DECODE, there]).said)
    yield contender, name, "decoding, Node", millions / said["processor_s"], "Mtriangles/s"


def _parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[12:16], "little")
    document: dict[str, Any] = json.loads(data[20 : 20 + length])
    return document, data[28 + length :]


def _glb(data: bytes, version: int) -> bytes:
    """The same file with its streams coded anew."""
    document, binary = _parts(data)
    streams, at = [], 0
    for view in document["bufferViews"]:
        fields = view.get("extensions", {}).get(_CODED, view)
        start = fields.get("byteOffset", 0)
        stream = binary[start : start + fields["byteLength"]]
        if fields is not view and fields["mode"] == "ATTRIBUTES":
            stream = _vertices(meshopt.decode_vertices(stream, fields["count"], fields["byteStride"]), version)
        elif fields is not view:
            indices = meshopt.decode_indices(stream, fields["count"])
            stream = meshopt.encode_indices(indices.reshape(-1, 3), int(indices.max()) + 1)
        fields["byteOffset"], fields["byteLength"] = at, len(stream)
        streams.append(stream + bytes(-len(stream) % 4))
        at += len(streams[-1])
    document["buffers"][0]["byteLength"] = at
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + at, len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", at, 0x004E4942) + b"".join(streams)


def _vertices(rows: np.ndarray[Any, np.dtype[np.uint8]], version: int) -> bytes:
    """`meshopt.encode_vertices` in a version that tiles are not written in."""
    library = meshopt._library()  # noqa: SLF001
    count, size = rows.shape
    room = int(library.meshopt_encodeVertexBufferBound(count, size))
    out = np.empty(room, np.uint8)
    length = library.meshopt_encodeVertexBufferLevel(
        out.ctypes.data, room, np.ascontiguousarray(rows).ctypes.data, count, size, 2, version
    )
    return out[:length].tobytes()


def _decoded(data: bytes) -> None:
    """Decode all streams of a file."""
    document, binary = _parts(data)
    for view in document["bufferViews"]:
        coded = view.get("extensions", {}).get(_CODED)
        if coded is None:
            continue
        stream = binary[coded["byteOffset"] : coded["byteOffset"] + coded["byteLength"]]
        if coded["mode"] == "ATTRIBUTES":
            rows = meshopt.decode_vertices(stream, coded["count"], coded["byteStride"])
            if coded.get("filter", "NONE") != "NONE":
                meshopt.decode_filter(rows, coded["filter"])
        else:
            meshopt.decode_indices(stream, coded["count"])


def _dense(data: bytes) -> tuple[Any, Any, Any]:
    """The whole numbers, triangles and normals of a tile's only primitive."""
    whole = content.read(data)
    ((primitive,),) = (mesh["primitives"] for mesh in whole.document["meshes"])
    points = content.accessor(whole, primitive["attributes"]["POSITION"])
    numbers = np.zeros((len(points), 4), np.uint16)
    numbers[:, :3] = points
    normals = content.accessor(whole, primitive["attributes"]["NORMAL"])[:, :3].astype(np.float32) / 127.0
    return numbers, content.accessor(whole, primitive["indices"]).reshape(-1, 3).astype(np.uint32), normals
