"""The one door for deposits: what a file is, by its content, and its model, cleaned, with a report in words.

A name is only a hint: bytes that say what they are (GLB, PLY, a zip) are believed over it, and a name that promises one
of the formats without magic (OBJ, binary STL) only chooses which reader looks first. Every reader checks what a header
states against the bytes that are there before it allocates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline import gltf
from pipeline.files import Files, Folder, Neighbours, SingleFile, Zip
from pipeline.repair import repaired
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

    from tiling.mesh import Model

Reader = Callable[[bytes, Neighbours], "Model"]

_HEAD = 4096
# What a zip or a folder is searched for, best first.
_MAIN = ("glb", "gltf", "obj", "ply", "stl", "off")


def read(source: Path, name: str) -> Model:
    """The model in a file, a zip, or a folder (then `name` may name the file in it).

    Raises:
        Malformed, Unsupported, TooLarge, ForbiddenReference: it is refused.
    """
    files: Files
    if source.is_dir():
        files = Folder(source)
        main = name if name in files.names() else _main_of(files)
    elif _starts(source, b"PK\x03\x04") or _starts(source, b"PK\x05\x06"):
        files = Zip(source)
        main = _main_of(files)
    else:
        main = PurePosixPath(name.replace("\\", "/")).name or "unnamed"
        files = SingleFile(source, main)
    data = files.read(main)
    kind = sniff(data, main)
    neighbours = Neighbours(files, main)
    model = _READERS[kind](data, neighbours)
    said = []
    ending = PurePosixPath(main).suffix.lower().removeprefix(".")
    if ending in _MAIN and ending != kind:
        said.append(f"the file is called .{ending}, but it is {kind.upper()} and was read as that")
    return repaired(replace(model, report=(*said, *model.report)))


def _starts(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _main_of(files: Files) -> str:
    """The file to be read among several: by ending, then the one nearest to the top, then the largest name order."""
    names = [name for name in files.names() if not PurePosixPath(name).name.startswith("._")]
    for ending in _MAIN:
        found = [name for name in names if name.lower().endswith(f".{ending}")]
        if found:
            return min(found, key=lambda name: (name.count("/"), name))
    if any(name.lower().endswith((".zip", ".gz", ".7z", ".rar")) for name in names):
        raise Unsupported("the archive holds an archive; archives within archives are not read")
    raise Unsupported(f"none of its {len(names)} files is a model that is read here (GLB, glTF, OBJ, PLY, STL, OFF)")


def sniff(data: bytes, name: str) -> str:
    """Which reader to use: `glb`, `gltf`, `obj`, `ply`, `stl` or `off`.

    Raises:
        Malformed: it claims by its name to be something that it is not.
        Unsupported: it is nothing that is read here.
    """
    head = data[:_HEAD]
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith((b"ply\n", b"ply\r")):
        return "ply"
    if len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(data[80:84], "little"):
        return "stl"
    if text.startswith(b"{"):
        return "gltf"
    if text[:5].lower() == b"solid" and b"facet" in data[: 1 << 16]:
        return "stl"
    if text.split(maxsplit=1)[:1] in ([b"OFF"], [b"COFF"], [b"NOFF"], [b"CNOFF"], [b"STOFF"]):
        return "off"
    if ending in ("obj", "stl", "off") or (ending not in _MAIN and _looks_like_obj(data)):
        return ending if ending in _MAIN else "obj"
    if ending in _MAIN:
        raise Malformed(f"the file is called .{ending}, but it does not begin like one: {head[:16]!r}")
    raise Unsupported(f"the file begins with {head[:16]!r}; GLB, glTF, OBJ, PLY, STL, OFF and zips of them are read")


def _looks_like_obj(data: bytes) -> bool:
    lines = data[: 1 << 16].splitlines()
    known = (b"v ", b"vt ", b"vn ", b"f ", b"#", b"mtllib ", b"usemtl ", b"o ", b"g ", b"s ")
    return any(line.startswith(b"v ") for line in lines) and all(
        not line.strip() or line.lstrip().startswith(known) for line in lines[:-1]
    )


def _obj(data: bytes, neighbours: Neighbours) -> Model:
    from pipeline import obj

    return obj.read(data, neighbours)


def _ply(data: bytes, neighbours: Neighbours) -> Model:
    from pipeline import ply

    return ply.read(data, neighbours)


def _stl(data: bytes, _neighbours: Neighbours) -> Model:
    from pipeline import stl

    return stl.read(data)


def _off(data: bytes, _neighbours: Neighbours) -> Model:
    from scenes import meshes

    return meshes.read(data, "off")


_READERS: dict[str, Reader] = {
    "glb": gltf.read_glb,
    "gltf": gltf.read_json,
    "obj": _obj,
    "ply": _ply,
    "stl": _stl,
    "off": _off,
}
