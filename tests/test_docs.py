"""What the documents name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if "://" not in target and not target.startswith(("mailto:", "/"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_decision_has_context_options_and_a_choice() -> None:
    for page in (ROOT / "docs/adr").glob("0*.md"):
        text = page.read_text().lower()
        assert all(heading in text for heading in ("## context", "## options", "## choice")), page.name


def test_the_makefile_has_the_targets_that_the_documents_name() -> None:
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", page.read_text())}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets, named - targets
