from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.clouds import buckets, text
from pipeline.clouds import open as clouds
from pipeline.clouds.open import open_cloud
from pipeline.clouds.source import CHUNK
from pipeline.clouds.tile import tile_cloud
from pipeline.sandbox import tile_in_sandbox
from pipeline.tile import TileResult, TileSettings
from scenes.cuts import cut_within
from scenes.errors import Malformed, TooLarge, Unsupported
from tests.pipeline.clouds import written
from tiling import check, content, implicit, points_colour, tileset

Columns = dict[str, NDArray[Any]]


def _cloud(count: int, seed: int = 1) -> Columns:
    """A wave of points, with colours of bytes as LAS mostly has them."""
    of = written.sample(count, seed=seed)
    of["colours"] = (of["colours"] >> 8).astype(np.uint16)
    return of


def _tiled(
    folder: Path, data: bytes, name: str, *, node: int = 400, bucket: int | None = 1500, **settings: Any
) -> tuple[TileResult, Path]:
    folder.mkdir()
    source, out = folder / name, folder / "out"
    source.write_bytes(data)
    out.mkdir()
    result = tile_cloud(
        open_cloud(source, name), out, TileSettings(**settings), lambda *_: None, work=folder,
        most_of_node=node, most_of_bucket=bucket,
    )  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == sorted(["out", name])  # what was sorted is gone
    return result, out


def _findings(out: Path) -> list[check.Finding]:
    return check.check((out / "tileset.json").read_bytes(), lambda uri: (out / uri).read_bytes())


def _shown(result: TileResult, out: Path) -> Columns:
    """All points of all tiles, z up again, in the file's frame."""
    found: dict[str, list[NDArray[Any]]] = {"places": [], "colours": [], "intensity": [], "classes": []}
    for name, *_ in result.files:
        if not name.endswith(".glb"):
            continue
        model = content.read((out / name).read_bytes())
        (placed,) = content.placed(model)
        attributes = model.document["meshes"][0]["primitives"][0]["attributes"]
        x, y, z = placed.positions.T
        found["places"].append(np.stack([x, -z, y], 1) + result.tileset.origin)
        colours = content.accessor(model, attributes["COLOR_0"])
        found["colours"].append(points_colour.bytes_of_linear(colours) if colours.dtype == np.uint16 else colours)
        found["intensity"].append(content.accessor(model, attributes["_INTENSITY"])[:, 0])
        found["classes"].append(content.accessor(model, attributes["_CLASSIFICATION"])[:, 0])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _sorted(of: Columns) -> NDArray[Any]:
    places = np.rint(of["places"] * 1000).astype(np.int64)
    rows = np.column_stack([places, of["colours"], of["intensity"], of["classes"]])
    return rows[np.lexsort(rows.T)]


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Columns, TileResult, Path]:
    of = _cloud(12_000)
    result, out = _tiled(tmp_path_factory.mktemp("cloud") / "a", written.las(of), "scan.las")
    return of, result, out


def test_every_point_is_there_once_exactly_where_and_as_it_was(tiled: tuple[Columns, TileResult, Path]) -> None:
    of, result, out = tiled
    assert result.tileset.vertices == 12_000
    assert result.tileset.origin[:2] == (500005.0, 4000005.0)
    assert np.array_equal(_sorted(_shown(result, out)), _sorted(of))


def test_the_tileset_adds_and_is_sound(tiled: tuple[Columns, TileResult, Path]) -> None:
    _, result, out = tiled
    assert _findings(out) == []
    document = json.loads((out / "tileset.json").read_bytes())
    assert document["root"]["refine"] == "ADD"
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    assert tree.is_added
    assert tree.points.sum() == 12_000
    assert len(tree) == result.tileset.tiles > 20
    assert tileset.write(tree).root == (out / "tileset.json").read_bytes()
    assert all((out / name).stat().st_size == size for name, _, size, _ in result.files)
    assert tree.coded_length[0] <= 14_000


def test_the_bytes_that_are_told_of_a_tile_are_those_that_come_and_what_they_unpack_to(tmp_path: Path) -> None:
    # A client's budget counts the latter: tiles that go by brotli are longer unpacked than those that go by gzip were.
    _, out = _tiled(tmp_path / "g", written.las(_cloud(3000)), "scan.las", is_coded=True)
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    assert len(tree) > 4
    for digest, unpacked, sent in zip(tree.content, tree.byte_length, tree.coded_length, strict=True):
        data, coded = (out / f"{digest}.glb").read_bytes(), (out / f"{digest}.glb.br").read_bytes()
        assert (len(data), len(coded)) == (unpacked, sent)
        assert imagecodecs.brotli_decode(coded) == data
        assert sent < unpacked


