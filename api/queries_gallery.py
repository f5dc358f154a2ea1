"""The gallery: exhibitions as visitors look for them, by words, place, time and kind."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import First, Info, field, page_size, plain
from api.types.scene import Exhibition
from scenes import finding, model

_MOST = 1_000
"""exhibitions that are looked through"""
_PAGE = 200

strawberry.enum(
    finding.Kind,
    name="ExhibitionKind",
    description="What an exhibition has to offer. REMAINS: something real, in its place or found there; RIVALS: "
    "readings of the evidence that contradict each other.",
)
strawberry.enum(finding.FoundIn, name="FoundIn", description="What kind of text something is found in.")


@strawberry.type(description="A text that tells why an exhibition was found.")
class FoundText:
    """View of a `scenes.finding.Text`."""

    value: Private[finding.Text]
    kind: finding.FoundIn = plain("What it is.")
    text: str = plain("The text.")


@strawberry.type(description="An exhibition in the gallery.")
class GalleryEntry:
    """View of a `scenes.finding.Found`."""

    value: Private[finding.Found]

    @field
    def exhibition(self) -> Exhibition:
        """The exhibition."""
        return Exhibition(value=self.value.item.exhibition)

    @field
    def place(self) -> str:
        """Name of the place that it shows; empty where that is not public."""
        return self.value.item.place

    @field
    def kinds(self) -> list[finding.Kind]:
        """What it has to offer."""
        return list(self.value.item.kinds)

    @field
    def first_year(self) -> int | None:
        """Astronomical year that its first epoch may have begun in; null: none is dated, or there is no beginning."""
        return self.value.item.years[0]

    @field
    def last_year(self) -> int | None:
        """Astronomical year that its last epoch may have stood in; null: none is dated, or it lasts."""
        return self.value.item.years[1]

    @field
    def found(self) -> list[FoundText]:
        """Why it was found, other than by its title and description: up to three texts."""
        return [FoundText(value=each) for each in self.value.why]


@strawberry.type(description="Looking for exhibitions.")
class GalleryQueries:
    """Fields of `Query`."""

    @field
    async def gallery(
        self,
        info: Info,
        search: Annotated[
            str,
            strawberry.argument(
                description="Words, or their beginnings, of titles, descriptions, places, people, epochs and things; "
                "accents and case don't count. All must be found. Empty: everything."
            ),
        ] = "",
        first: First = _PAGE,
    ) -> list[GalleryEntry]:
        """Exhibitions, the best found first; without words, in the order in which they were made."""
        services, size = info.context.services, page_size(first)
        cleared = services.cleared(info.context.actor)

        def found() -> list[finding.Found]:
            records = cleared.page(model.Exhibition, first=_MOST).records
            exhibitions = [each for each in records if isinstance(each, model.Exhibition)]
            return finding.look_for(search, services.findables.of(cleared, exhibitions))[:size]

        return [GalleryEntry(value=each) for each in await services.call(found)]
