"""Visitors and curators of `make bench TASKS=load`, for Locust in an environment of its own; see bench/tasks/load.py.

Nine of ten are visitors: they open the gallery, an exhibition's page, ask GraphQL as the viewer does, and stand in its
scene over a stream of `chronotope.v1`, looking about and going through its years. One of ten is a curator, who uploads
a small model by tus, renames a scene, publishes and takes back. Each comes from an address of its own, as a proxy on
this machine says, so that shares count as they do for real.
"""

from __future__ import annotations

import base64
import itertools
import math
import os
import time
from urllib.parse import urlencode

import websocket
from locust import HttpUser, between, events, task

from streaming.client import ClientSession, Drawn

SLUG, SCENE = os.environ["LOAD_SLUG"], os.environ["LOAD_SCENE"]
TOKEN = os.environ["LOAD_TOKEN"]
YEARS = os.environ["LOAD_YEARS"].split()
PLY = (
    b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)
VIEWED = """query ($slug: String!) { exhibition(slug: $slug) { title scene { title layers { title }
    placements(first: 100) { edges { node { id title existence { text } } } } } } }"""
_numbers = itertools.count(1)


class _Somebody(HttpUser):
    abstract = True

    def on_start(self) -> None:
        """Come from an address."""
        number = next(_numbers)
        self.address = f"198.18.{number // 250}.{number % 250 + 1}"
        self.client.headers["X-Forwarded-For"] = self.address

    def ask(self, name: str, query: str, **variables: object) -> dict[str, object]:
        """Ask GraphQL; an error in the answer counts as a failure."""
        with self.client.post(
            "/graphql", json={"query": query, "variables": variables}, name=name, catch_response=True
        ) as answer:
            found = answer.json() if answer.status_code == 200 else {}
            if "data" not in found or found.get("errors"):
                answer.failure(answer.text[:200])
            return found.get("data") or {}


class Visitor(_Somebody):
    """Looks, asks, and stands in the scene."""

    weight = 9
    wait_time = between(2, 8)

    @task(2)
    def gallery(self) -> None:
        """The front page."""
        self.client.get("/", name="gallery")

    @task(2)
    def exhibition(self) -> None:
        """A page, and what the viewer asks first."""
        self.client.get(f"/exhibitions/{SLUG}", name="exhibition page")
        self.ask("GraphQL of the viewer", VIEWED, slug=SLUG)

    @task(1)
    def stock_client(self) -> None:
        """A tileset at a moment."""
        self.client.get(f"/scenes/{SCENE}/tileset.json", name="tileset")

    @task(3)
    def visit(self) -> None:
        """Half a minute in the scene: the time of a visit's events is until what is seen is all there."""
        said = urlencode({"scene": SCENE, "bytes": 64 << 20, "triangles": 500_000, "profile": "phone"})
        address = self.host.replace("http", "ws", 1) + f"/stream?{said}"
        begun, error = time.perf_counter(), None
        try:
            socket = websocket.create_connection(
                address, subprotocols=["chronotope.v1"], header={"X-Forwarded-For": self.address}, timeout=30
            )
        except (OSError, websocket.WebSocketException) as failed:
            self._fire("stream: open", begun, failed)
            return
        try:
            session = ClientSession(budget_bytes=64 << 20, gzip=False, groups=False)
            self._until_complete(session, socket)
            self._fire("stream: first picture", begun)
            for step in range(6):
                begun = time.perf_counter()
                if step % 2:
                    session.seek(YEARS[step % len(YEARS)])
                else:
                    angle = step / 6
                    gaze = (0.0, math.sin(angle / 2), 0.0, math.cos(angle / 2))
                    session.look((4.0 - step, 1.7, 12.0 - step), gaze, fov=1.0, aspect=1.6, height=800)
                self._until_complete(session, socket)
                self._fire("stream: next picture", begun)
                time.sleep(2)
        except (OSError, websocket.WebSocketException) as failed:
            error = failed
        finally:
            socket.close()
        if error is not None:
            self._fire("stream: next picture", begun, error)

    def _until_complete(self, session: ClientSession, socket: websocket.WebSocket) -> None:
        clock, until = time.perf_counter, time.perf_counter() + 30
        while clock() < until:
            for message in session.data_to_send(clock()):
                socket.send(message) if isinstance(message, str) else socket.send_binary(message)
            due = session.next_due(clock())
            socket.settimeout(30 if due is None else max(0.01, due - clock()))
            try:
                kind, data = socket.recv_data()
            except websocket.WebSocketTimeoutException:
                continue
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise websocket.WebSocketException(f"closed: {data!r}")
            received = data.decode() if kind == websocket.ABNF.OPCODE_TEXT else data
            for event in session.receive(received, clock()):
                if isinstance(event, Drawn) and event.complete:
                    return
        raise websocket.WebSocketTimeoutException("the picture was not whole after 30 s")

    def _fire(self, name: str, begun: float, error: Exception | None = None) -> None:
        events.request.fire(
            request_type="WS", name=name, response_time=(time.perf_counter() - begun) * 1e3, response_length=0,
            exception=error, context={},
        )  # fmt: skip


class Curator(_Somebody):
    """Deposits, edits, publishes."""

    weight = 1
    wait_time = between(5, 15)

    def on_start(self) -> None:
        """Sign in, and have a scene and an exhibition of one's own: who edits the same one gets in the other's way."""
        super().on_start()
        self.client.headers["Authorization"] = f"Bearer {TOKEN}"
        made = self.ask(
            "GraphQL: create",
            "mutation ($t: String!) { createScene(input: {title: $t, defaultMoment: \"2000\","
            " viewpoint: {position: [0, 2, 9], target: [0, 1, 0]}}) { scene { id } } }",
            t=self.address,
        )  # fmt: skip
        self.scene = made["createScene"]["scene"]["id"]

    @task(2)
    def upload(self) -> None:
        """A triangle by tus, in one request."""
        name = base64.b64encode(b"triangle.ply").decode()
        headers = {
            "Tus-Resumable": "1.0.0", "Upload-Length": str(len(PLY)), "Upload-Metadata": f"filename {name}",
            "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        self.client.post("/uploads", data=PLY, headers=headers, name="upload")

    @task(3)
    def rename(self) -> None:
        """One revision."""
        self.ask(
            "GraphQL: edit",
            "mutation ($id: ID!, $t: String!) { updateScene(input: {id: $id, title: $t}) { scene { id } } }",
            id=self.scene, t=f"{self.address} {time.time():.0f}",
        )  # fmt: skip

    @task(1)
    def publish(self) -> None:
        """Everybody sees it, and what is shown already stays so."""
        self.ask(
            "GraphQL: publish", "mutation ($id: ID!) { publishExhibition(id: $id) { exhibition { id } } }",
            id=os.environ["LOAD_EXHIBITION"],
        )  # fmt: skip
