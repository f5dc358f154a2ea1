"""Texts, languages and addresses as they are accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from scenes.annotations import sanitise
from scenes.errors import Invalid
from scenes.model import Generated, LocalText, PeriodReference, Source, Term

T = TypeVar("T")

MAX_TITLE = 300
MAX_TEXT = 20_000
MAX_SOURCES = 100
MAX_SOURCE = 2_000
MAX_LANGUAGES = 20
MAX_TAGS = 50

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}")
_URL = re.compile(r"https?://[^\s<>\"]{1,1900}")
_URI = re.compile(r"(?:https?://|urn:)[^\s<>\"{}|\\^`]{1,1900}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def shown(text: str) -> str:
    """A text as messages quote it."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def line(name: str, value: str, most: int = MAX_SOURCE) -> str:
    """One line of plain text: control characters and runs of space become one space.

    Raises:
        Invalid: it is too long, or holds markup.
    """
    found = " ".join(_CONTROL.sub(" ", value).split())
    if len(found) > most:
        raise Invalid(f"{name}: {len(found)} characters, at most {most} are kept")
    return _no_markup(name, found)


def title(value: str, name: str = "title") -> str:
    """A line that is not empty. Raises Invalid."""
    found = line(name, value, MAX_TITLE)
    if not found:
        raise Invalid(f"{name}: it is empty")
    return found


def text(name: str, value: str) -> str:
    """Plain text of several lines. Raises Invalid as `line`."""
    if len(value) > MAX_TEXT:
        raise Invalid(f"{name}: {len(value)} characters, at most {MAX_TEXT} are kept")
    return _no_markup(name, _CONTROL.sub(" ", value).strip())


def html(name: str, value: str) -> str:
    """Text with the few tags of `scenes.annotations`; others are dropped. Raises Invalid where it is too long."""
    if len(value) > MAX_TEXT:
        raise Invalid(f"{name}: {len(value)} characters, at most {MAX_TEXT} are kept")
    return sanitise(_CONTROL.sub(" ", value).strip())


def language(value: str) -> str:
    """A BCP 47 tag. Raises Invalid."""
    if not _LANGUAGE.fullmatch(value):
        raise Invalid(f"language: {shown(value)}, expected a tag such as `en` or `de-AT` (BCP 47)")
    return value


def bodies(values: Sequence[LocalText]) -> tuple[LocalText, ...]:
    """HTML in one language or several, one text a language. Raises Invalid."""
    _count("bodies", values, MAX_LANGUAGES, least=1)
    found = tuple(LocalText(html("bodies", each.text), language(each.language)) for each in values)
    tags = [each.language.lower() for each in found]
    if len(set(tags)) != len(tags):
        raise Invalid(f"bodies: one text a language, found {', '.join(tags)}")
    return found


def url(name: str, value: str) -> str:
    """An http(s) address, or empty. Raises Invalid."""
    if value and not _URL.fullmatch(value):
        raise Invalid(f"{name}: {shown(value)}, expected an address that begins with http:// or https://")
    return value


def uri(name: str, value: str) -> str:
    """The URI of a thing in somebody's vocabulary. Raises Invalid."""
    if not _URI.fullmatch(value):
        raise Invalid(f"{name}: {shown(value)}, expected a URI (http://, https:// or urn:)")
    return value


def rights(value: str) -> str:
    """Address of a licence or rights statement, or empty. Raises Invalid."""
    if value and not _URL.fullmatch(value):
        raise Invalid(f"rights: {shown(value)}, expected the address of a licence or rights statement")
    return value


def slug(value: str) -> str:
    """The last part of an address. Raises Invalid."""
    if len(value) > 100 or not _SLUG.fullmatch(value):
        raise Invalid(f"slug: {shown(value)}, expected up to 100 small letters and digits, parts joined by -")
    return value


def colour(value: str) -> str:
    """`#rrggbb`. Raises Invalid."""
    if not _COLOUR.fullmatch(value):
        raise Invalid(f"colour: {shown(value)}, expected #rrggbb")
    return value.lower()


def sources(values: Iterable[Source | str]) -> tuple[Source, ...]:
    """Citations; a bare text is one without an address, empty ones are left out. Raises Invalid."""
    given = list(values)
    _count("sources", given, MAX_SOURCES)
    found = (source(each) for each in given)
    return tuple(each for each in found if each.text)


def source(value: Source | str) -> Source:
    """A citation. Raises Invalid."""
    cited = Source(value) if isinstance(value, str) else value
    return Source(line("sources", cited.text), url("uri of a source", cited.uri), line("pages", cited.pages, MAX_TITLE))


def tags(values: Sequence[Term]) -> tuple[Term, ...]:
    """Words of vocabularies, each once. Raises Invalid."""
    _count("tags", values, MAX_TAGS)
    found = {each.uri: Term(title(each.label, "label of a tag"), uri("uri of a tag", each.uri)) for each in values}
    return tuple(found.values())


def period(value: PeriodReference) -> PeriodReference:
    """The period that an existence was taken from. Raises Invalid."""
    return PeriodReference(
        title(value.label, "label of the period"),
        uri("uri of the period", value.uri),
        line("authority", value.authority, MAX_SOURCE),
        line("edition", value.edition, MAX_TITLE),
    )


def generated(value: Generated) -> Generated:
    """What made it up, and how. Raises Invalid."""
    return Generated(title(value.by, "generated by"), text("method", value.method))


def each_once(name: str, values: Sequence[T], most: int, *, least: int = 0) -> tuple[T, ...]:
    """The values in their order, each once. Raises Invalid where they are too many or too few."""
    _count(name, values, most, least=least)
    return tuple(dict.fromkeys(values))


def listed(name: str, values: Sequence[T], check: Callable[[T], T], *, most: int, least: int = 0) -> tuple[T, ...]:
    """Each of the values, checked. Raises Invalid where they are too many or too few, or one is refused."""
    _count(name, values, most, least=least)
    return tuple(check(each) for each in values)


def _count(name: str, values: Sequence[object], most: int, *, least: int = 0) -> None:
    if not least <= len(values) <= most:
        expected = f"expected {least} to {most}" if least else f"at most {most} are kept"
        raise Invalid(f"{name}: {len(values)}, {expected}")


def _no_markup(name: str, value: str) -> str:
    found = _MARKUP.search(value)
    if found:
        raise Invalid(f"{name}: markup at character {found.start() + 1}, expected plain text")
    return value
