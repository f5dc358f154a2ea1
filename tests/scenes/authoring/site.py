"""A museum in memory with two scenes, and short ways to write in it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from scenes import compose
from scenes.authoring.use import RULES
from scenes.model import Actor, Layer, Placement, Record, Role, Scene, Visibility
from scenes.ports import Put
from storage.memory import MemoryBus, MemoryCatalogue
from tests.contracts.samples import NOON, VIEW, asset

ADA = Actor("ada", Role.CURATOR)


class Numbered:
    """Ids one can read."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._next)}"


class Noon:
    def now(self) -> datetime:
        return NOON


@dataclass(frozen=True)
class Small:
    catalogue: MemoryCatalogue = field(default_factory=MemoryCatalogue)
    bus: MemoryBus = field(default_factory=MemoryBus)
    clock: Noon = field(default_factory=Noon)
    ids: Numbered = field(default_factory=Numbered)


@dataclass(frozen=True)
class Site:
    museum: Small
    scene: str
    layer: str

    def create(self, kind: type[Any], /, **given: Any) -> Any:
        home = {"scene": self.scene} if RULES[kind].home == "scene" else {}
        return compose.create(kind, self.museum, ADA, **(home | given)).record

    def update(self, kind: type[Any], record: Any, /, **given: Any) -> Any:
        return compose.update(kind, self.museum, ADA, record if isinstance(record, str) else record.id, **given).record

    def remove(self, record: Record, **given: Any) -> Any:
        return compose.remove(type(record), self.museum, ADA, record.id, **given).record

    def placed(self, title: str, existence: str = "-0480/0390", **given: Any) -> Placement:
        given = {"layer": self.layer, "asset": "asset_a", "title": title, "existence": existence} | given
        return compose.create(Placement, self.museum, ADA, **given).record

    def revisions(self) -> int:
        """Number of the last revision of the scene."""
        return self.museum.catalogue.history([self.scene], last=1)[0].number

    def get(self, record: Any) -> Any:
        """The record as it stands."""
        return self.museum.catalogue.get(type(record), record.id)

    def elsewhere(self) -> Site:
        """Another scene of the same museum."""
        return _site(self.museum)


def site() -> Site:
    museum = Small()
    museum.catalogue.commit(
        [Put(replace(asset(), visibility=Visibility.DRAFT))], author="ada", reason="deposited", at=NOON
    )
    return _site(museum)


def _site(museum: Small) -> Site:
    scene = compose.create(Scene, museum, ADA, title="Agora", default_moment="-0430", viewpoint=VIEW).record.id
    return Site(museum, scene, compose.create(Layer, museum, ADA, scene=scene, title="Buildings").record.id)
