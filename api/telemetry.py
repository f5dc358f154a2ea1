"""What the museum says of itself: logs, counters, whether it lives and whether it is ready.

Logs are lines for people or JSON for machines. They hold method, path, status and time of a request, never its query:
a query may hold a token, or where an eye stands, and poses are personal data. Counters are few and process-wide, in
the text format of Prometheus 0.0.4.
"""

from __future__ import annotations

import logging
import os
import resource
import shutil
import sys
import threading
import time
from collections import defaultdict
from importlib import metadata
from typing import TYPE_CHECKING

import orjson
from starlette.responses import PlainTextResponse, Response

from api.scrub import in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.services import Services
    from api.settings import Settings

log = logging.getLogger("chronotope.http")

_LABELS = tuple[tuple[str, str], ...]


class Metrics:
    """Counters and gauges by name and labels; any thread may count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, dict[_LABELS, float]] = defaultdict(lambda: defaultdict(float))

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter or gauge."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[name][key] += amount

    def text(self) -> str:
        """All of them, in the text format of Prometheus."""
        lines = []
        with self._lock:
            for name in sorted(self._values):
                lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
                for key, value in sorted(self._values[name].items()):
                    labels = ",".join(f'{label}="{text}"' for label, text in key)
                    lines.append(f"{name}{{{labels}}} {value:.17g}" if labels else f"{name} {value:.17g}")
        return "\n".join(lines) + "\n"


METRICS = Metrics()
"""Those of this process."""

_AREAS = frozenset(
    {"assets", "blobs", "docs", "exhibitions", "graphql", "livez", "local-authority.crt", "metrics", "openapi.json"}
    | {"readyz", "scenes", "stream", "studio", "uploads", "web"}
)


def area_of(path: str) -> str:
    """First part of a path where it is one of ours: few values, so that nobody can fill the memory with labels."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in _AREAS else "home" if path == "/" else "other"


class Measured:
    """ASGI middleware: counts and logs each request. Outermost, so that it sees every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "websocket":
            area = area_of(scope["path"])
            METRICS.add("chronotope_websockets_open", 1, area=area)
            try:
                await self._app(scope, receive, send)
            finally:
                METRICS.add("chronotope_websockets_open", -1, area=area)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, sent = time.perf_counter(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            area, seconds = area_of(scope["path"]), time.perf_counter() - begun
            METRICS.add("chronotope_http_requests_total", area=area, status=str(status))
            METRICS.add("chronotope_http_sent_bytes_total", sent, area=area)
            METRICS.add("chronotope_http_seconds_total", seconds, area=area)
            level = logging.WARNING if status >= 500 else logging.DEBUG if status < 400 else logging.INFO
            log.log(
                level,
                "%s %s %d in %.1f ms",
                scope["method"],
                scope["path"],
                status,
                seconds * 1000,
                extra={"method": scope["method"], "path": scope["path"], "status": status, "seconds": seconds},
            )


class Lines(logging.Formatter):
    """One line a message, for people. Paths hold anything: what a terminal or a reader of lines obeys is escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, without a trace."""
        text = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what was given as `extra`, and the trace."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        body: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        body |= {name: value for name, value in vars(record).items() if name not in self._STANDARD}
        if record.exc_info:
            body["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(body, default=str).decode()


def configure_logs(settings: Settings) -> None:
    """Send all logs to stderr in the format of the settings. Times are UTC."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = (
        JsonLines()
        if settings.log_format == "json"
        else Lines("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("chronotope").setLevel(settings.log_level.upper())
    # uvicorn logs the whole address of a WebSocket at INFO, with the token and the eye's position in its query.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def version() -> str:
    """Of the installed distribution; `unknown` when run from a tree that was not installed."""
    try:
        return metadata.version("chronotope")
    except metadata.PackageNotFoundError:
        return "unknown"


async def livez(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


def readiness(services: Services, *, worker_alive: Callable[[], bool], sandbox: Callable[[], str]) -> dict[str, str]:
    """What the museum needs, each `ok` or the reason why not, and how files are guarded against. Blocking."""
    checks: dict[str, str] = {}
    try:
        services.catalogue.revision_of("readiness")
        checks["catalogue"] = "ok"
        if services.settings.scrub_days and services.rounds is not None:
            checks["scrub"] = in_words(services.rounds.last_round())
    except Exception as e:  # noqa: BLE001 - whatever is wrong with it is the answer
        checks["catalogue"] = f"cannot be read ({type(e).__name__})"
    try:
        free = shutil.disk_usage(services.settings.data).free
        checks["disk"] = "ok" if free > 256 << 20 else f"only {free >> 20} MiB are free"
    except OSError as e:
        checks["disk"] = f"the data directory cannot be read ({e.strerror})"
    if services.settings.workers:
        checks["worker"] = "ok" if worker_alive() else "no worker is running"
    try:
        checks["sandbox"] = sandbox()
    except Exception as e:  # noqa: BLE001 - whatever is wrong with it is the answer
        checks["sandbox"] = f"not available ({type(e).__name__})"
    return checks


_TOLD = {"sandbox", "scrub"}
"""checks that say how it is, whatever that is"""


def ready_answer(checks: dict[str, str], *, stopping: bool) -> Response:
    """`/readyz`: 200 where everything is ok, else 503; the reasons in either case."""
    faults = [f"{name}: {text}" for name, text in checks.items() if text != "ok" and name not in _TOLD]
    if stopping:
        faults.append("the server is stopping")
    body = {"ready": not faults, "reasons": faults, "checks": checks, "version": version()}
    return Response(
        orjson.dumps(body),
        status_code=503 if faults else 200,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def metrics_text() -> str:
    """Counters, and what the process uses now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    own = [
        "# TYPE chronotope_info gauge",
        f'chronotope_info{{version="{version()}"}} 1',
        "# TYPE process_cpu_seconds_total counter",
        f"process_cpu_seconds_total {usage.ru_utime + usage.ru_stime:.3f}",
    ]
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - not a file of ours
            resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        own += ["# TYPE process_resident_memory_bytes gauge", f"process_resident_memory_bytes {resident}"]
    except OSError:
        pass  # Not Linux: one figure fewer.
    return METRICS.text() + "\n".join(own) + "\n"


async def metrics(_: Request) -> Response:
    """`/metrics`."""
    return PlainTextResponse(
        metrics_text(), media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"}
    )
