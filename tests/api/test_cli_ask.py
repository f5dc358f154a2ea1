"""What needs no server; tests/api/test_tutorial_in_time.py asks one."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.cli_ask import picked, values
from api.errors import DoorError

DOCUMENT = "query Q($id: ID!, $at: String, $first: Int = 5, $transform: [Float!]!, $kind: ChangeKind) { me { name } }"


def test_variables_are_read_by_the_type_that_the_document_declares() -> None:
    given = ["id=0120", "at=1e3", "first=7", "transform=[1, 0.5]", "kind=UNION"]
    assert values(DOCUMENT, given) == {
        "id": "0120",
        "at": "1e3",
        "first": 7,
        "transform": [1, 0.5],
        "kind": "UNION",
    }
    assert values(DOCUMENT, ["at=a=b"]) == {"at": "a=b"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("scene_a", "'scene_a' is no variable; write NAME=VALUE"),
        ("scene=scene_a", "the document has no variable 'scene'; it has: id, at, first, transform, kind"),
        ("id=", "the variable id is empty; did the step fail that should have set it?"),
    ],
)
def test_a_variable_that_cannot_be_is_told_before_anything_is_sent(given: str, said: str) -> None:
    with pytest.raises(DoorError) as refused:
        values(DOCUMENT, [given])
    assert (refused.value.code, str(refused.value)) == ("INVALID", said)


def test_one_value_is_picked_by_names_and_places() -> None:
    answer = {"scene": {"history": [{"number": 7}], "title": None}}
    assert picked(answer, "scene.history.0.number") == 7
    for path in ("scene.histories", "scene.history.1", "scene.history.first", "scene.title.length"):
        with pytest.raises(DoorError, match=path):
            picked(answer, path)


def test_a_museum_that_does_not_answer_is_said(tmp_path: Path) -> None:
    (tmp_path / "me.graphql").write_text("{ me { name } }")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = CliRunner().invoke(app, ["ask", "--file", str(tmp_path / "me.graphql"), "--server", address])
    assert isinstance(done.exception, DoorError)
    assert done.exception.code == "UNAVAILABLE"
    assert f"{address} does not answer" in str(done.exception)
