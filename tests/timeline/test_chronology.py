from __future__ import annotations

from itertools import count
from random import Random

import pytest

from tests.timeline.oracle import (
    Units,
    bounds_of,
    by_bellman_ford,
    by_trying_all,
    is_irreducible,
    random_span,
    random_statement,
)
from timeline.chronology import Chronology
from timeline.edtf import parse_days, parse_span
from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.reasons import Bound
from timeline.statement import End, Kind, Statement


def _check(chronology: Chronology, units: Units, statements: dict[str, Statement]) -> None:
    """What must hold at any time, by the slow versions."""
    in_force = [each for each in statements.values() if chronology.is_in_force(each.id)]
    told = [each.id for contradiction in chronology.contradictions for each in contradiction.statements]
    tangled = [each.id for each in chronology.tangled]
    assert sorted([*(each.id for each in in_force), *told, *tangled]) == sorted(statements)
    assert {name: bounds_of(span) for name, span in chronology.spans()} == by_bellman_ford(units, in_force)
    agrees = by_bellman_ford(units, list(statements.values())) is not None
    assert agrees == (not told and not tangled)
    for contradiction in chronology.contradictions:
        assert contradiction.statements
        assert is_irreducible(units, contradiction), contradiction
        assert len(contradiction.sentences()) == len(contradiction.claims)


def _random(seed: int) -> tuple[Random, Units, list[Statement], dict[str, float]]:
    chance = Random(seed)
    names = [f"u{at}" for at in range(chance.randrange(2, 8))]
    style = {"days": chance.choice([4, 8, 30]), "tangle": chance.choice([0, 0.1, 0.3, 1])}
    units: Units = {name: random_span(chance, style["days"]) if chance.random() < 0.5 else None for name in names}
    said = [random_statement(chance, f"s{at}", names, **style) for at in range(chance.randrange(1, 14))]
    return chance, units, said, style


def test_the_oracle_agrees_with_trying_all_days() -> None:
    agreeing = 0
    for seed in range(150):
        chance = Random(seed)
        names = ["a", "b", "c"][: chance.choice([2, 3])]
        units = {name: TimeSpan(*_closed(random_span(chance, 4))) for name in names}
        said = [random_statement(chance, f"s{at}", names, days=4, tangle=0.3) for at in range(chance.randrange(1, 4))]
        expected = by_trying_all(units, said)
        assert by_bellman_ford(dict(units), said) == expected
        agreeing += expected is not None
    assert 30 < agreeing < 130


def _closed(span: TimeSpan) -> tuple[int, int, int, int]:
    a, b, c, d = bounds_of(span)
    return max(a, 0), max(b, 0), min(c, 4), min(d, 4)


@pytest.mark.parametrize("part", range(4))
def test_bounds_and_contradictions_are_those_of_the_oracle(part: int) -> None:
    contradictory = 0
    for seed in range(part * 100, part * 100 + 100):
        _, units, said, _ = _random(seed)
        chronology = Chronology(units, said)
        _check(chronology, units, {each.id: each for each in said})
        contradictory += bool(chronology.contradictions)
    assert 20 < contradictory < 90


@pytest.mark.parametrize("part", range(4))
def test_after_any_change_bounds_and_contradictions_are_those_of_the_oracle(part: int) -> None:
    for seed in range(part * 25, part * 25 + 25):
        chance, units, said, style = _random(seed)
        chronology = Chronology(units)
        now: dict[str, Statement] = {}
        for each in said:
            now[each.id] = each
            chronology.add(each)
            _check(chronology, units, now)
        for step in range(8):
            what, name = chance.random(), chance.choice(list(units))
            if what < 0.5 and now:
                withdrawn = chance.choice(list(now))
                chronology.withdraw(withdrawn)
                del now[withdrawn]
            elif what < 0.7:
                now[f"t{step}"] = random_statement(chance, f"t{step}", list(units), **style)
                chronology.add(now[f"t{step}"])
            elif what < 0.75:
                units[f"n{step}"] = random_span(chance, style["days"])
                chronology.add_unit(f"n{step}", units[f"n{step}"])
            else:
                units[name] = random_span(chance, style["days"]) if chance.random() < 0.7 else None
                chronology.date(name, units[name])
            _check(chronology, units, now)


