"""Reads of one GraphQL operation, gathered: everything asked for at one level of the query is one catalogue statement.

So the number of statements depends on the shape of a query and never on how much it answers. A loader lives for one
operation and remembers what it read; a mutation starts with fresh ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from strawberry.dataloader import DataLoader

from scenes.authoring.references import needed_by
from scenes.cleared import scene_of
from scenes.errors import NotFound
from scenes.model import Actor, Asset, Exhibition, Hypothesis, Job, Record, Revision, Scene

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence

    from graphql import DocumentNode
    from graphql.pyutils import Path

    from api.services import Services
    from scenes.ports import Page
    from scenes.table import SceneTable
    from scenes.times import Times

R = TypeVar("R", bound=Record)
K = TypeVar("K")
V = TypeVar("V")


class Loaders:
    """The reads of one operation as an actor may know it: of what stands, or (`as_of`) stood after a revision."""

    def __init__(self, services: Services, actor: Actor, *, as_of: int | None = None) -> None:
        self._services, self._as_of = services, as_of
        self._cleared = services.cleared(actor)
        self._by_kind: dict[Hashable, DataLoader[Any, Any]] = {}
        self._jobs = DataLoader(self._read_jobs)
        self._tables: dict[str, SceneTable] = {}

    def record(self, kind: type[R], record_id: str) -> Awaitable[R | None]:
        """A record by id, None where there is none."""

        def read(ids: Sequence[str]) -> list[R | None]:
            found = self._cleared.get_many(kind, ids, as_of=self._as_of)
            return [found.get(each) for each in ids]

        return self._loader(("record", kind), read).load(record_id)

    async def records(self, kind: type[R], record_ids: Sequence[str]) -> list[R]:
        """The records with these ids that there are, in this order."""
        found = await asyncio.gather(*(self.record(kind, each) for each in record_ids))
        return [each for each in found if each is not None]

    def within(self, kind: type[R], scene: str) -> Awaitable[tuple[R, ...]]:
        """All records of a kind in a scene."""

        def read(scenes: Sequence[str]) -> list[tuple[R, ...]]:
            found = self._cleared.within(kind, scenes, as_of=self._as_of)
            return [found[each] for each in scenes]

        return self._loader(("within", kind), read).load(scene)

    async def naming(self, kind: type[R], scene: str, record_id: str) -> tuple[R, ...]:
        """The records of a kind in a scene that name a record. Who names whom is worked out once for all of them."""

        def read(scenes: Sequence[str]) -> list[dict[str, list[R]]]:
            found = self._cleared.within(kind, scenes, as_of=self._as_of)
            return [_by_named(found[each]) for each in scenes]

        by_named: Mapping[str, Sequence[R]] = await self._loader(("naming", kind), read).load(scene)
        return tuple(by_named.get(record_id, ()))

    def page_within(self, kind: type[R], scene: str, *, first: int, after: str | None) -> Awaitable[Page]:
        """A page of the records of a kind in a scene."""

        def read(scenes: Sequence[str]) -> list[Page]:
            found = self._cleared.pages_within(kind, scenes, first=first, after=after, as_of=self._as_of)
            return [found[each] for each in scenes]

        return self._loader(("page", kind, first, after), read).load(scene)

    def table(self, scene: str) -> Awaitable[SceneTable]:
        """The placements of a scene as columns; it is known to be there."""

        def read(scenes: Sequence[str]) -> list[SceneTable]:
            found = self._cleared.tables(scenes, as_of=self._as_of)
            return [found[each] for each in scenes]

        return self._loader("table", read).load(scene)

    async def times(self, scene: str, *, hypothesis: str | None, of: str = "") -> tuple[SceneTable, Times]:
        """A scene that is known to be there, and when everything stood there under a hypothesis.

        Without one: under the scene's preferred one, or `of`, if that one does not count there.

        Raises:
            NotFound: the scene has no such hypothesis.
        """

        def read(keys: Sequence[tuple[str, str | None, str]]) -> list[Times | NotFound]:
            return [_times_of(self._tables[name], hypothesis, of) for name, hypothesis, of in keys]

        table = self._tables[scene] = await self.table(scene)
        loader: DataLoader[tuple[str, str | None, str], Any] = self._loader("times", read)
        return table, await loader.load((scene, hypothesis, of))

    def history(self, record: Record, *, last: int) -> Awaitable[tuple[Revision, ...]]:
        """The latest revisions of a record, and of what belongs to it where it is a scene."""

        def read(keys: Sequence[tuple[str, str]]) -> list[tuple[Revision, ...]]:
            found = self._cleared.histories(dict(keys), last=last, as_of=self._as_of)
            return [found[name] for name, _ in keys]

        return self._loader(("history", last), read).load((record.id, scene_of(record)))

    def revision(self, record_id: str) -> Awaitable[int]:
        """Number of the revision that last wrote a record."""

        def read(ids: Sequence[str]) -> list[int]:
            found = self._services.catalogue.revisions_of(ids, as_of=self._as_of)
            return [found.get(each, 0) for each in ids]

        return self._loader("revision", read).load(record_id)

    def jobs(self, subject: str) -> Awaitable[tuple[Job, ...]]:
        """Jobs that worked on an asset."""
        return self._jobs.load(subject)

    def scene(self, record_id: str) -> Awaitable[Scene | None]:
        """A scene by id."""
        return self.record(Scene, record_id)

    def asset(self, record_id: str) -> Awaitable[Asset | None]:
        """An asset by id."""
        return self.record(Asset, record_id)

    def hypothesis(self, record_id: str) -> Awaitable[Hypothesis | None]:
        """A hypothesis by id."""
        return self.record(Hypothesis, record_id)

    def exhibitions(self, scene: str) -> Awaitable[tuple[Exhibition, ...]]:
        """Exhibitions of a scene."""
        return self.within(Exhibition, scene)

    async def _read_jobs(self, subjects: list[str]) -> Sequence[tuple[Job, ...]]:
        found: Mapping[str, tuple[Job, ...]] = await self._services.call(self._services.jobs.jobs_of, subjects)
        return [found[each] for each in subjects]

    def _loader(self, key: Hashable, read: Callable[[Sequence[K]], Iterable[V]]) -> DataLoader[K, V]:
        if key not in self._by_kind:

            async def load(keys: list[K]) -> Sequence[V]:
                return list(await self._services.call(read, keys))

            self._by_kind[key] = DataLoader(load)
        return self._by_kind[key]


def _times_of(table: SceneTable, hypothesis: str | None, of: str) -> Times | NotFound:
    try:
        return table.times(table.reading(hypothesis, of=of))
    except NotFound as unknown:
        return unknown  # of one key; the others have their answer


def _by_named(records: Iterable[R]) -> dict[str, list[R]]:
    found: dict[str, list[R]] = {}
    for record in records:
        for name in set(needed_by(record)):
            found.setdefault(name, []).append(record)
    return found


@dataclass(slots=True)
class Context:
    """What resolvers are handed: the museum, who asks, and the reads of this operation."""

    services: Services
    actor: Actor
    document: DocumentNode | None = None
    """the query, as the guard parsed it"""
    as_of: int | None = None
    """number of the revision after which everything is read; None: as it stands"""
    loaders: Loaders = field(init=False)
    pasts: dict[int, tuple[Path, Context]] = field(init=False, default_factory=dict)
    """contexts of past moments, by the place in the answer below which they hold (`api.past`)"""

    recorded: dict[int, Loaders] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Read everything anew from now on: something was written."""
        self.loaders = Loaders(self.services, self.actor, as_of=self.as_of)

    def as_recorded(self, number: int) -> Loaders:
        """Reads of what stood after a revision, gathered with others of the same one."""
        if number not in self.recorded:
            self.recorded[number] = Loaders(self.services, self.actor, as_of=number)
        return self.recorded[number]

    def enter(self, path: Path, as_of: int) -> None:
        """Below this place everything is read as it stood after a revision."""
        self.pasts[id(path)] = path, Context(self.services, self.actor, self.document, as_of)

    def nearest(self, path: Path | None) -> Context:
        """The context that holds at a place."""
        while path is not None:
            found = self.pasts.get(id(path))
            if found is not None:
                return found[1]
            path = path.prev
        return self
