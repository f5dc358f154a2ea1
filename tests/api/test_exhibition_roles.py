"""A curator of one exhibition: what is theirs to see and to change, and that nothing else is, by every way in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from api import accounts
from api.auth import make_token
from scenes.model import Account, Actor, Asset, Exhibition, Layer, Placement, Role, Scene, Visibility
from scenes.ports import Put
from tests.api.museum import NOON, TILE, write_asset
from tests.api.test_permissions import GEDCOM

if TYPE_CHECKING:
    from tests.api.museum import Doors

ROOT = Actor("root", Role.ADMINISTRATOR)


class Somebody:
    """An account with a role in the exhibition `next-year`, whose scene is a draft, and nowhere else."""

    def __init__(self, doors: Doors, role: Role = Role.CURATOR) -> None:
        self.doors, services = doors, doors.services
        self.account: Account = accounts.add(services, ROOT, "Inès", Role.VISITOR)
        accounts.give_role(services, ROOT, self.account.id, role, exhibition="exhibition_draft")
        holder = Actor("Inès", Role.VISITOR, account=self.account.id)
        self.headers = {"Authorization": f"Bearer {make_token(services.tokens, holder, at=services.clock.now())}"}
        services.catalogue.commit(
            [Put(Layer("layer_draft", "scene_draft", "Ground", 0))], author="ben", reason="", at=NOON
        )

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        answer = await self.doors.client.post(
            "/graphql", json={"query": query, "variables": variables}, headers=self.headers
        )
        return answer.json()  # type: ignore[no-any-return]

    async def code(self, query: str, **variables: object) -> str | None:
        """The code of its refusal; None: it was done."""
        answer = await self.ask(query, **variables)
        return answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None


def change(kind: str) -> str:
    field = kind[0].lower() + kind[1:]
    return f"mutation ($i: {kind}Input!) {{ {field}(input: $i) {{ revision {{ number }} }} }}"


def remove(kind: str) -> str:
    return f"mutation ($id: ID!) {{ remove{kind}(id: $id) {{ revision {{ number }} }} }}"


PLACE, TITLE, LAYER, ASSET = (change(each) for each in ("CreatePlacement", "UpdateScene", "CreateLayer", "UpdateAsset"))
VIEW = {"position": [0.0, 1.0, 2.0], "target": [0.0, 0.0, 0.0]}


async def test_their_own_scene_is_there_in_full_and_others_as_for_visitors(doors: Doors) -> None:
    ines = Somebody(doors)
    seen = await ines.ask("{ scenes { nodes { id } } exhibitions { nodes { id } } assets { nodes { id } } }")
    assert {each["id"] for each in seen["data"]["scenes"]["nodes"]} == {"scene_open", "scene_draft"}
    assert {each["id"] for each in seen["data"]["exhibitions"]["nodes"]} == {"exhibition_open", "exhibition_draft"}
    assert {each["id"] for each in seen["data"]["assets"]["nodes"]} == {"asset_temple"}
    accounts.give_role(doors.services, ROOT, ines.account.id, Role.VISITOR, exhibition="exhibition_draft")
    assert await ines.code('{ scene(id: "scene_draft") { id } }') == "NOT_FOUND"


async def test_they_change_their_scene_and_no_other(doors: Doors) -> None:
    ines = Somebody(doors)
    for query, own, other in (
        (TITLE, {"id": "scene_draft", "title": "Renamed"}, {"id": "scene_open", "title": "Renamed"}),
        (LAYER, {"scene": "scene_draft", "title": "More"}, {"scene": "scene_open", "title": "More"}),
        (PLACE, {"layer": "layer_draft", "asset": "asset_temple"}, {"layer": "layer_open", "asset": "asset_temple"}),
        (
            change("UpdateExhibition"),
            {"id": "exhibition_draft", "title": "Mine"},
            {"id": "exhibition_open", "title": "Mine"},
        ),
    ):
        assert await ines.code(query, i=own) is None, query
        assert await ines.code(query, i=other) == "FORBIDDEN", query
    for query, given in (
        (remove("Placement"), {"id": "placement_shrine"}),
        (remove("Scene"), {"id": "scene_draft"}),
        (remove("Exhibition"), {"id": "exhibition_draft"}),
        (change("CreateScene"), {"i": {"title": "Mine", "defaultMoment": "1200", "viewpoint": VIEW}}),
        (change("CreateExhibition"), {"i": {"scene": "scene_draft", "slug": "second", "title": "Second"}}),
        (ASSET, {"i": {"id": "asset_temple", "title": "Mine"}}),
    ):
        assert await ines.code(query, **given) == "FORBIDDEN", query
    people = {"content": GEDCOM, "headers": ines.headers}
    assert (await doors.client.post("/people?scene=scene_draft", **people)).status_code == 200  # type: ignore[arg-type]
    assert (await doors.client.post("/people?scene=scene_open", **people)).status_code == 403  # type: ignore[arg-type]


async def test_what_they_may_not_know_of_is_answered_as_what_is_not_there(doors: Doors) -> None:
    ines = Somebody(doors)
    hidden = Scene(
        "scene_other",
        "Secret",
        "",
        "1200",
        Visibility.DRAFT,
        doors.services.catalogue.get(Scene, "scene_open").viewpoint,
    )  # type: ignore[union-attr]
    doors.services.catalogue.commit(
        [Put(hidden), Put(Layer("layer_other", "scene_other", "Secret", 0))], author="ben", reason="", at=NOON
    )
    for query, known, unknown in (
        (TITLE, {"i": {"id": "scene_other", "title": "x"}}, {"i": {"id": "scene_none0", "title": "x"}}),
        (LAYER, {"i": {"scene": "scene_other", "title": "x"}}, {"i": {"scene": "scene_none0", "title": "x"}}),
        (
            PLACE,
            {"i": {"layer": "layer_other", "asset": "asset_temple"}},
            {"i": {"layer": "layer_none0", "asset": "asset_temple"}},
        ),
        (
            PLACE,
            {"i": {"layer": "layer_draft", "asset": "asset_secret"}},
            {"i": {"layer": "layer_draft", "asset": "asset_none00"}},
        ),
        (ASSET, {"i": {"id": "asset_secret", "title": "x"}}, {"i": {"id": "asset_none00", "title": "x"}}),
        (remove("Layer"), {"id": "layer_other"}, {"id": "layer_none0"}),
    ):
        told = [str((await ines.ask(query, **given))["errors"]) for given in (known, unknown)]
        for name in ("other", "secret"):
            told[0] = told[0].replace(f"scene_{name}", "scene_none0").replace(f"layer_{name}", "layer_none0")
            told[0] = told[0].replace("asset_secret", "asset_none00")
        assert told[0] == told[1], query
        assert "NOT_FOUND" in told[0]


async def test_a_draft_that_the_museum_placed_there_is_theirs_to_see_and_a_note_on_one_is_no_way_to_it(
    doors: Doors,
) -> None:
    ines, services = Somebody(doors), doors.services
    secret = services.catalogue.get(Asset, "asset_secret")
    assert secret is not None
    assert secret.tileset is not None
    document = f"/blobs/{secret.tileset.digest}.json"

    async def statuses() -> list[int]:
        return [
            (await doors.client.get(path, headers=ines.headers)).status_code
            for path in (document, "/assets/asset_secret/tileset.json", "/assets/asset_secret/master")
        ]

    said = {"scene": "scene_draft", "title": "asset_secret", "bodies": [{"text": "asset_secret"}]}
    assert await ines.code(change("CreateArticle"), i=said) is None
    assert await statuses() == [404, 404, 404]
    placed = Placement("placement_secret", "scene_draft", "layer_draft", "asset_secret", "Column", "1200")
    services.catalogue.commit([Put(placed)], author="ben", reason="", at=NOON)
    assert await statuses() == [200, 200, 403]
    assert (await ines.ask('{ node(id: "asset_secret") { id } }'))["data"]["node"] == {"id": "asset_secret"}
    assert await ines.code(ASSET, i={"id": "asset_secret", "title": "x"}) == "FORBIDDEN"
    stranger = await doors.client.get(document)
    assert stranger.status_code == 404


async def test_they_deposit_and_what_they_deposited_is_theirs(doors: Doors) -> None:
    ines, services = Somebody(doors), doors.services
    upload = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS5wbHk="} | ines.headers
    assert (await doors.client.post("/uploads", headers=upload)).status_code == 201
    write_asset(services, "own", tile=TILE + b"own", visibility=Visibility.DRAFT)
    own = services.catalogue.get(Asset, "asset_own")
    assert own is not None
    services.catalogue.commit([Put(replace(own, created_by="Inès"))], author="Inès", reason="", at=NOON)
    assert await ines.code(ASSET, i={"id": "asset_own", "title": "Mine"}) is None
    assert await ines.code(PLACE, i={"layer": "layer_draft", "asset": "asset_own"}) is None
    assert (await doors.client.get("/assets/asset_own/master", headers=ines.headers)).status_code == 200


PUBLISH = "mutation ($id: ID!) { publishExhibition(id: $id) { exhibition { visibility } } }"


@pytest.mark.parametrize(
    ("role", "publishers", "expected"),
    [
        (Role.CURATOR, "curators", None),
        (Role.CURATOR, "editors", "FORBIDDEN"),
        (Role.EDITOR_IN_CHIEF, "editors", None),
    ],
)
async def test_they_publish_their_own_exhibition_where_it_is_theirs_to_do(
    doors: Doors, role: Role, publishers: str, expected: str | None
) -> None:
    object.__setattr__(doors.services, "settings", replace(doors.services.settings, publishers=publishers))
    ines = Somebody(doors, role)
    placed = Placement("placement_secret", "scene_draft", "layer_draft", "asset_secret", "Column", "1200")
    doors.services.catalogue.commit([Put(placed)], author="ben", reason="", at=NOON)
    # What the museum has not shown yet is not theirs to show.
    assert await ines.code(PUBLISH, id="exhibition_draft") == "FORBIDDEN"
    secret = doors.services.catalogue.get(Asset, "asset_secret")
    assert secret is not None
    shown = Put(replace(secret, visibility=Visibility.PUBLIC))
    doors.services.catalogue.commit([shown], author="ben", reason="", at=NOON)
    assert await ines.code(PUBLISH, id="exhibition_draft") == expected
    assert await ines.code(PUBLISH, id="exhibition_open") == "FORBIDDEN"


async def test_where_editors_publish_a_curator_of_the_museum_does_not_nor_by_taking_back(doors: Doors) -> None:
    headers = doors.bearer(Role.CURATOR, "ben")

    async def code(query: str) -> str | None:
        answer = (await doors.client.post("/graphql", json={"query": query}, headers=headers)).json()
        return answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None

    publish = 'mutation { publishExhibition(id: "exhibition_draft") { exhibition { id } } }'
    assert await code(publish) is None
    object.__setattr__(doors.services, "settings", replace(doors.services.settings, publishers="editors"))
    assert await code(publish) == "FORBIDDEN"
    assert (
        await code('mutation { updateAsset(input: {id: "asset_secret", visibility: PUBLIC}) { asset { id } } }')
        == "FORBIDDEN"
    )
    assert await code("mutation { undo { revision { number } } }") == "FORBIDDEN"
    found = doors.services.catalogue.get(Exhibition, "exhibition_draft")
    assert found is not None
    assert found.visibility is Visibility.PUBLIC


async def test_taking_back_ends_with_the_role(doors: Doors) -> None:
    ines = Somebody(doors)
    assert await ines.code(TITLE, i={"id": "scene_draft", "title": "Renamed"}) is None
    accounts.give_role(doors.services, ROOT, ines.account.id, Role.MEMBER, exhibition="exhibition_draft")
    assert await ines.code("mutation { undo { revision { number } } }") == "FORBIDDEN"
    accounts.give_role(doors.services, ROOT, ines.account.id, Role.CURATOR, exhibition="exhibition_open")
    assert await ines.code("mutation { undo { revision { number } } }") == "NOT_FOUND", (
        "the scene is a draft to them now"
    )
