import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lines
from scenes.errors import Malformed


def _number(text: str) -> tuple[float, int, bool]:
    value, after, good = lines.number(np.frombuffer(text.encode(), np.uint8), 0)
    return float(value), int(after), bool(good)


@pytest.mark.parametrize(("text", "value"), [
    ("1",                       1.0),
    ("-0.5",                    -0.5),
    ("+7",                      7.0),
    (".25",                     0.25),
    ("5.",                      5.0),
    ("1e3",                     1000.0),
    ("-1.25E-3",                -0.00125),
    ("1e400",                   math.inf),
    ("1e-400",                  0.0),
    ("-Infinity",               -math.inf),
    ("123456789012345678901",   123456789012345678901.0),
])  # fmt: skip
def test_numbers_in_all_their_spellings(text: str, value: float) -> None:
    found, after, good = _number(text)
    assert good
    assert after == len(text)
    assert found == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["nan", "NaN(ind)", "-nan", "1.#QNAN", "-1.#IND00"])
def test_what_is_no_number_by_its_own_word_is_read_as_that(text: str) -> None:
    found, after, good = _number(text)
    assert good
    assert math.isnan(found)
    assert after == len(text)


@pytest.mark.parametrize("text", ["x", "-", ".", "e5", "1e", "1x", "1,5", "0x10", "--1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not _number(text)[2]


@given(st.floats(-1e300, 1e300), st.sampled_from([repr, "{:.6f}".format, "{:.9g}".format]))
def test_numbers_are_read_as_python_reads_them(value: float, write) -> None:  # type: ignore[no-untyped-def]
    text = write(value)
    found, after, good = _number(text + " 1")
    assert good
    assert after == len(text)
    assert found == pytest.approx(float(text), rel=1e-15, abs=1e-300)


@given(st.lists(st.lists(st.integers(-99, 99), max_size=5), max_size=30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_are_those_of_the_plain_reader(table: list[list[int]], end: str) -> None:
    text = end.join(["# of test", *(" \t".join(map(str, row)) for row in table), ""]).encode()
    plain = lines.oracle_rows(text)
    found: list[list[float]] = []
    for values, words, _ in lines.rows(np.frombuffer(text, np.uint8), 0, len(plain), "x"):
        starts = np.cumsum(words) - words
        found += [values[start : start + count].tolist() for start, count in zip(starts, words, strict=True)]
    assert found == plain


def test_too_few_rows_are_malformed() -> None:
    with pytest.raises(Malformed, match="too soon"):
        list(lines.rows(np.frombuffer(b"1 2\n", np.uint8), 0, 2, "x"))
