from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api import cli_demo
from api.cli_demo import build_assets, records_of, stamp_of_makers, write_records
from api.services import open_services
from api.settings import Settings
from sample_museum.build import build
from scenes.model import Asset, AssetState, Exhibition, Scene, Visibility
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.services import Services


@dataclass(frozen=True)
class Sample:
    """A stand-in for what the sample museum makes: seconds instead of minutes."""

    slug: str
    make: Callable[[], Model]
    title: str = "A slab"
    attribution: str = "tests"
    rights: str = "https://creativecommons.org/publicdomain/zero/1.0/"

    @property
    def id(self) -> str:
        return f"asset_sample_{self.slug}"


def slab(height: float) -> Model:
    """Two triangles."""
    corners = np.array([[0, height, 0], [1, height, 0], [1, height, 1], [0, height, 1]], np.float64)
    triangles = np.array([[0, 2, 1], [0, 3, 2]], np.uint32)
    return Model(primitives=(Primitive(positions=corners, indices=triangles),), materials=(Material(),))


def marked(height: float, mark: Path) -> Model:
    """A slab that leaves a mark of having been made."""
    with mark.open("a") as file:
        file.write("made\n")
    return slab(height)


def breaking() -> Model:
    """What cannot be made."""
    raise ArithmeticError("no such slab")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    data = tmp_path / "museum"
    data.mkdir()
    with open_services(Settings(data=data)) as opened:
        yield opened


def test_what_is_made_is_public_ready_and_whole(services: Services) -> None:
    build_assets(
        services, [Sample("low", partial(slab, 0.0)), Sample("high", partial(slab, 2.0))], stamp="1", processes=2
    )
    asset = services.catalogue.get(Asset, "asset_sample_high")
    assert asset
    assert (asset.state, asset.visibility, asset.master_name) == (AssetState.READY, Visibility.PUBLIC, "high.glb")
    assert services.blobs.read(asset.master).startswith(b"glTF")
    assert asset.tileset
    assert (asset.tileset.triangles, asset.tileset.extent.high[1]) == (2, 2.0)
    use = services.catalogue.blob_use(asset.tileset.digest)
    assert use
    assert use[0].media_type == "application/json"
    assert not (services.settings.data / "work" / "sample").exists()


def test_a_second_run_makes_nothing_until_its_makers_change(services: Services, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    samples = [Sample("low", partial(marked, 0.0, mark))]
    for stamp, times in (("1", 1), ("1", 1), ("2", 2)):
        build_assets(services, samples, stamp=stamp, processes=1)
        assert mark.read_text() == "made\n" * times
    # The same bytes: nothing to record.
    assert len(services.catalogue.history(["asset_sample_low"], last=9)) == 1


def test_what_was_made_before_a_failure_is_not_made_again(services: Services, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    good = Sample("good", partial(marked, 0.0, mark))
    with pytest.raises(ArithmeticError):
        build_assets(services, [good, Sample("bad", breaking)], stamp="1", processes=1)
    build_assets(services, [good], stamp="1", processes=1)
    assert mark.read_text() == "made\n"


def test_the_sample_museums_records_are_written_once_and_published(services: Services) -> None:
    museum = build()
    write_records(services, records_of(museum))
    found = services.catalogue.exhibition_by_slug(museum.exhibition.slug)
    assert isinstance(found, Exhibition)
    assert found.visibility is Visibility.PUBLIC
    revision = services.catalogue.revision_of(museum.scene.id)
    write_records(services, records_of(museum))
    assert services.catalogue.revision_of(museum.scene.id) == revision
    assert services.catalogue.page(Scene, first=1).records == (museum.scene,)


def test_the_stamp_is_of_every_file_that_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stamp_of_makers()
    assert stamp_of_makers() == before
    monkeypatch.setattr(cli_demo, "_MAKERS", cli_demo._MAKERS[1:])
    assert stamp_of_makers() != before
