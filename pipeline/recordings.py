"""A recording, checked: decoded from its beginning to its end, with its duration and the names of its tags.

libsndfile (in the wheel of soundfile) decodes WAV, FLAC, MP3, Vorbis and Opus; nothing that it makes is kept. No
library whose licence allows it decodes the AAC or ALAC of an M4A: of that the boxes are gone through, and tinytag reads
what its sound is and how long. tinytag reads the tags of all of them.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from soundfile import SoundFile
    from tinytag import TinyTag

MOST_CHANNELS = 32
"""what browsers play; libsndfile would make room for 1,024"""
_BLOCK = 1 << 20
"""samples decoded at a time, over all channels"""
_MOST_BOX = 64 << 20
_EXPECTED = {"wav": ("WAV", "WAVEX"), "mp3": ("MPEG", "MP3"), "ogg": ("OGG",), "flac": ("FLAC",)}
_CODINGS = {
    "wav": ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"),
    "mp3": ("MPEG_LAYER_III",),
    "ogg": ("VORBIS", "OPUS"),
    "flac": ("PCM_S8", "PCM_16", "PCM_24"),
}
"""what browsers play of each, by libsndfile's words"""
_SAVE = {
    "wav": "save it as PCM of 16 or 24 bits",
    "mp3": "save it as layer III",
    "ogg": "save it as Vorbis or Opus",
    "flac": "save it with 16 or 24 bits",
}
_MOST_LOST, _LOST_S = 0.01, 0.5
"""share and seconds that may lack of an MP3: its decoder goes on behind a damaged frame, as browsers do"""
_OPUS_SKIP_S = 0.1
"""of Opus so much, and some, is decoded and not played (RFC 7845, 4.2)"""
_UNSUPPORTED_ENCODING = 4  # SF_ERR_UNSUPPORTED_ENCODING
_WORDLESS = (7, 29)  # SFE_BAD_FILE, SFE_INTERNAL
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
"""what a recorder that could not go back leaves in a RIFF"""
_HANDLER = re.compile(rb"hdlr.{8}(\w{4})", re.DOTALL)
_PROTECTED = re.compile(rb"stsd.{12}(?:drms|enca)", re.DOTALL)
_TAGS = ("title", "artist", "albumartist", "composer", "album", "genre", "year", "comment")
_PLACE = ("xyz", "loci", "location")
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of a recording that can be played."""

    duration_s: float
    report: tuple[str, ...]


def checked(source: Path, kind: str, progress: Callable[[float], None] = lambda _: None) -> Recording:
    """The recording in a file whose first bytes say `kind` (`pipeline.media_kinds`).

    Raises:
        Malformed: it is broken, breaks off, is empty, or is something else.
        Unsupported: browsers do not play its coding, or it holds a film or protected sound.
    """
    if kind == "m4a":
        return _boxed(source)
    duration, stated = _decoded(source, kind, progress)
    said = [f"{duration:,.1f} s of sound were decoded"]
    if stated is not None and duration < stated:
        lost = stated - duration
        if kind != "mp3" or lost > max(_MOST_LOST * stated, _LOST_S):
            told = f"{stated:,.1f} s are stated, {duration:,.1f} s are there"
            raise Malformed(f"{kind.upper()}: it breaks off, or is damaged; {told}")
        said.append(f"{lost:,.2f} s of what it states are not there, or damaged")
    return Recording(duration, (*said, *_end_lines(source, kind, duration), *_tag_lines(_tags(source, kind))))


def _decoded(source: Path, kind: str, progress: Callable[[float], None]) -> tuple[float, float | None]:
    """Seconds that were decoded, and how many the file states; None where it states none."""
    import soundfile

    what = kind.upper()
    if kind == "wav":
        _check_length(source)
    try:
        with ExitStack() as stack:
            sound = stack.enter_context(soundfile.SoundFile(source))
            stated: int | None = sound.frames
            if kind == "mp3":
                sound = stack.enter_context(soundfile.SoundFile(stack.enter_context(LongerFile(source))))
                stated = stated if sound.frames == stated else None
            _check_coding(sound, kind)
            block, rate, found = max(1, _BLOCK // sound.channels), sound.samplerate, 0
            while count := len(sound.read(block, dtype="float32", always_2d=True)):
                found += count
                progress(min(1.0, found / stated) if stated else 0.5)
    except soundfile.LibsndfileError as refused:
        if refused.code == _UNSUPPORTED_ENCODING:
            raise Unsupported(f"{what}: its coding is not read ({refused.error_string})") from refused
        # Of what its MP3 decoder refuses, it says that there is no such file, or nothing.
        why = "" if refused.code in _WORDLESS else f" ({refused.error_string.removeprefix('Error : ')})"
        raise Malformed(f"{what}: it is broken{why}") from refused
    if not found:
        raise Malformed(f"{what}: it holds no sound")
    return found / rate, None if stated is None else stated / rate


def _check_coding(sound: SoundFile, kind: str) -> None:
    what = kind.upper()
    if sound.format not in _EXPECTED[kind]:
        raise Malformed(f"the file begins like {what}, and is {sound.format}")
    if sound.subtype not in _CODINGS[kind]:
        raise Unsupported(f"{what}: browsers do not play {sound.subtype}; {_SAVE[kind]}")
    if sound.channels > MOST_CHANNELS:
        raise Unsupported(f"{what}: {sound.channels} channels, at most {MOST_CHANNELS} are played")


class LongerFile:
    """A file that seems 64 times as long as it is: what lies beyond its end cannot be read.

    libsndfile guesses the length of an MP3 that does not state it by the file's size and the first frames, and decodes
    no further: of a second half that is coded with more bits, the most is lost. Here the guess is always too long, and
    the real end ends the decoding; a length that is stated stays the same.
    """

    _TIMES = 64  # the most bits a second that layer III has (320,000) over the least (8,000), and some
    _TAIL = 256  # where an ID3v1 or APE tag is looked for; zeros are none

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._end = self._TIMES * path.stat().st_size
        self._at = 0

    def __enter__(self) -> LongerFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file."""
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        """As of a file; nothing between its end and the last bytes that it seems to have."""
        self._file.seek(self._at)
        count = self._file.readinto(buffer)
        if not count and self._at >= self._end - self._TAIL:
            count = min(len(buffer), max(0, self._end - self._at))
            buffer[:count] = bytes(count)
        self._at += count
        return int(count)

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        buffer = memoryview(bytearray(self._end if size < 0 else size))
        return bytes(buffer[: self.readinto(buffer)])

    def write(self, _: bytes) -> int:
        """Nothing; soundfile asks that there is one."""
        return 0


