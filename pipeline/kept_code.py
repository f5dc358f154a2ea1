"""Compiled code in a child that may write nowhere: it reads what is kept, and tells what it had to compile itself.

numba keeps machine code and pickles beside the sources, and every process of ours believes them. So a child that reads
foreign files must not write there: who takes it over would own all others. It says in a line what was lacking, as the
name of a function and the types that it was called with; a process that reads nothing foreign compiles that from our
sources, and keeps it, for the next child (`pipeline.compile_ahead`).

In the child, `LOCATOR` in the environment has numba load this module. As a program it is that other process: lines on
stdin are what the child said, believed only as far as they are functions of ours and plain types.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import sys
from typing import Any

from numba.core import caching, config
from numba.core import types as _types
from numba.core.dispatcher import Dispatcher

types: Any = _types  # half of its names are hidden from checkers
_NAME = re.compile(r"(?:pipeline|tiling)(?:\.[a-z_0-9]+)+")
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SCALARS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
            "none")  # fmt: skip
_NICE = 10
_MOST_DIMENSIONS, _MOST_PARTS = 4, 32


class Kept(caching.InTreeCacheLocator):  # type: ignore[misc]  # numba has no types
    """Where numba keeps code in our other processes, to be read."""

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)
        if config.CACHE_DIR:
            self._cache_path = caching.UserProvidedCacheLocator(function, file).get_cache_path()

    def ensure_cache_path(self) -> None:
        """Nothing: it cannot be written, and need not be there."""


def described(kind: Any) -> Any:
    """A type of numba's as JSON. Raises ValueError for what no argument of ours has.

    >>> described(types.Array(types.float32, 2, "C", readonly=True))
    ['array', 'float32', 2, 'C', True, True]
    """
    if isinstance(kind, types.Array):
        return ["array", described(kind.dtype), kind.ndim, kind.layout, not kind.mutable, kind.aligned]
    if isinstance(kind, types.BaseTuple) and not isinstance(kind, types.BaseNamedTuple):
        return ["tuple", *map(described, kind.types)]
    if isinstance(kind, types.Omitted) and isinstance(kind.value, int | float | bool | None):
        return ["omitted", kind.value]
    if str(kind) in _SCALARS:
        return str(kind)
    raise ValueError(f"{kind} is not told")


def meant(told: Any) -> Any:
    """The type that `described` told. Raises ValueError, TypeError or LookupError for anything else."""
    if isinstance(told, str):
        if told not in _SCALARS:
            raise ValueError(f"{told[:40]!r} is no type that is known here")
        return types.boolean if told == "bool" else getattr(types, told)
    what, *parts = told
    if len(parts) > _MOST_PARTS:
        raise ValueError("too many parts")
    if what == "array":
        kind, dimensions, layout, is_readonly, is_aligned = parts
        if not isinstance(kind, str) or not 0 <= int(dimensions) <= _MOST_DIMENSIONS or layout not in ("C", "F", "A"):
            raise ValueError("no array of ours")
        return types.Array(meant(kind), int(dimensions), layout, bool(is_readonly), aligned=bool(is_aligned))
    if what == "tuple" and all(isinstance(part, str) or part[0] == "array" for part in parts):
        return types.Tuple([meant(part) for part in parts])
    if what == "omitted" and isinstance(parts[0], int | float | bool | None):
        return types.Omitted(parts[0])
    raise ValueError(f"{str(what)[:40]!r} is no type that is known here")


def _told(self: Any, signature: Any, _: Any) -> None:
    """What takes the place of keeping, in the child."""
    function = self._py_func
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        lacking = [function.__module__, function.__qualname__, [described(kind) for kind in signature]]
        sys.stdout.write(json.dumps({"lacking": lacking}) + "\n")


def _compile(line: bytes) -> None:
    """Compile, and keep, what a line says; nothing where it makes no sense."""
    try:
        module, name, kinds = json.loads(line)
        if not _NAME.fullmatch(module) or not _FUNCTION.fullmatch(name):
            return
        function = getattr(importlib.import_module(module), name)
        if isinstance(function, Dispatcher):
            function.compile(tuple(meant(kind) for kind in kinds))
    except Exception as wrong:  # noqa: BLE001 - whatever numba says of types that no caller has
        sys.stderr.write(f"{line[:200]!r} is not compiled: {type(wrong).__name__}\n")


if __name__ == "__main__":
    os.nice(_NICE)
    for line in sys.stdin.buffer:
        _compile(line)
elif config.CACHE_LOCATOR_CLASSES == "pipeline.kept_code.Kept":
    caching.Cache.save_overload = _told
