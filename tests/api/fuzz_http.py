"""Schemathesis against a museum that is served for real: `python -m tests.api.fuzz_http EXAMPLES`, `make fuzz-http`.

It makes requests of the description of the HTTP doors and of the GraphQL schema, in both cases as nobody and as an
administrator, and looks for answers of 500 and more. Schemathesis has an environment of its own, .venv/schemathesis.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from api.app import create_app
from api.auth import make_token
from api.settings import Settings
from scenes.model import Actor, Role
from tests.api.command import ROOT, served
from tests.api.described import ASSUMED, described
from tests.api.museum import write_museum

TOOL = ROOT / ".venv/schemathesis/bin/st"
SEED = 20261201
HOOKS = """import schemathesis

schemathesis.serializer.alias(["application/offset+octet-stream"], "application/octet-stream")


@schemathesis.check
def no_fault_of_ours(ctx, response, case):
    # oEmbed wants 501 for a format that is not spoken; 503 says what is waited for, and when to come again.
    if response.status_code >= 500 and response.status_code != 501:
        assert response.status_code == 503 and response.json()["code"] == "UNAVAILABLE", response.text
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A run of the tool: what was tried, and all that it said where it found something."""

    what: str
    passed: bool
    said: str


PHASES = "examples,coverage,fuzzing"


def campaign(
    examples: int,
    *,
    seconds: int = 0,
    phases: str = PHASES,
    whos: tuple[str, ...] = ("nobody", "administrator"),
    seed: int = SEED,
) -> list[Tried]:
    """Try every door with so many examples each, or for so many seconds in all; what was found."""
    assert TOOL.is_file(), "schemathesis is missing; tools/install.py schemathesis"
    with tempfile.TemporaryDirectory(prefix="chronotope-doors-") as kept:
        folder = Path(kept)
        token = asyncio.run(_museum(folder))
        with served(folder / "museum") as server:
            places = {"http": folder / "openapi.json", "graphql": ROOT / "docs/schema.graphql"}
            urls = {"http": server.url, "graphql": f"{server.url}/graphql"}
            found = []
            for what in places:
                for who in whos:
                    headers = {} if who == "nobody" else {"Authorization": f"Bearer {token}"}
                    tried = _try(
                        folder,
                        places[what],
                        urls[what],
                        {**headers, **ASSUMED},
                        examples=examples,
                        seconds=seconds,
                        phases=phases,
                        seed=seed,
                    )
                    found.append(Tried(f"{what} as {who}", *tried))
            alive = server.process.poll() is None
            faults = [line for line in server.errors if "unexpected" in line or "Traceback" in line]
            found.append(Tried("the server", alive and not faults, "\n".join(server.errors[-200:])))
    return found


async def _museum(folder: Path) -> str:
    """A small museum and its description beside it; the token of an administrator."""
    app = create_app(Settings(data=folder / "museum", workers=0))
    async with app.router.lifespan_context(app):
        services = app.state.services
        write_museum(services)
        (folder / "openapi.json").write_text(json.dumps(described(app)))
        (folder / "door_hooks.py").write_text(HOOKS)
        return make_token(services.tokens, Actor("root", Role.ADMINISTRATOR), at=services.clock.now())


def _try(
    folder: Path, place: Path, url: str, headers: dict[str, str], *, examples: int, seconds: int, phases: str, seed: int
) -> tuple[bool, str]:
    said = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [
            str(TOOL), "run", str(place), "--url", url, *said,
            "--checks", "no_fault_of_ours", "--phases", phases, "--max-examples", str(examples),
            *(("--max-time", str(seconds)) if seconds else ()),
            "--seed", str(seed), "--workers", "1", "--continue-on-failure", "--warnings", "off", "--no-color",
            "--request-timeout", "30", "--generation-database", "none",
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONPATH": str(folder),
            "SCHEMATHESIS_HOOKS": "door_hooks",
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    results = campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    for each in results:
        print(f"{each.what}: {'nothing found' if each.passed else 'FOUND'}")
        print("\n".join(each.said.splitlines()[-12:] if each.passed else each.said.splitlines()))
    sys.exit(not all(each.passed for each in results))
