"""Placements as streams say them: the same object for all visitors before whom they stand."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from scenes.at_time import Standing
from scenes.model import Asset, Placement
from scenes.sharing import Sharing
from streaming.events import StreamPlacement
from timeline.interval import Certainty

_MOST_ASSETS = 20_000


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Stand:
    """A placement in streams: how it is said, and its tiles. The same one for the same records."""

    said: StreamPlacement
    placement: Placement
    asset: Asset
    certainty: Certainty
    key: tuple[str, str]
    """ids of the placement and of the asset's tileset: with other tiles it is another thing to clients"""

    @property
    def tileset(self) -> str:
        """Digest of the tileset."""
        return self.key[1]

    @property
    def standing(self) -> Standing:
        """As groups take it: nobody asks there why it stands."""
        return Standing(self.placement, self.certainty, "")


class Stands:
    """Those that some stream holds, and what else streams share. Thread-safe."""

    def __init__(self) -> None:
        self.sharing = Sharing()
        self._lock = threading.Lock()
        self._assets: dict[str, Asset] = {}

    def asset(self, asset: Asset) -> Asset:
        """The same asset as it was read before, if it is equal: a catalogue reads its records anew each time."""
        with self._lock:
            known = self._assets.get(asset.id)
            if known == asset:
                return known
            if len(self._assets) >= _MOST_ASSETS:
                self._assets.clear()
            self._assets[asset.id] = asset
            return asset

    def stand(self, placement: Placement, asset: Asset, certainty: Certainty) -> Stand:
        """Of an asset that has tiles."""
        return self.sharing.one(
            (Stand, id(placement), id(asset), certainty), lambda: _made(placement, asset, certainty)
        )  # fmt: skip


def _made(placement: Placement, asset: Asset, certainty: Certainty) -> Stand:
    assert asset.tileset is not None, "it has tiles"
    said = StreamPlacement(
        id=placement.id, asset=asset.id, title=placement.title or asset.title,
        transform=tuple(map(float, placement.transform)), certainty=certainty.value,
        reliability=placement.reliability.value,
    )  # fmt: skip
    return Stand(said, placement, asset, certainty, (placement.id, asset.tileset.digest))
