from __future__ import annotations

import struct

import pytest

from pipeline.media_kinds import HEAD_BYTES, MEDIA_TYPES, kind_of
from scenes.errors import Unsupported
from tests.pipeline.media import m4a, picture, recording


def _kind(data: bytes) -> str | None:
    return kind_of(data[:HEAD_BYTES], len(data))


@pytest.mark.parametrize("kind", ["wav", "mp3", "ogg", "opus", "flac", "m4a"])
def test_a_recording_is_known_by_its_bytes(kind: str) -> None:
    assert _kind(recording(kind, 0.1)) == kind.replace("opus", "ogg")


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_picture_is_known_by_its_bytes(kind: str) -> None:
    assert _kind(picture(kind)) == kind
    assert MEDIA_TYPES[kind] == f"image/{kind}"


def test_a_tag_may_stand_before_an_mp3() -> None:
    assert _kind(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + recording("mp3", 0.1)) == "mp3"


@pytest.mark.parametrize(
    "model",
    [
        b"glTF\x02\0\0\0",
        b"ply\nformat ascii 1.0\n",
        b"PK\x03\x04",
        b"# an OBJ\nv 0 0 0\n",
        b"solid thing\n facet normal",
        b"",
        b"\xff",
        b"\xff\xfe<\0?\0",  # XML in UTF-16
        b"\xff\xfb\xf4\xc4",  # a rate that layer III does not have
        b"\xff\xf3\x0c\xc4",  # a frequency that is reserved
        b"\xff\xfd\x90\xc4",  # layer II
    ],
)
def test_what_may_be_a_model_is_left_to_its_readers(model: bytes) -> None:
    assert _kind(model) is None


def test_the_first_bytes_of_a_binary_stl_may_be_anything() -> None:
    head = b"\xff\xd8\xff" + bytes(77)
    assert _kind(head + struct.pack("<I", 1) + bytes(50)) is None
    assert _kind(head + struct.pack("<I", 1) + bytes(51)) == "jpeg"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a", "GIF"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"FORM\0\0\0\0AIFF", "AIFF"),
        (b"RF64\0\0\0\0WAVE", "RF64"),
        (b"RIFF\0\0\0\0AVI ", "AVI"),
        (b"\x1aE\xdf\xa3", "Matroska"),
        (b"OggS" + bytes(22) + b"\x01\x1e\x80theora", "neither Vorbis nor Opus"),
        (b"OggS", "neither Vorbis nor Opus"),
        (m4a(brand=b"heic"), "HEIC"),
        (m4a(brand=b"avif"), "AVIF"),
        (m4a(brand=b"qt  "), "brand b'qt  '"),
    ],
)
def test_what_is_neither_kept_nor_a_model_is_named(data: bytes, said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        _kind(data)
