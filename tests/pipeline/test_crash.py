import json

import pytest

from pipeline import crash


def test_an_error_is_told_by_its_class_and_the_package_that_raised_it() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    assert crash.of(caught.value) == {"error": "JSONDecodeError", "library": "json"}


@pytest.mark.parametrize(("said", "kept"), [
    ({"at": "glb"},                                     {"at": "glb"}),
    ({"at": "tiling", "error": "KeyError"},             {"at": "tiling", "error": "KeyError"}),
    ({"at": "/etc/passwd", "error": "<b>", "library": "a b"}, {}),
    ({"at": ["glb"], "error": 3, "library": None},      {}),
    ({"error": "x" * 100, "other": "y"},                {}),
])  # fmt: skip
def test_only_what_has_the_form_is_heard(said: dict[str, object], kept: dict[str, str]) -> None:
    assert crash.heard(said) == kept


def test_every_format_that_is_read_has_its_libraries_told() -> None:
    from pipeline import read

    told = {kind: crash.words({"at": kind}, -11, "", 1 << 30) for kind in read._READERS}
    assert all(f"while reading {kind.upper()} by " in words for kind, words in told.items())


def test_a_kill_and_a_signal_without_a_name() -> None:
    assert "out of memory" in crash.words({}, -9, "", 1 << 30)
    assert crash.words({}, -250, "", 1 << 30) == "signal 250"
