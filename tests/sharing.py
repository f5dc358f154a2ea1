"""How tests are shared out among workers: a file is one worker's, and what takes longest begins first.

A file's tests stay together, so that a module's fixtures are made once. The journeys are two such units, each with a
museum and a browser of its own: on one worker they took half of the time that all tests took on two. `--dist loadgroup`
of pytest-xdist 3.8 was to do this and did nothing: it writes the group into `item._nodeid`, which pytest 9.2 does not
read, so that each test went to whichever worker was free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

JOURNEYS = "tests/journeys/"
ARRIVING = JOURNEYS + "test_stream.py"
"""the other unit of journeys, by its longest: how tiles arrive and look"""
_ARRIVING = {ARRIVING, *(f"{JOURNEYS}test_{name}.py" for name in ("looks", "parts", "peers"))}
# The units of half a minute and more; begun last, one of them would leave the other workers idle at the end.
LONGEST = (
    JOURNEYS,
    ARRIVING,
    "tests/api/test_cli_tile.py",
    "tests/api/test_cli_ingest.py",
    "tests/api/test_cli_serve.py",
    "tests/pipeline/test_sandbox.py",
    "tests/pipeline/test_hostile.py",
)
MOST_WORKERS = 8


def workers(cores: int) -> int:
    """How many are at work (`-n auto`): one more than there are cores, for journeys and commands wait in between.

    Two more were tried: browsers that draw by software burn what is left over.
    """
    return min(cores + 1, MOST_WORKERS)


def unit(nodeid: str) -> str:
    """What one worker runs from beginning to end, by the id of a test in it."""
    file = nodeid.partition("::")[0]
    if file in _ARRIVING:
        return ARRIVING
    return JOURNEYS if file.startswith(JOURNEYS) else file


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Tests of the longest units first, the others as they were."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    return sorted(items, key=lambda item: ranks.get(unit(item.nodeid), len(ranks)))


class ByUnit(LoadScopeScheduling):
    """Units in the order of their first tests, each to the next worker that is free."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)
