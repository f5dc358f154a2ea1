"""The records: what stood where and when, who says so, and what a visitor is told.

The site is a composite made for demonstration, no real place. Years are astronomical (EDTF): -0430 is 431 BC.
"""

from __future__ import annotations

from scenes.model import (
    IDENTITY,
    Annotation,
    Epoch,
    Exhibition,
    Hypothesis,
    Layer,
    Placement,
    Reliability,
    Scene,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)

SCENE_ID = "scene_sample_sanctuary"
BRIGHT, RESTRAINED = "hypothesis_sample_bright", "hypothesis_sample_restrained"


def asset_id(slug: str) -> str:
    """The fixed id of an asset."""
    return f"asset_sample_{slug}"


SCENE = Scene(
    id=SCENE_ID,
    title="The sanctuary on the terrace",
    description="A Greek sanctuary above a valley. A composite for demonstration, no real place.",
    default_moment="-0430",
    visibility=Visibility.PUBLIC,
    viewpoint=Viewpoint((52.0, 13.0, 42.0), (2.0, 4.0, 0.0)),
    default_hypothesis=BRIGHT,
)

LAYERS = tuple(
    Layer(f"layer_sample_{slug}", SCENE_ID, title, ordinal)
    for ordinal, (slug, title) in enumerate(
        [("terrain", "Terrain"), ("architecture", "Architecture"), ("vegetation", "Vegetation")]
    )
)

EPOCHS = (
    Epoch("epoch_sample_grove", SCENE_ID, "Sacred grove", "-0620~/-0565", "", "#6b7f3a"),
    Epoch("epoch_sample_temple", SCENE_ID, "The great temple", "-0446/-0290", "", "#c9a24a"),
    Epoch("epoch_sample_today", SCENE_ID, "Today", "1958/..", "", "#5a88a8"),
)

HYPOTHESES = (
    Hypothesis(BRIGHT, SCENE_ID, "A temple in full colour", "N. Kallergi", "…", (RESTRAINED,)),
    Hypothesis(RESTRAINED, SCENE_ID, "A temple of restrained colour", "T. Brandvold", "…", (BRIGHT,)),
)


def _place(
    slug: str,
    existence: str,
    *,
    asset: str = "",
    layer: str = "architecture",
    hypothesis: str = "",
    reliability: Reliability = Reliability.USVS,
) -> Placement:
    return Placement(
        f"placement_sample_{slug}",
        SCENE_ID,
        f"layer_sample_{layer}",
        asset_id(asset or slug),
        slug,
        existence,
        IDENTITY,
        hypothesis,
        reliability,
    )


PLACEMENTS = (
    _place("horizon", "-9000/..", layer="terrain"),
    _place("valley", "-9000/..", layer="terrain"),
    _place("ground_grove", "-9000/-0565", layer="terrain"),
    _place("ground_archaic", "-0564/-0448", layer="terrain"),
    _place("ground_classical", "-0447/0620", layer="terrain"),
    _place("ground_silted", "0621/1891", layer="terrain"),
    _place("ground_excavated", "1892/1910", layer="terrain"),
    _place("ground_today", "1911/..", layer="terrain"),
    _place("temple_crepidoma", "-0446~/.."),
    _place("temple_columns_standing", "-0443~/.."),
    _place("temple_columns_fallen", "-0443~/086X"),
    _place("temple_cella", "-0440~/086X"),
    _place("temple_ceiling", "-0435~/046X"),
    _place("temple_entablature_bright", "-0438~/0400~", hypothesis=BRIGHT),
    _place("temple_entablature_restrained", "-0438~/0400~", hypothesis=RESTRAINED),
    _place("temple_entablature_faded", "0401~/086X", asset="temple_entablature_restrained"),
    _place("temple_roof", "-0434~/046X"),
    _place("temple_gable_figures", "-0432~/046X"),
    _place("cult_statue", "-0431~/039X"),
    _place("olive_grove", "-0500~/..", layer="vegetation"),
    _place("scrub", "-9000/..", layer="vegetation"),
    _place("sacred_grove", "-0800~/-0565", layer="vegetation"),
    _place("grove_floor", "-9000/-0565", layer="vegetation"),
    _place("overgrowth", "0700~/1891", layer="vegetation"),
    _place("cypresses", "1905~/..", layer="vegetation"),
    _place("lawn_today", "1911~/..", layer="vegetation"),
    _place("ash_altar", "-0620~/-0565"),
    _place("archaic_walls", "-0564/-0448"),
    _place("archaic_naos", "-0560~/-0479"),
    _place("archaic_votives", "-0550~/-0479"),
    _place("terrace_walls", "-0447/0620"),
    _place("altar_classical", "-0446~/-0250"),
    _place("altar_monumental", "-0249~/0400"),
    _place("propylon", "-0280~/05XX"),
    _place("stoa", "-0270~/0400"),
    _place("sacred_way", "-0280~/0620"),
    _place("exedra", "-0240~/0400"),
    _place("votives_hellenistic", "-0270~/0400"),
    _place("timber_shrine", "-0620~/-0565"),
    _place("archaic_naos_burnt", "-0478/-0448"),
    _place("building_yard", "-0446~/-0432"),
    _place("monopteros", "-0020~/0400"),
    _place("fountain", "0140~/0500"),
    _place("imperial_statues", "0120~/0400"),
    _place("church_walls", "0470~/086X"),
    _place("church_apse", "0470~/086X"),
    _place("church_roof", "0470~/086X"),
    _place("church_fittings", "0470~/086X"),
    _place("baptistery", "0540~/086X"),
    _place("terrace_walls_broken", "0621~/.."),
    _place("architrave_remains", "086X/.."),
    _place("stumps", "086X/.."),
    _place("fallen_drums", "086X/.."),
    _place("fallen_blocks", "086X/.."),
    _place("cella_ruin", "086X/.."),
    _place("precinct_ruins", "0400~/.."),
    _place("chapel", "0990~/1895"),
    _place("bell_gable", "121X/1895"),
    _place("hamlet", "12XX/169X"),
    _place("excavation_gear", "1892/1910"),
    _place("raised_columns", "1958/.."),
    _place("shelter", "2004/.."),
    _place("walkway", "2004/.."),
    _place("ticket_hut", "2004/.."),
)
ANNOTATIONS: tuple[Annotation, ...] = ()
TOURS = (
    Tour(
        "tour_sample_centuries",
        SCENE_ID,
        "Through the centuries",
        (TourStep("The temple", "…", SCENE.viewpoint, "-0430"),),
    ),
)
EXHIBITION = Exhibition(
    "exhibition_sample_sanctuary",
    "sanctuary",
    "The sanctuary on the terrace",
    SCENE.description,
    SCENE_ID,
    Visibility.PUBLIC,
)
