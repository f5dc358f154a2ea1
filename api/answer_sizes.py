"""How many objects a field answers, by the schema: what the guard measures the cost of a query by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

PAGE_ARGUMENTS = frozenset({"first", "last"})
LIST = 3
"""what a list without pages counts as: the tours of a scene, the sources of a statement"""
INTROSPECTED = 6
"""what a list of introspection counts as: its usual query asks for four of them within each other"""
_ENTRANCES = {"__schema": "__Schema", "__type": "__Type"}


class Size(NamedTuple):
    """Of the answer to a field."""

    kind: str = ""
    """name of the type of the objects"""
    itself: int = 1
    """0 of an edge, which is there for its node"""
    many: int = 1
    """objects"""
    told: bool = False
    """whether `first` or `last` says how many they are"""
    page: int = LIST
    """objects on the page that it holds, where the query does not say"""
    on_page: bool = False
    """whether these are the objects on the page of what is above"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a schema."""

    roots: Mapping[OperationType, str]
    """names of the types that operations begin with"""
    fields: Mapping[tuple[str, str], Size]
    """by the names of type and field, where objects are answered"""


def sizes_of(schema: GraphQLSchema) -> Sizes:
    """Of all fields that answer objects."""
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    holders = {
        _inner(field).name
        for kind in kinds
        for field in kind.fields.values()
        if _page(field) is not None and not _is_list(field)
    }
    found = {
        (kind.name, name): _size(kind, field, in_holder=kind.name in holders)
        for kind in kinds
        for name, field in kind.fields.items()
        if is_composite_type(_inner(field))
    }
    roots = {each: root.name for each in OperationType if (root := schema.get_root_type(each)) is not None}
    # Of the type that queries begin with, though it does not list them.
    found |= {(roots[OperationType.QUERY], name): Size(kind) for name, kind in _ENTRANCES.items()}
    return Sizes(roots, found)


def _size(kind: GraphQLNamedType, field: GraphQLField, *, in_holder: bool) -> Size:
    page, inner = _page(field), _inner(field).name
    itself = int(not inner.endswith("Edge"))
    if not _is_list(field):
        return Size(inner, itself, page=page or LIST)
    if page is not None:
        return Size(inner, itself, many=page, told=True)
    if in_holder:
        return Size(inner, itself, on_page=True)
    return Size(inner, itself, many=INTROSPECTED if kind.name.startswith("__") else LIST)


def _inner(field: GraphQLField) -> Any:
    """The type of what is answered, without null and lists."""
    inner: Any = field.type
    while is_non_null_type(inner) or is_list_type(inner):
        inner = inner.of_type
    return inner


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(field.type.of_type if is_non_null_type(field.type) else field.type)


def _page(field: GraphQLField) -> int | None:
    """How many come on a page where the query does not say; None where there are no pages."""
    for name, argument in field.args.items():
        if name in PAGE_ARGUMENTS and isinstance(argument.default_value, int):
            return argument.default_value
    return None
