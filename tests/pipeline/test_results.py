import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline import results as module
from pipeline.results import Results, pickled

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Results]:
    found = Results(str(tmp_path / "results"))
    yield found
    found.close()


def _put(results: Results, task: str, **values: object) -> None:
    results.put(task, {name: pickled(value) for name, value in values.items()})


def _by_another_process(folder: str, program: str) -> str:
    """Run a program in which `results` are those of the folder."""
    start = f"from pipeline.results import Results, pickled; results = Results({folder!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def _reopened(results: Results) -> Results:
    results.close()
    return Results(results.folder)


def _only(folder: str, ending: str) -> Path:
    (found,) = Path(folder).glob(f"*{ending}")
    return found


def test_values_come_back_each_by_its_name(folder: Results) -> None:
    _put(folder, "a", left=1, right=np.arange(5000), empty=None)
    assert folder.has("a")
    assert not folder.has("b")
    assert folder.get("a", "left") == 1
    assert folder.get("a", "right").tolist() == list(range(5000))
    assert folder.get("a", "empty") is None
    with pytest.raises(KeyError):
        folder.get("b")
    with pytest.raises(KeyError):
        folder.get("a", "middle")


def test_arrays_come_back_as_ones_that_compiled_code_takes(folder: Results) -> None:
    given = [np.arange(7, dtype=np.uint32), np.zeros((0, 3), np.float32), np.arange(12.0).reshape(3, 4)[:, ::2]]
    _put(folder, "a", before="x", arrays=given, after="y")
    for values in (folder.get("a", "arrays"), _reopened(folder).get("a", "arrays")):
        for array, expected in zip(values, given, strict=True):
            assert array.dtype == expected.dtype
            assert np.array_equal(array, expected)
            assert array.flags.writeable
            assert array.flags.aligned
    assert folder.get("a", "after") == "y"


def test_many_names_fit_before_the_values(folder: Results) -> None:
    _put(folder, "a", **{f"a name of some length, number {number}": number for number in range(1000)})
    assert folder.get("a", "a name of some length, number 999") == 999


def test_values_stay_when_the_folder_is_closed_and_opened(folder: Results) -> None:
    _put(folder, "a", x=[1, 2])
    _put(folder, "b", x=[3])
    again = _reopened(folder)
    assert again.has("a")
    assert again.get("b", "x") == [3]


def test_a_kept_value_is_at_hand_until_the_folder_is_closed(folder: Results) -> None:
    value = [1]
    folder.keep("a", "x", value, 10)
    assert folder.get("a", "x") is value
    folder.close()
    with pytest.raises(KeyError):
        folder.get("a", "x")


def test_a_handle_is_pickled_as_its_folder(folder: Results) -> None:
    _put(folder, "a", x=1)
    assert pickle.loads(pickle.dumps(folder)).get("a", "x") == 1


def test_closing_lets_go_of_every_file(folder: Results) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    for number in range(3):
        _put(folder, f"task-{number}", x=number)
        folder = _reopened(folder)
        assert folder.get("task-0", "x") == 0
    folder.close()
    assert set(Path("/proc/self/fd").iterdir()) <= before


def test_processes_read_what_others_have_written_while_all_are_at_work(folder: Results) -> None:
    _put(folder, "ours", x="ours")
    assert not folder.has("theirs")
    program = "results.put('theirs', {'x': pickled(results.get('ours', 'x') + ' and theirs')})"
    _by_another_process(folder.folder, program)
    assert folder.get("theirs", "x") == "ours and theirs"
    assert len(list(Path(folder.folder).glob("*.pack"))) == 2


def test_what_several_processes_write_at_once_is_all_there(folder: Results) -> None:
    program = (
        "import sys; from pipeline.results import Results, pickled\n"
        "for i in range(200): Results(sys.argv[1]).put(f'{sys.argv[2]}-{i}', {'x': pickled([i] * i)})"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, folder.folder, who], cwd=ROOT) for who in ("a", "b", "c")
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert all(folder.get(f"{who}-{i}", "x") == [i] * i for who in "abc" for i in range(200))


