import re
from datetime import UTC, datetime, timedelta

from storage.system import RandomIds, SystemClock


def test_the_clock_tells_the_time_of_day_in_utc():
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_ids_are_url_safe_prefixed_and_never_the_same():
    made = {RandomIds().new("scene") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"scene_[a-z2-7]{25}", each) for each in made)
