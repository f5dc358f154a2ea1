import itertools
import math
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from scenes import compose
from scenes.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from scenes.model import (
    ANONYMOUS,
    IDENTITY,
    Actor,
    Anchor,
    Annotation,
    Asset,
    Epoch,
    Exhibition,
    Georeference,
    Hypothesis,
    JobState,
    Layer,
    LocalText,
    Placement,
    Reliability,
    Role,
    Scene,
    Source,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)
from scenes.ports import Notice, Put
from storage.memory import MemoryBus, MemoryCatalogue
from tests.contracts.samples import NOON, VIEW, asset, job
from timeline.errors import EdtfError

ADA = Actor("ada", Role.CURATOR)
VISITOR = Actor("vic", Role.VISITOR)
ATHENS = Georeference(23.72, 37.97, 110.0, 12.5)


class Numbered:
    """Ids one can read."""

    def __init__(self) -> None:
        self._next = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._next)}"


class Noon:
    def now(self) -> datetime:
        return NOON


@dataclass(frozen=True)
class Small:
    catalogue: MemoryCatalogue = field(default_factory=MemoryCatalogue)
    bus: MemoryBus = field(default_factory=MemoryBus)
    clock: Noon = field(default_factory=Noon)
    ids: Numbered = field(default_factory=Numbered)


@dataclass(frozen=True)
class Site:
    """A museum with one scene, one layer and one asset, and what the bus said since."""

    museum: Small
    scene: str
    layer: str
    heard: list[Notice]

    def hypothesis(self, **values):
        given = {"scene": self.scene, "title": "Six columns", "author": "B.", "argument": "Cuttings."} | values
        return compose.create(Hypothesis, self.museum, ADA, **given)

    def placement(self, **values):
        given = {"layer": self.layer, "asset": "asset_a", "existence": "-0480/0390"} | values
        return compose.create(Placement, self.museum, ADA, **given)

    def annotation(self, **values):
        given = {
            "scene": self.scene,
            "title": "A",
            "bodies": [LocalText("b")],
            "anchor": Anchor.at((0, 0, 0)),
            "existence": "-0480/..",
        }
        return compose.create(Annotation, self.museum, ADA, **(given | values))

    def exhibition(self, **values):
        return compose.create(
            Exhibition, self.museum, ADA, **({"scene": self.scene, "slug": "agora", "title": "A"} | values)
        )

    def last_revision(self) -> int:
        return self.museum.catalogue.history(
            [self.scene, "asset_a", *(r.id for r in self.museum.catalogue.page(Scene, first=99).records)], last=1
        )[0].number


@pytest.fixture
def site() -> Site:
    museum = Small()
    museum.catalogue.commit(
        [Put(replace(asset(), visibility=Visibility.DRAFT))], author="ada", reason="deposited", at=NOON
    )
    scene = new_scene(museum).record.id
    layer = compose.create(Layer, museum, ADA, scene=scene, title="Buildings").record.id
    heard: list[Notice] = []
    museum.bus.listen(scene, heard.append)
    return Site(museum, scene, layer, heard)


def new_scene(museum, actor=ADA, **values):
    given = {"title": "Agora", "default_moment": "-0430", "viewpoint": VIEW} | values
    return compose.create(Scene, museum, actor, **given)


def test_a_new_scene_is_a_draft_signed_dated_and_explained():
    museum = Small()
    done = new_scene(museum, title="  The \n Agora ", description="A square.", georeference=ATHENS, reason="a start")
    assert museum.catalogue.get(Scene, done.record.id) == done.record
    assert (done.record.title, done.record.visibility) == ("The Agora", Visibility.DRAFT)
    assert (done.revision.number, done.revision.author, done.revision.at, done.revision.reason) == (
        1,
        "ada",
        NOON,
        "a start",
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": " \n"}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"description": "x" * 20_001}, "description"),
        ({"viewpoint": Viewpoint((0, 0, math.nan), (0, 0, 0))}, "position"),
        ({"viewpoint": Viewpoint((0, 0, 0), (math.inf, 0, 0))}, "target"),
        ({"viewpoint": Viewpoint((0, 1e10, 0), (0, 0, 0))}, "position"),
        ({"viewpoint": Viewpoint((1, 2), (0, 0, 0))}, "position"),
        ({"viewpoint": Viewpoint((1, 2, 3), (1, 2, 3))}, "looks nowhere"),
        ({"georeference": Georeference(0, 90.1)}, "latitude"),
        ({"georeference": Georeference(math.nan, 0)}, "longitude"),
        ({"georeference": Georeference(0, 0, math.inf)}, "height"),
        ({"georeference": Georeference(0, 0, 0, 361)}, "heading"),
    ],
)
def test_a_scene_that_cannot_be_is_refused_and_nothing_is_written(values, message):
    museum = Small()
    with pytest.raises(Invalid, match=message):
        new_scene(museum, **values)
    assert museum.catalogue.page(Scene, first=1).records == ()


