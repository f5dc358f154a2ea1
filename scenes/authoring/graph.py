"""Circles among things that refer to one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def circle(leads_to: Mapping[str, Iterable[str]]) -> list[str]:
    """A way along `leads_to` from something back to itself, both ends named; empty where there is none. Linear.

    >>> circle({"a": ["b"], "b": ["c", "d"], "d": ["b"]}) in (["b", "d", "b"], ["d", "b", "d"])
    True
    >>> circle({"a": ["b"], "b": ["c"]})
    []
    """
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        # graphlib reads "needs" where we read "leads to", and tells its circle the other way round.
        way: list[str] = error.args[1]
        return way[::-1]
    return []
