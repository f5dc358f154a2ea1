"""The query of the opening: all that the first tiles depend on, so that no round trip is spent on asking.

Values are as docs/protocol.md lists them; whatever is out of range raises StreamError with 4400. What needs the scene
(is `at` EDTF, is there such a hypothesis) is left to those who know it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streaming.errors import StreamError
from streaming.events import Certainty, Quaternion, Vector3
from streaming.frames import FOV_RANGE, MAX_AT, MAX_COUNT, MAX_HELD_DIGESTS, MAX_ID, MAX_METRES, MAX_PIXELS

SUBPROTOCOL = "chronotope.v1"
PARAMETERS = frozenset(
    {"scene", "at", "hypothesis", "certainty", "eye", "gaze", "fov", "size", "error", "bytes", "triangles", "draws",
     "textures", "held"}
)  # fmt: skip
ERROR_RANGE = (0.1, 64.0)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client asks for when it connects; None: as the scene has it."""

    scene: str
    at: str = ""
    hypothesis: str | None = None
    certainty: Certainty = Certainty.POSSIBLE
    eye: Vector3 | None = None
    gaze: Quaternion | None = None
    """unit quaternion"""
    fov: float = 1.0472
    width: int = 1280
    height: int = 720
    error: float = 1.0
    bytes: int = 256 << 20
    triangles: int = 3_000_000
    draws: int = 500
    textures: int = 1536 << 20
    held: int = 0
    """digests that the client will name by `have` before it wants any chunk"""


def read_opening(pairs: Iterable[tuple[str, str]]) -> Opening:
    """The opening out of the query's pairs.

    Raises:
        StreamError: a value is missing, given twice or out of range.

    >>> read_opening([("scene", "scene_1"), ("size", "640x360")]).width
    640
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise StreamError(f"{name[:40]} is given twice")
        given[name] = value
    if not given.get("scene"):
        raise StreamError("scene is missing")
    defaults = Opening("")
    width, height = _size(given.get("size"), defaults)
    return Opening(
        scene=_text(given, "scene", MAX_ID) or "",
        at=_text(given, "at", MAX_AT) or "",
        hypothesis=_text(given, "hypothesis", MAX_ID),
        certainty=_certainty(given.get("certainty")),
        eye=_eye(given.get("eye")),
        gaze=_gaze(given.get("gaze")),
        fov=_number(given, "fov", FOV_RANGE, defaults.fov),
        width=width,
        height=height,
        error=_number(given, "error", ERROR_RANGE, defaults.error),
        bytes=_count(given, "bytes", defaults.bytes),
        triangles=_count(given, "triangles", defaults.triangles),
        draws=_count(given, "draws", defaults.draws),
        textures=_count(given, "textures", defaults.textures),
        held=_held(given.get("held")),
    )


def write_opening(opening: Opening) -> dict[str, str]:
    """The query's pairs; what is as by default is left out.

    >>> write_opening(Opening("scene_1", eye=(0.0, 1.6, 5.0), draws=80))
    {'scene': 'scene_1', 'draws': '80', 'eye': '0.0,1.6,5.0'}
    """
    defaults = Opening("")
    said = {"scene": opening.scene}
    for name in ("at", "hypothesis", "certainty", "fov", "error", "bytes", "triangles", "draws", "textures", "held"):
        if getattr(opening, name) != getattr(defaults, name):
            said[name] = str(getattr(opening, name))
    if opening.eye is not None:
        said["eye"] = ",".join(map(str, opening.eye))
    if opening.gaze is not None:
        said["gaze"] = ",".join(map(str, opening.gaze))
    if (opening.width, opening.height) != (defaults.width, defaults.height):
        said["size"] = f"{opening.width}x{opening.height}"
    return said


def _text(given: Mapping[str, str], name: str, limit: int) -> str | None:
    value = given.get(name) or None
    if value is not None and len(value) > limit:
        raise StreamError(f"{name} is longer than {limit} characters")
    return value


def _certainty(value: str | None) -> Certainty:
    if value not in (None, "", "certain", "possible"):
        raise StreamError("certainty is neither certain nor possible")
    return Certainty(value or "possible")


def _floats(name: str, value: str, count: int) -> list[float]:
    parts = value.split(",", count)
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise StreamError(f"{name} is not {count} numbers with commas between")
    return numbers


def _eye(value: str | None) -> Vector3 | None:
    if not value:
        return None
    x, y, z = _floats("eye", value, 3)
    if max(abs(x), abs(y), abs(z)) > MAX_METRES:
        raise StreamError("eye is not within ±10,000,000 m")
    return x, y, z


def _gaze(value: str | None) -> Quaternion | None:
    if not value:
        return None
    x, y, z, w = _floats("gaze", value, 4)
    length = math.hypot(x, y, z, w)
    if not 1e-6 < length < math.inf:
        raise StreamError("gaze is no quaternion with a direction")
    return x / length, y / length, z / length, w / length


def _number(given: Mapping[str, str], name: str, limits: tuple[float, float], default: float) -> float:
    value = given.get(name)
    if not value:
        return default
    (number,) = _floats(name, value, 1)
    if not limits[0] <= number <= limits[1]:
        raise StreamError(f"{name} is not within {limits[0]} to {limits[1]}")
    return number


def _digits(value: str) -> int:
    """A whole number in ASCII digits; 0, which no parameter allows, for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 16 else 0


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name)
    if not value:
        return default
    number = _digits(value)
    if not 1 <= number <= MAX_COUNT:
        raise StreamError(f"{name} is not a whole number from 1 to 2^53")
    return number


def _held(value: str | None) -> int:
    number = _digits(value or "0")
    if number > MAX_HELD_DIGESTS or not (value or "0").isdigit():
        raise StreamError(f"held is not a whole number up to {MAX_HELD_DIGESTS}")
    return number


def _size(value: str | None, defaults: Opening) -> tuple[int, int]:
    if not value:
        return defaults.width, defaults.height
    width, _, height = value.partition("x")
    pair = _digits(width), _digits(height)
    if not all(1 <= side <= MAX_PIXELS for side in pair):
        raise StreamError("size is not WxH, each from 1 to 16384 pixels")
    return pair
