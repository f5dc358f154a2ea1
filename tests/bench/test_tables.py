from bench import tables


def _row(commit: str, metric: str, value: str) -> dict[str, str]:
    return {"commit": commit, "machine": "m", "contender": "chronotope, Draco", "input": "venus 0.57 M"} | {
        "metric": metric,
        "value": value,
    }


def test_only_the_last_lines_of_one_commit_are_the_last_run():
    rows = [_row("a", "x", "1"), _row("b", "x", "2"), _row("a", "x", "3"), _row("a", "y", "4")]
    assert sorted(tables.last_run(rows).values()) == [3.0, 4.0]


def test_a_figure_that_misses_its_limit_says_so():
    figures = {
        ("chronotope, Draco", "venus 0.57 M", "all levels, positions"): 1.7,
        ("chronotope, meshopt", "venus 0.57 M", "all levels, positions"): 2.9,
    }
    told = tables.all_levels(figures)
    assert "| 1.70 **> 1.60** |" in told
    assert "| 2.90 |" in told  # nothing is asked of the fast coding here


def test_a_level_stands_with_its_bytes_and_times_nexus():
    figures = {
        ("chronotope", "venus 0.57 M", "level of 25%: triangles"): 26.0,
        ("chronotope", "venus 0.57 M", "level of 25%: error"): 80.4,
        ("chronotope, Draco", "venus 0.57 M", "level of 25%: bytes"): 200_000.0,
        ("chronotope, Draco", "venus 0.57 M", "level of 25%: of Nexus's bytes"): 0.82,
    }
    assert tables.rates(figures, "level").splitlines()[-1] == (
        "| venus 0.57 M | chronotope | 25 % | 26.0 % | 80 | – | 200 (0.82) |"
    )


def test_a_speed_stands_beside_the_pace_of_its_minutes_and_what_is_asked_of_it():
    name = "chronotope, meshopt", "venus 0.57 M"
    figures = {(*name, "speed, read to disk"): 0.3, (*name, "speed in terms of that pace"): 0.1234}
    assert "| venus 0.57 M | meshopt | – | 0.30 **< 0.45** | 0.123 |" in tables.speed(figures)
