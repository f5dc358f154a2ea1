"""The museum as one actor may know it: what is not for him is not there.

Whatever is answered to somebody is read here, so that a door cannot forget a rule. Assets come in the detail that is
for him, scenes without what is hidden in them. Who works on the museum reads the catalogue as it is, at no cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast

from scenes.detail import Details
from scenes.hidden import NOTHING, hidden, without
from scenes.model import Actor, Asset, Exhibition, Hypothesis, Record, Revision, Scene, Visibility
from scenes.ports import Catalogue, Clock, Difference, Page
from scenes.rights import Action, Decision, clearance, finest_for, may, sees
from scenes.showing import shown_in
from scenes.table import SceneTable
from scenes.tables import SceneTables

R = TypeVar("R", bound=Record)

_UNTOLD = "changed"
"""the reason of a change that may have been of something hidden"""


@dataclass(frozen=True)
class Cleared:
    """Reads for `actor`. Without a `clock` embargoes do not end, without `details` no reduced detail is shown.

    What is said of each read is said in `scenes.ports.Catalogue`.
    """

    catalogue: Catalogue
    tables_kept: SceneTables
    actor: Actor
    clock: Clock | None = None
    details: Details | None = None

    @cached_property
    def level(self) -> Visibility:
        """The least public audience that the actor belongs to."""
        return clearance(self.actor)

    def level_in(self, scene: str) -> Visibility:
        """The least public audience that the actor belongs to in a scene."""
        return clearance(self.actor, scene=scene)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden from the actor."""
        return self.level is Visibility.DRAFT

    def get(self, kind: type[R], record_id: str, *, as_of: int | None = None) -> R | None:
        """A record by id."""
        return self.get_many(kind, (record_id,), as_of=as_of).get(record_id)

    def find(self, record_id: str) -> Record | None:
        """A record of whatever kind."""
        found = self.catalogue.find(record_id)
        return None if found is None else next(iter(self.of((found,))), None)

    def get_many(self, kind: type[R], record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, R]:
        """Records by their ids."""
        found = self.catalogue.get_many(kind, record_ids, as_of=as_of)
        return found if self.is_whole else {each.id: each for each in self.of(found.values(), as_of=as_of)}

    def within(
        self, kind: type[R], scene_ids: Sequence[str], *, as_of: int | None = None
    ) -> Mapping[str, tuple[R, ...]]:
        """All of a kind by scene."""
        found = self.catalogue.within(kind, scene_ids, as_of=as_of)
        if self.is_whole:
            return found
        return {name: tuple(self.of(each, as_of=as_of)) for name, each in found.items()}

    def pages_within(
        self, kind: type[R], scene_ids: Sequence[str], *, first: int, after: str | None = None, as_of: int | None = None
    ) -> Mapping[str, Page]:
        """Pages of a kind by scene: full ones, as long as there are records that the actor may know of."""
        found = self.catalogue.pages_within(kind, scene_ids, first=first, after=after, as_of=as_of)
        if self.is_whole:
            return found

        def more(scene_id: str, cursor: str) -> Page:
            return self.catalogue.pages_within(kind, (scene_id,), first=first, after=cursor, as_of=as_of)[scene_id]

        filled = {}
        for name, page in found.items():
            filled[name] = self._filled(page, first, lambda cursor, name=name: more(name, cursor), as_of)  # type: ignore[misc]
        return filled

    def page(self, kind: type[R], *, first: int, after: str | None = None) -> Page:
        """A page of all of a kind."""
        public_only = self.level is Visibility.PUBLIC and not self.actor.grants
        found = self.catalogue.page(kind, first=first, after=after, public_only=public_only)
        if self.is_whole:
            return found
        return self._filled(
            found,
            first,
            lambda cursor: self.catalogue.page(kind, first=first, after=cursor, public_only=public_only),
            None,
        )

    def exhibition_by_slug(self, slug: str) -> Exhibition | None:
        """An exhibition by its address."""
        found = self.catalogue.exhibition_by_slug(slug)
        return None if found is None else next(iter(self.of((found,))), None)

    def tables(self, scene_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, SceneTable]:
        """Scenes as columns; whether the actor may know of them at all is not asked."""
        return self.tables_kept.tables(self.catalogue, scene_ids, actor=self.actor, as_of=as_of)

    def table(self, scene_id: str, *, as_of: int | None = None) -> SceneTable:
        """A scene as columns, as `tables`. Raises NotFound."""
        return self.tables_kept.table(self.catalogue, scene_id, actor=self.actor, as_of=as_of)

    def histories(
        self, scenes: Mapping[str, str], *, last: int, as_of: int | None = None
    ) -> Mapping[str, tuple[Revision, ...]]:
        """Revisions by record; `scenes` has of each the scene that it belongs to, or is.

        Where something of that scene is hidden no reasons are told: one revision may change it, too, and name it.
        """
        found = self.catalogue.histories(list(scenes), last=last, as_of=as_of)
        if self.is_whole:
            return found
        homes = sorted(set(scenes.values()) - {""})
        hidden = self._hidden(homes, as_of) if homes else {}
        return {
            name: tuple(replace(each, reason=_UNTOLD) for each in told) if hidden.get(scenes[name]) else told
            for name, told in found.items()
        }

    def differences(self, found: Iterable[Difference], scene: str) -> list[Difference]:
        """Of what differs in a scene, what the actor may know of, as he may know it."""
        differing = list(found)
        ids = NOTHING if self.is_whole else self._hidden((scene,), None).get(scene, NOTHING)
        if self.is_whole:
            return differing
        level = self.level_in(scene)
        known = [
            Difference(each.seq, *(None if side is None else without(side, ids, level) for side in sides))
            for each in differing
            for sides in ((each.before, each.after),)
        ]
        return [each for each in known if each.before != each.after]

    def hides(self, scene: str) -> bool:
        """Whether something of a scene is hidden from the actor."""
        return not self.is_whole and bool(self._hidden((scene,), None).get(scene))

    def of(self, records: Iterable[R], *, as_of: int | None = None) -> list[R]:
        """Those of the records that the actor may know of, as he may know them, in their order.

        Of the past, what was for him then and is now: what was taken back stays taken back.
        """
        found = list(records)
        if self.is_whole:
            return found
        if as_of is not None:
            found = self._still(found)
        # A list of scenes or exhibitions must not cost what is in all of them: they name hypotheses at most.
        homes = sorted({scene_of(each) for each in found if not isinstance(each, Scene | Exhibition)} - {""})
        ids = dict(self._hidden(homes, as_of)) if homes else {}
        preferring = [each.id for each in found if isinstance(each, Scene) and each.default_hypothesis]
        ids |= self._hidden_hypotheses([each for each in preferring if each not in ids], as_of)
        at = None if self.clock is None else self.clock.now()
        places = self._shown_in([each for each in found if isinstance(each, Asset)])
        told = (self._told(each, ids.get(scene_of(each), NOTHING), at, places.get(each.id, NOTHING)) for each in found)
        return [each for each in told if each is not None]

    def sees(self, asset: Asset) -> Decision:
        """Whether, and in which detail, the actor may know of an asset as it is in the catalogue."""
        at = None if self.clock is None else self.clock.now()
        places = self._shown_in((asset,)).get(asset.id, NOTHING)
        return may(self.actor, Action.SEE, asset, at=at, scenes=places)

    def _shown_in(self, assets: Sequence[Asset]) -> Mapping[str, frozenset[str]]:
        """Of drafts and the like, in which scenes they are shown that the actor has a role in."""
        scenes = sorted({each.scene for each in self.actor.grants})
        asked = [each.id for each in assets if not sees(self.actor, each.visibility)] if scenes else []
        return shown_in(self.catalogue, asked, scenes) if asked else {}

    def _still(self, past: list[R]) -> list[R]:
        """Records of the past with the rights that things have now; without those that are not for the actor now."""
        kinds = {type(each) for each in past if isinstance(each, Asset | Scene | Exhibition)}
        now = {
            name: record
            for kind in sorted(kinds, key=lambda kind: kind.__name__)
            for name, record in self.get_many(kind, [each.id for each in past if isinstance(each, kind)]).items()
        }
        return [
            cast("R", replace(each, finest=max(each.finest, whole.finest)))
            if isinstance(each, Asset) and isinstance(whole := now.get(each.id), Asset)
            else each
            for each in past
            if type(each) not in kinds or each.id in now
        ]

    def _told(self, record: R, ids: frozenset[str], at: datetime | None, places: frozenset[str]) -> R | None:
        is_shown_by_itself = isinstance(record, Asset | Scene | Exhibition)
        if is_shown_by_itself and not may(self.actor, Action.SEE, record, at=at, scenes=places):
            return None
        if isinstance(record, Asset):
            # Its embargo is over; what else asks for rights need not know the time.
            return cast("R", self._in_detail(replace(record, embargo=None)))
        return without(record, ids, self.level_in(scene_of(record)))

    def _in_detail(self, asset: Asset) -> Asset:
        finest = finest_for(self.actor, asset)
        if not finest:
            return asset
        if self.details is None:
            return replace(asset, tileset=None)
        return self.details.shown(asset, finest)

    def _hidden(self, scene_ids: Sequence[str], as_of: int | None) -> Mapping[str, frozenset[str]]:
        return self.tables_kept.hidden(self.catalogue, scene_ids, actor=self.actor, as_of=as_of)

    def _hidden_hypotheses(self, scene_ids: Sequence[str], as_of: int | None) -> dict[str, frozenset[str]]:
        """By scene, ids of hypotheses that are hidden from the actor now, or were then."""
        if not scene_ids:
            return {}
        read = [self.catalogue.within(Hypothesis, scene_ids)]
        if as_of is not None:
            read.append(self.catalogue.within(Hypothesis, scene_ids, as_of=as_of))
        return {
            name: NOTHING.union(*(hidden(self.level_in(name), (), each[name], ()) for each in read))
            for name in scene_ids
        }

    def _filled(self, page: Page, first: int, more: Callable[[str], Page], as_of: int | None) -> Page:
        """A page of what the actor may know of, filled up from the pages after it."""
        records: list[Record] = []
        cursors: list[str] = []
        while True:
            known = {each.id: each for each in self.of(page.records, as_of=as_of)}
            for record, cursor in zip(page.records, page.cursors, strict=True):
                if record.id in known:
                    if len(records) == first:
                        return Page(tuple(records), tuple(cursors), has_next=True)
                    records.append(known[record.id])
                    cursors.append(cursor)
            if not page.has_next:
                return Page(tuple(records), tuple(cursors), has_next=False)
            page = more(page.cursors[-1])


def scene_of(record: Record) -> str:
    """Id of the scene that a record belongs to, or is; empty of assets and what is said of them."""
    if isinstance(record, Scene):
        return record.id
    return getattr(record, "scene", "")
