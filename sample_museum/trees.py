# ruff: noqa: PLR0917  -- solids have many measures, in a customary order
"""Trees, scrub, grass and boulders: trunks as tubes, leaves as small cards with a picture of a spray.

A card's normal points away from the crown's middle, so that a crown takes the light as a soft round body.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_museum.masonry import stone_tints
from sample_museum.noise import fbm
from sample_museum.noise import flat as noise_flat
from sample_museum.solids import Part, Shape, blocks, join, scatter, tube, turns, vertex_normals
from sample_museum.terrain import CORE, TERRACE, height, slope
from sample_museum.terrain import road_distance as _road
from tiling.mesh import Floats, Indices


def _both_sides(count: int) -> Indices:
    """Triangles of `count` cards, seen from both sides with one normal.

    A double-sided material would turn the normal on the far side, and half of a crown would look black.
    """
    i = np.arange(count) * 4
    front = np.concatenate([np.stack([i, i + 1, i + 2], 1), np.stack([i, i + 2, i + 3], 1)])
    return np.concatenate([front, front[:, ::-1]]).astype(np.uint32)


def cards(
    centres: Floats, sizes: Floats, material: str, seed: int, *, middle: Floats, colours: Floats, upright: bool = False
) -> Shape:
    """Square cards (2 triangles each) at (k, 3) centres, turned by chance."""
    k = len(centres)
    rng = np.random.default_rng(seed)
    if upright:
        turned = turns(rng.random(k) * 2 * np.pi)
    else:
        turned = turns(rng.random(k) * 2 * np.pi, (rng.random(k) - 0.5) * 2.2, (rng.random(k) - 0.5) * 2.2)
    corner = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=float) / 2
    positions = np.einsum("kij,nj->kni", turned, corner) * sizes[:, None, None] + centres[:, None]
    out = centres - middle
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    out[:, 1] += 0.35
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=float)
    index = _both_sides(k)
    return (
        Part(
            positions.reshape(-1, 3),
            np.repeat(out, 4, 0),
            np.tile(uv, (k, 1)),
            np.repeat(colours, 4, 0),
            index.astype(np.uint32),
            material,
        ),
    )


def _crown(count: int, lobes: Floats, radii: Floats, size: float, material: str, seed: int) -> Shape:
    """Cards in the shells of several balls."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, len(lobes), count)
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[:, 1] = np.where(direction[:, 1] < -0.35, -direction[:, 1], direction[:, 1])
    reach = radii[which] * (0.55 + 0.45 * rng.random(count) ** 0.5)
    centres = lobes[which] + direction * reach[:, None] * np.array([1, 0.78, 1])
    middle = lobes.mean(0)
    low, high = centres[:, 1].min(), centres[:, 1].max()
    depth = np.linalg.norm(centres - middle, axis=1)
    light = 0.52 + 0.34 * (centres[:, 1] - low) / (high - low) + 0.30 * np.clip(depth / depth.max(), 0, 1) ** 2
    tone = light * (0.86 + 0.28 * rng.random(count))
    hue = np.stack([tone * (0.95 + 0.2 * rng.random(count)), tone, tone * 0.9], 1)
    return cards(
        centres, size * (0.75 + 0.5 * rng.random(count)), material, seed + 1, middle=middle, colours=np.clip(hue, 0, 1)
    )


