"""Queries that would keep a server busy: beyond a limit, or as large as the limits let through."""

from __future__ import annotations

BOMB_DEPTH = 60
"""fragments, each spreading the next one twice: 2^60 fields"""


def chain(body: str) -> str:
    links = "".join(f"fragment f{n} on Query {{ {body.format(n + 1)} }} " for n in range(BOMB_DEPTH))
    return f"{{ ...f0 }} {links} fragment f{BOMB_DEPTH} on Query {{ me {{ name }} }}"


HOSTILE = {
    "deep": "{" + "a{" * 13 + "b" + "}" * 14,
    "very deep": "{" + "a{" * 900 + "b" + "}" * 901,
    "deep lists": "{a(b:" + "[" * 900 + "]" * 900 + ")}",
    "deep through fragments": chain("a {{ ...f{0} }}"),
    "doubled fragments": chain("...f{0} ...f{0}"),
    "doubled empty spreads": chain("...f{0} ...f{0}").replace("me { name }", "...nothing"),
    "doubled fields": chain("x: node(id: 1) {{ ...f{0} }} ...f{0}"),
    "doubled inline fragments": chain("... on Query {{ ...f{0} }} ... on Query {{ ...f{0} }}"),
    "aliases": "{" + " ".join(f"a{n}: me {{ name }}" for n in range(51)) + "}",
    "aliases in a fragment": "{" + "...f " * 30 + "} fragment f on Query { a: me { name } b: me { name } }",
    "directives": "{ me " + "@include(if: true) " * 51 + "{ name } }",
    "directives on the operation": "query " + "@x " * 900 + "{ me { name } }",
    "directives on spreads": "{ ...f " + "@skip(if: false) " * 60 + "} fragment f on Query { me { name } }",
    "tokens": "{" + "a " * 20_000 + "}",
    "same field": "{" + "me " * 1900 + "}",
    "same field in fragments": "{" + "...f " * 30 + "} fragment f on Query { me { name } }",
    "variables": "query (" + " ".join(f"$a{n}: Int" for n in range(400)) + ") { me { name } }",
    "operations": " ".join(f"query q{n} {{ me {{ name }} }}" for n in range(11)),
    "fragments": "{ me { name } } " + " ".join(f"fragment f{n} on Query {{ me {{ name }} }}" for n in range(65)),
    "cost": "{ scenes(first: 1000) { edges { node { placements(first: 1000) { edges { cursor } } } } } }",
    "cost of introspection": "{ __schema { types { fields { "
    + " ".join(f"a{n}: type {{ name fields {{ name }} }}" for n in range(45))
    + " } } } }",
    "long": "{ me { name } } #" + "x" * 70_000,
    "long in bytes": "{ me { name } } #" + "€" * 30_000,
}

_LONG = 62_000
_NAME = "a" * 25
_FIELDS = " ".join("... on Scene { id title revision layers { id title } epochs { id } }" for _ in range(19))

LARGEST = {
    "spaces": "{ me { name } }" + " " * _LONG,
    "line ends": "{ me { name } }" + "\n" * (_LONG // 2),
    "comment": "{ me { name } } #" + "x" * _LONG,
    "comments": "{ me { name } }" + "#\n" * (_LONG // 3),
    "text": '{ node(id: "' + "x" * _LONG + '") { id } }',
    "text of escapes": '{ node(id: "' + "\\n" * (_LONG // 3) + '") { id } }',
    "text of lines": '{ node(id: """' + " x\n" * (_LONG // 4) + '""") { id } }',
    "number": "{ scenes(first: " + "9" * _LONG + ") { nodes { id } } }",
    "long name": "{ " + "a" * _LONG + " }",
    "long names": "{ " + " ".join(f"{_NAME}{n}" for n in range(1_900)) + " }",
    "names": "{ " + " ".join(f"f{n}" for n in range(1_990)) + " }",
    "arguments": "{ node(" + " ".join(f"argument{n}: 1" for n in range(650)) + ") { id } }",
    "the same argument": "{ node(" + "id: 123456 " * 650 + ") { id } }",
    "list": "{ node(id: " + "[" * 30 + "12345 " * 1_900 + "]" * 30 + ") { id } }",
    "input": "mutation { createScene(input: {"
    + " ".join(f"field{n}: 123" for n in range(650))
    + "}) { scene { id } } }",
    "variables": "query ($i: ID! $n: Int!) { "
    + " ".join(
        f"a{n}: node(id: $i) {{ ... on Scene {{ id title revision persons(first: $n) {{ nodes {{ id }} }}"
        f" placements(first: $n after: null) {{ nodes {{ id title revision }} }} }} }}"
        for n in range(36)
    )
    + " }",
    "fields that could be merged": "query ($i: ID!) { "
    + " ".join(f"a{n}: node(id: $i) {{ ...f }}" for n in range(7))
    + f" }} fragment f on Scene {{ {_FIELDS} }}",
    "fragments": "{ "
    + " ".join(f"a{n}: scenes(first: 1) {{ nodes {{ ...g{n % 30} ...g{(n + 1) % 30} }} }}" for n in range(40))
    + " } "
    + " ".join(f"fragment g{n} on Scene {{ title description id revision layers {{ id title }} }}" for n in range(60)),
}
"""by what they are large"""
