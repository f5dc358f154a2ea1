"""Shapes: triangles with normals, uvs in metres and colours, made of a few kinds of surface and joined into models.

A shape is a tuple of parts, a part is the triangles of one material. Everything is arrays, so that a wall of a thousand
stones is a handful of numpy calls. Uvs are metres; a material says how many metres its texture spans. Colours are
linear
and multiply the material's: they carry what is larger than a texture (dirt, age, paint, contact shadow).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tiling.mesh import Floats, Indices

Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Part:
    """Triangles of one material: positions, normals (n, 3), uvs (n, 2) in metres, colours (n, 3), indices (m, 3)."""

    positions: Floats
    normals: Floats
    uvs: Floats
    colours: Floats
    indices: Indices
    material: str


Shape = tuple[Part, ...]


def join(shapes: Iterable[Shape]) -> Shape:
    """All parts of all shapes."""
    return tuple(part for shape in shapes for part in shape)


def merge(shape: Shape) -> Shape:
    """One part a material, in the order of the materials' names."""
    merged: list[Part] = []
    for material in sorted({part.material for part in shape}):
        parts = [part for part in shape if part.material == material and len(part.indices)]
        if not parts:
            continue
        starts = np.cumsum([0, *(len(part.positions) for part in parts)])
        merged.append(
            Part(
                np.concatenate([part.positions for part in parts]),
                np.concatenate([part.normals for part in parts]),
                np.concatenate([part.uvs for part in parts]),
                np.concatenate([part.colours for part in parts]),
                np.concatenate([part.indices + np.uint32(s) for part, s in zip(parts, starts[:-1], strict=True)]),
                material,
            )
        )
    return tuple(merged)


def triangles(shape: Shape) -> int:
    """How many."""
    return sum(len(part.indices) for part in shape)


# --- moving -------------------------------------------------------------------------------------------------------


def transform(shape: Shape, rotation: Floats, offset: Sequence[float]) -> Shape:
    """Rotate, or mirror, by a 3 × 3 orthogonal matrix, then move."""
    flip = np.linalg.det(rotation) < 0
    return tuple(
        replace(
            part,
            positions=part.positions @ rotation.T + np.asarray(offset, dtype=float),
            normals=part.normals @ rotation.T,
            indices=part.indices[:, ::-1] if flip else part.indices,
        )
        for part in shape
    )


def move(shape: Shape, x: float = 0, y: float = 0, z: float = 0) -> Shape:
    """Shift by metres."""
    return tuple(replace(part, positions=part.positions + np.array([x, y, z], dtype=float)) for part in shape)


def turn(shape: Shape, degrees: float) -> Shape:
    """Turn about the upright axis; +90 takes +z (a face to the south) to +x (east)."""
    return transform(shape, about("y", degrees), (0, 0, 0))


def mirror_x(shape: Shape) -> Shape:
    """Swap east and west."""
    return transform(shape, np.diag([-1.0, 1.0, 1.0]), (0, 0, 0))


def mirror_z(shape: Shape) -> Shape:
    """Swap north and south."""
    return transform(shape, np.diag([1.0, 1.0, -1.0]), (0, 0, 0))


def scaled(shape: Shape, factor: float) -> Shape:
    """Grow all over; uvs stay metres."""
    return tuple(replace(part, positions=part.positions * factor, uvs=part.uvs * factor) for part in shape)


