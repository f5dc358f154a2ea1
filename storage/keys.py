"""Of tokens and accounts in every catalogue: whose a token is, when it was unused too long, which names are one."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from scenes.model import Actor, Grant, Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from scenes.model import Account, Exhibition, Key

NOTED_S = 60
"""seconds by which the last use may be later than what is kept of it"""
_SCOPES = {each.value: each for each in Scope}


def id_of(token_hash: str) -> str:
    """The id of a token: the beginning of its hash, of which nobody gets to the token."""
    return token_hash[:16]


def name_key(name: str) -> str:
    """A name as names are compared: two that look alike but for case and width are one.

    >>> name_key(" Inès  ＬＥＥ ")
    'inès lee'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def kept_scopes(scopes: Iterable[Scope]) -> str:
    """Scopes as text."""
    return " ".join(sorted(each.value for each in scopes))


def scopes_of(text: str) -> frozenset[Scope]:
    """Scopes of a text; what is not known lets nothing.

    >>> sorted(scopes_of("fly read"))
    [<Scope.READ: 'read'>]
    """
    return frozenset(_SCOPES[each] for each in text.split() if each in _SCOPES)


def holds_idle(last: datetime, idle_s: int, at: datetime) -> bool:
    """Whether a token is not ended by going unused. What is kept of its last use may be a minute old."""
    return not idle_s or at < last + timedelta(seconds=idle_s + NOTED_S)


def held_by(key: Key, account: Account | None, exhibitions: Mapping[str, Exhibition]) -> Actor | None:
    """Who comes with a key that opens. Of an account: what it is now, in those `exhibitions` that are there."""
    if account is None:
        return Actor(key.name, key.role, scopes=key.scopes, key=key.id)
    if account.disabled_at is not None:
        return None
    grants = tuple(
        Grant(each, exhibitions[each].scene, role)
        for each, role in account.grants
        if each in exhibitions and role is not Role.VISITOR
    )
    return Actor(account.name, account.role, grants, key.scopes, account=account.id, key=key.id)
