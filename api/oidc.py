"""`/sign-in/oidc`: signing in by an identity provider (OpenID Connect: authorization code, PKCE, state, nonce).

    /sign-in/oidc ──► the provider, with state, nonce and challenge
    /sign-in/oidc/back ◄── code ── keys and token of the provider ──► who it is ──► an account here ──► a session

State is in a signed cookie of this browser and counts once; nonce and PKCE's verifier are made of it and the museum's
secret, so that nothing is kept for who never comes back. The answer must name the provider that was asked (RFC 9207)
where that one can. Keys are fetched again when a token names a new one, once a minute at most.

Who comes is the account that has the provider's `sub`; a name or an address of mail never makes somebody another's
account. A new one is a visitor's or a member's (OIDC_NEW); more is given by a person, or by groups (OIDC_ROLES).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import logging
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api import accounts, id_tokens
from api.about import base_of
from api.errors import DoorError, kind_of, message_of
from api.plain import plain_page
from api.session import local_path, signed_in
from scenes.errors import Conflict, Forbidden, Invalid, NotFound, SceneError, Unauthorized, Unavailable
from scenes.model import Account, Role
from scenes.ports import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from api.services import Services
    from api.settings import Settings

log = logging.getLogger("chronotope.sign-in")

COOKIE = "chronotope_oidc"
BACK = "/sign-in/oidc/back"
BY = "identity provider"
"""who gave a role that no person gave"""
_PATIENCE_S = 10.0
_ATTEMPT = timedelta(minutes=10)
_KEPT_S = 3600.0
_AGAIN_S = 60.0
_MOST_BYTES = 512 << 10


def host_of(address: str) -> str:
    """The host of an address, to name a provider by."""
    return urlsplit(address).hostname or ""


class Provider:
    """What an identity provider says of itself, and its keys. For the event loop; `monotonic` gives seconds."""

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float] = monotonic) -> None:
        self._settings, self._monotonic = settings, monotonic
        self._said: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None

    async def said(self) -> dict[str, Any]:
        """Its metadata (OpenID Connect Discovery, 4). Raises Unavailable."""
        now = self._monotonic()
        if self._said is None or now - self._said[0] > _KEPT_S:
            issuer = self._settings.oidc_issuer
            found = await self._get(issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise Unavailable("the identity provider calls itself by another name")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check_address(str(found.get(name, "")))
            self._said = now, found
        return self._said[1]

    async def claims(self, token: str, *, nonce: str, at: datetime) -> dict[str, Any]:
        """What an ID token says, verified. Raises Unauthorized, Unavailable."""
        check = partial(
            id_tokens.claims_of, token, issuer=self._settings.oidc_issuer, client_id=self._settings.oidc_client_id,
            nonce=nonce, at=at,
        )  # fmt: skip
        try:
            return check(await self._known_keys(_KEPT_S))
        except id_tokens.UnknownKey:
            pass
        try:
            return check(await self._known_keys(_AGAIN_S))
        except id_tokens.UnknownKey:
            raise Unauthorized("the ID token is signed by a key that the provider does not publish") from None

    async def about(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """What the provider says of who signed in: in the token, and at its endpoint for that (Core, 5.3).

        Raises:
            Unauthorized: that is somebody else (5.3.2).
            Unavailable: it does not answer.
        """
        address = (await self.said()).get("userinfo_endpoint")
        if not address or not access_token:
            return claims
        _check_address(str(address))
        more = await self._send("GET", str(address), headers={"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise Unauthorized("the identity provider speaks of two people")
        return {**more, **claims}

    async def tokens_for(self, code: str, *, verifier: str, back: str) -> tuple[str, str]:
        """The ID token for a code, and what else to ask with. Raises Unauthorized, Unavailable."""
        said, settings = await self.said(), self._settings
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier,
            "client_id": settings.oidc_client_id,
        }  # fmt: skip
        secret = settings.oidc_client_secret
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth = None
        if secret and "client_secret_basic" in methods:
            auth = httpx.BasicAuth(_form_quoted(settings.oidc_client_id), _form_quoted(secret))
        elif secret:
            form["client_secret"] = secret
        answer = await self._send("POST", said["token_endpoint"], data=form, auth=auth)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise Unauthorized("the identity provider gave no ID token for this code")
        return token, access if isinstance(access, str) and access.isascii() else ""

    async def _known_keys(self, oldest_s: float) -> dict[str, Any]:
        now = self._monotonic()
        if self._keys is None or now - self._keys[0] > oldest_s:
            self._keys = now, await self._get((await self.said())["jwks_uri"])
        return self._keys[1]

    async def _get(self, address: str) -> dict[str, Any]:
        return await self._send("GET", address)

    async def _send(
        self, method: str, address: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """A JSON object. Redirects are not followed: a code or a secret goes to nobody else."""
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            async with (
                httpx.AsyncClient(timeout=_PATIENCE_S) as client,
                client.stream(method, address, headers=sent, **more) as answer,
            ):
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise Unavailable("the identity provider answers too much")
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"the identity provider does not answer ({type(error).__name__})") from error
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if method == "POST" and 400 <= status < 500:
            said = found.get("error") if isinstance(found, dict) else status
            raise Unauthorized(f"the identity provider refuses this code ({str(said)[:60]})")
        if status != 200 or not isinstance(found, dict):
            raise Unavailable(f"the identity provider answers {status}")
        return found


def _form_quoted(text: str) -> str:
    """RFC 6749, 2.3.1: names and secrets are form-encoded before they are Basic."""
    return urlencode({"": text})[1:]


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        raise Unavailable("the identity provider names an address that is not https")


def account_for(services: Services, claims: Mapping[str, Any]) -> Account:
    """The account of who a provider vouches for, made where it is new, with the role that groups give. Blocking.

    Raises:
        Forbidden: there is none and none is made, or it is let in no more.
    """
    settings, issuer, subject = services.settings, services.settings.oidc_issuer, str(claims["sub"])
    account = services.accounts.account_of(issuer, subject) or _made(services, claims, issuer, subject)
    if account.disabled_at is not None:
        raise Forbidden("this account is let in no more")
    role = role_by_groups(settings, claims)
    given = [each for each in services.accounts.roles_given(account.id) if not each.exhibition and not each.ended_at]
    if role is not account.role and all(each.given_by == BY for each in given):
        services.accounts.give_role(account.id, role, by=BY, at=services.clock.now())
    return services.accounts.account(account.id) or account


def role_by_groups(settings: Settings, claims: Mapping[str, Any]) -> Role:
    """The highest role that one of the groups gives, or that of who is new."""
    listed = claims.get(settings.oidc_groups_claim)
    groups = (
        {str(each) for each in listed} if isinstance(listed, list) else {listed} if isinstance(listed, str) else set()
    )
    pairs = (pair.rpartition("=") for pair in settings.oidc_roles)
    found = [Role(role) for group, _, role in pairs if group in groups]
    found.append(Role.VISITOR if settings.oidc_new == "none" else Role(settings.oidc_new))
    return max(found, key=list(Role).index)


def _made(services: Services, claims: Mapping[str, Any], issuer: str, subject: str) -> Account:
    settings = services.settings
    if settings.oidc_new == "none":
        raise Forbidden("there is no account for you here; ask an administrator")
    said = (claims.get(name) for name in ("preferred_username", "name", "email"))
    wished = next((each for each in said if isinstance(each, str) and each.strip()), subject)
    try:
        name = accounts.checked_name(wished[: accounts.MOST_NAME - 20])
    except Invalid:
        name = "guest"
    for attempt in range(5):
        # Whoever has that name here already keeps it; nobody becomes somebody else by it.
        full = name if attempt == 0 else f"{name} {secrets.token_hex(3)}"
        if services.catalogue.takeable(full, Step.UNDO) is not None:
            continue  # somebody without an account changed things under that name: they are not this one's
        account = Account(
            services.ids.new("account"), full, Role(settings.oidc_new), services.clock.now(), False,
            issuer=issuer, subject=subject,
        )  # fmt: skip
        try:
            services.accounts.add_account(account, password="", by=BY)
        except Conflict:
            # The name is taken, or the same person came by two windows at once.
            found = services.accounts.account_of(issuer, subject)
            if found is not None:
                return found
        else:
            return account
    raise Conflict("no free name was found for a new account")


class _Doors:
    """The two doors of one museum."""

    def __init__(self, services: Services) -> None:
        self._services, self._provider = services, Provider(services.settings)

    async def begin(self, request: Request) -> Response:
        """`/sign-in/oidc`: to the provider."""
        services, settings = self._services, self._services.settings
        if not settings.oidc_issuer:
            raise NotFound("this museum has no identity provider")
        try:
            said = await self._provider.said()
        except Unavailable as e:
            return _refused(e)
        state = secrets.token_urlsafe(24)
        until = int((services.clock.now() + _ATTEMPT).timestamp())
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._made_of(state, "verifier").encode()).digest())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": settings.oidc_client_id,
                "redirect_uri": base_of(request, services) + BACK,
                "scope": "openid profile email",
                "state": state,
                "nonce": self._made_of(state, "nonce"),
                "code_challenge": challenge.decode().rstrip("="),
                "code_challenge_method": "S256",
            }
        )
        address = str(said["authorization_endpoint"])
        answer = RedirectResponse(
            f"{address}{'&' if '?' in address else '?'}{query}", 303, {"Cache-Control": "no-store"}
        )
        to = local_path(request.query_params.get("next", ""))
        kept = base64.urlsafe_b64encode(orjson.dumps([state, until, to])).decode()
        answer.set_cookie(
            COOKIE, f"{kept}.{self._made_of(kept, 'attempt')}", max_age=int(_ATTEMPT.total_seconds()), httponly=True,
            samesite="lax", secure=request.url.scheme == "https", path="/sign-in/oidc",
        )  # fmt: skip
        return answer

    async def back(self, request: Request) -> Response:
        """`/sign-in/oidc/back`: from the provider."""
        try:
            account, to = await self._vouched(request)
        except (SceneError, DoorError) as e:
            log.info("sign-in by %s refused: %s", host_of(self._services.settings.oidc_issuer), message_of(e))
            answer = _refused(e)
        else:
            answer = await signed_in(request, self._services, account, to)
        answer.delete_cookie(COOKIE, path="/sign-in/oidc", httponly=True, samesite="lax")
        return answer

    async def _vouched(self, request: Request) -> tuple[Account, str]:
        services, settings = self._services, self._services.settings
        if not settings.oidc_issuer:
            raise NotFound("this museum has no identity provider")
        given, now = request.query_params, services.clock.now()
        state, until, to = self._attempt(request)
        if not hmac.compare_digest(given.get("state", "").encode(), state.encode()) or now.timestamp() >= until:
            raise Unauthorized("this attempt was not begun here, or long ago; begin again")
        said = await self._provider.said()
        names_itself = bool(said.get("authorization_response_iss_parameter_supported"))
        if given.get("iss", "" if names_itself else settings.oidc_issuer) != settings.oidc_issuer:
            raise Unauthorized("the answer is another provider's")
        spent = hashlib.sha256(b"oidc state:" + state.encode()).hexdigest()
        until_at = datetime.fromtimestamp(until, UTC)
        if not await services.call(services.tokens.spend, spent, expires_at=until_at, at=now):
            raise Unauthorized("this attempt came back before; begin again")
        try:
            return await self._answered(request, state), to
        except (SceneError, DoorError):
            await services.call(
                services.audit.note, "sign-in.failed", at=now, detail={"by": host_of(settings.oidc_issuer)}
            )
            raise

    async def _answered(self, request: Request, state: str) -> Account:
        """Whose account it is, as the provider says to an attempt of ours."""
        services, given = self._services, request.query_params
        if "error" in given or not given.get("code"):
            raise Unauthorized(f"the identity provider says no ({given.get('error', 'no code')[:60]})")
        token, access = await self._provider.tokens_for(
            given["code"], verifier=self._made_of(state, "verifier"), back=base_of(request, services) + BACK
        )
        claims = await self._provider.claims(token, nonce=self._made_of(state, "nonce"), at=services.clock.now())
        claims = await self._provider.about(claims, access)
        return await services.call(account_for, services, claims)

    def _attempt(self, request: Request) -> tuple[str, int, str]:
        """State, end and goal of the attempt that this browser began. Raises Unauthorized where it began none."""
        kept, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
        if not kept or not hmac.compare_digest(signature.encode(), self._made_of(kept, "attempt").encode()):
            raise Unauthorized("this attempt was not begun in this browser; begin again")
        state, until, to = orjson.loads(base64.urlsafe_b64decode(kept))
        return str(state), int(until), str(to)

    def _made_of(self, state: str, what: str) -> str:
        made = hmac.digest(self._services.settings.secret_key.encode(), f"oidc {what}:{state}".encode(), "sha256")
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _refused(error: Exception) -> Response:
    kind = kind_of(error)
    said = f"<p>{html.escape(message_of(error))} <code>{kind.code}</code></p>"
    return plain_page("Not signed in", f'{said}<p><a href="/sign-in">Sign in</a></p>', status=kind.status)


def routes(services: Services) -> Iterable[BaseRoute]:
    """`/sign-in/oidc` and the address to which the provider sends browsers back."""
    doors = _Doors(services)
    return [
        Route("/sign-in/oidc", doors.begin, methods=["GET"]),
        Route(BACK, doors.back, methods=["GET"]),
    ]
