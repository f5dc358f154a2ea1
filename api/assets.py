"""Immutable content over HTTP: blobs by digest, an asset's tileset, its master.

Hot bytes are read from the blobs and answered whole: FileResponse and StaticFiles took 15.9 CPU seconds per GB where
plain answers take 0.6. Only what is larger than `_WHOLE` goes out in pieces.

A blob goes to an actor who may see an asset that it is delivered for; everybody else learns what he would learn of a
digest that does not exist. It may be kept for a year by anybody where one of these assets is public under a licence
that cannot be taken back; of what is public otherwise, a browser keeps its copy for five minutes.
"""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api import links
from api.auth import actor_of
from api.errors import DoorError
from api.gate import CORS
from api.packed import packed_form
from scenes import closed_set
from scenes.errors import NotFound
from scenes.fixity import coding_of
from scenes.ingest import ENDINGS
from scenes.model import ANONYMOUS, Asset, Visibility
from scenes.rights import FOR_NOW_S, Action, Keeping, keeping, may, require, seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from api.services import Services
    from scenes.closed_set import Kept
    from scenes.model import Actor
    from scenes.ports import BlobUse
    from scenes.rights import Decision

_JSON, _GLB = "application/json", "model/gltf-binary"
_WHOLE = 8 << 20
"""bytes up to which an answer is built in memory"""
_PIECE = 1 << 20
MAX_RANGES = 16
PRIVATE = "private, no-cache"
FOREVER = "public, max-age=31536000, immutable"
CACHING: Mapping[Keeping, str] = {
    Keeping.FOR_GOOD: FOREVER,
    Keeping.FOR_NOW: f"private, max-age={FOR_NOW_S}",
    Keeping.OWN: PRIVATE,
}
_BLOB_NAME = re.compile(r"([0-9a-f]{64})(?:\.[a-z0-9]{1,8})?")
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")
_MOST_DIGITS = 18
"""of a position: what has more lies behind any content, and of some thousands Python makes no number at all"""
_OVERLAP = 64 << 10
"""bytes that the ranges of one request may have together beyond the content itself"""
_WEIGHT = re.compile(r"(?:;q=(?:1(?:\.0{0,3})?|0\.(?=.*[1-9])\d{1,3}))?")
"""RFC 9110, 12.4.2: no weight, or one above 0"""
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


def parse_ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """The byte ranges of a Range header as (offset, length), in its order; None where the header is to be ignored.

    RFC 9110, 14.2: a unit or syntax that is not understood is ignored; 14.1.2: ranges are clipped to the end.

    Raises:
        DoorError: RANGE, where no range lies in the content or there are more than 16.

    >>> parse_ranges("bytes=0-1,-2", 10)
    [(0, 2), (8, 2)]
    """
    unit, _, listed = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    refused = {"Content-Range": f"bytes */{size}"}
    texts = [text.strip() for text in listed.split(",") if text.strip()]
    if len(texts) > MAX_RANGES:
        raise DoorError("RANGE", f"{len(texts)} ranges, at most {MAX_RANGES} are served at once", refused)
    ranges = []
    for text in texts:
        found = _RANGE.fullmatch(text)
        if not found or text == "-":
            return None
        first, last = (_position(digits) for digits in found.groups())
        if first is not None and last is not None and last < first:
            return None
        start = first if first is not None else max(0, size - (last or 0))
        end = min(size, last + 1) if first is not None and last is not None else size
        if start < end:
            ranges.append((start, end - start))
    if not texts:
        return None
    if not ranges:
        raise DoorError("RANGE", f"none of the ranges lies in the {size} bytes of the content", refused)
    return ranges


def _position(digits: str) -> int | None:
    significant = digits.lstrip("0")
    return None if not digits else int(significant or "0") if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS


