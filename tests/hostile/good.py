"""Small files that are as they should be, of every format that is taken: what hostile ones are bent from.

Each is made when it is asked for, and is read without a word of refusal; so whatever is refused of a bent one is
refused for how it was bent.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from tests.pipeline import media
from tests.pipeline.clouds import written
from tests.pipeline.hostile import document, packed, zipped
from tests.pipeline.test_gedcom import MASONS
from tests.pipeline.test_gedcom_lines import new, old
from tiling import meshopt

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]], "<f4")
_FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], "<u2")
_POINTS = written.sample(60)
_PLACES = [(f"cartesian{axis}", {"type": "Float"}, _POINTS["places"][:, i]) for i, axis in enumerate("XYZ")]
_SCALED = (
    "colorRed",
    {"type": "Integer", "minimum": 0, "maximum": 255},
    (_POINTS["colours"][:, 0] >> 8).astype(np.int64),
)


def rich_document() -> dict[str, Any]:
    """A glTF of a textured solid that uses nodes, instances, a sparse accessor and a strided view."""
    picture = media.picture("png", Pillow.new("RGB", (4, 4), (200, 100, 50)), about=False)
    pad = -len(picture) % 4
    return document(
        extensionsUsed=["EXT_mesh_gpu_instancing"],
        nodes=[
            {"children": [1, 2], "translation": [1, 2, 3]},
            {"mesh": 0, "rotation": [0, 0, 0.6, 0.8]},
            {"mesh": 0, "extensions": {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 3}}}},
        ],
        meshes=[
            {
                "primitives": [
                    {"attributes": {"POSITION": 0, "TEXCOORD_0": 2, "COLOR_0": 4}, "indices": 1, "material": 0}
                ]
            }
        ],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}, "doubleSided": True}],
        textures=[{"source": 0, "sampler": 0}],
        samplers=[{}],
        images=[{"bufferView": 3, "mimeType": "image/png"}],
        accessors=[
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC2", "byteOffset": 4},
            {"bufferView": 2, "componentType": 5126, "count": 2, "type": "VEC3"},
            {
                "componentType": 5121,
                "normalized": True,
                "count": 4,
                "type": "VEC4",
                "sparse": {
                    "count": 1,
                    "indices": {"bufferView": 1, "componentType": 5123},
                    "values": {"bufferView": 2},
                },
            },
        ],
        bufferViews=[
            {"buffer": 0, "byteOffset": 0, "byteLength": 48, "byteStride": 12},
            {"buffer": 0, "byteOffset": 48, "byteLength": 24},
            {"buffer": 0, "byteOffset": 72, "byteLength": 24},
            {"buffer": 0, "byteOffset": 96, "byteLength": len(picture)},
        ],
        buffers=[{"byteLength": 96 + len(picture) + pad}],
    )


def rich_body() -> bytes:
    """The buffer of `rich_document`."""
    picture = media.picture("png", Pillow.new("RGB", (4, 4), (200, 100, 50)), about=False)
    return _CORNERS.tobytes() + _FACES.tobytes() + np.arange(6, dtype="<f4").tobytes() + picture


def _rich() -> bytes:
    return packed(rich_document(), rich_body())


def meshopt_parts() -> tuple[dict[str, Any], bytes]:
    """A glTF whose positions and indices are packed by meshoptimizer, and its buffer."""
    places = meshopt.encode_vertices(np.ascontiguousarray(_CORNERS).view(np.uint8).reshape(4, 12))
    faces = meshopt.encode_indices(_FACES.astype(np.uint32).ravel(), 4)
    body, views = b"", []
    for data, count, stride, mode in ((places, 4, 12, "ATTRIBUTES"), (faces, 12, 4, "TRIANGLES")):
        how = {"buffer": 0, "byteOffset": len(body), "byteLength": len(data), "byteStride": stride, "count": count}
        views.append(
            {
                "buffer": 1,
                "byteLength": count * stride,
                "extensions": {"EXT_meshopt_compression": {**how, "mode": mode}},
            }
        )
        body += data + bytes(-len(data) % 4)
    gltf = document(
        extensionsUsed=["EXT_meshopt_compression"],
        extensionsRequired=["EXT_meshopt_compression"],
        accessors=[
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 12, "type": "SCALAR"},
        ],
        bufferViews=views,
        buffers=[
            {"byteLength": len(body)},
            {"byteLength": 96, "extensions": {"EXT_meshopt_compression": {"fallback": True}}},
        ],
    )
    return gltf, body


def draco_parts() -> tuple[dict[str, Any], bytes]:
    """A glTF whose mesh is packed by Draco, and its buffer."""
    import DracoPy

    data = bytes(DracoPy.encode(_CORNERS, faces=_FACES.astype(np.uint32), preserve_order=True))
    packing = {"bufferView": 0, "attributes": {"POSITION": 0}}
    gltf = document(
        extensionsUsed=["KHR_draco_mesh_compression"],
        extensionsRequired=["KHR_draco_mesh_compression"],
        meshes=[
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0},
                        "indices": 1,
                        "extensions": {"KHR_draco_mesh_compression": packing},
                    }
                ]
            }
        ],
        accessors=[
            {"componentType": 5126, "count": 4, "type": "VEC3"},
            {"componentType": 5123, "count": 12, "type": "SCALAR"},
        ],
        bufferViews=[{"buffer": 0, "byteOffset": 0, "byteLength": len(data)}],
        buffers=[{"byteLength": len(data)}],
    )
    return gltf, data


def _gltf() -> bytes:
    import base64
    import json

    uri = "data:application/octet-stream;base64," + base64.b64encode(_CORNERS[:3].tobytes() + b"\0\0\1\0\2\0").decode()
    return json.dumps(document(buffers=[{"byteLength": 42, "uri": uri}])).encode()


def ply(order: str = "binary_little_endian") -> bytes:
    """A solid with colours, as a PLY."""
    head = (
        f"ply\nformat {order} 1.0\ncomment made by hand\nelement vertex 4\nproperty float x\nproperty float y\n"
        "property float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nelement face 4\n"
        "property list uchar int vertex_indices\nend_header\n"
    ).encode()
    mark = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}[order]
    if not mark:
        rows = [f"{x:g} {y:g} {z:g} 9 8 7" for x, y, z in _CORNERS.tolist()]
        rows += [f"3 {a} {b} {c}" for a, b, c in _FACES.tolist()]
        return head + "\n".join([*rows, ""]).encode()
    body = b"".join(struct.pack(f"{mark}3f3B", *corner, 9, 8, 7) for corner in _CORNERS.tolist())
    return head + body + b"".join(struct.pack(f"{mark}B3i", 3, *face) for face in _FACES.tolist())


def stl() -> bytes:
    """The solid as a binary STL."""
    rows = b"".join(struct.pack("<12fH", 0, 0, 1, *_CORNERS[face].ravel().tolist(), 0) for face in _FACES)
    return b"made by hand".ljust(80, b" ") + struct.pack("<I", len(_FACES)) + rows


def _text_stl() -> bytes:
    out = ["solid stone"]
    for face in _FACES:
        out += ["facet normal 0 0 1", "outer loop"]
        out += [f"vertex {x:g} {y:g} {z:g}" for x, y, z in _CORNERS[face].tolist()]
        out += ["endloop", "endfacet"]
    return "\n".join([*out, "endsolid stone", ""]).encode()


OBJ = (
    b"# made by hand\nmtllib x.mtl\no stone\nv 0 0 0\nv 1 0 0\nv 0 2 0 0.5 0.5 0.5\nv 0 0 3\nvt 0 0\nvt 1 0\nvt 0 1\n"
    b"vn 0 0 1\nusemtl grey\nf 1/1/1 3/3/1 2/2/1\ns 1\nf 1 2 4\nf 1 4 3\ng lid\nf -3 -2 -1\n"
)
_MTL = b"newmtl grey\nKd 0.5 0.5 0.5\nNs 10\nmap_Kd x.png\n"
_OFF = b"COFF\n# made by hand\n4 4 0\n" + b"".join(
    b"%g %g %g 9 8 7 255\n" % tuple(corner) for corner in _CORNERS.tolist()
) + b"".join(b"3 %d %d %d\n" % tuple(face) for face in _FACES.tolist())  # fmt: skip
DAE = b"""<?xml version="1.0"?><COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit name="meter" meter="1"/><up_axis>Y_UP</up_axis></asset><library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="a" count="12">0 0 0 1 0 0 0 2 0 0 0 3</float_array><technique_common>
<accessor source="#a" count="4" stride="3"><param name="X" type="float"/><param name="Y" type="float"/>
<param name="Z" type="float"/></accessor></technique_common></source><vertices id="v"><input semantic="POSITION"
source="#p"/></vertices><triangles count="4"><input semantic="VERTEX" source="#v" offset="0"/>
<p>0 2 1 0 1 3 0 3 2 1 2 3</p></triangles></mesh></geometry></library_geometries><library_visual_scenes>
<visual_scene id="s"><node><instance_geometry url="#g"/></node></visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#s"/></scene></COLLADA>"""