def test_implicit_tiling_adds_too(tiled: tuple[Columns, TileResult, Path]) -> None:
    _, _, out = tiled
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    written_by_place = implicit.write(tree)
    assert json.loads(written_by_place.documents["tileset.json"])["root"]["refine"] == "ADD"


def test_a_scene_shows_a_cloud_within_a_number_of_points(tiled: tuple[Columns, TileResult, Path]) -> None:
    _, _, out = tiled
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    (few,), (every,) = cut_within([(tree, 1.0)], 6000), cut_within([(tree, 1.0)], 12_000)
    assert len(every) == len(tree)
    assert 0 < tree.points[few].sum() <= 6000
    assert {int(tree.parent[tile]) for tile in few} <= {-1, *few}


def test_a_wrong_number_of_points_is_found(tiled: tuple[Columns, TileResult, Path]) -> None:
    _, _, out = tiled
    document = (out / "tileset.json").read_bytes()
    points = json.loads(document)["root"]["extras"]["chronotope"]["points"]
    wrong = document.replace(b'"points":%d' % points, b'"points":%d' % (points + 1), 1)
    found = check.check(wrong, lambda uri: (out / uri).read_bytes())
    assert [finding.code for finding in found] == ["STATED_POINTS"]


def test_workers_change_nothing(tiled: tuple[Columns, TileResult, Path], tmp_path: Path) -> None:
    of, result, _ = tiled
    again, _ = _tiled(tmp_path / "b", written.las(of), "scan.las", workers=3)
    assert again == result


@pytest.mark.parametrize("packed", [False, True], ids=["read twice", "kept aside"])
def test_workers_change_nothing_where_there_are_many_chunks(tmp_path: Path, packed: bool) -> None:
    # Two chunks, a few buckets that touch, and one that is crowded.
    of = _cloud(CHUNK + 20_000)
    of["places"][:CHUNK:4] = of["places"][:CHUNK:4] * 0.02 + of["places"][0] * 0.98
    data, name = written.las(of, packed=packed), "scan.laz" if packed else "scan.las"
    made = [
        _tiled(tmp_path / str(workers), data, name, node=20_000, bucket=80_000, workers=workers)[0]
        for workers in (1, 3)
    ]
    assert made[0].tileset.vertices == CHUNK + 20_000
    assert made[0] == made[1]


@pytest.mark.parametrize("name", ["scan.xyz", "scan.e57"], ids=["put aside", "never begun in the middle"])
def test_workers_change_nothing_where_columns_come_in_blocks(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = _cloud(9_000)
    monkeypatch.setattr(buckets, "CHUNK", 1_000)
    monkeypatch.setattr(text, "_PIECE", 70_000)
    data = "".join("{} {} {}\n".format(*place) for place in of["places"].tolist()).encode()
    if name == "scan.e57":
        fields = [(f"cartesian{axis}", {"type": "Float"}, of["places"][:, i]) for i, axis in enumerate("XYZ")]
        data = written.e57([{"fields": fields}], per_packet=5_000)
    made = [_tiled(tmp_path / str(workers), data, name, workers=workers)[0] for workers in (1, 3)]
    assert made[0].tileset.vertices == 9_000
    assert made[0] == made[1]


def test_packed_or_not_the_tiles_are_the_same(tiled: tuple[Columns, TileResult, Path], tmp_path: Path) -> None:
    of, result, _ = tiled
    again, _ = _tiled(tmp_path / "c", written.las(of, packed=True), "scan.laz")
    assert again.files == result.files


def test_what_is_shown_leaves_no_point_farther_off_than_is_stated(tiled: tuple[Columns, TileResult, Path]) -> None:
    from scipy.spatial import cKDTree

    _, _, out = tiled
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda name: (out / name).read_bytes())
    own = [
        next(content.placed(content.read((out / f"{name}.glb").read_bytes()))).positions if name else np.empty((0, 3))
        for name in tree.content
    ]
    for tile in range(len(tree)):
        path, at = [tile], tile
        while at:
            at = int(tree.parent[at])
            path.append(at)
        below = [each for each in range(len(tree)) if each == tile or _is_below(tree, each, tile)]
        region = np.concatenate([own[each] for each in below])
        # Neighbours of the same error are shown with it.
        others = [each for each in range(len(tree)) if tree.error[each] >= tree.error[tile]]
        shown = np.concatenate([own[each] for each in {*path, *others}])
        assert cKDTree(shown).query(region)[0].max() <= tree.error[tile] * (1 + 1e-6) + 1e-9


def _is_below(tree: Any, tile: int, above: int) -> bool:
    while tile > above:
        tile = int(tree.parent[tile])
    return tile == above


