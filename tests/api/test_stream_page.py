"""The list of error codes in docs/protocol.md is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

from api.errors import TABLE
from timeline.errors import EdtfError, TimelineError

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (`[A-Z_`, ]+`) \| ([^|]+) \|", re.MULTILINE)


def rows() -> dict[str, set[str]]:
    """By code, what it answers."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    chapter = page.partition("\n## Errors\n")[2].partition("\n## ")[0]
    found: dict[str, set[str]] = {}
    for codes, answers in ROW.findall(chapter):
        for code in re.findall(r"[A-Z_]+", codes):
            found.setdefault(code, set()).update(re.findall(r"`(\w+)`", answers))
    return found


def test_every_code_on_the_page_is_one_of_the_table():
    assert len(rows()) >= 7
    assert rows().keys() <= TABLE.keys()


def test_every_code_of_rooms_is_on_the_page():
    sources = "".join(
        path.read_text() for folder in ("api", "streaming") for path in sorted((ROOT / folder).glob("room*.py"))
    )
    codes = set(re.findall(r'(?:RoomError|Refusal)\(\s*"([A-Z_]+)"', sources))
    assert codes >= {"INVALID", "FORBIDDEN", "LIMIT", "REFUSED", "INTERNAL"}
    assert codes <= rows().keys()


def test_what_a_seek_can_meet_is_on_the_page():
    for code in (EdtfError.code, TimelineError.code, "NOT_FOUND"):
        assert "seek" in rows()[code]
