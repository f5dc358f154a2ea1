"""`chronotope serve`: what is in the way is said before anything starts; Ctrl-C ends it within two seconds."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import orjson
import uvicorn

from api.auth import make_token
from api.connections import Http, Socket
from api.data_directory import prepare
from api.errors import DoorError
from api.museums import Site, museums_of
from api.pages import front_end
from api.services import open_services
from api.settings import Settings, from_environment, variable
from api.telemetry import configure_logs
from scenes.model import Actor, Exhibition, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from api.services import Services
    from api.tls import Certified

log = logging.getLogger("chronotope.serve")

_WS_MAX_BYTES = 64 << 10
_TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25 if sys.platform == "linux" else None)
_UNSENT_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for https; `made` where we made them ourselves."""

    certificate: Path
    key: Path
    made: Certified | None = None


def serve(
    *,
    data: Path | None,
    host: str | None,
    port: int | None,
    certificate: Path | None,
    key: Path | None,
    automatic: bool,
    as_json: bool,
    first: Callable[[Settings], None] | None = None,
) -> None:
    """Serve until interrupted. `first` is done with the prepared settings before the museum opens (the demo's build).

    Raises:
        SettingsError, DoorError: something is in the way; the message says what and how to mend it.
    """
    if automatic and host is None and not os.environ.get(variable("host")):
        # Its purpose is that headsets on the LAN get here.
        host = "0.0.0.0"
    settings = from_environment(os.environ, data=data, host=host, port=port)
    configure_logs(settings)
    museums = tuple(prepare(each) for each in museums_of(settings))
    if (certificate is None) != (key is None):
        raise DoorError("REFUSED", "--tls-cert and --tls-key belong together; give both or neither")
    if automatic and certificate is not None:
        raise DoorError("REFUSED", "give either --tls-auto or --tls-cert with --tls-key")
    listening = bind(museums[0])
    with contextlib.closing(listening):
        port = listening.getsockname()[1]
        museums = tuple(replace(each, port=port) for each in museums)
        for each in museums:
            guard_administrator(each)
        if first:
            first(museums[0])
        # Here, because it takes a second that a refusal need not.
        from api.app import create_app

        site = Site([(each, create_app(each)) for each in museums])
        services: Services = site.apps[0].state.services
        tls = _tls(services, certificate, key, automatic=automatic)
        open_door(listening, museums[0])
        run(site, listening, tls, announce=lambda: announce(services, tls, museums, as_json=as_json))


