import gzip

from pipeline import compress


def test_what_is_coded_is_read_by_any_decoder() -> None:
    for data in (b"", b"stone", bytes(range(256)) * 999):
        assert gzip.decompress(compress.gzipped(data)) == data


def test_equal_bytes_are_coded_alike_without_a_name_or_a_time() -> None:
    coded = compress.gzipped(b"stone" * 100)
    assert coded == compress.gzipped(b"stone" * 100)
    # RFC 1952, 2.3: flags, then four bytes of time.
    assert coded[:2] == b"\x1f\x8b"
    assert coded[3:8] == bytes(5)
    assert len(coded) < 60
