"""The built front end: gallery, viewer, studio, and pages that say plainly what is missing.

Vite builds `index.html`, `exhibition.html` and `studio.html` and everything that they refer to under `/web/`; a wheel
carries them as `api/static`, a checkout has them in `web/dist`. Pages are served with the content security policy of
this file; an exhibition's title and description are put into its page on the way out, for link previews and search
engines.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import html
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.assets import FOREVER, is_held
from api.auth import actor_of, begin_session, token_hash
from api.errors import TABLE
from api.settings import Settings, variable
from scenes.errors import NotFound, Unauthorized
from scenes.model import Exhibition
from scenes.rights import Action, may

if TYPE_CHECKING:
    from collections.abc import Iterable

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
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL | re.IGNORECASE)
_DESCRIPTION = re.compile(r"<meta\s+name=[\"']description[\"'][^>]*>\s*", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def front_end() -> Path | None:
    """Folder of the built front end; None where it was not built."""
    for folder in (_HERE / "static", _HERE.parent / "web" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None


def page_headers(request: Request) -> dict[str, str]:
    """Security headers of a page: our own scripts only, isolated from other origins, WebXR for ourselves."""
    # Older Safari and Firefox do not count WebSockets as 'self'. The gate has checked the host's form.
    host = request.headers["host"]
    policy = (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'; img-src 'self' blob: data:; "
        f"media-src 'self' blob:; connect-src 'self' blob: ws://{host} wss://{host}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Permissions-Policy": "xr-spatial-tracking=(self)",
        "Cache-Control": "no-cache",
    }


_PLAIN_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem}"
    "body{color:#222;background:#faf8f4}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1a18}a{color:#9cf}}"
    "table{border-collapse:collapse}"
    "td,th{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}"
)
_PLAIN_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-{}'"


def plain_page(title: str, body: str, *, status: int = 200) -> Response:
    """A page without scripts; `body` is HTML of our own making."""
    digest = base64.b64encode(hashlib.sha256(_PLAIN_STYLE.encode()).digest()).decode()
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_PLAIN_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )
    headers = {"Content-Security-Policy": _PLAIN_POLICY.format(digest), "Cache-Control": "no-store"}
    return Response(text, status_code=status, media_type="text/html", headers=headers)


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


def with_about(page: str, *, title: str, description: str) -> str:
    """A built page with an exhibition's own title and description in its head."""
    shown = html.escape(title)
    words = html.escape(" ".join(_TAG.sub(" ", description).split())[:300], quote=True)
    head = (
        f'<title>{shown}</title>\n<meta name="description" content="{words}">\n'
        f'<meta property="og:title" content="{shown}">\n<meta property="og:description" content="{words}">\n'
        '<meta property="og:type" content="website">'
    )
    page = _DESCRIPTION.sub("", page)
    # By a function, because a title may hold a backslash, which a replacement text would read as a group.
    found, count = _TITLE.subn(lambda _: head, page, count=1)
    return found if count else page.replace("<head>", "<head>" + head, 1)


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
        return _not_built() if page is None else _html_answer(request, page)

    async def exhibition(self, request: Request) -> Response:
        """`/exhibitions/{slug}`; a page of its own for what is not there or not open."""
        try:
            actor = await actor_of(request, self._services)
        except Unauthorized:
            return _unknown_page()
        slug = request.path_params["slug"]
        record = await self._services.call(self._services.catalogue.exhibition_by_slug, slug)
        if not isinstance(record, Exhibition) or not may(actor, Action.SEE, record):
            return _unknown_page()
        page = await self._page("exhibition.html")
        if page is None:
            return _not_built()
        return _html_answer(request, with_about(page, title=record.title, description=record.description))

    async def studio(self, request: Request) -> Response:
        """`/studio`; with `?key=` the one-time key is exchanged for a session cookie."""
        key = request.query_params.get("key")
        if key is None:
            page = await self._page("studio.html")
            return _not_built() if page is None else _html_answer(request, page)
        services = self._services
        actor = await services.call(services.tokens.use_token, token_hash(key), at=services.clock.now())
        if actor is None:
            return plain_page(
                "This link was used already",
                "<p>A curator link works once. Start the server again for a new one, or make a token with "
                "<code>chronotope token</code>.</p>",
                status=401,
            )
        # Away from the address with the key at once: it must not stay in the history or go out as a Referer.
        answer = RedirectResponse("/studio", status_code=303, headers={"Cache-Control": "no-store"})
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


def _html_answer(request: Request, text: str) -> Response:
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = page_headers(request) | {"ETag": tag}
    if is_held(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html", headers=headers)


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/`, `/exhibitions/{slug}`, `/studio`, `/web/…`, `/docs`."""
    pages = _Pages(services)
    methods = ["GET", "HEAD"]
    return [
        Route("/", pages.gallery, methods=methods),
        Route("/exhibitions/{slug}", pages.exhibition, methods=methods),
        Route("/studio", pages.studio, methods=methods),
        Route("/web/{path:path}", pages.built, methods=methods),
        Route("/docs", pages.docs, methods=methods),
    ]
