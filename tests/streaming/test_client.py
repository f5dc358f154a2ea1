"""The client's session: a server that breaks a rule is found out."""

from __future__ import annotations

import hashlib

import pytest

from streaming import frames
from streaming.client import ACK_PATIENCE_S, Arrived, ClientSession, Forgotten, Phase
from streaming.errors import StreamError
from streaming.events import (
    Ack,
    Budget,
    ChunkFrame,
    Content,
    Cut,
    Evict,
    Have,
    Hello,
    NodeName,
    Nodes,
    Refusal,
    Seek,
    State,
    StreamPlacement,
)

DATA = b"a tile"
DIGEST = hashlib.sha256(DATA).hexdigest()
HELLO = Hello("s", "scene_1", "A scene", 163_840, 65_536)
PLACEMENT = StreamPlacement(7, "placement_1", "asset_1", "Temple", (1.0,) * 16, "certain", "US")
STATE = State(1, 0, "1200", "1200", None, "possible", (PLACEMENT,), ())
CHUNK = ChunkFrame(0, Content.GLB, len(DATA), 0, DATA, DIGEST)
NODES = Nodes((NodeName(3, 7, 0),))
CUT = Cut(1, 1, 0, (3,), complete=True)


def tell(client: ClientSession, *messages: object, now: float = 0.0) -> list[object]:
    return [event for message in messages for event in client.receive(frames.encode(message), now)]


def test_a_tile_arrives_is_verified_and_drawn():
    client = ClientSession(budget_bytes=1000)
    events = tell(client, HELLO, STATE, CHUNK, NODES, CUT)
    assert events == [HELLO, STATE, Arrived(DIGEST, Content.GLB, len(DATA), DATA, held=False), CUT]
    assert (client.digest_of(3), client.placement_of(3), client.held_bytes) == (DIGEST, 7, len(DATA))


def test_pieces_are_put_together():
    client = ClientSession(budget_bytes=1000)
    pieces = (
        ChunkFrame(0, Content.GLB, 6, 0, b"a t", DIGEST),
        ChunkFrame(0, Content.GLB, 6, 3, b"ile"),
    )
    assert tell(client, HELLO, STATE, *pieces)[-1] == Arrived(DIGEST, Content.GLB, 6, DATA, held=False)


@pytest.mark.parametrize(
    "messages",
    [
        [STATE],
        [HELLO, HELLO],
        [HELLO, CHUNK],
        [HELLO, State(2, 0, "", "", None, "possible", (), ())],
        [HELLO, State(1, 0, "", "", None, "possible", (), (4,))],
        [HELLO, STATE, CHUNK, CHUNK],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 3, b"ile")],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 0, b"b tile", DIGEST)],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 0, b"a ", DIGEST), ChunkFrame(0, Content.GLB, 6, 3, b"ile")],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 0, b"a t", DIGEST), ChunkFrame(0, Content.PNG, 6, 3, b"ile")],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 0, b"", DIGEST, held=True)],
        [HELLO, STATE, ChunkFrame(0, Content.GLB, 2000, 0, b"x", DIGEST)],
        [HELLO, STATE, CHUNK, Evict((0,)), ChunkFrame(0, Content.GLB, 6, 0, DATA, "00" * 32)],
        [HELLO, STATE, NODES, NODES],
        [HELLO, STATE, NODES, CUT],
        [HELLO, STATE, CHUNK, CUT],
        [HELLO, STATE, CHUNK, NODES, Cut(2, 1, 0, (3,), complete=False)],
        [HELLO, STATE, CHUNK, NODES, Cut(1, 2, 0, (3,), complete=False)],
        [HELLO, STATE, CHUNK, NODES, Cut(1, 1, 1, (3,), complete=False)],
        [HELLO, STATE, CHUNK, NODES, Cut(1, 1, 0, (3, 3), complete=False)],
        [HELLO, STATE, CHUNK, NODES, CUT, Evict((0,))],
        [HELLO, STATE, Evict((0,))],
        [HELLO, STATE, CHUNK, Nodes((NodeName(3, 8, 0),)), CUT],
    ],
)
def test_a_server_that_breaks_a_rule_is_found_out(messages):
    client = ClientSession(budget_bytes=1000)
    with pytest.raises(StreamError):
        tell(client, *messages)
    assert client.phase is Phase.CLOSED
    assert tell(client, HELLO) == []


def test_after_an_eviction_the_chunk_may_come_again():
    client = ClientSession(budget_bytes=10)
    assert tell(client, HELLO, STATE, CHUNK, Evict((0,)))[-1] == Forgotten((DIGEST,))
    assert (client.held_bytes, client.held) == (0, frozenset())
    tell(client, CHUNK, NODES, CUT)
    assert client.held == {DIGEST}


def test_what_the_client_claimed_counts_as_arrived():
    client = ClientSession(budget_bytes=1000)
    client.have([DIGEST])
    assert frames.decode_client(client.data_to_send(0.0)[0]) == Have((DIGEST,))
    events = tell(client, HELLO, STATE, ChunkFrame(0, Content.GLB, 6, 0, b"", DIGEST, held=True), NODES, CUT)
    assert events[-2:] == [Arrived(DIGEST, Content.GLB, 6, b"", held=True), CUT]


def test_chunk_bytes_are_acknowledged_at_once_but_not_too_often():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE)
    assert client.data_to_send(1.0) == []
    assert client.next_due(1.0) is None
    first = len(frames.encode(CHUNK))
    tell(client, CHUNK, now=1.0)
    assert [frames.decode_client(m) for m in client.data_to_send(1.0)] == [Ack(first)]
    tell(client, Evict((0,)), CHUNK, now=1.001)
    assert client.data_to_send(1.002) == []
    assert client.next_due(1.002) == pytest.approx(1.005)
    assert client.next_due(1.002) <= 1.001 + ACK_PATIENCE_S
    assert [frames.decode_client(m) for m in client.data_to_send(1.006)] == [Ack(2 * first)]


def test_looks_and_seeks_are_numbered():
    client = ClientSession(budget_bytes=1000)
    assert client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100) == 1
    assert client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100) == 2
    assert client.seek("-0430") == 1
    client.budget(Budget(draws=50))
    assert frames.decode_client(client.data_to_send(0.0)[2]) == Seek(1, "-0430")


def test_a_refusal_is_told_and_the_stream_goes_on():
    client = ClientSession(budget_bytes=1000)
    refusal = Refusal("BAD_EDTF", "no date", 1)
    assert tell(client, HELLO, STATE, refusal, CHUNK)[-2] == refusal
    assert client.phase is Phase.STREAMING
