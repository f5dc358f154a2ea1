import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from graphql import GraphQLError, OperationType, get_introspection_query

from api import guard
from api.errors import DoorError
from api.guard import admit, read_json

BOMB_DEPTH = 60
"""fragments, each spreading the next one twice: 2^60 fields"""


@contextmanager
def at_most_calls(most: int) -> Iterator[None]:
    """Breaks off what calls more Python functions than that."""
    left = most

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal left
        left -= event == "call"
        if left < 0:
            raise RecursionError(f"more than {most} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


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


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_query_is_refused_as_too_much_and_quickly(query):
    # Counted, not timed: of a linear analysis these are 100,000 calls at the most; what is guarded against takes 2^60.
    with at_most_calls(1_000_000), pytest.raises(DoorError) as caught:
        admit({"query": query})
    assert caught.value.code == "LIMIT"


def test_a_circle_of_fragments_is_no_request():
    with pytest.raises(DoorError, match="itself") as caught:
        admit({"query": "{ ...a } fragment a on Query { ...b } fragment b on Query { me { ...a } }"})
    assert caught.value.code == "BAD_REQUEST"


def test_a_page_size_in_a_variable_counts_as_one_in_the_query():
    query = "query ($n: Int = 1) { scenes(first: $n) { edges { node { placements(first: $n) { nodes { id } } } } } }"
    admit({"query": query})
    admit({"query": query, "variables": {"n": 100}})
    for variables in ({"n": 1000}, {"n": 10**30}):
        with pytest.raises(DoorError, match="cost"):
            admit({"query": query, "variables": variables})
    with pytest.raises(DoorError, match="cost"):
        admit({"query": query.replace("= 1", "= " + "9" * 5000)})


def test_variables_are_few_and_shallow():
    deep: list[object] = []
    for _ in range(20):
        deep = [deep]
    for variables in ({"a": deep}, {f"a{n}": 1 for n in range(51)}):
        with pytest.raises(DoorError) as caught:
            admit({"query": "{ me { name } }", "variables": variables})
        assert caught.value.code == "LIMIT"


def test_what_tools_ask_of_a_schema_is_answered():
    for query in (get_introspection_query(), get_introspection_query(specified_by_url=True, schema_description=True)):
        assert admit({"query": query}).kind is OperationType.QUERY


def test_introspection_goes_no_deeper_than_tools_need():
    with pytest.raises(DoorError, match="introspection"):
        admit({"query": "{ __schema { types { " + "fields { type { " * 7 + "name" + " } }" * 7 + " } } }"})


def test_the_operation_that_runs_is_named_or_the_only_one():
    two = "query a { me { name } } mutation b { cancelJob(id: 1) { job { id } } }"
    assert admit({"query": two, "operationName": "b"}).kind is OperationType.MUTATION
    for payload in ({"query": two}, {"query": two, "operationName": "c"}, {"query": "fragment f on Query { a }"}):
        with pytest.raises(DoorError) as caught:
            admit(payload)
        assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        1,
        "{ me { name } }",
        [],
        [{"query": "{ me { name } }"}],
        {},
        {"query": None},
        {"query": 5},
        {"query": "  "},
        {"query": "{ me { name } }", "variables": []},
        {"query": "{ me { name } }", "operationName": 1},
    ],
)
def test_what_is_no_request_is_told_so(payload):
    with pytest.raises(DoorError) as caught:
        admit(payload)
    assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize("query", ["{", "}", "{ me { name }", '{ me(a: "', "\x00", "query {", "{ \ud800 }"])
def test_what_is_no_graphql_is_a_syntax_error(query):
    with pytest.raises(GraphQLError):
        admit({"query": query})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_REQUEST"),
        (b"{", "BAD_REQUEST"),
        (b"\xff{}", "BAD_REQUEST"),
        (b'{"a": NaN}', "BAD_REQUEST"),
        (b'{"a": -Infinity}', "BAD_REQUEST"),
        (b"[" * 60_000, "LIMIT"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "BAD_REQUEST"),
    ],
)
def test_json_that_is_none_or_too_deep_is_refused(body, code):
    with pytest.raises(DoorError) as caught:
        read_json(body)
    assert caught.value.code == code


def test_the_viewers_query_is_far_from_the_limits():
    span = "existence { text label startEarliestYear startLatestYear endEarliestYear endLatestYear }"
    query = f"""query Exhibition($slug: String!, $after: String) {{ exhibition(slug: $slug) {{ id scene {{
      viewpoint {{ position target }} layers {{ id title }} epochs {{ id {span} }} annotations {{ id {span} }}
      tours {{ id steps {{ title hypothesis {{ id }} viewpoint {{ position target }} }} }}
      placements(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{
        id {span} hypothesis {{ id }} layer {{ id }} asset {{ tileset {{ triangles extent {{ low high }} }} }} }} }} }}
    }} }} }}"""
    request = admit(json.loads(json.dumps({"query": query, "variables": {"slug": "a"}})))
    assert request.kind is OperationType.QUERY
    assert guard.DEPTH >= 10
