"""Files in, coloured tiles and figures out; the numbers themselves are tested in tests/tiling/test_change.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.change import DOCUMENT, ChangeSettings, change_in_sandbox, compared
from pipeline.tile import TileSettings
from scenes.errors import Invalid, Malformed, SceneError
from tests.tiling.voxels import voxels
from tiling import content
from tiling.mesh import Floats, Model, Primitive

SAMPLES = 20_000
TILING = TileSettings(leaf_triangles=2000)


def solid(*, dent: bool = False, knob: bool = False) -> Model:
    """A block of 12 × 12 × 4 cm, with a dent of 16 cm³ and a knob of 4 cm³."""
    cells = np.zeros((12, 12, 5), bool)
    cells[:, :, :4] = True
    cells[4:8, 4:8, 3] = not dent
    cells[1:3, 1:3, 4] = knob
    positions, indices = voxels(cells)
    return Model((Primitive(positions, indices),))


def write(path: Path, model: Model, *, at: Floats | tuple[float, ...] = (0.0, 0.0, 0.0)) -> Path:
    """As PLY, somewhere in the world."""
    primitive = model.primitives[0]
    rows = np.empty(len(primitive.indices), [("count", "u1"), ("corners", "<u4", 3)])
    rows["count"], rows["corners"] = 3, primitive.indices
    head = (
        "ply\nformat binary_little_endian 1.0\ncomment metres\n"
        f"element vertex {len(primitive.positions)}\nproperty double x\nproperty double y\nproperty double z\n"
        f"element face {len(rows)}\nproperty list uchar uint vertex_indices\nend_header\n"
    )
    path.write_bytes(head.encode() + (primitive.positions + np.array(at)).astype("<f8").tobytes() + rows.tobytes())
    return path


def _run(earlier: Path, later: Path, out: Path, settings: ChangeSettings | None = None) -> dict[str, object]:
    out.mkdir()
    _, figures = change_in_sandbox(
        earlier,
        later,
        out,
        settings=settings or ChangeSettings(threshold=0.0005, samples=SAMPLES),
        tiling=TILING,
        progress=lambda _fraction, _message: None,
    )
    return figures


def test_two_files_become_coloured_tiles_and_figures(tmp_path: Path) -> None:
    earlier, later = write(tmp_path / "1990.ply", solid()), write(tmp_path / "2020.ply", solid(dent=True, knob=True))
    figures = _run(earlier, later, tmp_path / "out")
    assert figures["lost_volume"] == pytest.approx(16e-6, rel=0.15)
    assert figures["gained_volume"] == pytest.approx(4e-6, rel=0.3)
    assert figures == json.loads((tmp_path / "out" / DOCUMENT).read_text())
    tiles = [content.read(path.read_bytes()) for path in (tmp_path / "out").glob("*.glb")]
    found = np.concatenate(
        [
            content.accessor(tile, primitive["attributes"]["COLOR_0"])[:, :3].astype(float)
            for tile in tiles
            for mesh in tile.document["meshes"]
            for primitive in mesh["primitives"]
        ]
    )
    assert (found[:, 0] > 2 * found[:, 2]).any()  # orange: lost
    assert (found[:, 2] > 2 * found[:, 0]).any()  # blue: gained


def test_scans_in_the_frame_of_a_map_stay_in_one_frame(tmp_path: Path) -> None:
    here, there = np.zeros(3), np.array([512_345.25, 5_401_234.5, 321.0])
    figures = []
    for number, at in enumerate((here, there)):
        earlier = write(tmp_path / f"a{number}.ply", solid(), at=at)
        later = write(tmp_path / f"b{number}.ply", solid(dent=True, knob=True), at=at)
        figures.append(_run(earlier, later, tmp_path / f"out{number}"))
    for name in ("lost_volume", "gained_volume", "threshold"):
        assert figures[1][name] == pytest.approx(figures[0][name], rel=0.02)


def test_scans_that_lie_apart_are_refused_unless_somebody_insists(tmp_path: Path) -> None:
    earlier = write(tmp_path / "a.ply", solid())
    later = write(tmp_path / "b.ply", solid(), at=(3.0, 0.0, 0.0))
    with pytest.raises(Invalid, match="lie apart"):
        _run(earlier, later, tmp_path / "out")
    figures = _run(earlier, later, tmp_path / "forced", ChangeSettings(is_forced=True, samples=SAMPLES))
    assert "lie apart" in figures["warnings"][0]  # type: ignore[index]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.ply").write_bytes(b"ply\nnothing")
    with pytest.raises(Malformed):
        _run(write(tmp_path / "a.ply", solid()), tmp_path / "b.ply", tmp_path / "out")


def test_a_scan_out_of_place_is_compared_with_a_warning() -> None:
    moved = solid(dent=True)
    moved = Model((Primitive(moved.primitives[0].positions + np.float32(0.001), moved.primitives[0].indices),))
    _, figures = compared(solid(), moved, ChangeSettings(samples=SAMPLES))
    assert "not registered, or the whole has moved" in figures["warnings"][0]


def test_change_as_deep_as_wide_is_told_to_be_an_estimate() -> None:
    _, figures = compared(solid(), solid(knob=True), ChangeSettings(threshold=0.0005, samples=SAMPLES))
    assert [each for each in figures["warnings"] if "volume gained lies between" in each]


def test_all_primitives_are_compared_and_keep_their_names() -> None:
    whole = solid(dent=True).primitives[0]
    parts = [
        Primitive(whole.positions, whole.indices[::2], name="a"),
        Primitive(whole.positions, whole.indices[1::2], name="b", uvs=np.zeros((len(whole.positions), 2), np.float32)),
    ]
    settings = ChangeSettings(threshold=0.0005, scale=0.01, samples=SAMPLES)
    together, one = compared(solid(), Model(tuple(parts)), settings)
    _, other = compared(solid(), solid(dent=True), settings)
    assert [each.name for each in together.primitives] == ["a", "b"]
    assert all(each.uvs is None and each.colours is not None for each in together.primitives)
    assert one["lost_volume"] == pytest.approx(other["lost_volume"], rel=0.02)


@pytest.mark.parametrize(
    "settings", [ChangeSettings(threshold=-1.0), ChangeSettings(scale=0.0), ChangeSettings(scale=float("nan"))]
)
def test_settings_that_mean_nothing_are_refused(settings: ChangeSettings) -> None:
    with pytest.raises(SceneError, match="cannot be used"):
        compared(solid(), solid(), settings)
