"""Who asks: a token, a session cookie or a signed link becomes an `Actor`.

Four ways in, tried in this order:
1. `Authorization: Bearer TOKEN`, for scripts and the command line;
2. `?token=TOKEN` on a WebSocket only, because a browser's WebSocket cannot set headers. Never on plain HTTP:
   addresses end up in logs and Referer headers;
3. a signed link (`api.links`): a quarter of an hour at most, for one address, and only to read;
4. the session cookie of who signed in (`api.sign_in`) or came by a one-time link (`/studio?key=…`): HttpOnly,
   SameSite=Lax, signed. It counts only for requests of our own pages: on a WebSocket and for every method that changes
   something, an `Origin` of another host makes it as if the cookie were not there (CSRF; cross-site WebSocket
   hijacking). A session ends after a time, and earlier if it goes unused or is ended.

A token that is sent but unknown raises Unauthorized, it never falls back to anonymous: a client must learn that its
token expired. A cookie that expired does fall back, because a visitor's browser sends it without asking. Only sha256
hashes of tokens are kept; tokens have 256 random bits, so a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api import links
from api.rates import toll_of
from scenes.audit import WHO
from scenes.errors import Forbidden, Unauthorized
from scenes.model import ANONYMOUS, Actor, KeyKind

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


def token_id(token: str) -> str:
    """What a token is listed by (`scenes.model.Key`)."""
    return token_hash(token)[:16]


def make_token(
    tokens: Tokens,
    actor: Actor,
    *,
    at: datetime,
    expires_at: datetime | None = None,
    once: bool = False,
    kind: KeyKind | None = None,
    label: str = "",
    idle_s: int = 0,
) -> str:
    """A new token for `actor` or their account; it is returned this one time and cannot be found out later."""
    token = "ct_" + secrets.token_urlsafe(32)
    kind = kind or (KeyKind.LINK if once else KeyKind.TOKEN)
    tokens.add_token(
        token_hash(token), actor, expires_at=expires_at, once=once, at=at, kind=kind, label=label, idle_s=idle_s
    )
    return token


def _signature(token: str, secret: str) -> str:
    return hmac.new(secret.encode(), b"session:" + token.encode(), hashlib.sha256).hexdigest()[:32]


def begin_session(
    response: Response, actor: Actor, services: Services, *, https: bool, before: HTTPConnection | None = None
) -> None:
    """Sign a browser in as `actor`, for what they came with, by a cookie; the session that it had `before` ends.

    Blocking: it writes both.
    """
    settings = services.settings
    lifetime = timedelta(hours=settings.session_hours)
    at = services.clock.now()
    if before is not None:
        end_session(before, services)
    token = make_token(
        services.tokens,
        actor,
        at=at,
        expires_at=at + lifetime,
        kind=KeyKind.SESSION,
        idle_s=settings.session_idle_minutes * 60,
    )
    response.set_cookie(
        COOKIE,
        f"{token}.{_signature(token, settings.secret_key)}",
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=https,
        path="/",
    )


def end_session(connection: HTTPConnection, services: Services) -> None:
    """End the session of a browser's cookie, if it has one. Blocking."""
    token = _session(connection, services.settings.secret_key)
    if token:
        services.tokens.end_token(token_id(token), at=services.clock.now())


def by_token(services: Services, token: str) -> Actor | None:
    """Who holds a token, by the rules of this museum; None where it opens nothing. Blocking."""
    return known(services, services.tokens.use_token(token_hash(token), at=services.clock.now()))


def known(services: Services, actor: Actor | None) -> Actor | None:
    """An actor by the rules of this museum."""
    return actor if actor is None or services.settings.curators_publish else replace(actor, publishes=False)


def _bearer(connection: HTTPConnection) -> str:
    header = connection.headers.get("authorization", "")
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("the Authorization header must read `Bearer TOKEN`")
    return token.strip()


def is_ours(connection: HTTPConnection) -> bool:
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
    if (is_websocket or connection.scope["method"] not in _SAFE_METHODS) and not is_ours(connection):
        return ""
    return token


async def check_still(services: Services, actor: Actor) -> None:
    """Whether who came in by a token or a session may still do what they could then; what lasts asks now and then.

    Raises:
        Forbidden: that one has ended, or opens something else by now.
    """
    if not actor.key:
        return
    holder = await services.call(services.tokens.holder, actor.key, at=services.clock.now())
    if holder is None:
        raise Forbidden("you are no longer signed in")
    if (holder.name, holder.role, holder.grants) != (actor.name, actor.role, actor.grants):
        raise Forbidden("what you may has changed; come in again")


async def actor_of(connection: HTTPConnection, services: Services) -> Actor:
    """Who asks; who is signed in pays for it (`api.rates`).

    Raises:
        Unauthorized: a token was sent that is unknown, expired or used up.
        DoorError: FLOOD, who is signed in has spent their share.
    """
    actor = await _actor_of(connection, services)
    if actor != ANONYMOUS:
        WHO.set(actor.name)
        toll_of(connection).signed_in(actor)
    return actor


async def _actor_of(connection: HTTPConnection, services: Services) -> Actor:
    token = _bearer(connection)
    if not token and connection.scope["type"] == "websocket":
        token = connection.query_params.get("token", "")
    if token:
        actor = await services.call(by_token, services, token)
        if actor is None:
            raise Unauthorized
        return actor
    if links.is_signed(connection):
        return known(services, await services.call(links.follow, services, connection)) or ANONYMOUS
    session = _session(connection, services.settings.secret_key)
    if session:
        return await services.call(by_token, services, session) or ANONYMOUS
    return ANONYMOUS
