"""Bytes to messages and back; nothing but StreamError for anything else."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import frames, limits
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    Content,
    Count,
    Cut,
    DeviceBudget,
    Encoding,
    Evict,
    Have,
    Hello,
    Look,
    NodeName,
    Nodes,
    Pack,
    Placements,
    Refusal,
    Seek,
    State,
    Stats,
    StreamPlacement,
    prefix_of,
)

U32 = st.integers(0, limits.MAX_U32)
GROWING = st.integers(1, limits.MAX_U32)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=50)
DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
METRES = st.floats(-1e7, 1e7)


@st.composite
def chunk_frames(draw: st.DrawFn) -> ChunkFrame:
    total = draw(GROWING)
    number, content, digest = draw(U32), draw(st.sampled_from(Content)), draw(DIGEST)
    encoding = draw(st.sampled_from(Encoding))
    decoded = draw(GROWING) if encoding else total
    if draw(st.booleans()):
        return ChunkFrame(number, content, total, 0, b"", digest, decoded, encoding, held=True)
    offset = draw(st.integers(0, total - 1))
    payload = draw(st.binary(min_size=1, max_size=min(300, total - offset)))
    first = (digest, decoded) if offset == 0 else ("", 0)
    return ChunkFrame(number, content, total, offset, payload, *first, encoding)


PLACEMENTS = st.builds(
    StreamPlacement, id=TEXT, asset=TEXT, title=TEXT,
    transform=st.lists(st.floats(-1e9, 1e9), min_size=12, max_size=12).map(
        lambda x: (*x[0:3], 0.0, *x[3:6], 0.0, *x[6:9], 0.0, *x[9:12], 1.0)
    ),
    certainty=st.sampled_from(["certain", "possible"]), reliability=st.sampled_from(["US", "USVs", "VSF"]),
)  # fmt: skip
BUDGETS = st.builds(DeviceBudget, *[st.integers(1, limits.MAX_COUNT)] * 4)
TILES = st.one_of(
    st.builds(Nodes, st.lists(st.builds(NodeName, U32, U32, U32), max_size=20).map(tuple)),
    chunk_frames(),
    st.builds(
        Cut, U32, U32, U32, st.lists(U32, max_size=50).map(tuple),
        st.lists(st.tuples(U32, U32), max_size=50).map(tuple), st.booleans(),
    ),
    st.builds(Evict, st.lists(U32, max_size=50).map(tuple)),
    st.builds(Placements, U32, st.lists(st.tuples(U32, PLACEMENTS), max_size=3).map(tuple)),
)  # fmt: skip
WHOLE = st.integers(0, limits.MAX_COUNT)
SERVER = st.one_of(
    st.builds(
        Hello, session=TEXT, scene=TEXT, title=TEXT, window=GROWING, max_frame=st.integers(1024, 1 << 20), resume=TEXT,
        resumed=st.booleans(), budget=BUDGETS, stall_s=st.floats(0, 100), resume_s=st.floats(0, 100),
    ),
    st.builds(
        State, state=GROWING, seek=U32, at=TEXT, label=TEXT, hypothesis=st.none() | TEXT,
        certainty=st.sampled_from(["certain", "possible"]), count=st.builds(Count, U32, U32),
        gone=st.lists(U32, max_size=5).map(tuple),
    ),
    st.builds(Refusal, code=TEXT, message=TEXT, seek=st.none() | U32),
    st.builds(Stats, st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000), *[WHOLE] * 8),
    TILES,
    st.builds(Pack, st.lists(TILES.map(frames.encode), max_size=6).map(tuple)),
)  # fmt: skip
COUNT = st.none() | st.integers(1, limits.MAX_COUNT)
CLIENT = st.one_of(
    st.builds(Ack, U32, st.integers(0, limits.MAX_U64)),
    st.builds(Seek, GROWING, TEXT, st.none() | TEXT, st.sampled_from(Certainty)),
    st.builds(Budget, COUNT, COUNT, COUNT, COUNT),
    st.builds(Have, st.lists(st.integers(0, limits.MAX_U64), max_size=10).map(tuple)),
)
SPEED = st.tuples(FLOAT32, FLOAT32, FLOAT32)
LOOKS = st.builds(
    Look, look=GROWING, eye=st.tuples(METRES, METRES, METRES), gaze=st.just((0.0, 0.0, 0.0, 1.0)),
    fov=st.sampled_from([0.5, 1.0, 1.5]), aspect=st.sampled_from([0.5, 1.0, 1.75]), height=st.integers(1, 16384),
    velocity=SPEED, turning=SPEED, sight=st.tuples(*[st.sampled_from([-1.0, 0.0, 0.25, 1.0])] * 2),
)  # fmt: skip


@given(SERVER)
def test_what_a_server_says_comes_back_as_it_was(message):
    assert frames.decode_server(frames.encode(message)) == message


@given(CLIENT | LOOKS)
def test_what_a_client_says_comes_back_as_it_was(message):
    assert frames.decode_client(frames.encode(message)) == message


@given(st.one_of(SERVER, CLIENT, LOOKS), st.data())
def test_a_binary_message_with_bytes_too_few_or_too_many_is_refused(message, data):
    encoded = frames.encode(message)
    decode = frames.decode_client if isinstance(message, Look | Ack | Have) else frames.decode_server
    if isinstance(encoded, str):
        return
    if not isinstance(message, ChunkFrame):
        with pytest.raises(StreamError):
            decode(encoded + b"\0")
    with pytest.raises(StreamError):
        decode(encoded[: data.draw(st.integers(0, min(len(encoded) - 1, 15)))])


@settings(max_examples=350)  # of each, six readings: two thousand mutated messages; `make fuzz` reads 100,000
@given(st.one_of(SERVER, CLIENT, LOOKS), st.randoms(use_true_random=False), st.integers(1, 6))
def test_mutated_messages_raise_nothing_but_stream_errors(message, chance, changes):
    encoded = frames.encode(message)
    raw = bytearray(encoded.encode() if isinstance(encoded, str) else encoded)
    for _ in range(changes):
        _mutate(raw, chance)
    for decode in (frames.decode_client, frames.decode_server):
        for data in (bytes(raw), raw.decode("utf-8", "replace"), raw.decode("latin-1")):
            error = _error_of(decode, data)
            assert error is None or error.close_code in (CloseCode.BAD_MESSAGE, CloseCode.TOO_BIG)
            assert error is None or len(error.reason.encode()) <= 123


def _error_of(decode, data: str | bytes) -> StreamError | None:
    try:
        frames.encode(decode(data))
    except StreamError as error:
        return error
    return None


def _mutate(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(4):
        case 0:
            del raw[at : at + chance.randrange(1, 8)]
        case 1:
            raw[at:at] = chance.randbytes(chance.randrange(1, 8))
        case 2:
            raw[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"[[{{", b"1e99"])
        case 3:
            raw[at : at + 1] = chance.randbytes(1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "type"),
        ('{"type": 1}', "type"),
        ('{"type": "dance"}', "unknown message type"),
        ('{"type": "hello"}', "unknown message type"),
        ('{"type": "seek", "type": "seek"}', "not JSON"),
        ('{"type": "seek", "seek": 1}', "at:"),
        ('{"type": "seek", "seek": 0, "at": "1200"}', "seek:"),
        ('{"type": "seek", "seek": true, "at": "1200"}', "seek:"),
        ('{"type": "seek", "seek": 1.5, "at": "1200"}', "seek:"),
        ('{"type": "seek", "seek": 4294967296, "at": "1200"}', "seek:"),
        ('{"type": "seek", "seek": 1, "at": "1200", "certainty": "no"}', "certainty:"),
        ('{"type": "seek", "seek": 1, "at": "1200", "hypothesis": 7}', "hypothesis:"),
        ('{"type": "seek", "seek": 1, "at": "\\ud800"}', "at:"),
        ('{"type": "seek", "seek": 1, "at": "' + "1" * 201 + '"}', "at:"),
        ('{"type": "budget", "bytes": 0}', "bytes:"),
        ('{"type": "budget", "bytes": 1e400}', "bytes:"),
        ('{"type": "budget", "bytes": NaN}', "not JSON"),
        ('{"type": "budget", "bytes": ' + "9" * 5000 + "}", "not JSON"),
        ('{"type": "have", "digests": []}', "unknown message type"),
        ("[" * 60_000, "not JSON"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "not JSON"),
    ],
)
def test_malformed_text_is_refused_with_a_reason(text, found):
    with pytest.raises(StreamError, match=found) as caught:
        frames.decode_client(text)
    assert caught.value.close_code is CloseCode.BAD_MESSAGE


@pytest.mark.parametrize("data", ["x" * 65_537, "ü" * 40_000, b"\x01" * 65_537])
def test_messages_of_more_than_64_kib_close_with_1009(data):
    with pytest.raises(StreamError) as caught:
        frames.decode_client(data)
    assert caught.value.close_code is CloseCode.TOO_BIG


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x10\0\0\0",
        b"\x02" + bytes(14),
        b"\x02\x01" + bytes(14),
        b"\x03" + bytes(6),
        b"\x03\0\0\0\1\0\0\0" + bytes(7),
        b"\x03\1\0\0" + bytes(4),
        b"\x03\0\0\0\xff\xff\xff\xff",
    ],
)
def test_malformed_binary_is_refused(data):
    with pytest.raises(StreamError):
        frames.decode_client(data)


@pytest.mark.parametrize(
    "change",
    [
        {"eye": (math.nan, 0, 0)},
        {"eye": (0, 2e7, 0)},
        {"gaze": (0, 0, 0, 0)},
        {"gaze": (math.nan, 0, 0, 1)},
        {"gaze": (math.inf, 0, 0, 1)},
        {"fov": 0.001},
        {"fov": math.nan},
        {"aspect": 100.0},
        {"height": 0},
        {"height": 20_000},
        {"velocity": (0, math.inf, 0)},
        {"turning": (0, 0, math.nan)},
        {"sight": (1.5, 0)},
        {"sight": (0, math.nan)},
    ],
)
def test_a_look_out_of_range_is_refused(change):
    fields = {"look": 1, "eye": (0, 0, 0), "gaze": (0, 0, 0, 1), "fov": 1.0, "aspect": 1.0, "height": 720} | change
    with pytest.raises(StreamError):
        frames.decode_client(frames.encode(Look(**fields)))


def test_a_quaternion_of_any_length_is_made_a_unit_one():
    look = frames.decode_client(frames.encode(Look(1, (0, 0, 0), (0, 3, 0, 4), 1.0, 1.0, 720)))
    assert look.gaze == pytest.approx((0, 0.6, 0, 0.8))


def test_counts_are_compared_with_the_bytes_at_hand_before_anything_is_made():
    lie = b"\xff\xff\xff\xff"
    for data, found in (
        (b"\x12\x00\x00\x00" + bytes(12) + lie + lie, "CUT of 4294967295"),
        (b"\x13\x00\x00\x00" + lie, "EVICT of 4294967295"),
        (b"\x14\x00\xff\xff" + lie, "PACK"),
    ):
        with pytest.raises(StreamError, match=found):
            frames.decode_server(data)


FIRST = bytes(32) + (10).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("encoding", "flags", "offset", "digest", "payload"),
    [
        (0, 1, 0, b"", b""),  # the digest is missing
        (0, 1, 0, bytes(32), b""),  # the decoded length is missing
        (0, 0, 0, b"", b"x"),  # first, but not said
        (0, 1, 5, FIRST, b"x"),  # not first, but said
        (0, 1, 0, FIRST, b""),  # no payload
        (0, 3, 0, FIRST, b"x"),  # not the last, but said
        (0, 1, 0, FIRST, b"x" * 10),  # the last, but not said
        (0, 1, 0, FIRST, b"x" * 11),  # more than its total
        (0, 7, 0, FIRST, b"x"),  # held, with a payload
        (0, 5, 0, FIRST, b""),  # held, but not the last
        (0, 9, 0, FIRST, b"x"),  # an unknown flag
        (3, 1, 0, FIRST, b"x"),  # an unknown encoding
        (0, 1, 0, bytes(32) + b"\x0b\0\0\0", b"x"),  # identity, but decoded it is of another length
        (1, 1, 0, bytes(36), b"x"),  # decoded it is nothing
    ],
)
def test_a_chunk_that_contradicts_itself_is_refused(encoding, flags, offset, digest, payload):
    head = bytes([0x11, 1, encoding, flags]) + (7).to_bytes(4, "little") + (10).to_bytes(4, "little")
    with pytest.raises(StreamError):
        frames.decode_server(head + offset.to_bytes(4, "little") + digest + payload)


@pytest.mark.parametrize(
    "inside", [b"", b"\1\0\0", b"\0\0\0\0", b"\2\0\0\0\x13", b"\4\0\0\0\x14\0\0\0", b"\1\0\0\0\x13x"]
)
def test_a_pack_that_does_not_hold_what_it_says_is_refused(inside):
    with pytest.raises(StreamError, match="PACK"):
        frames.decode_server(b"\x14\0\1\0" + inside)


def test_a_digest_is_named_by_its_first_bytes():
    digest = "0123456789abcdef" + "f" * 48
    assert frames.encode(Have((prefix_of(digest),))) == b"\3\0\0\0\1\0\0\0" + bytes.fromhex(digest[:16])


def test_members_that_are_not_known_are_ignored():
    text = json.dumps({"type": "seek", "seek": 3, "at": "-0430", "mood": ["calm"]})
    assert frames.decode_client(text) == Seek(3, "-0430")


@pytest.mark.parametrize("number", [math.nan, math.inf, -1e31])
def test_a_placement_that_stands_nowhere_is_refused(number):
    placed = StreamPlacement("a", "b", "", (*[0.0] * 12, number, 0.0, 0.0, 1.0), "certain", "US")
    with pytest.raises(StreamError, match="transform"):
        frames.decode_server(frames.encode(Placements(1, ((0, placed),))))


@pytest.mark.parametrize("gone", [[10**400], [-1], [True], [0.5], "0"])
def test_what_goes_is_a_list_of_numbers(gone):
    state = {"type": "state", "state": 1, "seek": 0, "at": "", "label": "", "hypothesis": None,
             "certainty": "possible", "count": {"certain": 1, "possible": 0}, "gone": gone}  # fmt: skip
    with pytest.raises(StreamError, match="gone"):
        frames.decode_server(json.dumps(state))
