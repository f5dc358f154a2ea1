from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.derived_memory import MemoryDerived
from storage.derived_sqlite import SqliteDerived

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scenes.ports import Derived


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Derived]:
    """An empty store within a number of bytes."""
    if request.param == "memory":
        return MemoryDerived
    return lambda most: SqliteDerived(tmp_path / "derived.db", most_bytes=most)


def test_what_was_kept_is_found_and_nothing_else(make: Callable[[int], Derived]) -> None:
    derived = make(1000)
    derived.put_many({"a": b"1", "b": b"\0\xff"})
    assert derived.get_many(["b", "c", "a"]) == {"a": b"1", "b": b"\0\xff"}
    assert derived.get_many([]) == {}


def test_a_name_stands_for_one_value_for_good(make: Callable[[int], Derived]) -> None:
    derived = make(1000)
    derived.put_many({"a": b"1"})
    derived.put_many({"a": b"2"})
    assert derived.get_many(["a"]) == {"a": b"1"}


def test_when_the_room_is_used_up_the_new_is_kept_and_the_old_is_gone(make: Callable[[int], Derived]) -> None:
    derived = make(10)
    derived.put_many({"a": b"123456"})
    derived.put_many({"b": b"12345"})
    assert derived.get_many(["a", "b"]) == {"b": b"12345"}


def test_what_is_larger_than_the_room_is_not_kept(make: Callable[[int], Derived]) -> None:
    derived = make(10)
    derived.put_many({"a": b"x" * 11})
    assert derived.get_many(["a"]) == {}


def test_a_file_keeps_values_for_the_next_to_open_it(tmp_path: Path) -> None:
    SqliteDerived(tmp_path / "derived.db").put_many({"a": b"1"})
    assert SqliteDerived(tmp_path / "derived.db").get_many(["a"]) == {"a": b"1"}


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "derived.db"
    path.write_bytes(b"no database at all" * 1000)
    derived = SqliteDerived(path)
    derived.put_many({"a": b"1"})
    assert derived.get_many(["a"]) == {"a": b"1"}


def test_a_file_that_is_damaged_while_it_is_open_costs_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "derived.db"
    derived = SqliteDerived(path)
    derived.put_many({f"{n}": b"x" * 4000 for n in range(100)})
    derived.close()
    path.write_bytes(path.read_bytes()[:4096] + b"\xaa" * 40_000)
    again = SqliteDerived(path)
    again.get_many([f"{n}" for n in range(100)])
    again.put_many({"a": b"1"})
    assert again.get_many(["a"]) in ({"a": b"1"}, {})
