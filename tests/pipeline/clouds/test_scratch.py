from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.asked import TileSettings
from pipeline.clouds import scratch
from pipeline.clouds.open import open_cloud
from pipeline.clouds.scratch import Held, InCode, InFile
from pipeline.clouds.source import CHUNK
from pipeline.clouds.tile import tile_cloud
from tests.pipeline.clouds import written

_FIELDS = [("colour", "u1", (3,)), ("intensity", "<u2", ()), ("class", "u1", ()), ("normal", "i1", (4,))]
_KINDS = [
    np.dtype([("place", "<u4", (3,)), *fields], align=True)
    for fields in ([], _FIELDS, _FIELDS[1:3], [("colour", "<u2", (3,))])
]


def _records(count: int, kind: np.dtype[np.void], seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows = np.zeros(count, kind)
    for name in kind.names or ():
        of = rows[name]
        of[:] = chance.integers(0, 256, of.shape)
    # As far off as can be, so that differences go round.
    rows["place"] = chance.choice(np.array([0, 1, 255, 1 << 31, (1 << 32) - 1], np.uint32), (count, 3))
    return rows


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 70), kind=st.sampled_from(_KINDS), seed=st.integers(0, 1 << 32))
def test_records_of_any_kind_come_back(count: int, kind: np.dtype[np.void], seed: int) -> None:
    rows, found = _records(count, kind, seed), np.empty(count, kind)
    scratch.decoded(scratch.coded(rows), found)
    assert all(np.array_equal(found[name], rows[name]) for name in kind.names or ())


@pytest.mark.parametrize("way", [InFile, InCode])
def test_each_bucket_holds_what_was_put_into_it_in_that_order(way: type[InFile | InCode], tmp_path: Path) -> None:
    rows, first = _records(50, _KINDS[1], 2), np.array([0, 20, 20, 50])
    held: Held = way(tmp_path / "held", _KINDS[1], first)
    with closing(held):
        for bucket, start, stop in ((2, 20, 21), (0, 0, 7), (2, 21, 50), (0, 7, 20)):
            held.put(bucket, rows[start:stop])
    for bucket in range(3):
        assert held.read(bucket).tobytes() == rows[first[bucket] : first[bucket + 1]].tobytes()


def _e57(of: dict[str, np.ndarray], place: dict[str, object], factor: float) -> bytes:
    """Places times `factor`, colours and intensity; turned, so that no place is a number of digits any more."""
    byte = {"type": "Integer", "minimum": 0, "maximum": 255}
    fields = [
        *((f"cartesian{axis}", place, of["places"][:, i] * factor) for i, axis in enumerate("XYZ")),
        *((f"color{name}", byte, of["colours"][:, i]) for i, name in enumerate(("Red", "Green", "Blue"))),
        ("intensity", byte | {"maximum": 4095}, of["intensity"]),
    ]
    pose = "<pose><rotation><w>0.8</w><x>0</x><y>0</y><z>0.6</z></rotation></pose>"
    return written.e57([{"fields": fields, "pose": pose}], per_packet=9000)


def _text(of: dict[str, np.ndarray], form: str) -> bytes:
    rows = zip(*of["places"].T.tolist(), *of["colours"].T.tolist(), of["intensity"].tolist(), strict=True)
    return "".join(form.format(*row) for row in rows).encode()


def _ply(of: dict[str, np.ndarray], form: str, data: bytes) -> bytes:
    places = "".join(f"property float {axis}\n" for axis in "xyz")
    return f"ply\nformat {form} 1.0\nelement vertex {len(of['places'])}\n{places}end_header\n".encode() + data


_SINGLE: dict[str, object] = {"type": "Float", "precision": "single"}
_STEPS: dict[str, object] = {"type": "ScaledInteger", "minimum": -9999, "maximum": 9999, "scale": 0.001}
_WAITING: dict[str, tuple[str, Callable[[dict[str, np.ndarray]], bytes]]] = {
    "las": ("a.las", written.las),
    "laz": ("a.laz", lambda of: written.las(of, packed=True)),
    "e57 of floats": ("a.e57", lambda of: _e57(of, _SINGLE, 1.0)),
    "e57 of steps": ("a.e57", lambda of: _e57(of, _STEPS, 1000.0)),
    "xyz": ("a.xyz", lambda of: _text(of, "{:.3f} {:.3f} {:.3f} {} {} {}\n")),
    "xyz of few digits": ("a.xyz", lambda of: _text(of, "{:.1f} {:.1f} {:.1f}\n")),
    "pts": ("a.pts", lambda of: _text(of, "{0:.4f} {1:.4f} {2:.4f} {6} {3} {4} {5}\n")),
    "ply": ("a.ply", lambda of: _ply(of, "binary_little_endian", of["places"].astype("<f4").tobytes())),
    "ply of text": ("a.ply", lambda of: _ply(of, "ascii", _text(of, "{:.3f} {:.3f} {:.3f}\n"))),
}


@pytest.mark.parametrize("given", _WAITING)
def test_what_lies_on_the_disk_meanwhile_is_at_most_half_more_than_the_input(tmp_path: Path, given: str) -> None:
    name, write = _WAITING[given]
    of = written.sample(CHUNK + 20_000 if name.startswith("a.la") else 50_000, seed=1)
    # Flights follow one another, and a sensor's noise is some steps wide.
    order = np.argsort(np.floor(of["places"][:, 0]), kind="stable")
    of = {column: values[order] for column, values in of.items()}
    if not name.startswith("a.la"):
        of["places"] -= [500_000.0, 4_000_000.0, 0.0]
        of["colours"], of["intensity"] = of["colours"] >> 8, of["intensity"] >> 4
    source, out, scratch = tmp_path / name, tmp_path / "out", tmp_path / "scratch"
    source.write_bytes(write(of))
    out.mkdir()
    scratch.mkdir()
    most = [0]

    def look(*_: object) -> None:
        most.append(sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file()))

    tile_cloud(open_cloud(source, name, scratch=scratch), out, TileSettings(), look, work=scratch)
    assert 0 < max(most) <= 1.5 * source.stat().st_size
