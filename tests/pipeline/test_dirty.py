"""One dirty model in every format: what is found is repaired, told, and the same whatever file it came in."""

import contextlib
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pipeline import read
from scenes import glb
from scenes.errors import SceneError
from tests.pipeline.hostile import document, packed
from tiling.mesh import Model

DATA = Path(__file__).parent.parent / "data"
SIDE = 12


def _dirty(offset: tuple[float, float, float]) -> tuple[np.ndarray, list[list[int]]]:
    """A box-like sheet folded to a closed prism with one hole, a turned face, a fin, a bit, copies, no area and NaN."""
    turn = np.linspace(0, 2 * np.pi, SIDE, endpoint=False)
    rings = [np.stack([np.cos(turn), np.full(SIDE, float(y)), np.sin(turn)], axis=1) for y in range(60)]
    points = np.concatenate([*rings, [[0, -1, 0], [0, 60, 0]]])
    faces = []
    for ring in range(59):
        for i in range(SIDE):
            a, b = ring * SIDE + i, ring * SIDE + (i + 1) % SIDE
            faces += [[a, a + SIDE, b], [b, a + SIDE, b + SIDE]]
    low, high = len(points) - 2, len(points) - 1
    faces += [[low, i, (i + 1) % SIDE] for i in range(SIDE)]
    faces += [[high, 59 * SIDE + (i + 1) % SIDE, 59 * SIDE + i] for i in range(SIDE)]
    del faces[300]  # a hole
    faces[600] = faces[600][::-1]  # a turned face
    extra = len(points)
    points = np.concatenate([points, [[9, 9, 9], [5, 0, 0], [6, 0, 0], [5, 1, 0], [np.nan, 0, 0]]])
    faces.append([faces[900][0], faces[900][1], extra])  # a fin
    faces.append([extra + 1, extra + 2, extra + 3])  # a bit
    faces += [faces[10], [faces[11][1], faces[11][2], faces[11][0]]]  # copies
    faces += [[5, 5, 6], [0, 1, extra + 4]]  # no area, and no place
    return points + np.array(offset), faces


def _obj(points: np.ndarray, faces: list[list[int]]) -> bytes:
    rows = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points.tolist()]
    return "\n".join([*rows, *(f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces), ""]).encode()


def _ply(points: np.ndarray, faces: list[list[int]]) -> bytes:
    head = f"ply\nformat binary_big_endian 1.0\nelement vertex {len(points)}\n"
    head += "".join(f"property double {axis}\n" for axis in "xyz")
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    body = points.astype(">f8").tobytes() + b"".join(struct.pack(">B3i", 3, *face) for face in faces)
    return head.encode() + body


def _stl(points: np.ndarray, faces: list[list[int]]) -> bytes:
    rows = [struct.pack("<12fH", 0, 0, 0, *points[face].reshape(-1), 0) for face in faces]
    return b"\0" * 80 + struct.pack("<I", len(faces)) + b"".join(rows)


def _off(points: np.ndarray, faces: list[list[int]]) -> bytes:
    rows = [f"{x:.6f} {y:.6f} {z:.6f}" for x, y, z in points.tolist()] + [f"3 {a} {b} {c}" for a, b, c in faces]
    return "\n".join([f"OFF {len(points)} {len(faces)} 0", *rows, ""]).encode()


def _glb(points: np.ndarray, faces: list[list[int]]) -> bytes:
    body = points.astype("<f4").tobytes() + np.array(faces, "<u4").tobytes()
    gltf = document(
        accessors=[
            {"bufferView": 0, "componentType": 5126, "count": len(points), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 3 * len(faces), "type": "SCALAR"},
        ],
        bufferViews=[
            {"buffer": 0, "byteLength": 12 * len(points)},
            {"buffer": 0, "byteOffset": 12 * len(points), "byteLength": 12 * len(faces)},
        ],
        buffers=[{"byteLength": len(body)}],
    )
    return packed(gltf, body)


WRITERS = {"obj": _obj, "ply": _ply, "stl": _stl, "off": _off, "glb": _glb}


def _read(tmp_path: Path, kind: str, offset: tuple[float, float, float] = (0, 0, 0)) -> Model:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(WRITERS[kind](*_dirty(offset)))
    return read.read(path, path.name, units="m", up="y")


@pytest.mark.parametrize("kind", WRITERS)
def test_all_that_is_wrong_is_found_and_told(kind: str, tmp_path: Path) -> None:
    model = _read(tmp_path, kind)
    clean = len(_dirty((0, 0, 0))[1]) - 4
    assert model.triangles == clean
    report = "\n".join(model.report)
    for line in (
        "1 triangle at such a point was left out",
        "1 triangle without area was left out",
        "2 triangles stood there twice",
        "1 edge belongs to more than two triangles",
        "3 edges join triangles that face opposite ways",
        "open along 8 edges, in 3 rims",  # the hole, the fin that is open on two sides, and the bit
        "2 pieces that do not touch",
    ):
        assert line in report, line
    positions = model.primitives[0].positions[model.primitives[0].indices]
    assert np.isfinite(positions).all()
    assert np.abs(positions).max() == 60


@pytest.mark.parametrize("kind", ["obj", "ply", "off"])
def test_the_same_far_away_is_the_same_near_its_origin(kind: str, tmp_path: Path) -> None:
    near, far = _read(tmp_path, kind), _read(tmp_path, kind, (465_123.5, 5_422_884.25, 312.125))
    assert far.triangles == near.triangles
    assert any("is the new origin" in line for line in far.report)
    a, b = (m.primitives[0].positions[m.primitives[0].indices] for m in (near, far))
    sides = [np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1) for corners in (a, b)]
    assert np.allclose(*sides, atol=3e-6)


def _samples() -> list[tuple[str, bytes]]:
    samples = [(path.name, path.read_bytes()) for path in sorted(DATA.glob("[ts]*.[pgzso]*")) if path.is_file()]
    with zipfile.ZipFile(DATA / "small.obj.zip") as archive:
        samples.append(("x.obj", archive.read("scan/small.obj")[:20_000]))
    samples.append(("x.gltf", bytes(glb.read((DATA / "small.glb").read_bytes()).json)))
    return samples


_WORDS = [
    b"nan",
    b"-1",
    b"4294967295",
    b"1e400",
    b"\0",
    b"\r",
    b"\\\n",
    b"//",
    b"f ",
    b"list",
    b"\xff\xff\xff\xff",
    b"[]",
]


@pytest.mark.parametrize(("name", "data"), _samples(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_spoilt_file_is_read_or_refused_and_nothing_else(name: str, data: bytes, tmp_path: Path) -> None:
    chance = random.Random(name)
    path = tmp_path / "master"
    for _ in range(25):
        spoilt = bytearray(data)
        for _ in range(chance.choice([1, 2, 8])):
            at = chance.randrange(min(len(spoilt), chance.choice([600, len(spoilt)])) or 1)
            word = chance.choice(_WORDS)
            match chance.randrange(3):
                case 0:
                    spoilt[at : at + len(word)] = word
                case 1:
                    spoilt[at:at] = word
                case _:
                    del spoilt[at : at + chance.choice([1, 4, 3000])]
        path.write_bytes(spoilt)
        with contextlib.suppress(SceneError):
            assert read.read(path, name).triangles > 0
