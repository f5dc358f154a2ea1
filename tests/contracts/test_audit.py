"""The audit log of every catalogue: what adds to it, and that nothing of it can be changed unseen."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scenes.audit import NOTHING, WHENCE, WHO, Anchor, Verifier, sealable
from scenes.errors import Conflict
from scenes.model import Account, Actor, KeyKind, Role, Visibility
from scenes.ports import Put, Remove, Step, Taking
from tests.contracts.samples import NOON, after, asset, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contracts.conftest import AnyCatalogue


@contextmanager
def coming_from(address: str, who: str = "") -> Iterator[None]:
    whence, name = WHENCE.set(sealable(address, "5a17")), WHO.set(who)
    yield
    WHENCE.reset(whence)
    WHO.reset(name)


def entries(catalogue: AnyCatalogue) -> list:
    return list(catalogue.entries(after=0, first=100))


def test_an_empty_log_has_no_last_entry(catalogue):
    assert catalogue.last_entry() == NOTHING
    assert entries(catalogue) == []


def test_what_is_noted_is_there_with_who_and_from_where(catalogue):
    with coming_from("198.51.100.7", "ada"):
        catalogue.note("export", at=NOON, subject="tree", detail={"files": 3})
    catalogue.note("sign-in.failed", actor="ben\0", at=after(1))
    first, second = entries(catalogue)
    assert (first.number, first.actor, first.action, first.subject) == (1, "ada", "export", "tree")
    assert (first.at, first.address, json.loads(first.detail)) == (NOON, "198.51.100.7", {"files": 3})
    assert (second.number, second.actor, second.address, second.seal) == (2, "ben?", "", "")
    assert catalogue.last_entry() == Anchor(2, second.hash)
    assert Verifier([Anchor(1, first.hash), Anchor(2, second.hash)]).faults([first, second]) == []
    assert list(catalogue.entries(after=1, first=1)) == [second]


def test_a_revision_adds_an_entry_and_one_that_fails_adds_none(catalogue):
    with coming_from("198.51.100.7"):
        catalogue.commit([Put(scene()), Put(asset())], author="ada", reason="arranged", at=NOON)
    with pytest.raises(Conflict):
        catalogue.commit([Put(scene())], author="ben", reason="", at=NOON, expected={scene().id: 7})
    (entry,) = entries(catalogue)
    assert (entry.actor, entry.subject, entry.address) == ("ada", "revision 1", "198.51.100.7")
    assert json.loads(entry.detail)["records"] == {"scene": 1, "asset": 1}


def test_who_may_see_something_is_told_before_and_after(catalogue):
    thing = replace(asset(), visibility=Visibility.DRAFT, rights="", title='a "visibility":"public" lie')
    catalogue.commit([Put(thing)], author="ada", reason="", at=NOON)
    shown = replace(thing, visibility=Visibility.PUBLIC, rights="https://example.org/cc0", finest=0.005)
    catalogue.commit([Put(shown)], author="ada", reason="", at=NOON)
    catalogue.commit([Put(replace(shown, title="b"))], author="ada", reason="", at=NOON)
    catalogue.commit([Remove(shown)], author="ada", reason="", at=NOON)
    found = [(each.action, json.loads(each.detail).get("access")) for each in entries(catalogue)]
    assert found == [
        ("revision.changed", None),
        (
            "revision.rights",
            {
                thing.id: {
                    "finest": [0.0, 0.005],
                    "rights": ["", "https://example.org/cc0"],
                    "visibility": ["draft", "public"],
                }
            },
        ),
        ("revision.changed", None),
        ("revision.changed", None),
    ]


def test_an_entry_tells_what_its_revision_wrote(catalogue):
    thing = asset()
    catalogue.commit([Put(scene()), Put(thing)], author="ada", reason="arranged", at=NOON)
    catalogue.commit([Put(replace(thing, title="b")), Remove(scene())], author="ada", reason="", at=after(1))
    catalogue.commit([Put(thing), Put(scene())], author="ada", reason="", at=after(2), taking=Taking(Step.UNDO, 2))
    told = {each.subject: json.loads(each.detail)["digest"] for each in entries(catalogue)}
    kept = catalogue.digests(after=0, first=100)
    assert {f"revision {number}": digest for number, digest in kept.items()} == told
    assert len(set(kept.values())) == 3
    assert dict(catalogue.digests(after=1, first=1)) == {2: kept[2]}


def test_keys_accounts_and_roles_add_entries(catalogue):
    catalogue.add_account(Account("account_1", "Ada", Role.MEMBER, NOON, False), password="x", by="root")
    ada = Actor("Ada", Role.MEMBER, account="account_1")
    with coming_from("198.51.100.7", "root"):
        catalogue.add_token("a" * 64, ada, expires_at=None, once=False, at=NOON)
        catalogue.add_token("a" * 64, ada, expires_at=None, once=False, at=NOON)
        catalogue.add_token("b" * 64, ada, expires_at=None, once=False, at=NOON, kind=KeyKind.SESSION)
        catalogue.end_token("a" * 16, at=NOON)
        catalogue.end_token("a" * 16, at=NOON)
    catalogue.give_role("account_1", Role.CURATOR, by="root", at=NOON)
    catalogue.give_role("account_1", Role.CURATOR, by="root", at=NOON)
    catalogue.spend("c" * 64, expires_at=after(60), at=NOON)
    assert [(each.action, each.actor, each.subject) for each in entries(catalogue)] == [
        ("account.made", "root", "account_1"),
        ("token.made", "root", "a" * 16),
        ("sign-in", "Ada", "b" * 16),
        ("token.ended", "root", "a" * 16),
        ("role.given", "root", "account_1"),
    ]
    assert "a" * 17 not in "".join(each.detail for each in entries(catalogue))


def test_many_who_write_at_once_make_one_chain(catalogue):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: catalogue.note("export", actor=str(n), at=NOON), range(24)))
    verifier = Verifier([catalogue.last_entry()])
    assert verifier.faults(entries(catalogue)) == []
    assert (verifier.last.number, verifier.missing()) == (24, [])


def test_addresses_are_forgotten_and_the_chain_stays_whole(catalogue):
    for second in range(4):
        with coming_from(f"198.51.100.{second}"):
            catalogue.note("export", at=after(second))
    assert catalogue.forget_addresses(before=after(2)) == 2
    assert catalogue.forget_addresses(before=after(2)) == 0
    found = entries(catalogue)
    assert [each.address for each in found] == ["", "", "198.51.100.2", "198.51.100.3"]
    verifier = Verifier()
    assert (verifier.faults(found), verifier.forgotten) == ([], 2)


def test_a_log_is_carried_and_goes_on(catalogue):
    for second in range(3):
        catalogue.note("export", actor="ada", at=after(second))
    told = entries(catalogue)
    catalogue.carry(told)
    catalogue.note("import", actor="ada", at=after(9))
    assert entries(catalogue)[:3] == told
    assert Verifier().faults(entries(catalogue)) == []
    with pytest.raises(Conflict):
        catalogue.carry([*told, replace(told[0], number=4, hash="0" * 64)])
