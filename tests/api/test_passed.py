from api.passed import LONGEST, Passed


def test_a_text_that_passed_is_known_until_others_take_its_place() -> None:
    passed = Passed(most=2)
    passed.add("{ a }")
    passed.add("{ b }")
    assert "{ a }" in passed
    passed.add("{ c }")
    assert [text in passed for text in ("{ a }", "{ b }", "{ c }", "{ d }")] == [True, False, True, False]


def test_a_long_text_is_not_kept() -> None:
    passed = Passed()
    passed.add(" " * (LONGEST + 1))
    assert " " * (LONGEST + 1) not in passed
