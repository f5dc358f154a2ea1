"""What a GraphQL request may ask for, decided before anything of it runs, in time linear in its length.

Strawberry's own limiters expand fragments, so that a request of a kilobyte keeps them busy for twenty seconds. Here the
text is limited before it is read, tokens and brackets as they are read, and a fragment is measured once, however often
it is spread; numbers saturate. What is let through is small enough for graphql-core's validation, whose search for
fields that cannot be merged compares them pair by pair (`SAME_PATH` bounds these pairs).

    bytes ─► JSON ─► tokens, brackets, document ─► counts of its parts ─► measure of what runs ─► validation

The cost is how many objects may be answered: pages count as full, a list without pages and a page of which no length
is said by the schema (`api.answer_sizes`), and each ten plain values of an object as one more.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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
)
from graphql.language.lexer import Lexer
from graphql.language.parser import Parser

from api.answer_sizes import PAGE_ARGUMENTS, Size
from api.errors import DoorError
from scenes.errors import Forbidden, Unauthorized
from scenes.model import ANONYMOUS, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql.language.ast import Token

    from api.answer_sizes import Sizes
    from scenes.model import Actor

BODY_BYTES = 64 << 10
TOKENS = 2_000
"""comments too"""
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
COST = 5_000
"""objects answered at most, pages counted as full"""
VALUES = 10
"""plain values of an object that cost as much as one more"""
PAGE = 1_000
"""largest `first` and `last`"""

_INTROSPECTION = {"__schema", "__type"}
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
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
    """objects that it is answered with at most"""
    asks_schema: bool = False
    """whether it asks what may be asked (introspection)"""


class _Measure(NamedTuple):
    """Of a selection set, with fragments spread; saturating."""

    depth: int = 0
    schema_depth: int = 0
    aliases: int = 0
    fields: int = 0
    values: int = 0
    """plain values in this place"""
    cost: int = 0
    """objects below"""
    paged: int = 0
    """objects below for each that is on the page of what is above"""


_NOTHING = _Measure()
_ONE = Size()


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


def admit(payload: object, sizes: Sizes) -> Request:
    """The request of a JSON payload, if it may run; what it asks for is not validated against the schema yet.

    `sizes` are of what the schema's fields answer (`api.answer_sizes`).

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
    kind, cost = _check_document(document, _Measuring(variables, sizes), operation or None)
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
    source = Source(query)
    lexer = _Counting(source)
    return Parser(source, lexer=lexer).parse_document(), lexer.asks_schema


class _Counting(Lexer):
    """Counts what it reads, so that the parser meets no token too many and recurses no deeper than it may."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._tokens = self._nesting = 0
        self.asks_schema = False
        """whether one of introspection's names was read"""

    def read_name(self, start: int) -> Token:
        """A name at once; letter by letter it took half of the time of a query of long ones."""
        found = _NAME.match(self.source.body, start)
        assert found is not None, "the first letter was seen"
        return self.create_token(TokenKind.NAME, start, found.end(), found[0])

    def read_next_token(self, start: int) -> Token:
        """The next token, or comment."""
        token = super().read_next_token(start)
        self._tokens += 1
        if self._tokens > TOKENS and token.kind is not TokenKind.EOF:
            _limit("tokens", self._tokens, TOKENS)
        if token.kind is TokenKind.NAME:
            self.asks_schema = self.asks_schema or token.value in _INTROSPECTION
        elif token.kind in _OPENING:
            self._nesting += 1
            _limit("brackets within brackets", self._nesting, NESTING)
        elif token.kind in _CLOSING:
            self._nesting -= 1
        return token