def test_the_reasons_of_a_bound_are_enough_for_it() -> None:
    explained = 0
    for seed in range(120):
        _, units, said, _ = _random(seed)
        chronology = Chronology(units, said)
        for name in units:
            for at, bound in enumerate(Bound):
                steps = chronology.explain(name, bound)
                day = getattr(chronology.span(name), bound)
                if not steps:
                    assert day in (BEGINNING, FOREVER)
                    continue
                assert (steps[-1].unit, steps[-1].bound, steps[-1].day) == (name, bound, day)
                assert steps[0].is_own or (steps[0].statement and steps[0].statement.days)
                assert all(step.sentence() for step in steps)
                alone: Units = dict.fromkeys(units)
                if steps[0].is_own:
                    alone[steps[0].unit] = units[steps[0].unit]
                stated = {step.statement.id: step.statement for step in steps if step.statement}
                found = by_bellman_ford(alone, list(stated.values()))
                assert found is not None
                assert found[name][at] == day
                explained += len(steps) > 1
    assert explained > 100


SITE = {
    "temple": parse_span("-0447/-0100"),
    "church": parse_span("0400~/1204"),
    "mosque": None,
    "minaret": None,
    "Ottoman rule": parse_span("1458/1833"),
}
SAID = [
    Statement("s1", Kind.AFTER, "mosque", "church", source="Rossi 1998"),
    Statement("s2", Kind.CARRIES, "mosque", "minaret"),
    Statement("s3", Kind.WITHIN, "minaret", "Ottoman rule", author="Pappas"),
]


def test_bounds_follow_from_what_is_said() -> None:
    chronology = Chronology(SITE, SAID)
    church, rule = SITE["church"], SITE["Ottoman rule"]
    assert church
    assert rule
    minaret, mosque = chronology.span("minaret"), chronology.span("mosque")
    assert (minaret.start_earliest, minaret.end_latest) == (rule.start_earliest, rule.end_latest)
    assert mosque.start_earliest == church.end_earliest
    assert mosque.start_latest == minaret.start_latest == rule.end_latest - 1
    assert mosque.end_latest == FOREVER
    assert mosque.start_unknown is False
    assert mosque.end_unknown is True
    assert chronology.span("temple") is SITE["temple"]


def test_a_bound_says_why_it_is_where_it_is() -> None:
    chronology = Chronology(SITE, SAID)
    assert [step.sentence(str.title) for step in chronology.explain("mosque", Bound.START_LATEST)] == [
        "Ottoman Rule stood no later than 1833: its own date, 1458 – 1833",
        "Minaret stood no later than 1833: Minaret stood within Ottoman Rule (Pappas)",
        "Minaret had begun by 1833: it stood for a day at least",
        "Mosque had begun by 1833: Mosque carries Minaret, so it is not later",
    ]
    assert chronology.explain("mosque", Bound.END_LATEST) == ()


def test_a_circle_is_told_and_narrows_nothing() -> None:
    chronology = Chronology(SITE, [*SAID, Statement("s4", Kind.BEFORE, "minaret", "church")])
    (contradiction,) = chronology.contradictions
    assert contradiction.sentences() == [
        "mosque began when church was gone (Rossi 1998)",
        "mosque carries minaret, so it is not later",
        "minaret was gone when church began",
    ]
    assert contradiction.dated == ()
    assert not any(map(chronology.is_in_force, ("s1", "s2", "s4")))
    assert chronology.is_in_force("s3")
    assert chronology.span("mosque").start_earliest == BEGINNING


def test_a_chain_names_the_dates_at_its_ends() -> None:
    chronology = Chronology(SITE, [Statement("s1", Kind.CARRIES, "church", "temple")])
    (contradiction,) = chronology.contradictions
    assert contradiction.sentences() == [
        "church began no earlier than 400 AD (its own date, c. 400 AD – 1204)",
        "church carries temple, so it is not later",
        "temple had begun by 448 BC (its own date, 448 – 101 BC)",
    ]
    assert contradiction.dated == ("church", "temple")


