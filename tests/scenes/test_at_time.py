from __future__ import annotations

import pytest

from scenes.at_time import Moment, resolve
from scenes.errors import Invalid, NotFound
from scenes.model import Hypothesis, Placement, Scene, Viewpoint, Visibility
from timeline.errors import EdtfError
from timeline.interval import Certainty


def scene(preferred: str = "") -> Scene:
    return Scene(
        id="scene_1",
        title="Sanctuary",
        description="",
        default_moment="-0430",
        visibility=Visibility.PUBLIC,
        viewpoint=Viewpoint((0, 2, 10), (0, 0, 0)),
        default_hypothesis=preferred,
    )


def placement(name: str, existence: str, hypothesis: str = "") -> Placement:
    return Placement(name, "scene_1", "layer_1", f"asset_{name}", name.title(), existence, hypothesis=hypothesis)


def hypothesis(name: str, contrasts: tuple[str, ...] = (), builds_on: str = "") -> Hypothesis:
    return Hypothesis(name, "scene_1", name.title(), "A. Author", "because", contrasts, builds_on)


SITE = [
    placement("shrine", "-0599~/-0479"),
    placement("temple", "-0446/-0429-06-30"),
    placement("enlarged", "-0429-07-01/0390"),
    placement("grove", "../0390"),
    placement("church", "0500/"),
    placement("roof", "1985-04-12/.."),
]


def standing(moment: Moment) -> dict[str, str]:
    return {each.placement.id: each.certainty.value for each in moment.standing}


def at(time: str, minimum: Certainty = Certainty.POSSIBLE) -> dict[str, str]:
    return standing(resolve(scene(), SITE, [], at=time, minimum=minimum))


def test_a_boundary_belongs_to_the_later_state() -> None:
    assert at("-0429-06-30") == {"grove": "certain", "temple": "certain"}
    assert at("-0429-07-01") == {"grove": "certain", "enlarged": "certain"}
    exact = [placement("before", "../1985-04-11"), placement("after", "1985-04-12/..")]
    assert standing(resolve(scene(), exact, [], at="1985-04-11")) == {"before": "certain"}
    assert standing(resolve(scene(), exact, [], at="1985-04-12")) == {"after": "certain"}


def test_a_question_over_a_range_is_certain_of_what_stood_all_through_it() -> None:
    assert at("-0440/-0435") == {"grove": "certain", "temple": "certain"}
    assert at("-0440/-0428") == {"grove": "certain", "temple": "possible", "enlarged": "possible"}


def test_a_question_over_a_set_asks_of_each_of_its_days() -> None:
    assert at("[-0500,-0440]") == {"grove": "certain", "shrine": "possible", "temple": "possible"}
    assert at("{-0470,-0440}") == {"grove": "certain", "temple": "possible"}


def test_within_the_year_of_its_beginning_a_thing_is_possible() -> None:
    assert at("-0446") == {"grove": "certain", "temple": "possible"}
    assert at("-0445") == {"grove": "certain", "temple": "certain"}


def test_minimum_certainty_leaves_out_what_is_only_possible() -> None:
    assert at("-0446", Certainty.CERTAIN) == {"grove": "certain"}


def test_an_unknown_end_is_never_certain_and_an_open_one_is() -> None:
    assert at("2020") == {"church": "possible", "roof": "certain"}


def test_before_and_after_everything_nothing_or_the_open_ended_stands() -> None:
    assert at("Y-20000") == {"grove": "certain"}
    assert standing(resolve(scene(), SITE[:3], [], at="2020")) == {}


def test_without_a_time_the_scenes_default_moment_is_meant() -> None:
    moment = resolve(scene(), SITE, [], at="")
    assert (str(moment.at), set(standing(moment))) == ("-0430", {"grove", "temple"})


def test_what_stands_comes_in_order_of_ids() -> None:
    moment = resolve(scene(), SITE[::-1], [], at="-0440/-0428")
    assert [each.placement.id for each in moment.standing] == ["enlarged", "grove", "temple"]


def test_reasons_say_why() -> None:
    reasons = {each.placement.id: each.reason for each in resolve(scene(), SITE, [], at="-0446").standing}
    assert reasons == {
        "grove": "stood all through the time asked about (../0390)",
        "temple": "may not have begun yet (-0446/-0429-06-30)",
    }
    (church,) = [each for each in resolve(scene(), SITE, [], at="1000").standing if each.placement.id == "church"]
    assert church.reason == "its end is not known (0500/)"
    (both,) = resolve(scene(), [placement("x", "1200", "h")], [hypothesis("h")], at="1199/1201").standing
    assert both.reason == (
        "was not there yet at the beginning of the time asked about; "
        "was gone before the end of the time asked about (1200); by the hypothesis “H”"
    )


