"""The steps from leaves to finished tiles, each a pure function of a few tiles; `pipeline.stages` runs them in order.

Going up, two halvings of the kd tree become one level of tiles: tiles of half the leaves' triangles would cost a third
of all bytes and a tenth of all time, and are seldom what a view needs. The borders between parents are thinned
(`tiling.borders`), the children are joined, and each parent is simplified, all tiles of a level to the same error where
the model has no texture.

Vertices of a level lie on one grid, as fine as the level's error asks for (`tiling.grid`). What a tile shows is
measured after rounding to it, against points on the original surface; points on the tile are measured against the
original at the very end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import atlas, bake, borders, shading, tint
from tiling.pairs import closed_share, paired
from tiling.patch import materials_in, only_used, side_by_side, welded, with_joined_normals
from tiling.simplify import NORMAL_WEIGHT, Simplified, error_at, simplify, tidied

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.cells import Cells
    from tiling.mesh import Floats, Indices
    from tiling.patch import Layout, Patch

# A tile gets a texture of its own when keeping the old one costs so many times the error.
_SEAMS_TOO_DEAR = 1.5
_FEWEST = 64  # triangles
_FEW = 2  # samples, that are all believed
_UNEVEN = 1.5  # times another's error that a sample's must be, or they count as alike
_SAMPLED = 16_000  # triangles of a tile, at most, that tell of its error
_TOLD_OVER = 1.05
"""times the error of tiles that halves of them have: means of eight, of a statue and of terrain"""
_OF_THE_ERROR = 0.25
"""of the error that a tile is simplified to, what pairs of vertices may cost; with more, rough tiles suffer"""
_TIMES_IN_PAIRS = 2  # down to a third of the triangles or a little more
_FURTHER_IN_PAIRS = 3  # at most, if that is where it ends
_CLOSED = 0.98
"""the least share of the vertices that left open edges aside, if pairs are to be the end: they do not thin those"""
_REACHED = 1.02  # of the triangles that are wanted
_SMALL_ROOT = 1000  # triangles, of fewer of which meshoptimizer may find all too dear
_COLOUR = "base_colour"


@dataclass(frozen=True, slots=True)
class Surface:
    """What tiles are made of, apart from their triangles: the same for all tiles of a model."""

    layout: Layout
    origin: Floats
    cells: Cells
    textures: Mapping[int, atlas.Texture]
    """the materials whose images are cut up for the tiles"""
    textured: frozenset[int]
    """all materials with images"""
    texel_sizes: Mapping[int, float]
    """by material the side of a texel on the surface, metres"""
    mean_colours: Mapping[int, tuple[float, float, float]]
    """linear, by material, of images that stay whole"""
    second: frozenset[int] = frozenset()
    """the materials with images in the second set of texture coordinates, which are not cut up"""
    normal_weight: float = NORMAL_WEIGHT
    normal_maps: bool = False
    """whether coarse tiles with images get a map of the normals that were simplified away"""
    is_shaped: bool = False
    """whether all normals are from the shape of the model, and none is meant otherwise"""

    @property
    def is_drawn_on(self) -> bool:
        """Whether colours would be smeared by vertices that slide along the surface."""
        return self.layout.uvs or self.layout.colours

    @property
    def is_bare(self) -> bool:
        """Whether nothing is drawn on it, so that shape alone tells which vertices may become one."""
        return not (self.textured or self.is_drawn_on or self.layout.second)

    @property
    def is_even(self) -> bool:
        """Whether tiles of a level are simplified to the same error; textures have errors of their own."""
        return not self.textured


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile while it is made: its surface, and by material the new textures that it got."""

    patch: Patch
    baked: Mapping[int, bake.Baked]
    plain: Layout | None = None
    """the layout of a tile without textures, which has colours instead"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile stands: it is number `tile` of its level and covers 2^shift leaves."""

    tile: int
    shift: int

    @property
    def leaves(self) -> tuple[int, int]:
        """First and last leaf."""
        return self.tile << self.shift, ((self.tile + 1) << self.shift) - 1


