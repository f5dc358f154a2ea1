from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import scenes.model
from api.errors import TABLE, DoorError, kind_of, message_of
from scenes.errors import NotFound
from scenes.ports import Put
from streaming.errors import CloseCode
from timeline.edtf import parse
from timeline.errors import EdtfError, TimelineError
from timeline.period_names import NoPeriod, PeriodNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.api.museum import Doors

PACKAGES = ("api", "pipeline", "sample_museum", "scenes", "storage", "streaming", "tiling", "timeline")
ROOT = Path(__file__).resolve().parents[2]


def _modules() -> Iterator[tuple[ModuleType, str]]:
    """All modules of ours, imported, with their sources."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        names = [package, *(each.name for each in pkgutil.walk_packages(root.__path__, f"{package}."))]
        for module in map(importlib.import_module, names):
            yield module, inspect.getsource(module) if Path(str(module.__file__)).stat().st_size else ""


def _raised(modules: Iterable[tuple[ModuleType, str]]) -> Iterator[tuple[str, str]]:
    """Codes that errors carry, and where: those of the classes, and those that doors are given by name."""
    known = list(modules)
    doors = {"DoorError"}
    for module, _ in known:
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, Exception) and each.__module__ == module.__name__:
                if issubclass(each, DoorError):
                    doors.add(each.__name__)
                elif isinstance(code := getattr(each, "code", None), str):
                    yield code, f"{module.__name__}.{each.__name__}"
    for module, source in known:
        for code, line in _given(ast.parse(source), doors):
            yield code, f"{module.__name__}:{line}"


def _given(tree: ast.AST, doors: set[str]) -> Iterator[tuple[str, int]]:
    """Codes in the first arguments of calls of these names."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in doors and call.args:
            for each in ast.walk(call.args[0]):
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.isupper():
                    yield each.value, call.lineno


def test_the_documented_table_is_the_real_one() -> None:
    page = (ROOT / "docs/errors.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| `(\w+)` \| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(k.code, str(k.status), k.graphql, str(k.close), k.title) for k in TABLE.values()]


def test_every_code_that_is_raised_anywhere_has_a_row() -> None:
    found = list(_raised(_modules()))
    assert {code for code, _ in found} >= {"NOT_FOUND", "BAD_EDTF", "NO_PERIOD", "RANGE", "TUS_VERSION"}
    assert [f"{code} of {where}" for code, where in found if code not in TABLE] == []


def test_a_code_without_a_row_is_noticed() -> None:
    made = ModuleType("made")
    made.Sunk = type("Sunk", (TimelineError,), {"code": "SUNK", "__module__": "made"})  # type: ignore[attr-defined]
    source = "def sail(deep):\n    raise DoorError('LEAKING' if deep else 'NOT_FOUND', 'help')"
    assert dict(_raised([(made, source)])) == {"SUNK": "made.Sunk", "LEAKING": "made:2", "NOT_FOUND": "made:2"}


def test_a_period_that_is_not_known_is_no_fault_of_ours() -> None:
    with pytest.raises(NoPeriod) as refused:
        PeriodNames([]).by_uri("http://n2t.net/ark:/99152/p0")
    assert (kind_of(refused.value).code, kind_of(refused.value).status) == ("NO_PERIOD", 404)
    assert message_of(refused.value) == "no period has the URI 'http://n2t.net/ark:/99152/p0'"


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


async def test_what_is_damaged_on_the_disk_is_not_handed_out(doors: Doors) -> None:
    asset = doors.services.catalogue.get(scenes.model.Asset, "asset_temple")
    assert asset
    assert asset.tileset
    for path in (doors.services.settings.data / "objects").rglob(asset.tileset.digest):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    answer = await doors.client.get("/assets/asset_temple/tileset.json")
    assert (answer.status_code, answer.json()["code"]) == (500, "DAMAGED")


async def test_a_fault_of_ours_is_answered_without_a_trace(doors: Doors) -> None:
    # The tileset document is none: nothing that a visitor did wrong.
    asset = doors.services.catalogue.get(scenes.model.Asset, "asset_temple")
    assert asset
    assert asset.tileset
    wrong = replace(asset, tileset=replace(asset.tileset, digest=doors.services.blobs.put(b"not json")))
    doors.services.catalogue.commit([Put(wrong)], author="ines", reason="", at=doors.services.clock.now())
    answer = await doors.client.get("/assets/asset_temple/tileset.json")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "JSON" not in answer.text
    assert "Traceback" not in answer.text
