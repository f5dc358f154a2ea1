"""Models that lie: GLB, glTF, PLY, STL, OBJ, OFF, COLLADA and 3MF, by the code that each must meet."""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes import glb
from tests.hostile.good import DAE, MODEL, draco_parts, meshopt_parts, ply, rich_body, rich_document, stl, three_mf
from tests.pipeline.hostile import document, packed

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT, _MALFORMED, _UNSUPPORTED, _FORBIDDEN = "LIMIT", "MALFORMED", "UNSUPPORTED", "FORBIDDEN_REF"
_READ = ""
"""a lie that nobody relies on: read all the same"""
_FACE = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"


def _rich(change: Callable[[dict[str, Any]], object]) -> bytes:
    gltf = rich_document()
    change(gltf)
    return packed(gltf, rich_body())


def _meshopt(change: Callable[[dict[str, Any]], object], **of_body: bytes) -> bytes:
    gltf, body = meshopt_parts()
    change(gltf)
    return packed(gltf, of_body.get("body", body))


def _packing(gltf: dict[str, Any], view: int) -> dict[str, Any]:
    found: dict[str, Any] = gltf["bufferViews"][view]["extensions"]["EXT_meshopt_compression"]
    return found


def _draco(change: Callable[[dict[str, Any]], object], body: bytes | None = None) -> bytes:
    gltf, data = draco_parts()
    change(gltf)
    return packed(gltf, data if body is None else body)


def _buffer(uri: str) -> bytes:
    return json.dumps(document(buffers=[{"byteLength": 42, "uri": uri}])).encode()