def test_reasons_that_pass_an_equal_end_twice_are_told_and_not_tangled() -> None:
    units: dict[str, TimeSpan | None] = {
        "hall": TimeSpan(100, 101, 109, 111),
        "wall": TimeSpan(99, 100, 107, 109),
        "well": TimeSpan(97, 100, 107, 108),
    }
    said = [
        Statement("s1", Kind.AFTER, "wall", "well"),
        Statement("s2", Kind.CARRIES, "hall", "wall"),
        Statement("s3", Kind.SAME_TIME_AS, "wall", "hall"),
    ]
    chronology = Chronology(units, said)
    (contradiction,) = chronology.contradictions
    assert [each.id for each in contradiction.statements] == ["s1"]
    assert chronology.tangled == ()
    assert chronology.span("hall").start_latest == 100


def test_termini_narrow_the_end_that_they_are_about() -> None:
    (year,) = parse_days("1250")
    kinds = Kind.TERMINUS_POST_QUEM, Kind.TERMINUS_ANTE_QUEM
    said = [Statement(f"{kind}{end}", kind, f"{kind}{end}", days=year, end=end) for kind in kinds for end in End]
    chronology = Chronology({each.subject: None for each in said}, said)
    found = {name: bounds_of(span) for name, span in chronology.spans()}
    first, after = year
    assert list(found.values()) == [
        (first, FOREVER, first + 1, FOREVER),
        (BEGINNING, FOREVER, first + 1, FOREVER),
        (BEGINNING, after - 1, BEGINNING, FOREVER),
        (BEGINNING, after - 1, BEGINNING, after),
    ]
    dated = parse_span("1250/1250")
    assert (dated.start_earliest, dated.start_latest) == (first, after - 1)


def test_independent_contradictions_are_all_told() -> None:
    names = [f"{group}{at}" for group in "abc" for at in range(3)]
    numbers = count()
    said = [
        Statement(f"s{next(numbers)}", Kind.BEFORE, f"{group}{at}", f"{group}{(at + 1) % 3}")
        for group in "abc"
        for at in range(3)
    ]
    chronology = Chronology(dict.fromkeys(names), said)
    assert sorted(len(each.claims) for each in chronology.contradictions) == [3, 3, 3]


def _layers(count: int) -> tuple[Units, list[Statement]]:
    units: Units = {f"u{at}": None for at in range(count)}
    units["u0"] = TimeSpan(0, 0, 1, FOREVER)
    return units, [Statement(f"s{at}", Kind.CARRIES, f"u{at}", f"u{at + 1}") for at in range(count - 1)]


def test_a_new_statement_touches_what_it_changes_and_nothing_else() -> None:
    units, said = _layers(5000)
    chronology = Chronology(units, said)
    year = (900_000, 900_365)
    change = chronology.add(Statement("t", Kind.TERMINUS_POST_QUEM, "u4990", days=year))
    assert change.touched == {f"u{at}" for at in range(4990, 5000)}
    assert chronology.span("u4999").start_earliest == 900_000
    assert chronology.add(Statement("again", Kind.CARRIES, "u10", "u4000")).touched == frozenset()
    assert chronology.add(Statement("less", Kind.TERMINUS_POST_QUEM, "u4995", days=(5, 6))).touched == frozenset()
    assert chronology.withdraw("again").touched == frozenset()


def test_a_statement_withdrawn_touches_what_came_from_it_and_nothing_else() -> None:
    units, said = _layers(5000)
    chronology = Chronology(units, said)
    assert chronology.span("u4999").start_earliest == 0
    change = chronology.withdraw("s4989")
    assert change.touched == {f"u{at}" for at in range(4990, 5000)}
    assert chronology.span("u4999").start_earliest == BEGINNING
    assert chronology.span("u4989").start_earliest == 0


def test_what_is_said_twice_stays_when_it_is_withdrawn_once() -> None:
    chronology = Chronology(
        {"a": TimeSpan(5, 6, 8, 9), "b": None},
        [Statement("s1", Kind.BEFORE, "a", "b"), Statement("s2", Kind.AFTER, "b", "a")],
    )
    assert chronology.withdraw("s1").touched == frozenset()
    assert chronology.span("b").start_earliest == 8
    chronology.withdraw("s2")
    assert chronology.span("b").start_earliest == BEGINNING


