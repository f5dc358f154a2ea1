"""Two network namespaces with an emulated link between them, and what serves at its far end.

Needs Linux, root, iproute2, chrt (util-linux) and /dev/net/tun. `Net` makes the namespaces once; `link` puts another
link between them (the devices go with the process that carries their packets). TCP is the kernel's: its congestion
control is set for each namespace, so that nginx, which sets none, has the same as our server.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.process import Failed
from bench.stream_link import DEVICE, MTU, Link

SERVER, CLIENT = "bench-server", "bench-client"
ADDRESS, CLIENT_ADDRESS = "10.77.0.1", "10.77.0.2"
PORT = 8000
HTTP1, HTTP2, HTTP1_TLS, HTTP2_TLS = 8080, 8081, 8082, 8083
AHEAD = ("chrt", "--rr", "1")
"""contenders and servers alike run ahead of all else on this machine, which must not decide who is quick"""
PYTHON = sys.executable
_ROOT = Path(__file__).parent.parent


def missing() -> str:
    """What is not there for a link of our own; empty: all is."""
    if sys.platform != "linux" or not Path("/dev/net/tun").exists():
        return "no /dev/net/tun"
    if os.geteuid() != 0:
        return "not root, and namespaces need it"
    lacking = [name for name in ("ip", "chrt") if not shutil.which(name)]
    return f"no {lacking[0]} (apt-get install iproute2 util-linux)" if lacking else ""


def congestion_controls() -> list[str]:
    """What this kernel offers."""
    return Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()


def _ip(*arguments: str | int) -> None:
    done = subprocess.run(["ip", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"ip {' '.join(map(str, arguments))}: {done.stderr.strip()}")


def inside(namespace: str, *command: str | Path) -> list[str]:
    """A command line that runs in a namespace."""
    return ["ip", "netns", "exec", namespace, *AHEAD, *map(str, command)]


@dataclass(slots=True)
class Carried:
    """What a link carried, and how it fared; bytes are of IP packets."""

    down_bytes: int = 0
    up_bytes: int = 0
    dropped: int = 0
    lost: int = 0
    late_ms: float = 0.0


@dataclass(slots=True)
class Net:
    """Two namespaces, and what runs in them."""

    control: str
    """congestion control of both ends"""
    _running: list[subprocess.Popen[Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        for namespace in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        self.use(self.control)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            stop(process)
        for namespace in (SERVER, CLIENT):
            with suppress(Failed):
                _ip("netns", "del", namespace)

    def use(self, control: str) -> None:
        """Take another congestion control for connections to come, and forget what was learnt of the path."""
        self.control = control
        for namespace in (SERVER, CLIENT):
            for setting in (f"tcp_congestion_control={control}", "tcp_no_metrics_save=1"):
                subprocess.run(
                    inside(namespace, "sysctl", "-qw", f"net.ipv4.{setting}"), check=True, capture_output=True
                )

    def start(self, namespace: str, *command: str | Path, log: Path) -> subprocess.Popen[Any]:
        """Start something that runs until the end, or until it is stopped."""
        with log.open("wb") as out:
            process = subprocess.Popen(inside(namespace, *command), stdout=out, stderr=out, cwd=_ROOT)
        self._running.append(process)
        return process


@contextmanager
def link(link: Link, *, seed: int) -> Iterator[Carried]:
    """The two namespaces joined by a link; what it carried is known afterwards."""
    carried = Carried()
    command = [sys.executable, "-m", "bench.stream_link", SERVER, CLIENT]
    figures = map(str, (link.rtt_ms, link.mbit, link.loss, seed))
    process = subprocess.Popen([*command, *figures], stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    assert process.stdout is not None, "it was asked for"
    try:
        if process.stdout.readline().strip() != "ready":
            raise Failed("the link could not be made")
        for namespace, own, other in ((SERVER, ADDRESS, CLIENT_ADDRESS), (CLIENT, CLIENT_ADDRESS, ADDRESS)):
            _ip("-n", namespace, "addr", "add", own, "peer", other, "dev", DEVICE)
            _ip("-n", namespace, "link", "set", DEVICE, "up", "mtu", MTU, "txqueuelen", 10_000)
        yield carried
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    figures_of = json.loads(said.splitlines()[-1])
    down, up = figures_of["down"], figures_of["up"]
    carried.down_bytes, carried.up_bytes = down["bytes"], up["bytes"]
    carried.dropped, carried.lost = down["dropped"] + up["dropped"], down["lost"] + up["lost"]
    carried.late_ms = figures_of["late_ms"]


def run(namespace: str, command: Sequence[str | Path], *, timeout_s: float) -> str:
    """Run something to its end; what it said.

    Raises:
        Failed: it took too long, or ended with another code than 0.
    """
    try:
        done = subprocess.run(
            inside(namespace, *command), capture_output=True, text=True, check=False, cwd=_ROOT, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(map(str, command[:4]))}: not done after {timeout_s:g} s") from late
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command[:4]))}: code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def stop(process: subprocess.Popen[Any]) -> None:
    """End what was started; `ip netns exec` and `chrt` become the command, so it is the process itself."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def reachable(port: int, *, within_s: float) -> None:
    """Wait until something listens at the server's end, tried from inside its namespace.

    Raises:
        Failed: nothing did in time.
    """
    probe = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1).close()"
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if not subprocess.run(inside(SERVER, sys.executable, "-c", probe), capture_output=True, check=False).returncode:
            return
        time.sleep(0.2)
    raise Failed(f"nothing listens on port {port}")


