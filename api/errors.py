"""The one table of error codes: what each means over HTTP, in GraphQL and on a WebSocket. `docs/errors.md` shows it.

A code is stable: clients branch on it, never on the message. HTTP answers are problem+json (RFC 9457) with a member
`code`; GraphQL errors carry the code in `extensions.code`; a WebSocket is closed with the close code. A fault of ours
is logged with its trace and answered as INTERNAL without detail; a fault of the asker's is answered in full and not
logged.
"""

from __future__ import annotations

import http
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from scenes.errors import SceneError
from timeline.errors import EdtfError, TimelineError
from timeline.proposal import told_what_it_may_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

log = logging.getLogger("chronotope.errors")


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table."""

    code: str
    status: int
    """HTTP status"""
    close: int
    """WebSocket close code"""
    title: str
    """what it means, for people; the same for every occurrence (RFC 9457, 3.1.3)"""

    @property
    def graphql(self) -> str:
        """`extensions.code` in GraphQL: the code itself."""
        return self.code


_ROWS = (
    # scenes.errors
    ErrorKind("REFUSED", 400, 4400, "The museum refuses this request."),
    ErrorKind("NOT_FOUND", 404, 4404, "There is no such thing, or it is not for you to know of."),
    ErrorKind("CONFLICT", 409, 4409, "Somebody changed it in the meantime."),
    ErrorKind("FORBIDDEN", 403, 4403, "Your role or the thing's rights do not allow this."),
    ErrorKind("UNAUTHORIZED", 401, 4401, "The token is missing, unknown or expired."),
    ErrorKind("INVALID", 422, 4422, "A value cannot be accepted."),
    ErrorKind("IN_USE", 409, 4409, "Something else still refers to it."),
    ErrorKind("CYCLE", 422, 4422, "Things would depend on one another in a circle."),
    ErrorKind("CONTRADICTION", 422, 4422, "What is said of times cannot all be true."),
    ErrorKind("MALFORMED", 422, 4422, "The file is not what it claims to be, or is broken."),
    ErrorKind("UNSUPPORTED", 415, 4415, "The file's format is none that is read here."),
    ErrorKind("LIMIT", 413, 4413, "A stated limit is exceeded."),
    ErrorKind("FORBIDDEN_REF", 422, 4422, "The file points outside itself."),
    ErrorKind("PARSER_CRASH", 422, 4422, "The parser died on this file; it is kept apart."),
    ErrorKind("STORAGE_FULL", 507, 1013, "The disk is full; nothing was lost, reading goes on."),
    ErrorKind("DAMAGED", 500, 1011, "Kept bytes are damaged; they are not handed out, and it was logged."),
    # timeline
    ErrorKind("BAD_EDTF", 400, 4422, "The text is not EDTF."),
    ErrorKind("BAD_TIME", 400, 4422, "A date or an interval cannot be used."),
    ErrorKind("BAD_PERIOD", 400, 4422, "The data say no period."),
    ErrorKind("NO_PERIOD", 404, 4404, "No period is known by that name or address."),
    # the stream
    ErrorKind("BAD_MESSAGE", 400, 4400, "A message is not of the protocol."),
    ErrorKind("SUBPROTOCOL", 400, 4406, "None of the offered subprotocols is spoken here."),
    ErrorKind("SLOW", 408, 4408, "The peer does not keep up, or said nothing for too long."),
    ErrorKind("REPLACED", 409, 4410, "Another connection goes on with this session."),
    ErrorKind("FLOOD", 429, 4429, "Too much was asked in too short a time."),
    ErrorKind("TOO_BIG", 413, 1009, "A message is larger than the protocol allows."),
    # doors
    ErrorKind("BAD_REQUEST", 400, 4400, "The request cannot be understood."),
    ErrorKind("BAD_HOST", 400, 4400, "This server does not answer to that host name."),
    ErrorKind("METHOD_NOT_ALLOWED", 405, 4400, "This address does not know that method."),
    ErrorKind("MEDIA_TYPE", 415, 4415, "The request's body is of a type that is not read here."),
    ErrorKind("TIMEOUT", 408, 4408, "The request did not arrive in time."),
    ErrorKind("RANGE", 416, 4416, "None of the byte ranges can be served."),
    ErrorKind("TUS_VERSION", 412, 4412, "Uploads speak tus 1.0.0 only."),
    ErrorKind(
        "CHECKSUM_MISMATCH", 460, 4460, "The bytes do not have the checksum that was sent along; nothing was kept."
    ),
    ErrorKind("GONE", 410, 4410, "It was here and is not any more."),
    ErrorKind("BAD_SETTING", 500, 1011, "A setting cannot be used; the server does not start."),
    ErrorKind("UNAVAILABLE", 503, 1012, "The museum starts, stops or waits for its database; try again soon."),
    ErrorKind("INTERNAL", 500, 1011, "The fault is ours; it was logged."),
)

TABLE: Mapping[str, ErrorKind] = {row.code: row for row in _ROWS}
INTERNAL = TABLE["INTERNAL"]

_CODE_OF_STATUS = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "TIMEOUT",
    409: "CONFLICT",
    410: "GONE",
    413: "LIMIT",
    415: "MEDIA_TYPE",
    416: "RANGE",
    422: "INVALID",
    429: "FLOOD",
    503: "UNAVAILABLE",
}


class DoorError(Exception):
    """A request that a door refuses by itself, before any use case; `code` is a row of the table."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.headers = code, dict(headers or {})


