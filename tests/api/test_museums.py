"""Several museums on one server: chosen by Host, and what is one's is unknown in another, byte for byte."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.app import create_site
from api.auth import make_token, token_hash
from api.museums import Site, chosen, museums_of
from api.settings import Settings, SettingsError
from scenes.model import Actor, Role, Visibility
from tests.api.museum import DRAFT_TILE, TILE, digest, write_asset, write_museum
from tests.api.test_permissions import OPERATIONS, ROUTES, operations, sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

    from starlette.types import Message

    from api.services import Services

FILE = """
[[museum]]
name = "city"
hosts = ["city.example"]
data = "city"

[[museum]]
name = "harbour"
hosts = ["harbour.example", "www.harbour.example"]
data = "harbour"
publishers = "editors"
max_upload = "1M"
"""


def settings_of(folder: Path, text: str = FILE, **more: Any) -> Settings:
    path = folder / "museums.toml"
    path.write_text(text)
    return Settings(museums=str(path), workers=0, **more)


class Two:
    """A city museum with things in it, a harbour museum without, and how to knock at each."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.city, self.harbour = (self._services(app) for app in site.apps)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(site, raise_app_exceptions=False))

    @staticmethod
    def _services(app: Any) -> Services:
        return app.state.services  # type: ignore[no-any-return]

    async def get(self, host: str, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(f"http://{host}{path}", **more)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    site = create_site(settings_of(tmp_path))
    async with AsyncExitStack() as stack:
        for app in site.apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        found = Two(site)
        write_museum(found.city)
        async with found.client:
            yield found


def bearer(services: Services, role: Role = Role.ADMINISTRATOR) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(services.tokens, Actor('ada', role), at=services.clock.now())}"}


async def test_the_host_decides_which_museum_it_is(two: Two) -> None:
    for host, found in (
        ("city.example", 200),
        ("harbour.example", 404),
        ("www.harbour.example:8000", 404),
        ("127.0.0.1", 200),
    ):
        assert (await two.get(host, f"/blobs/{digest(TILE)}")).status_code == found, host
    refused = await two.get("elsewhere.example", "/livez")
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_HOST")
    twice = await two.client.get(
        "http://city.example/livez", headers=[("Host", "city.example"), ("Host", "harbour.example")]
    )
    assert twice.status_code == 400


async def test_tokens_sessions_and_links_of_one_are_nothing_in_another(two: Two) -> None:
    headers = bearer(two.city)
    ask = {"query": "{ me { role } }"}
    own = await two.client.post("http://city.example/graphql", json=ask, headers=headers)
    assert own.json()["data"]["me"]["role"] == "ADMINISTRATOR"
    assert (await two.client.post("http://harbour.example/graphql", json=ask, headers=headers)).status_code == 401
    key = make_token(two.city.tokens, Actor("ada", Role.CURATOR), at=two.city.clock.now(), once=True)
    assert (await two.get("harbour.example", f"/studio?key={key}")).status_code == 401
    cookie = (await two.get("city.example", f"/studio?key={key}")).headers["set-cookie"].split(";")[0]
    for host, role in (("city.example", "CURATOR"), ("harbour.example", "VISITOR")):
        sent = {"Cookie": cookie, "Origin": f"http://{host}"}
        answer = await two.client.post(f"http://{host}/graphql", json=ask, headers=sent)
        assert answer.json()["data"]["me"]["role"] == role
    # Though the same thing is there, under the same address, and somebody has the same token there.
    write_museum(two.harbour)
    token, at = token_hash(headers["Authorization"].split()[1]), two.harbour.clock.now()
    two.harbour.tokens.add_token(token, Actor("ada", Role.ADMINISTRATOR), expires_at=None, once=False, at=at)
    path = f"/blobs/{digest(DRAFT_TILE)}"
    link = {"query": "query ($p: String!) { signedLink(path: $p) { url } }", "variables": {"p": path}}
    made = (await two.client.post("http://city.example/graphql", json=link, headers=headers)).json()
    url = urlsplit(made["data"]["signedLink"]["url"])
    assert (await two.get("city.example", f"{url.path}?{url.query}")).status_code == 200
    assert (await two.get("harbour.example", f"{url.path}?{url.query}")).status_code == 401


