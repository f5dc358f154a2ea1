import gc

import pytest

from pipeline import memory


def test_what_was_there_is_out_of_the_collectors_sight_for_a_while() -> None:
    before = gc.get_freeze_count()
    with memory.at_hand():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0


def test_it_is_the_collectors_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="stone"), memory.at_hand():
        raise ValueError("no such stone")
    assert gc.get_freeze_count() == 0
