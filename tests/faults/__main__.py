"""`python -m tests.faults PART ...`: the campaigns, a row for each operation; exit 1 where something is wrong.

kill      kill -9 at every durable system call of every operation
ENOSPC    every one of them fails, the disk being full, and then is well again; EIO: it fails once
parse     the process that parses a file is killed, or its calls fail, at every one of them
power     power is cut after every one, in two models
serve     the same over HTTP, on the real server: 507 or 503, reading goes on, and then writing
drill     the sample museum is backed up, lost, and brought back on an empty machine
smoke     a few points of each but the drill
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.api.command import COMMAND, ROOT, environment
from tests.faults import drill, failing, killed, parsing, power, served
from tests.faults.killed import Tally
from tests.faults.operations import OPERATIONS, make_base
from tests.faults.tracing import NoStrace

PARTS = ("kill", "ENOSPC", "EIO", "parse", "serve", "power", "drill", "smoke")
_MEMORY = Path("/dev/shm")
"""where museums are broken, if it is there: a point is a call, and what a disk does at it, which takes long, is none"""


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS, nargs="+")
    parser.add_argument("--only", action="append", choices=list(OPERATIONS), help="these operations")
    parser.add_argument("--session", action="append", choices=list(power.SESSIONS), help="these sessions")
    parser.add_argument("--most", type=int, help="points of an operation, drawn by seed")
    parser.add_argument("--draws", type=int, default=4, help="of what a power cut leaves of unsynced writes")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="operations at the same time")
    given = parser.parse_args()
    try:
        return _run(given)
    except NoStrace as reason:
        print(f"faults: {reason}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace) -> int:
    tallies, wrong = list[Tally](), list[str]()
    if "drill" in given.part:
        wrong = _drill()
    if _MEMORY.is_dir():
        tempfile.tempdir = str(_MEMORY)
    with tempfile.TemporaryDirectory(prefix="faults-base-") as folder:
        base = Path(folder)
        if "smoke" in given.part:
            make_base(base, is_tiled=False)
            tallies.append(killed.campaign(base, "edit", most=3, goes_on=False))
            tallies.append(killed.campaign(base, "publish", most=3, goes_on=False))
            tallies.append(failing.campaign(base, "edit", "ENOSPC", most=3, goes_on=False))
            tallies.append(power.campaign(base, "edit", draws=1, every=40))
        elif set(given.part) != {"drill"}:
            make_base(base)
            # Forked, so that each has all imported that this one has.
            with multiprocessing.get_context("fork").Pool(given.at_once) as pool:
                tallies += pool.imap_unordered(_called, _campaigns(given, base))
    points, failed = sum(each.points for each in tallies), sum(len(each.wrong) for each in tallies)
    print(f"{points} points, {failed + len(wrong)} wrong")
    return int(bool(failed or wrong))


def _drill() -> list[str]:
    with tempfile.TemporaryDirectory(prefix="faults-drill-") as folder:
        museum = Path(folder) / "museum"
        command = [*COMMAND, "demo", "--build-only", "--data", str(museum)]
        subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)
        wrong = drill.run(museum, Path(folder))
    for each in wrong:
        print(f"  {each}")
    return wrong


def _called(campaign: Callable[[], Tally]) -> Tally:
    return campaign()


def _campaigns(given: argparse.Namespace, base: Path) -> Iterator[Callable[[], Tally]]:
    # The longest are the last in the tables, and begin first.
    for operation in given.only or reversed(OPERATIONS):
        if "kill" in given.part:
            yield partial(killed.campaign, base, operation, most=given.most)
        for error in ("ENOSPC", "EIO"):
            if error in given.part:
                yield partial(failing.campaign, base, operation, error, most=given.most)
    if "parse" in given.part:
        for operation in parsing.OPERATIONS:
            yield partial(parsing.campaign, base, operation, most=given.most)
    if "serve" in given.part:
        yield partial(served.campaign, base)
    if "power" in given.part:
        for session in given.session or reversed(power.SESSIONS):
            yield partial(power.campaign, base, session, draws=given.draws)


if __name__ == "__main__":
    sys.exit(main())