def kind_of(error: BaseException) -> ErrorKind:
    """The row for an exception: by its `code`, else INTERNAL.

    Only codes of our own exception roots count: a foreign exception may have an attribute `code`, too.
    """
    if isinstance(error, SceneError | TimelineError | DoorError):
        return TABLE.get(error.code, INTERNAL)
    return INTERNAL


def message_of(error: BaseException) -> str:
    """What the asker may read: our own words, or nothing of a fault of ours. The docstring is the default message."""
    if kind_of(error) is INTERNAL:
        return INTERNAL.title
    if isinstance(error, EdtfError):
        told_what_it_may_mean(error)
    return str(error) or (type(error).__doc__ or "").strip().split("\n")[0]


def details_of(error: BaseException) -> dict[str, Any]:
    """What programs may read beside the code: of a text that is no EDTF the column, and what it may mean if anything.

    After `message_of`, which asks for the latter.
    """
    if not isinstance(error, EdtfError):
        return {}
    return {"column": error.column} | ({"mayMean": list(error.may_mean)} if error.may_mean else {})


def problem(
    kind: ErrorKind,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem+json answer (RFC 9457). `type` is left out, which means about:blank; `code` is what clients read."""
    body = {"title": kind.title, "status": kind.status, "code": kind.code, "detail": detail, **more}
    answer = Response(orjson.dumps(body), status_code=kind.status, media_type="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    if kind.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="chronotope"'
    answer.headers.update(headers or {})
    return answer


def problem_of(error: Exception) -> Response:
    """The answer to an exception; logs it when the fault is ours."""
    kind = kind_of(error)
    if kind is INTERNAL:
        log.error("unexpected %s", type(error).__name__, exc_info=error)
    headers = error.headers if isinstance(error, DoorError) else None
    message = message_of(error)
    return problem(kind, message, headers, **details_of(error))


async def _on_error(_: Request, error: Exception) -> Response:
    return problem_of(error)


async def _on_http(_: Request, error: Exception) -> Response:
    """Starlette's own refusals: unknown path, wrong method, broken body."""
    assert isinstance(error, HTTPException)
    kind = TABLE[_CODE_OF_STATUS.get(error.status_code, "BAD_REQUEST" if error.status_code < 500 else "INTERNAL")]
    standard = {status.value: status.phrase for status in http.HTTPStatus}.get(error.status_code)
    headers = dict(error.headers or {})
    if headers.get("Allow") == "HEAD":
        headers["Allow"] = "GET, HEAD"  # FastAPI has a route for each of the two, and tells of one
    return problem(kind, kind.title if error.detail == standard else str(error.detail), headers)


async def _on_validation(_: Request, error: Exception) -> Response:
    """FastAPI's refusals of parameters: which, and why, without echoing the input."""
    from fastapi.exceptions import RequestValidationError

    assert isinstance(error, RequestValidationError)
    faults = [{"where": ".".join(str(part) for part in e["loc"]), "what": e["msg"]} for e in error.errors()[:20]]
    detail = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults)
    return problem(TABLE["INVALID"], detail, errors=faults)


def install(app: FastAPI) -> None:
    """Answer every exception of `app` by the table."""
    # Here, because the command line needs the table and not the framework, which takes half a second to load.
    from fastapi.exceptions import RequestValidationError

    for family in (SceneError, TimelineError, DoorError):
        app.add_exception_handler(family, _on_error)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(Exception, _on_error)
