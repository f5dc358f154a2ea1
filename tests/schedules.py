"""Seeded schedules of faults, one after the other: what the campaigns of `make outages` have in common."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, TypeVar

from tests.standstill import Standstill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
TRIES = 5


def played(
    schedule: Callable[[int], T],
    seeds: Iterable[int],
    faults: tuple[type[Exception], ...] = (AssertionError,),
    *,
    tries: int = TRIES,
    log: Callable[[], str] = str,
) -> list[T]:
    """What came of the schedules that held, by their seeds; of the others it is told which of `faults` it was.

    Played again, up to so many `tries`, where the machine stood still. `log` is what a server says of itself.
    """
    held: list[T] = []
    for seed in seeds:
        for _ in range(tries):
            came: list[T] = []
            told = ""
            with Standstill() as still:
                try:
                    came.append(schedule(seed))
                except faults:
                    told = traceback.format_exc() + log()
            if not still.seconds:
                break
            print(f"seed {seed}: the machine stood still for {still.seconds:.1f} s", flush=True)
        held += came
        if told:
            print(f"seed {seed}:", told, sep="\n", flush=True)
    return held