def olive(seed: int) -> Shape:
    """An old olive, 4 to 5 m."""
    rng = np.random.default_rng(seed)
    shapes: list[Shape] = []
    lobes = []
    t = np.linspace(0, 1, 6)
    twist = rng.random() * 6
    lean = rng.normal(0, 0.18, 2)
    trunk = np.stack(
        [lean[0] * t + 0.10 * np.sin(t * 5 + twist), 1.5 * t - 0.2, lean[1] * t + 0.10 * np.cos(t * 5 + twist)], 1
    )
    shapes.append(tube(trunk, [0.42, 0.30, 0.26, 0.25, 0.27, 0.20], 9, "bark", (0.85, 0.82, 0.78)))
    for n in range(4):
        a = n * 1.6 + rng.random()
        end = trunk[-1] + np.array([np.cos(a) * 1.15, 1.1 + 0.5 * rng.random(), np.sin(a) * 1.15])
        middle = (trunk[-1] + end) / 2 + np.array([0, 0.25, 0])
        shapes.append(
            tube(np.array([trunk[-1] - [0, 0.1, 0], middle, end]), [0.16, 0.11, 0.05], 6, "bark", (0.85, 0.82, 0.78))
        )
        lobes.append(end + np.array([0, 0.15, 0]))
    lobes.append(trunk[-1] + np.array([0, 1.9, 0]))
    shapes.append(_crown(86, np.array(lobes), np.array([1.15, 1.25, 1.1, 1.2, 1.1]), 1.3, "olive", seed + 3))
    return join(shapes)


