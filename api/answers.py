"""GraphQL answers: results and errors as they go over the wire, the same over HTTP and WebSocket.

Every error carries `extensions.code` of the one table (`api.errors`). What is wrong with the request itself (syntax,
unknown fields, values of a wrong type) is BAD_REQUEST; a fault of ours is logged with its trace and masked.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError

from api.errors import INTERNAL, DoorError, details_of, kind_of, message_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strawberry.types import ExecutionResult

    from scenes.errors import SceneError

log = logging.getLogger("chronotope.graphql")

_MAX_ERRORS = 20
_MAX_MESSAGE = 300
"""characters of what graphql-core says, which may repeat the request"""
_MAX_OWN_MESSAGE = 4_000
"""of what we say: a contradiction is a dozen sentences"""
# graphql-core offers what we have where a name is nearly right; that is for schema readers, not for error messages.
_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


def answered(result: ExecutionResult) -> dict[str, Any]:
    """A result as a JSON object."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = shown(result.errors)
    return answer


def as_json(answer: dict[str, Any]) -> bytes:
    """An answer as it goes over the wire; columns may be arrays (`api.types.scalar`)."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def shown(errors: Sequence[GraphQLError | DoorError | SceneError]) -> list[dict[str, Any]]:
    """Errors as JSON objects, the first few of them."""
    return [_shown(error) for error in errors[:_MAX_ERRORS]]


def _shown(error: GraphQLError | DoorError | SceneError) -> dict[str, Any]:
    cause: BaseException | None = error
    answer: dict[str, Any] = {}
    while isinstance(cause, GraphQLError):
        if cause.locations and "locations" not in answer:
            answer["locations"] = [{"line": each.line, "column": each.column} for each in cause.locations[:_MAX_ERRORS]]
        if cause.path is not None and "path" not in answer:
            answer["path"] = cause.path
        cause = cause.original_error
    if cause is None:
        message, code = _SUGGESTION.sub("", error.message if isinstance(error, GraphQLError) else ""), "BAD_REQUEST"
    else:
        kind = kind_of(cause)
        message, code = message_of(cause), kind.graphql
        if kind is INTERNAL:
            log.error("unexpected %s at %s", type(cause).__name__, answer.get("path"), exc_info=cause)
    extensions: dict[str, Any] = {"code": code}
    most = _MAX_MESSAGE
    if cause is not None:
        extensions |= details_of(cause)
        most = _MAX_OWN_MESSAGE
    shortened = message if len(message) <= most else message[: most - 1] + "…"
    return {"message": shortened, **answer, "extensions": extensions}
