from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.conftest import pytest_xdist_make_scheduler as scheduler
from tests.sharing import LONGEST, in_order, workers

if TYPE_CHECKING:
    import pytest

TESTS = [
    "tests/a/test_one.py::test_x[a::b]",
    "tests/a/test_one.py::test_y",
    "tests/a/test_one.py::test_z",
    "tests/journeys/test_here.py::test_x",
    "tests/journeys/test_there.py::test_x",
    "tests/journeys/test_looks.py::test_x",
    "tests/journeys/test_stream.py::test_x",
    "tests/b/test_two.py::test_x",
]


class _Worker:
    """A worker as its controller sees it; what it was told to run."""

    shutting_down = False

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.told: list[str] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.told += [TESTS[index] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True


def test_a_file_and_two_units_of_journeys_stay_on_one_worker_in_their_order(pytestconfig: pytest.Config) -> None:
    option = SimpleNamespace(tx=["popen"] * 3, loadscopereorder=True)
    config: Any = SimpleNamespace(option=option, getvalue=lambda name: getattr(option, name))
    shared: Any = scheduler(config, log=_Log())
    of_each = [_Worker(f"gw{number}") for number in range(3)]
    for worker in of_each:
        shared.add_node(worker)
    for worker in of_each:
        shared.add_node_collection(worker, TESTS)
    shared.schedule()
    assert [worker.told for worker in of_each] == [TESTS[:3], [*TESTS[3:5], TESTS[7]], TESTS[5:7]]


def test_the_longest_begin_and_the_others_keep_their_order() -> None:
    items: Any = [SimpleNamespace(nodeid=name) for name in [*TESTS, f"{LONGEST[2]}::test_x"]]
    ordered = [item.nodeid for item in in_order(items)]
    assert ordered == [*TESTS[3:7], f"{LONGEST[2]}::test_x", *TESTS[:3], TESTS[7]]


def test_what_is_called_longest_is_there(pytestconfig: pytest.Config) -> None:
    assert [name for name in LONGEST if not (pytestconfig.rootpath / name).exists()] == []


def test_one_more_is_at_work_than_there_are_cores_but_not_without_end() -> None:
    assert [workers(cores) for cores in (1, 2, 4, 64)] == [2, 3, 5, 8]


class _Log:
    """Says nothing, and so do its children."""

    def __call__(self, *words: object) -> None:
        pass

    def __getattr__(self, name: str) -> _Log:
        return self
