import base64

import pytest

from bench.stream_replay import FRAME_S, play
from streaming.errors import StreamError
from streaming.events import Count, StreamPlacement
from streaming.server import ServerSession
from tests.streaming.forest import digest_of
from tests.streaming.walk import IDENTITY
from tests.streaming.worked_session import BUDGET, TILES, plan


def recorded(*, every_s=0.0):
    """What a server says to a client that acknowledges nothing, a message every so many seconds."""
    server = ServerSession(budget=BUDGET, now=0.0, groups=True)
    server.open(session="session_1", scene="scene_1", title="Agora", token="t0k3n")
    placement = StreamPlacement("placement_1", "asset_1", "Temple", IDENTITY, "certain", "USVs")
    server.enter(
        seek=0, at="-0430", label="431 BC", hypothesis=None, certainty="possible", count=Count(1),
        placements=((0, placement),), gone=(), now=0.0,
    )  # fmt: skip
    server.set_plan(plan(1, 0, fine=True))
    messages = []
    for _ in range(5):
        for data in TILES:
            if digest_of(data) in server.needs():
                server.supply(digest_of(data), data)
        messages += server.data_to_send(0.0)
    return [
        (
            number * every_s,
            int(isinstance(said, str)),
            base64.b64encode(said.encode() if isinstance(said, str) else said),
        )
        for number, said in enumerate(messages)
    ]


def test_all_that_was_recorded_is_played_and_every_file_arrives():
    frames, cuts, size = play(recorded(), budget_bytes=BUDGET.bytes)
    assert len(frames) == 1
    assert cuts == 1  # the newest of those that came within a frame
    assert size == sum(map(len, TILES))


def test_a_frame_takes_what_had_come_by_its_end():
    messages = recorded(every_s=FRAME_S)
    frames, _, size = play(messages, budget_bytes=BUDGET.bytes)
    assert len(frames) == pytest.approx(len(messages), abs=1)
    assert size == sum(map(len, TILES))


def test_a_recording_that_breaks_the_protocol_is_not_played():
    with pytest.raises(StreamError):
        play(recorded()[1:], budget_bytes=BUDGET.bytes)
