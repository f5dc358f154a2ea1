"""A museum as an OCFL tree, and a museum made of one: everything that cannot be made again, and the tiles.

    urn:chronotope:asset:ID    masters/SHA256/NAME of every version, record.json, premis.jsonl (`storage.premis`)
    urn:chronotope:tiles:ID    SHA256.json, .glb, .webp, …: what is delivered of it, of every version
    urn:chronotope:museum      about.json, revisions/0000000001.jsonl, …: each revision with what it wrote and ended;
                               purges.json: what was erased for good;
                               audit/0000000001.jsonl, …: the audit log, its chain of hashes with it

What was erased in the museum is erased in its tree by the next export: of an asset one PREMIS event is left, the
deletion, and the revisions are written anew, without the versions of that file that still told of it.

The revisions are the catalogue: written again in their order they make the same one, with its history. They are written
last, up to the one that was the last when the export began, so that a tree never speaks of an asset that it does not
hold. Access tokens are secrets and stay behind; jobs that had not ended are begun anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, cast

import orjson

from scenes.audit import Entry
from scenes.errors import Conflict, Malformed, NotFound
from scenes.model import Asset, AssetState, Job, JobState, Record, Revision
from scenes.ports import BlobUse, LogEntry, Put, Remove, Step, Taking
from scenes.purging import Purge
from storage import premis
from storage.records import KINDS, decode, encode, kind_name, moment, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from scenes.audit import Audit
    from scenes.ingest import Depot
    from scenes.ports import Blobs, Catalogue, Jobs
    from scenes.purging import Purges
    from storage.ocfl import Kept, Ocfl, Source

FORMAT = 1
MUSEUM = "urn:chronotope:museum"
_ASSET, _TILES = "urn:chronotope:asset:", "urn:chronotope:tiles:"
_CHUNK = 500
"""revisions in a file"""
_TYPES = {
    "json": "application/json", "glb": "model/gltf-binary", "webp": "image/webp", "jpg": "image/jpeg",
    "png": "image/png", "ktx2": "image/ktx2",
}  # fmt: skip
_NAMED = re.compile(rb'"([0-9a-f]{64}\.(?:%s))"' % "|".join(_TYPES).encode())
_TILE = re.compile(r"([0-9a-f]{64})(?:\.([a-z0-9]+))?")

Progress = Callable[[float, str], None]
Versions = list[tuple[Revision, Asset | None]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What an export or an import did."""

    revisions: int
    """number of the last one"""
    assets: int
    files: int
    byte_length: int
    written: int
    """objects of the tree that got a new version; files that the museum did not have"""


def export(depot: Depot, tree: Ocfl, *, author: str, progress: Progress) -> Moved:
    """Bring a tree up to date. What is there already is not read again.

    Raises:
        Conflict: another process writes the tree, or it is of another museum.
        Malformed: the tree is damaged.
        NotFound: nothing was ever recorded; or a blob is missing, and `chronotope fsck` tells which.
        StorageFull: the disk is full.
    """
    catalogue, clock = depot.catalogue, depot.clock
    audit = cast("Audit", catalogue)
    until, noted = catalogue.latest(), audit.last_entry().number
    if not until:
        raise NotFound("the museum is empty: nothing was ever recorded")
    purges = cast("Purges", catalogue)
    with tree.locked():
        purged = purges.purged()
        is_behind = _count_purged(tree) != len(purged)
        _check_same_museum(tree, catalogue, was_purged=bool(purged))
        written = _erase_purged(tree, purged, author=author, at=clock.now()) if is_behind else 0
        versions = _versions(catalogue, until)
        files = total = 0
        for done, (asset_id, history) in enumerate(sorted(versions.items())):
            progress(done / len(versions), f"asset {done + 1} of {len(versions)}")
            message = f"up to revision {history[-1][0].number}"
            for object_id, wanted in _objects(asset_id, history, depot.blobs):
                kept = tree.kept(object_id) or {}
                given = {name: _unless_kept(name, source, kept) for name, source in wanted.items()}
                written += tree.write(object_id, given, message=message, author=author, at=clock.now())
                now = tree.kept(object_id) or {}
                files, total = files + len(now), total + sum(each.byte_length for each in now.values())
        progress(1.0, "revisions")
        about = {"format": FORMAT, "madeBy": f"chronotope {metadata.version('chronotope')}", "revisions": until}
        museum: dict[str, Source | Kept] = {"about.json": _bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))}
        if purged:
            museum["purges.json"] = _bytes(_purges_told(purges, purged))
        museum |= {_chunk_name(start): _chunk(catalogue, start, until) for start in range(1, until + 1, _CHUNK)}
        museum |= {_audit_name(start): _audit_chunk(audit, start, noted) for start in range(1, noted + 1, _CHUNK)}
        message = f"revisions 1 to {until}"
        written += tree.write(MUSEUM, museum, message=message, author=author, at=clock.now(), is_anew=is_behind)
    return Moved(until, len(versions), files, total, written)


