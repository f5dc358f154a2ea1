"""Placements as streams say them: one object for each, shared by all visitors before whom it stands.

A stream knows of all that stands at its moment. Ten thousand placements and two thousand visitors would be twenty
million objects, if each visitor had his own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakValueDictionary

from scenes.at_time import Standing
from scenes.model import Asset, Placement
from streaming.events import StreamPlacement
from timeline.interval import Certainty


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Stand:
    """A placement in streams: how it is said, and its tiles. The same one for the same records."""

    said: StreamPlacement
    placement: Placement
    asset: Asset
    certainty: Certainty
    tileset: str

    @property
    def standing(self) -> Standing:
        """As groups take it: nobody asks there why it stands."""
        return Standing(self.placement, self.certainty, "")


class Stands:
    """Those that some stream holds. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: WeakValueDictionary[tuple[int, int, Certainty], Stand] = WeakValueDictionary()

    def stand(self, placement: Placement, asset: Asset, certainty: Certainty) -> Stand:
        """Of an asset that has tiles."""
        # By identity: while a stand is kept, so are its records, and nothing else has their addresses.
        key = id(placement), id(asset), certainty
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = _made(placement, asset, certainty)
            return found


def _made(placement: Placement, asset: Asset, certainty: Certainty) -> Stand:
    assert asset.tileset is not None, "it has tiles"
    said = StreamPlacement(
        id=placement.id, asset=asset.id, title=placement.title or asset.title,
        transform=tuple(map(float, placement.transform)), certainty=certainty.value,
        reliability=placement.reliability.value,
    )  # fmt: skip
    return Stand(said, placement, asset, certainty, asset.tileset.digest)
