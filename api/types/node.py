"""What every GraphQL type is made of: fields with descriptions, things with ids, pages of lists.

A view is a thin type with a record as its `value`; a field without a resolver answers its attribute of the same name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry
from strawberry import ID

from api.guard import PAGE
from api.loaders import Context
from scenes import model
from scenes.errors import Invalid
from scenes.ports import Page

Info: TypeAlias = strawberry.Info[Context, None]
N = TypeVar("N")

First = Annotated[int, strawberry.argument(description=f"How many at most, 0 to {PAGE}.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before.")]
Last = Annotated[int, strawberry.argument(description=f"How many of the latest at most, 0 to {PAGE}.")]


def field(resolver: Callable[..., Any]) -> Any:
    """A resolver as a field; its docstring is what the schema says of it."""
    return strawberry.field(resolver, description=inspect.getdoc(resolver))


def replaced(resolver: Callable[..., Any], *, by: str) -> Any:
    """As `field`, of one that is deprecated; `by` says what to ask for instead."""
    return strawberry.field(resolver, description=inspect.getdoc(resolver), deprecation_reason=by)


def subscribed(resolver: Callable[..., Any]) -> Any:
    """A generator as a subscription; its docstring is what the schema says of it."""
    return strawberry.subscription(resolver, description=inspect.getdoc(resolver))


def plain(description: str) -> Any:
    """A field that is the attribute of the same name of the view's `value` (see `attribute`)."""
    return strawberry.field(description=description, default=None)


def attribute(view: Any, name: str) -> object:
    """What a field without a resolver of its own answers."""
    value = getattr(view, "value", None)
    return getattr(view if value is None else value, name)


def page_size(number: int) -> int:
    """`first` or `last`, checked. Raises Invalid."""
    if not 0 <= number <= PAGE:
        raise Invalid(f"a page has 0 to {PAGE} items, not {number}")
    return number


@strawberry.interface(description="A thing with an id, the same in GraphQL and in the paths of HTTP.")
class Node:
    """Everything with an id."""

    id: ID = plain("Opaque and URL-safe.")


@strawberry.type(description="A recorded change.")
class Revision:
    """View of a `scenes.model.Revision`."""

    number: int = strawberry.field(description="Grows by one with each change in the whole museum.")
    at: datetime = strawberry.field(description="When, UTC.")
    author: str = strawberry.field(description="Who.")
    reason: str = strawberry.field(description="Why.")


def revision(value: model.Revision) -> Revision:
    """A revision as GraphQL shows it."""
    return Revision(number=value.number, at=value.at, author=value.author, reason=value.reason)


@strawberry.interface(description="A record of the catalogue: what is said of it is changed by revisions.")
class Recorded(Node):
    """Every node but a job."""

    @field
    async def revision(self, info: Info) -> int:
        """Number of the revision that last wrote it, for `expectedRevision`."""
        return await info.context.loaders.revision(self.value.id)  # type: ignore[attr-defined]  # each has its own

    @field
    async def history(self, info: Info, last: Last = 10) -> list[Revision]:
        """The latest changes of it, and of what belongs to it, newest first."""
        found = await info.context.loaders.history(self.value, last=page_size(last))  # type: ignore[attr-defined]
        return [revision(each) for each in found]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """See Relay's cursor connections."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item: `after` for the next page.")


@strawberry.type(description="An item of a page, with its place.")
class Edge(Generic[N]):
    """An item of a connection."""

    cursor: str = strawberry.field(description="Place in the list; stays valid when the list changes.")
    node: N = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list, in the order in which its items were first written.")
class Connection(Generic[N]):
    """A page of a list."""

    edges: list[Edge[N]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="How to go on.")

    @field
    def nodes(self) -> list[N]:
        """The items alone."""
        return [edge.node for edge in self.edges]


def connection(page: Page, after: str | None, shown: type[N]) -> Connection[N]:
    """A page of the catalogue as a connection of the view `shown`."""
    pairs = zip(page.cursors, page.records, strict=True)
    edges = [Edge(cursor=cursor, node=shown(value=record)) for cursor, record in pairs]  # type: ignore[call-arg]  # every view has one
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info)


async def page_within(
    info: Info, kind: type[model.Record], shown: type[N], *, of: str, first: int, after: str | None
) -> Connection[N]:
    """A page of the records of a kind that belong to a scene."""
    page = await info.context.loaders.page_within(kind, of, first=page_size(first), after=after)
    return connection(page, after, shown)


def address(info: Info, path: str) -> str:
    """A path as visitors reach it."""
    return info.context.services.settings.public_url.rstrip("/") + path
