"""`python -m tests.faults PART ...`: the campaigns, a row for each operation; exit 1 where something is wrong.

kill      kill -9 at every durable system call of every operation
ENOSPC    every one of them fails, the disk being full, and then is well again; EIO: it fails once
power     power is cut after every one, in two models
serve     the same over HTTP, on the real server: 507 or 503, reading goes on, and then writing
drill     the sample museum is backed up, lost, and brought back on an empty machine
smoke     a few points of each but the drill
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.api.command import COMMAND, ROOT, environment
from tests.faults import drill, failing, killed, power, served
from tests.faults.killed import Tally
from tests.faults.operations import OPERATIONS, make_base
from tests.faults.tracing import NoStrace

PARTS = ("kill", "ENOSPC", "EIO", "serve", "power", "drill", "smoke")
EXPENSIVE = {"tile": 60, "renew": 40}
"""points at most of operations at each of which a model is tiled, drawn by seed"""


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS, nargs="+")
    parser.add_argument("--only", action="append", choices=list(OPERATIONS), help="these operations")
    parser.add_argument("--session", action="append", choices=list(power.SESSIONS), help="these sessions")
    parser.add_argument("--most", type=int, help="points of an operation, drawn by seed")
    parser.add_argument("--draws", type=int, default=4, help="of what a power cut leaves of unsynced writes")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="faults-base-") as folder:
            return _run(given, Path(folder))
    except NoStrace as reason:
        print(f"faults: {reason}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace, scratch: Path) -> int:
    base, tallies, wrong = scratch / "base", list[Tally](), list[str]()
    if "smoke" in given.part:
        make_base(base, is_tiled=False)
        tallies += killed.campaign(base, ("edit", "publish"), most={"edit": 3, "publish": 3}, goes_on=False)
        tallies += failing.campaign(base, ("edit",), "ENOSPC", most={"edit": 3}, goes_on=False)
        tallies += power.campaign(base, ("edit",), draws=1, every=40)
    elif set(given.part) != {"drill"}:
        make_base(base)
        names = given.only or list(OPERATIONS)
        most = {name: given.most or EXPENSIVE.get(name) for name in names}
        if "kill" in given.part:
            tallies += killed.campaign(base, names, most=most)
        for error in ("ENOSPC", "EIO"):
            if error in given.part:
                tallies += failing.campaign(base, names, error, most=most)
        if "serve" in given.part:
            tallies += served.campaign(base)
        if "power" in given.part:
            tallies += power.campaign(base, given.session or list(power.SESSIONS), draws=given.draws)
    if "drill" in given.part:
        museum = scratch / "museum"
        command = [*COMMAND, "demo", "--build-only", "--data", str(museum)]
        subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)
        wrong = drill.run(museum, scratch)
        for each in wrong:
            print(f"  {each}")
    points, failed = sum(each.points for each in tallies), sum(len(each.wrong) for each in tallies)
    print(f"{points} points, {failed + len(wrong)} wrong")
    return int(bool(failed or wrong))


if __name__ == "__main__":
    sys.exit(main())
