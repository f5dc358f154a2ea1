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
    for ordinal, (slug, title) in enumerate([("terrain", "Terrain"), ("architecture", "Architecture")])
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
    _place("temple_columns", "-0443~/08XX"),
    _place("temple_cella", "-0440~/08XX"),
    _place("temple_ceiling", "-0435~/046X"),
    _place("temple_entablature_bright", "-0438~/0400~", hypothesis=BRIGHT),
    _place("temple_entablature_restrained", "-0438~/0400~", hypothesis=RESTRAINED),
    _place("temple_entablature_faded", "0401~/08XX", asset="temple_entablature_restrained"),
    _place("temple_roof", "-0434~/046X"),
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
