"""Annotations carried over when an asset gets a new version.

What is carried is every annotation at a placement of the asset: the spot on the surface that it keeps, or, where none
was set, the foot of its pin on the old surface; and the corners of its region. Each comes to the nearest point of the
new surface that faces alike (`tiling.anchor`), and the pin with it, so that one that floats goes on floating.

    found within the limit                     carried, drift noted
    found beyond the limit                     carried, drift noted, flagged
    nothing that faces alike within reach      left where it was, on the version that it was set on; flagged
    the pin stood free of the old surface      left as it is
    most moved alike                           that motion is told once, and limits count from where it leads

Only tiles near a spot are read, of the old version too, which tells which way the surface faced.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from scenes.counting import counted, worded
from scenes.file_names import named
from scenes.model import Anchor, Annotation, Asset, Placement, Scene, SurfacePoint
from scenes.transforms import matrix_of
from tiling import anchor, tileset
from tiling.anchor import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scenes.leaves import Leaves
    from scenes.model import Tileset, Vector
    from scenes.ports import Catalogue
    from tiling.anchor import Feet
    from tiling.mesh import Floats

LIMIT_SHARE = 0.005
"""of the diagonal: how far a spot may move unless somebody says else; 1 cm on a statue of 2 m"""
REACH_SHARE = 0.05
"""of the diagonal: how far it is looked for"""
_UNMOVED_SHARE = 1e-4
"""of the diagonal: less is no drift of the whole"""
_SAMPLES = 2_000
_SAMPLES_EACH = 24
_AROUND_SHARE = 0.02
"""of the diagonal: from how far about a spot samples are taken"""
_MOST_TOLD = 20
"""spots that the report names"""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of the annotations of an asset with a new version."""

    notes: tuple[Annotation, ...] = ()
    """as they are to be written; those that did not change are left out"""
    read: Mapping[str, int] = field(default_factory=dict)
    """the revisions at which these were read"""
    scenes: tuple[str, ...] = ()
    """where the asset stands"""
    report: tuple[str, ...] = ()
    """what happened, in words"""
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place of an annotation: which one, its pin or a corner, where in the asset's frame, facing which way."""

    note: int
    corner: int | None
    """None: the pin, or what the surface point says"""
    point: Floats
    normal: Floats
    """not a number: not known"""


