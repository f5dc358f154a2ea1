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
import os
import pickle
import threading
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_VERSION = "1"
"""part of every key; to be raised when the same inputs come to give other results"""
_CONTEXT = "context"
_contexts: dict[str, Any] = {}
_loading = threading.Lock()


def key(*parts: object) -> str:
    """The digest of what a task depends on; parts are numbers, texts, bytes, or tuples of them."""
    return hashlib.sha256(repr((_VERSION, *parts)).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Results:
    """A folder of results. What is in it was made by this code: it is not for strangers' files."""

    folder: str

    def path(self, name: str) -> Path:
        """Where a result lies."""
        return Path(self.folder) / name[:2] / name[2:]

    def has(self, name: str) -> bool:
        """Whether a result is there, whole."""
        return self.path(name).exists()

    def put(self, name: str, value: object) -> str:
        """Store a value, all or nothing; the digest of its bytes."""
        data = pickle.dumps(value, protocol=5)
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        part.write_bytes(data)
        part.replace(path)
        return hashlib.sha256(data).hexdigest()[:40]

    def get(self, name: str) -> Any:
        """A stored value."""
        return pickle.loads(self.path(name).read_bytes())


@dataclass(frozen=True, slots=True)
class At:
    """Where a task runs: what all tasks share, the results, and its own key to store more under."""

    context: Any
    results: Results
    key: str


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
        Path(results.folder).mkdir(parents=True, exist_ok=True)
        results.put(_CONTEXT, context)
        _contexts[results.folder] = context

    def close(self) -> None:
        """Forget the context."""
        _contexts.pop(self._results.folder, None)

    def run(self, tasks: Iterable[Task]) -> list[Any]:
        """The receipts of tasks, in order. Tasks are taken from the iterable as workers come free."""
        receipts: list[Any] = []
        waiting: dict[int, Future[Any]] = {}
        for number, task in enumerate(tasks):
            receipts.append(None)
            if self._results.has(_receipt(task.key)):
                receipts[number] = self._results.get(_receipt(task.key))
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


def _receipt(task_key: str) -> str:
    return f"{task_key}.receipt"


def _perform(folder: str, task: Task) -> Any:
    results = Results(folder)
    receipt = task.function(At(_context(results), results, task.key), **task.arguments)
    results.put(_receipt(task.key), receipt)
    return receipt


def _context(results: Results) -> Any:
    with _loading:
        if results.folder not in _contexts:
            _contexts[results.folder] = results.get(_CONTEXT)
        return _contexts[results.folder]
