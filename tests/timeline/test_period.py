from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sample_museum import periods as sample
from timeline import period
from timeline.edtf import parse_span
from timeline.instant import year_of
from timeline.period import Citation, PeriodError, Place, folded, read

ARCHAIC: dict[str, Any] = {
    "id": "p0qhb66s01",
    "type": "Period",
    "label": "Archaic",
    "languageTag": "en",
    "localizedLabels": {"en": ["Archaic"], "de": ["Archaik", "Archaische Zeit"]},
    "spatialCoverage": [{"id": "http://www.wikidata.org/entity/Q41", "label": "Greece"}],
    "spatialCoverageDescription": "Greece and  the islands",
    "start": {"label": "700 B.C.", "in": {"year": "-0699"}},
    "stop": {"label": "about 480 B.C.", "in": {"earliestYear": "-0489", "latestYear": "-0479"}},
    "note": "left alone",
}
"""made up for tests"""


def _dataset(*periods: object, **source: object) -> dict[str, object]:
    return {"authorities": {"p0qhb66": {"source": source, "periods": dict(zip("abcdefgh", periods, strict=False))}}}


def _refusal(found: object) -> PeriodError:
    result = read(_dataset(found))
    assert result.periods == ()
    [error] = result.refused
    return error


def test_a_period_becomes_four_bounds_with_names_and_places() -> None:
    [found] = read(_dataset(ARCHAIC, title="A handbook"), edition="2026").periods
    assert found.uri == "http://n2t.net/ark:/99152/p0qhb66s01"
    assert found.labels == (("en", "Archaic"), ("de", "Archaik"), ("de", "Archaische Zeit"))
    assert found.places == (Place("Greece", "http://www.wikidata.org/entity/Q41"),)
    assert (found.region, found.start_label, found.stop_label) == (
        "Greece and the islands",
        "700 B.C.",
        "about 480 B.C.",
    )
    span = found.span
    assert [year_of(day) for day in (span.start_earliest, span.start_latest)] == [-699, -699]
    assert [year_of(day - 1) for day in (span.end_earliest, span.end_latest)] == [-489, -479]
    assert (found.authority, found.edition) == ("A handbook", "2026")


def test_what_is_stored_reads_back_to_the_same_bounds() -> None:
    [found] = read(_dataset(ARCHAIC, title="A handbook"), edition="2026").periods
    stored = found.cite("de")
    assert stored == Citation("-0699/[-0489..-0479]", found.uri, "Archaik", "A handbook", "2026")
    assert parse_span(stored.existence) == found.span


def test_what_is_from_a_period_stood_within_it_and_certainly_on_no_day() -> None:
    [found] = read(_dataset(ARCHAIC)).periods
    span = parse_span(found.cite(within=True).existence)
    assert (span.start_earliest, span.end_latest) == (found.span.start_earliest, found.span.end_latest)
    assert span.start_latest >= span.end_earliest


@pytest.mark.parametrize(
    ("language", "label"),
    [("de", "Archaik"), ("de-AT", "Archaik"), ("en", "Archaic"), ("", "Archaic"), ("fr", "Archaic")],
)
def test_a_label_in_a_language_or_the_authors_own(language: str, label: str) -> None:
    [found] = read(_dataset(ARCHAIC)).periods
    assert found.label(language) == label


