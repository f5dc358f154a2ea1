"""An asset from afar: its topmost tiles as surfaces of ever fewer triangles, coloured at the vertices.

What proxies of groups are put together of (`scenes.proxy`). Made once for every tileset, however often it is placed.
The last two are a box and a pyramid, which are there for whatever cannot be simplified further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from scenes.surface import Surface, decoded, encoded, joined, simplified
from tiling import content, picture, tint
from tiling.content import Content
from tiling.errors import BadContent
from tiling.patch import Layout, Patch
from tiling.tree import TileTree

TRIANGLES = (2048, 1024, 512, 256, 128, 64, 32)
"""of the surfaces that are simplified"""
_LOOKED_AT = 256
"""texels each way at most for an image's mean"""
_TEXTURED = Layout(normals=False, uvs=True, colours=True)
_DECODE = {
    "image/png": imagecodecs.png_decode,
    "image/jpeg": imagecodecs.jpeg_decode,
    "image/webp": imagecodecs.webp_decode,
}
_WRONG = (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError)

_CORNERS = np.array([[x, y, z] for y in (0, 1) for x in (0, 1) for z in (0, 1)], np.float64)
"""of a box, those of its base first: 0 to 3, then 4 to 7"""
_BOX = np.array([[4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4], [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2], [1, 3, 7],
                 [1, 7, 5]], np.uint32)  # fmt: skip
"""five sides, outsides out: nobody looks from below"""
_PYRAMID = np.array([[0, 1, 4], [1, 3, 4], [3, 2, 4], [2, 0, 4]], np.uint32)


@dataclass(frozen=True, slots=True)
class Step:
    """A surface in the asset's frame, and metres that it may be wrong by."""

    surface: Surface
    error: float


Ladder = tuple[Step, ...]
"""finest first: errors grow, triangles get fewer; empty where there is nothing to show"""


def ladder(tree: TileTree, read: Callable[[str], bytes], image_of: Callable[[str], bytes]) -> Ladder:
    """The surfaces of an asset. What cannot be read (a tile, an image of another kind) is left out.

    `read` gives a tile by its digest, `image_of` an image by its file name. Nothing of a tree that cannot be read.
    """
    top = topmost(tree)
    parts: list[Surface] = []
    for tile in top:
        try:
            parts += _surfaces(content.read(read(tree.content[tile])), image_of)
        except (BadContent, *_WRONG):
            return ()
    whole = joined(parts)
    if not len(whole.triangles):
        return ()
    given = float(tree.error[top].max())
    steps = [Step(*_added(simplified(whole, target), given)) for target in TRIANGLES]
    colour = whole.mean_colour()[None]
    shapes = (boxes(whole.box[None], colour), pyramids(whole.box[None], colour))
    steps += [Step(*_added((shape, whole.deviation_of(shape)), given)) for shape in shapes]
    kept: list[Step] = []
    for step in steps:
        # What is no coarser than a finer one replaces it; what is coarser and not smaller is of no use.
        while kept and step.error <= kept[-1].error and len(step.surface.triangles) <= len(kept[-1].surface.triangles):
            kept.pop()
        if not kept or len(step.surface.triangles) < len(kept[-1].surface.triangles):
            kept.append(step)
    return tuple(kept)


