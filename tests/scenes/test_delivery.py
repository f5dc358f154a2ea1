"""What a stream is to carry: stable numbers, shared chunks, rights, and steps in time that cost only what is new."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scenes.cleared import Cleared
from scenes.delivery import Delivery, Wish
from scenes.errors import NotFound
from scenes.model import (
    ANONYMOUS,
    Actor,
    Asset,
    AssetState,
    ChronologyStatement,
    Extent,
    Hypothesis,
    Layer,
    Placement,
    Relation,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import Put, Remove
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from streaming.events import Content, Count
from tests.tiling.trees import added, grid_tree, grouped, with_files
from tiling.select import Limits
from tiling.stock import stock
from tiling.view import View, gaze_towards
from timeline.errors import EdtfError
from timeline.interval import Certainty

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLENTY = Limits(10**9, 10**9, 10**4, 10**9)
VIEW = View((0, 20, 30), gaze_towards((0, 20, 30), (0, 0, 0)), 1.0, 1.5, 2000)
CURATOR = Actor("ines", Role.CURATOR)
TREES = {
    name * 64: stock(with_files(grid_tree(3, seed=seed, name=name))[0]) for seed, name in enumerate(("a", "b", "c"))
}  # fmt: skip


def asset(name: str, visibility: Visibility = Visibility.PUBLIC, state: AssetState = AssetState.READY) -> Asset:
    extent = Extent((-8, -1, -8), (8, 1, 8))
    tileset = Tileset(name * 64, 21, 3, 2100, 1000, 21000, 4.0, 1.0, extent) if state is AssetState.READY else None
    return Asset(
        f"asset_{name}", f"Asset {name}", "", "0" * 64, "x.glb", "model/gltf-binary", 1, state, visibility, NOON,
        "ines", tileset,
    )  # fmt: skip


def placement(name: str, of: str, existence: str, **more: object) -> Placement:
    return Placement(f"placement_{name}", "scene_1", "layer_1", f"asset_{of}", name, existence, **more)


RECORDS = (
    Scene("scene_1", "Agora", "", "-0430", Visibility.PUBLIC, Viewpoint((0, 2, 9), (0, 1, 0)), "hypothesis_high"),
    Hypothesis("hypothesis_high", "scene_1", "High", "A", "…", ("hypothesis_low",)),
    Hypothesis("hypothesis_low", "scene_1", "Low", "B", "…"),
    asset("a"),
    asset("b"),
    asset("c", Visibility.DRAFT),
    asset("d", state=AssetState.PENDING),
    placement("ground", "a", "../.."),
    placement("shrine", "b", "-0600/-0500"),
    placement("temple", "b", "-0480/0390"),
    placement("new", "c", "-0480/0390"),
    placement("soon", "d", "../.."),
    placement("roof", "b", "-0480/0390", hypothesis="hypothesis_low"),
)


def commit(catalogue: MemoryCatalogue, *changes: object) -> None:
    catalogue.commit(changes, author="ines", reason="…", at=NOON)


def museum(actor: Actor = ANONYMOUS) -> tuple[MemoryCatalogue, Delivery]:
    catalogue = MemoryCatalogue()
    commit(catalogue, *map(Put, RECORDS))
    return catalogue, Delivery(Cleared(catalogue, SceneTables(), actor), TREES.__getitem__, scene_id="scene_1")


def names(entered) -> list[str]:
    return [each.id.removeprefix("placement_") for _, each in entered.placements]


def test_the_default_moment_shows_what_stands_public_and_tiled():
    _, delivery = museum()
    entered = delivery.enter(Wish())
    assert names(entered) == ["ground", "temple"]
    assert entered.count == Count(certain=2)
    assert (entered.title, entered.at, entered.hypothesis, entered.certainty) == (
        "Agora", "-0430", "hypothesis_high", "possible",
    )  # fmt: skip
    assert delivery.viewpoint.position == (0, 2, 9)


def test_a_curator_sees_drafts_too():
    assert names(museum(CURATOR)[1].enter(Wish())) == ["ground", "new", "temple"]


def test_a_step_in_time_says_differences_and_keeps_numbers():
    _, delivery = museum()
    first = delivery.enter(Wish())
    ground, temple = (n for n, _ in first.placements)
    before = delivery.plan(VIEW, PLENTY, state=1, look=0)
    second = delivery.enter(Wish("-0550"))
    assert (names(second), second.gone) == (["shrine"], (temple,))
    after = delivery.plan(VIEW, PLENTY, state=2, look=5)
    third = delivery.enter(Wish("-0430"))
    assert [n for n, _ in third.placements] == [temple]
    assert third.gone == tuple(n for n, _ in second.placements)
    assert delivery.plan(VIEW, PLENTY, state=1, look=0) == before
    shared = {node.node for node in before.nodes if node.placement == ground}
    assert shared == {node.node for node in after.nodes if node.placement == ground}
    assert (after.state, after.look) == (2, 5)
    # Shrine and temple are the same asset: other nodes, the same files.
    assert before.chunks == after.chunks


def test_visitors_of_a_moment_share_what_is_said_of_placements_whatever_their_numbers():
    catalogue, one = museum()
    tables = SceneTables()
    one, other = (
        Delivery(Cleared(catalogue, tables, ANONYMOUS), TREES.__getitem__, scene_id="scene_1") for _ in range(2)
    )
    other.enter(Wish("-0550"))
    ours, theirs = (dict(map(reversed, each.enter(Wish()).placements)) for each in (one, other))
    _, temple = ours
    assert theirs.keys() == {temple}
    assert next(iter(theirs)) is temple
    assert (ours[temple], theirs[temple]) == (1, 2)


def test_a_hypothesis_brings_its_placements():
    _, delivery = museum()
    delivery.enter(Wish())
    entered = delivery.enter(Wish(hypothesis="hypothesis_low"))
    assert (names(entered), entered.hypothesis) == (["roof"], "hypothesis_low")


def test_a_plan_names_images_with_their_kind_and_length():
    _, delivery = museum()
    delivery.enter(Wish())
    plan = delivery.plan(VIEW, PLENTY, state=1, look=0)
    images = {chunk.digest: chunk for chunk in plan.chunks.values() if chunk.content is Content.WEBP}
    assert [chunk.total for chunk in images.values()] == [5000]
    assert {digest for node in plan.nodes for digest in node.needs} == images.keys()
    assert plan.roots == tuple(node.node for node in plan.nodes[:2])
    numbers = {node.node for node in plan.nodes}
    assert all(numbers.issuperset(node.replacement) for node in plan.nodes)
    assert len(numbers) == len(plan.nodes)


@pytest.mark.parametrize(
    ("wish", "error"),
    [(Wish("yesterday"), EdtfError), (Wish(hypothesis="hypothesis_none"), NotFound)],
)
def test_a_wish_that_is_refused_changes_nothing(wish, error):
    _, delivery = museum()
    delivery.enter(Wish())
    before = delivery.plan(VIEW, PLENTY, state=1, look=0)
    with pytest.raises(error):
        delivery.enter(wish)
    assert delivery.plan(VIEW, PLENTY, state=1, look=0) == before
    assert delivery.refresh() is None


def test_a_scene_that_does_not_exist_and_one_that_is_a_draft_answer_the_same():
    catalogue, _ = museum()
    commit(catalogue, Put(replace(RECORDS[0], id="scene_2", visibility=Visibility.DRAFT)))
    said = []
    for scene_id in ("scene_2", "scene_3"):
        with pytest.raises(NotFound) as caught:
            Delivery(Cleared(catalogue, SceneTables(), ANONYMOUS), TREES.__getitem__, scene_id=scene_id).enter(Wish())
        said.append(str(caught.value).replace(scene_id, "…"))
    assert said[0] == said[1]


def test_a_change_in_the_museum_is_noticed():
    catalogue, delivery = museum()
    entered = delivery.enter(Wish())
    moved = replace(RECORDS[9], transform=(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 0, 0, 1))
    commit(catalogue, Put(moved))
    changed = delivery.refresh()
    assert [(n, each.transform[12]) for n, each in changed.placements] == [(entered.placements[1][0], 5.0)]
    assert changed.gone == ()
    commit(catalogue, Put(replace(moved, asset="asset_a")))
    other = delivery.refresh()
    assert other.gone == (entered.placements[1][0],)
    assert other.placements[0][0] not in {n for n, _ in entered.placements}
    commit(catalogue, Remove(moved))
    assert delivery.refresh().gone == (other.placements[0][0],)


def test_of_several_moments_in_a_row_one_look_at_the_museum_is_enough():
    catalogue, delivery = museum()
    delivery.enter(Wish("-0430"))
    commit(catalogue, Put(placement("late", "a", "-0430/-0300")))
    assert delivery.enter(Wish("-0420"), reads=False).count == Count(certain=2)
    assert names(delivery.enter(Wish("-0420"))) == ["late"]
    # Whoever has not looked yet, does.
    assert names(museum()[1].enter(Wish(), reads=False)) == ["ground", "temple"]


def test_a_right_that_is_withdrawn_is_noticed():
    catalogue, delivery = museum()
    entered = delivery.enter(Wish())
    commit(catalogue, Put(asset("b", Visibility.DRAFT)))
    assert delivery.refresh().gone == (entered.placements[1][0],)
    commit(catalogue, Put(replace(RECORDS[0], visibility=Visibility.DRAFT)))
    with pytest.raises(NotFound):
        delivery.refresh()


def test_nothing_stands_outside_all_intervals():
    catalogue, _ = museum()
    commit(catalogue, Remove(RECORDS[7]))
    delivery = Delivery(Cleared(catalogue, SceneTables(), ANONYMOUS), TREES.__getitem__, scene_id="scene_1")
    assert delivery.enter(Wish("-9000")).placements == ()
    plan = delivery.plan(VIEW, PLENTY, state=1, look=0)
    assert (plan.roots, plan.nodes) == ((), ())


def test_the_certain_leave_out_the_possible():
    catalogue, delivery = museum()
    commit(catalogue, Put(replace(RECORDS[9], existence="-0480~/0390")))
    entered = delivery.enter(Wish("-0480"))
    assert (names(entered), entered.count) == (["ground", "temple"], Count(certain=1, possible=1))
    assert delivery.enter(Wish("-0480", minimum=Certainty.CERTAIN)).gone == (1,)


def test_what_was_written_in_the_scene_and_stands_nowhere_is_no_reason_to_enter_again():
    catalogue, delivery = museum()
    delivery.enter(Wish())
    commit(catalogue, Put(Layer("layer_2", "scene_1", "Finds", 1)))
    assert delivery.refresh() is None
    commit(catalogue, Put(placement("altar", "a", "-0450/..")))
    entered = delivery.refresh()
    assert entered is not None
    assert names(entered) == ["altar"]


def test_what_is_said_of_times_reaches_the_stream():
    catalogue, delivery = museum()
    commit(catalogue, Put(placement("mosque", "b", "")))
    entered = delivery.enter(Wish())
    ((n, mosque),) = (each for each in entered.placements if each[1].id == "placement_mosque")
    assert mosque.certainty == "possible"
    later = ChronologyStatement("statement_1", "scene_1", Relation.AFTER, "placement_mosque", "placement_temple")
    commit(catalogue, Put(later))
    assert delivery.refresh().gone == (n,)
    assert delivery.refresh() is None
    assert names(delivery.enter(Wish("0500"))) == ["mosque"]
    commit(catalogue, Remove(later))
    assert delivery.refresh() is not None
    assert delivery.enter(Wish()).gone == ()


def test_a_plan_says_what_nodes_cost_and_parts_them_only_for_who_draws_groups():
    tree, _ = with_files(grouped(grid_tree(4)))
    tree = replace(tree, coded_length=tree.byte_length * 3 // 4)
    catalogue, _ = museum()
    delivery = Delivery(Cleared(catalogue, SceneTables(), ANONYMOUS), lambda _: stock(tree), scene_id="scene_1")
    delivery.enter(Wish())
    corner = View((6, 3, 6), gaze_towards((6, 3, 6), (20, 0, 20)), 1.0, 1.5, 2000)
    # The root's error is 915 pixels: nothing is worth covering out of view.
    coarse = replace(PLENTY, error=60.0)
    whole = delivery.plan(corner, coarse, state=1, look=0)
    assert not any(None in node.replaced_by for node in whole.nodes)
    assert {chunk.decoded for chunk in whole.chunks.values()} == {0}
    parted = delivery.plan(corner, coarse, state=1, look=0, groups=True, gzip=True)
    root = parted.nodes[0]
    assert None in root.replaced_by
    assert any(root.replaced_by)
    assert (root.grouped, root.groups) == (True, (22, 22, 22, 22, 10, 5))
    assert (root.triangles, root.draws, root.textures) == (100, 1, 50)
    chunk = parted.chunks[root.chunk]
    assert (chunk.kept, chunk.total) == (tree.byte_length[0], tree.coded_length[0])
    image = parted.chunks[root.needs[0]]
    assert (image.total, image.decoded, image.texture) == (5000, 0, 20_000)
    assert len(parted.chunks) < len(whole.chunks)


def test_a_plan_says_which_tiles_add_to_one_another():
    clouds = {name: stock(added(of.tree)) if name[0] == "a" else of for name, of in TREES.items()}
    catalogue, _ = museum()
    delivery = Delivery(Cleared(catalogue, SceneTables(), ANONYMOUS), clouds.__getitem__, scene_id="scene_1")
    delivery.enter(Wish())
    plan = delivery.plan(VIEW, PLENTY, state=1, look=0)
    for name, of in clouds.items():
        nodes = [node for node in plan.nodes if node.chunk in of.tree.content]
        assert {node.added for node in nodes} <= {name[0] == "a"}
        assert {plan.chunks[node.chunk].added for node in nodes} <= {name[0] == "a"}
    ground = [node for node in plan.nodes if node.added]
    assert any(node.replaced_by for node in ground)
    assert not any(node.goes or node.grouped for node in ground)


def test_a_plan_goes_by_what_the_eye_will_see_when_it_arrives():
    _, delivery = museum()
    delivery.enter(Wish())
    away = View((0, 20, 30), gaze_towards((0, 20, 30), (0, 20, 60)), 1.0, 1.5, 2000, turning=(0.0, 9.0, 0.0))
    now = delivery.plan(away, replace(PLENTY, error=30.0), state=1, look=0)
    soon = delivery.plan(away, replace(PLENTY, error=30.0), state=1, look=0, ahead_s=0.35)
    assert len(now.nodes) == 2
    assert len(soon.nodes) > 2


def test_visitors_of_a_moment_share_what_they_are_sent_and_nothing_stays_of_them():
    catalogue, _ = museum()
    tables = SceneTables()
    visitors = [
        Delivery(Cleared(catalogue, tables, ANONYMOUS), TREES.__getitem__, scene_id="scene_1") for _ in range(3)
    ]
    plans = []
    for each in visitors:
        each.enter(Wish())
        plans.append(each.plan(VIEW, PLENTY, state=1, look=0, gzip=True))
    held = len(tables.stands.sharing)
    for other in plans[1:]:
        assert all(one is two for one, two in zip(plans[0].nodes, other.nodes, strict=True))
        assert all(other.chunks[digest] is chunk for digest, chunk in plans[0].chunks.items())
    del visitors[1:], plans[1:]
    assert len(tables.stands.sharing) == held
    visitors.clear()
    plans.clear()
    del each, other
    gc.collect()
    assert len(tables.stands.sharing) == 0
