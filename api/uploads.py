"""Resumable uploads: tus 1.0.0 with creation, creation-with-upload, termination, checksum and expiration.

An upload belongs to who began it; to everybody else it does not exist. Bytes are durable before an offset is
acknowledged. When the last byte is there, `scenes.ingest` makes a master, an asset and a job of it; the answer and
every later HEAD name them in `Chronotope-Asset` and `Chronotope-Job`. Their ids are derived from the upload's, so
that completing it twice (after a crash between two steps, or by two requests at a time) yields the same asset.
With `asset` in its metadata it becomes a new version of that asset (`scenes.versions`), and `limit` is how many metres
annotations may move by before they are flagged.

A PATCH whose connection breaks keeps what came. A new PATCH ends an older one that still hangs on a dead connection:
the client that resumes is the one that is alive (RFC draft "resumable uploads" asks for the same).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
import tempfile
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.auth import actor_of
from api.errors import DoorError, problem_of
from api.telemetry import METRICS
from scenes.errors import Conflict, Invalid, NotFound, SceneError, Unauthorized
from scenes.ingest import checked_about, deposit
from scenes.model import ANONYMOUS, Asset, Role
from scenes.rights import Action, may, require_work
from scenes.versions import KIND, awaited, checked_limit, deposit_version, replaceable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from typing import BinaryIO

    from starlette.routing import BaseRoute

    from api.services import Services
    from scenes.model import Actor, Job

log = logging.getLogger("chronotope.uploads")

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
ALGORITHMS = ("sha1", "sha256")
_OFFSET_TYPE = "application/offset+octet-stream"
_EXPIRES = "expires"
_SWEEP_S = 3600
_BATCH = 4 << 20
"""bytes gathered before they are written and synced: 1 MiB batches spent more time in fsync than in anything else"""
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,100}")
_OWN_KEYS = frozenset({_EXPIRES})


def parse_metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: comma-separated keys with base64 values. Raises DoorError BAD_REQUEST.

    >>> parse_metadata("filename dmVudXMuZ2xi,draft")
    {'filename': 'venus.glb', 'draft': ''}
    """
    found: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise DoorError("BAD_REQUEST", f"Upload-Metadata: the key {key[:100]!r} is empty, repeated or not ASCII")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise DoorError("BAD_REQUEST", f"Upload-Metadata: the value of {key!r} is not base64 of UTF-8") from None
    return found


