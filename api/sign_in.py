"""`/sign-in`, `/sign-out`, `/account`: pages without scripts for who has an account here.

A form counts only when a page of ours sent it: the browser says so by `Origin`, or by `Sec-Fetch-Site` where it leaves
that out, and one that says neither is refused. So no other site can sign a visitor in or out. Sessions begin anew at
each sign-in; another password ends all others.
"""

from __future__ import annotations

import html
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api import accounts, oidc, passwords
from api.auth import COOKIE, actor_of, end_session, is_ours
from api.errors import DoorError, kind_of, message_of
from api.plain import plain_page
from api.session import local_path, signed_in
from scenes.errors import Forbidden, SceneError, Unauthorized
from scenes.model import Actor, Key, KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from api.services import Services
    from scenes.model import Account

_MOST_BYTES = 8 << 10
_MOST_FIELDS = 10
_NOT_KEPT = {"Cache-Control": "no-store"}


async def form_of(request: Request) -> dict[str, str]:
    """What a form of ours was filled in with.

    Raises:
        Forbidden: it comes from a page of another site, or nobody says from where.
        DoorError: MEDIA_TYPE, it is no form; LIMIT, it is too long; BAD_REQUEST, it cannot be read.
    """
    if not {"origin", "sec-fetch-site"} & set(request.headers) or not is_ours(request):
        raise Forbidden("this form was not sent by a page of this museum")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise DoorError("MEDIA_TYPE", "a form is sent as application/x-www-form-urlencoded")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise DoorError("LIMIT", f"a form has at most {_MOST_BYTES} bytes")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError as e:
        raise DoorError("BAD_REQUEST", "the form cannot be read") from e