def edge(children: Sequence[Tile], place: Place) -> Patch:
    """The triangles of a parent's children, as one, that touch what neighbours of the parent share."""
    parts = [replace(each.patch, indices=_parted(each, place)[0]) for each in children]
    return welded(side_by_side([only_used(each) for each in parts]))


@dataclass(frozen=True, slots=True)
class Joined:
    """The children's surface as one, and how many triangles it had before it was begun."""

    patch: Patch
    triangles: int


def joined(surface: Surface, children: Sequence[Tile], place: Place, edge: Patch, goal: Goal) -> Joined:
    """The children's surface as one, with this in place of their `edge`, and begun, each apart, where that is in pairs.

    Small patches stay in a processor's cache: a third of the time, and less has to be joined.
    """
    parts, may_meet = [], []
    fan = len(children).bit_length() - 1
    triangles = edge.triangles
    for number, child in enumerate(children):
        outer, inner = _parted(child, place)
        triangles += len(inner)
        part = replace(child.patch, indices=inner)
        # Only what more leaves than one share has an equal in another child, and what the edge names one in it.
        meets = borders.seams(child.patch.leaves, outer)
        if surface.is_bare:
            # What the edge names is on open edges of the rest, and stays.
            own = Place((place.tile << fan) + number, place.shift - fan)
            part, left = _in_pairs(part, own, round(goal.share * len(inner)), goal.most_error, _TIMES_IN_PAIRS)
            meets = meets.take(left)
        parts.append(part)
        may_meet.append(meets)
    may_meet.append(np.ones(len(edge.positions), np.bool_))
    return Joined(welded(side_by_side([*parts, edge]), np.concatenate(may_meet)), triangles)


def _in_pairs(
    patch: Patch, place: Place, wanted: int, most_error: float | None, times: int
) -> tuple[Patch, NDArray[np.uint32]]:
    most = np.inf if most_error is None else _OF_THE_ERROR * most_error
    return paired(patch, patch.outside(*place.leaves), target_triangles=wanted, most_error=most, times=times)


def _parted(child: Tile, place: Place) -> tuple[Indices, Indices]:
    found: tuple[Indices, Indices] = borders.parted(child.patch.indices, child.patch.leaves, *place.leaves)
    return found


