"""What of a scene is not for an audience, and records without it.

Layers, hypotheses and placements say who may know of them. What stands in a hidden layer, is part of a hidden
hypothesis, or speaks of anything hidden is hidden with it: a note on a hidden thing, a statement of its time, a
hypothesis that assumes a hidden one. Where a record lists several things, the hidden ones are left out of the list;
when none is left, the record is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from scenes.model import Hypothesis, Layer, Placement, Record, Scene, Visibility

R = TypeVar("R", bound=Record)

_ORDER = {audience: place for place, audience in enumerate(Visibility)}
"""0: the fewest people"""
_MAY_BE_EMPTY = frozenset({"contrasts_with", "default_hypothesis", "events"})
"""fields that may name nothing but hidden things: they are emptied, and the record stays"""
NOTHING: frozenset[str] = frozenset()


def is_within(audience: Visibility, level: Visibility) -> bool:
    """Whether who belongs to the audience `level` belongs to `audience`.

    >>> is_within(Visibility.MEMBERS, Visibility.PUBLIC), is_within(Visibility.MEMBERS, Visibility.DRAFT)
    (False, True)
    """
    return _ORDER[level] <= _ORDER[audience]


def hidden(
    level: Visibility,
    layers: Iterable[Layer],
    hypotheses: Iterable[Hypothesis],
    placements: Iterable[Placement],
) -> frozenset[str]:
    """Ids of the layers, hypotheses and placements of a scene that are not for the audience `level`."""
    if level is Visibility.DRAFT:
        return NOTHING
    branches = list(hypotheses)
    found = {each.id for each in layers if not is_within(each.audience, level)}
    found |= {each.id for each in branches if not is_within(each.audience, level)}
    while more := {each.id for each in branches if each.builds_on in found} - found:
        found |= more
    found |= {
        each.id
        for each in placements
        if not is_within(each.audience, level) or each.layer in found or each.hypothesis in found
    }
    return frozenset(found)


def strictest(layers: Iterable[Layer], hypotheses: Iterable[Hypothesis], placements: Iterable[Placement]) -> Visibility:
    """The smallest audience that any of these is for."""
    audiences = {each.audience for group in (layers, hypotheses, placements) for each in group}
    return min(audiences, key=_ORDER.__getitem__, default=Visibility.PUBLIC)


def widest(audiences: Iterable[Visibility]) -> Visibility:
    """The largest of some audiences; of none, nobody."""
    return max(audiences, key=_ORDER.__getitem__, default=Visibility.DRAFT)


def without(record: R, ids: frozenset[str], level: Visibility = Visibility.PUBLIC) -> R | None:
    """The record as the audience `level` may know it, to whom `ids` are hidden; None: it may not."""
    if isinstance(record, Scene) and not is_within(record.georeference_for, level):
        record = replace(record, georeference=None)
    if not ids:
        return record
    if record.id in ids:
        return None
    changes: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            kept = tuple(each for each in value if not _mentions(each, ids))
            if len(kept) < len(value):
                if not kept and field.name not in _MAY_BE_EMPTY:
                    return None
                changes[field.name] = kept
        elif _mentions(value, ids):
            if field.name not in _MAY_BE_EMPTY:
                return None
            changes[field.name] = ""
    return replace(record, **changes) if changes else record


def _mentions(value: Any, ids: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value in ids
    if isinstance(value, tuple):
        return any(_mentions(each, ids) for each in value)
    if is_dataclass(value):
        return any(_mentions(getattr(value, field.name), ids) for field in fields(value))
    return False
