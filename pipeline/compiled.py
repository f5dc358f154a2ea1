"""`njit`, of a numba that loads no more than it needs: 0.4 s less, most of what compiled code took to start.

As its first function is loaded, numba asks for SciPy's linear algebra, all of which is loaded then, to know whether
`numpy.cov` and the like can be compiled. Nothing here uses them; so it is told that there is none.

And for every function that it finds in its cache it first brings up to date what it knows of types and how to compile
them, which takes a fifth of a second for the first one. Code from the cache needs but the runtime that counts
references; what has to be compiled asks for the rest itself.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from numba import njit
from numba.core.caching import Cache
from numba.core.runtime import rtsys

__all__ = ["njit"]

_ASKING = "numba.np.arraymath"


def _missing() -> NoReturn:
    raise ImportError("SciPy's linear algebra is not loaded for numba")


def _ask_without(linalg: Any) -> None:
    """Have the module that asks loaded while there is no answer but no."""
    ensure = linalg.ensure_blas
    linalg.ensure_blas = _missing
    try:
        __import__(_ASKING)
    finally:
        linalg.ensure_blas = ensure


def _load_without_types() -> None:
    """Have functions come from the cache though nothing is known of how to compile others."""

    def load_overload(self: Any, signature: Any, target: Any) -> Any:
        rtsys.initialize(target)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, target)

    # (Not of a numba that is made differently.)
    if hasattr(Cache, "_load_overload"):
        Cache.load_overload = load_overload


if _ASKING not in sys.modules:
    from numba.np import linalg as _linalg

    _ask_without(_linalg)
_load_without_types()
