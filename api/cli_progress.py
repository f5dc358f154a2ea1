"""Progress on a terminal; silence where nobody watches."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Advance(Protocol):
    """Tells a bar how much more is done, and what is being done."""

    def __call__(self, amount: float, message: str | None = None) -> None:
        """Add `amount` to what is done."""
        ...


@contextmanager
def progress_bar(title: str, total: float, *, unit_bytes: bool = True) -> Iterator[Advance]:
    """A bar on stderr as long as the block runs; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda amount, message=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn()]
    columns += [DownloadColumn(binary_units=True)] if unit_bytes else [TextColumn("{task.percentage:>3.0f} %")]
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total or 1)

        def advance(amount: float, message: str | None = None) -> None:
            progress.update(task, advance=amount, description=title if message is None else f"{title}: {message}")

        yield advance


@contextmanager
def fraction_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A bar that is told how far it is, from 0 to 1."""
    with progress_bar(title, 1.0, unit_bytes=False) as advance:
        reached = 0.0

        def reach(fraction: float, message: str) -> None:
            nonlocal reached
            advance(max(0.0, fraction - reached), message)
            reached = max(reached, fraction)

        yield reach
