"""`njit`, of a numba that does not load SciPy: a fifth of a second, a third of what compiled code takes to start.

As its first function is loaded, numba asks for SciPy's linear algebra, all of which is loaded then, to know whether
`numpy.cov` and the like can be compiled. Nothing here uses them; so it is told that there is none.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from numba import njit

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


if _ASKING not in sys.modules:
    from numba.np import linalg as _linalg

    _ask_without(_linalg)
