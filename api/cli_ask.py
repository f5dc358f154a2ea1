"""`chronotope ask`: send a GraphQL document to a museum and print the answer, for people with a shell and no program.

The document comes on standard input, so that it can be pasted as it stands in the documents; its variables are
arguments. `--pick` prints one value, to be kept for the next question: `SCENE=$(chronotope ask --pick … )`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from api.errors import TABLE, DoorError

if TYPE_CHECKING:
    from collections.abc import Sequence

_VARIABLE = re.compile(r"\$(\w+)\s*:\s*(\[?)\s*(\w+)")
_TEXTS = frozenset({"ID", "String", "AsOf"})
"""types whose values are taken as they are written: `0120` is no number"""
_TIMEOUT_S = 120


def ask(
    variables: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="Variables of the document.")
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="The document; default: standard input.")] = None,
    pick: Annotated[
        str, typer.Option(metavar="PATH", help="Print this value only, as createScene.scene.id or nodes.0.title.")
    ] = "",
    server: Annotated[
        str, typer.Option(metavar="URL", envvar="CHRONOTOPE_SERVER", help="Where the museum is.")
    ] = "http://127.0.0.1:8000",
    token: Annotated[
        str, typer.Option(metavar="T", envvar="CHRONOTOPE_TOKEN", help="Access token; none: a visitor.")
    ] = "",
) -> None:
    """Send a GraphQL document, from a file or standard input, and print the answer as JSON."""
    document = file.read_text("utf-8") if file else sys.stdin.read()
    answer = sent(document, values(document, variables or ()), server=server, token=token)
    if pick:
        found = picked(answer, pick)
        print(found if isinstance(found, str) else orjson.dumps(found).decode())
    else:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())


def values(document: str, given: Sequence[str]) -> dict[str, Any]:
    """Variables of a document from `NAME=VALUE`, each read by the type that the document declares.

    Raises:
        DoorError: one is not declared, has no `=`, or is an id without a text.

    >>> values("query Q($at: String!, $first: Int) { me { name } }", ["at=0120", "first=5"])
    {'at': '0120', 'first': 5}
    """
    declared = {name: (bool(many), kind) for name, many, kind in _VARIABLE.findall(document)}
    found: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise DoorError("INVALID", f"{each[:60]!r} is no variable; write NAME=VALUE")
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise DoorError("INVALID", f"the document has no variable {name[:60]!r}; it has: {known}")
        many, kind = declared[name]
        if kind == "ID" and not many and not text:
            raise DoorError("INVALID", f"the variable {name} is empty; did the step fail that should have set it?")
        found[name] = text if kind in _TEXTS and not many else _read(text)
    return found


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text  # a value of an enumeration


def sent(document: str, variables: dict[str, Any], *, server: str, token: str) -> Any:
    """What the museum answers.

    Raises:
        DoorError: it refuses, with its code and its words, or it does not answer.
    """
    import httpx  # takes longer than all else here; refusals need not wait for it

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"query": document, "variables": variables}
    try:
        # Without TLS there is nothing to verify, and reading the certificates of authorities takes 60 ms.
        with httpx.Client(verify=not server.lower().startswith("http:"), headers=headers, timeout=_TIMEOUT_S) as client:
            answer = client.post(f"{server.rstrip('/')}/graphql", json=body)
    except (httpx.TransportError, httpx.InvalidURL) as e:
        raise DoorError("UNAVAILABLE", f"{server} does not answer ({e}); does `chronotope serve` run?") from e
    try:
        said = answer.json()
    except ValueError as e:
        raise DoorError("REFUSED", f"{server} answered {answer.status_code}, and not as a museum does") from e
    faults = said.get("errors") or []
    if faults:
        more = "" if len(faults) == 1 else f" (and {len(faults) - 1} more)"
        code = faults[0].get("extensions", {}).get("code", "")
        raise _refusal(code, _placed(faults[0]) + more)
    if "data" not in said:
        raise _refusal(said.get("code", ""), said.get("detail") or f"the server answered {answer.status_code}")
    return said["data"]


def _placed(fault: dict[str, Any]) -> str:
    """The words of an error of GraphQL, and where it is in the document if it says so and not in which field."""
    message = str(fault.get("message", "no reason was given"))
    where = fault.get("locations") or []
    return f"line {where[0]['line']}: {message}" if where and not fault.get("path") else message


def _refusal(code: str, message: str) -> DoorError:
    return DoorError(code if code in TABLE and code != "INTERNAL" else "REFUSED", message)


def picked(answer: Any, path: str) -> Any:
    """A value inside an answer: names of fields and places in lists, joined by points.

    Raises:
        DoorError: there is none.

    >>> picked({"scene": {"epochs": [{"title": "Now"}]}}, "scene.epochs.0.title")
    'Now'
    """
    found = answer
    for step in path.split("."):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, ValueError, TypeError) as e:
            raise DoorError("NOT_FOUND", f"the answer has no {path!r}: nothing at {step!r}") from e
    return found
