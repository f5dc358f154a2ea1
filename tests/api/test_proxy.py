"""`deploy/nginx.conf` before the application: what is said of it in docs/streaming.md, on real sockets and with TLS."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from api.auth import COOKIE
from api.cli_stream import stream_url
from api.packed import pack
from api.tls import certify
from scenes.model import Role
from scenes.ports import BlobUse
from streaming.client import Arrived
from tests.api.stream_museum import OPEN, Client, Museum

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
AROUND = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {ours}
}}
"""

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx") and "CI" not in os.environ,
    reason="nginx is not installed here (`python tools/install.py nginx`, as root)",
)


@dataclass(frozen=True)
class Proxied:
    """A museum behind nginx."""

    museum: Museum
    url: str
    trust: ssl.SSLContext


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder, port = tmp_path_factory.mktemp("nginx"), _free_port()
    made = certify(
        folder, now=datetime.now(UTC).replace(microsecond=0), names=("localhost",),
        addresses=(ipaddress.ip_address("127.0.0.1"),),
    )  # fmt: skip
    with Museum(tmp_path_factory.mktemp("museum")) as museum:
        ours = CONFIGURATION.read_text()
        for before, after in (
            ("127.0.0.1:8000", museum.url.removeprefix("http://")), ("listen 443", f"listen 127.0.0.1:{port}"),
            ("/etc/ssl/museum.example.crt", str(made.certificate)), ("/etc/ssl/museum.example.key", str(made.key)),
        ):  # fmt: skip
            assert ours.count(before) == 1, before
            ours = ours.replace(before, after)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, ours=ours))
        nginx = subprocess.Popen(["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"])
        try:
            _wait_for(port)
            trust = ssl.create_default_context(cafile=str(made.authority))
            yield Proxied(museum, f"https://127.0.0.1:{port}", trust)
        finally:
            nginx.terminate()
            nginx.wait(10)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not listen")


async def test_a_stream_comes_through_whole(proxied: Proxied):
    url = stream_url(proxied.url, OPEN)
    async with connect(
        url, subprotocols=["chronotope.v1"], compression=None, max_size=None, proxy=None, ssl=proxied.trust  # type: ignore[list-item]  # a NewType
    ) as connection:  # fmt: skip
        client = Client(connection, OPEN)
        events = await client.until(complete=True)
    arrived = {event.digest: event.data for event in events if isinstance(event, Arrived)}
    assert len(arrived) > 60
    assert all(proxied.museum.files[digest] == data for digest, data in arrived.items())


async def test_a_signed_in_page_of_the_same_host_may_open_a_stream_and_a_foreign_one_may_not(proxied: Proxied):
    cookie = {"Cookie": f"{COOKIE}={proxied.museum.token(Role.CURATOR)}"}
    for origin, code in ((proxied.url, None), ("https://elsewhere.example", 4403)):
        async with connect(
            stream_url(proxied.url, OPEN), subprotocols=["chronotope.v1"], compression=None, max_size=None, proxy=None,  # type: ignore[list-item]  # a NewType
            ssl=proxied.trust, additional_headers=cookie, origin=origin,  # type: ignore[arg-type]  # a NewType
        ) as connection:  # fmt: skip
            if code is None:
                await connection.recv()
            else:
                await connection.wait_closed()
        assert code is None or connection.close_code == code


def test_files_come_as_we_send_them(proxied: Proxied):
    services, data = proxied.museum.services, b"glTF" + bytes(4000)
    digest = services.blobs.put(data)
    services.catalogue.allow_blobs("asset_ground", [BlobUse(digest, len(data), "model/gltf-binary")])
    packed = pack(services.blobs, digest)
    assert packed
    with httpx.Client(base_url=proxied.url, verify=proxied.trust, trust_env=False) as client:
        whole = client.get(f"/blobs/{digest}.glb", headers={"Accept-Encoding": "gzip"})
        assert (whole.status_code, whole.content) == (200, data)
        assert (whole.headers["content-encoding"], whole.headers["content-length"]) == ("gzip", str(len(packed)))
        assert client.get(f"/blobs/{digest}.glb", headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
        plain = {"Accept-Encoding": "identity"}
        part = client.get(f"/blobs/{digest}.glb", headers={"Range": "bytes=2-9", **plain})
        assert (part.status_code, part.content) == (206, data[2:10])
        assert "content-encoding" not in client.get(f"/blobs/{digest}.glb", headers=plain).headers
