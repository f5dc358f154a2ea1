from __future__ import annotations

from typing import Any

import pytest

from scenes import compose
from scenes.errors import Contradiction, InUse, NotFound, SceneError
from scenes.model import ChronologyStatement, End, Epoch, Hypothesis, Placement, Relation, Source
from tests.scenes.authoring.site import Site, site
from timeline.errors import EdtfError, TimelineError


def say(here: Site, relation: Relation, subject: Any, object: Any = None, **given: Any) -> ChronologyStatement:
    named = {} if object is None else {"object": object.id}
    made: ChronologyStatement = here.create(
        ChronologyStatement, relation=relation, subject=subject.id, **named, **given
    )
    return made


def test_what_cannot_all_be_true_is_refused_with_the_statements_in_words() -> None:
    here = site()
    temple, church, mosque = (here.placed(name, "[-2000..2000]") for name in ("Temple", "Church", "Mosque"))
    say(here, Relation.AFTER, church, temple, source=Source("Rossi 1998"))
    say(here, Relation.AFTER, mosque, church, author="Papadaki")
    before = here.revisions()
    with pytest.raises(Contradiction) as refused:
        say(here, Relation.AFTER, temple, mosque)
    assert refused.value.code == "CONTRADICTION"
    assert "“Church” began when “Temple” was gone (Rossi 1998)" in str(refused.value)
    assert "“Mosque” began when “Church” was gone (Papadaki)" in str(refused.value)
    assert here.revisions() == before


def test_dates_count_and_epochs_are_units_too() -> None:
    here = site()
    classical = here.create(Epoch, title="Classical", existence="-0480/-0323")
    church = here.placed("Church", "0470/0861")
    with pytest.raises(Contradiction, match="“Church”"):
        say(here, Relation.WITHIN, church, classical)
    naos = here.placed("Naos", "-0447/-0432")
    within = say(here, Relation.WITHIN, naos, classical)
    with pytest.raises(Contradiction):
        here.update(Placement, naos, existence="0470/0861")
    with pytest.raises(Contradiction):
        here.update(Epoch, classical, existence="-0600/-0500")
    here.update(Placement, naos, existence="-0440/-0430")
    here.remove(within)
    here.update(Placement, naos, existence="0470/0861")


def test_a_terminus_takes_a_day_or_a_unit() -> None:
    here = site()
    temple = here.placed("Temple", "-0480/0390")
    coin = say(here, Relation.TERMINUS_POST_QUEM, temple, date="-0479", end=End.END)
    assert (coin.date, coin.object, coin.end) == ("-0479", "", End.END)
    with pytest.raises(Contradiction, match="no later than 501 BC"):
        say(here, Relation.TERMINUS_ANTE_QUEM, temple, date="-0500")


@pytest.mark.parametrize(
    ("relation", "given"),
    [
        (Relation.AFTER, {}),
        (Relation.AFTER, {"date": "-0430"}),
        (Relation.TERMINUS_POST_QUEM, {}),
        (Relation.TERMINUS_POST_QUEM, {"date": "then"}),
        (Relation.TERMINUS_POST_QUEM, {"date": "-0430/"}),
        (Relation.AFTER, {"object": "self"}),
        (Relation.AFTER, {"object": "other", "date": "-0430"}),
        (Relation.AFTER, {"object": "other", "end": End.END}),
    ],
)
def test_a_statement_without_meaning_is_refused(relation: Relation, given: dict[str, Any]) -> None:
    here = site()
    temple, other = here.placed("Temple"), here.placed("Other")
    ids = {"self": temple.id, "other": other.id}
    values = given | ({"object": ids[given["object"]]} if "object" in given else {})
    before = here.revisions()
    with pytest.raises((SceneError, TimelineError)) as refused:
        here.create(ChronologyStatement, relation=relation, subject=temple.id, **values)
    assert refused.value.code in {"INVALID", "BAD_TIME", "BAD_EDTF"}
    assert here.revisions() == before


def test_only_placements_and_epochs_of_the_scene_are_spoken_of() -> None:
    here = site()
    temple, far = here.placed("Temple"), here.elsewhere().placed("Far")
    with pytest.raises(NotFound):
        say(here, Relation.AFTER, temple, far)
    with pytest.raises(NotFound):
        here.create(ChronologyStatement, relation=Relation.AFTER, subject=here.layer, object=temple.id)


def test_what_is_spoken_of_stays() -> None:
    here = site()
    early, temple = here.create(Epoch, title="Early", existence="-0700/-0500"), here.placed("Temple", "-0480/0390")
    statement = say(here, Relation.AFTER, temple, early)
    for record in (early, temple):
        with pytest.raises(InUse, match=statement.id):
            here.remove(record)
    here.remove(statement)
    here.remove(early)


def test_what_rivals_say_may_contradict_until_both_count() -> None:
    here = site()
    one = here.create(Hypothesis, title="One", author="A", argument="x")
    two = here.create(Hypothesis, title="Two", author="B", argument="y", contrasts_with=[one.id])
    church = here.placed("Church", "")
    early = here.placed("Early tower", "0900/1000", hypothesis=one.id)
    late = here.placed("Late tower", "1200/1300", hypothesis=two.id)
    say(here, Relation.BEFORE, church, early)
    said = say(here, Relation.AFTER, church, late)
    with pytest.raises(Contradiction, match="“Church” began when “Late tower” was gone"):
        here.update(Placement, late, hypothesis=one.id)
    with pytest.raises(Contradiction):
        here.update(Placement, early, hypothesis=compose.CLEAR)
    with pytest.raises(Contradiction, match="“Church” was gone when “Early tower” began"):
        say(here, Relation.AFTER, church, early)
    here.remove(said)
    here.update(Placement, late, hypothesis=one.id)


def test_what_is_undated_is_placed_and_dated_by_what_is_said() -> None:
    here = site()
    mosque, rule = here.placed("Mosque", ""), here.create(Epoch, title="Somewhen")
    assert (mosque.existence, rule.existence) == ("", "")
    say(here, Relation.WITHIN, mosque, rule)
    say(here, Relation.TERMINUS_POST_QUEM, mosque, date="1458")
    with pytest.raises(Contradiction, match="“Mosque” was made no earlier than 1458"):
        here.update(Epoch, rule, existence="0900/1000")
    here.update(Epoch, rule, existence="0900/1833")
    here.update(Placement, mosque, existence="1500/1600")
    assert here.update(Placement, mosque, existence="").existence == ""
    with pytest.raises(EdtfError, match="no text at all"):
        here.update(Placement, mosque, existence="/")
