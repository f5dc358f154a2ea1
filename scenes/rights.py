"""Who may do what: one decision, with its reason.

Visitors know of what is public, members of what is for members, too; curators, editors-in-chief and administrators know
of everything and change it. A museum may leave showing things to others to its editors-in-chief (`Actor.publishes`).
What belongs to a scene (layers, placements, …) is as visible as its scene, or less (`scenes.hidden`). What an actor may
not see is answered as if it did not exist, so that nobody learns of a draft by asking.

A role may be given for one exhibition (`scenes.model.Grant`): it counts in its scene, and there for drafts of assets
that are shown in it; whoever works somewhere does so with what they deposited themselves, too. A token may be for a
part of what its holder may (`scenes.model.Scope`): without `read` they see as much as anybody.

A decision may allow a part: `finest` is the least geometric error of what is delivered (`scenes.detail`). Whatever is
missing for a decision denies it: an embargo ends only for who asks with the time of day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from scenes.errors import Forbidden, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Actor, Asset, Exhibition, Record, Role, Scene, Scope, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scenes.model import Job

R = TypeVar("R", bound=Record)

_IRREVOCABLE = (
    "http://creativecommons.org/",
    "https://creativecommons.org/",
    "http://rightsstatements.org/vocab/NoC-US/",
)
"""what may be passed on for good: no one can take back what was given under these"""
_CLEARED = {
    Role.VISITOR: frozenset({Visibility.PUBLIC}),
    Role.MEMBER: frozenset({Visibility.PUBLIC, Visibility.MEMBERS}),
    Role.CURATOR: frozenset(Visibility),
    Role.EDITOR_IN_CHIEF: frozenset(Visibility),
    Role.ADMINISTRATOR: frozenset(Visibility),
}


_ORDER = {role: place for place, role in enumerate(Role)}
"""0: may the least"""


class Action(StrEnum):
    """What somebody wants to do."""

    SEE = "see"
    """know of a thing, and get what is delivered of it (tiles, textures)"""
    DOWNLOAD = "download"
    """get the deposited bytes"""
    DEPOSIT = "deposit"
    """bring files"""
    EDIT = "edit"
    """make or change records"""
    PUBLISH = "publish"
    """make public, or take back"""
    ADMINISTER = "administer"
    """accounts, tokens of others, repair, purge"""


_SCOPES = {
    Action.SEE: Scope.READ,
    Action.DOWNLOAD: Scope.READ,
    Action.DEPOSIT: Scope.INGEST,
    Action.EDIT: Scope.EDIT,
    Action.PUBLISH: Scope.PUBLISH,
    Action.ADMINISTER: Scope.ADMINISTER,
}


FOR_NOW_S = 300
"""seconds for which a browser may show what it has without asking again, of what may be taken back"""
STREAM_S = 5
"""seconds in which a stream that is open is told that something is hidden by now"""


class Keeping(StrEnum):
    """Who may keep a copy, and how long."""

    OWN = "own"
    """who was given it, and asks again each time"""
    FOR_NOW = "for_now"
    """anybody was given it, and it may be taken back"""
    FOR_GOOD = "for_good"
    """anybody, and nobody can take it back"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, in part, or no, and why in words that the actor may read."""

    allowed: bool
    reason: str
    finest: float = 0.0
    """metres: what is delivered has at least this geometric error; 0: all of it"""

    def __bool__(self) -> bool:
        return self.allowed


def sees(actor: Actor, audience: Visibility, *, scenes: Iterable[str] = ()) -> bool:
    """Whether an actor belongs to an audience, of what is in one of these scenes."""
    return audience in _CLEARED[_seeing(actor, scenes)]


def clearance(actor: Actor, *, scene: str = "") -> Visibility:
    """The least public audience that an actor belongs to: in the museum, and perhaps more in a scene."""
    return next(each for each in Visibility if sees(actor, each, scenes=(scene,)))


