"""Relative chronology of a scene against the clear versions: trying all days, reading all records at once."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from scenes.at_time import active_hypotheses, resolve
from scenes.difference import difference
from scenes.model import Actor, ChronologyStatement, End, Epoch, Hypothesis, Placement, Relation, Role
from scenes.ports import Put, Remove
from scenes.relative import chronology_of, counts, said
from scenes.table import SceneTable, table_of
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from tests.contracts.samples import NOON, placement, scene
from tests.timeline.oracle import by_trying_all
from timeline.edtf import parse_days, parse_span
from timeline.interval import Certainty, TimeSpan
from timeline.reasons import Bound
from timeline.statement import TERMINI

CURATOR = Actor("ines", Role.CURATOR)

RIVALS = (
    Hypothesis("h_a", "scene_a", "A", "x", "", ("h_b",)),
    Hypothesis("h_b", "scene_a", "B", "x", ""),
)


def day(number: int) -> str:
    return f"2000-01-{number:02}"


def drawn_date(chance: Random) -> str:
    start, end = chance.randrange(1, 9), chance.randrange(9, 15)
    return f"[{day(start)}..{day(start + chance.randrange(1, 4))}]/[{day(end)}..{day(end + chance.randrange(1, 4))}]"


def drawn_statement(number: int, names: list[str], chance: Random) -> ChronologyStatement:
    subject, other = chance.sample(names, 2)
    relation = chance.choice(list(Relation))
    if relation in TERMINI and chance.random() < 0.7:
        end = chance.choice(list(End))
        return ChronologyStatement(
            f"s_{number}", "scene_a", relation, subject, date=day(chance.randrange(1, 18)), end=end
        )
    return ChronologyStatement(f"s_{number}", "scene_a", relation, subject, other)


def bounds(span: TimeSpan) -> tuple[int, int, int, int]:
    return span.start_earliest, span.start_latest, span.end_earliest, span.end_latest


@pytest.mark.parametrize("part", range(4))
def test_what_stands_is_what_stands_on_some_or_on_all_days_that_may_be_true(part: int) -> None:
    compared = contradictory = 0
    for seed in range(part * 40, part * 40 + 40):
        chance = Random(seed)
        home = replace(scene(), default_hypothesis=chance.choice(["h_a", "h_b"]))
        things = [
            replace(placement(f"p_{n}", existence=drawn_date(chance)), hypothesis=chance.choice(["", "", "h_a", "h_b"]))
            for n in range(3)
        ]
        epochs = [Epoch("e_0", "scene_a", "E", drawn_date(chance))]
        names = [each.id for each in (*things, *epochs)]
        statements = [drawn_statement(n, names, chance) for n in range(chance.randrange(5))]
        table = table_of(home, things, RIVALS, epochs, statements)
        for chosen in ("h_a", "h_b"):
            active = active_hypotheses(table.hypotheses, chosen=chosen, preferred=home.default_hypothesis)
            there = {each.id: each for each in (*things, *epochs) if counts(each, active)}
            counting = [each for each in statements if {each.subject, each.object or each.subject} <= there.keys()]
            units = {name: parse_span(each.existence) for name, each in there.items()}
            expected = by_trying_all(units, [said(each) for each in counting])
            if expected is None:
                contradictory += 1
                relative = table.times(active).relative
                assert relative is not None
                assert relative.contradictions
                continue
            compared += bool(counting)
            for number in range(1, 19):
                moment = table.at(day(number), hypothesis=chosen)
                (days,) = parse_days(day(number))
                found = {each.placement.id: each.certainty for each in moment.standing}
                for name in units.keys() - {"e_0"}:
                    begun, all_begun, first_gone, gone = expected[name]
                    certain = all_begun <= days[0] < first_gone
                    possible = begun <= days[0] < gone
                    assert found.get(name, Certainty.NO) is (
                        Certainty.CERTAIN if certain else Certainty.POSSIBLE if possible else Certainty.NO
                    )
                assert (
                    moment.standing
                    == resolve(home, things, RIVALS, epochs, statements, at=day(number), hypothesis=chosen).standing
                )
    assert compared > 10
    assert contradictory > 5


def test_what_rivals_say_meets_only_where_they_count_together() -> None:
    church = placement("church", existence="[0400..1500]/[0500..1600]")
    first = replace(placement("first", existence="1000/1300"), hypothesis="h_a")
    second = replace(placement("second", existence="0500/0900"), hypothesis="h_b")
    statements = [
        ChronologyStatement("s_1", "scene_a", Relation.WITHIN, "church", "first"),
        ChronologyStatement("s_2", "scene_a", Relation.WITHIN, "church", "second"),
    ]
    table = table_of(replace(scene(), default_hypothesis="h_a"), [church, first, second], RIVALS, (), statements)
    assert [each.placement.id for each in table.at("1200").standing] == ["church", "first"]
    assert table.at("0800").ids == []
    assert table.at("0800", hypothesis="h_b").ids == ["church", "second"]
    assert table.at("1200", hypothesis="h_b").ids == []
    assert chronology_of([church, first, second], statements, frozenset({"h_a", "h_b"})).contradictions


def test_nobody_dated_the_mosque_and_still_it_stood() -> None:
    things = [placement("church", existence="0400~/1204"), placement("mosque", existence="")]
    rule = Epoch("rule", "scene_a", "Ottoman rule", "1458/1833")
    statements = [
        ChronologyStatement("s_1", "scene_a", Relation.AFTER, "mosque", "church"),
        ChronologyStatement("s_2", "scene_a", Relation.WITHIN, "mosque", "rule", author="Pappas"),
    ]
    alone = table_of(scene(), things, ())
    (undated,) = alone.at("-5000").standing
    assert (undated.placement.id, undated.certainty, undated.narrowed) == ("mosque", Certainty.POSSIBLE, "")
    assert undated.reason == "its beginning is not known; its end is not known (undated)"
    (weight,) = alone.at("-5000").weights()
    assert weight != weight, "not a number: not known"
    assert alone.at("0800", minimum=Certainty.CERTAIN).ids == ["church"]
    table = table_of(scene(), things, (), [rule], statements)
    assert table.at("0800").ids == ["church"]
    (mosque,) = table.at("1600").standing
    assert (mosque.placement.id, mosque.narrowed) == ("mosque", "[1458..1833]")
    assert mosque.reason == (
        "may not have begun yet; may have been gone already "
        "([1458..1833], by what is said of it; it has no date of its own)"
    )
    (change,) = difference(table, (), before="1300", after="1600").changes
    assert change.why_before == "was not there yet ([1458..1833], by what is said of it; it has no date of its own)"
    assert [[step.sentence() for step in chain][-1] for chain in change.chains] == [
        "mosque began no earlier than 1458: mosque stood within rule (Pappas)",
        "mosque had begun by 1833: it stood for a day at least",
        "mosque still stood on 1 January 1458: it stood for a day at least",
    ]


def test_a_scene_without_statements_has_no_chronology() -> None:
    table = table_of(scene(), [placement("p_1")], ())
    times = table.times(frozenset())
    assert times.relative is None
    assert times.bounds is table.bounds
    assert times.why("p_1", Bound.START_EARLIEST) == ()


class Site:
    """A catalogue in which one thing after another changes."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.catalogue, self.tables = MemoryCatalogue(), SceneTables()
        self.number, self.added = 0, 13
        things = [placement(f"p_{n:02}", existence=self.date(n)) for n in range(14)]
        self.put(scene(), *RIVALS, Epoch("e_0", "scene_a", "E", "0990/1400"), *things)
        for _ in range(24):
            self.say()

    def date(self, n: int) -> str:
        """Around 1100 + 5 n to 1300 + n, if anything."""
        if self.chance.random() < 0.5:
            return ""
        start, end, doubt = 1100 + 5 * n, 1300 + n, self.chance.randrange(1, 60)
        return f"[{start - doubt}..{start + doubt}]/[{end - doubt}..{end + doubt}]"

    def put(self, *records: Any) -> None:
        self.catalogue.commit([Put(each) for each in records], author="ada", reason="", at=NOON)

    def all(self, kind: type[Any]) -> list[Any]:
        return list(self.catalogue.within(kind, ("scene_a",))["scene_a"])

    def say(self) -> None:
        """Something true of places in the order of their names, mostly; now and then it contradicts."""
        names = [each.id for each in self.all(Placement)]
        one, other = sorted(self.chance.sample(names, 2))
        if self.chance.random() < 0.01:
            one, other = other, one
        self.number += 1
        relation = self.chance.choice([Relation.CARRIES, Relation.CONTEMPORARY_WITH, Relation.TERMINUS_ANTE_QUEM])
        if self.chance.random() < 0.2:
            relation, other = Relation.CONTEMPORARY_WITH, "e_0"
        self.put(ChronologyStatement(f"s_{self.number:03}", "scene_a", relation, one, other))

    def change(self) -> None:
        """One thing: said, withdrawn, dated anew, placed under a hypothesis, placed, or removed."""
        what = self.chance.randrange(6)
        if what == 0:
            self.say()
        elif what == 1:
            self.catalogue.commit(
                [Remove(self.chance.choice(self.all(ChronologyStatement)))], author="ada", reason="", at=NOON
            )
        elif what == 2:
            dated = self.chance.choice(self.all(Placement))
            self.put(replace(dated, existence=self.date(int(dated.id.removeprefix("p_")))))
        elif what == 3:
            moved = self.chance.choice(self.all(Placement))
            self.put(replace(moved, hypothesis=self.chance.choice(["", "", "h_a", "h_b"])))
        elif what == 4:
            self.added += 1
            self.put(placement(f"p_{self.added}", existence=self.date(self.added)))
        else:
            (epoch,) = self.all(Epoch)
            self.put(replace(epoch, existence=self.chance.choice(["0900/1400", "0990/1500", ""])))

    def read_anew(self) -> SceneTable:
        return SceneTables().table(self.catalogue, "scene_a", actor=CURATOR)