def test_a_precision_is_kept_and_saves_bytes(tiled: tuple[Columns, TileResult, Path], tmp_path: Path) -> None:
    of, result, _ = tiled
    coarse, out = _tiled(tmp_path / "d", written.las(of), "scan.las", precision_m=0.02)
    shown = _shown(coarse, out)["places"]
    from scipy.spatial import cKDTree

    away = cKDTree(shown).query(of["places"], p=np.inf)[0]
    assert 0.005 < away.max() <= 0.01 + 1e-6
    assert len(shown) == 12_000
    assert sum(level.coded_length for level in coarse.levels) < 0.9 * sum(level.coded_length for level in result.levels)
    assert any("true to 0.01 m" in line for line in coarse.report)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_the_smallest_clouds_are_one_tile(tmp_path: Path, count: int) -> None:
    of = _cloud(count)
    result, out = _tiled(tmp_path / "e", written.las(of), "scan.las")
    assert result.tileset.tiles == 1
    assert result.tileset.root_error == 0.0
    assert _findings(out) == []
    assert np.array_equal(_sorted(_shown(result, out)), _sorted(of))


def test_points_in_one_place_are_all_kept(tmp_path: Path) -> None:
    of = _cloud(3000)
    of["places"][:] = of["places"][0]
    result, out = _tiled(tmp_path / "f", written.las(of), "scan.las")
    assert _findings(out) == []
    assert len(_shown(result, out)["places"]) == 3000


def test_one_point_far_off_does_not_put_all_others_into_one_bucket(tmp_path: Path) -> None:
    of = _cloud(4000)
    of["places"][0] += 50_000.0
    result, out = _tiled(tmp_path / "g", written.las(of), "scan.las")
    assert _findings(out) == []
    assert result.tileset.tiles > 5
    # The coarsest tile, 70 km wide, is all that is rounded.
    shown, true = _sorted(_shown(result, out)), _sorted(of)
    assert np.abs(np.sort(shown[:, :3], axis=0) - np.sort(true[:, :3], axis=0)).max() <= 4
    assert (shown[:, None, 0] == true[None, ::50, 0]).any(axis=0).mean() > 0.8
    assert any("so wide" in line for line in result.report)


def test_a_cloud_without_steps_gets_some_and_says_so(tmp_path: Path) -> None:
    of = written.sample(900)
    of["places"] -= [500_000.0, 4_000_000.0, 0.0]
    result, out = _tiled(tmp_path / "h", written.ply(of).replace(b"comment units: mm\n", b""), "scan.ply", up="y")
    assert any("rounded to" in line for line in result.report)
    (name,) = [name for name, _, _, kind in result.files if kind == "model/gltf-binary"][:1]
    model = content.read((out / name).read_bytes())
    assert {"POSITION", "COLOR_0", "NORMAL", "_INTENSITY"} <= set(
        model.document["meshes"][0]["primitives"][0]["attributes"]
    )
    assert _findings(out) == []


def test_points_on_one_spot_become_tiles_beside_one_another(tmp_path: Path) -> None:
    of = _cloud(5_000)
    of["places"][1_000:] = of["places"][0]
    result, out = _tiled(tmp_path / "k", written.las(of), "scan.las")
    assert np.array_equal(_sorted(_shown(result, out)), _sorted(of))
    models = [content.read((out / name).read_bytes()) for name, *_ in result.files if name.endswith(".glb")]
    assert max(model.document["accessors"][0]["count"] for model in models) <= 1_000
    assert any("nearer to others than cells can part them" in line for line in result.report)
    assert _findings(out) == []


def test_places_along_a_line_are_true_to_a_millimetre(tmp_path: Path) -> None:
    lines = b"".join(b"%d %.3f 1\n" % (at, at / 7) for at in range(2_000))
    result, _ = _tiled(tmp_path / "l", lines, "wall.xyz")
    assert any("rounded to 0.00102 m" in line for line in result.report)


def test_a_cloud_with_a_reference_system_says_where_its_origin_lies(tmp_path: Path) -> None:
    of = _cloud(500)
    keys = np.array([1, 1, 0, 1, 3072, 0, 1, 32633], "<u2").tobytes()
    data = written.las(of, records=(("LASF_Projection", 34735, keys),))
    result, out = _tiled(tmp_path / "i", data, "scan.las")
    where = json.loads((out / "tileset.json").read_bytes())["root"]["extras"]["georeference"]
    x, _, height = result.tileset.origin
    # Zone 33 of UTM: east of 500 km lies east of 15 degrees.
    assert (where["longitude"] > 15.0) == (x > 500_000.0)
    assert where["height"] == height
    assert any(f"latitude {where['latitude']:.7f}" in line for line in result.report)
    assert _findings(out) == []
    other, out = _tiled(tmp_path / "j", data, "scan.las", units="ft")
    assert b"georeference" not in (out / "tileset.json").read_bytes()
    assert not any("latitude" in line for line in other.report)