def oak(seed: int) -> Shape:
    """An oak of the sacred grove, 8 to 9 m."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 5)
    trunk = np.stack([0.2 * np.sin(t * 3 + seed), 3.2 * t - 0.3, 0.2 * np.cos(t * 2.5 + seed) - 0.2], 1)
    shapes: list[Shape] = [tube(trunk, [0.62, 0.42, 0.36, 0.33, 0.28], 10, "bark", (0.62, 0.58, 0.54))]
    lobes = []
    for n in range(6):
        a = n * 1.05 + rng.random() * 0.6
        end = trunk[-1] + np.array([np.cos(a) * 2.3, 1.3 + 1.1 * rng.random(), np.sin(a) * 2.3])
        middle = (trunk[-1] + end) / 2 + np.array([0, 0.4, 0])
        shapes.append(
            tube(np.array([trunk[-1] - [0, 0.2, 0], middle, end]), [0.24, 0.16, 0.07], 6, "bark", (0.62, 0.58, 0.54))
        )
        lobes.append(end)
    lobes += [trunk[-1] + np.array([0.3, 3.6, 0.0]), trunk[-1] + np.array([0, 2.4, 0.5])]
    shapes.append(
        _crown(360, np.array(lobes), np.array([1.7, 1.8, 1.6, 1.9, 1.7, 1.8, 1.7, 1.9]), 1.35, "oak", seed + 3)
    )
    return join(shapes)


def cypress(seed: int, tall: float = 9.0) -> Shape:
    """A cypress: a flame of dark sprays."""
    rng = np.random.default_rng(seed)
    count = 210
    t = rng.random(count) ** 0.85
    radius = (0.18 + 0.92 * np.sin(np.clip(t * 1.12 + 0.10, 0, 1) * np.pi) ** 0.75 * (1 - 0.35 * t)) * tall / 9
    a = rng.random(count) * 2 * np.pi
    r = radius * (0.6 + 0.4 * rng.random(count))
    centres = np.stack([np.cos(a) * r, 0.5 + t * (tall - 0.7), np.sin(a) * r], 1)
    tone = (0.62 + 0.38 * t) * (0.8 + 0.4 * rng.random(count))
    middle = np.stack([np.zeros(count), centres[:, 1], np.zeros(count)], 1)
    leaves = cards(
        centres,
        (0.95 - 0.45 * t) * tall / 9 * 1.1,
        "cypress",
        seed,
        middle=middle,
        colours=np.clip(tone[:, None] * np.array([1, 1, 0.95]), 0, 1),
    )
    trunk = tube(np.array([[0, -0.3, 0], [0, tall * 0.5, 0]]), [0.2, 0.08], 6, "bark", (0.6, 0.55, 0.5))
    return join((leaves, trunk))


def shrub(seed: int) -> Shape:
    """A round bush of the maquis."""
    lobes = np.array([[0, 0.35, 0], [0.35, 0.3, 0.2], [-0.3, 0.3, 0.1]])
    return _crown(20, lobes, np.array([0.45, 0.38, 0.4]), 0.75, "shrub", seed)


def tufts(x: Floats, z: Floats, state: str, seed: int, *, size: float = 0.42, dry: Floats | None = None) -> Shape:
    """Two crossed cards of grass at each place."""
    rng = np.random.default_rng(seed)
    k = len(x)
    tall = size * (0.6 + 0.8 * rng.random(k))
    y = height(state, x, z)
    tone = 0.75 + 0.35 * rng.random(k)
    green = np.clip(0.5 + 0.9 * noise_flat(x, z, 22, 3, seed), 0, 1) if dry is None else dry
    colour = (
        np.array([0.95, 0.85, 0.62])[None] * (1 - green[:, None]) + np.array([0.50, 0.62, 0.26])[None] * green[:, None]
    ) * tone[:, None]
    shapes: list[Shape] = []
    yaw = rng.random(k) * np.pi
    corner = np.array([[-0.6, 0, 0], [0.6, 0, 0], [0.6, 1, 0], [-0.6, 1, 0]], dtype=float)
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=float)
    index = _both_sides(k)
    shade = np.array([0.7, 0.7, 1.0, 1.0])
    for extra in (0.0, np.pi / 2):
        positions = (
            np.einsum("kij,nj->kni", turns(yaw + extra), corner) * tall[:, None, None]
            + np.stack([x, y - 0.03, z], 1)[:, None]
        )
        normals = np.broadcast_to(np.array([0.0, 1.0, 0.0]), (k * 4, 3)).copy()
        colours = np.clip(colour[:, None] * shade[None, :, None], 0, 1)
        shapes.append(
            (Part(positions.reshape(-1, 3), normals, np.tile(uv, (k, 1)), colours.reshape(-1, 3), index, "tuft"),)
        )
    return join(shapes)


def _icosphere(levels: int) -> tuple[Floats, NDArray[np.int64]]:
    g = (1 + 5**0.5) / 2
    points = np.array(
        [
            [-1, g, 0],
            [1, g, 0],
            [-1, -g, 0],
            [1, -g, 0],
            [0, -1, g],
            [0, 1, g],
            [0, -1, -g],
            [0, 1, -g],
            [g, 0, -1],
            [g, 0, 1],
            [-g, 0, -1],
            [-g, 0, 1],
        ],
        dtype=float,
    )
    index = np.array(
        [
            [0, 11, 5],
            [0, 5, 1],
            [0, 1, 7],
            [0, 7, 10],
            [0, 10, 11],
            [1, 5, 9],
            [5, 11, 4],
            [11, 10, 2],
            [10, 7, 6],
            [7, 1, 8],
            [3, 9, 4],
            [3, 4, 2],
            [3, 2, 6],
            [3, 6, 8],
            [3, 8, 9],
            [4, 9, 5],
            [2, 4, 11],
            [6, 2, 10],
            [8, 6, 7],
            [9, 8, 1],
        ]
    )
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    for _ in range(levels):
        corners = points[index]
        middles = np.concatenate([corners[:, [0, 1]].mean(1), corners[:, [1, 2]].mean(1), corners[:, [2, 0]].mean(1)])
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        every, inverse = np.unique(np.round(np.concatenate([points, middles]), 9), axis=0, return_inverse=True)
        k, n = len(index), len(points)
        inverse = inverse.ravel()
        a, b, c = inverse[index[:, 0]], inverse[index[:, 1]], inverse[index[:, 2]]
        ab, bc, ca = inverse[n : n + k], inverse[n + k : n + 2 * k], inverse[n + 2 * k :]
        index = np.concatenate(
            [np.stack([a, ab, ca], 1), np.stack([b, bc, ab], 1), np.stack([c, ca, bc], 1), np.stack([ab, bc, ca], 1)]
        )
        points = every
    return points, index


def boulder(seed: int, levels: int = 2) -> Shape:
    """A weathered rock of about 1 m."""
    points, index = _icosphere(levels)
    bulge = (
        1
        + 0.42 * fbm(points * 1.3 + seed * 7.7, 3, seed)
        + 0.12 * np.round(fbm(points * 2.3 + seed, 2, seed + 3) * 4) / 4
    )
    shaped = points * bulge[:, None] * np.array([0.62, 0.42, 0.52])
    normals = vertex_normals(shaped, index)
    colours = np.clip(0.80 + 0.18 * normals[:, 1:2] + 0.1 * fbm(points * 3, 2, seed)[:, None], 0, 1) * np.array(
        [[0.98, 0.95, 0.90]]
    )
    return (
        Part(shaped, normals, shaped[:, ::2] * 1.0 + shaped[:, 1:2] * 0.5, colours, index.astype(np.uint32), "rock"),
    )


def _free(x: Floats, z: Floats, margin: float) -> NDArray[np.bool_]:
    """Places off the terrace and the road."""
    west, east, north, south = TERRACE
    off = (x < west - margin) | (x > east + margin) | (z < north - margin) | (z > south + margin + 4)
    return np.asarray(off & (_road(x, z)[0] > 3.5))


def _spread(
    rng: np.random.Generator,
    kinds: list[Shape],
    x: Floats,
    z: Floats,
    state: str,
    sink: float,
    sizes: Floats,
) -> Shape:
    y = height(state, x, z) - sink * sizes
    shapes = []
    kind = np.arange(len(x)) % len(kinds)
    yaw = rng.random(len(x)) * 2 * np.pi
    tone = 0.86 + 0.22 * rng.random((len(x), 1)) * np.ones(3)
    for number, shape in enumerate(kinds):
        chosen = kind == number
        if chosen.any():
            at = np.stack([x[chosen], y[chosen], z[chosen]], 1)
            shapes.append(scatter(shape, at, turns(yaw[chosen]), sizes[chosen], np.clip(tone[chosen], 0, 1)))
    return join(shapes)


def olive_grove() -> Shape:
    """Olives in loose rows on the slopes below and beside the terrace; old trees are stand-ins for their forebears."""
    rng = np.random.default_rng(301)
    gx, gz = np.meshgrid(np.arange(-150, 151, 11.0), np.arange(-40, 141, 10.0))
    x = gx.ravel() + rng.normal(0, 1.8, gx.size)
    z = gz.ravel() + rng.normal(0, 1.8, gx.size)
    thin = noise_flat(x, z, 55, 3, 302) > -0.10
    keep = thin & _free(x, z, 9) & (slope("grove", x, z) < 0.62) & (z > -20)
    x, z = x[keep], z[keep]
    trees = _spread(rng, [olive(310 + 7 * n) for n in range(4)], x, z, "grove", 0.05, 0.85 + 0.35 * rng.random(len(x)))
    return join((trees, field_walls()))


def sacred_grove() -> Shape:
    """The oaks of the grove before there was a terrace."""
    rng = np.random.default_rng(321)
    places = np.array(
        [
            [-14, -9],
            [-22, -2],
            [-8, 10],
            [3, -14],
            [14, -10],
            [12, 9],
            [-28, 8],
            [-34, -12],
            [24, -13],
            [47, -11],
            [47, 10],
            [24, 12],
            [-2, 19],
            [-40, 2],
            [36, 15],
            [38, -17],
            [-18, 17],
            [8, 20],
            [-30, -22],
            [16, -22],
        ],
        dtype=float,
    )
    places += rng.normal(0, 0.8, places.shape)
    return _spread(
        rng,
        [oak(330 + 7 * n) for n in range(4)],
        places[:, 0],
        places[:, 1],
        "grove",
        0.05,
        0.8 + 0.4 * rng.random(len(places)),
    )


def cypresses(state: str = "today") -> Shape:
    """A file of cypresses along the edge of the site, planted after the excavation."""
    places = np.array(
        [
            [-52, -14],
            [-53, -19],
            [-52, -24],
            [-51, 14.5],
            [56, -24],
            [57, -18],
            [56.5, -11],
            [56, 20],
            [56, 26],
            [-56, -8],
            [-28, -36],
            [-22, -37.5],
            [34, -37],
            [41, -38],
        ],
        dtype=float,
    )
    rng = np.random.default_rng(341)
    return _spread(
        rng,
        [cypress(350 + n, 8.5 + n) for n in range(3)],
        places[:, 0],
        places[:, 1],
        state,
        0.1,
        0.75 + 0.5 * rng.random(len(places)),
    )


def scrub() -> Shape:
    """Bushes, grass and boulders on hill and slopes."""
    rng = np.random.default_rng(361)
    x, z = rng.uniform(-125, 125, 1500), rng.uniform(-125, 120, 1500)
    keep = _free(x, z, 3) & (noise_flat(x, z, 30, 3, 362) + 0.25 * (z < -30) > 0.02)
    bush_x, bush_z = x[keep][:420], z[keep][:420]
    bushes = _spread(
        rng, [shrub(370 + n) for n in range(3)], bush_x, bush_z, "grove", 0.1, 0.7 + 1.1 * rng.random(len(bush_x))
    )
    x, z = rng.uniform(-110, 110, 1200), rng.uniform(-125, 60, 1200)
    steep = slope("grove", x, z)
    keep = _free(x, z, 2) & ((steep > 0.5) | (rng.random(1200) < 0.08))
    rock_x, rock_z = x[keep][:230], z[keep][:230]
    rocks = _spread(
        rng,
        [boulder(380 + n, 1 if n else 2) for n in range(6)],
        rock_x,
        rock_z,
        "grove",
        0.12,
        0.7 + 2.4 * rng.random(len(rock_x)) ** 3,
    )
    x, z = rng.uniform(CORE[0], CORE[1], 5200), rng.uniform(CORE[2], CORE[3] + 12, 5200)
    keep = _free(x, z, 0.6) & (noise_flat(x, z, 14, 3, 391) > -0.2)
    return join((bushes, rocks, _far_trees(rng), tufts(x[keep][:3000], z[keep][:3000], "grove", 392)))


def overgrowth() -> Shape:
    """Grass, thistles, figs and bushes over the ruin."""
    rng = np.random.default_rng(401)
    x, z = rng.uniform(-45, 51, 5200), rng.uniform(-28, 26.5, 5200)
    keep = noise_flat(x, z, 8, 3, 402) > -0.12
    grass = tufts(x[keep][:3400], z[keep][:3400], "silted", 403, size=0.5)
    x, z = rng.uniform(-45, 51, 260), rng.uniform(-28, 26, 260)
    near = (np.abs(z) > 9.5) | (np.abs(x) > 21) | (rng.random(260) < 0.15)
    x, z = x[near][:130], z[near][:130]
    bushes = _spread(rng, [shrub(410 + n) for n in range(3)], x, z, "silted", 0.1, 0.6 + 0.9 * rng.random(len(x)))
    places = np.array([[-31, -22], [27, -20], [-38, 18], [43, 12], [20, 22], [-6, -23]], dtype=float)
    figs = _spread(
        rng, [oak(421), oak(428)], places[:, 0], places[:, 1], "silted", 0.1, 0.38 + 0.2 * rng.random(len(places))
    )
    return join((grass, bushes, figs))


def lawn(state: str, count: int, seed: int) -> Shape:
    """Sparse dry grass on a kept site."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(-45, 51, count * 3), rng.uniform(-28, 26.5, count * 3)
    keep = (noise_flat(x, z, 11, 4, 85) > 0.1) & ((np.abs(z) > 10.5) | (np.abs(x) > 22))
    return tufts(x[keep][:count], z[keep][:count], state, seed + 1, size=0.3)


