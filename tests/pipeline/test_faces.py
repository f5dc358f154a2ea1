from __future__ import annotations

import pytest

from pipeline.faces import told


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 0, 0), ["1 polygon was cut into triangles"]),
        (
            (2, 0, 1),
            ["2 polygons were cut into triangles", "1 polygon crosses or folds itself; its triangles may overlap"],
        ),
        (
            (3_000, 2, 2),
            [
                "3,000 polygons were cut into triangles, 2 of them along their ears because they are concave",
                "2 polygons cross or fold themselves; their triangles may overlap",
            ],
        ),
    ],
)
def test_one_is_told_of_as_one_and_many_as_many(counts: tuple[int, int, int], said: list[str]) -> None:
    assert told(*counts) == said
