"""Small families, written by hand."""

import re
from pathlib import Path

import pytest

from pipeline.gedcom import Genealogy, genealogy, people_in_sandbox
from pipeline.gedcom_lines import read
from pipeline.gedcom_people import NAMELESS, FamilyDraft, PersonDraft
from scenes.counting import FAMILIES, PEOPLE, counted
from scenes.errors import Malformed, TooLarge
from scenes.model import LifeEvent, PersonName, Sex, Source
from tests.pipeline.test_gedcom_lines import new, old

TODAY = (2026, 11, 22)

MASONS = (
    "0 @I1@ INDI",
    "1 NAME Giovanni /Rossi/",
    "2 TYPE BIRTH",
    "1 NAME Johannes Rubeus",
    "1 SEX M",
    "1 BIRT",
    "2 DATE ABT 1712",
    "2 PLAC Como, Lombardia",
    "2 SOUR @S1@",
    "3 PAGE fol. 7",
    "1 DEAT Y",
    "1 OCCU Mason",
    "2 DATE FROM 1730 TO 1760",
    "1 NOTE @N1@",
    "1 FAMS @F1@",
    "0 @I2@ INDI",
    "1 NAME Maria /Bianchi/",
    "1 SEX F",
    "1 DEAT",
    "2 DATE 11 FEB 1751/52",
    "2 CAUS fever",
    "1 FAMS @F1@",
    "0 @I3@ INDI",
    "1 NAME Paolo /Rossi/",
    "1 SEX M",
    "1 BIRT",
    "2 DATE @#DJULIAN@ 4 MAR 1740",
    "1 BURI",
    "2 DATE 1801",
    "1 FAMC @F1@",
    "0 @F1@ FAM",
    "1 HUSB @I1@",
    "1 WIFE @I2@",
    "1 CHIL @I3@",
    "1 MARR",
    "2 DATE BET 1735 AND 1739",
    "2 PLAC Como",
    "0 @S1@ SOUR",
    "1 AUTH Parish of San Fedele",
    "1 TITL Baptisms",
    "0 @N1@ NOTE Came over the mountains <b>every</b> spring",
    "1 CONT and went home in autumn.",
)


def _read(*lines: str, with_living: bool = False) -> Genealogy:
    return genealogy(read(old(*lines).encode()), today=TODAY, with_living=with_living)


def _person(number: int, *more: str, name: str = "") -> list[str]:
    return [f"0 @I{number}@ INDI", f"1 NAME {name or f'Number {number}'}", *more]


def _family(number: int, partners: list[int], children: list[int], *more: str) -> list[str]:
    links = [f"1 HUSB @I{each}@" for each in partners] + [f"1 CHIL @I{each}@" for each in children]
    return [f"0 @F{number}@ FAM", *links, *more]


def _shown(found: Genealogy) -> list[str]:
    return [person.xref for person in found.persons]


def _told(found: Genealogy, words: str) -> str:
    (line,) = [line for line in found.report if words in line]
    return line


def test_people_come_with_names_events_notes_and_sources() -> None:
    giovanni, maria, paolo = _read(*MASONS).persons
    assert giovanni == PersonDraft(
        xref="@I1@",
        names=(
            PersonName("Giovanni Rossi", "Giovanni", "Rossi", "birth"),
            PersonName("Johannes Rubeus", "Johannes Rubeus"),
        ),
        sex=Sex.MALE,
        birth=LifeEvent("birth", "ABT 1712", "1712~", "Como, Lombardia"),
        death=LifeEvent("death"),
        events=(LifeEvent("occupation", "FROM 1730 TO 1760", "1730/1760", note="Mason"),),
        note="Came over the mountains  every  spring\nand went home in autumn.",
        sources=(Source("Parish of San Fedele, Baptisms", pages="fol. 7"),),
    )
    assert maria.death == LifeEvent("death", "11 FEB 1751/52", "1752-02-11", note="cause: fever")
    assert paolo.birth == LifeEvent("birth", "@#DJULIAN@ 4 MAR 1740", "1740-03-15")
    assert paolo.events == (LifeEvent("burial", "1801", "1801"),)


