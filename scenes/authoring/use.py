"""Make, change, remove: the same for every kind of record, by the rules of the kind.

Everything is checked first and then written as one revision, or refused and nothing is written. An update also says at
which revision it read what it changes, so that of two curators who change one thing at the same time the second is
told (Conflict) and does not silently undo the first; who change different things never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from enum import Enum
from typing import Any, Final, Generic, TypeVar, cast

from scenes.authoring import text
from scenes.authoring.admission import admit, check_shown
from scenes.authoring.chronology import CHRONOLOGY_STATEMENT
from scenes.authoring.desk import Desk, called, home_of, word
from scenes.authoring.notes import ANNOTATION
from scenes.authoring.people import FAMILY, PERSON
from scenes.authoring.placements import CHANGE_EVENT, HYPOTHESIS, PLACEMENT
from scenes.authoring.places import EPOCH, EXHIBITION, LAYER, SCENE
from scenes.authoring.references import check_unused
from scenes.authoring.rules import Rules
from scenes.authoring.stories import ARTICLE, TOUR
from scenes.authoring.things import ASSET, OBJECT_STATUS
from scenes.authoring.turns import everyone, turn
from scenes.errors import Invalid, NotFound
from scenes.model import Actor, Asset, Exhibition, Layer, Record, Revision, Scene
from scenes.ports import Change, Museum, Notice, Put, Remove
from scenes.rights import Action, require_work

R = TypeVar("R", bound=Record)


class Given(Enum):
    """What is given in place of a value."""

    CLEAR = "clear"
    """nothing: as if it had never been said"""


CLEAR: Final = Given.CLEAR

RULES: Mapping[type[Any], Rules[Any]] = {
    rules.kind: rules
    for rules in (
        *(SCENE, LAYER, EPOCH, EXHIBITION, HYPOTHESIS, PLACEMENT, CHANGE_EVENT, CHRONOLOGY_STATEMENT),
        *(ANNOTATION, ARTICLE, TOUR, PERSON, FAMILY, ASSET, OBJECT_STATUS),
    )
}

MAX_AT_ONCE = 20_000
"""records made by one revision"""


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What a use case wrote: the record as it stands now (as it stood, where it was removed), and the revision."""

    record: R
    revision: Revision


def create(kind: type[R], museum: Museum, actor: Actor, /, *, reason: str = "", **given: Any) -> Done[R]:
    """A new record of a kind. `given` are its values by the names in the kind's rules; None: not said.

    `scene` says where it belongs, for a placement `layer`, for a status of an object `asset`. An asset is not made
    here: it is deposited (`scenes.ingest`).

    Raises:
        Forbidden: `actor` is no curator (Unauthorized where nobody is signed in).
        NotFound: what it names is not there, or belongs to another scene.
        Invalid: a value cannot be accepted.
        Conflict: an address is taken.
        Cycle, Contradiction: it does not agree with what is there.
        timeline.errors.EdtfError: a time is not EDTF.
    """
    require_work(actor, Action.EDIT)
    rules = _rules(kind)
    desk, home = _new_desk(rules, museum, actor, given)
    # Whoever may change one exhibition makes no others.
    admit(museum, actor, None if kind is Exhibition else home)
    with turn(desk.scene):
        _check_room(desk, rules)
        record = _made(desk, rules, given)
        check_shown(museum, actor, record)
        rules.agree(desk, (record,))
        also = rules.also(desk, record)
        note = reason or f"{rules.made} the {word(kind)} “{called(record)}”"
        return Done(record, _commit(desk, record, (Put(record), *also.changes), note, expected=also.read))


def create_all(
    museum: Museum, actor: Actor, scene: str, drafts: Sequence[tuple[type[Any], Mapping[str, Any]]], *, reason: str
) -> tuple[tuple[Record, ...], Revision]:
    """New records of one scene in one revision, for imports. A draft may name an earlier one by the `id` it gave it.

    Take the ids of `museum.ids.new`. Raises as `create`, and writes nothing then.
    """
    require_work(actor, Action.EDIT)
    if not 1 <= len(drafts) <= MAX_AT_ONCE:
        raise Invalid(f"drafts: {len(drafts)}, expected 1 to {MAX_AT_ONCE}")
    made: dict[type[Any], list[Any]] = {}
    pending: dict[str, Record] = {}
    desk = Desk(museum, actor, scene, pending)
    home = desk.exists(Scene, scene)
    admit(museum, actor, home)
    with turn(scene):
        for kind, given in drafts:
            record = _made(desk, _rules(kind), given)
            if record.id in pending:
                raise Invalid(f"drafts: two of them have the id {record.id}")
            check_shown(museum, actor, record)
            pending[record.id] = record
            made.setdefault(kind, []).append(record)
        for kind, records in made.items():
            _check_room(desk, _rules(kind))
            _rules(kind).agree(desk, records)
        new = tuple(pending.values())
        return new, _commit(desk, home, tuple(Put(each) for each in new), reason, expected={})