def is_held(request: Request, tag: str) -> bool:
    """Whether the asker holds this version already (If-None-Match, weak comparison: RFC 9110, 13.1.2)."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or tag in _ENTITY_TAG.findall(header)


def _wanted(request: Request, tag: str, size: int) -> list[tuple[int, int]] | None:
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", tag) != tag:
        # RFC 9110, 13.1.5: a range of another version than the asker's is answered with the whole.
        return None
    ranges = parse_ranges(header, size)
    # RFC 9110, 14.2: ranges that overlap may be ignored; the content 16 times over is an attack, and never of use.
    return ranges if ranges and sum(length for _, length in ranges) <= size + _OVERLAP else None


async def _pieces(services: Services, digest: str, parts: list[bytes | tuple[int, int]]) -> AsyncIterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
            continue
        offset, left = part
        while left:
            piece = await services.call(services.blobs.read, digest, offset=offset, length=min(left, _PIECE))
            if not piece:
                raise OSError(f"blob {digest} is shorter than it was")
            yield piece
            offset, left = offset + len(piece), left - len(piece)


async def deliver(
    request: Request, services: Services, *, digest: str, media_type: str, keeping: Keeping, headers: dict[str, str]
) -> Response:
    """Answer with a blob: whole, a range of it, or that the asker holds it already.

    Raises:
        NotFound: there is no such blob.
        DoorError: RANGE, where no range lies in it.
    """
    size = await services.call(services.blobs.size, digest)
    if size is None:
        raise NotFound(f"there is no blob {digest}")
    tag = f'"{digest}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHING[keeping],
        **({"Vary": "Authorization, Cookie"} if keeping is Keeping.OWN else CORS),
        **headers,
    }
    if is_held(request, tag):
        return Response(status_code=304, headers=headers)
    ranges = _wanted(request, tag, size) if request.method == "GET" else None
    parts: list[bytes | tuple[int, int]] = [(0, size)]
    status = 200
    if ranges and len(ranges) == 1:
        (start, length) = ranges[0]
        parts, status = [(start, length)], 206
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    elif ranges:
        boundary = secrets.token_hex(12)
        parts, status = [], 206
        for start, length in ranges:
            head = (
                f"\r\n--{boundary}\r\nContent-Type: {media_type}\r\n"
                f"Content-Range: bytes {start}-{start + length - 1}/{size}\r\n\r\n"
            )
            parts += [head.encode(), (start, length)]
        parts.append(f"\r\n--{boundary}--\r\n".encode())
        media_type = f"multipart/byteranges; boundary={boundary}"
    total = sum(len(part) if isinstance(part, bytes) else part[1] for part in parts)
    # Given as a header, because Starlette would add a charset to text types.
    headers |= {"Content-Type": media_type, "Content-Length": str(total)}
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if total > _WHOLE:
        return StreamingResponse(_pieces(services, digest, parts), status_code=status, headers=headers)
    return Response(
        b"".join([piece async for piece in _pieces(services, digest, parts)]), status_code=status, headers=headers
    )


def deliver_bytes(request: Request, content: bytes, *, media_type: str, headers: dict[str, str]) -> Response:
    """Answer with bytes made for this request, or a single range of them; `headers` bring the ETag.

    Raises:
        DoorError: RANGE, where the range does not lie in the content.
    """
    if is_held(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers = {**headers, "Accept-Ranges": "bytes", "Content-Type": media_type}
    ranges = _wanted(request, headers["ETag"], len(content)) if request.method == "GET" else None
    if ranges and len(ranges) == 1:
        ((start, length),) = ranges
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{len(content)}"
        return Response(content[start : start + length], status_code=206, headers=headers)
    return Response(content, headers=headers)


def takes_gzip(request: Request) -> bool:
    """Whether the asker decodes gzip (RFC 9110, 12.5.3); `gzip;q=0` says that it doesn't."""
    return takes(request, "gzip")


def takes(request: Request, coding: str) -> bool:
    """Whether the asker decodes a content coding by name."""
    said = [each.strip().lower().replace(" ", "") for each in request.headers.get("accept-encoding", "").split(",")]
    return any(each.startswith(coding) and _WEIGHT.fullmatch(each[len(coding) :]) for each in said)


def _vary(keeping: Keeping) -> str:
    return "Accept-Encoding, Authorization, Cookie" if keeping is Keeping.OWN else "Accept-Encoding"


async def _packed_for(request: Request, services: Services, digest: str) -> tuple[bytes, str] | None:
    """A blob by a content coding that the asker takes, and which: the one it is kept by, or gzip instead of brotli.

    Ranges are of the blob as it is.
    """
    if "range" in request.headers or not (takes_gzip(request) or takes(request, "br")):
        return None
    packed = await services.call(services.blobs.read_packed, digest)
    if packed is None or takes(request, coding := coding_of(packed)):
        return None if packed is None else (packed, coding)
    if coding != "br":
        return None
    made = await services.call(partial(packed_form, services.blobs, digest, coding="gzip"))
    return None if made is None else (made, "gzip")


