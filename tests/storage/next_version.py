"""The program of a version to come, as a process: the present code with one migration more, and a new field in scenes.

`python -m tests.storage.next_version ADDRESS COUNT` brings the catalogue to its schema, beside which older programs may
go on, and commits COUNT scenes. At the next line on stdin it brings it to one more, which is for newer programs only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from scenes.ports import Put
from storage import catalogue_sql, migrate, postgres, sqlite
from storage.catalogue_postgres import PostgresCatalogue
from storage.catalogue_sqlite import SqliteCatalogue
from storage.records import encode
from tests.contracts.samples import NOON, scene

ADDS = "-- compatible-from: {known}\nALTER TABLE revision ADD COLUMN device TEXT NOT NULL DEFAULT 'unknown';"
BREAKS = "ALTER TABLE revision RENAME COLUMN reason TO why;"


def opened(address: str, *more: str) -> SqliteCatalogue | PostgresCatalogue:
    """The catalogue, by a program that knows these migrations, too."""
    engine = "postgres" if address.startswith("postgresql:") else "sqlite"
    present = migrate.migrations(engine)
    known = len(present)
    steps = (*present, *((known + n, sql.format(known=known)) for n, sql in enumerate(more, 1)))
    for module in (postgres, sqlite, migrate):
        module.migrations = lambda *_: steps  # type: ignore[attr-defined]
    try:
        return PostgresCatalogue(address) if engine == "postgres" else SqliteCatalogue(Path(address))
    finally:
        for module in (postgres, sqlite, migrate):
            module.migrations = lambda *_: present  # type: ignore[attr-defined]


def main() -> None:
    address, count = sys.argv[1], int(sys.argv[2])
    catalogue = opened(address, ADDS)
    catalogue_sql.encode = lambda record: json.dumps(json.loads(encode(record)) | {"altitude": 12.5})
    print("open", flush=True)
    for number in range(count):
        print(catalogue.commit([Put(scene(f"next_{number}"))], author="next", reason="", at=NOON).number, flush=True)
    print("done", flush=True)
    sys.stdin.readline()
    opened(address, ADDS, BREAKS).close()
    print("broken", flush=True)


if __name__ == "__main__":
    main()
