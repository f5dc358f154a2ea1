"""Dates of a file that cannot all be true: they keep their words, and are not taken for times.

A scene takes no death before a birth and no marriage outside of a life (`scenes.authoring.lives`). Files have them: a
digit was misread, two people became one. To refuse the file would lose everybody for the sake of one line, and to drop
the line would lose what the source says. Which of two dates is wrong nobody can tell from here, so neither is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from pipeline.gedcom_people import FamilyDraft, PersonDraft
from scenes.authoring.lives import never_lived, not_alive

Told = Callable[[str, str], None]
"""words for what is wrong, as `Reading.wrong` counts them, and an example"""

_ENDS = "[person was|people were] dead before they were born; both dates were kept as they are written only"
_WED = "[family was|families were] formed outside of a partner's life; that date was kept as it is written only"


def possible(
    persons: Sequence[PersonDraft], families: Iterable[FamilyDraft], told: Told
) -> tuple[tuple[PersonDraft, ...], tuple[FamilyDraft, ...]]:
    """Persons and families without times that certainly cannot be; all that they say in words stays."""
    kept = tuple(_lived(each, told) for each in persons)
    by_xref = {each.xref: each for each in kept}
    return kept, tuple(_formed(each, [by_xref[xref] for xref in each.partners], told) for each in families)


def _lived(person: PersonDraft, told: Told) -> PersonDraft:
    birth, death = person.birth, person.death
    if birth is None or death is None or not never_lived(birth, death):
        return person
    told(_ENDS, f"“{person.names[0].text}” {birth.date} to {death.date}")
    return replace(person, birth=replace(birth, existence=""), death=replace(death, existence=""))


def _formed(family: FamilyDraft, partners: Iterable[PersonDraft], told: Told) -> FamilyDraft:
    marriage = family.marriage
    for partner in partners:
        if marriage is not None and not_alive(marriage, partner.birth, partner.death):
            lived = " to ".join("" if each is None else each.date for each in (partner.birth, partner.death))
            told(_WED, f"“{partner.names[0].text}” {lived}, married {marriage.date}")
            return replace(family, marriage=replace(marriage, existence=""))
    return family