def _made_for(services: Services, actor: Actor, digest: str) -> tuple[Kept, Keeping]:
    """What was made for requests under a digest, and how long copies may be kept. Raises NotFound."""
    kept = closed_set.content_of(services.derived, digest)
    found = None if kept is None else closed_set.keeping_of(services.cleared(actor), kept)
    if kept is None or found is None:
        raise NotFound(f"there is no blob {digest}")
    return kept, found


def deliver_made(request: Request, kept: Kept, digest: str, keeping: Keeping) -> Response:
    """Answer with what was made, compressed where the asker takes it."""
    coding = "gzip" if takes_gzip(request) else ""
    headers = _coded_headers(digest, coding, keeping)
    content = kept.packed if coding else kept.data
    return deliver_bytes(request, content, media_type=kept.media_type, headers=headers)


def _coded_headers(digest: str, coding: str, keeping: Keeping) -> dict[str, str]:
    """Of some content by a coding: each form of it has an entity tag of its own (RFC 9110, 8.8.3.3)."""
    return {
        "ETag": f'"{digest}-{coding}"' if coding else f'"{digest}"',
        "Cache-Control": CACHING[keeping],
        "Vary": _vary(keeping),
        **({} if keeping is Keeping.OWN else CORS),
        **({"Content-Encoding": coding} if coding else {}),
    }


def _blob_for(services: Services, actor: Actor, digest: str) -> tuple[BlobUse, Keeping, str]:
    """How a blob is served to `actor`, how long copies may be kept, and under which name a recording or a picture is
    saved (empty: it is neither). Published once is published, whatever draft shares its bytes. Who edits gets what was
    removed, too, and so can look at the past. Raises NotFound.
    """
    found = services.catalogue.blob_use(digest)
    if found is None:
        raise NotFound(f"there is no blob {digest}")
    use, asset_ids = found
    assets = services.catalogue.get_many(Asset, asset_ids).values()
    at, cleared = services.clock.now(), services.cleared(actor)
    shown = [asset for asset in assets if _delivers(services, cleared.sees(asset), asset, digest)]
    if not shown and not (may(actor, Action.EDIT) and services.catalogue.ended_among(asset_ids)):
        raise NotFound(f"there is no blob {digest}")
    is_media = use.media_type.startswith(("audio/", "image/"))
    names = (media_name(asset) for asset in shown if is_media and asset.media and asset.media.digest == digest)
    open_to = [
        keeping(asset, at)
        for asset in assets
        if _delivers(services, may(ANONYMOUS, Action.SEE, asset, at=at), asset, digest)
    ]
    return use, max(open_to, key=list(Keeping).index, default=Keeping.OWN), next(names, "")


def _delivers(services: Services, decision: Decision, asset: Asset, digest: str) -> bool:
    """Whether a blob is part of what is delivered of an asset by a decision."""
    if not decision or not decision.finest:
        return bool(decision)
    coarse = services.details.coarse(asset, decision.finest)
    return coarse is not None and digest in coarse.digests


def _asset_for(services: Services, actor: Actor, asset_id: str, action: Action) -> Asset:
    asset = seen(services.cleared(actor).get(Asset, asset_id), f"asset {asset_id[:100]}")
    if action is not Action.SEE:
        require(actor, action, asset)
    return asset


def rebase(document: dict[str, Any], base: str) -> dict[str, Any]:
    """A tileset with its relative content addresses put behind `base`, so that it can stand at any address."""

    def turned(content: dict[str, Any]) -> dict[str, Any]:
        uri = str(content.get("uri", ""))
        return content if "/" in uri or not uri else {**content, "uri": base + uri}

    root = dict(document.get("root", {}))
    pending = [root]
    while pending:
        tile = pending.pop()
        if "content" in tile:
            tile["content"] = turned(tile["content"])
        if "contents" in tile:
            tile["contents"] = [turned(content) for content in tile["contents"]]
        if "children" in tile:
            tile["children"] = [dict(child) for child in tile["children"]]
            pending += tile["children"]
    return {**document, "root": root}


def media_name(asset: Asset) -> str:
    """The name under which what is served of a recording or a picture is saved: the master's, with its own ending."""
    assert asset.media is not None
    ending = ENDINGS.get(asset.media.media_type, "bin")
    return f"{asset.master_name.rpartition('.')[0] or asset.master_name}.{ending}"


