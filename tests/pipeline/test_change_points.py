"""Files of points in, coloured tiles and figures out; the numbers themselves are tested in tests/tiling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.change import DOCUMENT, ChangeSettings, change_in_sandbox
from pipeline.tile import TileSettings
from scenes.errors import Invalid, Malformed
from tests.pipeline.clouds import written
from tests.pipeline.test_change import solid, write
from tests.tiling.test_change_points import _ground as ground
from tiling.mesh import Model, Primitive

TILING = TileSettings(leaf_triangles=2000)
MAP = np.array([637_000.0, 851_000.0, 400.0])


def _las(path: Path, points: np.ndarray, *, packed: bool = False) -> Path:
    """Points that are y up as LAS, which is z up, on a map."""
    places = np.column_stack([points[:, 0], -points[:, 2], points[:, 1]]).astype(np.float64) + MAP
    columns = written.sample(len(points)) | {"places": places}
    path.write_bytes(written.las(columns, scale=0.0001, packed=packed))
    return path


def _text(path: Path, points: np.ndarray) -> Path:
    path.write_text("".join(f"{x!r} {y!r} {z!r}\n" for x, y, z in points.tolist()))
    return path


def _mesh(path: Path, *, pit: float = 0.0) -> Path:
    """The same ground as a surface, z up on the map, as PLY that says neither."""
    ticks = np.linspace(-1.0, 1.0, 81)
    x, z = (each.ravel() for each in np.meshgrid(ticks, ticks, indexing="ij"))
    y = 0.05 * np.sin(3.0 * x) - 0.1 * ((np.abs(x) < pit) & (np.abs(z) < pit))
    at = np.arange(81 * 81).reshape(81, 81)
    a, b, c, d = (each.ravel() for each in (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.uint32)
    places = np.column_stack([x, -z, y]) + MAP
    return write(path, Model((Primitive(places, triangles),)))


def _run(earlier: Path, later: Path, out: Path, **settings: Any) -> dict[str, Any]:
    out.mkdir()
    asked = ChangeSettings(threshold=0.02, **settings)
    _, figures = change_in_sandbox(earlier, later, out, settings=asked, tiling=TILING, progress=lambda *_: None)
    assert json.loads((out / DOCUMENT).read_text()) == figures
    return figures


def _colours(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("*.glb"))


def test_two_clouds_become_points_that_are_coloured(tmp_path: Path) -> None:
    old = _las(tmp_path / "old.las", ground(seed=1))
    new = _las(tmp_path / "new.laz", ground(seed=2, pit=0.4), packed=True)
    figures = _run(old, new, tmp_path / "out")
    assert figures["lost_volume"] == pytest.approx(0.064, rel=0.08)
    assert figures["gained_volume"] < 0.001
    assert (figures["sides"], figures["later"]["points"]) == ("up", 60_000)
    assert 0.01 < figures["cell"]["earlier"] < 0.05
    document = json.loads((tmp_path / "out" / "tileset.json").read_text())
    assert document["root"]["refine"] == "ADD"
    again = _run(old, new, tmp_path / "again")
    assert again == figures
    assert _colours(tmp_path / "again") == _colours(tmp_path / "out")


@pytest.mark.parametrize("is_cloud_later", [True, False])
def test_a_cloud_and_a_surface_that_says_neither_unit_nor_axis(tmp_path: Path, is_cloud_later: bool) -> None:
    if is_cloud_later:
        old, new = _mesh(tmp_path / "old.ply"), _las(tmp_path / "new.las", ground(seed=2, pit=0.4))
    else:
        old, new = _las(tmp_path / "old.las", ground(seed=1)), _mesh(tmp_path / "new.ply", pit=0.4)
    figures = _run(old, new, tmp_path / "out")
    assert figures["sides"] == "surface"
    assert figures["lost_volume"] == pytest.approx(0.064, rel=0.15)
    assert figures["gained_volume"] < 0.002
    assert ("points" in figures["later"]) == is_cloud_later


def test_a_cloud_of_broken_numbers_is_refused(tmp_path: Path) -> None:
    old = _text(tmp_path / "old.xyz", ground(seed=1, count=2000))
    (tmp_path / "new.xyz").write_text("1 2 3\n4 five 6\n")
    with pytest.raises(Malformed, match="five"):
        _run(old, tmp_path / "new.xyz", tmp_path / "out")


def test_clouds_that_lie_apart_are_refused(tmp_path: Path) -> None:
    old = _text(tmp_path / "old.xyz", ground(seed=1, count=5000))
    new = _text(tmp_path / "new.xyz", ground(seed=2, count=5000) + np.array([0.0, 9.0, 0.0], np.float32))
    with pytest.raises(Invalid, match="lie apart"):
        _run(old, new, tmp_path / "out")


def test_too_few_points_are_told(tmp_path: Path) -> None:
    new = _text(tmp_path / "new.xyz", ground(seed=1, count=5))
    with pytest.raises(Invalid, match="too few"):
        _run(write(tmp_path / "old.ply", solid()), new, tmp_path / "out")
