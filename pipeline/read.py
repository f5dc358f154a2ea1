"""The one door for deposits: what a file is, by its content, and its model, cleaned, with a report in words.

A name is only a hint: bytes that say what they are (GLB, PLY, zip, XML) are believed over it, and a name that promises
one of the formats without magic (OBJ, binary STL) only chooses which reader looks first. A 3MF is a zip by its parts.
Every reader checks what a header states against the bytes that are there before it allocates, and before it loads what
only the rest is read with: numba takes longer to start than all else (docs/security.md). With a scratch folder
nothing that grows with the file is held in memory, see `pipeline.mapped`; 3MF and COLLADA are the exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from pipeline import markup
from pipeline.files import Files, Folder, Neighbours, SingleFile, Zip
from pipeline.mapped import Store
from pipeline.repair import cleaned, near_origin
from pipeline.units import Wanted, bounds, in_metres
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tiling.mesh import Model

Reader = Callable[["NDArray[np.uint8]", Neighbours, Store], "Model"]

_HEAD = 4096
_EXPORT = "export it as GLB, or as OBJ, PLY or STL"
_LONG_HEAD = 1 << 16
# What a zip or a folder is searched for, best first.
_MAIN = ("glb", "gltf", "obj", "dae", "ply", "stl", "off")
# As GeomView names them: texture coordinates, colours, normals, four or n dimensions.
_TARGET = re.compile(rb"""Target\s*=\s*["']([^"']{1,255})["']""")
_OFF = re.compile(rb"(ST)?C?N?4?n?OFF\b")
_PROMISES = (*_MAIN, "3mf")
_FORMATS = "GLB, glTF, OBJ, PLY, STL, OFF, COLLADA, 3MF"
_UTF16 = (b"\xff\xfe<", b"\xfe\xff\0<")
_ENDINGS = tuple(f".{ending}" for ending in _MAIN)
_CLOUDS = ("e57", "las", "laz", "pts", "xyz")
# Models of other kinds, by their endings: none of them is read, but each is named.
_OTHERS = {
    "3ds": "3D Studio",
    "blend": "Blender's own format",
    "fbx": "FBX",
    "ifc": "IFC",
    "max": "3ds Max's own format",
    "stp": "STEP",
    "step": "STEP",
    "usd": "USD",
    "usda": "USD",
    "usdc": "USD",
    "usdz": "USD",
    "wrl": "VRML",
    "x3d": "X3D",
    "ztl": "ZBrush's own format",
}
_WHOLE = ("ply", "stl", "off")
_SMALL_BYTES = 64 << 20
"""of a file that holds all of a model, whose arrays stay in memory then: mapped ones cost a page fault for every 4 KB,
again and again, a quarter of the time to read and repair a model"""


def read(
    source: Path,
    name: str,
    *,
    scratch: Path | None = None,
    units: str | None = None,
    up: str | None = None,
    origin: tuple[float, float, float] | None = None,
    begun: Callable[[str], None] | None = None,
) -> Model:
    """The model in a file, a zip, or a folder (then `name` may name the file in it), in metres, y up.

    With `scratch`, a folder, large arrays are mapped from files in it (or from the source itself) and may be larger
    than memory; the folder and the source must stay for as long as the model is used. `units` (m, cm, mm, in, ft, km)
    and `up` (x, y, z, -x, -y, -z) say what else would be guessed; the report says what was taken. With `origin`,
    that of another model of the same frame, it is moved as that one was. `begun` is told the format, as
    `sniff` has it, before anything looks further into the file.

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: it is refused.
        Invalid: there are no such units, or no such axis.
    """
    wanted = Wanted(units, up)
    store = Store(scratch)
    files: Files
    said: list[str] = []
    if source.is_dir():
        files = Folder(source)
        main = files.find(name) or _main_of(files, said)
    elif _starts(source, b"PK\x03\x04") or _starts(source, b"PK\x05\x06"):
        files = Zip(source, store)
        main = _main_of(files, said)
    else:
        main = PurePosixPath(name.replace("\\", "/")).name or "unnamed"
        files = SingleFile(source, main)
    data = files.data(main)
    kind = sniff(data, main)
    if begun is not None:
        begun(kind)
    neighbours = Neighbours(files, main)
    if kind in _WHOLE and len(data) <= _SMALL_BYTES:
        store = Store(None)
    model = _READERS[kind](data, neighbours, store)
    ending = PurePosixPath(main).suffix.lower().removeprefix(".")
    if ending in _MAIN and ending != kind:
        said.append(f"the file is called .{ending}, but it is {kind.upper()} and was read as that")
    model = cleaned(replace(model, report=(*said, *model.report)), store)
    # Where it lies, as the file has it, may say that it is a map; so that is looked at before it is moved.
    extent = bounds(model)
    model = near_origin(model, store, extent, at=origin)
    stated = markup.stated(data) if kind in ("3mf", "dae") else None
    return in_metres(model, kind, data[:_LONG_HEAD].tobytes(), wanted, extent=extent, store=store, stated=stated)


def _starts(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _main_of(files: Files, said: list[str]) -> str:
    """The file to be read among several: by ending, then the one nearest to the top, then the first by name."""
    names = [name for name in files.names() if not PurePosixPath(name).name.startswith("._")]
    package = _root_part(files, names)
    if package:
        return package
    for ending in _MAIN:
        found = [name for name in names if name.lower().endswith(f".{ending}")]
        if found:
            chosen = min(found, key=lambda name: (name.count("/"), name))
            models = [name for name in names if name != chosen and name.lower().endswith(_ENDINGS)]
            if models:
                listed = ", ".join(name[:80] for name in models[:5]) + (", …" if len(models) > 5 else "")
                said.append(
                    f"it holds {len(models) + 1} models; {chosen[:80]} was read, and these were left out: {listed}"
                )
            return chosen
    if any(name.lower().endswith((".zip", ".gz", ".7z", ".rar")) for name in names):
        raise Unsupported("the archive holds an archive; archives within archives are not read")
    for name in names:
        ending = PurePosixPath(name).suffix.lower().removeprefix(".")
        if ending == "3mf":
            raise Unsupported(f"{name[:80]} is an archive within the archive; hand it in by itself")
        if ending in _CLOUDS:
            raise Unsupported(f"{name[:80]} is a cloud of points within an archive or a folder; hand it in by itself")
        if ending in _OTHERS:
            raise Unsupported(f"{name[:80]} is {_OTHERS[ending]}, which is not read here; {_EXPORT}")
    raise Unsupported(f"none of its {len(names)} files is a model that is read here ({_FORMATS})")


def _root_part(files: Files, names: list[str]) -> str:
    """The model of a 3MF package, or "": its root relationship says where it is (Open Packaging Conventions, 9.3)."""
    by_name = {name.lower(): name for name in names}
    relations = by_name.get("_rels/.rels")
    if "[content_types].xml" not in by_name or relations is None:
        return ""
    for target in _TARGET.findall(files.data(relations)[:_LONG_HEAD].tobytes()):
        path = target.decode("utf-8", "replace").lstrip("/").lower()
        if path.endswith(".model") and path in by_name:
            return by_name[path]
    return ""


def sniff(data: bytes | NDArray[np.uint8], name: str) -> str:  # noqa: C901 - a question for each format
    """Which reader to use: `glb`, `gltf`, `obj`, `ply`, `stl`, `off`, `dae` or `3mf` (its model, unpacked).

    Raises:
        Malformed: it claims by its name to be something that it is not.
        Unsupported: it is nothing that is read here.
    """
    begin = bytes(data[:_LONG_HEAD])
    if not begin:
        raise Malformed("the file is empty")
    head = begin[:_HEAD]
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith((b"ply\n", b"ply\r")):
        return "ply"
    if len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(begin[80:84], "little"):
        return "stl"
    if text.startswith(b"{"):
        return "gltf"
    if text[:5].lower() == b"solid" and b"facet" in begin:
        return "stl"
    if _OFF.match(text):
        return "off"
    if (text.startswith(b"<") or head.startswith(_UTF16)) and (kind := markup.head(data).kind):
        return kind
    if ending in ("obj", "stl", "off") or (ending not in _MAIN and _looks_like_obj(begin)):
        return ending if ending in _MAIN else "obj"
    if ending in _PROMISES:
        raise Malformed(f"the file is called .{ending}, but it does not begin like one: {_told(head)}")
    if ending in _OTHERS:
        raise Unsupported(f"the file is {_OTHERS[ending]}, which is not read here; {_EXPORT}")
    raise Unsupported(f"the file begins with {_told(head)}; {_FORMATS}, zips of them, and clouds of points are read")


def _told(head: bytes) -> str:
    """How a file begins, for people: its first characters, or its bytes where they are none."""
    begin = head[:16]
    return repr(begin.decode()) if all(32 <= byte < 127 or byte in b"\t\n\r" for byte in begin) else begin.hex(" ")


def _looks_like_obj(begin: bytes) -> bool:
    lines = begin.splitlines()
    known = (b"v ", b"vt ", b"vn ", b"f ", b"#", b"mtllib ", b"usemtl ", b"o ", b"g ", b"s ")
    return any(line.startswith(b"v ") for line in lines) and all(
        not line.strip() or line.lstrip().startswith(known) for line in lines[:-1]
    )


def _glb(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline import gltf

    return gltf.read_glb(data, neighbours, store)


def _gltf(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline import gltf

    return gltf.read_json(data, neighbours, store)


def _obj(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline import obj

    return obj.read(data, neighbours, store)


def _ply(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline.ply_header import header

    head = header(data)
    from pipeline import ply

    return ply.read(data, head, neighbours, store)


def _stl(data: NDArray[np.uint8], _neighbours: Neighbours, store: Store) -> Model:
    from pipeline import stl

    return stl.read(data, store)


def _off(data: NDArray[np.uint8], _neighbours: Neighbours, store: Store) -> Model:
    from pipeline import off

    return off.read(data, store)


def _dae(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline import longtail

    return longtail.read_collada(data, neighbours, store)


def _3mf(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    from pipeline import longtail

    return longtail.read_3mf(data, neighbours, store)


_READERS: dict[str, Reader] = {
    "glb": _glb,
    "gltf": _gltf,
    "obj": _obj,
    "ply": _ply,
    "stl": _stl,
    "off": _off,
    "dae": _dae,
    "3mf": _3mf,
}
