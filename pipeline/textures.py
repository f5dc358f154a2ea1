"""The images of a model made ready for the tiler, one after the other, never whole in memory if there is a folder.

Texture policy: a large image whose texture coordinates stay within it (a photogrammetry atlas) is cut up, and each tile
carries what it needs at its own density. A small or a repeating image stays whole, as a file of its own that all tiles,
and all assets with the same image, share. So does an image in a material's second set of texture coordinates: a tile's
atlas has one set, so only the images in the first are cut up.

The pyramid of an image to be cut up lies in a file of its own. `Levels` maps it when it is asked for, and the mapping
ends with the arrays: so no page of it stays longer than a tile's work, and a process on the same disk gets a texture as
the name of its file.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import images, mapped
from scenes import gltf_build
from tiling import atlas, build, pyramid
from tiling.mesh import COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.source import Source
    from tiling.mesh import Bytes, Image, Material, Model

_SMALL_PIXELS = 512 * 512
_SHARED_SIDE = 2048
_MEASURED_TRIANGLES = 1 << 16
_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Shared:
    """An image that stays whole: WebP, and its size in pixels."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Textures:
    """By material: what is cut up, the side of its texels on the surface in metres, and by role what stays whole.

    A material with two sets of texture coordinates may have both.
    """

    cut_up: dict[int, atlas.Texture]
    texel_sizes: dict[int, float]
    shared: dict[int, dict[str, Shared]]
    texels: dict[int, int]
    """by material how many texels at full size its triangles use: too many for one tile ask for smaller leaves"""
    digests: dict[int, str]
    """by material, of all that its pyramids are made of: what a task's key must hold if it looks at them"""


@dataclass(frozen=True, slots=True)
class Levels(Mapping[str, "tuple[Bytes, ...]"]):
    """Pyramids in files, by role: each is one after the other level, all of `width` × `height` at level 0."""

    files: tuple[tuple[str, str, int], ...]
    """role, path, channels"""
    width: int
    height: int

    def __getitem__(self, role: str) -> tuple[Bytes, ...]:
        """The levels, mapped anew, read only."""
        for name, path, channels in self.files:
            if name == role:
                return _levels(mapped.source(Path(path)), self.width, self.height, channels)
        raise KeyError(role)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _, _ in self.files)

    def __len__(self) -> int:
        return len(self.files)


def _levels(data: NDArray[np.uint8], width: int, height: int, channels: int) -> tuple[Bytes, ...]:
    found, start = [], 0
    for across, down in pyramid.sizes(width, height):
        length = across * down * channels
        found.append(data[start : start + length].reshape(down, across, channels))
        start += length
    return tuple(found)


