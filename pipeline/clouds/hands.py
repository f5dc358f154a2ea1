"""Parts of some work for several hands: what comes of them is given out in the order of the parts, few ahead of it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


class Hands:
    """So many threads, which are worth it where most of the work lets go of Python's lock; one is the caller's own."""

    def __init__(self, number: int, pool: ThreadPoolExecutor | None) -> None:
        self.number, self._pool = number, pool

    def each(self, work: Callable[[_Part], _Made], parts: Iterable[_Part]) -> Iterator[_Made]:
        """What comes of each part, in order; at most two parts a hand are taken before that is asked for."""
        if self._pool is None:
            yield from map(work, parts)
            return
        waiting = deque[Future[_Made]]()
        for part in parts:
            waiting.append(self._pool.submit(work, part))
            if len(waiting) >= 2 * self.number:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def begun(self, work: Callable[[], _Made]) -> Callable[[], _Made]:
        """Begin some work where there are others to do it; what gives its result, and waits for it."""
        return work if self._pool is None else self._pool.submit(work).result


@contextmanager
def hands(number: int) -> Iterator[Hands]:
    """So many hands, which have put down what they had when this is left."""
    if number <= 1:
        yield Hands(1, None)
        return
    with ThreadPoolExecutor(number, thread_name_prefix="cloud") as pool:
        try:
            yield Hands(number, pool)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
