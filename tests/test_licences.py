"""What tools/licences.py accepts of what we depend on."""

import pytest

from tools import licences


@pytest.mark.parametrize(
    ("name", "licence", "is_fit"),
    [
        ("one", "MIT", True),
        ("one", "(MIT AND Zlib)", True),
        ("one", "BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", True),
        ("one", "", False),
        ("one", "GPL-3.0-or-later", False),
        ("one", "MIT AND AGPL-3.0-only", False),
        ("one", "LGPL-3.0-or-later", False),
        ("pyvips-binary", "LGPL-3.0-or-later", True),
        ("one", "UNLICENSED", False),
    ],
)
def test_only_what_asks_little_is_accepted(name: str, licence: str, is_fit: bool) -> None:
    assert licences.fits(name, licence) is is_fit


def test_every_package_is_on_the_page_with_an_accepted_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main() == 0, capsys.readouterr().err


def test_a_package_that_the_page_does_not_name_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(licences, "of_npm", lambda: [("left-pad", "web", "WTFPL")])
    assert licences.main() == 1
    said = capsys.readouterr().err
    assert "left-pad: WTFPL" in said
    assert "left-pad: not so in docs/licences.md" in said
