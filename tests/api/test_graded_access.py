"""Rights in the bytes: each door, asked by each role, of things in each state; and what is hidden in a scene.

The table says who gets what; no rule of ours stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from scenes.model import (
    Asset,
    Georeference,
    Hypothesis,
    Layer,
    Placement,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import BlobUse, Put
from streaming.events import State
from tests.api.stream_museum import OPEN, Museum
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset

NOW = datetime.now(UTC)
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
LIMIT_M = 0.4
"""of the tiles' errors 1, 0.5, 0.25 and 0 m two are coarse enough"""
ROLES = (None, *Role)
STATES: dict[str, dict[str, Any]] = {
    "public": {},
    "members": {"visibility": Visibility.MEMBERS},
    "draft": {"visibility": Visibility.DRAFT},
    "withdrawn": {"visibility": Visibility.DRAFT},
    "embargoed": {"embargo": NOW.replace(year=NOW.year + 5)},
    "freed": {"embargo": NOW.replace(year=NOW.year - 1)},
    "limited": {"finest": LIMIT_M},
    "too fine": {"finest": 50.0},
    "no limit that is one": {"finest": -1.0},
}
ANYBODY, MEMBERS, STAFF = "anybody", "members", "staff"
# state → who knows of it, who gets its coarse tiles, its fine ones, the deposited file (it is under CC0)
EXPECTED = {
    "public": (ANYBODY, ANYBODY, ANYBODY, ANYBODY),
    "members": (MEMBERS, MEMBERS, MEMBERS, MEMBERS),
    "draft": (STAFF, STAFF, STAFF, STAFF),
    "withdrawn": (STAFF, STAFF, STAFF, STAFF),
    "embargoed": (STAFF, STAFF, STAFF, STAFF),
    "freed": (ANYBODY, ANYBODY, ANYBODY, ANYBODY),
    "limited": (ANYBODY, ANYBODY, MEMBERS, MEMBERS),
    "too fine": (ANYBODY, MEMBERS, MEMBERS, MEMBERS),
    "no limit that is one": (ANYBODY, MEMBERS, MEMBERS, MEMBERS),
}
IN = {ANYBODY: set(ROLES), MEMBERS: set(ROLES[2:]), STAFF: set(ROLES[3:])}


class Site:
    """A museum with one thing in each state, each placed in a public scene of its own, and a client."""

    def __init__(self, museum: Museum) -> None:
        self.museum, services = museum, museum.services
        self.coarse: dict[str, set[str]] = {}
        self.fine: dict[str, set[str]] = {}
        self.keys = {role: museum.token(role) for role in ROLES if role is not None}
        view = Viewpoint((0, 20, 30), (0, 0, 0))
        for state, change in STATES.items():
            tree, files = with_files(grid_tree(4, name=state))
            name = state.replace(" ", "_")
            coarse = [
                digest for digest, error in zip(tree.content, tree.error.tolist(), strict=True) if error >= LIMIT_M
            ]
            self.coarse[state], self.fine[state] = set(coarse), set(tree.content) - set(coarse)
            documents = tileset.write(tree, most_bytes=4_000)
            written = [*files.values(), documents.root, *documents.others.values()]
            uses = [BlobUse(services.blobs.put(data), len(data), "application/octet-stream") for data in written]
            services.catalogue.allow_blobs(f"asset_{name}", uses)
            like = services.catalogue.get(Asset, "asset_ground")
            assert like is not None
            assert like.tileset is not None
            made = Tileset(services.blobs.put(documents.root), len(tree), 4, 6400, 99, 9, 4.0, 1.0, like.tileset.extent)
            master = services.blobs.put(f"deposited {state}".encode())
            thing = replace(like, id=f"asset_{name}", title=state, rights=CC0, tileset=made, master=master, **change)
            if state == "withdrawn":
                museum.commit(Put(replace(thing, visibility=Visibility.PUBLIC)))
            museum.commit(
                Put(thing),
                Put(Scene(f"scene_{name}", state, "", "1000", Visibility.PUBLIC, view)),
                Put(Placement(f"placement_{name}", f"scene_{name}", "layer_1", thing.id, state, "../..")),
            )
        self.client = httpx.Client(base_url=museum.url)

    def get(self, path: str, role: Role | None) -> httpx.Response:
        return self.client.get(path, headers=self._headers(role))

    def ask(self, query: str, role: Role | None, **variables: object) -> Any:
        payload = {"query": query, "variables": variables}
        return self.client.post("/graphql", json=payload, headers=self._headers(role)).json()

    def _headers(self, role: Role | None) -> dict[str, str]:
        return {} if role is None else {"Authorization": f"Bearer {self.keys[role]}"}

    def named(self, path: str, role: Role | None) -> set[str]:
        """Digests of all tiles that a tileset names, in whatever document, as this role gets them."""
        found, waiting, read = set[str](), [path], set[str]()
        while waiting:
            at = waiting.pop()
            if at in read:
                continue
            read.add(at)
            answer = self.get(at, role)
            assert answer.status_code == 200, at
            tiles = [answer.json()["root"]]
            while tiles:
                tile = tiles.pop()
                tiles += tile.get("children", [])
                uri = tile.get("content", {}).get("uri", "").removeprefix("/blobs/")
                if uri.endswith(".json"):
                    waiting.append(f"/blobs/{uri}")
                elif uri:
                    found.add(uri.removesuffix(".glb"))
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Museum(tmp_path_factory.mktemp("graded")) as museum:
        yield Site(museum)


