"""At which halvings of the kd tree tiles stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiling.quantize import Coding


@dataclass(frozen=True, slots=True)
class Plan:
    """How many halvings of the kd tree there are, and at which of them tiles stand."""

    depth: int
    shifts: tuple[int, ...]
    """finest first; a level's tiles cover 2^shift leaves each; the last may be there twice, for a small root"""
    root_triangles: int
    coding: Coding


def plan(depth: int, *, is_root_apart: bool, root_triangles: int, coding: Coding) -> Plan:
    """Levels at every second halving: a level of half the triangles costs a third of all bytes, a tenth of all time.

    >>> plan(5, is_root_apart=True, root_triangles=5000, coding="meshopt").shifts
    (0, 2, 4, 5, 5)
    """
    shifts = (*range(0, depth, 2), depth)
    return Plan(depth, shifts + shifts[-1:] * is_root_apart, root_triangles, coding)
