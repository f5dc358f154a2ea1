"""Signed links: an address that opens for a quarter of an hour at most, for clients that cannot send headers.

A browser's `<img>`, a stock 3D viewer, somebody else's player know nothing of tokens. Who is signed in has a link made:
the address, and behind it `link=DAY.EXPIRES.KEY.SIGNATURE`.

- It reads, and one path: of `/stream` one scene. What it opens with is the token or session of who made it (`KEY`, the
  id), asked at each use: it shows what they may see then, and once that token or session ends, so does the link.
- The signature is an HMAC over method, path, museum, expiry and that id, compared in constant time. Its key is made of
  the museum's secret and the day, so that keys change each day without anybody's doing; yesterday's still opens what
  was signed before midnight. Another museum has another secret, and CHRONOTOPE_SECRET_KEY changes all at once.
- A tileset that is read by a link names its parts by links of their own, which end with it, and a tile the images that
  it shares with others.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

import orjson

from scenes import glb
from scenes.errors import Invalid, SceneError, Unauthorized
from scenes.model import Scope

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from api.services import Services
    from scenes.model import Actor

PARAMETER = "link"
LONGEST = timedelta(minutes=15)
_DAY_S = 86_400
_PREFIXES = ("/blobs/", "/assets/", "/scenes/")
_STREAM = "/stream"
_FORM = re.compile(r"(\d{1,7})\.(\d{1,11})\.([0-9a-f]{16})\.([0-9a-f]{64})")
_GONE = "this link has ended, or is none of this museum's for this address"


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs links that end together and open with one key."""

    museum: str
    secret: str
    key: str
    expires: int
    """seconds of the epoch"""
    day: int

    def signed(self, path: str, query: str = "") -> str:
        """The address of a path (as it is, not quoted) with its link."""
        scene = dict(parse_qsl(query)).get("scene", "") if path == _STREAM else ""
        link = f"{self.day}.{self.expires}.{self.key}.{self._signature(path, scene)}"
        return f"{quote(path)}?{query}{'&' if query else ''}{PARAMETER}={link}"

    def has_signed(self, path: str, scene: str, signature: str) -> bool:
        """Whether a signature is this one's for a path."""
        return hmac.compare_digest(self._signature(path, scene), signature)

    def _signature(self, path: str, scene: str) -> str:
        key = hmac.digest(self.secret.encode(), f"links of day {self.day}".encode(), "sha256")
        # Lengths first: no two different lists of parts make one text.
        parts = ["GET", path, scene, self.museum, str(self.expires), self.key]
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def link_to(services: Services, actor: Actor, address: str, *, lasting: timedelta) -> tuple[str, datetime]:
    """The signed address of a path of this museum, with its query, and when it ends.

    Raises:
        Invalid: it is no address that a link can open, or is to last too long.
        Unauthorized: nobody is signed in.
    """
    if not actor.key:
        raise Unauthorized("a link opens what its maker may see; sign in, or send an access token")
    parts = urlsplit(address)
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or not (path.startswith(_PREFIXES) or path == _STREAM) or "/../" in path:
        raise Invalid(f"path: {address[:80]!r}, expected one of {', '.join(_PREFIXES)}… or {_STREAM}?scene=…")
    if not timedelta(0) < lasting <= LONGEST:
        raise Invalid(f"minutes: at most {LONGEST.seconds // 60}")
    now = int(services.clock.now().timestamp())
    expires = now + int(lasting.total_seconds())
    signer = _signer(services, actor.key, expires, now // _DAY_S)
    return signer.signed(path, parts.query), datetime.fromtimestamp(expires, UTC)


def is_signed(connection: HTTPConnection) -> bool:
    """Whether a request comes by a link, be it a good one."""
    return PARAMETER in connection.query_params


def follow(services: Services, connection: HTTPConnection) -> Actor:
    """Who made the link that a request comes by, to read what they may. Blocking.

    Raises:
        Unauthorized: it has ended, was made for another address or in another museum, or is none.
    """
    signer = signer_of(services, connection)
    actor = None if signer is None else services.tokens.holder(signer.key, at=services.clock.now())
    if actor is None:
        raise Unauthorized(_GONE)
    return replace(actor, scopes=actor.scopes & {Scope.READ})


def signer_of(services: Services, connection: HTTPConnection) -> Signer | None:
    """What signed the link that a request comes by, if it did and the link has not ended: it may sign its parts."""
    if connection.scope["type"] == "http" and connection.scope["method"] not in ("GET", "HEAD"):
        return None
    found = _FORM.fullmatch(connection.query_params.get(PARAMETER, ""))
    if not found:
        return None
    day, expires, now = int(found[1]), int(found[2]), services.clock.now().timestamp()
    if not now < expires <= now + LONGEST.total_seconds() or not 0 <= now // _DAY_S - day <= 1:
        return None
    path = connection.scope["path"]
    scene = connection.query_params.get("scene", "") if path == _STREAM else ""
    signer = _signer(services, found[3], expires, day)
    return signer if signer.has_signed(path, scene, found[4]) else None


def with_parts(services: Services, connection: HTTPConnection, tileset: bytes) -> bytes | None:
    """A tileset whose parts are named by links that end with the one it is read by; None where it is read by none.

    A stock viewer asks for parts as the tileset names them. Parts elsewhere, and patterns of names, stay as they are.
    """
    signer = signer_of(services, connection) if is_signed(connection) else None
    if signer is None:
        return None
    document = orjson.loads(tileset)
    pending = [document.get("root", {})]
    while pending:
        tile = pending.pop()
        pending += tile.get("children", ())
        for content in (tile.get("content"), *tile.get("contents", ())):
            uri = str((content or {}).get("uri", ""))
            path = unquote(urljoin(connection.scope["path"], uri))
            if uri and "{" not in uri and not urlsplit(uri).netloc and path.startswith(_PREFIXES):
                content["uri"] = signer.signed(path)
    return orjson.dumps(document)


def with_images(services: Services, connection: HTTPConnection, tile: bytes) -> bytes | None:
    """A tile (GLB) whose images beside it are named by links that end with the one it is read by.

    None where it is read by no link, or has no such images.
    """
    signer = signer_of(services, connection) if is_signed(connection) else None
    if signer is None or b'"uri"' not in tile:
        return None
    try:
        found = glb.read(tile)
    except SceneError:
        return None  # it was deposited as it is
    document = orjson.loads(found.json)
    beside = [image for image in document.get("images", ()) if _is_beside(image.get("uri", ""))]
    for image in beside:
        image["uri"] = signer.signed(urljoin(connection.scope["path"], image["uri"]))
    return glb.write(orjson.dumps(document), bytes(found.binary)) if beside else None


def _is_beside(uri: str) -> bool:
    return bool(uri) and not urlsplit(uri).scheme and "/" not in uri


def _signer(services: Services, key: str, expires: int, day: int) -> Signer:
    return Signer(services.settings.museum, services.settings.secret_key, key, expires, day)
