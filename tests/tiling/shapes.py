"""Shapes for tests of the tiler, made by formulas, and what can be said of any mesh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.tile import TileResult, TileSettings, tile_model
from tiling import check, content, patch, tileset
from tiling.content import Placed
from tiling.mesh import Floats, Model, Primitive
from tiling.patch import MANY, Layout, Patch
from tiling.tree import TileTree


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


def patch_of(model: Model) -> tuple[Patch, Layout, Floats]:
    """A model as one welded patch, its layout, and the origin (3,) that its positions are relative to."""
    layout = patch.layout_of(model.primitives)
    points = np.concatenate([primitive.positions for primitive in model.primitives])
    origin = patch.coarse_origin(points.min(axis=0).astype(float), points.max(axis=0).astype(float))
    whole = patch.of_primitives(model.primitives, layout, origin)
    return patch.welded(patch.with_joined_normals(whole, layout)), layout, origin


def with_leaves(whole: Patch, leaf: Sequence[int] | NDArray[Any]) -> Patch:
    """The patch with the leaves of its vertices, from the leaf of each of its triangles: gathered place by place."""
    touching: dict[bytes, set[int]] = {position.tobytes(): set() for position in whole.positions}
    for corners, own in zip(whole.indices.tolist(), leaf, strict=True):
        for vertex in corners:
            touching[whole.positions[vertex].tobytes()].add(int(own))
    rows = np.zeros((len(whole.positions), 4), np.int32)
    for row, position in zip(rows, whole.positions, strict=True):
        some = sorted(touching[position.tobytes()]) or [0]
        row[:] = [some[0], MANY, MANY, some[-1]] if len(some) > 4 else (some + some[-1:] * 3)[:4]
    return replace(whole, leaves=rows)


def part(whole: Patch, triangles: NDArray[Any]) -> Patch:
    """Some triangles of a patch, by number or mask, with their vertices only."""
    return patch.welded(replace(whole, indices=whole.indices[triangles]))


def joined(models: Sequence[Model]) -> Model:
    """Primitives of several models in one, of one material."""
    return Model(tuple(primitive for model in models for primitive in model.primitives))


def moved(model: Model, by: tuple[float, float, float], *, name: str = "", material: int = 0) -> Model:
    """A model elsewhere, under another name or material."""
    return replace(
        model,
        primitives=tuple(
            replace(each, positions=each.positions + np.array(by), name=name, material=material)
            for each in model.primitives
        ),
    )


def edges_of(points: NDArray[Any], triangles: NDArray[Any]) -> dict[tuple[int, int], int]:
    """How often triangles walk from place to place; corners that fall together make no edge."""
    _, place = np.unique(points, axis=0, return_inverse=True)
    ways: dict[tuple[int, int], int] = {}
    for corners in place.reshape(-1)[triangles].tolist():
        if len(set(corners)) == 3:
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
                ways[a, b] = ways.get((a, b), 0) + 1
    return ways


def open_edges(points: NDArray[Any], triangles: NDArray[Any]) -> int:
    """How many edges, by place, are not walked as often one way as the other."""
    ways = edges_of(points, triangles)
    return sum(count != ways.get((b, a), 0) for (a, b), count in ways.items())


@dataclass(frozen=True)
class Tiles:
    """A folder of finished tiles, as a client finds it."""

    out: Path
    result: TileResult
    tree: TileTree

    @property
    def level(self) -> NDArray[np.int64]:
        """The level of each tile, the root's is 0."""
        level = np.zeros(len(self.tree), np.int64)
        for tile in range(1, len(self.tree)):
            level[tile] = level[self.tree.parent[tile]] + 1
        return level

    @property
    def leaves(self) -> list[int]:
        """The tiles without children."""
        return sorted(set(range(len(self.tree))) - set(self.tree.parent.tolist()))

    def of_level(self, number: int) -> list[int]:
        """The tiles of a level."""
        return np.flatnonzero(self.level == number).tolist()

    def content(self, tile: int) -> content.Content:
        """The document and binary chunk of a tile."""
        return content.read((self.out / f"{self.tree.content[tile]}.glb").read_bytes())

    def placed(self, tile: int) -> list[Placed]:
        """The primitives of a tile, decoded and placed."""
        return list(content.placed(self.content(tile)))

    def surface(self, tiles: Iterable[int]) -> tuple[Floats, NDArray[np.int64]]:
        """Points and triangles of several tiles together, without their skirts, which are the last range of each."""
        points, triangles, count = [], [], 0
        for placed in (placed for tile in tiles for placed in self.placed(tile)):
            points.append(placed.positions)
            triangles.append(placed.triangles[: placed.ranges[-1][0] if placed.ranges else None] + count)
            count += len(placed.positions)
        return np.concatenate(points), np.concatenate(triangles)

    def findings(self) -> list[check.Finding]:
        """What our own checker has to say."""
        return check.check((self.out / "tileset.json").read_bytes(), lambda uri: (self.out / uri).read_bytes())


def tiled(model: Model, out: Path, **settings: Any) -> Tiles:
    """A model's tiles, made in a folder of their own."""
    out.mkdir(parents=True, exist_ok=True)
    chosen = TileSettings(**{"leaf_triangles": 700, "root_triangles": 300, "samples": 1000} | settings)
    result = tile_model(model, out, chosen, lambda fraction, message: None)
    tree = tileset.read((out / result.document).read_bytes(), lambda name: (out / name).read_bytes())
    return Tiles(out, result, tree)