def about(axis: str, degrees: float) -> Floats:
    """Rotation matrix about a coordinate axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def turns(yaw: Floats, pitch: Floats | None = None, roll: Floats | None = None) -> Floats:
    """Rotation matrices (n, 3, 3) from radians: yaw about y, after pitch about x, after roll about z."""
    n = len(yaw)
    one, nil = np.ones(n), np.zeros(n)
    out = _stack(np.cos(yaw), nil, np.sin(yaw), nil, one, nil, -np.sin(yaw), nil, np.cos(yaw))
    if pitch is not None:
        out = out @ _stack(one, nil, nil, nil, np.cos(pitch), -np.sin(pitch), nil, np.sin(pitch), np.cos(pitch))
    if roll is not None:
        out = out @ _stack(np.cos(roll), -np.sin(roll), nil, np.sin(roll), np.cos(roll), nil, nil, nil, one)
    return out


def _stack(*rows: Floats) -> Floats:
    return np.stack(rows, axis=1).reshape(-1, 3, 3)


def scatter(
    shape: Shape,
    offsets: Floats,
    rotations: Floats | None = None,
    sizes: Floats | None = None,
    tints: Floats | None = None,
) -> Shape:
    """Copies of a shape at (k, 3) offsets, each turned, sized and tinted; every copy gets other bits of the texture."""
    k = len(offsets)
    rotations = np.broadcast_to(np.eye(3), (k, 3, 3)) if rotations is None else rotations
    sizes = np.ones(k) if sizes is None else sizes
    tints = np.ones((k, 3)) if tints is None else tints
    shift = np.stack([np.arange(k) * 0.618, np.arange(k) * 0.382], axis=1)
    out: list[Part] = []
    for part in shape:
        n = len(part.positions)
        positions = np.einsum("kij,nj->kni", rotations * sizes[:, None, None], part.positions) + offsets[:, None]
        normals = np.einsum("kij,nj->kni", rotations, part.normals)
        uvs = part.uvs[None] + (0 if part.material in FIXED_UVS else shift[:, None])
        colours = part.colours[None] * tints[:, None]
        indices = part.indices[None] + (np.arange(k, dtype=np.uint32) * np.uint32(n))[:, None, None]
        out.append(
            Part(
                positions.reshape(-1, 3),
                normals.reshape(-1, 3),
                np.broadcast_to(uvs, (k, n, 2)).reshape(-1, 2),
                colours.reshape(-1, 3),
                indices.reshape(-1, 3).astype(np.uint32),
                part.material,
            )
        )
    return tuple(out)


FIXED_UVS = frozenset({"olive", "cypress", "oak", "tuft", "shrub"})
"""Materials whose texture is one picture with an outline, not a surface."""


def shade(shape: Shape, factor: Callable[[Floats], Floats]) -> Shape:
    """Multiply colours by a function of the positions: (n, 3) to (n,) or (n, 3)."""
    out: list[Part] = []
    for part in shape:
        by = factor(part.positions)
        out.append(replace(part, colours=part.colours * (by[:, None] if by.ndim == 1 else by)))
    return tuple(out)


def tint(shape: Shape, colour: Colour) -> Shape:
    """Multiply all colours."""
    return tuple(replace(part, colours=part.colours * np.array(colour)) for part in shape)


def painted(shape: Shape, colour: Colour, material: str | None = None) -> Shape:
    """Set all colours, and the material if one is given."""
    return tuple(
        replace(
            part,
            colours=np.broadcast_to(np.array(colour, dtype=float), part.colours.shape).copy(),
            material=material or part.material,
        )
        for part in shape
    )


# --- surfaces -----------------------------------------------------------------------------------------------------


def _quads(rows: int, columns: int) -> Indices:
    """Two triangles for each cell of a grid of vertices, seen from where rows go up and columns to the right."""
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None]).ravel()
    b, c, d = a + 1, a + columns + 1, a + columns
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.uint32)


def surface(points: Floats, material: str, colour: Colour = WHITE, uvs: Floats | None = None) -> Shape:
    """A smooth sheet from an (r, c, 3) grid, rows upwards, columns to the right as seen from outside."""
    rows, columns, _ = points.shape
    du = np.gradient(points, axis=1)
    dv = np.gradient(points, axis=0)
    normals = np.cross(du, dv)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    if uvs is None:
        u = np.concatenate([np.zeros((rows, 1)), np.cumsum(np.linalg.norm(np.diff(points, axis=1), axis=-1), 1)], 1)
        v = np.concatenate([np.zeros((1, columns)), np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1), 0)], 0)
        uvs = np.stack([u, -v], axis=-1)
    return (
        Part(
            points.reshape(-1, 3).astype(float),
            normals.reshape(-1, 3),
            uvs.reshape(-1, 2).astype(float),
            np.broadcast_to(np.array(colour, dtype=float), (rows * columns, 3)).copy(),
            _quads(rows, columns),
            material,
        ),
    )


def _creased(profile: Floats, crease_deg: float, *, closed: bool) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Points, left-hand normals, lengths along, and segments (start, end) of a polyline, split at its sharp corners."""
    step = np.diff(profile, axis=0, append=profile[:1] if closed else profile[-1:])
    if not closed:
        step = step[:-1]
    length = np.linalg.norm(step, axis=1)
    normal = np.stack([step[:, 1], -step[:, 0]], axis=1) / np.maximum(length, 1e-12)[:, None]
    along = np.concatenate([[0], np.cumsum(length)])
    points: list[Floats] = []
    normals: list[Floats] = []
    ats: list[float] = []
    segments: list[tuple[int, int]] = []
    count = len(step)
    cos = np.cos(np.radians(crease_deg))
    for i in range(count):
        before, after = (i - 1) % count, (i + 1) % count
        start, end = normal[i], normal[i]
        if (closed or i > 0) and normal[before] @ normal[i] > cos:
            start = normal[before] + normal[i]
        if (closed or i < count - 1) and normal[after] @ normal[i] > cos:
            end = normal[after] + normal[i]
        j = (i + 1) % len(profile)
        points += [profile[i], profile[j]]
        normals += [start / np.linalg.norm(start), end / np.linalg.norm(end)]
        ats += [along[i], along[i + 1]]
        segments.append((2 * i, 2 * i + 1))
    return np.array(points), np.array(normals), np.array(ats), np.array(segments)


