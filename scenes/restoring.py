"""Bringing back what was removed, as long as it is not erased: whoever may edit may do it, whoever removed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenes.authoring.text import shown
from scenes.authoring.turns import everyone
from scenes.errors import Conflict, Invalid, NotFound
from scenes.history import MAX_REASON, RecordChange, TakenBack, check_agreed, check_whole
from scenes.ports import Notice, Put, Remove
from scenes.rights import Action, require

if TYPE_CHECKING:
    from scenes.model import Actor, Record
    from scenes.ports import Catalogue, Museum


def restore(museum: Museum, actor: Actor, record_id: str, *, reason: str = "") -> TakenBack:
    """Bring back a record as it stood when it was removed, and what was removed with it, by a new revision.

    Raises:
        NotFound: there never was such a record, or it is erased.
        Conflict: it stands; what it needs is not there any more; its address is taken.
        Cycle, Contradiction: it does not agree with what is there by now.
        Forbidden, Unauthorized: the actor is no curator.
        Invalid: the reason is too long.
    """
    require(actor, Action.EDIT)
    said = " ".join(reason.split())
    if len(said) > MAX_REASON:
        raise Invalid(f"reason: {len(said)} characters, at most {MAX_REASON} are kept")
    catalogue = museum.catalogue
    with everyone():
        number = catalogue.revision_of(record_id)
        if catalogue.find(record_id) is not None:
            raise Conflict(f"{record_id} stands; only what was removed is brought back")
        removed = _removed_by(catalogue, number)
        if record_id not in removed:
            raise NotFound(f"there is no record {shown(record_id)}")
        (entry,) = catalogue.log(after=number - 1, first=1)
        changes = [Put(record) for record in removed.values()]
        check_whole(catalogue, entry.revision, changes)
        check_agreed(museum, actor, changes)
        revision = catalogue.commit(
            changes,
            author=actor.name,
            reason=said or f"brought back what revision {number} removed: {entry.revision.reason}"[:MAX_REASON],
            at=museum.clock.now(),
            expected=dict.fromkeys(removed, number),
        )
    for record in removed.values():
        museum.bus.publish(Notice(record.id))
    for home in sorted({getattr(record, "scene", "") for record in removed.values()} - {""}):
        museum.bus.publish(Notice(home))
    differences = catalogue.between(revision.number - 1, revision.number)
    return TakenBack(
        revision, entry.revision, tuple(RecordChange(each.seq, each.before, each.after) for each in differences)
    )


def _removed_by(catalogue: Catalogue, number: int) -> dict[str, Record]:
    """What a revision removed and nothing brought back since, as it stood."""
    if not number:
        return {}
    (entry,) = catalogue.log(after=number - 1, first=1)
    removed = {each.record.id: each.record for each in entry.changes if isinstance(each, Remove)}
    now = catalogue.revisions_of(list(removed))
    return {name: record for name, record in removed.items() if now.get(name) == number}
