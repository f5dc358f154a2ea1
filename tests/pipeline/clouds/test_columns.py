from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clouds.columns import Columns
from pipeline.clouds.extent import nowhere
from pipeline.clouds.source import Head


def test_a_cloud_in_memory_is_copied_by_chunks_only() -> None:
    places = np.arange(600_000.0).reshape(-1, 3)
    cloud = Columns(Head("text", len(places), len(places), *nowhere()), {"positions": places})
    found: NDArray[Any] = np.empty((0, 3))
    tracemalloc.start()
    try:
        for points in cloud.chunks(1_000, first=500):
            found = points.positions
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < places.nbytes // 10
    assert np.array_equal(found, places[-500:])
