"""A server on a disk that is full or fails: 507 or 503 with a reason, reading goes on, and then writing as well.

The real server under strace, all threads of it, and a client over HTTP. A fault is there from the first of its calls on
until strace lets go, or strikes one of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from scenes.errors import StorageFull, Unavailable
from tests.api.command import Server, served, token
from tests.faults.failing import FAULTS
from tests.faults.killed import Ground, Tally, after
from tests.faults.operations import CHIME
from tests.faults.tracing import attach

CALLS = ("pwrite64", "fsync", "fdatasync", "mkdir", "rename", "unlink")
"""`write` is not among them: threads wake each other by it, too"""
FIRST = (1, 2, 3, 5)
"""numbers of the call in its thread from which on, or at which, it fails"""
_ANSWERS = {"ENOSPC": (507, StorageFull.code), "EIO": (503, Unavailable.code)}


def campaign(base: Path, *, calls: Sequence[str] = CALLS, numbers: Sequence[int] = FIRST) -> Tally:
    """Each call, each number, each error, on one server that goes on all the time."""
    tally = Tally("serve")
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ground = Ground(base, Path(folder))
        ground.lay("serve")
        secret = token(ground.data)
        with served(ground.data, CHRONOTOPE_WORKERS="0") as server:
            headers = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
                for error in _ANSWERS:
                    for call in calls:
                        for number in numbers:
                            tally.points += 1
                            label = f"{error} {call} {number}"
                            tally.wrong += [f"{label}: {each}" for each in _one(ground, server, client, label)]
                            tally.not_reached += "INJECTED" not in (ground.scratch / "trace").read_text()
        tally.wrong += after(ground, "serve", [], again=False)
    tally.tell("served")
    return tally


def _one(ground: Ground, server: Server, client: httpx.Client, label: str) -> Iterator[str]:
    error, call, number = label.split()
    what, and_on = FAULTS[error].removesuffix("+"), "+" if FAULTS[error].endswith("+") else ""
    inject = f"inject={call}:{what}:when={number}{and_on}"
    words = ("-e", f"trace={call}", "-e", inject)
    strace = attach(server.process.pid, ground.scratch / "trace", *words, follows=True)
    try:
        yield from _refused(client, error)
        yield from _read(client)
    finally:
        strace.let_go()
    yield from (f"when it was well again, {each}" for each in _done(client))


def _changed(client: httpx.Client) -> httpx.Response:
    text = 'mutation { updateScene(input: {id: "scene_faults", title: "Agora"}) { revision { number } } }'
    return client.post("/graphql", json={"query": text})


def _uploaded(client: httpx.Client) -> httpx.Response:
    begun = client.post("/uploads", headers={"Upload-Length": str(len(CHIME)), "Upload-Metadata": "filename YS5mbGFj"})
    if not begun.is_success:
        return begun
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    return client.patch(httpx.URL(begun.headers["Location"]).path, headers=headers, content=CHIME)


def _refused(client: httpx.Client, error: str) -> Iterator[str]:
    """What is wrong with the answers to what writes: each is done, or refused as it must be."""
    status, code = _ANSWERS[error]
    changed = _changed(client).json()
    codes = {each["extensions"]["code"] for each in changed.get("errors", [])}
    if not codes <= {code}:
        yield f"a change was refused with {codes}"
    uploaded = _uploaded(client)
    if not uploaded.is_success and (uploaded.status_code, uploaded.json().get("code")) != (status, code):
        yield f"an upload was answered with {uploaded.status_code} {uploaded.text[:200]}"


def _read(client: httpx.Client) -> Iterator[str]:
    told = client.post("/graphql", json={"query": '{ scene(id: "scene_faults") { title } }'}).json()
    if told.get("data", {}).get("scene") != {"title": "Agora"}:
        yield f"a scene cannot be read: {told}"
    tiles = client.get("/assets/asset_stone/tileset.json")
    if tiles.status_code != 200:
        yield f"tiles cannot be read: {tiles.status_code} {tiles.text[:200]}"


def _done(client: httpx.Client) -> Iterator[str]:
    changed, uploaded = _changed(client).json(), _uploaded(client)
    if "errors" in changed:
        yield f"a change is refused: {changed['errors']}"
    if not uploaded.is_success:
        yield f"an upload is refused: {uploaded.status_code} {uploaded.text[:200]}"
