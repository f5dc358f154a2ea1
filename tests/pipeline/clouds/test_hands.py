from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pipeline.clouds.hands import hands


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_made_comes_in_the_order_of_the_parts(number: int) -> None:
    second = threading.Event()

    def made(part: int) -> int:
        if part == 0 and number > 1:
            assert second.wait(30), "another hand works meanwhile"
        second.set()
        return part * part

    with hands(number) as some:
        assert list(some.each(made, range(9))) == [part * part for part in range(9)]


def test_few_parts_are_taken_before_they_are_asked_for() -> None:
    taken = 0

    def parts() -> Iterator[int]:
        nonlocal taken
        for part in range(100):
            taken += 1
            yield part

    with hands(2) as some:
        made = some.each(abs, parts())
        assert next(made) == 0
        assert taken <= 4


def test_what_goes_wrong_is_raised_where_it_is_asked_for() -> None:
    with hands(2) as some, pytest.raises(ZeroDivisionError):
        list(some.each(lambda part: 1 // part, [1, 0, 1]))
