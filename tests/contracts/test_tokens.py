from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from scenes.errors import Conflict, NotFound
from scenes.model import (
    EVERYTHING,
    Account,
    Actor,
    Exhibition,
    GivenRole,
    Grant,
    KeyKind,
    Role,
    Scope,
    Visibility,
)
from scenes.ports import Put
from tests.contracts.samples import NOON, after

ADA = Actor("ada", Role.CURATOR)
ROOT = Actor("root", Role.ADMINISTRATOR)


def test_a_token_is_whose_it_was_made_for_as_often_as_it_is_used(catalogue):
    catalogue.add_token("hash", ADA, expires_at=None, once=False, at=NOON)
    assert [catalogue.use_token("hash", at=after(n)) for n in range(3)] == [ADA, ADA, ADA]


def test_an_unknown_token_is_nobodys(catalogue):
    assert catalogue.use_token("hash", at=NOON) is None


def test_a_token_holds_until_the_moment_at_which_it_expires(catalogue):
    catalogue.add_token("hash", ADA, expires_at=after(10), once=False, at=NOON)
    assert catalogue.use_token("hash", at=after(9.999)) == ADA
    assert catalogue.use_token("hash", at=after(10)) is None


def test_a_token_for_one_use_is_used_up_by_the_first(catalogue):
    catalogue.add_token("hash", ADA, expires_at=None, once=True, at=NOON)
    assert catalogue.use_token("hash", at=NOON) == ADA
    assert catalogue.use_token("hash", at=NOON) is None


def test_of_many_who_come_at_once_with_a_token_for_one_use_only_one_enters(catalogue):
    catalogue.add_token("hash", ADA, expires_at=None, once=True, at=NOON)
    with ThreadPoolExecutor(8) as pool:
        entered = list(pool.map(lambda _: catalogue.use_token("hash", at=NOON), range(32)))
    assert entered.count(ADA) == 1
    assert entered.count(None) == 31


def test_adding_a_token_again_does_not_give_it_to_somebody_else(catalogue):
    catalogue.add_token("hash", ADA, expires_at=None, once=False, at=NOON)
    catalogue.add_token("hash", ROOT, expires_at=None, once=False, at=NOON)
    assert catalogue.use_token("hash", at=NOON) == ADA


def test_there_is_an_administrator_while_a_token_of_one_holds(catalogue):
    assert not catalogue.has_administrator()
    catalogue.add_token("curator", ADA, expires_at=None, once=False, at=NOON)
    assert not catalogue.has_administrator()
    catalogue.add_token("root", ROOT, expires_at=after(10), once=True, at=NOON)
    assert catalogue.has_administrator()
    assert catalogue.has_administrator(at=after(9))
    assert not catalogue.has_administrator(at=after(11))
    catalogue.use_token("root", at=after(5))
    assert not catalogue.has_administrator()


def account(catalogue, name="Ada", role=Role.MEMBER, *, issuer="", subject="", password="argon2"):
    made = Account(f"account_{name.lower()}", name, role, NOON, False, issuer=issuer, subject=subject)
    catalogue.add_account(made, password=password, by="root")
    return made


def token_of(catalogue, of, name="hash", **more):
    holder = Actor(of.name, of.role, account=of.id, scopes=more.pop("scopes", EVERYTHING))
    catalogue.add_token(name, holder, **{"expires_at": None, "once": False, "at": NOON, **more})


def commit(catalogue, *changes):
    catalogue.commit(changes, author="ada", reason="arranged", at=NOON)


def test_what_a_token_of_an_account_opens_is_what_the_account_is_now(catalogue):
    ada = account(catalogue)
    name = "0" * 64
    token_of(catalogue, ada, name)
    assert catalogue.use_token(name, at=NOON).role is Role.MEMBER
    catalogue.give_role(ada.id, Role.CURATOR, by="root", at=after(1))
    assert catalogue.use_token(name, at=after(2)) == Actor("Ada", Role.CURATOR)
    catalogue.set_disabled(ada.id, at=after(3))
    assert catalogue.use_token(name, at=after(4)) is None
    assert catalogue.holder(name[:16], at=after(4)) is None
    catalogue.set_disabled(ada.id, at=None)
    assert catalogue.use_token(name, at=after(5)).account == ada.id


def test_a_role_in_an_exhibition_comes_with_the_scene_of_today(catalogue):
    ada = account(catalogue)
    token_of(catalogue, ada)
    catalogue.give_role(ada.id, Role.CURATOR, exhibition="exhibition_1", by="root", at=NOON)
    assert catalogue.use_token("hash", at=NOON).grants == ()  # there is none yet
    show = Exhibition("exhibition_1", "one", "One", "", "scene_1", Visibility.DRAFT)
    commit(catalogue, Put(show))
    assert catalogue.use_token("hash", at=NOON).grants == (Grant("exhibition_1", "scene_1", Role.CURATOR),)
    commit(catalogue, Put(replace(show, scene="scene_2")))
    assert catalogue.use_token("hash", at=NOON).grants == (Grant("exhibition_1", "scene_2", Role.CURATOR),)
    catalogue.give_role(ada.id, Role.VISITOR, exhibition="exhibition_1", by="root", at=NOON)
    assert catalogue.use_token("hash", at=NOON).grants == ()


