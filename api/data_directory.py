"""The data directory of a museum: made, checked, held by one server at a time, with its own secret key.

One server holds it by a lock that the system gives back when the process ends, however it ends, so nothing stale is
ever left behind. Commands that only add (ingest, token) do not need the lock: the catalogue and the blobs are safe
for many processes; only the worker and the listening server are one.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.settings import Settings, SettingsError, variable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DATA = f"--data / {variable('data')}"


def prepare(settings: Settings) -> Settings:
    """Make the directory where it is missing and read its secret key; the settings with both filled in.

    Raises:
        SettingsError: the directory cannot be made or written to; the message says how to mend it.
    """
    folder = settings.data.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
        key = settings.secret_key or _own_key(folder / "secret-key")
    except OSError as e:
        reason = e.strerror or str(e)
        raise SettingsError(
            _DATA, f"cannot write to the folder {folder} ({reason}); choose another one, or give this user the right to"
        ) from e
    return dataclasses.replace(settings, data=folder, secret_key=key)


def _own_key(path: Path) -> str:
    try:
        return path.read_text().strip() or _make_key(path)
    except FileNotFoundError:
        return _make_key(path)


def _make_key(path: Path) -> str:
    """A key that is on the disk, with its name, before anything is signed with it."""
    key = secrets.token_hex(32)
    temporary = path.with_name(f"{path.name}-{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where another process was first: then its key counts.
        os.link(temporary, path)
    except FileExistsError:
        if there := path.read_text().strip():
            key = there
        else:
            # A power cut emptied it.
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the directory against other servers as long as the block runs.

    Raises:
        SettingsError: another process holds it; the message says which.
    """
    path = folder / "server.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip()
            raise SettingsError(
                _DATA,
                f"{folder} is in use by another server{f' (process {holder})' if holder else ''}; stop that one, "
                "or give this one a directory of its own",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
