"""Tasks on a Dask cluster, through the same interface as threads. Its workers must see the same folders.

Dask is not needed otherwise and is installed with `chronotope[cluster]`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline import graph
from scenes.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_PATIENCE_S = 20


@contextmanager
def executor(address: str, folder: str) -> Iterator[Executor]:
    """What runs tasks on the workers of the scheduler at `address`, such as tcp://10.0.0.5:8786.

    At the end the workers let go of the results in `folder`.

    Raises:
        Invalid: Dask is not installed, or the scheduler does not answer or has no workers.
    """
    try:
        from distributed import Client
    except ImportError as missing:
        raise Invalid("a scheduler needs Dask; install chronotope[cluster]") from missing
    try:
        client = Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as failed:
        raise Invalid(f"the scheduler at {address} does not answer: {failed}") from failed
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError as none:
            raise Invalid(f"the scheduler at {address} has no workers") from none
        try:
            yield client.get_executor(pure=False)
        finally:
            client.run(graph.forget, folder, on_error="ignore")
