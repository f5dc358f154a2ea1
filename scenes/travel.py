"""Where a traveller in time comes to next: the moments about which something begins or ends to stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from timeline.instant import iso_date
from timeline.interval import Certainty

if TYPE_CHECKING:
    from scenes.table import SceneTable

_START_EARLIEST, _START_LATEST, _END_EARLIEST, _END_LATEST = range(4)


def upcoming(
    table: SceneTable, at: str, *, hypothesis: str | None, minimum: Certainty, forward: bool, count: int
) -> tuple[str, ...]:
    """The next `count` days, as EDTF, on which something else stands than the day before, or, backwards, after.

    Spans are half-open: on the first day that it no longer stands, the later state stands.

    Raises:
        NotFound, timeline.errors.EdtfError: as `SceneTable.at`.
    """
    moment = table.at(at, hypothesis=hypothesis, minimum=minimum)
    counting = table.counting(moment.active)
    certain = minimum is Certainty.CERTAIN
    start, end = (_START_LATEST, _END_EARLIEST) if certain else (_START_EARLIEST, _END_LATEST)
    days = np.unique(moment.times.bounds[[start, end]][:, counting])
    if forward:
        after = max(end_of_run for _, end_of_run in moment.days)
        found = days[days >= after][:count]
    else:
        first = min(first_of_run for first_of_run, _ in moment.days)
        found = days[days <= first][::-1][:count] - 1
    told = (iso_date(day) for day in found.tolist())
    return tuple(day for day in told if day is not None)
