"""A tile of points as a GLB: glTF POINTS, EXT_meshopt_compression, and properties that clients can style by.

Intensity and class are property attributes of EXT_structural_metadata (class `point`), so a CesiumJS style may say
`${intensity} > 100`, and any glTF reader finds them as `_INTENSITY` and `_CLASSIFICATION`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scenes import glb
from scenes.gltf_build import GENERATOR

if TYPE_CHECKING:
    from tiling.mesh import Floats
    from tiling.points_code import Coded, Packed

_VERTICES = 34962
_CODED, _STATED = "EXT_meshopt_compression", "EXT_structural_metadata"
_PROPERTIES = {
    "_INTENSITY": ("intensity", "UINT16", "Strength of the echo, as the instrument states it"),
    "_CLASSIFICATION": ("classification", "UINT8", "Class of the ASPRS LAS specification: 2 ground, 6 building, …"),
}


def tile_glb(packed: Packed, *, step: Floats, base: Floats) -> bytes:
    """The GLB of a tile. `step` (3,) metres, and `base` (3,) where in the asset's frame step 0 lies.

    The same points give the same bytes.
    """
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    parts: list[bytes] = []
    at = fallback = 0
    for attribute in packed.attributes:
        coded: dict[str, Any] = {"buffer": 0, "byteOffset": at, "byteLength": len(attribute.data)}
        coded |= {"byteStride": attribute.stride, "count": packed.count, "mode": "ATTRIBUTES"}
        if attribute.filtered:
            coded["filter"] = attribute.filtered
        size = packed.count * attribute.stride
        views.append(
            {"buffer": 1, "byteOffset": fallback, "byteLength": size, "byteStride": attribute.stride}
            | {"target": _VERTICES, "extensions": {_CODED: coded}}
        )
        parts += [attribute.data, bytes(-len(attribute.data) % 4)]
        at, fallback = at + len(attribute.data) + len(parts[-1]), fallback + size
        accessors.append(_accessor(attribute, len(views) - 1, packed.count))
    primitive: dict[str, Any] = {
        "attributes": {attribute.name: number for number, attribute in enumerate(packed.attributes)},
        "mode": 0,
        "material": 0,
    }
    used = [_CODED, "KHR_mesh_quantization"]
    required = [*used]
    material: dict[str, Any] = {"pbrMetallicRoughness": {"metallicFactor": 0}}
    if "NORMAL" not in primitive["attributes"]:
        material["extensions"] = {"KHR_materials_unlit": {}}
        used.append("KHR_materials_unlit")
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": GENERATOR},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {"mesh": 0, "translation": (base + packed.corner * step).tolist(), "scale": (packed.coarse * step).tolist()}
        ],
        "meshes": [{"primitives": [primitive]}],
        "materials": [material],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [
            {"byteLength": at},
            {"byteLength": fallback, "extensions": {_CODED: {"fallback": True}}},
        ],
    }
    if own := [name for name in _PROPERTIES if name in primitive["attributes"]]:
        used.append(_STATED)
        primitive["extensions"] = {_STATED: {"propertyAttributes": [0]}}
        document["extensions"] = {_STATED: _metadata(own)}
    document |= {"extensionsUsed": used, "extensionsRequired": required}
    return glb.write(json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), b"".join(parts))


def _accessor(attribute: Coded, view: int, count: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"bufferView": view, "componentType": attribute.component, "count": count}
    fields["type"] = attribute.kind
    if attribute.is_normalized:
        fields["normalized"] = True
    if attribute.low:
        fields |= {"min": list(attribute.low), "max": list(attribute.high)}
    return fields


def _metadata(names: list[str]) -> dict[str, Any]:
    described = {
        _PROPERTIES[name][0]: {
            "type": "SCALAR",
            "componentType": _PROPERTIES[name][1],
            "description": _PROPERTIES[name][2],
            "required": True,
        }
        for name in names
    }
    return {
        "schema": {"id": "chronotope", "classes": {"point": {"properties": described}}},
        "propertyAttributes": [
            {"class": "point", "properties": {_PROPERTIES[name][0]: {"attribute": name} for name in names}}
        ],
    }
