"""Tables of scenes, kept while they are true.

A table belongs to the revision that last touched its scene. Whether that is still the last one is one step in an index
of the catalogue; where it is not, what changed since is read, and not the scene. Everything is read as of that one
revision, so that a table never mixes what stood before a commit with what stands after it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from scenes.errors import NotFound
from scenes.hidden import NOTHING
from scenes.model import Actor, ChronologyStatement, Epoch, Hypothesis, Layer, Placement, Scene, Visibility
from scenes.ports import Catalogue
from scenes.relative import spoken_of
from scenes.rights import clearance
from scenes.stands import Stands
from scenes.table import SceneTable, table_of

R = TypeVar("R", Placement, Hypothesis, Epoch, ChronologyStatement, Layer)

MOST_PLACEMENTS = 200_000
"""kept in all, and a table counts as a thousand at least; about 2 KB each"""
_LEAST = 1_000


class SceneTables:
    """The tables that were asked for last. Thread-safe; of two that miss at once each makes its own."""

    def __init__(self, *, most_placements: int = MOST_PLACEMENTS) -> None:
        self.stands = Stands()
        """what streams say of placements"""
        self._lock = threading.Lock()
        self._most = most_placements
        self._kept: OrderedDict[tuple[str, int], SceneTable] = OrderedDict()
        self._newest: dict[str, int] = {}
        """revision of the newest table of each scene"""

    def table(self, catalogue: Catalogue, scene_id: str, *, actor: Actor, as_of: int | None = None) -> SceneTable:
        """A scene as it stands, or stood after revision `as_of`, as `actor` may know it if he may know it at all.

        One statement where it is kept, six where it is not, and one more where something is said of when epochs were.

        Raises:
            NotFound: there is no such scene, or was not.
        """
        found = self.tables(catalogue, (scene_id,), actor=actor, as_of=as_of)
        if scene_id not in found:
            raise NotFound(f"there is no scene {scene_id[:80]!r}")
        return found[scene_id]

    def tables(
        self, catalogue: Catalogue, scene_ids: Sequence[str], *, actor: Actor, as_of: int | None = None
    ) -> Mapping[str, SceneTable]:
        """Many scenes as `table`, in as many statements; those that are not there are left out."""
        whole = self._whole(catalogue, scene_ids, as_of)
        # What was told once and was hidden since is hidden in the past, too.
        now = {} if as_of is None else self.hidden(catalogue, scene_ids, actor=actor)
        return {
            name: table.known_to(clearance(actor, scene=name), now.get(name, NOTHING)) for name, table in whole.items()
        }

    def hidden(
        self, catalogue: Catalogue, scene_ids: Sequence[str], *, actor: Actor, as_of: int | None = None
    ) -> Mapping[str, frozenset[str]]:
        """By scene, ids of what is in it and hidden from `actor` now, or was then; those not there are left out."""
        levels = {name: clearance(actor, scene=name) for name in scene_ids}
        wanted = [name for name, level in levels.items() if level is not Visibility.DRAFT]
        if not wanted:
            return {}
        found = {name: table.hidden(levels[name]) for name, table in self._whole(catalogue, wanted, None).items()}
        if as_of is not None:
            for name, table in self._whole(catalogue, wanted, as_of).items():
                found[name] = found.get(name, NOTHING) | table.hidden(levels[name])
        return found

    def _whole(self, catalogue: Catalogue, scene_ids: Sequence[str], as_of: int | None) -> dict[str, SceneTable]:
        """The tables with all that is in them."""
        last = catalogue.last_within(scene_ids)
        numbers = {each: last[each] if as_of is None else min(as_of, last[each]) for each in scene_ids}
        found: dict[str, SceneTable] = {}
        missing: list[str] = []
        for name, number in numbers.items():
            kept = self._find(name, number)
            if kept is not None:
                found[name] = kept
            else:
                missing.append(name)
        older = self._older(missing[0], numbers[missing[0]]) if len(missing) == 1 else None
        if older is not None:
            made = [self._since(catalogue, older, numbers[missing[0]])]
        else:
            made = _read(catalogue, missing, numbers) if missing else []
        for table in made:
            if table is not None:
                self._keep(table)
                found[table.scene.id] = table
        return found

    def _find(self, scene_id: str, number: int) -> SceneTable | None:
        with self._lock:
            kept = self._kept.get((scene_id, number))
            if kept is not None:
                self._kept.move_to_end((scene_id, number))
            return kept

    def _older(self, scene_id: str, number: int) -> SceneTable | None:
        """The newest table of a scene, where it is older than a revision."""
        with self._lock:
            newest = self._newest.get(scene_id, number)
            return self._kept.get((scene_id, newest)) if newest < number else None

    def _since(self, catalogue: Catalogue, older: SceneTable, number: int) -> SceneTable | None:
        """An older table with what changed since; None where the scene is gone."""
        scene: Scene | None = older.scene
        placements = {each.id: each for each in older.placements}
        hypotheses = dict(older.hypotheses)
        epochs, statements, layers = dict(older.epochs), dict(older.statements), dict(older.strands)
        for each in catalogue.between(older.revision, number, scene=older.scene.id):
            record = each.after or each.before
            if isinstance(record, Scene):
                scene = each.after if isinstance(each.after, Scene) else None
            elif isinstance(record, Placement):
                _set(placements, record, is_there=each.after is not None)
            elif isinstance(record, Hypothesis):
                _set(hypotheses, record, is_there=each.after is not None)
            elif isinstance(record, Epoch):
                _set(epochs, record, is_there=each.after is not None)
            elif isinstance(record, ChronologyStatement):
                _set(statements, record, is_there=each.after is not None)
            elif isinstance(record, Layer):
                _set(layers, record, is_there=each.after is not None)
        if scene is None:
            return None
        if missing := spoken_of(statements.values()) - placements.keys() - epochs.keys():
            epochs |= catalogue.get_many(Epoch, sorted(missing), as_of=number)
        return table_of(
            scene,
            placements.values(),
            hypotheses.values(),
            epochs.values(),
            statements.values(),
            layers=layers.values(),
            revision=number,
            older=older,
        )

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


def _read(catalogue: Catalogue, names: Sequence[str], numbers: Mapping[str, int]) -> list[SceneTable | None]:
    """Scenes as of the revisions that last touched them: as of the last of these, for none was touched in between."""
    last = max(numbers[name] for name in names)
    scenes = catalogue.get_many(Scene, names, as_of=last)
    placements = catalogue.within(Placement, names, as_of=last)
    hypotheses = catalogue.within(Hypothesis, names, as_of=last)
    statements = catalogue.within(ChronologyStatement, names, as_of=last)
    layers = catalogue.within(Layer, names, as_of=last)
    about = {name: spoken_of(statements[name]) - {each.id for each in placements[name]} for name in names}
    wanted = sorted(set().union(*about.values()))
    epochs = catalogue.get_many(Epoch, wanted, as_of=last) if wanted else {}
    return [
        table_of(
            scenes[name],
            placements[name],
            hypotheses[name],
            [epochs[each] for each in sorted(about[name]) if each in epochs],
            statements[name],
            layers=layers[name],
            revision=numbers[name],
        )
        for name in names
        if name in scenes
    ]


def _set(records: dict[str, R], record: R, *, is_there: bool) -> None:
    if is_there:
        records[record.id] = record
    else:
        records.pop(record.id, None)


def _weight(tables: Iterable[SceneTable]) -> int:
    return sum(max(len(each.placements), _LEAST) for each in tables)
