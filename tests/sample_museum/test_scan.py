"""The scan of the sample museum: what stands before hides what stands behind, and the file is a good one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.clouds.open import open_cloud
from sample_museum import scan


def _wall(x: float, *, width: float, count: int = 40_000) -> np.ndarray:
    chance = np.random.default_rng(int(x))
    across = chance.uniform(-width / 2, width / 2, (2, count))
    return np.stack([np.full(count, x), *across], axis=1)


def test_what_stands_before_hides_what_stands_behind() -> None:
    near, far = _wall(5.0, width=2.0), _wall(10.0, width=12.0)
    found, ways = scan.hit(np.concatenate([near, far]))
    assert np.array_equal(ways, np.concatenate([near, far])[found])
    behind = ways[found >= len(near)]
    # The shadow of the near wall is twice as wide on the far one; at its edge rays are as broad as they are.
    shadow = (np.abs(behind[:, 1:]) < 1.85).all(axis=1)
    assert not shadow.any()
    assert len(behind) > 5_000
    # One a ray, so it is dense where it is near, though as many samples were there on a smaller wall.
    assert (found < len(near)).sum() > 3_000
    assert len(np.unique(found)) == len(found)


def test_the_file_says_what_was_seen(tmp_path: Path) -> None:
    places = np.array([[1.0, 2.0, 3.0], [-4.5, 0.25, 6.0]])
    colours = np.array([[0.2, 0.4, 0.6], [1.0, 0.0, 0.5]])
    data = scan.las(places, colours, np.array([7.0, 9e9]), np.array([2, 6], np.uint8))
    (tmp_path / "a.las").write_bytes(data)
    source = open_cloud(tmp_path / "a.las", "a.las")
    (chunk,) = source.chunks()
    x, y, z = source.head.placed(chunk.positions).T
    np.testing.assert_allclose(np.stack([x, z, -y], axis=1), places)  # z is up in the file
    assert chunk.colours is not None
    assert chunk.intensity is not None
    assert chunk.classification is not None
    assert chunk.colours.tolist() == [[51, 102, 153], [255, 0, 128]]
    assert (chunk.intensity.tolist(), chunk.classification.tolist()) == ([7, 65535], [2, 6])
    assert not any("other bounds" in line for line in source.head.report)
