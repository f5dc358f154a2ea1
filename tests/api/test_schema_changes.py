"""What was released goes on working: the schema of now beside the released one, and the comparison itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from graphql import build_schema, print_schema

from api.schema import SCHEMA
from api.schema_changes import WHAT_TO_DO, announces, breaks, release_of, renewed

ROOT = Path(__file__).resolve().parents[2]
RELEASED = (ROOT / "docs/schema.released.graphql").read_text()
NOW = SCHEMA.as_str()
PLAIN = re.sub(r'^ *"""(?:.|\n)*?"""\n', "", NOW, flags=re.MULTILINE)
"""without descriptions, so that lines are next to each other"""


def test_the_schema_breaks_nothing_that_was_released() -> None:
    broken = breaks(RELEASED, NOW)
    assert not broken, "\n".join(["", *broken, WHAT_TO_DO])


def test_the_baseline_names_a_release_that_is_not_later_than_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = release_of(RELEASED)
    assert [int(each) for each in released.split(".")] <= [int(each) for each in version.split(".")]
    assert not announces(released, version)


def edited(old: str, new: str) -> str:
    assert old in PLAIN, f"the schema has no {old!r} any more: take another example"
    return PLAIN.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # Real edits of the real schema: what is gone, or narrower, or asked for anew.
        ("  defaultMoment: String!\n", "", "defaultMoment was removed"),
        ("enum ChangeKind {\n  CREATION\n", "enum ChangeKind {\n", "Enum value ChangeKind.CREATION was removed."),
        ("  tiles: Int!\n", "  tiles: Int\n", "Field Tileset.tiles changed type from Int! to Int."),
        ("  tiles: Int!\n", "  tiles: String!\n", "Field Tileset.tiles changed type from Int! to String!."),
        (
            "  title: String = null\n",
            "  title: String!\n",
            "UpdateAnnotationInput.title changed type from String to String!.",
        ),
    ],
)
def test_what_is_gone_or_narrower_is_a_break(old: str, new: str, said: str) -> None:
    broken = breaks(PLAIN, edited(old, new))
    assert any(said in each for each in broken), broken


@pytest.mark.parametrize(
    ("released", "now", "kinds"),
    [
        ("type Query { a: Int b: Int }", "type Query { a: Int }", ["FIELD_REMOVED"]),
        ("type Query { a: Int! }", "type Query { a: Int }", ["FIELD_CHANGED_KIND"]),
        ("type Query { a(x: Int): Int }", "type Query { a: Int }", ["ARG_REMOVED"]),
        ("type Query { a: Int }", "type Query { a(x: Int!): Int }", ["REQUIRED_ARG_ADDED"]),
        ("type Query { a(x: Int): Int }", "type Query { a(x: Int!): Int }", ["ARG_CHANGED_KIND"]),
        ("type Query { a: E } enum E { P Q }", "type Query { a: E } enum E { P }", ["VALUE_REMOVED_FROM_ENUM"]),
        (
            "type Query { a(i: I): Int } input I { x: Int }",
            "type Query { a(i: I): Int } input I { x: Int y: Int! }",
            ["REQUIRED_INPUT_FIELD_ADDED"],
        ),
        (
            "type Query { a: T } type T { b: Int }",
            "type Query { a: S } type S { b: Int }",
            ["FIELD_CHANGED_KIND", "TYPE_REMOVED"],
        ),
        # What asks by the released one does not notice these.
        ("type Query { a: Int }", "type Query { a: Int! }", []),
        ("type Query { a(x: Int!): Int }", "type Query { a(x: Int, y: Int): Int b: Int }", []),
        ("type Query { a: E } enum E { P }", "type Query { a: E } enum E { P Q }", []),
        ('type Query { a: Int b: T @deprecated(reason: "a") } type T { c: Int }', "type Query { a: Int }", []),
        ("type Query { a: Int b: Int }", 'type Query { a: Int b: Int @deprecated(reason: "a") }', []),
        ('type Query { a: E } enum E { P Q @deprecated(reason: "P") }', "type Query { a: E } enum E { P }", []),
    ],
)  # fmt: skip
def test_every_break_is_told_and_no_addition(released: str, now: str, kinds: list[str]) -> None:
    assert [each.partition(":")[0] for each in breaks(released, now)] == kinds


def test_a_baseline_is_renewed_for_additions_and_for_breaks_that_the_version_announces() -> None:
    first = renewed("", "type Query { a: Int b: Int }", "0.1.0")
    assert release_of(first) == "0.1.0"
    more = renewed(first, "type Query { a: Int b: Int c: Int }", "0.1.1")
    assert (release_of(more), "c: Int" in more) == ("0.1.1", True)
    with pytest.raises(
        SystemExit, match=r"Since 0\.1\.1 the schema breaks:\nFIELD_REMOVED: Field Query\.b was removed"
    ):
        renewed(more, "type Query { a: Int c: Int }", "0.1.2")
    assert release_of(renewed(more, "type Query { a: Int c: Int }", "0.2.0")) == "0.2.0"


def test_a_schema_breaks_nothing_of_its_own() -> None:
    assert breaks(NOW, print_schema(build_schema(NOW))) == []
