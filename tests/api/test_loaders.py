"""The number of statements depends on the shape of a query, never on how much it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from api.schema import router
from api.settings import Settings
from scenes.model import (
    Anchor,
    Annotation,
    Article,
    Audio,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Epoch,
    Family,
    Hypothesis,
    Layer,
    LifeEvent,
    ObjectStatus,
    Person,
    PersonName,
    Picture,
    Placement,
    Record,
    Relation,
    Scene,
    StatusKind,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)
from scenes.ports import Put
from storage.catalogue_sqlite import SqliteCatalogue
from tests.api.museum import Doors
from tests.contracts.samples import NOON, asset, job

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = """
query ($first: Int!, $scenes: Int!) {
  scenes(first: $scenes) { pageInfo { hasNextPage } nodes {
    id revision defaultHypothesis { title } exhibitions { slug }
    history(last: 3) { number } layers { title } epochs { existence { label } }
    hypotheses { title contrastsWith { title } buildsOn { title } }
    annotations { title placement { title layer { title } } }
    tours { steps { hypothesis { title } } }
    placements(first: $first) { edges { cursor node {
      title certainty revision existence { label startEarliestYear }
      layer { title } hypothesis { title buildsOn { title } }
      asset { title revision tileset { triangles } jobs { state asset { title } } }
    } } }
    at(time: "-0430") { placements { certainty placement { title asset { title } layer { title } } } }
  } }
  assets(first: 100) { nodes { title jobs { state } } }
}
"""


AUTHORED = """
query ($first: Int!, $scenes: Int!) {
  scenes(first: $scenes) { nodes {
    articles { title pictures { asset { title } } }
    tours { steps { audio { asset { title } } } }
    annotations { revision history(last: 2) { number } anchor { placement { title } } }
    hypotheses { builtOnBy { title } sources { text } }
    changeEvents(first: $first) { nodes { predecessors { title } successors { title changeEvents { title } } } }
    chronology(first: $first) { nodes {
      subject { ... on Placement { title } ... on Epoch { title } } object { ... on Placement { title } }
    } }
    persons(first: $first) { nodes { name birth { placement { title } } families { id partners { name } } } }
    families(first: $first) { nodes { children { name families { id } } } }
    placements(first: $first) { nodes { changeEvents { title } chronology { relation } history(last: 1) { number } } }
  } }
  assets(first: 100) { nodes { identity { materials } status { kind asset { title } } } }
}
"""


def museum(scenes: int, each: int) -> list[Record]:
    """`scenes` scenes with `each` placements, a quarter as many assets, hypotheses and annotations."""
    view = Viewpoint((0, 0, 1), (0, 0, 0))
    records: list[Record] = [asset(f"asset_{n}") for n in range(max(each // 4, 1))]
    for s in range(scenes):
        home = f"scene_{s}"
        records.append(Scene(home, "A", "", "-0430", Visibility.PUBLIC, view, f"hypothesis_{s}_0"))
        records += [Layer(f"layer_{s}_{n}", home, "L", n) for n in range(3)]
        records.append(Epoch(f"epoch_{s}", home, "E", "-0480/-0323"))
        for n in range(max(each // 4, 1)):
            base = f"hypothesis_{s}_{n - 1}" if n else ""
            records.append(Hypothesis(f"hypothesis_{s}_{n}", home, "H", "A", "", (), base))
            records.append(
                Annotation(f"annotation_{s}_{n}", home, "N", (), Anchor.at((0, 0, 0), f"placement_{s}_{n}"), "-0480/..")
            )
        records += [
            Placement(
                f"placement_{s}_{n}",
                home,
                f"layer_{s}_{n % 3}",
                f"asset_{n % max(each // 4, 1)}",
                "P",
                "-0480/0390",
                hypothesis=f"hypothesis_{s}_{n % max(each // 4, 1)}" if n % 2 else "",
            )
            for n in range(each)
        ]
    return records


def authored(scenes: int, each: int) -> list[Record]:
    """As `museum`, with `each` of every other kind in each scene."""
    records = museum(scenes, each)
    for s in range(scenes):
        home = f"scene_{s}"
        for n in range(each):
            placement, before = f"placement_{s}_{n}", f"placement_{s}_{max(n - 1, 0)}"
            records += [
                Article(f"article_{s}_{n}", home, "A", (), (Picture(asset=f"asset_{n % max(each // 4, 1)}"),)),
                ChangeEvent(f"event_{s}_{n}", home, "C", ChangeKind.MODIFICATION, "-0430", (before,), (placement,)),
                ChronologyStatement(f"statement_{s}_{n}", home, Relation.WITHIN, placement, f"epoch_{s}"),
                Person(
                    f"person_{s}_{n}",
                    home,
                    (PersonName("A"),),
                    birth=LifeEvent("birth", existence="1712", placement=placement),
                ),
                Family(f"family_{s}_{n}", home, (f"person_{s}_{n}",), (f"person_{s}_{n // 2}",)),
            ]
        step = TourStep("T", "", Viewpoint((0, 0, 1), (0, 0, 0)), "-0430", audio=Audio(asset="asset_0"))
        records.append(Tour(f"tour_{s}", home, "T", (step,) * min(each, 50)))
    records += [ObjectStatus(f"status_{n}", "asset_0", StatusKind.STOLEN, "1944") for n in range(each)]
    return records


async def statements(
    folder: Path, records: list[Record], query: str, **variables: object
) -> tuple[int, dict[str, object]]:
    """How many statements answer the query, and the answer."""
    seen: list[str] = []

    def note(sql: str) -> None:
        # Whether a newer program has taken the file over is asked each second, whatever is read.
        if "chronotope_schema" not in sql:
            seen.append(sql)

    catalogue = SqliteCatalogue(folder / "catalogue.db", on_statement=note)
    catalogue.commit([Put(record) for record in records], author="ada", reason="", at=NOON)
    for n in range(3):
        catalogue.enqueue(job(f"job_{n}", subject=f"asset_{n}"))
    from api.services import Services
    from storage.memory import MemoryBlobs, MemoryBus, MemoryUploads
    from storage.system import RandomIds, SystemClock

    services = Services(
        catalogue=catalogue,
        blobs=MemoryBlobs(),
        jobs=catalogue,
        bus=MemoryBus(),
        tokens=catalogue,
        accounts=catalogue,
        audit=catalogue,
        uploads=MemoryUploads(),
        clock=SystemClock(),
        ids=RandomIds(),
        settings=Settings(data=folder),
    )
    app = FastAPI()
    app.include_router(router(services))
    headers = Doors(app, services, httpx.AsyncClient()).bearer()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://museum") as client:
        await client.post("/graphql", json={"query": "{ me { name } }"}, headers=headers)
        before = len([sql for sql in seen if sql.startswith(("SELECT", "WITH", "\n"))])
        answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    body = answer.json()
    assert "errors" not in body, body["errors"][:2]
    read = [sql for sql in seen if sql.startswith(("SELECT", "WITH", "\n"))]
    return len(read) - before, body["data"]


READING_FIELDS = 32
"""places in `EVERYTHING` where something is read, and the token of who asks"""


async def test_many_placements_take_no_more_statements_than_the_query_has_places(tmp_path: Path) -> None:
    counts = {}
    for scenes, each in ((1, 10), (1, 300), (7, 40)):
        folder = tmp_path / f"{scenes}-{each}"
        folder.mkdir()
        counts[scenes, each], data = await statements(
            folder, museum(scenes, each), EVERYTHING, first=each, scenes=scenes
        )
        nodes = data["scenes"]["nodes"]  # type: ignore[index]
        assert [len(scene["placements"]["edges"]) for scene in nodes] == [each] * scenes
    # Branches that read the same kind share a statement where they happen to meet, so this may be less.
    assert all(count <= READING_FIELDS for count in counts.values()), counts


AUTHORED_FIELDS = 35
"""places in `AUTHORED` where something is read, and the token of who asks"""


async def test_whatever_is_authored_takes_no_more_statements_than_the_query_has_places(tmp_path: Path) -> None:
    counts = {}
    for scenes, each in ((1, 8), (1, 70), (3, 20)):
        folder = tmp_path / f"{scenes}-{each}"
        folder.mkdir()
        counts[scenes, each], data = await statements(
            folder, authored(scenes, each), AUTHORED, first=each, scenes=scenes
        )
        for scene in data["scenes"]["nodes"]:  # type: ignore[index]
            assert len(scene["changeEvents"]["nodes"]) == len(scene["persons"]["nodes"]) == each
            assert {family["id"] for person in scene["persons"]["nodes"] for family in person["families"]}
            assert all(node["subject"] for node in scene["chronology"]["nodes"])
    # Branches that read the same kind share a statement where they happen to meet, so this may be less.
    assert all(count <= AUTHORED_FIELDS for count in counts.values()), counts


RELATIVE = """
query ($first: Int!, $scenes: Int!) {
  scenes(first: $scenes) { nodes {
    placements(first: $first) { nodes {
      title certainty narrowed { text label } why(bound: START_EARLIEST) {
        sentence(language: "de") dated { title } statement { author source { text } }
      }
      statements(first: 5) { total nodes { relation isInForce subject { ... on Dated { title narrowed { label } } } } }
    } }
    epochs { title narrowed { text } why(bound: END_LATEST) { sentence } statements { total pageInfo { endCursor } } }
    chronology {
      contradictions { sentences statements { author } dated { title } } tangled { total }
      statements(first: 7) { total nodes { relation } }
    }
  } }
}
"""
RELATIVE_FIELDS = 15
"""places in `RELATIVE` where something is read, and the token of who asks"""


async def test_narrowed_bounds_and_their_reasons_take_no_more_statements_for_more_of_them(tmp_path: Path) -> None:
    counts = {}
    for scenes, each in ((1, 8), (1, 150), (3, 20)):
        folder = tmp_path / f"{scenes}-{each}"
        folder.mkdir()
        records = authored(scenes, each)
        counts[scenes, each], data = await statements(folder, records, RELATIVE, first=each, scenes=scenes)
        for scene in data["scenes"]["nodes"]:  # type: ignore[index]
            assert len(scene["placements"]["nodes"]) == scene["chronology"]["statements"]["total"] == each
            assert all(node["narrowed"]["text"] for node in scene["placements"]["nodes"])
            assert scene["epochs"][0]["statements"]["total"] == each
    assert all(count <= RELATIVE_FIELDS for count in counts.values()), counts


@pytest.mark.parametrize("each", [10, 800])
async def test_a_branch_takes_the_same_statements_whatever_its_size(tmp_path: Path, each: int) -> None:
    query = """query ($first: Int!) { scenes(first: 1) { nodes { placements(first: $first) { nodes {
        hypothesis { title } asset { title jobs { state } } } } } } }"""
    count, _ = await statements(tmp_path, museum(1, each), query, first=each)
    assert count == 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ scenes { nodes { at(time: "-0430") { columns { ids transforms } } } } }', 7),
        ('{ scenes { nodes { difference(from: "-0430", to: "1000") { nodes { placement { title } } } } } }', 8),
        ("{ scenes { nodes { title } } }", 1),
        ("{ scenes { nodes { layers { title } } } }", 2),
        ("{ scenes { nodes { placements { nodes { asset { title } } } } } }", 3),
        ("{ scenes { nodes { placements { nodes { asset { jobs { state } } layer { title } } } } } }", 5),
        ('{ node(id: "scene_0") { ... on Scene { at(time: "-0430") { placements { placement { title } } } } } }', 7),
    ],
)
async def test_each_level_of_a_query_is_one_statement(tmp_path: Path, query: str, expected: int) -> None:
    count, _ = await statements(tmp_path, museum(3, 12), query)
    # One more: the token of who asks.
    assert count == expected + 1


async def test_jobs_are_of_their_assets(tmp_path: Path) -> None:
    records = [replace(asset(f"asset_{n}"), title=f"A{n}") for n in range(4)]
    _, data = await statements(tmp_path, list(records), "{ assets { nodes { title jobs { id asset { title } } } } }")
    assert data["assets"]["nodes"] == [  # type: ignore[index]
        *({"title": f"A{n}", "jobs": [{"id": f"job_{n}", "asset": {"title": f"A{n}"}}]} for n in range(3)),
        {"title": "A3", "jobs": []},
    ]
