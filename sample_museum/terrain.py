"""The ground: a spur below a rocky hill, above a valley that opens to the sea, and what people did to it.

East is +x, south is +z, the floor of the classical terrace is y = 0. `CORE` is the rectangle that changes with time,
one
mesh for each state; around it three rings of coarser ground stay for good. At the rim of the core all states agree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from sample_museum.noise import flat, ridged, smoothstep
from sample_museum.solids import Part, Shape, join, vertex_normals
from tiling.mesh import Floats

CORE = (-76.0, 76.0, -56.0, 56.0)
"""West, east, north, south edge of the ground that changes."""
TERRACE = (-46.0, 52.0, -29.0, 27.0)
"""The classical temenos, level at y = 0."""
EARLY_TERRACE = (-17.0, 44.0, -13.0, 13.0)
EARLY_LEVEL = -0.5

STATES = ("grove", "archaic", "classical", "silted", "excavated", "today")

_SLOPE = PchipInterpolator(
    [-900, -500, -400, -300, -200, -120, -80, -55, -40, -29, -15, 0, 14, 27, 45, 70, 110, 160, 230, 320, 500, 900],
    [230, 176, 150, 118, 86, 48, 24, 12, 6.6, 3.6, 1.2, -0.7, -2.6, -5.4, -11, -20, -35, -49, -58, -62, -64, -66],
    extrapolate=False,
)
ROAD = np.array(
    [[-46, 6], [-58, 6.5], [-70, 10], [-86, 19], [-104, 33], [-128, 55], [-160, 92], [-200, 150], [-250, 235]]
)
"""The way up from the valley, (x, z)."""
TRENCHES = (
    (28.5, 40.5, -8.5, 8.5, -1.5),
    (-14.0, -4.0, 13.0, 21.0, -1.9),
    (6.0, 9.0, -18.0, -11.5, -1.3),
    (-37.5, -28.5, -16.5, -7.5, -0.9),
    (12.0, 22.0, 14.5, 21.0, -1.1),
)
"""West, east, north, south and floor of the trenches of the excavation."""
CLEARED = (-30.0, 46.0, -19.0, 23.5)
"""What the excavation freed of silt."""


def natural(x: Floats, z: Floats) -> Floats:
    """Height of the ground before anybody worked it, metres."""
    far = np.hypot(x, z)
    height = _SLOPE(np.clip(z, -900, 900))
    side = np.maximum(np.abs(x + 4) - 62, 0)
    # The spur falls off to both sides; the hill behind widens.
    fall = np.where(side < 220, (side / 60) ** 1.45 * 7.5, (220 / 60) ** 1.45 * 7.5)
    height = height - fall * smoothstep(-420, -60, z) * (1 - smoothstep(60, 260, z) * 0.6)
    height = np.maximum(height, -67 + 3 * flat(x, z, 160, 3, 5))
    rough = smoothstep(-30, -75, z) * smoothstep(-700, -350, z) + 0.35 * smoothstep(40, 60, z) * (
        1 - smoothstep(120, 200, z)
    )
    height = height + rough * (9 * (ridged(x, z, 46, 5, 21) - 0.5) + 2.0 * flat(x, z, 11, 4, 22))
    height = height + flat(x, z, 34, 4, 23) * (0.5 + 1.6 * smoothstep(60, 160, far))
    hills = _far_hills(x, z)
    return np.asarray(height * (1 - smoothstep(420, 1000, far)) + hills * smoothstep(420, 1000, far))


def _far_hills(x: Floats, z: Floats) -> Floats:
    """Mountains behind, lower ranges across the valley, a gap to the sea in the south-west."""
    far = np.hypot(x, z)
    bearing = np.degrees(np.arctan2(x, -z))  # 0 north, 90 east
    open_sea = np.exp(-((((bearing + 128 + 180) % 360 - 180) / 36) ** 2))
    north = np.exp(-((bearing / 75) ** 2))
    ring = smoothstep(500, 1900, far)
    rise = ring * (170 + 260 * north) * (1 - 0.97 * open_sea)
    crest = ridged(x, z, 620, 5, 31)
    height = -64 + rise * (0.35 + 1.15 * crest) + 10 * flat(x, z, 260, 4, 32)
    return np.asarray(height - open_sea * smoothstep(550, 1300, far) * 40)


def road_distance(x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Metres to the road, and how far along it."""
    best = np.full(np.shape(x), 1e9)
    along = np.zeros(np.shape(x))
    done = 0.0
    for a, b in pairwise(ROAD):
        d = b - a
        length = float(np.hypot(*d))
        t = np.clip(((x - a[0]) * d[0] + (z - a[1]) * d[1]) / length**2, 0, 1)
        distance = np.hypot(x - a[0] - t * d[0], z - a[1] - t * d[1])
        along = np.where(distance < best, done + t * length, along)
        best = np.minimum(best, distance)
        done += length
    return best, along