def of(model: Model, source: Source, scratch: Path | None) -> Textures:
    """The textures of the materials that triangles of the source have; pyramids are kept in `scratch`, if given.

    Raises:
        Malformed, TooLarge: an image is refused.
    """
    done = Textures({}, {}, {}, {}, {})
    encoded: dict[tuple[Image, bool, bool], Shared] = {}
    for number in sorted({primitive.material for primitive in source.primitives}):
        material = model.materials[number]
        pictures = gltf_build.images_of(material)
        if not pictures or not any(p.uvs is not None for p in source.primitives if p.material == number):
            continue
        sizes = {role: images.size(image, called(material, role)) for role, image in pictures.items()}
        first = {role: image for role, image in pictures.items() if role not in material.second}
        width, height = (
            sizes["base_colour"] if "base_colour" in first else max((sizes[role] for role in first), default=(0, 0))
        )
        if width * height > _SMALL_PIXELS and not _repeats(source, number):
            used = _used(source, number, -(-width // 4), -(-height // 4))
            names = {role: _name(material, role, image, (width, height), used) for role, image in first.items()}
            made = _pyramids(material, first, size=(width, height), used=used, names=names, scratch=scratch)
            done.cut_up[number] = atlas.Texture(width, height, made)
            done.digests[number] = hashlib.sha256(repr(sorted(names.items())).encode()).hexdigest()[:40]
            done.texels[number] = 16 * int(np.count_nonzero(used))
            done.texel_sizes[number] = build.rounded(texel_size(source, number, width, height))
            pictures = {role: pictures[role] for role in material.second if role in pictures}
        for role, image in pictures.items():
            key = (image, _has_alpha(material, role), role in COLOURS)
            if key not in encoded:
                encoded[key] = _shared(image, called(material, role), sizes[role], alpha=key[1], colour=key[2])
            done.shared.setdefault(number, {})[role] = encoded[key]
    return done


def _pyramids(
    material: Material,
    pictures: Mapping[str, Image],
    *,
    size: tuple[int, int],
    used: NDArray[np.bool_],
    names: Mapping[str, str],
    scratch: Path | None,
) -> Mapping[str, tuple[Bytes, ...]]:
    """The pyramids of a material's maps, all brought to one size."""
    found: dict[str, tuple[Bytes, ...]] = {}
    files = []
    for role, image in pictures.items():
        alpha = _has_alpha(material, role)
        channels = 4 if alpha else 3
        strips = images.strips(image, called(material, role), alpha=alpha, size=size)
        if scratch is None:
            levels = [np.empty((down, across, channels), np.uint8) for across, down in pyramid.sizes(*size)]
            found[role] = _grown(levels, strips, role, used, mapped.Store(None))
            continue
        path = scratch / f"{names[role]}.pyramid"
        if not path.exists():
            part = path.with_suffix(".part")
            length = channels * sum(across * down for across, down in pyramid.sizes(*size))
            data: NDArray[np.uint8] = np.memmap(part, np.uint8, "w+", shape=(length,)).view(np.ndarray)
            # A folder of its own: two stores in one would write over each other's files.
            with tempfile.TemporaryDirectory(prefix="pyramid-", dir=scratch) as work:
                _grown(_levels(data, *size, channels), strips, role, used, mapped.Store(Path(work)))
            del data
            part.replace(path)
        files.append((role, str(path), channels))
    return Levels(tuple(files), *size) if scratch is not None else found


def _name(material: Material, role: str, image: Image, size: tuple[int, int], used: NDArray[np.bool_]) -> str:
    """The digest of all that a pyramid is made of."""
    said = repr((image.media_type, _has_alpha(material, role), role, size)).encode() + pyramid.VERSION
    digests = hashlib.sha256(image.data).digest() + hashlib.sha256(used.data).digest()
    return hashlib.sha256(said + digests).hexdigest()[:40]


def _grown(
    levels: list[Bytes] | tuple[Bytes, ...],
    strips: Iterator[Bytes],
    role: str,
    used: NDArray[np.bool_],
    store: mapped.Store,
) -> tuple[Bytes, ...]:
    growing = pyramid.Growing(levels, role, used=used, empty=store.empty, release=mapped.release)
    for strip in strips:
        growing.take(strip)
    return growing.done()


def called(material: Material, role: str) -> str:
    """An image in words."""
    return f"the {role.replace('_', ' ')} image of material {material.name[:80]!r}"


def _has_alpha(material: Material, role: str) -> bool:
    return role == "base_colour" and material.alpha_mode != "OPAQUE"


def _repeats(source: Source, material: int) -> bool:
    return any(
        atlas.repeats(piece)
        for primitive in source.primitives
        if primitive.material == material and primitive.uvs is not None
        for _, piece in mapped.chunks(primitive.uvs)
    )


def _used(source: Source, material: int, width: int, height: int) -> NDArray[np.bool_]:
    """Which texels of a grid triangles of a material touch, (height, width)."""
    used = np.zeros((height, width), bool)
    for primitive in source.primitives:
        if primitive.material == material and primitive.uvs is not None:
            for _, indices in mapped.chunks(primitive.indices, _ROWS):
                atlas.mark(used, primitive.uvs, indices)
                mapped.release(primitive.uvs)
    return used


def texel_size(source: Source, material: int, width: int, height: int) -> float:
    """The side of a texel on the surface, metres, by the areas of some of the triangles; 0 if none has any."""
    solid = flat = 0.0
    for primitive in source.primitives:
        if primitive.material != material or primitive.uvs is None:
            continue
        step = max(1, len(primitive.indices) // _MEASURED_TRIANGLES)
        rows = primitive.indices[::step]
        corners = primitive.positions[rows].astype(np.float64)
        places = primitive.uvs[rows].astype(np.float64)
        for array in (primitive.indices, primitive.positions, primitive.uvs):
            mapped.release(array)
        sides, edges = corners[:, 1:] - corners[:, :1], places[:, 1:] - places[:, :1]
        laid_flat = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        solid += float(area[laid_flat > 0.0].sum()) * step
        flat += float(laid_flat.sum()) * step
    texels = flat * width * height
    return float(np.sqrt(solid / texels)) if texels > 0.0 else 0.0


def _shared(image: Image, what: str, size: tuple[int, int], *, alpha: bool, colour: bool) -> Shared:
    """A shared image as WebP, at most `_SHARED_SIDE` wide and high. One that is so already is kept, byte for byte."""
    scale = min(1.0, _SHARED_SIDE / max(size))
    target = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    decoded = images.pixels(image, what, alpha=alpha, size=target)
    if image.media_type == "image/webp" and target == size:
        return Shared(image.data, *target)
    return Shared(images.webp(decoded, colour=colour), *target)
