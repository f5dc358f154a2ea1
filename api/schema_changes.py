"""What a change of the GraphQL schema breaks for those who were written for the released one.

`docs/schema.released.graphql` is the schema as it was released last. Whatever asks by it must go on working: things may
be added, and what was marked as deprecated in a release may go in a later one; everything else that goes, or becomes
narrower, is a break. A break needs a version that says so (the first number, before 1.0 the second) and a new baseline:

    python -m api.schema_changes docs/schema.released.graphql    # `make release-schema`; refuses an unannounced break
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    GraphQLSchema,
    Visitor,
    build_schema,
    find_breaking_changes,
    is_interface_type,
    is_object_type,
    parse,
    print_ast,
    visit,
)

WHAT_TO_DO = (
    "Deprecate instead (deprecation_reason), and remove it after the next release; or, where it must be, raise the "
    "version in pyproject.toml (its first number, before 1.0 the second) and renew the baseline: make release-schema."
)
_HEAD = "# The GraphQL schema as it was released with {}. Renewed by make release-schema.\n"
_RELEASED = re.compile(r"# .* released with (\d+(?:\.\d+)*)")


class _WithoutDeprecated(Visitor):
    """Drops what clients were told not to rely on."""

    def enter_field_definition(self, node: Any, *_: Any) -> Any:
        """A field of a type."""
        return _dropped(node)

    def enter_input_value_definition(self, node: Any, *_: Any) -> Any:
        """An argument, or a field of an input."""
        return _dropped(node)

    def enter_enum_value_definition(self, node: Any, *_: Any) -> Any:
        """A value."""
        return _dropped(node)


def _dropped(node: Any) -> Any:
    return REMOVE if any(each.name.value == "deprecated" for each in node.directives or ()) else None


def breaks(released: str, now: str) -> list[str]:
    """What of a released schema is gone or narrower in another one, each with its kind; both are SDL.

    >>> breaks("type Query { a: Int b: Int @deprecated(reason: \\"use a\\") }", "type Query { a: String c: Int }")
    ['FIELD_CHANGED_KIND: Field Query.a changed type from Int to String.']
    """
    relied_on = build_schema(print_ast(visit(parse(released), _WithoutDeprecated())), assume_valid=True)
    found = find_breaking_changes(_reached(relied_on), build_schema(now))
    return sorted(f"{each.type.name}: {each.description}" for each in found)


def _reached(schema: GraphQLSchema) -> GraphQLSchema:
    """Without types that nothing refers to any more, now that what is deprecated is gone."""
    answered = [each for each in schema.type_map.values() if is_object_type(each) and each.interfaces]
    interfaces = [each for each in schema.type_map.values() if is_interface_type(each)]
    return GraphQLSchema(
        query=schema.query_type,
        mutation=schema.mutation_type,
        subscription=schema.subscription_type,
        types=[*interfaces, *answered],
        directives=schema.directives,
    )


def release_of(baseline: str) -> str:
    """The version that a baseline names at its head; empty: none."""
    found = _RELEASED.match(baseline)
    return found[1] if found else ""


def announces(version: str, released: str) -> bool:
    """Whether a version tells of a break since a released one: its first number is higher, before 1.0 its second.

    >>> [announces(*each) for each in (("1.0.0", "0.9.3"), ("0.2.0", "0.1.7"), ("1.3.0", "1.2.0"), ("0.1.1", "0.1.0"))]
    [True, True, False, False]
    """
    new, old = ([int(each) for each in text.split(".")] for text in (version, released))
    return new[0] > old[0] or (new[0] == old[0] == 0 and new[1] > old[1])


def renewed(baseline: str, now: str, version: str) -> str:
    """The baseline of a release.

    Raises:
        SystemExit: it would break what was released, and the version does not say so.
    """
    released = release_of(baseline)
    broken = breaks(baseline, now) if released else []
    if broken and not announces(version, released):
        raise SystemExit("\n".join([f"Since {released} the schema breaks:", *broken, WHAT_TO_DO]))
    return _HEAD.format(version) + now


def main() -> None:
    """Renew the baseline that the first argument names."""
    from api.schema import SCHEMA

    path = Path(sys.argv[1])
    with (path.resolve().parents[1] / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    baseline = path.read_text("utf-8") if path.exists() else ""
    path.write_text(renewed(baseline, SCHEMA.as_str() + "\n", version), "utf-8")


if __name__ == "__main__":
    main()