def test_a_change_tells_contradictions_that_come_and_go() -> None:
    chronology = Chronology(SITE, SAID)
    came = chronology.add(Statement("s4", Kind.BEFORE, "minaret", "church"))
    assert came.contradictions == chronology.contradictions
    assert came.resolved == ()
    gone = chronology.withdraw("s4")
    assert gone.resolved == came.contradictions
    assert chronology.contradictions == ()
    assert all(map(chronology.is_in_force, ("s1", "s2", "s3")))
    assert list(chronology.statements) == ["s1", "s2", "s3"]


def test_a_new_date_resolves_what_the_old_one_contradicted() -> None:
    chronology = Chronology(SITE, [Statement("s1", Kind.CARRIES, "church", "temple")])
    change = chronology.date("church", parse_span("-0500/1204"))
    assert len(change.resolved) == 1
    assert chronology.is_in_force("s1")
    assert chronology.date("church", SITE["church"]).contradictions == chronology.contradictions != ()


def test_where_nearly_everything_contradicts_the_rest_is_told_together() -> None:
    chance = Random(1)
    names = [f"u{at}" for at in range(200)]
    now = {}
    for at in range(2000):
        one, other = chance.sample(names, 2)
        now[f"s{at}"] = Statement(f"s{at}", Kind.BEFORE, one, other)
    chronology = Chronology(dict.fromkeys(names), now.values())
    for _ in range(2):
        assert chronology.tangled
        told = {each.id for contradiction in chronology.contradictions for each in contradiction.statements}
        tangled = {each.id for each in chronology.tangled}
        in_force = {name for name in now if chronology.is_in_force(name)}
        assert told | tangled | in_force == set(now)
        assert len(told) + len(tangled) + len(in_force) == len(now)
        assert by_bellman_ford(dict.fromkeys(names), [now[name] for name in in_force]) is not None
        withdrawn = chronology.tangled[0].id
        chronology.withdraw(withdrawn)
        del now[withdrawn]


def test_what_is_not_there_or_there_twice_is_refused_and_nothing_changes() -> None:
    chronology = Chronology(SITE, SAID)
    before = list(chronology.spans())
    with pytest.raises(TimelineError, match="already"):
        chronology.add(SAID[0])
    with pytest.raises(TimelineError, match="no unit 'palace'"):
        chronology.add(Statement("s9", Kind.BEFORE, "church", "palace"))
    with pytest.raises(TimelineError, match="no unit"):
        Chronology({}, SAID)
    with pytest.raises(TimelineError, match="already"):
        Chronology(SITE, [*SAID, SAID[1]])
    with pytest.raises(TimelineError, match="already"):
        chronology.add_unit("church")
    with pytest.raises(TimelineError, match="no statement"):
        chronology.withdraw("s9")
    for ask in (
        chronology.span,
        lambda unit: chronology.explain(unit, Bound.END_LATEST),
        lambda unit: chronology.date(unit, None),
    ):
        with pytest.raises(TimelineError, match="no unit"):
            ask("palace")
    assert list(chronology.spans()) == before
    assert list(chronology.statements) == ["s1", "s2", "s3"]


def test_a_long_circle_is_told_whole_and_all_is_in_force_again_without_one_of_it():
    many = 700  # so many that all is propagated anew
    site = Chronology(
        {f"u{n}": None for n in range(many)} | {"a": parse_span("1400/1500"), "b": parse_span("1200/1300")},
        [
            *(Statement(f"s{n}", Kind.BEFORE, f"u{n}", f"u{n + 1}") for n in range(many - 1)),
            Statement("other", Kind.BEFORE, "a", "b"),
        ],
    )
    (other,) = site.contradictions
    found = site.add(Statement("loop", Kind.BEFORE, f"u{many - 1}", "u0"))
    assert [len(each.statements) for each in found.contradictions] == [many]
    assert not any(site.is_in_force(f"s{n}") for n in range(many - 1))
    assert len(site.withdraw("s7").resolved) == 1
    assert site.contradictions == (other,)
    assert all(site.is_in_force(each) for each in ("loop", "s0", "s6", "s8", f"s{many - 2}"))
