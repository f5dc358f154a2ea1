import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from pipeline import words


@njit
def _looked_at(text):  # type: ignore[no-untyped-def]
    """Digits in front, their number, and the blanks of the 64 bytes of an array."""
    place = words.address(text)
    word = words.word(place)
    bits = words.digits(word)
    return bits, words.value(word, bits), words.blanks(place), words.half_word(place), words.byte(place + np.uint64(1))


@given(st.lists(st.sampled_from([*b"0123456789", 0, 10, 32, 33, 46, 47, 58, 127, 128, 255]), min_size=64, max_size=64))
def test_words_are_what_their_bytes_say(data: list[int]) -> None:
    bits, value, blanks, half, byte = _looked_at(np.array(data, np.uint8))
    digits = next((at for at, each in enumerate(data[:8]) if not 48 <= each <= 57), 8)
    assert bits == 8 * digits
    assert value == int(bytes(data[:digits]) or b"0")
    assert [at for at in range(64) if int(blanks) >> at & 1] == [at for at in range(64) if data[at] <= 32]
    assert (half, byte) == (int.from_bytes(bytes(data[:4]), "little"), data[1])
