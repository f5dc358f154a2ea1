"""oEmbed 1.0 (https://oembed.com): `/oembed?url=…` tells other sites how to show an exhibition in a frame.

Of what anybody may see, and of addresses of this museum; of everything else it knows nothing. `/embed/{slug}` is the
page for the frame.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import orjson
from starlette.responses import Response

from api.about import NAME, base_of
from api.gate import CORS
from scenes.errors import Invalid, NotFound
from scenes.model import ANONYMOUS
from scenes.poster import CARD

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.services import Services

_WIDTH, _HEIGHT = 960, 600
_LEAST = 200
_ALLOW = "fullscreen; xr-spatial-tracking; gamepad"
_MOST_ADDRESS = 2000


def slug_in(address: str, base: str) -> str:
    """The slug of an exhibition of the museum at `base`, out of its page's address; empty where it is none.

    >>> slug_in("https://museum.example/exhibitions/temple?lang=it#at=-0430", "https://museum.example")
    'temple'
    >>> slug_in("https://elsewhere.example/exhibitions/temple", "https://museum.example")
    ''
    """
    try:
        asked, own = urlsplit(address[:_MOST_ADDRESS]), urlsplit(base)
    except ValueError:
        return ""
    # A museum that is reached by http and by https is one museum.
    if asked.netloc.lower() != own.netloc.lower() or asked.scheme not in ("http", "https"):
        return ""
    path = asked.path.removeprefix(own.path)
    for prefix in ("/exhibitions/", "/embed/"):
        if path.startswith(prefix):
            slug = path.removeprefix(prefix).rstrip("/")
            return "" if "/" in slug else unquote(slug)
    return ""


def _side(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < 1:
        raise Invalid(f"{name}: {text[:20]!r} is no number of pixels from 1 to 999999")
    return min(usual, int(text))


async def oembed(request: Request, services: Services) -> Response:
    """What the consumer asked for, as JSON.

    Raises:
        Invalid: no address, or a size that is none.
        NotFound: the address is none of an exhibition that anybody may see.
    """
    if request.query_params.get("format", "json") != "json":
        # oEmbed, 2.3.4: a format that is not offered is 501.
        return Response("oEmbed is answered as JSON only", 501, CORS, "text/plain")
    address = request.query_params.get("url", "")
    if not address:
        raise Invalid("url: give the address of an exhibition's page")
    width, height = _side(request, "maxwidth", _WIDTH), _side(request, "maxheight", _HEIGHT)
    base = base_of(request, services)
    slug = slug_in(address, base)
    exhibition = await services.call(services.cleared(ANONYMOUS).exhibition_by_slug, slug) if slug else None
    if exhibition is None:
        raise NotFound("there is no exhibition at that address")
    # A frame that is narrower than it may be keeps its shape, as long as there is something to be seen in it.
    height = max(min(height, round(width * _HEIGHT / _WIDTH)), min(height, _LEAST))
    path = quote(exhibition.slug, safe="")
    frame = (
        f'<iframe src="{html.escape(f"{base}/embed/{path}", quote=True)}" width="{width}" height="{height}" '
        f'title="{html.escape(exhibition.title, quote=True)}" loading="lazy" allow="{_ALLOW}" allowfullscreen '
        'style="border:0;max-width:100%"></iframe>'
    )
    answer = {
        "version": "1.0",
        "type": "rich",
        "provider_name": NAME,
        "provider_url": f"{base}/",
        "title": exhibition.title,
        "html": frame,
        "width": width,
        "height": height,
        "thumbnail_url": f"{base}/exhibitions/{path}/{CARD.name}",
        "thumbnail_width": CARD.width,
        "thumbnail_height": CARD.height,
    }
    headers = {"Cache-Control": "public, no-cache", **CORS}
    return Response(orjson.dumps(answer), media_type="application/json", headers=headers)
