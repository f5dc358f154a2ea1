"""Assets in reduced detail: what visitors get of one whose finer levels are not for them.

The coarse tiles are the same bytes; only the documents that name them are written anew, without what is finer. They are
kept as blobs that belong to the asset; made again they are the same bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from scenes.errors import NotFound
from scenes.file_names import named
from scenes.model import Asset, Tileset
from scenes.ports import Blobs, BlobUse, Catalogue
from tiling import tileset
from tiling.coarsened import coarsened
from tiling.errors import TilingError
from tiling.tree import TileTree

_MOST = 1_000
"""kept in memory; of one with 1,000 tiles about 100 KB"""
_TILESET_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Coarse:
    """A tileset without what is finer than a limit, and the blobs that it is made of."""

    tileset: Tileset
    digests: frozenset[str]
    """of its documents, tiles and images"""


class Details:
    """Coarse forms of tilesets, made when they are first asked for. Thread-safe; of two at once each makes its own."""

    def __init__(self, blobs: Blobs, catalogue: Catalogue) -> None:
        self._blobs, self._catalogue = blobs, catalogue
        self._kept: OrderedDict[tuple[str, str, float], Coarse | None] = OrderedDict()
        self._lock = threading.Lock()

    def coarse(self, asset: Asset, finest: float) -> Coarse | None:
        """What may be shown of an asset where nothing finer than `finest` metres may; None: nothing. Blocking."""
        if asset.tileset is None:
            return None
        key = asset.id, asset.tileset.digest, finest
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            made = self._made(asset.id, asset.tileset, finest)
        except (TilingError, NotFound):
            return None  # a blob is gone, for now perhaps: nothing is shown, and nothing remembered
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made

    def shown(self, asset: Asset, finest: float) -> Asset:
        """An asset as it may be told where nothing finer than `finest` metres may be shown; 0: as it is.

        Where no level is as coarse as that, it has no tiles. The report of the tiler speaks of the whole file.
        """
        if not finest:
            return asset
        found = self.coarse(asset, finest)
        return replace(asset, tileset=None if found is None else found.tileset, report=())

    def _made(self, asset_id: str, whole: Tileset, finest: float) -> Coarse | None:
        tree = coarsened(tileset.read(self._blobs.read(whole.digest), named(self._blobs.read)), finest)
        if tree is None:
            return None
        documents = tileset.write(tree)
        digests = [self._blobs.put(data) for data in (documents.root, *documents.others.values())]
        written = zip(digests, (documents.root, *documents.others.values()), strict=True)
        uses = [BlobUse(digest, len(data), _TILESET_TYPE) for digest, data in written]
        self._catalogue.allow_blobs(asset_id, uses)
        images = {name.partition(".")[0] for needs in tree.needs for name in needs}
        return Coarse(_figures(tree, digests[0], whole), frozenset(digests) | (set(tree.content) - {""}) | images)


def _figures(tree: TileTree, digest: str, whole: Tileset) -> Tileset:
    """What a coarse tileset says of itself. Vertices are not counted; where the master lies is not told."""
    inner = np.zeros(len(tree), bool)
    inner[tree.parent[1:]] = True
    depth = np.zeros(len(tree), np.int64)
    for tile in range(1, len(tree)):
        depth[tile] = depth[tree.parent[tile]] + 1
    images = sum(size for size, _ in tree.image_bytes.values())
    return Tileset(
        digest=digest,
        tiles=len(tree),
        levels=int(depth.max()) + 1,
        triangles=int(tree.triangles.sum() if tree.is_added else tree.triangles[~inner].sum()),
        vertices=0,
        byte_length=int(tree.byte_length.sum()) + images,
        geometric_error=whole.geometric_error,
        root_error=whole.root_error,
        extent=whole.extent,
    )