def target(patch: Patch, place: Place, share: float, *, triangles: int | None = None) -> int:
    """How many triangles `share` of a tile are; what is locked at its border counts half on top.

    `triangles` are those that it had before it was begun.
    """
    triangles = patch.triangles if triangles is None else triangles
    border = int(np.count_nonzero(patch.outside(*place.leaves)))
    return max(round(triangles * share) + border // 2, min(triangles, _FEWEST))


def sampled_error(surface: Surface, patch: Patch, place: Place, share: float) -> tuple[float, int]:
    """The library's error of a tile at `share` of its triangles, metres, and how many triangles that are.

    In one go: after a start in pairs or another round what the library tells is of the rest only, and tiles that are
    simplified to that keep a third more triangles. Of a large tile a part is enough.
    """
    wanted = target(patch, place, share)
    part, asked, over = patch, wanted, 1.0
    if patch.triangles > _SAMPLED:
        # They lie along a curve through space, so the first ones are one part of the surface.
        part = only_used(replace(patch, indices=patch.indices[:_SAMPLED]))
        asked, over = target(part, place, share), _TOLD_OVER
    error = error_at(
        part, surface.layout, target_triangles=asked, leaves=place.leaves, normal_weight=surface.normal_weight
    )
    return error / over, wanted


def mean_error(samples: Sequence[tuple[float, int]]) -> float:
    """The mean of errors, weighed by triangles; the largest counts as the second largest, within reason.

    So an edit of one of the sampled tiles moves no other tile: a hole in one of eight had made their mean a tenth more.
    """
    errors = np.array([error for error, _ in samples])
    weights = np.array([count for _, count in samples], np.float64)
    weights /= max(weights.sum(), 1.0)
    calm = np.minimum(errors, np.sort(errors)[-2]) if len(errors) > _FEW else errors
    return max(float((calm * weights).sum()), float((errors * weights).sum()) / 2.0)


def is_uneven(samples: Sequence[tuple[float, int]]) -> bool:
    """Whether errors at the same share of triangles differ so much that tiles should have unlike shares.

    Those of a laser terrain differ by 4 times, those of a statue by a quarter. There, tiles brought to one error by the
    library's account, which is no mean, missed their number of triangles by up to a quarter, and were no better for it.
    The largest and the least count for nothing, where there are more: one edit may make them so.

    >>> is_uneven([(0.8, 900), (1.0, 900), (1.1, 900), (2.0, 900)])
    False
    """
    errors = sorted(error for error, _ in samples)
    calm = errors[1:-1] if len(errors) > _FEW else errors
    return max(calm, default=0.0) > _UNEVEN * min(calm, default=0.0)


def rounded(length: float) -> float:
    """An eighth power of two near a length.

    What all tiles of a level depend on is told so, so that an edit that moves a mean a little moves no other tile.

    >>> [rounded(length) for length in (0.0, 1.02, 1.4)]
    [0.0, 1.0, 1.4142135623730951]
    """
    return float(2.0 ** (np.round(8.0 * np.log2(length)) / 8.0)) if length > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Goal:
    """How far a tile is reduced."""

    share: float
    """of its triangles that are to stay, about"""
    most_error: float | None
    """metres; None: by number alone"""
    halvings: int
    """of texels"""
    most_texels: int
    is_plain: bool = False
    """with colours at vertices in place of textures"""
    rounds: int = 1
    """in which that is done, each with quadrics of its own"""
    is_shaped: bool = False
    """whether normals do not count, and are from the shape afterwards"""


def _begun(
    patch: Patch,
    surface: Surface,
    place: Place,
    *,
    wanted: int,
    rounds: int,
    firm: frozenset[int] = frozenset(),
) -> Patch:
    """The patch after all rounds but the last; by number, so that what the last one aims at is free.

    Quadrics that sum up over many collapses lose sight of the surface. Begun anew halfway down to a quarter of the
    triangles they end with 7 to 12 % less error (a statue, and terrain in steps), for a third more time. A surface on
    which nothing is drawn is begun in pairs instead, as it is joined.
    """
    count = patch.triangles
    for number in range(1, rounds):
        between = round(count * (min(wanted, count) / max(count, 1)) ** (number / rounds))
        patch = simplify(
            patch,
            surface.layout,
            target_triangles=between,
            leaves=place.leaves,
            firm=firm,
            normal_weight=surface.normal_weight,
        ).patch
    return patch


def _bare(surface: Surface, together: Patch, place: Place, *, goal: Goal, wanted: int) -> Patch:
    """The simplified surface of a tile on which nothing is drawn.

    To an error by meshoptimizer; by number in pairs to the end, where these reach it, but for the root: there that is
    as quick, and has 4 % less error.
    """
    is_root = goal.is_plain and wanted >= _SMALL_ROOT
    by_number = goal.most_error is None and not is_root
    if by_number and closed_share(together, together.outside(*place.leaves)) >= _CLOSED:
        together = _in_pairs(together, place, wanted, None, _FURTHER_IN_PAIRS)[0]
        if together.triangles <= _REACHED * wanted:
            return tidied(together, surface.layout)
    return simplify(
        together,
        surface.layout,
        target_triangles=wanted,
        leaves=place.leaves,
        normal_weight=0.0 if goal.is_shaped else surface.normal_weight,
        most_error=goal.most_error,
    ).patch


def reduced(
    surface: Surface,
    together: Patch,
    children: Sequence[Tile],
    place: Place,
    goal: Goal,
    *,
    triangles: int | None = None,
) -> Tile:
    """A parent from its children's surface `together`, whose border is as it shall stay.

    `triangles` are those that it had before it was begun, if it was.
    """
    wanted = target(together, place, goal.share, triangles=triangles)
    if goal.is_plain and surface.textured:
        return _plain(surface, together, children, place, goal=goal, wanted=wanted)
    present = frozenset(materials_in(together)[1]) & frozenset(surface.textures)
    if present:
        return _textured(surface, together, children, place, goal=goal, wanted=wanted, present=present)
    if surface.is_bare:
        done = _bare(surface, together, place, goal=goal, wanted=wanted)
    else:
        done = simplify(
            _begun(together, surface, place, wanted=wanted, rounds=goal.rounds),
            surface.layout,
            target_triangles=wanted,
            leaves=place.leaves,
            normal_weight=0.0 if goal.is_shaped else surface.normal_weight,
            most_error=goal.most_error,
        ).patch
    return Tile(shading.shaded(done, surface.layout, done.outside(*place.leaves)) if goal.is_shaped else done, {})


def _textured(
    surface: Surface,
    together: Patch,
    children: Sequence[Tile],
    place: Place,
    *,
    goal: Goal,
    wanted: int,
    present: frozenset[int],
) -> Tile:
    """The simplified tile, with its old texture where that is possible and not too dear, else with a new one."""
    layout = surface.layout
    kept: Simplified | None = None
    if not surface.normal_maps and not any(child.baked for child in children):
        begun = _begun(together, surface, place, wanted=wanted, rounds=goal.rounds, firm=present)
        kept = simplify(begun, layout, target_triangles=wanted, leaves=place.leaves, firm=present)
    bare = _seamless(together, layout, present, twice=surface.second)
    bare = _begun(bare, surface, place, wanted=wanted, rounds=goal.rounds)
    free = simplify(bare, layout, target_triangles=wanted, leaves=place.leaves)
    if kept is not None and not kept.is_blocked and kept.error <= _SEAMS_TOO_DEAR * free.error:
        return Tile(kept.patch, {})
    return _with_new_textures(surface, free.patch, children, goal, normal_maps=surface.normal_maps)


def _seamless(
    together: Patch, layout: Layout, materials: frozenset[int], *, twice: frozenset[int] = frozenset()
) -> Patch:
    """The surface without these materials' texture coordinates; those in the second set stay for materials in `twice`.

    Their seams have parted normals, which meet again.
    """
    return welded(with_joined_normals(bake.without_uvs(together, layout, materials, twice=twice), layout))


def _with_new_textures(
    surface: Surface, patch: Patch, children: Sequence[Tile], goal: Goal, *, normal_maps: bool
) -> Tile:
    """The tile of a surface without texture coordinates, with maps of its own for all materials that are cut up."""
    baked = {}
    for material in sorted(frozenset(materials_in(patch)[1]) & frozenset(surface.textures)):
        baked[material] = bake.bake(
            patch,
            surface.layout,
            material,
            [_child(surface, child, material, goal.halvings) for child in children],
            texel=surface.texel_sizes[material] * 2.0**goal.halvings,
            most_texels=goal.most_texels,
            normal_maps=normal_maps,
        )
        patch = baked[material].patch
    return Tile(patch, baked)


def _plain(
    surface: Surface, together: Patch, children: Sequence[Tile], place: Place, *, goal: Goal, wanted: int
) -> Tile:
    """The simplified tile without textures."""
    layout = surface.layout
    bare = _seamless(together, layout, surface.textured)
    bare = _begun(bare, surface, place, wanted=wanted, rounds=goal.rounds)
    patch = simplify(bare, layout, target_triangles=wanted, leaves=place.leaves).patch
    done = _with_new_textures(surface, patch, children, goal, normal_maps=False)
    images = {number: baked.images[_COLOUR] for number, baked in done.baked.items() if _COLOUR in baked.images}
    patch, own = tint.tinted(done.patch, layout, images, surface.mean_colours)
    return Tile(patch, {}, own)


def _child(surface: Surface, child: Tile, material: int, halvings: int) -> bake.Child:
    if material in child.baked:
        baked = child.baked[material]
        height, width = next(iter(baked.images.values())).shape[:2]
        return bake.Child(child.patch, baked.images, (float(width), float(height)), baked.directions)
    source = surface.textures[material]
    level = min(halvings, source.depth - 1)
    images = {role: levels[level] for role, levels in source.levels.items()}
    return bake.Child(child.patch, images, (source.width / 2.0**level, source.height / 2.0**level))
