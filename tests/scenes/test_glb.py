import struct

import pytest

from scenes import glb
from scenes.errors import Malformed, Unsupported

DOCUMENT = b'{"asset":{"version":"2.0"}}'


@pytest.mark.parametrize("body", [b"", b"1", b"12", b"123", b"1234", b"12345"])
def test_what_is_written_is_read_back_padded_to_four_bytes(body: bytes) -> None:
    data = glb.write(DOCUMENT, body)
    chunks = glb.read(data)
    assert chunks.json == DOCUMENT + b" "
    assert chunks.binary.tobytes() == glb.padded(body)
    assert len(data) % 4 == 0


def test_an_unknown_chunk_is_skipped() -> None:
    data = glb.write(DOCUMENT) + struct.pack("<II", 4, 0x21212121) + b"????"
    data = data[:8] + struct.pack("<I", len(data)) + data[12:]
    assert glb.read(data).binary.tobytes() == b""


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 19, 20, 40, -1])
def test_a_cut_file_is_malformed(cut: int) -> None:
    with pytest.raises(Malformed):
        glb.read(glb.write(DOCUMENT, b"12345678")[:cut])


def test_extra_bytes_are_malformed() -> None:
    with pytest.raises(Malformed, match="states"):
        glb.read(glb.write(DOCUMENT) + b"more")


def test_a_chunk_that_states_too_many_bytes_is_malformed() -> None:
    data = bytearray(glb.write(DOCUMENT, b"12345678"))
    struct.pack_into("<I", data, 12, 0xFFFFFFF0)
    with pytest.raises(Malformed, match="are left"):
        glb.read(bytes(data))


def test_text_called_glb_is_malformed() -> None:
    with pytest.raises(Malformed, match="begins with"):
        glb.read(b"This is not a model, it is a text about one.")


def test_version_1_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        glb.read(struct.pack("<4sIIII", b"glTF", 1, 20, 0, 0))


def test_binary_before_json_is_malformed() -> None:
    data = struct.pack("<4sIIII", b"glTF", 2, 20, 0, 0x004E4942)
    with pytest.raises(Malformed, match="first chunk"):
        glb.read(data)
