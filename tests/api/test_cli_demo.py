from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api import cli_demo
from api.cli_demo import build_assets, records_of, stamp_of_makers, write_records
from api.demo_files import add_files, add_scans, put_up_versions
from api.demo_log import DemoLog
from api.sandboxed import sandboxed_tile
from api.services import open_services
from api.settings import Settings
from sample_museum.build import build
from scenes import compose
from scenes.model import (
    Actor,
    Annotation,
    Asset,
    AssetState,
    Exhibition,
    ObjectIdentity,
    Role,
    Scene,
    Visibility,
)
from tests.pipeline.clouds import written
from tests.pipeline.media import recording
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.services import Services


@dataclass(frozen=True)
class Later:
    """A later scan of one."""

    name: str
    make: Callable[[], Model]


@dataclass(frozen=True)
class Sample:
    """A stand-in for what the sample museum makes: seconds instead of minutes."""

    slug: str
    make: Callable[[], Model]
    title: str = "A slab"
    attribution: str = "tests"
    rights: str = "https://creativecommons.org/publicdomain/zero/1.0/"
    identity: ObjectIdentity | None = None
    later: tuple[Later, ...] = ()
    finest: float = 0.0

    @property
    def id(self) -> str:
        return f"asset_sample_{self.slug}"


@dataclass(frozen=True)
class Song:
    """A stand-in for a recording."""

    make: Callable[[], bytes]
    id: str = "asset_sample_song"
    title: str = "A song"
    attribution: str = "tests"
    rights: str = "https://creativecommons.org/publicdomain/zero/1.0/"
    name: str = "song.wav"
    media_type: str = "audio/wav"
    embargo: None = None


SOUND = recording("wav", 0.25)


def sung(mark: Path) -> bytes:
    """A recording that leaves a mark of having been made."""
    with mark.open("a") as file:
        file.write("made\n")
    return SOUND


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


@pytest.mark.long
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


def test_what_a_curator_changed_or_removed_stays_so(services: Services) -> None:
    museum = build()
    write_records(services, records_of(museum))
    ada = Actor("ada", Role.CURATOR)
    changed, gone, own = (each.id for each in museum.annotations[:3])
    compose.update(Annotation, services, ada, changed, title="Ada's words")
    compose.remove(Annotation, services, ada, gone)
    # The program's own words are new: another museum's record of the same id stands for it.
    newer = [replace(each, title="Newer") if each.id in {changed, gone, own} else each for each in museum.annotations]
    write_records(services, newer)
    found = services.catalogue.get_many(Annotation, [changed, gone, own])
    assert {each.title for each in found.values()} == {"Ada's words", "Newer"}
    assert gone not in found


def test_a_recording_is_public_and_whole_and_made_once(services: Services, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    song = Song(partial(sung, mark))
    log = DemoLog.of(services.settings)
    for stamp, times in (("1", 1), ("1", 1), ("2", 2)):
        add_files(services, [song], log, stamp=stamp, author="tests")
        assert mark.read_text() == "made\n" * times
    asset = services.catalogue.get(Asset, song.id)
    assert asset
    assert (asset.state, asset.visibility, asset.media_type) == (AssetState.READY, Visibility.PUBLIC, "audio/wav")
    assert services.blobs.read(asset.master) == SOUND
    assert asset.media
    assert (asset.media.digest, asset.media.duration_s) == (asset.master, 0.25)
    assert len(services.catalogue.history([song.id], last=9)) == 1


@dataclass(frozen=True)
class Cloud:
    """A sample that is a cloud of points."""

    make: Callable[[], bytes]
    id: str = "asset_cloud"
    title: str = "A cloud"
    attribution: str = "tests"
    rights: str = "https://creativecommons.org/publicdomain/zero/1.0/"
    name: str = "cloud.las"


def test_a_cloud_is_deposited_tiled_and_published_once(services: Services) -> None:
    tile, log = sandboxed_tile(services.settings), DemoLog.of(services.settings)
    first, second = (written.las(written.sample(200, seed=seed)) for seed in (1, 2))
    for stamp, content in (("1", first), ("1", second), ("2", first)):
        add_scans(services, [Cloud(lambda content=content: content)], tile, log, stamp=stamp)
        asset = services.catalogue.get(Asset, "asset_cloud")
        assert asset
        assert asset.tileset
        # Made by the same code it is there already; made by newer code and alike, too.
        assert (asset.state, asset.visibility) == (AssetState.READY, Visibility.PUBLIC)
        assert (asset.tileset.vertices, asset.tileset.triangles) == (200, 0)
        assert services.blobs.read(asset.master) == first
    add_scans(services, [Cloud(lambda: second)], tile, log, stamp="3")
    asset = services.catalogue.get(Asset, "asset_cloud")
    assert asset
    assert services.blobs.read(asset.master) == second
    with pytest.raises(RuntimeError, match=r"cloud\.las"):
        add_scans(services, [Cloud(lambda: b"LASF", id="asset_broken")], tile, log, stamp="1")


def test_a_later_scan_takes_the_place_of_the_first_and_stays(services: Services) -> None:
    settings = services.settings
    log, tile = DemoLog.of(settings), sandboxed_tile(settings)
    sample = Sample("low", partial(slab, 0.0), later=(Later("low-2019.glb", partial(slab, 0.5)),))

    def run(stamp: str) -> Asset:
        build_assets(services, [sample], stamp=stamp, processes=1)
        put_up_versions(services, [sample], tile, log, stamp=stamp)
        asset = services.catalogue.get(Asset, sample.id)
        assert asset
        return asset

    first = run("1")
    assert (first.master_name, first.state, first.replacement) == ("low-2019.glb", AssetState.READY, None)
    assert first.tileset
    assert first.tileset.extent.high[1] == pytest.approx(0.5, abs=1e-4)
    revision = services.catalogue.revision_of(sample.id)
    # Newer code that makes the same scan: it is not put up again, and the museum does not go back to the first.
    assert run("2") == first
    assert services.catalogue.revision_of(sample.id) == revision


def test_the_stamp_is_of_every_file_that_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stamp_of_makers()
    assert stamp_of_makers() == before
    monkeypatch.setattr(cli_demo, "_MAKERS", cli_demo._MAKERS[1:])
    assert stamp_of_makers() != before
