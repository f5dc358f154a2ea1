from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import scenes.errors
import timeline.errors
from api.errors import TABLE, DoorError, kind_of, message_of
from scenes.errors import NotFound, SceneError
from streaming.errors import CloseCode
from timeline.edtf import parse
from timeline.errors import EdtfError, TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.museum import Doors

ROOT = Path(__file__).resolve().parents[2]


def _leaves(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for leaf in root.__subclasses__():
        if leaf.__module__ in (scenes.errors.__name__, timeline.errors.__name__):
            yield from _leaves(leaf)


def test_the_documented_table_is_the_real_one() -> None:
    page = (ROOT / "docs/errors.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| `(\w+)` \| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(k.code, str(k.status), k.graphql, str(k.close), k.title) for k in TABLE.values()]


@pytest.mark.parametrize("root", [SceneError, TimelineError])
def test_every_error_of_the_core_has_a_row(root: type[Exception]) -> None:
    assert {getattr(leaf, "code", "") for leaf in _leaves(root)} <= set(TABLE)


def test_the_close_codes_of_the_stream_are_in_the_table() -> None:
    ends_well = {CloseCode.DONE, CloseCode.GOING_AWAY}
    assert {int(code) for code in CloseCode if code not in ends_well} <= {kind.close for kind in TABLE.values()}


def test_an_error_keeps_its_own_words_and_a_fault_of_ours_says_nothing() -> None:
    assert message_of(NotFound("there is no scene x")) == "there is no scene x"
    assert message_of(NotFound()) == "There is no such thing, or it is not for you to know of."
    assert message_of(ValueError("/home/secret")) == "The fault is ours; it was logged."


def test_a_foreign_exception_with_a_code_of_ours_is_still_a_fault_of_ours() -> None:
    class Foreign(Exception):
        code = "NOT_FOUND"

    assert kind_of(Foreign()).code == "INTERNAL"
    assert kind_of(DoorError("NO_SUCH_ROW", "x")).code == "INTERNAL"


async def test_bad_edtf_is_answered_with_its_column(doors: Doors) -> None:
    with pytest.raises(EdtfError) as expected:
        parse("19xx-13")
    answer = await doors.client.get("/scenes/scene_open/tileset.json", params={"at": "19xx-13"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "BAD_EDTF"
    assert answer.json()["column"] == expected.value.column


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such/page", 404, "NOT_FOUND"),
        ("POST", "/blobs/" + "0" * 64, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/scenes/scene_open/tileset.json", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/scenes/scene_open/tileset.json?certainty=perhaps", 422, "INVALID"),
        ("GET", "/scenes/scene_open/scene.glb?triangles=no", 422, "INVALID"),
        ("GET", "/scenes/no_such/tileset.json", 404, "NOT_FOUND"),
        ("GET", "/scenes/scene_draft/tileset.json", 404, "NOT_FOUND"),
        ("GET", "/scenes/scene_open/tileset.json?hypothesis=no_such", 404, "NOT_FOUND"),
        ("GET", "/blobs/../settings", 404, "NOT_FOUND"),
        ("GET", "/blobs/" + "0" * 64, 404, "NOT_FOUND"),
        ("GET", "/assets/no_such/master", 404, "NOT_FOUND"),
    ],
)
async def test_refusals_are_problems_with_a_code(doors: Doors, method: str, path: str, status: int, code: str) -> None:
    answer = await doors.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body = answer.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["title"] == TABLE[code].title


async def test_a_wrong_method_says_which_are_right(doors: Doors) -> None:
    answer = await doors.client.post("/blobs/" + "0" * 64)
    assert "GET" in answer.headers["allow"]


async def test_a_fault_of_ours_is_answered_without_a_trace(doors: Doors) -> None:
    # The tileset document is gone from the disk: nothing that a visitor did wrong.
    asset = doors.services.catalogue.get(scenes.model.Asset, "asset_temple")
    assert asset
    assert asset.tileset
    for path in (doors.services.settings.data / "objects").rglob(asset.tileset.digest):
        path.chmod(0o600)
        path.write_bytes(b"not json")
    answer = await doors.client.get("/assets/asset_temple/tileset.json")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "JSON" not in answer.text
    assert "Traceback" not in answer.text
