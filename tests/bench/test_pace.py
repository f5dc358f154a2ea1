import time

import pytest

from bench import pace


def test_the_pace_is_triangles_by_processor_time_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(float(tick) for tick in range(100))
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    assert pace.pace() == 2 * 181**2 / 1e6