def _check_document(document: DocumentNode, measuring: _Measuring, name: str | None) -> tuple[OperationType, int]:
    """Kind and cost of the operation that runs, if all of them may."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    _limit("fragments", sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions), FRAGMENTS)
    _limit("operations", len(operations), OPERATIONS)
    for operation in operations:
        _limit("variables", len(operation.variable_definitions or ()), VARIABLES)
    _limit("directives", sum(_directives(node) for node in document.definitions), DIRECTIVES)
    in_order = [fragments[each] for each in _in_order(fragments)]
    costs = []
    for operation in operations:
        # Each is checked, not only the one to run: validation reads them all.
        measured = measuring.of(operation, in_order)
        cost = max(1, measured.cost + measured.paged + measured.values // VALUES)
        _limit("fields within fields", measured.depth, DEPTH)
        _limit("introspection fields within fields", measured.schema_depth, INTROSPECTION_DEPTH)
        _limit("aliases", measured.aliases, ALIASES)
        _limit("fields", measured.fields, FIELDS)
        _limit("cost", cost, COST)
        _limit("fields of the same name in the same place", _same_path(operation.selection_set, fragments), SAME_PATH)
        costs.append(cost)
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


class _Measuring:
    """Of one request: its variables say how long pages are."""

    def __init__(self, variables: Mapping[str, Any], sizes: Sizes) -> None:
        self._given, self._sizes = variables, sizes

    def of(self, operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]) -> _Measure:
        """Of an operation; each of the `fragments` comes after those that it spreads."""
        defaults = {
            each.variable.name.value: _number(each.default_value)
            for each in operation.variable_definitions or ()
            if isinstance(each.default_value, IntValueNode)
        }
        variables = {**defaults, **self._given}
        known: dict[str, _Measure] = {}
        for fragment in fragments:
            kind = fragment.type_condition.name.value
            known[fragment.name.value] = self._measure(fragment.selection_set, kind, known, variables)
        root = self._sizes.roots.get(operation.operation, "")
        return self._measure(operation.selection_set, root, known, variables)

    def _measure(
        self, selections: SelectionSetNode, kind: str, fragments: Mapping[str, _Measure], variables: Mapping[str, Any]
    ) -> _Measure:
        """Of what is asked of an object of a kind; where the schema has no such kind or field, it is one object."""
        depth = schema_depth = aliases = fields = values = cost = paged = 0
        for node in selections.selections:
            if not isinstance(node, FieldNode):
                if isinstance(node, FragmentSpreadNode):
                    inner = fragments.get(node.name.value, _NOTHING)
                else:
                    assert isinstance(node, InlineFragmentNode), "there is no third"
                    within = node.type_condition.name.value if node.type_condition else kind
                    inner = self._measure(node.selection_set, within, fragments, variables)
                depth, schema_depth = max(depth, inner.depth), max(schema_depth, inner.schema_depth)
                values, cost, paged = values + inner.values, cost + inner.cost, paged + inner.paged
            else:
                inner = _NOTHING
                name = node.name.value
                if node.selection_set is None:
                    values += 1
                else:
                    size, told = self._sizes.fields.get((kind, name), _ONE), _page(node, variables)
                    inner = self._measure(node.selection_set, size.kind, fragments, variables)
                    many = told if told and size.told else size.many
                    here = many * max(1, size.itself + inner.values // VALUES + inner.cost)
                    here += (told or size.page) * inner.paged
                    cost, paged = (cost, paged + here) if size.on_page else (cost + here, paged)
                if name.startswith("__"):
                    schema_depth = max(schema_depth, 1 + inner.depth)
                else:
                    depth, schema_depth = max(depth, 1 + inner.depth), max(schema_depth, inner.schema_depth)
                aliases += node.alias is not None
            aliases, fields = aliases + inner.aliases, fields + inner.fields + 1
        numbers = (min(each, _MOST) for each in (aliases, fields, values, cost, paged))
        return _Measure(depth, schema_depth, *numbers)


def _number(node: IntValueNode) -> int:
    """Its value, up to a page; a number of thousands of digits is not worth reading."""
    return int(node.value) if len(node.value) < 12 else PAGE


def _page(node: FieldNode, variables: Mapping[str, Any]) -> int | None:
    """How many a field may answer, where an argument says it; the resolver refuses more than `PAGE`."""
    for argument in node.arguments or ():
        if argument.name.value in PAGE_ARGUMENTS:
            value = argument.value
            number: object = None
            if isinstance(value, IntValueNode):
                number = _number(value)
            elif isinstance(value, VariableNode):
                number = variables.get(value.name.value)
            if isinstance(number, int):
                return min(max(number, 1), PAGE)
    return None


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
