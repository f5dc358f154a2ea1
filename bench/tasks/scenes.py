"""What a scene at a moment costs: as 3D Tiles in groups with proxies, and as one file.

Towns of 100, 1,000 and 10,000 buildings of twenty kinds that stand in the year 500, and ten times as many in the
centuries around it or none. A hundredth of those that stand in 500 are gone in 501. All from scratch, without a server:
processor time of one thread, bytes as gzip 9 leaves them where that is said. "flat" is every placement a child of the
root, as it was before there were groups. Draw calls are of what a client with the usual tolerance of 16 pixels (fovy
60°, 1,080 pixels high) shows from a given distance; near by, and the flat one everywhere, a building is one at least.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from pipeline.tile import TileSettings, tile_file
from scenes import closed_set
from scenes.allowance import Allowance
from scenes.assemble import composite_tileset, document_bytes, scene_tileset
from scenes.gltf_build import write_glb
from scenes.ladders import Ladders
from scenes.model import Asset, AssetState, Placement, Scene, Viewpoint, Visibility
from scenes.scene_glb import scene_glb
from scenes.table import MomentTable, SceneTable, table_of
from storage.derived_sqlite import SqliteDerived
from tiling import content
from tiling.check import check
from tiling.mesh import Material, Model, Primitive

Row = tuple[str, str, str, float, str]

_KINDS = 20
_SIZES = (100, 1_000, 10_000)
_HISTORIES = (1, 10)
_CHECKED = 1_000
"""placements up to which everything is decoded and checked"""
_TRIANGLES = 200_000
_PIXELS = 16.0
_PIXELS_PER_METRE_AT_ONE = 1080 / (2 * np.tan(np.radians(30)))
_WORK = 1e12
SCENE = Scene("scene_town", "A town", "", "0500", Visibility.PUBLIC, Viewpoint((0, 10, 50), (0, 0, 0)))


def _ball(centre: tuple[float, float, float], radius: tuple[float, float, float], rows: int) -> Primitive:
    """A rounded block: something that takes triangles and can do with fewer."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * rows + 1), np.linspace(-np.pi / 2, np.pi / 2, rows + 1))
    unit = np.stack([np.cos(v) * np.cos(u), np.sin(v), np.cos(v) * np.sin(u)], axis=-1)
    shape = np.sign(unit) * np.abs(unit) ** 0.4
    number = np.arange(u.size, dtype=np.uint32).reshape(u.shape)
    a, b, c, d = (x.reshape(-1) for x in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    triangles = np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)])
    return Primitive(positions=(shape * radius + centre).reshape(-1, 3), indices=triangles)


def _house(kind: int) -> Model:
    """A hall, a tower and a porch of posts, each kind of other measures and another colour."""
    chance = np.random.default_rng(kind)
    length, width, height = (float(value) for value in chance.uniform((6, 5, 4), (14, 9, 9)))
    parts = [_ball((0, height / 2, 0), (width / 2, height / 2, length / 2), 40)]
    parts.append(_ball((width / 2, height, length / 2), (1.5, height, 1.5), 24))
    parts += [
        _ball((-width / 2 - 1, 1.5, float(z)), (0.2, 1.5, 0.2), 10) for z in np.linspace(-length / 2, length / 2, 5)
    ]
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    whole = Primitive(
        positions=np.concatenate([part.positions for part in parts]),
        indices=np.concatenate([p.indices + np.uint32(s) for p, s in zip(parts, starts[:-1], strict=True)]),
    )
    red, green, blue = (float(value) for value in chance.uniform(0.2, 0.9, 3))
    return Model((whole,), (Material("wall", base_colour=(red, green, blue, 1.0)),))