MODEL = b"""<?xml version="1.0"?><model unit="meter" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
<resources><object id="1" type="model" name="stone"><mesh><vertices><vertex x="0" y="0" z="0"/>
<vertex x="1" y="0" z="0"/><vertex x="0" y="2" z="0"/><vertex x="0" y="0" z="3"/></vertices>
<triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/>
<triangle v1="0" v2="3" v3="2"/><triangle v1="1" v2="2" v3="3"/></triangles></mesh>
</object></resources><build><item objectid="1" transform="1 0 0 0 1 0 0 0 1 5 6 7"/></build></model>"""


def three_mf(model: bytes = MODEL, **members: bytes) -> bytes:
    """The solid, or another model, as a 3MF package."""
    types = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    relations = b'<Relationships><Relationship Target="/3D/x.model" Id="r" Type="t"/></Relationships>'
    return zipped({"[Content_Types].xml": types, "_rels/.rels": relations, "3D/x.model": model} | members)


def archive() -> bytes:
    """A zip of an OBJ with its materials and a picture."""
    picture = media.picture("png", Pillow.new("RGB", (4, 4), (200, 100, 50)), about=False)
    return zipped({"stone/x.obj": OBJ, "stone/x.mtl": _MTL, "stone/x.png": picture})


def text_cloud() -> bytes:
    """Points with colours, a line each."""
    rows = [f"{x:.3f} {y:.3f} {z:.3f} 9 8 7" for x, y, z in _POINTS["places"].tolist()]
    return "\n".join(["//X Y Z R G B", *rows, ""]).encode()


