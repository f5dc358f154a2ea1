"""What the tiler is measured on: scans where CHRONOTOPE_TEST_DATA names their folder, generated shapes where not.

All are triangles alone, y up, so that contenders read the same and turn nothing. The folder may hold prepared scans
(`venus_color.ply`, `terrain_tin.ply`, `venus_x4.ply`, `venus_x16.ply`, `venus_x64.ply`: binary, little endian) or the
original `venus`.
CHRONOTOPE_BENCH_LARGEST is how many million triangles an input may have at most: 3 by default, 10 or 40 take long.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.tiles import Surface

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST = 3.0
_TYPES = {"char": "i1", "uchar": "u1", "short": "<i2", "int": "<i4", "uint": "<u4", "float": "<f4", "double": "<f8"}
# name, file, millions of triangles, Nexus's name of it
_SCANS = (
    ("venus 0.57 M", "venus_color.ply", 0.57, "venus"),
    ("terrain 2.0 M", "terrain_tin.ply", 2.0, "terrain"),
    ("venus x4 2.3 M", "venus_x4.ply", 2.3, ""),
    ("venus x16 9.1 M", "venus_x16.ply", 9.1, ""),
    ("venus x64 36 M", "venus_x64.ply", 36.5, ""),
)


@dataclass(frozen=True, slots=True)
class Input:
    """A mesh to be tiled."""

    name: str
    millions: float
    nexus: str
    load: Callable[[], Surface]


def inputs() -> Iterator[Input]:
    """The meshes that are there, small ones first."""
    largest = float(os.environ.get("CHRONOTOPE_BENCH_LARGEST", _LARGEST))
    named = os.environ.get("CHRONOTOPE_TEST_DATA")
    folder = Path(named) if named else Path()
    scans = [scan for scan in _SCANS if named and (folder / scan[1]).is_file() and scan[2] <= largest]
    if named and not any(nexus == "venus" for *_, nexus in scans) and (folder / "venus").is_dir():
        yield Input("venus 0.57 M", 0.57, "venus", partial(_original, folder / "venus"))
    for name, file, millions, nexus in scans:
        yield Input(name, millions, nexus, partial(_scan, folder / file, is_map=nexus == "terrain"))
    if not scans:
        yield Input("torus 0.5 M", 0.5, "", partial(torus, 500))
        yield Input("hills 0.5 M", 0.5, "", partial(hills, 500))


def hills(side: int) -> Surface:
    """A square grid of 2 side² triangles, with detail of three sizes."""
    x, z = np.meshgrid(np.linspace(0, 100, side + 1), np.linspace(0, 100, side + 1), indexing="ij")
    y = 4 * np.sin(x / 7) * np.cos(z / 9) + np.sin(x * 1.3 + np.sin(z)) * 0.4 + np.sin(9 * x) * np.sin(8 * z) * 0.02
    at = np.arange(x.size).reshape(x.shape)
    return Surface(np.stack([x, y, z], axis=-1).reshape(-1, 3), _two_each(at))


def torus(side: int) -> Surface:
    """A closed surface of 2 side² triangles, with bumps of three sizes."""
    u, v = np.meshgrid(np.arange(side) / side * 2 * np.pi, np.arange(side) / side * 2 * np.pi, indexing="ij")
    bumps = 0.06 * np.sin(9 * u) * np.cos(5 * v) + 0.015 * np.sin(41 * u + 3 * np.sin(7 * v))
    radius = 0.4 + bumps + 0.002 * np.sin(173 * u) * np.sin(151 * v)
    x, y = (1.0 + radius * np.cos(v)) * np.cos(u), (1.0 + radius * np.cos(v)) * np.sin(u)
    at = np.pad(np.arange(side * side).reshape(side, side), ((0, 1), (0, 1)), mode="wrap")
    return Surface(np.stack([x, y, radius * np.sin(v)], axis=-1).reshape(-1, 3) * 10.0, _two_each(at)[:, ::-1].copy())


def _two_each(at: NDArray[np.int64]) -> NDArray[np.int64]:
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    return np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.int64)


def textured() -> Path | None:
    """The scan with its texture, for time and bytes: prepared or as it was published; None if it is not there."""
    named = os.environ.get("CHRONOTOPE_TEST_DATA")
    there = [path for path in (Path(named) / "venus.glb", Path(named) / "venus") if path.exists()] if named else []
    return there[0] if there else None


def _scan(path: Path, *, is_map: bool) -> Surface:
    surface = read_ply(path)
    if not is_map:
        return surface
    x, y, z = surface.positions.T
    return Surface(np.stack([x, z, -y], axis=1), surface.triangles)


def _original(folder: Path) -> Surface:
    """The scan as it was published: a glTF of one or more primitives."""
    from pipeline import read

    primitives = read.read(folder, "venus.gltf").primitives
    counts = np.cumsum([0, *(len(each.positions) for each in primitives)])
    triangles = [
        np.asarray(each.indices, np.int64).reshape(-1, 3) + start
        for each, start in zip(primitives, counts.tolist(), strict=False)
    ]
    return Surface(
        np.concatenate([np.asarray(each.positions, np.float64) for each in primitives]), np.concatenate(triangles)
    )


def read_ply(path: Path) -> Surface:
    """A binary little-endian PLY of vertices and triangles: what `prepared` writes, and scans with more properties."""
    with path.open("rb") as file:
        head = []
        while (line := file.readline().decode("ascii").strip()) != "end_header":
            head.append(line.split())
        if ["format", "binary_little_endian", "1.0"] not in head:
            raise ValueError(f"{path.name}: not binary and little endian")
        counts = {words[1]: int(words[2]) for words in head if words[0] == "element"}
        properties = [(words[2], _TYPES[words[1]]) for words in head if words[0] == "property" and words[1] != "list"]
        vertices = np.fromfile(file, np.dtype(properties), counts["vertex"])
        faces = np.fromfile(file, np.dtype([("count", "u1"), ("corners", "<i4", 3)]), counts["face"])
    if (faces["count"] != 3).any():
        raise ValueError(f"{path.name}: faces that are no triangles")
    positions = np.stack([vertices[axis] for axis in "xyz"], axis=1).astype(np.float64)
    return Surface(positions, faces["corners"].astype(np.int64))


def write_ply(path: Path, surface: Surface) -> None:
    """Positions in single precision and triangles, binary."""
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(surface.positions)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += f"element face {len(surface.triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    faces = np.empty(len(surface.triangles), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    faces["count"], faces["corners"] = 3, surface.triangles
    with path.open("wb") as file:
        file.write(head.encode())
        file.write(surface.positions.astype("<f4").tobytes())
        file.write(faces.tobytes())


def write_glb(path: Path, surface: Surface) -> None:
    """The same as a plain GLB, for contenders that read no PLY."""
    positions = surface.positions.astype("<f4")
    parts = [positions.tobytes(), surface.triangles.astype("<u4").tobytes()]
    views = [
        {"buffer": 0, "byteOffset": 0, "byteLength": len(parts[0]), "target": 34962},
        {"buffer": 0, "byteOffset": len(parts[0]), "byteLength": len(parts[1]), "target": 34963},
    ]
    corners: dict[str, Any] = {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()}
    accessors = [
        {"bufferView": 0, "componentType": 5126, "count": len(positions), "type": "VEC3", **corners},
        {"bufferView": 1, "componentType": 5125, "count": surface.triangles.size, "type": "SCALAR"},
    ]
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": sum(map(len, parts))}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(parts)
    with path.open("wb") as file:
        file.write(struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A))
        file.write(text + struct.pack("<II", len(binary), 0x004E4942))
        file.write(binary)
