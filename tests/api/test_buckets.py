import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.buckets import Buckets, Budget, parse_budget

BUDGET = Budget(rate=10.0, burst=100.0)
ASKED = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 150), st.floats(0, 30)), max_size=60)


@given(ASKED)
def test_nobody_gets_more_than_a_burst_and_what_came_back(asked):
    buckets, now, got = Buckets(BUDGET, most=10), 0.0, dict.fromkeys("abc", 0.0)
    for key, points, later in asked:
        now += later
        if buckets.wait(key, points, now) == 0:
            buckets.take(key, points, now)
            got[key] += min(points, BUDGET.burst)
        assert all(each <= BUDGET.burst + BUDGET.rate * now + 1e-6 for each in got.values())


@given(ASKED)
def test_whoever_waits_as_long_as_they_were_told_is_let_in_and_not_before(asked):
    buckets, now = Buckets(BUDGET, most=10), 0.0
    for key, points, later in asked:
        now += later
        wait = buckets.wait(key, points, now)
        assert 0 <= wait <= BUDGET.burst / BUDGET.rate + 1e-6
        if wait > 1e-3:
            assert buckets.wait(key, points, now + wait / 2) > 0
            assert buckets.wait(key, points, now + wait) < 1e-6
        else:
            buckets.take(key, points, now)


@given(ASKED)
def test_one_key_pays_nothing_for_another(asked):
    together, alone, now = Buckets(BUDGET, most=10), {key: Buckets(BUDGET, most=10) for key in "abc"}, 0.0
    for key, points, later in asked:
        now += later
        assert together.wait(key, points, now) == alone[key].wait(key, points, now)
        together.take(key, points, now)
        alone[key].take(key, points, now)


def test_only_so_many_are_remembered_and_who_asks_often_is_not_forgotten():
    buckets = Buckets(BUDGET, most=100)
    buckets.take("often", 100, 0.0)
    for number in range(10_000):
        buckets.take(str(number), 100, 0.0)
        buckets.take("often", 0, 0.0)
    assert len(buckets) == 100
    assert buckets.wait("often", 1, 0.0) > 0


def test_a_rate_of_nothing_limits_nothing():
    buckets = Buckets(parse_budget("0"), most=1)
    buckets.take("a", 10**9, 0.0)
    assert buckets.wait("a", 10**9, 0.0) == 0
    assert len(buckets) == 0


@pytest.mark.parametrize(
    "text", ["", "5", "5,", "0,5", "5,0", "-1,5", "1.5,3", "1,2,3", "1e3,5", "²,5", "9" * 30 + ",1"]
)
def test_what_is_no_budget_is_told_so(text):
    with pytest.raises(ValueError, match="points"):
        parse_budget(text)
