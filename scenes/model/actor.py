"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenes.model.access import EVERYTHING, Grant, Scope
from scenes.model.work import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and what was given to them. Made at the door, once for each request or connection."""

    name: str
    role: Role
    """in the whole museum"""
    grants: tuple[Grant, ...] = ()
    """roles in single exhibitions"""
    scopes: frozenset[Scope] = EVERYTHING
    """what the token that was sent lets them do of it"""
    publishes: bool = True
    """of a curator: whether curators publish in this museum; who is more than one does in any"""
    account: str = field(default="", compare=False)
    """id; empty for a token of the machine's, and for nobody"""
    key: str = field(default="", compare=False)
    """id of the token or session that let them in; empty where none did"""


ANONYMOUS = Actor("anonymous", Role.VISITOR)