def works(actor: Actor, action: Action) -> Decision:
    """Whether there is anywhere that an actor may do this to something. Where, `may` says."""
    if _SCOPES[action] not in actor.scopes:
        return _out_of_scope(action)
    return _works(actor, max((actor.role, *(each.role for each in actor.grants)), key=_ORDER.__getitem__), action)


def may(
    actor: Actor,
    action: Action,
    record: Record | Job | None = None,
    *,
    at: datetime | None = None,
    scenes: Iterable[str] = (),
) -> Decision:
    """Whether `actor` may do `action`, to `record` where it is about one; `at` is the time of day.

    `scenes` are those that it is about beside the one that the record belongs to or is: of an asset, where it is shown.
    """
    if _SCOPES[action] not in actor.scopes and action is not Action.SEE:
        return _out_of_scope(action)
    if action not in {Action.SEE, Action.DOWNLOAD}:
        return _works(actor, _working(actor, record, scenes), action)
    return _gets(actor if Scope.READ in actor.scopes else ANONYMOUS, action, record, at, _places(record, scenes))


def finest_for(actor: Actor, asset: Asset) -> float:
    """Metres: the least geometric error of what an actor gets of an asset; 0: all.

    A limit that is no number lets nothing through.
    """
    if _seeing(actor) is not Role.VISITOR or _deposited(actor, asset):
        return 0.0
    return asset.finest if asset.finest >= 0.0 else math.inf


def keeping(asset: Asset, at: datetime | None) -> Keeping:
    """How long copies of what is delivered of an asset may be kept by others.

    For good what is public whole, under a licence that cannot be taken back, and was never under an embargo.
    """
    if asset.visibility is not Visibility.PUBLIC or not _is_free(asset, at):
        return Keeping.OWN
    is_limited = bool(asset.finest) or asset.embargo is not None
    return Keeping.FOR_GOOD if asset.rights.startswith(_IRREVOCABLE) and not is_limited else Keeping.FOR_NOW


def require(
    actor: Actor,
    action: Action,
    record: Record | Job | None = None,
    *,
    at: datetime | None = None,
    scenes: Iterable[str] = (),
) -> None:
    """Let `actor` pass, as `may` decides.

    Raises:
        Unauthorized: nobody is signed in, and somebody who is might pass.
        Forbidden: the actor's role does not allow this.
    """
    _pass(actor, may(actor, action, record, at=at, scenes=scenes))


def require_work(actor: Actor, action: Action) -> None:
    """Let pass who may do this somewhere: the first look at a request, before anything is read. Raises as `require`."""
    _pass(actor, works(actor, action))


def seen(record: R | None, what: str) -> R:
    """The record, if there is one: as it was read for an actor (`scenes.cleared`). `what` names it: `scene scene_x`.

    Raises:
        NotFound: there is none, or it is not for this actor.
    """
    if record is None:
        raise NotFound(f"there is no {what}")
    return record


def _gets(
    actor: Actor, action: Action, record: Record | Job | None, at: datetime | None, where: frozenset[str]
) -> Decision:
    """Whether an actor may see something, or have it as it was deposited."""
    if actor.role is Role.ADMINISTRATOR:
        return Decision(True, "administrators may do everything")
    if _ORDER[actor.role] >= _ORDER[Role.CURATOR]:
        return Decision(True, "curators see and change everything")
    if isinstance(record, Asset) and _deposited(actor, record):
        return Decision(True, "who deposits a thing sees it")
    if not isinstance(record, Asset | Scene | Exhibition):
        role = _role_in(actor, where)
        return Decision(_ORDER[role] >= _ORDER[Role.CURATOR], "this is for those who work on it")
    if not sees(actor, record.visibility, scenes=where):
        is_draft = record.visibility is Visibility.DRAFT
        return Decision(False, f"{record.id} is a draft" if is_draft else f"{record.id} is for members")
    # A role in an exhibition lifts no embargo and no limit of detail: or placing a thing would be a way to it.
    if isinstance(record, Asset) and not _is_free(record, at):
        return Decision(False, f"{record.id} is under an embargo")
    if action is Action.DOWNLOAD:
        return _download(actor, record)
    finest = finest_for(actor, record) if isinstance(record, Asset) else 0.0
    told = f"{record.id} is public" if record.visibility is Visibility.PUBLIC else f"{record.id} is for members"
    return Decision(True, told if not finest else f"{told}, in detail down to {finest:g} m", finest)


