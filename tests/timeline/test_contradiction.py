from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from tests.timeline.oracle import Units, is_irreducible
from timeline.chronology import Chronology
from timeline.contradiction import Contradiction, Dated, first_conflict
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.network import Network
from timeline.statement import Kind, Statement


def _said(*lines: str) -> list[Statement]:
    """Statements from lines like "a before b", in their order s0, s1 and so on."""
    parts = [line.split() for line in lines]
    return [Statement(f"s{at}", Kind(kind), one, other) for at, (one, kind, other) in enumerate(parts)]


def _only(units: Units, statements: list[Statement]) -> Contradiction:
    (contradiction,) = Chronology(units, statements).contradictions
    assert is_irreducible(units, contradiction)
    return contradiction


def _ids(contradiction: Contradiction) -> set[str]:
    return {each.id for each in contradiction.statements}


def test_of_two_circles_the_one_with_fewer_statements_is_told() -> None:
    said = _said("a before b", "b carries c", "c carries d", "d before a", "b before a")
    assert _ids(_only(dict.fromkeys("abcd"), said)) == {"s0", "s4"}


def test_statements_of_equal_starts_are_no_contradiction() -> None:
    said = _said("a carries b", "b carries c", "c carries a", "a same_time_as b", "c within a", "a within c")
    assert Chronology(dict.fromkeys("abc"), said).contradictions == ()


@pytest.mark.parametrize("kind", [Kind.BEFORE, Kind.CARRIES])
def test_a_long_chain_is_told_whole(kind: Kind) -> None:
    names = [f"u{at}" for at in range(3000)]
    units: Units = dict.fromkeys(names)
    units[names[0]], units[names[-1]] = TimeSpan(900_000, 900_364, 910_000, 910_364), TimeSpan(100, 464, 9_000, 9_364)
    said = [Statement(f"s{at}", kind, one, other) for at, (one, other) in enumerate(pairwise(names))]
    (contradiction,) = Chronology(units, said).contradictions
    assert len(contradiction.claims) == 3001
    assert contradiction.dated == ("u0", "u2999")


def test_a_long_circle_is_told_whole() -> None:
    names = [f"u{at}" for at in range(3000)]
    said = [Statement(f"s{at}", Kind.BEFORE, one, other) for at, (one, other) in enumerate(pairwise([*names, "u0"]))]
    (contradiction,) = Chronology(dict.fromkeys(names), said).contradictions
    assert len(contradiction.claims) == 3000


def test_days_that_pass_on_the_way_count() -> None:
    units: Units = {"a": TimeSpan(10, 10, 11, 14), "b": None, "c": None, "d": TimeSpan(8, 12, 9, 20)}
    said = _said("a before b", "b before c", "c before d", "a carries c", "b carries d")
    assert _ids(_only(units, said)) == {"s0", "s1", "s2"}
    units["d"] = TimeSpan(8, 13, 9, 20)
    assert Chronology(units, said).contradictions == ()


def test_one_date_is_enough_where_another_would_have_to_lie_beyond_all_days() -> None:
    always = TimeSpan(BEGINNING, BEGINNING, FOREVER, FOREVER)
    contradiction = _only({"sea": always, "town": TimeSpan(1, 2, 3, 4)}, _said("sea before town"))
    assert [type(claim) for claim in contradiction.claims] == [Dated, Statement]
    assert contradiction.dated == ("sea",)


def test_a_date_counts_as_one_claim_whichever_of_its_bounds_take_part() -> None:
    units: Units = {"a": TimeSpan(10, 10, 12, 12), "b": None, "c": None}
    contradiction = _only(units, _said("b before c", "b within a", "c within a", "b contemporary_with c"))
    assert len(contradiction.claims) == 2  # needs no date at all
    three = _only({**units, "d": None}, _said("b before c", "c before d", "b within a", "d within a"))
    assert three.dated == ("a",)
    assert _ids(three) == {"s0", "s1", "s2", "s3"}


def test_terminus_against_terminus_needs_no_date() -> None:
    post = Statement("s1", Kind.TERMINUS_POST_QUEM, "wall", days=(500, 501))
    ante = Statement("s2", Kind.TERMINUS_ANTE_QUEM, "wall", days=(400, 401))
    contradiction = _only({"wall": TimeSpan(0, 900, 1, 1000)}, [post, ante])
    assert contradiction.claims == (post, ante)


def test_what_can_be_true_has_no_conflict() -> None:
    assert first_conflict(Network({"a": TimeSpan(1, 2, 3, 4), "b": None}, _said("a before b"))) == []


def test_contradictions_of_larger_sites_are_irreducible() -> None:
    told = 0
    for seed in range(12):
        chance = Random(seed)
        names = [f"u{at}" for at in range(30)]
        units: Units = {
            name: TimeSpan(at * 9, at * 9 + 40, at * 9 + 20, at * 9 + 90) if chance.random() < 0.4 else None
            for at, name in enumerate(names)
        }
        said = []
        for at in range(70):
            one, other = sorted(chance.sample(range(30), 2), reverse=chance.random() < 0.15)
            said.append(Statement(f"s{at}", chance.choice(list(Kind)[:6]), names[one], names[other]))
        for contradiction in Chronology(units, said).contradictions:
            assert is_irreducible(units, contradiction)
            told += 1
    assert told > 50
