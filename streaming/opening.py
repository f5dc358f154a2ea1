"""The query of the opening: all that the first tiles depend on, so that no round trip is spent on asking.

Values are as docs/protocol.md lists them; whatever is out of range raises StreamError with 4400. What needs the scene
(is `at` EDTF, is there such a hypothesis) is left to those who know it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streaming.errors import StreamError
from streaming.events import Certainty, DeviceBudget, Quaternion, Vector3
from streaming.limits import (
    FOV_RANGE,
    MAX_AT,
    MAX_COUNT,
    MAX_DRAWN,
    MAX_HELD,
    MAX_ID,
    MAX_METRES,
    MAX_PIXELS,
    MAX_TOKEN,
    MAX_U32,
)

SUBPROTOCOL = "chronotope.v1"
PARAMETERS = frozenset(
    {"scene", "at", "hypothesis", "certainty", "eye", "gaze", "fov", "size", "error", "profile", "bytes", "triangles",
     "draws", "textures", "encodings", "groups", "held", "resume", "received", "prefetch", "stats"}
)  # fmt: skip
ERROR_RANGE = (0.1, 64.0)
PROFILES: Mapping[str, DeviceBudget] = {
    "headset": DeviceBudget(192 << 20, 700_000, 250, 512 << 20),
    "phone": DeviceBudget(128 << 20, 500_000, 200, 384 << 20),
    "desktop": DeviceBudget(256 << 20, 3_000_000, 500, 1536 << 20),
}
"""budgets of device classes, where the server's settings say nothing else"""
MOST = DeviceBudget(8 << 30, 100_000_000, MAX_DRAWN, 32 << 30)
"""no device holds more; a larger number is an accident, or a wish to make the server work"""
_WORDS = 20
"""content codings that a client may name"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client asks for when it connects; None: as the scene or the profile has it."""

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
    profile: str = "desktop"
    bytes: int | None = None
    triangles: int | None = None
    draws: int | None = None
    textures: int | None = None
    gzip: bool = False
    """whether the client decodes chunks that are coded by gzip"""
    groups: bool = False
    """whether it can draw groups of a tile"""
    held: int = 0
    """files that it will name by HAVE before it wants any chunk"""
    resume: str = ""
    """token of an earlier hello, to go on with that session"""
    received: int = 0
    """messages of that session that it received"""
    prefetch: bool = True
    stats: bool = False
    brotli: bool = False
    """whether it decodes chunks that are coded by brotli"""

    def budget(self, profiles: Mapping[str, DeviceBudget] = PROFILES) -> DeviceBudget:
        """The budget in force: the profile's, what the client said over it, and never more than any device holds.

        >>> Opening("scene_1", profile="phone", draws=80).budget().draws
        80
        """
        device = profiles[self.profile]
        return DeviceBudget(
            self.bytes or device.bytes, self.triangles or device.triangles, self.draws or device.draws,
            self.textures or device.textures,
        ).at_most(MOST)  # fmt: skip


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
    codings = _codings(given.get("encodings"))
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
        profile=_profile(given.get("profile")),
        bytes=_count(given, "bytes"),
        triangles=_count(given, "triangles"),
        draws=_count(given, "draws"),
        textures=_count(given, "textures"),
        gzip="gzip" in codings,
        brotli="br" in codings,
        groups=_truth(given, "groups", default=False),
        held=_up_to(given, "held", MAX_HELD),
        resume=_text(given, "resume", MAX_TOKEN) or "",
        received=_up_to(given, "received", MAX_U32),
        prefetch=_truth(given, "prefetch", default=True),
        stats=_truth(given, "stats", default=False),
    )


def write_opening(opening: Opening) -> dict[str, str]:
    """The query's pairs; what is as by default is left out.

    >>> write_opening(Opening("scene_1", eye=(0.0, 1.6, 5.0), draws=80, gzip=True))
    {'scene': 'scene_1', 'draws': '80', 'eye': '0.0,1.6,5.0', 'encodings': 'gzip'}
    """
    defaults = Opening("")
    said = {"scene": opening.scene}
    for name in ("at", "hypothesis", "certainty", "fov", "error", "profile", "bytes", "triangles", "draws", "textures",
                 "held", "resume", "received"):  # fmt: skip
        if getattr(opening, name) != getattr(defaults, name):
            said[name] = str(getattr(opening, name))
    if opening.eye is not None:
        said["eye"] = ",".join(map(str, opening.eye))
    if opening.gaze is not None:
        said["gaze"] = ",".join(map(str, opening.gaze))
    if (opening.width, opening.height) != (defaults.width, defaults.height):
        said["size"] = f"{opening.width}x{opening.height}"
    if codings := [word for word, is_taken in (("gzip", opening.gzip), ("br", opening.brotli)) if is_taken]:
        said["encodings"] = ",".join(codings)
    for name in ("groups", "prefetch", "stats"):
        if getattr(opening, name) != getattr(defaults, name):
            said[name] = str(int(getattr(opening, name)))
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


def _count(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name)
    if not value:
        return None
    number = _digits(value)
    if not 1 <= number <= MAX_COUNT:
        raise StreamError(f"{name} is not a whole number from 1 to 2^53")
    return number


def _up_to(given: Mapping[str, str], name: str, most: int) -> int:
    value = given.get(name) or "0"
    number = _digits(value)
    if number > most or (number == 0 and value.strip("0")):
        raise StreamError(f"{name} is not a whole number up to {most}")
    return number


def _truth(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name) or ""
    if value not in ("", "0", "1"):
        raise StreamError(f"{name} is neither 0 nor 1")
    return default if not value else value == "1"


def _profile(value: str | None) -> str:
    if (value or "desktop") not in PROFILES:
        raise StreamError(f"profile is none of {', '.join(PROFILES)}")
    return value or "desktop"


def _codings(value: str | None) -> list[str]:
    """Codings by name. Those that we do not know do no harm: the client knows them besides."""
    words = [word.strip().lower() for word in (value or "").split(",", _WORDS)]
    if len(words) > _WORDS:
        raise StreamError(f"encodings are more than {_WORDS}")
    return words


def _size(value: str | None, defaults: Opening) -> tuple[int, int]:
    if not value:
        return defaults.width, defaults.height
    width, _, height = value.partition("x")
    pair = _digits(width), _digits(height)
    if not all(1 <= side <= MAX_PIXELS for side in pair):
        raise StreamError("size is not WxH, each from 1 to 16384 pixels")
    return pair
