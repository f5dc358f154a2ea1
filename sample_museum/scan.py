"""The great temple as a laser scanner found it in 2019: our own models, looked at from tripods, with what that misses.

From each station the nearest thing in every direction is hit, and nothing behind it; so stones have shadows, ground is
dense near a tripod and sparse far off, and no one saw the tops. Ranges scatter by some millimetres, and some rays that
graze an edge end in the air behind it. The file is a LAS in metres, z up, as a surveyor hands it in.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_museum.terrain import height
from sample_museum.works import WORKS
from tiling.mesh import Floats

POINTS = 280_000
_SEED = 2019
_WORKS = (
    "ground_today",
    "temple_crepidoma",
    "temple_columns_standing",
    "raised_columns",
    "temple_broken",
    "temple_fallen_stones",
)
_SOIL = ("ground_today",)
_ALBEDO = {
    "stone": (0.73, 0.68, 0.56),
    "limestone": (0.60, 0.55, 0.45),
    "rock": (0.50, 0.47, 0.42),
    "ground": (0.42, 0.36, 0.25),
    "paint": (0.80, 0.80, 0.80),
}
"""linear light that a material sends back, in the mean of its picture"""
_GROUND, _BUILDING = 2, 6
"""classes of the ASPRS"""
_STATIONS = ((-27.0, -13.0), (1.0, -15.5), (28.0, -12.0), (25.0, 14.5), (-2.0, 15.0), (-28.0, 12.0), (-4.0, 0.5))
"""x and z of the tripods"""
_EYE_M = 1.75
_REACH_M = 45.0
_SAMPLES = 1_400_000
_STEP = np.radians(0.25)
"""between rays"""
_SHADOW = 3
"""rays, across which something in front hides what is behind: samples are too few for one a ray"""
_SLACK_M = 0.35
"""by which things may lie behind one another and still be one surface"""
_RANGE_M, _RANGE_SHARE = 0.003, 3e-5
_MIXED = 0.004
"""of the points: rays that an edge has split"""
_SCALE = 0.001


@dataclass(frozen=True, slots=True)
class _Samples:
    """Points on surfaces."""

    places: Floats
    normals: Floats
    colours: Floats
    """(n, 3) sRGB, 0 to 1"""
    classes: NDArray[np.uint8]


def as_found() -> bytes:
    """The scan, a LAS 1.2; the same bytes each time."""
    chance = np.random.default_rng(_SEED)
    samples = _sampled(chance)
    seen, ways = [], []
    for x, z in _STATIONS:
        eye = np.array([x, float(height("today", np.array([x]), np.array([z]))[0]) + _EYE_M, z])
        found, way = hit(samples.places - eye)
        seen.append(found)
        ways.append(way)
    at, ray = np.concatenate(seen), np.concatenate(ways)
    # Fewer of all alike, in the order in which they were measured.
    kept = np.sort(chance.permutation(len(at))[:POINTS])
    at, ray = at[kept], ray[kept]
    away = np.linalg.norm(ray, axis=1)
    way = ray / away[:, None]
    error = chance.normal(size=len(at)) * (_RANGE_M + _RANGE_SHARE * away)
    error += np.where(chance.random(len(at)) < _MIXED, chance.uniform(0.05, 0.4, len(at)), 0.0)
    facing = np.abs((way * samples.normals[at]).sum(axis=1))
    colours = samples.colours[at]
    echo = colours.mean(axis=1) * (0.25 + 0.75 * facing) * np.minimum(12.0 / away, 1.0) * 48_000
    echo *= np.exp(chance.normal(scale=0.08, size=len(at)))
    return las(samples.places[at] + way * error[:, None], colours, echo, samples.classes[at])


def _sampled(chance: np.random.Generator) -> _Samples:
    """Points at random on all surfaces near the temple, as many as their areas ask for."""
    parts = [
        (part, part.indices[_is_near(part.positions[part.indices])], _GROUND if slug in _SOIL else _BUILDING)
        for slug in _WORKS
        for part in WORKS[slug].shape()
    ]
    areas = [_areas(part.positions[indices]) for part, indices, _ in parts]
    total = sum(float(area.sum()) for area in areas)
    places, normals, colours, classes = [], [], [], []
    for (part, indices, kind), area in zip(parts, areas, strict=True):
        number = round(_SAMPLES * float(area.sum()) / total)
        if not number:
            continue
        own = indices[np.searchsorted(np.cumsum(area) / area.sum(), chance.random(number)).clip(0, len(area) - 1)]
        a, b = chance.random((2, number))
        over = a + b > 1.0
        a[over], b[over] = 1.0 - a[over], 1.0 - b[over]
        weights = np.stack([1.0 - a - b, a, b], axis=1)[:, :, None]
        places.append((part.positions[own] * weights).sum(axis=1))
        normals.append((part.normals[own] * weights).sum(axis=1))
        light = (part.colours[own] * weights).sum(axis=1) * _ALBEDO[part.material]
        light *= np.exp(chance.normal(scale=0.06, size=(number, 1)))
        colours.append(np.where(light <= 0.0031308, light * 12.92, 1.055 * light.clip(1e-9) ** (1 / 2.4) - 0.055))
        classes.append(np.full(number, kind, np.uint8))
    return _Samples(
        places=np.concatenate(places),
        normals=np.concatenate(normals),
        colours=np.concatenate(colours),
        classes=np.concatenate(classes),
    )


def _is_near(corners: Floats) -> NDArray[np.bool_]:
    middle = corners.mean(axis=1)
    near: NDArray[np.bool_] = (np.abs(middle[:, [0, 2]]) < [36.0, 24.0]).all(axis=1)
    return near


def _areas(corners: Floats) -> Floats:
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    found: Floats = np.linalg.norm(cross, axis=1) / 2.0
    return found


def hit(ways: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Which samples, (n, 3) from a tripod's eye, are hit: the first one of each ray that nothing stands before."""
    away = np.linalg.norm(ways, axis=1)
    near = np.flatnonzero((away > 0.8) & (away < _REACH_M))
    ways, away = ways[near], away[near]
    columns = int(2.0 * np.pi / _STEP)
    across = ((np.arctan2(ways[:, 2], ways[:, 0]) + np.pi) / _STEP).astype(np.int64) % columns
    up = ((np.arcsin(ways[:, 1] / away) + np.pi / 2.0) / _STEP).astype(np.int64)
    broad = up // _SHADOW * columns + across // _SHADOW
    first = np.full(int(broad.max()) + 1, np.inf)
    np.minimum.at(first, broad, away)
    # Ground that is looked at along itself reaches far within a ray.
    lit = np.flatnonzero(away <= first[broad] * 1.04 + _SLACK_M)
    ray = up[lit] * columns + across[lit]
    order = np.lexsort((away[lit], ray))
    hit = lit[order[np.flatnonzero(np.diff(ray[order], prepend=-1))]]
    return near[hit], ways[hit]


