"""`chronotope export` and `import`: what a museum serves is served by the one that was made of its tree."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from api.app import create_app
from api.settings import Settings
from tests.api.command import run
from tests.api.museum import write_museum

PATHS = ("/scenes/scene_open/tileset.json", "/assets/asset_temple/tileset.json", "/assets/asset_temple/master")


async def served(data: Path) -> list[bytes]:
    app = create_app(Settings(data=data, workers=0))
    async with app.router.lifespan_context(app):
        if not app.state.services.catalogue.latest():
            write_museum(app.state.services)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            answers = [await client.get(path) for path in PATHS]
    assert [each.status_code for each in answers] == [200] * len(PATHS)
    return [each.content for each in answers]


async def test_a_museum_moves_by_its_tree(tmp_path: Path) -> None:
    before = await served(tmp_path / "old")
    tree = tmp_path / "tree"
    told = run("export", tree, "--data", tmp_path / "old", "--verify", "--json")
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert (figures["assets"], figures["damaged"]) == (2, [])
    made = run("import", tree, "--data", tmp_path / "new")
    assert made.returncode == 0, made.stderr
    assert "access tokens are not in a tree" in made.stdout
    assert await served(tmp_path / "new") == before

    nowhere = run("import", tmp_path / "nowhere", "--data", tmp_path / "third")
    assert (nowhere.returncode, "there is no folder" in nowhere.stderr) == (1, True)
    assert not (tmp_path / "nowhere").exists()
    for file in tree.glob("???/???/???/*/v1/content/masters/*/*"):
        file.write_bytes(b"other bytes")
    worse = run("export", tree, "--data", tmp_path / "new", "--verify")
    assert worse.returncode == 1
    assert "is damaged" in worse.stdout
    refused = run("import", tree, "--data", tmp_path / "third")
    assert refused.returncode == 1
    assert "is damaged" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
