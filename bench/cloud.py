"""A cloud of points tiled once, in a process of its own: `python -m bench.cloud SOURCE OUT WORKERS PRECISION`.

It prints JSON: processor seconds from opening the file to the last byte synced, and what was made.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from pipeline.asked import TileSettings
from pipeline.clouds.open import open_cloud
from pipeline.clouds.tile import tile_cloud


def main() -> int:
    """Tile one file."""
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    precision = float(sys.argv[4]) or None
    out.mkdir(parents=True)
    begun, clock = time.process_time(), time.perf_counter()
    cloud = open_cloud(source, source.name, scratch=out.parent)
    settings = TileSettings(workers=int(sys.argv[3]), precision_m=precision)
    result = tile_cloud(cloud, out, settings, lambda *_: None, work=out.parent)
    for path in out.iterdir():
        with path.open("rb") as file:
            os.fdatasync(file.fileno())
    print(
        json.dumps(
            {
                "processor_s": time.process_time() - begun,
                "elapsed_s": time.perf_counter() - clock,
                "points": result.tileset.vertices,
                "coded": sum(level.coded_length for level in result.levels),
                "root": result.levels[0].coded_length,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
