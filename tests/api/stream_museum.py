"""A museum on a real socket for the tests of the stream: the real application, and the reference client."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.app import create_app
from api.auth import make_token
from api.cli_stream import stream_url
from api.connections import Http, Socket
from api.services import Services
from api.settings import Settings
from scenes.model import (
    Actor,
    Asset,
    AssetState,
    Extent,
    Hypothesis,
    Placement,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import Put, Remove
from streaming.client import ClientSession, Drawn, Event
from streaming.opening import Opening
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPEN = Opening("scene_1", eye=(0.0, 20.0, 30.0), height=2000, width=3000)


class Museum:
    """The application in a thread on a free port, with a small scene of three assets."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.app = create_app(Settings(data=folder / "museum", workers=0, max_upload=1 << 20, **more))
        self.services: Services = self.app.state.services
        self.files: dict[str, bytes] = {}
        self.tiles: dict[str, set[str]] = {}
        """digests of each asset's own tiles"""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        config = uvicorn.Config(
            self.app, http=Http, ws=Socket, ws_max_size=1 << 20, ws_per_message_deflate=False, lifespan="on",
            log_config=None,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})

    def __enter__(self) -> Museum:
        view = Viewpoint((0, 20, 30), (0, 0, 0))
        self.commit(
            Put(Scene("scene_1", "Agora", "", "-0430", Visibility.PUBLIC, view)),
            Put(Scene("scene_2", "Draft", "", "-0430", Visibility.DRAFT, view)),
            Put(Hypothesis("hypothesis_1", "scene_1", "High", "A", "…")),
            *[Put(self._asset(name, seed)) for seed, name in enumerate(("ground", "shrine", "temple"))],
            Put(self._placement("ground", "../..")),
            Put(self._placement("shrine", "-0600/-0480")),
            Put(self._placement("temple", "-0480/0390")),
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listening.close()

    def commit(self, *changes: Put | Remove) -> None:
        self.services.catalogue.commit(changes, author="ines", reason="…", at=NOON)

    def _asset(self, name: str, seed: int) -> Asset:
        tree, files = with_files(grid_tree(4, seed=seed, name=name))
        self.files |= files
        self.tiles[name] = set(tree.content)
        for data in files.values():
            self.services.blobs.put(data)
        # In several documents, as those of large trees are.
        documents = tileset.write(tree, most_bytes=4_000)
        assert len(documents.others) > 2
        for data in documents.others.values():
            self.services.blobs.put(data)
        document = self.services.blobs.put(documents.root)
        tiles = Tileset(document, len(tree), 4, 8500, 4000, 85_000, 4.0, 1.0, Extent((-8, -1, -8), (8, 1, 8)))
        return Asset(
            f"asset_{name}", name, "", "0" * 64, "x.glb", "model/gltf-binary", 1, AssetState.READY, Visibility.PUBLIC,
            NOON, "ines", tiles,
        )  # fmt: skip

    def _placement(self, name: str, existence: str) -> Placement:
        return Placement(f"placement_{name}", "scene_1", "layer_1", f"asset_{name}", name, existence)

    def token(self, role: Role) -> str:
        return make_token(self.services.tokens, Actor("ines", role), at=self.services.clock.now())

    @asynccontextmanager
    async def client(self, opening: Opening = OPEN, **more: object) -> AsyncIterator[Client]:
        options = {"subprotocols": ["chronotope.v1"], "compression": None, "max_size": None} | more
        async with connect(stream_url(self.url, opening), proxy=None, **options) as connection:
            yield Client(connection, opening)

    async def close_code(self, *messages: str | bytes, query: str = "scene=scene_1", **more: object) -> int:
        """How the server closes a client that opens with `query` and says these things; it acknowledges nothing."""
        url = self.url.replace("http", "ws") + "/stream?" + query
        options = {"subprotocols": ["chronotope.v1"], "compression": None, "max_size": None} | more
        async with asyncio.timeout(20), connect(url, proxy=None, **options) as connection:
            with suppress(ConnectionClosed):
                for message in messages:
                    await connection.send(message)
                while True:
                    await connection.recv()
        assert connection.close_code is not None
        assert len((connection.close_reason or "").encode()) <= 123
        return connection.close_code


class Client:
    """A client session on a connection."""

    def __init__(self, connection: ClientConnection, opening: Opening) -> None:
        self.connection = connection
        self.session = ClientSession(budget_bytes=opening.bytes)
        self.now = 0.0

    async def until(self, wanted: type | None = None, *, complete: bool = False) -> list[Event]:
        """All events up to the first of a kind, or up to a complete cut."""
        events: list[Event] = []
        async with asyncio.timeout(20):
            while True:
                self.now += 0.01
                for message in self.session.data_to_send(self.now):
                    await self.connection.send(message)
                new = self.session.receive(await self.connection.recv(), self.now)
                events += new
                for event in new:
                    if (wanted and isinstance(event, wanted)) or (
                        complete and isinstance(event, Drawn) and event.complete
                    ):
                        return events