def _chunks(*parts: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<II", len(data), kind) + data for kind, data in parts)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


_JSON, _BIN = 0x4E4F534A, 0x004E4942
_TEXT = json.dumps({"asset": {"version": "2.0"}}).encode().ljust(28)

GLTF: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "GLB of twelve bytes": ("x.glb", b"glTF" + struct.pack("<II", 2, 12), _MALFORMED),
    "GLB with bytes behind its end": ("x.glb", packed(document()) + b"PK\3\4" * 9, _MALFORMED),
    "GLB whose first chunk is not JSON": ("x.glb", _chunks((_BIN, b"\0" * 8), (_JSON, _TEXT)), _MALFORMED),
    "GLB of a chunk of four gigabytes": (
        "x.glb", struct.pack("<4sIIII", b"glTF", 2, 24, 0xFFFFFFFC, _JSON) + b"{}  ", _MALFORMED),
    "GLB of empty JSON": ("x.glb", _chunks((_JSON, b"")), _MALFORMED),
    "GLB of a JSON list": ("x.glb", glb.write(b"[1, 2]"), _MALFORMED),
    "GLB of JSON in UTF-16": ("x.glb", glb.write('{"asset":{"version":"2.0"}}'.encode("utf-16")), _MALFORMED),
    "GLB without an asset": ("x.glb", glb.write(b"{}"), _MALFORMED),
    "GLB of a version that is a number": ("x.glb", glb.write(b'{"asset":{"version":2.0}}'), _UNSUPPORTED),
    "GLB of gigabytes of zeros without a view": (
        "x.glb",
        packed(document(accessors=[{"componentType": 5126, "count": 1 << 26, "type": "VEC3"}] * 2)),
        _LIMIT,
    ),
    "GLB of a scene without triangles": ("x.glb", glb.write(_TEXT), _UNSUPPORTED),
    "glTF of an infinite number": (
        "x.gltf", b'{"asset":{"version":"2.0"},"nodes":[{"scale":[1e999,1,1]}]}', _MALFORMED),
    "glTF of a matrix of overflow": (
        "x.glb", packed(document(nodes=[{"mesh": 0, "matrix": [1e308] * 16}])), _MALFORMED),
    "glTF of a matrix of fifteen": ("x.glb", packed(document(nodes=[{"mesh": 0, "matrix": [1] * 15}])), _MALFORMED),
    "glTF of a matrix of words": ("x.glb", packed(document(nodes=[{"mesh": 0, "matrix": ["1"] * 16}])), _MALFORMED),
    "glTF of lists where objects stand": ("x.glb", packed(document(accessors={"0": {}})), _MALFORMED),
    "glTF of a scene that is not there": ("x.glb", packed(document(scene=9)), _MALFORMED),
    "glTF of a negative node": ("x.glb", packed(document(scenes=[{"nodes": [-1]}])), _MALFORMED),
    "glTF of a node that is its own child": (
        "x.glb", packed(document(nodes=[{"mesh": 0, "children": [0]}])), _MALFORMED),
    "glTF of 250,001 nodes": ("x.glb", lambda: packed(document(nodes=[{}] * 250_001)), _LIMIT),
    "glTF of a fraction for an index": ("x.glb", packed(document(nodes=[{"mesh": 0.5}])), _MALFORMED),
    "glTF of true for an index": ("x.glb", packed(document(nodes=[{"mesh": True}])), _MALFORMED),
    "glTF of a stride of zero": (
        "x.glb", _rich(lambda gltf: gltf["bufferViews"][0].update(byteStride=0)), _MALFORMED),
    "glTF of a stride of a word": (
        "x.glb", _rich(lambda gltf: gltf["bufferViews"][0].update(byteStride="12")), _MALFORMED),
    "glTF of a view that begins before its buffer": (
        "x.glb", _rich(lambda gltf: gltf["bufferViews"][0].update(byteOffset=-12)), _MALFORMED),
    "glTF of an offset and a length that overflow": (
        "x.glb", _rich(lambda gltf: gltf["bufferViews"][0].update(byteOffset=(1 << 53) - 1)), _MALFORMED),
    "glTF of a buffer longer than its chunk": (
        "x.glb", packed(document(buffers=[{"byteLength": 1 << 30}])), _MALFORMED),
    "glTF of a second buffer that is nowhere": (
        "x.glb", packed(document(buffers=[{"byteLength": 42}, {"byteLength": 9}])), _MALFORMED),
    "glTF of indices beyond the points": (
        "x.glb", packed(document(), np.zeros(9, "<f4").tobytes() + struct.pack("<3H", 0, 1, 65_535)), _MALFORMED),
    "glTF of a sparse accessor beyond its end": (
        "x.glb", _rich(lambda gltf: gltf["accessors"][4]["sparse"].update(count=99)), _MALFORMED),
    "glTF of sparse indices that are fractions": (
        "x.glb", _rich(lambda gltf: gltf["accessors"][4]["sparse"]["indices"].update(componentType=5126)), _MALFORMED),
    "glTF of a terabyte of sparse zeros": (
        "x.glb", _rich(lambda gltf: gltf["accessors"][4].update(count=1 << 38)), _LIMIT),
    "glTF of a billion instances": (
        "x.glb", packed(document(
            nodes=[{"mesh": 0, "extensions": {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 2}}}}],
            accessors=[*document()["accessors"], {"componentType": 5126, "count": 170_000_000, "type": "VEC3"}],
        )), _LIMIT),
    "glTF of a mesh in two million places": (
        "x.glb", lambda: packed(document(
            meshes=[{"primitives": document()["meshes"][0]["primitives"] * 10}],
            nodes=[{"mesh": 0} for _ in range(200_000)], scenes=[{"nodes": list(range(200_000))}],
        )), _LIMIT),
    "glTF of an image in a view that is not there": (
        "x.glb", _rich(lambda gltf: gltf["images"][0].update(bufferView=77)), _MALFORMED),
    "glTF of an image of a text": (
        "x.glb", _rich(lambda gltf: gltf.update(images=[{"uri": "data:image/png;base64,!!!!"}])), _MALFORMED),
    "glTF of a KTX image": (
        "x.glb", _rich(lambda gltf: gltf.update(images=[{"uri": "data:image/ktx2;base64," + base64.b64encode(
            b"\xabKTX 20\xbb\r\n\x1a\n" + struct.pack("<IIIIIIIII", 0, 1, 1 << 30, 1 << 30, 0, 1, 1 << 31, 1, 2)
        ).decode()}])), _READ),
    "glTF that requires KTX": (
        "x.glb", packed(document(extensionsRequired=["KHR_texture_basisu"], extensionsUsed=["KHR_texture_basisu"])),
        _UNSUPPORTED),
    "glTF of a buffer on another host": ("x.gltf", _buffer("//evil.example/x.bin"), _FORBIDDEN),
    "glTF of a buffer on a share": ("x.gltf", _buffer("\\\\evil\\x.bin"), _FORBIDDEN),
    "glTF of a buffer on a drive": ("x.gltf", _buffer("C:/x.bin"), _FORBIDDEN),
    "glTF of a buffer behind a NUL": ("x.gltf", _buffer("x.bin%00/../../etc/passwd"), _FORBIDDEN),
    "glTF of a device": ("x.gltf", _buffer("/dev/zero"), _FORBIDDEN),
    "glTF of a way up, encoded twice": ("x.gltf", _buffer("%252e%252e/x.bin"), _MALFORMED),
    "glTF of a script for an address": ("x.gltf", _buffer("javascript:alert(1)"), _FORBIDDEN),
    "glTF of an address that is a number": (
        "x.gltf", json.dumps(document(buffers=[{"byteLength": 4, "uri": 7}])).encode(), _MALFORMED),
    "meshopt of four billion rows": (
        "x.glb", _meshopt(lambda gltf: (_packing(gltf, 0).update(count=1 << 32),
                                        gltf["bufferViews"][0].update(byteLength=12 << 32))), _LIMIT),
    "meshopt of another length": ("x.glb", _meshopt(lambda gltf: _packing(gltf, 0).update(count=5)), _MALFORMED),
    "meshopt of a mode that is none": ("x.glb", _meshopt(lambda gltf: _packing(gltf, 0).update(mode="X")), _MALFORMED),
    "meshopt of noise": (
        "x.glb", _meshopt(lambda _: None, body=bytes(meshopt_parts()[1][:1]) + b"\x5a" * (len(meshopt_parts()[1]) - 1)),
        _MALFORMED),
    "meshopt of an extension that is a word": (
        "x.glb", packed(document(buffers=[{"byteLength": 42, "extensions": {"EXT_meshopt_compression": 7}}])),
        _MALFORMED),
    "Draco of noise": ("x.glb", _draco(lambda _: None, b"DRACO\2\2\1\1\0\0" + b"\xff" * (len(draco_parts()[1]) - 11)),
                       _MALFORMED),
    "Draco that is cut": (
        "x.glb", _draco(lambda gltf: gltf["bufferViews"][0].update(byteLength=40)), _MALFORMED),
    "Draco of more points than are stated": (
        "x.glb", _draco(lambda gltf: gltf["accessors"][0].update(count=3)), _MALFORMED),
    "Draco of an attribute that is not there": (
        "x.glb", _draco(lambda gltf: gltf["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"][
            "attributes"].update(POSITION=9)), _MALFORMED),
}  # fmt: skip


