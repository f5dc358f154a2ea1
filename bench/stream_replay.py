"""Recorded messages of the server, played at 72 Hz by a client without a browser, as a native headset would take them.

Each frame takes what had come by then, verifies it, and chooses the cut to draw. What counts is how much of a frame's
13.9 ms that takes: processor time of this thread, the reference client being Python. Decoding meshes is not in it.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.stream_contenders import OURS, opening_of
from bench.stream_link import Link
from bench.stream_quality import FRAME_S
from bench.stream_race import Race, Row
from streaming.client import Arrived, ClientSession, Drawn


def run(race: Race, link: Link) -> Iterator[Row]:
    """Rows of one recorded view."""
    said, _ = race.receive(OURS, link, seed=0, record=True)
    frames, cuts, size = play(said["recorded"], budget_bytes=int(opening_of(race.given)["bytes"]))
    given = f"{race.input(link)}, recorded"
    yield "streaming.client at 72 Hz", given, "frames", len(frames), ""
    yield "streaming.client at 72 Hz", given, "cuts drawn", cuts, ""
    yield "streaming.client at 72 Hz", given, "files", size / 1e6, "MB"
    yield "streaming.client at 72 Hz", given, "processor of a frame, p99", float(np.quantile(frames, 0.99)) * 1e3, "ms"
    yield "streaming.client at 72 Hz", given, "processor of a frame, most", max(frames) * 1e3, "ms"


def play(recorded: list[Any], *, budget_bytes: int) -> tuple[list[float], int, int]:
    """Processor seconds of each frame, cuts that were drawn, bytes of files that came.

    `recorded`: (seconds, 1 for text, base64 of the message), in order of time.

    Raises:
        StreamError: the recording breaks the protocol.
    """
    session = ClientSession(budget_bytes=budget_bytes)
    messages = [
        (at, base64.b64decode(raw).decode() if is_text else base64.b64decode(raw)) for at, is_text, raw in recorded
    ]
    frames: list[float] = []
    cuts = size = waiting = 0
    while waiting < len(messages):
        end = (len(frames) + 1) * FRAME_S
        began = time.thread_time()
        newest: Drawn | None = None
        while waiting < len(messages) and messages[waiting][0] <= end:
            for event in session.receive(messages[waiting][1], end):
                newest = event if isinstance(event, Drawn) else newest
                size += event.total if isinstance(event, Arrived) else 0
            waiting += 1
        session.data_to_send(end)
        cuts += newest is not None
        frames.append(time.thread_time() - began)
    return frames, cuts, size
