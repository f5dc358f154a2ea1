"""The built front end: gallery, viewer, studio, and pages that say plainly what is missing.

Vite builds `index.html`, `exhibition.html` and `studio.html` and everything that they refer to under `/web/`; a wheel
carries them as `api/static`, a checkout has them in `web/dist`. Pages are served with the content security policy of
this file; what is said of a page to search engines and link previews (`api.about`) is put into it on the way out.

`/embed/{slug}` is an exhibition's page for a frame on another site: only there may others frame us, and only of what
anybody may see.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import html
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api import posters
from api.about import About, base_of, language_of, of_exhibition, of_gallery, plain, with_about
from api.assets import FOREVER, is_held
from api.auth import actor_of, begin_session, by_token
from api.errors import TABLE
from api.oembed import oembed
from api.plain import plain_page
from api.session import local_path
from api.settings import Settings, variable
from scenes.errors import NotFound, Unauthorized
from scenes.model import ANONYMOUS, Exhibition, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from api.services import Services

_HERE = Path(__file__).resolve().parent
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".ktx2": "image/ktx2",
    ".glb": "model/gltf-binary",
}
_PACKED = frozenset({".js", ".mjs", ".css", ".wasm", ".json", ".svg", ".html"})
# Vite puts a hash of the content into the names of what it builds: those never change.
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
_MAIN = re.compile(r"<noscript>", re.IGNORECASE)
_BODY = re.compile(r"(<body\b[^>]*\bclass=\")", re.IGNORECASE)
_LISTED = 50
"""exhibitions that the gallery names without scripts"""


def front_end() -> Path | None:
    """Folder of the built front end; None where it was not built."""
    for folder in (_HERE / "static", _HERE.parent / "web" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None


def page_headers(request: Request, *, framed: bool = False) -> dict[str, str]:
    """Security headers of a page: our own scripts only, isolated from other origins, WebXR for ourselves.

    `framed`: it is for frames on other sites, too.
    """
    # Older Safari and Firefox do not count WebSockets as 'self'. The gate has checked the host's form.
    host = request.headers["host"]
    framers = "*" if framed else "'self'"
    policy = (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; object-src 'none'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {framers}; "
        "img-src 'self' blob: data:; "
        f"media-src 'self' blob:; connect-src 'self' blob: ws://{host} wss://{host}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Permissions-Policy": "xr-spatial-tracking=(self)",
        "Cache-Control": "no-cache",
        **({"Cross-Origin-Resource-Policy": "cross-origin"} if framed else {}),
    }


def _not_built() -> Response:
    return plain_page(
        "Chronotope is running",
        "<p>Its front end has not been built, so there is no gallery and no viewer here. In a checkout, "
        "<code>make web</code> builds it (Node 20 or newer); then reload this page.</p>"
        '<p>The service itself is there: see <a href="/docs">what it answers to</a>.</p>',
    )


def _unknown_page() -> Response:
    return plain_page(
        "Not here",
        '<p>There is no such exhibition, or it is not open. <a href="/">All exhibitions</a></p>',
        status=404,
    )


def listed(page: str, exhibitions: Sequence[Exhibition]) -> str:
    """The gallery's page with links to exhibitions for those who run no scripts."""
    items = "".join(
        f'<li><a href="/exhibitions/{quote(each.slug, safe="")}">{html.escape(each.title)}</a>'
        f"<p>{html.escape(plain(each.description))}</p></li>"
        for each in exhibitions
    )
    return _MAIN.sub(lambda found: f"{found[0]}<ul>{items}</ul>", page, count=1) if items else page