def las(places: Floats, colours: Floats, echo: Floats, classes: NDArray[np.uint8]) -> bytes:
    """LAS 1.2 (ASPRS), points of format 2; y up becomes z up."""
    rows = np.zeros(
        len(places),
        [
            ("place", "<i4", 3),
            ("echo", "<u2"),
            ("returns", "u1"),
            ("class", "u1"),
            ("rest", "u1", 4),
            ("rgb", "<u2", 3),
        ],
    )
    turned = np.stack([places[:, 0], -places[:, 2], places[:, 1]], axis=1)
    rows["place"] = np.rint(turned / _SCALE)
    rows["echo"] = np.clip(np.rint(echo), 1, 65535)
    rows["returns"], rows["class"] = 0b001001, classes
    rows["rgb"] = np.clip(np.rint(colours * 255.0), 0, 255)
    head = bytearray(227)
    head[:4], head[24], head[25] = b"LASF", 1, 2
    head[26:58], head[58:90] = b"CHRONOTOPE SAMPLE MUSEUM".ljust(32, b"\0"), b"sample_museum.scan".ljust(32, b"\0")
    # The day of the survey: the 161st of 2019.
    struct.pack_into("<HHHIIBHII", head, 90, 161, 2019, 227, 227, 0, 2, rows.dtype.itemsize, len(rows), len(rows))
    ends = [value * _SCALE for axis in rows["place"].T for value in (int(axis.max()), int(axis.min()))]
    struct.pack_into("<12d", head, 131, *[_SCALE] * 3, *[0.0] * 3, *ends)
    return bytes(head) + rows.tobytes()
