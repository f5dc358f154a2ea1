"""One change of a scene after another, so that what was checked still holds when it is written.

Revisions tell two curators apart who change one record. They do not see that A makes the first hypothesis build on the
second while B makes the second build on the first, nor that A removes a layer while B puts something in it: each checks
before the other writes. So the changes of a scene take turns, within the one process that holds the data directory
(`api.data_directory`). Reading never waits.

A fixed number of locks serves all scenes; two scenes that share one wait for each other now and then, for the
milliseconds of a check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock

_LOCKS = tuple(RLock() for _ in range(64))


def turn(scene: str) -> RLock:
    """The lock of a scene, or of an asset. Who holds it may take it again."""
    return _LOCKS[hash(scene) % len(_LOCKS)]


@contextmanager
def together(scenes: Iterable[str]) -> Iterator[None]:
    """The turns of several scenes at once."""
    with _all_of({turn(scene) for scene in scenes}):
        yield


@contextmanager
def everyone() -> Iterator[None]:
    """The turns of all scenes at once: for a change of what any of them may be about to refer to."""
    with _all_of(_LOCKS):
        yield


@contextmanager
def _all_of(locks: Iterable[RLock]) -> Iterator[None]:
    with ExitStack() as stack:
        # Always in this order, so that of two who take several neither holds what the other waits for.
        for lock in sorted(locks, key=id):
            stack.enter_context(lock)
        yield
