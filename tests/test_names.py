"""Our flat packages bear common names: they must be ours, wherever the tests are run from (docs/adr/0001)."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_resolves_to_this_tree(name: str) -> None:
    module = importlib.import_module(name)
    assert Path(str(module.__file__)).resolve().parent == ROOT / name


def test_no_dependency_ships_a_module_of_our_name() -> None:
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    assert {name: owners[name] for name in PACKAGES if set(owners.get(name, ["chronotope"])) != {"chronotope"}} == {}


def test_every_test_folder_is_a_package() -> None:
    # Without tests/__init__.py a folder tests/api would shadow our own package `api`.
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
