"""The sample museum is a museum like others: what no curator could write does not stand in it."""

from __future__ import annotations

from typing import Any

import pytest

from sample_museum.build import build
from sample_museum.ids import SCENE_ID
from scenes.authoring.desk import Desk
from scenes.authoring.use import RULES
from scenes.ports import Put
from tests.contracts.samples import NOON
from tests.scenes.authoring.site import ADA, Small

MUSEUM = Small()
MUSEUM.catalogue.commit([Put(each) for each in build().records()], author="", reason="", at=NOON)


@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.__name__)
def test_records_agree_with_one_another_by_the_rules_of_their_kind(kind: type[Any]) -> None:
    desk = Desk(MUSEUM, ADA, SCENE_ID)
    RULES[kind].agree(desk, list(desk.members(kind).values()))
