# ruff: noqa: PLR0917  -- rows of a table
"""What became of what on the terrace, and what is said of times: change events and relative chronology."""

from __future__ import annotations

from sample_museum.ids import SCENE_ID, placement_id
from sample_museum.inventory import DAY_BOOKS, HADJI, SURVEY
from scenes.model import ChangeEvent, ChangeKind, ChronologyStatement, End, Relation, Source

_AUTHOR = "Chronotope sample museum"


def _change(
    kind: ChangeKind,
    slug: str,
    title: str,
    existence: str,
    predecessors: tuple[str, ...],
    successors: tuple[str, ...],
    description: str,
    *sources: Source,
) -> ChangeEvent:
    return ChangeEvent(
        f"change_event_sample_{slug}",
        SCENE_ID,
        title,
        kind,
        existence,
        tuple(placement_id(each) for each in predecessors),
        tuple(placement_id(each) for each in successors),
        description,
        sources,
    )


CHANGE_EVENTS = (
    _change(
        ChangeKind.CREATION,
        "first_naos",
        "A house of stone",
        "-0564~",
        (),
        ("archaic_walls", "ground_archaic", "archaic_naos"),
        "The spur is walled and filled up, and a naos set upon the fill.",
        Source(DAY_BOOKS, pages="1898, trench III"),
    ),
    _change(
        ChangeKind.MODIFICATION,
        "fire",
        "The fire of 480 BC",
        "-0479",
        ("archaic_naos",),
        ("archaic_naos_burnt",),
        "An army burns the naos. Limestone is pink where it saw 300 °C and grey where it saw twice as much.",
        Source(DAY_BOOKS, pages="1899, west wall"),
    ),
    _change(
        ChangeKind.DEMOLITION,
        "levelling",
        "The ruin is levelled",
        "-0447~",
        ("archaic_naos_burnt", "archaic_walls"),
        (),
        "Its blocks go into the fill of the new terrace; the statues had been buried north of it before.",
        Source(DAY_BOOKS),
    ),
    _change(
        ChangeKind.DIVISION,
        "earthquake",
        "The earthquake",
        "086X",
        ("temple_columns_fallen",),
        ("temple_broken", "temple_fallen_stones"),
        "Twenty columns fall in a minute: stumps stay, drums lie in rows.",
        Source(SURVEY, pages="directions of fall"),
    ),
    _change(
        ChangeKind.UNION,
        "church",
        "From temple to church",
        "0470~",
        ("temple_cella", "temple_columns_fallen"),
        ("church",),
        "Walls between the columns, an apse where the front had been.",
        Source(HADJI, pages="41–57"),
    ),
)


def _said(
    slug: str,
    relation: Relation,
    subject: str,
    *,
    object: str = "",
    date: str = "",
    end: End = End.START,
    source: Source | None = None,
) -> ChronologyStatement:
    return ChronologyStatement(
        f"chronology_statement_sample_{slug}",
        SCENE_ID,
        relation,
        subject,
        object,
        date,
        end,
        _AUTHOR,
        source,
    )


CHRONOLOGY_STATEMENTS = (
    _said(
        "altar_below",
        Relation.CARRIES,
        placement_id("ash_altar"),
        object=placement_id("altar_archaic"),
        source=Source(DAY_BOOKS, pages="section through the altar"),
    ),
    _said(
        "church_after_roof",
        Relation.TERMINUS_POST_QUEM,
        placement_id("church"),
        date="0457",
        source=Source(HADJI, pages="coins in the bedding of the floor"),
    ),
    _said(
        "hamlet_gone",
        Relation.TERMINUS_ANTE_QUEM,
        placement_id("hamlet"),
        date="1700",
        end=End.END,
        source=Source("A tax list of 1688 names the hamlet, one of 1700 does not"),
    ),
    _said("chapel_in_ruin", Relation.AFTER, placement_id("chapel"), object=placement_id("temple_cella")),
    _said("yard_in_epoch", Relation.WITHIN, placement_id("building_yard"), object="epoch_sample_yard"),
    _said(
        "ruin_cleared",
        Relation.BEFORE,
        placement_id("archaic_naos_burnt"),
        object=placement_id("temple_crepidoma"),
        source=Source(DAY_BOOKS, pages="1899: burnt blocks in the foundation"),
    ),
    _said(
        "hamlet_coin",
        Relation.TERMINUS_POST_QUEM,
        placement_id("hamlet"),
        date="1231",
        source=Source("Coin 1896/44, struck in 1231, under the oldest floor"),
    ),
    _said(
        "donors",
        Relation.CONTEMPORARY_WITH,
        placement_id("imperial_statues"),
        object=placement_id("fountain"),
        source=Source("Inscriptions 85 and 86: one family pays for both"),
    ),
    _said(
        "one_contract",
        Relation.SAME_TIME_AS,
        placement_id("shelter"),
        object=placement_id("walkway"),
        source=Source("Contract of works, 2003"),
    ),
)