def _road_line() -> tuple[Floats, Floats]:
    at, lengths = [], np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ROAD, axis=0).T))])
    fine = np.linspace(0, lengths[-1], 200)
    x, z = np.interp(fine, lengths, ROAD[:, 0]), np.interp(fine, lengths, ROAD[:, 1])
    height = natural(x, z)
    for _ in range(30):
        height[1:-1] = (height[:-2] + 2 * height[1:-1] + height[2:]) / 4
    height = height * smoothstep(0, 14, fine) + 0.0 * (1 - smoothstep(0, 14, fine))
    at.append(fine)
    return fine, height


_ROAD_LINE: list[tuple[Floats, Floats]] = []


def _with_road(x: Floats, z: Floats, height: Floats) -> Floats:
    if not _ROAD_LINE:
        _ROAD_LINE.append(_road_line())
    distance, along = road_distance(x, z)
    level = np.interp(along, *_ROAD_LINE[0])
    blend = 1 - smoothstep(2.2, 6.0, distance)
    return np.asarray(height * (1 - blend) + level * blend)


def _inside(x: Floats, z: Floats, area: tuple[float, ...], soft_m: float = 0.02) -> Floats:
    west, east, north, south = area[:4]
    distance = np.minimum(np.minimum(x - west, east - x), np.minimum(z - north, south - z))
    return smoothstep(-soft_m, soft_m, distance)


def height(state: str, x: Floats, z: Floats) -> Floats:
    """Height of the ground in one of `STATES`, metres; any shape."""
    x, z = np.asarray(x, dtype=float), np.asarray(z, dtype=float)
    ground = _with_road(x, z, natural(x, z))
    if state == "grove":
        return ground
    small = 0.03 * flat(x, z, 3.0, 3, 41)
    if state == "archaic":
        return np.asarray(ground + (EARLY_LEVEL + small - ground) * _inside(x, z, EARLY_TERRACE))
    inside = _inside(x, z, TERRACE)
    level = small
    classical = ground + (level - ground) * inside
    if state == "classical":
        return np.asarray(classical)
    # Centuries of hill wash: deep along the northern wall, a skirt about the temple, slumps through the southern wall.
    west, east, north, south = TERRACE
    wash = 0.50 + 0.30 * flat(x, z, 9, 4, 51) + 2.3 * np.exp(-np.maximum(z - north, 0) / 7)
    wash = wash + 0.25 * np.exp(-(((np.hypot(x / 1.9, z) - 12) / 5) ** 2))
    slump = np.exp(-(((x - 12) / 9) ** 2)) + np.exp(-(((x + 30) / 6) ** 2))
    wash = wash - 1.5 * slump * smoothstep(14, 27, z)
    edge = np.minimum(np.minimum(x - west, east - x), south - z)
    silted = classical + np.maximum(wash, 0.1) * smoothstep(-0.5, 5.0, edge) * inside
    outside = (1 - inside) * np.exp(-np.maximum(z - south, 0) / 6) * (z > south - 1) * (x > west) * (x < east)
    silted = silted + outside * (1.2 + 2.4 * slump)
    rim = _rim(x, z)
    silted = silted * rim + ground * (1 - rim)
    if state == "silted":
        return np.asarray(silted)
    if state == "excavated":
        dug = silted + (0.02 + small - silted) * _inside(x, z, CLEARED)
        for trench in TRENCHES:
            dug = dug + (trench[4] + 0.12 * flat(x, z, 2.0, 2, 61) - dug) * _inside(x, z, trench)
        heap = 3.2 * np.exp(-(((x - 34) / 10) ** 2) - (((z - 38) / 6.5) ** 2)) + 2.4 * np.exp(
            -(((x + 14) / 9) ** 2) - (((z - 37) / 6) ** 2)
        )
        return np.asarray(dug + heap * (1 + 0.25 * flat(x, z, 3, 3, 62)))
    # Today: banks instead of sections, the altar trench kept open below its roof.
    soft = _inside(x, z, (CLEARED[0] - 3, CLEARED[1] + 2, CLEARED[2] - 2, CLEARED[3] + 1), 1.6)
    now = silted + (0.04 + small - silted) * soft
    altar = TRENCHES[0]
    now = now + (altar[4] - now) * _inside(x, z, altar)
    heap = 2.2 * np.exp(-(((x - 34) / 13) ** 2) - (((z - 40) / 7) ** 2))
    return np.asarray(now + heap)


