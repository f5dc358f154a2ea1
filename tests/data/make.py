"""Makes the small samples beside this file from the CC0 scan of a Venus statue. Not run by the tests.

    python -m tests.data.make PATH/TO/venus.gltf

`venus.glb` is the scan at 20,000 triangles with a new texture of about 360 pixels square, baked by `tiling.bake`. The
others hold one shape, 3,000 triangles of it without seams, in every format and variant that is read: `small.*`. STL has
600. `chime.flac` is computed. The same code and scan give the same files, except for the versions of the image, sound
and Draco coders.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import DracoPy
import numpy as np
from PIL import Image as Pillow

from pipeline import images, read
from pipeline.repair import repaired
from scenes.gltf_build import write_glb
from tests.tiling.shapes import patch_of
from tiling import atlas, bake
from tiling.mesh import Image, Material, Model, Primitive
from tiling.normals import with_normals
from tiling.patch import Layout, Patch
from tiling.simplify import metres_per_uv, simplify

HERE = Path(__file__).parent
_WHEN = (2026, 1, 1, 0, 0, 0)


def main(source: Path) -> None:
    """Write all samples."""
    scan = read.read(source.parent, source.name)
    # The second part of the scan is a plain base; the statue alone is enough.
    statue = Model(scan.primitives[:1], scan.materials[:1])
    write_chime()
    patch, layout, origin = patch_of(statue)
    venus = _venus(statue, patch, layout)
    (HERE / "venus.glb").write_bytes(write_glb(_moved(venus, origin), name="Venus"))
    bare = bake.without_uvs(patch, layout, frozenset({0}))
    bare = replace(bare, attributes=np.zeros((len(bare.positions), 0), np.float32))
    plain = Layout(normals=False, uvs=False, colours=False)
    _write_small(*_clean(simplify(bare, plain, target_triangles=3000, leaves=(0, 0)).patch))
    _write_stl(*_clean(simplify(bare, plain, target_triangles=600, leaves=(0, 0)).patch))


def write_chime() -> None:
    """Three strokes of a bell in three seconds, by sums of fading partials; of no scan."""
    import soundfile

    rate = 16_000
    time = np.arange(3 * rate) / rate
    sound = np.zeros(len(time))
    for stroke in range(3):
        since = np.clip(time - stroke, 0.0, None)
        for partial, loud in ((1.0, 0.5), (2.76, 0.25), (5.4, 0.12)):
            sound += loud * (since > 0) * np.exp(-3.0 * partial * since) * np.sin(2 * np.pi * 523.25 * partial * since)
    quiet = np.rint(0.5 * sound / np.abs(sound).max() * 127) / 128
    soundfile.write(HERE / "chime.flac", quiet, rate, subtype="PCM_16")


def _clean(patch: Patch) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles, none of them twice."""
    model = repaired(Model((Primitive(patch.positions.astype(np.float64), patch.indices),)))
    return patch.positions, model.primitives[0].indices


def _moved(model: Model, origin: np.ndarray) -> Model:
    return replace(model, primitives=tuple(replace(p, positions=p.positions + origin) for p in model.primitives))


def _venus(statue: Model, patch: Patch, layout: Layout) -> Model:
    picture = statue.materials[0].base_colour_image
    assert picture is not None
    pixels = images.pixels(picture, "the texture", alpha=False)
    texture = atlas.texture({"base_colour": pixels}, patch.attributes[:, layout.uv_columns], patch.indices)
    bare = bake.without_uvs(patch, layout, frozenset({0}))
    coarse = simplify(bare, layout, target_triangles=20_000, leaves=(0, 0)).patch
    level = 3
    child = bake.Child(
        patch, {"base_colour": texture.levels["base_colour"][level]}, (texture.width / 8, texture.height / 8)
    )
    texel = metres_per_uv(patch, layout) / texture.width * 8
    baked = bake.bake(coarse, layout, 0, [child], texel=texel, most_texels=1 << 18)
    out = io.BytesIO()
    Pillow.fromarray(baked.images["base_colour"]).save(out, "JPEG", quality=85)
    done = baked.patch
    primitive = Primitive(
        positions=done.positions.astype(np.float64),
        indices=done.indices,
        normals=done.attributes[:, layout.normal_columns],
        uvs=done.attributes[:, layout.uv_columns],
    )
    material = Material("stone", base_colour_image=Image(out.getvalue(), "image/jpeg"))
    return Model((primitive,), (material,))


def _colours(positions: np.ndarray) -> np.ndarray:
    """Something to recognise: height as grey."""
    height = positions[:, 1] - positions[:, 1].min()
    return np.repeat(np.rint(height / height.max() * 255).astype(np.uint8)[:, None], 3, axis=1)