_NGINX = """\
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000;
  client_body_temp_path {work}/nginx-body; proxy_temp_path {work}/nginx-proxy; fastcgi_temp_path {work}/nginx-fastcgi;
  uwsgi_temp_path {work}/nginx-uwsgi; scgi_temp_path {work}/nginx-scgi;
  open_file_cache max=30000 inactive=600s; http2_max_concurrent_streams 256;
  types {{ application/json json; model/gltf-binary glb; image/webp webp; image/jpeg jpg; image/png png; }}
  gzip_static on; gzip on; gzip_types application/json; gzip_min_length 256;
  ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;
  server {{
    listen {h1}; listen {h2} http2; listen {h1s} ssl; listen {h2s} ssl http2;
    root {root};
    location / {{ add_header cache-control "public, max-age=31536000, immutable"; }}
  }}
}}
"""


def start_nginx(net: Net, static: Path, work: Path, certificate: Path, key: Path) -> bool:
    """nginx on the static files: HTTP/1.1 and HTTP/2, each with and without TLS; False where there is no nginx."""
    if not shutil.which("nginx"):
        print("bench: no nginx (apt-get install nginx-light); peers are left out", file=sys.stderr)
        return False
    config = work / "nginx.conf"
    config.write_text(
        _NGINX.format(
            work=work, root=static, certificate=certificate, key=key, h1=HTTP1, h2=HTTP2, h1s=HTTP1_TLS, h2s=HTTP2_TLS
        )
    )
    net.start(SERVER, "nginx", "-c", config, log=work / "nginx.out")
    reachable(HTTP2, within_s=10)
    return True


def start_server(net: Net, data: Path, work: Path, *, tls: tuple[Path, Path] | None = None) -> subprocess.Popen[Any]:
    """Our server on the data directory, as `chronotope serve` starts it. Only one can hold a directory."""
    command: list[str | Path] = [sys.executable, "-m", "api.cli", "serve", "--data", data]
    command += ["--host", "0.0.0.0", "--port", str(PORT)]
    if tls:
        command += ["--tls-cert", tls[0], "--tls-key", tls[1]]
    process = net.start(SERVER, *command, log=work / "serve.log")
    reachable(PORT, within_s=60)
    return process


def make_administrator(data: Path) -> None:
    """Without one our server refuses an address that others can reach."""
    command = [sys.executable, "-m", "api.cli", "token", "--role", "administrator", "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True, cwd=_ROOT)
