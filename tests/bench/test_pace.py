from pytest import MonkeyPatch

from bench import pace


def test_the_pace_is_triangles_by_processor_time_whatever_the_clock_says(monkeypatch: MonkeyPatch) -> None:
    ticks = iter(float(tick) for tick in range(100))
    monkeypatch.setattr(pace.time, "process_time", lambda: next(ticks))
    assert pace.pace() == 2 * 181**2 / 1e6
