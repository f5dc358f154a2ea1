"""Who may come in: accounts, tokens, signed links."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from api import accounts, links
from api.types.access import Account, SignedLink, Token
from api.types.node import Info, address, field
from scenes import model
from scenes.errors import Unauthorized
from scenes.rights import Action, require


@strawberry.type
class AccessQueries:
    """A part of the root of queries."""

    @field
    async def accounts(self, info: Info) -> list[Account]:
        """All accounts, by name. Administrators only."""
        require(info.context.actor, Action.ADMINISTER)
        services = info.context.services
        return [Account(value=each) for each in await services.call(services.accounts.accounts)]

    @field
    async def tokens(
        self,
        info: Info,
        everybody: Annotated[bool, strawberry.argument(description="Of everybody; administrators only.")] = False,
    ) -> list[Token]:
        """Your tokens and sessions that open now, newest first."""
        services, actor = info.context.services, info.context.actor
        if everybody:
            require(actor, Action.ADMINISTER)
        else:
            accounts.require_account(actor)
        at = services.clock.now()
        found = await services.call(services.tokens.tokens_of, None if everybody else actor.account, at=at)
        return [Token(value=each) for each in found]

    @field
    def signed_link(
        self,
        info: Info,
        path: Annotated[
            str,
            strawberry.argument(description="`/blobs/…`, `/assets/…`, `/scenes/…` or `/stream?scene=…`."),
        ],
        minutes: Annotated[int, strawberry.argument(description="How long it opens, 1 to 15.")] = 5,
    ) -> SignedLink:
        """A link that opens one address for what you may see, to read. For who is signed in."""
        actor = info.context.actor
        if actor == model.ANONYMOUS:
            raise Unauthorized("visitors who are not signed in need no link")
        signed, until = links.link_to(info.context.services, actor, path, lasting=timedelta(minutes=minutes))
        return SignedLink(url=address(info, signed), expires_at=until)
