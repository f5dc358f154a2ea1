"""Who may do what: one decision, with its reason.

Visitors know of what is public, members of what is for members, too; curators and administrators know of everything
and change it. What belongs to a scene (layers, placements, …) is as visible as its scene, or less (`scenes.hidden`).
What an actor may not see is answered as if it did not exist, so that nobody learns of a draft by asking.

A decision may allow a part: `finest` is the least geometric error of what is delivered (`scenes.detail`). Whatever is
missing for a decision denies it: an embargo ends only for who asks with the time of day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from scenes.errors import Forbidden, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Actor, Asset, Exhibition, Record, Role, Scene, Visibility

if TYPE_CHECKING:
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


class Action(StrEnum):
    """What somebody wants to do."""

    SEE = "see"
    """know of a thing, and get what is delivered of it (tiles, textures)"""
    DOWNLOAD = "download"
    """get the deposited bytes"""
    EDIT = "edit"
    """make or change records"""
    PUBLISH = "publish"
    """make public, or take back"""
    ADMINISTER = "administer"
    """tokens, repair, purge"""


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


def sees(actor: Actor, audience: Visibility) -> bool:
    """Whether an actor belongs to an audience."""
    return audience in _CLEARED[actor.role]


def clearance(actor: Actor) -> Visibility:
    """The least public audience that an actor belongs to."""
    return next(each for each in Visibility if sees(actor, each))


def may(actor: Actor, action: Action, record: Record | Job | None = None, *, at: datetime | None = None) -> Decision:
    """Whether `actor` may do `action`, to `record` where it is about one; `at` is the time of day."""
    if actor.role is Role.ADMINISTRATOR:
        return Decision(True, "administrators may do everything")
    if action is Action.ADMINISTER:
        return Decision(False, "this needs the role of an administrator")
    if actor.role is Role.CURATOR:
        return Decision(True, "curators see and change everything")
    if action in {Action.EDIT, Action.PUBLISH}:
        return Decision(False, "this needs the role of a curator")
    if not isinstance(record, Asset | Scene | Exhibition):
        return Decision(False, "this is for those who work on it")
    if not sees(actor, record.visibility):
        is_draft = record.visibility is Visibility.DRAFT
        return Decision(False, f"{record.id} is a draft" if is_draft else f"{record.id} is for members")
    if isinstance(record, Asset) and not _is_free(record, at):
        return Decision(False, f"{record.id} is under an embargo")
    if action is Action.DOWNLOAD:
        return _download(actor, record)
    finest = finest_for(actor, record) if isinstance(record, Asset) else 0.0
    told = f"{record.id} is public" if record.visibility is Visibility.PUBLIC else f"{record.id} is for members"
    return Decision(True, told if not finest else f"{told}, in detail down to {finest:g} m", finest)


def finest_for(actor: Actor, asset: Asset) -> float:
    """Metres: the least geometric error of what an actor gets of an asset; 0: all.

    A limit that is no number lets nothing through.
    """
    if actor.role is not Role.VISITOR:
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


def require(actor: Actor, action: Action, record: Record | Job | None = None, *, at: datetime | None = None) -> None:
    """Let `actor` pass.

    Raises:
        Unauthorized: nobody is signed in, and somebody who is might pass.
        Forbidden: the actor's role does not allow this.
    """
    decision = may(actor, action, record, at=at)
    if decision:
        return
    if actor == ANONYMOUS:
        raise Unauthorized(f"{decision.reason}; send an access token")
    raise Forbidden(decision.reason)


def seen(actor: Actor, record: R | None, what: str, *, at: datetime | None = None) -> R:
    """The record, if there is one that `actor` may know of. `what` names it in the message: `scene scene_x`.

    Raises:
        NotFound: there is none, or it is not for this actor.
    """
    if record is None or not may(actor, Action.SEE, record, at=at):
        raise NotFound(f"there is no {what}")
    return record


def _is_free(asset: Asset, at: datetime | None) -> bool:
    return asset.embargo is None or (at is not None and at >= asset.embargo)


def _download(actor: Actor, record: Asset | Scene | Exhibition) -> Decision:
    if isinstance(record, Asset) and finest_for(actor, record):
        return Decision(False, f"{record.id} is shown in part only, and the deposited file is whole")
    if isinstance(record, Asset) and record.rights.startswith(_IRREVOCABLE):
        return Decision(True, f"{record.rights} allows to pass it on")
    return Decision(False, "no licence is stated that allows to pass the deposited file on")
