"""What can be watched. A notice only says that it is worth looking: what is answered is read from the catalogue.

Notices may be lost, and another process may do the work without telling this one; so every watcher also looks by itself
once in a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from api import types
from api.auth import check_still
from api.queries import entered
from api.types import Info, Job, Revision, subscribed
from scenes import model
from scenes.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from scenes.ports import Bus, Notice

POLL_S = 1.0
"""seconds after which a watcher looks although no notice came"""
_BACKLOG = 1_000
"""revisions that a watcher catches up with at once"""
_ENDED = frozenset({model.JobState.DONE, model.JobState.REJECTED, model.JobState.FAILED, model.JobState.CANCELLED})


@asynccontextmanager
async def watching(bus: Bus, topic: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Listen to a topic; the value waits for the next notice, or `POLL_S`. Notices while nobody waits are kept."""
    loop, noticed = asyncio.get_running_loop(), asyncio.Event()

    def hear(_: Notice) -> None:
        # From any thread, and perhaps after the loop has ended.
        if not loop.is_closed():
            loop.call_soon_threadsafe(noticed.set)

    async def wait() -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await noticed.wait()
        except TimeoutError:
            pass
        noticed.clear()

    end = bus.listen(topic, hear)
    try:
        yield wait
    finally:
        end()


@strawberry.type(description="What can be watched, over graphql-transport-ws.")
class Subscription:
    """The root of subscriptions."""

    @subscribed
    async def job(
        self, info: Info, id: Annotated[ID, strawberry.argument(description="Id of the job.")]
    ) -> AsyncGenerator[Job, None]:
        """A job as it is now and at each change, until it ends."""
        last: model.Job | None = None
        async with watching(info.context.services.bus, id) as wait:
            while last is None or last.state not in _ENDED:
                await check_still(info.context.services, info.context.actor)
                job = await entered(info.context, id)
                if not isinstance(job, model.Job):
                    raise NotFound(f"there is no job {id[:80]!r}")
                if job != last:
                    last = job
                    # Each answer reads its asset anew.
                    info.context.forget()
                    yield types.job_view(job)
                else:
                    await wait()

    @subscribed
    async def scene_changed(
        self,
        info: Info,
        id: Annotated[ID, strawberry.argument(description="Id of the scene.")],
        since: Annotated[
            int | None, strawberry.argument(description="Number of the last revision known; null: from now on.")
        ] = None,
    ) -> AsyncGenerator[Revision, None]:
        """Each revision that changes a scene or what belongs to it, oldest first."""
        services = info.context.services
        cleared = services.cleared(info.context.actor)
        async with watching(services.bus, id) as wait:
            while True:
                await check_still(services, info.context.actor)
                # Asked each time: the scene may have become a draft.
                if not isinstance(await entered(info.context, id), model.Scene):
                    raise NotFound(f"there is no scene {id[:80]!r}")
                last = 1 if since is None else _BACKLOG
                latest = (await services.call(cleared.histories, {id: id}, last=last))[id]
                if since is not None:
                    for revision in reversed(latest):
                        if revision.number > since:
                            yield types.revision(revision)
                since = max((revision.number for revision in latest), default=since or 0)
                await wait()
