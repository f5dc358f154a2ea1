from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.clouds.aside import Gathered
from pipeline.clouds.extent import nowhere
from pipeline.clouds.source import Head
from pipeline.mapped import Store

_NOISE = np.random.default_rng(1)
_BLOCKS = {
    "whole numbers": np.array([[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]]),
    "more digits": np.round(_NOISE.normal(5e5, 1e3, (50, 3)), 4),
    "doubles": _NOISE.normal(0.0, 1.0, (40, 3)),
    "wider than four thousand million steps": np.array([[0.0, 0.0, 0.0001], [9e5, -9e5, 0.0]]),
    "far off": np.array([[1e9, 0.5, 1e-17]]),
    "fewer digits again": np.round(_NOISE.normal(0.0, 10.0, (30, 3)), 1),
}
_TYPES = {"positions": np.float64, "colours": np.uint8, "intensity": np.uint16, "normals": np.float32}


@pytest.mark.parametrize("in_file", [False, True], ids=["in memory", "in a file"])
def test_what_was_put_aside_comes_back_whichever_part_is_asked_for(tmp_path: Path, in_file: bool) -> None:
    places = np.concatenate(list(_BLOCKS.values()))
    count = len(places)
    columns = {
        "positions": places,
        "colours": _NOISE.integers(0, 256, (count, 3)).astype(np.uint8),
        "intensity": _NOISE.integers(0, 65536, (count, 1)).astype(np.uint16),
        "normals": _NOISE.normal(0.0, 1.0, (count, 3)).astype(np.float32),
    }
    gathered = Gathered(Store(tmp_path if in_file else None), _TYPES)
    ends = np.cumsum([len(block) for block in _BLOCKS.values()]).tolist()
    for begin, end in zip([0, *ends], ends, strict=False):
        gathered.add({name: column[begin:end] for name, column in columns.items()})
    cloud = gathered.done(Head("text", 0, 0, *nowhere()))
    assert (cloud.head.count, cloud.head.records) == (count, count)
    assert (cloud.head.low == places.min(axis=0)).all()
    for size, first, last in ((1000, 0, None), (7, 0, None), (20, 51, 95), (1, count - 1, count), (9, 2, 52)):
        part = slice(first, last)
        found = list(cloud.chunks(size, first=first, last=last))
        assert {len(chunk) for chunk in found[:-1]} <= {size}
        for name, column in columns.items():
            wanted = column[part, 0] if name == "intensity" else column[part]
            np.testing.assert_array_equal(np.concatenate([getattr(chunk, name) for chunk in found]), wanted)


def test_decimals_take_few_bytes(tmp_path: Path) -> None:
    # 18 bytes of text each, and 24 as doubles; 40 bits at least, of which nobody knows more.
    places = np.round(np.random.default_rng(2).uniform(0.0, 10.0, (20_000, 3)), 3)
    gathered = Gathered(Store(tmp_path), {"positions": np.float64})
    gathered.add({"positions": places})
    gathered.done(Head("text", 0, 0, *nowhere()))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 7 * len(places)
