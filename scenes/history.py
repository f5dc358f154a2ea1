"""Record time: a moment of the museum's own past, what was changed since, and taking changes back.

Nothing is ever deleted. An undo is a revision that writes the records of an earlier one as they stood before it; a redo
is one that takes back an undo. Each revision is taken back once. Undo goes back through an author's own revisions, each
time one that is no undo and not taken back; redo goes forward again, until the author changes something new.

A revision can be taken back while all that it touched stands as it left it (again, where what came later was taken back
itself), while what would vanish is not needed, and while what would return has what it needs. Else: Conflict, and the
message names the records and who changed them. What returns must also agree with what is there by now, as if it were
written anew (`scenes.authoring.rules`): else Cycle or Contradiction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

from scenes.authoring.admission import admit
from scenes.authoring.desk import Desk, home_of, told
from scenes.authoring.turns import everyone, together
from scenes.authoring.use import RULES
from scenes.errors import Conflict, Invalid, NotFound
from scenes.model import Asset, Exhibition, Scene
from scenes.ports import Notice, Put, Remove, Step, Taking
from scenes.recorded import AsOf
from scenes.rights import Action, require, require_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenes.cleared import Cleared
    from scenes.model import Actor, Record, Revision
    from scenes.ports import Catalogue, Change, Difference, Museum

MAX_REASON = 2_000
_NAMED = 5
"""records that a refusal names"""
_ID = re.compile(r"[a-z][a-z_]*_[A-Za-z0-9_-]+")


class Edit(StrEnum):
    """What became of a record between two revisions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs: its name as in GraphQL, and both values as JSON has them; None: it was not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record that differs between two revisions."""

    seq: int
    before: Record | None
    after: Record | None

    @property
    def record(self) -> Record:
        """As it stands after, or stood before where it is gone."""
        record = self.after or self.before
        assert record is not None, "a difference has a side"
        return record

    @property
    def edit(self) -> Edit:
        """What became of it."""
        if self.before is None:
            return Edit.ADDED
        return Edit.REMOVED if self.after is None else Edit.CHANGED

    def fields(self) -> tuple[FieldChange, ...]:
        """What differs, in the order of the model; of what came or went, all that it says."""
        found = []
        for field in fields(self.record):
            before, after = (None if side is None else getattr(side, field.name) for side in (self.before, self.after))
            if before != after:
                found.append(FieldChange(_camel(field.name), plain(before), plain(after)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo or a redo did."""

    revision: Revision
    """the new one"""
    taken: Revision
    """the one that it takes back"""
    changes: tuple[RecordChange, ...]
    """from before the new revision to after it"""


def revision_number(catalogue: Catalogue, as_of: AsOf) -> int:
    """Number of the revision that is meant; 0: before the first. A time without a zone is taken for UTC.

    Raises:
        NotFound: there is no revision with this number yet.
    """
    if isinstance(as_of, datetime):
        return catalogue.revision_at(as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=UTC))
    latest = catalogue.latest()
    if not 0 <= as_of <= latest:
        raise NotFound(f"there is no revision {as_of}; the last one is {latest}")
    return as_of


def scene_as_of(cleared: Cleared, scene_id: str, number: int) -> Scene:
    """A scene as it was recorded after revision `number`.

    Who may not see drafts sees of the past what was public then and still is: what was taken back stays taken back.

    Raises:
        NotFound: it was not there, or is not for this actor.
    """
    then = cleared.get(Scene, scene_id, as_of=number)
    if then is not None:
        return then
    raise NotFound(f"there was no scene {scene_id[:80]!r} at revision {number}")


def edits(
    cleared: Cleared, scene_id: str, *, since: int, until: int, first: int, beyond: int = 0
) -> tuple[tuple[RecordChange, ...], bool]:
    """What differs in a scene between two revisions, a page of it in order of first writing, and whether more follows.

    `since` may be the later one. `beyond` is the `seq` of the last change on the page before.

    Raises:
        NotFound: the scene was not there at either of them, or not for this actor.
    """
    catalogue, public_only = cleared.catalogue, _sees_public_only(cleared, scene_id, {since, until})
    low, high = sorted((since, until))
    if cleared.hides(scene_id):
        known = [each for each in _known(cleared, scene_id, low, high) if each.seq > beyond]
        found, has_next = tuple(known[:first]), len(known) > first
    else:
        found, has_next = catalogue.differing(
            low, high, scene=scene_id, first=first, beyond=beyond, public_only=public_only
        )
    if since > until:
        return tuple(RecordChange(each.seq, each.after, each.before) for each in found), has_next
    return tuple(RecordChange(each.seq, each.before, each.after) for each in found), has_next


