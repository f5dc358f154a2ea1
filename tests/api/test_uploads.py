from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from api import uploads
from api.uploads import complete, parse_metadata
from scenes.model import Actor, Asset, AssetState, JobState, Role, Visibility

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from starlette.types import Message

    from tests.api.museum import Doors

FILE = b"ply\n" + bytes(range(256)) * 8
TUS = {"Tus-Resumable": "1.0.0"}
BODY = {"Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


async def begin(doors: Doors, headers: dict[str, str], *, length: int = len(FILE), **about: str) -> httpx.Response:
    sent = TUS | headers | {"Upload-Length": str(length), "Upload-Metadata": metadata(filename="venus.ply", **about)}
    return await doors.client.post("/uploads", headers=sent)


async def patch(
    doors: Doors, where: str, offset: int, data: bytes | AsyncIterator[bytes], headers: dict[str, str]
) -> httpx.Response:
    sent = TUS | BODY | headers | {"Upload-Offset": str(offset)}
    return await doors.client.patch(where, headers=sent, content=data)


async def offset_of(doors: Doors, where: str, headers: dict[str, str]) -> int:
    answer = await doors.client.head(where, headers=TUS | headers)
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def test_what_is_spoken_is_told_without_a_token(doors: Doors) -> None:
    for path in ("/uploads", "/uploads/upload_x"):
        answer = await doors.client.options(path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-extension"] == "creation,creation-with-upload,termination,checksum,expiration"
        assert answer.headers["tus-max-size"] == str(1 << 20)
        assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


async def test_an_upload_in_two_pieces_becomes_an_asset_and_a_job(doors: Doors) -> None:
    headers = doors.bearer()
    begun = await begin(doors, headers, title="Venus", rights="https://creativecommons.org/publicdomain/zero/1.0/")
    assert begun.status_code == 201
    assert "upload-expires" in begun.headers
    where = begun.headers["location"]
    first = await patch(doors, where, 0, FILE[:100], headers)
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100")
    assert await offset_of(doors, where, headers) == 100
    last = await patch(doors, where, 100, FILE[100:], headers)
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(FILE)))
    asset = doors.services.catalogue.get(Asset, last.headers["chronotope-asset"])
    assert asset
    assert (asset.title, asset.master_name, asset.state) == ("Venus", "venus.ply", AssetState.PENDING)
    assert (asset.visibility, asset.created_by) == (Visibility.DRAFT, "ines")
    assert doors.services.blobs.read(asset.master) == FILE
    job = doors.services.jobs.job(last.headers["chronotope-job"])
    assert job
    assert (job.kind, job.subject, job.state) == ("tile", asset.id, JobState.QUEUED)


async def test_a_finished_upload_still_tells_its_asset_and_job(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    last = await patch(doors, where, 0, FILE, headers)
    later = await doors.client.head(where, headers=TUS | headers)
    assert later.status_code == 200
    for name in ("chronotope-asset", "chronotope-job", "upload-offset"):
        assert later.headers[name] == last.headers[name]


async def test_creation_may_bring_the_bytes_along(doors: Doors) -> None:
    sent = (
        TUS | BODY | doors.bearer() | {"Upload-Length": str(len(FILE)), "Upload-Metadata": metadata(filename="a.ply")}
    )
    answer = await doors.client.post("/uploads", headers=sent, content=FILE)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(FILE)))
    assert answer.headers["chronotope-asset"].startswith("asset_")


async def test_an_upload_goes_on_after_its_connection_broke(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]

    reached = await _break_off(doors, where, FILE[:500], FILE[500:700], headers)
    assert reached == 204
    assert await offset_of(doors, where, headers) == 700
    last = await patch(doors, where, 700, FILE[700:], headers)
    asset = doors.services.catalogue.get(Asset, last.headers["chronotope-asset"])
    assert asset
    assert doors.services.blobs.read(asset.master) == FILE


async def _break_off(doors: Doors, where: str, *pieces: bytes | dict[str, str]) -> int:
    """A PATCH whose connection breaks after some pieces; the status that nobody is there to read."""
    *data, headers = pieces
    assert isinstance(headers, dict)
    messages = iter([{"type": "http.request", "body": piece, "more_body": True} for piece in data])
    statuses = []

    async def receive() -> dict[str, object]:
        return next(messages, {"type": "http.disconnect"})  # type: ignore[arg-type, return-value]

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    sent = {"host": "localhost", "upload-offset": "0", **TUS, **BODY, **headers}
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": where,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
    }
    await doors.app(scope, receive, send)
    return int(str(statuses[0]))


