"""Other people's programs read what we serve: 3d-tiles-renderer in a real browser, and Khronos' glTF validator."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from api.data_directory import prepare
from api.services import open_services
from api.settings import from_environment
from scenes.model import Layer, Placement, Scene, Viewpoint, Visibility
from scenes.ports import Put
from tests.journeys import looking
from tests.journeys.conftest import WEB, Visit
from tests.journeys.small_records import SCENE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from scenes.model import Record
    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def peer(built_pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of another origin with 3d-tiles-renderer on it."""
    folder = tmp_path_factory.mktemp("peer")
    subprocess.run(
        ["npx", "--no-install", "vite", "build", "--config", "peer/vite.config.ts", "--outDir", str(folder)],
        cwd=WEB,
        check=True,
        capture_output=True,
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/peer.html"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_stock_3d_tiles_client_reads_a_moment_and_at_another_only_what_changed(
    served: Served, peer: str, visiting: Callable[..., Visit]
) -> None:
    view = {"eye": "26,9,30", "target": "0,3.5,0"}
    tileset = f"{served.url}/scenes/{SCENE}/tileset.json"
    visit = visiting(f"{peer}?{urlencode(view)}")
    page = visit.page
    received: dict[str, str] = {}
    wire: dict[str, float] = {}
    network = page.context.new_cdp_session(page)
    network.on(
        "Network.responseReceived", lambda event: received.update({event["requestId"]: event["response"]["url"]})
    )
    # What a request cost on the wire, its headers included; 0 from the browser's cache.
    network.on("Network.loadingFinished", lambda event: wire.update({event["requestId"]: event["encodedDataLength"]}))
    network.send("Network.enable")

    def show(moment: str) -> dict[str, int]:
        """Addresses of blobs asked for, with the bytes that came over the wire for each."""
        received.clear()
        wire.clear()
        page.evaluate("(url) => peer.show(url)", f"{tileset}?at={moment}")
        page.wait_for_function("() => peer.idle", timeout=60_000)
        return {url: int(wire[request]) for request, url in received.items() if "/blobs/" in url}

    temple = show("-0430")
    assert page.evaluate("() => peer.errors") == []
    assert page.evaluate("() => peer.models") > 0
    assert page.evaluate("() => peer.triangles") > 5000
    shot = visit.picture("peer-temple", "canvas")
    colours = np.unique(np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3), axis=0)
    assert len(colours) > 200

    church = show("0450")
    assert page.evaluate("() => peer.errors") == []
    visit.picture("peer-church", "canvas")
    same = temple.keys() & church.keys()
    new = church.keys() - temple.keys()
    assert same, "the ground and the stone keep their addresses"
    assert new, "the church is new"
    assert sum(church[url] for url in same) == 0, "and come from the browser's own cache"
    assert sum(church[url] for url in new) > 0

    # Before everything: an empty tileset is a valid one.
    nothing = show("-8000")
    assert page.evaluate("() => peer.errors") == []
    assert nothing.keys() <= temple.keys()


def test_the_gltf_validator_finds_no_error_in_tiles_and_scene(
    served: Served, chromium: Browser, tmp_path: Path
) -> None:
    context = chromium.new_context()
    try:
        get = context.request.get
        files: list[Path] = []

        def keep(url: str, name: str) -> bytes:
            answer = get(url)
            assert answer.status == 200, url
            (tmp_path / name).write_bytes(answer.body())
            return answer.body()

        for moment in ("-0625", "-0400", "0450"):
            keep(f"{served.url}/scenes/{SCENE}/scene.glb?at={moment}&triangles=20000", f"scene{moment}.glb")
            files.append(tmp_path / f"scene{moment}.glb")
            scene = get(f"{served.url}/scenes/{SCENE}/tileset.json?at={moment}").json()
            for uri in _uris(scene["root"]):
                document = get(served.url + uri).json()
                for image in document.get("extras", {}).get("chronotope", {}).get("images", {}):
                    keep(f"{served.url}/blobs/{image}", image)
                for tile in _uris(document["root"]):
                    if not (tmp_path / tile).exists():
                        keep(f"{served.url}/blobs/{tile}", tile)
                        files.append(tmp_path / tile)
    finally:
        context.close()
    assert len(files) > 6
    answer = subprocess.run(
        ["node", "peer/validate.mjs", *map(str, files)], cwd=WEB, check=True, capture_output=True, text=True
    )
    found = json.loads(answer.stdout)
    assert len(found) == len(files)
    assert {name: errors for name, errors in found.items() if errors} == {}


CROWD = "scene_crowd"


