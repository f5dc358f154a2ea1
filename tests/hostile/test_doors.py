"""A sample of the corpus by a user's door: tus, the worker, the real child; and the service does not notice."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING

import pytest

from api.sandboxed import sandboxed_tile
from api.worker import Worker
from pipeline import sandbox
from scenes.model import Asset, AssetState, JobState
from tests.api.conftest import doors
from tests.hostile.corpus import content_of

if TYPE_CHECKING:
    from httpx import Response

    from scenes.model import Job
    from tests.api.museum import Doors

__all__ = ["doors"]


async def _uploaded(doors: Doors, data: bytes, name: str) -> Response:
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(data)),
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    return await doors.client.post("/uploads", content=data, headers=headers | doors.bearer())


def _worked(doors: Doors, answer: Response) -> tuple[Asset, Job]:
    services = doors.services
    assert answer.status_code == 201
    assert Worker(services, sandboxed_tile(services.settings)).work_once("w")
    asset = services.catalogue.get(Asset, answer.headers["chronotope-asset"])
    job = services.jobs.job(answer.headers["chronotope-job"])
    assert asset
    assert job
    return asset, job


@pytest.mark.parametrize("what", [
    "glTF of indices beyond the points",
    "zip that climbs by backslashes",
    "las of four billion points",
    "PNG of more pixels than its bytes can hold",
])  # fmt: skip
async def test_what_is_hostile_is_rejected_with_its_code(what: str, doors: Doors) -> None:
    name, data, code = content_of(what)
    asset, job = _worked(doors, await _uploaded(doors, data, name))
    assert (job.state, job.code) == (JobState.REJECTED, code)
    assert asset.state is AssetState.REJECTED
    assert str(doors.services.settings.data) not in job.message
    assert not list((doors.services.settings.data / "work").glob("*"))


async def test_a_parser_that_dies_is_a_refusal_and_the_next_is_served(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, data, _ = content_of("GLB of twelve bytes")
    with monkeypatch.context() as dying:
        dying.setattr(sandbox, "_command", lambda *_: [sys.executable, "-S", "-c", "import os; os.abort()"])
        _, job = _worked(doors, await _uploaded(doors, data, name))
    assert (job.state, job.code) == (JobState.REJECTED, "PARSER_CRASH")
    assert (await doors.client.get("/livez")).status_code == 200
    _, job = _worked(doors, await _uploaded(doors, data, name))
    assert job.code == "MALFORMED"
