"""The tiler as workers call it: in a child process with limits, on a cluster where there is one."""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

from scenes.errors import Invalid, ParserCrash, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.settings import Settings
    from api.worker import Tile
    from pipeline.asked import TileResult
    from scenes.model import Vector

log = logging.getLogger("chronotope.tile")


def sandboxed_tile(settings: Settings) -> Tile:
    """The tiler as the worker calls it: in a child process with limits. It is imported with the first job.

    With a Dask scheduler in the settings its workers do what can be spread. What fails there, or takes too long, is
    begun anew here before anything is said of the file: a cluster that is away is no fault of it.
    """
    cores = max(1, (os.cpu_count() or 1) // max(1, settings.workers))

    def tile(
        source: Path,
        name: str,
        out: Path,
        *,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
        origin: Vector | None = None,
    ) -> TileResult:
        from pipeline.asked import TileSettings
        from pipeline.sandbox import tile_in_sandbox

        def tiled(scheduler: str | None) -> TileResult:
            # The tiles are for everybody who may see the asset; where it lies is not.
            chosen = TileSettings(workers=cores, scheduler=scheduler, tells_place=False)
            return tile_in_sandbox(
                source, name, out, settings=chosen, progress=progress, cancelled=cancelled, origin=origin
            )

        if not settings.dask_scheduler:
            return tiled(None)
        try:
            return tiled(settings.dask_scheduler)
        except (Invalid, ParserCrash, TooLarge) as trouble:
            if cancelled():
                raise
            log.warning("tiling on the cluster failed, and is begun anew here: %s", trouble)
            shutil.rmtree(out)
            out.mkdir(mode=0o700)
            return tiled(None)

    return tile
