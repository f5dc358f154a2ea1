"""Mutations about who may come in. They write no revision: accounts and tokens are no records of the museum."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from api import accounts
from api.auth import make_token, token_id
from api.types import Info
from api.types.access import Account
from api.types.node import field
from scenes import model
from scenes.errors import Invalid, NotFound
from scenes.rights import Action, require

if TYPE_CHECKING:
    from api.services import Services

_DAYS = 365
_INVITED_DAYS = 7
AccountId = Annotated[ID, strawberry.argument(description="Id of the account.")]


@strawberry.type(description="A token that was made; it is told this one time.")
class NewToken:
    """Answer."""

    id: ID = strawberry.field(description="To end it by.")
    token: str = strawberry.field(description="What is sent as `Authorization: Bearer …`.")
    expires_at: datetime = strawberry.field(description="Until when it opens.")


@strawberry.type(description="A token, session or link opens nothing any more.")
class EndedToken:
    """Answer."""

    id: ID = strawberry.field(description="Its id.")


@strawberry.type(description="An account that was made, and how its holder gets in.")
class Invitation:
    """Answer."""

    account: Account = strawberry.field(description="The account.")
    link: str = strawberry.field(description="Path that signs one browser in, once, to choose a password.")
    expires_at: datetime = strawberry.field(description="Until when it opens.")


async def _create_token(
    info: Info,
    label: Annotated[str, strawberry.argument(description="What you call it, 1 to 80 characters.")],
    scopes: Annotated[list[model.Scope], strawberry.argument(description="What it may be used for, of what you may.")],
    days: Annotated[int, strawberry.argument(description=f"How long it opens, 1 to {_DAYS}.")] = 90,
) -> NewToken:
    """Make an access token of your account, for a program. It may do no more than what you came with."""
    services, actor = info.context.services, info.context.actor
    accounts.require_account(actor)
    said = " ".join(label.split())
    if not 1 <= len(said) <= accounts.MOST_NAME or not said.isprintable():
        raise Invalid(f"label: 1 to {accounts.MOST_NAME} characters that can be printed are expected")
    if not 1 <= days <= _DAYS:
        raise Invalid(f"days: {days}, expected 1 to {_DAYS}")
    wanted = frozenset(scopes)
    if not wanted or not wanted <= actor.scopes:
        raise Invalid("scopes: at least one is needed, and none that you did not come with")
    at = services.clock.now()
    holder = model.Actor(actor.name, actor.role, scopes=wanted, account=actor.account)
    expires_at = at + timedelta(days=days)
    token = await services.call(make_token, services.tokens, holder, at=at, expires_at=expires_at, label=said)
    return NewToken(id=ID(token_id(token)), token=token, expires_at=expires_at)


async def _end_token(
    info: Info, id: Annotated[ID, strawberry.argument(description="Id of the token, session or link.")]
) -> EndedToken:
    """End one of your tokens or sessions, or, as an administrator, anybody's. NOT_FOUND where none is open."""
    services, actor = info.context.services, info.context.actor
    if actor.role is model.Role.ADMINISTRATOR:
        require(actor, Action.ADMINISTER)
        of = None
    else:
        of = accounts.require_account(actor)
    await services.call(_end, services, str(id), of)
    return EndedToken(id=id)


def _end(services: Services, token_id: str, of: str | None) -> None:
    at = services.clock.now()
    is_open = token_id in {each.id for each in services.tokens.tokens_of(of, at=at)}
    if not is_open or not services.tokens.end_token(token_id, at=at):
        raise NotFound(f"there is no open token {token_id[:80]!r}")


async def _create_account(
    info: Info,
    name: Annotated[str, strawberry.argument(description="Name to sign in with; it never changes.")],
    role: Annotated[model.Role, strawberry.argument(description="In the whole museum.")],
) -> Invitation:
    """Make an account, and a link by which its holder comes in once to choose a password. Administrators only."""
    services, actor = info.context.services, info.context.actor
    return await services.call(_invite, services, actor, name, role)


def _invite(services: Services, actor: model.Actor, name: str, role: model.Role) -> Invitation:
    made = accounts.add(services, actor, name, role)
    at = services.clock.now()
    expires_at = at + timedelta(days=_INVITED_DAYS)
    holder = model.Actor(made.name, made.role, account=made.id)
    key = make_token(services.tokens, holder, at=at, expires_at=expires_at, once=True, label="invitation")
    return Invitation(account=Account(value=made), link=f"/studio?key={key}&next=/account", expires_at=expires_at)


async def _give_role(
    info: Info,
    account: AccountId,
    role: Annotated[model.Role, strawberry.argument(description="The role; VISITOR takes one away.")],
    exhibition: Annotated[
        ID | None, strawberry.argument(description="Id of the exhibition; null: in the whole museum.")
    ] = None,
) -> Account:
    """Give a role, in place of the one there. Administrators only."""
    services, actor = info.context.services, info.context.actor
    changed = await services.call(accounts.give_role, services, actor, account, role, exhibition=str(exhibition or ""))
    return Account(value=changed)


async def _disable_account(
    info: Info,
    account: AccountId,
    disabled: Annotated[bool, strawberry.argument(description="False: it is let in again.")] = True,
) -> Account:
    """Let an account in no more: its sessions end, its tokens open nothing. Administrators only."""
    services, actor = info.context.services, info.context.actor
    changed = await services.call(accounts.set_disabled, services, actor, account, disabled=disabled)
    return Account(value=changed)


FIELDS = {
    "create_token": field(_create_token),
    "end_token": field(_end_token),
    "create_account": field(_create_account),
    "give_role": field(_give_role),
    "disable_account": field(_disable_account),
}
"""for the root of mutations"""
