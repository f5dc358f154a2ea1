# ruff: noqa: PLR0917  -- solids have many measures, in a customary order
"""The Doric order: fluted columns with entasis, entablature with its parts, pediment.

Proportions follow mainland temples of about 450–420 BC: column 5.4 lower diameters, entablature about two fifths of the
column's lower half, triglyphs over columns and between, the corner one moved outwards and its interaxial contracted.
Runs are made along x, outside +z, and turned to their sides.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from sample_museum.masonry import stone_tints
from sample_museum.solids import (
    WHITE,
    Colour,
    Part,
    Shape,
    blocks,
    extrude,
    flat,
    join,
    lathe,
    mirror_x,
    move,
    painted,
    scatter,
    turns,
)
from tiling.mesh import Floats


@dataclass(frozen=True, slots=True)
class Column:
    """Measures of a Doric column, metres."""

    height: float
    lower: float
    """diameter at the foot"""
    upper: float
    """diameter below the capital"""
    drums: int = 7
    flutes: int = 20
    entasis: float = 0.018
    """swelling over the straight cone, at its widest"""
    capital: float = 0.0
    """height of echinus and abacus; 0: two fifths of the lower diameter"""
    abacus: float = 0.0
    """its side; 0: 1.18 lower diameters"""

    @property
    def capital_height(self) -> float:
        """Echinus and abacus."""
        return self.capital or 0.42 * self.lower

    @property
    def abacus_side(self) -> float:
        """The square slab on top."""
        return self.abacus or 1.18 * self.lower

    def radius(self, y: Floats) -> Floats:
        """Of the shaft (at the arrises) at a height."""
        t = np.clip(y / (self.height - self.capital_height), 0, 1)
        return np.asarray(
            self.lower / 2 + (self.upper - self.lower) / 2 * t + self.entasis * np.sin(np.pi * t) * (1 - 0.4 * t)
        )


def _flutes(count: int, per_flute: int) -> tuple[Floats, Floats, Floats]:
    """Ring of a fluted shaft of radius 1: angles, radii, and the tilt of each normal from the radius (radians).

    Each flute has its own copy of both arrises, so that these stay sharp.
    """
    t = np.linspace(-1, 1, per_flute + 1)
    step = 2 * np.pi / count
    # Shallow elliptic flutes: 0.06 of the radius deep with twenty of them.
    depth = 0.060 * 20 / count
    sunk = depth * np.sqrt(np.maximum(1 - (0.92 * t) ** 2, 0)) - depth * np.sqrt(1 - 0.92**2)
    tilt = np.arctan2(np.gradient(sunk, t), step / 2)
    angles = (np.arange(count)[:, None] + 0.5) * step + t[None] * step / 2
    return angles.ravel(), np.tile(1 - sunk, count), np.tile(tilt, count)


def shaft(
    column: Column,
    low: float,
    high: float,
    *,
    per_flute: int = 4,
    material: str = "stone",
    colour: Colour = WHITE,
    fluted: bool = True,
    seed: int = 0,
    cut: Floats | None = None,
    joint: float = 0.006,
    spread: float = 0.07,
) -> Shape:
    """The shaft between two heights, drum by drum, with joints. `cut`: extra height at the broken top by angle."""
    if fluted:
        angles, radii, tilts = _flutes(column.flutes, per_flute)
    else:
        facets = column.flutes
        angles = np.repeat(np.arange(facets + 1), 1) * 2 * np.pi / facets
        radii, tilts = np.ones(len(angles)), np.zeros(len(angles))
    drum = (column.height - column.capital_height) / column.drums
    edges = [y for y in np.arange(column.drums + 1) * drum if low + 0.02 < y < high - 0.02]
    rings: list[tuple[float, float, float]] = [(low, 0.0, 0.75)]
    for y in edges:
        rings += [(y - joint, 0.0, 1.0), (y, joint * 1.2, 0.45), (y + joint, 0.0, 1.0)]
    rings.append((high, 0.0, 1.0))
    full: list[tuple[float, float, float]] = []
    for a, b in itertools.pairwise(rings):
        full.append(a)
        if b[0] - a[0] > 0.5 * drum:
            full.append(((a[0] + b[0]) / 2, 0.0, 1.0))
    full.append(rings[-1])
    y = np.array([ring[0] for ring in full])
    inset = np.array([ring[1] for ring in full])
    shade_by = np.array([ring[2] for ring in full])
    r = (column.radius(y) - inset)[:, None] * radii[None]
    # The flutes run out under the annulets and begin above the floor a little flatter.
    ys = np.broadcast_to(y[:, None], r.shape).copy()
    if cut is not None:
        ys[-1] += np.interp(angles % (2 * np.pi), np.linspace(0, 2 * np.pi, len(cut)), cut)
    points = np.stack([r * np.cos(angles), ys, r * np.sin(angles)], axis=-1)
    lean = (column.lower - column.upper) / 2 / column.height
    direction = angles - tilts
    normals = np.stack([np.cos(direction), np.full_like(direction, lean), np.sin(direction)], axis=-1)
    normals = np.broadcast_to(normals[None], points.shape)
    rows, columns = r.shape
    tones = stone_tints(column.drums + 1, seed, spread=spread)
    which = np.clip(((y + 1e-6) / drum).astype(int), 0, column.drums)
    colours = tones[which][:, None] * np.array(colour) * shade_by[:, None, None]
    colours = np.broadcast_to(colours, points.shape).copy()
    colours *= (0.90 + 0.10 * (radii - radii.min()) / max(float(np.ptp(radii)), 1e-9))[None, :, None] if fluted else 1.0
    uvs = np.stack(np.broadcast_arrays(-angles[None] * column.lower / 2, -y[:, None] - which[:, None] * 0.37), axis=-1)
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None]).ravel()
    if fluted:
        a = a[(a % columns) % (per_flute + 1) != per_flute]
    b, d = a + 1, a + columns
    index = np.concatenate([np.stack([a, d, d + 1], 1), np.stack([a, d + 1, b], 1)])
    return (
        Part(
            points.reshape(-1, 3),
            normals.reshape(-1, 3).copy(),
            uvs.reshape(-1, 2).astype(float),
            colours.reshape(-1, 3),
            index.astype(np.uint32),
            material,
        ),
    )


def disc(column: Column, y: float, *, up: bool = True, material: str = "stone", colour: Colour = WHITE) -> Shape:
    """The bed of a drum: a fluted outline filled, with the dowel hole darker."""
    angles, radii, _ = _flutes(column.flutes, 2)
    r = float(column.radius(np.array([y]))[0])
    ring = np.stack([radii * r * np.cos(angles), np.full_like(angles, y), radii * r * np.sin(angles)], axis=1)
    k = len(ring)
    positions = np.concatenate([[[0, y, 0]], ring * np.array([0.12, 1, 0.12]), ring])
    normals = np.broadcast_to(np.array([0.0, 1.0 if up else -1.0, 0.0]), positions.shape).copy()
    i = np.arange(k)
    j = (i + 1) % k
    index = np.concatenate(
        [
            np.stack([np.zeros(k, int), j + 1, i + 1], 1),
            np.stack([i + 1, j + 1, j + 1 + k], 1),
            np.stack([i + 1, j + 1 + k, i + 1 + k], 1),
        ]
    )
    colours = np.broadcast_to(np.array(colour), positions.shape).copy()
    colours[: k + 1] *= 0.5
    return (
        Part(
            positions,
            normals,
            positions[:, ::2].copy(),
            colours,
            (index if up else index[:, ::-1]).astype(np.uint32),
            material,
        ),
    )


def capital(
    column: Column, *, material: str = "stone", colour: Colour = WHITE, band: Colour | None = None, sides: int = 40
) -> Shape:
    """Annulets, echinus and abacus; `band` paints the annulets."""
    tall = column.capital_height
    foot = column.height - tall
    r = column.upper / 2
    edge = column.abacus_side / 2
    half = tall * 0.5
    profile = [(r * 0.985, foot - 0.10 * tall), (r * 0.985, foot)]
    shapes: list[Shape] = [lathe(profile, sides, material, colour)]
    rings = []
    y = foot
    for _ in range(3):
        rings += [(r, y), (r + 0.014, y + 0.006), (r + 0.014, y + 0.022), (r + 0.004, y + 0.028)]
        y += 0.03
    shapes.append(lathe(rings, sides, "paint" if band else material, band or colour))
    t = np.linspace(0, 1, 7)
    swell = r + 0.01 + (edge * 0.97 - r - 0.01) * np.sin(t * np.pi / 2) ** 0.85 * np.linspace(0.72, 1, 7) ** 0.4
    swell[-1] = edge * 0.90
    swell[-2] = edge * 0.965
    shapes.append(
        lathe(
            [(float(a), float(y + (foot + half - y) * b)) for a, b in zip(swell, t, strict=True)],
            sides,
            material,
            colour,
        )
    )
    shapes.append(
        blocks(
            np.array([[0, column.height - (tall - half) / 2, 0]]),
            np.array([[edge, (tall - half) / 2, edge]]),
            material,
            bevel=0.012,
            tints=np.array([colour]),
        )
    )
    return join(shapes)


def column_shape(
    column: Column,
    *,
    material: str = "stone",
    colour: Colour = WHITE,
    band: Colour | None = None,
    per_flute: int = 4,
    fluted: bool = True,
    seed: int = 0,
) -> Shape:
    """A whole column, foot at the origin."""
    return join(
        (
            shaft(
                column,
                0,
                column.height - column.capital_height,
                per_flute=per_flute,
                material=material,
                colour=colour,
                fluted=fluted,
                seed=seed,
            ),
            capital(column, material=material, colour=colour, band=band),
        )
    )


# --- entablature --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of the entablature, linear; `plain` is the stone's own."""

    plain: Colour = WHITE
    triglyph: Colour = WHITE
    taenia: Colour = WHITE
    ground: Colour = WHITE
    """behind the figures of metopes and pediments, soffits between mutules"""
    mutule: Colour = WHITE
    accent: Colour = WHITE
    """sima, acroteria, edges"""
    figure: Colour = WHITE
    material: str = "stone"


