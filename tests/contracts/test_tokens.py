from concurrent.futures import ThreadPoolExecutor

from scenes.model import Actor, Role
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
