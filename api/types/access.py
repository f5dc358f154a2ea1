"""GraphQL views of who may come in: accounts, tokens, links."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID, Private

from api.types.node import Info, field, plain
from scenes import model

strawberry.enum(
    model.Scope,
    name="TokenScope",
    description="What a token may be used for, of what its holder may. Without READ it shows what anybody sees. INGEST "
    "deposits files, EDIT changes records, PUBLISH shows them to others, ADMINISTER gives accounts and roles.",
)
strawberry.enum(
    model.KeyKind,
    name="TokenKind",
    description="What opens: a program's TOKEN, a browser's SESSION, a LINK that signs one browser in once. "
    "SPENT ones open nothing and are not listed.",
)


@strawberry.type(description="A role in one exhibition: there and in its scene.")
class ExhibitionRole:
    """View of an exhibition's id with a role."""

    exhibition_id: ID = strawberry.field(description="Id of the exhibition.")
    role: model.Role = strawberry.field(description="The role there.")


@strawberry.type(description="A role that an account was given, and perhaps lost again.")
class GivenRole:
    """View of a `scenes.model.GivenRole`."""

    value: Private[model.GivenRole]
    role: model.Role = plain("The role.")
    given_at: datetime = plain("Since when.")
    given_by: str = plain("By whom.")
    ended_at: datetime | None = plain("Until when; null: it holds.")

    @field
    def exhibition_id(self) -> ID | None:
        """Id of the exhibition; null: in the whole museum."""
        return ID(self.value.exhibition) if self.value.exhibition else None

    @field
    def ended_by(self) -> str | None:
        """Who ended it; null: it holds."""
        return self.value.ended_by or None


@strawberry.type(description="Somebody whom the museum knows.")
class Account:
    """View of a `scenes.model.Account`."""

    value: Private[model.Account]
    id: ID = plain("Opaque.")
    name: str = plain("Name to sign in with; stands in the history of changes.")
    role: model.Role = plain("In the whole museum.")
    made_at: datetime = plain("Since when.")
    disabled_at: datetime | None = plain("Since when it is let in no more; null: it is.")
    has_password: bool = plain("Whether it has a password here.")

    @field
    def exhibitions(self) -> list[ExhibitionRole]:
        """Roles in single exhibitions."""
        return [ExhibitionRole(exhibition_id=ID(name), role=role) for name, role in self.value.grants]

    @field
    async def history(self, info: Info) -> list[GivenRole]:
        """Every role that it had, in order."""
        services = info.context.services
        return [GivenRole(value=each) for each in await services.call(services.accounts.roles_given, self.value.id)]

    @field
    def issuer(self) -> str | None:
        """The identity provider that vouches for them; null: none does."""
        return self.value.issuer or None


@strawberry.type(description="A token, a session or a link; what it opens with is not kept.")
class Token:
    """View of a `scenes.model.Key`."""

    value: Private[model.Key]
    id: ID = plain("To end it by.")
    kind: model.KeyKind = plain("What it is for.")
    label: str = plain("What its holder calls it.")
    name: str = plain("Whose it is.")
    made_at: datetime = plain("Since when.")
    expires_at: datetime | None = plain("Until when; null: until it is ended.")
    used_at: datetime | None = plain("Last use, to the minute; null: never.")

    @field
    def scopes(self) -> list[model.Scope]:
        """What it may be used for."""
        return sorted(self.value.scopes)


@strawberry.type(description="A signed link: it opens one address for a while, for clients that cannot send headers.")
class SignedLink:
    """An address and its end."""

    url: str = strawberry.field(description="The address with its link.")
    expires_at: datetime = strawberry.field(description="Until when it opens.")