IDS = {
    "scene": "scene_open", "asset": "asset_temple", "annotation": "annotation_x", "placement": "placement_temple",
    "exhibition": "exhibition_open", "slug": "terrace", "blob": digest(TILE), "upload": "upload_aaaa",
}  # fmt: skip
UNKNOWN = {name: re.sub(r"[a-z0-9](?=[^_]*$)", "0", known) for name, known in IDS.items()}


def alike(answer: httpx.Response, names: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer with what was asked for left out of it."""
    content = answer.content
    for name in sorted(names.values(), key=len, reverse=True):
        content = content.replace(name.encode(), b"NAME")
    headers = sorted((key, value) for key, value in answer.headers.items() if key != "content-length")
    return answer.status_code, headers, content


async def test_every_route_answers_anothers_ids_as_unknown_ones(two: Two) -> None:
    asked = 0
    for headers in ({}, bearer(two.harbour)):
        for route in ROUTES:
            given = [
                re.sub(
                    r"\{(\w+)(?::\w+)?\}",
                    lambda found, ids=ids: {  # type: ignore[misc]
                        "annotation_id": ids["annotation"], "asset": ids["asset"], "name": ids["blob"],
                        "slug": ids["slug"], "scene_id": ids["scene"], "upload": ids["upload"], "form": "card.webp",
                        "path": "index.html",
                    }[found[1]],
                    route,
                )
                for ids in (IDS, UNKNOWN)
            ]  # fmt: skip
            if given[0] == given[1]:
                continue
            asked += 1
            for method in ("GET", "HEAD", "DELETE", "POST"):
                sent = {**headers, "Tus-Resumable": "1.0.0"}
                answers = [
                    await two.client.request(method, f"http://harbour.example{each}", headers=sent) for each in given
                ]
                assert alike(answers[0], IDS) == alike(answers[1], UNKNOWN), (method, given)
                assert answers[0].status_code >= 400
    assert asked >= 2 * 8


async def test_every_operation_answers_anothers_ids_as_unknown_ones(two: Two) -> None:
    headers, before = bearer(two.harbour), two.harbour.catalogue.latest()
    for kind in ("Query", "Mutation"):
        for name in OPERATIONS[kind]:
            field = operations()[kind].fields[name]
            if not re.search(r"\bID\b|slug|input", " ".join(f"{key} {arg.type}" for key, arg in field.args.items())):
                continue
            declared = ", ".join(f"${key}: {arg.type}" for key, arg in field.args.items())
            passed = ", ".join(f"{key}: ${key}" for key in field.args)
            text = f"{kind.lower()} ({declared}) {{ {name}({passed}) {{ __typename }} }}"
            answers = []
            for ids in (IDS, UNKNOWN):
                variables = {
                    key: named(sample(arg.type), ids, key) for key, arg in field.args.items() if "!" in str(arg.type)
                }
                body = {"query": text, "variables": variables}
                answers.append(await two.client.post("http://harbour.example/graphql", json=body, headers=headers))
            assert alike(answers[0], IDS) == alike(answers[1], UNKNOWN), name
    made = two.harbour.catalogue.log(after=before, first=99)
    assert all("open" not in str(each) for each in made)


def named(value: Any, ids: dict[str, str], key: str) -> Any:
    """A sample with its ids, which are those of the scene, put into the words of `ids`."""
    if isinstance(value, dict):
        return {name: named(each, ids, name) for name, each in value.items()}
    if isinstance(value, list):
        return [named(each, ids, key) for each in value]
    return ids.get(key, ids["scene"]) if value == "scene_open" else value


async def test_a_stream_answers_anothers_scene_as_an_unknown_one(two: Two) -> None:
    told = []
    for ids in (IDS, UNKNOWN):
        closed = await stream_closed(two.site, f"scene={ids['scene']}&profile=desktop")
        told.append({key: str(value).replace(ids["scene"], "NAME") for key, value in closed.items()})
    assert told[0] == told[1]
    assert told[0]["code"] == "4404"


async def stream_closed(site: Site, query: str) -> MutableMapping[str, Any]:
    """How a stream of the harbour museum is closed."""
    coming: list[Message] = [{"type": "websocket.connect"}]
    said: list[Message] = []

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "websocket", "path": "/stream", "query_string": query.encode(), "client": ("203.0.113.9", 1),
        "headers": [(b"host", b"harbour.example")], "subprotocols": ["chronotope.v1"], "scheme": "ws",
    }  # fmt: skip
    async with asyncio.timeout(30):
        await site(scope, receive, send)
    return said[-1]


async def test_what_is_deposited_in_two_museums_is_kept_twice(two: Two) -> None:
    write_museum(two.harbour)
    for services in (two.city, two.harbour):
        assert services.blobs.size(digest(TILE)) == len(TILE)
    folders = {services.settings.data for services in (two.city, two.harbour)}
    assert len(folders) == 2
    assert two.city.settings.secret_key != two.harbour.settings.secret_key
    assert (two.city.settings.publishers, two.harbour.settings.publishers) == ("curators", "editors")
    write_asset(two.city, "more", tile=b"glTF more", visibility=Visibility.PUBLIC)
    assert two.harbour.blobs.size(digest(b"glTF more")) is None


def test_one_secret_of_the_server_is_another_in_each_museum(tmp_path: Path) -> None:
    museums = museums_of(settings_of(tmp_path, secret_key="s" * 64, public_url="https://city.example"))
    assert len({each.secret_key for each in museums} | {"s" * 64}) == 3
    assert {each.public_url for each in museums} == {""}, "the address of one is not that of another"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one \\[\\[museum\\]\\] or more"),
        ("museum = 1", "one \\[\\[museum\\]\\] or more"),
        ("[[museum]]\nname =", "no TOML"),
        (FILE.replace("harbour.example", "CITY.example"), "share the host city.example"),
        (FILE.replace('"harbour"', '"city"'), "share the name city"),
        (FILE.replace('data = "harbour"', 'data = "city"'), "lies in that of"),
        (FILE.replace('data = "harbour"', 'data = "./x/../city/inner"'), "lies in that of"),
        (FILE + 'redis_url = "redis://x"', "no setting 'redis_url' that is a museum's own"),
        (FILE + 'colour = "red"', "no setting 'colour'"),
        (FILE.replace('"1M"', '"many"'), "harbour: max_upload: 'many' is not a size"),
        (FILE.replace('name = "harbour"', 'name = "Harbour Museum"'), "1 to 40"),
        (FILE.replace('hosts = ["city.example"]', "hosts = []"), "city: `hosts`"),
        (
            FILE.replace('"city"\n\n', '"city"\nobjects_url = "s3://one/x"\n\n') + 'replica_url = "s3://one/x"',
            "share one store",
        ),
    ],
)
def test_a_file_that_will_not_do_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        museums_of(settings_of(tmp_path, text))


def test_a_command_is_about_the_museum_that_is_named(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert chosen(settings).museum == "city"
    assert chosen(dataclasses.replace(settings, museum="harbour")).museum == "harbour"
    assert chosen(dataclasses.replace(settings, data=tmp_path / "harbour")).museum == "harbour"
    with pytest.raises(SettingsError, match="'sea' is none of city, harbour"):
        chosen(dataclasses.replace(settings, museum="sea"))
    alone = Settings(data=tmp_path)
    assert (chosen(alone), museums_of(alone)) == (alone, (alone,))
