"""The one door for clouds of points: what a file is, by its content, and its points in chunks.

As `pipeline.read` does for surfaces, it believes what bytes say over what a name promises. Foreign files are opened in
the sandboxed child only.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline import mapped
from pipeline.files import Zip
from pipeline.mapped import Store
from scenes.errors import TooLarge, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.clouds.source import CloudSource

MOST_BYTES = 512 << 30
_HEAD = 1 << 16
_POINTS = ("xyz", "pts", "asc", "xyzrgb", "xyzn")
_TEXTS = (*_POINTS, "txt", "csv")
_PROMISED = {"las": "las", "laz": "las", "e57": "e57", **dict.fromkeys(_POINTS, "text")}
"""what is a cloud or nothing; .txt and .csv may be anything"""
_MODELS = {"glb", "gltf", "obj", "dae", "stl", "off", "model"}
"""endings of what is no cloud; .model is the part of a 3MF"""
ENDINGS = ("las", "laz", "e57", "ply", *_TEXTS)
FORMATS = "LAS, LAZ, COPC, E57, PLY, and text of points"


def kind_of(path: Path, name: str) -> str:
    """`las`, `e57`, `ply` (without faces) or `text`, or "" where the file is no cloud that is read here.

    Where the name promises one, it is that, and its reader says what is wrong with it.

    Raises:
        Malformed: it is a PLY whose header lies.
    """
    with path.open("rb") as file:
        begin = file.read(_HEAD)
    if begin.startswith(b"LASF"):
        return "las"
    if begin.startswith(b"ASTM-E57"):
        return "e57"
    if begin.startswith((b"ply\n", b"ply\r")):
        from pipeline import ply_header

        return "" if ply_header.has_faces(mapped.source(path)) else "ply"
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    if ending in _TEXTS and ending not in _PROMISED:
        from pipeline.clouds import text

        return "text" if text.looks_like_points(begin) else ""
    return _PROMISED.get(ending, "")


def unpacked(path: Path, scratch: Path) -> tuple[Path, str] | None:
    """The cloud in a zip, put into the folder `scratch`, and its name; None where it is no zip, or holds a model.

    Raises:
        Malformed, TooLarge, ForbiddenReference: the zip is refused (`pipeline.files`).
        Unsupported: it holds several clouds.
    """
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return None
    held = Zip(path, Store(scratch))
    names = [name for name in held.names() if not PurePosixPath(name).name.startswith("._")]
    endings = {name: PurePosixPath(name).suffix.lower().removeprefix(".") for name in names}
    if set(endings.values()) & _MODELS:
        return None
    clouds = [name for name in names if endings[name] in _PROMISED]
    if len(clouds) > 1:
        some = ", ".join(name[:40] for name in clouds[:3])
        raise Unsupported(f"the zip holds {len(clouds)} clouds ({some}); deposit each of them by itself")
    # A PLY may be a surface, and text may be anything: each is looked at where it is the only one.
    for others in (("ply",), ("txt", "csv")):
        clouds = clouds or [name for name in names if endings[name] in others]
    if len(clouds) != 1:
        return None
    out = scratch / f"cloud.{endings[clouds[0]]}"
    with out.open("wb") as file:
        for piece in held.pieces(clouds[0]):
            file.write(piece)
    if kind_of(out, clouds[0]):
        return out, clouds[0]
    out.unlink()
    return None


def open_cloud(path: Path, name: str, *, scratch: Path | None = None) -> CloudSource:
    """A file of points. With `scratch`, a folder, what has to be kept aside is put there and not in memory.

    Headers are looked at before what reads the rest is loaded, which takes longer to start than all else.

    The file and the folder must stay for as long as the cloud is used.

    Raises:
        Malformed: it is broken, or says what is not so.
        Unsupported: it is no cloud of points that is read here.
        TooLarge: it has more bytes than are read.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise TooLarge(f"{name[:80]} has {size:,} bytes; at most {MOST_BYTES:,} are read")
    kind = kind_of(path, name)
    if not kind:
        raise Unsupported(f"the file is no cloud of points; {FORMATS} are read")
    data, store = mapped.source(path), Store(scratch)
    if kind == "las":
        from pipeline.clouds import las_header

        las_header.header(data)
        from pipeline.clouds import las, laz

        return laz.Laz(data, path) if las_header.is_compressed(data) else las.Las(data)
    if kind == "e57":
        from pipeline.clouds import e57_header

        header = e57_header.header(data)
        from pipeline.clouds import e57

        return e57.E57(header)
    if kind == "ply":
        from pipeline.clouds import ply_points

        return ply_points.read(data, store)
    from pipeline.clouds import text

    return text.read(data, store)
