"""A curator brings in a file and watches it become tiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from scenes.gltf_build import write_glb
from tests.journeys.conftest import ARTIFACTS, Visit
from tests.journeys.small_museum import chapel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_upload_until_ready_and_a_refusal_in_plain_words(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path
) -> None:
    assert served.studio, "on loopback the service prints a one-time curator link"
    visit = visiting(served.studio)
    page = visit.page
    page.get_by_text("You are curator").wait_for()
    assert "key=" not in page.url, "the one-time key does not stay in the address"

    good = tmp_path / "chapel.glb"
    good.write_bytes(write_glb(chapel()))
    page.get_by_label("Rights").select_option(label="CC0: no rights reserved")
    page.locator("#files").set_input_files(good)
    row = page.locator(".doing-row", has_text="chapel.glb")
    row.get_by_text("ready", exact=True).wait_for(timeout=120_000)
    asset = page.locator(".asset", has_text="chapel.glb")
    asset.locator(".state-READY").wait_for()
    assert re.search(r"[\d,]+ triangles · \d+ tiles in \d+ levels", asset.inner_text())
    assert "CC0" in asset.inner_text()

    bad = tmp_path / "shopping-list.glb"
    bad.write_text("milk, bread, a lamp\n")
    page.locator("#files").set_input_files(bad)
    refused = page.locator(".doing-row.is-bad", has_text="shopping-list.glb")
    refused.wait_for(timeout=60_000)
    assert "Export it again" in refused.inner_text()
    page.locator(".asset", has_text="shopping-list.glb").locator(".state-REJECTED").wait_for()
    page.screenshot(path=ARTIFACTS / "curator.png", full_page=True)


def test_a_visitor_is_told_how_curators_come_in(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/studio")
    visit.page.get_by_text("You are a visitor.").wait_for()
    assert visit.page.locator("#files").count() == 0