assert STATES.keys() == EXPECTED.keys()
CASES = [(state, role) for state in STATES for role in ROLES]


@pytest.mark.parametrize(("state", "role"), CASES)
def test_http_and_graphql_give_what_the_table_says(site: Site, state: str, role: Role | None):
    knows, coarse, fine, master = (role in IN[each] for each in EXPECTED[state])
    name = state.replace(" ", "_")
    node = site.ask("query ($id: ID!) { node(id: $id) { ... on Asset { tileset { url } } } }", role, id=f"asset_{name}")
    assert ("errors" in node) is not knows
    if knows:
        assert (node["data"]["node"]["tileset"] is not None) is coarse
    listed = site.ask("{ assets(first: 50) { nodes { id } } }", role)["data"]["assets"]["nodes"]
    if state != "freed":  # what was freed since it was written is listed once it is written again
        assert (f"asset_{name}" in {each["id"] for each in listed}) is knows
    for digests, expected in ((site.coarse, coarse), (site.fine, fine)):
        answers = {site.get(f"/blobs/{digest}.glb", role).status_code for digest in sorted(digests[state])[:3]}
        assert answers == {200 if expected else 404}
    tiles = site.coarse[state] | site.fine[state] if fine else site.coarse[state] if coarse else set()
    assert site.named(f"/scenes/scene_{name}/tileset.json", role) == tiles
    own = f"/assets/asset_{name}/tileset.json"
    assert site.get(own, role).status_code == (200 if coarse else 404)
    if coarse:
        assert site.named(own, role) == tiles
        assert site.named(node["data"]["node"]["tileset"]["url"].removeprefix(site.museum.url), role) == tiles
    assert (site.get(f"/assets/asset_{name}/master", role).status_code == 200) is master
    columns = site.ask(
        'query ($id: ID!) { scene(id: $id) { at(time: "1000") { columns { assetIds } } } }', role, id=f"scene_{name}"
    )
    assert columns["data"]["scene"]["at"]["columns"]["assetIds"] == [f"asset_{name}" if knows else None]