def e57() -> bytes:
    """Two scans, one of whole numbers of eight bits too."""
    return written.e57([{"fields": [*_PLACES, _SCALED]}, {"fields": _PLACES}])


def _masons(version: str) -> bytes:
    made = old(*MASONS) if version == "5.5.1" else new(*(line for line in MASONS if "@#D" not in line))
    return made if isinstance(made, bytes) else made.encode()


def _still(kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    media.quarters(24, 16).save(out, kind, **how)
    return out.getvalue()


GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "glb": ("x.glb", _rich),
    "glb-meshopt": ("x.glb", lambda: packed(*meshopt_parts())),
    "glb-draco": ("x.glb", lambda: packed(*draco_parts())),
    "gltf": ("x.gltf", _gltf),
    "gltf-zip": ("x.zip", lambda: zipped({"a/x.gltf": _gltf(), "a/readme.txt": b"a stone"})),
    "ply": ("x.ply", ply),
    "ply-big": ("x.ply", lambda: ply("binary_big_endian")),
    "ply-text": ("x.ply", lambda: ply("ascii")),
    "stl": ("x.stl", stl),
    "stl-text": ("x.stl", _text_stl),
    "obj": ("x.obj", lambda: OBJ),
    "obj-zip": ("x.zip", archive),
    "off": ("x.off", lambda: _OFF),
    "dae": ("x.dae", lambda: DAE),
    "3mf": ("x.3mf", three_mf),
    "las": ("x.las", lambda: written.las(_POINTS, kind=7, with_normals=True)),
    "laz": ("x.laz", lambda: written.las(_POINTS, packed=True)),
    "e57": ("x.e57", e57),
    "cloud-zip": ("x.zip", lambda: zipped({"a/x.laz": written.las(_POINTS, packed=True), "a/readme.txt": b"a field"})),
    "ply-points": ("x.ply", lambda: written.ply(_POINTS)),
    "text": ("x.xyz", text_cloud),
    "png": ("x.png", lambda: media.picture("png", media.quarters(24, 16))),
    "jpeg": ("x.jpg", lambda: media.picture("jpeg", media.quarters(24, 16), orientation=6)),
    "jpeg-progressive": ("x.jpg", lambda: _still("jpeg", progressive=True)),
    "webp": ("x.webp", lambda: media.picture("webp", media.quarters(24, 16))),
    "wav": ("x.wav", lambda: media.recording("wav", 0.05)),
    "flac": ("x.flac", lambda: media.recording("flac", 0.05)),
    "mp3": ("x.mp3", lambda: media.recording("mp3", 0.2)),
    "ogg": ("x.ogg", lambda: media.recording("ogg", 0.1)),
    "opus": ("x.ogg", lambda: media.recording("opus", 0.1)),
    "m4a": ("x.m4a", lambda: media.m4a(tags=media.itunes(nam="Bells", xyz="+37.9-023.7/"))),
    "gedcom": ("x.ged", lambda: _masons("5.5.1")),
    "gedcom-7": ("x.ged", lambda: _masons("7.0")),
}
"""what it is called, and what makes it, by format"""
