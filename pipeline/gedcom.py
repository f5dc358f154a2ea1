"""People and families out of a GEDCOM file, as drafts for an import, with a report of what was left out and why.

    bytes ─► lines (`gedcom_lines`) ─► records (`gedcom_people`) ─► loops broken ─► the living withheld
    (`gedcom_living`) ─► times that cannot be are taken for words (`gedcom_order`) ─► drafts

Dates are read by `gedcom_dates`. It is hostile input: read in the sandbox (`people_in_sandbox`), and checked again by
the use case that writes it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import gedcom_lines
from pipeline.gedcom_lines import Forest
from pipeline.gedcom_living import withheld, without
from pipeline.gedcom_order import possible
from pipeline.gedcom_people import FamilyDraft, PersonDraft, Reading
from scenes.authoring.graph import circle
from scenes.counting import FAMILIES, PEOPLE, counted
from scenes.errors import Malformed, ParserCrash, TooLarge

MOST_RECORDS = 20_000
"""people and families, of one import"""
DOCUMENT = "people.json"
_MOST_DOCUMENT = 256 << 20
_MOST_LOOPS = 50
_MEMORY_BYTES = 1 << 30
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Genealogy:
    """What a file holds that may be shown, and what it held besides."""

    persons: tuple[PersonDraft, ...] = ()
    families: tuple[FamilyDraft, ...] = ()
    withheld: int = 0
    """people who may be alive, or are marked as confidential"""
    report: tuple[str, ...] = ()
    """what was read, and what was left out and why, in words"""


def genealogy(forest: Forest, *, today: tuple[int, int, int], with_living: bool = False) -> Genealogy:
    """People and families of a file. `today` is year, month and day; `with_living` withholds nobody.

    Raises:
        Malformed: there is nobody in it, or people are their own ancestors all over.
        TooLarge: there are more people and families than one import writes.
    """
    reading = Reading(forest)
    persons = {person.xref: person for person in reading.persons()}
    families = list(reading.families(persons))
    if not persons:
        raise Malformed("there is nobody in this file")
    families = list(_without_loops(families, persons, reading))
    hidden = {} if with_living else withheld(persons, families, reading.confidential, today)
    kept = tuple(person for xref, person in persons.items() if xref not in hidden)
    shown = tuple(without(family, hidden) for family in families)
    shown = tuple(family for family in shown if family.partners or family.children)
    kept, shown = possible(kept, shown, reading.wrong)
    if len(kept) + len(shown) > MOST_RECORDS:
        found = f"{counted(len(kept), PEOPLE)} and {counted(len(shown), FAMILIES)}"
        raise TooLarge(f"{found}; one import writes {MOST_RECORDS:,} at most")
    said = [
        f"GEDCOM {forest.version}, {forest.encoding}: {counted(len(persons), PEOPLE)} and "
        f"{counted(len(families), FAMILIES)} were read"
    ]
    for reason, count in sorted(Counter(hidden.values()).items()):
        said.append(f"{counted(count, '[person was|people were]')} withheld: {reason}")
    if len(shown) < len(families):
        said.append(
            f"{counted(len(families) - len(shown), '[family was|families were]')} left out: nobody of them is shown"
        )
    return Genealogy(kept, shown, len(hidden), (*said, *forest.report, *reading.report()))


def _without_loops(
    families: Sequence[FamilyDraft], persons: Mapping[str, PersonDraft], reading: Reading
) -> Iterator[FamilyDraft]:
    """Families with those links dropped by which somebody would be their own ancestor."""
    dropped: set[tuple[str, str]] = set()

    def below(family: FamilyDraft) -> list[str]:
        return [child for child in family.children if not dropped & {(each, child) for each in family.partners}]

    for _ in range(_MOST_LOOPS):
        leads_to: dict[str, list[str]] = {}
        for family in families:
            for partner in family.partners:
                leads_to.setdefault(partner, []).extend(below(family))
        way = circle(leads_to)
        if not way:
            break
        dropped.add((way[-2], way[-1]))
        names = (persons[each].names[0].text for each in way[:5])
        reading.wrong(
            "[child would be an ancestor of its|children would be ancestors of their] parents, and [was|were] dropped "
            "from the family",
            " → ".join(names),
        )
    else:
        raise Malformed(f"people are their own ancestors in more than {_MOST_LOOPS} places")
    for family in families:
        yield replace(family, children=tuple(below(family))) if dropped else family


def people_in_sandbox(source: Path, out: Path, *, today: tuple[int, int, int], with_living: bool = False) -> Genealogy:
    """What `genealogy` finds in a file, read by a child process with limits in the empty folder `out`.

    Raises:
        Malformed, Unsupported, TooLarge: the file is refused.
        ParserCrash: the child died, or what it left makes no sense.
    """
    from pydantic import TypeAdapter, ValidationError

    from pipeline import sandbox
    from pipeline.asked import TileSettings

    request: dict[str, Any] = {"gedcom": str(source.resolve()), "out": str(out.resolve())}
    request |= {"today": list(today), "with_living": with_living}
    settings = TileSettings(memory_bytes=_MEMORY_BYTES, most_seconds=_SECONDS, workers=1)
    sandbox.run(request, out, settings=settings, progress=lambda _, __: None, cancelled=lambda: False)
    try:
        # No link is followed, and no more is read than there can be.
        with open(out / DOCUMENT, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW)) as file:
            return TypeAdapter(Genealogy).validate_json(file.read(_MOST_DOCUMENT))
    except (ValidationError, OSError, RecursionError) as wrong:
        raise ParserCrash("what the parser left behind makes no sense") from wrong


def work(request: dict[str, Any], progress: Callable[[float, str], None]) -> None:
    """The child's part. Raises as `people_in_sandbox`."""
    from pydantic import TypeAdapter

    progress(0.0, "reading")
    with Path(request["gedcom"]).open("rb") as file:
        forest = gedcom_lines.read(file.read(gedcom_lines.MOST_BYTES + 1))
    progress(0.5, "people and families")
    year, month, day = request["today"]
    found = genealogy(forest, today=(year, month, day), with_living=request["with_living"])
    (Path(request["out"]) / DOCUMENT).write_bytes(TypeAdapter(Genealogy).dump_json(found))
