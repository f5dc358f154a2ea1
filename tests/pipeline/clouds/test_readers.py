"""All readers of clouds: what was written is what is read, whichever way it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.clouds import crs, records
from pipeline.clouds.open import open_cloud
from pipeline.clouds.source import CloudSource
from scenes.errors import Malformed, Unsupported
from tests.pipeline.clouds import written
from tests.pipeline.clouds.written import sample


def opened(folder: Path, name: str, data: bytes, *, scratch: bool = True) -> CloudSource:
    path = folder / name
    path.write_bytes(data)
    kept = folder / f"{name}.scratch"
    kept.mkdir(exist_ok=True)
    return open_cloud(path, name, scratch=kept if scratch else None)


def whole(source: CloudSource, size: int = 333, **part: Any) -> dict[str, np.ndarray]:
    """All columns of the chunks."""
    chunks = list(source.chunks(size, **part))
    assert all(0 < len(chunk) <= size for chunk in chunks)
    found = {"places": np.concatenate([source.head.placed(chunk.positions) for chunk in chunks])}
    for name in ("colours", "intensity", "classification", "normals"):
        columns = [getattr(chunk, name) for chunk in chunks]
        if columns[0] is not None:
            found[name] = np.concatenate(columns)
    return found


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", range(11))
def test_las_of_every_point_format(tmp_path: Path, kind: int, packed: bool) -> None:
    if packed and kind in (4, 5, 9, 10):
        pytest.skip("wave packets are packed by nobody")
    points = sample()
    source = opened(tmp_path, "a.laz" if packed else "a.las", written.las(points, kind=kind, packed=packed))
    head, found = source.head, whole(source)
    assert (head.kind, head.count, head.up) == ("laz" if packed else "las", 1000, "z")
    np.testing.assert_allclose(found["places"], points["places"], atol=1e-9 * 4e6)
    np.testing.assert_allclose(head.low, points["places"].min(axis=0), atol=1e-8)
    np.testing.assert_allclose(head.high, points["places"].max(axis=0), atol=1e-8)
    np.testing.assert_array_equal(found["intensity"], points["intensity"])
    np.testing.assert_array_equal(found["classification"], points["classes"])
    assert ("colours" in found) == (kind in written.COLOURS)
    if kind in written.COLOURS:
        np.testing.assert_array_equal(found["colours"], points["colours"])


def test_colours_that_are_bytes_in_words_are_bytes(tmp_path: Path) -> None:
    points = sample() | {"colours": np.arange(3000, dtype=np.uint16).reshape(-1, 3) % 256}
    source = opened(tmp_path, "a.las", written.las(points))
    assert source.head.colour_bits == 8
    np.testing.assert_array_equal(whole(source)["colours"], points["colours"])


@pytest.mark.parametrize("packed", [False, True])
def test_what_only_the_last_point_says_is_not_lost(tmp_path: Path, packed: bool) -> None:
    points = sample(120_000)
    for name in ("intensity", "classes"):
        points[name] = np.zeros_like(points[name])
        points[name][-1] = 7
    found = whole(opened(tmp_path, "a.laz" if packed else "a.las", written.las(points, packed=packed)), 100_000)
    assert (found["intensity"][-1], found["classification"][-1]) == (7, 7)


def test_colours_that_change_their_size_are_refused_and_not_cut(tmp_path: Path) -> None:
    points = sample(120_000)
    points["colours"] = points["colours"] % 256
    points["colours"][-1] = 60_000
    assert opened(tmp_path, "a.las", written.las(points)).head.colour_bits == 16
    with pytest.raises(Malformed, match="colours"):
        whole(opened(tmp_path, "a.laz", written.las(points, packed=True)), 100_000)


@pytest.mark.parametrize("packed", [False, True])
def test_normals_among_extra_bytes(tmp_path: Path, packed: bool) -> None:
    points = sample()
    source = opened(tmp_path, "a.las", written.las(points, kind=7, packed=packed, with_normals=True))
    np.testing.assert_array_equal(whole(source)["normals"], points["normals"])


@pytest.mark.parametrize("name", ["a.las", "a.laz", "a.ply", "a.xyz", "a.e57"])
def test_a_part_is_that_part_of_the_whole(tmp_path: Path, name: str) -> None:
    points = sample(120_000 if name == "a.laz" else 1000)
    if name == "a.xyz":
        data = "".join(f"{x!r} {y!r} {z!r}\n" for x, y, z in points["places"].tolist()).encode()
    elif name == "a.e57":
        data = written.e57([_e57_scan(points | {"classes": np.zeros(1000, np.uint8)})])
    else:
        data = written.ply(points) if name == "a.ply" else written.las(points, packed=name == "a.laz")
    source = opened(tmp_path, name, data)
    first, last = len(points["places"]) // 2 + 7, len(points["places"]) - 9
    part = whole(source, 10_000, first=first, last=last)
    every = whole(source, 1 << 20)
    for column, values in part.items():
        np.testing.assert_array_equal(values, every[column][first:last])


def test_units_and_reference_system_of_las(tmp_path: Path) -> None:
    keys = np.array([1, 1, 0, 1, 3072, 0, 1, 2994], "<u2").tobytes()
    source = opened(tmp_path, "a.las", written.las(sample(), records=(("LASF_Projection", 34735, keys),)))
    assert source.head.crs == "EPSG:2994"
    assert source.head.metres == pytest.approx(0.3048)
    assert "NAD83" in source.head.report[0]


def test_heights_may_have_units_of_their_own(tmp_path: Path) -> None:
    # Across feet (EPSG:2994), heights in metres by the keys (4099: 9001).
    keys = np.array([1, 1, 0, 2, 3072, 0, 1, 2994, 4099, 0, 1, 9001], "<u2").tobytes()
    of = sample()
    source = opened(tmp_path, "a.las", written.las(of, records=(("LASF_Projection", 34735, keys),)))
    np.testing.assert_allclose(source.head.metres_along, [0.3048, 0.3048, 1.0])
    size = np.ptp(of["places"], axis=0)
    frame = records.frame(source.head)
    np.testing.assert_allclose(frame.extent * frame.step, [size[0] * 0.3048, size[2], size[1] * 0.3048], rtol=1e-3)


@pytest.mark.parametrize(
    ("text", "place", "where"),
    [
        # The stadium of Eugene, in feet: 44.058 N, 123.069 W.
        ("EPSG:2994", (637_291.0, 851_210.0, 511.0), (-123.0687637, 44.0562554, 358.2074, 155.7528, "")),
        # On the meridian of its zone grid north is north; a system that names north first has coordinates east first.
        ("EPSG:3045", (500_000.0, 5e6, 100.0), (15.0, 45.1534772, 0.0, 100.0, "")),
        ("EPSG:2994+6360", (637_291.0, 851_210.0, 511.0), (-123.0687637, 44.0562554, 358.2074, 155.7531, "NAVD88")),
    ],
)
def test_where_a_place_lies(text: str, place: tuple[float, float, float], where: tuple[Any, ...]) -> None:
    found = crs.survey(text, place, crs.measure(crs.Stated(text)).heights)
    assert found is not None
    np.testing.assert_allclose([found.where.longitude, found.where.latitude], where[:2], atol=2e-5)
    assert (found.where.heading + 180.0) % 360.0 - 180.0 == pytest.approx((where[2] + 180.0) % 360.0 - 180.0, abs=1e-3)
    assert found.where.height == pytest.approx(where[3], abs=1e-3)
    assert found.above.startswith(where[4])


def test_what_is_no_place_on_the_earth_is_not_told() -> None:
    assert crs.survey('LOCAL_CS["site",UNIT["metre",1]]', (1.0, 2.0, 3.0)) is None
    assert crs.survey("what is this", (1.0, 2.0, 3.0)) is None
    assert crs.survey("EPSG:32633", (1e30, 1e30, 0.0)) is None
    with pytest.raises(Unsupported, match="middle of the Earth"):
        crs.measure(crs.Stated("EPSG:4978"))


def test_wkt_behind_the_points(tmp_path: Path) -> None:
    wkt = b'LOCAL_CS["site",UNIT["US survey foot",0.304800609601219]]\0'
    points = written.las(sample(), kind=7)
    later = b"\0\0" + b"LASF_Projection".ljust(16, b"\0") + (2112).to_bytes(2, "little")
    data = points + later + len(wkt).to_bytes(8, "little") + b"\0" * 32 + wkt
    head = bytearray(data)
    head[235:247] = len(points).to_bytes(8, "little") + (1).to_bytes(4, "little")
    source = opened(tmp_path, "a.las", bytes(head))
    assert source.head.crs.startswith("LOCAL_CS")
    assert source.head.metres == pytest.approx(0.304800609601219)


@pytest.mark.parametrize("times", [1, 257])
def test_bytes_that_were_written_into_words_are_bytes(tmp_path: Path, times: int) -> None:
    of = sample()
    shades = of["colours"] >> 8
    source = opened(tmp_path, "a.las", written.las(of | {"colours": shades * times}))
    assert source.head.colour_bits == 8
    np.testing.assert_array_equal(whole(source)["colours"], shades)
    almost = shades * 257
    almost[-1, 2] ^= 1
    assert opened(tmp_path, "b.las", written.las(of | {"colours": almost})).head.colour_bits == 16


def test_bounds_of_las_are_those_of_its_points(tmp_path: Path) -> None:
    points = sample()
    source = opened(tmp_path, "a.las", written.las(points, changes=((179, "<d", 1e6),)))
    np.testing.assert_allclose(source.head.high, points["places"].max(axis=0), atol=1e-8)
    assert any("other bounds" in line for line in source.head.report)


def test_heights_are_last_in_text_as_surveys_write_it(tmp_path: Path) -> None:
    source = opened(tmp_path, "a.xyz", b"0 0 0\n4 1 7\n1 3 2\n")
    assert source.head.up == "z"
    assert "z up (surveys write heights last)" in source.head.report[0]


@pytest.mark.parametrize("order", ["binary_little_endian", "binary_big_endian", "ascii"])
def test_ply_of_every_order(tmp_path: Path, order: str) -> None:
    points = sample()
    source = opened(tmp_path, "a.ply", written.ply(points, order))
    found = whole(source)
    np.testing.assert_array_equal(found["places"], points["places"])
    np.testing.assert_array_equal(found["colours"], points["colours"])
    np.testing.assert_array_equal(found["intensity"], points["intensity"])
    np.testing.assert_array_equal(found["normals"], points["normals"])
    assert (source.head.metres, source.head.up, source.head.colour_bits) == (0.001, "z", 16)
    np.testing.assert_array_equal(source.head.low, points["places"].min(axis=0))


@pytest.mark.parametrize("order", ["binary_little_endian", "ascii"])
def test_points_without_a_place_are_passed_over(tmp_path: Path, order: str) -> None:
    points = sample()
    points["places"][[3, 500, 999], [0, 1, 2]] = np.nan, np.inf, -np.inf
    source = opened(tmp_path, "a.ply", written.ply(points, order))
    kept = np.isfinite(points["places"]).all(axis=1)
    assert source.head.count == 997
    assert any("3 points without a place" in line for line in source.head.report)
    np.testing.assert_array_equal(whole(source)["places"], points["places"][kept])


TEXTS = {
    "blank": ("1 2 3\n4 5 6.5\n", {}),
    "comma": ("1,2,3\r\n4,5,6.5\r\n", {}),
    "semicolon": ("1;2;3;\n4;5;6.5;\n", {}),
    "tabs, comments, no last end": ("# a cloud\n\n1\t2\t3\n// more\n4\t5\t6.5", {}),
    "pts": ("2\n1 2 3 -2048 255 0 9\n4 5 6.5 2047 1 2 3\n", {"colours": [255, 0, 9, 1, 2, 3], "intensity": [0, 65520]}),
    "two scans of pts": ("1\n1 2 3 7 255 0 9\n1\n4 5 6.5 9 1 2 3\n", {"colours": [255, 0, 9, 1, 2, 3]}),
    "colours": ("1 2 3 255 0 9\n4 5 6.5 1 2 3\n", {"colours": [255, 0, 9, 1, 2, 3]}),
    "normals": ("1 2 3 0 0.6 0.8\n4 5 6.5 1 0 0\n", {"normals": [0, np.float32(0.6), np.float32(0.8), 1, 0, 0]}),
    "named": ("//X Y Z Intensity R G B\n1 2 3 0.5 1 0 9\n4 5 6.5 1.0 1 2 3\n", {"intensity": [32768, 65535]}),
    "named, mixed up": ("y,x,z,classification\n2,1,3,6\n5,4,6.5,2\n", {"classification": [6, 2]}),
    "words that are not finite": ("1 2 3\nnan 0 0\n4 5 6.5\n", {}),
    "more than is known": ("1 2 3 0.1 0.2\n4 5 6.5 0.3 0.4\n", {}),
}


@pytest.mark.parametrize("given", TEXTS)
def test_text(tmp_path: Path, given: str) -> None:
    data, expected = TEXTS[given]
    source = opened(tmp_path, "a.txt", data.encode())
    found = whole(source)
    np.testing.assert_array_equal(found["places"], [[1, 2, 3], [4, 5, 6.5]])
    for column, values in expected.items():
        np.testing.assert_array_equal(found[column].reshape(-1), values)


def test_text_longer_than_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.clouds import text

    monkeypatch.setattr(text, "_PIECE", 1000)
    points = sample(500)["places"]
    data = "".join(f"{x!r} {y!r} {z!r}\n" for x, y, z in points.tolist()).encode()
    np.testing.assert_array_equal(whole(opened(tmp_path, "a.xyz", data))["places"], points)


def _e57_scan(points: dict[str, np.ndarray], *, pose: str = "", digits: int = 3) -> dict[str, Any]:
    steps = np.rint(points["places"] * 10**digits).astype(np.int64)
    fields = [
        (f"cartesian{axis.upper()}",
         {"type": "ScaledInteger", "scale": 10.0**-digits, "minimum": steps[:, i].min(), "maximum": steps[:, i].max()},
         steps[:, i])
        for i, axis in enumerate("xyz")
    ]  # fmt: skip
    fields += [
        (f"color{name}", {"type": "Integer", "minimum": 0, "maximum": 255}, points["colours"][:, i] >> 8)
        for i, name in enumerate(("Red", "Green", "Blue"))
    ]
    fields += [
        ("intensity", {"type": "Float", "precision": "single", "minimum": 0, "maximum": 65535}, points["intensity"]),
        ("cartesianInvalidState", {"type": "Integer", "minimum": 0, "maximum": 2}, points["classes"] // 9),
        ("rowIndex", {"type": "Integer", "minimum": 4, "maximum": 4}, np.full(len(steps), 4)),
    ]
    return {"fields": fields, "pose": pose}


@pytest.mark.parametrize("per_packet", [10, 100, 4000])
def test_e57_of_two_scans_with_a_pose(tmp_path: Path, per_packet: int) -> None:
    one, other = sample(), sample(300, seed=2)
    # A quarter turn about z, then a shift.
    pose = (
        '<pose type="Structure"><rotation type="Structure"><w type="Float">1</w><x type="Float"/><y type="Float"/>'
        '<z type="Float">1</z></rotation><translation type="Structure"><x type="Float">5</x><y type="Float">-7</y>'
        '<z type="Float">2.5</z></translation></pose>'
    )
    data = written.e57([_e57_scan(one), _e57_scan(other, pose=pose)], per_packet=per_packet)
    source = opened(tmp_path, "a.e57", data)
    found = whole(source)
    turned = other["places"] @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]) + (5, -7, 2.5)
    kept = np.concatenate([one["classes"] < 9, other["classes"] < 9])
    np.testing.assert_allclose(found["places"], np.concatenate([one["places"], turned])[kept], atol=1e-8)
    for column, factor in (("colours", 256), ("intensity", 1)):
        expected = np.concatenate([one[column], other[column]]) // factor
        np.testing.assert_array_equal(found[column], expected[kept])
    assert (source.head.colour_bits, source.head.metres, source.head.count) == (8, 1.0, int(kept.sum()))


def test_e57_of_spherical_places(tmp_path: Path) -> None:
    flat = [{"type": "Float"}] * 3
    values = np.array([[2.0, 0.0, 0.0], [3.0, np.pi / 2, 0.0], [4.0, 0.0, np.pi / 2]])
    names = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
    scan = {"fields": [(name, flat[i], values[:, i]) for i, name in enumerate(names)]}
    found = whole(opened(tmp_path, "a.e57", written.e57([scan])))
    np.testing.assert_allclose(found["places"], [[2, 0, 0], [0, 3, 0], [0, 0, 4]], atol=1e-12)


@pytest.mark.parametrize("name", ["a.ply", "a.xyz", "a.e57"])
def test_without_a_scratch_folder_it_is_the_same(tmp_path: Path, name: str) -> None:
    points = sample()
    data = {
        "a.ply": lambda: written.ply(points, "ascii"),
        "a.xyz": lambda: "".join(f"{x!r} {y!r} {z!r}\n" for x, y, z in points["places"].tolist()).encode(),
        "a.e57": lambda: written.e57([_e57_scan(points)]),
    }[name]()
    one, other = (whole(opened(tmp_path, name, data, scratch=scratch)) for scratch in (True, False))
    for column, values in one.items():
        np.testing.assert_array_equal(values, other[column])
