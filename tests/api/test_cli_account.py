"""`chronotope account` and `token`, in this process: each run of the command itself takes a second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from scenes.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct horse battery staple\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "museum"


def run(data: Path, *words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(data)], input=given)


def told(data: Path, *words: str, given: str | None = None) -> Any:
    done = run(data, *words, "--json", given=given)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_accounts_are_made_given_roles_shut_and_listed(data: Path) -> None:
    made = told(data, "account", "add", "Ada", "--role", "administrator", "--password-stdin", given=SECRET)
    assert (made["name"], made["role"], made["password"]) == ("Ada", "administrator", True)
    asked = run(data, "account", "add", "Ben", given=SECRET * 2)
    assert asked.stdout.endswith("Ben: account made, curator; sign in at /sign-in\n")
    assert SECRET.strip() not in asked.stdout
    told(data, "account", "role", "BEN", "editor-in-chief")
    told(data, "account", "disable", "ben")
    assert run(data, "account", "list").stdout == "Ada: administrator\nBen: editor-in-chief, disabled\n"
    told(data, "account", "enable", "ben")
    told(data, "account", "password", "ben", "--password-stdin", given="another one that is long\n")
    history = [(each["role"], each["ended_at"] is None) for each in told(data, "account", "history", "ben")]
    assert history == [("curator", False), ("editor-in-chief", True)]


def test_what_cannot_be_is_refused(data: Path) -> None:
    told(data, "account", "add", "Ada", "--password-stdin", given=SECRET)
    for words, given, error in (
        (("account", "add", "ada", "--password-stdin"), SECRET, Conflict),
        (("account", "add", "Ben", "--password-stdin"), "short\n", Invalid),
        (("account", "add", "Ben"), SECRET + "otherwise\n", Invalid),
        (("account", "role", "Nobody", "curator"), None, NotFound),
        (("account", "role", "Ada", "curator", "--exhibition", "none"), None, NotFound),
        (("token", "--account", "Nobody"), None, NotFound),
        (("token", "--end", "0123456789abcdef"), None, NotFound),
    ):
        assert isinstance(run(data, *words, given=given).exception, error), words
    for words in (
        ("account", "role", "Ada", "emperor"),
        ("token", "--scopes", "fly"),
        ("token", "--account", "Ada", "--role", "curator"),
    ):
        assert run(data, *words).exit_code == 2, words


def test_a_token_of_an_account_is_made_listed_and_ended(data: Path) -> None:
    told(data, "account", "add", "Ada", "--password-stdin", given=SECRET)
    made = told(data, "token", "--account", "ada", "--scopes", "read,ingest", "--days", "2")
    assert (made["name"], made["scopes"]) == ("Ada", ["ingest", "read"])
    (listed,) = told(data, "token", "--list")
    assert (listed["kind"], listed["scopes"], listed["used_at"]) == ("token", ["ingest", "read"], None)
    assert made["token"] not in run(data, "token", "--list").stdout
    assert told(data, "token", "--end", listed["id"]) == {"ended": listed["id"]}
    assert told(data, "token", "--list") == []