def _header(*lines: str, body: bytes = b"", form: str = "binary_little_endian") -> bytes:
    return "\n".join(["ply", f"format {form} 1.0", *lines, "end_header", ""]).encode() + body


_XYZ = ("property float x", "property float y", "property float z")
_LIST = "property list uchar int vertex_indices"


def _counted(count: int) -> bytes:
    raw = bytearray(stl())
    raw[80:84] = struct.pack("<I", count)
    return bytes(raw)


MESHES: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "PLY of a negative count": ("x.ply", _header("element vertex -1", *_XYZ), _MALFORMED),
    "PLY of a count of forty digits": ("x.ply", _header("element vertex " + "9" * 40, *_XYZ), _MALFORMED),
    "PLY of a count of five thousand digits": ("x.ply", _header("element vertex " + "9" * 5000, *_XYZ), _MALFORMED),
    "PLY of a count that is a word": ("x.ply", _header("element vertex many", *_XYZ), _MALFORMED),
    "PLY of an unknown type": ("x.ply", _header("element vertex 1", "property quad x", body=b"\0" * 99), _MALFORMED),
    "PLY of an unknown format": ("x.ply", _header("element vertex 1", *_XYZ, form="binary_middle_endian"), _MALFORMED),
    "PLY of a property before an element": ("x.ply", _header("property float x", "element vertex 1"), _MALFORMED),
    "PLY of ten thousand properties": (
        "x.ply", _header("element vertex 1", *(f"property float p{i}" for i in range(10_000)), body=b"\0" * 40_000),
        _MALFORMED),
    "PLY of one name twice": ("x.ply", _header("element vertex 1", *_XYZ, "property float x", body=b"\0" * 16), _READ),
    "PLY of faces beyond its end": (
        "x.ply", _header("element vertex 3", *_XYZ, "element face 1000000000", _LIST, body=b"\0" * 99), _MALFORMED),
    "PLY of an element left out that ends beyond its end": (
        "x.ply",
        ply().replace(b"element face", b"element stone 80\nproperty uchar x\nelement face"),
        _MALFORMED,
    ),
    "PLY of a face of 255 corners that are not there": (
        "x.ply", _header("element vertex 3", *_XYZ, "element face 1", _LIST, body=b"\0" * 36 + b"\xff" + b"\0" * 12),
        _MALFORMED),
    "PLY of corners that are not there": ("x.ply", ply()[:-4] + struct.pack("<i", 99), _READ),
    "PLY of a corner below zero": ("x.ply", ply()[:-4] + struct.pack("<i", -1), _READ),
    "PLY of text that ends": ("x.ply", ply("ascii")[:-30], _MALFORMED),
    "PLY of text that is none": (
        "x.ply", _header("element vertex 2", *_XYZ, form="ascii", body=b"0 0 0\nx y z\n"), _MALFORMED),
    "PLY of one endless line": ("x.ply", lambda: b"ply\n" + b"x" * 5_000_000, _MALFORMED),
    "PLY of a list of negative length": (
        "x.ply", _header("element vertex 3", *_XYZ, "element face 1", "property list int int vertex_indices",
                         body=b"\0" * 36 + struct.pack("<i", -5) + b"\0" * 12), _MALFORMED),
    "STL of four billion triangles": ("x.stl", _counted((1 << 32) - 1), _MALFORMED),
    "STL of one triangle more": ("x.stl", _counted(5), _MALFORMED),
    "STL that is cut": ("x.stl", stl()[:-1], _MALFORMED),
    "STL of numbers that are none": ("x.stl", stl()[:84] + b"\xff" * 200, _MALFORMED),
    "STL of text that breaks off": ("x.stl", b"solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0\n", _MALFORMED),
    "STL of text without a triangle": ("x.stl", b"solid x\nfacet\nendsolid\n", _MALFORMED),
    "STL of eighty-three bytes": ("x.stl", stl()[:83], _MALFORMED),
    "OBJ of corners that are not there": ("x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 99\n", _MALFORMED),
    "OBJ of corner zero": ("x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", _MALFORMED),
    "OBJ of corners before the first": ("x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf -4 -2 -1\n", _MALFORMED),
    "OBJ of a corner of fifty digits": ("x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 " + b"9" * 50 + b"\n", _MALFORMED),
    "OBJ of places that are none": ("x.obj", b"v nan nan nan\n" * 3 + b"f 1 2 3\n", _MALFORMED),
    "OBJ of infinite places": ("x.obj", b"v 1e999 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", _MALFORMED),
    "OBJ of a device": ("x.obj", b"mtllib ../../../../dev/zero\n" + _FACE, _FORBIDDEN),
    "OBJ of a file by its address": ("x.obj", b"mtllib file:///etc/passwd\n" + _FACE, _FORBIDDEN),
    "OBJ of materials on the web": ("x.obj", b"mtllib http://169.254.169.254/x\n" + _FACE, _FORBIDDEN),
    "OBJ of one endless line": (
        "x.obj", lambda: b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf" + b" 1" * 2_000_000 + b" x", _MALFORMED),
    "OBJ of NULs": ("x.obj", b"\0" * 5000, _MALFORMED),
    "OFF without numbers": ("x.off", b"OFF\n", _MALFORMED),
    "OFF of negative counts": ("x.off", b"OFF\n-3 -1 0\n", _MALFORMED),
    "OFF of a face of a million corners": ("x.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n1000000 0 1 2\n", _MALFORMED),
    "OFF of corners that are not there": ("x.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", _MALFORMED),
    "OFF of four dimensions": ("x.off", b"4OFF\n3 1 0\n0 0 0 1\n1 0 0 1\n0 1 0 1\n3 0 1 2\n", _UNSUPPORTED),
    "OFF in binary": ("x.off", b"OFF BINARY\n" + struct.pack(">III", 1 << 31, 1 << 31, 0), _MALFORMED),
}  # fmt: skip


