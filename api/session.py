"""A browser that has just shown who it is: its session begins, and it goes on to where it wanted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from api.auth import begin_session
from scenes.model import Actor

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.services import Services
    from scenes.model import Account


def local_path(text: str) -> str:
    """Where to go after signing in, if that is a path of this museum; else the studio.

    >>> local_path("/exhibitions/terrace"), local_path("//elsewhere.example"), local_path("https://elsewhere.example")
    ('/exhibitions/terrace', '/studio', '/studio')
    """
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isascii() and text.isprintable()
    return text if is_path and len(text) <= 500 and "\\" not in text else "/studio"


async def signed_in(request: Request, services: Services, account: Account, to: str) -> Response:
    """The answer that signs a browser in to an account and sends it on."""
    answer = RedirectResponse(to, status_code=303, headers={"Cache-Control": "no-store"})
    actor = Actor(account.name, account.role, account=account.id)
    https = request.url.scheme == "https"
    await services.call(partial(begin_session, answer, actor, services, https=https, before=request))
    return answer
