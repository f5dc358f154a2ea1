"""People of the terrace: a monk of the chapel, and three generations of the hamlet's last family, all invented.

The register's texts are kept as they would stand in GEDCOM, with what they mean as EDTF.
"""

from __future__ import annotations

from sample_museum.ids import SCENE_ID, placement_id
from scenes.model import Family, LifeEvent, Person, PersonName, Sex, Source

_REGISTER = (Source("Register of the chapel, 1641–1702", pages="fol. 3–9"),)
_HAMLET = placement_id("hamlet")
_CHAPEL = placement_id("chapel")


def _person(
    slug: str,
    xref: str,
    given: str,
    sex: Sex,
    *,
    birth: tuple[str, str],
    death: tuple[str, str] | None = None,
    events: tuple[LifeEvent, ...] = (),
    also: tuple[PersonName, ...] = (),
    note: str = "",
) -> Person:
    """`birth` and `death` are the register's text and what it means as EDTF."""
    return Person(
        f"person_sample_{slug}",
        SCENE_ID,
        (PersonName(f"{given} Doukas", given, "Doukas"), *also),
        sex,
        LifeEvent("birth", *birth, "at the hamlet", _HAMLET),
        None if death is None else LifeEvent("death", *death),
        events,
        xref,
        note,
        _REGISTER,
    )


PERSONS = (
    _person("manolis", "@I1@", "Manolis", Sex.MALE, birth=("ABT 1612", "1612~"), death=("3 FEB 1680", "1680-02-03")),
    _person(
        "zoe",
        "@I2@",
        "Zoe",
        Sex.FEMALE,
        birth=("BEF 1620", "[..1619]"),
        death=("1688", "1688"),
        also=(PersonName("Zoe Mavrou", "Zoe", "Mavrou", "birth"),),
    ),
    _person(
        "stathis",
        "@I3@",
        "Stathis",
        Sex.MALE,
        birth=("12 MAR 1645", "1645-03-12"),
        events=(
            LifeEvent("occupation", "BET 1670 AND 1690", "[1670..1690]", note="bell ringer", placement=_CHAPEL),
            LifeEvent("emigration", "AFT 1690", "[1691..]", "to the coast"),
        ),
        note="The last one to ring the bell. The register ends in another hand.",
    ),
    Person(
        "person_sample_infant",
        SCENE_ID,
        (PersonName("A child of Manolis and Zoe"),),
        Sex.UNKNOWN,
        death=LifeEvent("death", "1643", "1643", "at the hamlet", _HAMLET, "before it was christened"),
        xref="@I4@",
        sources=_REGISTER,
    ),
    _person("eleni", "@I5@", "Eleni", Sex.FEMALE, birth=("1671", "1671")),
    Person(
        "person_sample_marinos",
        SCENE_ID,
        (PersonName("Marinos", "Marinos", kind="religious"), PersonName("Marina", "Marina", kind="birth")),
        Sex.OTHER,
        death=LifeEvent("death", "", "114X", "in the chapel", _CHAPEL),
        events=(LifeEvent("ordination", "", "112X", "in the chapel", _CHAPEL),),
        note="A monk for twenty years, whom those who washed the body knew as a woman. The tale is told of more than "
        "one saint; here a name on the chapel's wall goes with it.",
        sources=(Source("Life of a monk of the terrace, one leaf of the twelfth century"), Source("Inscription 97")),
    ),
)

FAMILIES = (
    Family(
        "family_sample_first",
        SCENE_ID,
        ("person_sample_manolis", "person_sample_zoe"),
        ("person_sample_infant", "person_sample_stathis"),
        LifeEvent("marriage", "1641", "1641", "in the chapel", _CHAPEL),
        (LifeEvent("residence", "FROM 1641 TO 1680", "1641/1680", "the third house from the well", _HAMLET),),
        "@F1@",
        "Four hearths paid tax in 1688, one of them theirs.",
        _REGISTER,
    ),
    Family(
        "family_sample_second",
        SCENE_ID,
        ("person_sample_stathis",),
        ("person_sample_eleni",),
        xref="@F2@",
        sources=_REGISTER,
    ),
)
