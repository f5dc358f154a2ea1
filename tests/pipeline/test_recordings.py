from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline import recordings
from scenes.errors import Malformed, Unsupported
from tests.pipeline.media import box, hum, itunes, m4a, recording


@pytest.fixture
def check(tmp_path: Path):  # type: ignore[no-untyped-def]
    def checked(data: bytes, kind: str) -> recordings.Recording:
        path = tmp_path / "a.glb"  # of no kind by its name
        path.write_bytes(data)
        return recordings.checked(path, kind)

    return checked


@pytest.mark.parametrize("kind", ["wav", "mp3", "ogg", "opus", "flac", "m4a"])
def test_a_whole_recording_tells_how_long_it_is(check, kind: str) -> None:  # type: ignore[no-untyped-def]
    found = check(recording(kind, 1.5), kind.replace("opus", "ogg"))
    assert found.duration_s == pytest.approx(1.5, abs=0.001)
    assert "1.5 s" in found.report[0]
    assert len(found.report) == 1, "nothing else is to be said of it"


def test_progress_goes_up_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(recording("wav", 60))
    told: list[float] = []
    recordings.checked(path, "wav", told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1.0


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "ogg"])
def test_a_recording_that_breaks_off_is_refused(check, kind: str) -> None:  # type: ignore[no-untyped-def]
    whole = recording(kind, 4.0)
    with pytest.raises(Malformed):
        check(whole[: len(whole) * 2 // 3] if kind != "ogg" else whole[:4500], kind)


def test_an_opus_that_breaks_off_is_told_of(check) -> None:  # type: ignore[no-untyped-def]
    whole = recording("opus", 4.0)
    found = check(whole[: len(whole) * 2 // 3], "ogg")
    assert found.duration_s < 3
    assert any("may have broken off" in line for line in found.report)


def _damaged(data: bytes, share: float, count: int) -> bytes:
    at = int(len(data) * share)
    return data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + count]) + data[at + count :]


@pytest.mark.parametrize(("kind", "share"), [("opus", 0.3), ("opus", 0.9), ("ogg", 0.3), ("ogg", 0.9)])
def test_an_ogg_with_a_damaged_page_is_told_of(check, kind: str, share: float) -> None:  # type: ignore[no-untyped-def]
    found = check(_damaged(recording(kind, 2.0), share, 40), "ogg")
    assert any("its last page stands at 2.0 s" in line for line in found.report)


def test_a_damaged_frame_of_an_mp3_is_told_of_and_many_are_refused(check) -> None:  # type: ignore[no-untyped-def]
    found = check(_damaged(recording("mp3", 1.0), 0.9, 1500), "mp3")
    assert found.duration_s == pytest.approx(1.0, abs=0.1)
    assert any("not there, or damaged" in line for line in found.report)
    with pytest.raises(Malformed):
        check(_damaged(recording("mp3", 4.0), 0.3, 3000), "mp3")


def test_an_mp3_of_changing_rate_without_a_stated_length_is_decoded_to_its_end(check) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    data = recording("mp3", 8.0, bitrate_mode="VARIABLE", compression_level=0.2)
    assert b"Xing" in data[:100]
    bare = data[data.index(b"\xff\xfb", 4) :]
    assert check(bare, "mp3").duration_s == pytest.approx(8.0, abs=0.1)
    # What libsndfile alone makes of it: the guess that `LongerFile` is there for.
    import io

    with soundfile.SoundFile(io.BytesIO(bare)) as guessed:
        assert guessed.frames / guessed.samplerate < 4


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        (b"fLaC" + bytes(100), "flac"),
        (b"ID3\x03\0\0\0\0\x01\0" + np.random.default_rng(2).bytes(30_000), "mp3"),
        (b"\xff\xfb\x94\xc4" + np.random.default_rng(2).bytes(30_000), "mp3"),
        (b"OggS" + bytes(23) + b"\x01\x1e\x01vorbis" + bytes(60), "ogg"),
        (box(b"ftyp", b"M4A ", bytes(4)), "m4a"),
        (box(b"ftyp", b"M4A ", bytes(4)) + b"\0\0\0\x04moov", "m4a"),
        (box(b"ftyp", b"M4A ", bytes(4)) + box(b"moov", bytes(40)) + box(b"mdat", bytes(4)), "m4a"),
        (recording("wav", 0.0), "wav"),
        (m4a(0.0), "m4a"),
    ],
)
def test_a_disguised_or_empty_recording_is_refused(check, data: bytes, kind: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Malformed):
        check(data, kind)


def test_one_kind_does_not_pass_as_another(check) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Malformed, match="is FLAC"):
        check(recording("flac"), "mp3")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (m4a(handler=b"vide"), "a film"),
        (m4a(entry=b"drms"), "locked"),
        (m4a() + box(b"moof"), "fragments"),
    ],
)
def test_an_m4a_that_no_browser_plays_as_sound_is_refused(check, data: bytes, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unsupported, match=said):
        check(data, "m4a")


def test_a_coding_that_browsers_do_not_play_is_refused(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    soundfile.write(tmp_path / "b.wav", hum(0.5), 48_000, subtype="MS_ADPCM")
    with pytest.raises(Unsupported, match="16 or 24 bits"):
        check((tmp_path / "b.wav").read_bytes(), "wav")
    soundfile.write(tmp_path / "c.wav", np.zeros((100, 33), np.float32), 48_000)
    with pytest.raises(Unsupported, match="33 channels"):
        check((tmp_path / "c.wav").read_bytes(), "wav")


def test_what_a_listener_can_read_of_the_maker_is_told(check) -> None:  # type: ignore[no-untyped-def]
    found = check(m4a(tags=itunes(ART="Ines", xyz="+37.97+023.72/")), "m4a")
    assert any("artist" in line for line in found.report)
    assert any("where it was recorded" in line for line in found.report)
    assert not any("Ines" in line or "37.97" in line for line in found.report), "named, and not repeated"


def test_a_wav_of_a_recorder_that_could_not_go_back_is_taken(check) -> None:  # type: ignore[no-untyped-def]
    data = bytearray(recording("wav", 0.5))
    data[4:8] = b"\xff\xff\xff\xff"
    assert check(bytes(data), "wav").duration_s == pytest.approx(0.5)
