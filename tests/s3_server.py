"""A real S3 server for tests, nanio of the test requirements: a process that checks signatures and keeps files."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import httpx

from storage.blobs_s3 import S3Blobs

_START_S = 60.0
KEYS = {"AWS_ACCESS_KEY_ID": "museum", "AWS_SECRET_ACCESS_KEY": "a secret of the museum"}


class S3Server:
    """`with S3Server(folder) as s3: … s3.environment, s3.bucket(name)`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a client of it needs to know."""
        return {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}", "AWS_REGION": "us-east-1"}

    def __enter__(self) -> S3Server:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Returns once it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nanio", "serve", "--data-dir", str(self.folder), "--host", "127.0.0.1",
             "--port", str(self.port), "--no-access-log", "--log-level", "error"],
            env={**os.environ, "NANIO_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"],
                 "NANIO_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/", timeout=5)
            except httpx.TransportError:
                assert self._process.poll() is None, "the S3 server ended"
                assert time.monotonic() < until, "the S3 server does not answer"
                time.sleep(0.05)
            else:
                return

    def bucket(self, name: str) -> str:
        """Address of a new, empty bucket."""
        (self.folder / name).mkdir()
        return f"s3://{name}/objects"

    def kill(self) -> None:
        """As a machine that goes dark."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@functools.cache
def shared_s3() -> S3Server:
    """A server of this process, which ends with it."""
    server = S3Server(Path(tempfile.mkdtemp(prefix="chronotope-s3-")))
    atexit.register(shutil.rmtree, server.folder, ignore_errors=True)
    atexit.register(server.kill)
    server.start()
    return server


def new_bucket() -> str:
    """Address of an empty bucket in the server of this process."""
    return shared_s3().bucket(f"museum-{len(list(shared_s3().folder.iterdir()))}")


def empty_s3(folder: Path) -> S3Blobs:
    """A bucket without anything in it; what is being sent lies in `folder`."""
    return S3Blobs(new_bucket(), folder / "scratch", environment=shared_s3().environment)
