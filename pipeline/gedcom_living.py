"""Who of the people in a GEDCOM file may be alive, and is not to be shown.

Whoever may be alive is withheld: no record of a death, and no date that puts the birth 110 years before today. A birth
is no later than anything else that a person did, than the birth of any child, and than a year after a parent's death;
this is followed through the families. So is who is marked as confidential (RESN).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from pipeline.gedcom_people import FamilyDraft, PersonDraft
from scenes.model import LifeEvent
from timeline.edtf import parse_span
from timeline.instant import days_in_month, ordinal
from timeline.interval import FOREVER

YEARS = 110
"""after which a person without a recorded death is taken for dead"""
_YEAR_DAYS = 366
_AFTER_DEATH = {"burial", "cremation", "probate"}


def withheld(
    persons: Mapping[str, PersonDraft],
    families: Sequence[FamilyDraft],
    confidential: Set[str],
    today: tuple[int, int, int],
) -> dict[str, str]:
    """Who is not to be shown, and why."""
    year, month, day = today
    limit = ordinal(year - YEARS, month, min(day, days_in_month(year - YEARS, month)))
    latest = _latest_births(persons, families)
    found: dict[str, str] = {}
    for xref, person in persons.items():
        died = person.death is not None or any(event.kind in _AFTER_DEATH for event in person.events)
        if xref in confidential:
            found[xref] = "they are marked as confidential"
        elif not died and latest[xref] > limit:
            is_dated = latest[xref] < FOREVER
            found[xref] = (
                f"no death is recorded, and they may have been born less than {YEARS} years ago"
                if is_dated
                else "no death is recorded, and no date says when they lived"
            )
    return found


def _latest_births(persons: Mapping[str, PersonDraft], families: Sequence[FamilyDraft]) -> dict[str, int]:
    """By person the last day on which they can have been born, as far as dates of them and their families say."""
    latest = {xref: _first_end(_happened(person)) for xref, person in persons.items()}
    families_of: dict[str, list[FamilyDraft]] = {}
    for family in families:
        wed = _first_end(event for event in (family.marriage, *family.events) if event is not None)
        ended = _first_end(death for each in family.partners if (death := persons[each].death) is not None)
        for partner in family.partners:
            latest[partner] = min(latest[partner], wed)
        for child in family.children:
            families_of.setdefault(child, []).append(family)
            latest[child] = min(latest[child], FOREVER if ended == FOREVER else ended + _YEAR_DAYS)
    # A parent is born before the child: upwards from whoever is known. Days only become less, so it ends.
    waiting = [xref for xref, end in latest.items() if end < FOREVER]
    while waiting:
        child = waiting.pop()
        for parent in {each for family in families_of.get(child, ()) for each in family.partners}:
            if latest[child] < latest[parent]:
                latest[parent] = latest[child]
                waiting.append(parent)
    return latest


def _first_end(events: Iterable[LifeEvent]) -> int:
    return min(map(_end, events), default=FOREVER)


def _happened(person: PersonDraft) -> Iterator[LifeEvent]:
    yield from (event for event in (person.birth, person.death, *person.events) if event is not None)


def _end(event: LifeEvent) -> int:
    """The last day of an event, FOREVER where that is not known."""
    if not event.existence:
        return FOREVER
    after = parse_span(event.existence).end_latest
    return after if after == FOREVER else after - 1


def without(family: FamilyDraft, hidden: Mapping[str, str]) -> FamilyDraft:
    """A family without those who are withheld; what was said of it goes with a partner who is."""
    partners = tuple(each for each in family.partners if each not in hidden)
    children = tuple(each for each in family.children if each not in hidden)
    if len(partners) < len(family.partners):
        return FamilyDraft(family.xref, partners, children)
    return replace(family, partners=partners, children=children)