def _rim(x: Floats, z: Floats) -> Floats:
    """1 inside the core, 0 at its rim."""
    west, east, north, south = CORE
    return smoothstep(0.5, 9, np.minimum(np.minimum(x - west, east - x), np.minimum(z - north, south - z)))


def slope(state: str, x: Floats, z: Floats, step_m: float = 1.0) -> Floats:
    """Steepness, metres a metre."""
    dx = height(state, x + step_m, z) - height(state, x - step_m, z)
    dz = height(state, x, z + step_m) - height(state, x, z - step_m)
    return np.asarray(np.hypot(dx, dz) / (2 * step_m))


# --- colours, linear ----------------------------------------------------------------------------------------------

_DRY = np.array([0.50, 0.40, 0.185])
_GREEN = np.array([0.225, 0.26, 0.085])
_EARTH = np.array([0.47, 0.335, 0.205])
_TRODDEN = np.array([0.66, 0.545, 0.40])
_ROCK = np.array([0.62, 0.585, 0.52])
_DUST = np.array([0.70, 0.60, 0.45])


def _mix(a: Floats, b: Floats, t: Floats) -> Floats:
    return a + (b - a) * t[..., None]


def _cover(x: Floats, z: Floats, y: Floats, steep: Floats) -> Floats:
    """Grass, scrub, earth and rock by chance and slope."""
    large, small = flat(x, z, 42, 4, 71), flat(x, z, 6, 4, 72)
    colour = _mix(np.broadcast_to(_DRY, (*np.shape(x), 3)), _GREEN, smoothstep(-0.25, 0.4, large + 0.5 * small))
    colour = _mix(colour, _EARTH, smoothstep(0.12, 0.5, flat(x, z, 15, 4, 73) + 0.25 * small))
    colour = _mix(colour, _ROCK, smoothstep(0.55, 0.95, steep + 0.3 * small))
    colour = colour * (1 + 0.30 * small + 0.22 * flat(x, z, 2.1, 2, 74))[..., None]
    distance, _ = road_distance(x, z)
    return _mix(colour, _DUST, (1 - smoothstep(1.4, 3.0, distance + 1.5 * small)) * (np.hypot(x, z) < 300))


_TRAIL = np.array(
    [
        [-47, 6],
        [-34, 8.5],
        [-26, 13.5],
        [-12, 14.6],
        [6, 14.6],
        [20, 14.0],
        [27, 8.0],
        [28, -6],
        [22, -13],
        [0, -14],
        [-24, -13],
    ]
)
"""Where most feet went on the classical terrace."""