def update(
    kind: type[R],
    museum: Museum,
    actor: Actor,
    record_id: str,
    /,
    *,
    expected_revision: int | None = None,
    reason: str = "",
    **given: Any,
) -> Done[R]:
    """Change what is given of a record; None leaves as it is, CLEAR takes back what was said.

    Raises:
        NotFound: there is no such record, or what is named is not there.
        Conflict: it changed since `expected_revision`, or since this call read it.
        Forbidden, Unauthorized, Invalid, Cycle, Contradiction, EdtfError: as for `create`.
    """
    require_work(actor, Action.EDIT)
    rules = _rules(kind)
    desk = _desk_of(kind, museum, actor, record_id)
    with turn(desk.scene):
        # Read when it is this change's turn: what went before, perhaps by the way, is no reason to refuse it.
        read = museum.catalogue.revision_of(record_id)
        old = desk.exists(kind, record_id)
        record = rules.whole(desk, replace(old, **_checked(desk, rules, given)))
        check_shown(museum, actor, record, old)
        if any(getattr(record, name) != getattr(old, name) for name in rules.agree_on):
            rules.agree(desk, (record,))
        also = rules.also(desk, record)
        expected = {**also.read, record_id: read if expected_revision is None else expected_revision}
        note = reason or f"changed the {word(kind)} “{called(record)}”"
        return Done(record, _commit(desk, record, (Put(record), *also.changes), note, expected=expected))


def remove(
    kind: type[R],
    museum: Museum,
    actor: Actor,
    record_id: str,
    /,
    *,
    expected_revision: int | None = None,
    reason: str = "",
) -> Done[R]:
    """End a record; its history stays.

    Raises:
        NotFound: there is no such record.
        InUse: something else needs it.
        Conflict: it changed since `expected_revision`.
        Forbidden, Unauthorized: the actor is no curator.
    """
    require_work(actor, Action.EDIT)
    rules = _rules(kind)
    desk = _desk_of(kind, museum, actor, record_id)
    if kind is Exhibition or kind is Scene:
        # Whoever may change one does not thereby end it: others have a role in it, too.
        admit(museum, actor, None)
    with everyone() if rules.is_shared else turn(desk.scene):
        read = museum.catalogue.revision_of(record_id)
        record = desk.exists(kind, record_id)
        rules.before_removal(desk, record)
        check_unused(desk, record)
        also = rules.let_go(desk, record)
        expected = {**also.read, record_id: read if expected_revision is None else expected_revision}
        note = reason or f"removed the {word(kind)} “{called(record)}”"
        return Done(record, _commit(desk, record, (Remove(record), *also.changes), note, expected=expected))


def _rules(kind: type[R]) -> Rules[R]:
    return cast("Rules[R]", RULES[kind])


def _home(record: Record) -> str:
    """The scene whose members a change of the record may look at."""
    return record.id if isinstance(record, Scene) else home_of(record)


def _desk_of(kind: type[R], museum: Museum, actor: Actor, record_id: str) -> Desk:
    """A desk for changing a record, if the actor may. Raises NotFound, Forbidden."""
    record = Desk(museum, actor, "").exists(kind, record_id)
    admit(museum, actor, record)
    return Desk(museum, actor, _home(record))


def _new_desk(
    rules: Rules[R], museum: Museum, actor: Actor, given: Mapping[str, Any]
) -> tuple[Desk, Scene | Layer | Asset | None]:
    """A desk at the place that the new record belongs to, which must be there, and that place."""
    anywhere = Desk(museum, actor, "")
    home: str = given[rules.home] if rules.home else ""
    place: Scene | Layer | Asset | None = None
    if rules.home == "layer":
        place = anywhere.exists(Layer, home)
    elif home:
        place = anywhere.exists(Asset, home) if rules.home == "asset" else anywhere.exists(Scene, home)
    elif rules.home:
        raise NotFound(f"there is no {rules.home} ''")
    scene = place.scene if isinstance(place, Layer) else place.id if place is not None else ""
    return Desk(museum, actor, scene), place


def _check_room(desk: Desk, rules: Rules[R]) -> None:
    if not rules.home:
        return
    pending = sum(isinstance(each, rules.kind) for each in desk.pending.values())
    # What is pending is counted already, the one record that is being made is not.
    number = desk.museum.catalogue.count_within(rules.kind, desk.scene) + (pending or 1)
    if number > rules.most:
        raise Invalid(f"{desk.scene} has {rules.most} records of this kind, and no more are kept")


def _made(desk: Desk, rules: Rules[R], given: Mapping[str, Any]) -> R:
    """A new record. A value without which it cannot be made is a fault of the caller's: TypeError."""
    home = "scene" if rules.home == "layer" else rules.home
    known = {home, "id"} - rules.checks.keys()
    values = {name: value for name, value in given.items() if name not in known}
    begins = {name: value for name, value in rules.begins(desk).items() if given.get(name) is None}
    record_id = given.get("id") or desk.museum.ids.new(word(rules.kind).replace(" ", "_"))
    new: Callable[..., R] = rules.kind
    record = new(id=record_id, **({home: desk.scene} if home else {}), **begins, **_checked(desk, rules, values))
    return rules.whole(desk, record)


def _checked(desk: Desk, rules: Rules[R], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values, checked, by the names of the record's fields."""
    unknown = given.keys() - rules.checks.keys()
    if unknown:
        raise TypeError(f"a {word(rules.kind)} has no {', '.join(sorted(unknown))}")
    found: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            target = rules.fields.get(name, name)
            found[target] = _default(rules.kind, target) if value is CLEAR else rules.checks[name](desk, value)
    return found


def _default(kind: type[Any], name: str) -> object:
    for each in fields(kind):
        if each.name == name:
            assert each.default is not MISSING, f"{name} of {kind.__name__} cannot be cleared"
            return each.default
    raise AssertionError(f"{kind.__name__} has no field {name}")


def _commit(
    desk: Desk, record: Record, changes: Sequence[Change], reason: str, *, expected: Mapping[str, int]
) -> Revision:
    museum = desk.museum
    revision = museum.catalogue.commit(
        changes,
        author=desk.actor.name,
        reason=text.line("reason", reason),
        at=museum.clock.now(),
        expected=expected,
    )
    museum.bus.publish(Notice(home_of(record) or record.id))
    return revision