def _metadata_header(metadata: Mapping[str, str]) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}".strip()
        for key, value in metadata.items()
        if key not in _OWN_KEYS
    )


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise DoorError("BAD_REQUEST", f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


def _checksum(request: Request) -> tuple[str, bytes] | None:
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise DoorError("BAD_REQUEST", f"Upload-Checksum: {algorithm[:40]!r} is none of {', '.join(ALGORITHMS)}")
    try:
        return algorithm, base64.b64decode(value, validate=True)
    except binascii.Error:
        raise DoorError("BAD_REQUEST", "Upload-Checksum: the value is not base64") from None


class _Tus:
    """The protocol's verbs on one museum."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._writing: dict[str, anyio.CancelScope] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def endpoint(self, request: Request) -> Response:
        """Any request: the version first, then its verb; every answer carries the version."""
        try:
            answer = await self._answer(request)
        except (SceneError, DoorError) as e:
            answer = problem_of(e)
        answer.headers["Tus-Resumable"] = VERSION
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    async def _answer(self, request: Request) -> Response:
        method = request.headers.get("x-http-method-override", request.method).upper()
        upload_id = request.path_params.get("upload", "")
        if method == "OPTIONS":
            headers = {
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(self._services.settings.max_upload),
                "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
            }
            return Response(status_code=204, headers=headers)
        if request.headers.get("tus-resumable") != VERSION:
            raise DoorError("TUS_VERSION", "the header Tus-Resumable must say 1.0.0", {"Tus-Version": VERSION})
        verbs: dict[tuple[str, bool], Callable[[Request, str, Actor], Awaitable[Response]]] = {
            ("POST", False): self._create,
            ("HEAD", True): self._head,
            ("PATCH", True): self._patch,
            ("DELETE", True): self._terminate,
        }
        verb = verbs.get((method, bool(upload_id)))
        if verb is None:
            allowed = [name for name, at_upload in verbs if at_upload == bool(upload_id)]
            raise DoorError("METHOD_NOT_ALLOWED", f"{method} is not known here", {"Allow": ", ".join(allowed)})
        actor = await actor_of(request, self._services)
        if actor == ANONYMOUS:
            raise Unauthorized("uploading needs the token of a curator")
        return await verb(request, upload_id, actor)

    async def _create(self, request: Request, _: str, actor: Actor) -> Response:
        services = self._services
        require_work(actor, Action.DEPOSIT)
        if "upload-defer-length" in request.headers:
            raise DoorError("BAD_REQUEST", "Upload-Defer-Length is not supported; say Upload-Length")
        if "upload-concat" in request.headers:
            raise DoorError("BAD_REQUEST", "Upload-Concat is not supported")
        length = _number(request, "Upload-Length")
        if length == 0:
            raise Invalid("the file is empty")
        if length > services.settings.max_upload:
            raise DoorError("LIMIT", f"{length} bytes are announced; at most {services.settings.max_upload} are taken")
        metadata = parse_metadata(request.headers.get("upload-metadata", ""))
        # Refused now rather than after hours of uploading.
        checked_about(**_about(metadata))
        if metadata.get("asset"):
            checked_limit(metadata.get("limit", ""))
            await services.call(replaceable, services, actor, metadata["asset"])
        with_body = "content-type" in request.headers
        if with_body and request.headers["content-type"] != _OFFSET_TYPE:
            raise DoorError("MEDIA_TYPE", f"the body of an upload has the type {_OFFSET_TYPE}")
        now = services.clock.now()
        expires = now + timedelta(hours=services.settings.upload_hours)
        upload_id = services.ids.new("upload")
        await services.call(
            services.uploads.create,
            upload_id=upload_id,
            length=length,
            metadata=metadata | {_EXPIRES: expires.isoformat()},
            owner=actor.name,
            at=now,
        )
        METRICS.add("chronotope_uploads_begun_total")
        headers = {
            "Location": f"{services.settings.public_url}/uploads/{upload_id}",
            "Upload-Offset": "0",
            "Upload-Expires": format_datetime(expires, usegmt=True),
        }
        if with_body:
            offset = await self._receive(request, upload_id, 0)
            headers["Upload-Offset"] = str(offset)
        if length == int(headers["Upload-Offset"]):
            headers |= await self._complete(upload_id, actor)
        return Response(status_code=201, headers=headers)

    async def _find(self, upload_id: str, actor: Actor) -> tuple[int, int, Mapping[str, str], datetime]:
        """Offset, length, metadata, when it expires. Raises NotFound, also for what is another's; DoorError GONE."""
        offset, length, metadata, owner = await self._services.call(self._services.uploads.offset, upload_id)
        if owner != actor.name:
            raise NotFound(f"there is no upload {upload_id}")
        expires = datetime.fromisoformat(metadata[_EXPIRES])
        if expires <= self._services.clock.now():
            await self._services.call(self._services.uploads.discard, upload_id)
            raise DoorError("GONE", "the upload was not finished in time and is forgotten")
        return offset, length, metadata, expires

    async def _head(self, _: Request, upload_id: str, actor: Actor) -> Response:
        try:
            offset, length, metadata, expires = await self._find(upload_id, actor)
        except NotFound:
            done = await self._services.call(self._completed, upload_id, actor)
            if done is None:
                raise
            asset, job = done
            coming = awaited(asset, job) if job else None
            size = str((coming or asset).byte_length)
            headers = {"Upload-Offset": size, "Upload-Length": size, "Chronotope-Asset": asset.id}
            return Response(status_code=200, headers=headers | ({"Chronotope-Job": job.id} if job else {}))
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Length": str(length),
            "Upload-Metadata": _metadata_header(metadata),
            "Upload-Expires": format_datetime(expires, usegmt=True),
        }
        if offset == length:
            # All bytes came, but a crash or an error kept the upload from being completed.
            headers |= await self._complete(upload_id, actor)
        return Response(status_code=200, headers=headers)

    async def _patch(self, request: Request, upload_id: str, actor: Actor) -> Response:
        if request.headers.get("content-type") != _OFFSET_TYPE:
            raise DoorError("MEDIA_TYPE", f"the body of an upload has the type {_OFFSET_TYPE}")
        claimed = _number(request, "Upload-Offset")
        _, length, _, expires = await self._find(upload_id, actor)
        offset = await self._receive(request, upload_id, claimed)
        headers = {"Upload-Offset": str(offset), "Upload-Expires": format_datetime(expires, usegmt=True)}
        if offset == length:
            headers |= await self._complete(upload_id, actor)
        return Response(status_code=204, headers=headers)

    async def _terminate(self, _: Request, upload_id: str, actor: Actor) -> Response:
        await self._find(upload_id, actor)
        if older := self._writing.get(upload_id):
            older.cancel()
        async with self._lock(upload_id):
            await self._services.call(self._services.uploads.discard, upload_id)
        return Response(status_code=204)

    def _lock(self, upload_id: str) -> anyio.Lock:
        return self._locks.setdefault(upload_id, anyio.Lock())

    async def _receive(self, request: Request, upload_id: str, claimed: int) -> int:
        """Append the request's body at `claimed`; the new offset. What came before a break is kept."""
        checksum = _checksum(request)
        if older := self._writing.get(upload_id):
            older.cancel()
        lock = self._lock(upload_id)
        async with lock:
            with anyio.CancelScope() as scope:
                self._writing[upload_id] = scope
                try:
                    if checksum:
                        return await self._receive_checked(request, upload_id, claimed, checksum)
                    return await self._receive_plain(request, upload_id, claimed)
                finally:
                    if self._writing.get(upload_id) is scope:
                        del self._writing[upload_id]
                    if not lock.statistics().tasks_waiting:
                        self._locks.pop(upload_id, None)
        raise Conflict("another request goes on with this upload")

    async def _append(self, upload_id: str, offset: int, data: bytes) -> int:
        # Shielded: what is being written is written to its end, so that the offset on disk is never in doubt.
        with anyio.CancelScope(shield=True):
            new = await self._services.call(
                self._services.uploads.append, upload_id, offset=offset, chunks=iter((data,))
            )
        METRICS.add("chronotope_upload_bytes_total", new - offset)
        return new

    async def _receive_plain(self, request: Request, upload_id: str, offset: int) -> int:
        # Checked before the first byte is read: a client at the wrong offset learns it at once.
        offset = await self._append(upload_id, offset, b"")
        batch = bytearray()
        try:
            async for piece in request.stream():
                batch += piece
                if len(batch) >= _BATCH:
                    whole, batch = bytes(batch), bytearray()
                    offset = await self._append(upload_id, offset, whole)
        except ClientDisconnect:
            pass
        finally:
            if batch:
                offset = await self._append(upload_id, offset, bytes(batch))
        return offset

    async def _receive_checked(self, request: Request, upload_id: str, offset: int, checksum: tuple[str, bytes]) -> int:
        offset = await self._append(upload_id, offset, b"")
        algorithm, expected = checksum
        hasher = hashlib.new(algorithm, usedforsecurity=False)
        with tempfile.SpooledTemporaryFile(max_size=_BATCH, dir=str(self._services.settings.data)) as kept:
            async for piece in request.stream():
                hasher.update(piece)
                await self._services.call(kept.write, piece)
            if hasher.digest() != expected:
                raise DoorError("CHECKSUM_MISMATCH", f"the {algorithm} of the received bytes differs; none were kept")
            kept.seek(0)
            while data := await self._services.call(kept.read, _BATCH):
                offset = await self._append(upload_id, offset, data)
        return offset

    def _completed(self, upload_id: str, actor: Actor) -> tuple[Asset, Job | None] | None:
        services, job_id = self._services, _derived("job", upload_id)
        job = services.jobs.job(job_id)
        if job is not None and job.kind == KIND:
            # Its first deposit may be another's: who may give it a new version may hear of it.
            asset = services.catalogue.get(Asset, job.subject)
            return None if asset is None or not may(actor, Action.EDIT, asset) else (asset, job)
        asset = services.catalogue.get(Asset, _derived("asset", upload_id))
        if asset is None or (asset.created_by != actor.name and actor.role is not Role.ADMINISTRATOR):
            return None
        return asset, job

    async def _complete(self, upload_id: str, actor: Actor) -> dict[str, str]:
        """Make a deposit of a whole upload and forget the upload; headers that name asset and job."""
        # A thread that was begun is waited for, whatever is cancelled.
        return await self._services.call(complete, self._services, upload_id, actor)


