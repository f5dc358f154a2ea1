"""What a page says of itself to those who don't run it: search engines, link previews, sites that embed.

Title, description, canonical address, Open Graph and schema.org (JSON-LD) stand in the head as the server sends it.
All of it is what anybody may know, whoever asks, because such heads are kept and passed on.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from scenes.finding import reach_of
from scenes.model import ANONYMOUS, Epoch, Scene
from scenes.poster import CARD, SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request

    from api.services import Services
    from scenes.model import Exhibition, Georeference

NAME = "Chronotope"
LANGUAGES = ("en", "de", "fr", "it")
"""that pages speak (`web/src/words`)"""
_MOST_WORDS = 300
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL | re.IGNORECASE)
_DESCRIPTION = re.compile(r"<meta\s+name=[\"']description[\"'][^>]*>\s*", re.IGNORECASE)
_LANG = re.compile(r"(<html\b[^>]*\blang=)[\"'][^\"']*[\"']", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a page."""

    address: str
    """canonical, absolute"""
    title: str
    description: str
    """plain text"""
    picture: str = ""
    """address of the picture to share, absolute; empty: none"""
    data: dict[str, Any] | None = None
    """schema.org"""
    oembed: str = ""
    """where oEmbed tells of it"""


def base_of(request: Request, services: Services) -> str:
    """The museum's address without a slash at its end: as it is set, or as it was asked for."""
    return (services.settings.public_url or str(request.base_url)).rstrip("/")


def plain(text: str) -> str:
    """A description without its markup, in one line."""
    return " ".join(_TAG.sub(" ", text).split())[:_MOST_WORDS]


def language_of(request: Request) -> str:
    """The language that the page will speak: of `?lang=`, else the one of `Accept-Language` that is spoken here.

    The page's script chooses again, by what the visitor chose before, which a server cannot know.
    """
    asked = request.query_params.get("lang", "").lower().split("-")[0]
    if asked in LANGUAGES:
        return asked
    best, found = 0.0, LANGUAGES[0]
    for part in request.headers.get("accept-language", "")[:500].split(","):
        read = _RANGE.fullmatch(part)
        if read is None or read[1].lower() not in LANGUAGES:
            continue
        weight = float(read[2] or 1.0)
        if weight > best:
            best, found = weight, read[1].lower()
    return found


def of_exhibition(services: Services, exhibition: Exhibition, base: str) -> About:
    """What anybody may know of an exhibition that anybody may see. Blocking."""
    address = f"{base}/exhibitions/{exhibition.slug}"
    picture = f"{address}/{SHARE.name}"
    cleared = services.cleared(ANONYMOUS)
    scene = cleared.get(Scene, exhibition.scene)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["ExhibitionEvent", "CreativeWork"],
        "@id": address,
        "url": address,
        "name": exhibition.title,
        "description": plain(exhibition.description),
        "image": picture,
        "thumbnailUrl": f"{address}/{CARD.name}",
        "isAccessibleForFree": True,
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "accessMode": ["visual", "textual"],
    }
    if scene is not None:
        data["spatialCoverage"] = _place(scene.title, scene.georeference)
        if coverage := coverage_of([each.existence for each in cleared.within(Epoch, (scene.id,))[scene.id]]):
            data["temporalCoverage"] = coverage
    return About(
        address=address,
        title=exhibition.title,
        description=plain(exhibition.description),
        picture=picture,
        data={name: value for name, value in data.items() if value},
        oembed=address,
    )


def of_gallery(exhibitions: Sequence[Exhibition], base: str) -> About:
    """What is said of the page with these exhibitions."""
    listed = [
        {"@type": "ListItem", "position": at, "url": f"{base}/exhibitions/{each.slug}", "name": each.title}
        for at, each in enumerate(exhibitions, 1)
    ]
    titles = ", ".join(each.title for each in exhibitions)
    return About(
        address=f"{base}/",
        title=f"Places through time · {NAME}",
        description=plain(f"Exhibitions of places as they stood, century by century: {titles}." if titles else ""),
        picture=f"{base}/exhibitions/{exhibitions[0].slug}/{SHARE.name}" if exhibitions else "",
        data={
            "@context": "https://schema.org",
            "@type": "CollectionPage",
            "@id": f"{base}/",
            "name": "Places through time",
            "isPartOf": {"@type": "WebSite", "name": NAME, "url": f"{base}/"},
            "mainEntity": {"@type": "ItemList", "numberOfItems": len(listed), "itemListElement": listed},
        },
    )


def coverage_of(existences: Iterable[str]) -> str:
    """An interval of ISO 8601 that all of these lie in, as schema.org's `temporalCoverage`; empty where none is dated.

    >>> coverage_of(["-0599/-0400", "0391/1200~", ""])
    '-0599/1200'
    >>> coverage_of(["1990/.."])
    '1990/..'
    """
    first, last = reach_of(existences)
    return "" if first is None else f"{_year(first)}/{'..' if last is None else _year(last)}"


def _year(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}"


def _place(title: str, where: Georeference | None) -> dict[str, Any]:
    place: dict[str, Any] = {"@type": "Place", "name": title}
    if where is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": where.latitude, "longitude": where.longitude}
    return place


def with_about(page: str, about: About, *, language: str) -> str:
    """A built page with what is said of it in its head."""
    tags = [
        f"<title>{html.escape(about.title)}</title>",
        _meta("name", "description", about.description),
        f'<link rel="canonical" href="{html.escape(about.address, quote=True)}">' if about.address else "",
        _meta("property", "og:site_name", NAME),
        _meta("property", "og:type", "website"),
        _meta("property", "og:url", about.address),
        _meta("property", "og:title", about.title),
        _meta("property", "og:description", about.description),
    ]
    if about.picture:
        tags += [
            _meta("property", "og:image", about.picture),
            _meta("property", "og:image:type", SHARE.media_type),
            _meta("property", "og:image:width", str(SHARE.width)),
            _meta("property", "og:image:height", str(SHARE.height)),
            _meta("property", "og:image:alt", about.title),
            _meta("name", "twitter:card", "summary_large_image"),
        ]
    if about.oembed:
        tags.append(_discovery(about))
    if about.data:
        # What would end the element is written as JSON knows it, too. Data is no script: the policy lets it be.
        text = orjson.dumps(about.data).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        tags.append(f'<script type="application/ld+json">{text}</script>')
    head = "\n".join(tag for tag in tags if tag)
    page = _LANG.sub(lambda found: f'{found[1]}"{language}"', _DESCRIPTION.sub("", page), count=1)
    # By a function, because a title may hold a backslash, which a replacement text would read as a group.
    found, count = _TITLE.subn(lambda _: head, page, count=1)
    return found if count else page.replace("<head>", "<head>" + head, 1)


def _discovery(about: About) -> str:
    """The link by which others find out (oEmbed, 4)."""
    base = about.oembed.rsplit("/exhibitions/", 1)[0]
    address = f"{base}/oembed?format=json&url={quote(about.oembed, safe='')}"
    return (
        f'<link rel="alternate" type="application/json+oembed" href="{html.escape(address, quote=True)}" '
        f'title="{html.escape(about.title, quote=True)}">'
    )


def _meta(kind: str, name: str, content: str) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(content, quote=True)}">' if content else ""
