"""What all tests share: nothing is timed by hypothesis, and a file's tests run on one worker."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Machines are noisy: time is measured in bench/, never asserted.
settings.register_profile("noisy", deadline=None)
settings.load_profile("noisy")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are the unit that workers share out, so that a module's fixtures are made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::", 1)[0]))
