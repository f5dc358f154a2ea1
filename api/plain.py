"""Pages without scripts, of our own making: what is missing, what the service answers to, signing in."""

from __future__ import annotations

import base64
import hashlib
import html

from starlette.responses import Response

_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem}"
    "body{color:#222;background:#faf8f4}"
    "input,button{font:inherit;padding:.4rem .6rem;max-width:100%;box-sizing:border-box}"
    "form p{margin:.6rem 0}"
    "table{border-collapse:collapse}"
    "td,th{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1a18}a{color:#9cf}}"
)
_POLICY = "default-src 'none'; base-uri 'none'; form-action {}; frame-ancestors 'none'; style-src 'sha256-{}'"


def plain_page(title: str, body: str, *, status: int = 200, forms: bool = False) -> Response:
    """A page without scripts; `body` is HTML of our own making. `forms`: it has forms, which are sent to us."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )
    policy = _POLICY.format("'self'" if forms else "'none'", digest)
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return Response(text, status_code=status, media_type="text/html", headers=headers)