@dataclass
class _Museum:
    """Assets and their blobs, in memory."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)


@cache
def houses() -> _Museum:
    museum = _Museum()
    for kind in range(_KINDS):
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "house.glb", Path(folder) / "out"
            out.mkdir()
            source.write_bytes(write_glb(_house(kind)))
            result = tile_file(source, "house.glb", out, TileSettings(), lambda _fraction, _message: None)
            for path in out.iterdir():
                data = path.read_bytes()
                museum.blobs[hashlib.sha256(data).hexdigest()] = data
        name = f"asset_{kind}"
        museum.assets[name] = Asset(
            name, f"House {kind}", "https://creativecommons.org/publicdomain/zero/1.0/", "0" * 64, "house.glb",
            "model/gltf-binary", 1, AssetState.READY, Visibility.PUBLIC, datetime(2026, 1, 1, tzinfo=UTC), "bench",
            tileset=result.tileset,
        )  # fmt: skip
    return museum


def buildings(standing: int, history: int) -> list[Placement]:
    """`standing` buildings in 500, one on 18 m by 18 m, and as many in each other time."""
    chance = np.random.default_rng(standing)
    side = 18.0 * np.sqrt(standing)
    found = []
    for number in range(standing * history):
        turn = float(chance.uniform(0, 2 * np.pi))
        x, z = (float(value) for value in chance.uniform(-side / 2, side / 2, 2))
        era = number // standing
        # Those of other times stood three hundred years before, six hundred, …
        end = 500 if number % 100 == 0 else 600
        existence = f"0400/{end:04d}" if not era else f"{_year(400 - 300 * era)}/{_year(600 - 300 * era)}"
        c, s = float(np.cos(turn)), float(np.sin(turn))
        transform = (c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, x, 0, z, 1)
        kind = int(chance.integers(_KINDS))
        found.append(
            Placement(
                f"placement_{number:06}", SCENE.id, "layer", f"asset_{kind}", f"No. {number}", existence, transform
            )
        )
    return found


def _year(number: int) -> str:
    return f"{number:04d}" if number >= 0 else f"-{-number:04d}"


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    museum = houses()
    # Compiled code is loaded, and not counted.
    for _ in _one(museum, 40, 1):
        pass
    for standing in _SIZES:
        for history in _HISTORIES:
            given = f"{standing:,} of {standing * history:,} placements"
            for contender, metric, value, unit in _one(museum, standing, history):
                yield contender, given, metric, value, unit


def _one(museum: _Museum, standing: int, history: int) -> Iterator[tuple[str, str, float, str]]:
    placements = buildings(standing, history)
    start = process_time()
    table = table_of(SCENE, placements, ())
    table.at("0500")
    yield "chronotope", "table of all times, once", process_time() - start, "s"
    with tempfile.TemporaryDirectory() as folder:
        derived = SqliteDerived(Path(folder) / "derived.db")
        yield from _tilesets(museum, table, derived)
        yield from _files(museum, table, Ladders(derived, museum.blobs.__getitem__))
        derived.close()


def _tilesets(museum: _Museum, table: SceneTable, derived: SqliteDerived) -> Iterator[tuple[str, str, float, str]]:
    def at(year: str, ladders: Ladders) -> tuple[dict[str, Any], MomentTable, float, Allowance]:
        allowance = Allowance(_WORK)
        start = process_time()
        moment = table.at(year)
        document = composite_tileset(
            SCENE, moment, museum.assets, derived=derived, ladders=ladders, allowance=allowance
        )
        document_bytes(document)
        return document, moment, process_time() - start, allowance

    def fresh() -> Ladders:
        return Ladders(derived, museum.blobs.__getitem__)

    kept = fresh()
    first, moment, taken, _ = at("0500", kept)
    start = process_time()
    stands = len(moment.standing)
    yield "chronotope", "what stands", (process_time() - start) * 1e3, "ms"
    yield "chronotope", "stand", stands, "placements"
    yield "chronotope", "tileset, nothing made", taken, "s"
    yield "chronotope", "tileset, all made", at("0500", fresh())[2] * 1e3, "ms"
    before = _parts(first, derived)
    # The ladders are in memory by now, as in a server.
    later, _, taken, _ = at("0501", kept)
    after = _parts(later, derived)
    new = {digest: length for digest, length in after.items() if digest not in before}
    yield "chronotope", "tileset, a year later", taken * 1e3, "ms"
    yield "chronotope", "parts of it", len(before), "files"
    yield "chronotope", "parts of it, new a year later", len(new), "files"
    yield "chronotope", "bytes of parts, gzip", sum(before.values()), "bytes"
    yield "chronotope", "bytes of new parts, gzip", sum(new.values()), "bytes"
    yield "chronotope", "root tileset.json", len(document_bytes(first)), "bytes"
    flat = document_bytes(scene_tileset(SCENE, moment, museum.assets))
    yield "flat", "root tileset.json", len(flat), "bytes"
    yield "chronotope", "first image, gzip", _first_image(first, derived), "bytes"
    side = 18.0 * np.sqrt(stands)
    for words, distance in (("ten widths away", 10 * side), ("one width away", side), ("in its middle", 0.0)):
        yield "chronotope", f"draw calls, {words}", _draws(first["root"], derived, (0.0, 2.0, distance)), "calls"
    yield "flat", "draw calls, ten widths away", stands, "calls"
    if stands <= _CHECKED:
        found = [
            finding
            for document in (first, later)
            for finding in check(document_bytes(document), lambda uri: _get(museum, derived, uri), uri="/s/t.json")
        ]
        yield "chronotope", "what the checker finds", len(found), "faults"


def _files(museum: _Museum, table: SceneTable, ladders: Ladders) -> Iterator[tuple[str, str, float, str]]:
    moment = table.at("0500")
    for words, instancing in (("one file", False), ("one file, instanced", True)):
        start = process_time()
        data = scene_glb(
            SCENE, moment, museum.assets, museum.blobs.__getitem__,
            triangles=_TRIANGLES, instancing=instancing, ladders=ladders,
        )  # fmt: skip
        yield "chronotope", words, process_time() - start, "s"
        yield "chronotope", f"{words}: bytes", len(data), "bytes"
        document = content.read(data).document
        calls = sum(len(document["meshes"][node["mesh"]]["primitives"]) for node in document["nodes"] if "mesh" in node)
        yield "chronotope", f"{words}: draw calls", calls, "calls"


def _digest(uri: str) -> str:
    return uri.rpartition("/")[2].partition(".")[0]


def _get(museum: _Museum, derived: SqliteDerived, uri: str) -> bytes | None:
    known = museum.blobs.get(_digest(uri))
    made = closed_set.content_of(derived, _digest(uri)) if known is None else None
    return known if made is None else made.data


def _parts(document: Mapping[str, Any], derived: SqliteDerived) -> dict[str, int]:
    """Bytes, by gzip, of all proxies and documents of groups."""
    found: dict[str, int] = {}
    waiting = [document["root"]]
    while waiting:
        tile = waiting.pop()
        waiting += tile.get("children", ())
        made = closed_set.content_of(derived, _digest(tile.get("content", {}).get("uri", "")))
        if made is not None:
            found[_digest(tile["content"]["uri"])] = len(made.packed)
            if made.media_type == "application/json":
                waiting.append(json.loads(made.data)["root"])
    return found


def _first_image(document: Mapping[str, Any], derived: SqliteDerived) -> int:
    """Bytes of what the root shows; of the document itself, too, where there is no such thing."""
    made = closed_set.content_of(derived, _digest(document["root"].get("content", {}).get("uri", "")))
    return len(gzip.compress(document_bytes(document), 9)) if made is None else len(made.packed)


def _draws(tile: Mapping[str, Any], derived: SqliteDerived, eye: tuple[float, float, float]) -> int:
    """Draw calls of the cut that a client shows from an eye (x, y, z, y up) that looks everywhere."""
    made = closed_set.content_of(derived, _digest(tile.get("content", {}).get("uri", "")))
    if made is not None and made.media_type == "application/json":
        tile = json.loads(made.data)["root"]
    if "placement" in tile["extras"]["chronotope"]:
        return 1
    box = np.array(tile["boundingVolume"]["box"])
    centre, half = box[:3], np.abs(box[3:].reshape(3, 3)).sum(axis=0)
    out = np.maximum(np.abs(np.array([eye[0], -eye[2], eye[1]]) - centre) - half, 0.0)
    distance = max(float(np.linalg.norm(out)), 1e-3)
    pixels = tile["geometricError"] * _PIXELS_PER_METRE_AT_ONE / distance
    if pixels <= _PIXELS and "content" in tile:
        return 1
    return sum(_draws(child, derived, eye) for child in tile["children"])