def _derived(kind: str, upload_id: str) -> str:
    return f"{kind}_{upload_id.removeprefix('upload_')}"


def _about(metadata: Mapping[str, str]) -> dict[str, str]:
    """What the metadata says of the deposit. tus clients say `filename`, some `name`."""
    return {
        "name": metadata.get("filename") or metadata.get("name") or "unnamed",
        "title": metadata.get("title", ""),
        "rights": metadata.get("rights", ""),
        "attribution": metadata.get("attribution", ""),
    }


def forget_expired(services: Services) -> int:
    """Forget the uploads that were not finished in time; how many. Blocking."""
    now, forgotten = services.clock.now(), 0
    for upload_id in services.uploads.begun():
        try:
            metadata = services.uploads.offset(upload_id)[2]
        except NotFound:
            # Ended a moment ago, or the remains of one in a store that is not transactional.
            services.uploads.discard(upload_id)
            continue
        if datetime.fromisoformat(metadata[_EXPIRES]) <= now:
            services.uploads.discard(upload_id)
            forgotten += 1
    return forgotten


async def keep_forgetting(services: Services) -> None:
    """Forget expired uploads now and then, for as long as the server runs."""
    while True:
        forgotten = await services.call(forget_expired, services)
        if forgotten:
            log.info("%d uploads were not finished in time and are forgotten", forgotten)
        await anyio.sleep(_SWEEP_S)


