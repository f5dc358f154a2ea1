import pickle
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from sample_museum import finds
from sample_museum.build import SampleMuseum, build
from sample_museum.terrain import height
from scenes import compose
from scenes.annotations import sanitise
from scenes.at_time import resolve
from scenes.authoring.use import RULES
from scenes.gltf_build import write_glb
from scenes.model import Asset, Epoch, Exhibition, Media, Scene
from scenes.ports import Put
from storage.memory import MemoryCatalogue
from tests.contracts.samples import NOON
from tests.contracts.samples import asset as stand_in
from tests.scenes.authoring.site import ADA, Small
from tiling.mesh import Model
from timeline.edtf import parse, parse_span
from timeline.instant import year_of
from timeline.interval import FOREVER, Certainty

MUSEUM = build()


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {asset.slug: asset.make() for asset in MUSEUM.assets}


def middle_of(epoch: Epoch) -> str:
    span = parse_span(epoch.existence)
    begins = year_of(span.start_earliest)
    ends = 2026 if span.end_latest >= FOREVER else year_of(span.end_latest - 1)
    year = (begins + ends) // 2
    return f"{'-' if year < 0 else ''}{abs(year):04d}"


def test_every_date_parses() -> None:
    for record in (*MUSEUM.epochs, *MUSEUM.placements, *MUSEUM.annotations):
        assert parse_span(record.existence).start_earliest < parse_span(record.existence).end_latest
    parse(MUSEUM.scene.default_moment)
    for tour in MUSEUM.tours:
        for step in tour.steps:
            parse(step.moment)


def test_something_stands_in_every_epoch() -> None:
    for epoch in MUSEUM.epochs:
        moment = resolve(
            MUSEUM.scene,
            MUSEUM.placements,
            MUSEUM.hypotheses,
            MUSEUM.epochs,
            MUSEUM.chronology,
            at=middle_of(epoch),
            hypothesis=None,
            minimum=Certainty.POSSIBLE,
        )
        assert len(moment.standing) >= 3, epoch.title


def test_no_rivals_stand_together() -> None:
    rivals = {hypothesis.id: set(hypothesis.contrasts_with) for hypothesis in MUSEUM.hypotheses}
    for choice in (None, *rivals):
        for epoch in MUSEUM.epochs:
            moment = resolve(
                MUSEUM.scene,
                MUSEUM.placements,
                MUSEUM.hypotheses,
                MUSEUM.epochs,
                MUSEUM.chronology,
                at=middle_of(epoch),
                hypothesis=choice,
                minimum=Certainty.POSSIBLE,
            )
            shown = {standing.placement.hypothesis for standing in moment.standing} - {""}
            assert not any(rivals[one] & shown for one in shown)


def test_one_ground_and_one_horizon_at_any_time() -> None:
    grounds = [
        placement for placement in MUSEUM.placements if ".ground_" in placement.id.replace("_ground_", ".ground_")
    ]
    for year in (-800, -565, -564, -448, -447, -430, 620, 621, 1891, 1892, 1910, 1911, 2026):
        text = f"{'-' if year < 0 else ''}{abs(year):04d}"
        moment = resolve(MUSEUM.scene, grounds, MUSEUM.hypotheses, at=text, hypothesis=None, minimum=Certainty.POSSIBLE)
        assert len(moment.standing) == 1, year


def test_records_refer_to_what_exists() -> None:
    assets = {asset.id for asset in (*MUSEUM.assets, *MUSEUM.scans)}
    layers = {layer.id for layer in MUSEUM.layers}
    hypotheses = {hypothesis.id for hypothesis in MUSEUM.hypotheses} | {""}
    for placement in MUSEUM.placements:
        assert placement.asset in assets
        assert placement.layer in layers
        assert placement.hypothesis in hypotheses
    assert {placement.asset for placement in MUSEUM.placements} == assets
    ids = [record.id for record in MUSEUM.records()]
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    assert {note.anchor.placement for note in MUSEUM.annotations} <= {p.id for p in MUSEUM.placements} | {""}


def test_curators_could_have_written_it() -> None:
    """Every record passes the checks of its kind, and none says what another makes impossible."""
    catalogue = MemoryCatalogue()
    assets = [replace(stand_in(), id=each.id) for each in (*MUSEUM.assets, *MUSEUM.scans)]
    heard = Media("0" * 64, "audio/wav", 5, duration_s=1.0)
    seen = Media("0" * 64, "image/webp", 5, width=4, height=3)
    for each in MUSEUM.files:
        media = heard if each.media_type.startswith("audio/") else seen
        assets.append(replace(stand_in(), id=each.id, tileset=None, media=media))
    catalogue.commit([Put(each) for each in (*assets, *MUSEUM.records())], author="", reason="", at=NOON)
    museum = Small(catalogue)
    for record in MUSEUM.records():
        if not isinstance(record, Scene | Exhibition):
            given = {
                rule: getattr(record, RULES[type(record)].fields.get(rule, rule)) for rule in RULES[type(record)].checks
            }
            said = {name: value for name, value in given.items() if value not in ("", None)}
            assert compose.update(type(record), museum, ADA, record.id, **said).record == record


