"""`python -m bench.stream_bare websockets|picows PORT SIZES`: a server that only sends, messages of the given sizes.

They are made beforehand, of random bytes, so that it costs what the library costs and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path


async def _by_websockets(port: int, messages: list[bytes]) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def send(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)

    async with serve(send, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


async def _by_picows(port: int, messages: list[bytes]) -> None:
    import picows  # type: ignore[import-not-found,unused-ignore]  # a peer, which may not be installed

    class Sender(picows.WSListener):  # type: ignore[misc,unused-ignore]  # as above
        def __init__(self) -> None:
            self._next = 0
            self._transport: picows.WSTransport | None = None

        def on_ws_connected(self, transport: picows.WSTransport) -> None:
            self._transport = transport
            self._go()

        def resume_writing(self) -> None:
            self._go()

        def pause_writing(self) -> None:
            self._is_full = True

        def _go(self) -> None:
            assert self._transport is not None, "it is connected"
            self._is_full = False
            while self._next < len(messages) and not self._is_full:
                self._transport.send(picows.WSMsgType.BINARY, messages[self._next])
                self._next += 1
            if self._next == len(messages):
                self._transport.send_close(picows.WSCloseCode.OK)

    server = await picows.ws_create_server(lambda _request: Sender(), "127.0.0.1", port)
    await server.serve_forever()


def main() -> int:
    """Serve until it is stopped."""
    name, port, sizes = sys.argv[1:]
    chance = random.Random(0)
    messages = [chance.randbytes(size) for size in json.loads(Path(sizes).read_bytes())]
    serve = {"websockets": _by_websockets, "picows": _by_picows}[name]
    asyncio.run(serve(int(port), messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