def test_families_come_with_who_belongs_to_them_and_their_marriage() -> None:
    found = _read(*MASONS)
    assert found.families == (
        FamilyDraft(
            "@F1@", ("@I1@", "@I2@"), ("@I3@",), LifeEvent("marriage", "BET 1735 AND 1739", "[1735..1739]", "Como")
        ),
    )
    assert found.report[0] == "GEDCOM 5.5.1, utf-8: 3 people and 1 family were read"
    assert _told(found, "two years").endswith("11 FEB 1751/52")


def test_version_7_says_the_same_in_its_own_words() -> None:
    found = genealogy(
        read(
            new(
                "0 @I1@ INDI",
                "1 NAME Ada /King/",
                "1 SEX X",
                "1 BIRT",
                "2 DATE JULIAN 4 OCT 1582",
                "3 PHRASE the last day",
                "1 DEAT",
                "2 DATE",
                "3 PHRASE before the great storm",
                "1 SNOTE @N1@",
                "1 SOUR @VOID@",
                "0 @N1@ SNOTE Of note",
                "0 @F1@ FAM",
                "1 HUSB @I1@",
                "1 WIFE @VOID@",
            )
        ),
        today=TODAY,
    )
    (ada,) = found.persons
    assert (ada.sex, ada.note, ada.sources) == (Sex.OTHER, "Of note", ())
    assert ada.birth == LifeEvent("birth", "JULIAN 4 OCT 1582 (the last day)", "1582-10-14")
    assert ada.death == LifeEvent("death", "before the great storm")
    assert found.families == (FamilyDraft("@F1@", ("@I1@",)),)
    assert not [line for line in found.report if "lead nowhere" in line]


def test_what_is_no_date_keeps_its_words_and_is_told_with_what_it_may_mean() -> None:
    found = _read(*_person(1, "1 BIRT", "2 DATE circa 1750", "1 DEAT Y"))
    assert found.persons[0].birth == LifeEvent("birth", "circa 1750")
    assert _told(found, "not taken for a time").endswith("“circa 1750”, perhaps 1750~")


@pytest.mark.parametrize(
    ("lines", "is_shown"),
    [
        ((), False),
        (("1 BIRT", "2 DATE 1980"), False),
        (("1 BIRT", "2 DATE 1917"), False),
        (("1 BIRT", "2 DATE 1915"), True),
        (("1 BIRT", "2 DATE 22 NOV 1916"), True),
        (("1 BIRT", "2 DATE 23 NOV 1916"), False),
        (("1 BIRT", "2 DATE AFT 1900"), False),
        (("1 BIRT", "2 DATE sometime"), False),
        (("1 BIRT", "2 DATE 1980", "1 DEAT Y"), True),
        (("1 BIRT", "2 DATE 1980", "1 BURI", "2 PLAC Como"), True),
        (("1 OCCU Mason", "2 DATE 1900"), True),
        (("1 BIRT", "2 DATE 1700", "1 RESN confidential"), False),
        (("1 BIRT", "2 DATE 1700", "1 DEAT Y", "1 RESN CONFIDENTIAL, LOCKED"), False),
        (("1 BIRT", "2 DATE 1700", "1 RESN locked"), True),
    ],
)
def test_who_may_be_alive_is_withheld(lines: tuple[str, ...], is_shown: bool) -> None:
    found = _read(*_person(1, *lines), *_person(9, "1 DEAT Y"))
    assert ("@I1@" in _shown(found)) is is_shown
    assert found.withheld == (not is_shown)
    assert any("1 person was withheld" in line for line in found.report) is not is_shown
    assert _shown(_read(*_person(1, *lines), with_living=True)) == ["@I1@"]


def test_dates_of_a_family_tell_of_those_who_have_none() -> None:
    child_of_1850 = ["1 BIRT", "2 DATE 1850"]
    found = _read(
        *_person(1), *_person(2), *_person(3, *child_of_1850), *_person(4), *_person(5, "1 DEAT", "2 DATE 1860"),
        *_person(6), *_person(7), *_person(8),
        *_family(1, [1], [2]), *_family(2, [2], [3]),  # parents and grandparents of 3
        *_family(3, [5], [6]),                         # a child of 5, born 1861 at the latest
        *_family(4, [7], [], "1 MARR", "2 DATE 1890"),
        *_family(5, [3], [8]),                         # a child of 3, who may have been born in any year
    )  # fmt: skip
    assert _shown(found) == ["@I1@", "@I2@", "@I3@", "@I5@", "@I6@", "@I7@"]
    assert (
        _told(found, "no date says") == "2 people were withheld: no death is recorded, and no date says when they lived"
    )


