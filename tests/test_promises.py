"""What docs/durability.md and docs/security.md promise names its place and its proof; both must be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("durability.md", "security.md")
PROOFS = sorted(
    {proof for page in PAGES for proof in re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / page).read_text())}
)
PLACES = sorted(
    {
        place
        for page in PAGES
        for place in re.findall(
            r"`((?:api|pipeline|scenes|storage|requirements)/[^`]*)`", (ROOT / "docs" / page).read_text()
        )
    }
)


@pytest.mark.parametrize("proof", PROOFS)
def test_a_test_that_proves_a_promise_is_there(proof: str) -> None:
    name, _, function = proof.partition("::")
    assert (ROOT / name).exists()
    if function:
        assert re.search(rf"^(async )?def {function}\(", (ROOT / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_where_a_promise_is_kept_is_there(place: str) -> None:
    assert (ROOT / place).exists()


def test_the_pages_hold_many_of_either() -> None:
    assert len(PROOFS) > 50
    assert len(PLACES) > 20