def _polyline_distance(x: Floats, z: Floats, line: Floats) -> Floats:
    best = np.full(np.shape(x), 1e9)
    for a, b in pairwise(line):
        d = b - a
        t = np.clip(((x - a[0]) * d[0] + (z - a[1]) * d[1]) / float(d @ d), 0, 1)
        best = np.minimum(best, np.hypot(x - a[0] - t * d[0], z - a[1] - t * d[1]))
    return best


def _core_colour(state: str, x: Floats, z: Floats, y: Floats, steep: Floats) -> Floats:
    colour = _cover(x, z, y, steep)
    small = flat(x, z, 4, 4, 81)
    tone = (1 + 0.16 * small + 0.1 * flat(x, z, 0.9, 2, 82))[..., None]
    if state == "grove":
        clearing = 1 - smoothstep(5, 11, np.hypot((x - 32), z) + 4 * small)
        path = 1 - smoothstep(0.8, 2.6, np.abs(z - 2 - 3 * np.sin(x / 11)) + 1.5 * small)
        return _mix(colour, _EARTH * tone, np.maximum(clearing, path * (x > -46) * (x < 34)) * 0.85)
    if state == "archaic":
        return _mix(colour, _TRODDEN * 0.94 * tone, _inside(x, z, EARLY_TERRACE, 0.8) * smoothstep(0.55, -0.1, small))
    if state == "classical":
        trail = smoothstep(1.2, 5.0, _polyline_distance(x, z, _TRAIL) + 2.2 * small)
        temple = smoothstep(1.5, 5.5, np.maximum(np.abs(x) - 20.8, np.abs(z) - 9.6) + 2.0 * small)
        grass = trail * temple * smoothstep(-0.35, 0.15, flat(x, z, 13, 4, 83) + 0.3 * small) * 0.85
        meadow = _mix(_DRY * tone, _GREEN * 1.25 * tone, smoothstep(-0.1, 0.5, flat(x, z, 8, 3, 86)))
        inner = _mix(_TRODDEN * tone, meadow, grass)
        return _mix(colour, inner, _inside(x, z, TERRACE, 0.8))
    grown = _mix(colour, _GREEN * 1.15 * tone, 0.35 * smoothstep(0, 0.4, flat(x, z, 10, 3, 84)))
    if state == "silted":
        return grown
    fresh = np.array([0.56, 0.41, 0.265])
    if state == "excavated":
        bare = _inside(x, z, CLEARED, 0.1)
        for trench in TRENCHES:
            bare = np.maximum(bare, _inside(x, z, trench, 0.1))
        heap = smoothstep(0.25, 1.0, y - height("silted", x, z))
        trampled = _inside(x, z, (-40, 60, -24, 30), 3.0) * smoothstep(-0.2, 0.3, small) * 0.6
        return _mix(grown, fresh * tone, np.maximum(np.maximum(bare, heap), trampled))
    gravel = np.array([0.66, 0.60, 0.50])
    kept = _inside(x, z, (CLEARED[0] - 3, CLEARED[1] + 2, CLEARED[2] - 2, CLEARED[3] + 1), 1.5)
    lawn = smoothstep(0.0, 0.35, flat(x, z, 11, 4, 85))
    return _mix(grown, _mix(gravel * tone, _DRY * 1.02 * tone, lawn), kept)