def grove_floor() -> Shape:
    """Grass of the early sanctuary."""
    rng = np.random.default_rng(431)
    x, z = rng.uniform(-46, 52, 5000), rng.uniform(-29, 34, 5000)
    keep = (noise_flat(x, z, 9, 3, 432) > -0.1) & (np.hypot(x - 33, z) > 8)
    return tufts(x[keep][:2600], z[keep][:2600], "grove", 433, size=0.4)


def temenos_trees() -> Shape:
    """The sacred trees of the classical terrace: oaks along the northern wall, an old olive by the temple."""
    rng = np.random.default_rng(451)
    oaks = np.array([[-40, -24], [-43, -19], [46, -26.5], [49.0, 2.0], [48.5, -9]], dtype=float)
    olives = np.array([[-26, -14], [-22, -16.5], [27, 21], [34, 22.5], [-39.5, 22.5]], dtype=float)
    big = _spread(rng, [oak(461), oak(468)], oaks[:, 0], oaks[:, 1], "classical", 0.05, 0.7 + 0.25 * rng.random(5))
    small = _spread(
        rng, [olive(475), olive(482)], olives[:, 0], olives[:, 1], "classical", 0.05, 0.9 + 0.3 * rng.random(5)
    )
    return join((big, small, lawn("classical", 1500, 491)))


