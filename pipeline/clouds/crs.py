"""Reference systems as files of points state them: as text, and how many metres a unit has.

PROJ (pyproj) knows the units of what has a number or is written as WKT; it looks nothing up in the network.
"""

from __future__ import annotations

import struct

from scenes.errors import Unsupported

_LONGEST = 1 << 16
_GEOGRAPHIC, _PROJECTED, _UNITS, _VERTICAL, _HEIGHTS = 2048, 3072, 3076, 4096, 4099
_USER, _NONE = 32767, 0
_METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200.0 / 3937.0}
"""by number in EPSG: metre, foot, US survey foot"""


def of_keys(keys: bytes) -> tuple[str, float | None]:
    """Text and metres in a unit (None: not said) of a GeoTIFF key directory, as LAS 1.0 to 1.3 have it.

    >>> of_keys(struct.pack("<12H", 1, 1, 0, 2, 3072, 0, 1, 2994, 3076, 0, 1, 9002))
    ('EPSG:2994', 0.3048)
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
    return text, _METRES.get(found.get(_UNITS, _NONE))


def of_wkt(record: bytes) -> str:
    """The text of a record that holds WKT, without what pads it."""
    return record[:_LONGEST].split(b"\0")[0].decode("utf-8", "replace").strip()


def metres_in_unit(crs: str, stated: float | None) -> tuple[float, str]:
    """Metres in a unit of a reference system, and why in words; 1 where nobody says.

    Raises:
        Unsupported: its coordinates are degrees.
    """
    if not crs:
        return (stated, "as the file states") if stated else (1.0, "the file states no reference system")
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        system = CRS.from_user_input(crs[:_LONGEST])
    except (CRSError, ValueError):
        return (stated, "as the file states") if stated else (1.0, "its reference system is not known")
    if system.is_geographic:
        raise Unsupported(f"its coordinates are degrees ({system.name[:80]}); project it to metres first")
    factors = [axis.unit_conversion_factor for axis in system.axis_info]
    across = stated or (factors[0] if factors and factors[0] > 0.0 else 1.0)
    why = f"{system.name[:80]}"
    if len(factors) > 2 and abs(factors[2] - across) > 1e-9 * across:
        why += f"; its heights are in {system.axis_info[2].unit_name[:40]}, which is not regarded"
    return across, why
