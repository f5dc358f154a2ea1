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
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

VERSION = "1"
"""part of every key; to be raised when the same inputs come to give other results"""
_CONTEXT = "context"
_RECEIPT = "receipt"
_contexts: dict[str, Any] = {}
_loading = threading.Lock()


def key(*parts: object) -> str:
    """The digest of what a task depends on; parts are numbers, texts, bytes, or tuples of them."""
    return hashlib.sha256(repr((VERSION, *parts)).encode()).hexdigest()[:40]


class At:
    """Where a task runs: what all tasks share, the results of others, and a place for its own."""

    def __init__(self, context: Any, results: Results, task: str) -> None:
        self.context = context
        self._results, self._task = results, task
        self.values: dict[str, bytes] = {}

    def put(self, value: object, name: str = "") -> str:
        """Keep a value of this task, which is stored when it ends; the digest of its bytes. It may not change again."""
        self.values[name] = pickle.dumps(value, protocol=5)
        self._results.keep(self._task, name, value, len(self.values[name]))
        return hashlib.sha256(self.values[name]).hexdigest()[:40]

    def get(self, task: str, name: str = "") -> Any:
        """What another task has put."""
        return self._results.get(task, name)


@dataclass(frozen=True, slots=True)
class Task:
    """A function `(at: At, **arguments) -> receipt`."""

    function: Callable[..., Any]
    key: str
    arguments: dict[str, Any]


class Graph:
    """Runs tasks whose results are not there yet."""

    def __init__(self, results: Results, context: object, executor: Executor | None, *, ahead: int) -> None:
        self._results, self._executor, self._ahead = results, executor, ahead
        self._later: list[tuple[str, Future[Any]]] = []
        self.done = self.known = 0
        results.put(_CONTEXT, {"": pickle.dumps(context, protocol=5)})
        _contexts[results.folder] = context

    def close(self) -> None:
        """Forget the context, and close what was opened."""
        self._results.close()
        _contexts.pop(self._results.folder, None)

    def run(self, tasks: Iterable[Task]) -> list[Any]:
        """The receipts of tasks, in order. Tasks are taken from the iterable as workers come free."""
        receipts: list[Any] = []
        waiting: dict[int, Future[Any]] = {}
        for number, task in enumerate(tasks):
            receipts.append(None)
            if self._results.has(task.key):
                receipts[number] = self._results.get(task.key, _RECEIPT)
                self.known += 1
            elif self._executor is None:
                receipts[number] = self._finish(_perform(self._results.folder, task))
            else:
                waiting[number] = self._executor.submit(_perform, self._results.folder, task)
                if len(waiting) >= self._ahead:
                    self._collect(waiting, receipts)
        while waiting:
            self._collect(waiting, receipts)
        return receipts

    def _collect(self, waiting: dict[int, Future[Any]], receipts: list[Any]) -> None:
        number = min(waiting)
        receipts[number] = self._finish(waiting.pop(number).result())

    def _finish(self, receipt: Any) -> Any:
        self.done += 1
        return receipt


def _perform(folder: str, task: Task) -> Any:
    results = Results(folder)
    at = At(_context(results), results, task.key)
    receipt = task.function(at, **task.arguments)
    results.put(task.key, {_RECEIPT: pickle.dumps(receipt, protocol=5), **at.values})
    return receipt


def _context(results: Results) -> Any:
    with _loading:
        if results.folder not in _contexts:
            _contexts[results.folder] = results.get(_CONTEXT)
        return _contexts[results.folder]