def test_a_family_loses_who_is_withheld_and_with_a_partner_what_was_said_of_it() -> None:
    found = _read(
        *_person(1, "1 DEAT Y"), *_person(2, "1 BIRT", "2 DATE 1980"), *_person(3, "1 BIRT", "2 DATE 2005"),
        *_family(1, [1, 2], [3], "1 MARR", "2 DATE 2000", "1 NOTE private"), *_family(2, [2], [3]),
    )  # fmt: skip
    assert found.families == (FamilyDraft("@F1@", ("@I1@",)),)
    assert "2005" not in str(found)
    assert "private" not in str(found)
    assert _told(found, "nobody of them").startswith("1 family was left out")


def test_a_child_that_only_says_so_itself_is_believed() -> None:
    found = _read(*_person(1, "1 DEAT Y"), *_person(2, "1 DEAT Y", "1 FAMC @F1@"), *_family(1, [1], []))
    assert found.families[0].children == ("@I2@",)
    assert "@I2@" in _told(found, "believed")


def test_links_that_lead_nowhere_or_to_something_else_are_dropped_and_told() -> None:
    found = _read(
        *_person(1, "1 DEAT Y", "1 FAMC @F9@", "1 NOTE @N9@", "1 SOUR @I1@"), *_family(1, [1, 8], [7], "1 WIFE @F1@")
    )
    assert found.families == (FamilyDraft("@F1@", ("@I1@",)),)
    assert _told(found, "lead nowhere").startswith("6 links lead nowhere")


def test_nobody_is_their_own_ancestor() -> None:
    found = _read(
        *(line for number in range(1, 4) for line in _person(number, "1 DEAT Y")),
        *_family(1, [1], [2]), *_family(2, [2], [3]), *_family(3, [3], [1]),
        *_person(4, "1 DEAT Y"), *_family(4, [4], [4]),
    )  # fmt: skip
    assert sum(len(family.children) for family in found.families) == 2
    assert _told(found, "ancestors of their parents").startswith("2 children")


def test_loops_all_over_are_refused() -> None:
    lines = [line for number in range(60) for line in _person(number, "1 DEAT Y")]
    with pytest.raises(Malformed, match="ancestors"):
        _read(*lines, *(line for number in range(60) for line in _family(number, [number], [number])))


def test_a_line_of_nine_thousand_generations_is_followed() -> None:
    people = [line for number in range(9_000) for line in _person(number)]
    families = [line for number in range(8_999) for line in _family(number, [number], [number + 1])]
    found = _read(*people, *_person(9_000, "1 BIRT", "2 DATE 1800"), *families, *_family(8_999, [8_999], [9_000]))
    assert len(found.persons) == 9_001


def test_dates_that_cannot_all_be_true_keep_their_words_and_are_told() -> None:
    found = _read(
        *_person(1, "1 BIRT", "2 DATE 1712", "1 DEAT", "2 DATE 1700", name="Ada"),
        *_person(2, "1 BIRT", "2 DATE ABT 1712", "1 DEAT", "2 DATE 1710"),
        *_person(3, "1 BIRT", "2 DATE 1740", "1 DEAT", "2 DATE BEF 1790", name="Bea"),
        *_family(1, [3], [1], "1 MARR", "2 DATE 1735"), *_family(2, [1, 3], [], "1 MARR", "2 DATE 1760"),
    )  # fmt: skip
    ada, doubtful, bea = found.persons
    assert ada.birth == LifeEvent("birth", "1712")
    assert ada.death == LifeEvent("death", "1700")
    assert doubtful.death is not None
    assert doubtful.death.existence == "1710"
    assert bea.birth == LifeEvent("birth", "1740", "1740")
    early, late = (family.marriage for family in found.families)
    assert (early, late) == (LifeEvent("marriage", "1735"), LifeEvent("marriage", "1760", "1760"))
    assert _told(found, "dead before") == (
        "1 person was dead before they were born; both dates were kept as they are written only: “Ada” 1712 to 1700"
    )
    assert _told(found, "formed outside") == (
        "1 family was formed outside of a partner's life; that date was kept as it is written only: “Bea” 1740 to "
        "BEF 1790, married 1735"
    )


