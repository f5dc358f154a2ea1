"""Recordings and pictures by their first bytes: what is kept without tiles, told from the content and never the name.

Signatures: RIFF (WAV, WebP), RFC 3533 (Ogg; the first packet names the codec), RFC 9639 (FLAC), ISO/IEC 14496-12
(`ftyp`), ISO/IEC 11172-3 (MP3, which has none: a frame's header, or the ID3v2 tag before it), T.81 (JPEG), PNG.
Kinds that are no models either, and are not kept, are named, so that a curator learns what to save them as.
"""

from __future__ import annotations

from scenes.errors import Unsupported

HEAD_BYTES = 512
"""what of a file's beginning is looked at"""

RECORDINGS = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
}
PICTURES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
MEDIA_TYPES = RECORDINGS | PICTURES
"""media type by kind"""

_STL_HEAD, _STL_ROW = 84, 50
_SOUND = "save it as WAV, FLAC, MP3, Ogg (Vorbis or Opus) or M4A"
_PICTURE = "save it as JPEG, PNG or WebP"
_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
)
_OTHERS = (
    (b"GIF8", f"a GIF picture; {_PICTURE}"),
    (b"II*\0", f"a TIFF picture; {_PICTURE}"),
    (b"MM\0*", f"a TIFF picture; {_PICTURE}"),
    (b"FORM", f"an AIFF recording; {_SOUND}"),
    (b"RF64", f"a RF64 recording, which browsers do not play; {_SOUND}"),
    (b"\x1aE\xdf\xa3", f"a Matroska or WebM file, whose sound is not read; {_SOUND}"),
    (b"0&\xb2u\x8ef\xcf\x11", f"a Windows Media file; {_SOUND}"),
    (b"#!AMR", f"an AMR recording; {_SOUND}"),
)
_SOUND_BRANDS = (b"M4A ", b"M4B ")
_PICTURE_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def kind_of(head: bytes, size: int) -> str | None:
    """The kind of recording or picture that a file of `size` bytes with these first bytes is; None: it may be a model.

    Raises:
        Unsupported: it is a recording, a picture or a film of a kind that is not kept.

    >>> kind_of(b"RIFF....WAVEfmt ", 100), kind_of(b"glTF", 100)
    ('wav', None)
    """
    if size == _STL_HEAD + _STL_ROW * int.from_bytes(head[80:84], "little"):
        return None  # the first 80 bytes of a binary STL may be anything
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    for beginning, said in _OTHERS:
        if head.startswith(beginning):
            raise Unsupported(f"the file is {said}")
    if head.startswith(b"RIFF"):
        return _in_riff(head[8:12])
    if head.startswith(b"OggS"):
        return _in_ogg(head)
    if head[4:8] == b"ftyp":
        return _in_mp4(head)
    return "mp3" if _is_frame(head) else None


def _in_riff(form: bytes) -> str:
    kinds = {b"WAVE": "wav", b"WEBP": "webp"}
    if form not in kinds:
        raise Unsupported(f"the file is a RIFF of the form {form!r}, which is not read; {_SOUND}, or {_PICTURE}")
    return kinds[form]


def _in_ogg(head: bytes) -> str:
    # RFC 3533, 6: 27 bytes and a table of segments stand before the first packet.
    packet = head[27 + head[26] :] if len(head) > 26 else b""
    if packet.startswith((b"\x01vorbis", b"OpusHead")):
        return "ogg"
    raise Unsupported(f"the file is an Ogg that begins with neither Vorbis nor Opus; {_SOUND}")


def _in_mp4(head: bytes) -> str:
    length = int.from_bytes(head[:4], "big")
    box = head[: max(length, 16)]
    brands = [box[8:12], *(box[at : at + 4] for at in range(16, len(box) - 3, 4))]
    if brands[0] in _PICTURE_BRANDS:
        raise Unsupported(f"the file is an HEIC or AVIF picture; {_PICTURE}")
    # Encoders write M4A as the first brand or among the compatible ones; others say mp42 or isom of sound alone.
    if any(brand in _SOUND_BRANDS for brand in brands) or brands[0][:3] in (b"mp4", b"iso", b"das"):
        return "m4a"
    raise Unsupported(f"the file is an MP4 of the brand {brands[0]!r}, which is not read as sound; {_SOUND}")


def _is_frame(head: bytes) -> bool:
    """Whether a frame of MPEG audio, layer III, begins here: no field of its header may be one of the reserved."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and rate not in (0, 15) and frequency != 3