BRIGHT = Paint(
    plain=(0.97, 0.95, 0.90),
    triglyph=(0.055, 0.13, 0.33),
    taenia=(0.44, 0.075, 0.045),
    ground=(0.40, 0.065, 0.045),
    mutule=(0.055, 0.13, 0.33),
    accent=(0.62, 0.38, 0.10),
    figure=(0.90, 0.80, 0.66),
)
RESTRAINED = Paint(
    plain=(0.95, 0.92, 0.85),
    triglyph=(0.74, 0.76, 0.78),
    taenia=(0.80, 0.66, 0.56),
    ground=(0.80, 0.74, 0.66),
    mutule=(0.78, 0.78, 0.77),
    accent=(0.84, 0.76, 0.62),
    figure=(0.95, 0.91, 0.83),
)


@dataclass(frozen=True, slots=True)
class Entablature:
    """Measures of an entablature, metres."""

    architrave: float
    frieze: float
    geison: float
    thickness: float
    """of the architrave"""
    triglyph: float
    """width"""
    reach: float
    """of the geison beyond the architrave's face"""

    @property
    def height(self) -> float:
        """All three parts."""
        return self.architrave + self.frieze + self.geison


def triglyph_positions(columns: Floats, half_length: float, width: float) -> Floats:
    """Centres of the triglyphs of a run: over inner columns, at the corners, and between."""
    over = columns.copy()
    over[0], over[-1] = -half_length + width / 2, half_length - width / 2
    between = (over[:-1] + over[1:]) / 2
    return np.sort(np.concatenate([over, between]))