def archaic_trees() -> Shape:
    """What was left of the grove about the archaic terrace."""
    rng = np.random.default_rng(453)
    places = np.array(
        [[-26, -6], [-24, 7], [-30, -16], [50, -11], [50, 3], [8, -20], [26, -19], [-8, -18], [-34, 2], [33, 25]],
        dtype=float,
    )
    oaks = _spread(
        rng,
        [oak(330 + 7 * n) for n in range(4)],
        places[:, 0],
        places[:, 1],
        "archaic",
        0.05,
        0.75 + 0.35 * rng.random(len(places)),
    )
    x, z = rng.uniform(-46, 52, 4200), rng.uniform(-29, 34, 4200)
    keep = (noise_flat(x, z, 9, 3, 432) > -0.1) & ((x < -18) | (x > 45) | (np.abs(z) > 14))
    return join((oaks, tufts(x[keep][:1500], z[keep][:1500], "archaic", 455, size=0.4)))


def _far_trees(rng: np.random.Generator) -> Shape:
    """Trees too far away to be more than a few cards."""
    lobes = np.array([[0, 1.6, 0], [0.9, 1.3, 0.3], [-0.8, 1.2, -0.2]])
    kind = _crown(9, lobes, np.array([1.1, 0.9, 0.9]), 2.6, "oak", 495)
    x, z = rng.uniform(-322, 322, 5000), rng.uniform(-322, 322, 5000)
    far = np.maximum(np.abs(x), np.abs(z)) > 118
    keep = far & (noise_flat(x, z, 70, 3, 496) > 0.05) & (slope("grove", x, z) < 0.9) & (_road(x, z)[0] > 5)
    x, z = x[keep][:900], z[keep][:900]
    return _spread(rng, [kind], x, z, "grove", 0.2, 0.7 + 0.9 * rng.random(len(x)))