def restore(depot: Depot, jobs: Jobs, tree: Ocfl, *, progress: Progress) -> Moved:
    """Make a museum of a tree: in an empty one, or one in which this was begun before.

    Raises:
        Conflict: the museum has a history of its own.
        Malformed: the tree is no museum, is damaged, or was written by a newer Chronotope.
        StorageFull: the disk is full.
    """
    kept = _museum(tree)
    _check_begun(depot.catalogue, tree, kept)
    files = total = written = 0
    objects = [each for each in tree.ids() if each.startswith((_ASSET, _TILES))]
    for done, object_id in enumerate(objects):
        progress(done / len(objects), f"object {done + 1} of {len(objects)}")
        uses = []
        for name, file in (tree.kept(object_id) or {}).items():
            digest, use = _blob_of(object_id, name, file.byte_length)
            if digest is not None:
                files, total = files + 1, total + file.byte_length
                written += _put(depot.blobs, tree, object_id, file, digest)
                uses += [] if use is None else [use]
        if uses:
            depot.catalogue.allow_blobs(object_id.removeprefix(_TILES), uses)
    progress(1.0, "revisions")
    _carry_audit(cast("Audit", depot.catalogue), tree, kept)
    assets = _write_again(depot.catalogue, _entries(tree, kept))
    if "purges.json" in kept:
        cast("Purges", depot.catalogue).carry_purges(*_purges_of(_read(tree, MUSEUM, kept["purges.json"])))
    _begin_anew(depot, jobs, assets)
    return Moved(depot.catalogue.latest(), len(assets), files, total, written)


def _museum(tree: Ocfl) -> Mapping[str, Kept]:
    kept = tree.kept(MUSEUM)
    if kept is None or "about.json" not in kept:
        raise Malformed("the tree holds no museum")
    about = orjson.loads(_read(tree, MUSEUM, kept["about.json"]))
    if about["format"] > FORMAT:
        raise Malformed(f"the tree has format {about['format']}, and this Chronotope reads {FORMAT}; use a newer one")
    return kept


def _put(blobs: Blobs, tree: Ocfl, object_id: str, file: Kept, digest: str) -> bool:
    """Keep a file of the tree as a blob; whether it was not there."""
    if blobs.size(digest) == file.byte_length:
        return False
    with tree.open(object_id, file) as source:
        found, _ = blobs.put_stream(source)
    if found != digest:
        raise Malformed(f"{object_id}: {file.name} is damaged: its sha256 is {found}")
    return True


