"""Who receives a scene over the link, each in a process of its own at the client's end.

| contender | how |
|---|---|
| ours | `chronotope.v1`: `streaming.client` over websockets, against `chronotope serve` |
| peer, default | 3d-tiles-renderer as it comes, 72 frames a second; nginx, HTTP/1.1 over six connections |
| peer, tuned | the same with loadAncestors and loadSiblings false; nginx, HTTP/2 |
| pull in our order | the ablation: files in the order in which our server sent them, tiles in part; nginx, HTTP/2 |

No time of starting an interpreter counts: each begins its clock when it begins to connect. None decodes meshes.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import stream_net as net
from bench.stream_quality import Curve
from bench.stream_scenes import FOV, HEIGHT, WIDTH, Given, Moment
from streaming.opening import MOST, Opening
from tiling.view import View

if TYPE_CHECKING:
    from bench.stream_link import Link

OURS, DEFAULT, TUNED, ORDERED = "chronotope.v1", "3d-tiles-renderer", "3d-tiles-renderer tuned", "pull in our order"
CONTENDERS = (OURS, DEFAULT, TUNED, ORDERED)
_PEERS = Path(__file__).parent / "peers"
TIMEOUT_S = 240.0
_PORTS = {
    (1, False): net.HTTP1, (2, False): net.HTTP2, (1, True): net.HTTP1_TLS, (2, True): net.HTTP2_TLS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Received:
    """What a contender drew, and what it took for it."""

    document: dict[str, Any]
    curve: Curve
    """of the first view, from the beginning"""
    carried: net.Carried


def peers() -> tuple[str, ...]:
    """The contenders that can run here."""
    found: tuple[str, ...] = (OURS,)
    if shutil.which("node") and shutil.which("nginx") and (_PEERS / "node_modules" / "3d-tiles-renderer").is_dir():
        found = CONTENDERS
    return found


def opening_of(given: Given) -> dict[str, Any]:
    """What our client asks for: the view, and more of everything than a view can want."""
    opening = Opening(
        given.scene, at=given.moments[0], eye=given.view.eye, gaze=given.view.gaze, fov=FOV, width=WIDTH,
        height=HEIGHT, error=given.error_px, bytes=MOST.bytes,
        triangles=MOST.triangles, draws=MOST.draws, textures=MOST.textures,
        gzip=True,
        groups=True,
    )  # fmt: skip
    return asdict(opening)


def sheet_of(given: Given, moments: list[Moment], *, is_secure: bool, turn_after: float | None) -> dict[str, Any]:
    """What every contender is told."""
    sheet: dict[str, Any] = {
        **_seen(given.view), "fov": FOV, "width": WIDTH, "height": HEIGHT, "error": given.error_px,
        "opening": opening_of(given), "seeks": given.moments[1:],
        "documents": [moment.document for moment in moments],
        "placements": [moment.placements for moment in moments],
        "secure": is_secure,
    }  # fmt: skip
    if turn_after is not None:
        sheet["turn"] = {**_seen(given.turned), "after_bytes": turn_after}
    return sheet


def _seen(view: View) -> dict[str, Any]:
    return {"eye": view.eye, "gaze": view.gaze}


def only_first(given: Given) -> Given:
    """The scene without its later moments."""
    return replace(given, moments=given.moments[:1])


def receive(
    name: str, sheet: dict[str, Any], moment: Moment, link: Link, work: Path, *, order: dict[str, Any] | None, seed: int
) -> tuple[dict[str, Any], net.Carried]:
    """One contender, once, over a link of its own."""
    said, out = work / "sheet.json", work / "out.json"
    out.unlink(missing_ok=True)
    secure = sheet["secure"]
    if name == OURS:
        sheet = sheet | {"base": f"http{'s' * secure}://{net.ADDRESS}:{net.PORT}"}
        command: list[str | Path] = [net.PYTHON, "-m", "bench.stream_client", said, out]
    else:
        version = 1 if name == DEFAULT else 2
        port = _PORTS[version, secure]
        sheet = sheet | {
            "base": f"http{'s' * secure}://{net.ADDRESS}:{port}", "http": version, "tuned": name == TUNED,
        }  # fmt: skip
        if name == ORDERED:
            assert order is not None, "ours went before it"
            bdp = link.mbit * 1e6 / 8 * link.rtt_ms / 1e3
            sheet |= _ordered(order, moment) | {"window": max(160 << 10, 2 * bdp)}
        command = ["node", _PEERS / ("ordered.mjs" if name == ORDERED else "tiles.mjs"), said, out]
    said.write_text(json.dumps(sheet))
    with net.link(link, seed=seed) as carried:
        net.run(net.CLIENT, command, timeout_s=TIMEOUT_S)
    return json.loads(out.read_bytes()), carried


def _ordered(order: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """What our server sent, in its order, as files; and the cuts, each with the files that the one before lacks.

    Tiles that stand for groups of placements are not among the static files, and are left out.
    """
    forest = moment.forest
    known = {*forest.content, *(name.partition(".")[0] for names in forest.needs for name in names)}
    files = [
        {"path": f"/blobs/{digest}.{kind}", "bytes": total} for digest, total, kind in order["order"] if digest in known
    ]
    needs = {digest: names for digest, names in zip(forest.content, forest.needs, strict=True) if names}
    cuts, told = [], set[str]()
    for each in order["log"]:
        wanted = {f"/blobs/{digest}.glb" for placement, digest in each["shown"] if placement}
        wanted |= {f"/blobs/{name}" for _, digest in each["shown"] for name in needs.get(digest, ())}
        cuts.append({"files": sorted(wanted - told), "shown": each["shown"], "hidden": each["hidden"]})
        told |= wanted
    return {"order": files, "cuts": cuts}
