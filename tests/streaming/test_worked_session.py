"""The page's worked session is what the code says."""

from __future__ import annotations

import re

from streaming import frames
from streaming.errors import CloseCode
from streaming.opening import PARAMETERS
from tests.streaming.worked_session import PAGE, chapter


def test_the_worked_session_on_the_page_is_what_the_code_says():
    assert PAGE.read_text().endswith(chapter())


def test_every_close_code_and_parameter_is_on_the_page():
    page = PAGE.read_text()
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", page, re.MULTILINE)} == set(CloseCode)
    for parameter in PARAMETERS | {"token"}:
        assert f"`{parameter}`" in page


def test_the_limits_on_the_page_are_those_of_the_code():
    page = PAGE.read_text()
    assert f"{frames.MAX_HAVE} a message" in page
    assert f"messages, {frames.MAX_FRAME}" in page or f"{frames.MAX_FRAME})" in page
