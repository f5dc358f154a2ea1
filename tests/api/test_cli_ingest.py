from __future__ import annotations

import base64
import json
import os
import re
import socket
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from scenes.model import Role
from tests.api.command import ROOT, run, served, token
from tests.pipeline.clouds import written as cloud
from tests.pipeline.media import picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.command import Server

SAMPLES = ROOT / "tests" / "data"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


def ply_of_a_hill(side: int = 24) -> bytes:
    """A bumpy square of side × side × 2 triangles, ascii PLY."""
    points = [f"{x / side} {((x * 7 + z * 3) % 5) / 50} {z / side}" for z in range(side + 1) for x in range(side + 1)]
    faces = []
    for z in range(side):
        for x in range(side):
            corner = z * (side + 1) + x
            faces += [f"3 {corner} {corner + side + 1} {corner + 1}"]
            faces += [f"3 {corner + 1} {corner + side + 1} {corner + side + 2}"]
    head = (
        f"ply\nformat ascii 1.0\nelement vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    return (head + "\n".join([*points, *faces]) + "\n").encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("ingest") / "museum") as running:
        yield running


@pytest.fixture
def curator(server: Server) -> dict[str, str]:
    """Environment of somebody who may deposit there."""
    return {"CHRONOTOPE_SERVER": server.url, "CHRONOTOPE_TOKEN": _token(server)}


def _token(server: Server, role: Role = Role.CURATOR) -> str:
    from pathlib import Path

    return token(Path(server.links["data"]), role)


@pytest.fixture
def hill(tmp_path: Path) -> Path:
    path = tmp_path / "hill.ply"
    path.write_bytes(ply_of_a_hill())
    return path


def _ask(server: Server, query: str, bearer: str, **variables: Any) -> dict[str, Any]:
    answer = httpx.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {bearer}"},
    ).json()
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]
    return found


def test_a_file_is_uploaded_tiled_and_shown(server: Server, curator: dict[str, str], hill: Path) -> None:
    done = run("ingest", hill, "--title", "A hill", "--rights", CC0, "--attribution", "Nobody", "--json", **curator)
    assert (done.returncode, done.stderr) == (0, "")
    (said,) = json.loads(done.stdout)
    assert (said["state"], said["triangles"]) == ("done", 24 * 24 * 2)
    query = """query($id: ID!) { node(id: $id) { ... on Asset {
        title rights attribution state masterName byteLength masterDigest
        tileset { triangles tiles digest extent { low high } } jobs { state progress } } } }"""
    asset = _ask(server, query, curator["CHRONOTOPE_TOKEN"], id=said["asset"])["node"]
    assert (asset["title"], asset["rights"], asset["attribution"]) == ("A hill", CC0, "Nobody")
    assert (asset["state"], asset["masterName"]) == ("READY", "hill.ply")
    assert asset["byteLength"] == hill.stat().st_size
    assert [job["state"] for job in asset["jobs"]] == ["DONE"]
    assert asset["tileset"]["extent"]["high"] == pytest.approx([1.0, 0.08, 1.0], abs=0.01)

    headers = {"Authorization": f"Bearer {curator['CHRONOTOPE_TOKEN']}"}
    tileset = httpx.get(f"{server.url}/assets/{said['asset']}/tileset.json", headers=headers).json()
    tile = httpx.get(f"{server.url}{tileset['root']['content']['uri']}", headers=headers)
    assert (tile.status_code, tile.headers["content-type"]) == (200, "model/gltf-binary")
    assert tile.content.startswith(b"glTF")
    # A deposit is a draft: nobody else learns of it.
    assert httpx.get(f"{server.url}/assets/{said['asset']}/tileset.json").status_code == 404
    assert httpx.get(f"{server.url}{tileset['root']['content']['uri']}").status_code == 404


@pytest.mark.parametrize(
    "name", ["venus.glb", "small.glb", "small.obj.zip", "small-strips.ply", "tiny.stl", "small-draco.zip"]
)
@pytest.mark.long
def test_every_kind_of_mesh_becomes_tiles(curator: dict[str, str], name: str) -> None:
    done = run("ingest", SAMPLES / name, "--json", **curator)
    assert (done.returncode, done.stderr) == (0, "")
    (said,) = json.loads(done.stdout)
    assert said["state"] == "done"
    assert said["triangles"] > 100


