"""Accounts with passwords: signing in by a form, sessions, another password; what is answered to who guesses."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api import accounts, passwords
from api.errors import DoorError
from api.session import local_path
from scenes.errors import Conflict, Forbidden, Invalid
from scenes.model import Account, Actor, Role

if TYPE_CHECKING:
    import httpx

    from tests.api.museum import Doors

ROOT = Actor("root", Role.ADMINISTRATOR)
SECRET = "correct horse battery staple"
OURS = {"Origin": "http://127.0.0.1:8000"}
ME = {"query": "{ me { name role } }"}


@pytest.fixture(scope="module", autouse=True)
def cheap() -> object:
    """As much as it takes to be argon2id: what it costs is no matter of these tests."""
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "_HASHER", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()
    yield patch
    patch.undo()
    passwords._nobodys.cache_clear()


def made(doors: Doors, name: str = "Inès", role: Role = Role.CURATOR, password: str = SECRET) -> Account:
    return accounts.add(doors.services, ROOT, name, role, password=password)


async def sign_in(doors: Doors, name: str = "inès", password: str = SECRET, **more: str) -> httpx.Response:
    return await doors.client.post("/sign-in", data={"name": name, "password": password, **more}, headers=OURS)


async def who(doors: Doors) -> dict[str, str]:
    answer = await doors.client.post("/graphql", json=ME, headers=OURS)
    return answer.json()["data"]["me"]  # type: ignore[no-any-return]


async def test_who_has_an_account_signs_in_and_out_by_forms_without_scripts(doors: Doors) -> None:
    made(doors)
    page = await doors.client.get("/sign-in?next=/exhibitions/terrace")
    assert 'value="/exhibitions/terrace"' in page.text
    assert "script" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    answer = await sign_in(doors, next="/exhibitions/terrace")
    assert (answer.status_code, answer.headers["location"]) == (303, "/exhibitions/terrace")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"))
    assert await who(doors) == {"name": "Inès", "role": "CURATOR"}
    left = await doors.client.post("/sign-out", headers={**OURS, "Content-Type": "application/x-www-form-urlencoded"})
    assert left.status_code == 303
    assert (await who(doors))["role"] == "VISITOR"


async def test_a_session_that_was_left_opens_nothing_though_its_cookie_comes_again(doors: Doors) -> None:
    made(doors)
    cookie = (await sign_in(doors)).headers["set-cookie"].split(";")[0]
    again = (await sign_in(doors)).headers["set-cookie"].split(";")[0]
    assert cookie != again, "each sign-in begins a session of its own"
    for sent, role in ((cookie, "VISITOR"), (again, "CURATOR")):
        answer = await doors.client.post("/graphql", json=ME, headers={**OURS, "Cookie": sent})
        assert answer.json()["data"]["me"]["role"] == role


async def test_no_other_site_sends_our_forms(doors: Doors) -> None:
    made(doors)
    foreign: list[dict[str, str]] = [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ]
    for path in ("/sign-in", "/sign-out", "/account/password", "/account/end"):
        for headers in foreign:
            answer = await doors.client.post(path, data={"name": "Inès", "password": SECRET}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
            assert "set-cookie" not in answer.headers


async def test_unknown_names_wrong_passwords_and_shut_accounts_are_answered_alike(doors: Doors) -> None:
    made(doors)
    made(doors, "Ben")
    accounts.add(doors.services, ROOT, "Cleo", Role.CURATOR)  # has none yet
    accounts.set_disabled(doors.services, ROOT, accounts.named(doors.services, "ben").id, disabled=True)
    answers = []
    for name, password in (("Nobody", SECRET), ("inès", "another password"), ("Ben", SECRET), ("Cleo", ""), ("", "")):
        answer = await sign_in(doors, name, password)
        answers.append((answer.status_code, answer.text.replace(f'value="{name}"', "")))
    assert {status for status, _ in answers} == {401}
    assert len({text for _, text in answers}) == 1
    assert accounts.WRONG in answers[0][1]


async def test_an_unknown_name_costs_as_much_as_a_known_one(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    made(doors)
    compared: list[str] = []
    hasher = passwords._HASHER

    class Counting:
        hash, check_needs_rehash = hasher.hash, hasher.check_needs_rehash

        def verify(self, kept: str, given: str) -> bool:
            compared.append(kept)
            return hasher.verify(kept, given)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    await sign_in(doors, "Nobody")
    await sign_in(doors)
    assert len(compared) == 2
    costs = [re.match(r"\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$", each) for each in compared]
    assert costs[0]
    assert costs[1]
    assert costs[0][0] == costs[1][0]


async def test_who_tries_too_often_waits_and_others_do_not(doors: Doors) -> None:
    made(doors)
    made(doors, "Ben")
    answers = [await sign_in(doors, "INÈS", f"guess number {n}") for n in range(12)]
    assert [each.status_code for each in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await sign_in(doors)).status_code == 429, "the right password, too, until then"
    assert (await sign_in(doors, "Ben")).status_code == 303


def test_attempts_come_back_with_time_and_take_bounded_memory() -> None:
    now = [0.0]
    tries = accounts.Attempts(most=200, monotonic=lambda: now[0])
    for _ in range(10):
        tries.count("ada", "203.0.113.9")
    with pytest.raises(DoorError):
        tries.count(" ADA ", "203.0.113.9")
    tries.count("ada", "203.0.113.10")
    now[0] = 91.0
    tries.count("ada", "203.0.113.9")
    for number in range(300):
        now[0] += 10.0
        tries.count(f"name {number}", f"2001:db8:{number:x}::1")
    assert [len(each) for each in tries.kept] == [200] * 3


async def test_a_flood_of_sign_ins_takes_two_threads_and_the_rest_is_told_to_wait() -> None:
    running, most, gate = [0], [0], asyncio.Event()
    loop = asyncio.get_running_loop()

    def hash_slowly() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(20)
        running[0] -= 1

    places = passwords.AT_ONCE + passwords.MOST_WAITING
    waiting = [asyncio.create_task(passwords.aside(hash_slowly)) for _ in range(places)]
    await asyncio.sleep(0)
    with pytest.raises(DoorError) as refused:
        await passwords.aside(hash_slowly)
    assert refused.value.code == "FLOOD"
    waiting[-1].cancel()  # who leaves frees no place before the work is done
    gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert most[0] <= passwords.AT_ONCE
    await passwords.aside(hash_slowly)


async def test_another_password_ends_all_other_sessions(doors: Doors) -> None:
    made(doors)
    old = (await sign_in(doors)).headers["set-cookie"].split(";")[0]
    doors.client.cookies.clear()
    await sign_in(doors)
    wrong = await doors.client.post("/account/password", data={"password": "no", "new": SECRET * 2}, headers=OURS)
    assert wrong.status_code == 401
    short = await doors.client.post("/account/password", data={"password": SECRET, "new": "short"}, headers=OURS)
    assert (short.status_code, "at least 12" in short.text) == (422, True)
    done = await doors.client.post("/account/password", data={"password": SECRET, "new": SECRET * 2}, headers=OURS)
    assert done.status_code == 303
    assert (await who(doors))["role"] == "CURATOR"
    answer = await doors.client.post("/graphql", json=ME, headers={**OURS, "Cookie": old})
    assert answer.json()["data"]["me"]["role"] == "VISITOR"
    assert (await sign_in(doors)).status_code == 401
    assert (await sign_in(doors, password=SECRET * 2)).status_code == 303


async def test_one_ends_ones_own_sessions_and_nobody_elses(doors: Doors) -> None:
    ben = made(doors, "Ben")
    await sign_in(doors, "Ben")
    at = doors.services.clock.now()
    (his,) = doors.services.tokens.tokens_of(ben.id, at=at)
    doors.client.cookies.clear()
    ines = made(doors)
    await sign_in(doors)
    (hers,) = doors.services.tokens.tokens_of(ines.id, at=at + timedelta(seconds=1))
    page = (await doors.client.get("/account")).text
    assert hers.id in page
    assert his.id not in page
    for key in (his.id, hers.id):
        await doors.client.post("/account/end", data={"key": key}, headers=OURS)
    assert doors.services.tokens.holder(his.id, at=at) is not None
    assert doors.services.tokens.holder(hers.id, at=at) is None
    assert (await doors.client.get("/account")).headers["location"] == "/sign-in?next=/account"


async def test_a_session_ends_with_its_account(doors: Doors) -> None:
    account = made(doors)
    await sign_in(doors)
    accounts.give_role(doors.services, ROOT, account.id, Role.MEMBER)
    assert (await who(doors))["role"] == "MEMBER"
    accounts.set_disabled(doors.services, ROOT, account.id, disabled=True)
    assert (await who(doors))["role"] == "VISITOR"


async def test_forms_are_short_and_are_forms(doors: Doors) -> None:
    long = await doors.client.post("/sign-in", data={"name": "x" * 9000}, headers=OURS)
    assert long.json()["code"] == "LIMIT"
    many = await doors.client.post("/sign-in", data={f"n{n}": "" for n in range(99)}, headers=OURS)
    assert many.json()["code"] == "BAD_REQUEST"
    assert (await doors.client.post("/sign-in", json={}, headers=OURS)).json()["code"] == "MEDIA_TYPE"
    evil = await sign_in(doors, '"><script>alert(1)</script>', "x")
    assert "<script" not in evil.text


@pytest.mark.parametrize(
    "text",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/\r\nA: b",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(text: str) -> None:
    assert local_path(text) == "/studio"


def test_only_administrators_give_accounts_and_none_shuts_themselves_out(doors: Doors) -> None:
    services = doors.services
    for actor in (Actor("ed", Role.EDITOR_IN_CHIEF), Actor("ben", Role.CURATOR)):
        with pytest.raises(Forbidden):
            accounts.add(services, actor, "Cleo", Role.MEMBER)
    root = accounts.add(services, ROOT, "Root", Role.ADMINISTRATOR, password=SECRET)
    me = Actor(root.name, root.role, account=root.id)
    for change in (
        lambda: accounts.give_role(services, me, root.id, Role.MEMBER),
        lambda: accounts.set_disabled(services, me, root.id, disabled=True),
    ):
        with pytest.raises(Forbidden):
            change()
    with pytest.raises(Conflict):
        accounts.add(services, me, " ROOT ", Role.MEMBER)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", SECRET),
        ("a\x00b", SECRET),
        ("anonymous", SECRET),
        ("Ada", "short"),
        ("Ada Lovelace", "ada lovelace"),
        ("Ada", "a" * 40),
        ("Ada", "é" * 900),
    ],
)
def test_names_and_passwords_that_will_not_do(name: str, password: str) -> None:
    with pytest.raises(Invalid):
        passwords.checked(password, name=accounts.checked_name(name))


def test_a_password_is_kept_as_argon2id_and_the_same_however_it_is_typed() -> None:
    kept = passwords.hashed("straße e\u0301tage 12")
    assert kept.startswith("$argon2id$")
    assert passwords.matches("straße étage 12", kept)
    assert not passwords.matches("straße etage 12", kept)
    assert not passwords.matches("x", "")
    assert not passwords.matches("x", "no hash at all")
