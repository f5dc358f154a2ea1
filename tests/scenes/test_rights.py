from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scenes.errors import Forbidden, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Actor, Role, Visibility
from scenes.rights import Action, Keeping, keeping, may, require, seen
from tests.contracts.samples import asset, exhibition, job, placement, scene

VISITOR, MEMBER, CURATOR, ADMINISTRATOR = (Actor(role.value, role) for role in Role)
EVERYBODY = (VISITOR, MEMBER, CURATOR, ADMINISTRATOR)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PUBLIC = (scene(), asset(), replace(exhibition(), visibility=Visibility.PUBLIC))
DRAFTS = tuple(replace(record, visibility=Visibility.DRAFT) for record in PUBLIC)


@pytest.mark.parametrize("record", PUBLIC)
def test_everybody_sees_what_is_public(record):
    assert all(may(actor, Action.SEE, record) for actor in (ANONYMOUS, *EVERYBODY))


@pytest.mark.parametrize("record", DRAFTS)
def test_only_those_who_work_on_it_see_a_draft(record):
    assert [bool(may(actor, Action.SEE, record)) for actor in EVERYBODY] == [False, False, True, True]


@pytest.mark.parametrize("record", [replace(record, visibility=Visibility.MEMBERS) for record in PUBLIC])
def test_members_see_what_is_for_them(record):
    assert [bool(may(actor, Action.SEE, record)) for actor in EVERYBODY] == [False, True, True, True]


def test_an_audience_that_cannot_be_read_is_nobodys():
    assert Visibility("everyone and his dog") is Visibility.DRAFT


def test_an_embargo_ends_for_who_knows_the_time():
    shut = replace(asset(), embargo=NOON)
    for actor in (VISITOR, MEMBER):
        assert not may(actor, Action.SEE, shut)
        assert not may(actor, Action.SEE, shut, at=NOON - timedelta(seconds=1))
        assert may(actor, Action.SEE, shut, at=NOON)
    assert may(CURATOR, Action.SEE, shut)


def test_visitors_get_what_is_limited_in_part_and_not_the_deposited_file():
    limited = replace(asset(), finest=0.005, rights="https://creativecommons.org/licenses/by/4.0/")
    assert [may(actor, Action.SEE, limited).finest for actor in EVERYBODY] == [0.005, 0.0, 0.0, 0.0]
    assert [bool(may(actor, Action.DOWNLOAD, limited)) for actor in EVERYBODY] == [False, True, True, True]
    assert may(VISITOR, Action.SEE, replace(limited, finest=float("nan"))).finest == float("inf")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Keeping.FOR_NOW),
        ({"rights": "https://creativecommons.org/licenses/by/4.0/"}, Keeping.FOR_GOOD),
        ({"rights": "https://creativecommons.org/licenses/by/4.0/", "embargo": NOON}, Keeping.FOR_NOW),
        ({"rights": "https://creativecommons.org/licenses/by/4.0/", "finest": 0.1}, Keeping.FOR_NOW),
        ({"embargo": NOON + timedelta(1)}, Keeping.OWN),
        ({"visibility": Visibility.MEMBERS}, Keeping.OWN),
    ],
)
def test_copies_are_kept_for_good_of_what_cannot_be_taken_back(change, expected):
    assert keeping(replace(asset(), **{"rights": "", **change}), NOON) is expected


@pytest.mark.parametrize("record", [placement("p"), job(), None])
def test_what_has_no_visibility_of_its_own_is_not_for_visitors(record):
    assert not may(VISITOR, Action.SEE, record)
    assert not may(MEMBER, Action.SEE, record)
    assert may(CURATOR, Action.SEE, record)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.EDIT, [False, False, True, True]),
        (Action.PUBLISH, [False, False, True, True]),
        (Action.ADMINISTER, [False, False, False, True]),
    ],
)
def test_what_each_role_may_do(action, expected):
    assert [bool(may(actor, action)) for actor in EVERYBODY] == expected


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ("", False),
        ("http://rightsstatements.org/vocab/InC/1.0/", False),
        ("http://creativecommons.org/publicdomain/zero/1.0/", True),
        ("https://creativecommons.org/licenses/by/4.0/", True),
        ("https://creativecommons.org.example.net/", False),
    ],
)
def test_visitors_download_only_what_a_licence_lets_us_pass_on(rights, expected):
    public = replace(asset(), rights=rights)
    assert bool(may(VISITOR, Action.DOWNLOAD, public)) is expected
    assert not may(VISITOR, Action.DOWNLOAD, replace(public, visibility=Visibility.DRAFT))
    assert may(CURATOR, Action.DOWNLOAD, public)


def test_a_refusal_says_why():
    assert "curator" in may(VISITOR, Action.EDIT).reason
    assert "scene_a" in may(VISITOR, Action.SEE, DRAFTS[0]).reason


def test_nobody_is_asked_to_sign_in_and_somebody_is_refused():
    with pytest.raises(Unauthorized):
        require(ANONYMOUS, Action.EDIT)
    with pytest.raises(Forbidden):
        require(VISITOR, Action.EDIT)
    require(CURATOR, Action.EDIT)


def test_a_draft_is_answered_as_if_it_did_not_exist():
    answers = []
    for record in (DRAFTS[0], None):
        with pytest.raises(NotFound) as caught:
            seen(VISITOR, record, "scene scene_a")
        answers.append(str(caught.value))
    assert answers == ["there is no scene scene_a"] * 2
    assert seen(CURATOR, DRAFTS[0], "scene scene_a") is DRAFTS[0]
