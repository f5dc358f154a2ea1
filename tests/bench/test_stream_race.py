"""Rows out of contenders' logs, and the clients themselves against real servers where they are installed."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bench.stream_quality import Curve, Shown, Wanted
from bench.stream_race import answered, new_in


def wanted(*paths):
    keys = tuple(tuple(("p", name) for name in path.split("/")) for path in paths)
    return Wanted(keys, ((1.0,) * 3,) * len(keys), (frozenset(),) * len(keys), np.ones(len(keys)), 1, len(keys), 1.0)


def test_new_in_a_view_is_what_is_on_no_way_of_the_first():
    first = wanted("root/near/a", "root/near/b")
    turned = wanted("root/near/b", "root/far/c")
    assert new_in(turned, first) == {("p", "far"), ("p", "c")}


def test_the_answer_is_the_first_new_tile_that_can_be_one():
    new = frozenset({("p", "c"), ("p", "d")})
    log = [Shown(0.1, (("p", "a"),)), Shown(0.2, (("p", "c"),)), Shown(0.4, (("p", "a"),)), Shown(0.5, (("p", "d"),))]
    assert answered(log, new, 0.15) == 0.2
    assert answered(log, new, 0.3) == 0.5
    assert math.isinf(answered(log, new, 0.6))


def test_a_tile_that_comes_back_into_view_is_no_answer():
    tile = ("p", "c")
    log = [Shown(0.1, (tile,)), Shown(0.2, (), (tile,)), Shown(0.5, (tile,))]
    assert math.isinf(answered(log, frozenset({tile}), 0.3))


def test_quality_counts_from_when_it_stays():
    curve = Curve((1.0, 2.0, 3.0, 4.0), (0.6, 0.4, 0.7, 0.9), 1.0, math.inf)
    assert curve.reached(0.5) == 3.0


PEERS = Path(__file__).parents[2] / "bench" / "peers"


@pytest.mark.skipif(
    not (shutil.which("node") and (PEERS / "node_modules" / "3d-tiles-renderer").is_dir()), reason="no peers installed"
)
@pytest.mark.parametrize("is_tuned", [False, True])
def test_the_peer_shows_what_the_view_wants(tmp_path, is_tuned):
    import functools
    import http.server
    import threading

    from scenes import glb

    box = [0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1]
    leaf = {"boundingVolume": {"box": box}, "geometricError": 0, "content": {"uri": "blobs/leaf.glb"}}
    root = {
        "boundingVolume": {"box": box}, "geometricError": 5, "refine": "REPLACE", "children": [leaf],
        "content": {"uri": "blobs/root.glb"},
    }  # fmt: skip
    top = {"boundingVolume": {"box": box}, "geometricError": 10, "refine": "ADD", "children": [root]}
    document = {"asset": {"version": "1.1"}, "geometricError": 10, "root": top}
    (tmp_path / "blobs").mkdir()
    (tmp_path / "tileset.json").write_text(json.dumps(document))
    for name in ("root", "leaf"):
        (tmp_path / "blobs" / f"{name}.glb").write_bytes(glb.write(b'{"asset":{"version":"2.0"}}'))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sheet = {
            "eye": [0, 0, 20], "gaze": [0, 0, 0, 1], "fov": 1.0, "width": 1000, "height": 1000, "error": 4,
            "documents": ["/tileset.json"], "placements": [["thing"]], "http": 1, "tuned": is_tuned,
            "base": f"http://127.0.0.1:{server.server_address[1]}",
        }  # fmt: skip
        (tmp_path / "sheet.json").write_text(json.dumps(sheet))
        command = ["node", str(PEERS / "tiles.mjs"), str(tmp_path / "sheet.json"), str(tmp_path / "out.json")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        server.shutdown()
    assert not done.returncode, done.stderr
    drawn = set()
    for entry in json.loads((tmp_path / "out.json").read_text())["log"]:
        drawn -= set(map(tuple, entry["hidden"]))
        drawn |= set(map(tuple, entry["shown"]))
    assert drawn == {("thing", "leaf")}
