"""Chance that always falls the same way: value noise on a hashed lattice, and tileable noise made in frequency
space.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]


def _hash(ix: NDArray[np.int64], iy: NDArray[np.int64], iz: NDArray[np.int64], seed: int) -> Floats:
    """A number in [0, 1) for each lattice point."""
    h = (ix * 374761393 + iy * 668265263 + iz * 1274126177 + seed * 974711).astype(np.uint64) & np.uint64(0xFFFFFFFF)
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(1274126177)) & np.uint64(0xFFFFFFFF)
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    return np.asarray((h ^ (h >> np.uint64(15))).astype(np.float64) / 4294967296.0)


def value(points: Floats, seed: int = 0) -> Floats:
    """Smooth value noise at (n, 3) points, one lattice cell a unit, in -1 to 1."""
    cell = np.floor(points).astype(np.int64)
    f = points - cell
    f = f * f * f * (f * (f * 6 - 15) + 10)
    total = np.zeros(len(points))
    for dx in (0, 1):
        wx = f[:, 0] if dx else 1 - f[:, 0]
        for dy in (0, 1):
            wy = f[:, 1] if dy else 1 - f[:, 1]
            for dz in (0, 1):
                wz = f[:, 2] if dz else 1 - f[:, 2]
                total += wx * wy * wz * _hash(cell[:, 0] + dx, cell[:, 1] + dy, cell[:, 2] + dz, seed)
    return total * 2 - 1


def fbm(points: Floats, octaves: int = 4, seed: int = 0) -> Floats:
    """Octaves of `value`, each half as strong and twice as fine, in about -1 to 1."""
    total = np.zeros(len(points))
    strength, frequency = 0.5, 1.0
    for octave in range(octaves):
        total += strength * value(points * frequency + 17.3 * octave, seed + octave)
        strength, frequency = strength / 2, frequency * 2
    return total


def flat(x: Floats, z: Floats, scale_m: float, octaves: int = 4, seed: int = 0) -> Floats:
    """`fbm` over the ground, features of about `scale_m` metres; takes and gives arrays of any one shape."""
    points = np.stack([np.ravel(x) / scale_m, np.full(np.size(x), 0.5), np.ravel(z) / scale_m], axis=1)
    return fbm(points, octaves, seed).reshape(np.shape(x))


def ridged(x: Floats, z: Floats, scale_m: float, octaves: int = 4, seed: int = 0) -> Floats:
    """Sharp crests, as of bare rock, in about 0 to 1."""
    points = np.stack([np.ravel(x) / scale_m, np.full(np.size(x), 0.5), np.ravel(z) / scale_m], axis=1)
    total = np.zeros(len(points))
    strength = 0.5
    for octave in range(octaves):
        total += strength * (1 - np.abs(value(points * 2.0**octave + 9.1 * octave, seed + octave))) ** 2
        strength /= 2
    return total.reshape(np.shape(x))


def cloud(size_px: int, slope: float, seed: int, finest: float = 0.5, stretch: tuple[float, float] = (1, 1)) -> Floats:
    """Tileable noise, power falling with frequency to `slope`, mean 0 and deviation 1.

    `finest` cuts frequencies above that share of the sampling rate, `stretch` squeezes rows and columns (grain of
    wood).
    """
    noise = np.random.default_rng(seed).standard_normal((size_px, size_px))
    fy = np.fft.fftfreq(size_px)[:, None] * stretch[0]
    fx = np.fft.fftfreq(size_px)[None, :] * stretch[1]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1
    strength = frequency ** (-slope / 2)
    strength[0, 0] = 0
    strength[frequency > finest] = 0
    out = np.real(np.fft.ifft2(np.fft.fft2(noise) * strength))
    return np.asarray((out - out.mean()) / out.std())


def cells(size_px: int, count: int, seed: int, nearest: int = 2) -> tuple[Floats, NDArray[np.int64]]:
    """Tileable cells: distances in pixels to the `nearest` seeds, (size, size, nearest), and the nearest one's
    number."""
    seeds = np.random.default_rng(seed).random((count, 2)) * size_px
    tree = cKDTree(seeds, boxsize=np.full(2, float(size_px)))
    grid = np.stack(np.meshgrid(np.arange(size_px), np.arange(size_px), indexing="ij"), axis=-1) + 0.5
    distance, number = tree.query(grid.reshape(-1, 2), k=nearest)
    return (
        np.asarray(distance).reshape(size_px, size_px, nearest),
        np.asarray(number, dtype=np.int64)[:, 0].reshape(size_px, size_px),
    )


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
