"""Two notes for each epoch, at the spot they speak of."""

from __future__ import annotations

from sample_museum.ids import SCENE_ID, placement_id
from sample_museum.inventory import DAY_BOOKS, VIEW
from sample_museum.remarks import AUTHOR, REMARKS, WRITTEN
from scenes.model import Anchor, Annotation, LocalText, Motivation, Source, Term

_TEMPLE = (
    Term("temples (buildings)", "http://vocab.getty.edu/aat/300007595"),
    Term("temple", "http://www.wikidata.org/entity/Q44539"),
)
_CHURCH = (
    Term("churches (buildings)", "http://vocab.getty.edu/aat/300007466"),
    Term("church building", "http://www.wikidata.org/entity/Q16970"),
)
_STATUE = (Term("statue", "http://www.wikidata.org/entity/Q179700"),)


def _note(
    slug: str,
    title: str,
    position: tuple[float, float, float],
    existence: str,
    placement: str,
    *paragraphs: str,
    motivation: Motivation = Motivation.DESCRIBING,
    tags: tuple[Term, ...] = (),
    sources: tuple[Source, ...] = (),
    also: tuple[LocalText, ...] = (),
) -> Annotation:
    """`paragraphs` are English, `also` the same in other languages."""
    return Annotation(
        id=f"annotation_sample_{slug}",
        scene=SCENE_ID,
        title=title,
        bodies=(LocalText("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)), *also),
        anchor=Anchor.at(position, placement_id(placement)),
        existence=existence,
        author=AUTHOR,
        motivation=motivation,
        tags=tags,
        sources=sources,
        created_at=WRITTEN,
    )


_NOTES: tuple[Annotation, ...] = (
    _note(
        "ash",
        "Seven metres of smoke",
        (34.0, 0.9, 0.0),
        "-0620~/-0565",
        "ash_altar",
        "The oldest altar is what was left of its own use: ash, fat and burnt thigh bones, wetted and trodden into "
        "a low "
        "mound that grew with every feast.",
        "Of 4,100 bones, nine in ten are sheep and goat, and almost all are thighs and tails: <em>the god's "
        "share</em>. "
        "People ate the rest.",
        sources=(Source("Bone report, 2006"), Source(DAY_BOOKS, pages="1893")),
    ),
    _note(
        "shrine",
        "A house for a wooden image",
        (-0.5, 3.2, 2.6),
        "-0620~/-0565",
        "timber_shrine",
        "Eleven post holes and a curved socle are all that was found. Walls of mud brick and a thatched roof are "
        "likely; "
        "their height is a guess.",
        "Green here means: by analogy. Ask any reconstruction which of its stones were found.",
        motivation=Motivation.ASSESSING,
    ),
    _note(
        "naos",
        "Stone that imitates wood",
        (9.2, 3.4, 3.6),
        "-0560~/-0479",
        "archaic_naos",
        "Triglyphs where beam ends had been, pegs below them that hold nothing. The first stone naos repeats in "
        "limestone "
        "and stucco what carpenters had made for generations.",
        "Its capitals spread like cushions; two generations later they would look old-fashioned.",
    ),
    _note(
        "kouros",
        "One who stands for ever",
        (15.5, 1.8, -6.0),
        "-0550~/-0479",
        "archaic_votives",
        "Youths of marble, left foot forward, given by families who could afford it. They were painted: brown hair, "
        "red "
        "lips, a gaze.",
        "All were broken in 480 BC and buried with care in a pit north of the naos. That is why the colour survives.",
        tags=_STATUE,
        sources=(Source("Museum inventory 3–41"),),
    ),
    _note(
        "fire",
        "480 BC",
        (-2.0, 3.4, 3.7),
        "-0478/-0448",
        "archaic_naos_burnt",
        "Limestone turns pink at 300 °C, grey above 600. The west wall is grey to a height of four metres: the roof "
        "burnt where it lay.",
        "For a generation nothing was rebuilt. Whether an oath forbade it, or money, is disputed.",
    ),
    _note(
        "waiting",
        "An altar is enough",
        (34.0, 1.2, 0.0),
        "-0478/-0448",
        "altar_archaic",
        "A sanctuary needs an altar; a temple is a gift. Cups of these thirty years lie thick about the altar while "
        "the "
        "naos stood open to the rain.",
        motivation=Motivation.COMMENTING,
    ),
    _note(
        "crane",
        "Nine tons a drum",
        (-10.0, 7.0, 15.5),
        "-0446/-0432",
        "building_yard",
        "Each drum came from the quarry as a rough disc with four bosses. Ropes went round the bosses; the crane "
        "turned, "
        "not the drum. Flutes were cut last, from the top down, when nothing could chip them any more.",
    ),
    _note(
        "unfinished",
        "A temple in numbers",
        (-21.0, 1.3, 5.0),
        "-0446/-0432",
        "temple_crepidoma",
        "34 columns outside, 4 in the porches, 15 inside in two storeys; about 14,000 tons of stone; fourteen summers.",
        "The accounts name 107 workers: citizens, foreigners and slaves, all at one drachma a day.",
        tags=_TEMPLE,
        sources=(Source("Building accounts, fragments a–d"),),
    ),
    _note(
        "colour",
        "How colourful?",
        (20.4, 10.2, 0.0),
        "-0431/0400~",
        "temple_gable_figures",
        "Nobody doubts that the temple was painted. How much of it, and how strongly, is argued: compare the two "
        "hypotheses with the switch.",
        "Kallergi sees Egyptian blue on whole fields under ultraviolet light. Brandvold finds pigment only along edges "
        "and holds the rest for later washes.",
        motivation=Motivation.QUESTIONING,
        also=(
            LocalText(
                "<p>Dass der Tempel bemalt war, bezweifelt niemand. Wie viel davon und wie kräftig, ist umstritten: "
                "Vergleichen Sie die beiden Hypothesen.</p>",
                "de",
            ),
            LocalText(
                "<p>Personne ne doute que le temple était peint. Jusqu’où et avec quelle force, on en discute : "
                "comparez les deux hypothèses.</p>",
                "fr",
            ),
            LocalText(
                "<p>Che il tempio fosse dipinto, nessuno lo nega. Quanto e con che forza, si discute: confrontate le "
                "due ipotesi.</p>",
                "it",
            ),
        ),
    ),
    _note(
        "entasis",
        "Nothing is straight",
        (-19.0, 5.0, 7.75),
        "-0431/..",
        "temple_columns_standing",
        "The shafts swell by 18 millimetres. Corner columns stand closer to their neighbours, by a quarter of a "
        "metre, so "
        "that a triglyph may end the frieze.",
        "The eye is meant to notice none of this and to feel all of it.",
    ),
    _note(
        "stoa",
        "Shade for a hundred thousand feet",
        (3.0, 4.0, -20.0),
        "-0270~/0400",
        "stoa",
        "Twenty-four bays, given by a king who had never been here. Pilgrims slept between the columns; scratched "
        "games "
        "and names cover the floor.",
        "Its wide rhythm, two triglyphs to a bay more than a temple would allow, marks it as a hall for people.",
        motivation=Motivation.CLASSIFYING,
    ),
    _note(
        "altar",
        "Garlands for a donor",
        (29.0, 3.0, 6.5),
        "-0249~/0400",
        "altar_monumental",
        "The old altar was not replaced but framed, as a relic in a shrine. The garlands repeat every 1.1 m, each a "
        "little different: three hands have been told apart.",
    ),
    _note(
        "round",
        "Room for one more god",
        (-33.0, 5.0, -12.0),
        "-0020~/0400",
        "monopteros",
        "Small, round, and set exactly so that who leaves the gate sees it first: the emperor as neighbour of the "
        "goddess.",
        "The dedication names the city's council, and in smaller letters the man who paid.",
        motivation=Motivation.IDENTIFYING,
        sources=(Source("Inscription 83"),),
    ),
    _note(
        "fountain",
        "Water, at last",
        (45.5, 3.5, 14.0),
        "0140~/0500",
        "fountain",
        "Six centuries of pilgrims carried their water up the hill. Then a pipeline of four kilometres, and a basin "
        "with "
        "the donor's family in the niches where one expects nymphs.",
    ),
    _note(
        "apse",
        "The door becomes the altar",
        (23.0, 5.0, 0.0),
        "0470~/086X",
        "church",
        "A temple is entered from the east, a church is turned to it. So the builders closed the front with an apse, "
        "walled up the spaces between the columns and cut a new door in the west.",
        "Little was destroyed. That is why so much stood until the earthquake.",
        tags=_CHURCH,
    ),
    _note(
        "baptistery",
        "Eight sides",
        (27.5, 4.0, 15.5),
        "0540~/086X",
        "baptistery",
        "Six days of creation, a day of rest, and the eighth, on which all begins again: baptisteries like to have "
        "eight "
        "sides. The font was a hellenistic statue base turned upside down.",
    ),
    _note(
        "quake",
        "Like a string of beads",
        (6.0, 1.2, -12.5),
        "086X/..",
        "temple_fallen_stones",
        "The drums lie in rows as they came down, most to the north and east. So the ground moved to the south-west, "
        "and all of it in less than a minute.",
        "The chronicle speaks of a 'great shaking' without a year; a hoard of coins under a drum ends with 862.",
    ),
    _note(
        "chapel",
        "Small, and of the best stones",
        (2.0, 7.5, 0.0),
        "0990~/1895",
        "chapel",
        "A century later people built again, where the ruin still gave shelter from the wind: four arms, a dome of "
        "four "
        "metres, and marble of every age in its walls.",
    ),
    _note(
        "hut",
        "A frieze for a doorstep",
        (33.0, 2.0, 17.0),
        "13XX/169X",
        "hamlet",
        "Eight houses at most, grain, goats, olives. In their walls sit mouldings and inscriptions, often upside down: "
        "stone was stone.",
        "The tax list of 1688 counts four hearths; that of 1704 none.",
    ),
    _note(
        "bell",
        "A bell in a broken temple",
        (-1.8, 7.0, 0.0),
        "121X/1895",
        "bell_gable",
        "The gable is younger than the chapel: its mortar runs over the plaster. The date on a brick can be read as "
        "1212 "
        "or 1217; this is why the record says <q>in the 1210s</q>.",
    ),
    _note(
        "travellers",
        "Drawn, measured, carried off",
        (-16.0, 3.5, 9.0),
        "1750/1891",
        "temple_columns_standing",
        "'Nine columns, which shepherds call the old woman's teeth,' wrote a traveller in 1795 who drew them well and "
        "took a metope home. It has been asked for since 1834.",
        motivation=Motivation.LINKING,
        sources=(Source(VIEW),),
    ),
    _note(
        "fig",
        "What roots do",
        (20.0, 2.2, 20.0),
        "1750/1891",
        "overgrowth",
        "Figs and pistachio split more blocks than all earthquakes after the great one. Where earth lay deep, the "
        "stone "
        "below stayed as fresh as on the day it fell.",
    ),
    _note(
        "section",
        "Read from below",
        (28.5, -0.4, 8.0),
        "1893/1910",
        "ash_altar_found",
        "Straight sides let you read time upwards: natural red clay, black ash with bones, the trodden floor, marble "
        "chips of the builders, a burnt line of about AD 400, and a metre of silence.",
        "In 1893 sections were cut to remove earth quickly. Reading them came later.",
    ),
    _note(
        "wagon",
        "Forty cubic metres a day",
        (41.5, 1.4, 16.0),
        "1892/1910",
        "excavation_gear",
        "A light railway took the earth to the slope below. What was thrown away with it, seeds, bones and potsherds "
        "without paint, was sieved from the spoil heap in 2006.",
    ),
    _note(
        "new_stone",
        "Old and new told apart",
        (3.2, 6.0, -7.75),
        "1958/..",
        "raised_columns",
        "Three columns were raised again. Eight of their drums are new and paler by intention: who looks twice sees "
        "which "
        "is which, and every one can be taken out again.",
        "The corner in the south-west was never down. It is the temple.",
    ),
    _note(
        "shelter",
        "A roof over ash",
        (34.0, 5.8, 0.0),
        "2004/..",
        "shelter",
        "The oldest thing here is the softest. Ash does not stand rain, so the altar of 620 BC has the newest roof: "
        "steel "
        "on sixteen small feet that stand on nothing ancient.",
    ),
)

ANNOTATIONS = (*_NOTES, *REMARKS)
