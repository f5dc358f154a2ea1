"""What verifying a log finds: laws over every way to tamper with one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.audit import MAX_DETAIL, NOTHING, Anchor, Entry, Verifier, anchor_of, sealable, written
from scenes.errors import Invalid

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def log(length: int) -> list[Entry]:
    last, found = NOTHING, []
    for number in range(length):
        entry = written(
            last,
            at=NOON + timedelta(seconds=number),
            actor="ada",
            action="export",
            subject=f"tree {number % 2}",
            detail={"files": number},
            whence=sealable("198.51.100.7", f"{number}") if number % 3 else "",
        )
        last = Anchor(entry.number, entry.hash)
        found.append(entry)
    return found


def faults(entries: list[Entry], *anchors: Anchor) -> list[str]:
    verifier = Verifier(anchors)
    return [fault.what for fault in [*verifier.faults(entries), *verifier.missing()]]


WHOLE = log(12)
AT = st.integers(0, len(WHOLE) - 1)
LAST = Anchor(12, WHOLE[-1].hash)


def test_a_whole_log_has_no_faults():
    assert faults(WHOLE, LAST, Anchor(5, WHOLE[4].hash), NOTHING) == []


@given(AT, st.sampled_from(["actor", "action", "subject", "detail", "seal", "hash", "whence"]), st.text(max_size=5))
def test_a_changed_entry_is_found(at, field, text):
    entry = WHOLE[at]
    if getattr(entry, field) == text or (field == "whence" and not text):
        return
    assert faults([*WHOLE[:at], replace(entry, **{field: text}), *WHOLE[at + 1 :]])


@given(AT, st.integers(-(10**6), 10**6).filter(bool))
def test_another_time_is_found(at, microseconds):
    moved = replace(WHOLE[at], at=WHOLE[at].at + timedelta(microseconds=microseconds))
    assert faults([*WHOLE[:at], moved, *WHOLE[at + 1 :]])


@given(st.integers(0, len(WHOLE) - 2))
def test_a_removed_entry_is_found_even_where_the_rest_is_numbered_anew(at):
    left = [*WHOLE[:at], *WHOLE[at + 1 :]]
    assert faults(left)
    assert faults([replace(each, number=number) for number, each in enumerate(left, 1)])


@given(st.permutations(range(len(WHOLE))))
def test_another_order_is_found(order):
    moved = [WHOLE[each] for each in order]
    if moved != WHOLE:
        assert faults(moved)
        assert faults([replace(each, number=number) for number, each in enumerate(moved, 1)])


@given(st.integers(0, len(WHOLE) - 1))
def test_what_is_cut_off_at_the_end_is_found_by_an_anchor_alone(length):
    assert faults(WHOLE[:length]) == []
    (told,) = faults(WHOLE[:length], LAST)
    assert "cut off" in told


def test_a_log_that_was_rewritten_is_found_by_an_anchor_alone():
    other = [replace(each, actor="eve") for each in WHOLE]
    last, rewritten = NOTHING, []
    for each in other:
        made = written(last, at=each.at, actor="eve", action="export", subject="", detail={}, whence="")
        rewritten.append(made)
        last = Anchor(made.number, made.hash)
    assert faults(rewritten) == []
    assert faults(rewritten, Anchor(7, WHOLE[6].hash)) == ["entry 7 is not the one that was anchored"]


def test_one_change_is_one_fault():
    assert len(faults([*WHOLE[:3], replace(WHOLE[3], actor="eve"), *WHOLE[4:]])) == 1


def test_anybody_can_compute_a_hash():
    entry = WHOLE[1]
    said = [WHOLE[0].hash, 2, "2026-12-01T12:00:01.000000+00:00", "ada", "export", "tree 1", '{"files":1}', entry.seal]
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == entry.hash
    assert hashlib.sha256(b"1 198.51.100.7").hexdigest() == entry.seal


def test_what_is_too_long_or_no_text_is_cut():
    entry = written(
        NOTHING, at=NOON, actor="", action="a" * 999, subject="\0\ud800", detail={"x": "\ud800" * 9999}, whence=""
    )
    assert (entry.actor, len(entry.action), entry.subject) == ("nobody", 200, "??")
    assert len(entry.detail) <= MAX_DETAIL
    assert set(json.loads(entry.detail)) == {"cut"}
    assert faults([entry]) == []


@pytest.mark.parametrize(
    "text", ["", "7", "x:" + "0" * 64, "7:" + "0" * 63, "-1:" + "0" * 64, "9" * 20 + ":" + "0" * 64]
)
def test_what_is_no_anchor_is_told_so(text):
    with pytest.raises(Invalid):
        anchor_of(text)
    assert anchor_of(f" {LAST}\n") == LAST