def carry(
    catalogue: Catalogue, old: Asset, new: Asset, read: Callable[[str], bytes], *, limit: float | None = None
) -> Carried:
    """Carry the annotations of `old` over to `new`, the same asset with another master and tileset.

    `read` gives a blob by its digest. `limit` is in metres; None: a two-hundredth of the diagonal. Writes nothing.

    Raises:
        tiling.errors.TilingError: a tileset cannot be read.
        NotFound: a blob is missing.
    """
    from scenes.leaves import Leaves

    scenes, placements, notes = _standing(catalogue, old.id)
    if not notes or old.tileset is None or new.tileset is None:
        return Carried(scenes=scenes)
    revisions = catalogue.revisions_of([note.id for note in notes])
    size = max(_diagonal(old.tileset), _diagonal(new.tileset), 1e-9)
    before, after = (Leaves(tileset.read(read(made.digest), named(read)), read) for made in (old.tileset, new.tileset))
    spots = [spot for at, note in enumerate(notes) for spot in _spots(at, note, placements[note.anchor.placement])]
    moved = _moved(spots, before, after, size=size, limit=limit or LIMIT_SHARE * size)
    written = [
        _rewritten(note, placements[note.anchor.placement], old, new, [way for way in moved.ways if way.note == at])
        for at, note in enumerate(notes)
    ]
    changed = tuple(made for made, note in zip(written, notes, strict=True) if made != note)
    flagged = sum(made.anchor.surface is not None and made.anchor.surface.is_flagged for made in changed)
    return Carried(
        notes=changed,
        read={note.id: revisions[note.id] for note in changed},
        scenes=scenes,
        report=_report(notes, moved),
        flagged=flagged,
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """What became of one spot. `start` is where it was on the old surface, `end` where it is; None: it is lost."""

    note: int
    corner: int | None
    start: Floats
    facing: Floats
    end: Floats | None = None
    normal: Floats | None = None
    error: float = 0.0
    """metres from where it should be"""
    is_far: bool = False
    tile: str = ""
    triangle: int = 0
    weights: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Moved:
    ways: tuple[_Way, ...]
    free: tuple[int, ...]
    """numbers of annotations whose pins stand free of the surface"""
    drift: Drift | None
    limit: float
    reach: float


def _standing(catalogue: Catalogue, asset: str) -> tuple[tuple[str, ...], dict[str, Placement], tuple[Annotation, ...]]:
    """Scenes where an asset stands, its placements, and the annotations at these that have a place."""
    scenes: list[str] = []
    placements: dict[str, Placement] = {}
    notes: list[Annotation] = []
    for scene in _scenes(catalogue):
        named = catalogue.mentioning([asset], scene=scene).get(asset, ())
        own = {key: each for key, each in catalogue.get_many(Placement, named).items() if each.asset == asset}
        if not own:
            continue
        scenes.append(scene)
        placements |= own
        naming = catalogue.mentioning(list(own), scene=scene).values()
        found = catalogue.get_many(Annotation, sorted({each for ids in naming for each in ids}))
        notes += [
            note
            for _, note in sorted(found.items())
            if note.anchor.placement in own and (note.anchor.surface is not None or note.anchor.position is not None)
        ]
    return tuple(scenes), placements, tuple(notes)


def _scenes(catalogue: Catalogue) -> Iterator[str]:
    after: str | None = None
    while True:
        page = catalogue.page(Scene, first=_PAGE, after=after)
        yield from (record.id for record in page.records)
        if not page.has_next:
            return
        after = page.cursors[-1]


def _spots(at: int, note: Annotation, placement: Placement) -> list[_Spot]:
    """The places of an annotation in the asset's frame."""
    into = np.linalg.inv(matrix_of(placement.transform))
    unknown = np.full(3, np.nan)

    def local(position: Vector) -> Floats:
        found: Floats = into[:3, :3] @ np.array(position) + into[:3, 3]
        return found

    surface, corners = note.anchor.surface, note.anchor.region
    found = [_Spot(at, number, local(corner), unknown) for number, corner in enumerate(corners)]
    if surface is not None:
        found.insert(0, _Spot(at, None, np.array(surface.position), np.array(surface.normal)))
    elif note.anchor.position is not None:
        found.insert(0, _Spot(at, None, local(note.anchor.position), unknown))
    return found


def _moved(spots: Sequence[_Spot], before: Leaves, after: Leaves, *, size: float, limit: float) -> _Moved:
    reach = max(REACH_SHARE * size, limit)
    points = np.array([spot.point for spot in spots]).reshape(-1, 3)
    normals = np.array([spot.normal for spot in spots]).reshape(-1, 3)
    roots = before.nearest(points, normals, reach=reach)
    # What has a normal is a spot by itself, whether or not the old surface can still be found there.
    is_set = ~np.isnan(normals[:, 0])
    is_free = ~is_set & ~roots.found
    starts = np.where(is_set[:, None], points, roots.points)
    facing = np.where(is_set[:, None], normals, roots.normals)
    kept = np.flatnonzero(~is_free)
    starts, facing = starts[kept], facing[kept]
    drift = _drift(before, after, roots, starts, facing, size=size)
    aims, aimed = (starts, facing) if drift is None else (drift.motion.points(starts), drift.motion.normals(facing))
    feet = after.nearest(aims, aimed, reach=reach)
    ways = []
    for row, number in enumerate(kept.tolist()):
        way = _Way(spots[number].note, spots[number].corner, starts[row], facing[row])
        ways.append(_arrived(way, feet, row, after, limit=limit) if feet.found[row] else way)
    free = sorted({spots[number].note for number in np.flatnonzero(is_free).tolist() if spots[number].corner is None})
    return _Moved(tuple(ways), tuple(free), drift, limit, reach)


def _arrived(way: _Way, feet: Feet, row: int, after: Leaves, *, limit: float) -> _Way:
    a, b, c = feet.weights[row].tolist()
    return replace(
        way,
        end=feet.points[row],
        normal=feet.normals[row],
        error=float(feet.distances[row]),
        is_far=bool(feet.distances[row] > limit),
        tile=after.digest(int(feet.pieces[row])),
        triangle=int(feet.triangles[row]),
        weights=(a, b, c),
    )


def _drift(before: Leaves, after: Leaves, roots: Feet, starts: Floats, facing: Floats, *, size: float) -> Drift | None:
    """The motion of the whole, as far as it shows about the spots; of fewer than three it would be a guess."""
    if len(starts) < 3:
        return None
    reach = REACH_SHARE * size
    each = max(1, min(_SAMPLES_EACH, _SAMPLES // max(1, len(starts))))
    around = before.about(roots, radius=_AROUND_SHARE * size, most=each)
    points, normals = np.concatenate([starts, around[0]]), np.concatenate([facing, around[1]])
    every = slice(None, None, max(1, len(points) // _SAMPLES))
    points, normals = points[every], normals[every]

    def nearest(at: Floats, facing: Floats) -> Feet:
        return after.nearest(at, facing, reach=reach)

    return anchor.drift(points, normals, nearest, size=size, least=_UNMOVED_SHARE * size)


def _rewritten(note: Annotation, placement: Placement, old: Asset, new: Asset, ways: Sequence[_Way]) -> Annotation:
    """The annotation as it stands on the new version."""
    if not ways:
        return note
    turn = matrix_of(placement.transform)[:3, :3]

    def shifted(position: Vector | None, way: _Way | None) -> Vector | None:
        if position is None or way is None or way.end is None:
            return position
        return _vector(np.array(position) + turn @ (way.end - way.start))

    by_corner = {way.corner: way for way in ways}
    main = by_corner.get(None)
    region = tuple(shifted(corner, by_corner.get(at)) or corner for at, corner in enumerate(note.anchor.region))
    surface = note.anchor.surface
    is_flagged = any(way.end is None or way.is_far for way in ways)
    if main is not None and main.end is not None:
        assert main.normal is not None, "what has a foot has its normal"
        surface = SurfacePoint(
            digest=new.master,
            position=_vector(main.end),
            normal=_vector(main.normal),
            triangle=main.triangle,
            barycentric=main.weights,
            tile=main.tile,
            drift=float(np.linalg.norm(main.end - main.start)),
            is_flagged=is_flagged,
        )
    elif main is not None:
        surface = surface or SurfacePoint(old.master, _vector(main.start), _vector(main.facing))
        surface = replace(surface, is_flagged=True)
    elif surface is not None:
        surface = replace(surface, is_flagged=is_flagged)
    placed: Anchor = replace(note.anchor, position=shifted(note.anchor.position, main), region=region, surface=surface)
    return replace(note, anchor=placed)


def _report(notes: Sequence[Annotation], moved: _Moved) -> tuple[str, ...]:
    pins = [way for way in moved.ways if way.corner is None]
    there = [way for way in pins if way.end is not None]
    said = []
    if moved.drift is not None:
        said.append(_drift_in_words(moved.drift))
    if pins:
        errors = [way.error for way in there]
        far = (
            f", {_length(float(np.median(errors)))} in the median and {_length(max(errors))} at most" if errors else ""
        )
        since = " from where that leads" if moved.drift is not None else ""
        carried = f"{len(there)} of {len(pins)} {worded(len(there), '[was|were]')} carried over"
        said.append(f"annotations: {carried} to the new version{far}{since}")
    if moved.free:
        free = "[stands|stand] free of the surface and [was left where it is|were left where they are]"
        said.append(f"annotations: {counted(len(moved.free), free)}")
    bad = [way for way in moved.ways if way.end is None or way.is_far]
    named = dict.fromkeys(way.note for way in bad)
    for at in list(named)[:_MOST_TOLD]:
        own = [way for way in bad if way.note == at]
        if any(way.end is None for way in own):
            why = f"within {_length(moved.reach)} nothing of the new version faces as its spot did"
        else:
            most = max(way.error for way in own)
            why = f"it moved by {_length(most)} in the asset's frame, the limit is {_length(moved.limit)}"
        said.append(f"annotations: “{notes[at].title[:80]}” is flagged: {why}")
    if len(named) > _MOST_TOLD:
        said.append(f"annotations: {counted(len(named) - _MOST_TOLD, 'more [is|are] flagged')}")
    return tuple(said)


def _drift_in_words(drift: Drift) -> str:
    motion = drift.motion
    along = ", ".join(f"{value:.3g}" for value in motion.shift)
    turned = f", turned by {motion.turn_degrees:.2g}°" if motion.turn_degrees >= 0.01 else ""
    scaled = f", scaled by {motion.scale:.5g}" if abs(motion.scale - 1.0) >= 1e-4 else ""
    return (
        f"annotations: most moved alike, by ({along}) m in the asset's frame{turned}{scaled}: the new version is not "
        f"registered to the one before, or the whole was moved; they were carried along, and are not flagged for it "
        f"(usual distance {_length(drift.before)} before, {_length(drift.after)} after)"
    )


def _length(metres: float) -> str:
    return f"{metres * 1000:.3g} mm" if metres < 0.01 else f"{metres * 100:.3g} cm" if metres < 1 else f"{metres:.3g} m"


def _diagonal(made: Tileset) -> float:
    low, high = np.array(made.extent.low), np.array(made.extent.high)
    return float(np.linalg.norm(high - low))


def _vector(values: Floats) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
