"""Recordings and pictures in the sandbox: what is kept of a deposit that has no tiles.

The kind is told from the first bytes (`pipeline.media_kinds`); then a child reads it (`work`), and what the child says
and leaves is checked here as tiles are in `pipeline.sandbox`.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.media_kinds import HEAD_BYTES, MEDIA_TYPES, PICTURES, kind_of
from scenes.errors import ParserCrash

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.asked import TileSettings
    from scenes.model import Media

MANIFEST = "media.json"
_MOST_MANIFEST = 1 << 20
_MOST_SERVED = 256 << 20
_MOST_SIDE = 1 << 28
_MOST_SECONDS = 1e9
_MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class MediaResult:
    """What was found, and which file is served of it."""

    media: Media
    media_type: str
    """of the deposited file, by its content"""
    served: str
    """name of a file in the folder; empty: the deposited bytes are served as they are"""
    report: tuple[str, ...]


def kind_in(source: Path) -> str | None:
    """The kind of recording or picture in a file; None where it may be a model. Raises Unsupported."""
    with source.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES), source.stat().st_size)


def examine_in_sandbox(
    source: Path,
    kind: str,
    out: Path,
    *,
    master: str,
    settings: TileSettings,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> MediaResult:
    """Check the recording or picture `source`, of a kind of `pipeline.media_kinds`, in a child with limits.

    `master` is the digest of its bytes. What is served of a picture is in the folder `out` afterwards.

    Raises:
        Malformed, Unsupported, TooLarge: the file is refused.
        StorageFull: the disk is full.
        ParserCrash: the child died.
        Cancelled: `cancelled()` became true; the child is gone.
    """
    from pipeline import sandbox

    request = {"source": str(source.resolve()), "media": kind, "out": str(out.resolve())}
    sandbox.run(request, out, settings=settings, progress=progress, cancelled=cancelled)
    return _checked(source, kind, out, master)


def work(request: dict[str, Any], say: Callable[..., None]) -> None:
    """The child's part: read it, leave the manifest and what is served. Raises as `examine_in_sandbox`."""
    source, kind, out = Path(request["source"]), str(request["media"]), Path(request["out"])
    say(at=kind)
    say(progress=0.0, message="reading")
    if kind in PICTURES:
        from pipeline import pictures

        picture = pictures.checked(source, kind)
        served = f"{hashlib.sha256(picture.served).hexdigest()}.webp"
        (out / served).write_bytes(picture.served)
        found: dict[str, Any] = {"served": served, "width": picture.width, "height": picture.height}
        report = picture.report
    else:
        from pipeline import recordings

        told = [0]

        def progress(fraction: float) -> None:
            if int(fraction * 100) > told[0]:
                told[0] = int(fraction * 100)
                say(progress=fraction, message="listening")

        recording = recordings.checked(source, kind, progress)
        found, report = {"served": "", "duration": recording.duration_s}, recording.report
    (out / MANIFEST).write_text(json.dumps({**found, "report": report}))


def _checked(source: Path, kind: str, out: Path, master: str) -> MediaResult:
    """What the child said, as far as it is true. Raises ParserCrash."""
    from pipeline import sandbox
    from scenes.model import Media

    media_type = MEDIA_TYPES[kind]
    try:
        said = json.loads(sandbox.plain(out / MANIFEST, _MOST_MANIFEST).read_bytes())
        report = tuple(str(line)[:500] for line in said["report"])[:_MOST_LINES]
        if kind in PICTURES:
            name, media = _checked_picture(out, said)
        else:
            duration = _between(float(said["duration"]), _MOST_SECONDS)
            name, media = "", Media(master, media_type, source.stat().st_size, duration_s=duration)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError) as wrong:
        raise ParserCrash(f"what the parser left behind makes no sense: {wrong}") from wrong
    return MediaResult(media, media_type, name, report)


def _checked_picture(out: Path, said: dict[str, Any]) -> tuple[str, Media]:
    from pipeline import sandbox
    from scenes.model import Media

    name = str(said["served"])
    if Path(name).name != name:
        raise ValueError(f"{name[:80]!r} is no name of a file")
    size = sandbox.plain(out / name, _MOST_SERVED).stat().st_size
    name, digest, length, media_type = sandbox.checked_file(out, name, size)
    if media_type != PICTURES["webp"]:
        raise ValueError(f"{name} is no picture")
    width, height = (int(_between(int(said[side]), _MOST_SIDE)) for side in ("width", "height"))
    return name, Media(digest, media_type, length, width=width, height=height)


def _between(value: float, most: float) -> float:
    if not (math.isfinite(value) and 0 < value <= most):
        raise ValueError(f"{value}, expected more than 0 and at most {most}")
    return value
