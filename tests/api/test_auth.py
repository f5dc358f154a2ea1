from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.auth import COOKIE, actor_of, begin_session, make_token, token_hash
from scenes.errors import Unauthorized
from scenes.model import ANONYMOUS, Actor, Role

if TYPE_CHECKING:
    from tests.api.museum import Doors

INES = Actor("ines", Role.CURATOR)


def _connection(
    headers: dict[str, str] | None = None, *, kind: str = "http", method: str = "GET", query: str = ""
) -> HTTPConnection:
    sent = {"host": "museum.local:8000", **(headers or {})}
    return HTTPConnection(
        {
            "type": kind,
            "method": method,
            "path": "/",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
    )


def _token(doors: Doors, **more: object) -> str:
    return make_token(doors.services.tokens, INES, at=doors.services.clock.now(), **more)  # type: ignore[arg-type]


def _cookie(doors: Doors) -> str:
    answer = Response()
    begin_session(answer, INES, doors.services, https=True)
    return answer.headers["set-cookie"].split(";")[0]


async def test_nothing_sent_is_a_visitor(doors: Doors) -> None:
    assert await actor_of(_connection(), doors.services) == ANONYMOUS


async def test_a_bearer_token_names_its_holder(doors: Doors) -> None:
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {_token(doors)}"}
        assert await actor_of(_connection(headers), doors.services) == INES


@pytest.mark.parametrize("header", ["Bearer unknown", "Bearer ", "Basic aW5lczp4", "ct_token"])
async def test_what_is_no_token_of_ours_is_refused(doors: Doors, header: str) -> None:
    with pytest.raises(Unauthorized):
        await actor_of(_connection({"authorization": header}), doors.services)


async def test_an_expired_token_is_refused(doors: Doors) -> None:
    token = _token(doors, expires_at=doors.services.clock.now() - timedelta(seconds=1))
    with pytest.raises(Unauthorized):
        await actor_of(_connection({"authorization": f"Bearer {token}"}), doors.services)


async def test_a_token_in_the_address_counts_on_a_websocket_only(doors: Doors) -> None:
    query = f"token={_token(doors)}"
    assert await actor_of(_connection(kind="websocket", query=query), doors.services) == INES
    assert await actor_of(_connection(query=query), doors.services) == ANONYMOUS


def test_only_a_hash_is_kept() -> None:
    assert token_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


async def test_a_session_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(doors: Doors) -> None:
    answer = Response()
    begin_session(answer, INES, doors.services, https=True)
    header = answer.headers["set-cookie"].lower()
    assert all(part in header for part in ("httponly", "samesite=lax", "secure", "path=/", "max-age=43200"))


async def test_a_session_cookie_signs_in(doors: Doors) -> None:
    cookie = _cookie(doors)
    assert await actor_of(_connection({"cookie": cookie}), doors.services) == INES


async def test_a_changed_cookie_is_no_session(doors: Doors) -> None:
    cookie = _cookie(doors)
    for forged in (cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), f"{COOKIE}=ct_x.y", f"{COOKIE}=.", f"{COOKIE}="):
        assert await actor_of(_connection({"cookie": forged}), doors.services) == ANONYMOUS


@pytest.mark.parametrize(
    ("kind", "method", "origin", "counts"),
    [
        ("http", "GET", "https://elsewhere.example", True),
        ("http", "POST", "https://elsewhere.example", False),
        ("http", "POST", "https://museum.local:8000", True),
        ("http", "POST", "https://museum.local:9000", False),
        ("http", "POST", "null", False),
        ("websocket", "GET", "https://elsewhere.example", False),
        ("websocket", "GET", "https://museum.local:8000", True),
    ],
)
async def test_a_cookie_counts_for_our_own_pages(
    doors: Doors, kind: str, method: str, origin: str, *, counts: bool
) -> None:
    headers = {"cookie": _cookie(doors), "origin": origin}
    actor = await actor_of(_connection(headers, kind=kind, method=method), doors.services)
    assert (actor == INES) is counts


async def test_without_an_origin_a_browser_says_where_it_comes_from(doors: Doors) -> None:
    headers = {"cookie": _cookie(doors), "sec-fetch-site": "cross-site"}
    assert await actor_of(_connection(headers, method="POST"), doors.services) == ANONYMOUS


async def test_a_curator_link_signs_in_one_browser_once(doors: Doors) -> None:
    key = _token(doors, once=True)
    first = await doors.client.get(f"/studio?key={key}")
    assert (first.status_code, first.headers["location"]) == (303, "/studio")
    assert key not in first.headers["set-cookie"]
    request = Request(_connection({"cookie": first.headers["set-cookie"].split(";")[0]}).scope)
    assert await actor_of(request, doors.services) == INES
    second = await doors.client.get(f"/studio?key={key}")
    assert second.status_code == 401
    assert "set-cookie" not in second.headers
