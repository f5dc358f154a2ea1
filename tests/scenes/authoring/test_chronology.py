from __future__ import annotations

from typing import Any

import pytest

from scenes.errors import Contradiction, InUse, NotFound, SceneError
from scenes.model import ChronologyStatement, End, Epoch, Placement, Relation, Source
from tests.scenes.authoring.site import Site, site
from timeline.errors import TimelineError


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
