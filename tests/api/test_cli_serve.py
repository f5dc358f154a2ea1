from __future__ import annotations

import json
import re
import signal
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from api.cli_serve import bind, open_door
from api.settings import Settings
from api.tls import lan_addresses
from scenes.model import Role
from tests.api.command import ROOT, run, served, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.command import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For tests that change nothing that another one looks at: a start takes a second."""
    with served(tmp_path_factory.mktemp("served") / "museum") as running:
        yield running


def test_it_listens_tells_its_links_and_is_ready(server: Server) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    assert server.links["studio"].startswith(f"{server.url}/studio?key=ct_")
    answer = httpx.get(f"{server.url}/readyz")
    assert (answer.status_code, answer.json()["checks"]["worker"]) == (200, "ok")
    assert "server" not in answer.headers


def test_the_curator_link_signs_in_and_works_once(server: Server) -> None:
    query = {"query": "{ me { name role } }"}
    with httpx.Client(base_url=server.url, follow_redirects=True) as browser:
        page = browser.get(server.links["studio"])
        assert page.status_code == 200
        assert "key=" not in str(page.url)
        me = browser.post("/graphql", json=query, headers={"Origin": server.url}).json()["data"]["me"]
        assert me["role"] == "CURATOR"
    assert httpx.get(server.links["studio"]).status_code == 401


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_time_with_sockets_open(tmp_path: Path, how: signal.Signals) -> None:
    with served(tmp_path / "museum") as server:
        address = server.url.replace("http", "ws") + "/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"]) as subscribed:  # type: ignore[list-item]
            subscribed.send('{"type":"connection_init"}')
            assert "connection_ack" in str(subscribed.recv(timeout=20))
            assert server.stop(how) == 0
            with pytest.raises(ConnectionClosed):
                subscribed.recv(timeout=20)
        assert "Traceback" not in "".join(server.errors)


def test_a_second_server_on_the_directory_is_refused(server: Server) -> None:
    done = run("serve", "--port", "0", "--data", server.links["data"])
    assert (done.returncode, done.stdout) == (1, "")
    assert f"in use by another server (process {server.process.pid})" in done.stderr


@pytest.mark.long
def test_a_directory_is_free_again_after_a_kill(tmp_path: Path) -> None:
    with served(tmp_path / "museum") as first:
        first.process.kill()
        first.process.wait()
        with served(tmp_path / "museum") as second:
            assert httpx.get(f"{second.url}/livez").status_code == 200


def test_a_taken_port_is_said_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--data", tmp_path / "museum", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"chronotope: REFUSED: port {port} on 127.0.0.1 is taken by another program; "
        f"stop it, or choose another: --port {port + 1}\n"
    )


@pytest.mark.parametrize(
    ("host", "said"), [("no.such.host.invalid", "cannot listen on"), ("198.51.100.77", "no address of this machine")]
)
def test_an_address_that_is_not_ours_is_said(tmp_path: Path, host: str, said: str) -> None:
    done = run("serve", "--data", tmp_path / "museum", "--port", "0", "--host", host)
    assert done.returncode == 1
    assert said in done.stderr


def test_an_open_address_needs_an_administrator_first(tmp_path: Path) -> None:
    data = tmp_path / "museum"
    refused = run("serve", "--data", data, "--port", "0", "--host", "0.0.0.0")
    assert refused.returncode == 1
    assert "chronotope account add NAME --role administrator" in refused.stderr
    token(data, Role.ADMINISTRATOR)
    with served(data, "--host", "0.0.0.0") as server:
        assert server.links["studio"] is None
        assert httpx.get(f"{server.links['urls'][-1]}/livez").status_code == 200


@pytest.mark.long
def test_a_certificate_that_is_none_is_said(tmp_path: Path) -> None:
    certificate, key = tmp_path / "a.pem", tmp_path / "b.pem"
    certificate.write_text("nothing")
    files = ("--tls-cert", certificate, "--tls-key", key)
    missing = run("serve", "--data", tmp_path / "m", "--port", "0", *files)
    assert (missing.returncode, missing.stderr) == (1, f"chronotope: REFUSED: there is no file {key}\n")
    key.write_text("nothing")
    wrong = run("serve", "--data", tmp_path / "m", "--port", "0", *files)
    assert wrong.returncode == 1
    assert "no certificate and key that match" in wrong.stderr


def _lan() -> str:
    addresses = [str(address) for address in lan_addresses() if address.version == 4]
    assert addresses, "this test reaches the machine by an address that is not loopback, and it has none"
    return addresses[0]


@pytest.mark.network
def test_https_of_our_own_is_trusted_from_another_address(tmp_path: Path) -> None:
    data = tmp_path / "museum"
    token(data, Role.ADMINISTRATOR)
    with served(data, "--tls-auto") as server:
        base = f"https://{_lan()}:{httpx.URL(server.url).port}"
        assert base in server.links["urls"]
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{base}/livez")
        trusting = ssl.create_default_context(cafile=server.links["authority"])
        answer = httpx.get(f"{base}/livez", verify=trusting)
        assert answer.text == "alive\n"
        handed = httpx.get(f"{base}/local-authority.crt", verify=trusting)
        assert handed.headers["content-type"] == "application/x-x509-ca-cert"
        assert handed.content == Path(server.links["authority"]).read_bytes()
        page = httpx.get(f"{base}/", verify=trusting)
        assert page.status_code == 200
        address = base.replace("https", "wss") + "/graphql"
        with connect(address, ssl=trusting, subprotocols=["graphql-transport-ws"]) as secure:  # type: ignore[list-item]
            assert secure.subprotocol == "graphql-transport-ws"


@pytest.mark.network
def test_a_given_certificate_is_used(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from api.tls import certify

    made = certify(tmp_path / "tls", now=datetime.now(UTC))
    data = tmp_path / "museum"
    token(data, Role.ADMINISTRATOR)
    given = ("--tls-cert", made.certificate, "--tls-key", made.key, "--host", "0.0.0.0")
    with served(data, *given) as server:
        trusting = ssl.create_default_context(cafile=str(made.authority))
        base = f"https://{_lan()}:{httpx.URL(server.url).port}"
        assert httpx.get(f"{base}/livez", verify=trusting).text == "alive\n"
        assert httpx.get(f"{base}/local-authority.crt", verify=trusting).status_code == 404


def test_for_people_it_prints_links_and_how_to_stop(tmp_path: Path) -> None:
    import subprocess

    from tests.api.command import COMMAND, environment

    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert re.search(r"gallery +http://127\.0\.0\.1:\d+/\n", said)
    assert "works once" in said or "once)" in said


def test_a_large_message_closes_a_socket(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/graphql"
    with connect(address, subprotocols=["graphql-transport-ws"]) as client:  # type: ignore[list-item]
        client.send('{"type":"connection_init","payload":{"x":"' + "x" * (65 << 10) + '"}}')
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=20)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1009


def test_no_socket_compresses(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/graphql"
    with connect(address, subprotocols=["graphql-transport-ws"], compression="deflate") as client:  # type: ignore[list-item]
        assert client.protocol.extensions == []


def test_a_socket_for_a_foreign_name_is_refused(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/stream?scene=x"
    with (
        pytest.raises(InvalidStatus),
        connect(address, additional_headers={"Host": "evil.example"}, subprotocols=["chronotope.v1"]),  # type: ignore[list-item]
    ):
        pass


def test_logs_in_json_hold_no_tokens(tmp_path: Path) -> None:
    with served(tmp_path / "m", CHRONOTOPE_LOG_FORMAT="json", CHRONOTOPE_LOG_LEVEL="debug") as server:
        httpx.get(f"{server.url}/exhibitions/none?token=ct_secret")
        httpx.get(server.links["studio"])
        server.stop()
    lines = [json.loads(line) for line in server.errors if line.startswith("{")]
    assert any(line.get("path") == "/studio" for line in lines)
    assert "ct_" not in "".join(server.errors)


def test_accepted_connections_have_short_queues_and_it_is_said_what_is_in_use(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(port=0)
    with caplog.at_level("INFO", "chronotope.serve"), bind(settings) as listening:
        open_door(listening, settings)
        with socket.create_connection(listening.getsockname()[:2]):
            accepted, _ = listening.accept()
            with accepted:
                unsent = accepted.getsockopt(socket.IPPROTO_TCP, 25)  # TCP_NOTSENT_LOWAT
                congestion = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
    used = congestion.partition(b"\0")[0].decode()
    assert unsent == 16 << 10
    assert f"congestion control {used}, 16384 bytes unsent at most" in caplog.text


def test_without_bbr_it_is_said_where_it_matters(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing(socket.socket):
        def setsockopt(self, *arguments: Any) -> None:
            if arguments[1] == socket.TCP_CONGESTION:
                raise FileNotFoundError("no such algorithm")
            super().setsockopt(*arguments)

        def getsockopt(self, *arguments: Any) -> Any:
            return b"cubic\0\0" if arguments[1] == socket.TCP_CONGESTION else super().getsockopt(*arguments)

    monkeypatch.setattr(socket, "socket", Refusing)
    for host, warns in (("127.0.0.1", False), ("0.0.0.0", True)):
        caplog.clear()
        settings = Settings(host=host, port=0)
        with caplog.at_level("INFO", "chronotope.serve"), bind(settings) as listening:
            open_door(listening, settings)
            assert "congestion control cubic" in caplog.text
            assert ("no BBR" in caplog.text) is warns
