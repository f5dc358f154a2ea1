"""What a GraphQL request may ask for, decided before anything of it runs, in time linear in its length.

Strawberry's own limiters expand fragments, so that a request of a kilobyte keeps them busy for twenty seconds. Here the
text is limited before it is read, the tokens before they are parsed, and a fragment is measured once, however often it
is spread; numbers saturate. What is let through is small enough for graphql-core's validation, whose search for fields
that cannot be merged compares them pair by pair (`SAME_PATH` bounds these pairs).

    bytes ─► JSON ─► tokens and brackets ─► document ─► counts of its parts ─► measure of what runs ─► validation
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
    TokenKind,
    VariableNode,
    parse,
)
from graphql.language.lexer import Lexer

from api.errors import DoorError
from scenes.errors import Forbidden, Unauthorized
from scenes.model import ANONYMOUS, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scenes.model import Actor

BODY_BYTES = 64 << 10
TOKENS = 2_000
NESTING = 32
"""brackets within brackets; the parser and the walk below recurse no deeper"""
DEPTH = 12
"""fields within fields, fragments counted where they are spread; introspection apart"""
INTROSPECTION_DEPTH = 16
"""what the usual introspection query of tools needs"""
ALIASES = 50
FRAGMENTS = 64
OPERATIONS = 8
DIRECTIVES = 50
VARIABLES = 50
VARIABLE_NESTING = 16
FIELDS = 3_000
"""fields after fragments are spread, the spreads counted too"""
SAME_PATH = 20
"""fields that would have to be merged into one"""
COST = 200_000
"""fields answered at most, pages counted as full"""
PAGE = 1_000
"""largest `first` and `last`"""

_INTROSPECTION = {"__schema", "__type"}
_SCHEMA_LISTS = {"types", "fields", "args", "inputFields", "interfaces", "possibleTypes", "enumValues", "directives"}
_SCHEMA_LIST = 16
"""what a list of introspection counts as in the cost"""
_OPENING = {TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L}
_CLOSING = {TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R}
_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may run."""

    query: str
    document: DocumentNode
    variables: dict[str, Any]
    operation: str | None
    kind: OperationType
    cost: int
    """fields that it is answered with at most"""
    asks_schema: bool = False
    """whether it asks what may be asked (introspection)"""


@dataclass(frozen=True, slots=True)
class _Measure:
    """Of a selection set, with fragments spread; saturating."""

    depth: int = 0
    schema_depth: int = 0
    aliases: int = 0
    fields: int = 0
    cost: int = 0

    def __add__(self, other: _Measure) -> _Measure:
        return _Measure(
            max(self.depth, other.depth),
            max(self.schema_depth, other.schema_depth),
            min(self.aliases + other.aliases, _MOST),
            min(self.fields + other.fields, _MOST),
            min(self.cost + other.cost, _MOST),
        )


_SPREAD = _Measure(fields=1)


def read_json(body: bytes) -> object:
    """The JSON of a request, whose length the door has limited.

    Raises:
        DoorError: LIMIT where it is nested too deeply, BAD_REQUEST where it is no JSON.
    """
    try:
        text = body.decode("utf-8")
        found: object = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:
            # JSON can escape half of a surrogate pair, which is no character: no answer and no database could hold it.
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise DoorError("LIMIT", "the JSON is nested too deeply") from None
    except ValueError:
        raise DoorError("BAD_REQUEST", "the body is not JSON in UTF-8") from None
    return found


