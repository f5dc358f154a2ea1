import mmap
from pathlib import Path

import numpy as np
import pytest

from pipeline import mapped

FOLDERS = pytest.mark.parametrize("on_disk", [False, True])


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE / 1e6


@FOLDERS
def test_what_is_written_is_there_after_its_pages_were_let_go_of(tmp_path: Path, on_disk: bool) -> None:
    store = mapped.Store(tmp_path if on_disk else None)
    one, other = store.empty((1000, 3), np.float32), store.empty((500, 2), np.uint16)
    one[:], other[:] = 7.0, 9
    for array in (one, other, one[10:20], one[::2]):
        mapped.release(array)
    assert (one == 7.0).all()
    assert (other == 9).all()
    assert one.flags.aligned
    assert other.flags.aligned


@FOLDERS
def test_rows_are_appended_in_order(tmp_path: Path, on_disk: bool) -> None:
    growing = mapped.Store(tmp_path if on_disk else None).growing(2, np.int32)
    growing.append(np.array([[1, 2]]))
    growing.fill(3, -1)
    growing.append(np.array([[3, 4]]))
    whole = growing.done()
    mapped.release(whole)
    assert whole.tolist() == [[1, 2], [-1, -1], [-1, -1], [3, 4]]


@FOLDERS
def test_no_rows_at_all(tmp_path: Path, on_disk: bool) -> None:
    store = mapped.Store(tmp_path if on_disk else None)
    assert store.growing(3, np.float32).done().shape == (0, 3)
    assert store.empty((0, 3), np.float32).shape == (0, 3)


def test_pieces_cover_the_array_and_stay_small_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    np.arange(16 << 20, dtype=np.uint64).tofile(path)
    array = mapped.source(path).view(np.uint64)
    before, most, total = _resident_mb(), 0.0, 0
    for start, piece in mapped.chunks(array, 1 << 20):
        assert piece[0] == start
        total += len(piece)
        assert int(piece.sum()) > 0
        most = max(most, _resident_mb() - before)
    assert total == 16 << 20
    assert most < 60.0


def test_many_arrays_open_few_files(tmp_path: Path) -> None:
    store = mapped.Store(tmp_path)
    arrays = [store.empty((100,), np.float64) for _ in range(2000)]
    assert len(list(tmp_path.iterdir())) == 1
    assert all(array.ctypes.data % 8 == 0 for array in arrays)


def test_a_copy_is_made_only_where_the_layout_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\0" + np.arange(6, dtype="<f4").tobytes())
    shifted = mapped.source(path)[1:].view("<f4")
    store = mapped.Store(tmp_path)
    kept = store.kept(shifted)
    assert kept.flags.aligned
    assert kept.tolist() == [0, 1, 2, 3, 4, 5]
    assert store.kept(kept) is kept


@pytest.mark.parametrize("expected", [0, 3, 4, 100])
@pytest.mark.parametrize("on_disk", [False, True])
def test_more_or_fewer_rows_than_were_expected(tmp_path: Path, on_disk: bool, expected: int) -> None:
    growing = mapped.Store(tmp_path if on_disk else None).growing(2, np.int32, expected=expected)
    for start in range(0, 8, 2):
        growing.append(np.array([[start, 1], [start + 1, 1]], np.int64))
    assert growing.done().tolist() == [[row, 1] for row in range(8)]
