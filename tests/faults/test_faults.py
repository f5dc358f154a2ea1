"""A few points of each campaign: `make faults` goes through all of them."""

import random
import shutil
import subprocess
import sys

import pytest

from tests.api.command import ROOT, environment
from tests.faults.disk import PAGE, Disk, Event, Model


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed; .ci/run does it as root")
def test_nothing_is_lost_or_half_at_a_few_points_of_each_kind() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "smoke"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(" points, 0 wrong")


def written(*, syncs: bool) -> Disk:
    """A file of two pages beside its place, synced or not, and renamed without the folder's being synced."""
    disk = Disk({"a/old": b"old"}, ["a"])
    disk.apply(Event("create", "a/new"))
    disk.apply(Event("write", "a/new", data=b"x" * 2 * PAGE))
    if syncs:
        disk.apply(Event("sync", "a/new"))
    disk.apply(Event("rename", "a/new", "a/old"))
    return disk


def test_a_strict_disk_keeps_what_was_synced_and_nothing_else() -> None:
    disk = written(syncs=True)
    assert disk.left(Model.STRICT) == ({"a/old": b"old"}, {"a"})
    disk.apply(Event("sync", "a"))
    assert disk.left(Model.STRICT) == ({"a/old": b"x" * 2 * PAGE}, {"a"})


def test_a_disk_that_writes_names_first_loses_bytes_that_were_not_synced() -> None:
    assert written(syncs=True).left(Model.METADATA_FIRST) == ({"a/old": b"x" * 2 * PAGE}, {"a"})
    disk = written(syncs=False)
    assert disk.left(Model.METADATA_FIRST) == ({"a/old": bytes(2 * PAGE)}, {"a"})
    torn = {disk.left(Model.METADATA_FIRST, random.Random(draw))[0]["a/old"] for draw in range(40)}
    assert torn == {first * PAGE + second * PAGE for first in (b"x", b"\0") for second in (b"x", b"\0")}
