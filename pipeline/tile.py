"""From a file, or a model in memory, to a folder with a 3D Tiles document, tiles and shared images.

Texture policy: a large image whose texture coordinates stay within it (a photogrammetry atlas) is cut up, and each tile
carries what it needs at its own density. A small or a repeating image stays whole, as a file of its own that all tiles,
and all assets with the same image, share.
"""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline import images, read
from scenes import gltf_build
from scenes.errors import Malformed
from scenes.model import Extent, Tileset
from tiling import atlas, build, normals, tileset
from tiling import patch as patches
from tiling.errors import EmptyModel
from tiling.mesh import Image, Material, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tiling.mesh import Bytes

    Progress = Callable[[float, str], None]

DOCUMENT = "tileset.json"
_SMALL_PIXELS = 512 * 512
_SHARED_SIDE = 2048
_COLOUR_ROLES = ("base_colour", "emissive")


@dataclass(frozen=True, slots=True)
class TileSettings:
    """What may be chosen of a tiling. Neither workers nor memory change a byte of the result."""

    workers: int = 1
    memory_bytes: int = 4 << 30
    most_seconds: int = 3600
    leaf_triangles: int = 24_000
    root_triangles: int = 6_000


@dataclass(frozen=True, slots=True)
class TileResult:
    """What was made: figures, the document's file name, and the other files (name, sha256, bytes, media type)."""

    tileset: Tileset
    document: str
    files: tuple[tuple[str, str, int, str], ...]
    report: tuple[str, ...]


def tile_file(source: Path, name: str, out: Path, settings: TileSettings, progress: Progress) -> TileResult:
    """Read `source`, which is called `name`, and tile it into the folder `out`, which exists.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: the file is refused.
    """
    progress(0.0, "reading")
    model = read.read(source, name)
    progress(0.1, f"read {model.triangles:,} triangles")
    return tile_model(model, out, settings, lambda fraction, message: progress(0.1 + 0.9 * fraction, message))


def tile_model(model: Model, out: Path, settings: TileSettings, progress: Progress) -> TileResult:
    """Tile a model in memory into the folder `out`, which exists.

    Raises:
        Malformed: the model has no triangle, or an image of it is broken.
    """
    model = replace(model, primitives=tuple(normals.with_normals(primitive) for primitive in model.primitives))
    try:
        patch, layout, origin = patches.of_model(model)
    except EmptyModel as empty:
        raise Malformed(str(empty)) from empty
    progress(0.05, "reading textures")
    writer = _Writer(out, model.materials)
    textures = _textures(model, patch, layout, writer)
    with _running(settings.workers) as run:
        built = build.build(
            patch,
            layout,
            origin,
            textures=textures,
            textured=frozenset(writer.shared) | frozenset(textures),
            settings=build.Settings(settings.leaf_triangles, settings.root_triangles),
            run=run,
            emit=writer.emit,
            progress=lambda fraction: progress(0.1 + 0.88 * fraction, "tiling"),
        )
    tree = replace(built.tree, image_bytes=writer.image_bytes)
    document = tileset.write(tree)
    (out / DOCUMENT).write_bytes(document)
    progress(1.0, "done")
    low, high = (tuple(float(x) for x in corner) for corner in (built.low, built.high))
    figures = Tileset(
        digest=hashlib.sha256(document).hexdigest(),
        tiles=len(tree),
        levels=built.levels,
        triangles=built.triangles,
        vertices=built.vertices,
        byte_length=sum(size for _, _, size, _ in writer.files.values()),
        geometric_error=tree.geometric_error,
        root_error=built.root_error,
        extent=Extent((low[0], low[1], low[2]), (high[0], high[1], high[2])),
    )
    files = tuple(writer.files[name] for name in sorted(writer.files))
    return TileResult(figures, DOCUMENT, files, model.report)