def box_corners(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners (…, 8, 3) of boxes (…, 3), those of the base first."""
    found: NDArray[np.float64] = low[..., None, :] + _CORNERS * (high - low)[..., None, :]
    return found


def boxes(corners: NDArray[np.float64], colours: NDArray[np.float32]) -> Surface:
    """The sides and tops of n boxes (n, 8, 3), each of a colour (n, 4)."""
    return _repeated(corners, colours, _BOX)


def pyramids(corners: NDArray[np.float64], colours: NDArray[np.float32]) -> Surface:
    """The sides of pyramids in n boxes (n, 8, 3), each of a colour (n, 4)."""
    points = np.concatenate([corners[:, :4], corners[:, 4:].mean(axis=1, keepdims=True)], axis=1)
    return _repeated(points, colours, _PYRAMID)


def _repeated(points: NDArray[np.float64], colours: NDArray[np.float32], triangles: NDArray[np.uint32]) -> Surface:
    """The same triangles over the points (n, k, 3) of each of n things."""
    count, each = points.shape[:2]
    first = (np.arange(count, dtype=np.uint32) * np.uint32(each))[:, None, None]
    return Surface(points.reshape(-1, 3), np.repeat(colours, each, axis=0), (triangles[None] + first).reshape(-1, 3))


def written(steps: Ladder) -> bytes:
    """A ladder as bytes: for each step its error as text and its GLB, each after its length in four bytes."""
    parts = [part for step in steps for part in (repr(step.error).encode(), encoded(step.surface, step.error).data)]
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def read_back(data: bytes) -> Ladder:
    """What `written` wrote; positions are on a grid as fine as the error asks."""
    parts, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return tuple(Step(decoded(model), float(error)) for error, model in zip(parts[::2], parts[1::2], strict=True))


def topmost(tree: TileTree) -> list[int]:
    """The tiles with content that have none above them."""
    found, covered = [], np.zeros(len(tree), bool)
    for tile in range(len(tree)):
        parent = int(tree.parent[tile])
        covered[tile] = parent >= 0 and (covered[parent] or bool(tree.content[parent]))
        if tree.content[tile] and not covered[tile]:
            found.append(tile)
    return found


def _added(made: tuple[Surface, float], given: float) -> tuple[Surface, float]:
    """What is wrong already and what comes to it; the grid that it is written on counts for a tenth more."""
    surface, deviation = made
    return surface, 1.1 * (given + deviation)


def _surfaces(model: Content, image_of: Callable[[str], bytes]) -> Iterator[Surface]:
    document = model.document
    primitives: Sequence[dict[str, Any]] = [
        primitive
        for node, _ in content.nodes_of(document)
        if (mesh := document["nodes"][node].get("mesh")) is not None
        for primitive in document["meshes"][mesh]["primitives"]
    ]
    for placed, primitive in zip(content.placed(model), primitives, strict=True):
        colours = np.ones((len(placed.positions), 4), np.float32)
        if (number := primitive["attributes"].get("COLOR_0")) is not None:
            values = _unit(model, number)
            colours[:, : values.shape[1]] = values
        material = document["materials"][primitive["material"]] if "material" in primitive else {}
        shading = material.get("pbrMetallicRoughness", {})
        colours *= np.array(shading.get("baseColorFactor", (1, 1, 1, 1)), np.float32)
        surface = Surface(placed.positions, colours, placed.triangles.astype(np.uint32))
        if texture := shading.get("baseColorTexture"):
            surface = _tinted(model, surface, primitive, texture, image_of)
        yield surface


def _tinted(
    model: Content,
    surface: Surface,
    primitive: dict[str, Any],
    texture: dict[str, Any],
    image_of: Callable[[str], bytes],
) -> Surface:
    """The colours of the surface's texture at its vertices; where it repeats, its mean."""
    document = model.document
    found = document["textures"][texture["index"]]
    image = document["images"][found.get("extensions", {}).get("EXT_texture_webp", found)["source"]]
    data = image_of(image["uri"]) if "uri" in image else content.view_bytes(model, image["bufferView"])
    decode = _DECODE.get(picture.kind(data))
    if decode is None:
        return surface
    pixels: NDArray[np.uint8] = decode(data)
    pixels = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    uvs = _unit(model, primitive["attributes"][f"TEXCOORD_{texture.get('texCoord', 0)}"])
    repeats = bool(uvs.min() < -1e-3 or uvs.max() > 1 + 1e-3)
    # A mean needs no more of a large image than this.
    sparse = pixels[:: -(-pixels.shape[0] // _LOOKED_AT), :: -(-pixels.shape[1] // _LOOKED_AT), :3]
    red, green, blue = tint.linear(sparse).reshape(-1, 3).mean(axis=0).tolist()
    origin = surface.positions.mean(axis=0)
    count = len(surface.positions)
    patch = Patch(
        positions=(surface.positions - origin).astype(np.float32) + np.float32(0.0),
        attributes=np.concatenate([uvs, surface.colours], axis=1).astype(np.float32),
        material=np.zeros(count, np.int32),
        leaves=np.zeros((count, 4), np.int32),
        indices=surface.triangles,
    )
    tinted, _ = tint.tinted(patch, _TEXTURED, {} if repeats else {0: pixels}, {0: (red, green, blue)})
    return Surface(tinted.positions.astype(np.float64) + origin, tinted.attributes, tinted.indices)


def _unit(model: Content, number: int) -> NDArray[np.float32]:
    """An accessor's values as float32; whole numbers as shares of the greatest."""
    values = content.accessor(model, number)
    scale = 1.0 if values.dtype.kind == "f" else 1.0 / np.iinfo(values.dtype).max
    return (values * np.float32(scale)).astype(np.float32)