def lathe(
    profile: Sequence[tuple[float, float]],
    sides: int,
    material: str,
    colour: Colour = WHITE,
    *,
    crease_deg: float = 35,
    arc: tuple[float, float] = (0, 360),
) -> Shape:
    """A surface of revolution about y from (radius, y) points going up; sharp corners stay sharp."""
    points, normals, along, segments = _creased(np.array(profile, dtype=float), crease_deg, closed=False)
    angle = np.radians(np.linspace(arc[0], arc[1], sides + 1))
    c, s = np.cos(angle), np.sin(angle)
    p = np.stack([points[:, :1] * c, np.broadcast_to(points[:, 1:], (len(points), sides + 1)), points[:, :1] * s], -1)
    n = np.stack(
        [normals[:, :1] * c, np.broadcast_to(normals[:, 1:], (len(points), sides + 1)), normals[:, :1] * s], -1
    )
    widest = float(np.abs(points[:, 0]).max())
    uvs = np.stack(np.broadcast_arrays(-angle[None] * widest, -along[:, None]), axis=-1)
    columns = np.arange(sides)[None]
    a = segments[:, :1] * (sides + 1) + columns
    d = segments[:, 1:] * (sides + 1) + columns
    quads = np.concatenate([np.stack([a, d, d + 1], -1).reshape(-1, 3), np.stack([a, d + 1, a + 1], -1).reshape(-1, 3)])
    # Where a ring shrinks to a point one of the two triangles has no area.
    corner = p.reshape(-1, 3)[quads]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    return (
        Part(
            p.reshape(-1, 3),
            n.reshape(-1, 3),
            uvs.reshape(-1, 2).astype(float),
            np.broadcast_to(np.array(colour, dtype=float), (p.shape[0] * p.shape[1], 3)).copy(),
            quads[area > 1e-10].astype(np.uint32),
            material,
        ),
    )


def extrude(
    profile: Sequence[tuple[float, float]],
    length: float,
    material: str,
    colour: Colour = WHITE,
    *,
    crease_deg: float = 35,
    mitre: float = 0.0,
    closed: bool = False,
    caps: bool = False,
    pieces: int = 1,
) -> Shape:
    """A moulding along x, centred, from (outward z, up y) points going up its outer face.

    `mitre` 1 lengthens each end by the outward distance, so that four runs about a rectangle meet at its corners.
    `caps` closes both ends (convex profiles). `pieces` splits the length, for colours.
    """
    outline = np.array(profile, dtype=float)
    points, normals, along, segments = _creased(outline, crease_deg, closed=closed)
    ends = np.linspace(-1, 1, pieces + 1)
    half = length / 2 + mitre * points[:, 0]
    x = half[:, None] * ends[None]
    p = np.stack([x, np.broadcast_to(points[:, 1:], x.shape), np.broadcast_to(points[:, :1], x.shape)], -1)
    n = np.stack(
        [np.zeros_like(x), np.broadcast_to(normals[:, 1:], x.shape), np.broadcast_to(normals[:, :1], x.shape)], -1
    )
    uvs = np.stack([x, np.broadcast_to(-along[:, None], x.shape)], -1)
    columns = np.arange(pieces)[None]
    a = segments[:, :1] * (pieces + 1) + columns
    d = segments[:, 1:] * (pieces + 1) + columns
    quads = np.concatenate([np.stack([a, a + 1, d + 1], -1).reshape(-1, 3), np.stack([a, d + 1, d], -1).reshape(-1, 3)])
    body = Part(
        p.reshape(-1, 3),
        n.reshape(-1, 3),
        uvs.reshape(-1, 2).astype(float),
        np.broadcast_to(np.array(colour, dtype=float), (p.shape[0] * p.shape[1], 3)).copy(),
        quads.astype(np.uint32),
        material,
    )
    if not caps:
        return (body,)
    shapes: list[Shape] = [(body,)]
    for side in (-1.0, 1.0):
        ring = np.stack([side * (length / 2 + mitre * outline[:, 0]), outline[:, 1], outline[:, 0]], axis=1)
        shapes.append(fan(ring[::-1] if side > 0 else ring, material, colour))
    return join(shapes)