def _write_again(catalogue: Catalogue, entries: Iterable[LogEntry]) -> dict[str, Asset]:
    """Commit what the catalogue does not have yet; the assets that stand in the end."""
    latest, assets = catalogue.latest(), dict[str, Asset]()
    for entry in entries:
        said = entry.revision
        if said.number > latest and not entry.changes:
            cast("Purges", catalogue).empty_revision(said, entry.taking)
        elif said.number > latest:
            made = catalogue.commit(
                entry.changes, author=said.author, reason=said.reason, at=said.at, taking=entry.taking, noted=False
            )
            if made.number != said.number:
                raise Conflict(f"revision {said.number} became {made.number}: something else is written meanwhile")
        for change in entry.changes:
            if isinstance(change.record, Asset):
                assets.pop(change.record.id, None)
                if isinstance(change, Put):
                    assets[change.record.id] = change.record
    return assets


def _begin_anew(depot: Depot, jobs: Jobs, assets: Mapping[str, Asset]) -> None:
    """What was not tiled yet when the tree was written."""
    now = depot.clock.now()
    for asset in assets.values():
        wanted = []
        if asset.state is AssetState.PENDING:
            wanted.append(("tile", depot.ids.new("job")))
        if asset.replacement is not None:
            wanted.append(("replace", asset.replacement.job))
        for kind, name in wanted:
            if jobs.job(name) is None and not any(job.kind == kind for job in jobs.jobs_of((asset.id,))[asset.id]):
                jobs.enqueue(Job(name, kind, asset.id, JobState.QUEUED, 0.0, "", "", 0, now, now))


def _versions(catalogue: Catalogue, until: int) -> dict[str, Versions]:
    """Of each asset that ever was, its versions, oldest first."""
    found: dict[str, Versions] = {}
    for entry in _log(catalogue, 1, until):
        for change in entry.changes:
            if isinstance(change.record, Asset):
                version = change.record if isinstance(change, Put) else None
                found.setdefault(change.record.id, []).append((entry.revision, version))
    return found


def _log(catalogue: Catalogue, start: int, until: int) -> Iterator[LogEntry]:
    while start <= until:
        entries = catalogue.log(after=start - 1, first=min(_CHUNK, until + 1 - start))
        yield from entries
        start += len(entries)


def _objects(asset_id: str, history: Versions, blobs: Blobs) -> Iterator[tuple[str, dict[str, Source]]]:
    """Objects of an asset, and the files of each."""
    yield _ASSET + asset_id, _masters(asset_id, history, blobs)
    if delivered := _delivered(history, blobs):
        yield _TILES + asset_id, delivered


def _masters(asset_id: str, history: Versions, blobs: Blobs) -> dict[str, Source]:
    files: dict[str, Source] = {}
    for _, asset in history:
        if asset is not None:
            for digest, name in _deposited(asset):
                files[f"masters/{digest}/{_plain(name)}"] = _blob(blobs, digest)
    last = next((asset for _, asset in reversed(history) if asset is not None), None)
    if last is not None:
        files["record.json"] = _bytes(encode(last).encode())
    files["premis.jsonl"] = _bytes(premis.lines(asset_id, history))
    return files


def _deposited(asset: Asset) -> Iterator[tuple[str, str]]:
    yield asset.master, asset.master_name
    if asset.replacement is not None:
        yield asset.replacement.master, asset.replacement.master_name


def _delivered(history: Versions, blobs: Blobs) -> dict[str, Source]:
    """What is served of all versions, by file name."""
    files: dict[str, Source] = {}
    waiting = []
    for _, asset in history:
        if asset is not None and asset.media is not None:
            files[f"{asset.media.digest}/{asset.media.media_type.replace('/', '_')}"] = _blob(blobs, asset.media.digest)
        if asset is not None and asset.tileset is not None:
            waiting.append(f"{asset.tileset.digest}.json")
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        digest, _, ending = name.partition(".")
        files[name] = _blob(blobs, digest)
        if ending == "json":
            waiting += [found.decode() for found in _NAMED.findall(blobs.read(digest))]
    return files


def _unless_kept(name: str, source: Source, kept: Mapping[str, Kept]) -> Source | Kept:
    """A file named by its digest is the same file; others are compared by their bytes."""
    return kept[name] if name in kept and _is_named_by_digest(name) else source


