"""What of a scene's relative chronology cannot be true, in GraphQL, and all that is said."""

from __future__ import annotations

import strawberry
from strawberry import Private

from api.types.chronology import (
    ChronologyStatement,
    ChronologyStatements,
    Dated,
    dated_view,
    names_of,
    statement_page,
)
from api.types.node import After, Connection, Edge, First, Info, PageInfo, field, page_size, page_within, replaced
from api.types.time import Language
from scenes import model
from scenes.table import SceneTable
from scenes.times import Times
from timeline import contradiction

_STATEMENTS = "Ask for `statements`, which has its own pages."


@strawberry.type(
    description="Statements and dates that cannot all be true. Any one of them less, and the rest could be. Its "
    "statements narrow nothing until it is resolved: one of them is withdrawn, or one of its dates changed."
)
class Contradiction:
    """View of a `timeline.contradiction.Contradiction`."""

    value: Private[contradiction.Contradiction]
    table: Private[SceneTable]

    @field
    def sentences(self, language: Language = "en") -> list[str]:
        """What cannot all be true, a sentence each, in the order in which they lead to one another (en, de, fr, it)."""
        return self.value.sentences(names_of(self.table, language), language)

    @field
    def statements(self) -> list[ChronologyStatement]:
        """The statements among them; never none."""
        return [ChronologyStatement(value=self.table.statements[each.id]) for each in self.value.statements]

    @field
    def dated(self) -> list[Dated]:
        """Those whose own dates take part."""
        found = (self.table.dated(name) for name in self.value.dated)
        return [dated_view(each) for each in found if each is not None]


@strawberry.type(
    name="ChronologyStatementConnection",
    description="What is said of times in a scene relative to one another and to days, in one branch.",
)
class Chronology:
    """View of the `scenes.relative.Relative` of a scene.

    Its name and what it has deprecated are those of a page of statements, which it was first.
    """

    table: Private[SceneTable]
    times: Private[Times]
    page: Private[tuple[int, str | None]]

    @field
    def contradictions(self, first: First = 20) -> list[Contradiction]:
        """What cannot all be true, told apart; none shares a statement with another.

        What contradicts itself is refused when it is written. It can come about by undo, and where hypotheses that were
        rivals are no more.
        """
        found = () if self.times.relative is None else self.times.relative.contradictions
        return [Contradiction(value=each, table=self.table) for each in found[: page_size(first)]]

    @field
    def tangled(self, first: First = 20, after: After = None) -> ChronologyStatements:
        """Statements in contradictions that were not told apart, because there were too many; they narrow nothing."""
        names = () if self.times.relative is None else self.times.relative.tangled
        return statement_page((self.table.statements[each] for each in names), first, after)

    @field
    def statements(self, first: First = 20, after: After = None) -> ChronologyStatements:
        """All that is said, ordered by id, whether it counts in this branch or not."""
        return statement_page(self.table.statements.values(), first, after)

    async def _edges(self, info: Info) -> list[Edge[ChronologyStatement]]:
        """Statements in order of first writing, with their cursors, by the arguments of the field above."""
        return (await self._page(info)).edges

    async def _nodes(self, info: Info) -> list[ChronologyStatement]:
        """The same alone."""
        return [edge.node for edge in (await self._page(info)).edges]

    async def _page_info(self, info: Info) -> PageInfo:
        """How to go on."""
        return (await self._page(info)).page_info

    edges: list[Edge[ChronologyStatement]] = replaced(_edges, by=_STATEMENTS)
    nodes: list[ChronologyStatement] = replaced(_nodes, by=_STATEMENTS)
    page_info: PageInfo = replaced(_page_info, by=_STATEMENTS)

    async def _page(self, info: Info) -> Connection[ChronologyStatement]:
        kind, (first, after) = model.ChronologyStatement, self.page
        scene = self.table.scene.id
        return await page_within(info, kind, ChronologyStatement, of=scene, first=first, after=after)
