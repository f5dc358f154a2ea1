"""What a tileset was made of, so that the same is not made twice: a line of JSON beside it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.graph import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.asked import TileSettings

NAME = ".chronotope.json"
OURS = ".chronotope.*"
"""what tells a folder that we made from a source: of a result, or of the work on one"""
_NAMED = (".mtl", ".bin", ".png", ".jpg", ".jpeg", ".webp", ".ktx2", ".tif", ".tiff", ".bmp", ".tga", ".gif")
"""what a file that is read with its folder may name there"""
_OF_THE_RUN = ("workers", "memory_bytes", "most_seconds", "scheduler", "is_measured", "is_coded")
"""settings that change nothing of the result"""


def of(source: Path, name: str, settings: TileSettings) -> str:
    """The digest of an input and of the settings.

    A file counts by its content. Of a folder, in which `name` is read, what that may name counts by size and time of
    change; of one that is read whole, all that is in it. Folders that we made, and hidden ones, do not count.
    """
    told = hashlib.sha256()
    chosen = {key: value for key, value in asdict(settings).items() if key not in _OF_THE_RUN}
    told.update(json.dumps([VERSION, name, chosen], sort_keys=True).encode())
    main = source / name if source.is_dir() else source
    is_whole = not main.is_file()
    if not is_whole:
        with main.open("rb") as file:
            told.update(hashlib.file_digest(file, "sha256").digest())
    for path in _within(source) if source.is_dir() else ():
        if path != main and (is_whole or path.suffix.lower() in _NAMED):
            stat = path.stat()
            told.update(f"{path.relative_to(source)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return told.hexdigest()


def _within(folder: Path) -> Iterator[Path]:
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink() and next(path.glob(OURS), None) is None:
            yield from _within(path)


def write(out: Path, digest: str, files: list[str]) -> None:
    """Say of a finished folder what it was made of, and which files belong to it."""
    (out / NAME).write_text(json.dumps({"source": digest, "files": sorted(files)}))


def matches(out: Path, digest: str) -> bool:
    """Whether a folder was made of just this, and all its files are there."""
    try:
        said = json.loads((out / NAME).read_text())
        return bool(said["source"] == digest and all((out / name).is_file() for name in said["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