def fan(ring: Floats, material: str, colour: Colour = WHITE) -> Shape:
    """A flat convex polygon from its corners, anticlockwise as seen from outside."""
    normal = np.zeros(3)
    for i in range(1, len(ring) - 1):
        normal += np.cross(ring[i] - ring[0], ring[i + 1] - ring[0])
    normal /= max(float(np.linalg.norm(normal)), 1e-12)
    index = np.array([[0, i, i + 1] for i in range(1, len(ring) - 1)], dtype=np.uint32)
    normals = np.broadcast_to(normal, ring.shape).copy()
    return (
        Part(
            ring.astype(float),
            normals,
            project(ring, normals),
            np.broadcast_to(np.array(colour, dtype=float), ring.shape).copy(),
            index,
            material,
        ),
    )


def project(positions: Floats, normals: Floats) -> Floats:
    """Box projection: uvs in metres on the coordinate plane that faces the normal most."""
    axis = np.argmax(np.abs(normals), axis=1)
    x, y, z = positions.T
    u = np.choose(axis, [z, x, x])
    v = np.choose(axis, [-y, z, -y])
    return np.stack([u, v], axis=1)


def flat(positions: Floats, indices: NDArray[np.integer], material: str, colour: Colour = WHITE) -> Shape:
    """Triangles with hard edges: every corner its own vertex, normals of the faces, box-projected uvs."""
    corner = positions[indices].reshape(-1, 3).astype(float)
    tri = corner.reshape(-1, 3, 3)
    normal = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    area = np.linalg.norm(normal, axis=1)
    keep = area > 1e-10
    tri, normal = tri[keep], normal[keep] / area[keep, None]
    corner = tri.reshape(-1, 3)
    normals = np.repeat(normal, 3, axis=0)
    return (
        Part(
            corner,
            normals,
            project(corner, normals),
            np.broadcast_to(np.array(colour, dtype=float), corner.shape).copy(),
            np.arange(len(corner), dtype=np.uint32).reshape(-1, 3),
            material,
        ),
    )


def smooth(positions: Floats, indices: NDArray[np.integer], material: str, colour: Colour = WHITE) -> Shape:
    """Triangles with normals averaged at shared vertices by area, box-projected uvs."""
    normals = vertex_normals(positions, indices)
    return (
        Part(
            positions.astype(float),
            normals,
            project(positions, normals),
            np.broadcast_to(np.array(colour, dtype=float), positions.shape).copy(),
            indices.astype(np.uint32),
            material,
        ),
    )


def vertex_normals(positions: Floats, indices: NDArray[np.integer]) -> Floats:
    """Area-weighted."""
    tri = positions[indices]
    face = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    normals = np.zeros_like(positions, dtype=float)
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(indices[:, corner], face[:, axis], minlength=len(positions))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 1e-12, normals / np.maximum(length, 1e-12), np.array([0.0, 1.0, 0.0]))


