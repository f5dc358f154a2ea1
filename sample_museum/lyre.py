"""A lyre by computation: plucked strings as Karplus and Strong make them, and a WAV file of what they play.

A string is a loop as long as its period, filled with a burst of noise (the pluck); each time round, every sample
becomes the mean of itself and the one before it, which takes the high partials away first, as air and gut do. K.
Karplus and A. Strong, "Digital Synthesis of Plucked-String and Drum Timbres", Computer Music Journal 7:2 (1983). A loop
is a whole number of samples, so a string is made at the nearest lower pitch and read a little faster, and is in tune.

Only sums and products of numbers from a seeded generator: the same file on every machine.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from sample_museum.melody import Note, length_s, notes
from tiling.mesh import Floats

RATE = 32_000
"""samples a second: the highest partials that matter here lie below 8 kHz"""
_RINGS_S = 2.6
"""how long a string is heard, at most"""
_DIES_S = 2.4
"""until a thousandth of its loudness is left: gut, not steel, and the left hand is near"""
_ROUGH = 0.18
"""share of noise in a pluck, which is else the corner that a plectrum pulls the string to"""
_PLUCKED_AT = 0.21
"""where along the string the plectrum takes it: partials with a knot there are missing"""
_ECHOES = ((0.031, 0.20), (0.047, 0.14), (0.083, 0.10), (0.131, 0.06))
"""seconds and loudness: a hall of stone, open to one side"""


def string(pitch_hz: float, seed: int, *, rate: int = RATE, seconds: float = _RINGS_S) -> Floats:
    """A plucked string: samples (n,), as loud as others whatever its pitch.

    Raises:
        ValueError: the pitch is too high for the rate.
    """
    # Averaging two neighbours delays by half a sample, which is part of the period.
    period = int(rate / pitch_hz - 0.5) + 1
    if period < 16:
        raise ValueError(f"a string of {pitch_hz} Hz at {rate} samples a second; at most {rate / 16:.0f} Hz")
    made_hz = rate / (period + 0.5)
    rounds = int(seconds * made_hz) + 2
    place = np.arange(period) / period
    corner = np.minimum(place / _PLUCKED_AT, (1 - place) / (1 - _PLUCKED_AT))
    noise = np.random.default_rng(seed).uniform(-1.0, 1.0, period)
    burst = corner - corner.mean() + _ROUGH * (noise - noise.mean())
    # A finger is softer than a corner.
    for _ in range(3):
        burst = (burst + np.roll(burst, 1)) / 2
    damping = 0.001 ** (1 / (_DIES_S * made_hz))
    loops = np.empty((rounds, period))
    loop = burst / float(np.sqrt((burst**2).mean()))
    last = float(loop[-1])
    for number in range(rounds):
        loops[number] = loop
        before = np.concatenate([[last], loop[:-1]])
        last = float(loop[-1])
        loop = damping * (loop + before) / 2
    samples = loops.ravel()
    # Read at the wanted pitch.
    at = np.arange(int(seconds * rate)) * (pitch_hz / made_hz)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples))


def played(song: Sequence[Note], seconds: float, *, rate: int = RATE) -> Floats:
    """The notes one after another, each string ringing on until it is plucked again, in a hall: samples (n,)."""
    total = np.zeros(int(seconds * rate))
    for number, note in enumerate(song):
        again = next((later.start_s for later in song[number + 1 :] if later.name == note.name), seconds)
        rings = min(_RINGS_S, again - note.start_s)
        sound = string(note.pitch_hz, seed=1000 + number, rate=rate, seconds=rings)
        # A string that is taken again falls silent under the finger: no click.
        fade = min(len(sound), int(0.02 * rate))
        sound[-fade:] *= np.linspace(1.0, 0.0, fade)
        start = int(note.start_s * rate)
        end = min(len(total), start + len(sound))
        total[start:end] += sound[: end - start]
    heard = total.copy()
    for delay_s, share in _ECHOES:
        delay = int(delay_s * rate)
        heard[delay:] += share * total[:-delay]
    return heard * (0.8 / float(np.abs(heard).max()))


def wav(samples: Floats, *, rate: int = RATE) -> bytes:
    """Samples from -1 to 1 as a WAV file: one channel, 16 bits, no compression, which every browser plays."""
    data = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    chunks = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def seikilos() -> bytes:
    """The song of Seikilos as a WAV file, about 40 seconds."""
    return wav(played(notes(), length_s()))