def test_scopes_go_with_the_token(catalogue):
    token_of(catalogue, account(catalogue, role=Role.CURATOR), scopes=frozenset({Scope.READ, Scope.INGEST}))
    assert catalogue.use_token("hash", at=NOON).scopes == {Scope.READ, Scope.INGEST}


def test_what_goes_unused_too_long_ends(catalogue):
    token_of(catalogue, account(catalogue), kind=KeyKind.SESSION, idle_s=600)
    assert catalogue.use_token("hash", at=after(600))
    assert catalogue.use_token("hash", at=after(1200))
    assert catalogue.use_token("hash", at=after(1200 + 600 + 60)) is None
    assert catalogue.tokens_of(None, at=after(1200 + 600 + 60)) == []


def test_tokens_are_listed_and_ended_by_id(catalogue):
    ada, ben = account(catalogue), account(catalogue, "Ben")
    name, other, third = (each * 64 for each in "abc")
    token_of(catalogue, ada, name, label="scanner", expires_at=after(100))
    token_of(catalogue, ada, other, kind=KeyKind.SESSION, at=after(1))
    token_of(catalogue, ben, third, at=after(2))
    catalogue.use_token(name, at=after(3))
    assert [(each.id, each.label, each.used_at) for each in catalogue.tokens_of(ada.id, at=after(5))] == [
        (other[:16], "", None),
        (name[:16], "scanner", after(3)),
    ]
    assert len(catalogue.tokens_of(None, at=after(5))) == 3
    assert catalogue.end_token(name[:16], at=after(6))
    assert not catalogue.end_token(name[:16], at=after(6))
    assert not any(catalogue.end_token(each, at=after(6)) for each in ("", "%", "b" * 15, "g" * 16))
    assert catalogue.use_token(name, at=after(7)) is None
    catalogue.end_sessions(ada.id, at=after(8))
    assert catalogue.use_token(other, at=after(9)) is None
    assert catalogue.use_token(third, at=after(9))


def test_a_token_is_found_by_its_id_and_not_used_by_that(catalogue):
    name = "d" * 64
    catalogue.add_token(name, ADA, expires_at=after(10), once=False, at=NOON)
    catalogue.add_token("e" * 64, ADA, expires_at=None, once=True, at=NOON)
    assert catalogue.holder(name[:16], at=after(1)) == ADA
    assert catalogue.holder(name[:16], at=after(10)) is None
    assert catalogue.holder("e" * 16, at=NOON) is None
    assert catalogue.tokens_of(None, at=after(1))[-1].used_at is None


def test_what_was_spent_opens_nothing_and_is_spent_once(catalogue):
    with ThreadPoolExecutor(4) as pool:
        spent = list(pool.map(lambda _: catalogue.spend("f" * 64, expires_at=after(60), at=NOON), range(8)))
    assert spent.count(True) == 1
    assert catalogue.use_token("f" * 64, at=NOON) is None
    assert catalogue.tokens_of(None, at=NOON) == []


def test_names_are_one_whatever_their_case(catalogue):
    ada = account(catalogue)
    assert catalogue.account_named(" ADA ") == (replace(ada, has_password=True), "argon2")
    assert catalogue.account_named("Adah") is None
    with pytest.raises(Conflict):
        account(catalogue, "ada")
    account(catalogue, "Zoe", issuer="https://idp", subject="1", password="")
    with pytest.raises(Conflict):
        account(catalogue, "Yan", issuer="https://idp", subject="1", password="")
    assert catalogue.account_of("https://idp", "1").name == "Zoe"
    assert catalogue.account_of("https://other", "1") is None
    assert catalogue.account_of("", "") is None
    assert [each.name for each in catalogue.accounts()] == ["Ada", "Zoe"]


def test_roles_have_a_history(catalogue):
    ada = account(catalogue)
    catalogue.give_role(ada.id, Role.CURATOR, exhibition="exhibition_1", by="root", at=after(1))
    catalogue.give_role(ada.id, Role.CURATOR, exhibition="exhibition_1", by="root", at=after(2))
    catalogue.give_role(ada.id, Role.VISITOR, by="ben", at=after(3))
    catalogue.give_role(ada.id, Role.VISITOR, exhibition="exhibition_1", by="ben", at=after(4))
    assert list(catalogue.roles_given(ada.id)) == [
        GivenRole("", Role.MEMBER, NOON, "root", after(3), "ben"),
        GivenRole("exhibition_1", Role.CURATOR, after(1), "root", after(4), "ben"),
        GivenRole("", Role.VISITOR, after(3), "ben"),
    ]
    assert catalogue.account(ada.id).grants == ()
    for change in (
        lambda: catalogue.give_role("account_x", Role.CURATOR, by="root", at=NOON),
        lambda: catalogue.set_disabled("account_x", at=NOON),
        lambda: catalogue.set_password("account_x", "x"),
    ):
        with pytest.raises(NotFound):
            change()


def test_an_account_may_be_the_administrator(catalogue):
    root = account(catalogue, "Root", Role.ADMINISTRATOR, password="")
    assert not catalogue.has_administrator(at=NOON)  # nobody can come in by it
    catalogue.set_password(root.id, "argon2")
    assert catalogue.has_administrator(at=NOON)
    catalogue.set_disabled(root.id, at=NOON)
    assert not catalogue.has_administrator(at=NOON)
