"""A few requests to each door, made up from its description; `make fuzz-http` makes more."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from tests.api.described import described
from tests.api.fuzz_http import campaign
from tests.api.museum import Doors


@pytest.mark.long
def test_no_made_up_request_finds_a_fault_of_ours():
    # As who may do most, for some seconds: enough to see that the doors answer for themselves.
    tried = campaign(1, seconds=3, phases="fuzzing", whos=("administrator",))
    found = [each for each in tried if not each.passed]
    assert found == [], "\n".join(each.said for each in found)


async def test_every_door_is_described(doors: Doors):
    paths = described(doors.app)["paths"]
    for route in doors.app.router.routes:
        if isinstance(route, Route):
            path = route.path.replace(":path", "").replace(":str", "")
            assert {each.lower() for each in route.methods or ()} - {"head", "options"} <= set(paths[path])
