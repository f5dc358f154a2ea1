"""Who may call what: a row for every operation of the live schema and every route. One without a row fails here.

How much of what may be asked is answered, `test_graded_access` says; messages of streams have no rights of their
own but `join` and `lead` (`test_rooms`).
"""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
)

from api.schema import SCHEMA
from scenes.model import Role
from tests.api.museum import Doors

ANYBODY, STAFF, OWNERS, HEADS = "anybody", "staff", "who has an account", "administrators"
WORDS = [
    "Scene",
    "Layer",
    "Epoch",
    "Exhibition",
    "Hypothesis",
    "Placement",
    "ChangeEvent",
    "ChronologyStatement",
    "Annotation",
    "Article",
    "Tour",
    "Person",
    "Family",
    "ObjectStatus",
]
OPERATIONS: dict[str, dict[str, str]] = {
    # What is read is as much as the actor may know of (test_graded_access).
    "Query": dict.fromkeys(
        [
            "gallery",
            "scene",
            "proposeDates",
            "periods",
            "relateSpans",
            "node",
            "assets",
            "scenes",
            "exhibitions",
            "exhibition",
            "me",
        ],
        ANYBODY,
    )
    | {"accounts": HEADS, "auditLog": HEADS, "signedLink": OWNERS, "tokens": OWNERS}
    | dict.fromkeys(["removed", "purges", "jobs", "storage"], STAFF),
    "Mutation": {
        **{f"{verb}{word}": STAFF for word in WORDS for verb in ("create", "update", "remove")},
        **dict.fromkeys(
            [
                "updateAsset",
                "removeAsset",
                "publishExhibition",
                "unpublishExhibition",
                "cancelJob",
                "readAgain",
                "undo",
                "redo",
                "openRoom",
                "restore",
                "proposePurge",
            ],
            STAFF,
        ),
        **dict.fromkeys(["createToken", "endToken"], OWNERS),
        **dict.fromkeys(["createAccount", "disableAccount", "giveRole", "approvePurge"], HEADS),
    },
    "Subscription": {"job": STAFF, "sceneChanged": ANYBODY},
}
ROUTES: dict[str, str] = {
    "/": ANYBODY,
    # Forms: of one's own account, and of nobody else's (test_sign_in).
    "/account": ANYBODY,
    "/account/end": ANYBODY,
    "/account/password": ANYBODY,
    "/annotations/{annotation_id}": ANYBODY,
    "/assets/{asset}/master": ANYBODY,
    "/assets/{asset}/tileset.json": ANYBODY,
    "/blobs/{name}": ANYBODY,
    "/docs": ANYBODY,
    "/embed/{slug}": ANYBODY,
    "/exhibitions/{slug}": ANYBODY,
    "/exhibitions/{slug}/{form:str}": ANYBODY,
    "/livez": ANYBODY,
    "/metrics": ANYBODY,
    "/oembed": ANYBODY,
    "/openapi.json": ANYBODY,
    "/people": STAFF,
    "/readyz": ANYBODY,
    "/scenes/{scene_id}/scene.glb": ANYBODY,
    "/scenes/{scene_id}/tileset.json": ANYBODY,
    "/sign-in": ANYBODY,
    "/sign-in/oidc": ANYBODY,
    "/sign-in/oidc/back": ANYBODY,
    "/sign-out": ANYBODY,
    "/stream": ANYBODY,
    "/studio": ANYBODY,
    "/uploads": STAFF,
    "/uploads/{upload}": STAFF,
    "/web/{path:path}": ANYBODY,
}
WORKING = {Role.CURATOR, Role.EDITOR_IN_CHIEF, Role.ADMINISTRATOR}
GEDCOM = (
    b"0 HEAD\n1 GEDC\n2 VERS 5.5.1\n2 FORM LINEAGE-LINKED\n1 CHAR UTF-8\n"
    b"0 @I1@ INDI\n1 NAME Ada /Byron/\n1 DEAT\n2 DATE 27 NOV 1852\n0 TRLR\n"
)
ROLES = (None, *Role)
REFUSALS = {"UNAUTHORIZED", "FORBIDDEN"}
SCALARS: dict[str, Any] = {
    "ID": "scene_open", "String": "1200", "Int": 1, "Float": 1.0, "Boolean": True, "DateTime": "2026-12-01T00:00:00Z",
    "AsOf": "1", "Matrix": [0.0] * 16, "JSON": {},
}  # fmt: skip


def operations() -> dict[str, GraphQLObjectType]:
    schema = SCHEMA._schema
    found = {"Query": schema.query_type, "Mutation": schema.mutation_type, "Subscription": schema.subscription_type}
    return {name: kind for name, kind in found.items() if kind is not None}


