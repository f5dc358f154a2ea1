"""Eight bytes of a text at once, as one whole number of 64 bits: digits found and read without a loop over them.

Places are addresses in memory, for compiled code only: numba counts references to an array at every call that is handed
one, and that took a third of the time of scanning numbers. Nothing is checked here; callers see to it that all bytes
that may be looked at are there, and that the array that holds them stays.

A word's lowest byte is the first of the text, as on x86 and ARM.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

assert sys.byteorder == "little"
WHOLE = np.uint64(64)
"""bits of a word"""
_ZEROS, _NINES, _HIGH = (np.uint64(int.from_bytes(bytes([byte]) * 8)) for byte in (0x30, 0x76, 0x80))
_PAIRS, _FOURS, _EIGHT = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)
_10, _100, _10000 = np.uint64(10), np.uint64(100), np.uint64(10_000)
_8, _16, _32, _56 = np.uint64(8), np.uint64(16), np.uint64(32), np.uint64(56)
_BYTES = np.uint64(0x78)


@intrinsic
def address(_context: Any, data: Any) -> Any:
    """address(data): where the first item of an array (n,) lies, uint64."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(array.data, context.get_value_type(types.uint64))

    return types.uint64(data), build


def _loaded(kind: Any) -> Any:
    """A compiled function of a place: the number that begins there, whatever its alignment."""

    def load(_context: Any, place: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = context.get_value_type(kind).as_pointer()
            return builder.load(builder.inttoptr(arguments[0], pointer), align=1)

        return kind(place), build

    return intrinsic(load)


word = _loaded(types.uint64)
"""word(place uint64): the eight bytes at a place"""
half_word = _loaded(types.uint32)
"""the same of four"""
byte = _loaded(types.uint8)
"""the same of one"""


@intrinsic
def blanks(_context: Any, place: Any) -> Any:
    """blanks(place uint64): which of the 64 bytes at a place are blanks or ends of lines, or below these, uint64.

    The lowest bit is of the first byte. Processors have instructions for just this, on 16, 32 or 64 bytes at once.
    """
    ir = cgutils.ir  # llvmlite, numba's own way to LLVM
    row = ir.VectorType(ir.IntType(8), 64)

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        text = builder.load(builder.inttoptr(arguments[0], row.as_pointer()), align=1)
        return builder.bitcast(builder.icmp_unsigned("<=", text, ir.Constant(row, [32] * 64)), ir.IntType(64))

    return types.uint64(place), build


@intrinsic
def zeros_below(_context: Any, value: Any) -> Any:
    """zeros_below(value uint64): how many zero bits lie below its lowest one; undefined for 0."""
    return value(value), lambda _c, builder, _s, arguments: builder.cttz(arguments[0], cgutils.true_bit)


@intrinsic
def zeros_above(_context: Any, value: Any) -> Any:
    """zeros_above(value uint64): how many zero bits lie above its highest one; undefined for 0."""
    return value(value), lambda _c, builder, _s, arguments: builder.ctlz(arguments[0], cgutils.true_bit)


@njit(cache=True, nogil=True, inline="always")
def digits(text: Any) -> Any:
    """Bits of the digits that a word begins with, 0 to 64."""
    # 0 to 9 stay below 128 with 118 added, nothing else does. A carry only goes to bytes behind the one it came from.
    lower = text ^ _ZEROS
    others = ((lower + _NINES) | lower) & _HIGH
    return zeros_below(others) & _BYTES if others else WHOLE


@njit(cache=True, nogil=True, inline="always")
def value(text: Any, bits: Any) -> Any:
    """The number that the digits in the first `bits` / 8 bytes of a word are; 0 of none."""
    # Moved up, so that zeros stand before them; in two steps, for no shift by 64 is defined.
    lower = text ^ _ZEROS
    lower = (lower << (_56 - bits)) << _8 if bits < WHOLE else lower
    lower = (lower * _10 + (lower >> _8)) & _PAIRS
    lower = (lower * _100 + (lower >> _16)) & _FOURS
    return (lower * _10000 + (lower >> _32)) & _EIGHT