def architrave(
    e: Entablature,
    columns: Floats,
    half_length: float,
    paint: Paint,
    seed: int,
    *,
    corner: bool,
    keep: Floats | None = None,
) -> Shape:
    """Beams from column to column, joints over the columns' axes; two beams behind one another.

    The run's face is at z = 0; it ends at ± half_length, or `thickness` earlier where the neighbouring run takes the
    corner.
    """
    end = half_length if corner else half_length - e.thickness
    joints = np.concatenate([[-end], columns[1:-1], [end]])
    shapes: list[Shape] = []
    beams = len(joints) - 1
    keep = np.ones(beams, dtype=bool) if keep is None else keep
    for row, (depth_from, depth_to) in enumerate(((0.0, 0.5), (0.5, 1.0))):
        c = np.zeros((beams, 3))
        h = np.zeros((beams, 3))
        c[:, 0], h[:, 0] = (joints[:-1] + joints[1:]) / 2, (joints[1:] - joints[:-1]) / 2
        c[:, 1] = h[:, 1] = e.architrave / 2
        c[:, 2], h[:, 2] = -e.thickness * (depth_from + depth_to) / 2, e.thickness / 4
        tints = stone_tints(beams, seed + row, colour=paint.plain, spread=0.07)
        shapes.append(blocks(c[keep], h[keep], paint.material, bevel=0.011, tints=tints[keep], seed=seed + row))
    return join(shapes)


