"""Proxies in the stream: many placements from afar cost one small file, and only who may see all of them gets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from scenes import closed_set
from scenes.allowance import Allowance, unlimited
from scenes.cleared import Cleared
from scenes.delivery import Delivery, Wish
from scenes.group_tree import GroupTree, Shown, group_tree, key_of
from scenes.ladders import Ladders
from scenes.model import ANONYMOUS, Actor, Role, Scene, Viewpoint, Visibility
from scenes.ports import Put
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from streaming.limits import NO_PLACEMENT
from streaming.schedule import Plan
from tests.scenes.test_assemble import SCENE
from tests.scenes.test_composite import Town
from tiling import tileset
from tiling.select import Limits
from tiling.stock import stock
from tiling.view import View, gaze_towards

PLENTY = Limits(10**9, 10**9, 10**4, 10**9)
CURATOR = Actor("ines", Role.CURATOR)


class Street:
    """A town in a museum; a stream of it. `work` is what the next request for groups may make."""

    def __init__(self, *, actor: Actor = ANONYMOUS, hidden: str = "", count: int = 100) -> None:
        self.town = Town(count=count)
        self.asked = 0
        self.catalogue = MemoryCatalogue()
        assets = [
            replace(asset, visibility=Visibility.DRAFT) if asset.id == hidden else asset
            for asset in self.town.assets.values()
        ]
        scene = Scene(SCENE.id, "Town", "", "0200", Visibility.PUBLIC, Viewpoint((0, 2, 9), (0, 1, 0)))
        self.catalogue.commit(
            [Put(record) for record in (scene, *assets, *self.town.placements)],
            author="ines", reason="…", at=datetime(2026, 11, 22, tzinfo=UTC),
        )  # fmt: skip
        self.work = unlimited()
        self.ladders = Ladders(self.town.derived, self.town.read)
        self.actor, self.tables = actor, SceneTables()
        self.delivery = self.visitor()

    def visitor(self) -> Delivery:
        return Delivery(
            Cleared(self.catalogue, self.tables, self.actor),
            lambda digest: stock(tileset.read(self.town.read(digest), self._named)),
            scene_id=SCENE.id, group=self.group,
        )  # fmt: skip

    def _named(self, name: str) -> bytes:
        return self.town.read(name.partition(".")[0])

    def group(self, scene_id: str, shown: Shown, audience: Visibility) -> GroupTree:
        self.asked += 1
        return group_tree(
            scene_id, shown, audience, derived=self.town.derived, ladders=self.ladders, allowance=self.work
        )  # fmt: skip

    def plan(self, away: float, **options: bool) -> Plan:
        eye = (0.0, 0.3 * away, away)
        view = View(eye, gaze_towards(eye, (0.0, 0.0, 0.0)), 1.0, 1.5, 720)
        return self.delivery.plan(view, PLENTY, state=1, look=0, **options)


def test_from_afar_a_town_is_one_small_file_and_one_draw_call():
    street = Street()
    entered = street.delivery.enter(Wish("0200"))
    assert len(entered.placements) == 100
    plan = street.plan(20_000.0, gzip=True)
    (node,) = plan.nodes
    assert (node.placement, node.draws, node.replaced_by) == (NO_PLACEMENT, 1, ())
    chunk = plan.chunks[node.chunk]
    assert chunk.total <= 12_300
    kept = closed_set.content_of(street.town.derived, node.chunk)
    assert (len(kept.packed), len(kept.data)) == (chunk.total, chunk.kept)


def test_from_near_the_root_comes_first_and_the_placements_replace_it():
    street = Street()
    placements = {n for n, _ in street.delivery.enter(Wish("0200")).placements}
    plan = street.plan(60.0)
    assert plan.roots == (plan.nodes[0].node,)
    assert plan.nodes[0].placement == NO_PLACEMENT
    final = {node.placement for node in plan.nodes if not node.replaced_by}
    assert len(final & placements) > 10
    known = {node.node: at for at, node in enumerate(plan.nodes)}
    for at, node in enumerate(plan.nodes):
        assert all(known[part] > at for part in node.replacement)


def test_what_is_not_made_is_passed_through_and_taken_when_it_is():
    street = Street()
    street.work = Allowance(0.0)
    street.delivery.enter(Wish("0200"))
    far = street.plan(20_000.0)
    assert len(far.roots) == 100
    assert NO_PLACEMENT not in {node.placement for node in far.nodes}
    assert street.delivery.refresh() is None
    assert len(street.plan(20_000.0).roots) == 100
    street.work = unlimited()
    assert street.delivery.refresh() is None
    assert [node.placement for node in street.plan(20_000.0).nodes] == [NO_PLACEMENT]


def test_a_step_in_time_keeps_the_proxies_of_what_did_not_change():
    street = Street()
    street.delivery.enter(Wish("0200"))
    before = {node.node: node.chunk for node in street.plan(150.0).nodes if node.placement == NO_PLACEMENT}
    street.delivery.enter(Wish("0400"))
    after = {node.node: node.chunk for node in street.plan(150.0).nodes if node.placement == NO_PLACEMENT}
    for number in before.keys() & after.keys():
        assert before[number] == after[number]
    changed = set(before.values()) ^ set(after.values())
    assert changed
    assert {node for node, chunk in before.items() if chunk in changed}.isdisjoint(after)


def test_who_may_not_see_an_asset_gets_groups_without_it():
    found = {}
    for who in (ANONYMOUS, CURATOR):
        street = Street(actor=who, hidden="asset_tower")
        street.delivery.enter(Wish("0200"))
        (node,) = street.plan(20_000.0).nodes
        found[who] = set(closed_set.content_of(street.town.derived, node.chunk).sources)
    assert found[ANONYMOUS] == {SCENE.id, "asset_house"}
    assert found[CURATOR] == {SCENE.id, "asset_house", "asset_tower"}


def test_who_comes_to_what_another_sees_does_not_ask_for_groups_unless_some_were_missing():
    street = Street()
    street.work = Allowance(0.0)
    first, second, third = (street.visitor() for _ in range(3))
    first.enter(Wish("0200"))
    street.work = unlimited()
    second.enter(Wish("0200"))
    assert street.asked == 2
    third.enter(Wish("0200"))
    assert street.asked == 2
    view = View((0.0, 6000.0, 20_000.0), gaze_towards((0.0, 6000.0, 20_000.0), (0.0, 0.0, 0.0)), 1.0, 1.5, 720)
    assert [node.placement for node in third.plan(view, PLENTY, state=1, look=0).nodes] == [NO_PLACEMENT]


def test_few_placements_have_no_groups():
    street = Street(count=16)
    assert len(street.delivery.enter(Wish("0200")).placements) == 16
    assert len(street.plan(20_000.0).roots) == 16
    assert street.asked == 0


def test_a_tree_is_named_by_what_stands_where():
    town = Town()
    shown = [(standing, town.assets[standing.placement.asset]) for standing in town.at_time().standing]
    other = [(replace(standing, placement=replace(standing.placement, title="…")), asset) for standing, asset in shown]
    first, asset = shown[0]
    away = replace(first.placement, transform=(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 0, 0, 1))
    moved = [(replace(first, placement=away), asset), *shown[1:]]
    assert key_of("scene_1", shown, Visibility.PUBLIC) == key_of("scene_1", other, Visibility.PUBLIC)
    assert key_of("scene_1", shown, Visibility.PUBLIC) != key_of("scene_1", shown, Visibility.MEMBERS)
    assert (
        len(
            {
                key_of("scene_1", shown, Visibility.PUBLIC),
                key_of("scene_2", shown, Visibility.PUBLIC),
                key_of("scene_1", moved, Visibility.PUBLIC),
            }
        )
        == 3
    )
