"""`python -m bench.stream_client SHEET OUT`: our stream as a client without a browser receives it.

The sheet (JSON) says where, the opening, moments to go to afterwards, and a view to turn to after so many bytes. What
is written is what was drawn, and when; with `record` also every message of the server with its time, for the replay.
Decoding meshes is left out, as it is for every contender; digests are verified, as the protocol wants it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

from api.cli_stream import stream_url
from bench.process import Failed
from streaming.client import Arrived, ClientSession, Drawn
from streaming.events import Refusal
from streaming.limits import NO_PLACEMENT
from streaming.opening import SUBPROTOCOL, Opening

if TYPE_CHECKING:
    from collections.abc import Iterable

    from websockets.asyncio.client import ClientConnection

_PAUSE_S = 0.3
"""between one moment and the next, so that steps don't lean on a warm pipe more than a visitor's do"""


class _Run:
    def __init__(self, sheet: dict[str, Any]) -> None:
        self._sheet = sheet
        self._session = ClientSession(budget_bytes=sheet["opening"]["bytes"], gzip=True, groups=True)
        self._began = time.perf_counter()
        self._drawn: set[tuple[str, str]] = set()
        self._log: list[dict[str, Any]] = []
        self._marks: list[dict[str, Any]] = []
        self._order: list[tuple[str, int, str]] = []
        self._arrived: list[float] = []
        self._recorded: list[tuple[float, int, str]] = []
        self._look = self._seek = 0

    def _now(self) -> float:
        return time.perf_counter() - self._began

    async def run(self) -> dict[str, Any]:
        opening = Opening(**{name: _tupled(value) for name, value in self._sheet["opening"].items()})
        secure = None
        url = stream_url(self._sheet["base"], opening)
        if url.startswith("wss"):
            secure = ssl.create_default_context()
            secure.check_hostname, secure.verify_mode = False, ssl.CERT_NONE
        self._began = time.perf_counter()
        async with connect(
            url, subprotocols=[SUBPROTOCOL], compression=None, max_size=16 << 20, proxy=None, ssl=secure  # type: ignore[list-item]  # a NewType
        ) as socket:  # fmt: skip
            await self._converse(socket)
        return {
            "frames": False, "received": self._session.received, "log": self._log, "marks": self._marks,
            "order": self._order, "arrived": self._arrived, "recorded": self._recorded,
        }  # fmt: skip

    async def _converse(self, socket: ClientConnection) -> None:
        seeks = list(self._sheet.get("seeks", ()))
        while True:
            for message in self._session.data_to_send(time.perf_counter()):
                await socket.send(message)
            due = self._session.next_due(time.perf_counter())
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - time.perf_counter())):
                    data = await socket.recv()
            except TimeoutError:
                continue
            if self._sheet.get("record"):
                raw = data.encode() if isinstance(data, str) else data
                self._recorded.append((self._now(), int(isinstance(data, str)), base64.b64encode(raw).decode()))
            for event in self._session.receive(data, time.perf_counter()):
                if self._note(event):
                    if not seeks:
                        return
                    await asyncio.sleep(_PAUSE_S)
                    self._marks.append({"t": self._now(), "what": "seek", "received": self._session.received})
                    self._seek = self._session.seek(seeks.pop(0))
            self._maybe_turn()

    def _maybe_turn(self) -> None:
        turn = self._sheet.get("turn")
        if turn is None or self._look or self._session.received < turn["after_bytes"]:
            return
        sheet = self._sheet
        self._marks.append({"t": self._now(), "what": "turn"})
        self._look = self._session.look(
            tuple(turn["eye"]), tuple(turn["gaze"]), fov=sheet["fov"], aspect=sheet["width"] / sheet["height"],
            height=sheet["height"],
        )  # fmt: skip

    def _note(self, event: object) -> bool:
        """Whether the view is complete."""
        if isinstance(event, Refusal):
            raise Failed(f"refused: {event.message}")
        if isinstance(event, Arrived):
            self._order.append((event.digest, event.total, event.content.name.lower()))
            self._arrived.append(self._now())
        if not isinstance(event, Drawn):
            return False
        drawn = {self._key(node) for node in event.nodes}
        self._log.append(
            {"t": self._now(), "shown": _sorted(drawn - self._drawn), "hidden": _sorted(self._drawn - drawn)}
        )
        self._drawn = drawn
        state = self._session.state
        wants_turn = self._sheet.get("turn") is not None and not self._look
        return (
            event.complete
            and not wants_turn
            and event.look == self._look
            and state is not None
            and state.seek == self._seek
        )

    def _key(self, node: int) -> tuple[str, str]:
        placement = self._session.placement_of(node)
        # A tile of a group of placements is none of those that the full cut is made of.
        name = "" if placement == NO_PLACEMENT else self._session.placements[placement].id
        return name, self._session.digest_of(node)


def _sorted(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(keys)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def main() -> int:
    """Receive what the sheet says."""
    sheet, out = map(Path, sys.argv[1:])
    said = asyncio.run(_Run(json.loads(sheet.read_bytes())).run())
    out.write_text(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
