"""What is told beside the notes: articles in several languages, and a hypothesis that builds on another."""

from __future__ import annotations

from sample_museum.ids import BRIGHT, GILDED, SCENE_ID, asset_id
from sample_museum.inventory import BRANDVOLD, KALLERGI
from scenes.model import Article, Hypothesis, LocalText, Picture, Source

_AUTHOR = "Chronotope sample museum"
_CREDIT = "Sample museum, CC0"

GILDED_SIMA = Hypothesis(
    GILDED,
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
            Picture(asset=asset_id("temple_entablature_bright"), caption="After Kallergi", credit=_CREDIT),
            Picture(asset=asset_id("temple_entablature_restrained"), caption="After Brandvold", credit=_CREDIT),
        ),
        "-0438~/0400~",
        _AUTHOR,
        (Source(KALLERGI), Source(BRANDVOLD)),
    ),
    Article(
        "article_sample_song",
        SCENE_ID,
        "A song for the road",
        (
            LocalText(
                "<p>At the stop <em>Under Rome</em> of the tour a lyre plays. The song is not from here, and it is not "
                "invented: <strong>Seikilos</strong> had it cut on a gravestone at Tralles in Asia Minor, in the first "
                "or second century AD, with letters for notes above its words and signs for their length. It was found "
                "in 1883 and is in the National Museum of Denmark.</p><p>It is the oldest song that has come down "
                "whole. How high, how fast and on which instrument it was played, nobody wrote down: what you hear is "
                "a "
                'computed string, tuned as Greek theorists tuned theirs.</p><blockquote><span lang="grc">Ὅσον ζῇς, '
                "φαίνου,<br>μηδὲν ὅλως σὺ λυποῦ·<br>πρὸς ὀλίγον ἐστὶ τὸ ζῆν,<br>τὸ τέλος ὁ χρόνος "
                "ἀπαιτεῖ.</span></blockquote>"
            ),
            LocalText(
                "<p>Am Halt <em>Under Rome</em> des Rundgangs spielt eine Leier. Das Lied ist nicht von hier und nicht "
                "erfunden: <strong>Seikilos</strong> ließ es in Tralleis in Kleinasien auf einen Grabstein setzen, im "
                "ersten oder zweiten Jahrhundert n. Chr., mit Notenbuchstaben über den Worten. Es ist das älteste "
                "Lied, das ganz erhalten ist. Tonhöhe, Tempo und Instrument hat niemand aufgeschrieben.</p>",
                "de",
            ),
        ),
        existence="0001/0200",
        author=_AUTHOR,
        sources=(
            Source("E. Pöhlmann and M. L. West, Documents of Ancient Greek Music (2001)", pages="no. 23"),
            Source("National Museum of Denmark, inv. 14897", "https://en.wikipedia.org/wiki/Seikilos_epitaph"),
        ),
    ),
    Article(
        "article_sample_stone",
        SCENE_ID,
        "Ten years of a stone",
        (
            LocalText(
                "<p>The boundary stone was recorded from photographs in 2009 and by laser in 2019. The second record "
                "took the place of the first, and the notes that stood on the first went along. Two are where they "
                "were. The third stood on a corner that is gone: it came to rest on the break, four centimetres "
                "deeper, and was <strong>flagged</strong>, so that somebody looks.</p><p>What the two records differ "
                "by stands beside the stone, in colours, since 2019 of the time slider.</p>"
            ),
        ),
        (
            Picture(asset=asset_id("boundary_stone"), caption="The stone", credit=_CREDIT),
            Picture(asset=asset_id("boundary_stone_change"), caption="What it lost", credit=_CREDIT),
            Picture(asset=asset_id("boundary_stone_drawing"), caption="Drawn; the scale is 20 cm", credit=_CREDIT),
        ),
        "2009/2019",
        _AUTHOR,
    ),
)
