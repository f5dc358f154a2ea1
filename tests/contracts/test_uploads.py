import pytest

from scenes.errors import Conflict, NotFound, TooLarge
from tests.contracts.samples import NOON


def begin(uploads, *, length=10, name="upload_a"):
    uploads.create(upload_id=name, length=length, metadata={"filename": "Venus €.glb"}, owner="ada", at=NOON)


def content(uploads, name="upload_a"):
    with uploads.open_upload(name) as file:
        return file.read()


def test_an_upload_begins_at_nothing_and_remembers_what_was_said_of_it(uploads):
    begin(uploads)
    assert uploads.offset("upload_a") == (0, 10, {"filename": "Venus €.glb"}, "ada")


def test_bytes_arrive_in_parts_and_are_whole_at_the_end(uploads):
    begin(uploads)
    assert uploads.append("upload_a", offset=0, chunks=iter([b"01", b"", b"234"])) == 5
    assert uploads.offset("upload_a")[0] == 5
    assert uploads.append("upload_a", offset=5, chunks=iter([b"56789"])) == 10
    assert content(uploads) == b"0123456789"


def test_an_upload_of_no_bytes_is_complete_at_once(uploads):
    begin(uploads, length=0)
    assert content(uploads) == b""


def test_bytes_for_another_offset_are_refused_and_change_nothing(uploads):
    begin(uploads)
    uploads.append("upload_a", offset=0, chunks=iter([b"0123"]))
    for offset in (0, 3, 5, 10):
        with pytest.raises(Conflict):
            uploads.append("upload_a", offset=offset, chunks=iter([b"xx"]))
    assert uploads.offset("upload_a")[0] == 4


def test_more_bytes_than_announced_are_refused_and_what_fits_is_kept(uploads):
    begin(uploads)
    with pytest.raises(TooLarge):
        uploads.append("upload_a", offset=0, chunks=iter([b"01234567", b"89X"]))
    assert uploads.offset("upload_a")[0] == 8
    uploads.append("upload_a", offset=8, chunks=iter([b"89"]))
    assert content(uploads) == b"0123456789"


def test_what_came_before_the_connection_broke_is_kept(uploads):
    def chunks():
        yield b"0123"
        raise ConnectionError("gone")

    begin(uploads)
    with pytest.raises(ConnectionError):
        uploads.append("upload_a", offset=0, chunks=chunks())
    assert uploads.offset("upload_a")[0] == 4
    assert uploads.append("upload_a", offset=4, chunks=iter([b"456789"])) == 10
    assert content(uploads) == b"0123456789"


def test_an_incomplete_upload_is_not_opened(uploads):
    begin(uploads)
    with pytest.raises(Conflict):
        uploads.open_upload("upload_a")


def test_an_id_is_taken_once(uploads):
    begin(uploads)
    with pytest.raises(Conflict):
        begin(uploads)


@pytest.mark.parametrize("name", ["upload_x", "../upload_a", "", ".", "/etc", "a" * 200, "a\x00b"])
def test_an_unknown_upload_is_not_found(uploads, name):
    begin(uploads)
    for ask in (
        lambda: uploads.offset(name),
        lambda: uploads.append(name, offset=0, chunks=iter([b"x"])),
        lambda: uploads.open_upload(name),
    ):
        with pytest.raises(NotFound):
            ask()
    uploads.discard(name)
    assert uploads.offset("upload_a")[0] == 0


def test_a_discarded_upload_is_gone(uploads):
    begin(uploads)
    assert list(uploads.begun()) == ["upload_a"]
    uploads.discard("upload_a")
    assert list(uploads.begun()) == []
    with pytest.raises(NotFound):
        uploads.offset("upload_a")
    begin(uploads)
    assert uploads.offset("upload_a")[0] == 0
