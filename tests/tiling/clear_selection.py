"""Selection in clear: one tile at a time, heaps and dictionaries of Python, by the rules of `tiling.select`.

What the compiled selection has to give exactly. How a box looks it asks `tiling.sight`, which is tested by itself.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.tiling.flat import Forest
from tiling import sight
from tiling.select import (
    COVER,
    COVER_LEAST,
    COVER_SHARE,
    MOST_NODES,
    WAY_LEAST,
    WAY_SHARE,
    WORTH_SENDING,
    Limits,
)
from tiling.sight import ANYWHERE, BLUR, DISTANCE, ERROR, MOST_PIXELS, PIXELS, SCALE, SEEN, WORTH
from tiling.stock import MOST_GROUPS
from tiling.view import View
from tiling.way import LEAST_GAIN

Unit = tuple[int, int]
"""a tile, and which of its regions; -1: all"""


@dataclass
class Clear:
    """Selection from a flat forest. After `run`: `order`, `cut`, `replaced_by`."""

    forest: Forest
    limits: Limits
    is_parted: bool = False
    is_coded: bool = False
    refined: set[Unit] = field(default_factory=set)
    covered: set[Unit] = field(default_factory=set)
    """those of `refined` that are cover"""
    seen_at: dict[int, int] = field(default_factory=dict)
    """when each tile was looked at: ties are broken by it"""

    def run(self, *eyes: View) -> Clear:
        self.looks = sight.looks_of(self.forest.box, self.forest.error, sight.poses(*eyes)).tolist()
        self._looked(self.forest.roots)
        self._plant()
        self._refine(is_cover=False, most=self.limits.bytes)
        used = self._bytes(self._wanted())
        self._refine(is_cover=True, most=min(self.limits.bytes, used + int(max(COVER_LEAST, COVER_SHARE * used))))
        self.cut = {tile for tile in self._alive() if not self._is_gone(tile)}
        self._weigh()
        self._choose_way()
        self._put_in_order()
        self.replaced_by = {
            tile: tuple(
                () if not parts else self._parts(tile, region) if (tile, region) in self.refined else None
                for region, parts in enumerate(self._regions(tile))
            )
            for tile in self.order
            if any((tile, region) in self.refined for region in range(len(self._regions(tile))))
        }
        return self

    # What there is

    def _regions(self, tile: int) -> tuple[tuple[int, ...], ...]:
        return self.forest.regions[tile]

    def _is_parted(self, tile: int) -> bool:
        if self.forest.added[tile]:
            return True
        groups = self.forest.groups[tile]
        return self.is_parted and len(groups) == len(self._regions(tile)) + 2 and len(groups) - 2 <= MOST_GROUPS

    def _units(self, tile: int) -> list[Unit]:
        if not any(self._regions(tile)):
            return []
        if self._is_parted(tile):
            return [(tile, region) for region, parts in enumerate(self._regions(tile)) if parts]
        return [(tile, -1)]

    def _below(self, unit: Unit) -> list[int]:
        tile, region = unit
        regions = self._regions(tile)
        return [part for parts in (regions if region < 0 else regions[region : region + 1]) for part in parts]

    def _regions_of(self, unit: Unit) -> set[Unit]:
        tile, region = unit
        return {(tile, each) for each in range(len(self._regions(tile)))} if region < 0 else {unit}

    # What is shown

    def _alive(self) -> Iterator[int]:
        waiting = list(self.planted)
        while waiting:
            tile = waiting.pop()
            yield tile
            waiting += [p for r, parts in enumerate(self._regions(tile)) if (tile, r) in self.refined for p in parts]

    def _is_gone(self, tile: int) -> bool:
        if self.forest.added[tile]:
            return False
        open_regions = [r for r, parts in enumerate(self._regions(tile)) if parts and (tile, r) not in self.refined]
        return any(self._regions(tile)) and not open_regions

    def _files(self, tile: int) -> Iterator[tuple[str, int, int]]:
        yield self.forest.content[tile], self.forest.byte_length[tile], self.forest.texture_bytes[tile]
        for name in self.forest.needs[tile]:
            yield name, *self.forest.images[name]

    def _bytes(self, tiles: Iterable[int]) -> int:
        return sum({name: length for tile in tiles for name, length, _ in self._files(tile)}.values())

    def _wanted(self) -> set[int]:
        return {tile for tile in self._alive() if not self._is_gone(tile)} | set(self.planted)

    def _fits(self, most_bytes: int) -> bool:
        shown = [tile for tile in self._alive() if not self._is_gone(tile)]
        triangles = sum(self.forest.triangles[tile] for tile in shown) - sum(
            self.forest.groups[tile][region]
            for tile, region in self.refined
            if tile in shown and not self.forest.added[tile]
        )
        textures = {name: texture for tile in shown for name, _, texture in self._files(tile)}
        return (
            self._bytes(self._wanted()) <= most_bytes
            and triangles <= self.limits.triangles
            and sum(self.forest.draws[tile] for tile in shown) <= self.limits.draws
            and sum(textures.values()) <= self.limits.textures
            and len(shown) <= MOST_NODES
        )

    # The steps

    def _looked(self, tiles: Iterable[int]) -> None:
        for tile in tiles:
            self.seen_at.setdefault(tile, len(self.seen_at))

    def _plant(self) -> None:
        def rank(root: int) -> tuple[float, int]:
            look = self.looks[root]
            length = sum(length for _, length, _ in self._files(root))
            return (-look[WORTH] / max(length, 1) if look[SEEN] else 1.0 + look[DISTANCE]), self.seen_at[root]

        self.planted: list[int] = []
        for root in sorted(self.forest.roots, key=rank):
            self.planted.append(root)
            if not self._fits(self.limits.bytes):
                self.planted.pop()

    def _refine(self, *, is_cover: bool, most: int) -> None:
        column, tolerance = (ANYWHERE, self.limits.error * COVER) if is_cover else (PIXELS, self.limits.error)
        waiting: list[tuple[float, int, int, Unit]] = []

        def consider(tile: int) -> None:
            urgency = self.looks[tile][column]
            if self._is_gone(tile) or urgency <= tolerance:
                return
            self._looked(part for parts in self._regions(tile) for part in parts)
            for unit in self._units(tile):
                parts = self._below(unit) if self._is_parted(tile) else [tile]
                is_seen = any(self.looks[part][SEEN] for part in parts)
                if not self._regions_of(unit) & self.refined and is_seen != is_cover:
                    heapq.heappush(waiting, (-urgency, self.seen_at[tile], unit[1], unit))

        for tile in sorted(self._alive(), key=self.seen_at.__getitem__) if is_cover else self.planted_by_number():
            consider(tile)
        while waiting:
            *_, unit = heapq.heappop(waiting)
            self.refined |= self._regions_of(unit)
            if not self._fits(most):
                self.refined -= self._regions_of(unit)
                continue
            if is_cover:
                self.covered |= self._regions_of(unit)
            for part in self._below(unit):
                consider(part)

    def planted_by_number(self) -> list[int]:
        return sorted(self.planted, key=self.seen_at.__getitem__)

    def _length(self, tile: int) -> int:
        whole, coded = self.forest.byte_length[tile], self.forest.coded_length[tile]
        return coded if self.is_coded and 0 < coded < whole else whole

    def _shown(self, error: float, tile: int) -> float:
        look = self.looks[tile]
        return float(max(min(error * look[SCALE], MOST_PIXELS), look[BLUR]))

    def _gain(self, tile: int, part: int) -> float:
        before, error, worth = self.looks[tile][ERROR], self.looks[part][ERROR], self.looks[part][WORTH]
        shown = self._shown(before, part)
        return float(worth * (max(shown - self._shown(error, part), 0.0) + LEAST_GAIN * shown))

    def _replaced(self, tile: int) -> list[int]:
        """The parts of all regions that are replaced."""
        regions = enumerate(self._regions(tile))
        return [part for region, parts in regions if (tile, region) in self.refined for part in parts]

    def _weigh(self) -> None:
        for tile in sorted(self._alive(), key=self.seen_at.__getitem__, reverse=True):
            looks = [self.looks[part] for part in self._replaced(tile)]
            worth = _total(look[WORTH] for look in looks)
            if worth > 0:
                for column in (SCALE, BLUR):
                    self.looks[tile][column] = _total(look[WORTH] * look[column] for look in looks) / worth
                self.looks[tile][WORTH] = worth

    def _choose_way(self) -> None:
        alive = sorted(self._alive(), key=self.seen_at.__getitem__)
        final = sum(self._length(tile) for tile in self.cut)
        self.sent = self.cut | set(self.planted)
        for tile in alive:
            kinds = {(tile, region) in self.covered for region, parts in enumerate(self._regions(tile)) if parts}
            if tile not in self.sent and len(kinds) == 2 and self._still_fits(tile):
                self.sent.add(tile)
        may = self._worthwhile(alive)
        ranked = [
            (-_total(self._gain(tile, part) for part in parts) / max(sum(map(self._length, parts)), 1), part)
            for tile in alive
            for unit in self._units(tile) if self._regions_of(unit) <= self.refined
            for parts in (self._below(unit),)
            for part in parts if part in may
        ]  # fmt: skip
        left = max(WAY_SHARE * final, min(WAY_LEAST, 0.25 * final))
        for _, tile in sorted(ranked, key=lambda each: (each[0], self.seen_at[each[1]])):
            if self._length(tile) <= left and self._still_fits(tile):
                left -= self._length(tile)
                self.sent.add(tile)

    def _still_fits(self, tile: int) -> bool:
        return self._bytes({*self.sent, tile}) <= self.limits.bytes

    def _worthwhile(self, alive: list[int]) -> set[int]:
        may: set[int] = set()
        below: dict[int, tuple[int, float]] = {}
        for tile in reversed(alive):
            length, rest = 0, 0.0
            for part in self._replaced(tile):
                worth, before = self.looks[part][WORTH], self.looks[tile][ERROR]
                if part not in self.sent:
                    instead = below[part][0], worth * self._shown(before, part) - below[part][1]
                    if self._gain(tile, part) * instead[0] >= WORTH_SENDING * instead[1] * self._length(part):
                        may.add(part)
                if part in self.sent or part in may:
                    length += self._length(part)
                    rest += worth * self._shown(self.looks[part][ERROR], part)
                else:
                    length += below[part][0]
                    rest += below[part][1]
            below[tile] = length, rest
        return may

    def _parts(self, tile: int, region: int) -> tuple[int, ...]:
        return tuple(
            found
            for part in self._regions(tile)[region]
            for found in ((part,) if part in self.sent else self._all_parts(part))
        )

    def _all_parts(self, tile: int) -> tuple[int, ...]:
        return tuple(part for region in range(len(self._regions(tile))) for part in self._parts(tile, region))

    def _put_in_order(self) -> None:
        self.order = list(self.planted)
        names = {name for tile in self.order for name, _, _ in self._files(tile)}
        waiting: list[tuple[float, int, int, int, tuple[int, ...]]] = []

        def consider(tile: int) -> None:
            for unit in self._units(tile):
                if not self._regions_of(unit) <= self.refined:
                    continue
                parts = tuple(p for _, region in sorted(self._regions_of(unit)) for p in self._parts(tile, region))
                gain, length = 0.0, 0
                for part in parts:
                    gain += self._gain(tile, part)
                    own = self._length(part) if self.forest.content[part] not in names else 0
                    length += own + sum(
                        self.forest.images[name][0] for name in self.forest.needs[part] if name not in names
                    )
                gain /= max(length, 1)
                if self._regions_of(unit) <= self.covered:  # what is out of view waits for all that is in it
                    gain = -1 / gain if gain > 0 else -math.inf
                heapq.heappush(waiting, (-gain, self.expanded(tile), unit[1], tile, parts))

        for tile in self.planted:
            consider(tile)
        while waiting:
            *_, tile, parts = heapq.heappop(waiting)
            together = sorted(parts, key=lambda part: -self._gain(tile, part))
            self.order += together
            names |= {name for part in together for name, _, _ in self._files(part)}
            for part in together:
                consider(part)

    def expanded(self, tile: int) -> int:
        """When its children were looked at."""
        return min(self.seen_at[part] for parts in self._regions(tile) for part in parts)


def _total(numbers: Iterable[float]) -> float:
    """Added one after the other, as compiled code does: from Python 3.12 on `sum` is more exact."""
    found = 0.0
    for number in numbers:
        found += number
    return found
