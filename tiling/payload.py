"""What is wrong with the model of a tile by itself: everything in it is decoded, and held against what it states.

Groups of triangles (`extras.chronotope.ranges`, or `cells` in the dense coding) are told apart here; whether they are
those of the tile's children is for `tiling.check`, which knows the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling import content, picture
from tiling.content import Content, Placed
from tiling.errors import BadContent

Y_UP_TO_Z_UP: NDArray[np.float64] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)

Fault = tuple[str, str, str]
"""a code, a place in the model, and words"""
_WRONG = (KeyError, IndexError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Payload:
    """A model as it was found."""

    faults: tuple[Fault, ...]
    points: NDArray[np.float64]
    """(n, 3) of the geometry, z up, those that are finite"""
    byte_length: int = 0
    groups: tuple[NDArray[np.float64], ...] = ()
    """points of each group of triangles, over all primitives: children, straddlers, and in the fast coding skirts"""
    is_dense: bool = False
    """whether groups were told apart by planes"""
    images: frozenset[str] = frozenset()
    """addresses of images beside it"""
    cloud: int = 0
    """points of primitives that are clouds"""
    grouped: tuple[int, ...] = ()
    """triangles of each group where their order tells groups apart, over all primitives"""


def missing() -> Payload:
    """Of a model that is not there."""
    return Payload((("CONTENT_MISSING", "", "there is nothing there"),), np.empty((0, 3)))


def read(data: bytes, fetch: Callable[[str], bytes | None]) -> Payload:
    """A GLB looked through; `fetch` gives the bytes of an image beside it, by its address in the document."""
    if data[:4] != b"glTF":
        words = f"begins with {data[:4]!r}; only glTF binaries are checked"
        return Payload((("CONTENT_UNKNOWN", "", words),), np.empty((0, 3)))
    faults: list[Fault] = []
    placed: list[Placed] = []
    grouped: list[list[NDArray[np.float64]]] = []
    planes: list[Any] = []
    images: frozenset[str] = frozenset()
    try:
        model = content.read(data)
        required = set(model.document.get("extensionsRequired", []))
        if unknown := sorted(required - content.EXTENSIONS):
            faults.append(("EXTENSION", "", f"requires {', '.join(unknown)}, which are not known here"))
        faults += [("VIEW", "", words) for words in _views(model)]
        for primitive, each in zip(_primitives(model), content.placed(model), strict=True):
            placed.append(each)
            faults += [(code, f"#{each.where}", words) for code, words in _faults(model, primitive, each)]
            told = primitive.get("extras", {}).get("chronotope", {})
            planes.append(told.get("cells"))
            grouped.append(_groups(model, each, planes[-1], told.get("children")))
        faults += _unlike(grouped, planes)
        faults += _images(model, fetch)
        images = frozenset(image["uri"] for image in model.document.get("images", []) if "uri" in image)
    except BadContent as wrong:
        faults.append(("BAD_CONTENT", "", str(wrong)))
    except _WRONG as wrong:
        # The document is JSON of a wrong shape somewhere: which name or type, the exception says.
        faults.append(("BAD_CONTENT", "", f"{type(wrong).__name__} {wrong}"))
    points = [each.positions if each.is_points else each.positions[np.unique(each.triangles)] for each in placed]
    every = np.concatenate([*points, np.empty((0, 3))]) @ Y_UP_TO_Z_UP.T
    is_even = len({len(groups) for groups in grouped}) == 1
    return Payload(
        tuple(faults),
        every[np.isfinite(every).all(axis=1)],
        len(data),
        tuple(np.concatenate(parts) for parts in zip(*grouped, strict=True)) if is_even else (),
        is_dense=any(planes),
        images=images,
        cloud=sum(len(each.positions) for each in placed if each.is_points),
        grouped=tuple(
            sum(counts) for counts in zip(*([count for _, count in each.ranges] for each in placed), strict=True)
        )
        if is_even
        else (),
    )


def _primitives(model: Content) -> Iterator[dict[str, Any]]:
    """In the order of `content.placed`."""
    for node, _ in content.nodes_of(model.document):
        mesh = model.document["nodes"][node].get("mesh")
        if mesh is not None:
            yield from model.document["meshes"][mesh]["primitives"]


def _views(model: Content) -> Iterator[str]:
    """Buffer views that cannot be read or decoded, those that no accessor of a drawn primitive reaches included."""
    for at in range(len(model.document.get("bufferViews", []))):
        try:
            content.view_bytes(model, at)
        except BadContent as wrong:
            yield str(wrong)


def _faults(model: Content, primitive: dict[str, Any], placed: Placed) -> Iterator[tuple[str, str]]:
    if words := _min_max(model, placed.accessor):
        yield "MIN_MAX", words
    if not np.isfinite(placed.positions).all():
        yield "NOT_FINITE", "a position is not finite"
    for name, number in primitive["attributes"].items():
        values = content.accessor(model, number)
        if len(values) != len(placed.positions):
            yield "ATTRIBUTE", f"{name} has {len(values)} values for {len(placed.positions)} vertices"
        elif not np.isfinite(values).all():
            yield "NOT_FINITE", f"a value of {name} is not finite"
    yield from _properties(model, primitive)
    if placed.features is not None and (words := _features(model, primitive, placed.features)):
        yield "FEATURES", words


def _properties(model: Content, primitive: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """EXT_structural_metadata: property attributes name attributes that are there, of the types of their class."""
    used = primitive.get("extensions", {}).get("EXT_structural_metadata", {}).get("propertyAttributes", [])
    if not used:
        return
    table = model.document["extensions"]["EXT_structural_metadata"]
    for number in used:
        described = table["propertyAttributes"][number]
        fields = table["schema"]["classes"][described["class"]]["properties"]
        for name, each in described["properties"].items():
            found = primitive["attributes"].get(each["attribute"])
            if name not in fields or found is None:
                yield "PROPERTY", f"property {name} is of no class, or {each['attribute']} is not there"
                continue
            kind = content.accessor(model, found).dtype
            expected = f"{'U' if kind.kind == 'u' else ''}INT{8 * kind.itemsize}"
            if kind.kind in "ui" and fields[name].get("componentType") != expected:
                yield "PROPERTY", f"property {name} is {fields[name].get('componentType')}, its values are {expected}"


def _min_max(model: Content, accessor: int) -> str:
    fields = model.document["accessors"][accessor]
    values = content.accessor(model, accessor)
    low, high = values.min(axis=0).tolist(), values.max(axis=0).tolist()
    if fields.get("min") == low and fields.get("max") == high:
        return ""
    return f"min and max are {fields.get('min')} and {fields.get('max')}, the values' are {low} and {high}"


def _features(model: Content, primitive: dict[str, Any], places: NDArray[np.int64]) -> str:
    """EXT_mesh_features: ids run from 0 to the count, and a table has a row for each."""
    stated = primitive.get("extensions", {}).get("EXT_mesh_features", {}).get("featureIds", [])
    own = [each for each in stated if each.get("attribute") == 0]
    if len(own) != 1:
        return f"{len(own)} sets of feature ids are of _FEATURE_ID_0, expected one"
    count = own[0].get("featureCount")
    if not isinstance(count, int) or not 0 <= places.min() <= places.max() < count:
        return f"ids run from {places.min()} to {places.max()}, stated are {count}"
    rows = len(content.features_of(model))
    if "propertyTable" in own[0] and rows < count:
        return f"{count} features, and a table of {rows} rows"
    return ""


def _groups(model: Content, placed: Placed, planes: Any, slots: Any) -> list[NDArray[np.float64]]:
    """Points of each group, z up; none where triangles are not grouped.

    `slots` are the parts that have a child, None where all have; what lies in the others straddles.
    """
    turned = placed.positions @ Y_UP_TO_Z_UP.T
    if placed.ranges:
        return [turned[np.unique(placed.triangles[first : first + count])] for first, count in placed.ranges]
    if not planes:
        return []
    regions = len(planes) + 1
    if regions & (regions - 1) or any(axis not in (0, 1, 2) for axis, _ in planes):
        raise BadContent(f"{placed.where}: {len(planes)} planes do not halve a region, its halves, and so on")
    own = by_planes(
        content.positions_of(model, placed.accessor), placed.triangles, [(axis, float(at)) for axis, at in planes]
    )
    kept = list(range(regions)) if slots is None else [int(slot) for slot in slots]
    if sorted({*kept} & {*range(regions)}) != kept:
        raise BadContent(f"{placed.where}: children in {kept}, which are no parts of {regions} in their order")
    groups = [own == slot for slot in kept]
    return [turned[np.unique(placed.triangles[group])] for group in [*groups, ~np.isin(own, kept)]]


def by_planes(
    positions: NDArray[np.float64], triangles: NDArray[np.int64], planes: list[tuple[int, float]]
) -> NDArray[np.int64]:
    """The child whose region each triangle lies in, or how many there are for straddlers; planes upper ones first.

    >>> by_planes(np.eye(3), np.array([[0, 0, 0], [1, 1, 2], [0, 1, 2]]), [(0, 0.5)])
    array([1, 0, 2])
    """
    part = np.zeros(len(positions), np.int64)
    node = np.zeros(len(positions), np.int64)
    axes, places = np.array([axis for axis, _ in planes]), np.array([at for _, at in planes])
    for _ in range(len(planes).bit_length()):
        second = positions[np.arange(len(positions)), axes[node]] >= places[node]
        part, node = 2 * part + second, 2 * node + 1 + second
    corners = part[triangles]
    alike = (corners == corners[:, :1]).all(axis=1)
    return np.where(alike, corners[:, 0], len(planes) + 1)


def _unlike(grouped: list[list[NDArray[np.float64]]], planes: list[Any]) -> Iterator[Fault]:
    counts = sorted({len(groups) for groups in grouped})
    if len(counts) > 1:
        yield "GROUPS", "", f"primitives are grouped differently: {counts} groups"
    if any(any(each) != any(planes) for each in ([plane] for plane in planes)):
        yield "GROUPS", "", "only some of the primitives state planes"


def _images(model: Content, fetch: Callable[[str], bytes | None]) -> Iterator[Fault]:
    for at, image in enumerate(model.document.get("images", [])):
        where = f"#images[{at}]"
        stated = image.get("mimeType", "")
        if "uri" in image:
            data = fetch(image["uri"])
            if data is None:
                yield "IMAGE_MISSING", where, f"there is nothing at {image['uri']}"
                continue
        else:
            data = content.view_bytes(model, image.get("bufferView", -1))
        if ("uri" not in image or stated) and picture.kind(data) != stated:
            yield "IMAGE", where, f"its bytes are not of {stated}"
        elif words := picture.fault(data):
            yield "IMAGE", where, words
