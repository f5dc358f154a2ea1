"""What was done to an asset, as PREMIS 3 events, one a line, each with the digest of the line before it.

Who changes a line in the middle breaks every line after it; the last line's digest stands in the archive's inventory.
Types are those of id.loc.gov/vocabulary/preservation/eventType.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from scenes.model import Asset, AssetState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scenes.model import Revision
    from scenes.purging import Purge

FIRST = "0" * 64
"""what stands for the digest of the line before the first"""


def lines(asset_id: str, versions: Iterable[tuple[Revision, Asset | None]]) -> bytes:
    """The events of an asset's versions, oldest first; None: it was removed."""
    told, before, previous = [], None, FIRST
    for revision, asset in versions:
        for kind, outcome, note in _events(before, asset):
            event: dict[str, Any] = {
                "eventIdentifier": f"{asset_id}/{revision.number}/{kind.replace(' ', '-')}",
                "eventType": kind,
                "eventDateTime": revision.at.isoformat(),
                "eventDetail": revision.reason,
                "eventOutcome": outcome,
                "eventOutcomeDetailNote": note,
                "linkingAgent": revision.author,
                "linkingObject": _object(asset or before),
                "previous": previous,
            }
            line = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
            previous = hashlib.sha256(line).hexdigest()
            told.append(line)
        before = asset
    return b"".join(line + b"\n" for line in told)


def erasure(asset_id: str, purge: Purge) -> bytes:
    """The one event that is left of an asset that was erased for good."""
    event = {
        "eventIdentifier": f"{asset_id}/{purge.id}/deletion",
        "eventType": "deletion",
        "eventDateTime": None if purge.erased_at is None else purge.erased_at.isoformat(),
        "eventDetail": purge.reason,
        "eventOutcome": "success",
        "eventOutcomeDetailNote": ["erased for good, with its files and its history"],
        "linkingAgent": [purge.proposed_by, purge.approved_by],
        "linkingObject": asset_id,
        "previous": FIRST,
    }
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS) + b"\n"


def broken(data: bytes) -> int | None:
    """Number of the first line (from 1) that does not follow the one before it; None: all do."""
    previous = FIRST
    for number, line in enumerate(data.splitlines(), 1):
        try:
            is_next = orjson.loads(line)["previous"] == previous
        except (ValueError, KeyError, TypeError):
            is_next = False
        if not is_next:
            return number
        previous = hashlib.sha256(line).hexdigest()
    return None


def _events(before: Asset | None, after: Asset | None) -> Iterator[tuple[str, str, list[str]]]:
    """Type, outcome and notes of what a revision did to an asset."""
    if after is None:
        yield "deletion", "success", ["ended; its files are kept"]
        return
    if before is None:
        yield "ingestion", "success", [after.master_name]
        yield "message digest calculation", "success", [f"sha256 {after.master}"]
    elif before.master != after.master:
        yield "replication", "success", [f"a new version: {after.master_name}"]
        yield "message digest calculation", "success", [f"sha256 {after.master}"]
    state_before = None if before is None else before.state
    if after.state is not state_before and after.state in {AssetState.REJECTED, AssetState.FAILED}:
        yield "validation", "fail", [after.code, *after.report]
    if after.tileset is not None and (before is None or before.tileset != after.tileset):
        yield "validation", "warning" if after.report else "success", list(after.report)
        yield "normalization", "success", [f"3D Tiles 1.1, sha256 {after.tileset.digest}"]
    if after.media is not None and (before is None or before.media != after.media):
        yield "normalization", "success", [f"{after.media.media_type}, sha256 {after.media.digest}"]
    if before is not None and _described(before) != _described(after):
        yield "metadata modification", "success", []


def _described(asset: Asset) -> tuple[object, ...]:
    return asset.title, asset.rights, asset.attribution, asset.visibility, asset.identity, asset.finest, asset.embargo


def _object(asset: Asset | None) -> str:
    return "" if asset is None else f"sha256:{asset.master}"
