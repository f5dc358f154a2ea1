"""One value for all who hold it, and none when nobody does."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from scenes.sharing import Sharing


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Value:
    number: int


def test_who_asks_gets_what_another_holds():
    sharing = Sharing()
    one = sharing.one("a", lambda: Value(1))
    assert sharing.one("a", lambda: Value(2)) is one
    assert sharing.one("b", lambda: Value(1)) is not one
    assert len(sharing) == 1  # nobody held the other


def test_what_nobody_holds_any_more_is_made_anew():
    sharing = Sharing()
    held = sharing.one(("a", 1), lambda: Value(1))
    del held
    gc.collect()
    assert len(sharing) == 0
    assert sharing.one(("a", 1), lambda: Value(2)) == Value(2)


def test_of_two_that_make_a_value_at_once_one_is_kept():
    sharing = Sharing()
    first: list[Value] = []

    def made() -> Value:
        first.append(sharing.one("a", lambda: Value(1)))
        return Value(2)

    assert sharing.one("a", made) is first[0]
