import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lines
from scenes.errors import Malformed


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
