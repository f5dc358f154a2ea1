"""Files that survive a power cut: bytes are synced before a name points to them, and the name is synced too."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scenes.errors import StorageFull, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FAILING = {errno.EIO, errno.EROFS, errno.ENODEV, errno.ESTALE}


def refusal(number: int | None, what: str = "disk") -> StorageFull | Unavailable | None:
    """What the system's error number says of the disk: it is full, or it fails; None: something else."""
    if number in _FULL:
        return StorageFull(f"the {what} is full")
    if number in _FAILING:
        return Unavailable(f"the {what} fails ({os.strerror(number or 0)}); what was acknowledged is kept")
    return None


@contextmanager
def disk_refused() -> Iterator[None]:
    """Turn the system's words for a disk that is full or fails into StorageFull and Unavailable."""
    try:
        yield
    except OSError as error:
        if refused := refusal(error.errno):
            raise refused from error
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises StorageFull, Unavailable."""
    with disk_refused():
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; nothing where it is there. Raises StorageFull, Unavailable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with disk_refused():
        folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
