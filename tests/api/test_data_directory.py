from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from api.data_directory import held, prepare
from api.settings import Settings, SettingsError


def test_the_directory_is_made_with_a_secret_of_its_own(tmp_path: Path) -> None:
    settings = prepare(Settings(data=tmp_path / "a" / "museum"))
    assert settings.data == tmp_path / "a" / "museum"
    assert len(settings.secret_key) == 64
    assert stat.S_IMODE((settings.data / "secret-key").stat().st_mode) == 0o600
    assert prepare(Settings(data=settings.data)).secret_key == settings.secret_key


def test_a_given_secret_is_used_and_not_written_down(tmp_path: Path) -> None:
    settings = prepare(Settings(data=tmp_path, secret_key="s" * 32))
    assert settings.secret_key == "s" * 32
    assert not (tmp_path / "secret-key").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"cannot write to the folder .*file/museum"):
        prepare(Settings(data=tmp_path / "file" / "museum"))


def test_a_folder_that_nobody_may_write_to_is_named() -> None:
    # Not even root makes folders in /proc.
    with pytest.raises(SettingsError, match="cannot write to the folder"):
        prepare(Settings(data=Path("/proc/museum")))


def test_a_directory_is_held_by_one_and_free_again_after_it(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(SettingsError, match=f"process {os.getpid()}"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from api.data_directory import held\n"
        "with held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SettingsError, match=f"process {holder.pid}"), held(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with held(tmp_path):
        pass


def test_a_secret_that_a_power_cut_emptied_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_bytes(b"")
    key = prepare(Settings(data=tmp_path)).secret_key
    assert len(key) == 64
    assert prepare(Settings(data=tmp_path)).secret_key == key
