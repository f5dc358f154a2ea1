from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.services import open_services
from api.settings import Settings
from scenes.model import Asset, Media
from scenes.ports import Put
from tests.api.command import ROOT, environment, run, token
from tests.api.museum import TILE, digest, write_museum

COMMANDS = (
    *("serve", "demo", "ingest", "tile", "change", "stream", "ask", "token", "fsck", "migrate", "version"),
    *("export", "import", "worker", "import-gedcom"),
)


def test_help_lists_every_command() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", said)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], prog_name="chronotope")
    assert done.exit_code == 0
    assert f"chronotope {command}" in done.stdout


def test_help_loads_neither_server_nor_tiler() -> None:
    program = (
        "import sys, api.cli; "
        "heavy = {'uvicorn', 'fastapi', 'strawberry', 'numba', 'trimesh', 'scipy', 'httpx', 'apsw'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("serve", "--port", "seventy"),
        ("serve", "--port", "70000"),
        ("ingest",),
        ("token", "--role", "king"),
        ("ingest", "a.glb", "--data", "x", "--server", "http://localhost"),
    ],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, list(arguments)).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "no-such-file.glb"), "NOT_FOUND: there is no file no-such-file.glb"),
        (("fsck", "--data", "no-such-museum"), "BAD_SETTING: --data: there is no museum in"),
        (("migrate", "--data", "no-such-museum"), "BAD_SETTING: --data: there is no museum in"),
        (("serve", "--data", "/proc/museum"), "BAD_SETTING: --data / CHRONOTOPE_DATA: cannot write to the folder"),
        (("serve", "--tls-cert", "a.pem"), "REFUSED: --tls-cert and --tls-key belong together"),
        (("ingest", "some.glb", "--server", "http://127.0.0.1:9"), "UNAVAILABLE: http://127.0.0.1:9"),
    ],
)
def test_a_refusal_is_1_with_one_line_of_reason(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "some.glb").write_text("x")
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"chronotope: {said}")
    assert done.stderr.count("\n") == 1


def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    done = run("serve", "--data", tmp_path, CHRONOTOPE_DATABASE_URL="mysql://db/museum")
    assert done.returncode == 1
    assert "CHRONOTOPE_DATABASE_URL: is not supported; leave it unset or use sqlite:" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "token", "fsck", "migrate"])
def test_a_catalogue_that_is_none_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "catalogue.db").write_text("not a database\n" * 100)
    done = run(command, "--data", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("chronotope: BAD_SETTING: ")
    assert done.stderr.count("\n") == 1
    assert "catalogue.db" in done.stderr


def _said(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_token_is_printed_alone_and_kept_as_a_hash(tmp_path: Path) -> None:
    made = _said("token", "--data", tmp_path).stdout.strip()
    assert re.fullmatch(r"ct_[\w-]{43}", made)
    for path in tmp_path.iterdir():
        assert not path.is_file() or made.encode() not in path.read_bytes()


def test_a_token_in_json_says_whose_it_is_and_until_when(tmp_path: Path) -> None:
    done = _said("token", "--data", tmp_path, "--role", "administrator", "--name", "Ines", "--days", "7", "--json")
    said = json.loads(done.stdout)
    assert (said["name"], said["role"]) == ("Ines", "administrator")
    assert said["expires_at"].endswith("+00:00")


def test_migrate_says_the_schema(tmp_path: Path) -> None:
    token(tmp_path)
    assert json.loads(_said("migrate", "--data", tmp_path, "--json").stdout)["schema"] >= 1


def test_fsck_finds_what_is_damaged_and_what_is_missing(tmp_path: Path) -> None:
    token(tmp_path)
    with open_services(Settings(data=tmp_path)) as services:
        write_museum(services)
    whole = _said("fsck", "--data", tmp_path, "--json")
    assert (whole.exit_code, json.loads(whole.stdout)["damaged"]) == (0, [])
    tile = next((tmp_path / "objects").rglob(digest(TILE)))
    tile.with_suffix(".gz").write_bytes(gzip.compress(TILE))
    assert _said("fsck", "--data", tmp_path).exit_code == 0
    for broken in (b"", gzip.compress(TILE)[:-1], gzip.compress(b"x"), b"no gzip"):
        tile.with_suffix(".gz").write_bytes(broken)
        packed = _said("fsck", "--data", tmp_path, "--json")
        assert (packed.exit_code, json.loads(packed.stdout)["damaged"]) == (1, [f"{digest(TILE)}.gz"])
    tile.with_suffix(".gz").unlink()
    tile.chmod(0o600)
    tile.write_bytes(b"rot" + TILE[3:])
    damaged = _said("fsck", "--data", tmp_path, "--json")
    assert (damaged.exit_code, json.loads(damaged.stdout)["damaged"]) == (1, [digest(TILE)])
    tile.unlink()
    missing = _said("fsck", "--data", tmp_path)
    assert missing.exit_code == 1
    assert f"missing  asset_temple: tile {digest(TILE)}" in missing.stdout


def test_fsck_misses_what_is_served_of_a_picture(tmp_path: Path) -> None:
    token(tmp_path)
    with open_services(Settings(data=tmp_path)) as services:
        write_museum(services)
        asset = services.catalogue.get(Asset, "asset_secret")
        assert asset
        changed = replace(asset, media=Media("0" * 64, "image/webp", 5, width=1, height=1))
        services.catalogue.commit([Put(changed)], author="ines", reason="…", at=services.clock.now())
    missing = _said("fsck", "--data", tmp_path, "--json")
    assert (missing.exit_code, json.loads(missing.stdout)["missing"]) == (1, [f"asset_secret: media {'0' * 64}"])


def test_fsck_follows_documents_that_a_tileset_refers_to(tmp_path: Path) -> None:
    token(tmp_path)
    with open_services(Settings(data=tmp_path)) as services:
        write_museum(services)
        asset = services.catalogue.get(Asset, "asset_temple")
        assert asset
        assert asset.tileset
        inner = services.blobs.put(f'{{"uri":"{"0" * 64}.glb"}}'.encode())
        outer = services.blobs.put(f'{{"uri":"{inner}.json"}}'.encode())
        changed = replace(asset, tileset=replace(asset.tileset, digest=outer))
        services.catalogue.commit([Put(changed)], author="ines", reason="…", at=services.clock.now())
    missing = _said("fsck", "--data", tmp_path, "--json")
    assert (missing.exit_code, json.loads(missing.stdout)["missing"]) == (1, [f"asset_temple: tile {'0' * 64}"])
