"""Who may do what: one decision, with its reason.

Visitors know of what is public; curators and administrators know of everything and change it. What belongs to a scene
(layers, placements, …) has no visibility of its own: ask for its scene. What an actor may not see is answered as if it
did not exist, so that nobody learns of a draft by asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from scenes.errors import Forbidden, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Actor, Asset, Exhibition, Record, Role, Scene, Visibility

if TYPE_CHECKING:
    from scenes.model import Job

R = TypeVar("R", bound=Record)

_DERIVABLE = (
    "http://creativecommons.org/",
    "https://creativecommons.org/",
    "http://rightsstatements.org/vocab/NoC-US/",
)


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


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why in words that the actor may read."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def may(actor: Actor, action: Action, record: Record | Job | None = None) -> Decision:
    """Whether `actor` may do `action`, to `record` where it is about one."""
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
    if record.visibility is not Visibility.PUBLIC:
        return Decision(False, f"{record.id} is a draft")
    if action is Action.DOWNLOAD:
        return _download(record)
    return Decision(True, f"{record.id} is public")


def require(actor: Actor, action: Action, record: Record | Job | None = None) -> None:
    """Let `actor` pass.

    Raises:
        Unauthorized: nobody is signed in, and somebody who is might pass.
        Forbidden: the actor's role does not allow this.
    """
    decision = may(actor, action, record)
    if decision:
        return
    if actor == ANONYMOUS:
        raise Unauthorized(f"{decision.reason}; send an access token")
    raise Forbidden(decision.reason)


def seen(actor: Actor, record: R | None, what: str) -> R:
    """The record, if there is one that `actor` may know of. `what` names it in the message: `scene scene_x`.

    Raises:
        NotFound: there is none, or it is not for this actor.
    """
    if record is None or not may(actor, Action.SEE, record):
        raise NotFound(f"there is no {what}")
    return record


def _download(record: Asset | Scene | Exhibition) -> Decision:
    if isinstance(record, Asset) and record.rights.startswith(_DERIVABLE):
        return Decision(True, f"{record.rights} allows to pass it on")
    return Decision(False, "no licence is stated that allows to pass the deposited file on")
