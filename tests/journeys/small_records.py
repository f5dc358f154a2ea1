"""What stands in the small museum of the journeys, and what is told of it: all that a visitor may ask of one thing."""

from __future__ import annotations

import numpy as np

from sample_museum.build import SampleFile
from sample_museum.lyre import string, wav
from scenes.model import (
    Anchor,
    AnchorKind,
    Annotation,
    Article,
    Audio,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Epoch,
    Exhibition,
    Generated,
    Hypothesis,
    Layer,
    LifeEvent,
    LocalText,
    ObjectStatus,
    PeriodReference,
    Person,
    PersonName,
    Placement,
    Record,
    Relation,
    Reliability,
    Scene,
    Source,
    StatusKind,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)

SCENE = "scene_journey"
SLUG = "journey"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
VIEW = Viewpoint((26.0, 9.0, 30.0), (0.0, 3.5, 0.0))

_LAYER = Layer("layer_journey", SCENE, "Buildings", 0)
_BRONZE = Hypothesis(
    "hypothesis_bronze", SCENE, "A bronze", "P. Argyros", "Slag in the foundation trench.", ("hypothesis_marble",)
)
_MARBLE = Hypothesis(
    "hypothesis_marble", SCENE, "A marble", "L. Brandt", "A marble toe in the cistern.", ("hypothesis_bronze",)
)


_PERIOD = PeriodReference("Classical period", "https://periods.sample-museum.example/classical", "A handbook", "2026")
SONG = SampleFile(
    "asset_journey_song", "song", "A string", "Chronotope tests", CC0, "string.wav", "audio/wav", lambda: wav(_string())
)
_CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:04.000\n<lang grc>Ὅσον ζῇς, φαίνου</lang>\nAs long as you live, shine\n"


def _string() -> np.ndarray:
    """Four seconds of one string, quietly."""
    return np.resize(0.3 * string(220.0, seed=1), 4 * 32_000)


def _placement(
    slug: str,
    existence: str,
    *,
    at: tuple[float, float, float] = (0, 0, 0),
    hypothesis: str = "",
    period: PeriodReference | None = None,
    generated: Generated | None = None,
) -> Placement:
    return Placement(
        id=f"placement_{slug}",
        scene=SCENE,
        layer=_LAYER.id,
        asset=f"asset_journey_{slug}",
        title=slug.title(),
        existence=existence,
        transform=(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *at, 1),
        hypothesis=hypothesis,
        reliability=Reliability.US if slug == "grove" else Reliability.USVS,
        reason=f"Foundations of the {slug} were found in place.",
        sources=(Source("Notebook 12", pages="page 4"),),
        period=period,
        generated=generated,
    )


RECORDS: list[Record] = [
    Scene(
        SCENE,
        "A small sanctuary",
        "Made for tests.",
        "-0430",
        Visibility.PUBLIC,
        VIEW,
        default_hypothesis=_BRONZE.id,
    ),
    _LAYER,
    Epoch("epoch_shrine", SCENE, "Timber shrine", "-062X/-054X", "Posts.", "#7f8f5a"),
    Epoch("epoch_temple", SCENE, "Temple", "-0499/0390", "Stone.", "#d9c08a"),
    Epoch("epoch_church", SCENE, "Church", "0391/0551", "Reused.", "#8f6f9e"),
    Epoch("epoch_field", SCENE, "Field", "0552/..", "Gone.", "#6f7b85"),
    _BRONZE,
    _MARBLE,
    _placement("grove", "../.."),
    _placement("shrine", "-062X/-054X", generated=Generated("shrine-maker 2.1", "From six post holes.")),
    _placement("temple", "-0499/0390"),
    _placement("church", "0391/0551", period=_PERIOD),
    _placement("bronze", "-0429/0390", at=(0, 0, 21), hypothesis=_BRONZE.id),
    _placement("marble", "-0429/0390", at=(0, 0, 21), hypothesis=_MARBLE.id),
    _placement("marker", "1700/1710", at=(20, 0, 21)),
    Annotation(
        "annotation_holes",
        SCENE,
        "Post holes",
        (LocalText("<p>Six holes in the rock.</p>"),),
        Anchor.at((2.0, 3.6, 3.0)),
        "-062X/-054X",
    ),
    Annotation(
        "annotation_step",
        SCENE,
        "A dedication",
        (LocalText("<p>Cut into the step by <em>Philon</em>.</p>"),),
        Anchor.at((9.0, 0.8, 6.0), "placement_temple"),
        "-0499/0390",
        author="E. Papadaki",
    ),
    Annotation(
        "annotation_whole",
        SCENE,
        "Built in a dry year",
        (
            LocalText("<p>The rings of its beams say so.</p>"),
            LocalText("<p>Die Ringe seiner Balken zeigen es.</p>", "de"),
        ),
        Anchor(AnchorKind.PLACEMENT, placement="placement_temple"),
        "-0499/0390",
    ),
    Annotation(
        "annotation_dent",
        SCENE,
        "A dent",
        (LocalText("<p>Where the rope held.</p>"),),
        Anchor.at((20.0, 4.0, 21.45), "placement_marker"),
        "1700/1710",
    ),
    ChangeEvent(
        "change_event_journey",
        SCENE,
        "From temple to church",
        ChangeKind.MODIFICATION,
        "0391",
        ("placement_temple",),
        ("placement_church",),
        "The same walls, the other way round.",
        (Source("Chronicle, year 391"),),
    ),
    ChronologyStatement(
        "chronology_statement_journey",
        SCENE,
        Relation.AFTER,
        "placement_church",
        "placement_shrine",
        author="E. Papadaki",
        source=Source("Section 4"),
    ),
    ChronologyStatement(
        "chronology_statement_journey_coin",
        SCENE,
        Relation.TERMINUS_POST_QUEM,
        "placement_shrine",
        date="-0628",
        source=Source("A coin below its floor"),
    ),
    Person(
        "person_journey",
        SCENE,
        (PersonName("Philon"),),
        events=(LifeEvent("dedication", "", "-0430", "on the step", "placement_temple", "for a safe return"),),
    ),
    ObjectStatus(
        "object_status_journey_stolen",
        "asset_journey_bronze",
        StatusKind.STOLEN,
        "1922-11~",
        "Site store",
        "Out of the window.",
        "register 7",
    ),
    ObjectStatus(
        "object_status_journey_returned", "asset_journey_bronze", StatusKind.RETURNED, "1981-06-04", "Site museum"
    ),
    Article(
        "article_journey",
        SCENE,
        "Four lives",
        (LocalText("<p>One <em>place</em>.</p>"), LocalText("<p>Ein <em>Ort</em>.</p>", "de")),
        author="E. Papadaki",
    ),
    Tour(
        "tour_journey",
        SCENE,
        "Two stops",
        (
            TourStep(
                "The temple",
                "Marble and light.",
                VIEW,
                "-0430",
                audio=Audio(asset=SONG.id, captions=_CAPTIONS, language="grc"),
            ),
            TourStep("The church", "The same stones again.", Viewpoint((-24.0, 8.0, 28.0), (0.0, 4.0, 0.0)), "0450"),
        ),
    ),
    Exhibition("exhibition_journey", SLUG, "A small sanctuary", "Four lives of one place.", SCENE, Visibility.PUBLIC),
    Exhibition("exhibition_shrine", "shrine", "The shrine before", "Säulen came later.", SCENE, Visibility.PUBLIC),
]
