"""Small values that many types share: evidence, words of vocabularies, texts in several languages, places."""

from __future__ import annotations

import strawberry
from strawberry import Private

from api.types.node import field, plain
from scenes import model
from scenes.annotations import sanitise

strawberry.enum(
    model.Reliability,
    name="Reliability",
    description="Extended Matrix class. US: real, in place; USVS: reconstructed on evidence found in place; USVN: "
    "reconstructed by analogy or sources; SF: real, not in its place; VSF: restored and put back by reasoning.",
)
strawberry.enum(
    model.Visibility,
    name="Visibility",
    description="Known to those who work on it, to members of the museum too, or to everybody.",
)


@strawberry.type(description="A citation.")
class Source:
    """View of a `scenes.model.Source`."""

    value: Private[model.Source]
    text: str = plain("One line of a bibliography.")
    uri: str = plain("Where it can be looked up, http(s); empty: nowhere.")
    pages: str = plain("Pages, folios or plates, as they are cited; empty: none.")


def source_views(values: tuple[model.Source, ...]) -> list[Source]:
    """Citations as GraphQL shows them."""
    return [Source(value=each) for each in values]


@strawberry.type(description="A word of a vocabulary such as AAT or Wikidata.")
class Term:
    """View of a `scenes.model.Term`."""

    value: Private[model.Term]
    label: str = plain("What it is called.")
    uri: str = plain("The URI that it stands for.")


@strawberry.type(
    description="The named period that an existence was taken from. Its bounds were copied when it was authored: what "
    "the period says later changes nothing."
)
class PeriodReference:
    """View of a `scenes.model.PeriodReference`."""

    value: Private[model.PeriodReference]
    label: str = plain("What it is called.")
    uri: str = plain("URI of the period, as in PeriodO.")
    authority: str = plain("Title of the work that defines it.")
    edition: str = plain("Edition of the data that it was read from.")


@strawberry.type(description="That something was made up by a machine, and how.")
class Generated:
    """View of a `scenes.model.Generated`."""

    value: Private[model.Generated]
    by: str = plain("Program or model, with its version.")
    method: str = plain("What it was asked, and what it was given to start from.")


@strawberry.type(description="A text in one language.")
class LocalText:
    """View of a `scenes.model.LocalText`."""

    value: Private[model.LocalText]

    @field
    def text(self) -> str:
        """HTML, cut down to a short list of harmless tags."""
        # It was sanitised on the way in; a body may come from elsewhere, and the list may have grown shorter.
        return sanitise(self.value.text)

    language: str = plain("BCP 47 tag.")


def text_views(values: tuple[model.LocalText, ...]) -> list[LocalText]:
    """Texts as GraphQL shows them."""
    return [LocalText(value=each) for each in values]


def body_in(values: tuple[model.LocalText, ...], language: str) -> str:
    """The text in a language, else the first, sanitised; empty where there is none."""
    found = model.in_language(values, language)
    return "" if found is None else sanitise(found.text)


@strawberry.type(description="Where an eye stands and what it looks at; metres, scene frame.")
class Viewpoint:
    """View of a `scenes.model.Viewpoint`."""

    position: list[float] = strawberry.field(description="x, y, z of the eye.")
    target: list[float] = strawberry.field(description="x, y, z of what it looks at.")


def viewpoint_view(value: model.Viewpoint) -> Viewpoint:
    """A viewpoint as GraphQL shows it."""
    return Viewpoint(position=list(value.position), target=list(value.target))


@strawberry.type(
    description="Where the origin of a scene lies on the Earth and which way the scene is turned. Its +y is up there; "
    "with a heading of 0 its -z points to true north and its +x to the east."
)
class Georeference:
    """View of a `scenes.model.Georeference`."""

    value: Private[model.Georeference]
    longitude: float = plain("Degrees east, WGS 84.")
    latitude: float = plain("Degrees north, WGS 84.")
    height: float = plain("Metres above the WGS 84 ellipsoid.")
    heading: float = plain("Degrees clockwise, seen from above, from true north to the scene's -z; 0 to 360.")
