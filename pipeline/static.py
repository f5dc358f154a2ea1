"""A folder of tiles for any web server: put in place from where it was made, the document last."""

from __future__ import annotations

import errno
import re
import shutil
from typing import TYPE_CHECKING

from pipeline import compress, stamp
from tiling import implicit, tileset

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.asked import TileResult

FILES = re.compile(
    r"tileset(?:-ktx2)?\.json|\.chronotope\.(?:json|copy)|\.ktx2-.*"
    r"|[0-9a-f]{64}\.(?:glb|webp|ktx2|json)(?:\.gz|\.br)?"
    r"|\d+(?:-\d+){2,3}\.(?:glb|subtree)(?:\.gz|\.br)?|tileset\.json\.gz"
)
"""names that such a folder may hold"""
_CODED = (".glb", ".json", ".subtree")


def put(made: Path, out: Path, result: TileResult, *, digest: str, is_implicit: bool, is_coded: bool) -> None:
    """Move what was `made` into `out`, which gets nothing else and keeps nothing of before.

    `digest` is told to the next run. With `is_implicit` tiles get names by place, and `out` is one implicit tileset;
    with `is_coded` every file that shrinks by it has a gzip copy beside it, made now unless it came with the file;
    tiles of points came with a brotli copy.
    """
    if is_implicit:
        _name_by_place(made, result)
    out.mkdir(exist_ok=True)
    # What says that `out` is whole goes first and comes last.
    (out / stamp.NAME).unlink(missing_ok=True)
    names = sorted(path.name for path in made.iterdir() if path.is_file() and path.name != result.document)
    if is_coded:
        for name in [name for name in [*names, result.document] if name.endswith(_CODED)]:
            if f"{name}.gz" not in names:
                (made / f"{name}.gz").write_bytes(compress.gzipped((made / name).read_bytes()))
        names = sorted(path.name for path in made.iterdir() if path.is_file() and path.name != result.document)
    for name in [*names, result.document]:
        _move(made / name, out / name)
    names.append(result.document)
    for path in out.iterdir():
        if path.name not in names:
            path.unlink()
    stamp.write(out, digest, names)


def _move(file: Path, to: Path) -> None:
    """Move a file, to another disk as well; the place never holds a part of it."""
    try:
        file.replace(to)
    except OSError as failed:
        if failed.errno != errno.EXDEV:
            raise
        copy = to.with_name(".chronotope.copy")
        shutil.copyfile(file, copy)
        copy.replace(to)
        file.unlink()


def _name_by_place(made: Path, result: TileResult) -> None:
    tree = tileset.read((made / result.document).read_bytes(), lambda name: (made / name).read_bytes())
    found = implicit.write(tree)
    for name, digest in found.contents.items():
        # Copies: two tiles may have the same content.
        for ending in [each for each in ("", ".gz", ".br") if (made / f"{digest}.glb{each}").exists()]:
            (made / f"{name}{ending}").write_bytes((made / f"{digest}.glb{ending}").read_bytes())
    for name, _, _, media_type in result.files:
        if not media_type.startswith("image/"):
            (made / name).unlink()
            for ending in (".gz", ".br"):
                (made / f"{name}{ending}").unlink(missing_ok=True)
    for name, data in found.documents.items():
        (made / name).write_bytes(data)
