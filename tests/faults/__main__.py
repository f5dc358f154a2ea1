"""`python -m tests.faults [PART ...]`: the campaigns, and a table of what was found; exit 1 where something is wrong."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.faults import failing, killed, power
from tests.faults.operations import OPERATIONS, make_base
from tests.faults.tracing import NoStrace


def main() -> int:
    """Run what is asked for."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=("kill", "ENOSPC", "EIO", "power"), nargs="+")
    parser.add_argument("--only", action="append", choices=list(OPERATIONS))
    parser.add_argument("--most", type=int)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--session", action="append", choices=list(power.SESSIONS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-base-") as folder:
        base = Path(folder) / "base"
        make_base(base)
        tallies = []
        try:
            if "kill" in given.part:
                tallies += killed.campaign(base, given.only or list(OPERATIONS), most=given.most)
            for error in ("ENOSPC", "EIO"):
                if error in given.part:
                    tallies += failing.campaign(base, given.only or list(OPERATIONS), error, most=given.most)
            if "power" in given.part:
                sessions = given.session or list(power.SESSIONS)
                tallies += power.campaign(base, sessions, draws=given.draws, every=given.every)
        except NoStrace as reason:
            print(f"faults: {reason}", file=sys.stderr)
            return 1
    print(f"{sum(each.points for each in tallies)} points, {sum(len(each.wrong) for each in tallies)} wrong")
    return int(any(each.wrong for each in tallies))


if __name__ == "__main__":
    sys.exit(main())
