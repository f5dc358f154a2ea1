"""Files that lie, by the error that each must meet. Every one is small; what it claims is not."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from scenes import glb
from scenes.errors import ForbiddenReference, Malformed, SceneError, TooLarge, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes() + np.array([0, 1, 2], "<u2").tobytes()


def document(**changes: Any) -> dict[str, Any]:
    """A valid glTF of one triangle, with some properties replaced."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        ],
        "buffers": [{"byteLength": 42}],
        **changes,
    }


def packed(gltf: dict[str, Any], body: bytes = _TRIANGLE) -> bytes:
    """A GLB of a document."""
    return glb.write(json.dumps(gltf).encode(), body)


def zipped(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of some files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def _accessor(**changes: Any) -> dict[str, Any]:
    gltf = document()
    gltf["accessors"][0] |= changes
    return gltf


def _image(uri: str) -> dict[str, Any]:
    return document(
        images=[{"uri": uri}],
        textures=[{"source": 0}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    )


def _png_of(width: int, height: int) -> bytes:
    """A PNG whose header states a size."""
    data = io.BytesIO()
    Pillow.new("L", (1, 1)).save(data, "PNG")
    raw = bytearray(data.getvalue())
    raw[16:24] = struct.pack(">II", width, height)
    raw[29:33] = struct.pack(">I", __import__("zlib").crc32(raw[12:29]))
    return bytes(raw)


def _link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("model.obj")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def _overlapping() -> bytes:
    """Two entries of the central directory that share their bytes."""
    data = bytearray(zipped({"a.obj": b"v 0 0 0\n" * 50, "b.obj": b"v 0 0 0\n" * 50}, method=zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    return bytes(data)


def _nested_nodes(depth: int) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"children": [i + 1]} for i in range(depth)]
    return document(nodes=[*nodes, {"mesh": 0}])


def _ply(head: str, body: bytes = b"") -> bytes:
    return f"ply\nformat binary_little_endian 1.0\n{head}\nend_header\n".encode() + body


_XYZ = "property float x\nproperty float y\nproperty float z"
_SPHERE_OF_MESHOPT = {
    "bufferViews": [
        {
            "buffer": 0,
            "byteLength": 1 << 40,
            "extensions": {
                "EXT_meshopt_compression": {
                    "buffer": 0,
                    "byteLength": 40,
                    "byteStride": 256,
                    "count": 1 << 32,
                    "mode": "ATTRIBUTES",
                }
            },
        }
    ]
}

# Name, content and error; what takes long to write is written when it is asked for, not whenever tests are collected.
HOSTILE: dict[str, tuple[str, bytes | Callable[[], bytes], type[SceneError]]] = {
    "a text called glb": ("x.glb", b"I am a text, really, and nothing else at all.", Malformed),
    "a cut GLB": ("x.glb", packed(document())[:-7], Malformed),
    "a GLB that states more than it has": (
        "x.glb",
        b"glTF" + struct.pack("<IIII", 2, 1 << 31, 20, 0x4E4F534A),
        Malformed,
    ),
    "GLB version 1": ("x.glb", struct.pack("<4sIIII", b"glTF", 1, 20, 0, 0), Unsupported),
    "JSON that is none": ("x.glb", glb.write(b"{nonsense", b""), Malformed),
    "JSON with a key twice": ("x.gltf", b'{"asset":{"version":"2.0"},"asset":{"version":"2.0"}}', Malformed),
    "JSON with NaN": ("x.gltf", b'{"asset":{"version":"2.0"},"nodes":[{"scale":[NaN,1,1]}]}', Malformed),
    "JSON nested a thousand deep": ("x.gltf", b'{"extras":' * 1000 + b"1" + b"}" * 1000, Malformed),
    "JSON nested a million deep": ("x.gltf", b'{"a":' + b"[" * 1_000_000, Malformed),
    "a huge integer": ("x.gltf", b'{"asset":{"version":"2.0"},"scene":' + b"9" * 5000 + b"}", Malformed),
    "an accessor beyond its view": ("x.glb", packed(_accessor(count=4)), Malformed),
    "an accessor of four billion": ("x.glb", packed(_accessor(count=1 << 32)), TooLarge),
    "a negative count": ("x.glb", packed(_accessor(count=-3)), Malformed),
    "an offset beyond the view": ("x.glb", packed(_accessor(byteOffset=1 << 40)), Malformed),
    "zeros by the gigabyte": (
        "x.glb",
        packed(document(accessors=[{"componentType": 5126, "count": 1 << 27, "type": "VEC3"}] * 2)),
        TooLarge,
    ),
    "an unknown type": ("x.glb", packed(_accessor(type="VEC9")), Malformed),
    "an index of an accessor that is not there": (
        "x.glb",
        packed(document(meshes=[{"primitives": [{"attributes": {"POSITION": 77}}]}])),
        Malformed,
    ),
    "a compressed view of a terabyte": ("x.glb", packed(document(**_SPHERE_OF_MESHOPT)), TooLarge),
    "a cycle of nodes": (
        "x.glb",
        packed(document(nodes=[{"mesh": 0}, {"children": [2]}, {"children": [1]}])),
        Malformed,
    ),
    "nodes of two parents, doubling": (
        "x.glb",
        packed(document(nodes=[*({"children": [i + 1, i + 1]} for i in range(40)), {"mesh": 0}])),
        Malformed,
    ),
    "nodes a thousand deep": ("x.glb", packed(_nested_nodes(1000)), TooLarge),
    "a required extension that nobody knows": (
        "x.glb",
        packed(document(extensionsRequired=["EXT_surprise"], extensionsUsed=["EXT_surprise"])),
        Unsupported,
    ),
    "a buffer at an absolute path": (
        "x.gltf",
        json.dumps(document(buffers=[{"byteLength": 42, "uri": "/etc/passwd"}])).encode(),
        ForbiddenReference,
    ),
    "an image above its folder": ("x.glb", packed(_image("../secret.png")), ForbiddenReference),
    "an image above its folder in disguise": ("x.glb", packed(_image("%2e%2e/secret.png")), ForbiddenReference),
    "an image on the web": ("x.glb", packed(_image("http://169.254.169.254/latest/meta-data")), ForbiddenReference),
    "an image by file URL": ("x.glb", packed(_image("file:///etc/passwd")), ForbiddenReference),
    "an image of a billion pixels": (
        "x.glb",
        packed(_image("data:image/png;base64," + base64.b64encode(_png_of(40_000, 25_000)).decode())),
        TooLarge,
    ),
    "an image that is none": (
        "x.glb",
        packed(_image("data:image/png;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode())),
        Unsupported,
    ),
    "a glTF whose buffer is missing": (
        "x.gltf",
        json.dumps(document(buffers=[{"byteLength": 42, "uri": "gone.bin"}])).encode(),
        Malformed,
    ),
    "a PLY of four billion points": ("x.ply", _ply(f"element vertex 4000000000\n{_XYZ}"), Malformed),
    "a PLY that ends too soon": ("x.ply", _ply(f"element vertex 3\n{_XYZ}", b"\0" * 30), Malformed),
    "a PLY list of two billion": (
        "x.ply",
        _ply(
            f"element vertex 1\n{_XYZ}\nelement face 1\nproperty list int int vertex_indices",
            b"\0" * 12 + struct.pack("<i", 2_000_000_000) + b"\0" * 64,
        ),
        Malformed,
    ),
    "a PLY without an end": ("x.ply", b"ply\nformat ascii 1.0\n" + b"comment x\n" * 20_000, Malformed),
    "a PLY of points only": ("x.ply", _ply(f"element vertex 1\n{_XYZ}", b"\0" * 12), Unsupported),
    "an STL that lies": ("x.stl", b"\0" * 80 + struct.pack("<I", 4_000_000_000) + b"\0" * 100, Malformed),
    "an STL of nothing": ("x.stl", b"\0" * 84, Malformed),
    "an OFF that lies": ("x.off", b"OFF\n999999999999 999999999999 0\n0 0 0\n", Malformed),
    "an OBJ without faces": ("x.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", Unsupported),
    "an OBJ of nonsense": ("x.obj", b"f a b c\n" * 10, Malformed),
    "an OBJ that names a file above": (
        "x.obj",
        b"mtllib ../../etc/passwd\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
        ForbiddenReference,
    ),
    "an OBJ that names a way up from a drive": (
        "x.obj",
        b"mtllib C:\\Users\\..\\a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
        ForbiddenReference,
    ),
    "a zip that climbs": ("x.zip", zipped({"../../evil.obj": b"v 0 0 0"}), ForbiddenReference),
    "a zip with an absolute name": ("x.zip", zipped({"/tmp/evil.obj": b"v 0 0 0"}), ForbiddenReference),
    "a zip with a link": ("x.zip", _link(), ForbiddenReference),
    "a zip bomb": ("x.zip", lambda: zipped({"x.obj": b"\n" * 50_000_000}), TooLarge),
    "a zip of 20,001 files": ("x.zip", lambda: zipped({f"{i}.txt": b"" for i in range(20_001)}), TooLarge),
    "a zip whose entries overlap": ("x.zip", _overlapping(), Malformed),
    "a zip in a zip": ("x.zip", zipped({"inner.zip": zipped({"x.obj": b"v 0 0 0"})}), Unsupported),
    "a zip that is cut": ("x.zip", zipped({"x.obj": b"v 0 0 0\n" * 99})[:-30], Malformed),
    "a picture": ("x.png", _png_of(3, 3), Unsupported),
    "an empty file": ("x.glb", b"", Malformed),
    "a pickle called ply": ("x.ply", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix", Malformed),
}


def write_hostile(what: str, path: Path) -> tuple[str, type[SceneError]]:
    """A file of `HOSTILE`, written; what it is called, and the error that it must meet."""
    name, content, error = HOSTILE[what]
    path.write_bytes(content if isinstance(content, bytes) else content())
    return name, error