def _triglyph(width: float, height: float, depth: float, paint: Paint) -> Shape:
    """Three bars, two whole and two half channels, a fascia on top; face at z = depth, back at z = 0."""
    w = width / 6
    d = depth
    cut = 0.55 * w
    outline = [
        (-3 * w, d - cut),
        (-2.5 * w, d),
        (-1.5 * w, d),
        (-1.0 * w, d - cut),
        (-0.5 * w, d),
        (0.5 * w, d),
        (1.0 * w, d - cut),
        (1.5 * w, d),
        (2.5 * w, d),
        (3 * w, d - cut),
    ]
    top = height * 0.86
    p = np.array(outline)
    low = np.stack([p[:, 0], np.zeros(len(p)), p[:, 1]], 1)
    high = np.stack([p[:, 0], np.full(len(p), top), p[:, 1]], 1)
    quads: list[Floats] = [np.stack([low[i], low[i + 1], high[i + 1], high[i]]) for i in range(len(p) - 1)]
    side = np.array([[-3 * w, 0, 0], [-3 * w, 0, d - cut], [-3 * w, top, d - cut], [-3 * w, top, 0]])
    quads += [side, side[::-1] * np.array([-1, 1, 1])]
    points = np.concatenate(quads)
    k = len(quads)
    i = np.arange(k) * 4
    index = np.concatenate([np.stack([i, i + 1, i + 2], 1), np.stack([i, i + 2, i + 3], 1)])

    bars = painted(flat(points, index, "paint"), paint.triglyph)
    fascia = blocks(
        np.array([[0, (top + height) / 2, d / 2 + 0.012]]),
        np.array([[width / 2, (height - top) / 2, d / 2 + 0.012]]),
        "paint",
        bevel=0.006,
        tints=np.array([paint.triglyph]),
    )
    return join((bars, fascia))


def _pegs(count: int, spacing: float, radius: float, tall: float, sides: int, colour: Colour, material: str) -> Shape:
    """A row of guttae hanging from y = 0, centred on x = 0."""
    peg = lathe([(radius, -tall), (radius * 0.72, 0)], sides, material, colour)
    cap = lathe([(0.0, -tall), (radius, -tall)], sides, material, colour)
    x = (np.arange(count) - (count - 1) / 2) * spacing
    return scatter(join((peg, cap)), np.stack([x, np.zeros(count), np.zeros(count)], axis=1))


