from __future__ import annotations

import subprocess
import sys

from pipeline.asked import TileSettings
from tiling import error


def test_errors_are_measured_by_as_many_points_as_elsewhere() -> None:
    assert TileSettings().samples == error.SAMPLES


def test_clouds_are_tiled_without_what_tiles_surfaces() -> None:
    said = subprocess.check_output(
        [sys.executable, "-c", "import sys, pipeline.clouds.tile; print(*sys.modules)"], text=True
    )
    assert not {"pipeline.tile", "pipeline.read", "tiling.build", "scipy.sparse", "PIL"} & set(said.split())
