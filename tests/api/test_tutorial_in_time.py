"""docs/tutorials/model-your-site-in-time.md: every box runs as it stands there, in its order, and its answers are what
the text says.

The boxes are for a shell. Here their few forms are read and run in this process, since a process a question would cost
half a second each; a shell reads the page, too, and finds no fault in its grammar.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.errors import DoorError
from tests.api.command import served

PAGE = (Path(__file__).resolve().parents[2] / "docs/tutorials/model-your-site-in-time.md").read_text()
BOXES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
ASK = 'ask() { .venv/bin/chronotope ask "$@"; }'
CUT = " | cut -d ' ' -f 1"
KEPT = re.compile(r"(?:export )?([A-Z_]+)=\$\((.*)")
HERE = " <<'END'"


@dataclass
class Reader:
    """A shell that knows what the page uses: names, one answer kept in a name, text for a command or a file."""

    names: dict[str, str]
    answers: dict[str, Any] = field(default_factory=dict)
    """by name of the operation: the answer, or the value that was picked from it"""
    refusals: dict[str, str] = field(default_factory=dict)
    """by name of the operation: what is printed where it is refused"""

    def read(self, box: str) -> None:
        """Run the commands of a box."""
        lines = box.replace("\\\n", "").splitlines()
        while lines:
            line = lines.pop(0)
            kept = KEPT.fullmatch(line)
            command, text = kept[2] if kept else line, ""
            if command.endswith(HERE):
                end = lines.index("END")
                text = "".join(f"{each}\n" for each in lines[:end])
                del lines[: end + 1]
                command = command.removesuffix(HERE)
                if kept:
                    assert lines.pop(0) == ")"
            elif kept:
                assert command.endswith(")")
                command = command[:-1]
            said = self._run(command, text)
            if kept:
                self.names[kept[1]] = said.strip()

    def _run(self, command: str, text: str) -> str:
        if command == ASK:
            return ""
        if set_to := re.fullmatch(r"export ([A-Z_]+)=(\S+)", command):
            self.names.setdefault(set_to[1], set_to[2])
            return ""
        words = [self._filled(word) for word in shlex.split(command.removesuffix(CUT))]
        assert all(words), command
        if words[0] not in {"ask", ".venv/bin/chronotope"}:
            subprocess.run(["bash", "-c", command], env=os.environ | self.names, input=text.encode(), check=True)
            return ""
        said = self._chronotope(["ask", *words[1:]] if words[0] == "ask" else words[1:], text)
        return said.split(" ")[0] if command.endswith(CUT) else said

    def _filled(self, word: str) -> str:
        return re.sub(r"\$([A-Z]+)", lambda found: self.names[found[1]], word)

    def _chronotope(self, words: list[str], text: str) -> str:
        done = CliRunner().invoke(app, words, input=text, env=self.names)
        name = re.search(r"(?:query|mutation) (\w+)", text)
        if done.exception:
            assert isinstance(done.exception, DoorError), (words, done.exception, done.output)
            assert name, words
            self.refusals[name[1]] = f"chronotope: {done.exception.code}: {done.exception}"
        elif name:
            self.answers[name[1]] = done.stdout if "--pick" in words else json.loads(done.stdout)
        return done.stdout


def standing(moment: Any) -> dict[str, str]:
    """Certainty by title of what stands."""
    return {each["placement"]["title"]: each["certainty"] for each in moment["placements"]}


def test_a_shell_finds_no_fault_in_the_boxes() -> None:
    done = subprocess.run(["bash", "-n"], input="\n".join(BOXES), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_leads_from_a_block_to_a_published_church(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with served(tmp_path / "museum") as server:
        reader = Reader({"CHRONOTOPE_SERVER": server.url})
        for box in BOXES:
            reader.read(box)
        page = httpx.get(f"{server.url}/exhibitions/aldermere")
        shown = httpx.get(f"{server.url}/scenes/{reader.names['SCENE']}/tileset.json", params={"at": "1210"})
    answers = reader.answers
    assert page.status_code == 200
    assert '"generated":true' in shown.text

    (period,) = answers["Periods"]["periods"]
    assert (period["existence"], period["within"]) == ("[1001..1033]/[1190..1210]", "[1001..1210]")
    proposed = {name: [each["text"] for each in found["proposals"]] for name, found in answers["Dates"].items()}
    assert proposed["porch"] == ["1210~", "[1205..1215]"]
    assert proposed["nave"][0] == "[1167..1200]"

    moments = {name: standing(moment) for name, moment in answers["Standing"]["scene"].items()}
    assert moments == {
        "early": {"Nave": "CERTAIN", "Porch": "CERTAIN"},
        "rebuilt": {"Nave": "CERTAIN", "First porch": "CERTAIN"},
        "doubtful": {"Nave": "CERTAIN", "First porch": "POSSIBLE", "Spire": "POSSIBLE"},
    }
    (family,) = answers["Families"]["scene"]["families"]["nodes"]
    assert [each["name"] for each in family["partners"]] == ["Hartmann von Aldermere", "Mechthild"]
    assert family["partners"][0]["death"]["existence"] == {"label": "1261 or earlier"}
    (mark,) = answers["Carried"]["scene"]["annotations"]
    assert mark["anchor"]["position"] == pytest.approx([2.4, 1.5, 8.04], abs=0.01)
    assert mark["anchor"]["surface"]["drift"] == pytest.approx(0.01, abs=0.001)
    assert not mark["anchor"]["surface"]["isFlagged"]
    assert list(reader.refusals) == ["Label"]
    assert re.findall(r"```text\n(.*)\n```", PAGE) == [reader.refusals["Label"]]

    touched = {name: found["touched"]["nodes"] for name, found in answers["Dated"].items()}
    assert {
        name: [(each["dated"]["title"], each["after"]["label"]) for each in found] for name, found in touched.items()
    } == {
        "leans": [("Sacristy", "beginning 1167 or later, end unknown")],
        "coin": [("Sacristy", "beginning 1301 or later, end unknown")],
        "door": [("Sacristy", "beginning between 1301 and 1493, end unknown")],
    }
    assert touched["leans"][0]["before"]["label"] == "date unknown"
    why = answers["Why"]
    assert why["node"]["existence"] == {"label": "date unknown"}
    assert why["node"]["narrowed"]["text"] == "[1301..1493]/"
    (step,) = why["node"]["why"]
    assert step["sentence"] == (
        "„Sacristy“ begann nicht später als 1493: „Sacristy“ entstand nicht später als 1493 "
        "(H. Brunner, The churches of the Aldermere valley)"
    )
    in_1400 = {each["placement"]["title"]: each["certainty"] for each in why["scene"]["at"]["standing"]["nodes"]}
    assert in_1400 == {"Nave": "CERTAIN", "Porch": "CERTAIN", "Sacristy": "POSSIBLE"}
    assert why["scene"]["chronology"] == {"contradictions": [], "statements": {"total": 5}}
    changes = answers["Changed"]["scene"]["difference"]["nodes"]
    assert {each["placement"]["title"]: each["kind"] for each in changes} == {
        "First porch": "DISAPPEARS",
        "Rebuilt porch": "APPEARS",
    }
    assert {event["title"] for each in changes for event in each["events"]} == {"The porch is rebuilt"}

    recorded = answers["Recorded"]
    assert standing(recorded["now"]["at"]) == {"Nave": "CERTAIN", "Spire": "POSSIBLE"}
    assert standing(recorded["before"]["at"]) == {"Spire": "POSSIBLE"}
    (edited,) = recorded["edits"]["edits"]["nodes"]
    assert edited["fields"] == [{"name": "existence", "before": "[1167..1200]/..", "after": "[1067..1100]/.."}]
    assert answers["Undo"]["undo"]["takenBack"]["number"] == answers["Mistake"]["updatePlacement"]["revision"]["number"]
    history = answers["History"]["node"]
    assert history["existence"]["text"] == "[1167..1200]/.."
    assert [each["reason"] for each in history["history"][:2]] == ["a slip: 1167, not 1067", "after the survey"]
    assert answers["Publish"]["publishExhibition"]["exhibition"] == {"slug": "aldermere", "visibility": "PUBLIC"}
