import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import obj_lines
from pipeline.mapped import Store

_WORDS = ["0", "-1.5", "7.25", "123456789.5", "1e2", "-0.1234567890123456789", ".5", "x", "nan", "1,5", "3.", "+4"]
_NUMBERS = st.lists(st.sampled_from(_WORDS), max_size=7)
_BETWEEN = st.sampled_from([" ", "  ", "\t", " \\\n "])


def _plain(line: str, least: int) -> list[float] | None:
    """The numbers of a line, or None where they are too few or one is none."""
    try:
        found = [float(word) for word in line.replace("\\\n", " ").split()[1:]]
    except ValueError:
        return None
    return found if len(found) >= least else None


def _scanned(text: str) -> obj_lines.Scanned:
    return obj_lines.Scanned(np.frombuffer(text.encode(), np.uint8), Store(None))


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(["v", "vt", "vn"]), _NUMBERS, _BETWEEN), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r", " \n"]),
    st.sampled_from(["", "#" + 200 * "-"]),
)
def test_numbers_are_those_of_a_plain_reader(lines, end: str, behind: str) -> None:  # type: ignore[no-untyped-def]
    texts = [(kind, between.join([kind, *words])) for kind, words, between in lines]
    found = _scanned(end.join(text for _, text in texts) + end + behind)
    nothing = [np.nan, np.nan, np.nan]
    v, vn = ([(_plain(t, 3) or nothing)[:3] for k, t in texts if k == kind] for kind in ("v", "vn"))
    vt = [_plain(t, 1) for k, t in texts if k == "vt"]
    uvs = [[np.nan, np.nan] if n is None else [n[0], 1.0 - n[1] if len(n) > 1 else 1.0] for n in vt]
    assert np.array_equal(found.points.done(), np.reshape(v, (-1, 3)), equal_nan=True)
    assert np.array_equal(found.normals.done(), np.reshape(vn, (-1, 3)).astype(np.float32), equal_nan=True)
    assert np.array_equal(found.uvs.done(), np.reshape(uvs, (-1, 2)).astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("line", ["v 1 2", "vn 1 2", "vt 1", "v 1 2 ", "v 1\0002 3", "v 1 2 \0"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_takes_no_number_from_the_next(line: str, end: str) -> None:
    found = _scanned(f"{line}{end}3{end}4 5{end}#" + 200 * "-")
    (rows,) = (column.done() for column in (found.points, found.normals, found.uvs) if column.rows)
    assert rows.tolist() == [[1.0, 1.0]] or np.isnan(rows).all()


@pytest.mark.parametrize("behind", ["", "\n#" + 200 * "-"], ids=["at the end", "in the midst"])
@pytest.mark.parametrize(("corner", "numbers"), [
    ("3",                    (2, -1, -1)),
    ("3/4",                  (2, 3, -1)),
    ("3//5",                 (2, -1, 4)),
    ("3/4/5",                (2, 3, 4)),
    ("3/4/",                 (2, 3, -1)),
    ("3//",                  (2, -1, -1)),
    ("0/4",                  (-1, 3, -1)),
    ("-1/-2/-3",             (3, 0, 0)),
    ("-5",                   (-1, -1, -1)),
    ("12345678/99999999",    (12345677, 99999998, -1)),
    ("123456789//123456789", (123456788, -1, 123456788)),
    ("2147483649",           (-1, -1, -1)),
    ("00000000003",          (2, -1, -1)),
])  # fmt: skip
def test_corners_in_all_their_spellings(corner: str, numbers: tuple[int, int, int], behind: str) -> None:
    text = 4 * "v 0 0 0\n" + 2 * "vt 0 0\n" + 3 * "vn 0 0 1\n" + f"f 1/1/1 2/1/1 {corner}{behind}"
    found = _scanned(text)
    assert [column.done()[0, 2] for column in found.corners] == list(numbers)


@pytest.mark.parametrize("corner", ["x", "1x", "1/2/3/4", "1.5", "-", "/1", "1/x"])
@pytest.mark.parametrize("behind", ["", "\n#" + 200 * "-"])
def test_a_corner_that_is_none_costs_its_face(corner: str, behind: str) -> None:
    found = _scanned(f"v 0 0 0\nf 1 1 1\nf 1 1 {corner}\nf 1 1 1{behind}")
    assert found.corners[0].rows == 2
    assert found.bad_faces == 1


def test_places_of_parts_and_polygons_do_not_depend_on_where_a_piece_ends() -> None:
    count = 3 * obj_lines._ROWS
    found = _scanned("v 0 0 0\n" + "f 1 1 1\nf 1 1 1 1\no x\n" * count)
    assert found.corners[0].rows == 3 * count
    assert np.array_equal(found.fans.done()[:, 0], 3 * np.arange(count) + 1)
    assert [triangle for triangle, _ in found.events] == (3 * np.arange(1, count + 1)).tolist()
