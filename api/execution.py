"""How a GraphQL operation is carried out: as graphql-core does it, with a short way for plain values.

Most of what is asked for are plain values: attributes of a record, without arguments, which are no objects themselves.
graphql-core makes a dozen objects for each before it reads the attribute. Here such a field is read and coerced, and
that is all: of a page of placements two thirds of the fields, which then takes two thirds of the time. Whatever is not
as simple as that (a value that does not fit its type, null where none may be) goes the long way, so that answers and
errors are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLObjectType, Undefined, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.types.node import attribute

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLSchema

_Plan = tuple[str, Callable[[Any], Any], bool]
"""name of the attribute, how it is coerced, whether it may be null"""


class Execution(StrawberryGraphQLCoreExecutionContext):
    """An operation under way."""

    plans: dict[tuple[str, str], _Plan]
    """of plain values, by the names of type and field; set once for the schema (`plans_of`)"""

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        """The value of a field: at once where it is plain."""
        plan = self.plans.get((parent_type.name, field_details_list[0].node.name.value))
        if plan is not None:
            name, coerce, may_be_null = plan
            try:
                value = attribute(source, name)
                if value is None:
                    if may_be_null:
                        return None
                else:
                    coerced = coerce(value)
                    if coerced is not None and coerced is not Undefined:
                        return coerced
            except (AttributeError, TypeError, ValueError, GraphQLError):
                pass  # the long way meets it again and says it properly
        return super().execute_field(parent_type, source, field_details_list, path, position_context)


def plans_of(schema: GraphQLSchema) -> dict[tuple[str, str], _Plan]:
    """The plain values of a schema: fields without a resolver or arguments, of a scalar or an enum."""
    found: dict[tuple[str, str], _Plan] = {}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                plan = _plan(field)
                if plan is not None:
                    found[kind.name, name] = plan
    return found


def _plan(field: GraphQLField) -> _Plan | None:
    may_be_null = not isinstance(field.type, GraphQLNonNull)
    inner: Any = field.type if may_be_null else field.type.of_type  # type: ignore[union-attr]
    definition = (field.extensions or {}).get("strawberry-definition")
    if not is_leaf_type(inner) or field.args or not getattr(field.resolve, "_is_default", False) or definition is None:
        return None
    return definition.python_name, inner.coerce_output_value, may_be_null
