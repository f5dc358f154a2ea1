"""Numbers as they stand in text, read to the double that is nearest to what is written (ties to even), as Python does.

Three ways, each for what the one before it can't do exactly:

    at most 2^53 and 22 places   one division of two doubles that are exact (Clinger 1990)
    at most 19 digits            128 bits of a power of five (Lemire 2021, Number Parsing at a Gigabyte per Second)
    more digits                  the same for the next number, too; if they differ, whole numbers of any length decide
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import words
from pipeline.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONE, _EIGHT, _TEN, _LINE = (np.uint64(number) for number in (1, 8, 10, 32))
_MINUS, _POINT = 45, 46
_TENS = 10.0 ** np.arange(23)
_SIGNED_TENS = np.stack([_TENS, -_TENS])
"""by sign, which is no branch then: a processor can't foresee it"""
_POWERS = np.array([10**power for power in range(20)], np.uint64)
_EXACT = np.uint64(1 << 53)
_MOST_DIGITS = 19
"""that 64 bits hold, whichever they are"""
ROOM = 32
"""bytes from its first on that `quick` may look at"""


@njit(cache=True, nogil=True, inline="always")
def quick(place: Any) -> tuple[Any, Any]:
    """The number at an address and how many bytes it takes; 0 where it is not as simple as nearly all are.

    Those are up to seven digits, perhaps a point and more digits, 18 in all. `ROOM` bytes may be looked at.
    """
    negative = np.uint64(words.byte(place) == _MINUS)
    here = place + negative
    text = words.word(here)
    bits = words.digits(text)
    mantissa, count = words.value(text, bits), bits // _EIGHT
    here += count
    places, more = np.uint64(0), np.uint64(bits == words.WHOLE)
    if words.byte(here) == _POINT:
        here += _ONE
        text = words.word(here)
        bits = words.digits(text)
        places = bits // _EIGHT
        mantissa = mantissa * _POWERS[places] + words.value(text, bits)
        if bits == words.WHOLE:
            text = words.word(here + _EIGHT)
            bits = words.digits(text)
            places += bits // _EIGHT
            mantissa = mantissa * _POWERS[bits // _EIGHT] + words.value(text, bits)
        here += places
        count += places
    # Of 18 digits no whole number ran over.
    simple = count != 0 and count <= 18 and more == 0 and mantissa <= _EXACT and words.byte(here) <= _LINE
    return np.float64(mantissa) / _SIGNED_TENS[negative, places], (here - place if simple else np.uint64(0))


@njit(cache=True, nogil=True)
def number(data: NDArray[np.uint8], at: int) -> tuple[Any, Any, Any]:
    """The number whose first byte is at `at`, the place after its word, and whether the word is a number."""
    if at + ROOM <= len(data):
        value, length = quick(words.address(data) + np.uint64(at))
        if length:
            return value, at + np.int64(length), True
    found: tuple[Any, Any, Any] = _any_number(data, at)
    return found


@njit(cache=True, nogil=True)
def _any_number(data: NDArray[np.uint8], at: int) -> tuple[Any, Any, Any]:  # noqa: C901 - one state machine
    size = len(data)
    negative = data[at] == _MINUS
    if negative or data[at] == 43:
        at += 1
    begin = at
    mantissa, digits, exponent, any_digit, rest = np.uint64(0), 0, 0, False, False
    fraction = False
    while at < size:
        byte = data[at]
        if byte == _POINT and not fraction:
            fraction = True
        elif 48 <= byte <= 57:
            any_digit = True
            if digits < _MOST_DIGITS:
                mantissa = mantissa * _TEN + np.uint64(byte - 48)
                digits += int(mantissa > 0)
                exponent -= int(fraction)
            else:
                rest = rest or byte != 48
                exponent += int(not fraction)
        else:
            break
        at += 1
    end = at
    if not any_digit:
        none: tuple[Any, Any, Any] = _word_of_none(data, begin, negative)
        return none
    power = 0
    if at < size and data[at] | 32 == 101:
        at += 1
        down = at < size and data[at] == _MINUS
        if at < size and (down or data[at] == 43):
            at += 1
        any_digit = False
        while at < size and 48 <= data[at] <= 57:
            any_digit = True
            power = min(power * 10 + (data[at] - 48), 1 << 40)
            at += 1
        if not any_digit:
            return np.nan, _after_word(data, at), False
        power = -power if down else power
    if at < size and not (data[at] <= 32 and data[at] in (9, 10, 11, 12, 13, 32)):
        # As Windows writes what is no number: 1.#QNAN, -1.#IND.
        return np.nan, _after_word(data, at), data[at] == 35
    value = _scaled(mantissa, exponent + power)
    if rest:
        above = _scaled(mantissa + _ONE, exponent + power)
        if above != value and _is_upper(data[begin:end], power, value):
            value = above
    return -value if negative else value, at, True


@njit(cache=True, nogil=True)
def _word_of_none(data: NDArray[np.uint8], at: int, negative: bool) -> tuple[float, int, bool]:
    """What a word without digits is: nan and inf, also nan(ind) and infinity, are numbers."""
    end = _after_word(data, at)
    is_nan = end - at >= 3 and data[at] | 32 == 110 and data[at + 1] | 32 == 97 and data[at + 2] | 32 == 110
    is_inf = end - at >= 3 and data[at] | 32 == 105 and data[at + 1] | 32 == 110 and data[at + 2] | 32 == 102
    value = np.nan
    if is_inf:
        value = -np.inf if negative else np.inf
    return value, end, is_nan or is_inf


@njit(cache=True, nogil=True)
def _after_word(data: NDArray[np.uint8], at: int) -> int:
    while at < len(data) and not (data[at] <= 32 and data[at] in (9, 10, 11, 12, 13, 32)):
        at += 1
    return at


# 128 bits of each power of five, the highest one set. Below zero they are rounded up, above it down (Lemire 2021, 5).
_LEAST_POWER, _MOST_POWER = -342, 308


def _fives() -> NDArray[np.uint64]:
    out = np.empty((_MOST_POWER - _LEAST_POWER + 1, 2), np.uint64)
    for row, power in enumerate(range(_LEAST_POWER, _MOST_POWER + 1)):
        five = 5 ** abs(power)
        length = five.bit_length()
        if power < 0:
            bits = (1 << (length + 127)) // five + 1
            bits >>= max(bits.bit_length() - 128, 0)
        else:
            bits = five << (128 - length) if length <= 128 else five >> (length - 128)
        out[row] = bits >> 64, bits & ((1 << 64) - 1)
    return out


_FIVES = _fives()
_32, _63, _64 = np.uint64(32), np.uint64(63), np.uint64(64)
_LOW = np.uint64(0xFFFFFFFF)
_NINE_BITS, _DOUBT = np.uint64(9), np.uint64(0x1FF)
_HIDDEN = np.uint64(1 << 52)


@njit(cache=True, nogil=True)
def _product(a: Any, b: Any) -> tuple[Any, Any]:
    """High and low half of a product."""
    a0, a1, b0, b1 = a & _LOW, a >> _32, b & _LOW, b >> _32
    low, middle, other = a0 * b0, a1 * b0, a0 * b1
    carry = (low >> _32) + (middle & _LOW) + (other & _LOW)
    return a1 * b1 + (middle >> _32) + (other >> _32) + (carry >> _32), a * b


@njit(cache=True, nogil=True)
def _scaled(mantissa: Any, power: Any) -> Any:
    """mantissa × 10^power, rounded to the nearest double."""
    if mantissa == 0 or power < _LEAST_POWER:
        return 0.0
    if power > _MOST_POWER:
        return np.inf
    if mantissa <= _EXACT and -23 < power < 23:
        return np.float64(mantissa) * _TENS[power] if power >= 0 else np.float64(mantissa) / _TENS[-power]
    # After Lemire 2021, algorithm 1, as in fast_float's compute_float. That the product of 128 bits always tells:
    # Mushtak and Lemire 2023, Fast Number Parsing Without Fallback.
    zeros = words.zeros_above(mantissa)
    shifted = mantissa << zeros
    high, low = _product(shifted, _FIVES[power - _LEAST_POWER, 0])
    if high & _DOUBT == _DOUBT:
        more, _ = _product(shifted, _FIVES[power - _LEAST_POWER, 1])
        low += more
        high += np.uint64(low < more)
    upper = high >> _63
    drop = upper + _NINE_BITS
    bits = high >> drop
    exponent = ((217_706 * power) >> 16) + 63 + np.int64(upper) - np.int64(zeros) + 1023
    if exponent <= 0:  # subnormal
        if exponent < -62:
            return 0.0
        bits >>= np.uint64(1 - exponent)
        return _of_bits((bits + (bits & _ONE)) >> _ONE)
    if low <= 1 and -4 <= power <= 23 and bits & np.uint64(3) == 1 and bits << drop == high:
        bits &= ~_ONE  # just between two: to the even one
    bits = (bits + (bits & _ONE)) >> _ONE
    if bits >= _HIDDEN << _ONE:
        bits = _HIDDEN
        exponent += 1
    if exponent >= 2047:
        return np.inf
    return _of_bits((bits & ~_HIDDEN) | (np.uint64(exponent) << np.uint64(52)))


@njit(cache=True, nogil=True)
def _of_bits(bits: Any) -> Any:
    return np.uint64(bits).view(np.float64)


_LIMBS = 256
"""of 32 bits: for 800 digits and 2^-1075"""
_ENOUGH_DIGITS = 800
"""no double and no middle of two has more (767)"""


@njit(cache=True, nogil=True)
def _times(limbs: NDArray[np.uint64], factor: int, more: int) -> None:
    """A whole number, lowest limbs first, times a factor and plus something, in place."""
    carry = np.uint64(more)
    for at in range(len(limbs)):
        total = limbs[at] * np.uint64(factor) + carry
        limbs[at], carry = total & _LOW, total >> _32


@njit(cache=True, nogil=True)
def _is_upper(text: Any, power: Any, lower: Any) -> Any:
    """Whether a number of many digits, written in `text` × 10^power, rounds to the double above `lower`."""
    bits = np.float64(lower).view(np.uint64)
    biased: Any = np.int64(bits >> np.uint64(52))
    mantissa = np.int64(bits & (_HIDDEN - _ONE)) + (1 << 52 if biased else 0)
    # The middle between the two is half × 2^two.
    half, two = 2 * mantissa + 1, max(biased, 1) - 1076
    written, middle = np.zeros(_LIMBS, np.uint64), np.zeros(_LIMBS, np.uint64)
    digits, fraction, rest = 0, False, False
    for at in range(len(text)):
        byte = text[at]
        if byte == _POINT:
            fraction = True
        elif digits < _ENOUGH_DIGITS:
            _times(written, 10, byte - 48)
            digits += int(digits > 0 or byte != 48)
            power -= int(fraction)
        else:
            rest = rest or byte != 48
            power += int(not fraction)
    middle[0], middle[1] = np.uint64(half) & _LOW, np.uint64(half) >> _32
    for _ in range(abs(power)):
        _times(written if power > 0 else middle, 10, 0)
    for _ in range(abs(two)):
        _times(middle if two > 0 else written, 2, 0)
    for at in range(_LIMBS - 1, -1, -1):
        if written[at] != middle[at]:
            return written[at] > middle[at]
    return rest or mantissa % 2 == 1