def _is_named_by_digest(name: str) -> bool:
    return name.startswith("masters/") or _TILE.match(name) is not None


def _blob_of(object_id: str, name: str, byte_length: int) -> tuple[str | None, BlobUse | None]:
    """The digest of a file that is a blob, and how it is served; None: it is none, or is not served."""
    if object_id.startswith(_ASSET):
        parts = name.split("/")
        return (parts[1], None) if parts[0] == "masters" and len(parts) == 3 else (None, None)
    head, _, media = name.partition("/")
    found = _TILE.fullmatch(head)
    if found is None:
        return None, None
    media_type = media.replace("_", "/", 1) if media else _TYPES.get(found[2] or "", "application/octet-stream")
    return found[1], BlobUse(found[1], byte_length, media_type)


def _plain(name: str) -> str:
    """A deposited name as a file name anywhere."""
    return re.sub(r"[^A-Za-z0-9._ -]", "_", name).strip(" .")[:120] or "master"


def _blob(blobs: Blobs, digest: str) -> Source:
    return lambda: blobs.open(digest)


def _bytes(data: bytes) -> Source:
    return lambda: io.BytesIO(data)


def _chunk_name(start: int) -> str:
    return f"revisions/{start:010}.jsonl"


def _chunk(catalogue: Catalogue, start: int, until: int) -> Source:
    def source() -> io.BytesIO:
        last = min(start + _CHUNK - 1, until)
        return io.BytesIO(b"".join(_line(entry) + b"\n" for entry in _log(catalogue, start, last)))

    return source


def _audit_name(start: int) -> str:
    return f"audit/{start:010}.jsonl"


def _audit_chunk(audit: Audit, start: int, until: int) -> Source:
    def source() -> io.BytesIO:
        entries = audit.entries(after=start - 1, first=min(_CHUNK, until + 1 - start))
        told = ({**dataclasses.asdict(entry), "at": stamp(entry.at)} for entry in entries)
        return io.BytesIO(b"".join(orjson.dumps(each) + b"\n" for each in told))

    return source


def _carry_audit(audit: Audit, tree: Ocfl, kept: Mapping[str, Kept]) -> None:
    """Let the audit log of the tree go on here."""
    for name in sorted(kept):
        if name.startswith("audit/"):
            try:
                told = [orjson.loads(line) for line in _read(tree, MUSEUM, kept[name]).splitlines()]
                entries = [Entry(**{**each, "at": moment(each["at"])}) for each in told]
            except (ValueError, KeyError, TypeError) as error:
                raise Malformed(f"{name} holds what is no entry of an audit log: {error}") from error
            audit.carry(entries)


def _line(entry: LogEntry) -> bytes:
    said, taking = entry.revision, entry.taking
    told: dict[str, Any] = {
        "number": said.number,
        "author": said.author,
        "at": stamp(said.at),
        "reason": said.reason,
        "step": Step.CHANGE.value if taking is None else taking.step.value,
        "takesBack": None if taking is None else taking.number,
        "changes": [
            {
                "change": "put" if isinstance(change, Put) else "remove",
                "kind": kind_name(type(change.record)),
                "record": orjson.loads(encode(change.record)),
            }
            for change in entry.changes
        ],
    }
    return orjson.dumps(told)


def _entry(line: bytes) -> LogEntry:
    told = orjson.loads(line)
    taking = None if told["takesBack"] is None else Taking(Step(told["step"]), told["takesBack"])
    changes = tuple(
        (Put if each["change"] == "put" else Remove)(_record(each["kind"], each["record"])) for each in told["changes"]
    )
    revision = Revision(told["number"], told["author"], moment(told["at"]), told["reason"])
    return LogEntry(revision, taking, changes)


def _record(kind: str, body: Any) -> Record:
    found: Record = decode(KINDS[kind], orjson.dumps(body).decode())
    return found