@contextmanager
def _running(workers: int) -> Iterator[build.Run]:
    """Threads, because the library calls and the image coder let go of the interpreter."""
    if workers <= 1:
        yield map
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="tile") as pool:

        def run(function: Callable[[Any], Any], items: Sequence[Any], /) -> Iterable[Any]:
            return pool.map(function, items)

        try:
            yield run
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Writer:
    """Tiles and shared images as files named by their digests. `emit` may be called by several threads."""

    def __init__(self, out: Path, materials: Sequence[Material]) -> None:
        self._out, self._materials, self._lock = out, materials, threading.Lock()
        self.files: dict[str, tuple[str, str, int, str]] = {}
        self.image_bytes: dict[str, tuple[int, int]] = {}
        self.shared: dict[int, dict[str, gltf_build.TileImage]] = {}

    def _write(self, data: bytes, ending: str, media_type: str) -> tuple[str, str]:
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest}.{ending}"
        with self._lock:
            known = name in self.files
            self.files[name] = (name, digest, len(data), media_type)
        if not known:
            (self._out / name).write_bytes(data)
        return name, digest

    def share(self, material: int, role: str, data: bytes, width: int, height: int) -> None:
        """Write an image that tiles refer to."""
        name, _ = self._write(data, "webp", "image/webp")
        self.image_bytes[name] = (len(data), _decoded_bytes(width, height))
        self.shared.setdefault(material, {})[role] = gltf_build.TileImage(uri=name)

    def emit(self, content: build.Content) -> build.Stored:
        """Write a tile."""
        pictures: dict[int, Mapping[str, gltf_build.TileImage]] = {}
        needs: set[str] = set()
        texture_bytes = 0
        for piece in content.geometry.pieces:
            own = content.images.get(piece.material)
            if own is None:
                shared = self.shared.get(piece.material, {})
                pictures[piece.material] = shared
                needs |= {image.uri for image in shared.values()}
                continue
            pictures[piece.material] = {
                role: gltf_build.TileImage(images.webp(image, colour=role in _COLOUR_ROLES))
                for role, image in own.items()
            }
            texture_bytes += sum(_decoded_bytes(image.shape[1], image.shape[0]) for image in own.values())
        materials = {piece.material: self._materials[piece.material] for piece in content.geometry.pieces}
        data = gltf_build.tile_glb(content.geometry, materials, pictures)
        _, digest = self._write(data, "glb", "model/gltf-binary")
        return build.Stored(digest, len(data), texture_bytes, tuple(sorted(needs)))


def _decoded_bytes(width: int, height: int) -> int:
    """On a graphics card, with mip levels."""
    return width * height * 4 * 4 // 3


def _textures(model: Model, patch: patches.Patch, layout: patches.Layout, writer: _Writer) -> dict[int, atlas.Texture]:
    """The materials to be cut up; the images of the others are written as shared ones."""
    found: dict[int, atlas.Texture] = {}
    encoded: dict[tuple[Image, bool, bool], tuple[bytes, int, int]] = {}
    owners, present = patches.materials_in(patch)
    for number in present:
        material = model.materials[number]
        pictures = gltf_build.images_of(material)
        if not pictures or not layout.uvs:
            continue
        own = patch.indices[owners == number]
        uvs = patch.attributes[:, layout.uv_columns]
        sizes = {role: images.size(image, _called(material, role)) for role, image in pictures.items()}
        reference = sizes.get("base_colour") or max(sizes.values())
        if reference[0] * reference[1] > _SMALL_PIXELS and not atlas.repeats(uvs[patches.named_by(own, len(uvs))]):
            maps = {
                role: images.pixels(image, _called(material, role), alpha=_has_alpha(material, role), size=reference)
                for role, image in pictures.items()
            }
            found[number] = atlas.texture(maps, uvs, own)
            continue
        for role, image in pictures.items():
            key = (image, _has_alpha(material, role), role in _COLOUR_ROLES)
            if key not in encoded:
                encoded[key] = _shared(image, _called(material, role), sizes[role], alpha=key[1], colour=key[2])
            writer.share(number, role, *encoded[key])
    return found


def _called(material: Material, role: str) -> str:
    return f"the {role.replace('_', ' ')} image of material {material.name[:80]!r}"


def _has_alpha(material: Material, role: str) -> bool:
    return role == "base_colour" and material.alpha_mode != "OPAQUE"


def _shared(image: Image, what: str, size: tuple[int, int], *, alpha: bool, colour: bool) -> tuple[bytes, int, int]:
    """A shared image as WebP, at most `_SHARED_SIDE` wide and high. One that is so already is kept, byte for byte."""
    scale = min(1.0, _SHARED_SIDE / max(size))
    target = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    decoded: Bytes = images.pixels(image, what, alpha=alpha, size=target)
    if image.media_type == "image/webp" and target == size:
        return image.data, *target
    return images.webp(decoded, colour=colour), *target
