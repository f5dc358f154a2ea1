"""What a 3MF or COLLADA document unfolds to, counted before it is unfolded, and what of it will be left out.

Both let a shape stand in many places, and a group of shapes in many more: thirty lines can place a billion. The groups
are gone through once each, from the leaves up, so that neither their number nor their depth is ever walked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline import markup
from scenes.counting import counted
from scenes.errors import Malformed, TooLarge, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.files import Neighbours

MOST_INSTANCES = 20_000
MOST_TRIANGLES = 1 << 24
MOST_UNFOLDED = 1 << 30
"""bytes of text that the shapes of a COLLADA scene have, once for each place"""
_MOST_DEPTH = 200
_MOST_FILES = 4096
_COLOURS = ("basematerials", "colorgroup", "texture2dgroup")


@dataclass(slots=True)
class Outline:
    """What stands in a document."""

    instances: int = 0
    report: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """of COLLADA's shapes, by id: their own, else of a node where they stand"""
    shapes: set[str] = field(default_factory=set)
    """ids of COLLADA's shapes that stand somewhere"""
    unnamed: set[str] = field(default_factory=set)
    """3MF's objects that have only a number"""


# 3MF.


def of_3mf(root: Any, neighbours: Neighbours) -> Outline:
    """The outline of a 3MF model. `root` is changed: it becomes a document that needs no other part of its package.

    Raises:
        Malformed, TooLarge: see `pipeline.longtail.read_3mf`.
    """
    if _local(root) != "model":
        raise Malformed(f"3MF: the model begins with <{_local(root)[:40]}>")
    out = Outline()
    lost = _completed(root, neighbours)
    if lost:
        out.report.append(
            counted(
                lost, "[part names a file that is|parts name files that are] not there; [it was|they were] left out"
            )
        )
    own: dict[str, int] = {}
    inside: dict[str, list[str]] = {}
    for one in root.iter("{*}object"):
        number = one.get("id", "")
        if number in own:
            raise Malformed(f"3MF: the object {number[:40]!r} stands twice")
        own[number] = sum(1 for _ in one.iter("{*}triangle"))
        inside[number] = [part.get("objectid", "") for part in one.iter("{*}component")]
        if not one.get("name"):
            out.unnamed.add(number)
    if _has(root, *_COLOURS):
        out.report.append("colours and materials of 3MF are not read; the model is shown without them")
    if _has(root, "beamlattice"):
        out.report.append("lattices of beams were left out")
    items = [item.get("objectid", "") for item in root.iter("{*}item")]
    # An object has a mesh or components, never both (3MF core specification, 4.1).
    leaves = {number: (1, own[number]) if own[number] else (0, 0) for number in own}
    out.instances, triangles = _Unfolded("3MF", leaves.get, inside.get).of_all(items)
    if not out.instances:
        raise Malformed("3MF: it builds nothing that has triangles")
    if out.instances > MOST_INSTANCES or triangles > MOST_TRIANGLES:
        raise TooLarge(
            f"3MF: it unfolds to {out.instances:,} shapes with {triangles:,} triangles; at most {MOST_INSTANCES:,} and "
            f"{MOST_TRIANGLES:,} are read: export it as GLB"
        )
    return out


def written(root: Any) -> bytes:
    """The document as text."""
    from lxml import etree

    out: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return out


def _completed(root: Any, neighbours: Neighbours) -> int:
    """Objects of other parts brought in, under numbers of their own; how many references led nowhere.

    (3MF production extension. trimesh follows such references, but takes all that a part holds for each of them.)
    """
    resources = next(root.iterchildren("{*}resources"), None)
    files: dict[str, int] = {}
    waiting: list[tuple[Any, str]] = [(root, "")]
    lost = 0
    while waiting:
        document, above = waiting.pop()
        for reference in [*document.iter("{*}component"), *document.iter("{*}item")]:
            key = next((key for key in reference.attrib if key.rpartition("}")[2] == "path"), None)
            path = above if key is None else reference.attrib.pop(key).lstrip("/").lower()
            if path and path not in files:
                if len(files) == _MOST_FILES:
                    raise TooLarge(f"3MF: it has more than {_MOST_FILES:,} parts")
                files[path] = len(files) + 1
                data = neighbours.part(path)
                if data is not None:
                    waiting.append((markup.tree(data, f"3MF: {path[:80]}"), path))
            # Two items of the same object and part number are one to trimesh.
            reference.attrib.pop("partnumber", None)
            reference.set("objectid", _number(files, path, reference.get("objectid", "")))
        for one in list(document.iter("{*}object")):
            one.set("id", _number(files, above, one.get("id", "")))
            if above and resources is not None:
                resources.append(one)
    there = {one.get("id") for one in root.iter("{*}object")}
    for reference in [*root.iter("{*}component"), *root.iter("{*}item")]:
        if reference.get("objectid") not in there:
            reference.getparent().remove(reference)
            lost += 1
    return lost


