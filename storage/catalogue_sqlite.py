"""The catalogue in SQLite: what a museum has unless it is given another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.catalogue_sql import SqlCatalogue
from storage.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class SqliteCatalogue(SqlCatalogue):
    """`scenes.ports.Catalogue`, `Tokens` and `Jobs` in one SQLite file.

    `on_statement`, for measuring and tests, is called with the text of each statement that runs.
    """

    def __init__(self, path: Path, *, on_statement: Callable[[str], None] | None = None) -> None:
        super().__init__(SqliteDatabase(path, on_statement=on_statement))
