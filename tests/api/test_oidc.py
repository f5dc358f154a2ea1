"""Signing in by an identity provider: a real one (oidc-provider, certified), and tokens that are none of its."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from api import accounts, id_tokens, oidc
from api.app import create_app
from api.settings import Settings
from scenes.errors import Unauthorized, Unavailable
from scenes.model import Actor, Role, Scene, Viewpoint, Visibility
from scenes.ports import Put

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

FOLDER = Path(__file__).parent.parent / "identity_provider"
BASE = "http://127.0.0.1:8000"
SECRET = "a secret: with + and / in it"
ROOT = Actor("root", Role.ADMINISTRATOR)
ME = {"query": "{ me { name role } }"}


@contextmanager
def provider(port: int, key: str) -> Iterator[str]:
    """The provider at a port of the loopback; its address."""
    node = shutil.which("node")
    assert node, "Node is missing"
    assert (FOLDER / "node_modules/oidc-provider").is_dir(), "python tools/install.py provider installs it"
    command = [node, str(FOLDER / "provider.mjs"), str(port), BASE + oidc.BACK, key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "listening"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    with provider(port, "first") as address:
        yield address


class Browser:
    """A browser at a museum and at a provider."""

    def __init__(self, app: Any, issuer: str) -> None:
        self.services, self._issuer = app.state.services, issuer
        self.museum = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=BASE)
        self.provider = httpx.AsyncClient(timeout=30)

    async def begin(self, to: str = "/studio") -> str:
        """Ask to sign in; the address at the provider."""
        answer = await self.museum.get(f"/sign-in/oidc?next={to}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def agree(self, address: str, name: str) -> str:
        """Sign in there as somebody; the address back."""
        for _ in range(12):
            answer = await self.provider.get(address)
            while answer.status_code in {302, 303}:
                address = urljoin(address, answer.headers["location"])
                if address.startswith(BASE):
                    return address
                answer = await self.provider.get(address)
            action = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert action, answer.text
            assert prompt, answer.text
            form = {"prompt": prompt[1], "login": name, "password": "any"}
            answer = await self.provider.post(urljoin(address, action[1]), data=form)
            address = urljoin(address, answer.headers["location"])
        raise AssertionError("the provider never sends back")

    def attempt(self) -> str:
        """The cookie of the attempt that was begun."""
        (found,) = (each.value for each in self.museum.cookies.jar if each.name == oidc.COOKIE and each.value)
        return found

    def state(self) -> str:
        """What goes with it through the provider."""
        return str(orjson.loads(base64.urlsafe_b64decode(self.attempt().split(".")[0]))[0])

    async def sign_in(self, name: str, to: str = "/studio") -> httpx.Response:
        self.provider.cookies.clear()
        back = await self.agree(await self.begin(to), name)
        return await self.museum.get(back.removeprefix(BASE))

    async def who(self) -> dict[str, str]:
        answer = await self.museum.post("/graphql", json=ME, headers={"Origin": BASE})
        return answer.json()["data"]["me"]  # type: ignore[no-any-return]


def settings(folder: Path, issuer: str, **more: Any) -> Settings:
    given = {"oidc_issuer": issuer, "oidc_client_id": "museum", "oidc_client_secret": SECRET, **more}
    return Settings(data=folder / "museum", workers=0, **given)


@pytest.fixture
async def browser(tmp_path: Path, issuer: str) -> AsyncIterator[Browser]:
    app = create_app(settings(tmp_path, issuer, oidc_roles=("staff=curator", "heads=editor-in-chief")))
    async with app.router.lifespan_context(app):
        yield Browser(app, issuer)


async def test_who_has_an_account_there_signs_in_here_and_is_no_more_than_a_visitor(browser: Browser) -> None:
    page = await browser.museum.get("/sign-in")
    assert "/sign-in/oidc?next=/studio" in page.text
    answer = await browser.sign_in("ada", "/exhibitions/terrace")
    assert (answer.status_code, answer.headers["location"]) == (303, "/exhibitions/terrace")
    assert await browser.who() == {"name": "ada", "role": "VISITOR"}
    (account,) = browser.services.accounts.accounts()
    assert (account.issuer, account.subject, account.has_password) == (browser._issuer, "ada", False)
    # A person gives more, and it stays.
    accounts.give_role(browser.services, ROOT, account.id, Role.CURATOR)
    await browser.sign_in("ada")
    assert await browser.who() == {"name": "ada", "role": "CURATOR"}
    accounts.set_disabled(browser.services, ROOT, account.id, disabled=True)
    refused = await browser.sign_in("ada")
    assert (refused.status_code, "FORBIDDEN" in refused.text) == (403, True)
    assert (await browser.who())["role"] == "VISITOR"
    assert len(browser.services.accounts.accounts()) == 1


async def test_groups_give_roles_where_they_are_mapped(browser: Browser) -> None:
    await browser.sign_in("ben+staff+heads+unknown")
    assert await browser.who() == {"name": "ben", "role": "EDITOR_IN_CHIEF"}
    # Somebody else of that name is somebody else, be it one who has no account.
    scene = Scene("scene_1", "By hand", "", "1200", Visibility.DRAFT, Viewpoint((0, 0, 1), (0, 0, 0)))
    browser.services.catalogue.commit([Put(scene)], author="root", reason="", at=NOW)
    await browser.sign_in("root")
    assert re.fullmatch(r"root [0-9a-f]{6}", (await browser.who())["name"])
    await browser.sign_in("ben+unknown")
    other = await browser.who()
    assert other["role"] == "VISITOR"
    assert re.fullmatch(r"ben [0-9a-f]{6}", other["name"])


async def test_an_answer_that_was_not_asked_for_here_or_comes_again_is_refused(browser: Browser) -> None:
    back = (await browser.agree(await browser.begin(), "ada")).removeprefix(BASE)
    own = {"Cookie": f"{oidc.COOKIE}={browser.attempt()}"}

    async def came(path: str, headers: dict[str, str]) -> httpx.Response:
        browser.museum.cookies.clear()
        return await browser.museum.get(path, headers=headers)

    wrong = (
        (back, {}),
        (back, {"Cookie": own["Cookie"][:-1] + "x"}),
        (back.replace("state=", "state=x"), own),
        (re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Felsewhere.example", back), own),
        (re.sub(r"&iss=[^&]+", "", back), own),
    )
    for path, headers in wrong:
        refused = await came(path, headers)
        assert (refused.status_code, "UNAUTHORIZED" in refused.text) == (401, True), path
    assert (await came(back, own)).status_code == 303
    again = await came(back, own)
    assert (again.status_code, "came back before" in again.text) == (401, True)
    # Another attempt with a code that was used: the provider says no.
    browser.museum.cookies.clear()
    await browser.begin()
    stolen = await browser.museum.get(re.sub(r"state=[^&]+", f"state={browser.state()}", back))
    assert (stolen.status_code, "invalid_grant" in stolen.text) == (401, True)


async def test_who_says_no_there_is_not_signed_in(browser: Browser) -> None:
    await browser.begin()
    address = f"{oidc.BACK}?state={browser.state()}&error=access_denied&iss={browser._issuer}"
    refused = await browser.museum.get(address)
    assert (refused.status_code, "access_denied" in refused.text) == (401, True)


async def test_the_challenge_is_kept_to(browser: Browser) -> None:
    address = await browser.begin()
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BASE + oidc.BACK]
    back = await browser.agree(re.sub(r"code_challenge=[^&]+", f"code_challenge={'a' * 43}", address), "ada")
    refused = await browser.museum.get(back.removeprefix(BASE))
    assert (refused.status_code, "invalid_grant" in refused.text) == (401, True)


async def test_a_provider_of_another_name_or_none_is_refused(tmp_path: Path, issuer: str) -> None:
    for address in (issuer + "/", "http://127.0.0.1:9"):
        with pytest.raises(Unavailable):
            await oidc.Provider(settings(tmp_path, address)).said()


async def test_where_none_is_made_only_who_is_known_comes_in(tmp_path: Path, issuer: str) -> None:
    app = create_app(settings(tmp_path, issuer, oidc_new="none"))
    async with app.router.lifespan_context(app):
        refused = await Browser(app, issuer).sign_in("ada")
    assert (refused.status_code, "FORBIDDEN" in refused.text) == (403, True)


async def test_new_keys_of_a_provider_are_fetched(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = int(probe.getsockname()[1])
    now = [0.0]
    app = create_app(settings(tmp_path, f"http://127.0.0.1:{own}"))
    async with app.router.lifespan_context(app):
        (door,) = (each for each in app.router.routes if getattr(each, "path", "") == oidc.BACK)
        door.endpoint.__self__._provider._monotonic = lambda: now[0]
        for key in ("first", "second"):
            with provider(own, key) as issuer:
                browser = Browser(app, issuer)
                assert (await browser.sign_in("ada")).status_code == 303
            now[0] += 61.0


# What no provider of good will says.

KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "keys": [
        ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "a", "use": "sig"},
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "b", "use": "sig", "alg": "RS256"},
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "c", "use": "enc"},
    ]
}
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "iss": "https://id.example", "sub": "ada", "aud": "museum", "nonce": "n", "iat": NOW.timestamp() - 2,
    "exp": NOW.timestamp() + 300,
}  # fmt: skip


def claims(token: str, keys: dict[str, Any] = KEYS) -> dict[str, Any]:
    return id_tokens.claims_of(token, keys, issuer="https://id.example", client_id="museum", nonce="n", at=NOW)


def token(key: Any = KEY, algorithm: str = "ES256", head: dict[str, Any] | None = None, **changed: Any) -> str:
    said = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return jwt.encode(said, key, algorithm=algorithm, headers={"kid": "a", **(head or {})})


def test_what_is_signed_by_the_provider_for_us_now_counts() -> None:
    assert claims(token())["sub"] == "ada"
    assert claims(token(RSA, "RS256", {"kid": "b"}))["sub"] == "ada"
    assert claims(token(aud=["museum", "other"], azp="museum"))["sub"] == "ada"
    assert claims(token(exp=NOW.timestamp() - 30))["sub"] == "ada", "clocks differ by a minute"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"aud": "other"}, "InvalidAudience"),
        ({"aud": ["museum", "other"]}, "for several"),
        ({"aud": ["museum", "other"], "azp": "other"}, "for several"),
        ({"azp": "other"}, "another client"),
        ({"aud": None}, "MissingRequiredClaim"),
        ({"iss": "https://elsewhere.example"}, "InvalidIssuer"),
        ({"iss": "https://id.example/"}, "InvalidIssuer"),
        ({"exp": NOW.timestamp() - 61}, "expired"),
        ({"exp": None}, "MissingRequiredClaim"),
        ({"iat": NOW.timestamp() + 61}, "not issued now"),
        ({"iat": NOW.timestamp() - 1000}, "not issued now"),
        ({"nbf": NOW.timestamp() + 61}, "not issued now"),
        ({"exp": "soon"}, "times are none"),
        ({"nonce": "m"}, "another attempt"),
        ({"nonce": None}, "another attempt"),
        ({"sub": ""}, "nobody's name"),
        ({"sub": "a" * 256}, "nobody's name"),
    ],
)
def test_what_is_not_for_us_or_not_of_now_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Unauthorized, match=said):
        claims(token(**change))


def test_signatures_that_are_none_of_the_providers_are_refused() -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    whole = token()
    head, body, signature = whole.split(".")
    shared = f"{base64.urlsafe_b64encode(orjson.dumps({'alg': 'HS256', 'kid': 'b'})).decode().rstrip('=')}.{body}"
    mixed_up = base64.urlsafe_b64encode(hmac.new(public, shared.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    cases = [
        token(OTHER),
        jwt.encode(GOOD, None, algorithm="none", headers={"kid": "a"}),
        f"{shared}.{mixed_up}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}",
        "x" * 40_000,
        "",
        "a.b.c",
        jwt.encode(GOOD, RSA, algorithm="RS256", headers={"kid": "a"}),
    ]
    for each in cases:
        with pytest.raises((Unauthorized, id_tokens.UnknownKey)):
            claims(each)
    for kid in ("c", "z"):
        with pytest.raises(id_tokens.UnknownKey):
            claims(jwt.encode(GOOD, RSA, algorithm="RS256", headers={"kid": kid}))
    for keys in ({}, {"keys": None}, {"keys": ["x"]}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "a"}]}):
        with pytest.raises(id_tokens.UnknownKey):
            claims(whole, keys)
    with pytest.raises(Unauthorized):
        claims(whole, {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "a"}]})


def test_roles_by_groups(tmp_path: Path) -> None:
    mapped = settings(tmp_path, "https://id.example", oidc_roles=("a=b=curator", "heads=editor-in-chief"))
    for groups, role in (
        (["a=b"], Role.CURATOR), (["heads", "a=b"], Role.EDITOR_IN_CHIEF), ("heads", Role.EDITOR_IN_CHIEF),
        (["a"], Role.VISITOR), (None, Role.VISITOR), (7, Role.VISITOR), ({"heads": 1}, Role.VISITOR),
    ):  # fmt: skip
        assert oidc.role_by_groups(mapped, {"groups": groups}) is role
    assert oidc.role_by_groups(replace(mapped, oidc_new="member"), {}) is Role.MEMBER
