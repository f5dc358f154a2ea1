"""What is told beside the notes: an article in two languages, and the fate of a statue."""

from __future__ import annotations

from sample_museum.ids import BRIGHT, SCENE_ID, asset_id
from sample_museum.inventory import BRANDVOLD, KALLERGI
from scenes.model import Article, Hypothesis, LocalText, ObjectStatus, Picture, Source, StatusKind

_AUTHOR = "Chronotope sample museum"

GILDED = Hypothesis(
    "hypothesis_sample_gilded",
    SCENE_ID,
    "A gilded sima",
    "N. Kallergi",
    "If the fields were painted as a whole, three flakes of leaf from the gutter are no stray finds: the lion heads "
    "of the sima were gilded.",
    builds_on=BRIGHT,
    confidence=0.4,
    sources=(Source(KALLERGI, pages="88–91"),),
)
"""built on another: it counts where that one does"""

ARTICLES = (
    Article(
        "article_sample_colour",
        SCENE_ID,
        "How do we know the colours?",
        (
            LocalText(
                "<p>Nobody has seen the temple as it was. What we have are <strong>grains</strong>: Egyptian blue "
                "glows under infrared light, cinnabar leaves mercury, and where paint protected the stone it "
                "weathered less.</p><p>Two scholars read the same grains differently. Both readings are here; choose "
                "one, and ask any stone for its reasons.</p>"
            ),
            LocalText(
                "<p>Niemand hat den Tempel gesehen, wie er war. Was wir haben, sind <strong>Körner</strong>: "
                "Ägyptisch Blau leuchtet unter Infrarot, Zinnober hinterlässt Quecksilber, und wo Farbe den Stein "
                "schützte, ist er weniger verwittert.</p><p>Zwei Forscher lesen dieselben Körner verschieden. Beide "
                "Lesarten stehen hier.</p>",
                "de",
            ),
        ),
        (
            Picture(asset=asset_id("temple_entablature_bright"), caption="After Kallergi"),
            Picture(asset=asset_id("temple_entablature_restrained"), caption="After Brandvold"),
        ),
        "-0438~/0400~",
        _AUTHOR,
        (Source(KALLERGI), Source(BRANDVOLD)),
    ),
)


def _status(slug: str, kind: StatusKind, existence: str, place: str, note: str) -> ObjectStatus:
    return ObjectStatus(
        f"object_status_sample_{slug}",
        asset_id("archaic_votives"),
        kind,
        existence,
        place,
        note,
        reference="sample register 1922/7",
        sources=(Source("Correspondence of the museum, invented like everything here"),),
    )


OBJECT_STATUS = (
    _status("stolen", StatusKind.STOLEN, "1922-11~", "Site store", "The head of a kouros is missing after a winter."),
    _status("located", StatusKind.LOCATED, "1978", "A saleroom", "Known again by the break at its neck."),
    _status("returned", StatusKind.RETURNED, "1981-06-04", "Site museum", "It stands beside its body."),
)
