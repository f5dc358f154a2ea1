import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import graph as module
from pipeline.graph import At, Graph, Task, key
from pipeline.results import Results


def shout(at: At, *, text: str) -> str:
    at.put(text.upper(), "loud")
    return text + at.context["ending"]


def join(at: At, *, of: tuple[str, ...]) -> str:
    return " ".join(at.get(task, "loud") for task in of)


def fail(at: At, *, gate: threading.Event | None = None) -> None:
    if gate is not None:
        gate.wait(20)
    raise ValueError("no such stone")


def begin(at: At, *, begun: list[int], number: int, gate: threading.Event) -> None:
    begun.append(number)
    gate.wait(20)


def leave(at: At, *, path: Path) -> int:
    path.write_text("left")
    return 4


def _words(count: int) -> list[Task]:
    return [Task(shout, key("shout", f"word {number}"), {"text": f"word {number}"}) for number in range(count)]


@pytest.fixture(params=["none", "threads"])
def executor(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor | None]:
    if request.param == "none":
        yield None
        return
    with ThreadPoolExecutor(3) as pool:
        yield pool


def _graph(folder: Path, executor: ThreadPoolExecutor | None, context: Any = None, ahead: int = 4) -> Graph:
    return Graph(Results(str(folder)), context or {"ending": "!"}, executor, ahead=ahead)


def test_receipts_come_in_the_order_of_tasks(executor: ThreadPoolExecutor | None, tmp_path: Path) -> None:
    graph = _graph(tmp_path, executor)
    tasks = _words(20)
    assert graph.run(tasks) == [f"word {number}!" for number in range(20)]
    last = Task(join, key("join"), {"of": (tasks[3].key, tasks[1].key)})
    assert graph.run([last]) == ["WORD 3 WORD 1"]
    assert (dict(graph.done), dict(graph.known)) == ({"shout": 20, "join": 1}, {})
    graph.close()


def test_what_is_known_is_not_run(executor: ThreadPoolExecutor | None, tmp_path: Path) -> None:
    first = _graph(tmp_path, executor)
    first.run(_words(5))
    first.close()
    again = _graph(tmp_path, executor)
    assert again.run(_words(7)) == [f"word {number}!" for number in range(7)]
    assert (again.done["shout"], again.known["shout"]) == (2, 5)
    again.close()


def test_a_task_whose_file_is_gone_is_run_again(executor: ThreadPoolExecutor | None, tmp_path: Path) -> None:
    path = tmp_path / "left"
    task = Task(leave, key("leave"), {"path": path}, lambda size: path.is_file() and path.stat().st_size == size)
    graph = _graph(tmp_path / "results", executor)
    assert graph.run([task]) == [4]
    assert graph.run([task]) == [4]
    assert (graph.done["leave"], graph.known["leave"]) == (1, 1)
    for harm in (path.unlink, lambda: path.write_text("le")):
        harm()
        assert graph.run([task]) == [4]
        assert path.read_text() == "left"
    assert graph.done["leave"] == 3
    graph.close()


def test_an_error_comes_out_as_it_is_and_what_was_done_before_stays(
    executor: ThreadPoolExecutor | None, tmp_path: Path
) -> None:
    graph = _graph(tmp_path, executor, ahead=1)
    with pytest.raises(ValueError, match="no such stone"):
        graph.run([*_words(3), Task(fail, key("fail"), {}), *_words(9)])
    assert all(Results(str(tmp_path)).has(task.key) for task in _words(3))
    assert not Results(str(tmp_path)).has(key("fail"))
    graph.close()


def test_after_an_error_what_runs_is_waited_for_and_the_rest_is_not_begun(tmp_path: Path) -> None:
    begun: list[int] = []
    gate, ended = threading.Event(), threading.Event()

    def tasks() -> Iterator[Task]:
        yield Task(fail, key("fail"), {"gate": gate})
        for number in range(50):
            yield Task(begin, key("begin", number), {"begun": begun, "number": number, "gate": ended})
        # One worker fails now, the other is at its first task, and the rest wait.
        gate.set()

    class Watched(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
            future = super().submit(*arguments, **named)
            future.add_done_callback(lambda done: ended.set() if done.cancelled() else None)
            return future

    with Watched(2) as pool:
        graph = _graph(tmp_path, pool, ahead=100)
        with pytest.raises(ValueError, match="no such stone"):
            graph.run(tasks())
        assert ended.is_set()
    assert len(begun) < 50
    graph.close()


def test_tasks_are_taken_from_their_source_as_workers_come_free(tmp_path: Path) -> None:
    taken: list[int] = []
    most: list[int] = []

    def tasks() -> Iterator[Task]:
        for number, task in enumerate(_words(30)):
            taken.append(number)
            most.append(len(taken) - sum(Results(str(tmp_path)).has(each.key) for each in _words(number)))
            yield task

    with ThreadPoolExecutor(2) as pool:
        graph = _graph(tmp_path, pool, ahead=4)
        graph.run(tasks())
    assert max(most) <= 5
    graph.close()


def test_a_run_in_the_same_folder_has_its_own_context(tmp_path: Path) -> None:
    first = _graph(tmp_path, None, {"ending": "!"})
    second = _graph(tmp_path, None, {"ending": "?"})
    assert second.run(_words(1)) == ["word 0?"]
    assert first.run([Task(shout, key("other"), {"text": "stone"})]) == ["stone!"]
    # As in a worker, which reads them from the folder.
    module._contexts.clear()
    assert second.run([Task(shout, key("third"), {"text": "stone"})]) == ["stone?"]
    second.close()
    assert not module._contexts


def test_values_have_the_digest_of_their_bytes_and_can_be_read_by_their_task(tmp_path: Path) -> None:
    graph = _graph(tmp_path, None)
    digests: list[str] = []

    def put(at: At, *, value: object) -> None:
        digests.append(at.put(value))

    graph.run([Task(put, key("put", at), {"value": value}) for at, value in enumerate((1, 2, 1))])
    assert digests[0] == digests[2] != digests[1]
    graph.close()


def test_a_digest_tells_arrays_apart_and_no_array_is_copied_for_it(tmp_path: Path) -> None:
    at = At(None, Results(str(tmp_path)), "task")
    array = np.arange(6, dtype=np.float32)
    digests = {at.put(value) for value in (array, array.reshape(2, 3), array.astype(np.float64), array[:5].copy())}
    assert len(digests) == 4
    assert at.put(array.copy()) == at.put(array) in digests
    assert np.shares_memory(np.frombuffer(at.values[""][1], np.float32), array)
    Results(str(tmp_path)).close()


def test_keys_differ_by_every_part_and_by_where_one_ends() -> None:
    parts: list[tuple[object, ...]] = [
        ("a", "b"),
        ("ab",),
        ("a", ("b",)),
        ("a", 1),
        ("a", "1"),
        ("a", 1.0),
        ("a", b"1"),
    ]
    assert len({key(*each) for each in parts}) == len(parts)
    assert key("a", 0.1) == key("a", 0.1)
