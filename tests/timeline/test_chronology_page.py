"""docs/chronology.md: its examples run, and it names every kind of statement."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from timeline.statement import Kind

PAGE = (Path(__file__).resolve().parents[2] / "docs/chronology.md").read_text()


def test_the_examples_of_the_page_run() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "chronology.md", "docs/chronology.md", 0)
    told: list[str] = []
    doctest.DocTestRunner().run(test, out=told.append)
    assert told == []


def test_the_page_has_every_kind_of_statement() -> None:
    assert [kind for kind in Kind if f"`{kind}`" not in PAGE] == []