@lru_cache(maxsize=256)
def _packed(path: Path, changed_ns: int) -> tuple[bytes, bytes, str]:
    """A file, the same gzipped (empty where that does not help), its entity tag. `changed_ns` marks the version."""
    del changed_ns
    content = path.read_bytes()
    small = gzip.compress(content, 6, mtime=0) if path.suffix in _PACKED and len(content) > 512 else b""
    return content, small if len(small) < len(content) * 0.9 else b"", f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _built_file(folder: Path, name: str, *, may_pack: bool) -> tuple[bytes, bool, str, Path]:
    """A file of the front end: bytes, whether packed, tag, path. Raises NotFound for what is not in the folder."""
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise NotFound("there is no such file")
        content, small, tag = _packed(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as e:
        raise NotFound("there is no such file") from e
    return (small, True, tag, path) if small and may_pack else (content, False, tag, path)


def _docs_page() -> Response:
    """What the service answers to, made of its own tables so that it cannot be out of date."""
    addresses = (
        ("/graphql", "GraphQL by POST, subscriptions by graphql-transport-ws"),
        ("/scenes/{id}/tileset.json?at=&amp;hypothesis=&amp;certainty=", "a scene at a moment, 3D Tiles 1.1"),
        ("/scenes/{id}/scene.glb?at=&amp;triangles=", "a scene at a moment, one glTF binary"),
        ("/assets/{id}/tileset.json, /assets/{id}/master", "an asset's tiles; its deposited bytes"),
        ("/blobs/{sha256}", "immutable content"),
        ("/stream", "WebSocket chronotope.v1: tiles in the order the eye needs"),
        ("/uploads", "deposit by tus 1.0"),
        ("/exhibitions/{slug}/card.webp, /exhibitions/{slug}/share.jpg", "an exhibition's picture, made here"),
        ("/oembed?url=, /embed/{slug}", "oEmbed 1.0; the page for frames on other sites"),
        ("/livez, /readyz, /metrics", "alive, ready and why not, Prometheus"),
        ('<a href="/openapi.json">/openapi.json</a>', "description of the HTTP routes for machines"),
    )
    rows = "".join(f"<tr><td><code>{path}</code></td><td>{what}</td></tr>" for path, what in addresses)
    codes = "".join(
        f"<tr><td><code>{kind.code}</code></td><td>{kind.status}</td><td>{kind.close}</td>"
        f"<td>{html.escape(kind.title)}</td></tr>"
        for kind in TABLE.values()
    )
    settings = "".join(
        f"<tr><td><code>{variable(field.name)}</code></td><td>{html.escape(field.metadata['document'])}</td></tr>"
        for field in dataclasses.fields(Settings)
    )
    return plain_page(
        "Chronotope",
        f"<h2>Addresses</h2><table>{rows}</table>"
        "<h2>Error codes</h2><p>The same everywhere: problem+json <code>code</code>, GraphQL "
        "<code>extensions.code</code>, WebSocket close code.</p>"
        f"<table><tr><th>code</th><th>HTTP</th><th>close</th><th>meaning</th></tr>{codes}</table>"
        f"<h2>Settings</h2><table>{settings}</table>",
    )


class _Pages:
    """The pages of one museum."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def _page(self, name: str) -> str | None:
        folder = front_end()
        if folder is None:
            return None
        content, _, _, _ = await self._services.call(_built_file, folder, name, may_pack=False)
        return content.decode()

    async def gallery(self, request: Request) -> Response:
        """`/`."""
        page = await self._page("index.html")
        if page is None:
            return _not_built()
        services, base = self._services, base_of(request, self._services)
        found = await services.call(services.cleared(ANONYMOUS).page, Exhibition, first=_LISTED)
        exhibitions = [each for each in found.records if isinstance(each, Exhibition)]
        page = with_about(page, of_gallery(exhibitions, base), language=language_of(request))
        return _html_answer(request, listed(page, exhibitions), in_languages=True)

    async def exhibition(self, request: Request) -> Response:
        """`/exhibitions/{slug}`; a page of its own for what is not there or not open."""
        try:
            actor = await actor_of(request, self._services)
        except Unauthorized:
            return _unknown_page()
        services = self._services
        exhibition = await services.call(services.cleared(actor).exhibition_by_slug, request.path_params["slug"])
        page = await self._page("exhibition.html")
        if exhibition is None:
            return _unknown_page()
        if page is None:
            return _not_built()
        return await self._about(request, page, exhibition)

    async def embed(self, request: Request) -> Response:
        """`/embed/{slug}`, of what anybody may see: frames on other sites are sent no cookies, or should not be."""
        services = self._services
        slug = request.path_params["slug"]
        exhibition = await services.call(services.cleared(ANONYMOUS).exhibition_by_slug, slug)
        page = await self._page("exhibition.html")
        if exhibition is None:
            return _unknown_page()
        if page is None:
            return _not_built()
        page = _BODY.sub(lambda found: f"{found[1]}is-embedded ", page, count=1)
        return await self._about(request, page, exhibition, framed=True)

    async def _about(self, request: Request, page: str, exhibition: Exhibition, *, framed: bool = False) -> Response:
        services, base = self._services, base_of(request, self._services)
        if exhibition.visibility is Visibility.PUBLIC:
            about = await services.call(of_exhibition, services, exhibition, base)
        else:
            # A draft, or for members: its own visitors read its title, and nobody is told to share or to keep it.
            about = About("", exhibition.title, plain(exhibition.description))
        page = with_about(page, about, language=language_of(request))
        return _html_answer(request, page, in_languages=True, framed=framed)

    async def oembed(self, request: Request) -> Response:
        """`/oembed`."""
        return await oembed(request, self._services)

    async def studio(self, request: Request) -> Response:
        """`/studio`; with `?key=` the one-time key is exchanged for a session cookie."""
        key = request.query_params.get("key")
        if key is None:
            page = await self._page("studio.html")
            return _not_built() if page is None else _html_answer(request, page)
        services = self._services
        actor = await services.call(by_token, services, key)
        if actor is None:
            return plain_page(
                "This link was used already",
                "<p>A curator link works once. Start the server again for a new one, or make a token with "
                "<code>chronotope token</code>.</p>",
                status=401,
            )
        # Away from the address with the key at once: it must not stay in the history or go out as a Referer.
        to = local_path(request.query_params.get("next", ""))
        answer = RedirectResponse(to, status_code=303, headers={"Cache-Control": "no-store"})
        await services.call(begin_session, answer, actor, services, https=request.url.scheme == "https")
        return answer

    async def built(self, request: Request) -> Response:
        """`/web/…`, the scripts, styles and pictures of the front end."""
        folder = front_end()
        if folder is None:
            raise NotFound("the front end has not been built; `make web` builds it")
        may_pack = "gzip" in request.headers.get("accept-encoding", "")
        name = request.path_params["path"]
        content, packed, tag, path = await self._services.call(_built_file, folder, name, may_pack=may_pack)
        # A worker's own scripts obey the policy of its own answer, not the page's.
        page = page_headers(request)
        headers = {name: page[name] for name in ("Content-Security-Policy", "Cross-Origin-Embedder-Policy")}
        headers |= {"ETag": tag, "Vary": "Accept-Encoding"}
        headers["Cache-Control"] = FOREVER if _HASHED.search(path.name) else "no-cache"
        if is_held(request, tag):
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Response(content, media_type=_MEDIA_TYPES.get(path.suffix, guessed), headers=headers)

    async def docs(self, _: Request) -> Response:
        """`/docs`."""
        return _docs_page()


def _html_answer(request: Request, text: str, *, in_languages: bool = False, framed: bool = False) -> Response:
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = page_headers(request, framed=framed) | {"ETag": tag}
    if in_languages:
        headers["Vary"] = "Accept-Language, Cookie"
    if is_held(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html", headers=headers)


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/`, `/exhibitions/{slug}` with its pictures, `/embed/{slug}`, `/oembed`, `/studio`, `/web/…`, `/docs`."""
    pages = _Pages(services)
    methods = ["GET", "HEAD"]
    return [
        Route("/", pages.gallery, methods=methods),
        Route("/exhibitions/{slug}", pages.exhibition, methods=methods),
        *posters.routes(services),
        Route("/embed/{slug}", pages.embed, methods=methods),
        Route("/oembed", pages.oembed, methods=methods),
        Route("/studio", pages.studio, methods=methods),
        Route("/web/{path:path}", pages.built, methods=methods),
        Route("/docs", pages.docs, methods=methods),
    ]
