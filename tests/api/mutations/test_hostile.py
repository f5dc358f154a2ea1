"""Whatever stands in an input, the answer is a code of the asker's fault, and what was refused is not written."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.api.museum import Doors
from tests.api.mutations.test_mutations import KINDS, payload

NASTY: list[Any] = [
    *("", " ", "\x00", "\u202e", "<b>", "x" * 20_001, "javascript:x()", "../..", "/", "NaN", "scene_draft"),
    *(None, True, -1, 1e308, 2**31 - 1, [], {}, ["x"] * 1_001, [None], [[1, 2, 3]] * 3, [1e308] * 3),
    {"position": [1, 2]},
]
ROUNDS = 250
HOMES = ["scene_open", "scene_draft", "asset_temple"]


def spoilt(value: Any, chance: random.Random) -> Any:
    """The value with something nasty in some place of it."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return value | {name: spoilt(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.6:
        place = chance.randrange(len(value))
        return [*value[:place], spoilt(value[place], chance), *value[place + 1 :]]
    return chance.choice(NASTY)


async def test_no_input_is_a_fault_of_ours(doors: Doors) -> None:
    chance, headers = random.Random(3), doors.bearer()
    last = doors.services.catalogue.history(HOMES, last=1)[0].number
    for _ in range(ROUNDS):
        kind, made, read, *_ = chance.choice(KINDS)
        name = payload(kind)
        query = f"mutation ($i: Create{kind}Input!) {{ create{kind}(input: $i) {{ {name} {{ id {read} }} }} }}"
        given = spoilt(made, chance)
        body = {"query": query, "variables": {"i": given}}
        answer = (await doors.client.post("/graphql", json=body, headers=headers)).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert "INTERNAL" not in codes, (kind, given)
        now = doors.services.catalogue.history(HOMES, last=1)[0].number
        assert now == last + (not codes), (kind, given)
        last = now


async def test_half_a_character_is_no_text(doors: Doors) -> None:
    query = "mutation ($i: UpdateLayerInput!) { updateLayer(input: $i) { layer { title } } }"
    for title, is_text in (("\\ud83c\\udfdb", True), ("\\ud83c", False), ("\\udfdb\\ud83c", False)):
        variables = f'{{"i": {{"id": "layer_open", "title": "{title}"}}}}'
        body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
        headers = doors.bearer() | {"Content-Type": "application/json"}
        answer = (await doors.client.post("/graphql", content=body.encode(), headers=headers)).json()
        if is_text:
            assert answer["data"] == {"updateLayer": {"layer": {"title": "🏛"}}}
        else:
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]
