"""One change of a scene after another, so that what was checked still holds when it is written.

Revisions tell two curators apart who change one record. They do not see that A makes the first hypothesis build on the
second while B makes the second build on the first, nor that A removes a layer while B puts something in it: each checks
before the other writes. So the changes of a scene take turns, within the one process that holds the data directory
(`api.data_directory`). Reading never waits.

A fixed number of locks serves all scenes; two scenes that share one wait for each other now and then, for the
milliseconds of a check.
"""

from __future__ import annotations

from threading import RLock

_LOCKS = tuple(RLock() for _ in range(64))


def turn(scene: str) -> RLock:
    """The lock of a scene; no change takes that of two. Who holds it may take it again."""
    return _LOCKS[hash(scene) % len(_LOCKS)]
