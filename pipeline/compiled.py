"""`njit`, of a numba that loads no more than it needs: 0.4 s less, most of what compiled code took to start.

As its first function is loaded, numba asks for SciPy's linear algebra, all of which is loaded then, to know whether
`numpy.cov` and the like can be compiled. Nothing here uses them; so it is told that there is none.

And for every function that it finds in its cache it first brings up to date what it knows of types and how to compile
them, which takes a fifth of a second for the first one. Code from the cache needs but the runtime that counts
references; what has to be compiled asks for the rest itself.

Nor is anything collected as garbage while numba loads, which leaves none, nor looked through afterwards; and no package
that adds types to numba is searched for.
"""

# ruff: noqa: E402, SLF001 - numba has no other way in

from __future__ import annotations

import gc
import sys
from typing import Any, NoReturn

_is_collecting = gc.isenabled()
gc.disable()

from numba import njit
from numba.core import codegen as _codegen
from numba.core import entrypoints as _entrypoints
from numba.core.caching import Cache
from numba.core.compiler import CompileResult
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


def _load_machine_code_alone() -> None:
    """Have functions come from the cache without what they were made from, until another is compiled with them."""
    unserialize: Any = getattr(_codegen.JITCodeLibrary, "_unserialize", None)
    for_linking: Any = getattr(_codegen.JITCodeLibrary, "_get_module_for_linking", None)
    rebuild: Any = getattr(CompileResult, "_rebuild", None)
    if unserialize is None or for_linking is None or rebuild is None:
        return  # a numba that is made differently

    def loaded(_: type[Any], codegen: Any, state: tuple[str, str, Any]) -> Any:
        name, kind, data = state
        if kind != "object":
            return unserialize(codegen, state)
        library = codegen.create_library(name)
        library.enable_object_caching()
        machine_code, library.made_from = data
        library._set_compiled_object(machine_code)
        library._finalize_final_module()
        return library

    def linked(library: Any) -> Any:
        made_from = library.__dict__.pop("made_from", None)
        if made_from is not None:
            library._shared_module = _codegen.ll.parse_bitcode(made_from)
            library.codegen._engine._load_defined_symbols(library._shared_module)
        return for_linking(library)

    def rebuilt(_: type[Any], context: Any, library: Any, described: Any, *rest: Any) -> Any:
        # Of the names that were not listed, these two are asked for.
        names = {described.llvm_func_name, described.llvm_cpython_wrapper_name}
        context.codegen()._engine._defined_symbols |= names
        return rebuild(context, library, described, *rest)

    _codegen.JITCodeLibrary._unserialize = classmethod(loaded)
    _codegen.JITCodeLibrary._get_module_for_linking = linked
    CompileResult._rebuild = classmethod(rebuilt)


if _ASKING not in sys.modules:
    from numba.np import linalg as _linalg

    _ask_without(_linalg)
_load_without_types()
_load_machine_code_alone()
_entrypoints._already_initialized = True
if _is_collecting:
    gc.freeze()
    gc.enable()
