"""Accounts, tokens and roles over GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenes.model import EVERYTHING, Role, Scope
from tests.api.test_sign_in import OURS

if TYPE_CHECKING:
    from tests.api.museum import Doors


async def ask(doors: Doors, query: str, headers: dict[str, str], **variables: object) -> Any:
    answer = await doors.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return answer.json()


def code(answer: Any) -> str | None:
    return answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None


MAKE = """mutation ($label: String!, $scopes: [TokenScope!]!) {
  createToken(label: $label, scopes: $scopes) { id token expiresAt } }"""
TITLE = 'mutation { updateScene(input: {id: "scene_open", title: "Renamed"}) { revision { number author } } }'


async def test_a_token_is_made_for_a_part_of_what_one_may_and_ended(doors: Doors) -> None:
    ines = doors.account(Role.CURATOR, "Inès")
    made = (await ask(doors, MAKE, ines, label="scanner", scopes=["READ", "INGEST"]))["data"]["createToken"]
    scanner = {"Authorization": f"Bearer {made['token']}"}
    me = (await ask(doors, "{ me { name role scopes publishes } }", scanner))["data"]["me"]
    assert me == {"name": "Inès", "role": "CURATOR", "scopes": ["INGEST", "READ"], "publishes": False}
    assert code(await ask(doors, TITLE, scanner)) == "FORBIDDEN"
    upload = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS5wbHk="} | scanner
    assert (await doors.client.post("/uploads", headers=upload)).status_code == 201
    # No more comes of it than it is itself.
    assert code(await ask(doors, MAKE, scanner, label="more", scopes=["EDIT"])) == "INVALID"
    listed = (await ask(doors, "{ tokens { id label scopes kind } }", ines))["data"]["tokens"]
    assert {"id": made["id"], "label": "scanner", "scopes": ["INGEST", "READ"], "kind": "TOKEN"} in listed
    assert made["token"] not in str(listed)
    ended = await ask(doors, "mutation ($id: ID!) { endToken(id: $id) { id } }", ines, id=made["id"])
    assert ended["data"]["endToken"]["id"] == made["id"]
    assert (await doors.client.post("/graphql", json={"query": "{ me { name } }"}, headers=scanner)).status_code == 401


async def test_a_browser_that_comes_by_a_token_may_no_more_than_that_token(doors: Doors) -> None:
    ines = doors.account(Role.ADMINISTRATOR, "Inès")
    made = (await ask(doors, MAKE, ines, label="scanner", scopes=["INGEST"]))["data"]["createToken"]
    assert (await doors.client.get(f"/studio?key={made['token']}")).status_code == 303
    me = (await ask(doors, "{ me { name scopes } }", OURS))["data"]["me"]
    assert me == {"name": "Inès", "scopes": ["INGEST"]}
    assert code(await ask(doors, TITLE, OURS)) == "FORBIDDEN"


async def test_nobody_but_an_administrator_ends_anothers_token(doors: Doors) -> None:
    ines, ben, root = (
        doors.account(role, name)
        for role, name in ((Role.EDITOR_IN_CHIEF, "Inès"), (Role.CURATOR, "Ben"), (Role.ADMINISTRATOR, "Root"))
    )
    made = (await ask(doors, MAKE, ines, label="hers", scopes=["READ"]))["data"]["createToken"]
    end = "mutation ($id: ID!) { endToken(id: $id) { id } }"
    assert code(await ask(doors, end, ben, id=made["id"])) == "NOT_FOUND"
    assert code(await ask(doors, "{ tokens(everybody: true) { id } }", ben)) == "FORBIDDEN"
    everybodys = (await ask(doors, "{ tokens(everybody: true) { id } }", root))["data"]["tokens"]
    assert made["id"] in {each["id"] for each in everybodys}
    assert code(await ask(doors, end, root, id=made["id"])) is None


async def test_an_invitation_signs_in_once_to_choose_a_password(doors: Doors) -> None:
    root = doors.account(Role.ADMINISTRATOR, "Root")
    invite = 'mutation { createAccount(name: "Cleo", role: CURATOR) { account { id hasPassword } link } }'
    invited = (await ask(doors, invite, root))["data"]["createAccount"]
    assert invited["account"]["hasPassword"] is False
    came = await doors.client.get(invited["link"])
    assert (came.status_code, came.headers["location"]) == (303, "/account")
    assert "Present password" not in (await doors.client.get("/account")).text
    chosen = await doors.client.post("/account/password", data={"new": "a long enough one"}, headers=OURS)
    assert chosen.status_code == 303
    assert (await ask(doors, "{ me { name role } }", OURS))["data"]["me"] == {"name": "Cleo", "role": "CURATOR"}
    doors.client.cookies.clear()
    assert (await doors.client.get(invited["link"])).status_code == 401
    signed = {"name": "cleo", "password": "a long enough one"}
    assert (await doors.client.post("/sign-in", data=signed, headers=OURS)).status_code == 303


async def test_roles_are_given_with_a_history(doors: Doors) -> None:
    root = doors.account(Role.ADMINISTRATOR, "Root")
    doors.account(Role.MEMBER, "Ben")
    of = {each["name"]: each["id"] for each in (await ask(doors, "{ accounts { id name } }", root))["data"]["accounts"]}
    give = """mutation ($a: ID!, $r: Role!, $e: ID) { giveRole(account: $a, role: $r, exhibition: $e) {
      role exhibitions { exhibitionId role } history { role exhibitionId givenBy endedBy } } }"""
    given = await ask(doors, give, root, a=of["Ben"], r="CURATOR", e="exhibition_open")
    assert given["data"]["giveRole"] == {
        "role": "MEMBER",
        "exhibitions": [{"exhibitionId": "exhibition_open", "role": "CURATOR"}],
        "history": [
            {"role": "MEMBER", "exhibitionId": None, "givenBy": "root", "endedBy": None},
            {"role": "CURATOR", "exhibitionId": "exhibition_open", "givenBy": "Root", "endedBy": None},
        ],
    }
    assert code(await ask(doors, give, root, a=of["Ben"], r="CURATOR", e="exhibition_none")) == "NOT_FOUND"
    assert code(await ask(doors, give, root, a=of["Ben"], r="ADMINISTRATOR", e="exhibition_open")) == "INVALID"
    assert code(await ask(doors, give, root, a=of["Root"], r="MEMBER", e=None)) == "FORBIDDEN"
    shut = "mutation ($a: ID!) { disableAccount(account: $a) { disabledAt } }"
    assert (await ask(doors, shut, root, a=of["Ben"]))["data"]["disableAccount"]["disabledAt"]
    assert code(await ask(doors, shut, root, a=of["Root"])) == "FORBIDDEN"


async def test_an_administrators_token_without_that_scope_gives_no_roles(doors: Doors) -> None:
    holder = doors.account(Role.ADMINISTRATOR, "Root", scopes=EVERYTHING - {Scope.ADMINISTER})
    for query in (
        "{ accounts { id } }",
        'mutation { createAccount(name: "Eve", role: ADMINISTRATOR) { link } }',
        'mutation { endToken(id: "0123456789abcdef") { id } }',
    ):
        assert code(await ask(doors, query, holder)) == "FORBIDDEN"
