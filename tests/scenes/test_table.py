"""Columns answer as `scenes.at_time.resolve` does, for whatever stands in them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.at_time import resolve
from scenes.errors import Invalid, NotFound
from scenes.model import Actor, Hypothesis, Placement, Role, Scene
from scenes.table import CERTAIN, POSSIBLE, table_of
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from tests.contracts.samples import NOON, placement, scene
from timeline.edtf import parse_days, parse_span
from timeline.errors import EdtfError
from timeline.interval import Certainty

from scenes.ports import Put, Remove  # isort: skip

CURATOR = Actor("ines", Role.CURATOR)

TIMES = [
    *("-0480/0390", "-0480~/0390", "1200", "[1205..1215]/[1248..1252]", "12XX/..", "../1250", "/1250", "1210/"),
    *("[1205..1215]/..", "[..1215]/[1248..]", "{1667,1670}", "Y-170000000/..", "Y-170000000/Y-160000000", "1210-05-03"),
]
ASKED = ["-0430", "1210", "1210-05-03", "12XX", "[1205,1300]", "{1100..1400,1500}", "1215/1248", "Y-165000000"]
RIVALS = (
    Hypothesis("h_a", "scene_a", "A", "x", "", ("h_b",)),
    Hypothesis("h_b", "scene_a", "B", "x", ""),
    Hypothesis("h_c", "scene_a", "C", "x", "", (), "h_b"),
)


def placed(times: list[str], *, hypothesis: str = "") -> list[Placement]:
    return [replace(placement(f"p_{n:02}", existence=time), hypothesis=hypothesis) for n, time in enumerate(times)]


@pytest.mark.parametrize("least", [Certainty.POSSIBLE, Certainty.CERTAIN])
@pytest.mark.parametrize("asked", ASKED)
def test_a_moment_is_the_same_as_placement_by_placement(asked: str, least: Certainty) -> None:
    found = placed(TIMES)
    table = table_of(scene(), found, RIVALS)
    clear = resolve(scene(), found, RIVALS, at=asked, minimum=least)
    columns = table.at(asked, minimum=least)
    assert columns.standing == clear.standing
    assert [columns.reason(place) for place in range(len(columns))] == [each.reason for each in clear.standing]
    assert columns.ids == [each.placement.id for each in clear.standing]
    assert columns.certainty().tolist() == [
        CERTAIN if each.certainty is Certainty.CERTAIN else POSSIBLE for each in clear.standing
    ]


years = st.integers(1190, 1260).map(lambda year: f"{year:04d}")
ends = st.one_of(years, st.just(".."), st.just(""), st.tuples(years, years).map(lambda ab: f"[{ab[0]}..{ab[1]}]"))
spans = st.tuples(ends, ends).map("/".join)
runs = st.lists(years, min_size=1, max_size=3).map(lambda each: "[" + ",".join(each) + "]")


def _reads(text: str) -> bool:
    try:
        parse_span(text)
    except EdtfError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.lists(spans.filter(_reads), max_size=6), st.one_of(years, runs, spans.filter(_reads)))
def test_certainties_and_weights_are_those_of_each_span(times: list[str], asked: str) -> None:
    days = parse_days(asked)
    moment = table_of(scene(), placed(times), ()).at(asked)
    expected = [span for span in map(parse_span, times) if span.over(days) is not Certainty.NO]
    assert [code == CERTAIN for code in moment.certainty()] == [
        span.over(days) is Certainty.CERTAIN for span in expected
    ]
    for found, span in zip(moment.weights(), expected, strict=True):
        exact = span.weights(days).some
        if exact is None:
            assert math.isnan(found)
        else:
            assert math.isclose(found, exact, abs_tol=1e-6)
            assert 0 < found <= 1


def test_never_two_rivals_and_the_one_asked_for() -> None:
    home = replace(scene(), default_hypothesis="h_a")
    found = [replace(placement(f"p_{name}"), hypothesis=name) for name in ("", "h_a", "h_b", "h_c")]
    table = table_of(home, found, RIVALS)
    assert table.at("-0430").ids == ["p_", "p_h_a"]
    assert table.at("-0430", hypothesis="h_c").ids == ["p_", "p_h_b", "p_h_c"]
    assert table.at("-0430", hypothesis="h_c").standing[1].reason.endswith("by the hypothesis “B”")
    with pytest.raises(NotFound):
        table.at("-0430", hypothesis="h_x")
    with pytest.raises(Invalid):
        table.at("-0430", minimum=Certainty.NO)


def test_columns_of_a_moment_are_row_by_row() -> None:
    moved = tuple(float(n) for n in range(16))
    table = table_of(
        scene(),
        [
            placement("p_2"),
            replace(placement("p_1"), asset="asset_b", transform=moved),
            placement("p_3", existence="1200"),
        ],
        (),
    )
    moment = table.at("-0430")
    assert moment.ids == ["p_1", "p_2"]
    assert moment.transforms().tolist() == [*moved, *placement("p_2").transform]
    assets = table.assets.part(moment.rows)
    assert [assets.names[code] for code in assets.codes] == ["asset_b", "asset_a"]
    assert len(table.assets.part(np.zeros(0, np.int64)).names) == 0


def test_pages_go_on_from_an_id_though_that_one_is_gone() -> None:
    moment = table_of(scene(), [placement(f"p_{n}") for n in range(5)], ()).at("-0430")
    assert [each.placement.id for each in moment.part(moment.page(first=2))] == ["p_0", "p_1"]
    assert [each.id for _, each, _ in moment.shown(moment.page(first=2, after="p_1"))] == ["p_2", "p_3"]
    later = table_of(scene(), [placement(f"p_{n}") for n in (0, 2, 3, 4, 9)] + [placement("p_05")], ()).at("-0430")
    assert [each.placement.id for each in later.part(later.page(first=3, after="p_1"))] == ["p_2", "p_3", "p_4"]
    assert [each.placement.id for each in later.part(later.page(first=3, after="p_4"))] == ["p_9"]
    assert len(later.page(first=3, after="z")) == len(later.page(first=0)) == 0


def test_a_scene_without_placements_answers_with_nothing() -> None:
    moment = table_of(scene(), (), ()).at("-0430")
    assert (moment.ids, *map(len, (moment.transforms(), moment.certainty(), moment.weights()))) == ([], 0, 0, 0)


class Counted(MemoryCatalogue):
    """A catalogue that knows how often placements were read."""

    reads = 0

    def within(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.reads += 1
        return super().within(*args, **kwargs)


def test_a_table_is_kept_until_its_scene_changes_and_then_brought_up_to_date() -> None:
    catalogue, tables = Counted(), SceneTables()

    def put(*records: Scene | Placement | Hypothesis) -> None:
        catalogue.commit([Put(each) for each in records], author="ada", reason="", at=NOON)

    put(scene(), placement("p_1"), placement("p_2"))
    first = tables.table(catalogue, "scene_a", actor=CURATOR)
    put(scene("scene_b"))
    assert tables.table(catalogue, "scene_a", actor=CURATOR) is first
    put(placement("p_3"), placement("p_1", title="Stoa"), RIVALS[0])
    catalogue.commit([Remove(placement("p_2"))], author="ada", reason="", at=NOON)
    put(scene(title="Forum"))
    now = tables.table(catalogue, "scene_a", actor=CURATOR)
    assert [each.title for each in now.placements] == ["Stoa", "Temple"]
    assert (now.ids, set(now.hypotheses), now.scene.title, now.revision) == (("p_1", "p_3"), {"h_a"}, "Forum", 5)
    assert catalogue.reads == 4, "read once, then only what changed"
    assert tables.table(catalogue, "scene_a", actor=CURATOR, as_of=1).ids == ("p_1", "p_2")
    assert tables.table(catalogue, "scene_a", actor=CURATOR, as_of=2).ids == ("p_1", "p_2")
    assert tables.table(catalogue, "scene_a", actor=CURATOR, as_of=4).scene.title == "Agora"
    assert tables.table(catalogue, "scene_a", actor=CURATOR, as_of=99) is now


def test_a_scene_that_is_not_there_has_no_table() -> None:
    catalogue, tables = MemoryCatalogue(), SceneTables()
    with pytest.raises(NotFound):
        tables.table(catalogue, "scene_a", actor=CURATOR)
    catalogue.commit([Put(scene())], author="ada", reason="", at=NOON)
    assert tables.table(catalogue, "scene_a", actor=CURATOR).ids == ()
    with pytest.raises(NotFound):
        tables.table(catalogue, "scene_a", actor=CURATOR, as_of=0)
    catalogue.commit([Remove(scene())], author="ada", reason="", at=NOON)
    with pytest.raises(NotFound):
        tables.table(catalogue, "scene_a", actor=CURATOR)
    assert tables.table(catalogue, "scene_a", actor=CURATOR, as_of=1).ids == ()


def test_no_more_is_kept_than_is_allowed() -> None:
    catalogue, tables = Counted(), SceneTables(most_placements=2000)
    for name in ("scene_a", "scene_b", "scene_c"):
        catalogue.commit([Put(scene(name))], author="ada", reason="", at=NOON)
        tables.table(catalogue, name, actor=CURATOR)
    before = catalogue.reads
    tables.table(catalogue, "scene_c", actor=CURATOR)
    assert catalogue.reads == before
    tables.table(catalogue, "scene_a", actor=CURATOR)
    assert catalogue.reads > before
