"""`chronotope fsck`: are all bytes still what they were, and is everything there that the catalogue speaks of?

Beside a running server or without one. `--repair` puts right what a replica still has, `--pace` leaves the disk to the
visitors, `--replicate` fills the replica first. What was found damaged or missing, and what became of it, is added to
`fixity.jsonl` in the data directory, a line each, and is an entry of the audit log. `--status` reads nothing and says
how far the server's own look is.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
import typer

from api.cli_keep import existing, user_name
from api.cli_progress import progress_bar
from api.errors import DoorError
from api.scrub import in_words, record
from api.services import open_services, stores
from api.settings import SettingsError, parse_size
from scenes.audit import MAX_TEXT
from scenes.counting import counted
from scenes.fixity import mended, replicate, scrub
from scenes.missing import assets, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from api.services import Services
    from scenes.fixity import Store

_NAMED = 10
"""objects that an entry of the audit log names"""


def fsck(
    *, data: Path | None, as_json: bool, pace: str | None = None, repair: bool = False, replicates: bool = False
) -> None:
    """Verify all objects and what the catalogue expects of them. `pace`: at most so much a second, such as `20M`.

    Raises:
        typer.BadParameter: `pace` is no size.
        DoorError: something is damaged or missing, and was not put right.
        SettingsError: a replica is asked for, and none is set.
    """
    settings, most = existing(data), _a_second(pace)
    with open_services(settings) as services:
        store, replica = stores(settings)
        if (repair or replicates) and replica is None:
            raise SettingsError(
                "CHRONOTOPE_REPLICA_URL", "is not set, so there is no replica to repair from or to fill"
            )
        copied = 0
        if replicates and replica is not None:
            with _reading("copying objects", store, most) as advance:
                copied = replicate(store, replica, advance)
        with _reading("reading objects", store, most) as advance:
            found = scrub(store, replica=replica, repairs=repair, advance=advance)

        def mend(digest: str) -> bool:
            return repair and mended(store, replica, digest)

        gone = [
            (f"{asset.id}: {what}", *how)
            for asset in assets(services.catalogue)
            for what, *how in missing(store, asset, mend)
        ]
        at = services.clock.now().isoformat()
        events = [{"was": "damaged", "what": name, "repaired": is_back} for name, is_back in found.damaged.items()]
        events += [{"was": "missing", "what": f"{what} {digest}", "repaired": back} for what, digest, back in gone]
        record(settings.data / "fixity.jsonl", [{"at": at, **event} for event in events])
        if events or copied:
            _note(services, events, copied)
    report: dict[str, Any] = {
        "objects": found.objects,
        "bytes": found.bytes,
        "damaged": found.left,
        "missing": [f"{what} {digest}" for what, digest, is_back in gone if not is_back],
        "repaired": found.repaired + [f"{what} {digest}" for what, digest, is_back in gone if is_back],
        "copied": copied,
    }
    if as_json:
        print(orjson.dumps(report).decode())
    else:
        _say(report)
    if report["damaged"] or report["missing"]:
        left, lacking = len(found.left), len(report["missing"])
        wrong = counted(left, "[object is|objects are] damaged"), counted(lacking, "[is|are] missing")
        raise DoorError("MALFORMED", ", ".join(wrong))


def _note(services: Services, events: Sequence[Mapping[str, object]], copied: int) -> None:
    """Add what was found and done to the audit log: one entry, with the names of the first; all are in fixity.jsonl."""
    told: dict[str, object] = {was: sum(each["was"] == was for each in events) for was in ("damaged", "missing")}
    told |= {"repaired": sum(bool(each["repaired"]) for each in events), "copied": copied}
    told["first"] = [str(each["what"])[:MAX_TEXT] for each in events[:_NAMED]]
    services.audit.note("fsck", actor=user_name(), at=services.clock.now(), detail=told)


def status(*, data: Path | None, as_json: bool) -> None:
    """Say how far the server's own look through the objects is."""
    with open_services(existing(data)) as services:
        found = None if services.rounds is None else services.rounds.last_round()
    print(orjson.dumps(found and asdict(found)).decode() if as_json else in_words(found))


def _say(report: dict[str, Any]) -> None:
    """In words, a line for each that is not as it should be."""
    for word in ("repaired", "damaged", "missing"):
        for name in report[word]:
            print(f"{word:8} {name}")
    objects, size = counted(report["objects"], "[object|objects]"), counted(report["bytes"], "[byte|bytes]")
    numbers = [f"{len(report[word])} {word}" for word in ("damaged", "missing", "repaired")]
    print(f"{objects}, {size}: {', '.join(numbers)}, {report['copied']} copied to the replica")


def _a_second(pace: str | None) -> int | None:
    try:
        return parse_size(pace) if pace else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--pace") from error


@contextmanager
def _reading(title: str, store: Store, pace: int | None) -> Iterator[Callable[[int], None]]:
    """Progress over all bytes of a store, no faster than `pace`."""
    total = sum(store.size(digest) or 0 for digest in store.digests()) if sys.stderr.isatty() else 0
    began, done = time.monotonic(), 0
    with progress_bar(title, total) as bar:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar(count)
            if pace:
                time.sleep(max(0.0, done / pace - (time.monotonic() - began)))

        yield advance
