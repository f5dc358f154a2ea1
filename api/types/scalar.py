"""Values that travel as one: lists of numbers that a client takes as a whole, and a moment of record time.

A list of GraphQL is resolved item by item, which costs about a microsecond each: sixteen for a transform, 160,000 for
those of a large scene. A scalar costs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from scenes.errors import Invalid
from scenes.recorded import AsOf as Moment
from scenes.recorded import read_as_of

AsOf = NewType("AsOf", object)
Matrix = NewType("Matrix", list[float])
Column = NewType("Column", object)
"""A list, a tuple or a numpy array, in which what is not a number is null."""


def _moment(value: object) -> Moment:
    try:
        return read_as_of(value)
    except Invalid as error:
        raise GraphQLError(str(error)) from error


def _literal(node: ValueNode, _: Mapping[str, Any] | None = None) -> Moment:
    if isinstance(node, IntValueNode) and len(node.value) <= 40:
        return int(node.value)
    return _moment(node.value if isinstance(node, StringValueNode) else None)


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    AsOf: strawberry.scalar(
        name="AsOf",
        description="A moment of record time: the number of a revision, or a time of day (ISO 8601, UTC where it says "
        "no zone), which stands for the last revision written by then. Revisions never change: a number can be cited.",
        serialize=_as_it_is,
        parse_value=_moment,
        parse_literal=_literal,
    ),
    Matrix: strawberry.scalar(
        name="Matrix",
        description="16 numbers, column-major: a transform. One value: it is answered as a list, and has no fields.",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
    Column: strawberry.scalar(
        name="Column",
        description="A list of numbers or texts that is answered as one value: a column of a table.",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
}
"""for the schema's `scalar_map`"""