def tube(
    path: Floats,
    radii: Floats | Sequence[float],
    sides: int,
    material: str,
    colour: Colour = WHITE,
    *,
    caps: bool = False,
) -> Shape:
    """A round rod along (k, 3) points."""
    path = np.asarray(path, dtype=float)
    radius = np.asarray(radii, dtype=float)
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    reference = np.array([0.0, 1.0, 0.0]) if abs(tangent[:, 1]).mean() < 0.8 else np.array([1.0, 0.0, 0.0])
    if float(np.linalg.norm(np.cross(tangent, reference), axis=1).min()) < 0.05:
        # A path that bends towards the reference (a ring, say): take the direction that it turns about.
        reference = np.linalg.svd(tangent, full_matrices=False)[2][-1]
    across = np.cross(tangent, reference)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    up = np.cross(across, tangent)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ring = across[:, None] * np.cos(angle)[None, :, None] + up[:, None] * np.sin(angle)[None, :, None]
    points = path[:, None] + ring * radius[:, None, None]
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    widest = float(radius.max())
    uvs = np.stack(np.broadcast_arrays(along[:, None], angle[None] * widest), -1)
    k = len(path)
    index = _quads(k, sides + 1)
    body = Part(
        points.reshape(-1, 3),
        ring.reshape(-1, 3),
        uvs.reshape(-1, 2).astype(float),
        np.broadcast_to(np.array(colour, dtype=float), (k * (sides + 1), 3)).copy(),
        index,
        material,
    )
    corner = body.positions[index]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    if float((face * body.normals[index[:, 0]]).sum()) < 0:
        body = replace(body, indices=index[:, ::-1])
    if not caps:
        return (body,)
    start, end = points[0, :-1], points[-1, :-1]
    first = fan(start, material, colour)
    if first[0].normals[0] @ tangent[0] > 0:
        first = fan(start[::-1], material, colour)
    last = fan(end, material, colour)
    if last[0].normals[0] @ tangent[-1] < 0:
        last = fan(end[::-1], material, colour)
    return (body, *first, *last)


# --- blocks -------------------------------------------------------------------------------------------------------

_FACE = np.repeat(np.arange(6), 4)
_AXIS = _FACE // 2
_ONE_HOT = np.eye(3)[_AXIS]


def _block_template() -> tuple[Floats, Indices]:
    """Signs (24, 3) of the corners, four a face, and 44 triangles: 6 faces, 12 edges, 8 corners."""
    signs = np.zeros((24, 3))
    for face in range(6):
        axis, side = face // 2, 1 if face % 2 == 0 else -1
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for corner, (p, q) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
            signs[face * 4 + corner, axis] = side
            signs[face * 4 + corner, a] = p * side
            signs[face * 4 + corner, b] = q
    faces = [[f * 4 + i, f * 4 + j, f * 4 + k] for f in range(6) for i, j, k in ((0, 1, 2), (0, 2, 3))]

    def vertex(axis: int, sign: Floats) -> int:
        return next(i for i in range(24) if _AXIS[i] == axis and (signs[i] == sign).all())

    for a, b in ((0, 1), (1, 2), (2, 0)):
        c = 3 - a - b
        for sa in (-1, 1):
            for sb in (-1, 1):
                low, high = np.zeros(3), np.zeros(3)
                low[a], low[b], low[c] = sa, sb, -1
                high[a], high[b], high[c] = sa, sb, 1
                quad = [vertex(a, low), vertex(b, low), vertex(b, high), vertex(a, high)]
                faces += [[quad[0], quad[1], quad[2]], [quad[0], quad[2], quad[3]]]
    faces += [
        [vertex(0, np.array(s)), vertex(1, np.array(s)), vertex(2, np.array(s))]
        for s in ((x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0))
    ]
    index = np.array(faces)
    # Wind every triangle outwards: the template is convex about the origin.
    points = signs * (1 - 0.1 * (1 - np.eye(3)[_AXIS]))
    tri = points[index]
    inward = (np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0]) * tri.mean(1)).sum(1) < 0
    index[inward] = index[inward][:, ::-1]
    return signs, index.astype(np.uint32)


_SIGNS, _BLOCK = _block_template()