@pytest.fixture(scope="module")
def crowd(served: Served) -> str:
    """A scene of four hundred buildings of the small museum, beside its own; one is gone after 250."""
    chance = np.random.default_rng(8)
    kinds = ("temple", "church", "shrine", "bronze")
    records: list[Record] = [
        Scene(CROWD, "A town", "", "0200", Visibility.PUBLIC, Viewpoint((0, 300, 500), (0, 0, 0))),
        Layer("layer_crowd", CROWD, "Buildings", 0),
    ]
    for n in range(400):
        turn = float(chance.uniform(0, 6.28))
        x, z = (float(value) for value in chance.uniform(-400, 400, 2))
        c, s = float(np.cos(turn)), float(np.sin(turn))
        transform = (c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, x, 0, z, 1)
        asset, existence = f"asset_journey_{kinds[n % 4]}", "0100/0250" if n == 7 else "0100/0400"
        records.append(Placement(f"crowd_{n}", CROWD, "layer_crowd", asset, f"No. {n}", existence, transform))
    settings = prepare(from_environment({}, data=served.data, host=None, port=None))
    with open_services(settings) as services:
        at = services.clock.now()
        services.catalogue.commit([Put(record) for record in records], author="tests", reason="a town", at=at)
    return f"{served.url}/scenes/{CROWD}/tileset.json"


@pytest.mark.long
def test_a_stock_client_shows_a_town_from_afar_by_one_proxy_and_near_by_its_houses(
    crowd: str, peer: str, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{peer}?{urlencode({'eye': '0,2500,3500', 'target': '0,0,0'})}")
    page = visit.page

    def made(moment: str) -> None:
        """Wait until the server has made all proxies: then the tileset stays the same."""
        page.wait_for_function(
            """async (url) => {
              const one = await (await fetch(url)).text();
              await new Promise((resolve) => setTimeout(resolve, 400));
              return one === await (await fetch(url)).text() && JSON.parse(one).root.content !== undefined;
            }""",
            arg=f"{crowd}?at={moment}",
            timeout=60_000,
        )

    def show(moment: str) -> set[str]:
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(request.url) if "/blobs/" in request.url else None)
        page.evaluate("(url) => peer.show(url)", f"{crowd}?at={moment}")
        page.wait_for_function("() => peer.idle", timeout=60_000)
        assert page.evaluate("() => peer.errors") == []
        return set(asked)

    made("0200")
    made("0300")
    far = show("0200")
    assert (page.evaluate("() => peer.models"), page.evaluate("() => peer.draws")) == (1, 1)
    assert len(far) == 1
    assert page.evaluate("() => peer.triangles") > 2000
    shot = visit.picture("peer-crowd-far", "canvas")
    assert len(np.unique(np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3), axis=0)) > 20
    page.evaluate("() => peer.look([0, 30, 420], [0, 5, 300])")
    page.wait_for_function("() => peer.idle", timeout=60_000)
    assert page.evaluate("() => peer.errors") == []
    assert page.evaluate("() => peer.models") > 10
    visit.picture("peer-crowd-near", "canvas")
    # From the same place a step in time asks for the branches around the house that is gone, and nothing else.
    page.evaluate("() => peer.look([0, 2500, 3500], [0, 0, 0])")
    assert len(show("0300") - far) == 1


def test_three_loads_the_scene_as_one_file_with_and_without_instances(
    crowd: str, peer: str, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{peer}?{urlencode({'eye': '0,300,600', 'target': '0,0,0'})}")
    address = crowd.replace("tileset.json", "scene.glb?at=0200&triangles=100000")
    plain = visit.page.evaluate("(url) => peer.load(url)", address)
    drawn = visit.page.evaluate("() => [peer.triangles, peer.draws]")
    assert plain["instances"] == 0
    assert "from_afar" in plain["names"]
    assert {"No_1", "No_2"} & set(plain["names"])
    instanced = visit.page.evaluate("(url) => peer.load(url)", address + "&instancing=true")
    assert instanced["instances"] + instanced["meshes"] == plain["meshes"]
    again = visit.page.evaluate("() => [peer.triangles, peer.draws]")
    assert again[1] < drawn[1]
    visit.picture("peer-crowd-file", "canvas")


@pytest.mark.long
def test_cesium_shows_the_town_from_afar_and_from_within(
    crowd: str, chromium: Browser, tmp_path: Path, built_pages: None
) -> None:
    with looking.gallery(tmp_path) as gallery:
        context = chromium.new_context(viewport={"width": 400, "height": 300})
        try:
            page = context.new_page()
            page.goto(gallery)
            subject = {"tiles": f"{crowd}?at=0200"}
            middle = {"target": [0, 0, 0], "near": 1, "far": 20000, "error": 16}
            far = looking.picture(page, "cesium", subject, middle | {"eye": [0, 2500, 3500]}, "crowd-far")
            near = looking.picture(page, "cesium", subject, middle | {"eye": [0, 30, 420]}, "crowd-near")
        finally:
            context.close()
    background = np.array(looking.BACKGROUND)
    covered = [float((np.abs(each[..., :3].astype(int) - background).max(axis=2) > 20).mean()) for each in (far, near)]
    assert 0.001 < covered[0] < covered[1]


def _uris(tile: dict[str, object]) -> Iterator[str]:
    content = tile.get("content")
    if isinstance(content, dict):
        yield content["uri"]
    for child in tile.get("children", []):
        yield from _uris(child)
