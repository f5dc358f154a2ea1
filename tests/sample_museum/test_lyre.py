"""The song of Seikilos sounds as it is written, and the same each time."""

from __future__ import annotations

import io
import wave
from hashlib import sha256

import numpy as np
import pytest

from sample_museum import lyre, melody
from scenes.authoring.captions import captions


def heard_hz(samples: np.ndarray, rate: int) -> float:
    """The pitch of a sound: where its own copy fits it best, between 80 and 500 Hz."""
    own = samples - samples.mean()
    size = 1 << (2 * len(own)).bit_length()
    spectrum = np.fft.rfft(own, size)
    fits = np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(own)]
    low, high = rate // 500, rate // 80
    peak = low + int(np.argmax(fits[low:high]))
    left, mid, right = fits[peak - 1 : peak + 2]
    return float(rate / (peak + 0.5 * (left - right) / (left - 2 * mid + right)))


def strengths(samples: np.ndarray) -> np.ndarray:
    """How much of a sound there is at each pitch of the scale."""
    at = np.arange(len(samples)) / lyre.RATE
    own = samples * np.hanning(len(samples))
    pitches = [melody.A4_HZ * float(ratio) for ratio in melody.RATIOS.values()]
    return np.array([abs(np.exp(-2j * np.pi * pitch * at) @ own) for pitch in pitches])


def test_each_line_has_twelve_shortest_times() -> None:
    assert [sum(units for _, units in line.notes) for line in melody.LINES] == [12, 12, 12, 12]
    assert [len(line.notes) for line in melody.LINES] == [7, 9, 10, 11]


@pytest.mark.parametrize("name", melody.RATIOS)
def test_a_string_is_in_tune(name: str) -> None:
    wanted = melody.A4_HZ * float(melody.RATIOS[name])
    found = heard_hz(lyre.string(wanted, seed=7, seconds=0.6), lyre.RATE)
    assert abs(1200 * np.log2(found / wanted)) < 5, "cents"


def test_an_octave_of_the_tuning_is_an_octave() -> None:
    assert melody.RATIOS["e'"] / melody.RATIOS["e"] == 2


def test_a_string_dies_away() -> None:
    sound = lyre.string(220.0, seed=1, seconds=2.0)
    quarter = len(sound) // 4
    loud = [float(np.sqrt((part**2).mean())) for part in np.split(sound[: quarter * 4], 4)]
    assert loud == sorted(loud, reverse=True)
    assert loud[3] < loud[0] / 5


def test_a_string_that_is_too_high_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 2000 Hz"):
        lyre.string(2500.0, seed=1)


def test_the_recording_plays_the_notes_that_are_written() -> None:
    """By the pitch that is heard while a note is held: the song, and not only a sound."""
    with wave.open(io.BytesIO(lyre.seikilos())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, lyre.RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    assert abs(len(samples) / lyre.RATE - melody.length_s()) < 0.01
    assert np.abs(samples).max() < 32767, "nothing is cut off"
    song = melody.notes()
    window = int(0.28 * lyre.RATE)
    for note in song:
        at = int((note.start_s + 0.02) * lyre.RATE)
        risen = strengths(samples[at : at + window]) - strengths(samples[max(0, at - window) : at])
        heard = list(melody.RATIOS)[int(np.argmax(risen))]
        # The low string sounds its octave, too.
        assert heard.rstrip("'") == note.name.rstrip("'"), note


def test_it_is_the_same_file_each_time() -> None:
    assert sha256(lyre.seikilos()).digest() == sha256(lyre.seikilos()).digest()
    assert len(lyre.seikilos()) < 3_500_000


def test_captions_follow_the_notes_line_by_line() -> None:
    text = melody.captions()
    assert captions(text) == text, "a curator's captions would be kept so"
    cues = [block.split("\n") for block in text.strip().split("\n\n") if "-->" in block]
    assert len(cues) == melody.TIMES * len(melody.LINES)
    starts = [cue[0].partition(" ")[0] for cue in cues]
    firsts = []
    song, at = melody.notes(), 0
    for _ in range(melody.TIMES):
        for line in melody.LINES:
            firsts.append(song[at].start_s)
            at += len(line.notes)
    assert [f"00:00:{first:06.3f}" for first in firsts] == starts