def disposition(name: str, *, how: str = "attachment") -> str:
    """Content-Disposition that saves a download under `name` (RFC 6266), whatever characters it has."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


_OF_A_LINK = {"Cache-Control": "private, no-store"}
"""what is read by a signed link names its parts by links, too, which differ each time"""


async def _by_link(request: Request, services: Services, tileset: bytes) -> Response:
    """A tileset that is read by a signed link."""
    content = await services.call(links.with_parts, services, request, tileset)
    return Response(content or tileset, media_type=_JSON, headers=_OF_A_LINK)


async def _tile_by_link(request: Request, services: Services, digest: str) -> Response | None:
    """A tile that is read by a signed link; None where it has all in itself."""
    tile = await services.call(services.blobs.read, digest)
    content = await services.call(links.with_images, services, request, tile)
    return None if content is None else Response(content, media_type=_GLB, headers=_OF_A_LINK)


async def _deliver_blob(request: Request, services: Services, digest: str) -> Response:
    """Answer with a blob of what is deposited, or made of it, by what the asker may."""
    actor = await actor_of(request, services)
    try:
        use, kept_for, name = await services.call(_blob_for, services, actor, digest)
    except NotFound:
        kept, kept_for = await services.call(_made_for, services, actor, digest)
        if links.is_signed(request) and kept.media_type == _JSON:
            return await _by_link(request, services, kept.data)
        return deliver_made(request, kept, digest, kept_for)
    if links.is_signed(request) and use.media_type == _JSON and use.byte_length <= _WHOLE:
        return await _by_link(request, services, await services.call(services.blobs.read, use.digest))
    if links.is_signed(request) and use.media_type == _GLB and use.byte_length <= _WHOLE:
        tile = await _tile_by_link(request, services, use.digest)
        if tile is not None:
            return tile
    if (found := await _packed_for(request, services, use.digest)) is not None:
        packed, coding = found
        headers = _coded_headers(use.digest, coding, kept_for)
        return deliver_bytes(request, packed, media_type=use.media_type, headers=headers)
    headers = {"Vary": _vary(kept_for)}
    if name:
        headers["Content-Disposition"] = disposition(name, how="inline")
    return await deliver(
        request, services, digest=use.digest, media_type=use.media_type, keeping=kept_for, headers=headers
    )  # fmt: skip


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/blobs/{digest}`, `/assets/{id}/tileset.json`, `/assets/{id}/master`."""

    async def blob(request: Request) -> Response:
        found = _BLOB_NAME.fullmatch(request.path_params["name"])
        if not found:
            raise NotFound("a blob is named by 64 hex digits")
        return await _deliver_blob(request, services, found[1])

    async def tileset(request: Request) -> Response:
        actor = await actor_of(request, services)
        asset = await services.call(_asset_for, services, actor, request.path_params["asset"], Action.SEE)
        if asset.tileset is None:
            raise NotFound(f"asset {asset.id} has no tiles; its state is {asset.state.value}")
        public = asset.visibility is Visibility.PUBLIC
        tag = f'"{asset.tileset.digest}-a"'
        headers = {
            "ETag": tag,
            "Cache-Control": "public, no-cache" if public else PRIVATE,
            **(CORS if public else {"Vary": "Authorization, Cookie"}),
        }
        document = orjson.loads(await services.call(services.blobs.read, asset.tileset.digest))
        content = orjson.dumps(rebase(document, "/blobs/"))
        if links.is_signed(request):
            return await _by_link(request, services, content)
        return deliver_bytes(request, content, media_type="application/json", headers=headers)

    async def master(request: Request) -> Response:
        actor = await actor_of(request, services)
        asset = await services.call(_asset_for, services, actor, request.path_params["asset"], Action.DOWNLOAD)
        # A right may be taken back, so a master is asked for again each time, even where it is public.
        headers = {"Content-Disposition": disposition(asset.master_name), "Cache-Control": PRIVATE}
        return await deliver(
            request,
            services,
            digest=asset.master,
            media_type=asset.media_type,
            keeping=Keeping.FOR_NOW if asset.visibility is Visibility.PUBLIC else Keeping.OWN,
            headers=headers,
        )

    return [
        Route("/blobs/{name}", blob, methods=["GET", "HEAD"]),
        Route("/assets/{asset}/tileset.json", tileset, methods=["GET", "HEAD"]),
        Route("/assets/{asset}/master", master, methods=["GET", "HEAD"]),
    ]
