"""Where one change is prepared: who makes it, in which scene, and what is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from scenes.authoring.text import shown
from scenes.errors import NotFound
from scenes.model import Actor, Asset, ChronologyStatement, Family, ObjectStatus, Person, Record, Scene
from scenes.ports import Museum

R = TypeVar("R", bound=Record)


def word(kind: type[Any]) -> str:
    """What a kind is called in messages: `ChangeEvent` is a "change event"."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in kind.__name__).strip()


def plural(said: str) -> str:
    """Several of what `word` calls a kind.

    >>> plural("hypothesis"), plural("family"), plural("layer")
    ('hypotheses', 'families', 'layers')
    """
    if said.endswith("sis"):
        return f"{said[:-2]}es"
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}{'e' * said.endswith('s')}s"


def home_of(record: Record) -> str:
    """Id of the scene that a record belongs to, or of the asset; empty for what stands alone."""
    if isinstance(record, Asset | Scene):
        return ""
    return record.asset if isinstance(record, ObjectStatus) else record.scene


def called(record: Record) -> str:
    """What people call a record: its title, a person's usual name; of what has no name, what it says or is."""
    if isinstance(record, Person):
        return record.names[0].text
    if isinstance(record, ChronologyStatement):
        return str(record.relation.value).replace("_", " ")
    if isinstance(record, Family):
        return record.xref or record.id
    return getattr(record, "title", "") or str(getattr(record, "kind", record.id))


def told(record: Record) -> str:
    """A record as a refusal names it: what it is called, and its id.

    >>> from scenes.model import PersonName
    >>> told(Person("person_1", "scene_1", (PersonName("Ada"),)))
    '“Ada” (person_1)'
    """
    name = called(record)
    return record.id if name == record.id else f"“{name}” ({record.id})"


@dataclass(frozen=True, slots=True)
class Desk:
    """What checks may look at. Lists are read once; `pending` are records of the same change, as good as written."""

    museum: Museum
    actor: Actor
    scene: str
    """id of the scene that the change belongs to, empty for what belongs to none"""
    pending: Mapping[str, Record] = field(default_factory=dict)
    _read: dict[type[Any], dict[str, Any]] = field(default_factory=dict)

    def exists(self, kind: type[R], record_id: str) -> R:
        """The record of a kind, of whatever scene.

        Raises:
            NotFound: there is none.
        """
        found = self.pending.get(record_id)
        record = found if isinstance(found, kind) else self.museum.catalogue.get(kind, record_id)
        if record is None:
            raise NotFound(f"there is no {word(kind)} {shown(record_id)}")
        return record

    def member(self, kind: type[R], record_id: str) -> R:
        """The record of a kind, of this scene.

        Raises:
            NotFound: there is none, or it belongs to another scene.
        """
        found = self.pending.get(record_id)
        record = found if isinstance(found, kind) else self.museum.catalogue.get(kind, record_id)
        if record is None or home_of(record) != self.scene:
            raise NotFound(f"there is no {word(kind)} {shown(record_id)} in scene {self.scene}")
        return record

    def check_members(self, kind: type[R], record_ids: Sequence[str]) -> None:
        """As `member` for many, in one statement. Raises NotFound."""
        wanted = [each for each in record_ids if not isinstance(self.pending.get(each), kind)]
        found: Mapping[str, R] = self.museum.catalogue.get_many(kind, wanted) if wanted else {}
        for each in wanted:
            if each not in found or home_of(found[each]) != self.scene:
                raise NotFound(f"there is no {word(kind)} {shown(each)} in scene {self.scene}")

    def has(self, kind: type[R], record_id: str) -> bool:
        """Whether this scene has such a record; reads all of the kind, once."""
        return isinstance(self.pending.get(record_id), kind) or record_id in self._all(kind)

    def members(self, kind: type[R]) -> dict[str, R]:
        """All of a kind in this scene, by id, in order of first writing; those pending, too."""
        return {**self._all(kind), **{each.id: each for each in self.pending.values() if isinstance(each, kind)}}

    def some(self, kind: type[R], record_ids: Sequence[str]) -> dict[str, R]:
        """Those of the records that are there, by id, in one statement; those pending as they will be."""
        wanted = list(dict.fromkeys(record_ids))
        found: dict[str, R] = dict(self.museum.catalogue.get_many(kind, wanted)) if wanted else {}
        return found | {name: each for name in wanted if isinstance(each := self.pending.get(name), kind)}

    def around(self, kind: type[R], records: Sequence[Record]) -> list[R]:
        """All of a kind in this scene that may refer to one of these records; to a new one only those pending can."""
        known = self.museum.catalogue.revisions_of([each.id for each in records])
        if known:
            return list(self.members(kind).values())
        return [each for each in self.pending.values() if isinstance(each, kind)]

    def _all(self, kind: type[R]) -> dict[str, R]:
        """Those that are written."""
        if kind not in self._read:
            read = self.museum.catalogue.within(kind, (self.scene,))[self.scene]
            self._read[kind] = {each.id: each for each in read}
        return self._read[kind]

    def fresh(self, kind: type[R], record_ids: Sequence[str]) -> tuple[list[R], dict[str, int]]:
        """Records as they stand and the revisions at which they were read, for changes that go with this one."""
        read = dict(self.museum.catalogue.revisions_of(record_ids))
        return list(self.museum.catalogue.get_many(kind, record_ids).values()), read