def _check_length(source: Path) -> None:
    """Refuses a WAV that breaks off: libsndfile shortens its chunks to what is there, and says nothing."""
    size = source.stat().st_size
    with source.open("rb") as file:
        head = file.read(8)
        stated = int.from_bytes(head[4:8], "little")
        if stated in _UNKNOWN_LENGTHS:
            return
        if 8 + stated > size:
            raise Malformed(f"WAV: it breaks off; {8 + stated:,} bytes are stated, {size:,} are there")


def _end_lines(source: Path, kind: str, duration: float) -> list[str]:
    """What the last page of an Ogg says against what was decoded (RFC 3533, 6: type and granule position)."""
    if kind != "ogg":
        return []
    most = 27 + 255 + 255 * 255
    with source.open("rb") as file:
        head = file.read(128)
        file.seek(max(0, source.stat().st_size - most))
        tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at : at + 14] if at >= 0 else b""
    said = []
    if len(page) < 14 or not page[5] & 4:
        said.append("the end of the stream is not marked in the file: it may have broken off")
    # RFC 7845, 4: of Opus always 48,000 a second. A recording of a broadcast begins late, so this is no refusal.
    vorbis = head.find(b"\x01vorbis")
    rate = int.from_bytes(head[vorbis + 12 : vorbis + 16], "little") if vorbis >= 0 else 48_000
    stated = int.from_bytes(page[6:14], "little", signed=True) / max(rate, 1)
    if stated > duration + _OPUS_SKIP_S:
        said.append(f"its last page stands at {stated:,.1f} s: what lies between may be damaged")
    return said


def _boxed(source: Path) -> Recording:
    """An M4A by its boxes: all of them whole, one of them sound, none of them a film."""
    boxes: dict[bytes, tuple[int, int]] = {}
    with source.open("rb") as file:
        for name, start, length in _boxes(file, source.stat().st_size):
            boxes.setdefault(name, (start, length))
        if b"moov" not in boxes or b"mdat" not in boxes:
            lacking = "moov" if b"moov" not in boxes else "mdat"
            raise Malformed(f"M4A: it has no box {lacking}; it breaks off, or was never finished")
        start, length = boxes[b"moov"]
        if length > _MOST_BOX:
            raise Malformed(f"M4A: its box moov has {length:,} bytes")
        file.seek(start)
        about = file.read(length)
    handlers = set(_HANDLER.findall(about))
    if b"vide" in handlers:
        raise Unsupported("M4A: the file is a film; save its sound alone")
    if b"soun" not in handlers:
        raise Malformed("M4A: it holds no sound")
    if _PROTECTED.search(about):
        raise Unsupported("M4A: its sound is locked to somebody's account, and cannot be played here")
    if b"moof" in boxes:
        raise Unsupported("M4A: it is in fragments, which do not say how long it is; save it as an ordinary M4A")
    tags = _tags(source, "m4a")
    if not tags.duration or not tags.samplerate:
        raise Malformed("M4A: it does not say how long it is, or of what coding")
    said = f"its parts are whole, {tags.duration:,.1f} s; the sound of an M4A is not decoded here: listen to it once"
    return Recording(float(tags.duration), (said, *_tag_lines(tags)))


def _boxes(file: BinaryIO, size: int) -> list[tuple[bytes, int, int]]:
    """Name, start and length of what is in each outermost box (ISO/IEC 14496-12, 4.2). Raises Malformed."""
    found, at = [], 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length, name, before = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, before = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = size - at
        if len(head) < 8 or length < before:
            raise Malformed(f"M4A: byte {at:,} begins no box")
        if at + length > size:
            raise Malformed(f"M4A: it breaks off in its box {name.decode('latin-1')!r}")
        found.append((name, at + before, length - before))
        at += length
    return found


def _tags(source: Path, kind: str) -> TinyTag:
    from tinytag import TinyTag, TinyTagException

    # By an ending of ours: the file's own name is not asked.
    with source.open("rb") as file:
        try:
            return TinyTag.get(f"recording.{kind}", file_obj=file, tags=True, duration=kind == "m4a")
        except (TinyTagException, ValueError, IndexError, KeyError) as broken:
            raise Malformed(f"{kind.upper()}: its tags or boxes are broken ({broken})") from broken


def _tag_lines(tags: TinyTag) -> list[str]:
    """Which tags a listener can read, since the recording is served with them."""
    others = [name.lower() for name in tags.other if not name.lower().startswith("encod")]
    names = [name for name in _TAGS if getattr(tags, name)] + [name for name in others if name.isprintable()]
    if not names:
        return []
    lines = [f"it carries tags that whoever hears it can read: {', '.join(name[:40] for name in names[:_MOST_NAMED])}"]
    if any(place in name for name in others for place in _PLACE):
        lines.append("it says where it was recorded, and so does what is served: take that out first if it is private")
    return lines