@pytest.mark.parametrize(
    ("years", "text"),
    [
        ({"year": "0001"}, "0001/2000"),
        ({"year": "-0000"}, "0000/2000"),
        ({"year": "-12049"}, "Y-12049/2000"),
        ({"earliestYear": "-0799", "latestYear": "-0700"}, "[-0799..-0700]/2000"),
        ({"earliestYear": "1850", "latestYear": "1850"}, "1850/2000"),
    ],
)
def test_years_are_astronomical(years: dict[str, str], text: str) -> None:
    [found] = read(_dataset({**ARCHAIC, "start": {"in": years}, "stop": {"in": {"year": "2000"}}})).periods
    assert found.span.text == text


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"label": "", "localizedLabels": {}}, ".label", "no label"),
        ({"label": 7}, ".label", "a number"),
        ({"label": "x" * 1001}, ".label", "1,001 characters"),
        ({"label": "a\x00b"}, ".label", "control character"),
        ({"languageTag": "english language"}, ".languageTag", "english"),
        ({"localizedLabels": ["Archaic"]}, ".localizedLabels", "a list"),
        ({"localizedLabels": {"en": [None]}}, ".localizedLabels.en", "nothing"),
        ({"localizedLabels": {"en": [str(n) for n in range(300)]}}, ".localizedLabels", "more than 200"),
        ({"spatialCoverage": "Greece"}, ".spatialCoverage", "text"),
        ({"spatialCoverage": [{}]}, ".spatialCoverage.0", "without a name"),
        ({"spatialCoverage": [{"label": "Greece", "id": "javascript:x"}]}, ".spatialCoverage.0.id", "javascript"),
        ({"spatialCoverage": [{"label": "Greece"}] * 501}, ".spatialCoverage", "a list"),
        ({"id": "javascript:alert(1)"}, ".id", "javascript"),
        ({"start": None}, ".start", "nothing"),
        ({"start": {}}, ".start.in", "no years"),
        ({"start": {"in": {"earliestYear": "-0699"}}}, ".start.in", "no years"),
        ({"start": {"in": {"year": -699}}}, ".start.in.year", "a number"),
        ({"start": {"in": {"year": "700 BC"}}}, ".start.in.year", "700 BC"),
        ({"start": {"in": {"year": "9" * 4000}}}, ".start.in.year", "999"),
        ({"start": {"in": {"year": "٧٠٠"}}}, ".start.in.year", "٧٠٠"),
        ({"start": {"in": {"year": "5000000000000"}}}, ".start.in.year", "5000000000000"),
        ({"start": {"in": {"earliestYear": "-0099", "latestYear": "-0199"}}}, ".start.in", "after the latest"),
        ({"start": {"in": {"year": "0100"}}}, ".stop", "before the start"),
    ],
)
def test_a_period_that_says_nonsense_is_refused_by_place_and_reason(
    change: dict[str, object], where: str, said: str
) -> None:
    error = _refusal({**ARCHAIC, **change})
    assert (error.code, error.where) == ("BAD_PERIOD", f"authorities.p0qhb66.periods.a{where}")
    assert said in error.found
    assert len(str(error)) < 400


def test_a_period_without_a_stop_is_refused() -> None:
    assert _refusal({name: value for name, value in ARCHAIC.items() if name != "stop"}).where.endswith(".stop")
    assert _refusal("Archaic").found == "text"


def test_one_bad_period_does_not_spoil_the_others() -> None:
    found = read(_dataset(ARCHAIC, {**ARCHAIC, "start": {}}, {**ARCHAIC, "id": "p03"}))
    assert [each.uri[-3:] for each in found.periods] == ["s01", "p03"]
    assert len(found.refused) == 1


@pytest.mark.parametrize("data", [None, [], "text", {}, {"authorities": []}, {"authorities": {"p0": 3}}])
def test_what_is_no_dataset_is_refused_as_a_whole(data: object) -> None:
    with pytest.raises(PeriodError, match="expected an object"):
        read(data)


def test_too_many_periods_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(period, "MAX_PERIODS", 2)
    with pytest.raises(PeriodError, match="more than 2 periods"):
        read(_dataset(ARCHAIC, ARCHAIC, ARCHAIC))


def test_short_ids_are_relative_to_the_base_of_the_context() -> None:
    data = {
        **_dataset(ARCHAIC, {**ARCHAIC, "id": "https://example.org/a"}),
        "@context": [{"@base": "https://a.example/"}],
    }
    assert [each.uri for each in read(data).periods] == ["https://a.example/p0qhb66s01", "https://example.org/a"]


def test_a_single_authority_is_a_dataset_of_one() -> None:
    [found] = read({"source": {"partOf": {"title": "A handbook"}}, "periods": {"a": ARCHAIC}}).periods
    assert found.authority == "A handbook"


def test_names_are_folded_in_every_script() -> None:
    assert folded(" ÂGE du  Bronze ") == folded("age-du-bronze") == "age du bronze"
    assert folded("Κλασική ΕΠΟΧΉ") == folded("κλασικη εποχη")
    assert folded("Øst–Łódź Æon") == "ost lodz aeon"


def test_the_sample_periods_are_a_dozen_and_all_hold() -> None:
    found = read(json.loads(json.dumps(sample.dataset())), edition=sample.EDITION)
    assert (len(found.periods), found.refused) == (12, ())
    for each in found.periods:
        assert {tag for tag, _ in each.labels} >= {"en", "de", "fr", "it"}
        assert each.places
        assert parse_span(each.cite().existence) == each.span


def test_the_examples_of_the_page_hold() -> None:
    page = Path(__file__).parents[2] / "docs" / "periods.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)
    assert len(test.examples) > 8
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0