def told(table: SceneTable, chosen: str) -> Any:
    """All that depends on times."""
    _, active = table.active(chosen)
    times = table.times(active)
    assert times.relative is not None
    moments = [table.at(time, hypothesis=chosen) for time in ("0950", "1150/1180", "1300")]
    return (
        [bounds(span) for span in times.spans],
        times.bounds.tolist(),
        [(each.ids, each.certainty().tolist(), repr(each.weights().tolist()), each.standing) for each in moments],
        [times.why(name, bound) for name in table.ids for bound in Bound],
        times.relative.contradictions,
        times.relative.tangled,
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_table_brought_up_to_date_tells_what_one_read_anew_tells(seed: int) -> None:
    brought_up = 0
    site = Site(seed)
    for _ in range(30):
        site.change()
        now, anew = site.tables.table(site.catalogue, "scene_a", actor=CURATOR), site.read_anew()
        assert site.tables.table(site.catalogue, "scene_a", actor=CURATOR) is now
        for chosen in ("h_a", "h_b"):
            assert told(now, chosen) == told(anew, chosen)
            relative = now.times(now.reading(chosen)).relative
            assert relative is not None
            brought_up += relative.is_brought_up
    assert brought_up > 5


def test_the_past_is_told_by_what_was_said_then() -> None:
    catalogue, tables = MemoryCatalogue(), SceneTables()

    def put(*records: Any) -> None:
        catalogue.commit([Put(each) for each in records], author="ada", reason="", at=NOON)

    put(scene(), placement("p_1", existence=""), Epoch("e_0", "scene_a", "E", "1458/1833"))
    put(ChronologyStatement("s_1", "scene_a", Relation.WITHIN, "p_1", "e_0"))
    put(Epoch("e_0", "scene_a", "E", "1700/1833"))
    assert [tables.table(catalogue, "scene_a", actor=CURATOR, as_of=n).at("1000").ids for n in (1, 2, 3)] == [
        ["p_1"],
        [],
        [],
    ]
    assert [tables.table(catalogue, "scene_a", actor=CURATOR, as_of=n).at("1600").ids for n in (1, 2, 3)] == [
        ["p_1"],
        ["p_1"],
        [],
    ]
    catalogue.commit(
        [Remove(ChronologyStatement("s_1", "scene_a", Relation.WITHIN, "p_1", "e_0"))], author="ada", reason="", at=NOON
    )
    assert tables.table(catalogue, "scene_a", actor=CURATOR).at("1000").ids == ["p_1"]


def test_an_epoch_that_was_there_before_it_was_spoken_of_is_read() -> None:
    catalogue, tables = MemoryCatalogue(), SceneTables()

    def put(*records: Any) -> None:
        catalogue.commit([Put(each) for each in records], author="ada", reason="", at=NOON)

    put(scene(), placement("p_1", existence=""), Epoch("e_0", "scene_a", "E", "1458/1833"))
    assert tables.table(catalogue, "scene_a", actor=CURATOR).at("1000").ids == ["p_1"]
    put(ChronologyStatement("s_1", "scene_a", Relation.WITHIN, "p_1", "e_0"))
    assert tables.table(catalogue, "scene_a", actor=CURATOR).at("1000").ids == []