def _entries(tree: Ocfl, kept: Mapping[str, Kept]) -> Iterator[LogEntry]:
    for name in sorted(kept):
        if name.startswith("revisions/"):
            for line in _read(tree, MUSEUM, kept[name]).splitlines():
                try:
                    yield _entry(line)
                except (ValueError, KeyError, TypeError) as error:
                    raise Malformed(f"{name} holds what is no revision: {error}") from error


def _read(tree: Ocfl, object_id: str, file: Kept) -> bytes:
    with tree.open(object_id, file) as source:
        data = source.read()
    if hashlib.sha512(data).hexdigest() != file.digest:
        raise Malformed(f"{object_id}: {file.name} is damaged")
    return data


def _check_begun(catalogue: Catalogue, tree: Ocfl, kept: Mapping[str, Kept]) -> None:
    """What the museum has of history is the beginning of the tree's."""
    latest = catalogue.latest()
    if not latest:
        return
    (own,) = catalogue.log(after=latest - 1, first=1)
    other = next((entry for entry in _entries(tree, kept) if entry.revision.number == latest), None)
    if other is None or _line(own) != _line(other):
        raise Conflict(f"this museum has {latest} revisions of its own; import into an empty one")


def _count_purged(tree: Ocfl) -> int:
    """How many records the tree knows to be erased."""
    kept = tree.kept(MUSEUM) or {}
    return len(orjson.loads(_read(tree, MUSEUM, kept["purges.json"]))["records"]) if "purges.json" in kept else 0


def _erase_purged(tree: Ocfl, purged: Mapping[str, tuple[str, Purge]], *, author: str, at: datetime) -> int:
    """Leave of assets that were erased nothing but that; how many were there."""
    written = 0
    for name, (kind, purge) in purged.items():
        if kind == kind_name(Asset) and set(tree.kept(_ASSET + name) or {}) != {"premis.jsonl"}:
            tree.erase(_TILES + name)
            event = {"premis.jsonl": _bytes(premis.erasure(name, purge))}
            written += tree.write(_ASSET + name, event, message=purge.id, author=author, at=at, is_anew=True)
    return written


def _purges_told(purges: Purges, purged: Mapping[str, tuple[str, Purge]]) -> bytes:
    every = {purge.id: purge for _, purge in purged.values()}
    told = {
        "purges": [_plain_purge(each) for each in purges.purges(first=1 << 30) if each.id in every],
        "records": {name: {"kind": kind, "purge": purge.id} for name, (kind, purge) in purged.items()},
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def _plain_purge(purge: Purge) -> dict[str, Any]:
    times = {name: getattr(purge, name) for name in _TIMES}
    said = {name: getattr(purge, name) for name in ("id", "records", "reason", "proposed_by", "approved_by")}
    return said | {name: None if at is None else stamp(at) for name, at in times.items()}


_TIMES = ("proposed_at", "approved_at", "erased_at", "ended_at")


def _purges_of(data: bytes) -> tuple[list[Purge], dict[str, tuple[str, str]]]:
    """Purges, oldest first, and kind and purge of each record, as `_purges_told` wrote them. Raises Malformed."""
    try:
        told = orjson.loads(data)
        made = [
            Purge(
                **{**each, "records": tuple(each["records"])}
                | {name: each[name] and moment(each[name]) for name in _TIMES}
            )
            for each in reversed(told["purges"])
        ]
        return made, {name: (each["kind"], each["purge"]) for name, each in told["records"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"purges.json does not tell what was erased: {error}") from error


def _check_same_museum(tree: Ocfl, catalogue: Catalogue, *, was_purged: bool) -> None:
    """A tree that was written before is this museum's past; what was erased since may have been in its beginning."""
    kept = tree.kept(MUSEUM)
    if kept is None:
        return
    first = next(_entries(tree, kept))
    (own,) = catalogue.log(after=0, first=1)
    one, other = first.revision, own.revision
    is_same = (one.author, one.at) == (other.author, other.at) if was_purged else _line(first) == _line(own)
    if not is_same:
        raise Conflict("the tree is the archive of another museum")
