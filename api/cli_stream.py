"""`chronotope stream`: the reference client of docs/protocol.md on the command line.

It connects, receives, verifies every digest, and says what arrived when. It ends when the view is complete; each
`--seek` then moves in time and says what the step cost. With `-o` the files are kept by their digests, and a second run
says what it holds, so that only the rest is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
import typer

from api.errors import TABLE, DoorError
from api.settings import parse_size
from scenes.counting import counted
from scenes.fixity import unbrotlied
from streaming.client import Arrived, ClientSession, Drawn, Event, Forgotten
from streaming.errors import CloseCode, StreamError
from streaming.events import Content, Hello, Refusal, State, Stats
from streaming.limits import FOV_RANGE
from streaming.opening import SUBPROTOCOL, Opening, read_opening, write_opening

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

EXTENSIONS = {Content.GLB: "glb", Content.WEBP: "webp", Content.JPEG: "jpg", Content.PNG: "png"}
_KEPT = re.compile(r"([0-9a-f]{64})\.(?:glb|webp|jpg|png)\Z")
_REFUSALS = {
    CloseCode.BAD_MESSAGE: "BAD_MESSAGE",
    CloseCode.UNAUTHORIZED: "UNAUTHORIZED",
    CloseCode.FORBIDDEN: "FORBIDDEN",
    CloseCode.NOT_FOUND: "NOT_FOUND",
    CloseCode.SUBPROTOCOL: "SUBPROTOCOL",
    CloseCode.SLOW: "SLOW",
    CloseCode.REPLACED: "REPLACED",
    CloseCode.BAD_MOMENT: "BAD_EDTF",
    CloseCode.TOO_BIG: "TOO_BIG",
    CloseCode.FLOOD: "FLOOD",
}
_MAX_MESSAGE = 16 << 20
_MOST_BREAKS = 5
"""connections that break one after the other before anything came"""
_PAUSE_S = 0.1


@dataclass(slots=True)
class Step:
    """What one moment cost: the opening, or a seek."""

    at: str
    began_s: float
    chunk_bytes: int = 0
    """CHUNK messages, whole"""
    files: int = 0
    held: int = 0
    """files that were not sent again, because the client said that it holds them"""
    cuts: int = 0
    first_s: float | None = None
    """seconds to the first picture of this moment"""
    complete_s: float | None = None
    tiles: int = 0
    label: str = ""


@dataclass(slots=True)
class Report:
    """What a whole run brought."""

    scene: str
    title: str = ""
    steps: list[Step] = field(default_factory=list)


Tell = Callable[[str, dict[str, Any]], None]
"""kind of event, its members"""


def stream(  # noqa: PLR0917 - typer passes by name
    url: Annotated[str, typer.Argument(metavar="URL", help="The server, for example http://127.0.0.1:8000")],
    scene: Annotated[str, typer.Option(metavar="ID", help="Id of the scene.")],
    at: Annotated[str, typer.Option(metavar="EDTF", help="Moment; default: the scene's default moment.")] = "",
    hypothesis: Annotated[str | None, typer.Option(metavar="ID", help="Hypothesis to show.")] = None,
    certainty: Annotated[str, typer.Option(help="Least certainty shown: possible or certain.")] = "possible",
    pose: Annotated[
        str | None, typer.Option(metavar="X,Y,Z,QX,QY,QZ,QW", help="Eye and gaze, metres; default: the scene's.")
    ] = None,
    size: Annotated[str, typer.Option(metavar="WxH", help="Viewport in pixels.")] = "1280x720",
    fov: Annotated[float, typer.Option(min=FOV_RANGE[0], max=FOV_RANGE[1], help="Vertical, radians.")] = 1.0472,
    profile: Annotated[str, typer.Option(help="Device to be: headset, phone or desktop.")] = "desktop",
    budget: Annotated[
        str, typer.Option(metavar="SIZE", help="Bytes that the client can hold; default: the profile's.")
    ] = "",
    plain: Annotated[bool, typer.Option("--plain", help="Take no codings, and draw no tile in part.")] = False,
    seek: Annotated[
        list[str] | None, typer.Option(metavar="EDTF", help="Then go to this moment; may be repeated.")
    ] = None,
    token: Annotated[str | None, typer.Option(metavar="T", envvar="CHRONOTOPE_TOKEN", help="Access token.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Keep the files here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, the report last.")] = False,
    timeout: Annotated[float, typer.Option(metavar="S", min=0.1, help="Give up after so many seconds.")] = 120.0,
) -> None:
    """Receive a scene as a headset would: verify digests, say what arrived when, end when the view is complete."""
    query = {"scene": scene, "at": at, "hypothesis": hypothesis or "", "certainty": certainty, "size": size}
    query |= {"profile": profile} | ({} if plain else {"encodings": "gzip,br", "groups": "1"})
    opening = _opening(query, pose, fov, budget)
    tell = _tell_json if json else _tell_text
    if output:
        output.mkdir(parents=True, exist_ok=True)
    try:
        report = asyncio.run(
            _within(timeout, receive(url, opening, seeks=seek or [], token=token, output=output, tell=tell))
        )
    except StreamError as error:
        raise DoorError(
            _REFUSALS.get(error.close_code, "REFUSED"), f"{error} (close code {error.close_code})"
        ) from error
    _tell_report(report, as_json=json)


def _opening(query: dict[str, str], pose: str | None, fov: float, budget: str) -> Opening:
    if pose is not None:
        numbers = pose.split(",")
        if len(numbers) not in (3, 7):
            raise typer.BadParameter("--pose is x,y,z or x,y,z,qx,qy,qz,qw")
        query["eye"], query["gaze"] = ",".join(numbers[:3]), ",".join(numbers[3:])
    try:
        return replace(read_opening(query.items()), fov=fov, bytes=parse_size(budget) if budget else None)
    except (StreamError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error


async def _within(seconds: float, work: Any) -> Report:
    try:
        async with asyncio.timeout(seconds):
            report: Report = await work
    except TimeoutError as error:
        raise DoorError("TIMEOUT", f"not complete after {seconds:g} s") from error
    return report


def stream_url(url: str, opening: Opening) -> str:
    """Address of the stream on a server, from the address that people know.

    >>> stream_url("https://museum.example", Opening("scene_1", draws=80))
    'wss://museum.example/stream?scene=scene_1&draws=80'
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = parts.path if parts.path.endswith("/stream") else parts.path.rstrip("/") + "/stream"
    return urlunsplit((scheme, parts.netloc, path, urlencode(write_opening(opening)), ""))


