from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.shapes import ball, patch_of, sheet
from tiling import draco, meshopt
from tiling.errors import TilingError
from tiling.mesh import Model
from tiling.patch import Patch


def _rows(whole: Patch, steps: int) -> NDArray[np.uint16]:
    low, high = whole.positions.min(axis=0), whole.positions.max(axis=0)
    rows = np.zeros((len(whole.positions), 4), np.uint16)
    rows[:, :3] = np.rint((whole.positions - low) / (high - low).max() * steps)
    return rows


def _faces(points: NDArray[Any], triangles: NDArray[Any]) -> list[list[tuple[float, ...]]]:
    """Corners of triangles by place, each from its least one on."""
    found = []
    for corners in points[triangles].tolist():
        least = corners.index(min(corners))
        found.append([tuple(corner) for corner in corners[least:] + corners[:least]])
    return sorted(found)


def _solid(points: NDArray[Any], triangles: NDArray[Any]) -> list[list[tuple[float, ...]]]:
    """Those that have three places."""
    return [face for face in _faces(points, triangles) if len(set(face)) == 3]


BALL = patch_of(ball(10, ripple=0.02))[0]


@given(st.integers(1, 65_535))
def test_whole_numbers_come_back_to_the_last_one(steps: int) -> None:
    rows = _rows(BALL, steps)
    done = draco.encode(rows, BALL.indices)
    assert done.attributes == {"POSITION": 0}
    decoded = draco.decode(done.data, most_triangles=BALL.triangles)
    points = decoded.attributes[0]
    assert (done.vertices, done.triangles) == (len(points), len(decoded.triangles))
    # On a coarse grid most triangles lose their area, and the coder leaves those out.
    assert _solid(points, decoded.triangles) == _solid(rows[:, :3].astype(np.float32), BALL.indices)


@pytest.mark.parametrize("featured", [False, True])
def test_attributes_stay_with_their_vertices_and_are_numbered_as_stated(featured: bool) -> None:
    whole, _, _ = patch_of(Model((sheet(12, 12, height=0.3),)))
    rows = _rows(whole, 4000)
    leaning = whole.positions + np.float32([0, 2, 0])
    normals = leaning / np.linalg.norm(leaning, axis=1, keepdims=True)
    uvs = (whole.positions[:, [0, 2]] + 0.5).astype(np.float32)
    colours = np.stack([np.arange(169) % 256, np.arange(169) * 3 % 256, np.arange(169) * 0, np.full(169, 255)], axis=1)
    features = (np.arange(169) * 300).astype(np.uint16)
    more = {"features": features} if featured else {}
    done = draco.encode(
        rows, whole.indices, normals=normals, uvs=uvs, colours=colours.astype(np.uint8), second_uvs=7 * uvs, **more
    )
    names = {"POSITION", "NORMAL", "TEXCOORD_0", "TEXCOORD_1", "COLOR_0"}
    assert set(done.attributes) == names | ({"_FEATURE_ID_0"} if featured else set())
    decoded = draco.decode(done.data, most_triangles=whole.triangles)
    found = {name: decoded.attributes[number] for name, number in done.attributes.items()}
    of_row = {tuple(row): at for at, row in enumerate(rows[:, :3].tolist())}
    source = np.array([of_row[tuple(row)] for row in found["POSITION"].astype(int).tolist()])
    assert sorted(source.tolist()) == list(range(169))
    assert np.array_equal(found["COLOR_0"], colours[source])
    assert not featured or np.array_equal(found["_FEATURE_ID_0"].reshape(-1), features[source])
    assert np.array_equal(found["TEXCOORD_1"], 7 * uvs[source])
    assert np.abs(found["TEXCOORD_0"] - uvs[source]).max() <= 0.5 / 4095 + 1e-6
    assert (found["NORMAL"] * normals[source]).sum(axis=1).min() > np.cos(np.radians(1.5))


@pytest.mark.parametrize("seams", [False, True])
def test_the_number_of_vertices_is_the_one_that_a_decoder_finds(seams: bool) -> None:
    flat = BALL.indices.reshape(-1) if seams else np.arange(len(BALL.positions))
    triangles = np.arange(len(flat), dtype=np.uint32).reshape(-1, 3) if seams else BALL.indices
    rows = _rows(BALL, 3000)[flat]
    shades = np.repeat((np.arange(len(rows)) // 3 % 256).astype(np.uint8)[:, None], 4, axis=1)
    done = draco.encode(rows, triangles, colours=shades)
    decoded = draco.decode(done.data, most_triangles=len(triangles))
    assert done.vertices == len(decoded.attributes[done.attributes["COLOR_0"]])
    assert done.triangles == len(decoded.triangles) == len(triangles)
    if seams:
        assert done.vertices > len(BALL.positions)


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_triangles_can_be_coded_also_those_without_area(triangles: list[tuple[int, int, int]], random: Any) -> None:
    rows = np.array([[random.randrange(3) for _ in range(3)] + [0] for _ in range(10)], np.uint16)
    used, indices = np.unique(np.array(triangles), return_inverse=True)
    rows, indices = rows[used], indices.reshape(-1, 3).astype(np.uint32)
    done = draco.encode(rows, indices)
    decoded = draco.decode(done.data, most_triangles=len(indices))
    assert done.vertices == len(decoded.attributes[0])
    assert _solid(decoded.attributes[0].astype(int), decoded.triangles) == _solid(rows[:, :3].astype(int), indices)


def test_the_same_triangles_give_the_same_bytes() -> None:
    rows = _rows(BALL, 1000)
    assert draco.encode(rows, BALL.indices).data == draco.encode(rows, BALL.indices).data


def test_it_is_denser_than_the_fast_coding() -> None:
    rows = _rows(BALL, 2000)
    fast = len(meshopt.encode_vertices(rows)) + len(meshopt.encode_indices(BALL.indices, len(rows)))
    assert len(draco.encode(rows, BALL.indices).data) < 0.7 * fast


def test_the_head_states_triangles_and_vertices() -> None:
    done = draco.encode(_rows(BALL, 2000), BALL.indices)
    assert draco.stated(done.data) == (BALL.triangles, len(BALL.positions))


@pytest.mark.parametrize(
    "data", [b"", b"DRACO", b"DRACO\x02\x02\x01", b"glTF" + bytes(40), b"DRACO\x02\x02\x00" + bytes(40)]
)
def test_what_is_no_mesh_is_refused(data: bytes) -> None:
    with pytest.raises(TilingError):
        draco.decode(data, most_triangles=10)


def test_more_triangles_than_expected_are_refused_before_anything_is_decoded() -> None:
    data = draco.encode(_rows(BALL, 2000), BALL.indices).data
    with pytest.raises(TilingError, match="at most 1,199"):
        draco.decode(data, most_triangles=BALL.triangles - 1)
    # A number of five bytes of seven bits where the head states its triangles.
    at = 13 if data[8] == 1 else 11
    with pytest.raises(TilingError):
        draco.decode(data[:at] + b"\xff\xff\xff\xff\x0f" + data[at:], most_triangles=BALL.triangles)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_a_cut_stream_is_refused(share: float) -> None:
    data = draco.encode(_rows(BALL, 2000), BALL.indices).data
    with pytest.raises(TilingError):
        draco.decode(data[: int(len(data) * share)], most_triangles=BALL.triangles)
