"""Where assets are shown: placed, pictured or heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scenes.model import Article, Placement, Record, Tour
from scenes.ports import Catalogue

_ASSETS: Mapping[type[Any], Callable[[Any], Iterable[str]]] = {
    Placement: lambda placement: (placement.asset,),
    Article: lambda article: (picture.asset for picture in article.pictures),
    Tour: lambda tour: (step.audio.asset for step in tour.steps if step.audio),
}
"""the assets that a record shows or lets hear; a note keeps a spot on one only while it is at a placement of it"""

SHOWING: tuple[type[Any], ...] = tuple(_ASSETS)
"""kinds whose records may show an asset or let it be heard"""


def assets_of(record: Record) -> Iterable[str]:
    """Ids of the assets that a record shows or lets hear; empty ones where it names none."""
    return _ASSETS.get(type(record), lambda _: ())(record)


def shown_in(catalogue: Catalogue, asset_ids: Sequence[str], scenes: Iterable[str]) -> dict[str, frozenset[str]]:
    """By asset, those of the scenes that show it; assets that none of them shows are left out."""
    found: dict[str, set[str]] = {}
    for scene in scenes:
        named = catalogue.mentioning(asset_ids, scene=scene)
        records = sorted({each for ids in named.values() for each in ids})
        for kind in SHOWING:
            # A note that only says the id of an asset does not show it.
            for record in catalogue.get_many(kind, records).values() if records else ():
                for asset in {*assets_of(record)} & {*asset_ids}:
                    found.setdefault(asset, set()).add(scene)
    return {asset: frozenset(places) for asset, places in found.items()}
