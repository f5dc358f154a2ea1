from __future__ import annotations

import numpy as np
import pytest

from pipeline.clouds import records

_FIELDS = [
    ("place", "<u4", (3,)),
    ("intensity", "<u2"),
    ("class", "u1"),
    ("colour", "<u2", (3,)),
    ("normal", "i1", (4,)),
]


@pytest.mark.parametrize("fields", range(1, 6))
def test_records_of_any_width_are_taken_in_an_order(fields: int) -> None:
    kind = np.dtype(_FIELDS[:fields], align=True)
    chance = np.random.default_rng(fields)
    rows = chance.integers(0, 256, 40 * kind.itemsize).astype(np.uint8).view(kind)
    order = chance.integers(0, 40, 70)
    found = records.taken(rows, order)
    assert found.tobytes() == b"".join(rows[place].tobytes() for place in order)
