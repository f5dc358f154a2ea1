"""A few mutants of each format; `make fuzz` reads 20,000 of each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile import fuzz
from tests.hostile.good import GOOD
from tests.hostile.mutants import mutant

A_FEW = 15
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_mutants_are_read_or_refused_and_never_worse() -> None:
    # In a process of its own: what is forked from one with threads, as this may be by now, may wait for ever.
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.fuzz", str(A_FEW)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if " read; refused: " in line]
    assert [line.partition(":")[0] for line in lines] == list(GOOD)
    for line in lines:
        assert sum(map(int, re.findall(r"(\d+) (?:read|[A-Z_]{3,})", line))) == A_FEW, line


def test_a_mutant_is_the_same_each_time() -> None:
    for kind in ("glb", "png", "obj-zip", "ply-text", "las"):
        assert mutant(kind, 7) == mutant(kind, 7) != mutant(kind, 8)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
@pytest.mark.parametrize(("what", "words"), [
    ("crash", r"stl 1: crash \(SIGSEGV\)"),
    ("uncoded", r"stl 1: uncoded \(ZeroDivisionError"),
    ("memory", r"stl 1: memory \("),
    ("hang", r"stl 1: hang \(SIGPROF\)"),
])  # fmt: skip
def test_what_is_worse_is_found_and_the_rest_is_read(what: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path, name: str) -> str:
        if path.read_bytes() != mutant("stl", 1):
            return "stl"
        match what:
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "uncoded":
                _ = 1 / 0
            case "memory":
                bytearray(b"x" * (400 << 20))
            case "hang":
                while True:
                    pass
        return name

    monkeypatch.setattr(fuzz, "read_as_deposited", broken)
    if what == "hang":
        monkeypatch.setattr(fuzz, "HANG_S", 0.05)
    found = fuzz.run("stl", 0, 4)
    assert len(found.findings) == 1
    assert re.search(words, found.findings[0])
    assert found.read + sum(found.codes.values()) >= 3
