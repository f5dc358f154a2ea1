"""`python tools/licences.py [--write]`: what we depend on, under which licence, and whether that is one we accept.

Reads what is installed (Python) and what is locked (npm), and compares it with docs/licences.md, which `--write` makes
anew. A package whose licence is not among those accepted, or not stated, is refused. Standard library only.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"

ACCEPTED = {
    "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LLVM-exception", "MIT",
    "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
}  # fmt: skip
"""by SPDX; none asks more of a museum than to name its authors, or to publish changes to its own files"""
APART = {
    "psycopg": {"LGPL-3.0-only"},
    "psycopg-binary": {"LGPL-3.0-only"},
    "pyvips-binary": {"LGPL-3.0-or-later"},
}
"""wheels of their own, which whoever likes may put others in place of"""
STATED = {
    "apsw": ("Zlib", "its LICENSE"),
    "combine-errors": ("MIT", "its Readme.md"),
    "defusedxml": ("PSF-2.0", "its LICENSE"),
}
"""where a package's metadata does not say it, what does"""
WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""how metadata of before SPDX put it"""

Row = tuple[str, str, str]
"""of a package: its name, what it is for, its licence"""


def main() -> int:
    """Refuse what is not accepted or not on the page; with --write, write the page."""
    rows = sorted([*of_python(), *of_npm()])
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(rows), encoding="utf-8")
    problems = [f"{name}: {licence or 'no licence is stated'}" for name, _, licence in rows if not fits(name, licence)]
    known = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    problems += [f"{row[0]}: not so in docs/licences.md; run it with --write" for row in rows if line(row) not in known]
    for problem in problems:
        print(f"licences: {problem}", file=sys.stderr)
    return 1 if problems else 0


def of_python() -> list[Row]:
    """Packages that requirements/ names and that are installed here."""
    use = dict.fromkeys(named("dev"), "development") | dict.fromkeys(named("runtime"), "Python")
    rows = []
    for found in importlib.metadata.distributions():
        name = normal(found.name)
        if name in use:
            rows.append((name, use[name], licence_of(name, found.metadata)))
    return rows


def of_npm() -> list[Row]:
    """Packages that the lock files name. What is built into the front end goes to visitors."""
    rows: dict[tuple[str, str], str] = {}
    for folder in ("web", "tests/identity_provider"):
        locked = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        rows |= _locked(locked, is_built=folder == "web")
    return [(name, use, licence) for (name, use), licence in rows.items()]


def _locked(locked: dict[str, dict[str, object]], *, is_built: bool) -> dict[tuple[str, str], str]:
    """Licences by package and use."""
    rows = {}
    for path, package in locked.items():
        name = path.rpartition("node_modules/")[2]
        if name:
            use = "web" if is_built and not package.get("dev") else "development"
            rows[name, use] = STATED.get(name, ("",))[0] or str(package.get("license", ""))
    return rows


def named(requirements: str) -> set[str]:
    """Names of packages in a file of locked requirements."""
    text = (ROOT / "requirements" / f"{requirements}.txt").read_text(encoding="utf-8")
    return {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==", text, re.MULTILINE)}


def normal(name: str) -> str:
    """A name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str, metadata: importlib.metadata.PackageMetadata) -> str:
    """In SPDX; empty where nothing is stated."""
    if name in STATED:
        return STATED[name][0]
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classified = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or [] if "License ::" in each]
    for words in [str(metadata.get("License") or ""), *classified]:
        if words in WORDS or words in ACCEPTED | APART.get(name, set()):
            return WORDS.get(words, words)
    return ""


def fits(name: str, licence: str) -> bool:
    """Whether all that an expression names is accepted, and it names something."""
    parts = set(re.findall(r"[A-Za-z0-9.-]+", licence)) - {"AND", "OR", "WITH"}
    return bool(parts) and parts <= ACCEPTED | APART.get(name, set())


def line(row: Row) -> str:
    """As the page has it."""
    return f"| {' | '.join(row)} |"


def page(rows: list[Row]) -> str:
    """docs/licences.md."""
    notes = [f"- {name}: {licence} by {where}." for name, (licence, where) in sorted(STATED.items())]
    apart = [f"- {name}: {', '.join(sorted(those))}; a wheel of its own." for name, those in sorted(APART.items())]
    return "\n".join(
        [
            "# Licences of what we depend on",
            "Chronotope is [Apache-2.0](../LICENSE). `make check` compares this list with what is installed and",
            "locked; `.venv/bin/python tools/licences.py --write` makes it anew.",
            "",
            "*Python* and *web* are in what a museum runs, *development* is not.",
            "",
            *apart,
            *notes,
            "",
            "| package | for | licence |",
            "| --- | --- | --- |",
            *map(line, rows),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
