"""Captions of a recording: WebVTT, read far enough to know that a browser will show all of it.

Source: WebVTT: The Web Video Text Tracks Format (W3C), sections 4 and 6. Accepted are the signature, cues with or
without a name, settings, and NOTE blocks. STYLE and REGION blocks are not: they reach into the page.
"""

from __future__ import annotations

import re

from scenes.errors import Invalid

MAX_CAPTIONS = 50_000
"""characters"""
MAX_CUES = 5_000

_SIGNATURE = re.compile(r"\ufeff?WEBVTT(?:[ \t][^\n]*)?")
_TIMES = re.compile(
    r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
    r"(?:[ \t]+[^\n]*)?"
)
_TAG = re.compile(r"<[^>]*>?")
_ALLOWED = re.compile(r"</?(?:b|i|u|c|ruby|rt|v(?:[ \t][^<>\n]*)?|lang(?:[ \t][A-Za-z0-9-]+)?)>")


def captions(text: str) -> str:
    """The captions with \\n at the ends of lines; empty: none.

    Raises:
        Invalid: they are no WebVTT, go back in time, or hold tags that are not for cues.

    >>> captions("WEBVTT\\r\\n\\r\\n00:01.000 --> 00:02.500\\r\\nHere they turned.")
    'WEBVTT\\n\\n00:01.000 --> 00:02.500\\nHere they turned.\\n'
    """
    if not text.strip():
        return ""
    if len(text) > MAX_CAPTIONS:
        raise Invalid(f"captions: {len(text)} characters, at most {MAX_CAPTIONS} are kept")
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
    if "\x00" in plain:
        raise Invalid("captions: a NUL character")
    lines = plain.split("\n")
    if not _SIGNATURE.fullmatch(lines[0]):
        raise Invalid("captions: line 1: expected WEBVTT")
    if lines[1].strip():
        raise Invalid("captions: line 2: expected an empty line after WEBVTT")
    begun, cues, at = 0, 0, 2
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        end = next(n for n in range(at, len(lines)) if not lines[n].strip())
        if not re.match(r"NOTE(?:[ \t]|$)", lines[at]):
            begun = _cue(lines, at, end, begun)
            cues += 1
        at = end
    if not 1 <= cues <= MAX_CUES:
        raise Invalid(f"captions: {cues} cues, expected 1 to {MAX_CUES}")
    return plain


def _cue(lines: list[str], at: int, end: int, begun: int) -> int:
    """Checks the cue in these lines; the millisecond at which it begins."""
    times = at if "-->" in lines[at] else at + 1
    match = _TIMES.fullmatch(lines[times]) if times < end else None
    if match is None:
        raise Invalid(f"captions: line {times + 1}: expected the times of a cue, 00:01.000 --> 00:02.500")
    start, stop = _milliseconds(*match.groups()[:4]), _milliseconds(*match.groups()[4:])
    if start >= stop:
        raise Invalid(f"captions: line {times + 1}: the cue ends before it begins")
    if start < begun:
        raise Invalid(f"captions: line {times + 1}: the cue begins before the one above it")
    for number in range(times + 1, end):
        if "-->" in lines[number]:
            raise Invalid(f"captions: line {number + 1}: `-->` within a text")
        for tag in _TAG.findall(lines[number]):
            if not _ALLOWED.fullmatch(tag):
                raise Invalid(f"captions: line {number + 1}: {tag[:40]!r} is no tag of a cue")
    return start


def _milliseconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)
