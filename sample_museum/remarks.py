"""Notes of other kinds than those at a spot of an epoch: about a region, a thing, the whole scene, and in answer."""

from __future__ import annotations

from datetime import UTC, datetime

from sample_museum.finds import STONE_CHANGE, STONE_NOW, on_the_stone
from sample_museum.ids import SCENE_ID, placement_id
from sample_museum.inventory import BRANDVOLD, DAY_BOOKS, SURVEY
from sample_museum.stele import DEEP, INSCRIPTION, LINES, TALL, WIDE
from scenes.authoring.space import centre
from scenes.model import Anchor, AnchorKind, Annotation, LocalText, Motivation, Source, Term, Vector

AUTHOR = "Chronotope sample museum"
WRITTEN = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)


def _remark(
    slug: str,
    title: str,
    anchor: Anchor,
    existence: str,
    *texts: str | LocalText,
    motivation: Motivation = Motivation.DESCRIBING,
    author: str = AUTHOR,
    tags: tuple[Term, ...] = (),
    sources: tuple[Source, ...] = (),
) -> Annotation:
    bodies = tuple(LocalText(f"<p>{text}</p>") if isinstance(text, str) else text for text in texts)
    return Annotation(
        f"annotation_sample_{slug}",
        SCENE_ID,
        title,
        bodies,
        anchor,
        existence,
        author,
        motivation,
        tags,
        sources,
        WRITTEN,
    )


def _region(placement: str, *corners: Vector) -> Anchor:
    return Anchor(AnchorKind.REGION, centre(corners), corners, placement)


_FACE = DEEP / 2
_LETTERS = tuple(on_the_stone((x, y, _FACE)) for x, y in INSCRIPTION)

