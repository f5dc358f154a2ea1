"""From a cloud of points to a folder with a 3D Tiles document and tiles of points (docs/adr/0025)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.asked import DOCUMENT, LevelFigures, TileResult
from pipeline.clouds import buckets, crs, heap, levels, records
from pipeline.clouds.stages import MOST, Context
from scenes.counting import counted
from scenes.model import Extent, Tileset
from tiling import tileset
from tiling.tree import TileTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.asked import Progress, TileSettings
    from pipeline.clouds.levels import Growing
    from pipeline.clouds.source import CloudSource
    from scenes.model import Survey

_PADDING = 1e-6
"""of the cloud's size, by which boxes are wider: a flat one has no volume, and float64 steps"""


def tile_cloud(
    source: CloudSource,
    out: Path,
    settings: TileSettings,
    progress: Progress,
    *,
    work: Path | None = None,
    origin: tuple[float, float, float] | None = None,
    most_of_node: int = MOST,
    most_of_bucket: int | None = None,
) -> TileResult:
    """Tile a cloud into the folder `out`, which exists; what is sorted lies in `work` meanwhile.

    A node of more than `most_of_node` points is parted; a bucket holds `most_of_bucket` (None: as many as suit).

    Raises:
        Malformed: the points contradict what the file says of them.
    """
    heap.keep_freed()
    of = records.frame(
        source.head, units=settings.units, up=settings.up, origin=origin, precision_m=settings.precision_m
    )
    with tempfile.TemporaryDirectory(prefix="tile-", dir=work) as scratch:
        parted = buckets.dealt(
            source, of, Path(scratch), lambda done: progress(0.3 * done, "sorting"),
            workers=settings.workers, most=most_of_bucket,
        )  # fmt: skip
        grown = levels.tiles_of(
            Context(of, out, settings.is_coded, most_of_node), parted, workers=settings.workers,
            progress=lambda done: progress(0.3 + 0.65 * done, "tiling"),
        )  # fmt: skip
    grown = _pruned(grown)
    tree, depths = _tree(grown, float(np.linalg.norm(of.extent * of.step)), float(of.cube.side.max()))
    documents = tileset.write(tree)
    # With other units or another axis than the file states it is not known what its coordinates are.
    is_other = settings.units or (settings.up or source.head.up).removeprefix("+") != "z"
    survey = None if is_other else crs.survey(source.head.crs, of.origin, source.head.height_metres)
    root = _placed(documents.root, survey) if survey and settings.tells_place else documents.root
    (out / DOCUMENT).write_bytes(root)
    known: dict[str, tuple[str, str, int, str]] = {}
    for name, data in documents.others.items():
        (out / name).write_bytes(data)
        known[name] = (name, name[:64], len(data), "application/json")
    for tile in grown.tiles:
        if tile.digest:
            name = f"{tile.digest}.glb"
            known[name] = (name, tile.digest, tile.byte_length, "model/gltf-binary")
    low = np.min([tile.low for tile in grown.tiles], axis=0).tolist()
    high = np.max([tile.high for tile in grown.tiles], axis=0).tolist()
    report = [*source.head.report, *of.report]
    if source.head.crs:
        report.append(f"its reference system is {source.head.crs[:200]}")
    if survey and settings.tells_place:
        report.append(crs.told(survey))
    if left := source.head.records - source.head.count:
        report.append(counted(left, "[point has|points have] no place and [was|were] left out"))
    if grown.crowded:
        report.append(f"{counted(grown.crowded, '[point lies|points lie]')} nearer to others than cells can part them")
    if settings.precision_m is not None:
        report.append(f"places are true to {of.step.max() / 2:.3g} m; colours have 20 shades, intensities 3 bits")
    figures = Tileset(
        digest=hashlib.sha256(root).hexdigest(),
        tiles=len(tree),
        levels=int(depths.max()) + 1,
        triangles=0,
        vertices=sum(tile.points for tile in grown.tiles),
        byte_length=sum(size for _, _, size, kind in known.values() if kind != "application/json"),
        geometric_error=tree.geometric_error,
        root_error=float(tree.error[0]),
        extent=Extent((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        origin=of.origin,
        survey=survey,
    )
    progress(1.0, "done")
    return TileResult(
        figures, DOCUMENT, tuple(known[name] for name in sorted(known)), tuple(report), _figures(tree, depths)
    )


def _placed(root: bytes, survey: Survey) -> bytes:
    """The document with where its origin lies, in `extras`, as a scene's georeference has it."""
    of = asdict(survey)
    of |= of.pop("where")
    document = json.loads(root)
    document["root"].setdefault("extras", {})["georeference"] = of
    return json.dumps(document, separators=(",", ":")).encode()


def _pruned(grown: Growing) -> Growing:
    """Without tiles that hold nothing and lead to nothing: all that they had is shown above them."""
    kept = np.array([bool(tile.digest) for tile in grown.tiles])
    for tile in range(len(kept) - 1, 0, -1):
        kept[grown.parents[tile]] |= kept[tile]
    number = np.cumsum(kept) - 1
    there = np.flatnonzero(kept).tolist()
    parents = [grown.parents[tile] for tile in there]
    tiles = [grown.tiles[tile] for tile in there]
    return type(grown)(tiles, [-1 if at < 0 else int(number[at]) for at in parents], grown.crowded)


def _tree(grown: Growing, size: float, side: float) -> tuple[TileTree, NDArray[np.int64]]:
    """The tree, breadth first, and the depth of each tile. `size` and `side` are of the cloud and its cube, metres."""
    parents = np.array(grown.parents)
    depth = np.zeros(len(parents), np.int64)
    for tile in range(1, len(parents)):
        depth[tile] = depth[parents[tile]] + 1
    low, high = (np.array([getattr(tile, name) for tile in grown.tiles]) for name in ("low", "high"))
    error = np.array([tile.error for tile in grown.tiles])
    for tile in range(len(parents) - 1, 0, -1):
        above = parents[tile]
        low[above], high[above] = np.minimum(low[above], low[tile]), np.maximum(high[above], high[tile])
        error[above] = max(error[above], error[tile])
    place = np.empty(len(parents), np.int64)
    order: list[int] = []
    rank = {-1: -1}
    # Breadth first, siblings together: by depth, then by the place of the parent.
    for level in range(int(depth.max()) + 1):
        own = sorted(np.flatnonzero(depth == level).tolist(), key=lambda tile: (rank[int(parents[tile])], tile))
        for tile in own:
            rank[tile] = len(order)
            order.append(tile)
    place = np.array(order)
    tiles = [grown.tiles[tile] for tile in order]
    points = np.array([tile.points for tile in tiles], np.int64)
    half = np.maximum((high - low)[place] / 2, 0.0) + _PADDING * max(side, 1e-3)
    box = np.zeros((len(order), 12))
    box[:, :3] = (low + high)[place] / 2
    box[:, [3, 7, 11]] = half
    tree = TileTree(
        parent=np.array([rank[int(parents[tile])] for tile in order], np.int32),
        box=box,
        error=error[place],
        content=tuple(tile.digest for tile in tiles),
        needs=((),) * len(tiles),
        byte_length=np.array([tile.byte_length for tile in tiles], np.int64),
        triangles=points,
        draws=np.array([int(bool(tile.digest)) for tile in tiles], np.int64),
        texture_bytes=np.zeros(len(tiles), np.int64),
        geometric_error=max(size, float(error.max())),
        image_bytes={},
        coded_length=np.array([tile.coded_length for tile in tiles], np.int64),
        points=points,
    )
    return tree, depth[place]


def _figures(tree: TileTree, depths: NDArray[np.int64]) -> tuple[LevelFigures, ...]:
    """By depth, root first; where a table of surfaces has triangles, points."""
    out = []
    for depth in range(int(depths.max()) + 1):
        own = np.flatnonzero(depths == depth)
        error = float(tree.error[own].max())
        out.append(
            LevelFigures(
                tiles=len(own),
                triangles=int(tree.points[own].sum()),
                byte_length=int(tree.byte_length[own].sum()),
                coded_length=int(tree.coded_length[own].sum()),
                mean_error=float(tree.error[own].mean()),
                most_error=error,
                bound=error,
                texel=0.0,
            )
        )
    return tuple(out)
