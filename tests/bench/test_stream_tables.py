import pytest

from bench import stream_tables


def row(contender, given, metric, value, *, commit="b"):
    return {
        "commit": commit, "machine": "m", "contender": contender, "input": given, "metric": metric, "value": str(value),
        "unit": "x",
    }  # fmt: skip


def test_the_last_run_is_of_one_commit_and_its_last_figures():
    rows = [row("a", "i", "m", 1, commit="a"), row("a", "i", "m", 2), row("a", "i", "m", 3)]
    assert [each["value"] for each in stream_tables.last_run(rows)] == ["3"]


@pytest.mark.parametrize(
    ("metric", "value", "holds"),
    [("x, at most 1.15", 1.15, True), ("x, at most 1.15", 1.16, False), ("x, at least 2", 1.9, False), ("x", 1, None)],
)
def test_a_goal_holds_or_not(metric, value, holds):
    assert stream_tables.holds(metric, value) is holds


def test_a_missed_goal_is_bold():
    rows = [row("goal", "here", "x, at most 2", 3), row("goal", "there", "x, at most 2", 1)]
    assert list(stream_tables.goals(rows))[-1] == "| x, at most 2 | here: **3.00**; there: 1.00 |"
