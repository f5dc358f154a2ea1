"""Signed distances to a surface: `tiling.signed` beside libigl, and the whole comparison of two scans.

The later surface is the earlier one with a gain and a loss of some thousandths of its size and noise of a
hundred-thousandth. Points are vertices of it, for all in the order of a Hilbert curve. Processor time (libigl works on
all cores), building and asking told apart by asking for few and for many points. libigl (PyPI) is measured where it is
there and installed by nobody: its wheel holds parts under the GPL beside those under the MPL (docs/adr/0010).
Signs are compared where neither noise nor a border decides; what is left lies at folds, where triangles of the scan lie
back to back and no sign is right.

Clouds are points spread over the same two surfaces, so what the surfaces say is what clouds are held against.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.inputs import inputs
from tiling import change, change_points, distance, signed

Row = tuple[str, str, str, float, str]
Points = NDArray[np.float32]
Triangles = NDArray[np.uint32]

_MOST = 200_000
_FEW = 1_000
_CLOUD = 1_000_000
"""points of each cloud"""


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    has_igl = importlib.util.find_spec("igl") is not None
    if not has_igl:
        print("not installed and left out: libigl", file=sys.stderr)
    for given in inputs():
        surface = given.load()
        middle = surface.positions.mean(axis=0)
        earlier = np.ascontiguousarray(surface.positions - middle, np.float32)
        triangles = np.ascontiguousarray(surface.triangles, np.uint32)
        later = _changed(earlier)
        step = max(1, len(later) // _MOST)
        start = len(later) // 3
        points = later[start : start + _MOST] if step > 1 else later
        points = points[distance.along_curve(points)]
        yield from _ours(given.name, earlier, triangles, points)
        if has_igl:
            yield from _libigl(given.name, earlier, triangles, points)
        yield from _whole(given.name, (earlier, triangles), (later, triangles))
        yield from _clouds(given.name, (earlier, triangles), (later, triangles))


def _changed(positions: Points) -> Points:
    chance = np.random.default_rng(1)
    size = float(np.linalg.norm(np.ptp(positions, axis=0)))
    waves = np.sin(positions @ (np.array([7.0, 5.0, 3.0]) / size) * 3.0)
    outwards = positions / np.maximum(np.linalg.norm(positions, axis=1, keepdims=True), 1e-9)
    amount = size * (0.01 * np.clip(np.abs(waves) - 0.8, 0.0, None) * np.sign(waves))
    noise = chance.normal(scale=1e-5 * size, size=positions.shape)
    return (positions + amount[:, None] * outwards + noise).astype(np.float32)


def _taken(work: Callable[[], Any]) -> tuple[float, Any]:
    start = process_time()
    found = work()
    return process_time() - start, found


def _ours(given: str, positions: Points, triangles: Triangles, points: Points) -> Iterator[Row]:
    signed.signed(
        signed.surface(positions[triangles[:8]].reshape(-1, 3), np.arange(24, dtype=np.uint32).reshape(-1, 3)),
        points[:8],
    )
    built, to = _taken(lambda: signed.surface(positions, triangles))
    yield "tiling.signed", given, "build", built, "s"
    best = np.full(len(points), np.inf, np.float32)
    taken, _ = _taken(lambda: distance.nearest(to.tree, points, best=best))
    yield "tiling.distance", given, "a point, without a sign", taken / len(points) * 1e6, "µs"
    taken, (_, is_border) = _taken(lambda: signed.signed(to, points))
    yield "tiling.signed", given, "a point", taken / len(points) * 1e6, "µs"
    yield "tiling.signed", given, "taken for uncovered", float(is_border.mean()) * 1e6, "ppm"


def _libigl(given: str, positions: Points, triangles: Triangles, points: Points) -> Iterator[Row]:
    import igl

    corners, faces, asked = positions.astype(np.float64), triangles.astype(np.int64), points.astype(np.float64)
    kinds: dict[str, Callable[[NDArray[np.float64]], Any]] = {
        "a point, without a sign": lambda some: igl.point_mesh_squared_distance(some, corners, faces)[0],
        "a point": lambda some: igl.signed_distance(some, corners, faces, igl.SIGNED_DISTANCE_TYPE_PSEUDONORMAL)[0],
    }
    for metric, ask in kinds.items():
        few, _ = _taken(lambda ask=ask: ask(asked[:_FEW]))
        many, found = _taken(lambda ask=ask: ask(asked))
        yield "libigl", given, metric, (many - few) / (len(asked) - _FEW) * 1e6, "µs"
        if metric == "a point":
            yield "libigl", given, "build", few, "s"
            own, is_border = signed.signed(signed.surface(positions, triangles), points)
            size = float(np.linalg.norm(np.ptp(positions, axis=0)))
            clear = (np.abs(found) > 1e-5 * size) & ~is_border
            yield (
                "tiling.signed",
                given,
                "farthest from libigl",
                float(np.abs(np.abs(found) - np.abs(own)).max()) / size * 1e6,
                "ppm of size",
            )
            yield (
                "tiling.signed",
                given,
                "signs other than libigl's",
                float((np.sign(found) != np.sign(own))[clear].mean()) * 1e6,
                "ppm",
            )


def _whole(given: str, earlier: tuple[Points, Triangles], later: tuple[Points, Triangles]) -> Iterator[Row]:
    taken, (found, _, _) = _taken(lambda: change.measured(earlier, later))
    points = 2 * found.samples + len(later[0])
    yield "tiling.change", given, "two surfaces compared", taken, "s"
    yield "tiling.change", given, "points", points / taken * 60e-6, "M a minute"


def _clouds(given: str, earlier: tuple[Points, Triangles], later: tuple[Points, Triangles]) -> Iterator[Row]:
    """Cloud to cloud and surface to cloud, beside what the surfaces themselves say of gained and lost volume."""
    old, new = (change_points.Cloud(distance.scatter(*each, _CLOUD)[0]) for each in (earlier, later))
    change_points.measured(change_points.Cloud(old.points[::100]), change_points.Cloud(new.points[::100]))
    known = change.measured(earlier, later)[0]
    for name, one in (("clouds", old), ("surface and cloud", earlier)):
        taken, (found, *_) = _taken(lambda one=one: change_points.measured(one, new, threshold=known.threshold))
        yield "tiling.change_points", given, f"two {name} compared" if one is old else f"{name} compared", taken, "s"
        yield "tiling.change_points", given, f"{name}: points", len(new.points) / taken * 60e-6, "M a minute"
        for which in ("gained", "lost"):
            own, other = (getattr(each, f"{which}_volume") for each in (found, known))
            yield "tiling.change_points", given, f"{name}: {which}, off", abs(own / other - 1.0) * 100.0, "%"
