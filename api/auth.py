"""Who asks: a token or a session cookie becomes an `Actor`.

Three ways in, tried in this order:
1. `Authorization: Bearer TOKEN`, for scripts and the command line;
2. `?token=TOKEN` on a WebSocket only, because a browser's WebSocket cannot set headers. Never on plain HTTP:
   addresses end up in logs and Referer headers;
3. the session cookie that a one-time curator link (`/studio?key=…`) was exchanged for: HttpOnly, SameSite=Strict,
   signed. It counts only for requests of our own pages: on a WebSocket and for every method that changes something,
   an `Origin` of another host makes it as if the cookie were not there (CSRF; cross-site WebSocket hijacking).

A token that is sent but unknown raises Unauthorized, it never falls back to anonymous: a client must learn that its
token expired. A cookie that expired does fall back, because a visitor's browser sends it without asking. Only sha256
hashes of tokens are kept; tokens have 256 random bits, so a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.rates import toll_of
from scenes.errors import Unauthorized
from scenes.model import ANONYMOUS, Actor

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import HTTPConnection
    from starlette.responses import Response

    from api.services import Services
    from scenes.ports import Tokens

COOKIE = "chronotope_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def token_hash(token: str) -> str:
    """What is kept of a token: its sha256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(
    tokens: Tokens, actor: Actor, *, at: datetime, expires_at: datetime | None = None, once: bool = False
) -> str:
    """A new token for `actor`; it is returned this one time and cannot be found out later."""
    token = "ct_" + secrets.token_urlsafe(32)
    tokens.add_token(token_hash(token), actor, expires_at=expires_at, once=once, at=at)
    return token


def _signature(token: str, secret: str) -> str:
    return hmac.new(secret.encode(), b"session:" + token.encode(), hashlib.sha256).hexdigest()[:32]


def begin_session(response: Response, actor: Actor, services: Services, *, https: bool) -> None:
    """Sign a browser in as `actor` by a cookie. Blocking: it writes the token."""
    lifetime = timedelta(hours=services.settings.session_hours)
    at = services.clock.now()
    token = make_token(services.tokens, actor, at=at, expires_at=at + lifetime)
    response.set_cookie(
        COOKIE,
        f"{token}.{_signature(token, services.settings.secret_key)}",
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=https,
        path="/",
    )


def _bearer(connection: HTTPConnection) -> str:
    header = connection.headers.get("authorization", "")
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("the Authorization header must read `Bearer TOKEN`")
    return token.strip()


def _is_ours(connection: HTTPConnection) -> bool:
    """Whether the request comes from a page of this host. Programs send no Origin; browsers do where it matters."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == connection.headers.get("host", "")


def _session(connection: HTTPConnection, secret: str) -> str:
    """The session token of the cookie; empty where there is none, it is forged, or it was sent for a foreign page."""
    token, _, signature = connection.cookies.get(COOKIE, "").rpartition(".")
    if not token or not hmac.compare_digest(signature.encode(), _signature(token, secret).encode()):
        return ""
    is_websocket = connection.scope["type"] == "websocket"
    if (is_websocket or connection.scope["method"] not in _SAFE_METHODS) and not _is_ours(connection):
        return ""
    return token


async def actor_of(connection: HTTPConnection, services: Services) -> Actor:
    """Who asks; who is signed in pays for it (`api.rates`).

    Raises:
        Unauthorized: a token was sent that is unknown, expired or used up.
        DoorError: FLOOD, who is signed in has spent their share.
    """
    actor = await _actor_of(connection, services)
    if actor != ANONYMOUS:
        toll_of(connection).signed_in(actor)
    return actor


async def _actor_of(connection: HTTPConnection, services: Services) -> Actor:
    token = _bearer(connection)
    if not token and connection.scope["type"] == "websocket":
        token = connection.query_params.get("token", "")
    if token:
        actor = await services.call(services.tokens.use_token, token_hash(token), at=services.clock.now())
        if actor is None:
            raise Unauthorized
        return actor
    session = _session(connection, services.settings.secret_key)
    if session:
        actor = await services.call(services.tokens.use_token, token_hash(session), at=services.clock.now())
        return actor or ANONYMOUS
    return ANONYMOUS