def admit(payload: object) -> Request:
    """The request of a JSON payload, if it may run; what it asks for is not validated against the schema yet.

    Raises:
        DoorError: LIMIT where a stated limit is exceeded, BAD_REQUEST where it is no request.
        graphql.GraphQLError: the query is not GraphQL.
    """
    if isinstance(payload, list):
        raise DoorError("BAD_REQUEST", "batches are not answered: send one operation a request")
    if not isinstance(payload, dict):
        raise DoorError("BAD_REQUEST", "expected a JSON object with a member `query`")
    query, variables, operation = payload.get("query"), payload.get("variables"), payload.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise DoorError("BAD_REQUEST", "`query`: expected the text of a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise DoorError("BAD_REQUEST", "`variables`: expected an object")
    if operation is not None and not isinstance(operation, str):
        raise DoorError("BAD_REQUEST", "`operationName`: expected a text")
    variables = variables or {}
    _check_variables(variables)
    document, asks_schema = _parse(query)
    kind, cost = _check_document(document, variables, operation or None)
    return Request(query, document, variables, operation or None, kind, cost, asks_schema)


def require_known(request: Request, actor: Actor) -> None:
    """Introspection is for members and those who work here; docs/schema.graphql has the schema for everybody.

    Raises:
        Unauthorized: nobody is signed in.
        Forbidden: who is signed in is a visitor.
    """
    if request.asks_schema and actor.role is Role.VISITOR and not actor.grants:
        told = "introspection is for members; the schema is published as docs/schema.graphql"
        raise Unauthorized(told) if actor == ANONYMOUS else Forbidden(told)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _limit(what: str, found: int, most: int) -> None:
    if found > most:
        shown = f"{found:,}" if found < _MOST else "far more"
        raise DoorError("LIMIT", f"{what}: {shown}, at most {most:,} are answered")


def _check_variables(variables: Mapping[str, Any]) -> None:
    _limit("variables", len(variables), VARIABLES)
    level: list[Any] = list(variables.values())
    for _ in range(VARIABLE_NESTING):
        level = [
            inner
            for value in level
            if isinstance(value, list | dict)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise DoorError("LIMIT", f"variables: nested deeper than {VARIABLE_NESTING}")


def _parse(query: str) -> tuple[DocumentNode, bool]:
    """The document, and whether a name in it is one of introspection's."""
    # One character may be up to four bytes; over WebSocket nothing has counted them yet.
    _limit("bytes of the query", len(query.encode("utf-8", "replace")), BODY_BYTES)
    lexer, tokens, nesting, asks_schema = Lexer(Source(query)), 0, 0, False
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens += 1
        nesting += (token.kind in _OPENING) - (token.kind in _CLOSING)
        _limit("brackets within brackets", nesting, NESTING)
        _limit("tokens", tokens, TOKENS)
        asks_schema = asks_schema or token.value in _INTROSPECTION
    return parse(query), asks_schema


def _check_document(
    document: DocumentNode, variables: Mapping[str, Any], name: str | None
) -> tuple[OperationType, int]:
    """Kind and cost of the operation that runs, if all of them may."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    _limit("fragments", sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions), FRAGMENTS)
    _limit("operations", len(operations), OPERATIONS)
    for operation in operations:
        _limit("variables", len(operation.variable_definitions or ()), VARIABLES)
    _limit("directives", sum(_directives(node) for node in document.definitions), DIRECTIVES)
    measures: dict[str, _Measure] = {}
    for fragment in _in_order(fragments):
        measures[fragment] = _measure(fragments[fragment].selection_set, measures, variables)
    costs = []
    for operation in operations:
        # Each is checked, not only the one to run: validation reads them all.
        defaults = {
            each.variable.name.value: _number(each.default_value)
            for each in operation.variable_definitions or ()
            if isinstance(each.default_value, IntValueNode)
        }
        measured = _measure(operation.selection_set, measures, {**defaults, **variables})
        _limit("fields within fields", measured.depth, DEPTH)
        _limit("introspection fields within fields", measured.schema_depth, INTROSPECTION_DEPTH)
        _limit("aliases", measured.aliases, ALIASES)
        _limit("fields", measured.fields, FIELDS)
        _limit("cost", measured.cost, COST)
        _limit("fields of the same name in the same place", _same_path(operation.selection_set, fragments), SAME_PATH)
        costs.append(measured.cost)
    chosen = [
        at for at, each in enumerate(operations) if name is None or (each.name is not None and each.name.value == name)
    ]
    if len(chosen) != 1:
        raise DoorError("BAD_REQUEST", "the document has no operation, or `operationName` does not say which")
    return operations[chosen[0]].operation, costs[chosen[0]]


def _directives(node: Any) -> int:
    """Directives anywhere below a definition."""
    count, waiting = 0, [node]
    while waiting:
        each = waiting.pop()
        count += len(getattr(each, "directives", None) or ())
        count += sum(len(each.directives or ()) for each in getattr(each, "variable_definitions", None) or ())
        inner = getattr(each, "selection_set", None)
        if inner is not None:
            waiting.extend(inner.selections)
    return count


def _in_order(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Names of the fragments, each after those that it spreads.

    Raises:
        DoorError: BAD_REQUEST where a fragment spreads itself.
    """
    needs = {name: [each for each in _spreads(node) if each in fragments] for name, node in fragments.items()}
    done: dict[str, bool] = {}
    for start in fragments:
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(needs[start]))] if start not in done else []
        done.setdefault(start, False)
        while stack:
            name, rest = stack[-1]
            below = next(rest, None)
            if below is None:
                # Finished ones go to the end: their order is the answer.
                done.pop(name)
                done[name] = True
                stack.pop()
            elif below not in done:
                done[below] = False
                stack.append((below, iter(needs[below])))
            elif not done[below]:
                raise DoorError("BAD_REQUEST", f"the fragment {below[:80]} spreads itself")
    return list(done)


