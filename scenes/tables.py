"""Tables of scenes, kept while they are true.

A table belongs to the revision that last touched its scene. Whether that is still the last one is one step in an index
of the catalogue; where it is not, what changed since is read, and not the scene. Everything is read as of that one
revision, so that a table never mixes what stood before a commit with what stands after it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from scenes.errors import NotFound
from scenes.model import Hypothesis, Placement, Scene
from scenes.ports import Catalogue
from scenes.table import SceneTable, table_of

R = TypeVar("R", Placement, Hypothesis)

MOST_PLACEMENTS = 200_000
"""kept in all, and a table counts as a thousand at least; about 2 KB each"""
_LEAST = 1_000


class SceneTables:
    """The tables that were asked for last. Thread-safe; of two that miss at once each makes its own."""

    def __init__(self, *, most_placements: int = MOST_PLACEMENTS) -> None:
        self._lock = threading.Lock()
        self._most = most_placements
        self._kept: OrderedDict[tuple[str, int], SceneTable] = OrderedDict()
        self._newest: dict[str, int] = {}
        """revision of the newest table of each scene"""

    def table(self, catalogue: Catalogue, scene_id: str, *, as_of: int | None = None) -> SceneTable:
        """A scene as it stands, or stood after revision `as_of`: one statement where it is kept, four where it is not.

        Raises:
            NotFound: there is no such scene, or was not.
        """
        last = catalogue.last_within((scene_id,))[scene_id]
        number = last if as_of is None else min(as_of, last)
        kept, older = self._find(scene_id, number)
        if kept is not None:
            return kept
        table = self._since(catalogue, older, number) if older is not None else None
        if table is None:
            table = _read(catalogue, scene_id, number)
        self._keep(table)
        return table

    def _find(self, scene_id: str, number: int) -> tuple[SceneTable | None, SceneTable | None]:
        """The table of a revision, or else the newest one before it."""
        with self._lock:
            kept = self._kept.get((scene_id, number))
            if kept is not None:
                self._kept.move_to_end((scene_id, number))
                return kept, None
            newest = self._newest.get(scene_id, number)
            return None, self._kept.get((scene_id, newest)) if newest < number else None

    def _since(self, catalogue: Catalogue, older: SceneTable, number: int) -> SceneTable | None:
        """An older table with what changed since; None where the scene is gone."""
        scene: Scene | None = older.scene
        placements = {each.id: each for each in older.placements}
        hypotheses = dict(older.hypotheses)
        for each in catalogue.between(older.revision, number, scene=older.scene.id):
            record = each.after or each.before
            if isinstance(record, Scene):
                scene = each.after if isinstance(each.after, Scene) else None
            elif isinstance(record, Placement):
                _set(placements, record, is_there=each.after is not None)
            elif isinstance(record, Hypothesis):
                _set(hypotheses, record, is_there=each.after is not None)
        return None if scene is None else table_of(scene, placements.values(), hypotheses.values(), revision=number)

    def _keep(self, table: SceneTable) -> None:
        name = table.scene.id
        with self._lock:
            newest = self._newest.get(name, -1)
            if newest < table.revision:
                # Nobody asks for what was the present any more, but by its number.
                self._kept.pop((name, newest), None)
                self._newest[name] = table.revision
            self._kept[name, table.revision] = table
            while len(self._kept) > 1 and _weight(self._kept.values()) > self._most:
                (scene, number), _ = self._kept.popitem(last=False)
                if self._newest.get(scene) == number:
                    del self._newest[scene]


def _read(catalogue: Catalogue, scene_id: str, number: int) -> SceneTable:
    scene = catalogue.get(Scene, scene_id, as_of=number)
    if scene is None:
        raise NotFound(f"there is no scene {scene_id[:80]!r}")
    placements = catalogue.within(Placement, (scene_id,), as_of=number)[scene_id]
    hypotheses = catalogue.within(Hypothesis, (scene_id,), as_of=number)[scene_id]
    return table_of(scene, placements, hypotheses, revision=number)


def _set(records: dict[str, R], record: R, *, is_there: bool) -> None:
    if is_there:
        records[record.id] = record
    else:
        records.pop(record.id, None)


def _weight(tables: Iterable[SceneTable]) -> int:
    return sum(max(len(each.placements), _LEAST) for each in tables)
