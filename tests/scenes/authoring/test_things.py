from __future__ import annotations

import pytest

from scenes.errors import Invalid, NotFound
from scenes.model import Asset, ObjectIdentity, ObjectStatus, Source, StatusKind
from scenes.ports import Notice
from tests.scenes.authoring.site import site
from timeline.errors import EdtfError


def test_an_object_has_a_description_by_which_it_is_known_again() -> None:
    here = site()
    identity = ObjectIdentity(materials="marble", measurements="height 0.42 m", distinguishing_features="chipped nose")
    assert here.update(Asset, "asset_a", identity=identity).identity == identity
    with pytest.raises(Invalid, match="materials"):
        here.update(Asset, "asset_a", identity=ObjectIdentity(materials="<b>marble</b>"))


def test_what_became_of_an_object_is_told_with_its_asset() -> None:
    here = site()
    heard: list[Notice] = []
    here.museum.bus.listen("asset_a", heard.append)
    stolen = here.create(
        ObjectStatus,
        asset="asset_a",
        kind=StatusKind.STOLEN,
        existence="1944-10",
        place="Athens",
        reference="12/44",
        sources=[Source("Police file")],
    )
    here.create(ObjectStatus, asset="asset_a", kind=StatusKind.RETURNED, existence="1958")
    found = here.museum.catalogue.within(ObjectStatus, ["asset_a"])["asset_a"]
    assert [each.kind for each in found] == [StatusKind.STOLEN, StatusKind.RETURNED]
    assert found[0] == stolen
    assert heard == [Notice("asset_a")] * 2
    with pytest.raises(NotFound):
        here.create(ObjectStatus, asset="asset_x", kind=StatusKind.STOLEN, existence="1944")
    with pytest.raises(EdtfError):
        here.create(ObjectStatus, asset="asset_a", kind=StatusKind.STOLEN, existence="in the war")
