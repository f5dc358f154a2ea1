"""The stream on loopback: tiles pushed by us against the same tiles, in the same order, pulled over HTTP.

The scene is synthetic: a quadtree of 341 tiles of about 32 KB. Both clients are Python on this machine, server and
client share its cores, so this compares protocols and code, not links; emulated links are another task. The pull client
is given all that it could wish for: it selects with our own code, in our order, over six connections that are already
warm, while the push client's time includes its connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from api.app import create_app
from api.cli_stream import receive
from api.settings import Settings
from scenes.model import Asset, AssetState, Extent, Placement, Scene, Tileset, Viewpoint, Visibility
from scenes.ports import BlobUse, Put
from streaming.opening import PROFILES, Opening
from tiling import tileset
from tiling.grove import grove
from tiling.select import Limits, select
from tiling.stock import stock
from tiling.tree import TileTree
from tiling.view import View, gaze_towards

LEVELS = 5
TILE_BYTES = 32_000
EYE, TARGET = (0.0, 60.0, 90.0), (0.0, 0.0, 0.0)
OPENING = Opening("scene_bench", eye=EYE, width=3000, height=2000)
CONNECTIONS = 6
RUNS = 5


def _tree() -> tuple[TileTree, dict[str, bytes]]:
    """A quadtree over 64 m × 64 m, every tile with a file of its own."""
    parent, boxes, depth = [-1], [(0.0, 0.0, 32.0)], [0]
    for tile in range(sum(4**level for level in range(LEVELS - 1))):
        x, z, half = boxes[tile]
        for sx, sz in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            parent.append(tile)
            boxes.append((x + sx * half / 2, z + sz * half / 2, half / 2))
            depth.append(depth[tile] + 1)
    count = len(parent)
    chance = np.random.default_rng(0)
    files = [chance.bytes(int(size)) for size in chance.integers(TILE_BYTES * 3 // 4, TILE_BYTES * 5 // 4, count)]
    box = np.zeros((count, 12))
    for tile, (x, z, half) in enumerate(boxes):
        box[tile] = (x, 0, z, half, 0, 0, 0, 1, 0, 0, 0, half)
    content = tuple(hashlib.sha256(data).hexdigest() for data in files)
    tree = TileTree(
        parent=np.array(parent, np.int32), box=box,
        error=np.array([0.0 if level == LEVELS - 1 else 2.0 / 2**level for level in depth]),
        content=content, needs=((),) * count, byte_length=np.array([len(data) for data in files]),
        triangles=np.full(count, 2000), draws=np.ones(count, np.int64), texture_bytes=np.zeros(count, np.int64),
        geometric_error=8.0, image_bytes={},
    )  # fmt: skip
    return tree, dict(zip(content, files, strict=True))


class _Served:
    """The application in a thread."""

    def __init__(self, folder: str) -> None:
        self._app = create_app(Settings(data=Path(folder) / "museum", workers=0))
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        config = uvicorn.Config(
            self._app, ws="websockets-sansio", ws_per_message_deflate=False, lifespan="on", log_config=None,
            access_log=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})

    def __enter__(self) -> _Served:
        services = self._app.state.services
        tree, files = _tree()
        documents = tileset.write(tree)
        digest = services.blobs.put(documents.root)
        written = [
            BlobUse(services.blobs.put(data), len(data), "application/json")
            for data in (documents.root, *documents.others.values())
        ]
        extent = Extent((-32, -1, -32), (32, 1, 32))
        tiles = Tileset(digest, len(tree), LEVELS, 0, 0, sum(map(len, files.values())), 8.0, 2.0, extent)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        asset = Asset("asset_bench", "Bench", "", "0" * 64, "x.glb", "model/gltf-binary", 1, AssetState.READY,
                      Visibility.PUBLIC, at, "bench", tiles)  # fmt: skip
        scene = Scene("scene_bench", "Bench", "", "2026", Visibility.PUBLIC, Viewpoint(EYE, TARGET))
        placement = Placement("placement_bench", "scene_bench", "layer", "asset_bench", "Bench", "../..")
        for data in files.values():
            services.blobs.put(data)
        uses = [BlobUse(name, len(data), "model/gltf-binary") for name, data in files.items()]
        services.catalogue.allow_blobs(asset.id, [*uses, *written])
        services.catalogue.commit([Put(asset), Put(scene), Put(placement)], author="bench", reason="bench", at=at)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listening.close()


Arrivals = list[tuple[float, int]]
"""seconds since the beginning, bytes of a tile"""


async def _push(url: str) -> Arrivals:
    arrivals: Arrivals = []
    began = time.perf_counter()

    def tell(kind: str, members: dict[str, object]) -> None:
        if kind == "file":
            arrivals.append((time.perf_counter() - began, int(str(members["bytes"]))))

    await receive(url, OPENING, tell=tell)
    return arrivals


async def _pull(url: str) -> Arrivals:
    arrivals: Arrivals = []
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False) as client:
        await asyncio.gather(*[client.get("/livez") for _ in range(CONNECTIONS)])
        began = time.perf_counter()
        scene = (await client.get("/scenes/scene_bench/tileset.json")).json()
        (child,) = scene["root"]["children"]
        documents: dict[str, bytes] = {}

        async def follow(address: str) -> None:
            name = address.rpartition("/")[2]
            documents[name] = (await client.get(f"/blobs/{name}")).content
            await asyncio.gather(
                *[follow(inner) for inner in re.findall(r"[0-9a-f]{64}\.json", documents[name].decode())]
            )

        outermost = child["content"]["uri"]
        await follow(outermost)
        tree = tileset.read(documents[outermost.rpartition("/")[2]], documents.__getitem__)
        forest = grove([(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)], [stock(tree)])
        view = View(EYE, gaze_towards(EYE, TARGET), OPENING.fov, OPENING.width / OPENING.height, OPENING.height)
        device = PROFILES[OPENING.profile]
        limits_of_device = Limits(device.bytes, device.triangles, device.draws, device.textures, OPENING.error)
        waiting = iter(select(forest, view, limits_of_device).tile.tolist())

        async def work() -> None:
            for tile in waiting:
                data = (await client.get(f"/blobs/{tree.content[tile]}.glb")).content
                assert hashlib.sha256(data).hexdigest() == tree.content[tile]
                arrivals.append((time.perf_counter() - began, len(data)))

        await asyncio.gather(*[work() for _ in range(CONNECTIONS)])
    return arrivals


def run() -> Iterator[tuple[str, str, str, float, str]]:
    """Rows (contender, input, metric, value, unit); the best of five runs, alternating."""
    with tempfile.TemporaryDirectory() as folder, _Served(folder) as served:
        runs: dict[str, list[Arrivals]] = {"push": [], "pull": []}
        for _ in range(RUNS):
            runs["push"].append(asyncio.run(_push(served.url)))
            runs["pull"].append(asyncio.run(_pull(served.url)))
    names = {"push": "chronotope.v1, chronotope stream", "pull": f"HTTP/1.1, httpx, {CONNECTIONS} connections"}
    for kind, arrivals in runs.items():
        total = sum(size for _, size in arrivals[0])
        what = f"loopback, quadtree, {len(arrivals[0])} tiles"
        yield names[kind], what, "first tile", min(each[0][0] for each in arrivals) * 1e3, "ms"
        yield names[kind], what, "50 %", min(_when(each, total / 2) for each in arrivals) * 1e3, "ms"
        yield names[kind], what, "full", min(each[-1][0] for each in arrivals) * 1e3, "ms"
        yield names[kind], what, "bytes", total, "B"


def _when(arrivals: Arrivals, wanted: float) -> float:
    """When so many bytes were there."""
    there = 0
    for seconds, size in arrivals:
        there += size
        if there >= wanted:
            return seconds
    return math.nan
