"""What a GLB of ours draws, as faces for `tiling.raster`: the file that `scenes.scene_glb` writes, read for a picture.

Images are made smaller until all of them together fit; a point becomes a small square that looks at the eye.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tiling import content, picture
from tiling.content import Content, Placed
from tiling.mesh import Bytes
from tiling.raster import NO_IMAGE, Faces, Vector, halved, texels_of

_MOST_TEXELS = 1 << 24
_MOST_SIDE, _LEAST_SIDE = 1024, 32
_DECODE = {
    "image/png": imagecodecs.png_decode,
    "image/jpeg": imagecodecs.jpeg_decode,
    "image/webp": imagecodecs.webp_decode,
}
_LARGEST = 0.008
"""half of a point's width by its distance: ten pixels or so"""
_SQUARE = np.array([[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]], np.float64).reshape(2, 3, 2)


def faces_of(glb: bytes, eye: Vector) -> Faces:
    """The faces of a GLB, for an eye that points turn to.

    Raises:
        tiling.errors.BadContent: it cannot be read.
    """
    model = content.read(glb)
    document = model.document
    numbers = _images_of(document)
    faint = _faint_nodes(document)
    drawn: list[tuple[dict[str, Any], bool, NDArray[np.float64]]] = []
    for node, matrix in content.nodes_of(document):
        mesh = document["nodes"][node].get("mesh")
        if mesh is not None:
            drawn += [(each, faint[node], matrix) for each in document["meshes"][mesh]["primitives"]]
    found = list(content.placed(model))
    clouds = [each.positions for each in found if each.is_points]
    apart = _spacing(np.concatenate(clouds)) if clouds else 0.0
    parts = [
        _points(model, placed, primitive, eye, is_faint=is_faint, apart=apart)
        if placed.is_points
        else _triangles(model, placed, primitive, numbers, is_faint=is_faint, matrix=matrix)
        for placed, (primitive, is_faint, matrix) in zip(found, drawn, strict=True)
    ]
    names = ("corners", "normals", "colours", "uvs", "image", "holes", "faint", "unlit")
    columns = {name: np.concatenate([part[name] for part in parts or [_nothing()]]) for name in names}
    return Faces(**columns, texels=texels_of([_small(model, image, len(numbers)) for image in numbers]))


def _nothing() -> dict[str, NDArray[Any]]:
    return _columns(np.zeros((0, 3, 3)), np.zeros((0, 3, 3)), np.zeros((0, 3, 3)), is_faint=False)


def _columns(
    corners: NDArray[Any],
    normals: NDArray[Any],
    colours: NDArray[Any],
    *,
    is_faint: bool,
    uvs: NDArray[Any] | None = None,
    image: int = NO_IMAGE,
    holes: bool = False,
    unlit: bool = False,
) -> dict[str, NDArray[Any]]:
    count = len(corners)
    return {
        "corners": corners.astype(np.float32),
        "normals": normals.astype(np.float32),
        "colours": colours.astype(np.float32),
        "uvs": np.zeros((count, 3, 2), np.float32) if uvs is None else uvs.astype(np.float32),
        "image": np.full(count, image, np.int32),
        "holes": np.full(count, holes),
        "faint": np.full(count, is_faint),
        "unlit": np.full(count, unlit),
    }