async def receive(
    url: str,
    opening: Opening,
    *,
    seeks: list[str] | tuple[str, ...] = (),
    token: str | None = None,
    output: Path | None = None,
    tell: Tell = lambda _kind, _members: None,
) -> Report:
    """Receive a scene until its view is complete, then the same after each seek.

    Raises:
        StreamError: the server closed the stream, or broke the protocol.
        DoorError: there is no server, or a seek was refused.
    """
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

    kept = await asyncio.to_thread(_kept, output) if output else []
    run = _Run(url, opening, token=token, output=output, kept=kept, tell=tell)
    try:
        return await run.run(list(seeks))
    except ConnectionClosed as error:
        said = error.rcvd
        if said is None:
            raise DoorError("UNAVAILABLE", "the connection broke") from error
        raise _closed(said.code, said.reason) from error
    except (OSError, InvalidHandshake, InvalidURI) as error:
        raise DoorError("UNAVAILABLE", f"{url}: {error or type(error).__name__}") from error


def _closed(code: int, reason: str) -> Exception:
    try:
        return StreamError(reason or "closed", CloseCode(code))
    except ValueError:
        return DoorError("UNAVAILABLE", f"the server closed the stream: {reason or 'no reason'} (close code {code})")


class _Run:
    """One session, over as many connections as it takes."""

    def __init__(
        self, url: str, opening: Opening, *, token: str | None, output: Path | None, kept: list[str], tell: Tell
    ) -> None:
        self._url, self._opening, self._output, self._kept, self._tell = url, opening, output, kept, tell
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session = ClientSession(
            budget_bytes=opening.bytes, gzip=opening.gzip, brotli=unbrotlied if opening.brotli else None,
            groups=opening.groups,
        )  # fmt: skip
        self._began = time.monotonic()
        self._report = Report(opening.scene)
        self._at, self._wanted_seek = opening.at, 0

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def run(self, seeks: list[str]) -> Report:
        self._report.steps.append(Step(self._at, 0.0))
        async with aclosing(self._events()) as events:
            async for event in events:
                self._note(event)
                if isinstance(event, Refusal):
                    raise DoorError(event.code if event.code in TABLE else "REFUSED", event.message)
                state = self._session.state
                answered = state is not None and state.seek == self._wanted_seek
                if isinstance(event, Drawn) and event.complete and answered:
                    if not seeks:
                        break
                    self._at = seeks.pop(0)
                    self._wanted_seek = self._session.seek(self._at)
                    self._report.steps.append(Step(self._at, self._now()))
        self._session.close()
        return self._report

    async def _events(self) -> AsyncGenerator[Event, None]:
        """What comes of the server's messages, on one connection after the other where they break."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake

        opening = replace(self._opening, held=len(set(self._kept)))
        self._session.have(self._kept)
        broken = 0
        while True:
            try:
                async with connect(
                    stream_url(self._url, opening), subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
                    additional_headers=self._headers, compression=None, max_size=_MAX_MESSAGE, proxy=None,
                ) as socket:  # fmt: skip
                    async for event in self._events_of(socket):
                        broken = 0
                        yield event
            except (ConnectionClosed, InvalidHandshake, OSError) as error:
                broken += 1
                said = isinstance(error, ConnectionClosed) and error.rcvd is not None
                if said or self._session.hello is None or broken > _MOST_BREAKS:
                    raise
            token, received = self._session.reconnect()
            opening = replace(self._opening, resume=token, received=received)
            self._say("broken", messages=received)
            await asyncio.sleep(_PAUSE_S * (2**broken - 2))

    async def _events_of(self, socket: ClientConnection) -> AsyncIterator[Event]:
        """What comes of one connection; acknowledgements are sent when they are due."""
        while True:
            for message in self._session.data_to_send(time.monotonic()):
                await socket.send(message)
            due = self._session.next_due(time.monotonic())
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - time.monotonic())):
                    data = await socket.recv()
            except TimeoutError:
                continue
            before = self._session.received
            events = self._session.receive(data, time.monotonic())
            # Before the events are told, because the last of them may begin the next step.
            self._report.steps[-1].chunk_bytes += max(0, self._session.received - before)
            for event in events:
                if isinstance(event, Hello):
                    self._go_on(event)
                yield event

    def _go_on(self, hello: Hello) -> None:
        """Say again what may not have been heard, where this is not the first connection."""
        state = self._session.state
        if not hello.resumed and self._wanted_seek:
            self._session.have(self._kept)
        if self._wanted_seek and (not hello.resumed or state is None or state.seek != self._wanted_seek):
            self._wanted_seek = self._session.seek(self._at)

    def _note(self, event: Event) -> None:
        step = self._report.steps[-1]
        match event:
            case Hello():
                self._report.title = event.title
                self._say("hello", title=event.title, session=event.session, resumed=event.resumed)
            case State():
                step.label, step.at = event.label, event.at
                self._say("state", state=event.state, at=event.at, label=event.label, hypothesis=event.hypothesis,
                          certain=event.count.certain, possible=event.count.possible)  # fmt: skip
            case Arrived():
                step.files += not event.held
                step.held += event.held
                if self._output and event.data:
                    (self._output / f"{event.digest}.{EXTENSIONS[event.content]}").write_bytes(event.data)
                self._say("file", content=event.content.name, bytes=event.total, decoded=event.decoded,
                          digest=event.digest, held=event.held)  # fmt: skip
            case Drawn():
                self._note_cut(step, event)
            case Forgotten():
                self._say("evict", files=len(event.digests))
            case Refusal():
                self._say("error", code=event.code, message=event.message)
            case Stats():
                pass

    def _note_cut(self, step: Step, cut: Drawn) -> None:
        step.cuts += 1
        step.tiles = len(cut.nodes)
        passed = self._now() - step.began_s
        step.first_s = passed if step.first_s is None and cut.nodes else step.first_s
        step.complete_s = passed if cut.complete else step.complete_s
        self._say("cut", cut=cut.cut, tiles=len(cut.nodes), complete=cut.complete)

    def _say(self, kind: str, **members: Any) -> None:
        self._tell(kind, {"seconds": round(self._now(), 4), **members})


def _kept(folder: Path) -> list[str]:
    """Digests of the files in a folder that are what their names say."""
    found = []
    for path in sorted(folder.iterdir()):
        named = _KEPT.match(path.name)
        if named and hashlib.sha256(path.read_bytes()).hexdigest() == named[1]:
            found.append(named[1])
    return found


def _tell_json(kind: str, members: dict[str, Any]) -> None:
    print(orjson.dumps({"event": kind, **members}).decode(), flush=True)


_TILES, _FILES, _PLACEMENTS = "[tile|tiles]", "[file|files]", "[placement|placements]"
_LINES: dict[str, Callable[[dict[str, Any]], str]] = {
    "hello": lambda m: f"{m['title']}" + (", where it broke" if m["resumed"] else ""),
    "broken": lambda m: f"the connection, after {m['messages']} messages; going on with the session",
    "state": lambda m: (
        f"{m['state']}: {m['at']} ({m['label']}), {counted(m['certain'] + m['possible'], _PLACEMENTS)}"
        + (f", {m['possible']} of them possible" if m["possible"] else "")
    ),
    "file": lambda m: (
        f"{_size(m['bytes']):>10}  {m['content'].lower():4} {m['digest'][:12]}" + ("  held" if m["held"] else "")
    ),
    "cut": lambda m: f"{m['cut']}: {counted(m['tiles'], _TILES)}" + (", complete" if m["complete"] else ""),
    "evict": lambda m: counted(m["files"], _FILES),
    "error": lambda m: f"{m['code']}: {m['message']}",
}


def _tell_text(kind: str, members: dict[str, Any]) -> None:
    print(f"{members['seconds']:9.3f} s  {kind:6} {_LINES[kind](members)}", flush=True)


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} KB"


def _tell_report(report: Report, *, as_json: bool) -> None:
    if as_json:
        print(orjson.dumps({"event": "report", "scene": report.scene, "title": report.title,
                            "steps": report.steps}).decode())  # fmt: skip
        return
    print()
    for step in report.steps:
        first = "nothing stands" if step.first_s is None else f"first picture {step.first_s:.3f} s"
        held = f", {step.held} held" if step.held else ""
        files, tiles = counted(step.files, _FILES), counted(step.tiles, _TILES)
        print(
            f"{step.at} ({step.label}): {_size(step.chunk_bytes)} in {files}{held}, {tiles}, "
            f"{first}, complete {step.complete_s or 0:.3f} s"
        )
