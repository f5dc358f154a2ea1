"""How a GraphQL operation is carried out: as graphql-core does it, with a short way for plain values.

Most of what is asked for are plain values: attributes of a record, without arguments, which are no objects themselves.
graphql-core makes a dozen objects for each before it reads the attribute. Here such a field is read and coerced, and
that is all: of a page of placements two thirds of the fields, which then takes two thirds of the time. Whatever is not
as simple as that (a value that does not fit its type, null where none may be) goes the long way, so that answers and
errors are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """The values of an object's fields: at once where all are plain, else with a wait for those that are not."""
        results: dict[str, Any] = {}
        slow: dict[str, Any] = {}
        for response_name, details in grouped_field_set.items():
            value = self._plain(parent_type.name, source_value, details[0].node.name.value)
            # The place in the answer is kept, whenever the value comes.
            results[response_name] = value
            if value is Undefined:
                slow[response_name] = details
        if not slow:
            return results
        rest: Any = super().execute_fields(parent_type, source_value, path, slow, position_context)
        return self._later(results, slow, rest) if self.is_awaitable(rest) else _filled(results, slow, rest)

    def _plain(self, type_name: str, source: Any, field_name: str) -> Any:
        """A plain value; `Undefined` where the field must go the long way."""
        plan = self.plans.get((type_name, field_name))
        if plan is None:
            return Undefined
        name, coerce, may_be_null = plan
        try:
            value = attribute(source, name)
            coerced = None if value is None else coerce(value)
        except (AttributeError, TypeError, ValueError, GraphQLError):
            return Undefined  # the long way meets it again and says it properly
        return Undefined if coerced is None and (not may_be_null or value is not None) else coerced

    @staticmethod
    async def _later(results: dict[str, Any], slow: Mapping[str, Any], rest: Any) -> dict[str, Any]:
        return _filled(results, slow, await rest)


def _filled(results: dict[str, Any], slow: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The values that came at once, with those that came by the long way, in the order that was asked for."""
    for name in slow:
        if name in rest:
            results[name] = rest[name]
        else:
            del results[name]
    return results


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
