"""People of the terrace: three generations of the hamlet's last family, from an invented parish register."""

from __future__ import annotations

from sample_museum.ids import SCENE_ID, placement_id
from scenes.model import Family, LifeEvent, Person, PersonName, Sex, Source

_REGISTER = (Source("Register of the chapel, 1641–1702"),)
_HAMLET = placement_id("hamlet")
_CHAPEL = placement_id("chapel")


def _person(
    slug: str,
    given: str,
    sex: Sex,
    *,
    birth: tuple[str, str],
    death: tuple[str, str] | None = None,
    events: tuple[LifeEvent, ...] = (),
) -> Person:
    """`birth` and `death` are the register's text and what it means as EDTF."""
    return Person(
        f"person_sample_{slug}",
        SCENE_ID,
        (PersonName(f"{given} Doukas", given, "Doukas"),),
        sex,
        LifeEvent("birth", *birth, "at the hamlet", _HAMLET),
        None if death is None else LifeEvent("death", *death),
        events,
        sources=_REGISTER,
    )


PERSONS = (
    _person("manolis", "Manolis", Sex.MALE, birth=("ABT 1612", "1612~"), death=("3 FEB 1680", "1680-02-03")),
    _person("zoe", "Zoe", Sex.FEMALE, birth=("BEF 1620", "[..1619]"), death=("1688", "1688")),
    _person(
        "stathis",
        "Stathis",
        Sex.MALE,
        birth=("12 MAR 1645", "1645-03-12"),
        events=(
            LifeEvent("occupation", "BET 1670 AND 1690", "[1670..1690]", note="bell ringer", placement=_CHAPEL),
            LifeEvent("emigration", "AFT 1690", "[1691..]", "to the coast"),
        ),
    ),
    _person("eleni", "Eleni", Sex.FEMALE, birth=("1671", "1671")),
)

FAMILIES = (
    Family(
        "family_sample_first",
        SCENE_ID,
        ("person_sample_manolis", "person_sample_zoe"),
        ("person_sample_stathis",),
        LifeEvent("marriage", "1641", "1641", "in the chapel", _CHAPEL),
        sources=_REGISTER,
    ),
    Family("family_sample_second", SCENE_ID, ("person_sample_stathis",), ("person_sample_eleni",), sources=_REGISTER),
)
