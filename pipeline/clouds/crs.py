"""Reference systems as files of points state them: as text, how many metres a unit has, where on the Earth a place is.

PROJ (pyproj) knows what has a number or is written as WKT; it looks nothing up in the network, so what needs a grid
that is not there (a geoid, the last metre between two datums) is left undone and told.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from scenes.errors import Unsupported
from scenes.model import Georeference, Survey

_LONGEST = 1 << 16
_GEOGRAPHIC, _PROJECTED, _UNITS, _VERTICAL, _HEIGHTS = 2048, 3072, 3076, 4096, 4099
_USER, _NONE = 32767, 0
_NORTHWARD = 100.0
"""units, by which the way to grid north is told"""
_METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200.0 / 3937.0}
"""by number in EPSG: metre, foot, US survey foot"""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says without PROJ: a system as text, and metres in a unit across and of heights (None: not said)."""

    text: str = ""
    across: float | None = None
    heights: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Metres in a unit, across and of heights, and why in words."""

    across: float
    heights: float
    why: str


def of_keys(keys: bytes) -> Stated:
    """What a GeoTIFF key directory says, as LAS 1.0 to 1.3 have it.

    >>> of_keys(struct.pack("<12H", 1, 1, 0, 2, 3072, 0, 1, 2994, 3076, 0, 1, 9002))
    Stated(text='EPSG:2994', across=0.3048, heights=None)
    """
    found: dict[int, int] = {}
    for at in range(8, len(keys) - 7, 8):
        key, place, _, value = struct.unpack_from("<4H", keys, at)
        if place == 0:
            found.setdefault(key, value)
    numbers = (found.get(key, _NONE) for key in (_PROJECTED, _GEOGRAPHIC))
    across = next((number for number in numbers if number not in (_NONE, _USER)), None)
    text = "" if across is None else f"EPSG:{across}"
    height = found.get(_VERTICAL, _USER)
    # Below 5000 stand datums and ellipsoids, which some programs write there.
    if text and height != _USER and height >= 5000:
        text += f"+{height}"
    return Stated(text, _METRES.get(found.get(_UNITS, _NONE)), _METRES.get(found.get(_HEIGHTS, _NONE)))


def of_wkt(record: bytes) -> str:
    """The text of a record that holds WKT, without what pads it."""
    return record[:_LONGEST].split(b"\0")[0].decode("utf-8", "replace").strip()


def measure(stated: Stated) -> Measure:
    """Metres in a unit of a reference system; 1 where nobody says.

    Raises:
        Unsupported: its coordinates are degrees, or count from the middle of the Earth.
    """
    across = stated.across or 1.0
    own = Measure(across, stated.heights or across, "as the file states" if stated.across else "")
    system = _system(stated.text) if stated.text else None
    if system is None:
        why = "its reference system is not known" if stated.text else "the file states no reference system"
        return Measure(own.across, own.heights, own.why or why)
    if system.is_geographic:
        raise Unsupported(f"its coordinates are degrees ({system.name[:80]}); project it to metres first")
    if system.is_geocentric:
        raise Unsupported(f"its coordinates count from the middle of the Earth ({system.name[:80]}); project it first")
    factors = [axis.unit_conversion_factor for axis in system.axis_info]
    across = stated.across or (factors[0] if factors and factors[0] > 0.0 else 1.0)
    heights = stated.heights or (factors[2] if len(factors) > 2 and factors[2] > 0.0 else across)
    why = f"{system.name[:80]}"
    if abs(heights - across) > 1e-9 * across:
        why += f"; heights in units of {heights:.9g} m"
    return Measure(across, heights, why)


def survey(text: str, place: tuple[float, float, float], height_metres: float | None = None) -> Survey | None:
    """Where a place of a file, (3,) in its units, lies on the Earth; None where its system does not say.

    `height_metres` are in a unit of its third coordinate. Coordinates of clouds are east and north, whichever axis a
    system names first (LAS 1.4 R15, 2.4).
    """
    system = _system(text) if text else None
    if system is None or not (system.is_projected or system.is_compound):
        return None
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    flat = system.sub_crs_list[0] if system.is_compound else system.to_2d()
    above = system.sub_crs_list[1].name[:80] if system.is_compound else ""
    x, y, height = place
    try:
        way = Transformer.from_crs(flat, 4326, always_xy=True)
        (east, along), (north, up) = way.transform([x, x], [y, y + _NORTHWARD], errcheck=True)
        turned, _, far = flat.get_geod().inv(east, north, along, up)
    except ProjError:
        return None
    accuracy = way.accuracy if way.accuracy is not None and way.accuracy > 0 else None
    metres = _NORTHWARD * (flat.axis_info[0].unit_conversion_factor or 1.0)
    return Survey(
        Georeference(
            longitude=round(float(east), 9),
            latitude=round(float(north), 9),
            height=round(float(height) * (height_metres or 1.0), 4),
            heading=round(float(turned) % 360.0, 6),
        ),
        scale=round(float(far) / metres, 9),
        above="ellipsoid" if len(system.axis_info) > 2 and not above else above,
        accuracy_m=accuracy,
    )


def told(of: Survey) -> str:
    """A line of a report."""
    where, above = of.where, {"": "what, is not said", "ellipsoid": "the ellipsoid"}.get(of.above, of.above)
    true = "" if of.accuracy_m is None else f", within some {of.accuracy_m:g} m"
    return (
        f"its origin lies at longitude {where.longitude:.7f}, latitude {where.latitude:.7f} (WGS 84{true}), heading "
        f"{where.heading:.4f}, {where.height:.3f} m above {above}; a metre of it is {of.scale:.7f} m of the ellipsoid"
    )


def _system(text: str) -> Any:
    """What PROJ makes of a text, None where it knows no such system."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text[:_LONGEST])
    except (CRSError, ValueError):
        return None