def _dae(old: bytes, new: bytes) -> bytes:
    assert old in DAE
    return DAE.replace(old, new, 1)


def _3mf(old: bytes, new: bytes) -> bytes:
    assert old in MODEL
    return three_mf(MODEL.replace(old, new, 1))


def _doubling(levels: int) -> bytes:
    """Objects each of which is the one before it, twice."""
    more = b"".join(
        b'<object id="%d" type="model"><components><component objectid="%d"/><component objectid="%d"/></components>'
        b"</object>" % (i + 1, i, i)
        for i in range(1, levels)
    )
    return three_mf(
        MODEL.replace(b"</resources>", more + b"</resources>").replace(
            b'item objectid="1"', b'item objectid="%d"' % levels
        )
    )


_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
) + b"]>"  # fmt: skip

MARKUP: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "COLLADA with an entity of a file": (
        "x.dae", _dae(b"<COLLADA", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><COLLADA'), _MALFORMED),
    "COLLADA of a billion laughs": ("x.dae", _dae(b"<COLLADA", _ENTITIES + b"<COLLADA"), _MALFORMED),
    "COLLADA with a DTD on the web": (
        "x.dae", _dae(b"<COLLADA", b'<!DOCTYPE x SYSTEM "http://evil.example/x.dtd"><COLLADA'), _MALFORMED),
    "COLLADA that breaks off": ("x.dae", DAE[:-60], _MALFORMED),
    "COLLADA of fewer numbers than it states": ("x.dae", _dae(b'count="12">0 0 0 ', b'count="12">'), _MALFORMED),
    "COLLADA of corners that are not there": ("x.dae", _dae(b"<p>0 2 1", b"<p>0 2 9"), _MALFORMED),
    "COLLADA of a stride of nothing": ("x.dae", _dae(b'stride="3"', b'stride="0"'), _READ),
    "COLLADA of a source that is not there": ("x.dae", _dae(b'url="#g"', b'url="#h"'), _UNSUPPORTED),
    "COLLADA of a node in itself": (
        "x.dae", _dae(b'<node><instance_geometry url="#g"/>', b'<node id="n"><instance_node url="#n"/>'), _MALFORMED),
    "COLLADA of words for numbers": ("x.dae", _dae(b"0 0 0 1 0 0", b"x y z 1 0 0"), _MALFORMED),
    "COLLADA a thousand elements deep": (
        "x.dae", DAE.replace(b"<node>", b"<node>" * 1000).replace(b"</node>", b"</node>" * 1000), _MALFORMED),
    "3MF of a triangle of corners that are not there": ("x.3mf", _3mf(b'v1="0"', b'v1="99"'), _READ),
    "3MF of an object that is not there": ("x.3mf", _3mf(b'item objectid="1"', b'item objectid="7"'), _MALFORMED),
    "3MF of objects that double forty times": ("x.3mf", _doubling(40), _LIMIT),
    "3MF of an object in itself": ("x.3mf", three_mf(MODEL.replace(
        b"</object>", b'</object><object id="2"><components><component objectid="2"/></components></object>'
    ).replace(b'item objectid="1"', b'item objectid="2"')), _MALFORMED),
    "3MF of a transform of words": ("x.3mf", _3mf(b"1 0 0 0 1", b"a b c d e"), _MALFORMED),
    "3MF with a document type": ("x.3mf", three_mf(MODEL.replace(b"<model", _ENTITIES + b"<model")), _MALFORMED),
    "3MF without triangles": (
        "x.3mf", three_mf(MODEL[: MODEL.index(b"<triangles>")] + MODEL[MODEL.index(b"</mesh>") :]), _MALFORMED),
    "3MF of places that are none": ("x.3mf", _3mf(b'x="1"', b'x="nan"'), _READ),
}  # fmt: skip
