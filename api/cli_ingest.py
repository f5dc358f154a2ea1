"""`chronotope ingest`: deposit files by tus in a running server, or straight in a data directory; print the ids."""

from __future__ import annotations

import base64
import contextlib
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import orjson

from api.cli_keep import prepared, user_name
from api.cli_pack import one_file
from api.cli_progress import fraction_bar, progress_bar
from api.data_directory import held
from api.errors import TABLE, DoorError, message_of
from api.settings import SettingsError
from scenes.counting import counted
from scenes.errors import NotFound, SceneError, Unsupported
from scenes.model import Actor, Asset, JobState, Layer, Placement, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from api.services import Services

_CHUNK = 8 << 20
_TRIES = 6
_NOWHERE = "its file does not say where on the Earth it lies"
_PLACED, _TAKEN = "placed where its file says that it lies", "lies where the first survey of it says"
_ENDED = frozenset({JobState.DONE, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a job stands, and what its asset has become."""

    state: JobState
    progress: float
    message: str
    code: str
    figures: Mapping[str, float]
    """tiles, triangles and vertices (or points) of a model, duration (s) of a recording, width and height of a picture,
    once there"""
    report: tuple[str, ...] = ()
    """what was found in the file, and what became of annotations"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement by where the file says that it lies."""

    placement: str
    notes: Sequence[str]
    """what stands between that and the truth"""


class Door(Protocol):
    """The two ways in."""

    def deposit(self, path: Path, about: Mapping[str, str]) -> tuple[str, str]:
        """Deposit a file; ids of the asset and the job."""
        ...

    def stand(self, asset_id: str, job_id: str) -> Stand:
        """How far it is."""
        ...

    def place(self, asset_id: str, layer: str) -> Placed:
        """Have a ready asset stand in a layer where its file says that it lies.

        Raises:
            DoorError, SceneError: the file does not say, or there is no such layer.
        """
        ...


def ingest(
    files: Sequence[Path],
    about: Mapping[str, str],
    *,
    data: Path | None,
    server: str | None,
    token: str | None,
    wait: bool,
    as_json: bool,
    place: str = "",
) -> None:
    """Deposit `files` one after the other, each with `about`; print a line or a JSON object for each.

    With `place`, a layer's id, each one is placed there as its file says where it lies.

    Raises:
        DoorError: one of the files was refused; the others are in.
    """
    for path in files:
        if not path.exists():
            raise DoorError("NOT_FOUND", f"there is no file {path}")
        if not path.is_file():
            raise DoorError("UNSUPPORTED", f"{path} is no plain file")
    faults: list[tuple[str, str]] = []
    answers = []
    with _remote(server, token) if server else _local(data, work=wait) as door:
        for path in files:
            answer, fault = _one(door, path, about, wait=wait, place=place)
            answers.append(answer)
            if fault:
                faults.append((fault[0], f"{path.name}: {fault[1]}"))
            if not as_json:
                print(f"{answer['asset'] or '-'}  {path.name}  {_in_words(answer)}", flush=True)
                for line in (*_of_annotations(answer), *_of_placing(answer)):
                    print(f"  {line}", flush=True)
    if as_json:
        print(orjson.dumps(answers).decode())
    if faults:
        more = "" if len(faults) == 1 else f" (and {len(faults) - 1} more of {len(files)} files)"
        raise DoorError(faults[0][0], faults[0][1] + more)


def _in_words(answer: Mapping[str, object]) -> str:
    if answer["state"] != "done":
        reason = f"{answer['code']}: {answer['message']}" if answer["code"] else ""
        return " ".join(f"{answer['state']} {reason}".split())
    if answer.get("duration") is not None:
        return f"a recording of {float(str(answer['duration'])):,.1f} s"
    if answer.get("width") is not None:
        return f"a picture of {int(str(answer['width'])):,} × {int(str(answer['height'])):,} pixels"
    triangles, vertices, tiles = (int(str(answer[each])) for each in ("triangles", "vertices", "tiles"))
    what = counted(triangles, "[triangle|triangles]") if triangles else counted(vertices, "[point|points]")
    return f"{what} in {counted(tiles, '[tile|tiles]')}"


def _of_annotations(answer: Mapping[str, object]) -> list[str]:
    """What became of those of the version before: how many were carried over, and which are flagged and why."""
    report = answer.get("report")
    return [line for line in report if line.startswith("annotations: ")] if isinstance(report, list) else []


def _of_placing(answer: Mapping[str, object]) -> list[str]:
    """Where it stands now."""
    notes = answer.get("placing")
    said = [f"note: {line}" for line in notes] if isinstance(notes, list) else []
    return [f"stands as {answer['placement']}", *said] if answer.get("placement") else []


def _one(
    door: Door, path: Path, about: Mapping[str, str], *, wait: bool, place: str
) -> tuple[dict[str, object], tuple[str, str] | None]:
    """Deposit a file and wait for it: what to print, and code and reason where it was refused."""
    answer: dict[str, object] = {"file": str(path), "asset": None, "job": None, "state": "refused"}
    try:
        with one_file(path) as whole:
            asset_id, job_id = door.deposit(whole, about)
    except _Broken:
        raise
    except (SceneError, DoorError) as e:
        return answer | {"code": e.code, "message": message_of(e)}, (e.code, message_of(e))
    answer |= {"asset": asset_id, "job": job_id}
    if not wait:
        return answer | {"state": "queued", "code": "", "message": ""}, None
    with fraction_bar(path.name) as reach:
        while (stand := door.stand(asset_id, job_id)).state not in _ENDED:
            reach(stand.progress, stand.message)
            time.sleep(0.2)
    answer |= {"state": stand.state.value, "code": stand.code, "message": stand.message, **stand.figures}
    answer |= {"report": list(stand.report)}
    if stand.state is JobState.DONE:
        return _placed(door, answer, asset_id, place) if place else (answer, None)
    return answer, (stand.code or "REFUSED", stand.message)


def _placed(
    door: Door, answer: dict[str, object], asset_id: str, layer: str
) -> tuple[dict[str, object], tuple[str, str] | None]:
    try:
        done = door.place(asset_id, layer)
    except (SceneError, DoorError) as e:
        return answer, (e.code, f"it is deposited, but not placed: {message_of(e)}")
    return answer | {"placement": done.placement, "placing": list(done.notes)}, None


class _Local:
    """Straight into a data directory."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._actor = Actor(user_name(), Role.CURATOR)

    def deposit(self, path: Path, about: Mapping[str, str]) -> tuple[str, str]:
        """See `Door`."""
        from scenes.ingest import deposit
        from scenes.versions import checked_limit, deposit_version

        new = {key: value for key, value in about.items() if key not in ("asset", "limit")}
        with path.open("rb") as source:
            if about.get("asset"):
                limit = checked_limit(about.get("limit", ""))
                asset, job = deposit_version(
                    self._services, self._actor, source, asset_id=about["asset"], name=path.name, limit=limit
                )
            else:
                asset, job = deposit(self._services, self._actor, source, name=path.name, **new)
        return asset.id, job.id

    def stand(self, asset_id: str, job_id: str) -> Stand:
        """See `Door`."""
        job, asset = self._services.jobs.job(job_id), self._services.catalogue.get(Asset, asset_id)
        assert job is not None, "it was enqueued a moment ago"
        tileset, media = (asset.tileset, asset.media) if asset else (None, None)
        figures: dict[str, float] = {}
        if tileset is not None:
            figures = {"tiles": tileset.tiles, "triangles": tileset.triangles, "vertices": tileset.vertices}
        if media is not None:
            said = {"duration": media.duration_s, "width": media.width, "height": media.height}
            figures |= {key: value for key, value in said.items() if value is not None}
        return Stand(job.state, job.progress, job.message, job.code, figures, asset.report if asset else ())

    def place(self, asset_id: str, layer: str) -> Placed:
        """See `Door`."""
        from scenes import compose, placing

        catalogue = self._services.catalogue
        asset, strand = catalogue.get(Asset, asset_id), catalogue.get(Layer, layer)
        scene = None if strand is None else catalogue.get(Scene, strand.scene)
        if strand is None or scene is None:
            raise NotFound(f"there is no layer {layer[:80]}")
        if asset is None or asset.tileset is None or asset.tileset.survey is None:
            raise Unsupported(_NOWHERE)
        how = placing.proposed(asset.tileset.survey, scene.georeference)
        if how.georeference is not None:
            compose.update(Scene, self._services, self._actor, scene.id, georeference=how.georeference, reason=_TAKEN)
        done = compose.create(
            Placement, self._services, self._actor, layer=layer, asset=asset_id, transform=how.transform, reason=_PLACED
        )
        return Placed(done.record.id, how.notes)


@contextmanager
def _local(data: Path | None, *, work: bool) -> Iterator[Door]:
    from api.sandboxed import sandboxed_tile
    from api.services import open_services
    from api.worker import Worker

    settings = prepared(data)
    with ExitStack() as stack:
        services = stack.enter_context(open_services(settings))
        # Where a server holds the directory, its worker takes the jobs; else one works here as long as we wait.
        with contextlib.suppress(SettingsError):
            stack.enter_context(held(settings.data))
            if work:
                worker = Worker(services, sandboxed_tile(settings))
                worker.start(1)
                stack.callback(worker.stop)
        yield _Local(services)


@contextmanager
def _remote(server: str, token: str | None) -> Iterator[Door]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = httpx.Timeout(30, read=120)
    with httpx.Client(base_url=server.rstrip("/"), headers=headers, timeout=timeout) as client:
        yield _Remote(client)


class _Remote:
    """By tus and GraphQL."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def deposit(self, path: Path, about: Mapping[str, str]) -> tuple[str, str]:
        """See `Door`. A connection that breaks is taken up again where the server says that it stands."""
        metadata = {"filename": path.name, **{key: value for key, value in about.items() if value}}
        size = path.stat().st_size
        begun = self._send(
            "POST",
            "/uploads",
            headers={
                "Upload-Length": str(size),
                "Upload-Metadata": ",".join(
                    f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
                ),
            },
        )
        # Only the path counts: behind a proxy the server may call itself by another name than we do.
        where = httpx.URL(begun.headers["Location"]).path
        answer, offset = begun, 0
        with path.open("rb") as file, progress_bar(f"uploading {path.name}", size) as advance:
            while offset < size:
                file.seek(offset)
                answer = self._append(where, offset, file.read(_CHUNK))
                reached = int(answer.headers["Upload-Offset"])
                advance(reached - offset)
                offset = reached
        if "Chronotope-Asset" not in answer.headers:
            answer = self._send("HEAD", where)
        return answer.headers["Chronotope-Asset"], answer.headers["Chronotope-Job"]

    def _append(self, where: str, offset: int, chunk: bytes) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        for attempt in range(_TRIES):
            try:
                return self._send("PATCH", where, headers=headers, content=chunk)
            except _Broken:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.25 * 2**attempt)
            with contextlib.suppress(_Broken):
                reached = self._send("HEAD", where)
                if reached.headers["Upload-Offset"] != str(offset):
                    return reached
        raise AssertionError("the last attempt returns or raises")

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> httpx.Response:
        sent = {"Tus-Resumable": "1.0.0", **(headers or {})}
        return checked(lambda: self._client.request(method, path, headers=sent, content=content), self._client)

    def stand(self, asset_id: str, job_id: str) -> Stand:
        """See `Door`."""
        query = """query Stand($job: ID!, $asset: ID!) {
            job: node(id: $job) { ... on Job { state progress message code } }
            asset: node(id: $asset) { ... on Asset {
                report tileset { tiles triangles vertices } media { duration width height }
            } }
        }"""
        answer = self._ask(query, job=job_id, asset=asset_id)
        job, asset = answer["job"], answer["asset"]
        if job is None:
            raise DoorError("NOT_FOUND", f"the server does not know the job {job_id}")
        said = (asset["tileset"] or asset["media"] or {}) if asset else {}
        figures = {key: value for key, value in said.items() if value is not None}
        state, report = JobState(job["state"].lower()), tuple(asset["report"]) if asset else ()
        return Stand(state, job["progress"], job["message"], job["code"] or "", figures, report)

    def place(self, asset_id: str, layer: str) -> Placed:
        """See `Door`."""
        query = """query Placing($asset: ID!, $layer: ID!) { node(id: $asset) { ... on Asset { placing(layer: $layer) {
            scene transform notes georeference { longitude latitude height heading }
        } } } }"""
        how = (self._ask(query, asset=asset_id, layer=layer)["node"] or {}).get("placing")
        if how is None:
            raise DoorError("UNSUPPORTED", f"{_NOWHERE}, or there is no layer {layer[:80]}")
        if how["georeference"] is not None:
            taken = {"id": how["scene"], "georeference": how["georeference"], "reason": _TAKEN}
            self._ask("mutation T($i: UpdateSceneInput!) { updateScene(input: $i) { scene { id } } }", i=taken)
        made = {"layer": layer, "asset": asset_id, "transform": how["transform"], "reason": _PLACED}
        create = "mutation P($i: CreatePlacementInput!) { createPlacement(input: $i) { placement { id } } }"
        return Placed(self._ask(create, i=made)["createPlacement"]["placement"]["id"], how["notes"])

    def _ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer = checked(lambda: self._client.post("/graphql", json=body), self._client).json()
        if answer.get("errors"):
            first = answer["errors"][0]
            raise _refused(first.get("extensions", {}).get("code", ""), first.get("message", "no reason was given"))
        found: dict[str, Any] = answer["data"]
        return found


class _Broken(DoorError):
    """The connection broke; it may be tried again."""


def checked(send: Callable[[], httpx.Response], client: httpx.Client) -> httpx.Response:
    """The answer of the server; its refusal as our own error."""
    try:
        answer = send()
    except httpx.TransportError as e:
        raise _Broken("UNAVAILABLE", f"{client.base_url} does not answer ({type(e).__name__}: {e})") from e
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        code, detail = str(problem.get("code", "")), str(problem.get("detail", ""))
    except ValueError:
        code, detail = "", ""
    if not code:
        by_status = (kind.code for kind in TABLE.values() if kind.status == answer.status_code)
        code = next(by_status, "REFUSED")
    raise _refused(code, detail or f"the server answered {answer.status_code}")


def _refused(code: str, message: str) -> DoorError:
    return DoorError(code if code in TABLE and code != "INTERNAL" else "REFUSED", message)