def _zip(name: str, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as out:
        for path, data in members.items():
            out.writestr(zipfile.ZipInfo(path, _WHEN), data, zipfile.ZIP_DEFLATED)


def _picture() -> bytes:
    out = io.BytesIO()
    ramp = np.arange(64, dtype=np.uint8) * 4
    pixels = np.stack([np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.full((64, 64), 128, np.uint8)], -1)
    Pillow.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _write_small(points: np.ndarray, faces: np.ndarray) -> None:
    model = Model((with_normals(Primitive(points.astype(np.float64), faces)),))
    (HERE / "small.glb").write_bytes(write_glb(model))
    primitive = model.primitives[0]
    assert primitive.normals is not None
    _write_draco(points, faces)
    size = points.max(axis=0) - points.min(axis=0)
    uvs = ((points - points.min(axis=0)) / size)[:, :2]
    text = ["mtllib small.mtl", "usemtl stone"]
    text += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points.tolist()]
    text += [f"vt {u:.6g} {v:.6g}" for u, v in uvs.tolist()]
    text += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in (faces + 1).tolist()]
    library = b"newmtl stone\nKd 0.6 0.6 0.6\nmap_Kd textures\\stone.png\n"
    members = {"scan/small.obj": "\n".join(text).encode() + b"\n", "scan/small.mtl": library}
    _zip("small.obj.zip", {**members, "scan/textures/stone.png": _picture()})
    _write_plys(points, faces)
    rows = [f"{x:.9g} {y:.9g} {z:.9g}" for x, y, z in points.tolist()]
    rows += [f"3 {a} {b} {c}" for a, b, c in faces.tolist()]
    (HERE / "small.off").write_text("\n".join(["OFF", f"{len(points)} {len(faces)} 0", *rows]) + "\n")


def _write_draco(points: np.ndarray, faces: np.ndarray) -> None:
    data = DracoPy.encode(points, faces, quantization_bits=16, compression_level=7, preserve_order=False)
    count = len(DracoPy.decode(data).points)
    document = {
        "asset": {"version": "2.0"},
        "extensionsUsed": ["KHR_draco_mesh_compression"],
        "extensionsRequired": ["KHR_draco_mesh_compression"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0},
                        "indices": 1,
                        "extensions": {"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": {"POSITION": 0}}},
                    }
                ]
            }
        ],
        "accessors": [
            {
                "componentType": 5126,
                "count": count,
                "type": "VEC3",
                "min": points.min(axis=0).tolist(),
                "max": points.max(axis=0).tolist(),
            },
            {"componentType": 5125, "count": faces.size, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(data)}],
        "buffers": [{"byteLength": len(data), "uri": "small%20mesh.bin"}],
    }
    _zip("small-draco.zip", {"small.gltf": json.dumps(document).encode(), "small mesh.bin": data})


def _header(order: str, points: int, kind: str, *, colours: bool, tail: str) -> bytes:
    lines = ["ply", f"format {order} 1.0", "comment CC0", f"element vertex {points}"]
    lines += [f"property {kind} {axis}" for axis in "xyz"]
    lines += [f"property uchar {name}" for name in ("red", "green", "blue")] * colours
    return ("\n".join([*lines, tail, "end_header"]) + "\n").encode()


def _write_plys(points: np.ndarray, faces: np.ndarray) -> None:
    colours = _colours(points)
    listed = f"element face {len(faces)}\nproperty list uchar int vertex_indices"
    rows = [f"{x:.9g} {y:.9g} {z:.9g} {r} {g} {b}" for (x, y, z), (r, g, b) in zip(points, colours, strict=True)]
    rows += [f"3 {a} {b} {c}" for a, b, c in faces.tolist()]
    head = _header("ascii", len(points), "float", colours=True, tail=listed)
    (HERE / "small-ascii.ply").write_bytes(head + "\n".join(rows).encode() + b"\n")
    for name, order, mark, kind, coloured in (
        ("small-little.ply", "binary_little_endian", "<", "float", True),
        ("small-big-double.ply", "binary_big_endian", ">", "double", False),
    ):
        fields = [(axis, mark + ("f4" if kind == "float" else "f8")) for axis in "xyz"]
        fields += [(channel, "u1") for channel in "rgb"] * coloured
        table = np.zeros(len(points), np.dtype(fields))
        for i, axis in enumerate("xyz"):
            table[axis] = points[:, i]
        if coloured:
            for i, channel in enumerate("rgb"):
                table[channel] = colours[:, i]
        lists = np.zeros(len(faces), np.dtype([("n", "u1"), ("v", mark + "i4", 3)]))
        lists["n"], lists["v"] = 3, faces
        head = _header(order, len(points), kind, colours=coloured, tail=listed)
        (HERE / name).write_bytes(head + table.tobytes() + lists.tobytes())
    # Each triangle a strip of its own, broken by -1, in one long list, as Stanford's archive does.
    strip = np.concatenate([faces.astype(np.int32), np.full((len(faces), 1), -1)], axis=1).reshape(-1).astype(">i4")
    head = _header(
        "binary_big_endian",
        len(points),
        "float",
        colours=False,
        tail="element tristrips 1\nproperty list int int vertex_indices",
    )
    body = points.astype(">f4").tobytes() + np.array([len(strip)], ">i4").tobytes() + strip.tobytes()
    (HERE / "small-strips.ply").write_bytes(head + body)


def _write_stl(points: np.ndarray, faces: np.ndarray) -> None:
    records = np.zeros(len(faces), np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")]))
    records["points"] = points[faces]
    head = b"solid made by tests/data/make.py, though it is binary".ljust(80)
    (HERE / "tiny.stl").write_bytes(head + len(faces).to_bytes(4, "little") + records.tobytes())
    lines = ["solid tiny"]
    for triangle in points[faces].tolist():
        lines += [" facet normal 0 0 0", "  outer loop"]
        lines += [f"   vertex {x:.9g} {y:.9g} {z:.9g}" for x, y, z in triangle]
        lines += ["  endloop", " endfacet"]
    (HERE / "tiny-text.stl").write_text("\n".join([*lines, "endsolid tiny"]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
