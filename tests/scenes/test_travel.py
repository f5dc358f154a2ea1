"""Where a traveller in time comes to next."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from scenes.model import Hypothesis
from scenes.table import table_of
from scenes.travel import upcoming
from tests.contracts.samples import placement, scene
from timeline.interval import Certainty

RIVALS = (Hypothesis("h_a", "scene_a", "A", "x", "", ("h_b",)), Hypothesis("h_b", "scene_a", "B", "x", ""))
TIMES = ["-0480/0390", "1200/1250", "[1205..1215]/[1248..1252]", "../1300", "../.."]


def table(times: list[str] | None = None, *, hypothesis: str = ""):
    dated = (placement(f"p_{n}", existence=time) for n, time in enumerate(times or TIMES))
    found = [replace(each, hypothesis=hypothesis) for each in dated]
    return table_of(scene(), found, RIVALS)


@pytest.mark.parametrize(
    ("at", "forward", "minimum", "expected"),
    [
        ("1190", True, Certainty.POSSIBLE, ("1200-01-01", "1205-01-01")),
        ("1190", False, Certainty.POSSIBLE, ("0390-12-31", "-0481-12-31")),
        ("1190", True, Certainty.CERTAIN, ("1200-12-31", "1215-12-31")),
        ("1200", True, Certainty.POSSIBLE, ("1205-01-01", "1251-01-01")),
        ("1200-01-01", False, Certainty.POSSIBLE, ("1199-12-31", "0390-12-31")),
        ("1301", True, Certainty.POSSIBLE, ()),
        ("-0900", False, Certainty.POSSIBLE, ()),
        ("{1190,1210}", True, Certainty.POSSIBLE, ("1251-01-01", "1253-01-01")),
    ],
)
def test_the_next_moments_are_those_about_which_something_changes(at, forward, minimum, expected):
    assert upcoming(table(), at, hypothesis=None, minimum=minimum, forward=forward, count=2) == expected


def test_what_stands_differs_on_each_of_them():
    times = table()
    days = upcoming(times, "1190", hypothesis=None, minimum=Certainty.POSSIBLE, forward=True, count=9)
    standing = [times.at(day).ids for day in ("1190", *days)]
    assert len(standing) == 6
    assert all(one != other for one, other in pairwise(standing))


def test_only_what_counts_counts():
    rivals = table(["1200/1250"], hypothesis="h_b")
    asked = {"minimum": Certainty.POSSIBLE, "forward": True, "count": 2}
    assert upcoming(rivals, "1100", hypothesis="h_a", **asked) == ()
    assert upcoming(rivals, "1100", hypothesis="h_b", **asked) == ("1200-01-01", "1251-01-01")


def test_an_empty_scene_has_no_next_moment():
    empty = table_of(scene(), (), ())
    assert upcoming(empty, "1200", hypothesis=None, minimum=Certainty.POSSIBLE, forward=False, count=2) == ()
