"""The services of deploy/scaled.yaml as processes of this machine, with the settings and commands that stand there.

What differs is where things are: names of hosts become ports of the loopback, volumes become folders, and secrets lie
in a folder of the test. PostgreSQL, Valkey's elder sister Redis and the store of objects are those of the test
requirements; nginx is Debian's, with deploy/nginx-scaled.conf.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from api.tls import certify
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer
from tests.s3_server import KEYS, S3Server

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
START_S = 300.0
AROUND = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {ours}
}}
"""
PROGRAMS = {"chronotope": ["-m", "api.cli"], "dask": ["-m", "dask"], "python": []}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def until(holds: Any, what: str, seconds: float = START_S, told: Any = lambda: "") -> Any:
    """What `holds` gives as soon as it is something; the time is that of a busy machine, not a promise.

    `told` is asked where it does not come about.
    """
    end = time.monotonic() + seconds
    while True:
        with suppress(OSError, httpx.TransportError):
            found = holds()
            if found:
                return found
        assert time.monotonic() < end, f"it did not come about: {what}; {told()}"
        time.sleep(0.1)


class Topology:
    """`with Topology(folder) as system: … system.url, system.kill("server-a"), system.start("server-a")`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.compose: dict[str, Any] = yaml.safe_load((DEPLOY / "scaled.yaml").read_text())
        self.postgres, self.redis, self.s3 = PostgresServer(), RedisServer(folder / "redis"), S3Server(folder / "s3")
        self.ports = {name: free_port() for name in ("server-a", "server-b", "dask-scheduler", "nginx")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._database = ""
        self._made = certify(
            folder / "tls", now=datetime.now(UTC).replace(microsecond=0), names=("localhost",),
            addresses=(ipaddress.ip_address("127.0.0.1"),),
        )  # fmt: skip
        self.authority = self._made.authority
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        """Where visitors come in."""
        return f"https://127.0.0.1:{self.ports['nginx']}"

    def __enter__(self) -> Topology:
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._stack.close()
        for server in (self.s3, self.redis, self.postgres):
            server.kill()  # one that did not answer at its start

    def _begin(self) -> None:
        for server in (self.postgres, self.redis, self.s3):
            self._stack.enter_context(server)  # type: ignore[arg-type]
        self.s3.bucket("museum")
        self._database = self.postgres.database()
        secrets = self.folder / "secrets"
        secrets.mkdir()
        for name, text in {
            "database_url": self._database, "secret_key": "a secret that all servers have, of 32 characters",
            "s3_access_key": KEYS["AWS_ACCESS_KEY_ID"], "s3_secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
        }.items():  # fmt: skip
            (secrets / name).write_text(text + "\n")
        shutil.copy(self._made.certificate, secrets / "tls_certificate")
        shutil.copy(self._made.key, secrets / "tls_key")
        self.start("dask-scheduler")
        until(lambda: socket.create_connection(("127.0.0.1", self.ports["dask-scheduler"]), 1), "the scheduler")
        for name in ("dask-worker", "worker"):
            for number in range(1, 1 + self.compose["services"][name]["deploy"]["replicas"]):
                self.start(name, number)
        # An address of all interfaces wants an administrator first, in containers and here.
        self.run("server-a", "token", "--role", "administrator", "--name", "system")
        for name in ("server-a", "server-b"):
            self.start(name)
            until(lambda n=name: self.is_ready(n), name)
        self._start_nginx()

    def is_ready(self, name: str) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).status_code == 200

    def environment(self, service: str) -> dict[str, str]:
        """What compose gives a service, turned to this machine."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHRONOTOPE_", "AWS_"))}
        given = self.compose["services"][service].get("environment", {})
        found = {name: self._turned(service, str(value)) for name, value in given.items()}
        # A test does not wait half a minute to see a job taken over, nor compile for each process; on a machine that is
        # busy with other things a worker may lose its lease more often than three times.
        found.pop("NUMBA_CACHE_DIR", None)
        ours = {"CHRONOTOPE_JOB_LEASE_S": "8", "CHRONOTOPE_JOB_ATTEMPTS": "9", "CHRONOTOPE_LOG_LEVEL": "info"}
        return kept | found | ours | {"PYTHONPATH": str(ROOT)}

    def _turned(self, service: str, text: str) -> str:
        text = re.sub(r"\$\{CHRONOTOPE_PUBLIC_URL:[^}]*\}", self.url, text)
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
        for before, after in (
            ("/run/secrets", str(self.folder / "secrets")), ("redis://valkey:6379/0", self.redis.url),
            ("http://objects:9000", f"http://127.0.0.1:{self.s3.port}"), ("172.31.7.0/24", "127.0.0.1"),
            ("tcp://dask-scheduler:8786", f"tcp://127.0.0.1:{self.ports['dask-scheduler']}"),
        ):  # fmt: skip
            text = text.replace(before, after)
        assert "${" not in text, text
        if text == "/museum":
            (volume,) = (each.partition(":")[0] for each in self.compose["services"][service]["volumes"])
            return str(self.folder / volume)
        return text

    def _command(self, service: str) -> list[str]:
        program, *words = self.compose["services"][service]["command"]
        port = str(self.ports.get(service, ""))
        turned = [port if word in ("8000", "8786") else self._turned(service, word) for word in words]
        turned = ["127.0.0.1" if word == "0.0.0.0" else word for word in turned]
        turned = [str(self.folder) if word == "/tmp" else word for word in turned]
        return [sys.executable, *PROGRAMS[program], *turned]

    def start(self, service: str, number: int = 0) -> None:
        """Begin a service, or one of several of its kind."""
        name = f"{service}-{number}" if number else service
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._command(service), cwd=ROOT, env=self.environment(service), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """As a machine that goes dark, children and all."""
        process = self.processes[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(30)

    def run(self, service: str, *words: str) -> str:
        """What a command says that is called where a service is; `docker compose exec` in containers."""
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *words], cwd=ROOT, env=self.environment(service), capture_output=True,
            text=True, timeout=START_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _start_nginx(self) -> None:
        folder = self.folder / "nginx"
        folder.mkdir()
        ours = (DEPLOY / "nginx-scaled.conf").read_text()
        for before, after in (
            ("server-a:8000", f"127.0.0.1:{self.ports['server-a']}"), ("listen 8443", f"listen {self.ports['nginx']}"),
            ("server-b:8000", f"127.0.0.1:{self.ports['server-b']}"),
        ):  # fmt: skip
            assert ours.count(before) == 1, before
            ours = ours.replace(before, after)
        ours = ours.replace("/run/secrets", str(self.folder / "secrets"))
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, ours=ours))
        self.processes["nginx"] = subprocess.Popen(["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"])
        until(lambda: socket.create_connection(("127.0.0.1", self.ports["nginx"]), 1), "nginx")
