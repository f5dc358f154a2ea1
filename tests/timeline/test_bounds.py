from __future__ import annotations

import pytest

from timeline.bounds import as_edtf, bounds_text
from timeline.edtf import parse, parse_span
from timeline.errors import TimelineError
from timeline.instant import ordinal
from timeline.interval import BEGINNING, FOREVER, TimeSpan


@pytest.mark.parametrize(
    ("text", "edtf", "lost"),
    [
        ("1985/..", "1985/..", False),
        ("[1200..1299]/..", "12XX/..", False),
        ("[1200..1209]/[1250-01..1250-12]", "120X/1250", False),
        ("[-0499..-0400]/[-0309..-0300]", "-04XX/-030X", False),
        ("[1200~..1299~]/", "12XX~/", False),
        ("[1205..1215]/[1205..1215]", "[1205..1215]", False),
        ("[1205..1215]/[1248..1252]", "[1205..1252]", True),
        ("[1200?..1299]/..", "[1200?..]", True),
        ("../[1248..1252]", "[..1252]", True),
        ("[..1215]/[1248..1252]", "[..1252]", True),
        ("[1000..1999]/..", "1XXX/..", False),
    ],
)
def test_edtf_says_the_same_or_what_is_lost(text: str, edtf: str, lost: bool) -> None:
    conversion = as_edtf(parse(text))
    assert conversion.text == edtf
    assert (conversion.lost is not None) is lost


@pytest.mark.parametrize("text", ["[..1215]/[1248..]", "[..1215]/..", "../[1248..]"])
def test_what_edtf_could_only_say_by_claiming_more_it_does_not_say(text: str) -> None:
    conversion = as_edtf(parse(text))
    assert conversion.text is None
    assert conversion.lost is not None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1985", "1985"),
        ("1985-04-12", "1985-04-12"),
        ("14XX", "14XX"),
        ("1985/..", "1985/.."),
        ("1985/", "1985/"),
        ("/1985", "/1985"),
        ("../1985", "../1985"),
        ("../..", "../.."),
        ("[1250..1275]", "[1250..1275]"),
        ("[1205..1215]/[1248..1252]", "[1205..1215]/[1248..1252]"),
        ("[1205-03..1215]/[1248-05-12..1252]", "[1205-03..1215-12]/[1248-05-12..1252-12-31]"),
        ("1205~/[1248..1252]", "1205/[1248..1252]"),
        ("[..1215]/..", "[..1215]/.."),
        ("Y-17E7/-0005", "Y-170000000/-0005"),
    ],
)
def test_bounds_have_a_text_of_their_own(text: str, written: str) -> None:
    assert bounds_text(parse_span(text)) == written


def test_bounds_beyond_the_years_of_months_are_widened_to_whole_years() -> None:
    span = TimeSpan(ordinal(-20_000, 6, 1), ordinal(-19_999, 2, 1), FOREVER, FOREVER)
    assert bounds_text(span) == "[Y-20000..Y-19999]/.."


def test_a_span_of_which_nothing_is_known_has_no_text() -> None:
    with pytest.raises(TimelineError, match="without any limit"):
        bounds_text(TimeSpan(BEGINNING, FOREVER, BEGINNING, FOREVER))
