"""One frozen `Settings`, read from the environment (prefix `CHRONOTOPE_`); defaults run everything embedded.

A setting that is wrong stops the start: `SettingsError` names the variable, what it holds and what would be right.
A variable with our prefix that nobody reads is refused, too, because it is most often a slip of the pen: a museum that
believes its records are in PostgreSQL must not find out after the disk died. `CHRONOTOPE_TEST_…` and
`CHRONOTOPE_BENCH_…` belong to the tests and benchmarks. With `_FILE` at the end of its name a variable names a file
that holds the value: so secrets need not be in the environment.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from api.buckets import Budget, parse_budget
from streaming.events import DeviceBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

PREFIX = "CHRONOTOPE_"
# Of the tests and benchmarks, and of the commands that talk to a server (api.cli).
_FOREIGN_PREFIXES = ("CHRONOTOPE_TEST_", "CHRONOTOPE_BENCH_", "CHRONOTOPE_TOKEN", "CHRONOTOPE_SERVER")
_SIZE = re.compile(r"(\d+)\s*([KMGT]?)i?B?", re.IGNORECASE)


class SettingsError(Exception):
    """A setting cannot be used; the message names it."""

    code = "BAD_SETTING"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


def parse_size(text: str) -> int:
    """Bytes of a size such as `64 MiB`, `2G`, `1000` (binary units).

    Raises:
        ValueError: it is none.

    >>> parse_size("64 MiB")
    67108864
    """
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a size; write for example 512M or 2 GiB")
    return int(found[1]) << (10 * " KMGT".index(found[2].upper() or " "))


def parse_device(text: str) -> DeviceBudget:
    """Bytes of files, triangles, draws and bytes of textures that a device holds, with commas between.

    Raises:
        ValueError: it is not four such numbers.

    >>> parse_device("192M,700000,250,512M").draws
    250
    """
    parts = text.split(",")
    if len(parts) != len(dataclasses.fields(DeviceBudget)):
        raise ValueError(f"{text!r} is not bytes,triangles,draws,textures, such as 192M,700000,250,512M")
    numbers = [parse_size(part) for part in parts]
    if min(numbers) < 1:
        raise ValueError(f"{text!r}: each number must be at least 1")
    return DeviceBudget(*numbers)


def _device(text: str) -> str:
    parse_device(text)
    return text


def _budget(text: str) -> str:
    parse_budget(text)
    return text


def _networks(text: str) -> tuple[str, ...]:
    names = _words(text)
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            raise ValueError(f"{name!r} is no address or network such as 10.0.0.7 or 10.0.0.0/24") from None
    return names


def _pace(text: str) -> int:
    if (size := parse_size(text)) < 1 << 10:
        raise ValueError(f"{text!r} is less than 1K")
    return size


def _text(text: str) -> str:
    return text


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _choice(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"{text!r} is none of {', '.join(values)}")
        return text

    return parse


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address such as https://museum.example")
    return text.rstrip("/")


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("is not an address such as redis://localhost:6379/0")  # not repeated: it may hold a password
    return text


def _dask_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError(f"{text!r} is not an address such as tcp://dask-scheduler:8786")
    return text


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme in ("postgresql", "postgres"):
        return text
    if parts.scheme != "sqlite" or parts.netloc or not parts.path.strip("/"):
        example = "sqlite:////absolute/path/catalogue.db or postgresql://user@host/database"
        raise ValueError(f"is not supported; leave it unset or use {example}")  # not repeated, as above
    return text


def _objects_url(text: str) -> str:
    parts = urlsplit(text)
    is_folder = parts.scheme == "file" and not parts.netloc and parts.path.strip("/")
    is_bucket = parts.scheme == "s3" and parts.netloc and not (parts.username or parts.query or parts.fragment)
    if not (is_folder or is_bucket):
        raise ValueError("is not supported; leave it unset or use file:///absolute/path or s3://bucket/prefix")
    return text


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    is_secret = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    )
    if not is_secret or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address such as https://sign-in.museum.example")
    return text  # as it is: the provider says it letter by letter


def _group_roles(text: str) -> tuple[str, ...]:
    pairs = _words(text)
    for pair in pairs:
        group, _, role = pair.rpartition("=")
        if not group or role not in ("member", "curator", "editor-in-chief", "administrator"):
            raise ValueError(f"{pair!r} is not GROUP=ROLE, such as staff=curator")
    return pairs


def _museum_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", text):
        raise ValueError(f"{text!r} is not 1 to 40 of a-z, 0-9 and -")
    return text


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("needs at least 32 characters; make one with `openssl rand -hex 32`")
    return text


def _setting(parse: Callable[[str], object], document: str) -> dict[str, object]:
    return {"parse": parse, "document": document}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. `docs/settings.md` shows the same texts."""

    data: Path = field(
        default=Path("museum"),
        metadata=_setting(
            _path, "The data directory. It holds everything: catalogue, objects, uploads, scratch files, keys."
        ),
    )
    host: str = field(default="127.0.0.1", metadata=_setting(_text, "Address to listen on."))
    port: int = field(default=8000, metadata=_setting(_whole(0, 65535), "Port to listen on; 0 takes a free one."))
    public_url: str = field(
        default="",
        metadata=_setting(
            _http_url, "Address that visitors use, where it differs from what the server sees (behind a proxy)."
        ),
    )
    trusted_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_setting(
            _words,
            "Further host names to answer to, comma-separated; `*` answers to all. Addresses, localhost, this "
            "machine's name (also with .local) and the host of PUBLIC_URL are always answered to.",
        ),
    )
    trusted_proxies: tuple[str, ...] = field(
        default=("127.0.0.1", "::1"),
        metadata=_setting(
            _networks,
            "Addresses or networks of proxies, comma-separated: what they say in `X-Forwarded-For` and "
            "`X-Forwarded-Proto` is believed, and nobody else.",
        ),
    )
    database_url: str = field(
        default="",
        metadata=_setting(
            _database_url,
            "Where the catalogue is: `sqlite:////absolute/path/catalogue.db`, or "
            "`postgresql://user:password@host/database` (13 or later, UTF-8, a database of its own). "
            "Default: catalogue.db (SQLite) in the data directory.",
        ),
    )
    objects_url: str = field(
        default="",
        metadata=_setting(
            _objects_url,
            "Where the objects (masters, tiles, images) are: `file:///absolute/path`, or `s3://bucket/prefix` with "
            "`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment. "
            "Default: objects/ in the data directory.",
        ),
    )
    replica_url: str = field(
        default="",
        metadata=_setting(
            _objects_url,
            "A second store, written as OBJECTS_URL is, from which damaged objects are put right. `chronotope fsck "
            "--replicate` fills it. Default: none.",
        ),
    )
    redis_url: str = field(
        default="",
        metadata=_setting(
            _redis_url,
            "Redis that several processes share, as `redis://[user:password@]host:6379/0`: a room is one room in all "
            "of them, and each hears at once what another changed; give them one SECRET_KEY, too. Default: rooms are "
            "of one process, and what others changed is seen within seconds.",
        ),
    )
    dask_scheduler: str = field(
        default="",
        metadata=_setting(
            _dask_url,
            "Dask scheduler, `tcp://host:8786` or `tls://…`, on whose workers models are tiled; they see the folder "
            "work/ of DATA at the same place. What fails there is tiled here. Default: this machine alone.",
        ),
    )
    oidc_issuer: str = field(
        default="",
        metadata=_setting(
            _issuer,
            "Address of an identity provider (OpenID Connect), as it calls itself: who has an account there can sign "
            "in here. Its answer comes back to `/sign-in/oidc/back`. Default: none.",
        ),
    )
    oidc_client_id: str = field(default="", metadata=_setting(_text, "What the provider knows this museum by."))
    oidc_client_secret: str = field(
        default="", metadata=_setting(_text, "The secret that goes with it. Default: none (PKCE protects in any case).")
    )
    oidc_new: str = field(
        default="visitor",
        metadata=_setting(
            _choice("none", "visitor", "member"),
            "Role of who comes by the provider for the first time; `none` lets in only who came by it before. More is "
            "given by a person, or by OIDC_ROLES.",
        ),
    )
    oidc_roles: tuple[str, ...] = field(
        default=(),
        metadata=_setting(
            _group_roles,
            "Roles by groups at the provider, comma-separated: `staff=curator,heads=editor-in-chief`. They are looked "
            "at with each sign-in; what a person gave here stays.",
        ),
    )
    oidc_groups_claim: str = field(default="groups", metadata=_setting(_text, "The claim that lists the groups."))
    secret_key: str = field(
        default="",
        metadata=_setting(
            _secret,
            "Signs session cookies; changing it ends all sessions. Default: a random key kept in the data directory.",
        ),
    )
    session_hours: int = field(
        default=12, metadata=_setting(_whole(1, 720), "How long a browser that signed in stays signed in.")
    )
    session_idle_minutes: int = field(
        default=120,
        metadata=_setting(_whole(5, 43_200), "How long it stays so without asking for anything."),
    )
    publishers: str = field(
        default="curators",
        metadata=_setting(
            _choice("curators", "editors"),
            "Who shows things to others and takes them back: `curators`, or only `editors` in chief (and "
            "administrators).",
        ),
    )
    museum: str = field(
        default="",
        metadata=_setting(_museum_name, "Which museum of MUSEUMS a command is about. Default: the first one there."),
    )
    museums: str = field(
        default="",
        metadata=_setting(
            _text,
            "A file (TOML) of several museums that one server serves, each under host names of its own "
            "(docs/accounts.md). Default: one museum.",
        ),
    )
    log_format: str = field(
        default="text", metadata=_setting(_choice("text", "json"), "`text` for people, `json` for machines.")
    )
    log_level: str = field(
        default="info", metadata=_setting(_choice("debug", "info", "warning", "error"), "Least level that is logged.")
    )
    max_upload: int = field(
        default=16 << 30, metadata=_setting(parse_size, "Largest upload in bytes; 512M or 2 GiB are understood.")
    )
    scrub_days: int = field(
        default=30,
        metadata=_setting(
            _whole(0, 3650),
            "Days from one look through all objects to the next: each is read and held against its digest, and put "
            "right from the replica; 0: none, `chronotope fsck` does it.",
        ),
    )
    scrub_pace: int = field(
        default=4 << 20, metadata=_setting(_pace, "Bytes that this look reads each second, at most: 4M, for example.")
    )
    upload_hours: int = field(default=24, metadata=_setting(_whole(1, 720), "How long an unfinished upload is kept."))
    workers: int = field(
        default=1, metadata=_setting(_whole(0, 64), "Jobs worked on at a time by this process; 0: none.")
    )
    job_lease_s: int = field(
        default=30,
        metadata=_setting(_whole(2, 3600), "Seconds without a sign of life after which a job is taken over."),
    )
    job_attempts: int = field(
        default=3, metadata=_setting(_whole(1, 20), "How often a job is begun before it counts as failed.")
    )
    stream_headset: str = field(
        default="192M,700000,250,512M",
        metadata=_setting(
            _device, "Budget of a stream of `profile=headset`: bytes of files, triangles, draws, bytes of textures."
        ),
    )
    stream_phone: str = field(
        default="128M,500000,200,384M", metadata=_setting(_device, "The same of `profile=phone`.")
    )
    stream_desktop: str = field(
        default="256M,3000000,500,1536M",
        metadata=_setting(_device, "The same of `profile=desktop`, and of clients that name no profile."),
    )
    streams_per_address: int = field(
        default=256,
        metadata=_setting(
            _whole(1, 100_000),
            "Streams that one address may have open at a time; those of this machine itself are not counted.",
        ),
    )
    audit_address_days: int = field(
        default=90,
        metadata=_setting(
            _whole(1, 3650), "Days after which the audit log forgets from which address something was done."
        ),
    )
    rate_per_address: str = field(
        default="500,30000",
        metadata=_setting(
            _budget,
            "What one address (of IPv6: one network of 64 bits) may cost: points a second, and points at once; a point "
            "is about a millisecond of one core (docs/operations.md). More is answered 429. 0 does not limit. This "
            "machine itself is not counted.",
        ),
    )
    rate_per_actor: str = field(
        default="500,30000", metadata=_setting(_budget, "The same of who is signed in, from whichever addresses.")
    )
    stop_s: int = field(default=2, metadata=_setting(_whole(0, 600), "Seconds that open requests get at Ctrl-C."))

    @property
    def is_postgres(self) -> bool:
        """Whether the catalogue is in PostgreSQL."""
        return urlsplit(self.database_url).scheme in ("postgresql", "postgres")

    @property
    def database_path(self) -> Path:
        """File of the catalogue, where it is in SQLite. As elsewhere, three slashes are relative and four absolute."""
        return Path(unquote(urlsplit(self.database_url).path[1:])) if self.database_url else self.data / "catalogue.db"

    @property
    def stream_profiles(self) -> dict[str, DeviceBudget]:
        """Budgets of streams by profile."""
        named = {"headset": self.stream_headset, "phone": self.stream_phone, "desktop": self.stream_desktop}
        return {name: parse_device(text) for name, text in named.items()}

    @property
    def address_budget(self) -> Budget:
        """What one address may cost."""
        return parse_budget(self.rate_per_address)

    @property
    def actor_budget(self) -> Budget:
        """What one actor may cost."""
        return parse_budget(self.rate_per_actor)

    @property
    def curators_publish(self) -> bool:
        """Whether curators show things to others."""
        return self.publishers == "curators"

    @property
    def is_s3(self) -> bool:
        """Whether the objects are in S3."""
        return urlsplit(self.objects_url).scheme == "s3"

    @property
    def objects_path(self) -> Path:
        """Folder of the objects, where they are files."""
        return Path(unquote(urlsplit(self.objects_url).path)) if self.objects_url else self.data / "objects"