def complete(services: Services, upload_id: str, actor: Actor) -> dict[str, str]:
    """Deposit a whole upload; headers that name the asset and the job. Repeating it yields the same. Blocking."""
    _, _, metadata, _ = services.uploads.offset(upload_id)
    source: BinaryIO
    about, job_id = _about(metadata), _derived("job", upload_id)
    with services.uploads.open_upload(upload_id) as source:
        if metadata.get("asset"):
            said = {"asset_id": metadata["asset"], "name": about["name"], "job_id": job_id}
            limit = checked_limit(metadata.get("limit", ""))
            asset, job = deposit_version(services, actor, source, limit=limit, **said)
        else:
            new_id = _derived("asset", upload_id)
            asset, job = deposit(services, actor, source, **about, asset_id=new_id, job_id=job_id)
    services.uploads.discard(upload_id)
    METRICS.add("chronotope_uploads_completed_total")
    return {"Chronotope-Asset": asset.id, "Chronotope-Job": job.id}


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/uploads` and `/uploads/{id}`."""
    tus = _Tus(services)
    methods = ["POST", "HEAD", "PATCH", "DELETE", "OPTIONS", "GET"]
    return [
        Route("/uploads", tus.endpoint, methods=methods),
        Route("/uploads/{upload}", tus.endpoint, methods=methods),
    ]
