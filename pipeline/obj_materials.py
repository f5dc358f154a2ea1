"""Materials of an OBJ, as its MTL libraries describe them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline import images
from scenes.errors import Unsupported
from tiling.mesh import Material

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.files import Neighbours

_LEFT_OUT = {"map_bump", "bump", "map_d", "map_pr", "map_pm", "map_ks", "map_ns", "disp", "decal", "refl"}
_IMAGE_OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1}
_IMAGE_OPTIONS |= {"-clamp": 1, "-bm": 1, "-imfchan": 1, "-type": 1, "-cc": 1}


def named(
    names: Sequence[str], libraries: Iterable[str], neighbours: Neighbours, report: list[str]
) -> tuple[Material, ...]:
    """The materials of these names, looked up in these libraries; what is not described is plain."""
    entries: dict[str, dict[str, str]] = {}
    for reference in dict.fromkeys(libraries):
        for data in _found(reference, neighbours, report):
            entries |= _parsed_library(data)
    out = []
    for name in names:
        if name and name not in entries and entries:
            report.append(f"the material {name[:80]!r} is not described; it is shown plain")
        out.append(_material(name, entries.get(name, {}), neighbours, report))
    return tuple(out)


def _found(reference: str, neighbours: Neighbours, report: list[str]) -> list[bytes]:
    """The libraries that a line names: one whose name may have blanks, or else several."""
    whole = neighbours.find(reference, report)
    if whole is not None:
        return [whole]
    several = reference.split() if len(reference.split()) > 1 else []
    parts = [data for data in (neighbours.find(part, report) for part in several) if data is not None]
    if parts:
        neighbours.missing.remove(reference[:200])
    return parts


def _parsed_library(data: bytes) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    entry: dict[str, str] = {}
    for raw in data.decode("utf-8", "replace").splitlines():
        words = raw.split(None, 1)
        key, value = words[0].lower() if words else "", words[1].strip() if len(words) > 1 else ""
        if key == "newmtl":
            entry = entries.setdefault(value, {})
        elif key and not key.startswith("#"):
            entry[key] = value
    return entries


def _material(name: str, entry: dict[str, str], neighbours: Neighbours, report: list[str]) -> Material:
    alpha = 1.0
    if "d" in entry:
        alpha = _value(entry["d"], 1.0)
    elif "tr" in entry:
        alpha = 1.0 - _value(entry["tr"], 0.0)
    if alpha <= 0.0:
        # Some write the opposite of what they mean; what cannot be seen is surely not meant.
        report.append(f"the material {name[:80]!r} is wholly transparent; it is shown opaque")
        alpha = 1.0
    left = sorted(key for key in entry if key in _LEFT_OUT)
    if left:
        report.append(f"of the material {name[:80]!r} these maps were left out: {', '.join(left)}")
    colour = _three(entry.get("kd"), (1.0, 1.0, 1.0))
    material = Material(
        name=name[:200],
        base_colour=(*colour, min(max(alpha, 0.0), 1.0)),
        metallic=min(max(_value(entry.get("pm", "0"), 0.0), 0.0), 1.0),
        roughness=min(max(_value(entry.get("pr", "1"), 1.0), 0.0), 1.0),
        emissive=_three(entry.get("ke"), (0.0, 0.0, 0.0)),
        alpha_mode="BLEND" if alpha < 1.0 else "OPAQUE",
    )
    for key, role in (("map_kd", "base_colour"), ("norm", "normal"), ("map_ke", "emissive")):
        data = neighbours.find(_image_name(entry[key]), report) if entry.get(key) else None
        if data is None:
            continue
        try:
            image = images.checked(data, f"the image {_image_name(entry[key])[:80]!r}")
        except Unsupported as unknown:
            report.append(f"{unknown}; it was left out")
            continue
        changes: dict[str, object] = {f"{role}_image": image}
        if role == "base_colour":
            # Exporters leave any grey in Kd beside a texture; the texture is what was meant.
            changes["base_colour"] = (1.0, 1.0, 1.0, material.base_colour[3])
        material = replace(material, **changes)  # type: ignore[arg-type]
    return material


def _image_name(text: str) -> str:
    """The file name at the end of a map statement, after its options."""
    words = text.split()
    at = 0
    while at < len(words) - 1 and words[at] in _IMAGE_OPTIONS:
        at += 1
        most = _IMAGE_OPTIONS[words[at - 1]]
        while most and at < len(words) - 1 and (most == 1 or _is_number(words[at])):
            at, most = at + 1, most - 1
    return " ".join(words[at:])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _value(text: str, otherwise: float) -> float:
    words = text.split()
    value = float(words[-1]) if words and _is_number(words[-1]) else otherwise
    return value if np.isfinite(value) else otherwise


def _three(text: str | None, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    words = (text or "").split()
    if len(words) < 3 or not all(_is_number(word) for word in words[:3]):
        return otherwise
    r, g, b = (min(max(float(word), 0.0), 1.0) for word in words[:3])
    return r, g, b