def _haze(colour: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    """Air between here and there, as the eye on the terrace has it."""
    t = 0.62 * (1 - np.exp(-np.hypot(x, z) / 1500))
    return _mix(colour, np.array([0.40, 0.52, 0.72]), t)


# --- meshes -------------------------------------------------------------------------------------------------------

Field = Callable[[Floats, Floats], Floats]


def _patch(
    xs: Floats,
    zs: Floats,
    tall: Field,
    paint: Callable[[Floats, Floats, Floats, Floats], Floats],
    *,
    hole: tuple[float, float, float, float] | None = None,
    skirt_m: float = 1.0,
    rocky: float = 0.75,
) -> Shape:
    """Ground over a grid of lines, sections where two lines lie close together, a skirt at the rims."""
    x, z = np.meshgrid(xs, zs)
    y = tall(x, z)
    step = 0.7
    steep = np.hypot(tall(x + step, z) - tall(x - step, z), tall(x, z + step) - tall(x, z - step)) / (2 * step)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    columns = len(xs)
    a = (np.arange(len(zs) - 1)[:, None] * columns + np.arange(columns - 1)[None]).ravel()
    b, c, d = a + 1, a + columns + 1, a + columns
    keep = np.ones(len(a), dtype=bool)
    if hole is not None:
        middle = points[a] * 0.5 + points[c] * 0.5
        keep = ~(
            (middle[:, 0] > hole[0]) & (middle[:, 0] < hole[1]) & (middle[:, 2] > hole[2]) & (middle[:, 2] < hole[3])
        )
    width = np.minimum(points[b, 0] - points[a, 0], points[d, 2] - points[a, 2])
    corner_heights = points[np.stack([a, b, c, d]), 1]
    section = (width < 0.1) & (np.ptp(corner_heights, axis=0) > 0.12)
    # z grows southwards, so a, d, c is anticlockwise from above. The shorter diagonal keeps ridges.
    swap = np.abs(points[a, 1] - points[c, 1]) > np.abs(points[b, 1] - points[d, 1])
    first = np.where(swap[:, None], np.stack([a, d, b], 1), np.stack([a, d, c], 1))
    second = np.where(swap[:, None], np.stack([b, d, c], 1), np.stack([a, c, b], 1))
    ground = np.concatenate([first[keep & ~section], second[keep & ~section]])
    wall = np.concatenate([first[keep & section], second[keep & section]])
    normals = vertex_normals(points, ground)
    colours = paint(x, z, y, steep).reshape(-1, 3)
    uvs = points[:, ::2].copy()
    face = vertex_normals_of_faces(points, ground)
    is_rock = face[:, 1] < 1 / np.sqrt(1 + rocky**2)
    shapes: list[Shape] = []
    for material, index in (("ground", ground[~is_rock]), ("rock", ground[is_rock])):
        if len(index):
            used, small = np.unique(index, return_inverse=True)
            shapes.append(
                (
                    Part(
                        points[used],
                        normals[used],
                        uvs[used],
                        np.clip(colours[used], 0, 1),
                        small.reshape(-1, 3).astype(np.uint32),
                        material,
                    ),
                )
            )
    if len(wall):
        shapes.append(_sections(points, wall))
    rims = [
        (np.arange(columns), -1),
        ((len(zs) - 1) * columns + np.arange(columns), 1),
        (np.arange(len(zs)) * columns, 1),
        (np.arange(len(zs)) * columns + columns - 1, -1),
    ]
    for rim, sign in rims:
        top = points[rim]
        low = top - np.array([0, skirt_m, 0])
        k = len(rim)
        i = np.arange(k - 1)
        index = np.concatenate([np.stack([i, i + 1, i + 1 + k], 1), np.stack([i, i + 1 + k, i + k], 1)])
        shapes.append(
            (
                Part(
                    np.concatenate([top, low]),
                    np.concatenate([normals[rim]] * 2),
                    np.concatenate([uvs[rim]] * 2),
                    np.clip(np.concatenate([colours[rim]] * 2), 0, 1),
                    (index if sign > 0 else index[:, ::-1]).astype(np.uint32),
                    "ground",
                ),
            )
        )
    return join(shapes)


def vertex_normals_of_faces(points: Floats, index: Floats) -> Floats:
    """Unit normals of triangles."""
    tri = points[index]
    normal = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12))


def _sections(points: Floats, wall: Floats) -> Shape:
    """Cut earth: layers of fill, ash and gravel one above the other."""
    corner = points[wall].reshape(-1, 3)
    normals = np.repeat(vertex_normals_of_faces(points, wall), 3, axis=0)
    layer = 0.5 + 0.5 * np.sin(corner[:, 1] * 9 + 2 * flat(corner[:, 0], corner[:, 2], 6, 2, 91))
    colours = _mix(np.broadcast_to(np.array([0.42, 0.29, 0.18]), corner.shape), np.array([0.60, 0.47, 0.33]), layer)
    uvs = np.stack([corner[:, 0] + corner[:, 2], -corner[:, 1]], axis=1)
    return (Part(corner, normals, uvs, colours, np.arange(len(corner), dtype=np.uint32).reshape(-1, 3), "ground"),)