class _SignIn:
    """The pages of one museum."""

    def __init__(self, services: Services) -> None:
        self._services, self._attempts = services, accounts.Attempts()

    async def page(self, request: Request) -> Response:
        """`GET /sign-in`."""
        return self._form(local_path(request.query_params.get("next", "")))

    async def sign_in(self, request: Request) -> Response:
        """`POST /sign-in`."""
        form = await form_of(request)
        to = local_path(form.get("next", ""))
        host = request.client.host if request.client else ""
        try:
            account = await accounts.by_password(
                self._services, self._attempts, form.get("name", ""), form.get("password", ""), host=host
            )
        except (Unauthorized, DoorError) as e:
            return self._form(to, name=form.get("name", ""), refused=e)
        return await signed_in(request, self._services, account, to)

    async def ask_sign_out(self, request: Request) -> Response:
        """`GET /sign-out`: a page with a button, since following a link changes nothing."""
        del request
        return plain_page("Sign out", _form_of("/sign-out", "Sign out"), forms=True)

    async def sign_out(self, request: Request) -> Response:
        """`POST /sign-out`."""
        await form_of(request)
        await self._services.call(end_session, request, self._services)
        answer = RedirectResponse("/", status_code=303, headers=_NOT_KEPT)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return answer

    async def account(self, request: Request) -> Response:
        """`GET /account`."""
        actor, account = await self._signed_in(request)
        return RedirectResponse("/sign-in?next=/account", 303) if account is None else await self._shown(actor, account)

    async def change_password(self, request: Request) -> Response:
        """`POST /account/password`."""
        form = await form_of(request)
        actor, account = await self._signed_in(request)
        if account is None:
            raise Unauthorized("sign in first")
        services, host = self._services, request.client.host if request.client else ""
        try:
            if account.has_password:
                await accounts.by_password(services, self._attempts, account.name, form.get("password", ""), host=host)
            await passwords.aside(accounts.set_password, services, account, form.get("new", ""))
        except (SceneError, DoorError) as e:
            return await self._shown(actor, account, refused=e)
        return await signed_in(request, services, account, "/account")

    async def end_key(self, request: Request) -> Response:
        """`POST /account/end`: one of one's own tokens or sessions."""
        form = await form_of(request)
        _, account = await self._signed_in(request)
        if account is None:
            raise Unauthorized("sign in first")
        services, at = self._services, self._services.clock.now()
        own = {each.id for each in await services.call(services.tokens.tokens_of, account.id, at=at)}
        if form.get("key", "") in own:
            await services.call(services.tokens.end_token, form["key"], at=at)
        return RedirectResponse("/account", status_code=303, headers=_NOT_KEPT)

    async def _signed_in(self, request: Request) -> tuple[Actor, Account | None]:
        actor = await actor_of(request, self._services)
        account = await self._services.call(self._services.accounts.account, actor.account) if actor.account else None
        return actor, account

    def _form(self, to: str, *, name: str = "", refused: Exception | None = None) -> Response:
        fields = (
            f'<input type="hidden" name="next" value="{html.escape(to)}">'
            f'<p><label>Name<br><input name="name" value="{html.escape(name[:200])}" autocomplete="username" '
            'autocapitalize="none" required autofocus></label></p>'
            '<p><label>Password<br><input name="password" type="password" autocomplete="current-password" required>'
            "</label></p>"
        )
        provider = self._services.settings.oidc_issuer
        other = (
            f'<p><a href="/sign-in/oidc?next={quote(to)}">Sign in with {html.escape(oidc.host_of(provider))}</a></p>'
        )
        body = _told(refused) + _form_of("/sign-in", "Sign in", fields) + (other if provider else "")
        answer = plain_page("Sign in", body, status=200 if refused is None else kind_of(refused).status, forms=True)
        if isinstance(refused, DoorError):
            answer.headers.update(refused.headers)
        return answer

    async def _shown(self, actor: Actor, account: Account, *, refused: Exception | None = None) -> Response:
        services = self._services
        keys = await services.call(services.tokens.tokens_of, account.id, at=services.clock.now())
        rows = "".join(_row(key, is_this=key.id == actor.key) for key in keys)
        old = (
            '<p><label>Present password<br><input name="password" type="password" autocomplete="current-password" '
            "required></label></p>"
        )
        new = (
            f'<p><label>New password, at least {passwords.LEAST} characters<br><input name="new" type="password" '
            f'minlength="{passwords.LEAST}" autocomplete="new-password" required></label></p>'
        )
        fields = (old if account.has_password else "") + new
        body = (
            f"{_told(refused)}<p>{html.escape(account.name)}: {account.role.value}</p>"
            f"<h2>Password</h2>{_form_of('/account/password', 'Change', fields)}"
            f"<h2>Where you are signed in</h2><table>{rows}</table>"
            f"<h2>Leave</h2>{_form_of('/sign-out', 'Sign out')}"
        )
        return plain_page("Account", body, status=200 if refused is None else kind_of(refused).status, forms=True)


def _told(refused: Exception | None) -> str:
    return "" if refused is None else f'<p role="alert"><strong>{html.escape(message_of(refused))}</strong></p>'


def _form_of(action: str, button: str, fields: str = "") -> str:
    return f'<form method="post" action="{action}">{fields}<p><button>{button}</button></p></form>'


def _row(key: Key, *, is_this: bool) -> str:
    used = key.used_at or key.made_at
    what = "this browser" if is_this else "a browser" if key.kind is KeyKind.SESSION else f"token {key.label}".strip()
    hidden = f'<input type="hidden" name="key" value="{key.id}">'
    return (
        f"<tr><td>{html.escape(what)}</td><td>last used {used.astimezone(UTC):%Y-%m-%d %H:%M} UTC</td>"
        f"<td>{_form_of('/account/end', 'End', hidden)}</td></tr>"
    )


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/sign-in`, `/sign-out`, `/account` and what their forms lead to; `/sign-in/oidc` where there is a provider."""
    pages = _SignIn(services)
    return [
        Route("/sign-in", pages.page, methods=["GET", "HEAD"]),
        Route("/sign-in", pages.sign_in, methods=["POST"]),
        Route("/sign-out", pages.ask_sign_out, methods=["GET", "HEAD"]),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
        Route("/account", pages.account, methods=["GET", "HEAD"]),
        Route("/account/password", pages.change_password, methods=["POST"]),
        Route("/account/end", pages.end_key, methods=["POST"]),
        *oidc.routes(services),
    ]
