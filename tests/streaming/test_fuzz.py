"""A thousand mutated messages; `make fuzz` has a hundred thousand."""

from __future__ import annotations

from tests.streaming.fuzz import corpus, read, run


def test_mutated_messages_are_refused_or_read_and_nothing_else_comes_of_them():
    accepted, readings = run(1000)
    # Neither all garbage, which would test the first byte only, nor all good.
    assert readings // 100 < accepted < readings // 2


def test_what_is_not_mutated_is_read_where_it_belongs():
    assert sum(map(read, corpus())) >= 26
