"""Bytes to messages and back; nothing but StreamError for anything else."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import frames
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    Certainty,
    ChunkFrame,
    Content,
    Cut,
    Evict,
    Have,
    Hello,
    Look,
    NodeName,
    Nodes,
    Refusal,
    Seek,
    State,
    StreamPlacement,
)

U32 = st.integers(0, frames.MAX_U32)
GROWING = st.integers(1, frames.MAX_U32)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=50)
DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
METRES = st.floats(-1e7, 1e7)


@st.composite
def chunk_frames(draw: st.DrawFn) -> ChunkFrame:
    total = draw(GROWING)
    number, content, digest = draw(U32), draw(st.sampled_from(Content)), draw(DIGEST)
    if draw(st.booleans()):
        return ChunkFrame(number, content, total, 0, b"", digest, held=True)
    offset = draw(st.integers(0, total - 1))
    payload = draw(st.binary(min_size=1, max_size=min(300, total - offset)))
    return ChunkFrame(number, content, total, offset, payload, digest if offset == 0 else "")


PLACEMENTS = st.builds(
    StreamPlacement, n=U32, id=TEXT, asset=TEXT, title=TEXT,
    transform=st.lists(st.floats(-1e9, 1e9), min_size=16, max_size=16).map(tuple),
    certainty=st.sampled_from(["certain", "possible"]), reliability=st.sampled_from(["US", "USVs", "VSF"]),
)  # fmt: skip
SERVER = st.one_of(
    st.builds(Hello, session=TEXT, scene=TEXT, title=TEXT, window=GROWING, max_frame=st.integers(1024, 1 << 20)),
    st.builds(
        State, state=GROWING, seek=U32, at=TEXT, label=TEXT, hypothesis=st.none() | TEXT,
        certainty=st.sampled_from(["certain", "possible"]), placements=st.lists(PLACEMENTS, max_size=3).map(tuple),
        gone=st.lists(U32, max_size=5).map(tuple),
    ),
    st.builds(Refusal, code=TEXT, message=TEXT, seek=st.none() | U32),
    st.builds(Nodes, st.lists(st.builds(NodeName, U32, U32, U32), max_size=20).map(tuple)),
    chunk_frames(),
    st.builds(Cut, U32, U32, U32, st.lists(U32, max_size=50).map(tuple), st.booleans()),
    st.builds(Evict, st.lists(U32, max_size=50).map(tuple)),
)  # fmt: skip
COUNT = st.none() | st.integers(1, frames.MAX_COUNT)
CLIENT = st.one_of(
    st.builds(Ack, st.integers(0, 2**64 - 1)),
    st.builds(Seek, GROWING, TEXT, st.none() | TEXT, st.sampled_from(Certainty)),
    st.builds(Budget, COUNT, COUNT, COUNT, COUNT),
    st.builds(Have, st.lists(DIGEST, max_size=10).map(tuple)),
)
LOOKS = st.builds(
    Look, look=GROWING, eye=st.tuples(METRES, METRES, METRES), gaze=st.just((0.0, 0.0, 0.0, 1.0)),
    fov=st.sampled_from([0.5, 1.0, 1.5]), aspect=st.sampled_from([0.5, 1.0, 1.75]), height=st.integers(1, 16384),
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
    decode = frames.decode_client if isinstance(message, Look | Ack) else frames.decode_server
    if isinstance(encoded, str):
        return
    if not isinstance(message, ChunkFrame):
        with pytest.raises(StreamError):
            decode(encoded + b"\0")
    with pytest.raises(StreamError):
        decode(encoded[: data.draw(st.integers(0, min(len(encoded) - 1, 15)))])


@settings(max_examples=350)  # of each, six readings: two thousand mutated messages
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
        ('{"type": "have", "digests": ["ABC"]}', "digests:"),
        ('{"type": "have", "digests": "' + "a" * 64 + '"}', "digests:"),
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


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x10\0\0\0", b"\x02" + bytes(14), b"\x02\x01" + bytes(14)])
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
    lie = b"\x12\x00\x00\x00" + bytes(12) + b"\xff\xff\xff\xff"
    with pytest.raises(StreamError, match="CUT of 4294967295"):
        frames.decode_server(lie)


@pytest.mark.parametrize(
    ("flags", "offset", "digest", "payload"),
    [
        (1, 0, b"", b""),  # the digest is missing
        (0, 0, b"", b"x"),  # first, but not said
        (1, 5, bytes(32), b"x"),  # not first, but said
        (1, 0, bytes(32), b""),  # no payload
        (3, 0, bytes(32), b"x"),  # not the last, but said
        (1, 0, bytes(32), b"x" * 10),  # the last, but not said
        (1, 0, bytes(32), b"x" * 11),  # more than its total
        (7, 0, bytes(32), b"x"),  # held, with a payload
        (5, 0, bytes(32), b""),  # held, but not the last
        (9, 0, bytes(32), b"x"),  # an unknown flag
    ],
)
def test_a_chunk_that_contradicts_itself_is_refused(flags, offset, digest, payload):
    head = b"\x11\x01\x00" + bytes([flags]) + (7).to_bytes(4, "little") + (10).to_bytes(4, "little")
    with pytest.raises(StreamError):
        frames.decode_server(head + offset.to_bytes(4, "little") + digest + payload)


def test_members_that_are_not_known_are_ignored():
    text = json.dumps({"type": "seek", "seek": 3, "at": "-0430", "mood": ["calm"]})
    assert frames.decode_client(text) == Seek(3, "-0430")


def test_a_transform_of_numbers_too_long_for_a_float_is_refused():
    placement = {"n": 1, "id": "a", "asset": "b", "title": "", "transform": [10**400] + [0] * 15,
                 "certainty": "certain", "reliability": "US"}  # fmt: skip
    state = {"type": "state", "state": 1, "seek": 0, "at": "", "label": "", "hypothesis": None,
             "certainty": "possible", "placements": [placement], "gone": []}  # fmt: skip
    with pytest.raises(StreamError, match="transform"):
        frames.decode_server(json.dumps(state))