def _spreads(node: FragmentDefinitionNode) -> list[str]:
    found, waiting = [], [node.selection_set]
    while waiting:
        for each in waiting.pop().selections:
            if isinstance(each, FragmentSpreadNode):
                found.append(each.name.value)
            elif isinstance(each, FieldNode | InlineFragmentNode) and each.selection_set is not None:
                waiting.append(each.selection_set)
    return found


def _measure(
    selections: SelectionSetNode | None, fragments: Mapping[str, _Measure], variables: Mapping[str, Any]
) -> _Measure:
    total = _Measure()
    if selections is None:
        return total
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            total += fragments.get(node.name.value, _Measure()) + _SPREAD
        elif isinstance(node, InlineFragmentNode):
            total += _measure(node.selection_set, fragments, variables) + _SPREAD
        elif isinstance(node, FieldNode):
            inner = _measure(node.selection_set, fragments, variables)
            schema = node.name.value.startswith("__")
            total += _Measure(
                depth=0 if schema else 1 + inner.depth,
                schema_depth=1 + inner.depth if schema else inner.schema_depth,
                aliases=inner.aliases + (node.alias is not None),
                fields=inner.fields + 1,
                cost=min(1 + _page(node, variables) * inner.cost, _MOST),
            )
    return total


def _number(node: IntValueNode) -> int:
    """Its value, up to a page; a number of thousands of digits is not worth reading."""
    return int(node.value) if len(node.value) < 12 else PAGE


def _page(node: FieldNode, variables: Mapping[str, Any]) -> int:
    """How many a field may answer, by its argument `first` or `last`; the resolver refuses more than `PAGE`."""
    for argument in node.arguments or ():
        if argument.name.value in {"first", "last"}:
            value = argument.value
            number: object = None
            if isinstance(value, IntValueNode):
                number = _number(value)
            elif isinstance(value, VariableNode):
                number = variables.get(value.name.value)
            if isinstance(number, int):
                return min(max(number, 1), PAGE)
    return _SCHEMA_LIST if node.name.value in _SCHEMA_LISTS else 1


def _same_path(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """The most fields that share one place in the answer. The fields after spreading are known to be few."""
    most, waiting = 0, [[selections]]
    while waiting:
        merged = waiting.pop()
        below: dict[str, list[SelectionSetNode]] = {}
        count: Counter[str] = Counter()
        while merged:
            for node in merged.pop().selections:
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    count[key] += 1
                    if node.selection_set is not None:
                        below.setdefault(key, []).append(node.selection_set)
                elif isinstance(node, InlineFragmentNode):
                    merged.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
                    merged.append(fragments[node.name.value].selection_set)
        most = max(most, *count.values(), 0)
        waiting.extend(below.values())
    return most