def count_edits(cleared: Cleared, scene_id: str, *, since: int, until: int) -> int:
    """How many records differ in all. Raises as `edits`."""
    public_only = _sees_public_only(cleared, scene_id, {since, until})
    low, high = sorted((since, until))
    if cleared.hides(scene_id):
        return len(_known(cleared, scene_id, low, high))
    return cleared.catalogue.count_differing(low, high, scene=scene_id, public_only=public_only)


def _known(cleared: Cleared, scene_id: str, low: int, high: int) -> list[Difference]:
    """What differs, as an actor may know it from whom something of the scene is hidden."""
    found = cleared.catalogue.between(low, high, scene=scene_id)
    public = [each for each in found if not isinstance(_record(each), Exhibition)]
    return cleared.differences(public, scene_id)


def _sees_public_only(cleared: Cleared, scene_id: str, numbers: set[int]) -> bool:
    """Drafts of exhibitions are not for visitors; the rest is as visible as the scene, or less. Raises NotFound."""
    if cleared.is_whole:
        return False
    for number in numbers:
        scene_as_of(cleared, scene_id, number)
    return True


def undo(museum: Museum, actor: Actor, *, scene: str | None = None, reason: str = "") -> TakenBack:
    """Take back the actor's last change, of one scene or of anything, by a new revision.

    Raises:
        NotFound: there is nothing of the actor's to take back.
        Conflict: what it changed was changed since, or is needed by what came later.
        Forbidden, Unauthorized: the actor is no curator.
        Invalid: it deposited an asset, or the reason is too long.
    """
    return _take_back(museum, actor, Step.UNDO, scene, reason)


def redo(museum: Museum, actor: Actor, *, scene: str | None = None, reason: str = "") -> TakenBack:
    """Bring back what the actor's last undo took back. Raises as `undo`."""
    return _take_back(museum, actor, Step.REDO, scene, reason)