def sample(of: GraphQLInputType) -> Any:
    """A value of a type, with what it requires."""
    if isinstance(of, GraphQLNonNull):
        return sample(of.of_type)
    if isinstance(of, GraphQLList):
        return [sample(of.of_type)]
    if isinstance(of, GraphQLEnumType):
        return next(iter(of.values))
    if isinstance(of, GraphQLInputObjectType):
        return {
            name: sample(field.type)
            for name, field in of.fields.items()
            if isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined
        }
    return SCALARS[of.name]


def call(kind: str, name: str) -> tuple[str, dict[str, Any]]:
    """The text of an operation that asks for nothing but its type, and its variables."""
    field = operations()[kind].fields[name]
    needed = {
        key: arg
        for key, arg in field.args.items()
        if isinstance(arg.type, GraphQLNonNull) and arg.default_value is Undefined
    }
    declared = ", ".join(f"${key}: {arg.type}" for key, arg in needed.items())
    passed = ", ".join(f"{key}: ${key}" for key in needed)
    declaration, arguments = (f"({declared})", f"({passed})") if needed else ("", "")
    text = f"{kind.lower()} {declaration} {{ {name}{arguments} {{ __typename }} }}"
    return text, {key: sample(arg.type) for key, arg in needed.items()}


def test_every_operation_has_a_row():
    assert {kind: set(found.fields) for kind, found in operations().items()} == {
        kind: set(rows) for kind, rows in OPERATIONS.items()
    }


async def test_every_route_has_a_row(doors: Doors):
    plain = {path for route in doors.app.router.routes if (path := getattr(route, "path", None))}
    assert plain | set(doors.app.openapi()["paths"]) == ROUTES.keys()


async def codes_of(doors: Doors, kind: str, name: str, headers: dict[str, str]) -> set[str]:
    text, variables = call(kind, name)
    answer = await doors.client.post("/graphql", json={"query": text, "variables": variables}, headers=headers)
    return {each["extensions"]["code"] for each in answer.json().get("errors", [])}


ALLOWED: dict[str, set[Role | None]] = {
    ANYBODY: set(ROLES),
    OWNERS: set(Role),
    STAFF: {*WORKING},
    HEADS: {Role.ADMINISTRATOR},
}


@pytest.mark.parametrize("kind", ["Query", "Mutation"])
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_call_what_its_row_says(doors: Doors, kind: str, role: Role | None):
    headers = {} if role is None else doors.account(role)
    before = doors.services.catalogue.latest()
    codes = {name: await codes_of(doors, kind, name, headers) for name in OPERATIONS[kind]}
    may = {name for name, row in OPERATIONS[kind].items() if role in ALLOWED[row]}
    assert not [name for name in may if codes[name] & {*REFUSALS, "INTERNAL"}]
    refusal = {"UNAUTHORIZED" if role is None else "FORBIDDEN"}
    assert {name: found for name, found in codes.items() if name not in may and found != refusal} == {}
    if role not in WORKING:
        assert doors.services.catalogue.latest() == before


async def test_a_token_of_the_machines_has_no_account_to_speak_for(doors: Doors):
    for name in ("createToken", "endToken"):
        assert await codes_of(doors, "Mutation", name, doors.bearer(Role.CURATOR)) == {"FORBIDDEN"}
    assert await codes_of(doors, "Query", "tokens", doors.bearer(Role.CURATOR)) == {"FORBIDDEN"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ a: __type(name: "Scene") { name } }'])
async def test_introspection_is_for_members(doors: Doors, query: str, role: Role | None):
    headers = {} if role is None else doors.bearer(role)
    answer = (await doors.client.post("/graphql", json={"query": query}, headers=headers)).json()
    if role in {None, Role.VISITOR}:
        assert [each["extensions"]["code"] for each in answer["errors"]] == [
            "UNAUTHORIZED" if role is None else "FORBIDDEN"
        ]
    else:
        assert answer["data"]


@pytest.mark.parametrize("role", ROLES)
async def test_files_are_taken_from_those_who_work_on_it(doors: Doors, role: Role | None):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS5wbHk="} | (
        {} if role is None else doors.bearer(role)
    )
    expected = {201, 200} if role in WORKING else {401} if role is None else {403}
    assert (await doors.client.post("/uploads", headers=headers)).status_code in expected
    people = await doors.client.post("/people?scene=scene_open", content=GEDCOM, headers=headers)
    assert people.status_code in expected
    # Whoever did not begin an upload learns nothing of it.
    mine = await doors.client.post("/uploads", headers={**headers, **doors.bearer(Role.CURATOR, "ada")})
    other = await doors.client.head(mine.headers["location"], headers=headers)
    assert other.status_code == (401 if role is None else 404)