def variable(field: str) -> str:
    """Name of the environment variable of a field.

    >>> variable("log_format")
    'CHRONOTOPE_LOG_FORMAT'
    """
    return PREFIX + field.upper()


def _from_file(name: str, text: str, fields: Container[str]) -> tuple[str, str]:
    """A variable of a setting as it is, and one with `_FILE` at its end as what that file holds.

    Raises:
        SettingsError: the file cannot be read.
    """
    field = name.removesuffix("_FILE")
    if field == name or field not in fields or not text:
        return name, text
    try:
        return field, Path(text).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError(name, f"the file {text} cannot be read ({getattr(e, 'strerror', None) or e})") from e


def from_environment(environment: Mapping[str, str], **given: object) -> Settings:
    """Settings of an environment; `given` (options of the command line, already values, None where not given) wins.

    Raises:
        SettingsError: a variable is unknown, cannot be read, or asks for what is not built.
    """
    fields = {variable(field.name): field for field in dataclasses.fields(Settings)}
    values: dict[str, object] = {}
    for given_name, given_text in environment.items():
        if not given_name.startswith(PREFIX) or given_name.startswith(_FOREIGN_PREFIXES):
            continue
        name, text = _from_file(given_name, given_text, fields)
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            raise SettingsError(name, "there is no such setting" + (f"; did you mean {near[0]}?" if near else ""))
        if text == "":
            continue
        try:
            values[fields[name].name] = fields[name].metadata["parse"](text)
        except ValueError as e:
            raise SettingsError(name, str(e)) from e
    values |= {name: value for name, value in given.items() if value is not None}
    return Settings(**values)  # type: ignore[arg-type]  # each value came from its own field's reader
