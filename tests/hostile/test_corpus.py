"""Every hostile file meets its code, and every good one is read: by the readers themselves, without the sandbox."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from scenes.errors import SceneError
from tests.hostile.corpus import CORPUS, NEW, SLOW, content_of
from tests.hostile.door import read_as_deposited
from tests.hostile.good import GOOD

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("what", [what for what in NEW if what not in SLOW])
def test_a_hostile_file_meets_its_code(what: str, tmp_path: Path) -> None:
    path = tmp_path / "master"
    name, data, code = content_of(what)
    path.write_bytes(data)
    found, said = "", ""
    try:
        read_as_deposited(path, name)
    except SceneError as refusal:
        found, said = refusal.code, str(refusal)
    assert (found, bool(said)) == (code, bool(code)), said
    assert str(tmp_path) not in said, "it tells where it lies"
    assert len(said) < 1000


@pytest.mark.parametrize("kind", GOOD)
def test_what_they_are_bent_from_is_read(kind: str, tmp_path: Path) -> None:
    name, make = GOOD[kind]
    path = tmp_path / "master"
    path.write_bytes(make())
    assert read_as_deposited(path, name)


def test_there_are_as_many_as_the_security_page_says() -> None:
    codes = Counter(code for _, _, code in CORPUS.values())
    assert codes.total() - codes[""] >= 300
    assert len(GOOD) >= 30
    assert set(codes) == {"", "MALFORMED", "LIMIT", "UNSUPPORTED", "FORBIDDEN_REF"}