REMARKS: tuple[Annotation, ...] = (
    # the boundary stone: three notes that were set on the scan of 2009 and went along to the one of 2019
    _remark(
        "boundary",
        "Boundary of the sanctuary",
        _region(STONE_NOW, *_LETTERS),
        "2004/..",
        f"Three lines, <q>{' '.join(LINES)}</q>: here the god's ground begins. Whoever passes leaves axes, dogs and "
        "debts outside.",
        LocalText(
            f"<p>Drei Zeilen, <q>{' '.join(LINES)}</q>: Hier beginnt der Boden der Gottheit. Wer vorbeigeht, lässt "
            "Äxte, Hunde und Schulden draußen.</p>",
            "de",
        ),
        LocalText(
            f"<p>Τρεις στίχοι, <q>{' '.join(LINES)}</q>: από εδώ αρχίζει η γη της θεάς.</p>",
            "el",
        ),
        motivation=Motivation.HIGHLIGHTING,
        tags=(Term("stele", "http://www.wikidata.org/entity/Q178743"),),
        sources=(Source("Inscription 12", pages="lines 1–3"),),
    ),
    _remark(
        "mason",
        "A mason who measured",
        Anchor.at(on_the_stone((-0.16, 0.885, _FACE)), STONE_NOW),
        "2004/..",
        "The round letters are smaller than the rest and hang from the upper line: a fashion of the third and second "
        "centuries BC. More than that the stone does not say of its age.",
        motivation=Motivation.CLASSIFYING,
    ),
    _remark(
        "corner",
        "An edge as it was cut",
        Anchor.at(on_the_stone((0.94 * WIDE / 2 - 0.035, TALL - 0.035, _FACE)), STONE_NOW),
        "2004/..",
        "The corner is sharp: the stone stood in the lee of the gate. <em>Written in 2009. The corner is gone; whether "
        "the note stays is to be decided.</em>",
        motivation=Motivation.ASSESSING,
        author="Survey of 2009",
        sources=(Source(SURVEY),),
    ),
    _remark(
        "litre",
        "A litre of stone in ten years",
        Anchor(AnchorKind.PLACEMENT, placement=STONE_CHANGE),
        "2019/..",
        "Between the scans about one litre was lost: half of it in one piece, the corner, in the frost of a single "
        "winter; the rest is a crust of lime that was cleaned off on purpose. Nothing was gained.",
        sources=(Source("Comparison of the scans of 2009 and 2019"),),
    ),
    # about a region of the ground, things, and the whole
    _remark(
        "trench",
        "Trench 1",
        _region(
            placement_id("ground_excavated"),
            (28.5, 0.2, -8.5),
            (40.5, 0.2, -8.5),
            (40.5, 0.2, 8.5),
            (28.5, 0.2, 8.5),
        ),
        "1893/1910",
        "Twelve by seventeen metres, four summers. The altar came to light in the second.",
        motivation=Motivation.IDENTIFYING,
        sources=(Source(DAY_BOOKS, pages="1893–1896"),),
    ),
    _remark(
        "fallen_rows",
        "Fallen in one minute",
        Anchor(AnchorKind.PLACEMENT, placement=placement_id("temple_fallen_stones")),
        "086X/..",
        "For those who look for earthquakes in collections: this is one.",
        motivation=Motivation.TAGGING,
        tags=(Term("earthquake", "http://www.wikidata.org/entity/Q7944"),),
    ),
    _remark(
        "invented",
        "What is invented here, and what is not",
        Anchor(AnchorKind.SCENE),
        "../..",
        "Place, buildings, finds, scholars and books are invented. Ways of building, of dating and of arguing are not: "
        "each has its like at real sites. The song in the tour is real: it stands on a gravestone from Tralles, now in "
        "Copenhagen.",
        LocalText(
            "<p>Ort, Bauten, Funde, Forscher und Bücher sind erfunden. Wie gebaut, datiert und gestritten wird, ist es "
            "nicht. Das Lied im Rundgang ist echt: Es steht auf einem Grabstein aus Tralleis, heute in Kopenhagen.</p>",
            "de",
        ),
        LocalText(
            "<p>Le lieu, les édifices, les objets, les savants et les livres sont inventés. Les façons de bâtir, de "
            "dater et de discuter ne le sont pas. Le chant de la visite est authentique : il est gravé sur une stèle "
            "de Tralles, aujourd’hui à Copenhague.</p>",
            "fr",
        ),
        LocalText(
            "<p>Il luogo, gli edifici, i reperti, gli studiosi e i libri sono inventati; i modi di costruire, di "
            "datare e di discutere no. Il canto della visita è vero: si legge su una stele di Tralle, oggi a "
            "Copenaghen.</p>",
            "it",
        ),
    ),
    _remark(
        "signed",
        "Notes are signed",
        Anchor(AnchorKind.SCENE),
        "2026/..",
        "Everybody may disagree here, with name and reason. Notes without either are taken down.",
        motivation=Motivation.MODERATING,
    ),
    # in answer, for the record, for oneself
    _remark(
        "limewash",
        "In answer to “How colourful?”",
        Anchor.at((20.4, 9.3, 1.6), placement_id("temple_gable_figures")),
        "-0431/0400~",
        "The blue on the fields lies over a layer of dirt. Dirt does not settle under paint that is new.",
        motivation=Motivation.REPLYING,
        author="T. Brandvold",
        sources=(Source(BRANDVOLD, pages="112"),),
    ),
    _remark(
        "well",
        "Tower or cistern?",
        Anchor.at((27.0, 2.4, 13.0), placement_id("hamlet")),
        "13XX/169X",
        "The day book calls the round wall a tower, its plan a cistern. One of the two has to be corrected; until then "
        "neither is shown.",
        motivation=Motivation.EDITING,
        sources=(Source(DAY_BOOKS, pages="1902, 14 and plan 9"),),
    ),
    _remark(
        "stand_here",
        "Stand here first",
        Anchor.at((-40.0, 1.7, 17.0)),
        "-0431/..",
        "From here the temple shows two sides at once, as its builders meant it to.",
        motivation=Motivation.BOOKMARKING,
    ),
)