RIVALS = [hypothesis("flat", ("gabled",)), hypothesis("gabled")]
ROOFS = [
    placement("flat_roof", "../..", "flat"),
    placement("gabled_roof", "../..", "gabled"),
    placement("wall", "../.."),
]


def test_rivals_never_stand_together_and_the_preferred_one_stands_by_default() -> None:
    for chosen, expected in [
        (None, {"flat_roof", "wall"}),
        ("flat", {"flat_roof", "wall"}),
        ("gabled", {"gabled_roof", "wall"}),
    ]:
        moment = resolve(scene("flat"), ROOFS, RIVALS, at="-0430", hypothesis=chosen)
        assert set(standing(moment)) == expected
        assert moment.hypothesis is not None
        assert moment.hypothesis.id == (chosen or "flat")


def test_of_rivals_without_a_preferred_one_none_stands() -> None:
    moment = resolve(scene(), ROOFS, RIVALS, at="-0430")
    assert set(standing(moment)) == {"wall"}
    assert (moment.hypothesis, moment.active) == (None, frozenset())


def test_what_the_choice_builds_on_counts_too() -> None:
    chain = [
        hypothesis("painted", builds_on="gabled"),
        hypothesis("gabled", ("flat",), builds_on="survey"),
        hypothesis("flat"),
        hypothesis("survey"),
    ]
    assert resolve(scene("flat"), [], chain, at="0001", hypothesis="painted").active == {"painted", "gabled", "survey"}
    # "painted" has no rivals, but what it builds on does not count here.
    assert resolve(scene("flat"), [], chain, at="0001").active == {"flat", "survey"}


def test_the_preferred_one_counts_where_the_choice_touches_no_rivalry_of_it() -> None:
    both = [*RIVALS, hypothesis("north", ("south",)), hypothesis("south"), hypothesis("well")]
    assert resolve(scene("flat"), [], both, at="0001", hypothesis="south").active == {"flat", "south", "well"}
    assert resolve(scene("flat"), [], both, at="0001", hypothesis="gabled").active == {"gabled", "well"}
    assert resolve(scene("flat"), [], both, at="0001", hypothesis="well").active == {"flat", "well"}


def test_the_preferred_one_does_not_count_in_a_rivalry_that_the_choice_touches() -> None:
    three = [hypothesis("a", ("b",)), hypothesis("b", ("c",)), hypothesis("c")]
    # a and c do not contradict each other directly, but belong to one question.
    assert resolve(scene("a"), [], three, at="0001", hypothesis="c").active == {"c"}


def test_a_choice_that_builds_on_its_own_rival_shows_one_of_them() -> None:
    odd = [hypothesis("a", ("b",), builds_on="b"), hypothesis("b")]
    assert resolve(scene(), [], odd, at="0001", hypothesis="a").active == {"a"}


def test_circles_of_building_on_end() -> None:
    circle = [
        hypothesis("a", builds_on="b"),
        hypothesis("b", builds_on="c"),
        hypothesis("c", ("d",), "a"),
        hypothesis("d"),
    ]
    assert resolve(scene(), [], circle, at="0001", hypothesis="a").active == {"a", "b", "c"}
    assert resolve(scene(), [], circle, at="0001", hypothesis="d").active == {"d"}
    free = [hypothesis("a", builds_on="b"), hypothesis("b", builds_on="a"), hypothesis("self", ("self",), "self")]
    assert resolve(scene(), [], free, at="0001").active == {"a", "b", "self"}


def test_references_to_nothing_are_passed_over() -> None:
    loose = [hypothesis("a", ("gone",), builds_on="gone")]
    moment = resolve(scene("gone"), [placement("x", "../..", "gone")], loose, at="0001")
    assert (moment.active, standing(moment), moment.hypothesis) == ({"a"}, {}, None)


def test_an_unknown_hypothesis_is_not_found() -> None:
    with pytest.raises(NotFound, match="'other'"):
        resolve(scene(), SITE, RIVALS, at="-0430", hypothesis="other")


def test_bad_times_and_bad_certainties_are_refused() -> None:
    with pytest.raises(EdtfError):
        resolve(scene(), SITE, [], at="430 BC")
    with pytest.raises(Invalid):
        resolve(scene(), SITE, [], at="-0430", minimum=Certainty.NO)
