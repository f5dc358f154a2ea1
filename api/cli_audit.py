"""`chronotope audit …`: read the audit log, verify it, and print its anchor, which is to be kept elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.services import Services
    from scenes.audit import Anchor, Entry

app = typer.Typer(help="The audit log: who did what, when, from where.", no_args_is_help=True)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory; it holds everything.  [default: museum]"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]
_CHUNK = 500


@app.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="N:HASH", help="An anchor that was kept: it must still be in the log. May be repeated."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Go through the whole log and the history of the records; exit 1 where something is not as it was written."""
    from api.errors import DoorError
    from scenes.audit import Verifier, anchor_of

    verifier = Verifier([anchor_of(each) for each in anchor or ()])
    with _opened(data) as services:
        told: dict[str, str] = {}
        faults = []
        for entry in _entries(services):
            faults += verifier.faults([entry])
            detail = json.loads(entry.detail)
            if entry.action.startswith("revision."):
                told[entry.subject] = detail.get("digest", "")
            elif entry.action == "purge.erased":
                # What these revisions say now; what they said before is gone for good.
                told |= {f"revision {number}": digest for number, digest in detail.get("revisions", {}).items()}
            elif entry.action == "import":
                # What came out of a tree may be written otherwise here; the tree's digests vouch for it.
                told.clear()
        faults += verifier.missing()
        what = [fault.what for fault in faults] + list(history_faults(services, told))
    _say(
        as_json,
        {"entries": verifier.last.number, "anchor": str(verifier.last), "faults": what},
        [*what, f"{verifier.last.number} entries, {len(what)} faults; anchor {verifier.last}"],
    )
    if what:
        raise DoorError("DAMAGED", "the audit log or the history is not as it was written")


@app.command()
def anchor(data: Data = None) -> None:
    """Print the anchor of the last entry. Kept elsewhere, it shows later what was cut off or written anew."""
    with _opened(data) as services:
        print(services.audit.last_entry())


@app.command()
def show(
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many entries, from the end.")] = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print the last entries, oldest first."""
    with _opened(data) as services:
        end: Anchor = services.audit.last_entry()
        for entry in services.audit.entries(after=max(0, end.number - last), first=last):
            _say(as_json, _told(entry), [_line(entry)])


def _opened(data: Path | None) -> Any:
    from api.cli_keep import existing
    from api.services import open_services

    return open_services(existing(data))


def _entries(services: Services) -> Iterator[Entry]:
    after = 0
    while found := services.audit.entries(after=after, first=_CHUNK):
        yield from found
        after = found[-1].number


def history_faults(services: Services, told: dict[str, str]) -> Iterator[str]:
    """Revisions that are not what their entries tell, from the first that has one on."""
    numbers = sorted(int(subject.split()[-1]) for subject in told)
    after = numbers[0] - 1 if numbers else services.catalogue.latest()
    while found := services.audit.digests(after=after, first=_CHUNK):
        for number, digest in found.items():
            expected = told.pop(f"revision {number}", None)
            if expected is None:
                yield f"revision {number} has no entry: an older program wrote it, or somebody past all programs"
            elif expected != digest:
                yield f"revision {number} is not what its entry tells: it was changed"
        after = max(found)
    yield from (f"{subject} is gone" for subject in told)


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number, "at": entry.at.isoformat(), "actor": entry.actor, "action": entry.action,
        "subject": entry.subject, "detail": json.loads(entry.detail), "address": entry.address, "hash": entry.hash,
    }  # fmt: skip


def _line(entry: Entry) -> str:
    at, address = entry.at.strftime("%Y-%m-%d %H:%M:%SZ"), entry.address or "-"
    return f"{entry.number:6} {at}  {entry.actor}  {entry.action}  {entry.subject}  {address}  {entry.detail}"


def _say(as_json: bool, value: dict[str, Any], lines: list[str]) -> None:
    print(json.dumps(value, ensure_ascii=False) if as_json else "\n".join(lines))
