"""Shapes for tests of the tiler, made by formulas, and what can be said of any mesh."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tiling import build, patch
from tiling.atlas import Texture
from tiling.mesh import Model, Primitive
from tiling.normals import with_normals


def ball(bands: int, *, ripple: float = 0.0, radius: float = 1.0) -> Model:
    """A closed sphere of 12 bands² triangles, a cube blown up, without a seam; rippled by a share of its radius."""
    ticks = np.linspace(-1.0, 1.0, bands + 1)
    u, v = np.meshgrid(ticks, ticks, indexing="ij")
    points, triangles = [], []
    for axis in range(3):
        for side in (-1.0, 1.0):
            face = np.empty((bands + 1, bands + 1, 3))
            face[..., axis], face[..., (axis + 1) % 3], face[..., (axis + 2) % 3] = side, u, v
            start = len(points) * (bands + 1) ** 2
            at = start + np.arange((bands + 1) ** 2).reshape(bands + 1, bands + 1)
            a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
            quads = np.stack([a, b, c, a, c, d] if side > 0 else [a, c, b, a, d, c], axis=-1)
            points.append(face.reshape(-1, 3))
            triangles.append(quads.reshape(-1, 3))
    cube = np.concatenate(points)
    # Points on the edges of the cube stand there two and three times, bit by bit equal.
    _, first, number = np.unique(np.round(cube * bands), axis=0, return_index=True, return_inverse=True)
    cube = cube[first]
    unit = cube / np.linalg.norm(cube, axis=1, keepdims=True)
    waves = np.sin(unit @ np.array([23.0, 3.0, 7.0])) + np.sin(unit @ np.array([5.0, 29.0, 11.0]))
    positions = unit * radius * (1.0 + ripple * waves)[:, None]
    return Model((Primitive(positions, number.reshape(-1)[np.concatenate(triangles)].astype(np.uint32)),))


def sheet(columns: int, rows: int, *, uvs: bool = False, height: float = 0.0) -> Primitive:
    """A rectangle of 1 m × 1 m in the plane y = 0, facing up, with hills of some height."""
    x, z = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1), indexing="ij")
    y = height * np.sin(9 * x) * np.cos(7 * z)
    at = np.arange(x.size).reshape(x.shape)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.uint32)
    coordinates = np.stack([x, z], axis=-1).reshape(-1, 2).astype(np.float32) if uvs else None
    return Primitive(np.stack([x, y, z], axis=-1).reshape(-1, 3), triangles, uvs=coordinates)


def open_edges(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> int:
    """How many edges, by place, are not walked exactly once each way."""
    _, place = np.unique(points, axis=0, return_inverse=True)
    corners = place.reshape(-1)[triangles]
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    ways: dict[tuple[int, int], int] = {}
    for a, b in edges.tolist():
        ways[(a, b)] = ways.get((a, b), 0) + 1
    return sum(count != ways.get((b, a), 0) for (a, b), count in ways.items())


class Kept:
    """Takes tiles as `tiling.build` emits them and keeps their geometry by the digest it makes up."""

    def __init__(self) -> None:
        self.contents: dict[str, build.Content] = {}

    def emit(self, content: build.Content) -> build.Stored:
        """Keep a tile under a name that tells its place."""
        geometry = content.geometry
        data = b"".join(piece.positions.data + piece.indices for piece in geometry.pieces)
        name = f"{geometry.origin.tolist()} {geometry.step} {hash(data)}"
        self.contents[name] = content
        return build.Stored(name, len(data), 0, ())


def built(
    model: Model, *, settings: build.Settings, run: build.Run = map, textures: Mapping[int, Texture] | None = None
) -> tuple[build.Built, Kept]:
    """A model's tree, and its tiles."""
    model = Model(tuple(with_normals(primitive) for primitive in model.primitives), model.materials)
    whole, layout, origin = patch.of_model(model)
    kept = Kept()
    done = build.build(
        whole,
        layout,
        origin,
        textures=textures or {},
        textured=frozenset(textures or {}),
        settings=settings,
        run=run,
        emit=kept.emit,
        progress=lambda fraction: None,
    )
    return done, kept
