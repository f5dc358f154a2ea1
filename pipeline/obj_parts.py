"""The parts of an OBJ: what belongs to one object (or group) and one material, which becomes a primitive of its own."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from pipeline.lines import after_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PARTS = 4096  # pairs of an object and a material that are kept apart


class Parts:
    """Which object and material each run of triangles has. `names` are of materials; 0 is none."""

    def __init__(self, data: NDArray[np.uint8], events: list[tuple[int, int]], report: list[str]) -> None:
        self.names, self.libraries = [""], list[str]()
        lines = [(triangle, *_words(data, place)) for triangle, place in events]
        naming = "o" if any(word == "o" for _, word, _ in lines) else "g"
        numbers: dict[str, int] = {"": 0}
        known: dict[tuple[str, int], int] = {}
        self.of_part: list[tuple[str, int]] = []
        """object and number of the material"""
        self.starts, self.numbers = list[int](), list[int]()
        thing, material = "", 0
        for triangle, word, name in [(0, "", ""), *lines]:
            if word == "mtllib":
                self.libraries.append(name)
                continue
            if word == "usemtl":
                material = numbers.setdefault(name, len(self.names))
                if material == len(self.names):
                    self.names.append(name)
            elif word == naming:
                thing = name[:200]
            if len(known) >= _MOST_PARTS:
                thing = ""
            part = known.setdefault((thing, material), len(known))
            if part == len(self.of_part):
                self.of_part.append((thing, material))
            if self.starts and self.starts[-1] == triangle:
                self.numbers[-1] = part
            else:
                self.starts.append(triangle)
                self.numbers.append(part)
        if len(known) >= _MOST_PARTS:
            report.append(f"it has more than {_MOST_PARTS:,} named parts; the others are told apart by material only")

    def at(self, start: int, stop: int) -> NDArray[np.int32]:
        """The part of each triangle from `start` to `stop`."""
        low, high = bisect_right(self.starts, start) - 1, bisect_right(self.starts, stop - 1)
        edges = [start, *self.starts[low + 1 : high], stop]
        return np.repeat(np.array(self.numbers[low:high], np.int32), np.diff(edges))


def _words(data: NDArray[np.uint8], place: int) -> tuple[str, str]:
    """The first word of a line and the rest of it."""
    line = data[place : min(after_line(data, place), place + 4096)].tobytes().decode("utf-8", "replace")
    word, _, rest = line.replace("\t", " ").partition(" ")
    return word, rest.strip()