def field_walls() -> Shape:
    """Dry walls that hold the terraces of the olive groves, along the contours."""
    rng = np.random.default_rng(497)
    shapes: list[Shape] = []
    for start_x, z0, length in ((-62, 50, 60), (10, 46, 55), (-30, 62, 75), (58, 40, 40), (30, 76, 70), (-90, 66, 50)):
        x = np.arange(start_x, start_x + length, 0.6)
        z = np.full(len(x), float(z0))
        level = float(height("grove", np.array([x[0]]), np.array([z[0]]))[0])
        for _ in range(14):
            z = z + np.clip((height("grove", x, z) - level) / 0.45, -2, 2)
        keep = (np.abs(np.gradient(z, x)) < 1.5) & _free(x, z, 3)
        x, z = x[keep], z[keep]
        y = height("grove", x, z)
        for row in range(2):
            k = len(x)
            c = np.stack([x + rng.normal(0, 0.08, k), y + 0.08 + 0.32 * row, z + rng.normal(0, 0.06, k)], 1)
            h = np.stack([0.29 + 0.08 * rng.random(k), 0.17 + 0.04 * rng.random(k), 0.18 + 0.08 * rng.random(k)], 1)
            shapes.append(
                blocks(
                    c,
                    h,
                    "rock",
                    bevel=0.05,
                    wear=0.08,
                    seed=498 + row,
                    bottom=False,
                    rotations=turns(rng.normal(0, 0.25, k)),
                    tints=stone_tints(k, 499 + row, colour=(0.95, 0.90, 0.82), spread=0.25),
                )
            )
    return join(shapes)
