"""The song on the gravestone of Seikilos, as notes and as captions.

The stele was found at Tralles in Asia Minor in 1883 and is in the National Museum of Denmark, inv. 14897; it is dated
to the first or second century AD. It has words, letters for notes above them and signs of length: the oldest song that
is complete. It is in the public domain; followed here is the usual reading of its notation (E. Pöhlmann and M. L. West,
Documents of Ancient Greek Music, 2001, no. 23): twelve shortest times a line.

How high, how fast and on what it was played, nobody wrote down. Pitch and speed are choices; intervals are those of the
Greek theorists' diatonic tuning, tones of 9:8 and half tones of 256:243. The translations are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

_TONE, _LEIMMA = Fraction(9, 8), Fraction(256, 243)

A4_HZ = 220.0
"""the `a` that the song begins with: where a man's voice would find it easy"""
UNIT_S = 0.36
"""the shortest time, a short syllable"""
REST_S = 0.9
"""breath between two verses"""
LEAD_S = 0.6
"""before the first note"""

RATIOS: dict[str, Fraction] = {
    "e": Fraction(3, 4),
    "f#": Fraction(3, 4) * _TONE,
    "g": Fraction(3, 4) * _TONE * _LEIMMA,
    "a": Fraction(1),
    "b": _TONE,
    "c#": _TONE * _TONE,
    "d": Fraction(4, 3),
    "e'": Fraction(3, 2),
}
"""of each note to `a`"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the song: its notes with their lengths in shortest times, its words, what they mean."""

    notes: tuple[tuple[str, int], ...]
    words: str
    meaning: str


LINES = (
    Line(
        (("a", 1), ("e'", 2), ("e'", 3), ("c#", 1), ("d", 1), ("e'", 1), ("d", 3)),
        "Ὅσον ζῇς, φαίνου,",
        "As long as you live, shine,",
    ),
    Line(
        (("c#", 2), ("d", 1), ("e'", 1), ("d", 1), ("c#", 1), ("b", 1), ("a", 2), ("b", 1), ("g", 2)),
        "μηδὲν ὅλως σὺ λυποῦ·",
        "let nothing at all grieve you.",
    ),
    Line(
        (("a", 1), ("c#", 1), ("e'", 1), ("d", 1), ("c#", 1), ("d", 1), ("c#", 1), ("a", 2), ("b", 1), ("g", 2)),
        "πρὸς ὀλίγον ἐστὶ τὸ ζῆν,",
        "Life is for a little while,",
    ),
    Line(
        (
            ("a", 1),
            ("c#", 1),
            ("b", 1),
            ("d", 1),
            ("e'", 1),
            ("c#", 1),
            ("a", 1),
            ("a", 2),
            ("a", 1),
            ("f#", 1),
            ("e", 1),
        ),
        "τὸ τέλος ὁ χρόνος ἀπαιτεῖ.",
        "its end is what time demands.",
    ),
)
TIMES = 2
"""how often it is played: once to hear it, once to follow the words"""


@dataclass(frozen=True, slots=True)
class Note:
    """A string that is plucked: when, for how long it is counted, how high."""

    name: str
    start_s: float
    length_s: float
    pitch_hz: float


def notes() -> tuple[Note, ...]:
    """All that is played, in order."""
    found = []
    at = LEAD_S
    for _ in range(TIMES):
        for line in LINES:
            for name, units in line.notes:
                found.append(Note(name, at, units * UNIT_S, A4_HZ * float(RATIOS[name])))
                at += units * UNIT_S
        at += REST_S
    return tuple(found)


def length_s() -> float:
    """Until the last string has died away."""
    last = notes()[-1]
    return last.start_s + last.length_s + 3.0


def captions() -> str:
    """WebVTT: the line that is played, in Greek and in English.

    >>> print(captions().split(chr(10) * 2)[2])
    00:00:00.600 --> 00:00:04.920
    <lang grc>Ὅσον ζῇς, φαίνου,</lang>
    As long as you live, shine,
    """
    cues = ["WEBVTT", "NOTE The song of Seikilos, first or second century AD; played by a computed lyre, not sung."]
    at = LEAD_S
    for _ in range(TIMES):
        for line in LINES:
            end = at + sum(units for _, units in line.notes) * UNIT_S
            cues.append(f"{_time(at)} --> {_time(end)}\n<lang grc>{line.words}</lang>\n{line.meaning}")
            at = end
        at += REST_S
    return "\n\n".join(cues) + "\n"


def _time(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}.{whole % 1000:03d}"
