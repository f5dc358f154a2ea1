"""Text messages to JSON and back. Members and limits of docs/protocol.md."""

from __future__ import annotations

from streaming.events import (
    Budget,
    Certainty,
    Count,
    DeviceBudget,
    Hello,
    Refusal,
    Seek,
    State,
    Stats,
)
from streaming.limits import MAX_AT, MAX_COUNT, MAX_ID, MAX_TOKEN, MAX_U32
from streaming.members import Members, to_text

_BUDGETS = ("bytes", "triangles", "draws", "textures")
_STATS = ("bandwidth", "window", "unacknowledged", "queued", "held", "chunks", "evicted", "prefetched")


def as_text(message: Hello | State | Refusal | Stats | Seek | Budget) -> str:
    """The message as it goes over the wire."""
    return to_text(_members(message))


def _members(message: Hello | State | Refusal | Stats | Seek | Budget) -> dict[str, object]:
    match message:
        case Hello():
            return {
                "type": "hello", "version": message.version, "session": message.session, "scene": message.scene,
                "title": message.title, "window": message.window, "max_frame": message.max_frame,
                "resume": message.resume, "resumed": message.resumed,
                "budget": {name: getattr(message.budget, name) for name in _BUDGETS},
                "stall_s": message.stall_s, "resume_s": message.resume_s,
            }  # fmt: skip
        case State():
            return {
                "type": "state", "state": message.state, "seek": message.seek, "at": message.at,
                "label": message.label, "hypothesis": message.hypothesis, "certainty": message.certainty,
                "count": {"certain": message.count.certain, "possible": message.count.possible},
                "gone": list(message.gone),
            }  # fmt: skip
        case Refusal():
            said: dict[str, object] = {"type": "error", "code": message.code, "message": message.message}
            return said if message.seek is None else {**said, "seek": message.seek}
        case Stats():
            return {
                "type": "stats", "rtt_ms": round(message.rtt_ms, 3), **{name: getattr(message, name) for name in _STATS}
            }  # fmt: skip
        case Seek():
            return {
                "type": "seek", "seek": message.seek, "at": message.at, "hypothesis": message.hypothesis,
                "certainty": message.certainty.value,
            }  # fmt: skip
        case Budget():
            return {"type": "budget"} | {
                name: getattr(message, name) for name in _BUDGETS if getattr(message, name) is not None
            }


def read_hello(read: Members) -> Hello:
    """A `hello`. Raises StreamError."""
    budget = read.inner("budget")
    return Hello(
        session=read.text("session", MAX_ID), scene=read.text("scene", MAX_ID), title=read.text("title"),
        window=read.number("window", least=1), max_frame=read.number("max_frame", least=1024),
        resume=read.text("resume", MAX_TOKEN), resumed=read.truth("resumed"),
        budget=DeviceBudget(*(budget.number(name, least=1, most=MAX_COUNT) for name in _BUDGETS)),
        stall_s=read.real("stall_s", least=0.0, most=86400.0), resume_s=read.real("resume_s", least=0.0, most=86400.0),
        version=read.number("version", least=1, most=1),
    )  # fmt: skip


def read_state(read: Members) -> State:
    """A `state`. Raises StreamError."""
    count = read.inner("count")
    gone = read.items("gone", 1_000_000)
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= MAX_U32 for n in gone):
        read.wrong("gone", "list of numbers")
    return State(
        state=read.number("state", least=1), seek=read.number("seek"), at=read.text("at", MAX_AT),
        label=read.text("label"), hypothesis=read.optional_text("hypothesis", MAX_ID),
        certainty=_certainty(read).value, count=Count(count.number("certain"), count.number("possible")),
        gone=tuple(n for n in gone if isinstance(n, int)),
    )  # fmt: skip


def read_refusal(read: Members) -> Refusal:
    """An `error`. Raises StreamError."""
    return Refusal(read.text("code", 60), read.text("message"), read.optional_number("seek", least=0, most=MAX_U32))


def read_stats(read: Members) -> Stats:
    """A `stats`. Raises StreamError."""
    return Stats(
        read.real("rtt_ms", least=0.0, most=1e9), *(read.number(name, most=MAX_COUNT) for name in _STATS)
    )  # fmt: skip


def _certainty(read: Members) -> Certainty:
    word = read.raw("certainty", Certainty.POSSIBLE.value)
    if word == "certain":
        return Certainty.CERTAIN
    return Certainty.POSSIBLE if word == "possible" else read.wrong("certainty", "certain or possible")


def read_seek(read: Members) -> Seek:
    """A `seek`. Raises StreamError."""
    return Seek(
        read.number("seek", least=1), read.text("at", MAX_AT), read.optional_text("hypothesis", MAX_ID),
        _certainty(read),
    )  # fmt: skip


def read_budget(read: Members) -> Budget:
    """A `budget`. Raises StreamError."""
    return Budget(*(read.optional_number(name, least=1, most=MAX_COUNT) for name in _BUDGETS))
