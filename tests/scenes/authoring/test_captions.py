from __future__ import annotations

import pytest

from scenes.authoring.captions import captions
from scenes.errors import Invalid

GOOD = """WEBVTT - a title

NOTE
A remark
of two lines

first
00:00:01.000 --> 00:00:04.000 align:start line:0
<v Guide>Here <i>they</i> turned.
And went.

00:04.000 --> 101:00:04.500
<lang el>Τέλος</lang>
"""


def test_captions_are_kept_as_they_are() -> None:
    assert captions(GOOD) == GOOD
    assert captions(captions(GOOD)) == GOOD
    assert captions(" \n") == ""
    assert captions(GOOD.replace("\n", "\r\n")) == GOOD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("00:01.000 --> 00:02.000\nx", "line 1"),
        ("WEBVTT\n00:01.000 --> 00:02.000\nx", "line 2"),
        ("WEBVTT", "0 cues|line 2"),
        ("WEBVTT\n\nNOTE nothing else", "0 cues"),
        ("WEBVTT\n\n00:01 --> 00:02.000\nx", "line 3"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nx", "line 3"),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nx", "ends before"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\n00:01.000 --> 00:03.000\ny", "line 6.*above"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx --> y", "line 4"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n<img src=x onerror=y()>", "no tag"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n<b", "no tag"),
        ("WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:02.000 --> 00:03.000\nx", "line 4"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n" + "x" * 50_000, "50"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\x00", "NUL"),
    ],
)
def test_what_a_browser_would_not_show_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        captions(text)
