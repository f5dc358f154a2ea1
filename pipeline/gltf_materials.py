"""The materials of a glTF document, as far as they are kept, and which texture coordinates each of them uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.gltf_arrays import bytes_of
from scenes.errors import Malformed, Unsupported
from tiling.mesh import Image, Material

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.files import Neighbours
    from pipeline.gltf_arrays import Arrays
    from scenes.gltf_check import Document
    from tiling.mesh import Floats

_SPECULAR = "KHR_materials_pbrSpecularGlossiness"
_STRENGTH = "KHR_materials_emissive_strength"
_KEPT = {_SPECULAR, _STRENGTH, "KHR_materials_unlit"}
_TEXTURE_SOURCES = ("EXT_texture_webp",)

Coordinates = tuple[int, "Floats | None"]
"""number of a set, and a matrix (3, 3) for it"""


class Materials:
    """Reads the materials of a document, once each; `say` takes lines for the report."""

    def __init__(self, document: Document, arrays: Arrays, neighbours: Neighbours, say: Callable[[str], None]) -> None:
        self._gltf, self._arrays, self._neighbours, self._say = document, arrays, neighbours, say
        self._images: dict[int, Image | None] = {}

    def all(self) -> list[Material]:
        """All of them, in their order."""
        return [self._material(source) for source in self._gltf.get("materials", ())]

    def _material(self, source: Any) -> Material:
        pbr, extensions = source.get("pbrMetallicRoughness", {}), source.get("extensions", {})
        strength = float(extensions.get(_STRENGTH, {}).get("emissiveStrength", 1.0))
        if not 0.0 <= strength < np.inf:
            raise Malformed("glTF: an emissive strength that is none")
        emissive = numbers(source.get("emissiveFactor", (0, 0, 0)), 3)
        material = Material(
            name=str(source.get("name", ""))[:200],
            base_colour=numbers(pbr.get("baseColorFactor", (1, 1, 1, 1)), 4),
            metallic=float(pbr.get("metallicFactor", 1.0)),
            roughness=float(pbr.get("roughnessFactor", 1.0)),
            emissive=(emissive[0] * strength, emissive[1] * strength, emissive[2] * strength),
            alpha_mode=str(source.get("alphaMode", "OPAQUE")),
            alpha_cutoff=float(source.get("alphaCutoff", 0.5)),
            double_sided=bool(source.get("doubleSided", False)),
        )
        if material.alpha_mode not in ("OPAQUE", "MASK", "BLEND"):
            raise Malformed(f"glTF: alpha mode {material.alpha_mode[:40]!r}")
        if _SPECULAR in extensions:
            material = self._metallic(material, extensions[_SPECULAR])
        if "KHR_materials_unlit" in extensions:
            self._say("a material that takes no light is shown lit, as rough and no metal")
            material = replace(material, metallic=0.0, roughness=1.0)
        for name in sorted(set(extensions) - _KEPT):
            self._say(f"what {str(name)[:80]} says of a material was left out")
        return replace(material, **self._maps(source))

    def _metallic(self, material: Material, specular: Any) -> Material:
        """Of a material of specular colour and glossiness what metal and roughness can say of it."""
        self._say("a material of specular and glossiness was turned into metal and roughness")
        diffuse = numbers(specular.get("diffuseFactor", (1, 1, 1, 1)), 4)
        shine = numbers(specular.get("specularFactor", (1, 1, 1)), 3)
        if "specularGlossinessTexture" in specular:
            self._say("a map of specular and glossiness was left out")
            return replace(material, base_colour=diffuse, metallic=0.0, roughness=1.0)
        roughness = 1.0 - float(specular.get("glossinessFactor", 1.0))
        if max(shine) > 0.5 and max(diffuse[:3]) < 0.05 and "diffuseTexture" not in specular:
            # What is bright by reflection alone is metal, and its colour is that of the reflection.
            return replace(material, base_colour=(*shine, diffuse[3]), metallic=1.0, roughness=roughness)
        return replace(material, base_colour=diffuse, metallic=0.0, roughness=roughness)

    def _maps(self, source: Any) -> dict[str, Any]:
        infos = _infos(source)
        sets = coordinates(source)
        found: dict[str, Any] = {}
        second = []
        for role, info in infos.items():
            which = next((at for at, each in enumerate(sets) if _same(_set_of(info), each)), None)
            if which is None:
                self._say(f"the {role.replace('_', ' ')} map in a third set of texture coordinates was left out")
                continue
            image = self._image(info["index"])
            if image is not None:
                found[f"{role}_image"] = image
                second += [role] * which
        found["second"] = tuple(second)
        if source.get("normalTexture", {}).get("scale", 1.0) != 1.0 and "normal_image" in found:
            self._say("a normal map is shown at its full depth, not scaled")
        if source.get("occlusionTexture", {}).get("strength", 1.0) != 1.0 and "occlusion_image" in found:
            self._say("an occlusion map is shown at its full strength")
        return found

    def _image(self, texture: int) -> Image | None:
        textures, pictures = self._gltf.get("textures", ()), self._gltf.get("images", ())
        if not 0 <= texture < len(textures):
            raise Malformed(f"glTF: texture {texture} is not there")
        description = textures[texture]
        extensions = description.get("extensions", {})
        source = next(
            (extensions[name]["source"] for name in _TEXTURE_SOURCES if name in extensions), description.get("source")
        )
        if source is None:
            self._say("a texture in a format that is not read was left out")
            return None
        if not 0 <= source < len(pictures):
            raise Malformed(f"glTF: image {source} is not there")
        if source not in self._images:
            self._images[source] = self._picture(pictures[source], f"image {source}")
        return self._images[source]

    def _picture(self, picture: Any, what: str) -> Image | None:
        if "bufferView" in picture:
            views = self._gltf.get("bufferViews", ())
            if not 0 <= picture["bufferView"] < len(views):
                raise Malformed(f"glTF: buffer view {picture['bufferView']} is not there")
            data: bytes | None = self._arrays.view(picture["bufferView"]).tobytes()
        else:
            found = bytes_of(picture["uri"], self._neighbours, what)
            data = None if found is None else found.tobytes()
        if data is None:
            return None
        from pipeline import images

        try:
            return images.checked(data, what)
        except Unsupported as unknown:
            if data[:12].lstrip()[:5] in (b"<svg ", b"<?xml", b"<html"):
                raise
            self._say(f"{unknown}; it was left out")
            return None


def numbers(values: Sequence[Any], count: int) -> Any:
    """So many finite numbers. Raises Malformed."""
    out = tuple(float(value) for value in values)
    if len(out) != count or not np.isfinite(out).all():
        raise Malformed(f"glTF: {count} finite numbers were expected")
    return out


def coordinates(material: Any) -> list[Coordinates]:
    """Which texture coordinates a material uses: those of its base colour, else of its first map; then others, if any.

    At most two; sets that are one set by two transforms are two.
    """
    found: list[Coordinates] = []
    for info in _infos(material).values():
        own = _set_of(info)
        if not any(_same(own, each) for each in found):
            found.append(own)
    return found[:2] or [(0, None)]


def _infos(material: Any) -> dict[str, Any]:
    """Texture infos by role, base colour first."""
    pbr = material.get("pbrMetallicRoughness", {})
    specular = material.get("extensions", {}).get(_SPECULAR, {})
    candidates = {
        "base_colour": specular.get("diffuseTexture", pbr.get("baseColorTexture")),
        "normal": material.get("normalTexture"),
        "metallic_roughness": None if specular else pbr.get("metallicRoughnessTexture"),
        "occlusion": material.get("occlusionTexture"),
        "emissive": material.get("emissiveTexture"),
    }
    return {role: info for role, info in candidates.items() if info is not None}


def _set_of(info: Any) -> Coordinates:
    transform = info.get("extensions", {}).get("KHR_texture_transform")
    number = int(info.get("texCoord", 0))
    if transform is None:
        return number, None
    number = int(transform.get("texCoord", number))
    x, y = numbers(transform.get("offset", (0, 0)), 2)
    width, height = numbers(transform.get("scale", (1, 1)), 2)
    turn = float(transform.get("rotation", 0.0))
    c, s = np.cos(turn), np.sin(turn)
    # KHR_texture_transform: translation × rotation × scale.
    return number, np.array([[c * width, s * height, x], [-s * width, c * height, y], [0.0, 0.0, 1.0]])


def _same(a: Coordinates, b: Coordinates) -> bool:
    one, other = (np.eye(3) if s[1] is None else s[1] for s in (a, b))
    return a[0] == b[0] and bool(np.allclose(one, other))
