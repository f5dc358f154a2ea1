"""The short way for plain values answers what the long way answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.execution import Execution
from tests.api.test_graphql import post
from tests.api.test_loaders import EVERYTHING

if TYPE_CHECKING:
    from tests.api.museum import Doors


async def answers(doors: Doors, query: str, **variables: Any) -> tuple[Any, Any]:
    """By the short way and by the long one."""
    plans, short = Execution.plans, (await post(doors, query, **variables)).json()
    Execution.plans = {}
    try:
        return short, (await post(doors, query, **variables)).json()
    finally:
        Execution.plans = plans


async def test_a_large_query_is_answered_alike(doors: Doors) -> None:
    short, long = await answers(doors, EVERYTHING, first=10, scenes=5)
    assert short == long
    assert len(short["data"]["scenes"]["nodes"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        "{ me { name role __typename } }",
        '{ node(id: "scene_open") { __typename id ... on Scene { title visibility description } } }',
        "{ assets { nodes { createdAt byteLength report tileset { triangles geometricError } } } }",
        '{ node(id: "placement_temple") { ... on Placement { transform reliability a: title b: title } } }',
    ],
)
async def test_plain_values_of_all_kinds_are_answered_alike(doors: Doors, query: str) -> None:
    short, long = await answers(doors, query)
    assert short == long
    assert "errors" not in short


async def test_a_value_that_does_not_fit_its_type_is_told_alike(doors: Doors) -> None:
    # 2^31 revisions are more than GraphQL's Int can say.
    with doors.services.catalogue._database.writing() as connection:  # type: ignore[attr-defined]
        connection.execute("UPDATE record SET body = json_set(body, '$.ordinal', 4294967296) WHERE id = 'layer_open'")
    short, long = await answers(doors, '{ node(id: "layer_open") { ... on Layer { title ordinal } } }')
    assert short == long
    assert short["errors"][0]["path"] == ["node", "ordinal"]
