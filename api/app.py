"""The composition root: settings → adapters → use cases → one ASGI application.

    Measured ─ Gate ─ /graphql        api.schema      GraphQL over POST and graphql-transport-ws
                    ─ /stream         api.stream      chronotope.v1
                    ─ /scenes/…       api.scenes_http scenes at a moment
                    ─ /blobs, /assets api.assets      immutable content
                    ─ /uploads        api.uploads     tus 1.0
                    ─ /sign-in, …     api.sign_in     forms for who has an account here
                    ─ /livez …        api.telemetry   alive, ready, counted
                    ─ /, /studio, …   api.pages       the built front end
    and api.worker in threads, from startup to shutdown.

`create_app` opens the data directory at once, so that whatever is wrong with it is said before anything listens.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from api import (
    annotations_http,
    assets,
    audit,
    errors,
    genealogy,
    pages,
    scenes_http,
    schema,
    sign_in,
    stream,
    telemetry,
    uploads,
)
from api.data_directory import held, prepare
from api.gate import Gate
from api.museums import Site, museums_of
from api.sandboxed import sandboxed_tile
from api.scrub import Scrubber
from api.services import Services, open_services, stores
from api.worker import Worker
from tiling.select import warm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from api.settings import Settings
    from api.worker import Tile


log = logging.getLogger("chronotope.app")


def create_app(settings: Settings, *, tile: Tile | None = None) -> FastAPI:
    """The application on the data directory of `settings`, which it holds until it is shut down.

    `app.state.services` are its ports, `app.state.worker` its worker (started with the application's lifespan).

    Raises:
        SettingsError: the data directory cannot be used, or is in use by another server.
    """
    settings = prepare(settings)
    with ExitStack() as stack:
        stack.enter_context(held(settings.data))
        services = stack.enter_context(open_services(settings))
        worker = Worker(services, tile or sandboxed_tile(settings))
        return assemble(services, worker, closing=stack.pop_all())


def create_site(settings: Settings, *, tile: Tile | None = None) -> Site:
    """The applications of all museums of `settings`, as one. Raises as `create_app`."""
    return Site([(each, create_app(each, tile=tile)) for each in museums_of(settings)])


def _scrubber(services: Services) -> Scrubber | None:
    """What looks through the objects by and by, begun, where the settings want it."""
    if not services.settings.scrub_days or services.rounds is None:
        return None
    scrubber = Scrubber(services, services.rounds, *stores(services.settings))
    scrubber.start()
    return scrubber


def assemble(services: Services, worker: Worker, *, closing: ExitStack) -> FastAPI:
    """The application on open ports; `closing` is closed at shutdown."""
    settings = services.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with closing:
            if settings.workers:
                worker.start(settings.workers)
            scrubber = _scrubber(services)
            await services.call(audit.note_start, services)
            sweeping = [
                asyncio.create_task(keep(services)) for keep in (uploads.keep_forgetting, audit.keep_forgetting)
            ]
            # Or the first visitor of a stream would wait for the compiler.
            threading.Thread(target=warm, name="warming", daemon=True).start()
            try:
                yield
            finally:
                app.state.stopping = True
                for each in sweeping:
                    each.cancel()
                await asyncio.gather(*sweeping, return_exceptions=True)
                await services.call(worker.stop)
                if scrubber is not None:
                    await services.call(scrubber.stop)

    app = FastAPI(
        title="Chronotope",
        description="4D virtual museums: scenes at a moment, as 3D Tiles, glTF, and a stream.",
        version=telemetry.version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(telemetry.Measured), Middleware(Gate, settings=settings)],
    )
    app.state.services, app.state.worker, app.state.stopping = services, worker, False
    errors.install(app)

    async def readyz(_: Request) -> Response:
        from pipeline.sandbox import level

        checks = await services.call(
            partial(telemetry.readiness, services, worker_alive=lambda: worker.is_alive, sandbox=level)
        )
        return telemetry.ready_answer(checks, stopping=app.state.stopping)

    async def streamed(websocket: WebSocket) -> None:
        await stream.serve(websocket, services)

    app.include_router(schema.router(services))
    app.include_router(scenes_http.router(services))
    app.include_router(annotations_http.router(services))
    app.include_router(genealogy.router(services))
    app.router.routes += [
        WebSocketRoute("/stream", streamed),
        *assets.routes(services),
        *uploads.routes(services),
        *sign_in.routes(services),
        Route("/livez", telemetry.livez, methods=["GET", "HEAD"]),
        Route("/readyz", readyz, methods=["GET", "HEAD"]),
        Route("/metrics", telemetry.metrics, methods=["GET", "HEAD"]),
        *pages.routes(services),
    ]
    return app
