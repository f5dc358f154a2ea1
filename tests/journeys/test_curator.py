"""A curator brings in a file and watches it become tiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from scenes.gltf_build import write_glb
from tests.journeys.barriers import barriers
from tests.journeys.conftest import ARTIFACTS, ROOT, Visit
from tests.journeys.small_museum import chapel, pedestal
from tests.pipeline.media import picture, quarters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


def test_upload_until_ready_and_a_refusal_in_plain_words(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path, signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in)
    page = visit.page
    page.get_by_text("You are curator").wait_for()

    good = tmp_path / "chapel.glb"
    good.write_bytes(write_glb(chapel()))
    page.get_by_label("Rights").select_option(label="CC0: no rights reserved")
    page.locator("#files").set_input_files(good)
    row = page.locator(".doing-row", has_text="chapel.glb")
    row.get_by_text("ready", exact=True).wait_for(timeout=120_000)
    asset = page.locator(".asset", has_text="chapel.glb")
    asset.locator(".state-READY").wait_for()
    assert re.search(r"[\d,]+ triangles · \d+ tiles? in \d+ levels?", asset.inner_text())
    assert "CC0" in asset.inner_text()

    # How good it is to show; and what is said of it, with a day before which nobody else gets it.
    asset.get_by_text("How good it is to show").click()
    assert "4 m × 4 m × 7.4 m" in asset.locator(".quality").inner_text()
    asset.get_by_text("What is said of it").click()
    asset.get_by_label("Title").fill("Chapel by the spring")
    asset.get_by_label("Embargo").fill("2031-05-01T09:00")
    asset.get_by_label("Inventory number").fill("1912.7")
    asset.get_by_role("button", name="Save").click()
    asset.get_by_text("Chapel by the spring", exact=True).wait_for()
    asset.get_by_text("What is said of it").click()
    assert asset.get_by_label("Embargo").input_value() == "2031-05-01T09:00"

    bad = tmp_path / "shopping-list.glb"
    bad.write_text("milk, bread, a lamp\n")
    page.locator("#files").set_input_files(bad)
    refused = page.locator(".doing-row.is-bad", has_text="shopping-list.glb")
    refused.wait_for(timeout=60_000)
    assert "Export it again" in refused.inner_text()
    page.locator(".asset", has_text="shopping-list.glb").locator(".state-REJECTED").wait_for()
    page.screenshot(path=ARTIFACTS / "curator.png", full_page=True)
    assert barriers(page) == []


def test_a_new_version_says_which_notes_must_be_looked_at(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path, signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in)
    page = visit.page
    marker = page.locator(".asset", has_text="Marker")
    marker.wait_for()
    # The base is where it was, the figure with the note on it is gone.
    stump = tmp_path / "stump.glb"
    stump.write_bytes(write_glb(pedestal()))
    marker.get_by_label("New version of Marker").set_input_files(stump)
    row = page.locator(".doing-row", has_text="stump.glb")
    row.get_by_text("new version of “Marker”").wait_for()
    row.get_by_text("1 note was flagged: it has to be looked at.").wait_for(timeout=120_000)
    assert "“A dent” is flagged" in row.locator(".doing-report .bad").inner_text()
    page.locator(".asset", has_text="stump.glb").get_by_text("Marker", exact=True).wait_for()
    page.screenshot(path=ARTIFACTS / "curator-version.png", full_page=True)


def test_families_come_out_of_a_file_with_a_report(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path, signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in)
    page = visit.page
    page.get_by_label("Into the scene").select_option(label="A small sanctuary")
    masons = tmp_path / "masons.ged"
    masons.write_text(
        "0 HEAD\n1 GEDC\n2 VERS 5.5.1\n1 CHAR UTF-8\n0 @I1@ INDI\n1 NAME Giovanni /Rossi/\n1 BIRT\n2 DATE ABT 1712\n"
        "1 FAMS @F1@\n0 @I2@ INDI\n1 NAME Ada\n1 BIRT\n2 DATE 1980\n0 @F1@ FAM\n1 HUSB @I1@\n0 TRLR\n"
    )
    page.locator("#people-file").set_input_files(masons)
    outcome = page.locator(".people-outcome")
    outcome.get_by_text("1 person and 1 family were written; 1 person was withheld.").wait_for(timeout=60_000)
    assert "GEDCOM 5.5.1" in outcome.inner_text()
    page.screenshot(path=ARTIFACTS / "curator-people.png", full_page=True)
    # The same once more is refused, in words.
    page.locator("#people-file").set_input_files(masons)
    outcome.get_by_role("alert").wait_for(timeout=60_000)
    assert "is there already" in outcome.inner_text()
    not_one = tmp_path / "letter.ged"
    not_one.write_text("Dear Ada,\n")
    page.locator("#people-file").set_input_files(not_one)
    outcome.get_by_role("alert").filter(has_not_text="is there already").wait_for(timeout=60_000)
    # What the server refuses, the browser notes on its console.
    visit.problems[:] = [each for each in visit.problems if "the server responded with a status of 4" not in each]


def test_a_visitor_is_told_how_curators_come_in(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/studio")
    visit.page.get_by_text("You are a visitor.").wait_for()
    assert visit.page.locator("#files").count() == 0


def test_a_recording_and_a_picture_come_in_and_are_read_by(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path, signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in)
    page = visit.page
    page.get_by_text("You are curator").wait_for()
    dig = tmp_path / "dig.jpg"
    dig.write_bytes(picture(image=quarters(400, 200)))
    page.locator("#files").set_input_files([ROOT / "tests" / "data" / "chime.flac", dig])
    for name, said in (("chime.flac", "Recording, 0:03"), ("dig.jpg", "Picture, 400 × 200")):
        page.locator(".doing-row", has_text=name).get_by_text("ready", exact=True).wait_for(timeout=120_000)
        page.locator(".asset", has_text=name).get_by_text(said).wait_for()
    page.screenshot(path=ARTIFACTS / "curator-media.png", full_page=True)

    def ask(query: str, **variables: str) -> Any:
        answer = page.evaluate(
            """async (body) => {
              const headers = {"content-type": "application/json"};
              return (await fetch("/graphql", {method: "POST", headers, body: JSON.stringify(body)})).json();
            }""",
            {"query": query, "variables": variables},
        )
        assert "errors" not in answer, answer
        return answer["data"]

    photograph = page.locator(".asset", has_text="dig.jpg").get_attribute("data-id")
    assert photograph
    article = ask(
        """mutation ($asset: ID!) { createArticle(input: {
          scene: "scene_journey", title: "The dig", bodies: [{text: "<p>On the third day.</p>", language: "en"}],
          pictures: [{asset: $asset, caption: "The trench", credit: "An archive"}]
        }) { article { id } } }""",
        asset=photograph,
    )["createArticle"]["article"]["id"]
    try:
        reading = visiting(f"{served.url}/exhibitions/journey", storage_state=signed_in)
        reading.settle("s.shown.tiles > 0")
        reading.page.get_by_role("button", name="Read", exact=True).click()
        reading.page.get_by_role("button", name="The dig").click()
        shown = reading.page.get_by_alt_text("The trench")
        shown.wait_for()
        shown.scroll_into_view_if_needed()
        reading.page.wait_for_function("() => document.querySelector('.line-picture img')?.complete")
        assert shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [400, 200]
        reading.picture("article-picture", "page")
    finally:
        ask('mutation ($id: ID!) { removeArticle(id: $id, reason: "") { revision { number } } }', id=article)
