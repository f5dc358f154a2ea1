"""What every request passes before any door: host name, share, size, patience, and on the way out the security headers.

- A `Host` that is not ours is answered 400, so that a foreign name that was pointed at this machine (DNS rebinding)
  cannot read it with the visitor's browser. Addresses are always ours: the attack needs a name.
- Who spent their share of the museum is answered 429 (`api.rates`), WebSockets before they open.
- A body that is larger than its door allows is answered 413 before it is read whole; `/uploads` and `/people` take
  files, so their limit is that of an upload.
- A body that stops coming for 30 s is answered 408.
- Every answer says nosniff, and unless its door says otherwise: no scripts, no frames, no other origin. Pages set
  their own policy (`api.pages`), public content opens itself to other origins (`api.assets`).
- The outermost `except`: what nobody foresaw is logged with its trace and answered as INTERNAL.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from api.audit import coming_from
from api.errors import DoorError, kind_of, problem_of
from api.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import Settings

BODY_LIMIT = 1 << 20
"""bytes of a request's body, but for files"""
FILE_PREFIXES = ("/uploads", "/people")
"""doors that take files"""
BODY_PATIENCE_S = 30.0
"""seconds without a byte of a body that is due"""

PUBLIC_PREFIXES = ("/blobs/", "/scenes/", "/assets/")
"""what other origins may read where it is public"""

CORS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT: Mapping[str, str] = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-Match, If-Modified-Since, If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
DEFAULT_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
"""RFC 6797: for a year, browsers come by https alone"""
_HOST = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


def host_name(header: str) -> str:
    """The name of a Host header without its port, lower case; empty where it is none.

    >>> host_name("Museum.local:8000"), host_name("[::1]:8000"), host_name("a b")
    ('museum.local', '::1', '')
    """
    found = _HOST.fullmatch(header)
    return found[1].strip("[]").rstrip(".").lower() if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def own_names(settings: Settings) -> frozenset[str]:
    """Host names that are answered to, addresses aside."""
    machine = socket.gethostname().lower()
    short = machine.split(".")[0]
    public = urlsplit(settings.public_url).hostname or ""
    given = (name.lower() for name in settings.trusted_hosts)
    return frozenset({"localhost", machine, short, f"{short}.local", public, *given} - {""})


class Gate:
    """ASGI middleware; see the file's head."""

    def __init__(self, app: ASGIApp, *, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._rates = Rates(settings, monotonic=monotonic)
        self._names = own_names(settings)
        self._upload_limit = settings.max_upload
        # Not by a certificate of our own making, which a headset may have to be talked into once a year.
        is_named = settings.public_url.startswith("https:")
        self._headers = {**DEFAULT_HEADERS, **_ONLY_HTTPS} if is_named else DEFAULT_HEADERS

    def _answers_to(self, name: str) -> bool:
        return "*" in self._names or name in self._names or _is_address(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        coming_from(scope)
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        # RFC 9112, 3.2: more than one Host is refused, or who looks at which would decide.
        trusted = len(hosts) == 1 and self._answers_to(host_name(hosts[0]))
        if scope["type"] == "websocket":
            await self._open(scope, receive, send, headers, trusted=trusted)
            return
        outgoing = _Outgoing(scope, send, self._headers)
        limit = self._upload_limit if scope["path"].startswith(FILE_PREFIXES) else BODY_LIMIT
        try:
            _check_host(headers, trusted=trusted)
            self._rates.enter(scope)
            _check_length(headers, limit)
            if scope["method"] == "OPTIONS" and scope["path"].startswith(PUBLIC_PREFIXES):
                await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, outgoing)
            else:
                await self._app(scope, _Incoming(receive, limit), outgoing)
        except Exception as e:  # noqa: BLE001 - the outermost loop: logged and answered
            answer = problem_of(e)
            if not outgoing.begun:
                await answer(scope, receive, outgoing)

    async def _open(self, scope: Scope, receive: Receive, send: Send, headers: Headers, *, trusted: bool) -> None:
        """Let a WebSocket through, or answer its opening."""
        try:
            _check_host(headers, trusted=trusted)
            self._rates.enter(scope)
        except DoorError as error:
            await receive()
            await _send_denial(scope, send, error)
            return
        await self._app(scope, receive, _Opened(scope, send))


async def _send_denial(scope: Scope, send: Send, error: DoorError) -> None:
    """Refuse a WebSocket before its handshake: by an answer where the server can, else by closing, which is a 403."""
    answer = problem_of(error)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": kind_of(error).close, "reason": error.code})
        return
    headers = [
        *answer.raw_headers,
        *((name.lower().encode(), value.encode()) for name, value in DEFAULT_HEADERS.items()),
    ]
    await send({"type": "websocket.http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


def _check_host(headers: Headers, *, trusted: bool) -> None:
    if not trusted:
        shown = ", ".join(headers.getlist("host"))[:100]
        raise DoorError(
            "BAD_HOST", f"this museum does not go by the name {shown!r}; CHRONOTOPE_TRUSTED_HOSTS can add names"
        )


def _check_length(headers: Headers, limit: int) -> None:
    announced = headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdecimal():
        raise DoorError("BAD_REQUEST", "Content-Length is not a number")
    if int(announced) > limit:
        raise DoorError("LIMIT", f"the body has {announced} bytes; at most {limit} are read here")


class _Opened:
    """Answers the opening of a WebSocket that no door takes."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if not self._begun and message["type"] == "websocket.close":
            self._begun = True
            await _send_denial(self._scope, self._send, DoorError("NOT_FOUND", "no WebSocket is opened here"))
            return
        self._begun = True
        await self._send(message)


class _Incoming:
    """A body that is counted, and waited for only so long."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            # Only the disconnect is still to come, and that may take as long as the answer does.
            return await self._receive()
        try:
            with anyio.fail_after(BODY_PATIENCE_S):
                message = await self._receive()
        except TimeoutError:
            raise DoorError("TIMEOUT", f"no byte of the body came for {BODY_PATIENCE_S:.0f} s") from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise DoorError("LIMIT", "the body is larger than is read here")
            self._whole = not message.get("more_body", False)
        return message


class _Outgoing:
    """Adds the headers that the door left open; leaves out the body of an answer to HEAD."""

    def __init__(self, scope: Scope, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers if scope.get("scheme") == "https" else DEFAULT_HEADERS
        self._head = scope["method"] == "HEAD"
        self._public = scope["path"].startswith(PUBLIC_PREFIXES)
        self._by_link = b"link=" in scope.get("query_string", b"")
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            if self._public and (message["status"] >= 400 or self._by_link):
                # A page of another origin may learn why it got nothing; the answer is the same for everybody. And who
                # comes by a signed link shows by that alone what they may.
                for name, value in CORS.items():
                    headers.setdefault(name, value)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif message["type"] == "http.response.body" and self._head:
            message = {**message, "body": b""}
        await self._send(message)
