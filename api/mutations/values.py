"""Small values in inputs. Lengths and ranges are checked by the use case: what is wrong is a value that it refuses."""

from __future__ import annotations

from typing import cast

import strawberry

from api.mutations.shape import given
from scenes import compose, model

POINT = "x, y, z in metres, scene frame (right-handed, +y up)."
HTML = f"HTML, at most {compose.MAX_TEXT:,} characters; cut down to a short list of harmless tags."
EXISTENCE = "EDTF, or four bounds as `[1205..1215]/[1248..1252]`"
UNDATED = "Empty: undated, until something that is said of it narrows that."


def vector(numbers: list[float]) -> model.Vector:
    """Three numbers, or what the use case refuses as another number of them."""
    return cast("model.Vector", tuple(numbers))


@strawberry.input(description="Where an eye stands and what it looks at.")
class ViewpointInput:
    """See `scenes.model.Viewpoint`."""

    position: list[float] = given("Of the eye: " + POINT)
    target: list[float] = given("Of what it looks at: " + POINT)

    def made(self) -> model.Viewpoint:
        """As the use case takes it."""
        return model.Viewpoint(vector(self.position), vector(self.target))


@strawberry.input(description="Where the origin of a scene lies on the Earth and which way the scene is turned.")
class GeoreferenceInput:
    """See `scenes.model.Georeference`."""

    longitude: float = given("Degrees east, WGS 84, -180 to 180.")
    latitude: float = given("Degrees north, WGS 84, -90 to 90.")
    height: float = given("Metres above the WGS 84 ellipsoid.", default=0.0)
    heading: float = given(
        "Degrees clockwise, seen from above, from true north to the scene's -z; -360 to 360.", default=0.0
    )

    def made(self) -> model.Georeference:
        """As the use case takes it."""
        return model.Georeference(self.longitude, self.latitude, self.height, self.heading)


@strawberry.input(description="A citation.")
class SourceInput:
    """See `scenes.model.Source`."""

    text: str = given(f"One line of a bibliography, at most {compose.MAX_SOURCE:,} characters.")
    uri: str = given("Where it can be looked up, http(s); empty: nowhere.", default="")
    pages: str = given("Pages, folios or plates, as they are cited.", default="")

    def made(self) -> model.Source:
        """As the use case takes it."""
        return model.Source(self.text, self.uri, self.pages)


SOURCES = f"How we know; at most {compose.MAX_SOURCES} citations."


@strawberry.input(description="A word of a vocabulary such as AAT or Wikidata.")
class TermInput:
    """See `scenes.model.Term`."""

    label: str = given("What it is called.")
    uri: str = given("The URI that it stands for.")

    def made(self) -> model.Term:
        """As the use case takes it."""
        return model.Term(self.label, self.uri)


@strawberry.input(description="The named period that an existence is taken from.")
class PeriodReferenceInput:
    """See `scenes.model.PeriodReference`."""

    label: str = given("What it is called.")
    uri: str = given("URI of the period, as in PeriodO.")
    authority: str = given("Title of the work that defines it.", default="")
    edition: str = given("Edition of the data that it was read from.", default="")

    def made(self) -> model.PeriodReference:
        """As the use case takes it."""
        return model.PeriodReference(self.label, self.uri, self.authority, self.edition)


@strawberry.input(description="That something was made up by a machine, and how.")
class GeneratedInput:
    """See `scenes.model.Generated`."""

    by: str = given(f"Program or model, with its version; at most {compose.MAX_TITLE} characters.")
    method: str = given("What it was asked, and what it was given to start from.", default="")

    def made(self) -> model.Generated:
        """As the use case takes it."""
        return model.Generated(self.by, self.method)


@strawberry.input(description="A text in one language.")
class LocalTextInput:
    """See `scenes.model.LocalText`."""

    text: str = given(HTML)
    language: str = given("BCP 47 tag.", default="en")

    def made(self) -> model.LocalText:
        """As the use case takes it."""
        return model.LocalText(self.text, self.language)


BODIES = f"Its text, once a language; 1 to {compose.MAX_LANGUAGES}."