def frieze_and_geison(
    e: Entablature,
    columns: Floats,
    half_length: float,
    paint: Paint,
    seed: int,
    *,
    corner: bool,
    metopes: Shape = (),
    keep: tuple[float, float] | None = None,
    fine: bool = True,
) -> Shape:
    """Taenia with regulae and guttae, triglyphs, metope slabs, and the projecting geison with its mutules.

    Face of the architrave at z = 0, foot of the architrave at y = 0. `keep` limits the run to (from, to) along x.
    Guttae are
    left out where the run is not `fine`: on small buildings nobody sees them.
    """
    low, high = keep or (-half_length, half_length)
    length, middle = high - low, (low + high) / 2
    whole = keep is None
    mitre = 1.0 if whole else 0.0
    shapes: list[Shape] = []
    y0, y1, y2 = e.architrave, e.architrave + e.frieze, e.height
    # Taenia: the fillet that crowns the architrave.
    band = extrude(
        [(0, y0 - 0.10), (0.055, y0 - 0.10), (0.055, y0), (0, y0)], length, "paint", paint.taenia, mitre=mitre
    )
    shapes.append(move(band, x=middle))
    at = triglyph_positions(columns, half_length, e.triglyph)
    at = at[(at > low + 0.01) & (at < high - 0.01)]
    zero = np.zeros(len(at))
    regula = join(
        (
            blocks(
                np.array([[0, y0 - 0.135, 0.026]]),
                np.array([[e.triglyph / 2, 0.035, 0.026]]),
                "paint",
                bevel=0.004,
                tints=np.array([paint.triglyph]),
            ),
            move(
                _pegs(6, e.triglyph / 6, e.triglyph / 17, 0.055, 6 if fine else 4, paint.triglyph, "paint"),
                y=y0 - 0.17,
                z=0.03,
            ),
        )
    )
    shapes.append(scatter(regula, np.stack([at, zero, zero], 1)))
    glyph = move(_triglyph(e.triglyph, e.frieze - 0.004, 0.07, paint), y=y0, z=-0.02)
    shapes.append(scatter(glyph, np.stack([at, zero, zero], 1)))
    # Metope slabs between; the frieze's body behind.
    gaps = np.stack([at[:-1] + e.triglyph / 2, at[1:] - e.triglyph / 2], 1)
    count = len(gaps)
    if count:
        c = np.stack([gaps.mean(1), np.full(count, (y0 + y1) / 2), np.full(count, -0.14)], 1)
        h = np.stack([np.ptp(gaps, axis=1) / 2 + 0.03, np.full(count, e.frieze / 2), np.full(count, 0.10)], 1)
        slab = paint.ground if metopes else paint.plain
        shapes.append(
            blocks(
                c,
                h,
                "paint" if metopes else paint.material,
                bevel=0.004,
                tints=stone_tints(count, seed, colour=slab, spread=0.06),
                seed=seed,
            )
        )
    body_half = length / 2 if (corner or not whole) else half_length - e.thickness
    shapes.append(
        blocks(
            np.array([[middle, (y0 + y1) / 2, -e.thickness / 2 - 0.09]]),
            np.array([[body_half, e.frieze / 2, e.thickness / 2 - 0.09]]),
            paint.material,
            bevel=0.01,
            tints=np.array([paint.plain]),
        )
    )
    # Geison: soffit slopes outwards and down to a drip, corona, crowning moulding.
    r = e.reach
    g = e.geison
    corona = extrude(
        [(-0.2, y1), (0.02, y1), (0.05, y1 + 0.05), (0.05, y1 + 0.10)], length, "paint", paint.taenia, mitre=mitre
    )
    soffit = extrude(
        [(0.05, y1 + 0.10), (r - 0.06, y1 + 0.03), (r - 0.05, y1 + 0.0), (r, y1 + 0.0)],
        length,
        "paint",
        paint.ground,
        mitre=mitre,
    )
    front = extrude(
        [
            (r, y1),
            (r, y1 + g * 0.72),
            (r + 0.025, y1 + g * 0.74),
            (r + 0.05, y1 + g * 0.86),
            (r + 0.07, y1 + g * 0.9),
            (r + 0.07, y2),
            (-e.thickness, y2),
        ],
        length,
        paint.material,
        paint.plain,
        mitre=mitre,
    )
    shapes += [move(s, x=middle) for s in (corona, soffit, front)]
    between = np.sort(np.concatenate([at, (at[:-1] + at[1:]) / 2]))
    zero = np.zeros(len(between))
    tilt = -np.arctan2(0.07, r - 0.11)
    depth = (r - 0.16) / 2
    pegs: Shape = ()
    if fine:
        pegs = scatter(
            _pegs(6, e.triglyph / 6, 0.024, 0.022, 4, (0.9, 0.87, 0.8), "paint"),
            np.array([[0, -0.055, -depth * 0.62], [0, -0.055, 0], [0, -0.055, depth * 0.62]]),
        )
    mutule = join(
        (
            blocks(
                np.array([[0, -0.0275, 0.0]]),
                np.array([[e.triglyph / 2, 0.0275, depth]]),
                "paint",
                bevel=0.005,
                tints=np.array([paint.mutule]),
            ),
            pegs,
        )
    )
    pitch = np.full(len(between), -tilt)

    shapes.append(
        scatter(mutule, np.stack([between, zero + y1 + 0.062, zero + 0.06 + depth], 1), rotations=turns(zero, pitch))
    )
    if metopes:
        shapes.append(metopes)
    return join(shapes)


