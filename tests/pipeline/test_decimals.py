import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import decimals


def _number(text: str, behind: str = "") -> tuple[float, int, bool]:
    value, after, good = decimals.number(np.frombuffer((text + behind).encode(), np.uint8), 0)
    return float(value), int(after), bool(good)


@pytest.mark.parametrize("behind", ["", " 1", "\n" + 40 * " "], ids=["last", "near the end", "in the midst"])
@pytest.mark.parametrize(("text", "value"), [
    ("1",                       1.0),
    ("-0.5",                    -0.5),
    ("+7",                      7.0),
    (".25",                     0.25),
    ("5.",                      5.0),
    ("12345678",                12345678.0),
    ("1234567.12345678",        1234567.12345678),
    ("0.1234567890123456",      0.1234567890123456),
    ("0.12345678901234567",     0.12345678901234567),
    ("1e3",                     1000.0),
    ("-1.25E-3",                -0.00125),
    ("1e400",                   math.inf),
    ("1e-400",                  0.0),
    ("-Infinity",               -math.inf),
    ("0.000000000000000000001", 1e-21),
    ("123456789012345678901",   123456789012345678901.0),
])  # fmt: skip
def test_numbers_in_all_their_spellings(text: str, value: float, behind: str) -> None:
    assert _number(text, behind) == (value, len(text), True)


@pytest.mark.parametrize("text", ["nan", "NaN(ind)", "-nan", "1.#QNAN", "-1.#IND00"])
def test_what_is_no_number_by_its_own_word_is_read_as_that(text: str) -> None:
    found, after, good = _number(text, "\n" + 40 * " ")
    assert good
    assert math.isnan(found)
    assert after == len(text)


@pytest.mark.parametrize("behind", ["", "\n" + 40 * " "])
@pytest.mark.parametrize(
    "text", ["x", "-", "+", ".", "-.", "e5", "1e", "1e-", "1x", "1,5", "0x10", "--1", "1.2.3", "1-2"]
)
def test_what_is_no_number_is_none(text: str, behind: str) -> None:
    assert not _number(text, behind)[2]


_FORMS = [repr, "{:.6f}".format, "{:.9g}".format, "{:.17g}".format, "{:.17e}".format, "{:.25g}".format]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(_FORMS), st.sampled_from(["", 40 * " "]))
def test_numbers_are_read_as_python_reads_them(value: float, write, behind: str) -> None:  # type: ignore[no-untyped-def]
    text = write(value)
    assert _number(text, behind) == (float(text), len(text), True)


@given(st.integers(0, 10**19), st.integers(-360, 320))
@example(2**53 + 1, 0)
@example(9007199254740993, -20)
@example(17976931348623158, 292)
@example(17976931348623159, 292)
@example(22250738585072011, -324)
@example(5, -324)
@example(2, -324)
def test_any_nineteen_digits_at_any_power_are_rounded_once(digits: int, power: int) -> None:
    text = f"{digits}e{power}"
    assert _number(text)[0] == float(text)


def _middle(bits: int) -> Fraction:
    """Half way from a double to the next one."""
    low, high = (struct.unpack("<d", struct.pack("<Q", number))[0] for number in (bits, bits + 1))
    return (Fraction(low) + Fraction(high)) / 2


@given(st.integers(0, 0x7FEFFFFFFFFFFFFE), st.sampled_from(["", "0", "000000001", 900 * "0" + "1"]))
@example(0, "")
@example(0x7FEFFFFFFFFFFFFE, "1")
@example(0x000FFFFFFFFFFFFF, "")
def test_what_lies_between_two_doubles_goes_to_the_even_one_and_a_trace_more_goes_up(bits: int, trace: str) -> None:
    middle = _middle(bits)
    places = middle.denominator.bit_length() - 1
    text = f"{middle.numerator * 5**places}{trace}e{-places - len(trace)}"
    assert _number(text)[0] == float(text)
    below = f"{middle.numerator * 5**places - 1}{999 * '9'}e{-places - 999}"
    assert _number(below)[0] == float(below)