def _number(files: dict[str, int], path: str, number: str) -> str:
    if not number.isdigit():
        raise Malformed(f"3MF: an object is called {number[:40]!r}, which is no number")
    return f"{files[path]}-{int(number)}" if path else str(int(number))


# COLLADA.


def of_collada(root: Any) -> Outline:
    """The outline of a COLLADA document.

    Raises:
        Malformed, Unsupported, TooLarge: see `pipeline.longtail.read_collada`.
    """
    if _local(root) != "COLLADA":
        raise Malformed(f"COLLADA: the document begins with <{_local(root)[:40]}>")
    out = Outline()
    leaves: dict[Any, tuple[int, int]] = {}
    shapes: dict[str, Any] = {}
    for shape in root.iter("{*}geometry"):
        texts = [*shape.iter("{*}float_array"), *shape.iter("{*}p")]
        leaves[shape] = 1, sum(len(text.text or "") for text in texts)
        shapes[shape.get("id", "")] = shape
        out.names[shape.get("id", "")] = shape.get("name", "")
    nodes = {node.get("id"): node for node in root.iter("{*}node")}

    def inside(node: Any) -> list[Any]:
        found = []
        for child in node.iterchildren():
            kind, url = _local(child), child.get("url", "").removeprefix("#")
            if kind == "node":
                found.append(child)
            elif kind == "instance_node" and url in nodes:
                found.append(nodes[url])
            elif kind == "instance_geometry" and url in shapes:
                found.append(shapes[url])
                out.shapes.add(url)
                out.names[url] = out.names[url] or node.get("name") or ""
        return found

    out.instances, length = _Unfolded("COLLADA", leaves.get, inside).of_all([_scene(root)])
    out.report += _left_out(root)
    if not out.instances:
        raise Unsupported("; ".join(["COLLADA: no shape stands in its scene", *out.report]))
    if out.instances > MOST_INSTANCES or length > MOST_UNFOLDED:
        raise TooLarge(
            f"COLLADA: it unfolds to {out.instances:,} shapes and {length:,} bytes; at most {MOST_INSTANCES:,} and "
            f"{MOST_UNFOLDED:,} are read: export it as GLB"
        )
    return out


def _left_out(root: Any) -> list[str]:
    lines = {
        "polygons were cut as fans: where one is concave, its triangles may overlap": ("polylist", "polygons"),
        "holes of polygons were left out": ("ph",),
        "strips and fans of triangles were left out": ("tristrips", "trifans"),
        "shapes that hang on skeletons or morphs were left out": ("instance_controller",),
    }
    return [line for line, names in lines.items() if _has(root, *names)]


def _scene(root: Any) -> Any:
    """The scene that the document says is to be shown."""
    chosen = next(root.iterfind("{*}scene/{*}instance_visual_scene"), None)
    url = None if chosen is None else chosen.get("url", "").removeprefix("#")
    for scene in root.iter("{*}visual_scene"):
        if scene.get("id") == url:
            return scene
    raise Malformed("COLLADA: it states no scene")


# Both.


class _Unfolded:
    """How many leaves, and how much in them, stand below things that contain others."""

    def __init__(
        self,
        what: str,
        leaf: Callable[[Any], tuple[int, int] | None],
        inside: Callable[[Any], Iterable[Any] | None],
    ) -> None:
        self._what, self._leaf, self._inside = what, leaf, inside
        self._known: dict[Any, tuple[int, int]] = {}

    def of_all(self, things: Iterable[Any]) -> tuple[int, int]:
        """The sum of some of them."""
        return self._sum(things, ())

    def _sum(self, things: Iterable[Any], above: tuple[Any, ...]) -> tuple[int, int]:
        if len(above) > _MOST_DEPTH:
            raise Malformed(f"{self._what}: it is nested deeper than {_MOST_DEPTH}")
        count, size = 0, 0
        for thing in things:
            if thing in above:
                raise Malformed(f"{self._what}: something contains itself")
            if thing not in self._known:
                one, much = self._leaf(thing) or (0, 0)
                below, more = self._sum(self._inside(thing) or (), (*above, thing))
                self._known[thing] = one + below, much + more
            count, size = count + self._known[thing][0], size + self._known[thing][1]
        return count, size


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _has(root: Any, *names: str) -> bool:
    return next(root.iter(*(f"{{*}}{name}" for name in names)), None) is not None
