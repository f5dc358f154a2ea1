"""A model that is several files, made into the one file of a deposit: a zip of it and of what it refers to.

Only files beside or below the model are taken, and only those that it names: a folder of scans often holds what nobody
meant to give away. What a model names elsewhere is left out, so that the tiler says what is wrong with it. The same
files give the same zip, so that depositing them twice keeps one master.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_TEXT = 64 << 20
_MAP = re.compile(r"^\s*(?:map_\w+|bump|disp|decal|norm|refl)\s+(?:.*\s)?(\S+)\s*$", re.MULTILINE | re.IGNORECASE)
_LIBRARY = re.compile(r"^\s*mtllib\s+(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_PLY_TEXTURE = re.compile(r"^comment TextureFile (.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_EPOCH = (1980, 1, 1, 0, 0, 0)


@contextmanager
def one_file(path: Path) -> Iterator[Path]:
    """`path` itself where it stands alone, else a zip of it (or of the folder that it is) as long as the block runs."""
    inside = folder_files(path) if path.is_dir() else [path, *referred(path)]
    root = path if path.is_dir() else path.parent
    if inside == [path]:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="chronotope-") as scratch:
        packed = Path(scratch) / f"{path.name if path.is_dir() else path.stem}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for file in inside:
                entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    while piece := source.read(1 << 20):
                        target.write(piece)
        yield packed


def folder_files(folder: Path) -> list[Path]:
    """The plain files below a folder, but hidden ones and links."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def referred(path: Path) -> list[Path]:
    """Files beside or below `path` that it names, and that those name in turn (OBJ names MTL names pictures)."""
    readers = {".gltf": _named_in_gltf, ".obj": _named_in_obj, ".ply": _named_in_ply}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        return []
    root = path.parent.resolve()
    found: dict[Path, None] = {}
    for base, name in reader(path):
        beside = (base / name).resolve()
        if beside.is_file() and beside.is_relative_to(root) and beside != path.resolve():
            found[path.parent / beside.relative_to(root)] = None
    return sorted(found)


def _named_in_gltf(path: Path) -> Iterator[tuple[Path, str]]:
    try:
        document = json.loads(path.read_bytes()[:_MOST_TEXT])
        entries = [*document.get("buffers", ()), *document.get("images", ())]
        names = [entry["uri"] for entry in entries if "uri" in entry]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return  # No glTF: the tiler says so.
    for name in names:
        if isinstance(name, str) and not name.startswith("data:"):
            yield path.parent, unquote(name)


def _named_in_obj(path: Path) -> Iterator[tuple[Path, str]]:
    for library in _LIBRARY.findall(_text(path)):
        yield path.parent, library
        material = path.parent / library
        if material.is_file() and material.resolve().is_relative_to(path.parent.resolve()):
            for name in _MAP.findall(_text(material)):
                yield material.parent, name.replace("\\", "/")


def _named_in_ply(path: Path) -> Iterator[tuple[Path, str]]:
    with path.open("rb") as file:
        head = file.read(1 << 16).partition(b"end_header")[0].decode("latin-1")
    for name in _PLY_TEXTURE.findall(head):
        yield path.parent, name


def _text(path: Path) -> str:
    # The whole of it: exporters put `mtllib` anywhere. A line of numbers is not what is looked for, so latin-1 does.
    with path.open("rb") as file:
        return file.read(_MOST_TEXT).decode("latin-1")