async def test_a_resumed_upload_ends_the_request_that_still_hangs(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    hangs, answers = anyio.Event(), []

    async def hanging() -> AsyncIterator[bytes]:
        yield FILE[:300]
        hangs.set()
        await anyio.sleep_forever()

    async def first() -> None:
        answers.append(await patch(doors, where, 0, hanging(), headers))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            await hangs.wait()
            second = await patch(doors, where, 300, FILE[300:], headers)
    assert (second.status_code, second.headers["upload-offset"]) == (204, str(len(FILE)))
    assert [answer.status_code for answer in answers] == [409]


async def test_a_wrong_offset_changes_nothing(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    await patch(doors, where, 0, FILE[:10], headers)
    for wrong in (0, 9, 11, len(FILE)):
        answer = await patch(doors, where, wrong, b"x", headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert await offset_of(doors, where, headers) == 10


async def test_more_bytes_than_announced_are_refused(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers, length=10)).headers["location"]
    answer = await patch(doors, where, 0, b"x" * 11, headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "LIMIT")
    assert await offset_of(doors, where, headers) <= 10


async def test_too_large_an_upload_is_refused_at_its_beginning(doors: Doors) -> None:
    answer = await begin(doors, doors.bearer(), length=(1 << 20) + 1)
    assert (answer.status_code, answer.json()["code"]) == (413, "LIMIT")


async def test_an_upload_is_nobody_elses(doors: Doors) -> None:
    where = (await begin(doors, doors.bearer())).headers["location"]
    other = doors.bearer(name="otto")
    head = await doors.client.head(where, headers=TUS | other)
    assert head.status_code == 404
    assert "upload-offset" not in head.headers
    assert (await patch(doors, where, 0, b"x", other)).status_code == 404
    assert (await doors.client.delete(where, headers=TUS | other)).status_code == 404


async def test_a_finished_upload_is_nobody_elses_either(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    await patch(doors, where, 0, FILE, headers)
    assert (await doors.client.head(where, headers=TUS | doors.bearer(name="otto"))).status_code == 404


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.VISITOR, 403), (Role.CURATOR, 201)])
async def test_depositing_needs_a_curator(doors: Doors, role: Role | None, status: int) -> None:
    assert (await begin(doors, doors.bearer(role) if role else {})).status_code == status


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
async def test_another_version_is_told_ours_and_not_processed(doors: Doors, version: str | None) -> None:
    sent = doors.bearer() | {"Upload-Length": "1"} | ({"Tus-Resumable": version} if version else {})
    answer = await doors.client.post("/uploads", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (412, "TUS_VERSION")
    assert answer.headers["tus-version"] == "1.0.0"


async def test_every_answer_says_the_version(doors: Doors) -> None:
    headers = TUS | doors.bearer()
    for answer in (
        await doors.client.head("/uploads/upload_unknown", headers=headers),
        await doors.client.get("/uploads", headers=headers),
        await begin(doors, doors.bearer()),
    ):
        assert answer.headers["tus-resumable"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": "many"}, 400, "BAD_REQUEST"),
        ({"Upload-Length": "-1"}, 400, "BAD_REQUEST"),
        ({}, 400, "BAD_REQUEST"),
        ({"Upload-Defer-Length": "1"}, 400, "BAD_REQUEST"),
        ({"Upload-Length": "1", "Upload-Concat": "partial"}, 400, "BAD_REQUEST"),
        ({"Upload-Length": "1", "Upload-Metadata": "filename ***"}, 400, "BAD_REQUEST"),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, 400, "BAD_REQUEST"),
        ({"Upload-Length": "1", "Upload-Metadata": f"rights {base64.b64encode(b'mine').decode()}"}, 422, "INVALID"),
        ({"Upload-Length": "1", "Content-Type": "text/plain"}, 415, "MEDIA_TYPE"),
        ({"Upload-Length": "1", **BODY, "Upload-Checksum": "md5 AAAA"}, 400, "BAD_REQUEST"),
    ],
)
async def test_a_creation_that_is_not_understood(doors: Doors, headers: dict[str, str], status: int, code: str) -> None:
    answer = await doors.client.post("/uploads", headers=TUS | doors.bearer() | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_patch_of_another_type_is_refused(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    answer = await patch(doors, where, 0, b"x", headers | {"Content-Type": "application/octet-stream"})
    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_right_checksum_is_kept_and_a_wrong_one_is_not(doors: Doors, algorithm: str) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    right = base64.b64encode(hashlib.new(algorithm, FILE[:64]).digest()).decode()
    wrong = await patch(doors, where, 0, FILE[:63] + b"!", headers | {"Upload-Checksum": f"{algorithm} {right}"})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "CHECKSUM_MISMATCH")
    assert await offset_of(doors, where, headers) == 0
    kept = await patch(doors, where, 0, FILE[:64], headers | {"Upload-Checksum": f"{algorithm} {right}"})
    assert (kept.status_code, kept.headers["upload-offset"]) == (204, "64")


async def test_a_terminated_upload_is_gone(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    assert (await doors.client.delete(where, headers=TUS | headers)).status_code == 204
    assert (await doors.client.head(where, headers=TUS | headers)).status_code == 404


async def test_a_method_may_come_in_a_header(doors: Doors) -> None:
    headers = doors.bearer()
    where = (await begin(doors, headers)).headers["location"]
    sent = TUS | BODY | headers | {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert (await doors.client.post(where, headers=sent, content=b"x")).status_code == 204


@dataclass(frozen=True)
class _Later:
    """A clock that is ahead."""

    at: datetime

    def now(self) -> datetime:
        return self.at


async def test_an_upload_that_was_not_finished_in_time_is_forgotten(doors: Doors) -> None:
    where = (await begin(doors, doors.bearer())).headers["location"]
    tomorrow = replace(doors.services, clock=_Later(doors.services.clock.now() + timedelta(hours=25)))
    tus = uploads._Tus(tomorrow)
    with pytest.raises(uploads.DoorError) as refused:
        await tus._find(where.rpartition("/")[2], Actor("ines", Role.CURATOR))
    assert refused.value.code == "GONE"
    assert (await doors.client.head(where, headers=TUS | doors.bearer())).status_code == 404


async def test_uploads_that_nobody_asks_for_again_are_swept(doors: Doors) -> None:
    for _ in range(2):
        await begin(doors, doors.bearer())
    assert uploads.forget_expired(doors.services) == 0
    tomorrow = replace(doors.services, clock=_Later(doors.services.clock.now() + timedelta(hours=25)))
    assert uploads.forget_expired(tomorrow) == 2
    assert list(doors.services.uploads.begun()) == []


async def test_a_crash_between_the_last_byte_and_the_asset_is_mended_by_asking_again(doors: Doors) -> None:
    headers, services = doors.bearer(), doors.services
    where = (await begin(doors, headers)).headers["location"]
    # As if the process had died after the bytes were durable.
    services.uploads.append(where.rpartition("/")[2], offset=0, chunks=iter([FILE]))
    answer = await doors.client.head(where, headers=TUS | headers)
    asset = services.catalogue.get(Asset, answer.headers["chronotope-asset"])
    assert asset
    assert asset.state is AssetState.PENDING


async def test_completing_twice_yields_one_asset(doors: Doors) -> None:
    services, actor = doors.services, Actor("ines", Role.CURATOR)
    where = (await begin(doors, doors.bearer())).headers["location"]
    upload_id = where.rpartition("/")[2]
    services.uploads.append(upload_id, offset=0, chunks=iter([FILE]))
    discarded = services.uploads.discard
    kept = replace(services, uploads=_KeepsUploads(services.uploads))
    first, second = complete(kept, upload_id, actor), complete(kept, upload_id, actor)
    assert first == second
    assert len(services.jobs.jobs_of([first["Chronotope-Asset"]])[first["Chronotope-Asset"]]) == 1
    assert services.catalogue.history([first["Chronotope-Asset"]], last=9)[1:] == ()
    discarded(upload_id)


class _KeepsUploads:
    """Uploads that survive being discarded, as after a crash before it."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def discard(self, upload_id: str) -> None:
        pass


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", {}),
        ("a YQ==", {"a": "a"}),
        ("a YQ==, b", {"a": "a", "b": ""}),
        ("name w6TDtsO8", {"name": "äöü"}),
    ],
)
def test_metadata(header: str, found: dict[str, str]) -> None:
    assert parse_metadata(header) == found


async def test_an_empty_file_is_refused_and_leaves_no_asset(doors: Doors) -> None:
    folder = doors.services.settings.data / "uploads"
    uploads = sorted(folder.iterdir())
    before = doors.services.catalogue.page(Asset, first=100).records
    answer = await begin(doors, doors.bearer(), length=0)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")
    assert doors.services.catalogue.page(Asset, first=100).records == before
    assert sorted(folder.iterdir()) == uploads


async def test_an_upload_for_an_asset_becomes_its_next_version(doors: Doors) -> None:
    headers = doors.bearer()
    first = await patch(doors, (await begin(doors, headers)).headers["location"], 0, FILE, headers)
    asset_id, first_job = (first.headers[f"chronotope-{name}"] for name in ("asset", "job"))
    again = FILE + b"more"
    busy = await begin(doors, headers, length=len(again), asset=asset_id)
    assert (busy.status_code, busy.json()["code"]) == (409, "CONFLICT")
    doors.services.jobs.cancel(first_job, at=doors.services.clock.now())
    where = (await begin(doors, headers, length=len(again), asset=asset_id, limit="0.02")).headers["location"]
    last = await patch(doors, where, 0, again, headers)
    assert last.headers["chronotope-asset"] == asset_id
    asset = doors.services.catalogue.get(Asset, asset_id)
    assert asset
    assert asset.replacement
    assert (asset.replacement.job, asset.replacement.limit) == (last.headers["chronotope-job"], 0.02)
    assert doors.services.blobs.read(asset.master) == FILE
    assert doors.services.blobs.read(asset.replacement.master) == again
    later = await doors.client.head(where, headers=TUS | headers)
    for name in ("chronotope-asset", "chronotope-job", "upload-offset"):
        assert later.headers[name] == last.headers[name]


async def test_an_upload_for_no_asset_or_with_no_limit_is_refused_before_it_begins(doors: Doors) -> None:
    headers = doors.bearer()
    assert (await begin(doors, headers, asset="asset_gone")).status_code == 404
    assert (await begin(doors, headers, asset="asset_gone", limit="far")).json()["code"] == "INVALID"