def test_every_kind_is_shown() -> None:
    assert {type(record) for record in MUSEUM.records()} | {Asset} == set(RULES)


def test_notes_are_kept_as_written() -> None:
    for annotation in MUSEUM.annotations:
        assert all(sanitise(body.text) == body.text for body in annotation.bodies)
    for epoch in MUSEUM.epochs:
        middle = parse(middle_of(epoch)).days()
        shown = [one for one in MUSEUM.annotations if parse_span(one.existence).over(middle) is not Certainty.NO]
        assert len(shown) >= 2, epoch.title


def test_some_dates_are_fuzzy_and_some_are_open() -> None:
    spans = [parse_span(placement.existence) for placement in MUSEUM.placements]
    assert any(span.start_latest - span.start_earliest > 3000 for span in spans)
    assert any(span.end_latest >= FOREVER for span in spans)
    assert all(span.start_earliest > -9001 * 366 for span in spans)


def test_the_default_moment_shows_the_temple_in_colour() -> None:
    moment = resolve(
        MUSEUM.scene,
        MUSEUM.placements,
        MUSEUM.hypotheses,
        MUSEUM.epochs,
        MUSEUM.chronology,
        at=MUSEUM.scene.default_moment,
        hypothesis=None,
        minimum=Certainty.CERTAIN,
    )
    shown = {standing.placement.asset for standing in moment.standing}
    assert MUSEUM.asset_id("temple_entablature_bright") in shown
    assert MUSEUM.asset_id("temple_columns_standing") in shown
    assert MUSEUM.asset_id("temple_roof") in shown
    assert MUSEUM.asset_id("stoa") not in shown


def test_the_boundary_stone_stands_on_the_ground() -> None:
    for x, y, z, state in ((*finds.FIRST_AT, "classical"), (*finds.NOW_AT, "today"), (*finds.BESIDE_AT, "today")):
        assert abs(float(height(state, np.array([x]), np.array([z]))[0]) - y) < 0.03


def test_transforms_are_finite_and_can_be_inverted() -> None:
    for placement in MUSEUM.placements:
        matrix = np.array(placement.transform, dtype=float).reshape(4, 4).T
        assert np.isfinite(matrix).all()
        assert abs(np.linalg.det(matrix)) > 1e-6


@pytest.mark.long
def test_models_are_sound(models: dict[str, Model]) -> None:
    for slug, model in models.items():
        assert model.primitives, slug
        for primitive in model.primitives:
            assert np.isfinite(primitive.positions).all(), slug
            assert primitive.indices.max() < len(primitive.positions), slug
            assert primitive.normals is not None, slug
            assert np.abs(np.linalg.norm(primitive.normals, axis=1) - 1).max() < 1e-3, slug
            assert primitive.uvs is not None, slug
            assert np.isfinite(primitive.uvs).all(), slug
            assert primitive.colours is not None, slug
            assert primitive.colours.shape == (len(primitive.positions), 4), slug
            assert model.materials[primitive.material].base_colour_image is not None, slug


@pytest.mark.long
def test_the_whole_museum_has_a_sensible_weight(models: dict[str, Model]) -> None:
    assert 1_500_000 < sum(model.triangles for model in models.values()) < 3_000_000
    images = {
        material.base_colour_image.data
        for model in models.values()
        for material in model.materials
        if material.base_colour_image is not None
    }
    assert len(images) < 20
    assert sum(len(data) for data in images) < 1_000_000


@pytest.mark.long
def test_a_model_made_twice_has_the_same_bytes(models: dict[str, Model]) -> None:
    for slug in ("valley", "temple_columns_standing", "temple_fallen_stones", "church", "boundary_stone_change"):
        again = next(asset for asset in MUSEUM.assets if asset.slug == slug).make()
        assert sha256(write_glb(again)).digest() == sha256(write_glb(models[slug])).digest()


def test_makers_can_be_sent_to_other_processes() -> None:
    maker = pickle.loads(pickle.dumps(MUSEUM.assets[0].make))
    assert maker().triangles == MUSEUM.assets[0].make().triangles


def test_museum_type_is_whole() -> None:
    assert isinstance(MUSEUM, SampleMuseum)
    assert MUSEUM.exhibition.slug == "sanctuary"
    assert MUSEUM.exhibition.scene == MUSEUM.scene.id
