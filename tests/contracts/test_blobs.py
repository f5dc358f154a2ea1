import gzip
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import pytest

from scenes.errors import NotFound

DATA = bytes(range(256)) * 5
DIGEST = hashlib.sha256(DATA).hexdigest()
NO_BLOB = "0" * 64


def test_what_is_put_is_read_back_by_its_sha256(blobs):
    assert blobs.put(DATA) == DIGEST
    assert blobs.read(DIGEST) == DATA
    assert blobs.size(DIGEST) == len(DATA)
    with blobs.open(DIGEST) as file:
        assert file.read() == DATA


def test_empty_bytes_are_a_blob_too(blobs):
    digest = blobs.put(b"")
    assert blobs.size(digest) == 0
    assert blobs.read(digest) == b""


def test_a_stream_longer_than_a_piece_is_kept_whole(blobs):
    data = bytes(3_000_001)
    assert blobs.put_stream(io.BytesIO(data)) == (hashlib.sha256(data).hexdigest(), len(data))
    assert blobs.read(hashlib.sha256(data).hexdigest()) == data


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, 4, DATA[:4]),
        (1278, 2, DATA[1278:]),
        (1278, 99, DATA[1278:]),
        (1280, 5, b""),
        (5000, 5, b""),
        (7, None, DATA[7:]),
        (7, 0, b""),
    ],
)
def test_a_range_is_clipped_to_the_end(blobs, offset, length, expected):
    blobs.put(DATA)
    assert blobs.read(DIGEST, offset=offset, length=length) == expected


@pytest.mark.parametrize("digest", [NO_BLOB, "", "../../etc/passwd", NO_BLOB.upper() + "A", "a/" * 32, "\x00" * 64])
def test_an_unknown_digest_or_what_is_none_is_not_found(blobs, digest):
    assert blobs.size(digest) is None
    with pytest.raises(NotFound):
        blobs.read(digest)
    with pytest.raises(NotFound):
        blobs.open(digest)


def test_the_same_bytes_put_by_many_at_once_are_one_blob(blobs):
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: blobs.put(DATA), range(24)))
    assert digests == {DIGEST}
    assert blobs.read(DIGEST) == DATA


def test_a_stream_that_breaks_off_leaves_nothing(blobs):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            data = super().read(600)
            if not data:
                raise ConnectionError("gone")
            return data

    with pytest.raises(ConnectionError):
        blobs.put_stream(Broken(DATA))
    assert blobs.size(DIGEST) is None


PACKED = gzip.compress(DATA, mtime=0)


def test_the_packed_form_of_a_blob_is_kept_beside_it(blobs):
    blobs.put(DATA)
    assert blobs.read_packed(DIGEST) is None
    blobs.keep_packed(DIGEST, PACKED)
    blobs.keep_packed(DIGEST, PACKED)
    assert blobs.read_packed(DIGEST) == PACKED
    assert blobs.read(DIGEST) == DATA
    assert blobs.size(DIGEST) == len(DATA)


BROTLI = bytes(imagecodecs.brotli_encode(DATA))


def test_brotli_takes_the_place_of_gzip_and_goes_with_the_blob(blobs):
    blobs.put(DATA)
    blobs.keep_packed(DIGEST, PACKED)
    blobs.keep_packed(DIGEST, BROTLI)
    assert blobs.read_packed(DIGEST) == BROTLI
    blobs.forget_packed(DIGEST)
    assert blobs.read_packed(DIGEST) is None
    blobs.keep_packed(DIGEST, BROTLI)
    blobs.set_aside(DIGEST)
    assert (blobs.size(DIGEST), blobs.read_packed(DIGEST)) == (None, None)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        DATA,
        BROTLI[:-1],
        BROTLI + b"x",
        bytes(imagecodecs.brotli_encode(DATA[:-1])),
        bytes(imagecodecs.brotli_encode(DATA + b"x")),
        bytes(imagecodecs.brotli_encode(bytes(3_000_000))),
        PACKED[:-1],
        PACKED + b"x",
        gzip.compress(DATA[:-1]),
        gzip.compress(DATA + b"x"),
        gzip.compress(bytes(3_000_000)),
    ],
)
def test_what_is_no_packed_form_of_a_blob_is_refused(blobs, packed):
    blobs.put(DATA)
    with pytest.raises(ValueError, match="packed form"):
        blobs.keep_packed(DIGEST, packed)
    assert blobs.read_packed(DIGEST) is None


def test_nothing_is_packed_that_is_not_here(blobs):
    with pytest.raises(NotFound):
        blobs.keep_packed(DIGEST, PACKED)
    for digest in (DIGEST, "../../etc/passwd", ""):
        assert blobs.read_packed(digest) is None


def test_all_are_listed_in_order_from_any_place(blobs):
    digests = sorted(blobs.put(str(number).encode()) for number in range(20))
    blobs.keep_packed(digests[0], gzip.compress(blobs.read(digests[0])))
    assert list(blobs.digests()) == digests
    assert list(blobs.digests(after=digests[7])) == digests[8:]
    assert list(blobs.digests(after=digests[7][:30])) == digests[7:]
    assert list(blobs.digests(after="f" * 64)) == []


def test_what_is_set_aside_is_not_there_and_can_be_put_again(blobs):
    other = blobs.put(b"other")
    blobs.put(DATA)
    blobs.keep_packed(DIGEST, PACKED)
    blobs.set_aside(DIGEST)
    blobs.set_aside(DIGEST)
    assert (blobs.size(DIGEST), blobs.read_packed(DIGEST)) == (None, None)
    with pytest.raises(NotFound):
        blobs.read(DIGEST)
    assert list(blobs.digests()) == [other]
    assert blobs.put(DATA) == DIGEST
    assert blobs.read(DIGEST) == DATA


def test_what_is_open_can_be_sought_in(blobs):
    blobs.put(DATA)
    with blobs.open(DIGEST) as file:
        assert file.read(3) == DATA[:3]
        file.seek(700)
        assert file.read(5) == DATA[700:705]
        assert file.seek(-2, io.SEEK_END) == len(DATA) - 2
        assert file.read() == DATA[-2:]


def test_a_packed_form_is_forgotten_and_kept_again(blobs):
    blobs.put(DATA)
    blobs.keep_packed(DIGEST, PACKED)
    blobs.forget_packed(DIGEST)
    blobs.forget_packed(DIGEST)
    assert blobs.read_packed(DIGEST) is None
    assert blobs.read(DIGEST) == DATA
    blobs.keep_packed(DIGEST, PACKED)
    assert blobs.read_packed(DIGEST) == PACKED
