"""Tasks whose results are files, so that work can be spread, interrupted, continued, and not done twice.

A task is a function of this code, a context that all tasks share, a key, and a few small arguments; larger ones it gets
from the results of other tasks. Its key is the digest of all that its result depends on: function, settings, digests of
what it reads. So a result that is there is the right one, whoever made it, and whenever; a change of the input makes
new keys just for what depends on it.

Any `concurrent.futures.Executor` runs the tasks: threads here (the libraries let go of the interpreter lock), those of
a Dask cluster elsewhere, whose workers see the same folders.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import Counter
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.results import Results, pickled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.results import Buffer

VERSION = "18"
"""part of every key; to be raised when the same inputs come to give other results"""
_RECEIPT = "receipt"
_contexts: dict[tuple[str, str], Any] = {}
"""by folder and digest: a cluster's workers live longer than a run, and the next one in that folder has another"""
_loading = threading.Lock()


def key(*parts: object) -> str:
    """The digest of what a task depends on; parts are numbers, texts, bytes, or tuples of them."""
    return hashlib.sha256(repr((VERSION, *parts)).encode()).hexdigest()[:40]


class At:
    """Where a task runs: what all tasks share, the results of others, and a place for its own."""

    def __init__(self, context: Any, results: Results, task: str) -> None:
        self.context = context
        self.task = task
        self._results = results
        self.values: dict[str, list[Buffer]] = {}
        self._put: dict[str, object] = {}

    def put(self, value: object, name: str = "") -> str:
        """Keep a value of this task, which is stored when it ends; the digest of its bytes. It may not change again.

        Of passing results the digest is of the task and the name: they are asked for in this run only.
        """
        parts = self.values[name] = pickled(value)
        self._put[name] = value
        if self._results.is_passing:
            return key(self.task, name)
        told = hashlib.sha256()
        for part in parts:
            told.update(part)
        return told.hexdigest()[:40]

    def get(self, task: str, name: str = "") -> Any:
        """What another task has put."""
        return self._results.get(task, name)

    def lasting(self, task: str, name: str, make: Callable[[], tuple[Any, int]]) -> Any:
        """What follows from another task's results, and is not stored: made once or again, as there is room for it.

        `make` gives it, with its size in bytes.
        """
        known = self._results.recent(task, name)
        if known is None:
            known, size = make()
            self._results.keep(task, name, known, size, is_made_anew=True)
        return known

    def store(self, receipt: object) -> None:
        """Store what was put, and a receipt."""
        self._results.put(self.task, {_RECEIPT: pickled(receipt), **self.values})
        # Only now: what goes for lack of room has been put then.
        for name, value in self._put.items():
            self._results.keep(self.task, name, value, sum(map(len, self.values[name])))


@dataclass(frozen=True, slots=True)
class Task:
    """A function `(at: At, **arguments) -> receipt`."""

    function: Callable[..., Any]
    key: str
    arguments: dict[str, Any]
    is_whole: Callable[[Any], bool] | None = None
    """whether what a receipt tells of is still there, where a task leaves more than its results"""


class Graph:
    """Runs tasks whose results are not there yet; `done` and `known` count by function those that ran or did not."""

    def __init__(self, results: Results, context: object, executor: Executor | None, *, ahead: int) -> None:
        self._results, self._executor, self._ahead = results, executor, ahead
        self.done: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        whole = pickle.dumps(context, protocol=5)
        self._context = f"context-{hashlib.sha256(whole).hexdigest()[:40]}"
        if not results.has(self._context):
            results.put(self._context, {"": [whole]})
        _contexts[results.folder, self._context] = context

    def close(self) -> None:
        """Forget the context, and close what was opened."""
        forget(self._results.folder)

    def run(self, tasks: Iterable[Task]) -> list[Any]:
        """The receipts of tasks, in order. Tasks are taken from the iterable as workers come free.

        What a task raises comes out once those that run have ended; those that wait are not begun.
        """
        receipts: list[Any] = []
        waiting: dict[int, Future[Any]] = {}
        try:
            for number, task in enumerate(tasks):
                receipts.append(None)
                known = self._known(task)
                (self.done if known is None else self.known)[task.function.__name__] += 1
                if known is not None:
                    (receipts[number],) = known
                elif self._executor is None:
                    receipts[number] = _perform(self._results.folder, self._context, task)
                else:
                    plain = Task(task.function, task.key, task.arguments)
                    waiting[number] = self._executor.submit(_perform, self._results.folder, self._context, plain)
                    if len(waiting) >= self._ahead:
                        _collect(waiting, receipts)
            while waiting:
                _collect(waiting, receipts)
        except BaseException:
            wait([future for future in waiting.values() if not future.cancel()])
            raise
        return receipts

    def _known(self, task: Task) -> tuple[Any] | None:
        """The receipt of a task that was done before, and whose results are whole."""
        if not self._results.has(task.key):
            return None
        receipt = self._results.get(task.key, _RECEIPT)
        return (receipt,) if task.is_whole is None or task.is_whole(receipt) else None


def _collect(waiting: dict[int, Future[Any]], receipts: list[Any]) -> None:
    number = min(waiting)
    receipts[number] = waiting[number].result()
    del waiting[number]


def forget(folder: str) -> None:
    """Let go of the contexts and results of a folder, in this process."""
    with _loading:
        for known in [known for known in _contexts if known[0] == folder]:
            del _contexts[known]
    Results(folder).close()


def _perform(folder: str, context: str, task: Task) -> Any:
    results = Results(folder)
    at = At(_context(results, context), results, task.key)
    receipt = task.function(at, **task.arguments)
    at.store(receipt)
    return receipt


def _context(results: Results, name: str) -> Any:
    with _loading:
        if (results.folder, name) not in _contexts:
            _contexts[results.folder, name] = results.get(name)
        return _contexts[results.folder, name]