def test_nothing_is_told_of_the_dates_of_who_is_withheld() -> None:
    found = _read(
        *_person(1, "1 BIRT", "2 DATE 1990", "1 DEAT", "2 DATE 1980", "1 RESN confidential", name="Ada"),
        *_person(2, "1 DEAT Y"), *_family(1, [1, 2], [], "1 MARR", "2 DATE 1970"),
    )  # fmt: skip
    assert not [line for line in found.report if "Ada" in line or "formed" in line]


def test_what_is_too_long_or_too_much_is_cut_and_told() -> None:
    found = _read(
        *_person(1, "1 DEAT Y", *["1 RESI"] * 300, name="x" * 400),
        "1 NOTE " + "y" * 30_000,
        *(f"1 NAME Also {number}" for number in range(60)),
    )
    (person,) = found.persons
    assert (len(person.names), len(person.names[0].text), len(person.events), len(person.note)) == (
        50,
        300,
        200,
        20_000,
    )
    assert _told(found, "texts were cut").startswith("3 texts")
    assert any("more than 200 events" in line for line in found.report)


def test_more_people_than_one_import_writes_are_refused() -> None:
    with pytest.raises(TooLarge, match="20,001 people"):
        _read(*(line for number in range(20_001) for line in _person(number, "1 DEAT Y")))


def test_second_records_of_an_id_and_people_without_a_name_are_told() -> None:
    found = _read(*_person(1, "1 DEAT Y"), *_person(1, "1 SEX M"), "0 @I2@ INDI", "1 DEAT Y", "0 INDI")
    assert _shown(found) == ["@I1@", "@I2@"]
    assert found.persons[1].names == (PersonName(NAMELESS),)
    assert "@I1@" in _told(found, "the id of another")
    assert "INDI" in _told(found, "no id that can be kept")


def test_what_has_no_place_is_counted_by_its_tag() -> None:
    found = _read(*_person(1, "1 DEAT Y", "1 SSN 123", "1 OBJE @O1@", "1 OBJE @O2@", "1 CHAN"))
    assert [line for line in found.report if "there is no place for" in line] == [
        "2 lines OBJE were left out: there is no place for them here",
        "1 line SSN was left out: there is no place for it here",
    ]
    assert "123" not in str(found)


def test_a_file_with_nobody_in_it_is_refused() -> None:
    with pytest.raises(Malformed, match="nobody"):
        _read("0 @S1@ SOUR")


def test_the_sandbox_gives_the_same(tmp_path: Path) -> None:
    source, out = tmp_path / "a.ged", tmp_path / "out"
    source.write_bytes(old(*MASONS).encode())
    out.mkdir()
    assert people_in_sandbox(source, out, today=TODAY) == _read(*MASONS)


def test_the_sandbox_passes_refusals_on(tmp_path: Path) -> None:
    source, out = tmp_path / "a.ged", tmp_path / "out"
    source.write_bytes(b"0 HEAD\n" + b"\xff" * 100_000)
    out.mkdir()
    with pytest.raises(TooLarge, match="characters"):
        people_in_sandbox(source, out, today=TODAY)


def test_the_example_of_the_manual_gives_what_the_manual_says() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "people.md").read_text()
    file, answer = re.findall(r"```(?:gedcom)?\n(.*?)```", page, re.DOTALL)[:2]
    found = genealogy(read(file.encode()), today=TODAY)
    assert [line.strip() for line in answer.splitlines()[2:]] == list(found.report)
    people, families = counted(len(found.persons), PEOPLE), counted(len(found.families), FAMILIES)
    assert answer.splitlines()[1].startswith(f"{people} and {families} (revision ")
