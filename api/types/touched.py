"""What a statement of relative chronology touches, in GraphQL: bounds before and after it was said or withdrawn."""

from __future__ import annotations

from bisect import bisect_right

import strawberry

from api.types.chronology import Dated, branch_of, dated_view, record_of
from api.types.cursor import name_of, page_info
from api.types.node import After, First, Info, PageInfo, field, page_size
from api.types.time import TimeSpan
from scenes import model
from scenes.dated import own_span
from scenes.table import SceneTable
from timeline.interval import TimeSpan as TimeSpanValue


@strawberry.type(description="Something whose bounds are others after a change of what is said.")
class Touched:
    """Bounds before and after."""

    dated: Dated = strawberry.field(description="What it is.")
    before: TimeSpan = strawberry.field(description="Its narrowed bounds before.")
    after: TimeSpan = strawberry.field(description="Its narrowed bounds now.")


@strawberry.type(description="A page of what was touched, ordered by id.")
class TouchedConnection:
    """A page of what was touched."""

    nodes: list[Touched] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    total: int = strawberry.field(description="How many there are in all.")


@strawberry.type
class Touching:
    """What a mutation of a statement answers beside the statement."""

    @field
    async def touched(self, info: Info, first: First = 20, after: After = None) -> TouchedConnection:
        """Placements and epochs whose narrowed bounds are others by this change, ordered by id.

        In the scene's preferred branch, or where the statement does not count there in that of what it is about.
        """
        record: model.ChronologyStatement = self.chronology_statement.value  # type: ignore[attr-defined]  # payloads have it
        number: int = self.revision.number  # type: ignore[attr-defined]
        size, name = page_size(first), name_of(after)
        services = info.context.services

        def work() -> list[Touched]:
            # In this order: what is newer is made of what is older.
            tables = [
                services.cleared(info.context.actor).table(record.scene, as_of=each) for each in (number - 1, number)
            ]
            before, now = (_read(table, record) for table in tables)
            changed = before.keys() | now.keys()
            found = []
            for each in sorted(changed):
                dated = tables[1].dated(each) or tables[0].dated(each)
                assert dated is not None, "what is narrowed is spoken of"
                own = own_span(dated.existence)
                old, new = before.get(each, own), now.get(each, own)
                if old != new:
                    found.append(Touched(dated=dated_view(dated), before=TimeSpan(span=old), after=TimeSpan(span=new)))
            return found

        found = await services.call(work)
        begin = 0 if name is None else bisect_right(found, name, key=lambda each: record_of(each.dated).id)
        shown = found[begin : begin + size]
        ends = (record_of(shown[0].dated).id, record_of(shown[-1].dated).id) if shown else (None, None)
        has_next = begin + size < len(found)
        return TouchedConnection(nodes=shown, page_info=page_info(ends, after, has_next=has_next), total=len(found))


def _read(table: SceneTable, statement: model.ChronologyStatement) -> dict[str, TimeSpanValue]:
    """Narrowed bounds where the statement counts, if it does anywhere."""
    relative = table.times(table.reading(None, of=branch_of(table, statement))).relative
    return {} if relative is None else dict(relative.narrowed)