@pytest.mark.parametrize(("state", "role"), CASES)
async def test_the_stream_sends_what_the_table_says(site: Site, state: str, role: Role | None):
    _, coarse, fine, _ = (role in IN[each] for each in EXPECTED[state])
    opening = replace(OPEN, scene=f"scene_{state.replace(' ', '_')}")
    more = {} if role is None else {"additional_headers": {"Authorization": f"Bearer {site.keys[role]}"}}
    async with site.museum.client(opening, **more) as client:
        await client.until(complete=True)
        sent = set(client.session.held)
    assert (sent & site.fine[state] != set()) is fine
    assert (sent & site.coarse[state] != set()) is coarse


LAYERS = (Layer("layer_1", "scene_1", "Open", 0), Layer("layer_2", "scene_1", "Dig", 1, Visibility.MEMBERS))
BRANCH = Hypothesis("hypothesis_2", "scene_1", "A hall", "B", "…", audience=Visibility.DRAFT)


def hiding(museum: Museum) -> None:
    """A grave that is for members, a hall that is for those who work on it, and where the site lies."""
    placed = [museum._placement(name, "-0480/0390") for name in ("ground", "shrine", "temple")]
    scene = museum.services.catalogue.get(Scene, "scene_1")
    assert scene is not None
    where = Georeference(20.5, 30.5)
    museum.commit(
        *map(Put, LAYERS),
        Put(BRANCH),
        Put(replace(placed[1], id="placement_grave", layer="layer_2", title="the grave")),
        Put(replace(placed[2], id="placement_hall", hypothesis=BRANCH.id, title="the hall")),
        Put(replace(scene, georeference=where, georeference_for=Visibility.MEMBERS)),
    )


EVERYTHING = """{ scene(id: "scene_1") {
  georeference { longitude } history(last: 5) { reason }
  layers { title } hypotheses { title } placements(first: 50) { nodes { id title } }
  at(time: "-0430") { placements { placement { id } } columns { ids layerIds transforms } }
  edits(since: "1") { total nodes { edit title revisions { reason } fields { name before after } } }
} }"""


@pytest.mark.parametrize(
    ("role", "grave", "hall"), [(None, False, False), (Role.MEMBER, True, False), (Role.CURATOR, True, True)]
)
async def test_what_is_hidden_in_a_scene_is_in_no_answer(tmp_path: Path, role: Role | None, grave: bool, hall: bool):
    with Museum(tmp_path) as museum:
        hiding(museum)
        headers = {} if role is None else {"Authorization": f"Bearer {museum.token(role)}"}
        async with httpx.AsyncClient(base_url=museum.url, headers=headers) as client:
            told = (await client.post("/graphql", json={"query": EVERYTHING})).text
            assert "errors" not in json.loads(told), told
            scene = (await client.get("/scenes/scene_1/tileset.json")).text
            hidden_hypothesis = await client.get("/scenes/scene_1/tileset.json?hypothesis=hypothesis_2")
            node = (await client.post("/graphql", json={"query": '{ node(id: "placement_grave") { id } }'})).json()
            latest = museum.services.catalogue.latest()
            past = (await client.get("/scenes/scene_1/tileset.json", params={"asOf": latest})).text
        for answer in (told, scene, past):
            assert ("grave" in answer) is grave
        assert ("Dig" in told) is grave
        assert ("hall" in told) is hall
        assert ("20.5" in told) is grave
        assert ("errors" in node) is not grave
        assert hidden_hypothesis.status_code == (200 if hall else 404)
        async with museum.client(additional_headers=headers) as streaming:
            await streaming.until(complete=True)
            names = {each.id for each in streaming.session.placements.values()}
        assert ("placement_grave" in names) is grave
        assert ("placement_hall" in names) is hall


async def test_what_is_hidden_while_it_streams_goes(tmp_path: Path):
    with Museum(tmp_path) as museum:
        museum.commit(Put(LAYERS[0]))
        async with museum.client() as client:
            await client.until(complete=True)
            temple = next(n for n, each in client.session.placements.items() if each.title == "temple")
            museum.commit(Put(replace(LAYERS[0], audience=Visibility.MEMBERS)))
            state = (await client.until(State))[-1]
            assert isinstance(state, State)
            assert temple in state.gone
