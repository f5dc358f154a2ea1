"""Every durable system call fails, by ENOSPC (the disk is full, until it is not) or by EIO (once).

One process goes through it, as a server does: while calls fail it refuses with a code and reads on; when they do not
fail any more the same process does what it refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from scenes.errors import SceneError
from scenes.model import Asset
from tests.faults import operations
from tests.faults.killed import Ground, Tally, after, chosen
from tests.faults.operations import OPERATIONS, assets, opened
from tests.faults.tracing import OPENS, Point, Voice, disturbed, recorded

CODES = {"ENOSPC": {"STORAGE_FULL"}, "EIO": {"UNAVAILABLE"}}
"""what an operation may be refused with"""
FAULTS = {"ENOSPC": "error=ENOSPC+", "EIO": "error=EIO"}
_BARE = {"open", "migrate", "import"}
"""operations that begin without a museum that could be read meanwhile"""


def going_on(ground: Ground, operation: str) -> Callable[[Voice], None]:
    """The operation in a process that has the museum open, and reads and does it again after a fault."""

    def work(voice: Voice) -> None:
        if operation in _BARE:
            voice.wait("start")
            _tried(voice, ground, operation)
            voice.wait("faulted")
            OPERATIONS[operation](ground.data, voice.say)
            return
        with opened(ground.data) as services, operations.kept_open(services):
            # Whoever starts on a full disk is refused at once (`open`); this one runs already.
            voice.wait("start")
            _tried(voice, ground, operation)
            found = [each for each in assets(services) if services.blobs.read(each.master)]
            if not found or services.catalogue.get(Asset, "asset_stone") is None:
                raise AssertionError("nothing can be read while calls fail")
            voice.wait("faulted")
            with operations.kept_open(services, ahead=operations.LONG_AFTER):
                OPERATIONS[operation](ground.data, voice.say)

    return work


def _tried(voice: Voice, ground: Ground, operation: str) -> None:
    try:
        OPERATIONS[operation](ground.data, voice.say)
    except SceneError as refusal:
        voice.say(refused=refusal.code, message=str(refusal))
    except operations.COULD_NOT_BEGIN as refusal:
        # The command line's one line of reason, before there is a museum.
        voice.say(refused="BAD_SETTING", message=str(refusal))


def campaign(base: Path, operation: str, error: str, *, most: int | None, goes_on: bool = True) -> Tally:
    """Let an operation's calls fail from each point on (ENOSPC) or at it (EIO), or at `most` of them."""
    tally = Tally(operation)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ground = Ground(base, Path(folder))
        ground.lay(operation)
        child, found = recorded(going_on(ground, operation), ground.folder, ground.scratch, fails=True)
        if child.said[-1].get("at") != "done":
            raise AssertionError(f"{operation} does not succeed undisturbed: {child.said[-1]}")
        for point in chosen(found, most):
            _one(ground, operation, point, error, tally, goes_on=goes_on)
    tally.tell(error)
    return tally


def _one(ground: Ground, operation: str, point: Point, error: str, tally: Tally, *, goes_on: bool) -> None:
    ground.lay(operation)
    child, strace = disturbed(going_on(ground, operation), point, FAULTS[error], ground.scratch, waits=False)
    reached = child.listen("faulted")
    strace.let_go()
    tally.points += 1
    tally.not_reached += "INJECTED" not in (ground.scratch / "trace").read_text(errors="replace")
    wrong = []
    if reached:
        child.tell("well")
        child.listen()
    child.end()
    allowed = CODES[error] | ({"BAD_SETTING"} if operation == "open" else set())
    if point.call == OPENS:
        # Where SQLite cannot make a file it doesn't know why.
        allowed |= CODES["EIO"]
    for each in child.said:
        code = each.get("refused")
        if code is not None and code not in allowed:
            wrong.append(f"refused with {code}: {each['message']}")
    if child.said[-1].get("at") != "done":
        wrong.append(f"it did not go on: {child.said[-1]}")
    wrong += after(ground, operation, child.said, again=goes_on and not wrong)
    tally.wrong += [f"{point.label}: {each}" for each in wrong]