def test_a_moment_that_is_not_edtf_says_where():
    with pytest.raises(EdtfError) as caught:
        new_scene(Small(), default_moment="430 BC")
    assert caught.value.code == "BAD_EDTF"


def test_visitors_change_nothing(site):
    before = site.last_revision()
    for actor, refusal in ((ANONYMOUS, Unauthorized), (VISITOR, Forbidden)):
        for attempt in (
            lambda actor=actor: new_scene(site.museum, actor),
            lambda actor=actor: compose.update(Scene, site.museum, actor, site.scene, title="x"),
            lambda actor=actor: compose.create(Layer, site.museum, actor, scene=site.scene, title="x"),
            lambda actor=actor: compose.remove(Placement, site.museum, actor, "placement_1"),
            lambda actor=actor: compose.publish_exhibition(site.museum, actor, "exhibition_1"),
            lambda actor=actor: compose.update(Asset, site.museum, actor, "asset_a", title="x"),
            lambda actor=actor: compose.cancel_job(site.museum, site.museum.catalogue, actor, "job_a"),
        ):
            with pytest.raises(refusal):
                attempt()
    assert site.last_revision() == before


def test_every_change_is_one_revision_and_one_notice(site):
    before = site.last_revision()
    first = site.placement()
    second = compose.update(Placement, site.museum, ADA, first.record.id, title="Temple")
    third = compose.remove(Placement, site.museum, ADA, first.record.id)
    assert [done.revision.number - before for done in (first, second, third)] == [1, 2, 3]
    assert site.heard == [Notice(site.scene)] * 3


def test_layers_follow_one_another(site):
    second = compose.create(Layer, site.museum, ADA, scene=site.scene, title="Trees")
    assert second.record.ordinal == 1
    assert compose.create(Layer, site.museum, ADA, scene=site.scene, title="Sky", ordinal=7).record.ordinal == 7
    with pytest.raises(Invalid, match="ordinal"):
        compose.create(Layer, site.museum, ADA, scene=site.scene, title="x", ordinal=-1)


def test_an_epoch_keeps_its_text_and_a_colour(site):
    epoch = compose.create(
        Epoch, site.museum, ADA, scene=site.scene, title="Classical", existence="-0480~/-0323", colour="#C0A060"
    ).record
    assert (epoch.existence, epoch.colour) == ("-0480~/-0323", "#c0a060")
    with pytest.raises(Invalid, match="colour"):
        compose.create(Epoch, site.museum, ADA, scene=site.scene, title="x", existence="-0480/..", colour="red")
    with pytest.raises(EdtfError):
        compose.create(Epoch, site.museum, ADA, scene=site.scene, title="x", existence="classical")


def test_a_placement_takes_the_title_of_its_asset_and_the_scene_of_its_layer(site):
    placed = site.placement(reliability=Reliability.SF, why="Found beside it.", sources=["Dörpfeld\n1892", " "]).record
    assert (placed.title, placed.scene, placed.reliability) == ("Capital", site.scene, Reliability.SF)
    assert (placed.reason, placed.sources) == ("Found beside it.", (Source("Dörpfeld 1892"),))


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ((), "16"),
        ((*IDENTITY, 0), "16"),
        ((math.nan, *IDENTITY[1:]), "finite"),
        ((*IDENTITY[:12], 1e12, 0, 0, 1), "finite"),
        ((0,) * 15 + (1,), "flattens"),
        ((1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1), "flattens"),
        ((1, 0, 0, 0.5, *IDENTITY[4:]), "last row"),
        ((*IDENTITY[:15], 2), "last row"),
    ],
)
def test_a_transform_that_cannot_be_undone_is_refused(site, transform, message):
    with pytest.raises(Invalid, match=message):
        site.placement(transform=transform)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1000.0, -1.0])