def test_a_line_of_the_index_that_is_cut_short_is_not_counted(folder: Results) -> None:
    _put(folder, "a", x=1)
    _put(folder, "b", x=2)
    index = _only(folder.folder, ".index")
    folder.close()
    index.write_bytes(index.read_bytes()[:-3])
    assert folder.has("a")
    assert not folder.has("b")


@pytest.mark.parametrize("line", [b"a 0\n", b"a x y z\n", b"\xff\xfe\n", b"\n", b"a 0 1 2 3\n"])
def test_a_line_that_makes_no_sense_is_passed_over(line: bytes, folder: Results) -> None:
    _put(folder, "b", x=2)
    index = _only(folder.folder, ".index")
    folder.close()
    index.write_bytes(line + index.read_bytes())
    assert not folder.has("a")
    assert folder.get("b", "x") == 2


@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_values_that_are_not_whole_are_found_out_and_can_be_made_again(harm: str, folder: Results) -> None:
    _put(folder, "a", x=1)
    _put(folder, "b", x="some text")
    pack = _only(folder.folder, ".pack")
    folder.close()
    data = pack.read_bytes()
    if harm == "gone":
        pack.unlink()
    else:
        pack.write_bytes(data[:-4] if harm == "cut" else data[:-4] + b"....")
    assert folder.has("a") == (harm != "gone")
    assert not folder.has("b")
    _put(folder, "b", x="some text")
    assert folder.get("b", "x") == "some text"
    # Whoever comes next finds the good one, though the bad one is still told of.
    assert _reopened(folder).get("b", "x") == "some text"
    assert _by_another_process(folder.folder, "print(results.has('b'), results.get('b', 'x'))") == "True some text"


def test_a_new_pack_is_begun_where_one_is_full(folder: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACK_BYTES", 1000)
    for number in range(10):
        _put(folder, f"task-{number}", x=b"." * 400)
    assert len(list(Path(folder.folder).glob("*.pack"))) > 2
    again = _reopened(folder)
    assert all(again.get(f"task-{number}", "x") == b"." * 400 for number in range(10))


def test_old_values_leave_memory_for_new_ones() -> None:
    gone: list[tuple[str, str]] = []
    recent = module._Recent(100, lambda folder, task: gone.append((folder, task)))
    for number in range(5):
        recent.add(("folder", str(number), ""), number, 40, is_made_anew=number == 1)
    assert gone == [("folder", "0"), ("folder", "2")]
    assert [recent.get(("folder", str(number), "")) for number in range(5)] == [None, None, None, 3, 4]
    recent.add(("folder", "3", ""), "again", 10)
    recent.add(("folder", "5", ""), 5, 50)
    assert recent.get(("folder", "4", "")) == 4
    recent.forget("folder")
    assert recent.get(("folder", "5", "")) is None


def test_passing_results_are_written_once_there_is_no_room_for_them(
    folder: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_recent", module._Recent(1000, module._go))
    folder.passing()
    given = {f"task-{number}": np.full(50, number, np.float64) for number in range(5)}
    for task, array in given.items():
        _put(folder, task, x=array, receipt=task)
        folder.keep(task, "x", array, array.nbytes)
    # Two fit: the others have been written, and all can be read.
    assert len(_only(folder.folder, ".index").read_text().splitlines()) == 3
    assert [folder.has(task) for task in (*given, "another")] == [True] * 5 + [False]
    assert all(np.array_equal(folder.get(task, "x"), array) for task, array in given.items())
    # What is not at hand is written to be read.
    assert folder.get("task-4", "receipt") == "task-4"
    assert len(_only(folder.folder, ".index").read_text().splitlines()) == 4
    assert _reopened(folder).has("task-4")
    assert not folder.has("task-3")
    assert not folder.is_passing


def test_passing_results_are_read_while_they_are_written(folder: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_recent", module._Recent(500, module._go))
    folder.passing()

    def put_and_read(first: int) -> list[bool]:
        found = []
        for number in range(first, first + 60):
            array = np.full(20, number, np.int64)
            _put(folder, f"task-{number}", x=array)
            folder.keep(f"task-{number}", "x", array, array.nbytes)
            found += [bool((folder.get(f"task-{i}", "x") == i).all()) for i in range(first, number + 1, 7)]
        return found

    with ThreadPoolExecutor(3) as pool:
        assert all(map(all, pool.map(put_and_read, (0, 100, 200))))
