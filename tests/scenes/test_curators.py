"""Two curators at work in one scene, on the real catalogue: who edits different things never meets the other."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenes import compose
from scenes.errors import Conflict, InUse, NotFound
from scenes.history import undo
from scenes.model import Actor, Asset, Epoch, Hypothesis, Layer, Placement, Role, Scene, Viewpoint
from scenes.ports import Put
from storage.bus_local import LocalBus
from storage.catalogue_sqlite import SqliteCatalogue
from storage.system import RandomIds, SystemClock
from tests.contracts.samples import NOON, asset

ADA, BOB = Actor("ada", Role.CURATOR), Actor("bob", Role.CURATOR)
TIMES = 25


@dataclass(frozen=True)
class House:
    """A museum by its shape."""

    catalogue: SqliteCatalogue
    bus: LocalBus
    clock: SystemClock
    ids: RandomIds


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(SqliteCatalogue(tmp_path / "catalogue.db"), LocalBus(), SystemClock(), RandomIds())
    made.catalogue.commit([Put(asset())], author="ada", reason="", at=NOON)
    yield made
    made.catalogue.close()


def place(house: House, by: Actor = ADA) -> tuple[str, str]:
    """Ids of a new scene and of a layer in it."""
    view = Viewpoint((0, 2, 10), (0, 0, 0))
    scene = compose.create(Scene, house, by, title="Agora", default_moment="-0430", viewpoint=view).record.id
    return scene, compose.create(Layer, house, by, scene=scene, title="All").record.id


def at_once(*work: Callable[[], object]) -> list[Exception]:
    """What goes wrong when all of it is done at the same time, each many times over."""
    gate, wrong = threading.Barrier(len(work)), list[Exception]()

    def run(one: Callable[[], object]) -> None:
        gate.wait()
        for _ in range(TIMES):
            try:
                one()
            except Exception as error:  # noqa: BLE001 what it is, is what is asked
                wrong.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_who_edits_different_things_never_collides(house: House) -> None:
    scene, layer = place(house)
    mine, yours = (
        compose.create(Placement, house, ADA, layer=layer, asset="asset_a", existence="-0480/0390").record.id
        for _ in range(2)
    )
    wrong = at_once(
        lambda: compose.update(Placement, house, ADA, mine, title="Stoa"),
        lambda: compose.update(Placement, house, BOB, yours, title="Tower"),
        lambda: compose.update(Scene, house, ADA, scene, description="A square."),
        lambda: compose.create(Epoch, house, BOB, scene=scene, title="Classical", existence="-0480/-0323"),
        lambda: compose.create(Layer, house, BOB, scene=scene, title="Trees"),
    )
    assert wrong == []
    found = house.catalogue.within(Placement, (scene,))[scene]
    assert [each.title for each in found] == ["Stoa", "Tower"]
    numbers = [each.number for each in house.catalogue.history((scene,), last=1000)]
    assert len(numbers) == len(set(numbers)) == 4 + 5 * TIMES


def test_rivals_proposed_while_the_scene_is_edited_do_not_collide_with_that(house: House) -> None:
    scene, _ = place(house)
    first = compose.create(Hypothesis, house, ADA, scene=scene, title="Six", author="A", argument="…").record.id
    wrong = at_once(
        lambda: compose.update(Scene, house, BOB, scene, title="Forum"),
        lambda: compose.create(
            Hypothesis, house, ADA, scene=scene, title="Eight", author="B", argument="…", contrasts_with=[first]
        ),
    )
    assert wrong == []
    home = house.catalogue.get(Scene, scene)
    assert home is not None
    assert (home.title, home.default_hypothesis) == ("Forum", first)


def test_undo_of_one_leaves_the_work_of_the_other_alone(house: House) -> None:
    scene, layer = place(house)

    def mine() -> None:
        compose.create(Placement, house, ADA, layer=layer, asset="asset_a", existence="-0480/0390", title="Ada's")
        undo(house, ADA, scene=scene)

    def yours() -> None:
        compose.create(Placement, house, BOB, layer=layer, asset="asset_a", existence="-0480/0390", title="Bob's")

    assert at_once(mine, yours) == []
    assert [each.title for each in house.catalogue.within(Placement, (scene,))[scene]] == ["Bob's"] * TIMES


def test_of_two_who_edit_the_same_from_the_same_revision_one_is_told(house: House) -> None:
    _, layer = place(house)
    placed = compose.create(Placement, house, ADA, layer=layer, asset="asset_a", existence="-0480/0390").record.id
    read = house.catalogue.revision_of(placed)
    wrong = at_once(
        lambda: compose.update(Placement, house, ADA, placed, title="Stoa", expected_revision=read),
        lambda: compose.update(Placement, house, BOB, placed, title="Tower", expected_revision=read),
    )
    assert len(wrong) == 2 * TIMES - 1
    assert {type(each) for each in wrong} == {Conflict}
    assert house.catalogue.latest() == read + 1


def test_an_asset_is_placed_or_removed_but_never_both(house: House) -> None:
    _, layer = place(house)
    both = []
    for number in range(TIMES):
        name = f"asset_{number}"
        house.catalogue.commit([Put(asset(name))], author="ada", reason="", at=NOON)
        gate = threading.Barrier(2)

        def put(name: str = name, gate: threading.Barrier = gate) -> None:
            gate.wait()
            with contextlib.suppress(NotFound):
                compose.create(Placement, house, ADA, layer=layer, asset=name, existence="-0480/0390")

        def take(name: str = name, gate: threading.Barrier = gate) -> None:
            gate.wait()
            with contextlib.suppress(InUse):
                compose.remove(Asset, house, BOB, name)

        threads = [threading.Thread(target=work) for work in (put, take)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        is_there = house.catalogue.get(Asset, name) is not None
        is_placed = bool(house.catalogue.mentioning([name], scene=None))
        both.append((is_there, is_placed))
    assert set(both) <= {(True, True), (False, False)}
