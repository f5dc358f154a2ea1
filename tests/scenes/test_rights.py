from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scenes.cleared import Cleared
from scenes.errors import Forbidden, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Actor, Grant, Role, Scene, Scope, Visibility
from scenes.ports import Put
from scenes.rights import Action, Decision, Keeping, clearance, finest_for, keeping, may, require, seen, works
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from tests.contracts.samples import asset, exhibition, job, layer, placement, scene

VISITOR, MEMBER, CURATOR, EDITOR, ADMINISTRATOR = (Actor(role.value, role) for role in Role)
EVERYBODY = (VISITOR, MEMBER, CURATOR, EDITOR, ADMINISTRATOR)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PUBLIC = (scene(), asset(), replace(exhibition(), visibility=Visibility.PUBLIC))
DRAFTS = tuple(replace(record, visibility=Visibility.DRAFT) for record in PUBLIC)


@pytest.mark.parametrize("record", PUBLIC)
def test_everybody_sees_what_is_public(record):
    assert all(may(actor, Action.SEE, record) for actor in (ANONYMOUS, *EVERYBODY))


@pytest.mark.parametrize("record", DRAFTS)
def test_only_those_who_work_on_it_see_a_draft(record):
    assert [bool(may(actor, Action.SEE, record)) for actor in EVERYBODY] == [False, False, True, True, True]


@pytest.mark.parametrize("record", [replace(record, visibility=Visibility.MEMBERS) for record in PUBLIC])
def test_members_see_what_is_for_them(record):
    assert [bool(may(actor, Action.SEE, record)) for actor in EVERYBODY] == [False, True, True, True, True]


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
    assert [may(actor, Action.SEE, limited).finest for actor in EVERYBODY] == [0.005, 0.0, 0.0, 0.0, 0.0]
    assert [bool(may(actor, Action.DOWNLOAD, limited)) for actor in EVERYBODY] == [False, True, True, True, True]
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
        (Action.EDIT, [False, False, True, True, True]),
        (Action.PUBLISH, [False, False, True, True, True]),
        (Action.ADMINISTER, [False, False, False, False, True]),
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


def test_what_is_not_for_somebody_is_answered_as_if_it_did_not_exist():
    catalogue = MemoryCatalogue()
    draft = replace(scene(), visibility=Visibility.DRAFT)
    catalogue.commit([Put(draft)], author="ada", reason="", at=NOON)
    answers = []
    for name in (draft.id, "scene_none"):
        with pytest.raises(NotFound) as caught:
            seen(Cleared(catalogue, SceneTables(), VISITOR).get(Scene, name), "scene")
        answers.append(str(caught.value))
    assert answers == ["there is no scene"] * 2
    assert seen(Cleared(catalogue, SceneTables(), CURATOR).get(Scene, draft.id), "scene") == draft


def test_where_curators_do_not_publish_an_editor_in_chief_does():
    bound = replace(CURATOR, publishes=False)
    assert may(bound, Action.EDIT)
    assert "editor-in-chief" in may(bound, Action.PUBLISH).reason
    assert may(replace(EDITOR, publishes=False), Action.PUBLISH)
    assert may(replace(ADMINISTRATOR, publishes=False), Action.PUBLISH)


@pytest.mark.parametrize("scope", Scope)
def test_a_token_is_for_what_its_scopes_say(scope):
    needed = {
        Action.SEE: Scope.READ,
        Action.DOWNLOAD: Scope.READ,
        Action.DEPOSIT: Scope.INGEST,
        Action.EDIT: Scope.EDIT,
        Action.PUBLISH: Scope.PUBLISH,
        Action.ADMINISTER: Scope.ADMINISTER,
    }
    holder = replace(ADMINISTRATOR, scopes=frozenset({scope}))
    assert needed.keys() == set(Action)
    for action, asked in needed.items():
        assert bool(may(holder, action, DRAFTS[1])) is (asked is scope), action
    assert may(holder, Action.SEE, PUBLIC[0])
    assert clearance(holder) is (Visibility.DRAFT if scope is Scope.READ else Visibility.PUBLIC)
    assert finest_for(holder, replace(asset(), finest=0.1)) == (0.0 if scope is Scope.READ else 0.1)


def granted(role, **more):
    return Actor("ines", Role.VISITOR, (Grant("exhibition_a", "scene_a", role),), **more)


HERE = (scene(), layer(), placement("p"), exhibition())
THERE = (scene("scene_b"), layer("layer_b", of="scene_b"), placement("q", of="scene_b"), exhibition("exhibition_b"))


def test_a_role_in_an_exhibition_counts_there_and_nowhere_else():
    ines = granted(Role.CURATOR)
    assert [bool(may(ines, Action.EDIT, each)) for each in HERE] == [True] * 4
    assert [bool(may(ines, Action.EDIT, each)) for each in (*THERE, None)] == [False] * 5
    # Another exhibition of the same scene is not theirs to change, though they see it.
    other = exhibition("exhibition_b", of="scene_a")
    assert not may(ines, Action.EDIT, other)
    assert may(ines, Action.SEE, replace(other, visibility=Visibility.DRAFT))
    assert not may(ines, Action.SEE, replace(THERE[0], visibility=Visibility.DRAFT))
    assert may(ines, Action.EDIT, scenes=("scene_a",))
    assert not may(ines, Action.EDIT, scenes=("scene_b",))
    assert not may(ines, Action.ADMINISTER, HERE[0])
    assert clearance(ines) is Visibility.PUBLIC
    assert clearance(ines, scene="scene_a") is Visibility.DRAFT
    assert works(ines, Action.DEPOSIT)
    assert not works(granted(Role.MEMBER), Action.DEPOSIT)
    assert clearance(granted(Role.MEMBER), scene="scene_a") is Visibility.MEMBERS


def test_who_publishes_an_exhibition():
    show = exhibition()
    assert may(granted(Role.EDITOR_IN_CHIEF, publishes=False), Action.PUBLISH, show)
    assert may(granted(Role.CURATOR), Action.PUBLISH, show)
    assert not may(granted(Role.CURATOR, publishes=False), Action.PUBLISH, show)
    assert not may(granted(Role.EDITOR_IN_CHIEF), Action.PUBLISH, THERE[3])


def test_a_role_in_an_exhibition_shows_drafts_there_and_lifts_no_limit():
    ines = granted(Role.CURATOR)
    draft = replace(asset(), visibility=Visibility.DRAFT, created_by="ben", rights="")
    assert not may(ines, Action.SEE, draft)
    assert may(ines, Action.SEE, draft, scenes=("scene_a",))
    assert not may(ines, Action.SEE, draft, scenes=("scene_b",))
    assert not may(ines, Action.EDIT, draft, scenes=("scene_a",))
    assert not may(ines, Action.SEE, replace(draft, embargo=NOON), scenes=("scene_a",))
    assert may(ines, Action.SEE, replace(draft, finest=0.1), scenes=("scene_a",)).finest == 0.1
    assert not may(ines, Action.DOWNLOAD, draft, scenes=("scene_a",))


def test_what_somebody_deposited_is_theirs_while_they_work_here():
    own = replace(asset(), visibility=Visibility.DRAFT, created_by="ines", embargo=NOON, finest=0.1)
    ines = granted(Role.CURATOR)
    assert may(ines, Action.SEE, own) == Decision(True, "who deposits a thing sees it")
    assert may(ines, Action.EDIT, own)
    assert may(ines, Action.DOWNLOAD, own)
    for left in (Actor("ines", Role.VISITOR), granted(Role.MEMBER)):
        assert not may(left, Action.SEE, own)
        assert not may(left, Action.EDIT, own)