def bind(settings: Settings) -> socket.socket:
    """A socket at the address that the settings say.

    Raises:
        DoorError: the port is taken or not allowed, or the address is none of this machine.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as e:
        raise DoorError("REFUSED", f"cannot listen on {host!r}: {e.strerror}; give --host an address") from e
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listening.bind(where)
    except OSError as e:
        listening.close()
        raise DoorError("REFUSED", _why_not(e, host, port)) from e
    return listening


def open_door(listening: socket.socket, settings: Settings) -> None:
    """Begin to take connections. Apart from `bind`, because the demo first makes its museum. Raises DoorError."""
    _tune(listening, settings)
    try:
        listening.listen(2048)
    except OSError as e:
        raise DoorError("REFUSED", _why_not(e, settings.host, settings.port)) from e


def _why_not(error: OSError, host: str, port: int) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken by another program; stop it, or choose another: --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"port {port} needs the rights of root; choose one above 1023, for example --port 8000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; --host 127.0.0.1 is always there, --host 0.0.0.0 means all"
    return f"cannot listen on {host} port {port}: {error.strerror}"


def _tune(listening: socket.socket, settings: Settings) -> None:
    """Short kernel queues and BBR; accepted connections inherit both.

    Kernel buffers hide bytes that a new pose made stale: a pose change at 50 ms and 50 Mbit took 233 to 478 ms with the
    defaults and 115 ms with 16 KB. With 1 % loss one CUBIC connection took 28.7 s where BBR took 1.9 s.
    """
    unsent = 0
    if _TCP_NOTSENT_LOWAT is not None:
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
            unsent = listening.getsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT)
    used = "the system's own"
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")
        used = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).partition(b"\0")[0].decode()
    log.info(
        "TCP: congestion control %s, %s",
        used,
        f"{unsent} bytes unsent at most" if unsent else "queues as long as usual",
    )
    if used != "bbr" and not is_loopback(settings.host):
        log.warning("this kernel has no BBR for us, so lossy links are slower; docs/settings.md says how to get it")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def guard_administrator(settings: Settings) -> None:
    """Refuse an open address as long as nobody could be in charge. Raises DoorError."""
    if is_loopback(settings.host):
        return
    with open_services(settings) as services:
        if services.tokens.has_administrator(at=services.clock.now()):
            return
    raise DoorError(
        "FORBIDDEN",
        f"{settings.host} can be reached from other machines, so an administrator must be made first: "
        f"chronotope account add NAME --role administrator --data {settings.data}",
    )


def _tls(services: Services, certificate: Path | None, key: Path | None, *, automatic: bool) -> Tls | None:
    if automatic:
        from api.tls import certify

        made = certify(services.settings.data / "tls", now=services.clock.now())
        return Tls(made.certificate, made.key, made)
    if certificate is None or key is None:
        return None
    import ssl

    for path in (certificate, key):
        if not path.is_file():
            raise DoorError("REFUSED", f"there is no file {path}")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as e:
        raise DoorError("REFUSED", f"{certificate} and {key} are no certificate and key that match: {e}") from e
    return Tls(certificate, key)


def addresses_of(services: Services, tls: Tls | None) -> list[str]:
    """Addresses to open, the best for other machines first."""
    settings = services.settings
    scheme = "https" if tls else "http"
    if settings.public_url:
        return [settings.public_url]

    def address(host: str) -> str:
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"

    if settings.host not in ("0.0.0.0", "::"):
        return [address(settings.host)]
    from api.tls import lan_addresses

    found = [str(each) for each in lan_addresses() if settings.host == "::" or each.version == 4]
    return [address(each) for each in [*found, "127.0.0.1"]]


def announce(services: Services, tls: Tls | None, museums: Sequence[Settings] = (), *, as_json: bool) -> None:
    """Print the links, the one-time curator link on loopback, and how to trust our authority; of several `museums` the
    links of the first, and by which names the others are reached.
    """
    urls = addresses_of(services, tls)
    base = urls[0]
    studio = ""
    if is_loopback(services.settings.host):
        at = services.clock.now()
        key = make_token(
            services.tokens,
            Actor("curator", Role.CURATOR),
            at=at,
            expires_at=at + timedelta(hours=services.settings.session_hours),
            once=True,
        )
        studio = f"{base}/studio?key={key}"
    page = services.catalogue.page(Exhibition, first=5, public_only=True)
    exhibitions = [f"{base}/exhibitions/{each.slug}" for each in page.records if isinstance(each, Exhibition)]
    if as_json:
        authority = str(tls.made.authority) if tls and tls.made else None
        links = {"url": base, "urls": urls, "studio": studio or None, "exhibitions": exhibitions}
        _say(orjson.dumps(links | {"authority": authority, "data": str(services.settings.data)}).decode())
        return
    lines = ["", f"  Chronotope serves {services.settings.data}", ""]
    lines += [f"  gallery      {url}/" for url in urls]
    lines += [f"  exhibition   {url}" for url in exhibitions]
    if studio:
        lines += [f"  studio       {studio}", "               (this link signs in one browser, once)"]
    else:
        lines.append(f"  studio       {base}/sign-in (accounts: chronotope account add)")
    lines += [f"  museum       {each.museum}: {', '.join(each.trusted_hosts)}" for each in museums if each.museum]
    lines += [f"  GraphQL      {base}/graphql", f"  docs         {base}/docs"]
    if front_end() is None:
        lines.append("  The front end is not built: `make web` builds it.")
    if tls and tls.made:
        lines += _trust(base, exhibitions, tls.made)
    elif not tls and not is_loopback(services.settings.host):
        lines.append("  Headsets enter VR over https only: --tls-auto makes a certificate for this network.")
    _say("\n".join([*lines, "", "  Ctrl-C stops it.", ""]))


def _trust(base: str, exhibitions: list[str], made: Certified) -> list[str]:
    from api.tls import qr_code

    link = exhibitions[0] if exhibitions else f"{base}/"
    code = qr_code(link) if sys.stdout.isatty() else ""
    return [
        "",
        f"  Headset: open {link}",
        "  and accept its warning once, or install this museum's authority, then no warning comes:",
        f"    {base}/local-authority.crt   (file {made.authority})",
        f"    its SHA-256 fingerprint must be {made.fingerprint}",
        "    It may only certify private addresses and this machine's names.",
        *(["", code.rstrip("\n")] if code else []),
    ]


def _say(text: str) -> None:
    print(text, flush=True)


class _Server(uvicorn.Server):
    """uvicorn, telling when it listens and when the first signal to stop came."""

    def __init__(self, config: uvicorn.Config, *, listening: Callable[[], None], stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening, self._stopping = listening, stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await asyncio.get_running_loop().run_in_executor(None, self._listening)

    def handle_exit(self, sig: int, frame: object) -> None:
        # At once, so that the tiler's child is gone by the time the connections are.
        self._stopping()
        super().handle_exit(sig, frame)  # type: ignore[arg-type]  # a frame, or None


def configured(app: ASGIApp, settings: Settings, tls: Tls | None = None) -> uvicorn.Config:
    """How uvicorn serves us."""
    return uvicorn.Config(
        app,
        http=Http,
        ws=Socket,
        ws_max_size=_WS_MAX_BYTES,
        ws_max_queue=4,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        # Tiles are compressed already; deflate would cost a window of memory for each client and gain nothing.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        # Longer than proxies keep one in hand (nginx: 60 s), and a visitor looks about: who sends the next request in
        # the moment in which its connection is closed gets no answer.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.stop_s,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


def run(site: Site, listening: socket.socket, tls: Tls | None, *, announce: Callable[[], None]) -> None:
    """Serve `site` until a signal ends it; returns normally on SIGINT and SIGTERM."""
    config = configured(site.app, site.apps[0].state.services.settings, tls)
    if tls and tls.made:
        for app in site.apps:
            _serve_authority(app, tls.made)

    def stopping() -> None:
        for app in site.apps:
            app.state.worker.stop_soon()

    server = _Server(config, listening=announce, stopping=stopping)

    def end(*_: object) -> NoReturn:
        # uvicorn raises the signal again once it has stopped; that is a normal end.
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
    if not server.started:
        raise DoorError("UNAVAILABLE", "the server could not start; its log says why")


def _serve_authority(app: FastAPI, made: Certified) -> None:
    from starlette.responses import Response
    from starlette.routing import Route

    content = made.authority.read_bytes()

    async def authority(_: object) -> Response:
        # The type makes phones and headsets offer to install it.
        return Response(content, media_type="application/x-x509-ca-cert")

    app.router.routes.append(Route("/local-authority.crt", authority, methods=["GET", "HEAD"]))
