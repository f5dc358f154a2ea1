import cProfile
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import pytest
from graphql import GraphQLError, OperationType, get_introspection_query

from api import guard
from api.errors import DoorError
from api.guard import read_json
from api.schema import admit, faults_of
from tests.api.hostile_queries import HOSTILE, LARGEST

WEB = Path(__file__).resolve().parents[2] / "web/src"


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


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_query_is_refused_as_too_much_and_quickly(query):
    # Counted, not timed: of a linear analysis these are 100,000 calls at the most; what is guarded against takes 2^60.
    with at_most_calls(1_000_000), pytest.raises(DoorError) as caught:
        admit({"query": query})
    assert caught.value.code == "LIMIT"


def test_the_largest_queries_are_judged_quickly():
    # Counted here, timed by `make bench TASKS=graphql`: 160,000 calls are 50 ms.
    for name, query in LARGEST.items():
        body = json.dumps({"query": query}).encode()
        assert len(body) <= guard.BODY_BYTES, name
        profile = cProfile.Profile(builtins=False)
        with profile, suppress(DoorError):
            faults_of(admit(read_json(body)).document)
        assert 500 < sum(each.callcount for each in profile.getstats()) < 180_000, name


def test_a_circle_of_fragments_is_no_request():
    with pytest.raises(DoorError, match="itself") as caught:
        admit({"query": "{ ...a } fragment a on Query { ...b } fragment b on Query { me { ...a } }"})
    assert caught.value.code == "BAD_REQUEST"


def test_a_page_size_in_a_variable_counts_as_one_in_the_query():
    query = "query ($n: Int = 1) { scenes(first: $n) { edges { node { placements(first: $n) { nodes { id } } } } } }"
    admit({"query": query})
    admit({"query": query, "variables": {"n": 65}})
    for variables in ({"n": 75}, {"n": 1000}, {"n": 10**30}):
        with pytest.raises(DoorError, match="cost"):
            admit({"query": query, "variables": variables})
    with pytest.raises(DoorError, match="cost"):
        admit({"query": query.replace("= 1", "= " + "9" * 5000)})


def test_a_list_counts_though_its_length_is_not_said():
    nested = "id"
    for field in ("statements", "placements", "scenes"):
        nested = f"{field} {{ nodes {{ {nested} }} }}"
    with pytest.raises(DoorError, match=r"cost: \d,\d{3}"):
        admit({"query": f"{{ {nested} }}"})
    assert admit({"query": "{ scenes(first: 10) { nodes { tours { steps { title } } } } }"}).cost > 10 * 3 * 3


def test_a_page_size_by_default_counts_in_fragments_too():
    query = (
        "query ($n: Int! = 1000) { scenes(first: $n) { ...page } } fragment page on SceneConnection { nodes { NODE } }"
    )
    admit({"query": query.replace("NODE", "id")})
    with pytest.raises(DoorError, match="cost"):
        admit({"query": query.replace("NODE", "placements(first: $n) { nodes { id } }")})


def test_many_plain_values_count_as_more_objects():
    wide = " ".join(f"a{n}: title" for n in range(45))
    few, many = (admit({"query": f"{{ scenes(first: 100) {{ nodes {{ {each} }} }} }}"}).cost for each in ("id", wide))
    assert (few, many) == (101, 501)


def _put_together(document: str, pieces: Mapping[str, str]) -> str:
    for _ in range(5):
        document = re.sub(r"\$\{(\w+)\}", lambda each: pieces.get(each[1], each[0]), document)
    return document


def _asked_by_our_pages() -> list[str]:
    """Documents in web/src; those that are put together at run time are left out."""
    found = []
    for path in sorted(WEB.rglob("*.ts")):
        text = path.read_text()
        pieces = dict(re.findall(r"const (\w+) = `([^`]*)`", text))
        documents = re.findall(r"[`\"]\s*((?:query |mutation |subscription |\{ )[^`]*?\})\s*[`\"]", text)
        found += [_put_together(document, pieces) for document in documents]
    return [document for document in found if "${" not in document]


def test_what_our_own_pages_ask_is_let_through():
    asked = _asked_by_our_pages()
    assert len(asked) >= 20
    for document in asked:
        assert admit({"query": document}).cost <= guard.COST, document


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
