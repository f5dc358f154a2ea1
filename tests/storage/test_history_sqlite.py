"""What is asked of a scene costs what is answered, not what the scene holds or went through."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import Layer, Placement
from scenes.ports import Put, Step
from storage.catalogue_sqlite import SqliteCatalogue
from storage.sql import select
from tests.contracts.samples import NOON, layer, placement, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[SqliteCatalogue]:
    made = SqliteCatalogue(tmp_path / "catalogue.db")
    records = [scene(), layer(), *(placement(f"p_{n}") for n in range(300))]
    made.commit([Put(each) for each in records], author="ada", reason="", at=NOON)
    for turn in range(5):
        changes = [Put(placement(f"p_{n}", title=f"{turn}")) for n in range(300)]
        made.commit(changes, author="ada", reason="", at=NOON)
    made.commit([Put(replace(layer(), title="Trees"))], author="bob", reason="", at=NOON)
    yield made
    made.close()


def steps(catalogue: SqliteCatalogue, ask: Callable[[], Any]) -> int:
    """Instructions of SQLite's machine that a question takes, in thousands, at least."""
    database, count = catalogue._database, 0

    def more() -> bool:
        nonlocal count
        count += 1
        return False

    with database.reading() as connection:
        connection.set_progress_handler(more, 1000)
    ask()
    with database.reading() as connection:
        connection.set_progress_handler(None)
    return count


@pytest.mark.parametrize(
    "ask",
    [
        lambda catalogue: catalogue.history(["scene_a"], last=5),
        lambda catalogue: catalogue.histories(["scene_a", "p_1"], last=5),
        lambda catalogue: catalogue.last_within(["scene_a"]),
        lambda catalogue: catalogue.between(6, 7, scene="scene_a"),
        lambda catalogue: catalogue.differing(6, 7, scene="scene_a", first=5),
        lambda catalogue: catalogue.count_differing(6, 7, scene="scene_a"),
        lambda catalogue: catalogue.takeable("bob", Step.UNDO, scene="scene_a"),
        lambda catalogue: catalogue.pages_within(Placement, ["scene_a"], first=5),
        lambda catalogue: catalogue.within(Layer, ["scene_a"]),
        lambda catalogue: catalogue.revision_at(NOON),
    ],
)
def test_a_question_with_a_short_answer_is_short(
    catalogue: SqliteCatalogue, ask: Callable[[SqliteCatalogue], Any]
) -> None:
    assert ask(catalogue)
    # To go through 1,800 versions would take ten thousand or more.
    assert steps(catalogue, lambda: ask(catalogue)) <= 3


def test_of_what_differs_no_more_is_read_than_the_page_holds(catalogue: SqliteCatalogue) -> None:
    # What lies off the page cannot be read at all: whoever reads it anyhow fails.
    with catalogue._database.writing() as connection:
        broken = "json_set(body, '$.title', json_array(from_revision))"
        connection.execute(f"UPDATE record SET body = {broken} WHERE seq NOT BETWEEN 51 AND 61")
    page, has_next = catalogue.differing(1, 7, scene="scene_a", first=10, beyond=50)
    assert ([each.seq for each in page], has_next) == (list(range(51, 61)), True)
    assert catalogue.count_differing(0, 7, scene="scene_a") == 302
    with pytest.raises(ValueError, match="title"):
        catalogue.differing(1, 7, scene="scene_a", first=12, beyond=50)


def test_the_measure_sees_what_is_long(catalogue: SqliteCatalogue) -> None:
    def long() -> None:
        with catalogue._database.reading() as connection:
            select(connection, "SELECT count(*) FROM record WHERE body LIKE '%nowhere%'")

    assert steps(catalogue, long) > 5
