"""Posters of exhibitions: `/exhibitions/{slug}/card.webp`, `/exhibitions/{slug}/share.jpg`.

A poster shows what anybody may see, whoever asks. It is looked up by the digest of all that is in it (`scenes.poster`),
anew for each request: so what is taken back is gone at once, and what was changed is never shown as it was. One that is
not there is made by a job, as it is when an exhibition is published; who asks meanwhile waits a little.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from api.assets import is_held
from api.errors import DoorError
from api.gate import CORS
from scenes.errors import Conflict, NotFound
from scenes.ingest import JOBS_TOPIC
from scenes.ladders import Ladders
from scenes.model import ANONYMOUS, Asset, AssetState, Exhibition, Job, JobState, Scene
from scenes.ports import Notice
from scenes.poster import SIZES, VERSION, key_of, posters_of
from timeline.errors import TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from api.services import Services
    from scenes.table import MomentTable

KIND = "poster"
"""of the job"""
_PATIENCE_S = 30.0
_LOOK_S = 0.5
_AGAIN = {"Retry-After": "10", "Cache-Control": "no-store"}
_Seen = tuple["Scene", "MomentTable", "Mapping[str, Asset]"]


def _name(key: str, size: str) -> str:
    return f"poster/{VERSION}/{key}/{size}"


def _seen(services: Services, exhibition: Exhibition) -> _Seen | None:
    """The scene as anybody sees it first, and the assets of what stands; None where nobody may see it."""
    cleared = services.cleared(ANONYMOUS)
    scene = cleared.get(Scene, exhibition.scene)
    if scene is None:
        return None
    try:
        moment = cleared.table(scene.id).at("")
    except (NotFound, TimelineError):
        return None
    found = cleared.get_many(Asset, sorted(moment.table.assets.part(moment.rows).names)).values()
    return scene, moment, {asset.id: asset for asset in found if asset.state is AssetState.READY}


def poster_key(services: Services, exhibition: Exhibition) -> str:
    """Names the poster of an exhibition as it is now; empty where there is nothing to be seen. Blocking."""
    if services.cleared(ANONYMOUS).get(Exhibition, exhibition.id) is None:
        return ""
    seen = _seen(services, exhibition)
    return "" if seen is None else key_of(*seen)


def want_poster(services: Services, exhibition: Exhibition) -> tuple[str, Job | None]:
    """The key of its poster, and the job that makes it; None where it is there or there is none to make. Blocking."""
    key = poster_key(services, exhibition)
    names = [_name(key, size) for size in SIZES]
    if not key or len(services.derived.get_many(names)) == len(names):
        return key, None
    job_id = f"job_poster_{key}"
    known = services.jobs.job(job_id)
    if known is not None and known.state is JobState.DONE:
        # It was made, and had to make room: again, under a name that is free.
        job_id, known = services.ids.new("job"), _under_way(services, exhibition)
    if known is not None:
        return key, known
    now = services.clock.now()
    job = Job.queued(job_id, KIND, exhibition.id, now)
    with contextlib.suppress(Conflict):  # somebody else just asked for it
        services.jobs.enqueue(job)
    services.bus.publish(Notice(JOBS_TOPIC))
    return key, job


def _under_way(services: Services, exhibition: Exhibition) -> Job | None:
    jobs = services.jobs.jobs_of((exhibition.id,)).get(exhibition.id, ())
    return next((each for each in jobs if each.kind == KIND and each.is_at_work), None)


def make_poster(services: Services, exhibition_id: str) -> bool:
    """Make the poster of an exhibition as it is now; False where there is nothing to be seen. Takes seconds."""
    exhibition = services.cleared(ANONYMOUS).get(Exhibition, exhibition_id)
    seen = None if exhibition is None else _seen(services, exhibition)
    key = "" if seen is None else key_of(*seen)
    if seen is None or not key:
        return False
    ladders = Ladders(services.derived, services.blobs.read)
    for size, data in posters_of(*seen, services.blobs.read, ladders=ladders):
        services.derived.put_many({_name(key, size): data})
    return True


class _Posters:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def poster(self, request: Request) -> Response:
        """One of the forms of an exhibition's poster."""
        services, size = self._services, SIZES.get(request.path_params["form"])
        slug = request.path_params["slug"]
        exhibition = await services.call(services.cleared(ANONYMOUS).exhibition_by_slug, slug)
        if exhibition is None or size is None:
            raise NotFound("there is no such picture")
        key, job = await services.call(want_poster, services, exhibition)
        if not key:
            raise NotFound("there is nothing to be seen in it")
        tag = f'"{key}"'
        headers = {"ETag": tag, "Cache-Control": "public, no-cache", **CORS}
        if is_held(request, tag):
            return Response(status_code=304, headers=headers)
        name = _name(key, size.name)
        if job is not None:
            await self._patience(job, name)
        data = (await services.call(services.derived.get_many, [name])).get(name)
        if data is None and job is not None and job.state in {JobState.FAILED, JobState.CANCELLED}:
            raise NotFound("no picture of it could be made")
        if data is None:
            raise DoorError("UNAVAILABLE", "its picture is being made; try again soon", _AGAIN)
        return Response(data, media_type=size.media_type, headers=headers)

    async def _patience(self, job: Job, name: str) -> None:
        """Wait until it is made or the job has ended, but not for long."""
        services, loop = self._services, asyncio.get_running_loop()
        told = asyncio.Event()

        def heard(_: Notice) -> None:
            loop.call_soon_threadsafe(told.set)

        forget = services.bus.listen(job.id, heard)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    while True:
                        now = await services.call(services.jobs.job, job.id)
                        if now is None or not now.is_at_work:
                            return
                        if await services.call(services.derived.get_many, [name]):
                            return
                        told.clear()
                        # Looked at now and then besides: another process may work on it, whose notices are not heard.
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(told.wait(), _LOOK_S)
        finally:
            forget()


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/exhibitions/{slug}/{card.webp|share.jpg}`."""
    posters = _Posters(services)
    return [Route("/exhibitions/{slug}/{form:str}", posters.poster, methods=["GET", "HEAD"])]
