from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, from_environment, parse_size, variable
from streaming.events import DeviceBudget
from streaming.opening import PROFILES

ROOT = Path(__file__).resolve().parents[2]


def test_defaults_run_everything_in_one_directory() -> None:
    settings = from_environment({})
    assert settings.database_path == Path("museum/catalogue.db")
    assert settings.objects_path == Path("museum/objects")
    assert settings.host == "127.0.0.1"


def test_the_environment_is_read_and_options_win_over_it() -> None:
    environment = {"CHRONOTOPE_PORT": "9000", "CHRONOTOPE_LOG_FORMAT": "json", "CHRONOTOPE_DATA": "/srv/museum"}
    settings = from_environment(environment, port=9001, data=None)
    assert (settings.port, settings.log_format, settings.data) == (9001, "json", Path("/srv/museum"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("CHRONOTOPE_DATABASE_URL", "mysql://db/museum", "postgresql://user@host/database"),
        ("CHRONOTOPE_DATABASE_URL", "sqlite://relative.db", "sqlite:////absolute/path"),
        ("CHRONOTOPE_OBJECTS_URL", "s3:///prefix", "s3://bucket/prefix"),
        ("CHRONOTOPE_OBJECTS_URL", "s3://key:secret@bucket", "s3://bucket/prefix"),
        ("CHRONOTOPE_OBJECTS_URL", "file://relative", "file:///absolute/path"),
        ("CHRONOTOPE_REDIS_URL", "http://localhost:6379", "redis://localhost:6379/0"),
        ("CHRONOTOPE_REDIS_URL", "redis://", "redis://localhost:6379/0"),
        ("CHRONOTOPE_DASK_SCHEDULER", "dask:8786", "tcp://dask-scheduler:8786"),
        ("CHRONOTOPE_DASK_SCHEDULER", "tcp://dask", "tcp://dask-scheduler:8786"),
        ("CHRONOTOPE_SCRUB_PACE", "0", "less than 1K"),
        ("CHRONOTOPE_SECRET_KEY_FILE", "/nowhere/key", "cannot be read (No such file or directory)"),
        ("CHRONOTOPE_SECRET_KAY_FILE", "/nowhere/key", "there is no such setting"),
        ("CHRONOTOPE_OIDC_ISSUER", "http://id.example", "is not an address"),
        ("CHRONOTOPE_PORT", "80800", "from 0 to 65535"),
        ("CHRONOTOPE_PORT", "-1", "from 0 to 65535"),
        ("CHRONOTOPE_PUBLIC_URL", "museum.example", "https://museum.example"),
        ("CHRONOTOPE_LOG_FORMAT", "xml", "text, json"),
        ("CHRONOTOPE_SECRET_KEY", "short", "at least 32 characters"),
        ("CHRONOTOPE_MAX_UPLOAD", "many", "512M"),
        ("CHRONOTOPE_PROT", "8000", "did you mean CHRONOTOPE_PORT?"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        from_environment({name: text})
    assert said in str(refused.value)


def test_a_value_may_be_in_a_file_and_is_checked_as_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a secret of thirty-two characters and more\n")
    assert from_environment({"CHRONOTOPE_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key.endswith("and more")
    (tmp_path / "key").write_text("short")
    with pytest.raises(SettingsError, match="at least 32 characters"):
        from_environment({"CHRONOTOPE_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_variables_of_tests_and_clients_and_of_others_are_left_alone() -> None:
    others = {"CHRONOTOPE_TEST_DATA": "/data", "CHRONOTOPE_BENCH_SIZE": "1", "CHRONOTOPE_TOKEN": "t", "HOME": "/root"}
    assert from_environment(others) == Settings()


def test_an_empty_variable_counts_as_unset() -> None:
    assert from_environment({"CHRONOTOPE_DATABASE_URL": "", "CHRONOTOPE_PORT": ""}) == Settings()


def test_sqlite_and_file_addresses_may_be_given() -> None:
    settings = from_environment(
        {"CHRONOTOPE_DATABASE_URL": "sqlite:////srv/a%20b.db", "CHRONOTOPE_OBJECTS_URL": "file:///srv/objects"}
    )
    assert settings.database_path == Path("/srv/a b.db")
    assert settings.objects_path == Path("/srv/objects")


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("1000", 1000), ("64 MiB", 64 << 20), ("2g", 2 << 30)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_profile_is_four_numbers() -> None:
    settings = from_environment({"CHRONOTOPE_STREAM_PHONE": "64 MiB, 1000, 2, 1G"})
    assert settings.stream_profiles["phone"] == DeviceBudget(64 << 20, 1000, 2, 1 << 30)
    assert Settings().stream_profiles == PROFILES


@pytest.mark.parametrize("text", ["64M", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,0,4"])
def test_what_is_no_profile_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="CHRONOTOPE_STREAM_PHONE"):
        from_environment({"CHRONOTOPE_STREAM_PHONE": text})


def test_every_setting_is_documented_with_its_default_and_its_own_words() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    for field in dataclasses.fields(Settings):
        default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
        shown = f"`{default}`" if default else "none"
        assert f"| `{variable(field.name)}` | {shown} | {field.metadata['document']} |" in page
    assert page.count("| `CHRONOTOPE_") == len(dataclasses.fields(Settings))


@pytest.mark.parametrize("name", ["CHRONOTOPE_REDIS_URL", "CHRONOTOPE_DATABASE_URL"])
def test_a_password_is_not_repeated_when_its_address_is_wrong(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment({name: "rediss+tls://museum:hunter2@cache:6379"})
    assert "hunter2" not in str(caught.value)


def test_addresses_of_servers_may_be_given() -> None:
    assert from_environment({"CHRONOTOPE_DATABASE_URL": "postgresql://museum@db/museum"}).is_postgres
    assert from_environment({"CHRONOTOPE_OBJECTS_URL": "s3://bucket/museum"}).is_s3
    assert (Settings().is_postgres, Settings().is_s3) == (False, False)
    assert from_environment({"CHRONOTOPE_REDIS_URL": "rediss://museum:s@cache/0"}).redis_url.startswith("rediss://")
