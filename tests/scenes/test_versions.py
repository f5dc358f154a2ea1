"""Annotations on made surfaces that are tiled, deposited again in another shape, and tiled again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes.errors import Conflict, Invalid, NotFound, Unauthorized
from scenes.history import undo
from scenes.leaves import Leaves
from scenes.model import (
    ANONYMOUS,
    IDENTITY,
    Anchor,
    AnchorKind,
    Annotation,
    Asset,
    AssetState,
    Job,
    JobState,
    Layer,
    LocalText,
    Placement,
    Scene,
    SurfacePoint,
    Viewpoint,
    Visibility,
)
from scenes.ports import BlobUse, Put
from scenes.versions import KIND, checked_limit, deposit_version, settled, withdrawn
from storage.memory import MemoryCatalogue
from tests.scenes.test_ingest import INES, NOON, Museum
from tests.tiling.shapes import Tiles, ball, sheet, tiled
from tiling.mesh import Floats, Model, Primitive

# A quarter turn about y, twice as large, five metres up: (x, y, z) comes to (2 z, 2 y + 5, -2 x).
STANDING = (0.0, 0.0, -2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 1.0)
PLATE_M = 0.004


def _statue(bands: int = 32, *, noise: float = 0.0, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Model:
    primitive = ball(bands, ripple=0.01).primitives[0]
    radial = 1.0 + np.random.default_rng(5).normal(0.0, noise, (len(primitive.positions), 1))
    return Model((Primitive(primitive.positions * radial + np.array(shift), primitive.indices),))


def _without_its_top() -> Model:
    primitive = ball(32, ripple=0.01).primitives[0]
    height = primitive.positions[primitive.indices][..., 1].max(axis=1)
    return Model((Primitive(primitive.positions, primitive.indices[height < 0.7]),))


def _with_its_top_lifted(by: float) -> Model:
    primitive = ball(32, ripple=0.01).primitives[0]
    positions = primitive.positions.copy()
    positions[positions[:, 1] > 0.7, 1] += by
    return Model((Primitive(positions, primitive.indices),))


def _plate(height: float) -> Model:
    top = sheet(24, 24)
    up = top.positions + np.array([0.0, height + PLATE_M, 0.0])
    down = top.positions + np.array([0.0, height, 0.0])
    return Model((Primitive(up, top.indices), Primitive(down, top.indices[:, ::-1].copy())))


SHAPES: dict[str, Callable[[], Model]] = {
    "statue": _statue,
    "meshed again, noisy": lambda: _statue(37, noise=0.0005),
    "beside": lambda: _statue(shift=(0.04, -0.02, 0.03)),
    "without its top": _without_its_top,
    "top lifted": lambda: _with_its_top_lifted(0.06),
    "plate": lambda: _plate(0.0),
    "plate, higher": lambda: _plate(0.003),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tiles]:
    kept: dict[str, Tiles] = {}

    def find(name: str) -> Tiles:
        if name not in kept:
            folder: Path = tmp_path_factory.mktemp("tiles")
            kept[name] = tiled(SHAPES[name](), folder / "out", leaf_triangles=1500)
        return kept[name]

    return find


def _put(museum: Museum, tiles: Tiles) -> list[BlobUse]:
    uses = []
    for name, digest, size, media_type in tiles.result.files:
        assert museum.blobs.put((tiles.out / name).read_bytes()) == digest
        uses.append(BlobUse(digest, size, media_type))
    document = (tiles.out / tiles.result.document).read_bytes()
    return [*uses, BlobUse(museum.blobs.put(document), len(document), "application/json")]


@dataclass
class Site:
    """A museum with one statue that stands twice: as it is, and by `STANDING`."""

    museum: Museum
    asset: Asset
    job: Job | None = None

    def note(self, at: str, anchor: Anchor) -> None:
        self.museum.catalogue.commit(
            [Put(Annotation(at, "scene_a", at, (LocalText("…"),), anchor, "../.."))],
            author="ines",
            reason="noted",
            at=NOON,
        )

    def noted(self, at: str) -> Anchor:
        found = self.museum.catalogue.get(Annotation, at)
        assert found
        return found.anchor

    def surface(self, at: str) -> SurfacePoint:
        found = self.noted(at).surface
        assert found
        return found

    def deposit(self, content: bytes = b"second scan", **more: Any) -> Job:
        _, self.job = deposit_version(
            self.museum, INES, io.BytesIO(content), asset_id=self.asset.id, name="again.ply", **more
        )
        return self.job

    def become(self, tiles: Tiles, **more: Any) -> Asset:
        """Get a new version."""
        uses, job = _put(self.museum, tiles), self.deposit(**more)
        ready = settled(self.museum, job, tiles.result.tileset, uses, ["all is well"])
        self.museum.jobs.cancel(job.id, at=NOON)
        return ready


def _site(tiles: Tiles) -> Site:
    museum = Museum()
    _put(museum, tiles)
    first = museum.blobs.put(b"first scan")
    asset = Asset(
        "asset_a", "Venus", "", first, "venus.ply", "model/ply", 10, AssetState.READY, Visibility.DRAFT, NOON, "ines",
        tileset=tiles.result.tileset,
    )  # fmt: skip
    records: list[Any] = [
        asset,
        Scene("scene_a", "Site", "", "0100", Visibility.DRAFT, Viewpoint((0, 2, 5), (0, 0, 0))),
        Layer("layer_a", "scene_a", "Layer", 0),
        Placement("placement_a", "scene_a", "layer_a", "asset_a", "As it is", "0100/0200", IDENTITY),
        Placement("placement_b", "scene_a", "layer_a", "asset_a", "Turned", "0100/0200", STANDING),
    ]
    museum.catalogue.commit([Put(each) for each in records], author="ines", reason="built", at=NOON)
    return Site(museum, asset)


def _spots(site: Site, tiles: Tiles, directions: Floats) -> tuple[Floats, Floats]:
    """Points of the finest tiles in these directions, and which way they face."""
    leaves = Leaves(tiles.tree, site.museum.blobs.read)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    feet = leaves.nearest(unit, np.full(unit.shape, np.nan), reach=0.5)
    assert feet.found.all()
    return feet.points, feet.normals


def _vector(values: Floats) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def _noted(site: Site, tiles: Tiles, count: int = 12) -> tuple[Floats, Floats]:
    """Anchors all around the statue: `note_0` is on its top."""
    directions = np.random.default_rng(7).normal(size=(count, 3))
    directions[0] = (0.05, 1.0, 0.05)
    directions[1:, 1] = np.minimum(directions[1:, 1], 0.3 * np.linalg.norm(directions[1:, ::2], axis=1))
    points, normals = _spots(site, tiles, directions)
    for at, (point, normal) in enumerate(zip(points, normals, strict=True)):
        surface = SurfacePoint(site.asset.master, _vector(point), _vector(normal))
        site.note(f"note_{at}", Anchor(AnchorKind.POINT, _vector(point), placement="placement_a", surface=surface))
    return points, normals


def test_a_scan_made_again_carries_every_spot_and_says_by_how_much(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    points, normals = _noted(site, made("statue"))
    ready = site.become(made("meshed again, noisy"))
    assert ready.master != site.asset.master
    assert (ready.id, ready.tileset, ready.replacement) == ("asset_a", made("meshed again, noisy").result.tileset, None)
    for at, (point, normal) in enumerate(zip(points, normals, strict=True)):
        surface = site.surface(f"note_{at}")
        assert surface.digest == ready.master
        assert not surface.is_flagged
        assert np.linalg.norm(np.array(surface.position) - point) == pytest.approx(surface.drift)
        assert surface.drift < 0.012
        assert np.dot(surface.normal, normal) > 0.9
        assert surface.tile in made("meshed again, noisy").tree.content
        assert site.noted(f"note_{at}").position == pytest.approx(surface.position)
    assert "12 of 12 were carried over" in ready.report[1]
    assert len(ready.report) == 2


def test_triangle_and_weights_in_a_tile_are_where_the_spot_is(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    _noted(site, made("statue"))
    site.become(made("meshed again, noisy"))
    tiles = made("meshed again, noisy")
    for at in range(12):
        surface = site.surface(f"note_{at}")
        points, triangles = tiles.surface([tiles.tree.content.index(surface.tile)])
        corners = points[triangles[surface.triangle]]
        assert np.array(surface.barycentric) @ corners == pytest.approx(surface.position)


def test_the_whole_is_one_revision_of_who_deposited_it_and_one_undo_takes_it_back(
    made: Callable[[str], Tiles],
) -> None:
    site = _site(made("statue"))
    _noted(site, made("statue"))
    before = {f"note_{at}": site.noted(f"note_{at}") for at in range(12)}
    site.become(made("meshed again, noisy"))
    (last,) = site.museum.catalogue.history(["asset_a"], last=1)
    assert last == site.museum.catalogue.history(["note_3"], last=1)[0]
    assert last.author == "ines"
    assert "12 annotations were carried over, 0 of them are flagged" in last.reason
    undo(site.museum, INES)
    assert {name: site.noted(name) for name in before} == before
    again = site.museum.catalogue.get(Asset, "asset_a")
    assert again
    assert again.master == site.asset.master
    assert site.museum.blobs.read(site.asset.master) == b"first scan"


def test_a_spot_whose_part_is_gone_stays_on_its_version_and_is_flagged(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    _noted(site, made("statue"))
    before = site.surface("note_0")
    ready = site.become(made("without its top"))
    assert site.surface("note_0") == replace(before, is_flagged=True)
    assert site.surface("note_1").digest == ready.master
    assert not site.surface("note_1").is_flagged
    assert any("“note_0” is flagged" in line and "faces as its spot did" in line for line in ready.report)
    assert "11 of 12 were carried over" in ready.report[1]


def test_a_part_that_moved_takes_its_spots_along_and_they_are_flagged(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    points, _ = _noted(site, made("statue"))
    ready = site.become(made("top lifted"))
    surface = site.surface("note_0")
    assert surface.is_flagged
    assert surface.position[1] - points[0][1] == pytest.approx(0.06, abs=0.01)
    assert [site.surface(f"note_{at}").is_flagged for at in range(1, 12)] == [False] * 11
    assert not any("most moved alike" in line for line in ready.report)
    assert site.become(made("statue"), content=b"third", limit=0.2).report[1:] != ()
    assert not site.surface("note_0").is_flagged


def test_where_the_whole_lies_beside_that_is_said_once_and_nothing_is_flagged(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    points, _ = _noted(site, made("statue"))
    ready = site.become(made("beside"), limit=0.02)
    for at, point in enumerate(points):
        surface = site.surface(f"note_{at}")
        # To the same spot of the statue, not to the nearest point of its new place.
        assert np.array(surface.position) == pytest.approx(point + np.array([0.04, -0.02, 0.03]), abs=0.004)
        assert not surface.is_flagged
        assert surface.drift == pytest.approx(0.054, abs=0.004)
    told = re.match(r"annotations: most moved alike, by \((.+), (.+), (.+)\) m", ready.report[1])
    assert told
    assert [float(value) for value in told.groups()] == pytest.approx([0.04, -0.02, 0.03], abs=0.001)
    assert "12 of 12" in ready.report[2]


def test_on_a_thin_plate_each_side_keeps_its_own_notes(made: Callable[[str], Tiles]) -> None:
    site = _site(made("plate"))
    for name, height, way in (("above", PLATE_M, 1.0), ("below", 0.0, -1.0)):
        surface = SurfacePoint(site.asset.master, (0.5, height, 0.4), (0.0, way, 0.0))
        site.note(name, Anchor(AnchorKind.POINT, (0.5, height, 0.4), placement="placement_a", surface=surface))
    # Its underside is now where its top nearly was.
    site.become(made("plate, higher"))
    assert site.surface("above").position == pytest.approx((0.5, 0.003 + PLATE_M, 0.4), abs=1e-4)
    assert site.surface("below").position == pytest.approx((0.5, 0.003, 0.4), abs=1e-4)
    assert site.surface("above").normal == pytest.approx((0, 1, 0), abs=0.01)


def test_a_pin_in_a_turned_placement_and_a_floating_one_move_with_their_feet(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    top = _spots(site, made("statue"), np.array([[0.05, 1.0, 0.05]]))[0][0]
    x, y, z = top
    pin = (2 * z, 2 * y + 5, -2 * x)
    site.note("pin", Anchor(AnchorKind.POINT, pin, placement="placement_b"))
    site.note("floating", Anchor(AnchorKind.POINT, (pin[0], pin[1] + 0.1, pin[2]), placement="placement_b"))
    site.note("far", Anchor(AnchorKind.POINT, (50.0, 50.0, 50.0), placement="placement_b"))
    site.note("free", Anchor(AnchorKind.POINT, (1.0, 1.0, 1.0)))
    ready = site.become(made("top lifted"), limit=0.1)
    assert np.array(site.noted("pin").position) - pin == pytest.approx([0, 0.12, 0], abs=0.04)
    assert np.array(site.noted("floating").position) - pin == pytest.approx([0, 0.22, 0], abs=0.04)
    assert site.surface("pin").digest == ready.master
    assert site.noted("far") == Anchor(AnchorKind.POINT, (50.0, 50.0, 50.0), placement="placement_b")
    assert site.noted("free").surface is None
    assert "1 stands free of the surface and was left where it is" in ready.report[2]


def test_corners_of_a_region_are_carried_each_and_one_that_is_lost_flags_it(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    around = np.array([[1.0, 0.3, 0.2], [1.0, 0.3, -0.2], [1.0, -0.2, 0.0], [0.1, 1.0, 0.0]])
    points = _spots(site, made("statue"), around)[0]
    corners = tuple(_vector(point) for point in points)
    middle = _vector(points[:3].mean(axis=0))
    site.note("low", Anchor(AnchorKind.REGION, middle, corners[:3], "placement_a"))
    site.note("high", Anchor(AnchorKind.REGION, middle, corners, "placement_a"))
    site.become(made("without its top"))
    for name, is_flagged in (("low", False), ("high", True)):
        assert site.surface(name).is_flagged is is_flagged
        assert np.array(site.noted(name).region)[:3] == pytest.approx(points[:3], abs=0.001)


def test_until_it_is_tiled_the_version_before_is_shown(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    job = site.deposit()
    asset = site.museum.catalogue.get(Asset, "asset_a")
    assert asset
    assert replace(asset, replacement=None) == site.asset
    assert (job.kind, job.subject, job.state) == (KIND, "asset_a", JobState.QUEUED)
    assert asset.replacement
    assert site.museum.blobs.read(asset.replacement.master) == b"second scan"


def test_a_version_that_was_refused_leaves_everything_as_it_was(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    job = site.deposit()
    assert withdrawn(site.museum, job, code="MALFORMED") == site.asset
    assert "MALFORMED" in site.museum.catalogue.history(["asset_a"], last=1)[0].reason


def test_what_a_crash_interrupted_is_completed_without_a_second_revision(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    _noted(site, made("statue"))
    ready = site.become(made("without its top"), job_id="job_a")
    latest = site.museum.catalogue.latest()
    assert site.job
    assert settled(site.museum, site.job, made("without its top").result.tileset, [], ["…"]) == ready
    assert site.deposit(content=b"", job_id="job_a") == site.museum.jobs.job("job_a")
    assert site.museum.catalogue.latest() == latest


def test_what_was_taken_back_while_it_was_tiled_is_not_put_up(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    job = site.deposit()
    undo(site.museum, INES)
    assert settled(site.museum, job, made("without its top").result.tileset, [], []) == site.asset


def test_while_one_version_is_tiled_another_is_refused(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    job = site.deposit()
    with pytest.raises(Conflict, match=job.id):
        site.deposit(content=b"third scan")
    site.museum.jobs.cancel(job.id, at=NOON)
    assert site.deposit(content=b"third scan").id != job.id


def test_nothing_new_nothing_at_all_and_strangers_are_refused(made: Callable[[str], Tiles]) -> None:
    site = _site(made("statue"))
    with pytest.raises(Invalid, match="version that is there"):
        site.deposit(content=b"first scan")
    with pytest.raises(Invalid, match="empty"):
        site.deposit(content=b"")
    with pytest.raises(Unauthorized):
        deposit_version(site.museum, ANONYMOUS, io.BytesIO(b"x"), asset_id="asset_a", name="x.ply")
    with pytest.raises(NotFound):
        deposit_version(site.museum, INES, io.BytesIO(b"x"), asset_id="asset_gone", name="x.ply")
    assert site.museum.catalogue.get(Asset, "asset_a") == site.asset


class _SomebodyWrites(MemoryCatalogue):
    """Between reading and writing, a curator changes an annotation once."""

    was_quicker = True

    def revisions_of(self, record_ids: Any, *, as_of: int | None = None) -> Any:
        found = super().revisions_of(record_ids, as_of=as_of)
        if not self.was_quicker:
            self.was_quicker = True
            note = self.get(Annotation, "note_3")
            assert note
            self.commit([Put(replace(note, title="A crack"))], author="otto", reason="retitled", at=NOON)
        return found


def test_what_a_curator_writes_meanwhile_is_kept_and_carried(made: Callable[[str], Tiles]) -> None:
    catalogue = _SomebodyWrites()
    site = _site(made("statue"))
    museum = replace(site.museum, catalogue=catalogue)
    for record in (site.asset, *_records(site)):
        catalogue.commit([Put(record)], author="ines", reason="built", at=NOON)
    site = Site(museum, site.asset)
    _noted(site, made("statue"))
    catalogue.was_quicker = False
    ready = site.become(made("meshed again, noisy"))
    note = catalogue.get(Annotation, "note_3")
    assert note
    assert note.title == "A crack"
    assert note.anchor.surface
    assert note.anchor.surface.digest == ready.master


def _records(site: Site) -> list[Any]:
    found = site.museum.catalogue
    kinds: tuple[Any, ...] = (Scene, Layer, Placement)
    names = ("scene_a", "layer_a", "placement_a", "placement_b")
    return [record for kind in kinds for record in found.get_many(kind, names).values()]


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "a lot"])
def test_a_limit_is_metres_above_nothing(text: str) -> None:
    with pytest.raises(Invalid, match="metres"):
        checked_limit(text)


def test_no_limit_is_none_and_one_is_a_number() -> None:
    assert (checked_limit(""), checked_limit("0.02")) == (None, 0.02)
