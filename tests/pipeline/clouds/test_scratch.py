from __future__ import annotations

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


@pytest.mark.parametrize("packed", [False, True], ids=["las", "laz"])
def test_what_lies_on_the_disk_meanwhile_is_at_most_half_more_than_the_input(tmp_path: Path, packed: bool) -> None:
    of = written.sample(CHUNK + 20_000, seed=1)
    # Flights follow one another, and a sensor's noise is some steps wide.
    order = np.argsort(np.floor(of["places"][:, 0]), kind="stable")
    source, out = tmp_path / f"scan.la{'z' if packed else 's'}", tmp_path / "out"
    source.write_bytes(written.las({name: column[order] for name, column in of.items()}, packed=packed))
    out.mkdir()
    most = [0]

    def look(*_: object) -> None:
        most.append(sum(path.stat().st_size for path in tmp_path.glob("tile-*/*")))

    tile_cloud(open_cloud(source, source.name), out, TileSettings(), look, work=tmp_path)
    assert 0 < max(most) <= 1.5 * source.stat().st_size