def test_any_unit_and_a_mirror_are_fine(site, scale):
    transform = (scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, 5, 6, 7, 1)
    assert site.placement(transform=transform).record.transform == transform


@pytest.mark.parametrize(
    "values", [{"layer": "layer_x"}, {"asset": "asset_x"}, {"hypothesis": "hypothesis_x"}, {"asset": "scene_1"}]
)
def test_what_a_placement_names_must_be_there(site, values):
    with pytest.raises(NotFound):
        site.placement(**values)


def test_what_belongs_to_another_scene_is_not_there(site):
    other = new_scene(site.museum).record.id
    foreign_layer = compose.create(Layer, site.museum, ADA, scene=other, title="x").record.id
    foreign = site.hypothesis(scene=other).record.id
    placed = site.placement().record.id
    for attempt in (
        lambda: site.placement(hypothesis=foreign),
        lambda: compose.update(Placement, site.museum, ADA, placed, layer=foreign_layer),
        lambda: compose.update(Placement, site.museum, ADA, placed, hypothesis=foreign),
        lambda: site.annotation(scene=other, anchor=Anchor.at((0, 0, 0), placed)),
        lambda: site.hypothesis(contrasts_with=[foreign]),
        lambda: compose.update(Scene, site.museum, ADA, site.scene, default_hypothesis=foreign),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_update_changes_what_is_given_and_nothing_else(site):
    branch = site.hypothesis().record.id
    before = site.placement(hypothesis=branch, sources=["one"]).record
    after = compose.update(Placement, site.museum, ADA, before.id, existence="-0446/..", why="Because.").record
    assert after == replace(before, existence="-0446/..", reason="Because.")
    free = compose.update(Placement, site.museum, ADA, before.id, hypothesis="", sources=[]).record
    assert (free.hypothesis, free.sources) == ("", ())


def test_of_two_who_change_the_same_the_second_is_told(site):
    read = site.placement()
    mine = compose.update(
        Placement, site.museum, ADA, read.record.id, title="mine", expected_revision=read.revision.number
    )
    with pytest.raises(Conflict):
        compose.update(
            Placement, site.museum, ADA, read.record.id, title="yours", expected_revision=read.revision.number
        )
    with pytest.raises(Conflict):
        compose.remove(Placement, site.museum, ADA, read.record.id, expected_revision=read.revision.number)
    assert site.museum.catalogue.get(Placement, read.record.id) == mine.record


def test_a_removed_placement_is_gone_and_its_annotations_stay_where_they_were(site):
    placed = site.placement()
    note = site.annotation(anchor=Anchor.at((0, 0, 0), placed.record.id)).record
    gone = compose.remove(Placement, site.museum, ADA, placed.record.id)
    assert site.museum.catalogue.get(Placement, placed.record.id) is None
    assert site.museum.catalogue.get(Placement, placed.record.id, as_of=gone.revision.number - 1) == placed.record
    assert site.museum.catalogue.get(Annotation, note.id) == replace(note, anchor=Anchor.at((0, 0, 0)))
    with pytest.raises(NotFound):
        compose.remove(Placement, site.museum, ADA, placed.record.id)


def test_a_scene_with_rivals_prefers_one_of_them(site):
    first = site.hypothesis().record
    assert site.museum.catalogue.get(Scene, site.scene).default_hypothesis == ""
    second = site.hypothesis(title="Eight columns", contrasts_with=[first.id, first.id])
    assert second.record.contrasts_with == (first.id,)
    assert site.museum.catalogue.get(Scene, site.scene).default_hypothesis == first.id
    assert site.museum.catalogue.revision_of(site.scene) == second.revision.number
    compose.update(Scene, site.museum, ADA, site.scene, default_hypothesis=second.record.id)
    site.hypothesis(title="None", contrasts_with=[first.id])
    assert site.museum.catalogue.get(Scene, site.scene).default_hypothesis == second.record.id


def test_a_hypothesis_does_not_contradict_what_it_builds_on(site):
    base = site.hypothesis().record.id
    middle = site.hypothesis(builds_on=base).record.id
    for rivals in ([middle], [base]):
        with pytest.raises(Invalid, match="builds on"):
            site.hypothesis(builds_on=middle, contrasts_with=rivals)
    with pytest.raises(NotFound):
        site.hypothesis(builds_on="hypothesis_x")
    assert len(site.museum.catalogue.within(Hypothesis, [site.scene])[site.scene]) == 2


def test_an_annotation_is_signed_and_harmless(site):
    note = site.annotation(bodies=[LocalText('<p onclick="x()">Worn<script>x()</script></p>', "el")]).record
    assert (note.bodies, note.author) == ((LocalText("<p>Worn</p>", "el"),), "ada")


@pytest.mark.parametrize(
    "values",
    [
        {"anchor": Anchor.at((0, 0))},
        {"anchor": Anchor.at((0, 0, math.nan))},
        {"bodies": [LocalText("b", "<b>")]},
        {"bodies": [LocalText("x" * 20_001)]},
        {"bodies": []},
        {"bodies": [LocalText("b"), LocalText("c")]},
    ],
)
def test_an_annotation_that_cannot_be_is_refused(site, values):
    with pytest.raises(Invalid):
        site.annotation(**values)


def test_a_tour_has_stops_that_exist(site):
    branch = site.hypothesis().record.id
    stops = [TourStep("First", "Look.", VIEW, "-0430~", branch)]
    tour = compose.create(Tour, site.museum, ADA, scene=site.scene, title="Round", steps=stops).record
    assert tour.steps == tuple(stops)
    for steps, refusal in (
        ([], Invalid),
        (stops * 201, Invalid),
        ([replace(stops[0], hypothesis="hypothesis_x")], NotFound),
        ([replace(stops[0], moment="then")], EdtfError),
    ):
        with pytest.raises(refusal):
            compose.create(Tour, site.museum, ADA, scene=site.scene, title="Round", steps=steps)


@pytest.mark.parametrize("slug", ["", "Agora", "a b", "-a", "a-", "a--b", "../a", "ä", "x" * 101])
def test_a_slug_is_a_plain_part_of_an_address(site, slug):
    with pytest.raises(Invalid, match="slug"):
        site.exhibition(slug=slug)


def test_a_slug_is_taken_once(site):
    site.exhibition()
    with pytest.raises(Conflict):
        site.exhibition()


def test_publishing_makes_the_scene_and_what_stands_in_it_public_in_one_revision(site):
    site.placement()
    exhibition = site.exhibition().record
    done = compose.publish_exhibition(site.museum, ADA, exhibition.id)
    assert done.record.visibility is Visibility.PUBLIC
    for kind, name in ((Exhibition, exhibition.id), (Scene, site.scene), (Asset, "asset_a")):
        assert site.museum.catalogue.get(kind, name).visibility is Visibility.PUBLIC
        assert site.museum.catalogue.revision_of(name) == done.revision.number
    again = compose.publish_exhibition(site.museum, ADA, exhibition.id)
    assert again.revision == done.revision


def test_taking_back_hides_the_scene_unless_another_exhibition_shows_it(site):
    one, two = site.exhibition().record.id, site.exhibition(slug="agora-2").record.id
    for name in (one, two):
        compose.publish_exhibition(site.museum, ADA, name)
    compose.unpublish_exhibition(site.museum, ADA, one)
    assert site.museum.catalogue.get(Exhibition, one).visibility is Visibility.DRAFT
    assert site.museum.catalogue.get(Scene, site.scene).visibility is Visibility.PUBLIC
    compose.unpublish_exhibition(site.museum, ADA, two)
    assert site.museum.catalogue.get(Scene, site.scene).visibility is Visibility.DRAFT


def test_what_is_said_of_an_asset_can_be_changed(site):
    done = compose.update(
        Asset, site.museum, ADA, "asset_a", title="Capital II", rights="", visibility=Visibility.PUBLIC
    )
    assert (done.record.title, done.record.rights, done.record.visibility) == ("Capital II", "", Visibility.PUBLIC)
    with pytest.raises(Invalid, match="rights"):
        compose.update(Asset, site.museum, ADA, "asset_a", rights="CC0")


def test_a_job_is_cancelled_once_and_watchers_hear_of_it(site):
    site.museum.catalogue.enqueue(job())
    heard: list[Notice] = []
    site.museum.bus.listen("job_a", heard.append)
    cancelled = compose.cancel_job(site.museum, site.museum.catalogue, ADA, "job_a")
    assert cancelled.state is JobState.CANCELLED
    assert heard == [Notice("job_a")]
    with pytest.raises(Conflict):
        compose.cancel_job(site.museum, site.museum.catalogue, ADA, "job_a")
    with pytest.raises(NotFound):
        compose.cancel_job(site.museum, site.museum.catalogue, ADA, "job_x")
