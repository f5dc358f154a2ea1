"""What all tests share: nothing is timed by hypothesis, and workers share them out by `tests.sharing`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests import sharing

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

# Machines are noisy: time is measured in bench/, never asserted.
settings.register_profile("noisy", deadline=None)
settings.load_profile("noisy")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest-randomly, which shuffles."""
    items[:] = sharing.in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    config.option.loadscopereorder = False
    return sharing.ByUnit(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return sharing.workers(os.cpu_count() or 1)
