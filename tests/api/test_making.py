from __future__ import annotations

import threading

from api.making import Making
from scenes.allowance import Allowance


def test_work_is_called_again_until_nothing_is_missing() -> None:
    making, left = Making(), [3]

    def work(allowance: Allowance) -> None:
        left[0] -= 1
        allowance.missing = left[0]

    making.later("a", work)
    assert making.wait(10)
    assert left == [0]


def test_what_is_asked_for_last_comes_first_and_nothing_twice() -> None:
    making, done, first, gate = Making(), list[str](), threading.Event(), threading.Event()

    def slow(_: Allowance) -> None:
        first.set()
        gate.wait(10)
        done.append("slow")

    making.later("slow", slow)
    assert first.wait(10)
    for key in ("a", "b", "a"):
        making.later(key, lambda _, key=key: done.append(key))  # type: ignore[misc]
    gate.set()
    assert making.wait(10)
    assert done == ["slow", "a", "b"]


def test_work_that_fails_is_dropped_and_the_next_is_done() -> None:
    making, done = Making(), list[str]()

    def broken(_: Allowance) -> None:
        raise OSError("the disk is gone")

    making.later("broken", broken)
    assert making.wait(10)
    making.later("good", lambda _: done.append("good"))
    assert making.wait(10)
    assert done == ["good"]
