"""What may stand over somebody's head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.room_names import MAX_NAME, BadName, chosen_name, is_room


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ada", "Ada"),
        ("  Ada   of Delos ", "Ada of Delos"),
        ("Zoe\u0308", "Zoë"),
        ("Ἀσπασία", "Ἀσπασία"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("👩\u200d🏫", "👩\u200d🏫"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("'; DROP TABLE visitors", "'; DROP TABLE visitors"),
        ("Nguyễn", "Nguyễn"),
        ("7", "7"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
    ],
)
def test_names_of_people_are_shown_as_they_wrote_them(given, shown):
    assert chosen_name(given) == shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * (MAX_NAME + 1),
        "x" * 100_000,
        "Ada\n",
        "Ada\x00",
        "A\x1b[31mda",
        "\u202eadA",  # right-to-left override: reads as another name
        "Ada\u2066",
        "\u200b",
        "\u200d\u200d",
        "\u200dAda",
        "Ada\u200d\u200dBen",
        "Ada\u2028Ben",
        "Ada\u00a0Ben",
        "\ue000",
        "\U000e0041",
        "a" + "\u0335" * 4,
        "\u0301",
        "...",
    ],
)
def test_what_would_show_nothing_or_write_over_others_is_refused(name):
    with pytest.raises(BadName):
        chosen_name(name)


@given(st.text(max_size=60))
def test_a_name_that_is_shown_is_its_own_shown_name(text):
    try:
        name = chosen_name(text)
    except BadName:
        return
    assert chosen_name(name) == name
    assert 1 <= len(name) <= MAX_NAME
    assert name.isprintable() or "\u200c" in name or "\u200d" in name


def test_rooms_are_named_by_letters_digits_and_two_signs():
    assert all(map(is_room, ("a", "Tour_1-b", "x" * 64)))
    assert not any(map(is_room, ("", "a b", "ä", "a/b", "x" * 65, "a\n", "٣")))
