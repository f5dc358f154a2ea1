"""The page's worked session is what the code says."""

from __future__ import annotations

import re

from streaming import limits
from streaming.client import ACK_PATIENCE_S
from streaming.errors import CloseCode
from streaming.opening import MOST, PARAMETERS
from streaming.schedule import ACK_INTERVAL_S, IN_FLIGHT, MAX_WINDOW, MIN_WINDOW
from streaming.sender import LEAST_MESSAGE, MESSAGE_S
from streaming.server import HAVE_WAIT_S, MESSAGES_PER_S
from tests.streaming.vectors import KINDS
from tests.streaming.worked_session import PAGE, chapter


def test_the_worked_session_on_the_page_is_what_the_code_says():
    assert PAGE.read_text().endswith(chapter())


def test_every_close_code_and_parameter_is_on_the_page():
    page = PAGE.read_text()
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", page, re.MULTILINE)} == set(CloseCode)
    for parameter in PARAMETERS | {"token"}:
        assert f"`{parameter}`" in page


def test_every_kind_and_its_name_is_on_the_page():
    page = PAGE.read_text()
    for kind, name in KINDS.items():
        assert f"| 0x{kind:02x} | {name} |" in page


def test_the_limits_on_the_page_are_those_of_the_code():
    page = " ".join(PAGE.read_text().split())
    for said in (
        f"{limits.MAX_HAVE:,} a message and {limits.MAX_HELD:,} in a session", f"0 to {limits.MAX_HELD:,}",
        f"either direction, {limits.MAX_FRAME})", f"at most {limits.MAX_TOKEN} characters",
        f"at most {limits.MAX_DRAWN:,} nodes", f"`stall_s` ({limits.STALL_S:g}), `resume_s` ({limits.RESUME_S:g})",
        f"unacknowledged for {limits.STALL_S:g} s", f"more than {MESSAGES_PER_S:g} messages a second",
        f"or {HAVE_WAIT_S:g} s have passed",
        f"greater of {MIN_WINDOW >> 10} KiB and {IN_FLIGHT:g} × bandwidth × round trip",
        f"at most {MAX_WINDOW >> 20} MiB",
        f"one in {ACK_INTERVAL_S * 1000:g} ms", f"latest {ACK_PATIENCE_S * 1000:g} ms",
        f"carries in {MESSAGE_S * 1000:g} ms ({LEAST_MESSAGE >> 10} to {limits.MAX_FRAME >> 10} KiB)",
        f"{MOST.bytes >> 30} GiB, {MOST.triangles // 10**6} million triangles, {MOST.draws:,} draws",
    ):  # fmt: skip
        assert said in page, said
