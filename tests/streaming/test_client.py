"""The client's session: a server that breaks a rule is found out."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import imagecodecs
import pytest

from scenes.fixity import unbrotlied
from streaming import frames
from streaming.client import TALK_PATIENCE_S, Arrived, ClientSession, Drawn, Forgotten, Phase
from streaming.errors import StreamError
from streaming.events import (
    Ack,
    Budget,
    ChunkFrame,
    Content,
    Count,
    Cut,
    DeviceBudget,
    Encoding,
    Evict,
    Have,
    Hello,
    NodeName,
    Nodes,
    Pack,
    Placements,
    Refusal,
    Seek,
    State,
    StreamPlacement,
    prefix_of,
)
from streaming.limits import NO_PLACEMENT
from tests.streaming.forest import packed_of
from tests.streaming.walk import IDENTITY

DATA = b"a tile"
DIGEST = hashlib.sha256(DATA).hexdigest()
HELLO = Hello(
    "s", "scene_1", "A scene", 163_840, 65_536, "token", resumed=False, budget=DeviceBudget(1000, 9, 9, 9),
    stall_s=20.0, resume_s=60.0,
)  # fmt: skip
PLACEMENT = StreamPlacement("placement_1", "asset_1", "Temple", IDENTITY, "certain", "US")
STATE = State(1, 0, "1200", "1200", None, "possible", Count(certain=1), ())
PLACED = Placements(1, ((7, PLACEMENT),))
CHUNK = ChunkFrame(0, Content.GLB, len(DATA), 0, DATA, DIGEST, len(DATA))
PACKED = packed_of(DATA)
NODES = Nodes((NodeName(3, 7, 0),))
CUT = Cut(1, 1, 0, (), ((3, 0),), complete=True)
DRAWN = Drawn(1, 1, 0, {3: 0}, complete=True)


def first(total: int, payload: bytes, digest: str = DIGEST, decoded: int = 0, **more: object) -> ChunkFrame:
    return ChunkFrame(0, Content.GLB, total, 0, payload, digest, decoded or total, **more)


def tell(client: ClientSession, *messages: object, now: float = 0.0) -> list[object]:
    return [event for message in messages for event in client.receive(frames.encode(message), now)]


def test_a_tile_arrives_is_verified_and_drawn():
    client = ClientSession(budget_bytes=1000)
    events = tell(client, HELLO, STATE, PLACED, CHUNK, NODES, CUT)
    assert events == [HELLO, STATE, PLACED, Arrived(DIGEST, Content.GLB, 6, DATA, held=False, decoded=6), DRAWN]
    assert (client.digest_of(3), client.placement_of(3), client.held_bytes) == (DIGEST, 7, len(DATA))


def test_pieces_are_put_together():
    client = ClientSession(budget_bytes=1000)
    pieces = (first(6, b"a t"), ChunkFrame(0, Content.GLB, 6, 3, b"ile"))
    assert tell(client, HELLO, STATE, PLACED, *pieces)[-1] == Arrived(
        DIGEST, Content.GLB, 6, DATA, held=False, decoded=6
    )


def test_what_is_packed_is_unpacked_and_counts_as_the_client_keeps_it():
    client = ClientSession(budget_bytes=1000)
    total = len(PACKED)
    coded = first(total, PACKED, decoded=6, encoding=Encoding.GZIP)
    arrived = Arrived(DIGEST, Content.GLB, total, DATA, held=False, decoded=6)
    assert tell(client, HELLO, STATE, PLACED, coded)[-1] == arrived
    assert client.held_bytes == 6


def test_brotli_is_decoded_by_whoever_is_given_a_decoder_and_never_beyond_what_was_said():
    packed = bytes(imagecodecs.brotli_encode(DATA))
    coded = first(len(packed), packed, decoded=6, encoding=Encoding.BROTLI)
    client = ClientSession(budget_bytes=1000, brotli=unbrotlied)
    arrived = Arrived(DIGEST, Content.GLB, len(packed), DATA, held=False, decoded=6)
    assert tell(client, HELLO, STATE, PLACED, coded)[-1] == arrived
    with pytest.raises(StreamError, match="not asked for"):
        tell(ClientSession(budget_bytes=1000), HELLO, STATE, PLACED, coded)
    bomb = bytes(imagecodecs.brotli_encode(bytes(50_000_000)))
    for sent in (packed[:-1], packed + b"x", PACKED, b"not brotli", bomb):
        client = ClientSession(budget_bytes=1000, brotli=unbrotlied)
        with pytest.raises(StreamError, match="not brotli of 6 bytes"):
            tell(client, HELLO, STATE, PLACED, first(len(sent), sent, decoded=6, encoding=Encoding.BROTLI))


def test_a_pack_means_what_its_messages_mean_and_counts_as_one():
    client = ClientSession(budget_bytes=1000)
    pack = Pack(tuple(frames.encode(message) for message in (CHUNK, NODES, CUT)))
    assert tell(client, HELLO, STATE, PLACED, pack)[-1] == DRAWN
    assert (client.messages, client.received) == (4, len(frames.encode(CHUNK)))
    with pytest.raises(StreamError):
        tell(client, Pack((frames.encode(NODES),)))


def test_cuts_are_changes():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, CHUNK, Nodes(tuple(NodeName(node, 7, 0) for node in (3, 4, 5))))
    tell(client, Cut(1, 1, 0, (), ((3, 0), (4, 0)), complete=False))
    assert tell(client, Cut(2, 1, 0, (4,), ((3, 0b10), (5, 0)), complete=True))[-1].shown == {3: 0b10, 5: 0}
    assert tell(client, Cut(3, 1, 0, (), (), complete=True))[-1].shown == {3: 0b10, 5: 0}


def test_a_proxy_of_a_group_belongs_to_no_placement():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, CHUNK, Nodes((NodeName(3, NO_PLACEMENT, 0),)), CUT)
    assert client.placement_of(3) == NO_PLACEMENT


LYING = b"another tile"


@pytest.mark.parametrize(
    "messages",
    [
        [STATE],
        [HELLO, HELLO],
        [replace(HELLO, resumed=True)],
        [HELLO, CHUNK],
        [HELLO, State(2, 0, "", "", None, "possible", Count(), ())],
        [HELLO, State(1, 0, "", "", None, "possible", Count(), (4,))],
        [HELLO, STATE, PLACED, CHUNK, CHUNK],
        [HELLO, STATE, PLACED, ChunkFrame(0, Content.GLB, 6, 3, b"ile")],
        [HELLO, STATE, PLACED, first(6, b"b tile")],
        [HELLO, STATE, PLACED, first(6, b"a "), ChunkFrame(0, Content.GLB, 6, 3, b"ile")],
        [HELLO, STATE, PLACED, first(6, b"a t"), ChunkFrame(0, Content.PNG, 6, 3, b"ile")],
        [HELLO, STATE, PLACED, first(6, b"a t"), ChunkFrame(0, Content.GLB, 6, 3, b"ile", encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(6, b"", held=True)],
        [HELLO, STATE, PLACED, first(2000, b"x")],
        [HELLO, STATE, PLACED, first(6, b"not gz", encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(len(PACKED), PACKED, decoded=5, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(len(PACKED), PACKED, decoded=7, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(len(PACKED) + 1, PACKED + b"x", decoded=6, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(len(PACKED) - 1, PACKED[:-1], decoded=6, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, first(len(packed_of(LYING)), packed_of(LYING), decoded=12, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, CHUNK, Evict((0,)), first(6, DATA, "00" * 32)],
        [HELLO, STATE, PLACED, CHUNK, Evict((0,)), first(len(PACKED), PACKED, decoded=6, encoding=Encoding.GZIP)],
        [HELLO, STATE, PLACED, NODES, NODES],
        [HELLO, STATE, PLACED, NODES, CUT],
        [HELLO, STATE, PLACED, CHUNK, CUT],
        [HELLO, STATE, PLACED, CHUNK, NODES, Cut(2, 1, 0, (), ((3, 0),), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, Cut(1, 2, 0, (), ((3, 0),), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, Cut(1, 1, 1, (), ((3, 0),), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, Cut(1, 1, 0, (), ((3, 0), (3, 0)), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, Cut(1, 1, 0, (3,), (), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, CUT, Cut(2, 1, 0, (3,), ((3, 0),), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, CUT, Cut(2, 1, 0, (), ((3, 0),), complete=False)],
        [HELLO, STATE, PLACED, CHUNK, NODES, CUT, Evict((0,))],
        [HELLO, STATE, PLACED, Evict((0,))],
        [HELLO, STATE, PLACED, CHUNK, Nodes((NodeName(3, 8, 0),)), CUT],
        [HELLO, STATE, CHUNK, NODES, CUT],
        [HELLO, PLACED],
        [HELLO, STATE, Placements(2, ((7, PLACEMENT),))],
    ],
)
def test_a_server_that_breaks_a_rule_is_found_out(messages):
    client = ClientSession(budget_bytes=1000)
    tell(client, *messages[:-1])
    with pytest.raises(StreamError):
        tell(client, messages[-1])
    assert client.phase is Phase.CLOSED
    assert tell(client, HELLO) == []


@pytest.mark.parametrize(
    "message",
    [first(len(PACKED), PACKED, decoded=6, encoding=Encoding.GZIP), Cut(1, 1, 0, (), ((3, 1),), complete=False)],
)
def test_what_a_client_cannot_do_is_not_asked_of_it(message):
    able, unable = ClientSession(), ClientSession(gzip=False, groups=False)
    start = [HELLO, STATE, PLACED, *([] if isinstance(message, ChunkFrame) else [CHUNK, NODES])]
    tell(able, *start, message)
    with pytest.raises(StreamError, match="asked for"):
        tell(unable, *start, message)


def test_after_an_eviction_the_chunk_may_come_again():
    client = ClientSession(budget_bytes=10)
    tell(client, replace(HELLO, budget=DeviceBudget(10, 1, 1, 1)))
    assert tell(client, STATE, PLACED, CHUNK, Evict((0,)))[-1] == Forgotten((DIGEST,))
    assert (client.held_bytes, client.held) == (0, frozenset())
    tell(client, CHUNK, NODES, CUT)
    assert client.held == {DIGEST}


def test_what_the_client_claimed_counts_as_arrived():
    client = ClientSession(budget_bytes=1000)
    client.have([DIGEST])
    assert frames.decode_client(client.data_to_send(0.0)[0]) == Have((prefix_of(DIGEST),))
    events = tell(client, HELLO, STATE, PLACED, first(6, b"", held=True), NODES, CUT)
    assert events[-2:] == [Arrived(DIGEST, Content.GLB, 6, b"", held=True, decoded=6), DRAWN]


def test_many_files_are_named_in_several_messages():
    client = ClientSession()
    client.have(hashlib.sha256(bytes([a, b])).hexdigest() for a in range(40) for b in range(250))
    said = [frames.decode_client(message) for message in client.data_to_send(0.0)]
    assert [len(have.prefixes) for have in said] == [8000, 2000]


def test_chunk_bytes_are_acknowledged_at_once_but_not_too_often():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE)
    assert client.data_to_send(0.5) == []
    length = len(frames.encode(CHUNK))
    tell(client, CHUNK, now=0.6)
    assert [frames.decode_client(m) for m in client.data_to_send(0.6)] == [Ack(3, length)]
    assert client.next_due(0.6) is None
    tell(client, Evict((0,)), CHUNK, now=0.601)
    assert client.data_to_send(0.602) == []
    assert client.next_due(0.602) == pytest.approx(0.605)
    assert [frames.decode_client(m) for m in client.data_to_send(0.606)] == [Ack(5, 2 * length)]


def test_messages_without_tiles_are_acknowledged_in_the_end_too():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, now=3.0)
    assert client.next_due(3.0) == pytest.approx(3.0 + TALK_PATIENCE_S)
    assert client.data_to_send(3.9) == []
    assert [frames.decode_client(m) for m in client.data_to_send(4.0)] == [Ack(2, 0)]


def test_placements_are_acknowledged_at_once_because_more_may_wait_for_it():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, now=3.0)
    assert client.placements == {7: PLACEMENT}
    assert [frames.decode_client(m) for m in client.data_to_send(3.0)] == [Ack(3, 0)]
    assert client.next_due(3.0) is None


def test_looks_and_seeks_are_numbered():
    client = ClientSession(budget_bytes=1000)
    assert client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100) == 1
    assert client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100, velocity=(1, 0, 0)) == 2
    assert client.seek("-0430") == 1
    client.budget(Budget(draws=50))
    said = [frames.decode_client(message) for message in client.data_to_send(0.0)]
    assert said[1].velocity == (1, 0, 0)
    assert said[2] == Seek(1, "-0430")


def test_a_refusal_is_told_and_the_stream_goes_on():
    client = ClientSession(budget_bytes=1000)
    refusal = Refusal("BAD_EDTF", "no date", 1)
    assert tell(client, HELLO, STATE, PLACED, refusal, CHUNK)[-2] == refusal
    assert client.phase is Phase.STREAMING


def test_a_session_that_is_resumed_goes_on_where_it_was():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, first(6, b"a t"))
    assert client.reconnect() == ("token", 4)
    assert client.data_to_send(9.0) == []
    with pytest.raises(StreamError, match="before hello"):
        tell(client, NODES)
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, first(6, b"a t"))
    client.reconnect()
    events = tell(client, replace(HELLO, resumed=True), ChunkFrame(0, Content.GLB, 6, 3, b"ile"), NODES, CUT)
    assert events[-1] == DRAWN
    assert client.reconnect() == ("token", 7)  # the hello that resumed is not counted


def test_a_session_that_is_not_resumed_starts_over():
    client = ClientSession(budget_bytes=1000)
    tell(client, HELLO, STATE, PLACED, CHUNK, NODES, CUT)
    client.reconnect()
    assert tell(client, replace(HELLO, resume="other"), STATE, PLACED, CHUNK, NODES, CUT)[-1] == DRAWN
    assert client.reconnect() == ("other", 6)
    with pytest.raises(StreamError, match="not asked for"):
        tell(client, replace(HELLO, resumed=True))
