"""`/graphql`: GraphQL over POST and over graphql-transport-ws, and nothing else.

No GET, no batches, no forms, no explorer page: a query comes as `application/json`, so that no foreign page can send
one without the browser asking first. A request that is refused before it runs is answered 400 with coded errors; one
that ran is answered 200, its errors beside its data.

`python -m api.schema` prints the schema (docs/schema.graphql).
"""

from __future__ import annotations

import gzip
import sys
from typing import TYPE_CHECKING, Any

import strawberry
from fastapi import APIRouter
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationType, specified_rules, validate
from graphql.validation import NoUndefinedVariablesRule, NoUnusedVariablesRule, VariablesInAllowedPositionRule
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.execution import PreExecutionError

from api import graphql_socket, guard, types
from api.answer_sizes import sizes_of
from api.answers import answered, as_json, shown
from api.assets import takes_gzip
from api.auth import actor_of
from api.errors import DoorError
from api.execution import Execution, plans_of
from api.loaders import Context
from api.mutations import Mutation
from api.passed import Passed
from api.past import PastInfo
from api.queries import Query
from api.rates import query_points, toll_of
from api.subscriptions import Subscription
from api.types.scalar import SCALARS
from scenes.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.rates import Toll
    from api.services import Services
    from scenes.model import Actor

_GRAPHQL_JSON = "application/graphql-response+json"
_WORTH_PACKING = 4_000
"""bytes; what is shorter comes with the first packets anyway"""
_PACKING = 4
"""of gzip: 100 KB of an exhibition become 18 in 1.5 ms"""


_OF_VARIABLES = (NoUndefinedVariablesRule, NoUnusedVariablesRule, VariablesInAllowedPositionRule)
"""Each reads a whole operation when it meets its beginning, before another rule could have put an end to it: these come
last."""
_RULES = (
    *(rule for rule in specified_rules if rule not in _OF_VARIABLES),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
_PASSED = Passed()
_MAX_FAULTS = 5
"""Validation stops there. Its messages quote the query: hundreds of them, each of hundreds of fields, took a second."""


class _Admitted(SchemaExtension):
    """Takes the document that the guard has parsed and measured, and validates it up to a number of faults."""

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = self.execution_context.context.document
        yield

    def on_validate(self) -> Iterator[None]:
        document = self.execution_context.graphql_document
        assert document is not None, "the guard parses before anything runs"
        text = self.execution_context.query
        is_known = text is not None and text in _PASSED
        faults = [] if is_known else faults_of(document)
        if text is not None and not faults:
            _PASSED.add(text)
        # An empty list, too, tells Strawberry that this is done.
        self.execution_context.pre_execution_errors = faults
        yield


class _Schema(strawberry.Schema):
    """Strawberry logs every error with its trace; ours are logged where they are shown (`api.answers`)."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave them alone."""


SCHEMA = _Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[*types.VIEWS.values(), types.Job],
    extensions=[_Admitted],
    execution_context_class=Execution,
    config=StrawberryConfig(
        default_resolver=types.attribute, disable_field_suggestions=True, info_class=PastInfo, scalar_map=SCALARS
    ),
)


def graphql_schema() -> GraphQLSchema:
    """The schema as graphql-core has it."""
    schema = SCHEMA._schema  # noqa: SLF001 Strawberry has no other way to it
    assert isinstance(schema, GraphQLSchema)
    return schema


Execution.plans = plans_of(graphql_schema())
_SIZES = sizes_of(graphql_schema())


def admit(payload: object) -> guard.Request:
    """`guard.admit` for this schema."""
    return guard.admit(payload, _SIZES)


def faults_of(document: DocumentNode) -> list[GraphQLError]:
    """What is wrong with a document by the schema, up to a number of faults."""
    schema = graphql_schema()
    return validate(schema, document, _RULES, _MAX_FAULTS) or validate(schema, document, _OF_VARIABLES, _MAX_FAULTS)


def router(services: Services) -> APIRouter:
    """The routes of `/graphql`."""
    routes = APIRouter()

    @routes.post("/graphql", include_in_schema=False)
    async def post(request: Request) -> Response:
        actor = await actor_of(request, services)
        status, answer = await _answer(services, actor, await _body(request), toll_of(request))
        accepted, content = request.headers.get("accept", ""), as_json(answer)
        headers = {"Cache-Control": "no-store"}
        if len(content) >= _WORTH_PACKING and takes_gzip(request):
            content = await services.call(gzip.compress, content, _PACKING, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(
            content,
            status_code=status,
            media_type=_GRAPHQL_JSON if _GRAPHQL_JSON in accepted else "application/json",
            headers=headers,
        )

    @routes.websocket("/graphql")
    async def socket(websocket: WebSocket) -> None:
        await graphql_socket.serve(websocket, services, SCHEMA, admit)

    return routes


async def _answer(services: Services, actor: Actor, body: bytes, toll: Toll) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer to a request. Raises DoorError FLOOD."""
    try:
        admitted = admit(guard.read_json(body))
        guard.require_known(admitted, actor)
    except (DoorError, GraphQLError, SceneError) as error:
        return 400, {"errors": shown([error])}
    if admitted.kind is OperationType.SUBSCRIPTION:
        refused = DoorError("BAD_REQUEST", "subscriptions are answered over WebSocket (graphql-transport-ws)")
        return 400, {"errors": shown([refused])}
    toll.pay(query_points(admitted.cost))
    result = await SCHEMA.execute(
        admitted.query,
        variable_values=admitted.variables,
        context_value=Context(services, actor, admitted.document),
        operation_name=admitted.operation,
    )
    if isinstance(result, PreExecutionError):
        return 400, {"errors": shown(result.errors or [])}
    return 200, answered(result)


async def _body(request: Request) -> bytes:
    """The body, read no further than it may go.

    Raises:
        DoorError: MEDIA_TYPE where it is not JSON, LIMIT where it is too long.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise DoorError("MEDIA_TYPE", "GraphQL is sent as application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > guard.BODY_BYTES:
            raise DoorError("LIMIT", f"a GraphQL request has at most {guard.BODY_BYTES >> 10} KiB")
    return body


if __name__ == "__main__":
    sys.stdout.write(SCHEMA.as_str() + "\n")