@pytest.mark.parametrize(
    "remote", [pytest.param(True, id="by the server"), pytest.param(False, id="here", marks=pytest.mark.long)]
)
def test_a_recording_and_a_picture_become_ready(curator: dict[str, str], tmp_path: Path, remote: bool) -> None:
    (tmp_path / "dig.jpg").write_bytes(picture())
    files, where = (SAMPLES / "chime.flac", tmp_path / "dig.jpg"), () if remote else ("--data", tmp_path / "museum")
    done = run("ingest", *files, *where, "--json", **curator if remote else {})
    assert (done.returncode, done.stderr) == (0, "")
    sound, photograph = json.loads(done.stdout)
    assert (sound["state"], sound["duration"]) == ("done", 3.0)
    assert (photograph["state"], photograph["width"], photograph["height"]) == ("done", 40, 20)
    assert "triangles" not in sound | photograph
    said = run("ingest", *files, *where, **curator if remote else {}).stdout
    assert "chime.flac  a recording of 3.0 s" in said
    assert "dig.jpg  a picture of 40 × 20 pixels" in said


def test_a_line_names_the_asset_for_people(curator: dict[str, str], hill: Path) -> None:
    done = run("ingest", hill, **curator)
    assert done.returncode == 0
    asset_id, name, *_ = done.stdout.split()
    assert asset_id.startswith("asset_")
    assert name == "hill.ply"
    assert "1,152 triangles" in done.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.glb", b"this is no model\n"),
        ("truncated.glb", (SAMPLES / "venus.glb").read_bytes()[:300_000]),
        ("lying.ply", b"ply\nformat ascii 1.0\nelement vertex 4000000000\nproperty float x\nend_header\n1\n"),
    ],
)
def test_a_file_that_is_none_is_rejected_with_its_code_and_changes_nothing(
    server: Server, curator: dict[str, str], tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("ingest", tmp_path / name, "--json", **curator)
    assert done.returncode == 1
    (said,) = json.loads(done.stdout)
    assert (said["state"], said["code"]) == ("rejected", "MALFORMED")
    assert done.stderr.startswith(f"chronotope: MALFORMED: {name}: ")
    assert done.stderr.count("\n") == 1
    query = "query($id: ID!) { node(id: $id) { ... on Asset { state code report tileset { digest } } } }"
    asset = _ask(server, query, curator["CHRONOTOPE_TOKEN"], id=said["asset"])["node"]
    assert (asset["state"], asset["code"], asset["tileset"]) == ("REJECTED", "MALFORMED", None)
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_one_bad_file_does_not_keep_the_others_out(curator: dict[str, str], hill: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.glb"
    bad.write_bytes(b"nothing")
    done = run("ingest", bad, hill, "--json", **curator)
    assert done.returncode == 1
    assert [said["state"] for said in json.loads(done.stdout)] == ["rejected", "done"]


@pytest.mark.parametrize(
    ("bearer", "code"), [("", "UNAUTHORIZED"), ("ct_wrong", "UNAUTHORIZED"), ("visitor", "FORBIDDEN")]
)
def test_depositing_needs_a_token_of_a_curator(server: Server, hill: Path, bearer: str, code: str) -> None:
    sent = _token(server, Role.VISITOR) if bearer == "visitor" else bearer
    done = run("ingest", hill, CHRONOTOPE_SERVER=server.url, CHRONOTOPE_TOKEN=sent)
    assert done.returncode == 1
    assert done.stderr.startswith(f"chronotope: {code}: ")


def test_of_several_files_each_says_its_own_fate(curator: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "text.glb").write_text("not a model")
    (tmp_path / "empty.glb").write_text("")
    done = run("ingest", tmp_path / "text.glb", tmp_path / "empty.glb", **curator)
    assert done.returncode == 1
    text, empty = done.stdout.splitlines()
    assert text.startswith("asset_")
    assert "  text.glb  rejected MALFORMED: the file is called .glb" in text
    assert empty == "-  empty.glb  refused INVALID: the file is empty"


def test_what_is_no_plain_file_is_refused_at_once(curator: dict[str, str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ply")
    done = run("ingest", tmp_path / "pipe.ply", **curator)
    assert done.returncode == 1
    assert done.stderr.startswith("chronotope: UNSUPPORTED: ")


def test_rights_that_are_no_address_are_refused_before_uploading(curator: dict[str, str], hill: Path) -> None:
    done = run("ingest", hill, "--rights", "CC0", **curator)
    assert done.returncode == 1
    assert done.stderr.startswith("chronotope: INVALID: hill.ply: rights: ")


def test_an_upload_goes_on_after_its_socket_broke(server: Server, curator: dict[str, str]) -> None:
    content = ply_of_a_hill(12)
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {curator['CHRONOTOPE_TOKEN']}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        name = base64.b64encode(b"hill.ply").decode()
        begun = client.post(
            "/uploads", headers={"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        )
        where = begun.headers["location"]
        address = httpx.URL(server.url)
        with socket.create_connection((str(address.host), int(str(address.port)))) as raw:
            lines = [
                f"PATCH {where} HTTP/1.1",
                f"Host: {address.host}",
                *(f"{name}: {value}" for name, value in headers.items()),
                "Content-Type: application/offset+octet-stream",
                "Upload-Offset: 0",
                f"Content-Length: {len(content)}",
            ]
            raw.sendall("\r\n".join([*lines, "", ""]).encode() + content[:1000])
            for _ in range(20):
                assert int(client.head(where).headers["upload-offset"]) in (0, 1000)
        # What had come when the socket broke is kept, but for what the server had no time to take from it.
        for _ in range(100):
            offset = int(client.head(where).headers["upload-offset"])
            if offset:
                break
        assert offset in (0, 1000)
        body = {"Content-Type": "application/offset+octet-stream"}
        wrong = client.patch(where, headers=body | {"Upload-Offset": str(offset + 1)}, content=content)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "CONFLICT")
        last = client.patch(where, headers=body | {"Upload-Offset": str(offset)}, content=content[offset:])
        assert last.status_code == 204
        master = client.get(f"/assets/{last.headers['chronotope-asset']}/master")
        assert master.content == content


def test_without_a_server_the_work_is_done_here(hill: Path, tmp_path: Path) -> None:
    done = run("ingest", hill, "--data", tmp_path / "museum", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (said,) = json.loads(done.stdout)
    assert said["state"] == "done"
    assert list((tmp_path / "museum" / "work").iterdir()) == []


def test_beside_a_server_its_worker_does_the_work(server: Server, hill: Path) -> None:
    done = run("ingest", hill, "--data", server.links["data"], "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["state"] == "done"


def test_without_waiting_the_job_is_left_to_the_next_worker(hill: Path, tmp_path: Path) -> None:
    done = run("ingest", hill, "--data", tmp_path / "museum", "--no-wait", "--json")
    (said,) = json.loads(done.stdout)
    assert said["state"] == "queued"
    with served(tmp_path / "museum") as server:
        bearer = token(tmp_path / "museum")
        state = ""
        for _ in range(600):
            query = "query($id: ID!) { node(id: $id) { ... on Job { state } } }"
            state = _ask(server, query, bearer, id=said["job"])["node"]["state"]
            if state == "DONE":
                break
        assert state == "DONE"


@pytest.mark.long
def test_a_new_version_keeps_the_id_and_carries_its_annotations_over(
    server: Server, curator: dict[str, str], hill: Path, tmp_path: Path
) -> None:
    bearer = curator["CHRONOTOPE_TOKEN"]
    asset = json.loads(run("ingest", hill, "--json", **curator).stdout)[0]["asset"]
    scene = _ask(
        server,
        """mutation { createScene(input: {title: "A hill", defaultMoment: "0100",
            viewpoint: {position: [0, 1, 2], target: [0, 0, 0]}}) { scene { id } } }""",
        bearer,
    )["createScene"]["scene"]["id"]
    layer = _ask(
        server,
        'mutation($s: ID!) { createLayer(input: {scene: $s, title: "L"}) { layer { id } } }',
        bearer,
        s=scene,
    )["createLayer"]["layer"]["id"]
    placement = _ask(
        server,
        """mutation($l: ID!, $a: ID!) { createPlacement(input: {layer: $l, asset: $a, title: "P", existence: "0100"})
            { placement { id } } }""",
        bearer,
        l=layer,
        a=asset,
    )["createPlacement"]["placement"]["id"]
    note = _ask(
        server,
        """mutation($s: ID!, $p: ID!) { createAnnotation(input: {scene: $s, title: "Top", existence: "0100",
            bodies: [{text: "x"}], anchor: {position: [0.5, 0.04, 0.5], placement: $p}}) { annotation { id } } }""",
        bearer,
        s=scene,
        p=placement,
    )["createAnnotation"]["annotation"]["id"]
    lifted = tmp_path / "lifted.ply"
    lines = hill.read_text().splitlines()
    at = lines.index("end_header") + 1
    for number in range(at, at + 25 * 25):
        x, y, z = (float(value) for value in lines[number].split())
        lines[number] = f"{x} {y + 0.03} {z}"
    lifted.write_text("\n".join(lines) + "\n")
    done = run("ingest", lifted, "--asset", asset, "--limit", "0.05", "--json", **curator)
    assert (done.returncode, done.stderr) == (0, "")
    (said,) = json.loads(done.stdout)
    assert said["asset"] == asset
    found = _ask(
        server,
        """query($n: ID!, $a: ID!) {
            note: node(id: $n) { ... on Annotation { position anchor { surface { digest isFlagged drift tile } } } }
            asset: node(id: $a) { ... on Asset { masterName masterDigest report } } }""",
        bearer,
        n=note,
        a=asset,
    )
    surface = found["note"]["anchor"]["surface"]
    assert found["asset"]["masterName"] == "lifted.ply"
    assert surface["digest"] == found["asset"]["masterDigest"]
    assert not surface["isFlagged"]
    assert 0.0 < surface["drift"] <= 0.03 + 1e-6
    assert found["note"]["position"][1] > 0.045
    assert any("1 of 1 was carried over" in line for line in found["asset"]["report"])
    assert said["report"] == found["asset"]["report"]
    # Too far by a limit of a millimetre: who looks at a terminal sees which note it is.
    for number in range(at, at + 25 * 25):
        x, y, z = (float(value) for value in lines[number].split())
        lines[number] = f"{x} {y + 0.03} {z}"
    lifted.write_text("\n".join(lines) + "\n")
    told = run("ingest", lifted, "--asset", asset, "--limit", "0.001", **curator)
    assert (told.returncode, told.stderr) == (0, "")
    first, *more = told.stdout.splitlines()
    assert first.startswith(f"{asset}  lifted.ply  ")
    assert more[0].startswith("  annotations: 1 of 1 was carried over to the new version, ")
    assert re.fullmatch(
        r"  annotations: “Top” is flagged: it moved by [\d.]+ cm in the asset's frame, the limit is 1 mm", more[1]
    )


def _surveyed(place: tuple[float, float, float]) -> bytes:
    """A cloud about a place of zone 33 of UTM."""
    of = cloud.sample(300)
    of["places"] += np.array(place) - of["places"].mean(axis=0)
    keys = np.array([1, 1, 0, 1, 3072, 0, 1, 32633], "<u2").tobytes()
    return cloud.las(of, records=(("LASF_Projection", 34735, keys),))


def test_surveyed_clouds_are_placed_by_their_reference_system(
    server: Server, curator: dict[str, str], hill: Path, tmp_path: Path
) -> None:
    bearer = curator["CHRONOTOPE_TOKEN"]
    view = {"position": [9.0, 9.0, 9.0], "target": [0.0, 0.0, 0.0]}
    about = {"title": "A dig", "defaultMoment": "2026", "viewpoint": view}
    make = "mutation S($i: CreateSceneInput!) { createScene(input: $i) { scene { id } } }"
    scene = _ask(server, make, bearer, i=about)["createScene"]["scene"]["id"]
    make = "mutation L($i: CreateLayerInput!) { createLayer(input: $i) { layer { id } } }"
    layer = _ask(server, make, bearer, i={"scene": scene, "title": "Scans"})["createLayer"]["layer"]["id"]
    for name, place in (("a.las", (500_000.0, 4.5e6, 20.0)), ("b.las", (500_120.0, 4_500_050.0, 25.0))):
        (tmp_path / name).write_bytes(_surveyed(place))
    done = run("ingest", tmp_path / "a.las", tmp_path / "b.las", "--place", layer, "--json", **curator)
    answers = json.loads(done.stdout)
    assert all("not say" in answer["placing"][0] for answer in answers), "of what the heights count from"
    query = """query A($scene: ID!, $asset: ID!) {
        scene(id: $scene) { georeference { longitude latitude heading } }
        node(id: $asset) { ... on Asset { report survey { scale above where { longitude } } } } }"""
    found = _ask(server, query, bearer, scene=scene, asset=answers[0]["asset"])
    # In the middle of its zone a map's metre is 1/0.9996 of the ground's, and its north the north.
    assert found["scene"]["georeference"] == {
        "longitude": pytest.approx(15.0),
        "latitude": pytest.approx(40.65, abs=0.1),
        "heading": pytest.approx(0.0, abs=1e-4),
    }
    assert found["node"]["survey"]["scale"] == pytest.approx(1 / 0.9996, abs=1e-6)
    assert not any("longitude" in line for line in found["node"]["report"]), "that is for those who work on it"
    ways = []
    for answer in answers:
        told = _ask(
            server,
            "query P($id: ID!) { node(id: $id) { ... on Placement { transform } } }",
            bearer,
            id=answer["placement"],
        )
        ways.append(np.array(told["node"]["transform"])[12:15])
    east, up, south = (ways[1] - ways[0]) * (0.9996, 1.0, 0.9996)
    assert (east, up, -south) == pytest.approx((120.0, 5.0, 50.0), abs=1.0), "origins are whole metres"
    refused = run("ingest", hill, "--place", layer, **curator)
    assert refused.returncode == 1
    assert "it is deposited, but not placed" in refused.stderr
