"""The scene in one file, as other programs see it. What a budget chooses is tested in test_assemble.py."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib
import pytest
import trimesh
from numpy.typing import NDArray

from scenes.join import _parted
from scenes.ladders import Ladders
from scenes.scene_glb import scene_glb
from tests.scenes.test_assemble import SCENE, SITE, Museum, moment_of, place, triangles_of
from tests.scenes.test_composite import Town
from tiling import content

WEB = Path(__file__).resolve().parents[2] / "web"
TALL = (0, 0, 2, 0, 0, 3, 0, 0, -2, 0, 0, 0, 5, 0, -7, 1)
"""a quarter turn, twice as large and three times as high"""
MIRRORED = (-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, 0, 1)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def town_glb(town: Town, *, triangles: int = 200_000, instancing: bool = False, afar: bool = False) -> bytes:
    return scene_glb(
        SCENE, town.at_time(), town.assets, town.read, triangles=triangles, instancing=instancing,
        ladders=Ladders(town.derived, town.read) if afar else None,
    )  # fmt: skip


def document_of(data: bytes) -> dict[str, Any]:
    return content.read(data).document


def instances_of(data: bytes) -> list[NDArray[np.float64]]:
    """Positions of every primitive at every place, instances included."""
    model = content.read(data)
    found = []
    for placed, (number, matrix) in zip(
        content.placed(model),
        [each for each in content.nodes_of(model.document) if "mesh" in model.document["nodes"][each[0]]],
        strict=True,
    ):
        extension = model.document["nodes"][number].get("extensions", {}).get("EXT_mesh_gpu_instancing")
        if extension is None:
            found.append(placed.positions)
            continue
        parts = {name: content.accessor(model, at) for name, at in extension["attributes"].items()}
        count = len(next(iter(parts.values())))
        turns = parts.get("ROTATION", np.tile([0, 0, 0, 1], (count, 1)))
        scales = parts.get("SCALE", np.ones((count, 3)))
        own = (placed.positions - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
        for at in range(count):
            node = {"rotation": turns[at], "scale": scales[at], "translation": parts["TRANSLATION"][at]}
            instance = content.node_matrix({name: value.tolist() for name, value in node.items()})
            found.append(own @ instance[:3, :3].T + instance[:3, 3])
    return found


def apart(one: list[NDArray[np.float64]], other: list[NDArray[np.float64]]) -> float:
    """Metres from a point of either to the nearest of the other, at most; both have as many."""
    a, b = np.concatenate(one), np.concatenate(other)
    assert len(a) == len(b)
    distances = np.linalg.norm(a[:, None] - b[None], axis=2)
    return float(max(distances.min(axis=0).max(), distances.min(axis=1).max()))


def test_instances_stand_where_plain_nodes_do(town: Town) -> None:
    plain, instanced = town_glb(town), town_glb(town, instancing=True)
    assert len(instanced) < len(plain) / 2
    assert apart(instances_of(plain), instances_of(instanced)) < 0.001


def test_instances_are_of_one_certainty_and_one_reliability(town: Town) -> None:
    document = document_of(town_glb(town, instancing=True))
    assert "EXT_mesh_gpu_instancing" in document["extensionsRequired"]
    roots = [document["nodes"][node] for node in document["scenes"][0]["nodes"]]
    told = [root["extras"]["chronotope"] for root in roots]
    assert sorted((each["asset"], each["certainty"], each["reliability"]) for each in told) == [
        ("asset_house", "certain", "US"),
        ("asset_house", "certain", "USVn"),
        ("asset_tower", "certain", "US"),
        ("asset_tower", "certain", "USVn"),
    ]
    assert sorted(i["placement"] for each in told for i in each["instances"]) == [p.id for p in town.placements]


def test_what_instances_cannot_do_is_written_as_nodes() -> None:
    museum = Museum()
    museum.add("temple")
    placements = [place("a", "temple", transform=TALL), place("b", "temple", transform=MIRRORED)]
    moment = moment_of(placements)
    plain = scene_glb(SCENE, moment, museum.assets, museum.read)
    assert scene_glb(SCENE, moment, museum.assets, museum.read, instancing=True) == plain
    alike = moment_of([place("a", "temple", transform=TALL), place("b", "temple")])
    one, two = (scene_glb(SCENE, alike, museum.assets, museum.read, instancing=each) for each in (False, True))
    assert one != two
    assert apart(instances_of(one), instances_of(two)) < 0.001


def test_a_mirrored_placement_keeps_no_others_from_being_instances() -> None:
    museum = Museum()
    museum.add("temple")
    moment = moment_of(
        [place("a", "temple", transform=TALL), place("b", "temple", transform=MIRRORED), place("c", "temple")]
    )
    plain, instanced = (scene_glb(SCENE, moment, museum.assets, museum.read, instancing=each) for each in (False, True))
    document = document_of(instanced)
    told = [document["nodes"][root]["extras"]["chronotope"] for root in document["scenes"][0]["nodes"]]
    assert [[each["placement"] for each in one.get("instances", [one])] for one in told] == [["a", "c"], ["b"]]
    assert apart(instances_of(plain), instances_of(instanced)) < 0.001


def test_any_turn_and_scale_is_parted_and_put_together_again() -> None:
    chance = np.random.default_rng(5)
    matrices = np.tile(np.eye(4), (200, 1, 1))
    turns = np.linalg.qr(chance.normal(size=(200, 3, 3)))[0]
    turns *= np.sign(np.linalg.det(turns))[:, None, None]
    matrices[:, :3, :3] = turns * chance.uniform(0.1, 9, (200, 1, 3))
    matrices[:, :3, 3] = chance.normal(size=(200, 3))
    parts = _parted(matrices)
    assert parts is not None
    again = [
        content.node_matrix({"translation": t.tolist(), "rotation": r.tolist(), "scale": s.tolist()})
        for t, r, s in zip(parts["TRANSLATION"], parts["ROTATION"], parts["SCALE"], strict=True)
    ]
    assert np.abs(np.stack(again) - matrices).max() < 1e-9


def test_title_rights_and_source_stand_in_the_file_and_at_every_asset() -> None:
    museum = Museum()
    museum.add("temple")
    museum.add("altar", (2, 1, 1))
    document = document_of(scene_glb(SCENE, moment_of(SITE), museum.assets, museum.read))
    packets = document["extensions"]["KHR_xmp_json_ld"]["packets"]
    about = packets[document["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]]
    assert (about["dc:title"], about["dcterms:temporal"]) == ("Sanctuary", "-0440")
    assert about["dc:rights"] == {"@set": ["https://creativecommons.org/publicdomain/zero/1.0/"]}
    temple = next(node for node in document["nodes"] if node.get("name") == "Temple")
    packet = packets[temple["extensions"]["KHR_xmp_json_ld"]["packet"]]
    assert (packet["dc:title"], packet["dc:creator"], packet["dc:source"]) == (
        "Temple",
        "Temple Workshop",
        "temple.glb",
    )
    assert "KHR_xmp_json_ld" in document["extensionsUsed"]
    assert "KHR_xmp_json_ld" not in document["extensionsRequired"]


def test_what_does_not_fit_is_shown_from_afar(town: Town) -> None:
    data = town_glb(town, triangles=600, afar=True)
    document = document_of(data)
    about = document["asset"]["extras"]["chronotope"]
    assert "left_out" not in about
    assert 60 < len(about["from_afar"]) < 80
    roots = [document["nodes"][node] for node in document["scenes"][0]["nodes"]]
    assert roots[-1]["name"] == "from afar"
    assert roots[-1]["extras"]["chronotope"]["placements"] == len(about["from_afar"])
    assert 500 < triangles_of(data) <= 600
    # All of the town, not a part of it.
    every = np.concatenate([each.positions for each in content.placed(content.read(data))])
    whole = np.concatenate([each.positions for each in content.placed(content.read(town_glb(town)))])
    assert np.abs(np.ptp(every, axis=0) - np.ptp(whole, axis=0)).max() < 5


def test_where_all_fits_nothing_is_shown_from_afar(town: Town) -> None:
    assert town_glb(town, afar=True) == town_glb(town)


@pytest.mark.parametrize("instancing", [False, True])
def test_pygltflib_reads_and_writes_it(town: Town, instancing: bool) -> None:
    data = town_glb(town, instancing=instancing)
    read = pygltflib.GLTF2.load_from_bytes(data)
    assert read is not None
    assert {node.name for node in read.nodes} >= ({"House", "Tower"} if instancing else {"House 0", "House 1"})
    assert read.extensions["KHR_xmp_json_ld"]["packets"][0]["dc:title"] == "Sanctuary"
    again = pygltflib.GLTF2.load_from_bytes(b"".join(read.save_to_bytes()))
    assert again is not None
    assert len(again.nodes) == len(read.nodes)


def test_trimesh_sees_the_same_scene(town: Town) -> None:
    data = town_glb(town)
    scene = trimesh.load(io.BytesIO(data), file_type="glb")
    every = np.concatenate([each.positions for each in content.placed(content.read(data))])
    assert np.abs(scene.bounds - [every.min(axis=0), every.max(axis=0)]).max() < 0.01
    assert sum(len(mesh.faces) for mesh in scene.dump()) == triangles_of(data)


def test_the_gltf_validator_finds_no_error(town: Town, tmp_path: Path) -> None:
    files = {
        "plain.glb": town_glb(town),
        "instanced.glb": town_glb(town, instancing=True),
        "afar.glb": town_glb(town, triangles=600, afar=True),
    }
    root = town.at(town.tileset()["root"]["content"]["uri"])
    assert root is not None
    files["proxy.glb"] = root
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = ["node", "peer/validate.mjs", *(str(tmp_path / name) for name in files)]
    answer = subprocess.run(command, cwd=WEB, check=True, capture_output=True, text=True)
    found = json.loads(answer.stdout)
    assert len(found) == len(files)
    assert {name: errors for name, errors in found.items() if errors} == {}
