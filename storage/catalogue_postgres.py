"""The catalogue in PostgreSQL, for museums that have outgrown one machine's file (docs/adr/0028)."""

from __future__ import annotations

from storage.catalogue_sql import SqlCatalogue
from storage.postgres import PostgresDatabase


class PostgresCatalogue(SqlCatalogue):
    """`scenes.ports.Catalogue`, `Tokens` and `Jobs` in a PostgreSQL database, `postgresql://…`."""

    def __init__(self, url: str) -> None:
        super().__init__(PostgresDatabase(url))
