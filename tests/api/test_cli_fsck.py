"""`chronotope fsck` with a replica: everything is found in one go, put right, and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app
from api.services import open_services
from api.settings import Settings
from scenes.errors import Damaged, NotFound
from scenes.model import Asset
from scenes.ports import Put
from tests.api.command import token
from tests.api.museum import write_museum
from tests.s3_server import S3Server

TILES = 50


@pytest.fixture
def museum(tmp_path: Path) -> Settings:
    """As `filled`."""
    return filled(tmp_path)


def filled(tmp_path: Path, tile_count: int = TILES) -> Settings:
    """A museum with a replica, and an asset of many tiles in it."""
    settings = Settings(data=tmp_path / "museum", replica_url=f"file://{tmp_path}/replica")
    token(settings.data)
    with open_services(settings) as services:
        write_museum(services)
        tiles = [services.blobs.put(b"tile %d" % number) for number in range(tile_count)]
        document = json.dumps([{"uri": f"{digest}.glb"} for digest in tiles]).encode()
        asset = services.catalogue.get(Asset, "asset_temple")
        assert asset
        assert asset.tileset
        changed = replace(asset, tileset=replace(asset.tileset, digest=services.blobs.put(document)))
        services.catalogue.commit([Put(changed)], author="ines", reason="", at=services.clock.now())
    return settings


def _fsck(settings: Settings, *words: str) -> Result:
    environment = {"CHRONOTOPE_REPLICA_URL": settings.replica_url}
    return CliRunner().invoke(app, ["fsck", "--data", str(settings.data), *words], env=environment)


def _spoil(settings: Settings, flipped: int, truncated: int) -> list[str]:
    """Flip a bit of some of the tiles, truncate some and remove the others; their digests in this order."""
    paths = sorted(path for path in (settings.data / "objects").rglob("*") if path.is_file() and _is_tile(path))
    for number, path in enumerate(paths):
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        if number < flipped:
            data[number % len(data)] ^= 1 << number % 8
            path.write_bytes(data)
        elif number < flipped + truncated:
            path.write_bytes(data[: number % len(data)])
        else:
            path.unlink()
    return [path.name for path in paths]


def _is_tile(path: Path) -> bool:
    return path.read_bytes().startswith(b"tile ")


@pytest.mark.parametrize(
    ("flipped", "truncated", "removed"), [(30, 10, 10), pytest.param(1000, 100, 100, marks=pytest.mark.long)]
)
def test_all_that_is_spoilt_is_found_not_served_and_put_right(
    tmp_path: Path, flipped: int, truncated: int, removed: int
) -> None:
    museum = filled(tmp_path, flipped + truncated + removed)
    copied = json.loads(_fsck(museum, "--replicate", "--json").stdout)
    assert copied["copied"] == copied["objects"] > flipped + truncated + removed
    spoilt = _spoil(museum, flipped, truncated)
    damaged, gone = spoilt[:-removed], spoilt[-removed:]

    # Without the replica nothing of it is handed out.
    with open_services(replace(museum, replica_url="")) as services:
        for digest in damaged:
            with pytest.raises(Damaged):
                services.blobs.read(digest)
        for digest in gone:
            with pytest.raises(NotFound):
                services.blobs.read(digest)

    found = _fsck(museum, "--json")
    said = json.loads(found.stdout)
    assert (found.exit_code, sorted(said["damaged"])) == (1, sorted(damaged))
    assert sorted(said["missing"]) == [f"asset_temple: tile {digest}" for digest in sorted(gone)]

    mended = _fsck(museum, "--repair", "--json")
    said = json.loads(mended.stdout)
    assert (mended.exit_code, said["damaged"], said["missing"]) == (0, [], [])
    assert len(said["repaired"]) == len(spoilt)
    with open_services(replace(museum, replica_url="")) as services:
        assert all(services.blobs.read(digest).startswith(b"tile ") for digest in spoilt)

    # What happened is written down: found twice, put right once.
    events = [json.loads(line) for line in (museum.data / "fixity.jsonl").read_text().splitlines()]
    assert [event["repaired"] for event in events] == [False] * len(spoilt) + [True] * len(spoilt)
    assert len(list((museum.data / "objects" / "damaged").iterdir())) == len(damaged), "what was damaged is kept apart"
    assert _fsck(museum).stdout.endswith("0 damaged, 0 missing, 0 repaired, 0 copied to the replica\n")


def test_a_museum_in_s3_is_looked_through_and_mended_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server(tmp_path / "s3") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        url = server.bucket("museum")
        monkeypatch.setenv("CHRONOTOPE_OBJECTS_URL", url)
        settings = Settings(data=tmp_path / "museum", objects_url=url, replica_url=f"file://{tmp_path}/replica")
        settings.data.mkdir()
        with open_services(settings) as services:
            write_museum(services)
        assert json.loads(_fsck(settings, "--replicate", "--json").stdout)["copied"] > 3
        spoilt = sorted(path for path in server.folder.glob("museum/objects/*/*/*") if path.is_file())[:2]
        for path in spoilt:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        assert json.loads(_fsck(settings, "--json").stdout)["damaged"] == [path.name for path in spoilt]
        assert json.loads(_fsck(settings, "--repair", "--json").stdout)["repaired"] == [path.name for path in spoilt]
        assert _fsck(settings).exit_code == 0


def test_a_document_that_is_gone_comes_back_with_all_it_names(museum: Settings) -> None:
    assert _fsck(museum, "--replicate").exit_code == 0
    with open_services(museum) as services:
        asset = services.catalogue.get(Asset, "asset_temple")
        assert asset
        assert asset.tileset
        gone = asset.tileset.digest
    _spoil(museum, 30, 10)
    next((museum.data / "objects").rglob(gone)).unlink()
    mended = _fsck(museum, "--repair")
    assert mended.exit_code == 0
    assert f"repaired asset_temple: tileset {gone}" in mended.stdout
    assert f"0 damaged, 0 missing, {1 + TILES} repaired" in mended.stdout


def test_it_reads_no_faster_than_it_is_told(museum: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr("time.sleep", rests.append)
    said = json.loads(_fsck(museum, "--pace", "100", "--json").stdout)
    # Nobody really slept, so that the last rest makes up for all that was read.
    assert rests[-1] == pytest.approx(said["bytes"] / 100, rel=0.1)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--repair"], "no replica"), (["--replicate"], "no replica"), (["--pace", "fast"], "is not a size")],
)
def test_what_cannot_be_done_is_said(museum: Settings, words: list[str], said: str) -> None:
    done = _fsck(replace(museum, replica_url=""), *words)
    assert done.exit_code != 0
    assert said in f"{done.output}{done.exception}"
