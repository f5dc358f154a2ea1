"""Who is told of whose pose, and how often: of those near by often, of those far off seldom.

Time goes in ticks, ten a second. Each hearer has three bands of others:

| band | to | is told of each |
|---|---|---|
| near | 10 m | every tick |
| middle | 30 m | every 2nd tick |
| far | beyond, and all where the hearer has no pose | every 10th tick |

and only of poses that are new since. A hearer is told of at most 32 in a tick, first of those of whom it was told the
longest ago; the others wait for the next. Bands are looked at anew every 5th tick, each hearer in its turn, by a grid
of 30 m: nine cells hold all that can be near. Who changes bands is told of at once, so that nobody's last step gets
lost between two rhythms.

What a tick costs grows with the poses that are told and not with the square of the members. Measured for a hundred
(bench/rooms.py): see docs/protocol.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from math import floor

from streaming.room_events import Position
from streaming.room_frames import MAX_PEERS

TICKS_PER_S = 10
NEAR_M, MIDDLE_M = 10.0, 30.0
REGROUP_TICKS = 5
_EVERY = (1, 2, 10)
"""ticks from one telling to the next, by band"""
_CELL_M = MIDDLE_M
_NEVER = -1


@dataclass(slots=True, eq=False)
class _Peer:
    number: int
    hears: bool
    position: Position | None = None
    entry: bytes = b""
    posed: int = _NEVER
    """the tick that tells of its latest pose"""
    bands: dict[int, int] = field(default_factory=dict)
    """of the others, by number"""
    slices: list[list[list[_Peer]]] = field(default_factory=lambda: [[[] for _ in range(every)] for every in _EVERY])
    """the others by band, and by the tick within the band's rhythm"""
    waiting: dict[_Peer, None] = field(default_factory=dict)
    told: dict[_Peer, int] = field(default_factory=dict)
    """when this hearer was told of each, where there were too many at once; no two are equal, or the last in a list
    would always be the last"""


_Grid = dict[tuple[int, int], list[_Peer]]


class Interest:
    """The poses of one room, and what each hearer is owed of them."""

    def __init__(self) -> None:
        self._peers: dict[int, _Peer] = {}
        self._tick = 0

    def add(self, number: int, *, hears: bool) -> None:
        """Somebody comes. `hears`: whether they are told here, and not by another process."""
        self._peers[number] = _Peer(number, hears)

    def remove(self, number: int) -> None:
        """Somebody goes; nobody is told of their pose any more."""
        gone = self._peers.pop(number, None)
        if gone is not None:
            gone.entry, gone.posed = b"", _NEVER  # others' bands still hold it, until they are looked at anew

    def pose(self, number: int, position: Position, entry: bytes) -> None:
        """Somebody's pose from now on; `entry` is what PEERS says of it."""
        peer = self._peers.get(number)
        if peer is not None:
            peer.position, peer.entry, peer.posed = position, entry, self._tick

    def tick(self, behind: Container[int] = ()) -> Iterator[tuple[int, list[bytes]]]:
        """Each hearer that is to be told something now, with entries of others, at most 32.

        Those of `behind` are told nothing now, and of the latest poses later.
        """
        tick = self._tick
        self._tick += 1
        grid: _Grid | None = None
        for peer in self._peers.values():
            if not peer.hears:
                continue
            if (tick + peer.number) % REGROUP_TICKS == 0:
                grid = self._grid() if grid is None else grid
                self._regroup(peer, grid)
            told = _told(peer, tick, 0 if peer.number in behind else MAX_PEERS)
            if told:
                yield peer.number, told

    def _grid(self) -> _Grid:
        grid: _Grid = defaultdict(list)
        for peer in self._peers.values():
            if peer.position is not None:
                grid[_cell(peer.position)].append(peer)
        return grid

    def _regroup(self, hearer: _Peer, grid: _Grid) -> None:
        near, middle = _close_by(hearer, grid)
        bands = dict.fromkeys([peer.number for peer in near], 0) | dict.fromkeys([peer.number for peer in middle], 1)
        far = [peer for peer in self._peers.values() if peer.number not in bands]
        bands |= dict.fromkeys([peer.number for peer in far], 2)
        before, hearer.bands = hearer.bands, bands
        hearer.told = {peer: when for peer, when in hearer.told.items() if peer.entry}
        hearer.slices = [[[] for _ in range(every)] for every in _EVERY]
        for band, peers in enumerate((near, middle, far)):
            for peer in peers:
                if peer is hearer:
                    continue
                hearer.slices[band][peer.number % _EVERY[band]].append(peer)
                if before.get(peer.number) != band:
                    hearer.waiting[peer] = None


def _close_by(hearer: _Peer, grid: _Grid) -> tuple[list[_Peer], list[_Peer]]:
    """Those near the hearer and those in the middle, the hearer among them."""
    near: list[_Peer] = []
    middle: list[_Peer] = []
    if hearer.position is None:
        return near, middle
    hx, hy, hz = hearer.position
    column, row = _cell(hearer.position)
    cells = [(i, k) for i in (column - 1, column, column + 1) for k in (row - 1, row, row + 1)]
    for other in [each for cell in cells for each in grid.get(cell, ())]:
        assert other.position is not None
        x, y, z = other.position
        square = (x - hx) ** 2 + (y - hy) ** 2 + (z - hz) ** 2
        if square <= NEAR_M**2:
            near.append(other)
        elif square <= MIDDLE_M**2:
            middle.append(other)
    return near, middle


def _told(hearer: _Peer, tick: int, most: int) -> list[bytes]:
    due = [
        peer
        for slices, every in zip(hearer.slices, _EVERY, strict=True)
        for peer in slices[tick % every]
        if peer.posed > tick - every
    ]
    if hearer.waiting:
        due = list(hearer.waiting | dict.fromkeys(due))
        hearer.waiting = {}
    if len(due) > most:
        due.sort(key=lambda peer: hearer.told.get(peer, _NEVER))
        hearer.told.update(zip(due[:most], range(tick * MAX_PEERS, (tick + 1) * MAX_PEERS), strict=False))
        hearer.waiting = dict.fromkeys(due[most:])
        due = due[:most]
    return [peer.entry for peer in due if peer.entry]


def _cell(position: Position) -> tuple[int, int]:
    return floor(position[0] / _CELL_M), floor(position[2] / _CELL_M)
