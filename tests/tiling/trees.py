"""Made-up tile trees for the tests of selection and delivery."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from tiling.tree import TileTree

IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
IMAGE = f"{'ab' * 32}.webp"


def grid_tree(
    levels: int, fan: int = 4, *, error: float = 1.0, seed: int = 0, empty: tuple[int, ...] = (), name: str = "t"
) -> TileTree:
    """A quadtree (fan 4) or a tree that splits one axis (fan 2) over 16 m × 16 m of ground; each tile its own file."""
    chance = np.random.default_rng(seed)
    parent, box, errors = [-1], [(0.0, 0.0, 0.0, 8.0, 1.0, 8.0)], [error]
    level = [0]
    for depth in range(1, levels):
        below = []
        for tile in level:
            x, y, z, rx, ry, rz = box[tile]
            halves = [(sx, sz) for sx in (-1, 1) for sz in ((-1, 1) if fan == 4 else (0,))]
            for sx, sz in halves:
                below.append(len(parent))
                parent.append(tile)
                deep = rz / 2 if fan == 4 else rz
                box.append((x + sx * rx / 2, y, z + sz * rz / 2, rx / 2, ry, deep))
                errors.append(0.0 if depth == levels - 1 else error / 2**depth)
        level = below
    count = len(parent)
    twelve = np.zeros((count, 12))
    for tile, (x, y, z, rx, ry, rz) in enumerate(box):
        twelve[tile] = (x, y, z, rx, 0, 0, 0, ry, 0, 0, 0, rz)
    content = tuple(
        "" if tile in empty else hashlib.sha256(f"{name}{seed}{tile}".encode()).hexdigest() for tile in range(count)
    )
    there = np.array([bool(each) for each in content], np.int64)
    return TileTree(
        parent=np.array(parent, np.int32), box=twelve, error=np.array(errors), content=content,
        needs=tuple((IMAGE,) if tile % 3 == 0 and content[tile] else () for tile in range(count)),
        byte_length=chance.integers(900, 1100, count) * there, triangles=100 * there, draws=there,
        texture_bytes=50 * there, geometric_error=4 * error,
        image_bytes={IMAGE: (5000, 20000)},
    )  # fmt: skip


def grouped(tree: TileTree) -> TileTree:
    """The tree with groups: each child's region a share of the triangles, ten straddlers, five skirts."""
    children = np.bincount(tree.parent[1:], minlength=len(tree))
    return replace(
        tree,
        groups=tuple(
            (*([(int(triangles) - 10) // count] * count), 10, 5) if count and triangles else ()
            for count, triangles in zip(children.tolist(), tree.triangles, strict=True)
        ),
    )


def added(tree: TileTree) -> TileTree:
    """The tree as one of points, whose tiles stay when their children come."""
    return replace(tree, points=tree.triangles)


def with_files(tree: TileTree) -> tuple[TileTree, dict[str, bytes]]:
    """The tree with contents that exist: bytes of each tile's length, by digest. The image comes along."""
    files: dict[str, bytes] = {}
    image = b"RIFF" * 1250
    image_name = f"{hashlib.sha256(image).hexdigest()}.webp"
    content = []
    for tile, name in enumerate(tree.content):
        data = np.random.default_rng(int(name[:12], 16)).bytes(int(tree.byte_length[tile])) if name else b""
        digest = hashlib.sha256(data).hexdigest() if name else ""
        content.append(digest)
        if name:
            files[digest] = data
    needs = tuple((image_name,) if each else () for each in tree.needs)
    if any(needs):
        files[image_name.partition(".")[0]] = image
    return (
        replace(tree, content=tuple(content), needs=needs, image_bytes={image_name: (len(image), 20_000)}),
        files,
    )
