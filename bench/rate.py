"""Bytes by error: curves of a contender, and what another costs at the same error.

Nexus's figures (peers/nexus.csv: `nxsbuild -n`, `nxcompress -Q 0.02`, positions only; "view" is its whole download from
the root to the cut) are not of the same run. Nexus is under the GPL and not installed here; they were measured in
November 2026 on two shared cores of an AMD EPYC, with 200,000 points a side, as ours are. Bytes and errors don't depend
on the machine, so the comparison holds.
"""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE = Path(__file__).parent / "peers" / "nexus.csv"

Curve = tuple[tuple[float, float], ...]
"""(error, bytes) pairs, by falling error"""


def nexus(given: str, series: str) -> Curve:
    """Nexus's curve of an input ("venus", "terrain"); empty where none is known."""
    with _TABLE.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if (row["input"], row["series"]) == (given, series)]
    return tuple((float(row["rms_ppm"]), float(row["bytes"])) for row in rows)


def bytes_at(curve: Curve, error: float) -> float:
    """Bytes that a curve takes for an error, straight between its points in logarithms; beyond its ends as at the end.

    >>> round(bytes_at(((100.0, 1000.0), (50.0, 4000.0)), 70.71068))
    2000
    """
    points = np.log(np.array(curve))
    x = float(np.log(error))
    for (x0, y0), (x1, y1) in pairwise(points.tolist()):
        if x >= x1 or (x1, y1) == tuple(points[-1]):
            return float(np.exp(y0 + (y1 - y0) * (x - x0) / (x1 - x0)))
    raise ValueError("a curve has at least two points")


def is_inside(curve: Curve, error: float) -> bool:
    """Whether an error lies between the curve's ends, so that `bytes_at` need not guess."""
    errors = [each for each, _ in curve]
    return min(errors) <= error <= max(errors)


def ratio(curve: Curve, error: float, size: float) -> float:
    """Bytes in units of the curve's at the same error."""
    return size / bytes_at(curve, error)


def nearest(shares: Sequence[float], wanted: float, *, within: float = 1.4) -> int | None:
    """Which of several shares of triangles is the wanted one, if any is near enough."""
    if not shares:
        return None
    away = np.abs(np.log(np.asarray(shares) / wanted))
    at = int(np.argmin(away))
    return at if away[at] <= np.log(within) else None
