from __future__ import annotations

import pytest

from scenes.authoring.time import existence, existence_if_any, moment
from timeline.errors import EdtfError


@pytest.mark.parametrize("text", ["1210", "1210~/1250", "[1205..1215]/[1248..1252]", "../0390"])
def test_what_was_written_is_kept(text: str) -> None:
    assert (existence(text), existence_if_any(text)) == (text, text)
    assert existence_if_any("") == ""


def test_what_people_write_is_refused_with_what_it_may_mean() -> None:
    with pytest.raises(EdtfError) as refused:
        existence("c. 1210")
    assert str(refused.value) == (
        "EDTF 'c. 1210': found 'c', expected a year (column 1); it may mean 1210~ or [1205..1215]"
    )


def test_what_nobody_understands_is_refused_as_it_stands() -> None:
    with pytest.raises(EdtfError) as refused:
        existence("under Hadrian")
    assert "may mean" not in str(refused.value)


def test_a_moment_is_a_set_of_days() -> None:
    assert moment("12XX") == "12XX"
    with pytest.raises(EdtfError):
        moment("1210-13")
