"""Who may come in: accounts, the roles they were given, and keys (tokens, sessions) that open for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scenes.model.work import Role


class Scope(StrEnum):
    """What a token lets its holder do, of what their role allows."""

    READ = "read"
    """see what the holder may see; without it no more than anybody"""
    INGEST = "ingest"
    """deposit files"""
    EDIT = "edit"
    """make and change records"""
    PUBLISH = "publish"
    """show to others, or take back"""
    ADMINISTER = "administer"
    """accounts, tokens of others"""


EVERYTHING = frozenset(Scope)


class KeyKind(StrEnum):
    """What a key is for."""

    TOKEN = "token"
    """a program's, sent with each request"""
    SESSION = "session"
    """a browser's, in a cookie"""
    LINK = "link"
    """signs one browser in, once"""
    SPENT = "spent"
    """was seen once and must not come again; it opens nothing"""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one exhibition: there and in its scene, and nowhere else."""

    exhibition: str
    scene: str
    """of that exhibition, at the time of asking"""
    role: Role


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom the museum knows."""

    id: str
    name: str
    """shown in the history of changes, unique whatever its case; it never changes"""
    role: Role
    """in the whole museum"""
    made_at: datetime
    has_password: bool
    disabled_at: datetime | None = None
    issuer: str = ""
    """the identity provider that vouches for them, else empty"""
    subject: str = ""
    """their name there"""
    grants: tuple[tuple[str, Role], ...] = ()
    """ids of exhibitions, and the role in each"""


@dataclass(frozen=True, slots=True)
class GivenRole:
    """That a role was given, and perhaps taken again: never rewritten."""

    exhibition: str
    """empty: in the whole museum"""
    role: Role
    given_at: datetime
    given_by: str
    ended_at: datetime | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A token, a session or a link as it is listed; what it opens with is not kept."""

    id: str
    """the first 16 digits of the hash: enough to name it by"""
    kind: KeyKind
    label: str
    name: str
    role: Role
    account: str
    """id, empty where it was made on the machine for nobody's account"""
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    """last use, to the minute"""