def plain(value: Any) -> Any:
    """A value of the model as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def _take_back(museum: Museum, actor: Actor, step: Step, scene: str | None, reason: str) -> TakenBack:
    require_work(actor, Action.EDIT)
    said = " ".join(reason.split())
    if len(said) > MAX_REASON:
        raise Invalid(f"reason: {len(said)} characters, at most {MAX_REASON} are kept")
    catalogue = museum.catalogue
    target, found = _target(catalogue, actor, step, scene)
    _check_rights(museum, actor, found)
    topics = sorted({_topic(_record(each)) for each in found})
    verb = "took back" if step is Step.UNDO else "brought back what was taken back by"
    takes_assets = any(isinstance(each.after, Asset) and each.before is None for each in found)
    with everyone() if takes_assets else together(topics):
        # Read before what stands is looked at: whoever is quicker between here and the commit makes that a Conflict.
        read = catalogue.revisions_of([_record(each).id for each in found])
        _check_untouched(catalogue, target, found)
        changes = _inverse(target, found, step)
        check_whole(catalogue, target, changes)
        check_agreed(museum, actor, changes)
        revision = catalogue.commit(
            changes,
            author=actor.name,
            reason=said or f"{verb} revision {target.number}: {target.reason}"[:MAX_REASON],
            at=museum.clock.now(),
            expected=read,
            taking=Taking(step, target.number),
        )
    for topic in topics:
        museum.bus.publish(Notice(topic))
    return TakenBack(revision, target, tuple(RecordChange(each.seq, each.after, each.before) for each in found))


def _check_rights(museum: Museum, actor: Actor, found: Sequence[Difference]) -> None:
    """What was once theirs to change need not be any more. Raises Forbidden, NotFound."""
    for each in found:
        admit(museum, actor, _record(each))
        sides = [side for side in (each.before, each.after) if isinstance(side, Asset | Scene | Exhibition)]
        if len({_shown_to(side) for side in sides}) > 1:
            require(actor, Action.PUBLISH, sides[0])


def _shown_to(record: Asset | Scene | Exhibition) -> tuple[object, ...]:
    """What only who publishes says of a record."""
    return (record.visibility, *((record.finest, record.embargo) if isinstance(record, Asset) else ()))


def _inverse(target: Revision, found: Sequence[Difference], step: Step) -> list[Change]:
    """What leads from after a revision to before it."""
    changes: list[Change] = []
    for each in found:
        if each.before is not None:
            changes.append(Put(each.before))
        elif isinstance(each.after, Asset) and step is Step.UNDO:
            # An asset that came by an undo had been removed before, and a redo removes it again.
            raise Invalid(f"revision {target.number} deposited {told(each.after)}: a deposit is not taken back")
        else:
            assert each.after is not None, "a difference has a side"
            changes.append(Remove(each.after))
    return changes


def _target(
    catalogue: Catalogue, actor: Actor, step: Step, scene: str | None
) -> tuple[Revision, tuple[Difference, ...]]:
    """The revision to take back, and what it changed; those that changed nothing are passed over."""
    before = None
    while target := catalogue.takeable(actor.name, step, scene=scene, before=before):
        found = catalogue.between(target.number - 1, target.number)
        if found:
            return target, found
        before = target.number
    what = "change" if step is Step.UNDO else "undo"
    where = "" if scene is None else f" in {scene[:80]}"
    raise NotFound(f"there is no {what} of yours to take back{where}")


def _check_untouched(catalogue: Catalogue, target: Revision, found: Sequence[Difference]) -> None:
    by_kind: dict[type[Record], list[str]] = {}
    for each in found:
        by_kind.setdefault(type(_record(each)), []).append(_record(each).id)
    standing = {name: one for kind, names in by_kind.items() for name, one in catalogue.get_many(kind, names).items()}
    later = [record for each in found if standing.get((record := _record(each)).id) != each.after]
    if later:
        last = catalogue.histories([each.id for each in later[:_NAMED]], last=1)
        said = [
            f"{told(standing.get(each.id, each))} was {'changed' if each.id in standing else 'removed'} by "
            f"{last[each.id][0].author} in revision {last[each.id][0].number}"
            for each in later[:_NAMED]
        ]
        more = [f"and {len(later) - _NAMED} more were changed"] if len(later) > _NAMED else []
        raise Conflict(f"revision {target.number} cannot be taken back: {'; '.join(said + more)}")


def check_whole(catalogue: Catalogue, target: Revision, changes: Sequence[Change]) -> None:
    """Nothing that stands afterwards refers to what does not."""
    removed = {each.record.id: each.record for each in changes if isinstance(each, Remove)}
    restored = {each.record.id: each.record for each in changes if isinstance(each, Put)}
    by_scene: dict[str | None, list[str]] = {}
    for each in removed.values():
        # Any scene may have placed an asset since.
        by_scene.setdefault(None if isinstance(each, Asset) else _topic(each), []).append(each.id)
    for scene, names in by_scene.items():
        for name, mentions in catalogue.mentioning(names, scene=scene).items():
            others = [user for user in mentions if user not in removed and user not in restored]
            if others:
                users = [told(catalogue.find(user) or removed[name]) for user in others[:_NAMED]]
                more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
                raise Conflict(
                    f"revision {target.number} cannot be taken back: {told(removed[name])} is needed by "
                    f"{', '.join(users)}{more}"
                )
    needed = {name: record for record in restored.values() for name in _mentions(record) if name not in restored}
    missing = sorted(catalogue.ended_among(sorted(needed)) | (needed.keys() & removed.keys()))
    if missing:
        raise Conflict(
            f"revision {target.number} cannot be taken back: {told(needed[missing[0]])} needs {missing[0]}, "
            "which is not there any more"
        )


def check_agreed(museum: Museum, actor: Actor, changes: Sequence[Change]) -> None:
    """What returns agrees with what is there, by the rules of its kind. Raises Cycle, Contradiction."""
    homes: dict[str, dict[str, Record]] = {}
    for each in changes:
        if isinstance(each, Put):
            homes.setdefault(_topic(each.record), {})[each.record.id] = each.record
    for home, records in homes.items():
        desk = Desk(museum, actor, home, records)
        by_kind: dict[type[Record], list[Record]] = {}
        for record in records.values():
            by_kind.setdefault(type(record), []).append(record)
        for kind, those in by_kind.items():
            RULES[kind].agree(desk, those)


def _mentions(record: Record) -> set[str]:
    """Texts of a record that may be ids of others."""
    found: set[str] = set()
    waiting: list[Any] = [record]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _ID.fullmatch(value):
                found.add(value)
        elif isinstance(value, tuple):
            waiting.extend(value)
        elif is_dataclass(value):
            waiting.extend(getattr(value, field.name) for field in fields(value))
    return found - {record.id}


def _record(difference: Difference) -> Record:
    record = difference.after or difference.before
    assert record is not None, "a difference has a side"
    return record


def _topic(record: Record) -> str:
    """Id of the scene (or the asset) that a record belongs to, or its own."""
    return home_of(record) or record.id


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
