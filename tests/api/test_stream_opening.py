"""What the first round trips bring, counted in raw bytes on a real socket."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.compress import gzipped
from scenes.model import Asset, Placement, Visibility
from scenes.ports import Put
from streaming import frames
from streaming.client import ClientSession, Drawn
from tests.api.stream_museum import Museum
from tests.tiling.trees import grid_tree
from tiling import tileset

FIRST_WINDOW = 14_000
"""bytes that come in the first round trip of a connection: ten segments (RFC 6928)"""


def with_root(museum: Museum, *, packed: int) -> Put:
    """An asset of one tile, which is so long packed, three times as long otherwise."""
    noise = np.random.default_rng(1).bytes(packed - 250)
    data = noise + bytes(2 * packed)
    coded = gzipped(data)
    assert packed - 250 < len(coded) <= packed
    digest = museum.services.blobs.put(data)
    museum.services.blobs.keep_packed(digest, coded)
    tree = grid_tree(1)
    tree = replace(
        tree, content=(digest,), needs=((),), byte_length=np.array([len(data)]), coded_length=np.array([len(coded)]),
        image_bytes={},
    )  # fmt: skip
    document = museum.services.blobs.put(tileset.write(tree).root)
    asset = museum.services.catalogue.get(Asset, "asset_ground")
    assert asset is not None
    assert asset.tileset is not None
    small = replace(asset.tileset, digest=document, tiles=1)
    return Put(replace(asset, id="asset_small", tileset=small, visibility=Visibility.PUBLIC))


async def frames_of(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str | bytes, int]]:
    """Messages of a WebSocket, each with its length on the wire."""
    while True:
        head = await reader.readexactly(2)
        length, extra = head[1] & 127, 0
        if length == 126:
            (length,), extra = struct.unpack(">H", await reader.readexactly(2)), 2
        data = await reader.readexactly(length)
        yield (data.decode() if head[0] & 15 == 1 else data), 2 + extra + length


async def test_the_root_of_a_scene_is_drawn_within_the_first_window_of_a_connection(tmp_path: Path):
    with Museum(tmp_path) as museum:
        museum.commit(
            with_root(museum, packed=12_000),
            *[
                Put(replace(placement, existence="-3000/-2000"))
                for placement in museum.services.catalogue.page(Placement, first=9).records
            ],
            Put(Placement("placement_small", "scene_1", "layer_1", "asset_small", "Small", "../..")),
        )
        host, port = museum.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /stream?scene=scene_1&groups=1&encodings=gzip&profile=headset HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chronotope.v1\r\n\r\n".encode()
        )
        # From here on the client says nothing: all this comes two round trips after the connection was asked for.
        count = len(await reader.readuntil(b"\r\n\r\n"))
        client, said, events = ClientSession(), [], []
        async with asyncio.timeout(10):
            async for message, length in frames_of(reader):
                count += length
                said.append(message if isinstance(message, str) else frames.decode_server(message))
                events += client.receive(message, 0.0)
                if isinstance(events[-1], Drawn):
                    break
        writer.transport.abort()
    assert events[-1].complete
    assert len(events[-1].nodes) == 1
    assert count <= FIRST_WINDOW
    assert len(said) == 3  # hello, state, and all the rest in one
    (data,) = (event.data for event in events if getattr(event, "data", b""))
    assert hashlib.sha256(data).hexdigest() in client.held


async def test_what_the_client_said_in_its_opening_is_not_asked_again(tmp_path: Path):
    with Museum(tmp_path) as museum:
        async with museum.client() as client:
            # Not even an acknowledgement was sent.
            events = []
            async with asyncio.timeout(10):
                while not events or not isinstance(events[-1], Drawn) or len(events[-1].nodes) < 2:
                    events += client.session.receive(await client.connection.recv(), 0.0)
        first = next(event for event in events if isinstance(event, Drawn))
        assert len(first.nodes) == 1, "a message of its own for the first picture"