def _lines(low: float, high: float, step: float, sharp: tuple[float, ...] = ()) -> Floats:
    """Grid lines, two close together at each sharp edge."""
    lines = np.arange(low, high + step / 2, step)
    for edge in sharp:
        lines = lines[np.abs(lines - edge) > 0.3]
        lines = np.concatenate([lines, [edge - 0.022, edge + 0.022]])
    return np.sort(lines)


def _sharp_edges(state: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    by_state: dict[str, list[tuple[float, ...]]] = {
        "grove": [],
        "archaic": [EARLY_TERRACE],
        "classical": [TERRACE],
        "silted": [TERRACE],
        "excavated": [TERRACE, CLEARED, *TRENCHES],
        "today": [TERRACE, TRENCHES[0]],
    }
    areas = by_state[state]
    return (
        tuple(sorted({float(edge) for area in areas for edge in area[:2]})),
        tuple(sorted({float(edge) for area in areas for edge in area[2:4]})),
    )


def core(state: str) -> Shape:
    """The changing ground in one of `STATES`."""
    sharp_x, sharp_z = _sharp_edges(state)
    return _patch(
        _lines(CORE[0], CORE[1], 1.0, sharp_x),
        _lines(CORE[2], CORE[3], 1.0, sharp_z),
        partial(height, state),
        partial(_core_colour, state),
    )


def valley() -> Shape:
    """The hill and the slopes about the core, to 320 m."""
    tall = partial(height, "grove")

    def paint(x: Floats, z: Floats, y: Floats, steep: Floats) -> Floats:
        return _haze(_cover(x, z, y, steep), x, y, z)

    near = (-124.0, 124.0, -104.0, 104.0)
    ring = _patch(_lines(near[0], near[1], 2.0), _lines(near[2], near[3], 2.0), tall, paint, hole=CORE, skirt_m=1.5)
    wide = _patch(
        _lines(-324, 324, 5.0)[::1], _lines(-324, 324, 5.0), tall, paint, hole=(-122, 122, -102, 102), skirt_m=5
    )
    return join((ring, wide))


def horizon() -> Shape:
    """Mountains, far fields and a strip of sea, to 3 km."""

    def paint(x: Floats, z: Floats, y: Floats, steep: Floats) -> Floats:
        colour = _cover(x, z, y, steep)
        fields = flat(x, z, 90, 2, 95)
        colour = _mix(colour, np.array([0.47, 0.43, 0.2]), smoothstep(0.1, 0.2, fields) * (y < -40) * 0.7)
        colour = _mix(colour, np.array([0.27, 0.31, 0.12]), smoothstep(-0.1, -0.2, fields) * (y < -30) * 0.8)
        return _haze(colour, x, y, z)

    def tall(x: Floats, z: Floats) -> Floats:
        return height("grove", x, z)

    side = np.concatenate([np.arange(-3000, -1000, 60.0), np.arange(-1000, 1000, 36.0), np.arange(1000, 3001, 60.0)])
    land = _patch(side, side, tall, paint, hole=(-300, 300, -300, 300), skirt_m=20, rocky=9.0)
    ends = np.linspace(-4000, 4000, 9)
    sea = _patch(
        ends,
        ends,
        lambda x, z: np.full_like(x, -84.0) + 0 * z,
        lambda x, z, y, steep: _haze(np.broadcast_to(np.array([0.10, 0.22, 0.32]), (*x.shape, 3)), x, y, z),
        skirt_m=1,
    )
    return join((land, tuple(_plain(part) for part in sea)))


def _plain(part: Part) -> Part:
    """The sea without the texture of the ground: one texel of plaster."""
    return Part(part.positions, part.normals, part.uvs * 0.0, part.colours, part.indices, "plaster")