def _pass(actor: Actor, decision: Decision) -> None:
    if decision:
        return
    if actor == ANONYMOUS:
        raise Unauthorized(f"{decision.reason}; sign in, or send an access token")
    raise Forbidden(decision.reason)


def _out_of_scope(action: Action) -> Decision:
    return Decision(False, f"this token is not for that; it lacks the scope {_SCOPES[action].value}")


def _works(actor: Actor, role: Role, action: Action) -> Decision:
    """Whether a role suffices to change something."""
    if role is Role.ADMINISTRATOR:
        return Decision(True, "administrators may do everything")
    if action is Action.ADMINISTER:
        return Decision(False, "this needs the role of an administrator")
    if _ORDER[role] < _ORDER[Role.CURATOR]:
        return Decision(False, "this needs the role of a curator")
    if action is Action.PUBLISH and role is Role.CURATOR and not actor.publishes:
        return Decision(False, "in this museum an editor-in-chief publishes")
    return Decision(True, "curators see and change everything")


def _working(actor: Actor, record: Record | Job | None, scenes: Iterable[str]) -> Role:
    """The role that counts for changing something."""
    if isinstance(record, Exhibition):
        # Another exhibition of the same scene is another's.
        given = (each.role for each in actor.grants if each.exhibition == record.id)
        return max((actor.role, *given), key=_ORDER.__getitem__)
    if isinstance(record, Asset) and _deposited(actor, record):
        return max((actor.role, *(each.role for each in actor.grants)), key=_ORDER.__getitem__)
    if isinstance(record, Asset):
        # Others show it, too.
        return actor.role
    return _role_in(actor, _places(record, scenes))


def _deposited(actor: Actor, asset: Asset) -> bool:
    """Whether an asset is the deposit of somebody who works on some exhibition, and may see what they may."""
    is_working = any(_ORDER[each.role] >= _ORDER[Role.CURATOR] for each in actor.grants)
    return is_working and asset.created_by == actor.name and Scope.READ in actor.scopes


def _places(record: Record | Job | None, scenes: Iterable[str]) -> frozenset[str]:
    """The scenes that something is about."""
    home = record.id if isinstance(record, Scene) else getattr(record, "scene", "")
    return frozenset((*scenes, home)) - {""}


def _role_in(actor: Actor, scenes: Iterable[str]) -> Role:
    """The highest role in one of these scenes; it is the museum's at least."""
    wanted = frozenset(scenes)
    return max((actor.role, *(each.role for each in actor.grants if each.scene in wanted)), key=_ORDER.__getitem__)


def _seeing(actor: Actor, scenes: Iterable[str] = ()) -> Role:
    """The role that counts for what is seen."""
    return _role_in(actor, scenes) if Scope.READ in actor.scopes else Role.VISITOR


def _is_free(asset: Asset, at: datetime | None) -> bool:
    return asset.embargo is None or (at is not None and at >= asset.embargo)


def _download(actor: Actor, record: Asset | Scene | Exhibition) -> Decision:
    if isinstance(record, Asset) and finest_for(actor, record):
        return Decision(False, f"{record.id} is shown in part only, and the deposited file is whole")
    if isinstance(record, Asset) and record.rights.startswith(_IRREVOCABLE):
        return Decision(True, f"{record.rights} allows to pass it on")
    return Decision(False, "no licence is stated that allows to pass the deposited file on")