def _triangles(
    model: Content,
    placed: Placed,
    primitive: dict[str, Any],
    numbers: dict[int, int],
    *,
    is_faint: bool,
    matrix: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    attributes, at = primitive["attributes"], placed.triangles
    material = model.document["materials"][primitive["material"]] if "material" in primitive else {}
    shading = material.get("pbrMetallicRoughness", {})
    normals = np.zeros_like(placed.positions)
    if "NORMAL" in attributes:
        # Normals of a scaled surface turn by the inverse transposed; one that cannot be turned back is shaded flat.
        turn = matrix[:3, :3]
        if abs(np.linalg.det(turn)) > 0.0:
            normals = _unit(model, attributes["NORMAL"]) @ np.linalg.inv(turn)
            lengths = np.linalg.norm(normals, axis=1, keepdims=True)
            normals = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    texture, uvs, image = shading.get("baseColorTexture"), None, NO_IMAGE
    if texture is not None and (coordinates := attributes.get(f"TEXCOORD_{texture.get('texCoord', 0)}")) is not None:
        image = numbers[_image_of(model.document, texture)]
        uvs = _unit(model, coordinates)[at]
    return _columns(
        placed.positions[at],
        normals[at],
        _colours(model, placed, primitive, shading)[at],
        is_faint=is_faint,
        uvs=uvs,
        image=image,
        holes=material.get("alphaMode") == "MASK",
    )


def _points(
    model: Content, placed: Placed, primitive: dict[str, Any], eye: Vector, *, is_faint: bool, apart: float
) -> dict[str, NDArray[Any]]:
    """Squares a little wider than points lie apart.

    Coarse tiles stand beside the finer ones, so that their points have to be as small as all points together allow
    (`apart`); right before the eye they are smaller still, or few of them would hide all others.
    """
    positions = placed.positions
    half = 0.85 * min(_spacing(positions), apart)
    forward = positions - np.array(eye)
    away = np.maximum(np.linalg.norm(forward, axis=1), 1e-9)
    forward /= away[:, None]
    right = np.cross(forward, (0.0, 1.0, 0.0))
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    up = np.cross(right, forward)
    sides = np.stack([right, up], axis=1)  # (n, 2, 3)
    sizes = np.minimum(half, _LARGEST * away)
    corners = positions[:, None, None] + sizes[:, None, None, None] * np.einsum("tcs,nsx->ntcx", _SQUARE, sides)
    corners = corners.reshape(-1, 3, 3)
    material = model.document["materials"][primitive["material"]] if "material" in primitive else {}
    colours = _colours(model, placed, primitive, material.get("pbrMetallicRoughness", {}))
    spread = np.broadcast_to(np.repeat(colours, 2, axis=0)[:, None], (len(corners), 3, 3))
    return _columns(corners, np.zeros_like(corners), spread, is_faint=is_faint, unlit=True)


def _spacing(positions: NDArray[np.float64]) -> float:
    """Metres from point to point, as if they were spread evenly over the largest side of their box."""
    extent = np.sort(positions.max(axis=0) - positions.min(axis=0))
    return float(np.sqrt(extent[2] * extent[1] / len(positions)))


def _colours(model: Content, placed: Placed, primitive: dict[str, Any], shading: dict[str, Any]) -> NDArray[np.float64]:
    colours = np.ones((len(placed.positions), 3))
    if (number := primitive["attributes"].get("COLOR_0")) is not None:
        colours = _unit(model, number)[:, :3].astype(np.float64)
    found: NDArray[np.float64] = colours * np.array(shading.get("baseColorFactor", (1, 1, 1, 1))[:3])
    return found


def _unit(model: Content, number: int) -> NDArray[np.float64]:
    """An accessor's values; whole numbers as shares of the greatest."""
    values = content.accessor(model, number)
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    return np.maximum(values / np.iinfo(values.dtype).max, -1.0)


def _faint_nodes(document: dict[str, Any]) -> list[bool]:
    """Of each node, whether it or one above it says that it is only possible."""
    nodes = document.get("nodes", [])
    faint = [each.get("extras", {}).get("chronotope", {}).get("certainty") == "possible" for each in nodes]
    for node, _ in content.nodes_of(document):
        for child in nodes[node].get("children", []):
            faint[child] = faint[child] or faint[node]
    return faint


def _image_of(document: dict[str, Any], texture: dict[str, Any]) -> int:
    found = document["textures"][texture["index"]]
    number: int = found.get("extensions", {}).get("EXT_texture_webp", found)["source"]
    return number


def _images_of(document: dict[str, Any]) -> dict[int, int]:
    """The images that materials show as base colour, numbered."""
    used = (each.get("pbrMetallicRoughness", {}).get("baseColorTexture") for each in document.get("materials", []))
    return {image: at for at, image in enumerate(sorted({_image_of(document, each) for each in used if each}))}


def _small(model: Content, image: int, count: int) -> Bytes:
    """An image (h, w, 4), small enough that `count` of them fit; grey where its kind is not read."""
    fields = model.document["images"][image]
    data = content.view_bytes(model, fields["bufferView"])
    decode = _DECODE.get(picture.kind(data))
    if decode is None:
        return np.full((1, 1, 4), 188, np.uint8)
    pixels = _with_alpha(decode(data))
    side = _MOST_SIDE
    while side > _LEAST_SIDE and side * side * count > _MOST_TEXELS:
        side //= 2
    while max(pixels.shape[:2]) > side and min(pixels.shape[:2]) > 1:
        pixels = halved(pixels)
    return pixels


def _with_alpha(pixels: Bytes) -> Bytes:
    """Pixels (h, w), (h, w, 2), (h, w, 3) or (h, w, 4) as (h, w, 4)."""
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    bands = pixels.shape[2]
    colours = np.repeat(pixels[..., :1], 3, axis=2) if bands < 3 else pixels[..., :3]
    alpha = pixels[..., -1:] if bands in (2, 4) else np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colours, alpha], axis=2)
