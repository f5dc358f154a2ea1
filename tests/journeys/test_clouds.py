"""A laser scan, from its file to the visitor's picture: round points, shading, colours by height and class, a box."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from api.cli_demo import write_records
from api.data_directory import held, prepare
from api.services import open_services
from api.settings import from_environment
from scenes.model import Asset, Exhibition, Layer, Placement, Reliability, Scene, Source, Viewpoint, Visibility
from scenes.ports import Put
from tests.journeys.conftest import ROOT, serving
from tests.journeys.small_records import CC0
from tests.pipeline.clouds import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.journeys.conftest import Served, Visit

pytestmark = pytest.mark.browser

GROUND, BUILDING = 2, 6
SIZE = {"width": 900, "height": 600}
_SCENE = "scene_scanned"


def _scan() -> bytes:
    """Red ground of 16 m by 16 m, on it a green block of 6 m by 6 m, 5 m high; z is up, as in all LAS."""
    chance = np.random.default_rng(5)
    ground = np.column_stack([chance.uniform(-8, 8, (20_000, 2)), np.zeros(20_000)])
    face = chance.uniform(-1, 1, (20_000, 3)) * [3, 3, 2.5] + [0, 0, 2.5]
    side = chance.integers(0, 3, len(face))
    for axis, (low, high) in enumerate([(-3, 3), (-3, 3), (5, 5)]):
        on = side == axis
        face[on, axis] = np.where(chance.random(on.sum()) < 0.5, low, high)
    places = np.round(np.concatenate([ground, face]), 3)
    block = np.arange(len(places)) >= len(ground)
    colours = np.where(block[:, None], [30 << 8, 150 << 8, 40 << 8], [190 << 8, 60 << 8, 40 << 8]).astype(np.uint16)
    classes = np.where(block, BUILDING, GROUND).astype(np.uint8)
    intensity = np.where(block, 900, 100).astype(np.uint16)
    return written.las({"places": places, "colours": colours, "intensity": intensity, "classes": classes})


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory, built_pages: None) -> Iterator[Served]:
    """A museum of one scan, which came in by `chronotope ingest`, served on loopback."""
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "block.las").write_bytes(_scan())
    data = folder / "museum"
    command = [
        sys.executable,
        "-m",
        "api.cli",
        "ingest",
        str(folder / "block.las"),
        "--data",
        str(data),
        "--rights",
        CC0,
    ]
    said = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    _exhibit(data, json.loads(said.stdout)[0]["asset"])
    with serving(data) as one:
        yield one


def _exhibit(data: Path, asset: str) -> None:
    settings = prepare(from_environment({}, data=data, host=None, port=None))
    view = Viewpoint((0.0, 9.0, 16.0), (0.0, 1.5, 0.0))
    with held(settings.data), open_services(settings) as services:
        found = services.catalogue.get(Asset, asset)
        assert found
        public = Put(replace(found, visibility=Visibility.PUBLIC))
        services.catalogue.commit([public], author="tests", reason="shown", at=services.clock.now())
        write_records(
            services,
            [
                Scene(_SCENE, "A block", "Made for tests.", "2019", Visibility.PUBLIC, view),
                Layer("layer_scan", _SCENE, "Scans", 0),
                Placement(
                    id="placement_scan",
                    scene=_SCENE,
                    layer="layer_scan",
                    asset=asset,
                    title="The scan",
                    existence="2018/2021",
                    transform=(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
                    reliability=Reliability.US,
                    reason="It was measured.",
                    sources=(Source("Scan book 1"),),
                ),
                Exhibition("exhibition_scan", "scan", "A scan", "A block.", _SCENE, Visibility.PUBLIC),
            ],
        )


def _colours(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The middle colour of what is seen of the block, of the ground before it, and of the ground far to the left."""
    picture = np.asarray(Image.open(path).convert("RGB"), dtype=np.int16)
    parts = picture[150:270, 360:480], picture[350:400, 360:480], picture[350:400, 130:190]
    block, ground, aside = (np.median(part, axis=(0, 1)) for part in parts)
    return block, ground, aside


def _near(seen: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(seen - wanted).max() <= 12)


def test_a_scan_is_seen_in_its_colours_by_class_and_in_a_box(scanned: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{scanned.url}/exhibitions/scan?capture=1#panel=study", **SIZE)
    visit.settle("s.study.clouds.points === 40000")
    panel = visit.page.locator(".side")
    before = visit.picture("cloud-scanned")
    block, ground, aside = _colours(before)
    assert _near(block, (30, 150, 40)), block
    assert _near(ground, (190, 60, 40)), ground
    assert _near(aside, (190, 60, 40)), aside

    panel.get_by_label("Shade edges").check()
    after = visit.picture("cloud-shaded")
    plain, shaded = (np.asarray(Image.open(path).convert("L"), np.int16)[80:400, :480] for path in (before, after))
    assert _near(_colours(after)[1], (190, 60, 40)), "what is level keeps its colour"
    assert (plain - shaded > 25).mean() > 0.001, "edges are set off"
    assert (shaded - plain > 25).mean() < 0.0002, "nothing is lighter"

    panel.get_by_label("Class", exact=True).check()
    block, ground, _ = _colours(visit.picture("cloud-class"))
    assert _near(block, (209, 73, 63)), block
    assert _near(ground, (156, 107, 60)), ground
    assert "Ground 20,000" in panel.inner_text()

    panel.get_by_label("Building").uncheck()
    panel.get_by_label("All but a box round what I look at").check()
    block, ground, aside = _colours(visit.picture("cloud-box"))
    assert _near(ground, (156, 107, 60)), ground
    assert not _near(block, (209, 73, 63)), "the class is left out"
    assert not _near(aside, (156, 107, 60)), "it is not in the box"

    panel.get_by_role("button", name="Copy a link to what I see").click()
    again = visiting(panel.get_by_label("Copy a link to what I see").input_value(), **SIZE)
    again.settle("s.study.clouds.points === 40000")
    kept = again.stats()["study"]
    assert kept["clouds"]["scheme"] == "class"
    assert kept["clouds"]["hidden"] == [BUILDING]
    assert kept["cut"]["side"] == "outside"