def raking_geison(e: Entablature, half_width: float, rise: float, paint: Paint) -> Shape:
    """The two sloping cornices of a pediment with their sima, over a face at z = 0 and y = 0 (top of the geison)."""
    slope = np.arctan2(rise, half_width)
    length = float(np.hypot(half_width, rise))
    r = e.reach
    profile = [
        (-0.35, 0.0),
        (r - 0.04, 0.0),
        (r, 0.0),
        (r, 0.20),
        (r + 0.03, 0.22),
        (r + 0.055, 0.28),
        (r + 0.055, 0.30),
    ]
    sima = [
        (r + 0.055, 0.30),
        (r + 0.07, 0.33),
        (r + 0.11, 0.40),
        (r + 0.10, 0.50),
        (r + 0.125, 0.54),
        (r + 0.125, 0.58),
        (r - 0.02, 0.58),
        (r - 0.05, 0.34),
        (-0.35, 0.34),
    ]
    shapes = []
    for side in (-1, 1):
        for line, material, colour in ((profile, paint.material, paint.plain), (sima, "paint", paint.accent)):
            run = extrude(line, length, material, colour, crease_deg=40)
            part = run[0]
            # Plumb cut at the ridge: shift along the slope by the height, so that both sides meet.
            x = part.positions[:, 0] + length / 2
            at_ridge = x > length / 2
            x = np.where(at_ridge, x + part.positions[:, 1] * np.tan(slope), x - 0.02)
            positions = np.stack(
                [
                    x * np.cos(slope) - part.positions[:, 1] * np.sin(slope) - half_width,
                    x * np.sin(slope) + part.positions[:, 1] * np.cos(slope),
                    part.positions[:, 2],
                ],
                1,
            )
            normals = np.stack(
                [-part.normals[:, 1] * np.sin(slope), part.normals[:, 1] * np.cos(slope), part.normals[:, 2]], 1
            )
            made: Shape = (replace(part, positions=positions, normals=normals),)
            if side > 0:
                made = mirror_x(made)
            shapes.append(made)
    return join(shapes)
