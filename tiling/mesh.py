"""A model in memory: what readers make and writers take. Arrays and encoded images, no files."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.uint32]
Bytes = NDArray[np.uint8]

STRIP = 64
"""rows of an image at a time, a multiple of four"""
COLOURS = ("base_colour", "emissive")
"""roles of images whose numbers are sRGB"""


@dataclass(frozen=True, slots=True)
class Image:
    """An encoded image. `media_type` is image/png, image/jpeg or image/webp."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Material:
    """glTF's metallic-roughness material, as far as it is kept; factors are linear."""

    name: str = ""
    base_colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 0.0
    roughness: float = 1.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    base_colour_image: Image | None = None
    normal_image: Image | None = None
    metallic_roughness_image: Image | None = None
    occlusion_image: Image | None = None
    emissive_image: Image | None = None
    alpha_mode: str = "OPAQUE"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    second: tuple[str, ...] = ()
    """roles of the maps, as `occlusion`, that lie in the second set of texture coordinates"""


@dataclass(frozen=True, slots=True)
class Primitive:
    """Triangles of one material, model frame, metres, y up.

    Positions (n, 3) float64, or float32 where the source has no more; indices (m, 3) uint32; normals (n, 3) float32,
    unit, uvs (n, 2) float32 with glTF's origin (top left) and colours (n, 4) uint8 linear RGBA where the model has
    them. `second_uvs` (n, 2) are there where `uvs` are and the material has maps in the second set. Arrays may be
    mapped from files and larger than memory; none may be written to. `name` is that of the node, object or material in
    the source that the triangles come from.
    """

    positions: Floats | Singles
    indices: Indices
    normals: Singles | None = None
    uvs: Singles | None = None
    colours: Bytes | None = None
    material: int = 0
    name: str = ""
    feature: int = -1
    """number of the name among those of the model; -1 where it is the only one"""
    second_uvs: Singles | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Primitives and the materials that they name; `report` says in words what was found and repaired in reading."""

    primitives: tuple[Primitive, ...]
    materials: tuple[Material, ...] = (Material(),)
    report: tuple[str, ...] = field(default=())
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """where its own origin lies in the frame and the units of the source; elsewhere than there if it lay far off"""

    @property
    def triangles(self) -> int:
        """Triangles of all primitives."""
        return sum(len(primitive.indices) for primitive in self.primitives)