def test_a_cloud_is_read_and_tiled_in_a_child_with_limits(tmp_path: Path) -> None:
    of = _cloud(500)
    source, out = tmp_path / "scan.las", tmp_path / "out"
    source.write_bytes(written.las(of))
    out.mkdir()
    result = tile_in_sandbox(
        source, "scan.las", out, settings=TileSettings(), progress=lambda *_: None, cancelled=lambda: False
    )
    assert (result.tileset.vertices, result.tileset.triangles) == (500, 0)
    assert np.array_equal(_sorted(_shown(result, out)), _sorted(of))
    _zip(source, {"dig/walls.las": written.las(of)})
    shutil.rmtree(out)
    out.mkdir()
    again = tile_in_sandbox(
        source, "scan.zip", out, settings=TileSettings(), progress=lambda *_: None, cancelled=lambda: False
    )
    assert again.files == result.files
    assert "dig/walls.las of the zip" in again.report[0]
    source.write_bytes(written.las(of)[:-1000])
    with pytest.raises(Malformed):
        tile_in_sandbox(
            source, "scan.las", out, settings=TileSettings(), progress=lambda *_: None, cancelled=lambda: False
        )


@pytest.mark.parametrize("spread", [0.0, 10.0])
def test_a_crowd_of_many_tiles_fits_an_octree(tmp_path: Path, spread: float) -> None:
    of = _cloud(9_000)
    of["places"][:] = of["places"][0] + spread * (np.arange(9_000) % 2)[:, None]
    result, out = _tiled(tmp_path / "m", written.las(of), "scan.las")
    document = (out / "tileset.json").read_bytes()
    tree = tileset.read(document, lambda name: (out / name).read_bytes())
    assert np.bincount(tree.parent[1:]).max() <= 8
    assert len(tree) > 20
    assert (tree.error[tree.parent[1:]] >= tree.error[1:]).all()
    assert json.loads(implicit.write(tree).documents["tileset.json"])["root"]["refine"] == "ADD"
    assert np.array_equal(_sorted(_shown(result, out)), _sorted(of))
    assert _findings(out) == []


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["scan.las", "scans/scan.laz", "a.ply", "deep/down/scan.XYZ", "scan.e57", "points.txt"]
)
def test_a_cloud_in_a_zip_is_tiled_as_it_would_be_by_itself(tmp_path: Path, name: str) -> None:
    of = _cloud(60)
    lines = b"".join(b"%.3f %.3f %.3f\n" % tuple(place) for place in of["places"])
    fields = [(f"cartesian{axis}", {"type": "Float"}, of["places"][:, i]) for i, axis in enumerate("XYZ")]
    data = {
        "las": lambda: written.las(of),
        "laz": lambda: written.las(of, packed=True),
        "ply": lambda: written.ply(of),
        "e57": lambda: written.e57([{"fields": fields}]),
    }.get(name[-3:], lambda: lines)()
    beside = {"__MACOSX/._scan.las": b"no cloud", "photo.jpg": b"no cloud"}
    path = _zip(tmp_path / "dig.zip", {name: data} | beside)
    found = clouds.unpacked(path, tmp_path)
    assert found is not None
    assert found[1] == name
    assert found[0].read_bytes() == data
    assert sum(map(len, clouds.open_cloud(*found).chunks())) == 60


SURFACE = b"""ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
3 0 1 2
"""


@pytest.mark.parametrize(
    "members",
    [
        {"a.obj": b"v 0 0 0", "a.ply": b"ply\n"},
        {"a.ply": SURFACE},
        {"read me.txt": b"what this is", "photo.jpg": b""},
        {"photo.jpg": b""},
    ],
    ids=["a model", "a surface", "a note", "a picture"],
)
def test_what_else_is_in_a_zip_is_no_cloud(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = _zip(tmp_path / "dig.zip", members)
    assert clouds.unpacked(path, tmp_path) is None
    assert [each.name for each in tmp_path.iterdir()] == ["dig.zip"]


def test_a_zip_of_clouds_is_refused_by_name_and_one_that_swells_by_its_size(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"2 clouds \(a.las, b.laz\)"):
        clouds.unpacked(_zip(tmp_path / "two.zip", {"a.las": b"", "b.laz": b""}), tmp_path)
    with pytest.raises(TooLarge, match="200 times"):
        clouds.unpacked(_zip(tmp_path / "big.zip", {"a.las": bytes(3 << 20)}), tmp_path)