def blocks(
    centres: Floats,
    halves: Floats,
    material: str,
    *,
    bevel: float = 0.012,
    rotations: Floats | None = None,
    tints: Floats | None = None,
    wear: float = 0.0,
    seed: int = 0,
    bottom: bool = True,
) -> Shape:
    """Boxes with rounded edges, 44 triangles each: centres and half sizes (k, 3), metres.

    `wear` moves corners by chance, metres; without `bottom` the face below is left out (it lies on something).
    """
    centres, halves = np.atleast_2d(centres).astype(float), np.atleast_2d(halves).astype(float)
    k = len(centres)
    b = np.minimum(bevel, halves.min(axis=1) * 0.45)[:, None, None]
    local = _SIGNS[None] * (halves[:, None] - b * (1 - _ONE_HOT[None]))
    rng = np.random.default_rng(seed + k)
    if wear:
        # The three vertices of a corner move together, so that no gap opens.
        corner = ((_SIGNS > 0) @ np.array([1, 2, 4])).astype(int)
        local = local - _SIGNS[None] * (rng.random((k, 8, 3)) ** 2 * wear)[:, corner]
    normals = np.broadcast_to(_SIGNS * _ONE_HOT, local.shape)
    u = np.choose(_AXIS, [local[..., 2], local[..., 0], local[..., 0]])
    v = np.choose(_AXIS, [-local[..., 1], local[..., 2], -local[..., 1]])
    uvs = np.stack([u, v], axis=-1) + rng.random((k, 1, 2)) * 4
    if rotations is not None:
        local = np.einsum("kij,knj->kni", rotations, local)
        normals = np.einsum("kij,knj->kni", rotations, normals)
    tints = np.ones((k, 3)) if tints is None else np.broadcast_to(np.asarray(tints, dtype=float), (k, 3))
    index = _BLOCK if bottom else _BLOCK[~np.isin(_BLOCK, np.flatnonzero(_FACE == 3)).all(axis=1)]
    indices = index[None] + (np.arange(k, dtype=np.uint32) * np.uint32(24))[:, None, None]
    return (
        Part(
            (local + centres[:, None]).reshape(-1, 3),
            normals.reshape(-1, 3).copy(),
            uvs.reshape(-1, 2),
            np.repeat(tints, 24, axis=0).astype(float),
            indices.reshape(-1, 3).astype(np.uint32),
            material,
        ),
    )


def box(
    low: Sequence[float],
    high: Sequence[float],
    material: str,
    colour: Colour = WHITE,
    *,
    bevel: float = 0.012,
    bottom: bool = True,
) -> Shape:
    """One block from corner to corner."""
    a, b = np.array(low, dtype=float), np.array(high, dtype=float)
    return blocks(
        (a + b)[None] / 2, np.abs(b - a)[None] / 2, material, bevel=bevel, tints=np.array([colour]), bottom=bottom
    )


def panels(
    u: Floats,
    v: Floats,
    half_u: Floats,
    half_v: Floats,
    material: str,
    *,
    bevel: float = 0.012,
    bulge: float = 0.0,
    tints: Floats | None = None,
    joint: float = 0.42,
    seed: int = 0,
) -> Shape:
    """Faces of stones in the wall plane z = 0 (x right, y up, outside +z), 10 triangles each.

    The bevel sinks to the joint, which is dark. `bulge` pushes the face outwards by up to so many metres (quarry face).
    """
    k = len(u)
    rng = np.random.default_rng(seed + k)
    b = np.minimum(bevel, np.minimum(half_u, half_v) * 0.45)
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=float)
    out = rng.random(k) * bulge
    x = np.concatenate(
        [u[:, None] + corner[None, :, 0] * (half_u - b)[:, None], u[:, None] + corner[None, :, 0] * half_u[:, None]], 1
    )
    y = np.concatenate(
        [v[:, None] + corner[None, :, 1] * (half_v - b)[:, None], v[:, None] + corner[None, :, 1] * half_v[:, None]], 1
    )
    z = np.concatenate(
        [np.repeat(out[:, None], 4, 1) + (rng.random((k, 4)) * bulge * 0.6), np.repeat(-b[:, None] * 0.9, 4, 1)], 1
    )
    slope = 0.75
    n = np.zeros((k, 8, 3))
    n[..., 2] = 1
    n[:, 4:, 0], n[:, 4:, 1] = corner[None, :, 0] * slope, corner[None, :, 1] * slope
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    tints = np.ones((k, 3)) if tints is None else np.broadcast_to(np.asarray(tints, dtype=float), (k, 3))
    colours = np.repeat(tints[:, None], 8, 1).copy()
    colours[:, 4:] *= joint
    uvs = np.stack([x, -y], -1) + rng.random((k, 1, 2)) * 4
    index = [[0, 1, 2], [0, 2, 3]]
    for i in range(4):
        j = (i + 1) % 4
        index += [[4 + i, 4 + j, j], [4 + i, j, i]]
    indices = np.array(index)[None] + (np.arange(k) * 8)[:, None, None]
    return (
        Part(
            np.stack([x, y, z], -1).reshape(-1, 3),
            n.reshape(-1, 3),
            uvs.reshape(-1, 2),
            colours.reshape(-1, 3),
            indices.reshape(-1, 3).astype(np.uint32),
            material,
        ),
    )
